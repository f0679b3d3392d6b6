#!/usr/bin/env python3
"""A log that nothing takes, while peers do all to fill it."""
import contextlib
import os
import signal
import unittest

import hostile
import daemon
from hostile import MIB, Server, flood_of_newcomers, long_or, served_meanwhile

SECONDS = long_or(10, 0.4)


class NoLog(unittest.TestCase):
    def expect_service(self, stderr):
        with Server("-l", "echo=tcp://127.0.0.1:0", "-l", "echo=tcp://127.0.0.1:0,max=1", "-l",
                    "framed=tcp://127.0.0.1:0", stderr=stderr) as server:
            os.close(stderr)
            free, limited, framed = (endpoint for _, endpoint in server.listening)
            before, descriptors = server.resident(), server.descriptors()
            with served_meanwhile(self, free):
                flood_of_newcomers(limited, SECONDS)
                for _ in range(200):
                    with contextlib.closing(hostile.newcomer(framed)) as client:
                        client.send(b"malformed\n%n%s")
                    server.signal(signal.SIGUSR1)
                    server.signal(signal.SIGHUP)
            self.assertTrue(daemon.wait_until(lambda: server.descriptors() == descriptors))
            self.assertLess(server.resident() - before, 2 * MIB)
            self.assertTrue(server.comes_to_rest())
            self.assertEqual(server.stop(), 0)
            self.assertEqual(server.rest_of_output(), b"")

    def test_a_full_disk(self):
        self.expect_service(os.open("/dev/full", os.O_WRONLY))

    def test_a_pipe_whose_reader_has_gone(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.expect_service(writer)

    def test_a_pipe_that_nobody_reads(self):
        reader, writer = os.pipe()
        try:
            self.expect_service(writer)
        finally:
            os.close(reader)


class ItComesBack(unittest.TestCase):
    def test_what_was_dropped_is_counted_and_told(self):
        reader, writer = os.pipe()
        try:
            with Server("-l", "echo=tcp://127.0.0.1:0", stderr=writer) as server:
                os.close(writer)
                for _ in range(1000):  # of 80 bytes; a pipe holds 64 KiB
                    server.signal(signal.SIGUSR1)
                    with daemon.connect(server.endpoint) as client:
                        daemon.exchange(client, b"on")
                text = b""
                while b"dropped before this" not in text:
                    text += os.read(reader, 65536)
                    server.signal(signal.SIGHUP)
                self.assertRegex(text, rb"Z warning log: \d+ lines were dropped before this\n")
        finally:
            os.close(reader)


if __name__ == "__main__":
    hostile.main()
