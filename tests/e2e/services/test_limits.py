#!/usr/bin/env python3
"""Limits on connections, idle timeouts, and life without a descriptor left."""
import contextlib
import resource
import tempfile
import time
import unittest

import daemon
from daemon import Daemon, connect, exchange, wait_until, was_closed

ECHO = ("-l", "echo=tcp://127.0.0.1:0")


def answers(client):
    try:
        return exchange(client, b"hello") == b"hello"
    except (AssertionError, OSError):
        return False


def serves(endpoint, source=None):
    with connect(endpoint, source) as client:
        return answers(client)


class Connections(unittest.TestCase):
    def expect_limit(self, count, *arguments):
        with Daemon(*arguments) as sluiced:
            clients = [connect(sluiced.endpoint) for _ in range(count)]
            for client in clients:
                self.assertEqual(exchange(client, b"hello"), b"hello")
            for _ in range(3):
                with connect(sluiced.endpoint) as refused:
                    self.assertTrue(was_closed(refused))
            self.assertEqual(exchange(clients[0], b"hello"), b"hello")
            sluiced.wait_for_log(" warning ")
            clients.pop().close()
            self.assertTrue(wait_until(lambda: serves(sluiced.endpoint)))
            for client in clients:
                client.close()

    def test_max_limits_one_endpoint(self):
        with tempfile.TemporaryDirectory() as directory:
            for endpoint in ("tcp://127.0.0.1:0", "tcp://[::1]:0", f"unix://{directory}/s"):
                self.expect_limit(5, "-l", f"echo={endpoint},max=5")

    def test_max_connections_limits_all_of_them(self):
        self.expect_limit(5, *ECHO, "--max-connections", "5")
        with Daemon(*ECHO, *ECHO, "--max-connections", "2") as sluiced:
            first, second = sluiced.endpoints("echo")
            with connect(first) as one, connect(second) as two:
                exchange(one, b"hello")
                exchange(two, b"hello")
                for endpoint in (first, second):
                    self.assertFalse(serves(endpoint))

    def test_no_service_takes_the_connections_that_are_promised_to_another(self):
        with Daemon(*ECHO, *ECHO, "--max-connections", "8") as sluiced:
            busy, quiet = sluiced.endpoints("echo")
            clients = [connect(busy) for _ in range(8)]
            kept = [client for client in clients if answers(client)]
            self.assertEqual(len(kept), 6)
            sluiced.wait_for_log("refused: .*its share of the loop's limit of 8 connections")
            more = [connect(quiet) for _ in range(2)]
            for client in more + kept:
                self.assertEqual(exchange(client, b"hello"), b"hello")
            self.assertFalse(serves(quiet))
            for client in clients + more:
                client.close()

    def test_max_memory_limits_what_all_of_them_hold(self):
        with Daemon(*ECHO, "--max-memory", "1M") as sluiced:
            echo = sluiced.endpoint
            with connect(echo) as friend:
                self.assertEqual(exchange(friend, b"hello"), b"hello")
                # Nobody reads its echo: each of them has 256 KiB queued, as long as it is read.
                greedy = [connect(echo) for _ in range(12)]
                for client in greedy:
                    client.setblocking(False)

                def send_more():
                    for client in greedy:
                        with contextlib.suppress(BlockingIOError):
                            client.send(bytes(65536))
                    return not serves(echo)

                self.assertTrue(wait_until(send_more))
                sluiced.wait_for_log("memory: the connections hold .* the limit is 1048576")
                self.assertEqual(exchange(friend, b"hello"), b"hello")
                for client in greedy:
                    client.close()
                self.assertTrue(wait_until(lambda: serves(echo)))

    def test_per_source_limits_each_address(self):
        self.expect_limit(5, "-l", "echo=tcp://127.0.0.1:0,per-source=5")
        with Daemon("-l", "echo=tcp://127.0.0.1:0,per-source=1") as sluiced:
            with connect(sluiced.endpoint, ("127.0.0.1", 0)) as client:
                exchange(client, b"hello")
                self.assertFalse(serves(sluiced.endpoint, ("127.0.0.1", 0)))
                self.assertTrue(serves(sluiced.endpoint, ("127.0.0.2", 0)))

    def test_connect_rate_limits_all_newcomers_of_an_endpoint(self):
        with tempfile.TemporaryDirectory() as directory:
            for endpoint in ("tcp://127.0.0.1:0", f"unix://{directory}/s"):
                with Daemon("-l", f"echo={endpoint},connect-rate=3/3600") as sluiced:
                    let_in = [serves(sluiced.endpoint) for _ in range(6)]
                    self.assertEqual(let_in, 3 * [True] + 3 * [False], endpoint)
                    sluiced.wait_for_log("refused: .*the limit on the rate of new connections")

    def test_connect_rate_per_source_limits_each_source(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0,connect-rate-per-source=3/3600") as sluiced:
            for source in ("127.0.0.1", "127.0.0.2"):
                let_in = [serves(sluiced.endpoint, (source, 0)) for _ in range(6)]
                self.assertEqual(let_in, 3 * [True] + 3 * [False], source)

    def test_connect_rate_lets_newcomers_in_again(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0,connect-rate-per-source=2/1") as sluiced:
            self.assertTrue(wait_until(lambda: not serves(sluiced.endpoint)))
            self.assertTrue(wait_until(lambda: serves(sluiced.endpoint)))

    def test_a_limit_of_one_endpoint_is_not_the_other_s(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0,max=1", *ECHO) as sluiced:
            first, second = sluiced.endpoints("echo")
            with connect(first) as client:
                exchange(client, b"hello")
                self.assertFalse(serves(first))
                self.assertTrue(serves(second))


class IdleTimeout(unittest.TestCase):
    def test_a_silent_connection_is_closed_and_a_busy_one_is_not(self):
        with Daemon(*ECHO, "--idle-timeout", "500ms", counted=True) as sluiced:
            # A client that was not scheduled for that long was silent, too.
            for _ in range(10):
                closed = sluiced.counters()["closed_idle_timeout"]
                with connect(sluiced.endpoint) as silent, connect(sluiced.endpoint) as busy:
                    longest, spoke = self.be_busy(busy, 1.2)
                    self.assertTrue(was_closed(silent))
                    is_served = answers(busy)
                    longest = max(longest, time.monotonic() - spoke)
                    self.assertTrue(longest > 0.4 or is_served)
                if longest < 0.4:
                    break
            self.assertLess(longest, 0.4, "it was never busy")
            self.assertEqual(sluiced.counters()["closed_idle_timeout"], closed + 1)

    @staticmethod
    def be_busy(client, seconds):
        """For so long, or until it is closed; how long it was silent at most, and when it spoke."""
        longest, spoke = 0.0, time.monotonic()
        started = spoke
        while time.monotonic() - started < seconds and answers(client):
            now = time.monotonic()
            longest, spoke = max(longest, now - spoke), now
            time.sleep(0.1)
        return longest, spoke

    def test_it_is_not_closed_early(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0,idle=1s") as sluiced:
            started = time.monotonic()
            with connect(sluiced.endpoint) as silent:
                self.assertTrue(was_closed(silent))
                self.assertGreaterEqual(time.monotonic() - started, 0.95)

    def test_a_key_overrides_the_option(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0,idle=off", *ECHO,
                    "--idle-timeout=200ms") as sluiced:
            never, soon = sluiced.endpoints("echo")
            with connect(never) as patient, connect(soon) as hasty:
                self.assertTrue(was_closed(hasty))
                time.sleep(0.5)
                self.assertEqual(exchange(patient, b"hello"), b"hello")


class Descriptors(unittest.TestCase):
    LIMIT = 64

    def limit_descriptors(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.LIMIT, self.LIMIT))

    def test_without_descriptors_the_others_are_served_and_the_processor_rests(self):
        for backend in ("epoll", "poll", "select"):
            with self.subTest(backend):
                self.starve(backend)

    def starve(self, backend):
        with Daemon(*ECHO, "--backend", backend, "--max-connections", "1000",
                    prepare=self.limit_descriptors) as sluiced:
            served = []
            while len(served) < self.LIMIT:
                client = connect(sluiced.endpoint)
                try:
                    exchange(client, b"hello")
                except (AssertionError, OSError):
                    client.close()
                    break
                served.append(client)
            self.assertGreater(len(served), self.LIMIT // 2)
            self.assertLess(len(served), self.LIMIT)

            waiting = [connect(sluiced.endpoint) for _ in range(20)]
            before, started = sluiced.cpu_seconds(), time.monotonic()
            while time.monotonic() - started < 1.5:
                for client in served[::10]:
                    self.assertEqual(exchange(client, b"hello"), b"hello")
                time.sleep(0.1)
            took = time.monotonic() - started
            self.assertLess(sluiced.cpu_seconds() - before, 0.1 * took)
            warnings = sluiced.log().count(" warning ")
            self.assertTrue(1 <= warnings <= 4 + took, sluiced.log())

            for client in served[:30] + waiting:
                client.close()
            self.assertTrue(wait_until(lambda: serves(sluiced.endpoint)))
            for client in served[30:]:
                self.assertEqual(exchange(client, b"hello"), b"hello")
                client.close()
            self.assertEqual(sluiced.stop(), 0)


class Idleness(unittest.TestCase):
    def test_nothing_to_do_costs_nothing(self):
        with Daemon(*ECHO, "--idle-timeout", "1h") as sluiced:
            clients = [connect(sluiced.endpoint) for _ in range(500)]
            for client in clients:
                exchange(client, b"hello")
            before = sluiced.cpu_seconds()
            time.sleep(2)
            self.assertLessEqual(sluiced.cpu_seconds() - before, 0.02)
            for client in clients:
                client.close()


if __name__ == "__main__":
    daemon.main()
