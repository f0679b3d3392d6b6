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

    def test_a_client_whose_port_is_that_of_a_service_is_answered_now_and_then(self):
        # The kernel gives a client over IPv4 the port of a service over IPv6, now and then.
        six = next(endpoint for _, endpoint in self.daemon.listening if "[::1]" in endpoint)
        source = ("127.0.0.3", address_of(six)[2][1])
        self.assertEqual(ask_from(source, self.daemon.endpoint, daemon.PATIENCE), b"hello")
        with Daemon("-l", "echo=udp://127.0.0.1:0") as sluiced:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.bind(("127.0.0.3", address_of(sluiced.endpoint)[2][1]))
                client.settimeout(daemon.PATIENCE)
                began = time.monotonic()
                answers = 0
                try:
                    for _ in range(50):
                        client.sendto(b"hello", address_of(sluiced.endpoint)[2])
                        answers += client.recv(100) == b"hello"
                        if answers == 10:
                            client.settimeout(0.05)
                except TimeoutError:
                    pass
            # Ten at once, and ten a second.
            self.assertTrue(10 <= answers <= 10 + 10 * (time.monotonic() - began), answers)
            sluiced.wait_for_log("its port is one of this server's")

    def test_a_source_is_answered_as_often_as_its_limit_says(self):
        with Daemon("-l", "echo=udp://127.0.0.1:0,answers-per-source=5", "-l",
                    "echo=udp://127.0.0.1:0,answers=7") as sluiced:
            for endpoint, limit, cause in zip(sluiced.endpoints("echo"), (5, 7), ("one", "all")):
                with daemon.connect(endpoint) as client:
                    client.settimeout(daemon.PATIENCE)
                    began = time.monotonic()
                    for _ in range(100):
                        client.send(b"hello")
                    answers = 0
                    try:
                        while client.recv(100):
                            answers += 1
                            if answers == limit:
                                client.settimeout(0.5)
                    except TimeoutError:
                        pass
                self.assertTrue(
                    limit <= answers <= limit * (1.5 + time.monotonic() - began), answers)
                sluiced.wait_for_log(f"no answer over UDP to .*: the limit on answers to {cause}")

    def test_the_log_says_so_at_a_limited_rate(self):
        before = self.daemon.log().count(" warning ")
        began = time.monotonic()
        count = 0
        _, _, address = address_of(self.daemon.endpoint)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 2049))
            while count < 300 or time.monotonic() - began < 2:
                client.sendto(b"hello", address)
                count += 1
                time.sleep(0.001)
        wait_until(lambda: self.daemon.log().count(" warning ") > before + 1)
        lines = [line for line in self.daemon.log().splitlines() if " warning " in line]
        self.assertTrue(1 <= len(lines) - before <= 3 + time.monotonic() - began, lines)
        self.assertRegex(lines[-1], r"2049")
        self.assertRegex(lines[-1], re.escape(self.daemon.endpoint))


if __name__ == "__main__":
    daemon.main()
