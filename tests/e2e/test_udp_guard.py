#!/usr/bin/env python3
"""Over UDP nobody is answered who may be another service: the rule against loops."""
import re
import socket
import time
import unittest

import daemon
from daemon import Daemon, address_of, ask, wait_until

ANSWERING = ("echo", "upper", "chargen", "daytime", "time")


def ask_from(source, endpoint, patience):
    """The answer to a datagram from the address `source`; None when there is none."""
    family, kind, address = address_of(endpoint)
    with socket.socket(family, kind) as client:
        client.settimeout(patience)
        client.bind(source)
        client.sendto(b"hello", address)
        try:
            return client.recv(65536)
        except TimeoutError:
            return None


class Guard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hosts = ("127.0.0.1", "[::1]")
        cls.daemon = Daemon(*(word for name in ANSWERING for host in hosts
                              for word in ("-l", f"{name}=udp://{host}:0")))

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)

    def expect_silence(self, port):
        """Every service is asked from `port`, by one socket for each family."""
        for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
            with socket.socket(family, socket.SOCK_DGRAM) as client:
                client.bind((host, port))
                client.settimeout(0.5)
                for _, endpoint in self.daemon.listening:
                    _, _, address = address_of(endpoint)
                    if address[0] == host:
                        client.sendto(b"hello", address)
                with self.assertRaises(TimeoutError, msg=f"an answer to port {port}"):
                    client.recv(65536)

    def test_ordinary_ports_are_answered(self):
        for _, endpoint in self.daemon.listening:
            self.assertIsNotNone(ask(endpoint, b"hello"), endpoint)

    def test_port_2049_is_not_answered_and_its_neighbours_are(self):
        self.expect_silence(2049)
        for port in (2048, 2050):
            self.assertEqual(ask_from(("127.0.0.1", port), self.daemon.endpoint, daemon.PATIENCE),
                             b"hello")

    def test_ports_below_1024_are_not_answered(self):
        try:
            for port in (7, 1023):
                self.expect_silence(port)
        except PermissionError:
            self.skipTest("ports below 1024 are not for this user")
        self.assertEqual(ask_from(("127.0.0.1", 1024), self.daemon.endpoint, daemon.PATIENCE),
                         b"hello")

    def test_two_services_of_one_daemon_do_not_talk_to_each_other(self):
        # What a forger would send: a request to one service that comes from the other's port.
        with Daemon("-l", "echo=udp://127.0.0.1:0,reuse-port=on") as other:
            _, _, address = address_of(other.endpoint)
            with Daemon("-l", "echo=udp://127.0.0.2:0", "-l",
                        f"upper=udp://127.0.0.2:{address[1]}") as sluiced:
                first, _ = (endpoint for _, endpoint in sluiced.listening)
                self.assertIsNone(ask_from(("127.0.0.3", address[1]), first, 0.3))
                self.assertIsNotNone(ask(first, b"hello"))

    def test_the_log_says_so_at_a_limited_rate(self):
        before = self.daemon.log().count(" warning ")
        end = time.monotonic() + 2
        count = 0
        _, _, address = address_of(self.daemon.endpoint)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 2049))
            while time.monotonic() < end:
                client.sendto(b"hello", address)
                count += 1
                time.sleep(0.001)
        self.assertGreater(count, 100)
        wait_until(lambda: self.daemon.log().count(" warning ") > before + 1)
        lines = [line for line in self.daemon.log().splitlines() if " warning " in line]
        self.assertTrue(1 <= len(lines) - before <= 5, lines)
        self.assertRegex(lines[-1], r"2049")
        self.assertRegex(lines[-1], re.escape(self.daemon.endpoint))


if __name__ == "__main__":
    daemon.main()
