#!/usr/bin/env python3
"""A wall clock that is set back and forth by years, and a daemon that stands still for a while.

The wall clock is a library that is loaded before the C library (stepping_clock.cc), because a time
namespace moves all clocks but that one, and nobody may set the clock of the machine.
"""
import contextlib
import mmap
import os
import pathlib
import signal
import struct
import tempfile
import threading
import time
import unittest

import hostile
import daemon
from chat import Company
from hostile import Server, long_or, served_meanwhile, watched

LIBRARY = pathlib.Path(os.environ.get("BUILD_DIR", ".")) / "hostile" / "libstepping_clock.so"
YEAR = 365 * 24 * 3600
STOPPED = long_or(10, 2)


class WallClock:
    """What a daemon that is started with its `prepare` takes for the time of day."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(bytes(8))
        self.file.flush()
        self.memory = mmap.mmap(self.file.fileno(), 8)
        self.stop = threading.Event()
        self.thread = None

    def prepare(self):
        os.environ["LD_PRELOAD"] = str(LIBRARY)
        os.environ["SLUICE_CLOCK"] = self.file.name

    def set(self, seconds):
        self.memory[:] = struct.pack("=q", seconds * 10**9)

    @contextlib.contextmanager
    def jumping(self):
        def jump():
            steps = (10 * YEAR, -10 * YEAR, 1, -1, 3600, -3600, 0, 60 * YEAR, -40 * YEAR)
            number = 0
            while not self.stop.wait(0.05):
                self.set(steps[number % len(steps)])
                number += 1
        self.thread = threading.Thread(target=jump)
        self.thread.start()
        try:
            yield self
        finally:
            self.stop.set()
            self.thread.join()

    def close(self):
        self.memory.close()
        self.file.close()


class Steps(unittest.TestCase):
    def setUp(self):
        if hostile.SANITIZED:
            self.skipTest("a sanitizer's library wants to be loaded first")
        self.assertTrue(LIBRARY.exists(), LIBRARY)
        self.clock = WallClock()
        self.addCleanup(self.clock.close)

    @contextlib.contextmanager
    def jumping(self, *arguments):
        """A daemon whose wall clock is set ten times a second, and goes on being so."""
        with Server(*arguments, prepare=self.clock.prepare) as server, self.clock.jumping():
            yield server

    def test_are_seen_by_the_services_that_tell_the_time(self):
        with Server("-l", "time=tcp://127.0.0.1:0", prepare=self.clock.prepare) as server:
            for years in (0, 5, -5):
                self.clock.set(years * YEAR)
                with daemon.connect(server.endpoint) as client:
                    told = int.from_bytes(daemon.receive_all(client), "big") - 2_208_988_800
                self.assertLess(abs(told - time.time() - years * YEAR), 60)
            self.clock.set(5 * YEAR)
            server.signal(signal.SIGHUP)
            year = time.gmtime(time.time() + 5 * YEAR).tm_year
            server.wait_for_log(f"{year}-.*SIGHUP")

    def test_move_no_idle_timeout(self):
        with self.jumping("-l", "echo=tcp://127.0.0.1:0,idle=2500ms") as server:
            with served_meanwhile(self, server.endpoint):
                watch = server.stopwatch()
                with daemon.connect(server.endpoint) as silent:
                    self.assertTrue(daemon.was_closed(silent))
                took = time.monotonic() - watch.started
                self.assertLess(watch.seconds(), 2.5 + hostile.ANSWER_WITHIN)
            self.assertGreater(took, 2.45)
            self.assertTrue(server.comes_to_rest(0.2))

    def test_move_no_rate(self):
        with self.jumping("-l", "chat=tcp://127.0.0.1:0,rate=10/1,burst=5", "-l",
                          "broadcast=udp://127.0.0.1:0,answers=5,answers-per-source=5,message=hi") \
                as server:
            chat, broadcast = (endpoint for _, endpoint in server.listening)
            with Company(chat, "ann", "bob") as (ann, bob), daemon.connect(broadcast) as asker:
                watch = server.stopwatch()
                ann.say(*[f"line {number}" for number in range(20)])
                for _ in range(100):
                    asker.send(b"who?")
                bob.lines_until("<ann> line 19")
                self.assertLess(watch.seconds(), 1.5 + hostile.ANSWER_WITHIN)
                took = time.monotonic() - watch.started
                # 20 lines of which at most 5 go at once, and ten a second.
                self.assertGreater(took, 1.3)
                answers = 0
                asker.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    while asker.recv(100):
                        answers += 1
                self.assertLessEqual(answers, 5 + 5 * (took + 1))
                self.assertGreater(answers, 0)

    def test_move_no_deadline_of_a_drain(self):
        with self.jumping("-l", "chargen=tcp://127.0.0.1:0", "--drain-timeout", "700ms") as server:
            with hostile.crowd(server.endpoint, 3, receive_buffer=hostile.SMALL_BUFFER):
                self.assertTrue(daemon.wait_until(
                    lambda: server.counters()["connections_open"] == 3))
                started = time.monotonic()
                self.assertEqual(server.stop(), 0)  # not after years
                self.assertGreater(time.monotonic() - started, 0.65)


class Stopped(unittest.TestCase):
    """SIGSTOP, as by a debugger or a laptop's lid, and SIGCONT."""

    def test_what_came_meanwhile_is_answered_by_everybody(self):
        with watched(self, "-l", "echo=tcp://127.0.0.1:0", "-l", "echo=udp://127.0.0.1:0", "-l",
                     "chat=tcp://127.0.0.1:0") as server:
            tcp, udp, chat = (endpoint for _, endpoint in server.listening)
            data = os.urandom(200_000)
            with Company(chat, "ann", "bob") as (ann, bob), contextlib.ExitStack() as stack:
                clients = [stack.enter_context(daemon.connect(tcp)) for _ in range(20)]
                for client in clients:
                    self.assertEqual(daemon.exchange(client, b"before"), b"before")
                before = server.resident()
                server.signal(signal.SIGSTOP)
                newcomers = [stack.enter_context(daemon.connect(tcp)) for _ in range(100)]
                asker = stack.enter_context(daemon.connect(udp))
                asker.send(b"asked")
                ann.say("said")
                for client in clients + newcomers:
                    client.sendall(data)
                gone = [daemon.connect(tcp) for _ in range(100)]
                for client in gone[:50]:
                    hostile.reset(client)
                for client in gone[50:]:
                    client.close()
                time.sleep(STOPPED)
                watch = server.stopwatch()
                server.signal(signal.SIGCONT)
                self.assertEqual(asker.recv(100), b"asked")
                self.assertEqual(bob.lines_until("<ann> said")[-1], "<ann> said")
                self.assertLess(watch.seconds(), hostile.ANSWER_WITHIN)
                for client in clients + newcomers:
                    self.assertEqual(daemon.receive_exactly(client, len(data)), data)
                with served_meanwhile(self, tcp, how="comes"):
                    time.sleep(0.2)
                self.assertLess(server.resident() - before, 64 * hostile.MIB)
                self.assertTrue(server.comes_to_rest())

    def test_who_spoke_meanwhile_was_not_idle(self):
        with watched(self, "-l", "echo=tcp://127.0.0.1:0,idle=2s") as server:
            with daemon.connect(server.endpoint) as speaking, \
                    daemon.connect(server.endpoint) as silent:
                for client in (speaking, silent):
                    daemon.exchange(client, b"before")
                server.signal(signal.SIGSTOP)
                time.sleep(0.5)
                speaking.sendall(b"meanwhile")
                time.sleep(long_or(STOPPED, 1.7))
                server.signal(signal.SIGCONT)
                self.assertEqual(daemon.receive_exactly(speaking, 9), b"meanwhile")
                self.assertTrue(daemon.was_closed(silent))


if __name__ == "__main__":
    hostile.main()
