#!/usr/bin/env python3
"""A reset in every state that a connection can be in, over TCP and Unix sockets."""
import contextlib
import signal
import socket
import tempfile
import time
import unittest

import hostile
import daemon
from hostile import KIB, MIB, newcomer, reset, served_meanwhile, watched

TIMES = 20
SERVICES = ("echo", "upper", "discard", "chargen", "daytime", "time", "framed", "chat",
            "greet")


def just_connected(_):
    time.sleep(0.001)


def said_something(client):
    client.send(b"005hello")
    time.sleep(0.001)


def in_a_frame(client):
    client.send(b"255only so much")
    time.sleep(0.001)


def ended(client):
    client.send(b"005hello")
    client.shutdown(socket.SHUT_WR)
    time.sleep(0.001)


def told_of_the_end(client):
    """A peer that has heard the server's end, where there is one, and does not end itself."""
    client.settimeout(0.02)
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        for _ in range(20):  # chargen never ends
            if not client.recv(65536):
                break


def stuffed(client):
    """The server's queue is full and the server reads no more."""
    with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
        for _ in range(64):
            client.send(b"000" * 64 * KIB)
    time.sleep(0.01)


def stuffed_and_ended(client):
    stuffed(client)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)


def read_some(client):
    client.settimeout(0.02)
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        client.recv(100)


STATES = (just_connected, said_something, in_a_frame, ended, told_of_the_end, stuffed,
          stuffed_and_ended, read_some)


class Resets(unittest.TestCase):
    @contextlib.contextmanager
    def all_services(self, runs=watched):
        with tempfile.TemporaryDirectory() as directory:
            arguments = []
            for name in SERVICES:
                keys = ",text=hello" if name == "greet" else ""
                for endpoint in ("tcp://127.0.0.1:0", f"unix://{directory}/{name}"):
                    arguments += ["-l", f"{name}={endpoint}{keys}"]
            with runs(self, *arguments) as server:
                yield server

    def test_in_each_state_of_each_service_concern_nobody_else(self):
        with self.all_services() as server:
            before = server.resident()
            with served_meanwhile(self, server.endpoint), \
                    served_meanwhile(self, server.endpoint, how="comes"):
                made = 0
                for _, endpoint in server.listening:
                    for state in STATES:
                        clients = [newcomer(endpoint, hostile.SMALL_BUFFER) for _ in range(3)]
                        for client in clients:
                            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                                state(client)
                            reset(client)
                        made += len(clients)
            self.assertEqual(made, 3 * len(STATES) * 2 * len(SERVICES))
            self.assertTrue(daemon.wait_until(
                lambda: server.counters()["connections_open"] == 0))
            self.assertLess(server.resident() - before, 4 * MIB)
            counters = server.counters()
            ends = sum(count for key, count in counters.items() if key.startswith("closed_"))
            self.assertEqual(ends, counters["accepted"])
            self.assertGreater(counters["closed_peer_reset"], 0)
            self.assertEqual(counters["closed_system_error"], 0)
            # A peer that goes is no failure of ours, and the log has better to do.
            self.assertNotRegex(server.log(), " error |a handler threw|socket error")

    def test_before_they_are_accepted(self):
        with self.all_services() as server:
            server.signal(signal.SIGSTOP)
            waiting = daemon.connect(server.endpoint)
            waiting.sendall(b"hello")
            for _, endpoint in server.listening:
                for state in (just_connected, said_something, ended):
                    client = newcomer(endpoint)
                    state(client)
                    reset(client)
            server.signal(signal.SIGCONT)
            with waiting:
                self.assertEqual(daemon.receive_exactly(waiting, 5), b"hello")

    def test_while_it_drains_hold_up_nobody(self):
        with self.all_services(lambda _, *arguments: hostile.Server(*arguments)) as server:
            clients = []
            for _, endpoint in server.listening:
                for state in STATES:
                    client = newcomer(endpoint, hostile.SMALL_BUFFER)
                    clients.append(client)
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                        state(client)
            data = bytes(200_000)
            with daemon.connect(server.endpoint) as honest:
                read_before = server.counters()["bytes_in"]
                honest.sendall(data)
                # What is still on its way when the drain begins is owed to nobody.
                self.assertTrue(daemon.wait_until(
                    lambda: server.counters()["bytes_in"] >= read_before + len(data)))
                server.signal(signal.SIGTERM)
                server.wait_for_log("draining")
                for client in clients:
                    reset(client)
                self.assertEqual(daemon.receive_all(honest), data)
            self.assertEqual(server.wait(), 0)
            self.assertIn("every connection finished", server.log())

    def test_of_a_member_in_the_middle_of_its_throttled_lines(self):
        # It is not read, and not idle either, so that a reset is seen when it is written to, or when
        # the rate allows its last line.
        with watched(self, "-l", "chat=tcp://127.0.0.1:0,rate=2/1,burst=1,idle=1s", "-l",
                     "echo=tcp://127.0.0.1:0") as server:
            chat, echo = (endpoint for _, endpoint in server.listening)
            with served_meanwhile(self, echo):
                for _ in range(TIMES):
                    client = newcomer(chat)
                    client.send(b"one\ntwo\nthree\n")
                    time.sleep(0.002)
                    reset(client)


if __name__ == "__main__":
    hostile.main()
