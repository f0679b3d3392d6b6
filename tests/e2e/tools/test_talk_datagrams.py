#!/usr/bin/env python3
"""sluice-talk over UDP, against peers that nobody here wrote, and against sluiced."""
import socket
import time
import unittest

import talk as client
from daemon import PATIENCE, Daemon, connect, free_port
from talk import needs, running, start, talk

# Without it a datagram's answer is waited for only for a second.
PATIENT = ("--timeout", f"{PATIENCE}s")


class Datagrams(unittest.TestCase):
    def test_a_line_is_a_datagram_through_sluiced_and_back(self):
        with Daemon("-l", "echo=udp://127.0.0.1:0") as sluiced:
            result = talk(sluiced.endpoint, "--expect", "2", *PATIENT, typed=b"one\ntwo\n")
        self.assertEqual((result.lines, result.status), (["one", "two"], 0), result.stderr)

    @needs("socat")
    def test_through_socat(self):
        port = free_port()
        with running(port, "socat", f"UDP4-RECVFROM:{port},bind=127.0.0.1,fork", "EXEC:cat",
                     kind="udp"):
            result = talk(f"udp://127.0.0.1:{port}", "--send", "hello", "--expect", "1", *PATIENT)
        self.assertEqual((result.stdout, result.status), (b"hello\n", 0), result.stderr)

    def test_it_waits_a_second_for_answers_and_that_is_well(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            endpoint = "udp://127.0.0.1:%d" % silent.getsockname()[1]
            began = time.monotonic()
            self.assertEqual(talk(endpoint, "--send", "x").status, 0)
            self.assertGreater(time.monotonic() - began, 0.9)
            self.assertEqual(talk(endpoint, "--send", "x", "--wait", "0").status, 0)
            self.assertEqual(talk(endpoint, "--send", "x", "--expect", "1").status, 3)
            self.assertEqual(talk(endpoint, "--send", "x", "--expect", "1",
                                  "--timeout", "100ms").status, 3)

    def test_frames_in_datagrams(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(client.PATIENCE)
            endpoint = "udp://127.0.0.1:%d" % server.getsockname()[1]
            process = start(endpoint, "--framing", "decimal:3",
                            "--send", "hello", "--wait", "5s")
            data, address = server.recvfrom(100)
            self.assertEqual(data, b"005hello")
            server.sendto(b"001a002bc", address)
            server.sendto(b"001a00", address)
            out, errors = process.communicate(timeout=client.PATIENCE)
        self.assertEqual((out, process.returncode), (b"a\nbc\na\n", 1))
        self.assertIn(b"at byte 6 of a datagram", errors)

    def test_listen_prints_the_senders(self):
        port = free_port()
        process = start(f"udp://127.0.0.1:{port}", "--listen", "-v", "--expect", "2")
        self.assertIn(b"listening", process.stderr.readline())
        senders = []
        for text in (b"first", b"second"):
            with connect(f"udp://127.0.0.1:{port}") as sender:
                senders.append(sender.getsockname()[1])
                sender.send(text)
        out, _ = process.communicate(timeout=client.PATIENCE)
        self.assertEqual(out.decode().splitlines(), [f"127.0.0.1:{senders[0]} first",
                                                     f"127.0.0.1:{senders[1]} second"])
        self.assertEqual(process.returncode, 0)

    def test_a_port_in_use_is_1(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            endpoint = "udp://127.0.0.1:%d" % taken.getsockname()[1]
            for each in (endpoint, endpoint.replace("127.0.0.1", "localhost")):
                result = talk(each, "--listen", "-4")
                self.assertEqual(result.status, 1)
                self.assertIn("in use", result.stderr)

    def test_a_group_is_joined_on_loopback(self):
        group = "239.255.42.42"
        port = free_port()
        with start(f"udp://*:{port}", "--listen", "-v", "--expect", "1", "--join",
                   f"{group}%lo") as process:
            line = process.stderr.readline()
            if b"listening" not in line:
                self.skipTest(f"no multicast on lo: {line!r}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                  socket.inet_aton("127.0.0.1"))
                sender.sendto(b"to all", (group, port))
            out, _ = process.communicate(timeout=client.PATIENCE)
        self.assertTrue(out.startswith(b"127.0.0.1:"), out)
        self.assertTrue(out.endswith(b" to all\n"), out)


if __name__ == "__main__":
    client.main()
