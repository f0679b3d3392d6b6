#!/usr/bin/env python3
"""Peers whose bytes are cheap to send and dear to handle: many tiny messages in each read.

Each flood keeps a server as busy as it can, and an echo on another port is to be answered in
between, message by message. The bound is generous, because the machine may be loaded; without a
budget of each turn the answers took a second and more.
"""
import contextlib
import os
import selectors
import socket
import subprocess
import sys
import time
import unittest

import hostile
import daemon
from hostile import KIB, MIB, Server, newcomer

ECHO = ("-l", "echo=tcp://127.0.0.1:0")
PEERS = 200
EXCHANGES = hostile.long_or(2000, 100)
P99_WITHIN = 0.25 * daemon.SLOWNESS  # seconds; 20 ms on a machine with nothing else to do


def flood(endpoint, count, data):
    """Sends `data` again and again on so many connections, as fast as they take it."""
    if endpoint.startswith("udp:"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(daemon.address_of(endpoint)[2])
            print("begun", flush=True)
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    client.send(data)
    selector = selectors.DefaultSelector()
    for _ in range(count):
        selector.register(newcomer(endpoint),
                          selectors.EVENT_WRITE | selectors.EVENT_READ)
    print("begun", flush=True)
    while True:
        for key, events in selector.select():
            if events & selectors.EVENT_READ:
                with contextlib.suppress(BlockingIOError):
                    key.fileobj.recv(256 * KIB)
            if events & selectors.EVENT_WRITE:
                with contextlib.suppress(BlockingIOError):
                    key.fileobj.send(data)


@contextlib.contextmanager
def flooded(endpoint, count, sample, size):
    command = [sys.executable, "-B", os.path.abspath(__file__), "flood", endpoint, str(count),
               sample.hex(), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE,
                          preexec_fn=daemon.die_with_the_test) as process:
        try:
            assert process.stdout.readline() == b"begun\n"
            time.sleep(0.2 * daemon.SLOWNESS)  # until the buffers are full
            yield process
            assert process.poll() is None, "the flood has ended"
        finally:
            process.kill()


def percentile_99(server):
    """Of the seconds that an exchange takes."""
    times = []
    with daemon.connect(server.endpoints("echo")[-1]) as client:
        for number in range(EXCHANGES):
            watch = server.stopwatch()
            assert daemon.exchange(client, b"honest %d" % number)
            times.append(watch.seconds())
            time.sleep(0.002)
    return sorted(times)[len(times) * 99 // 100 - 1]


def slowest_loop(server):
    """Gives the thread of the second loop the least of the processor."""
    os.setpriority(os.PRIO_PROCESS, server.threads()[-1], 19)


class Turns(unittest.TestCase):
    def expect_served(self, service, sample, *more, size=64 * KIB, peers=PEERS, at=None):
        hostile.allow_descriptors(self, 2 * PEERS)
        # Not watched: it goes on with what had arrived when the flood ends.
        with Server("-l", service, *ECHO, *more) as server:
            before = server.resident()
            where = at or [one for _, one in server.listening if "udp" in one or
                           one not in server.endpoints("echo")][0]
            with flooded(where, peers, sample, size):
                took = percentile_99(server)
                grown = server.resident() - before
            self.assertLess(took, P99_WITHIN)
            self.assertLess(grown, 128 * MIB)

    def test_of_frames_without_bytes(self):
        self.expect_served("framed=tcp://127.0.0.1:0,framing=u32be", b"\0")

    def test_of_frames_in_all_loops_of_a_pool(self):
        self.expect_served("framed=tcp://127.0.0.1:0,framing=u32be", b"\0", "--workers", "2")

    def test_of_newcomers_and_frames_with_a_loop_that_is_kept_from_the_processor(self):
        hostile.allow_descriptors(self, 2 * PEERS)
        with Server("-l", "framed=tcp://127.0.0.1:0,framing=u32be", *ECHO,
                    "--workers", "2") as server:
            with flooded(server.endpoints("framed")[-1], 50, b"\0", 64 * KIB):
                slowest_loop(server)
                for number in range(hostile.long_or(1000, 100)):
                    with daemon.connect(server.endpoints("echo")[-1]) as client:
                        self.assertTrue(daemon.exchange(client, b"newcomer %d" % number))

    def test_of_frames_of_one_byte_that_are_not_answered(self):
        self.expect_served("framed=tcp://127.0.0.1:0,framing=u8,reply=none", b"\0")

    def test_of_lines_in_a_chat(self):
        self.expect_served("chat=tcp://127.0.0.1:0,rate=off", b"x\n", peers=50)

    def test_of_bytes_that_are_dropped(self):
        self.expect_served("discard=tcp://127.0.0.1:0", b"x")

    def test_of_datagrams_full_of_frames_without_bytes(self):
        self.expect_served("framed=udp://127.0.0.1:0,framing=u8,reply=none", b"\0", size=65507,
                           peers=1)

    def test_of_texts_to_broadcast(self):
        path = f"/tmp/sluice-control-{os.getpid()}"
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        self.expect_served(f"broadcast=udp://127.0.0.1:0,message=hi,control={path}", b"x\n",
                           peers=10, at=f"unix://{path}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        flood(sys.argv[2], int(sys.argv[3]), bytes.fromhex(sys.argv[4]) * int(sys.argv[5]))
    hostile.main()
