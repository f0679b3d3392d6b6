#!/usr/bin/env python3
"""The daemon behind proxies: PROXY headers are required from the networks of the key proxy, nobody
else may connect, and everything that looks at a peer's address uses the client's."""
import socket
import ssl
import struct
import unittest

import certificates
import control
import daemon
import talk
from daemon import Daemon, connect, exchange, was_closed

PROXY, OTHER = "127.0.0.1", "127.0.0.2"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def line(client, port=49152):
    return f"PROXY TCP4 {client} 127.0.0.1 {port} 7007\r\n".encode()


def binary(client, port=49152):
    addresses = socket.inet_aton(client) + socket.inet_aton("127.0.0.1")
    ports = struct.pack(">HH", port, 7)
    return SIGNATURE + b"\x21\x11" + struct.pack(">H", 12) + addresses + ports


def listen(*keys):
    return ",".join(["echo=tcp://127.0.0.1:0", f"proxy={PROXY} 10.0.0.0/8", *keys])


class Behind(unittest.TestCase):
    def served(self, endpoint, header, source=PROXY):
        """Whether a connection that begins with the header is served."""
        with connect(endpoint, source=(source, 0)) as peer:
            try:
                peer.sendall(header)
                peer.sendall(b"hello")
                return peer.recv(100) == b"hello"
            except ConnectionError:
                return False

    def test_both_versions_and_the_proxys_own_connections(self):
        with Daemon("-l", listen()) as sluiced:
            for header in (line("192.0.2.1"), binary("192.0.2.1"), b"PROXY UNKNOWN\r\n",
                           SIGNATURE + b"\x20\0\0\0",
                           b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n"):
                self.assertTrue(self.served(sluiced.endpoint, header), header)

    def test_a_proxy_without_a_header_and_everybody_else_are_refused(self):
        with Daemon("-l", listen(), counted=True) as sluiced:
            self.assertFalse(self.served(sluiced.endpoint, b"GET / HTTP/1.0\r\n"))
            sluiced.wait_for_log(r"refused: 127\.0\.0\.1:\d+ has sent: no PROXY header")
            self.assertEqual(sluiced.counters()["closed_open_failed"], 1)
            self.assertFalse(self.served(sluiced.endpoint, line("192.0.2.1"), OTHER))
            self.assertFalse(self.served(sluiced.endpoint, b"", OTHER))
            self.assertEqual(sluiced.counters()["refused"], 2)
            self.assertTrue(self.served(sluiced.endpoint, line("192.0.2.1")))

    def test_allow_and_deny_are_about_the_client(self):
        with Daemon("-l", listen("allow=192.0.2.0/24", "deny=192.0.2.13")) as sluiced:
            self.assertTrue(self.served(sluiced.endpoint, line("192.0.2.1")))
            self.assertFalse(self.served(sluiced.endpoint, line("192.0.2.13")))
            self.assertFalse(self.served(sluiced.endpoint, binary("198.51.100.1")))
            self.assertFalse(self.served(sluiced.endpoint, b"PROXY UNKNOWN\r\n"), "the proxy")
            sluiced.wait_for_log(r"refused: 192\.0\.2\.13:49152 is not admitted")

    def test_limits_on_a_source_count_clients(self):
        with Daemon("-l", listen("per-source=1")) as sluiced:
            with connect(sluiced.endpoint) as first, connect(sluiced.endpoint) as second:
                for peer, client in ((first, "192.0.2.1"), (second, "192.0.2.2")):
                    peer.sendall(line(client))
                    exchange(peer, b"hello")
                with connect(sluiced.endpoint) as third:
                    third.sendall(line("192.0.2.1"))
                    self.assertTrue(was_closed(third))
                sluiced.wait_for_log(r"192\.0\.2\.1: the limit of 1 connection from one source")
            served = daemon.wait_until(
                lambda: self.served(sluiced.endpoint, line("192.0.2.1")))
            self.assertTrue(served, "the first one has gone")

    def test_the_control_socket_and_the_log_have_the_client(self):
        with Daemon("--log-connections", "-l", listen(), counted=True) as sluiced:
            commands = control.Control(sluiced.control.path)
            with connect(sluiced.endpoint) as peer:
                peer.sendall(binary("192.0.2.1", 7))
                exchange(peer, b"hello")
                rows = commands.rows("show", "connections")
                self.assertEqual([row["peer"] for row in rows], ["192.0.2.1:7"])
            sluiced.wait_for_log(r"closed: service=echo .* peer=192\.0\.2\.1:7 in=5 out=5")
            commands.text("ban", "192.0.2.1")
            self.assertFalse(self.served(sluiced.endpoint, line("192.0.2.1")))
            self.assertTrue(self.served(sluiced.endpoint, line("192.0.2.2")))

    def test_sluice_talk_sends_both_versions(self):
        with Daemon("-l", listen("allow=127.0.0.1")) as sluiced:
            for option in ("--proxy-protocol", "--proxy-protocol=v2"):
                result = talk.talk(option, "--send", "hello", "--expect", "1", sluiced.endpoint)
                self.assertEqual((result.status, result.stdout), (0, b"hello\n"), result.stderr)
            result = talk.talk("--send", "x", "--expect", "1", sluiced.endpoint)
            self.assertNotEqual(result.status, 0, "without a header")


@talk.needs("openssl")
@daemon.needs_tls
class BeforeTls(daemon.InDirectory):
    def test_the_header_comes_before_the_handshake(self):
        root = certificates.Authority(self.directory)
        cert, key = root.sign("server")
        with Daemon("-l", listen("tls=on", f"cert={cert}", f"key={key}"), counted=True) as sluiced:
            endpoint = sluiced.endpoint.replace("tls:", "tcp:")
            with connect(endpoint) as plain:
                plain.sendall(line("192.0.2.1"))
                with root.client().wrap_socket(plain, server_hostname="localhost") as stream:
                    exchange(stream, b"hello")
                    rows = control.Control(sluiced.control.path).rows("show", "connections")
                    self.assertEqual((rows[0]["peer"], rows[0]["tls"]),
                                     ("192.0.2.1:49152", "TLSv1.3"))
            with self.assertRaises((ssl.SSLError, ConnectionError)), connect(endpoint) as plain:
                root.client().wrap_socket(plain, server_hostname="localhost")
            result = talk.talk("--proxy-protocol=v2", "--ca", str(root.file), "--send", "hello",
                               "--expect", "1", sluiced.endpoint)
            self.assertEqual((result.status, result.stdout), (0, b"hello\n"), result.stderr)


if __name__ == "__main__":
    daemon.main()
