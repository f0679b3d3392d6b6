#!/usr/bin/env python3
"""Floods of datagrams: of no bytes, of as many as there can be, and of what nobody understands."""
import os
import select
import socket
import time
import unittest

import hostile
import daemon
from hostile import MIB, long_or, served_meanwhile, watched

SECONDS = long_or(10, 0.5)
LARGEST = 65507
SERVICES = ("echo", "upper", "discard", "daytime", "time", "chargen", "framed")


class Floods(unittest.TestCase):
    def flood(self, payloads, arguments=(), patience=hostile.ANSWER_WITHIN):
        words = [word for name in SERVICES for word in ("-l", f"{name}=udp://127.0.0.1:0")]
        with watched(self, *words, "-l", "echo=tcp://127.0.0.1:0", *arguments) as server:
            before, started = server.resident(), time.monotonic()
            # Datagrams of theirs are lost beside the flood, and they ask again every 50 ms.
            with served_meanwhile(self, server.endpoint, within=2 * patience), \
                    served_meanwhile(self, server.endpoints("echo")[1], how="comes"):
                sent = self.send_to_all(server, payloads)
            self.assertGreater(sent, 100)
            self.assertLess(server.resident() - before, 9 * MIB)
            took = time.monotonic() - started
            self.assertLess(server.log().count(" warning "), 12 * (took + 2))
            self.assertTrue(server.comes_to_rest())
            for name in ("echo", "upper"):
                self.assertEqual(daemon.ask(server.endpoints(name)[0], b"HELLO"), b"HELLO")

    def send_to_all(self, server, payloads):
        """The flood comes from one socket, whose answers nobody reads."""
        addresses = [daemon.address_of(endpoint)[2] for _, endpoint in server.listening
                     if endpoint.startswith("udp:")]
        deadline = time.monotonic() + SECONDS
        sent = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 * MIB)
            client.setblocking(False)
            client.bind(("127.0.0.66", 0))  # not the source of the honest ones
            while sent <= 100 or time.monotonic() < deadline:
                for payload in payloads:
                    for address in addresses:
                        try:
                            client.sendto(payload, address)
                            sent += 1
                        except BlockingIOError:
                            select.select([], [client], [], 0.1)
        return sent

    def test_of_no_bytes(self):
        self.flood([b""])

    def test_of_as_many_bytes_as_there_can_be(self):
        self.flood([os.urandom(LARGEST)])

    def test_of_frames_that_are_none(self):
        self.flood([b"999", b"abc" * 400, b"\xff" * 1400, b"005hell"])

    def test_of_every_size(self):
        self.flood([bytes(size) for size in (0, 1, 2, 3, 511, 512, 1472, 1473, 9000, 65000)])


class Loops(unittest.TestCase):
    """One forged datagram makes a service take another one for its client, which takes the answer
    for a request, and so on."""
    SERVICES = ("echo", "upper", "framed", "chargen")

    @staticmethod
    def forge(source, target, count):
        """Requests to `target` that come from the endpoint `source`, which shares its port."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            client.bind(daemon.address_of(source)[2])
            for _ in range(count):
                client.sendto(b"002HI", daemon.address_of(target)[2])

    def expect_an_end(self, servers):
        def sent():
            return sum(server.counters()["datagrams_out"] for server in servers)

        last, since = 0, time.monotonic()
        started = since
        while time.monotonic() - since < 0.5:
            self.assertLess(since - started, daemon.PATIENCE, "they still answer each other")
            time.sleep(0.05)
            now = sent()
            if now != last or now == 0:
                last, since = now, time.monotonic()
        return last, since - started

    def test_between_two_daemons_end_within_a_second(self):
        for name in self.SERVICES:
            with self.subTest(name), watched(self, "-l", f"{name}=udp://127.0.0.1:0") as one, \
                    watched(self, "-l", f"{name}=udp://127.0.0.1:0,reuse-port=on") as other:
                # The first answers go to the forger as long as it has the port, too.
                while other.counters()["datagrams_in"] == 0:
                    self.forge(other.endpoint, one.endpoint, 20)
                # 100 at once each, and a few that came back meanwhile.
                count, took = self.expect_an_end([one, other])
                self.assertLess(count, 2 * 150 * (1 + took))
                self.assertIn("the limit on answers to one source", one.log() + other.log())
                time.sleep(1)
                if name == "echo":
                    self.assertEqual(daemon.ask(one.endpoint, b"hello"), b"hello")

    def test_between_two_services_of_one_daemon_end_after_a_few_answers(self):
        with watched(self, "-l", "echo=udp://127.0.0.1:0", "-l",
                     "upper=udp://127.0.0.1:0,reuse-port=on") as server:
            one, other = (endpoint for _, endpoint in server.listening)
            self.forge(other, one, 1)
            count, took = self.expect_an_end([server])
            self.assertLessEqual(count, 2 * 10 * (1 + took))

    def test_of_a_service_with_itself_end_after_a_few_answers(self):
        with watched(self, "-l", "echo=udp://127.0.0.1:0,reuse-port=on") as server:
            # The kernel may hand the forger's own socket the answers.
            self.forge(server.endpoint, server.endpoint, 1)
            time.sleep(0.5)
            self.assertLessEqual(server.counters()["datagrams_out"], 10)


class Broadcast(unittest.TestCase):
    def test_a_flood_is_answered_by_its_limits_and_costs_no_more(self):
        with watched(self, "-l", "broadcast=udp://127.0.0.1:0,message=hi,answers=20", "-l",
                     "echo=tcp://127.0.0.1:0") as server:
            address = daemon.address_of(server.endpoint)[2]
            before = server.resident()
            with served_meanwhile(self, server.endpoints("echo")[0], how="comes"):
                started = time.monotonic()
                while time.monotonic() - started < SECONDS:
                    for host in range(1, 200):
                        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                            client.bind((f"127.0.1.{host}", 0))
                            for payload in (b"", b"who?", bytes(9000)):
                                client.sendto(payload, address)
            self.assertLess(server.resident() - before, 4 * MIB)
            # 20 at once and 20 a second from then on.
            answers = server.counters()["datagrams_out"]
            self.assertLess(answers, 20 + 20 * (time.monotonic() - started + 1))


if __name__ == "__main__":
    hostile.main()
