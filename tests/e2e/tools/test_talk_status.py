#!/usr/bin/env python3
"""What sluice-talk exits with, and what it says then."""
import signal
import socket
import threading
import time
import unittest

import talk as client
from talk import Server, keeping, saying, start, talk

DEAD_TCP = "tcp://127.0.0.1:1"


class Status(unittest.TestCase):
    def expect(self, result, status, *parts):
        self.assertEqual(result.status, status, result.stderr)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        for part in ("sluice-talk: ", *parts):
            self.assertIn(part, lines[0])

    def test_refused_is_1_and_names_endpoint_and_reason(self):
        self.expect(talk(DEAD_TCP), 1, DEAD_TCP, "Connection refused")
        self.expect(talk("udp://127.0.0.1:1", "--send", "x"), 1, "udp://127.0.0.1:1",
                    "Connection refused")
        self.expect(talk("unix:///nonexistent/s"), 1, "unix:///nonexistent/s", "No such file")

    def test_a_name_that_does_not_exist_is_1(self):
        self.expect(talk("nohost.invalid:7"), 1, 'tcp://nohost.invalid:7: name "nohost.invalid": ')

    def test_an_address_that_cannot_be_bound_is_1_and_named(self):
        self.expect(talk("tcp://[::1]:7", "--bind", "127.0.0.1:0"), 1, "tcp://[::1]:7: ",
                    "bind 127.0.0.1:0: ", "family not supported")
        self.expect(talk(DEAD_TCP, "--bind", "192.0.2.9:0"), 1, DEAD_TCP, "bind 192.0.2.9:0: ")

    def test_a_reset_is_1(self):
        def serve(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with Server(serve) as server:
            self.expect(talk(server.endpoint, "--receive-only"), 1, server.endpoint, "reset by peer")

    def test_expect_ends_well_when_all_have_come(self):
        def serve(connection):
            connection.sendall(b"1\n2\n3\n")
            connection.recv(1)
        with Server(serve) as server:
            result = talk(server.endpoint, "--expect", "2", stdin=None)
        self.assertEqual((result.stdout, result.status), (b"1\n2\n", 0))

    def test_fewer_than_expected_before_the_end_is_1(self):
        with Server(saying(b"1\n")) as server:
            self.expect(talk(server.endpoint, "--expect", "2"), 1,
                        server.endpoint,
                        "received 1 of 2 messages before the peer finished sending")

    def test_silence_is_3(self):
        with Server(lambda connection: connection.recv(1) and time.sleep(2)) as server:
            self.expect(talk(server.endpoint, "--timeout", "200ms", "--send", "x"), 3,
                        server.endpoint, "nothing was sent or received for 200 ms")

    def test_no_connection_in_time_is_3(self):
        # A backlog of one that is full drops what else comes.
        with socket.socket() as full, socket.socket() as first, socket.socket() as second:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for filler in (first, second):
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            endpoint = "tcp://127.0.0.1:%d" % full.getsockname()[1]
            self.expect(talk(endpoint, "--timeout", "300ms"), 3, endpoint,
                        "no connection within 300 ms")

    def test_wait_ends_well_and_with_expect_is_3(self):
        for arguments, status in [((), 0), (("--expect", "1"), 3)]:
            # The server sends nothing, and does not leave before the client has.
            gone = threading.Event()
            with Server(lambda connection, gone=gone: connection.recv(1) and gone.wait()) as server:
                try:
                    result = talk(server.endpoint, "--send", "x", "--wait", "200ms", *arguments)
                finally:
                    gone.set()
                self.assertEqual(result.status, status, result.stderr)

    def test_a_reset_after_all_is_said_and_heard_is_no_failure(self):
        def serve(connection):
            connection.sendall(b"answer\n")
            connection.recv(100)
            time.sleep(0.5)  # the client has its answer, and waits for the end
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with Server(serve) as server:
            result = talk(server.endpoint, "--send", "x", "--wait", "200ms")
        self.assertEqual((result.stdout, result.status), (b"answer\n", 0), result.stderr)

    def test_a_reader_that_goes_away_ends_it_as_other_filters(self):
        def serve(connection):
            while connection.send(b"y\n" * 1000):
                pass
        with Server(serve) as server:
            process = start(server.endpoint, "--receive-only")
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(client.PATIENCE), -signal.SIGPIPE)
            process.stdin.close()
            process.stderr.close()

    def test_a_malformed_frame_is_1_and_its_place_is_named(self):
        with Server(saying(b"005hello0x3abc")) as server:
            result = talk(server.endpoint, "--framing", "decimal:3")
        self.assertEqual(result.stdout, b"hello\n")
        self.expect(result, 1, "at byte 9 ", "decimal:3", "digit")

    def test_a_frame_that_is_cut_short_is_1(self):
        with Server(saying(b"005hel")) as server:
            self.expect(talk(server.endpoint, "--framing", "decimal:3"), 1, "at byte 6 ")

    def test_a_line_that_the_framing_cannot_say_is_1_and_its_limit_named(self):
        received = []
        with Server(keeping(received)) as server:
            result = talk(server.endpoint, "--framing", "decimal:3",
                          typed=b"ok\n" + b"x" * 1000 + b"\nnot sent\n")
        self.expect(result, 1, "standard input, line 2: ", "decimal:3", "1000 bytes", "999")
        self.assertEqual(b"".join(received), b"002ok")

    def test_a_full_disk_is_1(self):
        with open("/dev/full", "wb") as full, Server(saying(b"x\n")) as server:
            process = start(server.endpoint, stdout=full)
            _, errors = process.communicate(b"", client.PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"standard output: No space left", errors)

    def test_a_signal_ends_it_as_that_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with Server(lambda connection: connection.recv(1)) as server:
                process = start(server.endpoint, "-v")
                self.assertIn(b"connected to", process.stderr.readline())
                process.send_signal(number)
                self.assertEqual(process.wait(client.PATIENCE), -number)
                process.communicate()

    def test_an_ignored_hang_up_stays_ignored(self):
        with Server(lambda connection: connection.recv(1)) as server:
            process = start(server.endpoint, "-v", preexec_fn=lambda: signal.signal(
                signal.SIGHUP, signal.SIG_IGN))
            process.stderr.readline()
            process.send_signal(signal.SIGHUP)
            time.sleep(0.2)
            self.assertIsNone(process.poll())
            process.kill()
            process.communicate()


if __name__ == "__main__":
    client.main()
