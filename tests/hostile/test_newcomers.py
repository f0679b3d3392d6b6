#!/usr/bin/env python3
"""Newcomers in floods, beyond each limit, and without a descriptor left for any of them."""
import contextlib
import resource
import tempfile
import time
import unittest

import hostile
import daemon
from hostile import MIB, flood_of_newcomers, long_or, served_meanwhile, watched

SECONDS = long_or(10, 0.7)
ECHO = "echo=tcp://127.0.0.1:0"


class Floods(unittest.TestCase):
    """One after the other, each is over a limit; who is in, or not concerned, is served."""

    def flood(self, server, endpoint, source=None, backlog=64):
        before, started = server.resident(), time.monotonic()
        flood_of_newcomers(endpoint, SECONDS, backlog, source, at_least=300)
        self.assertLess(server.resident() - before, 2 * MIB)
        # Lines a second, not a line a newcomer.
        took = time.monotonic() - started
        self.assertLess(server.log().count(" warning "), took + 8)

    def expect_refusals(self, server):
        self.assertTrue(daemon.wait_until(lambda: server.counters()["refused"] > 100))

    def test_beyond_max_those_who_are_in_and_other_endpoints_are_served(self):
        with watched(self, "-l", ECHO + ",max=20", "-l", ECHO) as server:
            limited, free = (endpoint for _, endpoint in server.listening)
            with served_meanwhile(self, limited), served_meanwhile(self, free, how="comes"):
                self.flood(server, limited)
            self.expect_refusals(server)

    def test_beyond_per_source_who_comes_from_elsewhere_gets_in(self):
        with watched(self, "-l", ECHO + ",per-source=10") as server:
            with served_meanwhile(self, server.endpoint, source="127.0.0.3"), \
                    served_meanwhile(self, server.endpoint, how="comes", source="127.0.0.2"):
                self.flood(server, server.endpoint, "127.0.0.66")
            self.expect_refusals(server)

    def test_beyond_max_connections_those_who_are_in_and_datagrams_are_served(self):
        with watched(self, "-l", ECHO, "-l", ECHO.replace("tcp", "udp"),
                     "--max-connections", "20") as server:
            tcp, udp = (endpoint for _, endpoint in server.listening)
            with served_meanwhile(self, tcp, udp):
                self.flood(server, tcp)
            self.expect_refusals(server)

    def test_of_a_unix_socket_hold_up_no_tcp(self):
        with tempfile.TemporaryDirectory() as directory:
            with watched(self, "-l", f"echo=unix://{directory}/s,max=20", "-l", ECHO) as server:
                unix, tcp = (endpoint for _, endpoint in server.listening)
                with served_meanwhile(self, unix), served_meanwhile(self, tcp, how="comes"):
                    self.flood(server, unix)

    def test_without_any_limit_newcomers_among_them_get_in(self):
        with watched(self, "-l", ECHO) as server:
            with served_meanwhile(self, server.endpoint), \
                    served_meanwhile(self, server.endpoint, how="comes"):
                self.flood(server, server.endpoint)


class WithoutDescriptors(unittest.TestCase):
    LIMIT = 64
    SECONDS = long_or(60, 2)

    def limit_descriptors(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.LIMIT, self.LIMIT))

    def test_for_as_long_as_it_lasts_the_others_are_served_and_after_it_everybody(self):
        with tempfile.TemporaryDirectory() as directory, \
                watched(self, "-l", ECHO, "-l", ECHO.replace("tcp", "udp"),
                        "-l", f"echo=unix://{directory}/s", "-l", "chat=tcp://127.0.0.1:0",
                        "--max-connections", "1000",
                        prepare=self.limit_descriptors) as server:
            tcp, udp, unix, chat = (endpoint for _, endpoint in server.listening)
            with served_meanwhile(self, tcp, udp, unix), contextlib.ExitStack() as stack:
                for _ in range(self.LIMIT):  # those who take the last ones
                    client = hostile.newcomer(tcp)
                    stack.callback(hostile.reset, client)
                before, cpu = server.resident(), server.cpu_seconds()
                started = time.monotonic()
                tried = 0
                while tried <= 50 * self.SECONDS or time.monotonic() - started < self.SECONDS:
                    for endpoint in (tcp, unix, chat):
                        with contextlib.suppress(BlockingIOError, ConnectionResetError):
                            hostile.reset(hostile.newcomer(endpoint))
                            tried += 1
                    time.sleep(0.02)
                took = time.monotonic() - started
                self.assertGreater(server.descriptors(), self.LIMIT - 5)
                self.assertLess(server.resident() - before, MIB)
                if not hostile.SANITIZED:
                    # Three honest clients make 300 exchanges a second, and 150 are turned away.
                    self.assertLess(server.cpu_seconds() - cpu, 0.3 * took)
                server.wait_for_log("out of descriptors")
                self.assertLess(server.log().count(" warning "), 3 * took + 10)
            for endpoint in (tcp, unix):
                self.assertTrue(daemon.wait_until(lambda at=endpoint: self.serves(at)))
            self.assertIsNotNone(daemon.ask(udp, b"hello"))

    @staticmethod
    def serves(endpoint):
        with daemon.connect(endpoint) as client, contextlib.suppress(AssertionError, OSError):
            return daemon.exchange(client, b"hello") == b"hello"
        return False


if __name__ == "__main__":
    hostile.main()
