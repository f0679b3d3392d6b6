#!/usr/bin/env python3
"""Many members of a chat, and members who do not read: their cost to the others and the daemon."""
import contextlib
import re
import resource
import socket
import time
import unittest

import daemon
from chat import Company, Member, seconds_of
from daemon import Daemon, PATIENCE, address_of, wait_until

MEGABYTE = 1024 * 1024
LINE = "x" * 1000


def chat(keys):
    return Daemon("-l", f"chat=tcp://127.0.0.1:0,rate=off{keys}", counted=True)


def memory(sluiced, name):
    with open(f"/proc/{sluiced.process.pid}/status", encoding="ascii") as status:
        return int(re.search(rf"{name}:\s+(\d+) kB", status.read()).group(1)) * 1024


def resident(sluiced):
    """Bytes; 0 under a sanitizer, which keeps what is freed and has terabytes of address space."""
    return 0 if memory(sluiced, "VmSize") > 2**40 else memory(sluiced, "VmRSS")


def newcomer(endpoint, receive_buffer=None):
    client = socket.socket()
    client.settimeout(PATIENCE)
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(address_of(endpoint)[2])
    return client


class WhoNeverReads(unittest.TestCase):
    def flood(self, ann, bob, until, limit=64):
        """ann says megabytes, each of which bob hears whole, until something is so."""
        for megabyte in range(limit):
            ann.say(*[f"{megabyte} {number} {LINE}" for number in range(1000)])
            others = []
            for number in range(1000):
                while not (line := bob.line()).startswith("<ann> "):
                    others.append(line)
                self.assertEqual(line, f"<ann> {megabyte} {number} {LINE}")
            self.said += 1000
            if until(others):
                return others
        self.fail(f"not after {limit} megabytes")

    def setUp(self):
        self.said = 0

    def test_is_closed_at_send_queue_and_the_others_lose_nothing(self):
        with chat(",send-queue=1048576") as sluiced:
            with Company(sluiced.endpoint, "ann", "bob") as (ann, bob), \
                    newcomer(sluiced.endpoint, 4096) as dead:
                self.assertEqual(bob.line(), "* guest1 joined")
                before = resident(sluiced)
                told = self.flood(ann, bob, lambda others: others)
                self.assertEqual(told, ["* guest1 left (too slow)"])
                self.assertLess(resident(sluiced) - before, 8 * MEGABYTE)
                # Nobody waits for a member that has left.
                took = seconds_of(lambda: self.flood(ann, bob, lambda _: self.said > 10_000))
                self.assertLess(took, 40)
                with contextlib.suppress(ConnectionResetError):
                    while dead.recv(65536):
                        pass
            self.assertEqual(sluiced.counters()["closed_queue_limit"], 1)

    def test_is_told_what_was_dropped_where_that_is_the_rule(self):
        with chat(",send-queue=262144,slow=drop") as sluiced:
            with Company(sluiced.endpoint, "ann", "bob") as (ann, bob), \
                    newcomer(sluiced.endpoint, 4096) as slow:
                self.assertEqual(bob.line(), "* guest1 joined")
                before = resident(sluiced)
                self.flood(ann, bob, lambda _: self.said == 12_000)
                self.assertLess(resident(sluiced) - before, 8 * MEGABYTE)
                heard = b""
                told = None
                while told is None:  # once it reads, it hears how much it has missed
                    piece = slow.recv(65536)
                    self.assertTrue(piece, "it was closed")
                    heard += piece
                    told = re.search(rb"^\* (\d+) bytes were dropped: you read too slowly$", heard,
                                     re.MULTILINE)
                ann.say("after")
                while b"\n<ann> after\n" not in heard:
                    piece = slow.recv(65536)
                    self.assertTrue(piece, "it was closed")
                    heard += piece
                # The lines that it received and those reported as missed are all lines.
                lines = sum(line.startswith(b"<ann> ") for line in heard.splitlines()) - 1
                self.assertLess(lines, 12_000)
                sizes = [len(f"<ann> {m} {n} {LINE}\n") for m in range(12) for n in range(1000)]
                got = sum(len(line) + 1 for line in heard.splitlines()
                          if line.startswith(b"<ann> ") and line != b"<ann> after")
                self.assertEqual(got + int(told.group(1)), sum(sizes))

    def test_costs_no_memory_by_asking(self):
        with chat("") as sluiced, newcomer(sluiced.endpoint, 4096) as greedy:
            before = resident(sluiced)
            greedy.setblocking(False)
            sent = 0
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline and sent < 32 * MEGABYTE:
                with contextlib.suppress(BlockingIOError):
                    sent += greedy.send(b"/help\n" * 10_000)
            self.assertLess(resident(sluiced) - before, 8 * MEGABYTE)
            with Member(sluiced.endpoint) as ann:  # and nobody else's time
                self.assertEqual(ann.welcome[-1], "* here: guest1")


class Many(unittest.TestCase):
    def test_a_hundred_who_leave_at_once_are_each_told_of(self):
        with chat("") as sluiced, Company(sluiced.endpoint, "ann") as (ann,):
            crowd = [Member(sluiced.endpoint) for _ in range(100)]
            for member in crowd:
                member.socket.close()
            left = set()
            while len(left) < 100:
                line = ann.line()
                if " left" in line:
                    left.add(line.split()[1])
            self.assertEqual(left, {f"guest{number}" for number in range(1, 101)})
            self.assertEqual(ann.ask("/who"), "* 1 member in lobby: ann")

    def test_a_thousand_come_and_hear_one_line(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 1200:
            self.skipTest(f"only {hard} descriptors are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
        with chat("") as sluiced, contextlib.ExitStack() as stack:
            crowd = []

            def come():
                for _ in range(1000):
                    crowd.append(stack.enter_context(newcomer(sluiced.endpoint)))
                crowd[0].sendall(b"/who\n")
                heard = b""
                while b"* 1000 members in lobby: " not in heard:
                    heard += crowd[0].recv(65536)
                    if b" members in lobby: " in heard and b"* 1000 members" not in heard:
                        heard = b""  # some were on their way still
                        crowd[0].sendall(b"/who\n")
            self.assertLess(seconds_of(come), 60)

            crowd[0].sendall(b"hello, all\n")
            # Each has heard of those who came after it, too.
            pending = {client: b"" for client in crowd[1:]}
            deadline = time.monotonic() + 3 * PATIENCE
            while pending and time.monotonic() < deadline:
                for client in list(pending):
                    pending[client] += client.recv(262144)
                    if pending[client].endswith(b"> hello, all\n"):
                        del pending[client]
            self.assertEqual(len(pending), 0)
            self.assertLess(resident(sluiced), 100 * MEGABYTE)


class Fast(unittest.TestCase):
    def test_two_who_talk_at_once_are_heard_in_one_order(self):
        with chat("") as sluiced:
            names = ("ann", "bob", "cleo", "dora")
            with Company(sluiced.endpoint, *names) as (ann, bob, cleo, dora):
                for number in range(300):
                    ann.say(f"a{number}", f"a{number}'")
                    bob.say(f"b{number}", f"b{number}'")
                heard = cleo.lines(1200)
                self.assertEqual(dora.lines(1200), heard)
                for nick in "ab":
                    said = [f"{nick}{number}{end}" for number in range(300) for end in ("", "'")]
                    self.assertEqual([line.split("> ")[1] for line in heard
                                      if line.startswith(f"<{nick}")], said)

    def test_nobody_costs_anything_while_nobody_talks(self):
        with chat("") as sluiced, Company(sluiced.endpoint, "ann", "bob"):
            self.assertTrue(wait_until(lambda: sluiced.cpu_seconds() >= 0))
            before = sluiced.cpu_seconds()
            time.sleep(1)
            self.assertLessEqual(sluiced.cpu_seconds() - before, 0.02)


if __name__ == "__main__":
    daemon.main()
