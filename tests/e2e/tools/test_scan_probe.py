#!/usr/bin/env python3
"""sluice-scan --probe: what speaks on ports of this host is named, with its product and version,
whatever else the peer does."""
import contextlib
import csv
import http.server
import socket
import threading
import time
import unittest
import xml.etree.ElementTree

import certificates
import daemon
import redis_server
import scan as client
from daemon import PATIENCE, Daemon
from scan import Listeners, saying, scan
from talk import needs

HERE = "127.0.0.1"
PROBE = "--probe=8s"  # of which nothing is waited for where the peer speaks or closes


def found(port, *more):
    """The object of an open port."""
    ports, summary = scan("-n", "--json", PROBE, "-p", str(port), *more, HERE).objects()
    assert summary["complete"] and ports[0]["state"] == "open", ports
    return ports[0]


def all_found(wanted):
    """{port: [protocol, product, version]}"""
    ports = scan("-n", "--json", PROBE, "-p", ",".join(map(str, wanted)), HERE).objects()[0]
    return {each["port"]: [each["probe"][name] for name in ("protocol", "product", "version")]
            for each in ports if each["probe"]}


def answers(begins, answer):
    return lambda request: answer if request.startswith(begins) else None


class Peer:
    """Gives every client that speaks first `answer(request)`, or closes; use it with `with`."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.listening = Listeners()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while True:
            try:
                peer, _ = self.listening.sockets[0].accept()
            except OSError:
                return
            with peer:
                peer.settimeout(PATIENCE)
                try:
                    request = peer.recv(4096)
                    self.requests.append(request)
                    answer = self.answer(request)
                    if request and answer:
                        peer.sendall(answer)
                        peer.recv(1)
                except OSError:
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listening.sockets[0].shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.listening.__exit__()

    @property
    def port(self):
        return self.listening.port


class Greetings(unittest.TestCase):
    def test_servers_that_speak_first(self):
        expected = {}
        with contextlib.ExitStack() as servers:
            for greeting, *facts in (
                    (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "ssh", "OpenSSH", "9.2p1"),
                    (b"220 mail ESMTP Postfix\r\n", "smtp", "Postfix", ""),
                    (b"220 (vsFTPd 3.0.3) FTP\r\n", "ftp", "vsFTPd", "3.0.3"),
                    (b"+OK Dovecot ready.\r\n", "pop3", "Dovecot", ""),
                    (b"* OK Dovecot ready.\r\n", "imap", "Dovecot", ""),
                    (b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0", "mysql", "MySQL", "8.0.36")):
                expected[servers.enter_context(saying(greeting))] = facts
            self.assertEqual(all_found(expected), expected)

    def test_nothing_of_a_peer_reaches_the_terminal_as_it_is(self):
        hostile = b"x\x1b]0;owned\x07_1\x9b2J\xc2\x9b2J\xe2\x80\xae y\xc2\x9b\xe2\x80\xae"
        with saying(b"SSH-2.0-" + hostile + b"\r\n") as port:
            for form in ((), ("--json",), ("--csv",), ("--grepable",), ("-oX", "-")):
                shown = scan("-n", PROBE, *form, "-p", str(port), HERE).stdout
                self.assertIn("ssh", shown)
                self.assertTrue(all(c == "\n" or c == "\t" or " " <= c for c in shown), shown)
                self.assertFalse([c for c in shown if "\x7f" <= c < "\xa0" or c == "\u202e"],
                                 shown)

    def test_what_nobody_understands_is_the_banner(self):
        with saying(b"\x01hello stranger\n" + b"x" * 100_000) as port:
            each = found(port)
        self.assertIsNone(each["probe"])
        self.assertTrue(each["banner"].startswith("\\x01hello stranger\\x0a"), each["banner"])
        self.assertLessEqual(len(each["banner"]), 4 * 256)


class Questions(unittest.TestCase):
    def test_servers_that_are_asked(self):
        expected = {}
        with contextlib.ExitStack() as servers:
            for begins, answer, *facts in (
                    (b"GET / HTTP/1.0\r\n", b"HTTP/1.0 200 OK\r\nServer: x/1\r\n\r\n", "http",
                     "x", "1"),
                    (b"\x16\x03\x01", b"\x15\x03\x01\0\x02\x02\x28", "tls", "", ""),
                    (b"INFO server", b"-NOAUTH Authentication required.\r\n", "redis", "", ""),
                    (b"\0\0\0\x08\x04\xd2\x16\x2f", b"N", "postgresql", "PostgreSQL", ""),
                    (b"\x10\x0c\0\x04MQTT", b"\x20\x02\0\x05", "mqtt", "", ""),
                    (b"AMQP", b"AMQP\0\x01\0\0", "amqp", "", "")):
                peer = servers.enter_context(Peer(answers(begins, answer)))
                expected[peer.port] = facts
            self.assertEqual(all_found(expected), expected)

    def test_a_port_without_anything_to_say_costs_a_bounded_time_and_number_of_connections(self):
        with Peer(lambda request: None) as peer:
            begin = time.monotonic()
            each = found(peer.port)
            self.assertIsNone(each["probe"])
            self.assertLess(time.monotonic() - begin, PATIENCE)
            self.assertLessEqual(len(peer.requests), 8 + 1)

    def test_a_peer_that_accepts_and_says_nothing_is_left(self):
        with Listeners(20) as listening:
            result = scan("-n", "--json", "--probe=50ms", "-p",
                          ",".join(map(str, listening.ports)), HERE)
        ports, summary = result.objects()
        self.assertEqual(summary["open"], 20)
        self.assertEqual({each["probe"] for each in ports}, {None})


class RealServers(daemon.InDirectory):
    @unittest.skipUnless(redis_server.PATH, "redis-server is needed")
    def test_redis(self):
        with redis_server.Redis(self.directory) as redis:
            probe = found(redis.port)["probe"]
        self.assertEqual((probe["protocol"], probe["product"], probe["info"]),
                         ("redis", "Redis", "standalone"))
        self.assertRegex(probe["version"], r"^\d+\.\d+\.\d+$")

    def test_http_in_every_format(self):
        server = http.server.ThreadingHTTPServer((HERE, 0), http.server.SimpleHTTPRequestHandler)
        server.RequestHandlerClass.log_message = lambda *_: None
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.server_address[1]
            probe = found(port)["probe"]
            self.assertEqual((probe["protocol"], probe["product"]), ("http", "SimpleHTTP"))
            arguments = ("-n", "--probe", "-p", str(port), HERE)
            table = scan(*arguments)
            self.assertRegex(table.lines[1], "PORT +STATE +SERVICE +RTT +FOUND$")
            self.assertRegex(table.lines[2], r"http SimpleHTTP 0\.\d \(Python/")
            row = next(csv.DictReader(scan("--csv", *arguments).lines))
            self.assertEqual((row["protocol"], row["product"]), ("http", "SimpleHTTP"))
            root = xml.etree.ElementTree.fromstring(scan("-oX", "-", *arguments).stdout)
            service = root.find(".//service")
            self.assertEqual((service.get("name"), service.get("product"), service.get("method")),
                             ("http", "SimpleHTTP", "probed"))
            self.assertIn("//http SimpleHTTP 0.", scan("--grepable", *arguments).stdout)
        finally:
            server.shutdown()
            thread.join(PATIENCE)
            server.server_close()

    def test_services_of_sluiced(self):
        with Daemon("-l", f"web=http://{HERE}:0") as services:
            web = found(services.endpoints("web")[0].rsplit(":", 1)[1])["probe"]
        self.assertEqual(web["protocol"], "http")

    @needs("openssl")
    def test_tls_with_its_certificate(self):
        cert, key = certificates.Authority(self.directory).sign("server")
        with certificates.s_server("-cert", cert, "-key", key, "-rev") as server:
            each = found(server.rpartition(":")[2])
        self.assertEqual(each["probe"]["protocol"], "tls")
        self.assertEqual((each["tls"]["version"], each["tls"]["subject"]), ("TLSv1.3", "CN=server"))


if __name__ == "__main__":
    client.main()
