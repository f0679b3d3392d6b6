#!/usr/bin/env python3
"""Peers that open and say nothing, or end and never go, for as long as they are let."""
import contextlib
import socket
import unittest

import hostile
import daemon
from hostile import KIB, MIB, crowd, long_or, push, served_meanwhile, watched

PEERS = long_or(1000, 300)
IDLE = "idle=500ms"


class ForEver(unittest.TestCase):
    def expect_gone(self, server, before, reasons):
        """All but the honest client are gone, each for one of these reasons."""
        def gone():  # not the descriptors: of those that wait to be accepted it has none either
            counters = server.counters()
            return sum(counters[f"closed_{reason}"] for reason in reasons)

        daemon.wait_until(lambda: gone() == PEERS)
        self.assertEqual(gone(), PEERS, server.counters())
        self.assertTrue(daemon.wait_until(lambda: server.descriptors() <= before + 1))

    @contextlib.contextmanager
    def peers_of(self, service, idle=IDLE):
        """The service with an idle timeout, its crowd, and an honest client."""
        hostile.allow_descriptors(self, 2 * PEERS)
        with watched(self, "-l", f"{service},{idle}", "-l", "echo=tcp://127.0.0.1:0") \
                as server:
            before = server.descriptors()
            resident = server.resident()
            with served_meanwhile(self, server.endpoints("echo")[-1]), \
                    crowd(server.endpoint, PEERS) as clients:
                yield server, clients, before
                self.assertLess(server.resident() - resident, PEERS * 2 * KIB + MIB)

    def test_who_connects_and_says_nothing_is_closed(self):
        with self.peers_of("echo=tcp://127.0.0.1:0") as (server, _, before):
            self.expect_gone(server, before, ["idle_timeout"])

    def test_who_begins_a_frame_and_says_no_more_is_closed(self):
        with self.peers_of("framed=tcp://127.0.0.1:0") as (server, clients, before):
            for client in clients:
                client.send(b"255only so much")
            self.expect_gone(server, before, ["idle_timeout"])

    def test_who_is_answered_and_never_ends_is_not_waited_for(self):
        with self.peers_of("daytime=tcp://127.0.0.1:0") as (server, _, before):
            self.expect_gone(server, before, ["closed", "idle_timeout"])

    def test_who_ends_and_never_reads_is_closed(self):
        # Long before its idle timeout.
        with self.peers_of("discard=tcp://127.0.0.1:0", "idle=1m") as (server, clients, before):
            for client in clients:
                client.send(b"the end")
                client.shutdown(socket.SHUT_WR)
            self.expect_gone(server, before, ["peer_closed", "closed"])

    def test_who_ends_with_answers_waiting_and_never_reads_them_is_closed(self):
        hostile.allow_descriptors(self, 200)
        with watched(self, "-l", f"echo=tcp://127.0.0.1:0,{IDLE}", "-l",
                     "echo=tcp://127.0.0.1:0") as server:
            limited, free = (endpoint for _, endpoint in server.listening)
            before = server.descriptors()
            with served_meanwhile(self, free), \
                    crowd(limited, 20, receive_buffer=hostile.SMALL_BUFFER,
                          send_buffer=64 * KIB) as clients:
                # On a busy machine the server may read again after it has paused for a moment.
                daemon.wait_until(lambda: push(clients, bytes(64 * KIB)) and
                                  server.counters()["paused"] >= len(clients))
                for client in clients:
                    with contextlib.suppress(OSError):  # on a slow machine it is gone by now
                        client.shutdown(socket.SHUT_WR)
                self.assertTrue(daemon.wait_until(lambda: server.descriptors() == before + 1))
                self.assertEqual(server.counters()["closed_idle_timeout"], 20)


class Drain(unittest.TestCase):
    def test_ends_in_its_time_whoever_hangs_on(self):
        with hostile.Server("-l", "echo=tcp://127.0.0.1:0", "-l", "chargen=tcp://127.0.0.1:0",
                            "--drain-timeout", "500ms") as server, contextlib.ExitStack() as stack:
            for _, endpoint in server.listening:
                clients = stack.enter_context(
                    crowd(endpoint, 50, receive_buffer=hostile.SMALL_BUFFER))
                for client in clients[:25]:
                    with contextlib.suppress(BlockingIOError):
                        client.send(bytes(1024 * KIB))
                for client in clients[::2]:
                    client.shutdown(socket.SHUT_WR)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    hostile.main()
