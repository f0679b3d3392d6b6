#!/usr/bin/env python3
"""sluice-talk over TLS with the server of the openssl command, and the message for each reason for
which a handshake fails."""
import pathlib
import ssl
import tempfile
import unittest

import daemon
import talk as client
from certificates import Authority, s_server
from daemon import PATIENCE
from talk import Listening, Server, needs, run, saying, talk


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.root = Authority(cls.directory)
        cls.cert, cls.key = cls.root.sign("server")

    def own(self, cert=None, key=None):
        return "-cert", cert or self.cert, "-key", key or self.key

    def ask(self, endpoint, *arguments, ca=None):
        return talk("--ca", str(ca or self.root.file), "--send", "hello", "--expect", "1",
                    "--timeout", f"{PATIENCE}s", *arguments, endpoint)


@needs("openssl")
class Negotiated(Base):
    def test_messages_go_both_ways_and_v_shows_what_was_agreed_on(self):
        with s_server(*self.own(), "-rev", "-alpn", "two") as endpoint:
            result = self.ask(endpoint, "-v", "--alpn", "one", "--alpn", "two")
        self.assertEqual((result.status, result.stdout), (0, b"olleh\n"), result.stderr)
        self.assertIn(f"connected to {endpoint} from ", result.stderr)
        self.assertIn("sluice-talk: TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN two, peer localhost\n",
                      result.stderr)

    def test_tls_1_2_without_alpn(self):
        with s_server(*self.own(), "-rev", "-tls1_2") as endpoint:
            result = self.ask(endpoint, "-v")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertIn("sluice-talk: TLSv1.2, ECDHE-ECDSA-", result.stderr)
        self.assertIn(", no ALPN, peer localhost\n", result.stderr)

    def test_the_server_chooses_its_certificate_by_the_name(self):
        cert, key = self.root.sign("other", "DNS:other.example", rsa=True)
        arguments = ("-servername", "other.example", "-cert2", cert, "-key2", key)
        with s_server(*self.own(), "-rev", *arguments) as endpoint:
            result = self.ask(endpoint, "-v", "--sni", "other.example")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertIn("peer other.example\n", result.stderr)

    def test_an_address_is_verified_too(self):
        with s_server(*self.own(), "-rev") as endpoint:
            result = self.ask(endpoint.replace("localhost", "127.0.0.1"))
        self.assertEqual((result.status, result.stdout), (0, b"olleh\n"), result.stderr)

    def test_a_client_with_a_certificate(self):
        cert, key = self.root.sign("me", "DNS:me.example")
        arguments = (*self.own(), "-rev", "-Verify", "1", "-CAfile", self.root.file,
                     "-verify_return_error")
        with s_server(*arguments) as endpoint:
            result = self.ask(endpoint, "--cert", str(cert), "--key", str(key))
            self.assertEqual((result.status, result.stdout), (0, b"olleh\n"), result.stderr)
            both = self.directory / "both.pem"
            both.write_bytes(cert.read_bytes() + key.read_bytes())
            self.assertEqual(self.ask(endpoint, "--cert", str(both)).status, 0)
            result = self.ask(endpoint)
            self.assertEqual(result.status, 1)
            self.assertRegex(result.stderr, "certificate required|handshake failure")

    def test_without_verification_anybody_is_accepted_and_v_says_so(self):
        with s_server(*self.own(), "-rev") as endpoint:
            result = talk("--insecure-no-verify", "--sni", "nobody.example", "-v", "--send",
                          "hello", "--expect", "1", endpoint)
        self.assertEqual((result.status, result.stdout), (0, b"olleh\n"), result.stderr)
        self.assertIn("peer not verified: CN=server\n", result.stderr)

    def test_sluiced(self):
        listen = f"echo=tls://127.0.0.1:0,cert={self.cert},key={self.key}"
        with daemon.Daemon("-l", listen) as sluiced:
            result = talk("--ca", str(self.root.file), sluiced.endpoint, typed=b"one\ntwo\n")
        self.assertEqual((result.status, result.stdout), (0, b"one\ntwo\n"), result.stderr)

    def test_a_websocket(self):
        listen = f"echo=wss://127.0.0.1:0,cert={self.cert},key={self.key}"
        with daemon.Daemon("-l", listen) as sluiced:
            place = sluiced.endpoint.replace("127.0.0.1", "localhost")
            result = talk("-v", "--ca", str(self.root.file), "--wait", "0", place,
                          typed=b"secret\n")
            self.assertEqual((result.status, result.stdout), (0, b"secret\n"), result.stderr)
            self.assertIn("TLSv1.3, ", result.stderr)
            result = talk(place, typed=b"secret\n")
        self.assertEqual((result.status, result.stdout), (1, b""))
        self.assertIn("the peer's certificate", result.stderr)


@needs("openssl")
class Failures(Base):
    def expect(self, result, text, status=1):
        self.assertEqual((result.status, result.stdout), (status, b""), result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_an_expired_certificate(self):
        cert, key = self.root.sign("expired", days=-1)
        with s_server(*self.own(cert, key), "-rev") as endpoint:
            self.expect(self.ask(endpoint), f"{endpoint}: the peer's certificate: certificate has "
                                            'expired (expected "localhost")')

    def test_a_certificate_for_another_name(self):
        with s_server(*self.own(), "-rev") as endpoint:
            self.expect(self.ask(endpoint, "--sni", "else.example"),
                        'the peer\'s certificate: hostname mismatch (expected "else.example")')
            self.expect(self.ask(endpoint, "--sni", "127.0.0.2"), "IP address mismatch")

    def test_an_unknown_authority(self):
        other = Authority(self.directory, "other-root")
        with s_server(*self.own(), "-rev") as endpoint:
            self.expect(self.ask(endpoint, ca=other.file), "unable to get local issuer certificate")
            self.expect(talk("--send", "x", endpoint), "unable to get local issuer certificate")

    def test_a_server_that_speaks_plain_text(self):
        with Server(saying(b"220 mail.example ESMTP\r\n")) as server:
            endpoint = server.endpoint.replace("tcp://", "tls://")
            self.expect(self.ask(endpoint), f"{endpoint}: the peer does not speak TLS (")

    def test_a_server_that_closes_or_is_silent(self):
        with Server(lambda peer: peer.recv(4096)) as server:
            self.expect(self.ask(server.endpoint.replace("tcp:", "tls:")),
                        "the peer closed during the TLS handshake")
        with Server(lambda peer: peer.recv(4096) and peer.recv(4096)) as server:
            self.expect(self.ask(server.endpoint.replace("tcp:", "tls:"), "--timeout", "300ms"),
                        "no TLS handshake within 300 ms", status=3)

    def test_no_protocol_in_common(self):
        with s_server(*self.own(), "-rev", "-alpn", "two") as endpoint:
            self.expect(self.ask(endpoint, "--alpn", "one"), "no application protocol")

    def test_files_that_are_missing_or_hold_something_else(self):
        missing = str(self.directory / "missing")
        there = "tls://127.0.0.1:1"
        self.expect(self.ask(there, ca=missing), f"{missing}: No such file or directory")
        self.expect(self.ask(there, ca=self.key), f"{self.key} has no certificate in PEM")
        self.expect(self.ask(there, "--cert", str(self.cert)),
                    f"{self.cert} has no private key in PEM")

    def test_a_stream_that_is_cut_off_is_no_orderly_end(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)

        def serve(peer):
            with context.wrap_socket(peer, server_side=True) as stream:
                while stream.recv(100):
                    pass
                stream.sendall(b"half an answer\n")  # and closes without close_notify
        with Server(serve) as server:
            endpoint = server.endpoint.replace("tcp:", "tls:")
            result = talk("--ca", str(self.root.file), "--send", "x", endpoint)
        self.assertEqual((result.status, result.stdout), (1, b"half an answer\n"))
        self.assertIn("the peer closed without close_notify", result.stderr)


def mail_or_chat_server(turns, context, greeting=b""):
    """For Server: answers each of the client's words, and echoes over TLS once they are through."""
    def serve(peer):
        peer.sendall(greeting)
        for word, answer in turns:
            read = b""
            while word not in read:
                read += peer.recv(4096)
            peer.sendall(answer)
        with context.wrap_socket(peer, server_side=True) as stream:
            while data := stream.recv(4096):
                stream.sendall(data)
            stream.unwrap()
    return serve


OFFER = (b"<stream:stream id='1'><stream:features>"
         b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
DIALOGUES = {
    "smtp": (b"220 mail.example ESMTP\r\n", [(b"EHLO [127.0.0.1]\r\n", b"250 STARTTLS\r\n"),
                                             (b"STARTTLS\r\n", b"220 go\r\n")]),
    "imap": (b"* OK ready\r\n", [(b"s STARTTLS\r\n", b"s OK go\r\n")]),
    "pop3": (b"+OK ready\r\n", [(b"STLS\r\n", b"+OK go\r\n")]),
    "xmpp": (b"", [(b"to='localhost'", OFFER), (b"<starttls", b"<proceed/>")]),
}


@needs("openssl")
class StartTls(Base):
    def setUp(self):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.cert, self.key)

    def start(self, protocol, serve, *arguments, **more):
        with Server(serve) as server:
            return self.ask(f"localhost:{server.port}", "--starttls", protocol, *arguments, **more)

    def test_each_protocol_ends_in_tls(self):
        for protocol, (greeting, turns) in DIALOGUES.items():
            with self.subTest(protocol):
                serve = mail_or_chat_server(turns, self.context, greeting)
                result = self.start(protocol, serve, "-v")
                self.assertEqual((result.status, result.stdout), (0, b"hello\n"), result.stderr)
                self.assertIn("TLSv1.3, ", result.stderr)
                self.assertIn("peer localhost\n", result.stderr)

    def test_the_certificate_is_verified_all_the_same(self):
        greeting, turns = DIALOGUES["pop3"]
        other = Authority(self.directory, "other-root")
        serve = mail_or_chat_server(turns, self.context, greeting)
        result = self.start("pop3", serve, ca=other.file)
        self.assertEqual((result.status, result.stdout), (1, b""))
        self.assertIn("the peer's certificate: ", result.stderr)

    def test_bytes_that_somebody_injects_before_tls_are_never_printed(self):
        greeting, turns = DIALOGUES["pop3"]
        serve = mail_or_chat_server([(turns[0][0], b"+OK go\r\n+OK injected\r\n")], self.context,
                                    greeting)
        result = self.start("pop3", serve)
        self.assertEqual((result.status, result.stdout), (1, b""))
        self.assertIn("the peer sent 14 bytes in plain text after it had agreed to TLS",
                      result.stderr)

    def test_what_else_ends_it_has_its_message(self):
        for protocol, serve, text in (
                ("smtp", saying(b"554 go away\r\n"), "the peer refused STARTTLS: 554 go away"),
                ("imap", saying(b"SSH-2.0-x\r\n"), "the peer does not speak IMAP: SSH-2.0-x"),
                ("xmpp", saying(b""), "the peer closed before TLS")):
            with self.subTest(protocol):
                result = self.start(protocol, serve)
                self.assertEqual((result.status, result.stdout), (1, b""))
                self.assertIn(f"localhost:", result.stderr)
                self.assertIn(text, result.stderr)

    def test_a_silent_server_ends_at_the_timeout(self):
        result = self.start("smtp", lambda peer: peer.recv(4096), "--timeout", "300ms")
        self.assertEqual((result.status, result.stdout), (3, b""))
        self.assertIn("no TLS handshake within 300 ms", result.stderr)


@needs("openssl")
class Listens(unittest.TestCase):
    def test_openssl_is_served(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Authority(pathlib.Path(directory))
            cert, key = root.sign("server")
            # At close_notify s_client may end before it has sent its input.
            with Listening("--cert", str(cert), "--key", str(key), "--send", "hello",
                           "--keep-open", "--expect", "1",
                           endpoint="tls://127.0.0.1:0") as talker:
                self.assertTrue(talker.endpoint.startswith("tls://127.0.0.1:"))
                got = run("openssl", "s_client", "-connect", f"127.0.0.1:{talker.port}", "-quiet",
                          "-CAfile", str(root.file), "-verify_return_error",
                          typed=b"hi\n")
                self.assertEqual(talker.end()[1], b"hi\n", talker.said)
        self.assertEqual(got, b"hello\n")

    def test_the_files_are_read_once_and_before_it_listens(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Authority(pathlib.Path(directory))
            cert, key = root.sign("server")
            missing = str(pathlib.Path(directory) / "missing.pem")
            result = talk("-v", "--listen", "--cert", missing, "tls://127.0.0.1:0")
            self.assertEqual((result.status, result.stdout), (1, b""))
            self.assertIn(f"{missing}: No such file", result.stderr)
            self.assertNotIn("listening", result.stderr)
            with Listening("-k", "--cert", str(cert), "--key", str(key), "--send", "hello",
                           endpoint="tls://127.0.0.1:0") as talker:
                there = talker.endpoint.replace("127.0.0.1", "localhost")
                for _ in range(2):
                    result = talk("-4", "--ca", str(root.file), "--send", "x", there)
                    self.assertEqual((result.status, result.stdout), (0, b"hello\n"),
                                     result.stderr)
                    pathlib.Path(cert).write_bytes(b"")

    def test_a_client_without_the_certificate_that_is_asked_for(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Authority(pathlib.Path(directory))
            cert, key = root.sign("server")
            own = ("--cert", str(cert), "--key", str(key), "--ca", str(root.file))
            with Listening(*own, "--receive-only", endpoint="tls://127.0.0.1:0") as talker:
                result = talk("--insecure-no-verify", "--send", "x", talker.endpoint)
                self.assertEqual(result.status, 1)
                status, out = talker.end()
                self.assertEqual((status, out), (1, b""), talker.said)
                self.assertIn("did not return a certificate", talker.said[-1])
            with Listening(*own, "--send", "in", endpoint="tls://127.0.0.1:0") as talker:
                there = talker.endpoint.replace("127.0.0.1", "localhost")
                result = talk(*own, "-4", "--send", "x", there)
                self.assertEqual((result.status, result.stdout), (0, b"in\n"), result.stderr)
                self.assertEqual(talker.end(), (0, b"x\n"), talker.said)


if __name__ == "__main__":
    client.main()
