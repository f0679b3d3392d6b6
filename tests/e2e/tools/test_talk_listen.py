#!/usr/bin/env python3
"""sluice-talk --listen over streams, with nc and socat as its peers."""
import os
import socket
import tempfile
import unittest

import talk as client
from daemon import PATIENCE
from talk import Listening, needs, run, talk


def connected(port):
    peer = socket.create_connection(("127.0.0.1", int(port)), PATIENCE)
    peer.settimeout(PATIENCE)
    return peer


def read_all(peer):
    data = b""
    while part := peer.recv(65536):
        data += part
    return data


class Once(unittest.TestCase):
    @needs("nc")
    def test_nc_gets_the_input_and_its_lines_are_printed(self):
        with Listening() as talker:
            talker.end_input(b"from here\n")
            got = run("nc", "-N", "127.0.0.1", talker.port, typed=b"from nc\n")
            self.assertEqual(talker.end(None), (0, b"from nc\n"), talker.said)
        self.assertEqual(got, b"from here\n")

    @needs("socat")
    def test_socat_over_a_unix_socket_whose_file_is_removed(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "socket")
            with Listening(endpoint=f"unix://{path}") as talker:
                self.assertEqual(talker.endpoint, f"unix://{path}")
                talker.end_input(b"one\n")
                got = run("socat", "-t", "5", "-", f"UNIX-CONNECT:{path}", typed=b"two\n")
                self.assertEqual(talker.end(None), (0, b"two\n"), talker.said)
                self.assertEqual(got, b"one\n")
                self.assertFalse(os.path.exists(path))

    def test_the_second_peer_is_not_accepted(self):
        with Listening() as talker, connected(talker.port) as first:
            talker.event("connection from tcp://127.0.0.1:")
            with self.assertRaises(ConnectionRefusedError):
                connected(talker.port)
            first.sendall(b"x\n")
            first.shutdown(socket.SHUT_WR)
            self.assertEqual(talker.end(b"y\n"), (0, b"x\n"), talker.said)
            self.assertEqual(read_all(first), b"y\n")

    def test_a_framing_json_and_expect(self):
        with Listening("--framing", "netstring", "--json", "--expect", "2") as talker, \
                connected(talker.port) as peer:
            peer.sendall(b"1:a,2:bc,")
            source = "%s:%d" % peer.getsockname()
            status, out = talker.end()
        self.assertEqual(status, 0, talker.said)
        self.assertEqual(out.count(f'"from":"{source}"'.encode()), 2, out)

    def test_a_message_names_the_peer(self):
        with Listening("--framing", "netstring") as talker, connected(talker.port) as peer:
            peer.sendall(b"x")
            status, out = talker.end()
            self.assertEqual((status, out), (1, b""))
            self.assertIn("sluice-talk: tcp://%s:%d: at byte 0 " % peer.getsockname(),
                          talker.said[-1])

    def test_receive_only_sends_no_end(self):
        with Listening("--receive-only") as talker, connected(talker.port) as peer:
            talker.event("connection from")
            peer.sendall(b"news\n")
            self.assertEqual(talker.process.stdout.readline(), b"news\n")
            peer.setblocking(False)
            with self.assertRaises(BlockingIOError):
                peer.recv(1)
            peer.close()
            self.assertEqual(talker.end(b"not this\n")[0], 0)

    def test_nobody_connects(self):
        result = talk("--listen", "--timeout", "50ms", "tcp://127.0.0.1:0")
        self.assertEqual((result.status, result.stderr),
                         (3, "sluice-talk: tcp://127.0.0.1:0: nobody connected within 50 ms\n"))

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            endpoint = f"tcp://127.0.0.1:{other.getsockname()[1]}"
            result = talk("-l", endpoint)
        self.assertEqual(result.status, 1)
        self.assertIn(endpoint, result.stderr)
        self.assertIn("Address already in use", result.stderr)

    def test_every_address_of_this_host_and_a_name(self):
        with Listening(endpoint="*:0") as talker, connected(talker.port) as peer:
            peer.close()
            self.assertEqual(talker.end()[0], 0)
        with Listening("-4", endpoint="localhost:0") as talker, connected(talker.port) as peer:
            self.assertEqual(talker.endpoint, f"tcp://127.0.0.1:{talker.port}")
            peer.close()
            self.assertEqual(talker.end()[0], 0)
        with Listening("-4", endpoint="*:0") as talker, connected(talker.port) as peer:
            self.assertEqual(talker.endpoint, f"tcp://0.0.0.0:{talker.port}")
            peer.close()
            self.assertEqual(talker.end()[0], 0)
        with Listening("-4", endpoint="udp://*:0") as talker:
            self.assertIn("0.0.0.0", talker.endpoint)


class Again(unittest.TestCase):
    def test_one_after_the_other_and_the_input_goes_on(self):
        with Listening("-k") as talker:
            for name in (b"one\n", b"two\n"):
                with connected(talker.port) as peer:
                    talker.event("connection from")
                    talker.process.stdin.write(b"to " + name)
                    talker.process.stdin.flush()
                    self.assertEqual(peer.makefile("rb").readline(), b"to " + name)
                    peer.sendall(name)
                    self.assertEqual(talker.process.stdout.readline(), name)
                    # A peer that resets does not end it.
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                talker.event("reset by peer")
            with connected(talker.port) as peer:
                talker.end_input()
                self.assertEqual(peer.recv(1), b"")  # the half-close

    def test_a_peer_that_closes_makes_room_while_the_input_is_idle(self):
        with Listening("-k") as talker:
            for name in (b"one\n", b"two\n"):
                with connected(talker.port) as peer:
                    peer.sendall(name)
                    peer.shutdown(socket.SHUT_WR)
                    self.assertEqual(talker.process.stdout.readline(), name)
                    self.assertEqual(read_all(peer), b"")
            # What the input says then is for the next one.
            with connected(talker.port) as peer:
                talker.event("connection from")
                talker.process.stdin.write(b"for three\n")
                talker.process.stdin.flush()
                self.assertEqual(peer.makefile("rb").readline(), b"for three\n")

    def test_each_text_is_sent_to_a_peer_that_sends_nothing(self):
        with Listening("-k", "--interval", "10ms", "--send", "a", "--send", "b") as talker:
            for _ in range(2):
                with connected(talker.port) as peer:
                    peer.shutdown(socket.SHUT_WR)
                    self.assertEqual(read_all(peer), b"a\nb\n")

    def test_an_input_that_has_ended_half_closes_each(self):
        with Listening("--keep-listening", "--expect", "3") as talker:
            talker.end_input()
            for name in (b"one\n", b"two\n", b"three\n"):
                with connected(talker.port) as peer:
                    peer.sendall(name)
                    self.assertEqual(read_all(peer), b"")
                    peer.close()
            self.assertEqual(talker.end(None), (0, b"one\ntwo\nthree\n"), talker.said)

    @needs("nc")
    def test_each_peer_gets_what_send_says(self):
        with Listening("-k", "--send", "hello", "--send", "bye") as talker:
            for _ in range(3):
                self.assertEqual(run("nc", "-N", "127.0.0.1", talker.port), b"hello\nbye\n")

    def test_who_waits_in_the_backlog_is_next(self):
        with Listening("-k", "--expect", "2") as talker, connected(talker.port) as first, \
                connected(talker.port) as second:
            second.sendall(b"second\n")
            first.sendall(b"first\n")
            self.assertEqual(talker.process.stdout.readline(), b"first\n")
            first.shutdown(socket.SHUT_WR)
            status, out = talker.end()
        self.assertEqual((status, out), (0, b"second\n"), talker.said)


class Usage(unittest.TestCase):
    def test_what_cannot_be_combined(self):
        here = "tcp://127.0.0.1:0"
        for arguments, why in (
                (["-l", "ws://127.0.0.1:7"], "--listen: not valid with ws:// and wss://"),
                (["-l", "--reconnect", here], "-l and --reconnect cannot be combined"),
                (["-l", "--proxy", "socks5://h:1", "tcp://127.0.0.1:7"],
                 "-l and --proxy cannot be combined"),
                (["-l", "--bind", "*:7", here], "--bind and --listen cannot be combined"),
                (["-k", "127.0.0.1:7"], "--keep-listening: valid only with --listen"),
                (["-lk", "udp://127.0.0.1:0"], "--keep-listening: valid only with --listen"),
                (["--receive-only", "udp://127.0.0.1:7"], "--receive-only: not valid with udp://"),
                (["--receive-only", "--send", "x", "h:7"],
                 "--send and --receive-only cannot be combined"),
                (["*:7"], "host * is valid only with --listen")):
            with self.subTest(arguments=arguments):
                result = talk(*arguments)
                self.assertEqual(result.status, 2, result.stderr)
                self.assertIn(why, result.stderr)


if __name__ == "__main__":
    client.main()
