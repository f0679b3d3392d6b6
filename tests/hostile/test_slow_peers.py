#!/usr/bin/env python3
"""Peers that write or read a byte a second, by the thousand, and peers that never read at all."""
import contextlib
import tempfile
import time
import unittest

import hostile
import daemon
from chat import Company
from hostile import KIB, MIB, crowd, long_or, newcomer, push, served_meanwhile, watched

ECHO = ("-l", "echo=tcp://127.0.0.1:0")
SECONDS = long_or(30, 2)
THOUSAND = 1000


def byte_a_second(clients, byte, seconds):
    """Each writes one byte, spread over each second; who was closed is an error."""
    for _ in range(seconds):
        started = time.monotonic()
        for number, client in enumerate(clients):
            client.send(byte)
            time.sleep(max(0.0, started + number / len(clients) - time.monotonic()))


class SlowWriters(unittest.TestCase):
    def test_a_thousand_cost_little_and_hold_up_nobody(self):
        hostile.allow_descriptors(self, 2 * THOUSAND)
        third = THOUSAND // 3 + 1
        with watched(self, *ECHO, "-l", "framed=tcp://127.0.0.1:0,framing=netstring",
                     "-l", "chat=tcp://127.0.0.1:0,rate=off") as server, \
                contextlib.ExitStack() as stack:
            echo, framed, chat = (endpoint for _, endpoint in server.listening)
            before = server.resident()
            clients = []
            for endpoint, begin in ((echo, b"x"), (framed, b"60000:"), (chat, b"never")):
                part = stack.enter_context(crowd(endpoint, third))
                for client in part:
                    client.send(begin)
                clients += part
            with served_meanwhile(self, echo), served_meanwhile(self, echo, how="comes"):
                cpu, started = server.cpu_seconds(), time.monotonic()
                byte_a_second(clients, b"x", SECONDS)
                share = (server.cpu_seconds() - cpu) / (time.monotonic() - started)
            if hostile.SANITIZED:
                return
            # The honest ones make some 150 exchanges a second of it.
            self.assertLess(share, 0.25)
            self.assertLess(server.resident() - before, THOUSAND * 4 * KIB)


class Tricklers(unittest.TestCase):
    """A byte each 0.5 s keeps away every longer idle timeout."""

    def test_do_not_stay_for_ever(self):
        limits = "message-timeout=2s"
        with tempfile.TemporaryDirectory() as directory, watched(
                self, *ECHO, "-l", f"framed=tcp://127.0.0.1:0,idle=1m,{limits}",
                # Shorter than the timeout of messages, which is then kept in another way.
                "-l", "framed=tcp://127.0.0.1:0,framing=u32be,strict=off,idle=4s,"
                "message-timeout=5s",
                "-l", f"chat=tcp://127.0.0.1:0,idle=1m,{limits}",
                "-l", f"broadcast=udp://127.0.0.1:0,control={directory}/c,{limits}") as server, \
                contextlib.ExitStack() as stack:
            echo, framed, skipping, chat, _ = (endpoint for _, endpoint in server.listening)
            # Before the others come, who would be silent until the honest client has started.
            stack.enter_context(served_meanwhile(self, echo))
            clients = []
            for endpoint, begin in ((framed, b"255"), (skipping, b"\0\x0f\0\0"),
                                    (chat, b"never"), (f"unix://{directory}/c", b"never")):
                part = stack.enter_context(crowd(endpoint, 10))
                for client in part:
                    client.send(begin)
                clients += part
            deadline = time.monotonic() + 30 * daemon.SLOWNESS
            while (counters := server.counters())["closed_message_timeout"] < len(clients):
                self.assertLess(time.monotonic(), deadline, counters)
                for client in clients:
                    with contextlib.suppress(OSError):
                        client.send(b"x")
                time.sleep(0.5)

    def test_that_never_say_anything_do_not_stay_either(self):
        with watched(self, *ECHO, "-l", "chat=tcp://127.0.0.1:0,first-message-timeout=1s") \
                as server:
            echo, chat = (endpoint for _, endpoint in server.listening)
            talker = newcomer(chat)
            talker.send(b"hello\n")
            with talker, served_meanwhile(self, echo), crowd(chat, 20) as silent:
                self.assertTrue(daemon.wait_until(
                    lambda: server.counters()["closed_message_timeout"] >= len(silent), 10))
                talker.setblocking(False)
                talker.send(b"still here\n")
                self.assertEqual(server.counters()["closed_message_timeout"], len(silent))


class SlowReaders(unittest.TestCase):
    def test_a_thousand_hold_what_the_mark_allows_and_no_more(self):
        hostile.allow_descriptors(self, 2 * THOUSAND)
        # A quarter of a gigabyte was held; most of it goes back at once, or within a minute.
        with watched(self, *ECHO, "-l", "chargen=tcp://127.0.0.1:0",
                     keeps=THOUSAND * 64 * KIB) as server:
            echo, chargen = (endpoint for _, endpoint in server.listening)
            before = server.resident()
            half = THOUSAND // 2
            # To fill the kernel's buffers of all is a gigabyte to copy, in which others take turns.
            within = 3 * hostile.ANSWER_WITHIN
            with served_meanwhile(self, echo, within=within), \
                    served_meanwhile(self, echo, how="comes", within=within), \
                    crowd(chargen, half, receive_buffer=hostile.SMALL_BUFFER) as readers, \
                    crowd(echo, half, receive_buffer=hostile.SMALL_BUFFER,
                          send_buffer=hostile.SMALL_BUFFER) as askers:
                for second in range(SECONDS):
                    started = time.monotonic()
                    for asker in askers:
                        with contextlib.suppress(BlockingIOError):
                            asker.send(bytes(65536))
                    for client in readers + askers:
                        with contextlib.suppress(BlockingIOError):
                            self.assertNotEqual(client.recv(1), b"", f"closed, second {second}")
                    time.sleep(max(0.0, started + 1 - time.monotonic()))
                # 256 KiB for what waits to be read, and what one read of as much may add to it.
                # What chargen sends is the same block for all.
                grown = server.resident() - before
                self.assertLess(grown, half * (256 + 256) * KIB + half * 16 * KIB)
                if hostile.LONG:
                    self.expect_the_end_of(readers, server)

    def expect_the_end_of(self, readers, server):
        # A byte a second opens no window: to the server these took nothing for a minute.
        self.assertTrue(daemon.wait_until(
            lambda: server.counters()["closed_write_timeout"] >= len(readers), 70))


class NeverReads(unittest.TestCase):
    def test_who_sends_and_never_reads_is_soon_not_read_and_costs_no_time(self):
        peers = long_or(256, 48)
        hostile.allow_descriptors(self, 2 * peers)
        with watched(self, *ECHO, "-l", "upper=tcp://127.0.0.1:0", "-l",
                     "framed=tcp://127.0.0.1:0,framing=line",
                     keeps=8 * MIB + peers * 512 * KIB) as server, \
                contextlib.ExitStack() as stack:
            before = server.resident()
            clients = []
            for _, endpoint in server.listening:
                clients += stack.enter_context(
                    crowd(endpoint, peers // 3, receive_buffer=hostile.SMALL_BUFFER,
                          send_buffer=64 * KIB))
            line = (b"x" * 1023 + b"\n") * 256
            with served_meanwhile(self, server.endpoint):
                # What it takes is what the kernel holds, 10 MB of each at most, and the queue.
                self.assertLess(max(push(clients, line)), 32 * MIB)
            self.assertLess(server.resident() - before, peers * 512 * KIB)
            self.assertTrue(server.comes_to_rest(0.5))

    def test_a_member_of_a_chat_that_never_reads_costs_its_queue_whatever_is_said(self):
        said_bytes = long_or(1024, 64) * MIB
        with watched(self, *ECHO, "-l",
                     "chat=tcp://127.0.0.1:0,rate=off,slow=drop,send-queue=262144") as server:
            echo, chat = (endpoint for _, endpoint in server.listening)
            with Company(chat, "ann", "bob") as (ann, bob), \
                    contextlib.closing(newcomer(chat, hostile.SMALL_BUFFER)):
                self.assertEqual(bob.line(), "* guest1 joined")
                block = (b"x" * 1000 + b"\n") * 1000
                heard_of_block = len(block) + 1000 * len("<ann> ")
                before, most = server.resident(), 0
                with served_meanwhile(self, echo):
                    for _ in range(said_bytes // len(block)):
                        ann.send(block)
                        heard = daemon.receive_exactly(bob.socket, heard_of_block)
                        self.assertEqual(heard.count(b"<ann> xxx"), 1000)
                        most = max(most, server.resident())
                self.assertLess(most - before, 8 * MIB)
                self.assertGreater(server.counters()["dropped_bytes"], said_bytes // 2)


if __name__ == "__main__":
    hostile.main()
