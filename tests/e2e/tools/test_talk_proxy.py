#!/usr/bin/env python3
"""sluice-talk through proxies that nobody here wrote, and through a hostile one."""
import base64
import contextlib
import pathlib
import socket
import struct
import tempfile
import unittest

import daemon
import talk as client
from certificates import Authority, s_server
from daemon import PATIENCE, free_port
from talk import Server, keeping, needs, running, saying, talk

ACCOUNT = "me:p%61ssw%6Frd"  # the password is password; tinyproxy accepts letters and digits


@contextlib.contextmanager
def microsocks(*arguments):
    port = free_port()
    with running(port, "microsocks", "-i", "127.0.0.1", "-p", str(port), *arguments):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def tinyproxy(settings=""):
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"Port {port}\nListen 127.0.0.1\nTimeout 60\n{settings}\n")
        file.flush()
        with running(port, "tinyproxy", "-d", "-c", file.name):
            yield f"127.0.0.1:{port}"


def ask(proxy, endpoint, *arguments, **more):
    return talk("--proxy", proxy, "--timeout", f"{PATIENCE}s", *arguments, endpoint, **more)


class Through:
    """What holds for each proxy. `proxy()` and `proxy_with_account()` run one."""

    def expect_echo(self, proxy, endpoint, *arguments):
        # microsocks takes the half-close for the end.
        result = ask(proxy, endpoint, "--keep-open", "--expect", "2", *arguments,
                     typed=b"one\ntwo\n")
        self.assertEqual((result.status, result.stdout), (0, b"one\ntwo\n"), result.stderr)
        return result

    def test_a_numeric_address_and_a_name(self):
        with self.proxy() as proxy, daemon.Daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            result = self.expect_echo(f"{self.SCHEME}://{proxy}", sluiced.endpoint, "-v")
            self.assertIn(f"connected to {sluiced.endpoint} through {self.SCHEME}://{proxy} from",
                          result.stderr)
            name = sluiced.endpoint.replace("127.0.0.1", "localhost")
            self.expect_echo(f"{self.SCHEME}://{proxy}", name)
            host_port = name.removeprefix("tcp://")
            result = ask(f"{self.SCHEME}://{proxy}", name, "--keep-open", "--json", "--send", "x",
                         "--expect", "1")
            self.assertIn(f'"from":"{host_port}"'.encode(), result.stdout)

    def test_an_account(self):
        with self.proxy_with_account() as proxy, \
                daemon.Daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            self.expect_echo(f"{self.SCHEME}://{ACCOUNT}@{proxy}", sluiced.endpoint)
            for url in (f"{self.SCHEME}://{proxy}", f"{self.SCHEME}://me:false@{proxy}"):
                result = ask(url, sluiced.endpoint, typed=b"one\n")
                self.assertEqual((result.status, result.stdout), (1, b""))
                self.assertIn(f"proxy {self.SCHEME}://{proxy}: it ", result.stderr)
                self.assertRegex(result.stderr, "user name|USER:PASSWORD|401|407")
                self.assertNotIn("false", result.stderr)

    def test_the_proxy_says_why_it_cannot_connect(self):
        with self.proxy() as proxy:
            closed = f"tcp://127.0.0.1:{free_port()}"
            result = ask(f"{self.SCHEME}://{proxy}", closed, typed=b"one\n")
        self.assertEqual(result.status, 1)
        self.assertIn(f"sluice-talk: {closed}: proxy {self.SCHEME}://{proxy}: it ", result.stderr)
        self.assertRegex(result.stderr, self.REFUSED)

    def test_bytes_that_the_endpoint_sends_first(self):
        with self.proxy() as proxy, Server(saying(b"220 hello\r\n" * 1000)) as server:
            result = ask(f"{self.SCHEME}://{proxy}", server.endpoint, "--framing", "none",
                         "--keep-open")
        self.assertEqual((result.status, result.stdout), (0, b"220 hello\r\n" * 1000),
                         result.stderr)

    @needs("openssl")
    def test_tls_through_the_proxy(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Authority(pathlib.Path(directory))
            cert, key = root.sign("server")
            with self.proxy() as proxy, s_server("-cert", cert, "-key", key, "-rev") as endpoint:
                result = ask(f"{self.SCHEME}://{proxy}", endpoint, "--ca", str(root.file),
                             "--keep-open", "--send", "hello", "--expect", "1")
        self.assertEqual((result.status, result.stdout), (0, b"olleh\n"), result.stderr)

    def test_a_websocket_through_the_proxy(self):
        with self.proxy() as proxy, daemon.Daemon("-l", "echo=ws://127.0.0.1:0") as sluiced:
            result = ask(f"{self.SCHEME}://{proxy}", sluiced.endpoint, "--send", "hi", "--expect",
                         "1")
        self.assertEqual((result.status, result.stdout), (0, b"hi\n"), result.stderr)


@needs("microsocks")
class Socks(Through, unittest.TestCase):
    SCHEME = "socks5"
    REFUSED = "it could not connect: connection refused"

    def proxy(self):
        return microsocks()

    def proxy_with_account(self):
        return microsocks("-u", "me", "-P", "password")

    def test_socks5h_is_the_same(self):
        with self.proxy() as proxy, daemon.Daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            self.expect_echo(f"socks5h://{proxy}",
                             sluiced.endpoint.replace("127.0.0.1", "localhost"))


@needs("tinyproxy")
class Connect(Through, unittest.TestCase):
    SCHEME = "http"
    REFUSED = "it answered 50[0-9] "

    def proxy(self):
        return tinyproxy()

    def proxy_with_account(self):
        return tinyproxy("BasicAuth me password")

    def test_a_port_that_the_proxy_does_not_allow(self):
        with tinyproxy("ConnectPort 443") as proxy:
            result = ask(f"http://{proxy}", "tcp://127.0.0.1:25", typed=b"one\n")
        self.assertEqual(result.status, 1)
        self.assertIn(": it answered 403 ", result.stderr)


class Hostile(unittest.TestCase):
    """A proxy that says what a test wants."""

    def fault(self, scheme, serve, *arguments):
        with Server(serve) as server:
            url = f"{scheme}://127.0.0.1:{server.port}"
            result = talk("--proxy", url, *arguments, "tcp://a.example:7", typed=b"one\n")
            self.assertEqual(result.stdout, b"")
            start = f"sluice-talk: tcp://a.example:7: proxy {url}: "
            self.assertTrue(result.stderr.startswith(start), result.stderr)
            return result.status, result.stderr.removeprefix(start).rstrip("\n")

    def test_the_name_is_looked_up_by_the_proxy_alone(self):
        asked = []

        def socks(peer):
            asked.append(peer.recv(3))
            peer.sendall(b"\x05\x00")
            asked.append(peer.recv(4 + 1 + 9 + 2))
            peer.sendall(b"\x05\x04\x00\x01")
        self.assertEqual(self.fault("socks5", socks),
                         (1, "it could not connect: host unreachable"))
        self.assertEqual(asked, [b"\x05\x01\x00",
                                 b"\x05\x01\x00\x03\x09a.example" + struct.pack(">H", 7)])

    def test_an_account_is_sent_as_basic(self):
        received = []

        def http(peer):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += peer.recv(1)
            received.append(head)
            peer.sendall(b"HTTP/1.1 407 Who?\r\nConnection: close\r\n\r\n")
        with Server(http) as server:
            url = f"http://{ACCOUNT}@127.0.0.1:{server.port}"
            result = talk("--proxy", url, "tcp://a.example:7", typed=b"")
        self.assertIn("it answered 407 Who?: it rejected the user name or the password",
                      result.stderr)
        self.assertNotIn("p%61ss", result.stderr)
        self.assertIn(b"Basic " + base64.b64encode(b"me:password") + b"\r\n", received[0])
        with Server(http) as server, tempfile.NamedTemporaryFile() as file:
            file.write(b"p%61ss:@word\nmore\n")  # nothing in it has a meaning
            file.flush()
            talk("--proxy", f"http://me@127.0.0.1:{server.port}", "--proxy-password-file",
                 file.name, "tcp://a.example:7", typed=b"")
        self.assertIn(b"Basic " + base64.b64encode(b"me:p%61ss:@word") + b"\r\n", received[1])

    def test_one_byte_at_a_time_and_what_follows_the_answer(self):
        def http(peer):
            while not peer.recv(4096).endswith(b"\r\n\r\n"):
                pass
            for byte in b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nfirst\n":
                peer.sendall(bytes([byte]))
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass
        with Server(http) as server:
            result = talk("--proxy", f"http://127.0.0.1:{server.port}", "tcp://a.example:7",
                          typed=b"one\n")
        self.assertEqual((result.status, result.stdout), (0, b"first\n"), result.stderr)

    def test_a_server_of_another_protocol(self):
        self.assertEqual(self.fault("socks5", saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
                         (1, "it does not speak SOCKS5: its answer begins with 0x48 ('H') "
                             "instead of 0x05"))
        self.assertEqual(self.fault("http", saying(b"SSH-2.0-x\r\n")),
                         (1, "the peer does not speak HTTP/1.1"))

    def test_an_endless_head(self):
        def endless(peer):
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            with contextlib.suppress(OSError):
                while True:
                    peer.sendall(b"X: " + b"y" * 1000 + b"\r\n")
        self.assertEqual(self.fault("http", endless),
                         (1, "the headers of the answer are too long"))

    def test_a_proxy_that_closes_at_once(self):
        for scheme in ("socks5", "http"):
            self.assertEqual(self.fault(scheme, saying(b"")),
                             (1, "it closed before it had connected"))

    def test_a_proxy_that_says_nothing(self):
        for scheme in ("socks5", "http"):
            self.assertEqual(self.fault(scheme, keeping([]), "--timeout", "100ms"),
                             (3, "no connection to the endpoint within 100 ms"))

    def test_a_proxy_that_is_not_there(self):
        port = free_port()
        result = talk("--proxy", f"socks5://127.0.0.1:{port}", "tcp://a.example:7", typed=b"")
        self.assertEqual((result.status, result.stderr),
                         (1, f"sluice-talk: tcp://a.example:7: proxy socks5://127.0.0.1:{port}: "
                             "Connection refused\n"))

    def test_nothing_that_the_proxy_says_is_printed(self):
        received = []
        with Server(keeping(received)) as server:
            result = talk("--proxy", f"http://127.0.0.1:{server.port}", "--timeout", "200ms",
                          "tcp://a.example:7", typed=b"secret\n")
        self.assertEqual(result.status, 3, result.stderr)
        self.assertNotIn(b"secret", b"".join(received))


class Usage(unittest.TestCase):
    def wrong(self, *arguments):
        result = talk(*arguments)
        self.assertEqual((result.status, result.stdout), (2, b""), result.stderr)
        return result.stderr

    def test_no_message_shows_the_password(self):
        for url in ("socks5://me:hunter2@h", "socks5://me:hunter2@h:99999", "http://me:hunter2",
                    "http://me:hunter2:80", "http://hunter2", "me:hunter2@h:1", "me:hunter2://h:1",
                    "socks4://me:hunter2@h:1", "socks5://me:hunter2@*:1", "socks5://me:p@hunter2",
                    "socks5://me:hunter2@a b:1", "http://me:hunter2%0a@h:1"):
            with self.subTest(url=url):
                said = self.wrong("--proxy", url, "a.example:7")
                self.assertTrue(said.startswith("sluice-talk: --proxy: "), said)
                self.assertNotIn("hunter2", said)

    def test_what_is_no_proxy(self):
        for url, why in (
                ("localhost:1080", "the scheme is missing; allowed: socks5://"),
                ("socks4://h:1", 'scheme "socks4" is not socks5 or http; allowed: '),
                ("socks5://h", "the port is missing or is not a number in 1-65535"),
                ("http://h:99999", "the port is missing or is not a number in 1-65535"),
                ("socks5://h:0", "the port is missing or is not a number in 1-65535"),
                ("socks5://a b:1", "the host is not a name, a.b.c.d or [IPv6]; allowed: "),
                ("socks5://*:1", "host * is valid only with --listen"),
                ("socks5://me@h:1", "the password is missing; allowed: "),
                ("socks5://:x@h:1", "the user name has 0 bytes; allowed: 1-255"),
                ("http://me:%0ax@h:1", "the password has a control character"),
                ("http://a%3Ab:x@h:1", "the user name has a colon"),
                (f"socks5://me:{'x' * 256}@h:1", "the password has 256 bytes; allowed: 1-255")):
            with self.subTest(url=url):
                self.assertIn(why, self.wrong("--proxy", url, "a.example:7"))

    def test_what_is_no_file_with_a_password(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "password"

            def refusal(url):
                return self.wrong("--proxy", url, "--proxy-password-file", file, "h:7")
            self.assertIn(f"--proxy-password-file {file}: No such file", refusal("http://me@h:1"))
            for text, why in ((b"", "the password has 0 bytes; allowed: 1-255"),
                              (b"\nhunter2\n", "the password has 0 bytes"),
                              (b"hunter2\0\n", "the password has a control character"),
                              (b"x" * 256 + b"\n", "its first line has more than 255 bytes"),
                              (b"x" * 5000, "its first line has more than 255 bytes")):
                with self.subTest(text=text):
                    file.write_bytes(text)
                    self.assertIn(why, refusal("http://me@h:1"))
            file.write_bytes(b"x" * 255 + b"\r\n")
            self.assertIn("--proxy: it has a password, and so has --proxy-password-file",
                          refusal("http://me:hunter2@h:1"))
            self.assertIn("--proxy: the user of --proxy-password-file is missing; allowed: "
                          "http://USER@HOST:PORT", refusal("http://h:1"))
            self.assertIn("--proxy-password-file: valid only with --proxy",
                          self.wrong("--proxy-password-file", file, "h:7"))

    def test_where_there_is_no_proxy(self):
        for endpoint in ("udp://127.0.0.1:7", "unix:///run/x"):
            self.assertIn("--proxy: valid only with tcp://, tls://, ws:// and wss://",
                          self.wrong("--proxy", "socks5://h:1", endpoint))
        self.assertIn("--proxy and --proxy-protocol cannot be combined",
                      self.wrong("--proxy", "socks5://h:1", "--proxy-protocol", "h:1"))
        self.assertIn("a proxy does not know the interfaces of this host",
                      self.wrong("--proxy", "socks5://h:1", "[fe80::1%lo]:7"))
        self.assertIn('-4: "tcp://[::1]:1" has no such address',
                      self.wrong("-4", "--proxy", "socks5://[::1]:1", "h:7"))


if __name__ == "__main__":
    client.main()
