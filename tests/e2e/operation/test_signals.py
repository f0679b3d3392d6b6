#!/usr/bin/env python3
"""SIGTERM and SIGINT drain, a second one ends at once, SIGUSR1 opens the log again."""
import contextlib
import fcntl
import os
import signal
import socket
import struct
import tempfile
import termios
import threading
import time
import unittest

import daemon
from daemon import Daemon, connect, exchange, receive_all, receive_exactly

ECHO = ("-l", "echo=tcp://127.0.0.1:0")


def refused(endpoint):
    try:
        connect(endpoint).close()
    except (ConnectionRefusedError, FileNotFoundError):
        return True
    return False


def half_sent(sluiced, count=400_000):
    """A client that has sent `count` bytes and read none of what came back; and the bytes."""
    client = connect(sluiced.endpoint)
    data = os.urandom(count)
    client.sendall(data)
    client.recv(1, socket.MSG_PEEK)  # it is served
    return client, data


def unsent(client):
    """How many bytes have not yet arrived at the daemon's side."""
    return struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, bytes(4)))[0]


def stalled(sluiced):
    """A client of a counted daemon that sends until this reads no more, and never reads."""
    client = connect(sluiced.endpoint)
    client.setblocking(False)
    while sluiced.counters()["paused"] == 0:
        with contextlib.suppress(BlockingIOError):
            while client.send(bytes(1_000_000)):
                pass
        time.sleep(0.01)
    return client


class Drain(unittest.TestCase):
    def test_each_signal_ends_an_idle_daemon_with_status_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Daemon(*ECHO, "-l", "echo=udp://127.0.0.1:0") as sluiced:
                sluiced.signal(number)
                self.assertEqual(sluiced.wait(), 0)
                self.assertIn(f" info {number.name}: draining 0 connections", sluiced.log())

    def test_nothing_that_is_in_flight_is_lost(self):
        with tempfile.TemporaryDirectory() as directory:
            for endpoint in ("tcp://127.0.0.1:0", f"unix://{directory}/s"):
                with Daemon("-l", f"echo={endpoint}") as sluiced:
                    client, data = half_sent(sluiced, 200_000)
                    with client:
                        self.assertTrue(daemon.wait_until(lambda: unsent(client) == 0))
                        sluiced.signal(signal.SIGTERM)
                        sluiced.wait_for_log("draining 1 connection for")
                        self.assertTrue(receive_all(client) == data, "something is lost")
                    self.assertEqual(sluiced.wait(), 0)
                    self.assertIn("every connection finished", sluiced.log())

    def test_newcomers_are_refused_at_once(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/s"
            with Daemon("-l", f"echo=tcp://127.0.0.1:{daemon.free_port()}", "-l",
                        f"echo=unix://{path}") as sluiced:
                client, _ = half_sent(sluiced)
                with client:
                    sluiced.signal(signal.SIGTERM)
                    sluiced.wait_for_log("draining")
                    for _, endpoint in sluiced.listening:
                        self.assertTrue(daemon.wait_until(lambda e=endpoint: refused(e)))
                    self.assertFalse(os.path.exists(path))

    def test_idle_connections_end_politely(self):
        with Daemon(*ECHO) as sluiced:
            clients = [connect(sluiced.endpoint) for _ in range(50)]
            for client in clients:
                exchange(client, b"hello")
            sluiced.signal(signal.SIGTERM)
            for client in clients:
                self.assertEqual(receive_all(client), b"")
                client.close()
            self.assertEqual(sluiced.wait(), 0)

    def test_after_the_drain_timeout_what_is_left_is_cut_and_counted(self):
        with Daemon(*ECHO, "--drain-timeout", "300ms", counted=True) as sluiced, stalled(sluiced):
            started = time.monotonic()
            sluiced.signal(signal.SIGTERM)
            self.assertEqual(sluiced.wait(), 0)
            self.assertGreater(time.monotonic() - started, 0.29)
            self.assertRegex(sluiced.log(),
                             r" warning stopped: aborted 1 connection, which lost [1-9]\d* bytes")

    def test_what_had_arrived_is_answered_when_its_sender_reads_later(self):
        with Daemon(*ECHO, "--drain-timeout", "1m") as sluiced, \
                connect(sluiced.endpoint) as client:
            sent = b""
            client.setblocking(False)
            # Until neither side reads, and the daemon's receive queue is full.
            def stuff():
                nonlocal sent
                before = len(sent)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        part = bytes(range(256)) * 256
                        sent += part[:client.send(part)]
                return len(sent) == before
            while not stuff():
                time.sleep(0.3)
            client.settimeout(20)
            queued = unsent(client)
            sluiced.signal(signal.SIGTERM)
            sluiced.wait_for_log("draining 1 connection")
            time.sleep(0.3)
            received = receive_all(client)
            self.assertGreaterEqual(len(received), len(sent) - queued)
            self.assertTrue(sent.startswith(received), "something is lost")
            client.close()
            self.assertEqual(sluiced.wait(), 0)
            self.assertIn("every connection finished", sluiced.log())

    def test_the_members_of_a_chat_read_that_it_closes(self):
        with Daemon("-l", "chat=tcp://127.0.0.1:0,greeting=") as sluiced, \
                connect(sluiced.endpoint) as member:
            self.assertIn(b"you are guest1", member.recv(4096))
            sluiced.signal(signal.SIGTERM)
            self.assertIn(b"* the chat is closing\n", receive_all(member))
            member.close()
            self.assertEqual(sluiced.wait(), 0)

    def test_a_drain_timeout_of_0_cuts_at_once(self):
        with Daemon(*ECHO, "--drain-timeout", "0", counted=True) as sluiced, stalled(sluiced):
            sluiced.signal(signal.SIGTERM)
            self.assertEqual(sluiced.wait(), 0)
            self.assertIn("draining 1 connection for at most 0 ms", sluiced.log())
            self.assertIn(" warning stopped: aborted 1 connection", sluiced.log())

    def test_a_second_signal_ends_at_once(self):
        for second in (signal.SIGTERM, signal.SIGINT):
            with Daemon(*ECHO, "--drain-timeout", "1h", counted=True) as sluiced, stalled(sluiced):
                sluiced.signal(signal.SIGTERM)
                sluiced.wait_for_log("draining")
                time.sleep(0.2)
                self.assertIsNone(sluiced.process.poll())
                sluiced.signal(second)
                self.assertEqual(sluiced.wait(), 0)  # and not after an hour
                self.assertIn(f" warning {second.name} again", sluiced.log())
                self.assertIn(" warning stopped: aborted 1 connection", sluiced.log())

    def test_a_client_that_goes_on_sending_gets_a_prefix_and_a_polite_end(self):
        with Daemon(*ECHO) as sluiced, connect(sluiced.endpoint) as client:
            received = []
            reader = threading.Thread(target=lambda: received.append(receive_all(client)))
            block = os.urandom(50_000)
            self.assertEqual(exchange(client, block), block)
            reader.start()
            sluiced.signal(signal.SIGTERM)
            for _ in range(200):  # what comes too late is read and dropped: no reset
                client.sendall(block)
            client.shutdown(socket.SHUT_WR)
            reader.join(daemon.PATIENCE)
            self.assertEqual(sluiced.wait(), 0)
            self.assertTrue(received, "the connection was reset")
            self.assertTrue((block * 200).startswith(received[0]))

    def test_signals_that_the_parent_blocked_get_through(self):
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})

        def ignore():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

        for prepare in (block, ignore):
            with Daemon(*ECHO, prepare=prepare) as sluiced:
                sluiced.signal(signal.SIGINT)
                self.assertEqual(sluiced.wait(), 0)


class Others(unittest.TestCase):
    def test_sighup_is_no_reason_to_stop(self):
        with Daemon(*ECHO) as sluiced, connect(sluiced.endpoint) as client:
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log(" info SIGHUP: ")
            client.sendall(b"still here")
            self.assertEqual(receive_exactly(client, 10), b"still here")


if __name__ == "__main__":
    daemon.main()
