#!/usr/bin/env python3
"""The daemon over TLS, with clients that we did not write: Python's ssl, openssl and curl."""
import os
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import certificates
import daemon
import talk
from daemon import Daemon
from one_house import OneHouse

PATIENCE = daemon.PATIENCE
# `make hostile` has the time for more of them.
CONNECTIONS, RELOADS = (1000, 100) if os.environ.get("SLUICE_HOSTILE") == "long" else (200, 5)


def s_client(sluiced, *arguments):
    """What openssl's client says about a connection that it closes at once."""
    place = sluiced.endpoint.partition("://")[2]
    return subprocess.run(["openssl", "s_client", "-connect", place, *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE,
                          check=False).stdout


class Base(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.root = certificates.Authority(self.directory)
        self.cert, self.key = self.root.sign("server")

    def listen(self, kind="echo", at="tls://127.0.0.1:0", *more):
        return f"{kind}={at}," + ",".join([f"cert={self.cert}", f"key={self.key}", *more])

    def connect(self, endpoint, context=None, name="localhost", session=None):
        scheme, _, place = endpoint.partition("://")
        if scheme == "unix":
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(PATIENCE)
            plain.connect(place)
        else:
            host, _, port = place.rpartition(":")
            plain = socket.create_connection((host, int(port)), PATIENCE)
        return (context or self.root.client()).wrap_socket(plain, server_hostname=name,
                                                              session=session)


def exchange(client, message):
    client.sendall(message)
    answer = b""
    while len(answer) < len(message):
        piece = client.recv(65536)
        assert piece, f"the end after {answer!r}"
        answer += piece
    assert answer == message, answer


def serial(client):
    return client.getpeercert()["serialNumber"]


class Serve(Base):
    def test_announces_the_endpoint_as_it_was_written(self):
        with Daemon("-l", self.listen()) as sluiced:
            self.assertRegex(sluiced.endpoint, r"^tls://127\.0\.0\.1:[1-9]\d*$")
            with self.connect(sluiced.endpoint) as client:
                self.assertEqual(client.version(), "TLSv1.3")
                exchange(client, b"hello" * 100_000)

    def test_every_service_over_streams(self):
        kinds = {"chargen": b" !\"#", "daytime": b"", "time": b"", "greet": b"hi\n"}
        listens = [part for kind in [*kinds, "discard", "upper", "framed", "chat"]
                   for part in ("-l", self.listen(kind, "tls://127.0.0.1:0",
                                                  *(["text=hi\\n"] if kind == "greet" else [])))]
        with Daemon(*listens) as sluiced:
            for kind, start in kinds.items():
                with self.connect(sluiced.endpoints(kind)[0]) as client:
                    self.assertTrue(client.recv(100).startswith(start), kind)
            with self.connect(sluiced.endpoints("upper")[0]) as client:
                client.sendall(b"upper")
                self.assertEqual(client.recv(100), b"UPPER")
            with self.connect(sluiced.endpoints("framed")[0]) as client:
                exchange(client, b"005hello")
            with self.connect(sluiced.endpoints("chat")[0]) as client:
                self.assertIn(b"Welcome", client.recv(1000))

    def test_tls_1_2_and_only_1_3_if_modern(self):
        old = self.root.client(version=ssl.TLSVersion.TLSv1_2)
        with Daemon("-l", self.listen()) as sluiced:
            with self.connect(sluiced.endpoint, old) as client:
                self.assertEqual(client.version(), "TLSv1.2")
                exchange(client, b"old")
        with Daemon("-l", self.listen("echo", "tls://127.0.0.1:0", "tls=modern")) as sluiced:
            with self.assertRaisesRegex(ssl.SSLError, "(?i)protocol.version"):
                self.connect(sluiced.endpoint, old)

    def test_unix_sockets_and_tcp_with_the_key(self):
        path = f"unix://{self.directory}/echo.sock"
        with Daemon("-l", self.listen("echo", path, "tls=on"),
                    "-l", self.listen("echo", "tcp://127.0.0.1:0", "tls=on")) as sluiced:
            self.assertEqual(sluiced.endpoint, path)
            self.assertTrue(sluiced.listening[1][1].startswith("tls://"))
            for _, endpoint in sluiced.listening:
                with self.connect(endpoint) as client:
                    exchange(client, b"hello")

    def test_certificates_by_name_and_an_rsa_key(self):
        other, key = self.root.sign("other", "DNS:other.example", rsa=True)
        listen = self.listen("echo", "tls://127.0.0.1:0", f"sni={other}:{key}")
        with Daemon("-l", listen) as sluiced:
            with self.connect(sluiced.endpoint, name="other.example") as client:
                self.assertIn((("commonName", "other"),), client.getpeercert()["subject"])
            with self.connect(sluiced.endpoint) as client:
                self.assertIn((("commonName", "server"),), client.getpeercert()["subject"])

    def test_clients_with_certificates_and_protocols(self):
        mine = self.root.sign("me", "DNS:me.example")
        with Daemon("-l", self.listen("echo", "tls://127.0.0.1:0", f"client-ca={self.root.file}",
                                      "alpn=one two"), counted=True) as sluiced:
            with self.connect(sluiced.endpoint, self.root.client(*mine, alpn=["two"])) as client:
                exchange(client, b"known")
                self.assertEqual(client.selected_alpn_protocol(), "two")
            with self.assertRaises(OSError), self.connect(sluiced.endpoint) as stranger:
                exchange(stranger, b"unknown")
            self.assertEqual(sluiced.counters()["closed_open_failed"], 1)

    def test_operators_of_a_chat_have_certificates(self):
        mine, others = (self.root.sign(name, f"DNS:{name}.example") for name in ("me", "other"))
        listen = self.listen("chat", "tls://127.0.0.1:0", f"client-ca={self.root.file}",
                             "client-cert=optional", "operator-certs=me.example", "greeting=")
        with Daemon("-l", listen) as sluiced:
            for context, is_one in ((self.root.client(*mine), True), (self.root.client(), False),
                                    (self.root.client(*others), False)):
                with self.connect(sluiced.endpoint, context) as client, client.makefile() as lines:
                    for _ in range(2):
                        lines.readline()
                    if is_one:
                        self.assertEqual(lines.readline(), "* you are an operator of the house\n")
                    client.sendall(b"/mute nobody\n")
                    self.assertEqual(lines.readline(),
                                     "* guest1 set the mode +q nobody!*@*\n" if is_one else
                                     "* only an operator of the room can do that\n")
                    client.sendall(b"/quit\n")
                    self.assertEqual(lines.readline(), "")

    def test_connections_show_their_version(self):
        with Daemon("-l", self.listen("discard"), counted=True) as sluiced:
            with self.connect(sluiced.endpoint):
                with socket.socket(socket.AF_UNIX) as control:
                    control.settimeout(PATIENCE)
                    control.connect(sluiced.control.path)
                    control.sendall(b"show connections\n")
                    self.assertIn(b'"tls":"TLSv1.3"', control.recv(4096).replace(b" ", b""))


class Sessions(Base):
    def test_are_resumed_until_the_certificate_is_another_one(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.root.client(version=version)
            with Daemon("-l", self.listen()) as sluiced:
                with self.connect(sluiced.endpoint, context) as first:
                    exchange(first, b"first")
                    self.assertFalse(first.session_reused)
                    session = first.session
                self.assertTrue(session.has_ticket)
                with self.connect(sluiced.endpoint, context, session=session) as second:
                    exchange(second, b"second")
                    self.assertTrue(second.session_reused, version)
                    session = second.session
                self.root.sign("server")
                sluiced.signal(signal.SIGHUP)
                sluiced.wait_for_log("renewed echo")
                with self.connect(sluiced.endpoint, context, session=session) as third:
                    exchange(third, b"third")
                    self.assertFalse(third.session_reused, version)

    def test_openssl_resumes_too(self):
        with Daemon("-l", self.listen()) as sluiced:
            said = s_client(sluiced, "-CAfile", self.root.file, "-reconnect", "-no_tls1_3")
        self.assertEqual((said.count("New, TLSv1.2"), said.count("Reused, TLSv1.2")), (1, 5))


class Stapling(Base):
    def test_clients_that_ask_get_the_response_and_reloads_renew_it(self):
        answer = self.root.ocsp(self.cert)
        with Daemon("-l", self.listen("echo", "tls://127.0.0.1:0", f"ocsp={answer}")) as sluiced:
            said = s_client(sluiced, "-CAfile", self.root.file, "-status")
            self.assertIn("OCSP Response Status: successful", said)
            self.assertIn("Cert Status: good", said)
            answer.write_bytes(b"nonsense")
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("OCSP response for ")
            self.assertIn("Cert Status: good", s_client(sluiced, "-status"), "the old one stays")

    def test_without_a_response_none_is_sent(self):
        with Daemon("-l", self.listen()) as sluiced:
            self.assertIn("OCSP response: no response sent", s_client(sluiced, "-status"))


class Clients(Base):
    def test_openssl(self):
        with Daemon("-l", self.listen()) as sluiced:
            place = sluiced.endpoint.removeprefix("tls://")
            with subprocess.Popen(
                    ["openssl", "s_client", "-connect", place, "-servername", "localhost",
                     "-CAfile", self.root.file, "-verify_return_error", "-quiet"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL) as client:
                try:
                    client.stdin.write(b"hello\n")
                    client.stdin.flush()
                    self.assertEqual(client.stdout.readline(), b"hello\n")
                finally:
                    client.kill()

    @unittest.skipUnless(shutil.which("curl"), "no curl here")
    def test_curl(self):
        with Daemon("-l", self.listen("metrics", "https://127.0.0.1:0")) as sluiced:
            port = sluiced.endpoint.rpartition(":")[2]
            page = subprocess.run(["curl", "-sS", "--cacert", self.root.file,
                                   f"https://localhost:{port}/metrics"], stdout=subprocess.PIPE,
                                  timeout=PATIENCE, check=True).stdout
            self.assertIn(b"sluiced_build_info", page)


def accepts(place):
    try:
        daemon.connect(f"tcp://{place}").close()
    except OSError:
        return False
    return True


class Judges(Base):
    @unittest.skipUnless(shutil.which("sslscan"), "no sslscan here")
    def test_sslscan_finds_nothing_weak(self):
        for profile, versions in (("on", {"1.2", "1.3"}), ("modern", {"1.3"})):
            report = self.directory / f"{profile}.xml"
            listen = self.listen("echo", "tls://127.0.0.1:0", f"tls={profile}")
            with self.subTest(profile), Daemon("-l", listen) as sluiced:
                subprocess.run(["sslscan", f"--xml={report}", "--show-times",
                                sluiced.endpoint.removeprefix("tls://")], check=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               timeout=6 * PATIENCE)
            test = xml.etree.ElementTree.parse(report).getroot().find("ssltest")
            enabled = {(each.get("type"), each.get("version")) for each in test.iter("protocol")
                       if each.get("enabled") == "1"}
            self.assertEqual(enabled, {("tls", version) for version in versions})
            # It looks for ECDHE in the name, which no cipher of TLS 1.3 has.
            best = {"TLSv1.2": {"strong"}, "TLSv1.3": {"strong", "acceptable"}}
            ciphers = list(test.iter("cipher"))
            self.assertTrue(ciphers)
            for each in ciphers:
                self.assertIn(each.get("strength"), best[each.get("sslversion")], each.attrib)
            self.assertEqual(test.find("renegotiation").get("supported"), "0")
            self.assertEqual({each.get("vulnerable") for each in test.iter("heartbleed")}, {"0"})

    @unittest.skipUnless(shutil.which("stunnel"), "no stunnel here")
    def test_stunnel_is_a_client_and_a_server(self):
        with Daemon("-l", self.listen(), "-l", "echo=tcp://127.0.0.1:0") as sluiced:
            secure, plain = (each.partition("://")[2] for _, each in sluiced.listening)
            client, server = (f"127.0.0.1:{daemon.free_port()}" for _ in range(2))
            settings = self.directory / "stunnel.conf"
            settings.write_text(f"""
                foreground = yes
                pid =
                [to-sluiced]
                client = yes
                accept = {client}
                connect = {secure}
                CAfile = {self.root.file}
                verifyChain = yes
                checkHost = localhost
                [to-stunnel]
                accept = {server}
                connect = {plain}
                cert = {self.cert}
                key = {self.key}
                """, encoding="ascii")
            with subprocess.Popen(["stunnel", settings], stderr=subprocess.DEVNULL,
                                  preexec_fn=daemon.die_with_the_test) as stunnel:
                try:
                    for place in (client, server):
                        self.assertTrue(daemon.wait_until(lambda: accepts(place)), place)
                    with daemon.connect(f"tcp://{client}") as peer:
                        daemon.exchange(peer, b"hello" * 10_000)
                    with self.connect(f"tls://{server}") as peer:
                        exchange(peer, b"hello")
                    result = talk.talk("--ca", str(self.root.file), f"tls://{server}",
                                       typed=b"one\ntwo\n")
                    self.assertEqual((result.status, result.stdout), (0, b"one\ntwo\n"),
                                     result.stderr)
                finally:
                    stunnel.kill()


class Renew(Base):
    def renew(self, sluiced):
        before = len(sluiced.log())
        sluiced.signal(signal.SIGHUP)
        ended = daemon.wait_until(lambda: "removed\n" in sluiced.log()[before:] or
                                  "nothing has changed\n" in sluiced.log()[before:])
        self.assertTrue(ended, sluiced.log())
        return sluiced.log()[before:]

    def test_new_connections_get_the_new_certificate_and_old_ones_go_on(self):
        with Daemon("-l", self.listen()) as sluiced, self.connect(sluiced.endpoint) as old:
            first = serial(old)
            self.assertNotIn("renewed", self.renew(sluiced), "nothing was new")
            self.root.sign("server")
            self.assertIn(f"renewed echo {sluiced.endpoint}: serial ", self.renew(sluiced))
            with self.connect(sluiced.endpoint) as new:
                self.assertNotEqual(serial(new), first)
                exchange(new, b"new")
            exchange(old, b"old")

    def test_a_bad_file_changes_nothing_and_the_log_says_why(self):
        with Daemon("-l", self.listen()) as sluiced, self.connect(sluiced.endpoint) as old:
            first = serial(old)
            _, other = self.root.sign("other")
            good = self.key.read_bytes()
            for content, why in ((b"", "has no private key in PEM"),
                                 (other.read_bytes(), "key values mismatch")):
                self.key.write_bytes(content)
                log = self.renew(sluiced)
                self.assertIn(why, log)
                self.assertIn(str(self.key), log)
                self.assertIn("nothing has changed", log)
                with self.connect(sluiced.endpoint) as new:
                    self.assertEqual(serial(new), first)
            self.key.write_bytes(good)
            self.assertIn("1 kept", self.renew(sluiced))

    def test_many_connections_live_through_many_renewals(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        with Daemon("-l", self.listen(), counted=True) as sluiced:
            clients = [self.connect(sluiced.endpoint) for _ in range(CONNECTIONS)]
            try:
                serials = {serial(clients[0])}
                for _ in range(RELOADS):
                    self.root.sign("server")
                    self.renew(sluiced)
                    with self.connect(sluiced.endpoint) as new:
                        serials.add(serial(new))
                        exchange(new, b"and reads its ticket")  # or its close would be a reset
                self.assertEqual(len(serials), RELOADS + 1)
                for client in clients:
                    exchange(client, b"alive")
                self.assertEqual(sluiced.counters()["closed_peer_reset"], 0)
            finally:
                for client in clients:
                    client.close()


class BetweenMachines(OneHouse):
    def test_with_a_user_also_for_a_daemon_of_two_processes(self):
        authority = certificates.Authority(self.directory)
        cert, key = authority.sign("server")
        redis = self.redis("--user", "chat", "on", ">sesame", "~sluice:*", "+ping", "+select",
                           "+get", "+set", "+mget", "+del", "+xadd", "+xread", "+xrevrange",
                           tls=(cert, key, authority.file))
        secret, file = self.directory / "secret", self.directory / "sluiced.conf"
        secret.write_text("sesame")
        file.write_text(
            f'[bus]\nurl = "rediss://chat@127.0.0.1:{redis.tls_port}"\n'
            f'secret-file = "{secret}"\nca = "{authority.file}"\n'
            '[[service]]\nkind = "chat"\nlisten = "tcp://127.0.0.1:0"\nrate = "off"\n')
        two = ("-u", "nobody") if os.geteuid() == 0 else ()
        members = [self.member(self.daemon(*how, "-f", str(file)), nick)
                   for how, nick in (((), "ann"), (two, "bob"))]
        self.see_each_other(*members)
        certificates.Authority(self.directory, "other")
        file.write_text(file.read_text().replace(str(authority.file),
                                                 str(self.directory / "other.pem")))
        with Daemon("-f", str(file)) as wrong:
            wrong.wait_for_log("warning bus: house main: .*certificate")


class Mistakes(Base):
    def refused(self, *arguments):
        result = subprocess.run([daemon.PATH, *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr

    def test_are_named(self):
        for listen, why in (
                ("echo=tls://127.0.0.1:0", "cert is missing; TLS needs cert=FILE"),
                ("echo=tcp://127.0.0.1:0,cert=x", "cert is for TLS; give tls=on"),
                ("echo=tls://127.0.0.1:0,tls=off,cert=x", 'tls "off" contradicts tls://'),
                ("echo=tls://127.0.0.1:0,cert=x,client-cert=optional", "give client-ca=FILE"),
                ("echo=udp://127.0.0.1:0,tls=on", 'key "tls" is not valid for echo over udp'),
                ("broadcast=tls://127.0.0.1:0", "broadcast does not run over tls")):
            self.assertIn(why, self.refused("-n", "-l", listen))

    def test_in_files_name_endpoint_and_file(self):
        missing = f"{self.directory}/missing"
        said = self.refused("-l", f"echo=tls://127.0.0.1:0,cert={missing}")
        self.assertIn(f"tls://127.0.0.1:0: {missing}: No such file or directory", said)
        said = self.refused("-l", f"echo=tls://127.0.0.1:0,cert={self.cert}")
        self.assertIn(f"{self.cert} has no private key in PEM", said)


@unittest.skipIf(os.geteuid() != 0, "only root can keep its privileges")
class TwoProcesses(Base):
    """The worker cannot read the key, whose file and folder are root's alone."""

    def test_the_key_of_root_is_read_and_read_again(self):
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.directory.stat().st_mode & 0o777, 0o700)
        with Daemon("-l", self.listen(), "-u", "nobody") as sluiced:
            with self.connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
                before = serial(client)
            self.root.sign("server")
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("info reload: renewed echo")
            with self.connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
                self.assertNotEqual(serial(client), before)


if __name__ == "__main__":
    daemon.main()
