#!/usr/bin/env python3
"""Frames that promise more than there is: 2^63 bytes, in each framing that has a length."""
import concurrent.futures
import contextlib
import socket
import time
import unittest

import hostile
import daemon
from hostile import KIB, MIB, crowd, served_meanwhile, watched

HUGE = 2**63
# The most that each can say, if that is less.
PROMISES = {
    "decimal:19": b"%d" % HUGE,
    "decimal:9": b"999999999",
    "u16be": b"\xff\xff",
    "u16le": b"\xff\xff",
    "u32be": b"\xff\xff\xff\xff",
    "u32le": b"\xff\xff\xff\x7f",
    "u64be": HUGE.to_bytes(8, "big"),
    "varint": b"\x80" * 9 + b"\x01",
    "netstring": b"%d:" % HUGE,
}
MALFORMED = {
    "u64be": (2**64 - 1).to_bytes(8, "big"),
    "varint": b"\xff" * 10,
    "netstring": b"9" * 40 + b":",
    "decimal:19": b"9" * 19,
}
PEERS = 20


def all_framings(keys):
    served = "framed=tcp://127.0.0.1:0,max-message=1000,framing="
    return [word for framing in PROMISES for word in ("-l", served + framing + keys)]


class Promises(unittest.TestCase):
    def test_strict_close_at_once_and_hold_no_memory(self):
        with watched(self, *all_framings(""), "-l", "echo=tcp://127.0.0.1:0") as server:
            before = server.resident()
            with served_meanwhile(self, server.endpoints("echo")[0], how="comes"):
                for framing, endpoint in zip(PROMISES, server.endpoints("framed")):
                    for promise in (PROMISES[framing], MALFORMED.get(framing)):
                        if promise is not None:
                            self.expect_closed(framing, endpoint, promise)
            self.assertLess(server.resident() - before, 2 * MIB)

    def expect_closed(self, framing, endpoint, promise):
        with crowd(endpoint, PEERS) as clients:
            for client in clients:
                client.send(promise)
            for client in clients:
                client.settimeout(daemon.PATIENCE)
                self.assertTrue(daemon.was_closed(client), framing)

    def test_not_strict_are_cut_too_although_what_is_sent_never_ends(self):
        with watched(self, *all_framings(",strict=off"), "-l", "echo=tcp://127.0.0.1:0") as server:
            before = server.resident()
            with served_meanwhile(self, server.endpoints("echo")[0]):
                at = dict(zip(PROMISES, server.endpoints("framed")))
                with concurrent.futures.ThreadPoolExecutor() as pool:
                    # Two bytes promise what can be skipped.
                    asked = [pool.submit(self.expect_a_bound, server, framing, at[framing])
                             for framing in PROMISES if not framing.startswith("u16")]
                    for result in asked:
                        result.result()
            self.assertLess(server.resident() - before, 2 * MIB)

    def expect_a_bound(self, server, framing, endpoint):
        """Whoever sends on is read for the linger of 2 s, so that it can read why, and then cut."""
        with daemon.connect(endpoint) as client:
            client.settimeout(daemon.PATIENCE)
            watch = server.stopwatch()
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                client.sendall(PROMISES[framing])
                while time.monotonic() < watch.started + daemon.PATIENCE:
                    client.sendall(bytes(256 * KIB))
            self.assertLess(watch.seconds(), 2 + hostile.ANSWER_WITHIN, framing)

    def test_in_the_middle_of_good_ones_leave_the_earlier_answers(self):
        with watched(self, "-l", "framed=tcp://127.0.0.1:0,framing=u64be,max-message=1000") \
                as server:
            for _ in range(PEERS):
                with daemon.connect(server.endpoint) as client:
                    good = (5).to_bytes(8, "big") + b"hello"
                    client.sendall(good * 3 + PROMISES["u64be"] + b"x" * 100)
                    self.assertEqual(daemon.receive_all(client), good * 3)

    def test_over_udp_are_not_answered(self):
        arguments = [word.replace("tcp:", "udp:") for word in all_framings("")]
        with watched(self, *arguments, "-l", "echo=udp://127.0.0.1:0") as server:
            before = server.resident()
            with served_meanwhile(self, server.endpoints("echo")[0]):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                    for framing, endpoint in zip(PROMISES, server.endpoints("framed")):
                        _, _, address = daemon.address_of(endpoint)
                        for _ in range(PEERS):
                            client.sendto(PROMISES[framing] + b"some of it", address)
                        time.sleep(0.01)
                    client.settimeout(0.3)
                    with self.assertRaises(TimeoutError):
                        client.recv(65536)
            self.assertLess(server.resident() - before, 2 * MIB)
            self.assertTrue(daemon.wait_until(
                lambda: server.counters()["datagrams_in"] > PEERS * len(PROMISES)))


if __name__ == "__main__":
    hostile.main()
