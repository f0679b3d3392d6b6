#!/usr/bin/env python3
"""sluice-talk --broadcast, in a network namespace of its own with an interface that can."""
import socket
import threading
import unittest

import talk as client
from network import in_own_network
from talk import start, talk

NET = ("ip link set lo up && ip link add near type veth peer name far && "
       "ip address add 10.9.9.1/24 broadcast 10.9.9.255 dev near && "
       "ip link set near up && ip link set far up")


def answering(sock, text):
    """Answers each datagram with that text until the socket is closed."""
    def serve():
        while True:
            try:
                data, sender = sock.recvfrom(1000)
            except OSError:
                return
            sock.sendto(text + data, sender)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()


class Broadcast(unittest.TestCase):
    def test_each_answer_is_printed_with_its_sender(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("", 12345))
            answering(server, b"here, ")
            result = talk("udp://10.9.9.255:12345", "--broadcast", "--send", "who?", "--send",
                          "again?", "--expect", "2")
        self.assertEqual(result.lines, ["10.9.9.1:12345 here, who?", "10.9.9.1:12345 here, again?"],
                         result.stderr)
        self.assertEqual(result.status, 0)

    def test_without_the_option_it_is_refused_with_the_reason(self):
        result = talk("udp://10.9.9.255:12345", "--send", "x")
        self.assertEqual(result.status, 1)
        self.assertIn("Permission denied; to send to a broadcast address, add --broadcast",
                      result.stderr)
        result = talk("udp://10.9.9.255:12345", "--bind", "*:0", "--send", "x")
        self.assertEqual(result.status, 1)
        self.assertIn("add --broadcast", result.stderr)

    def test_listen_hears_a_broadcast(self):
        with start("udp://*:12346", "--listen", "-v", "--expect", "1") as process:
            self.assertIn(b"listening", process.stderr.readline())
            self.assertEqual(talk("udp://10.9.9.255:12346", "--broadcast", "--send", "news",
                                  "--wait", "0").status, 0)
            out, _ = process.communicate(timeout=client.PATIENCE)
        self.assertRegex(out.decode(), r"^10\.9\.9\.1:\d+ news\n$")

    def test_a_datagram_that_is_malformed_ends_nothing(self):
        with start("udp://*:12347", "--listen", "-v", "--framing", "u8", "--expect",
                   "1") as process:
            self.assertIn(b"listening", process.stderr.readline())
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"\5cut", ("127.0.0.1", 12347))
                sender.sendto(b"\5whole", ("127.0.0.1", 12347))
            out, errors = process.communicate(timeout=client.PATIENCE)
        self.assertTrue(out.endswith(b" whole\n"), out)
        self.assertIn(b"at byte 4 of a datagram from 127.0.0.1:", errors)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    in_own_network(setup=NET)
    client.main()
