#!/usr/bin/env python3
"""The service relay with real sockets: bytes, endpoints, limits, and a peer that does not read."""
import hashlib
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import unittest

import daemon
from control import Control
from daemon import Daemon, connect, receive_exactly, wait_until, was_closed

RELAY = "relay=tcp://127.0.0.1:0"


def sent_meanwhile(peer, data):
    thread = threading.Thread(target=peer.sendall, args=(data,))
    thread.start()
    return thread


class Relay(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.control = Control(self.directory / "control")

    def daemon(self, *arguments):
        return Daemon("--control", self.control.path, *arguments)

    def expect_joined(self, count):
        """From then on each of so many peers receives what the others send."""
        self.assertTrue(wait_until(lambda: sum(
            row["open"] for row in self.control.rows("show", "services")) == count))

    def test_carries_megabytes_both_ways_unchanged(self):
        data = [random.Random(seed).randbytes(3_000_000) for seed in (1, 2)]
        with self.daemon("-l", RELAY) as sluiced, connect(sluiced.endpoint) as one, \
                connect(sluiced.endpoint) as two:
            self.expect_joined(2)
            threads = [sent_meanwhile(one, data[0]), sent_meanwhile(two, data[1])]
            received = {}

            def receive(peer, name):
                received[name] = hashlib.sha256(receive_exactly(peer, 3_000_000)).hexdigest()

            threads += [threading.Thread(target=receive, args=pair)
                        for pair in ((one, 1), (two, 0))]
            for thread in threads[2:]:
                thread.start()
            for thread in threads:
                thread.join(daemon.PATIENCE)
        self.assertEqual(received, {i: hashlib.sha256(data[i]).hexdigest() for i in (0, 1)})

    def test_the_endpoints_of_a_service_in_a_file_are_one_relay(self):
        path = self.directory / "sluiced.conf"
        path.write_text('[[service]]\nkind = "relay"\nlisten = ["tcp://127.0.0.1:0", '
                        f'"unix://{self.directory}/relay"]\n', encoding="utf-8")
        with self.daemon("-f", str(path)) as sluiced:
            tcp, unix = sluiced.endpoints("relay")
            with connect(tcp) as one, connect(unix) as two:
                self.expect_joined(2)
                one.sendall(b"\0\xff\n")
                self.assertEqual(receive_exactly(two, 3), b"\0\xff\n")

    def test_each_option_is_a_relay_of_its_own(self):
        with self.daemon("-l", RELAY, "-l", RELAY) as sluiced:
            first, second = sluiced.endpoints("relay")
            with connect(first) as one, connect(first) as two, connect(second) as other:
                self.expect_joined(3)
                one.sendall(b"x")
                self.assertEqual(receive_exactly(two, 1), b"x")
                other.settimeout(0.3)
                with self.assertRaises(TimeoutError):
                    other.recv(1)

    def test_a_peer_that_does_not_read_is_aborted_and_the_others_get_everything(self):
        data = random.Random(3).randbytes(8_000_000)
        with self.daemon("-l", RELAY + ",patience=3s") as sluiced, \
                connect(sluiced.endpoint) as sender, connect(sluiced.endpoint) as reader, \
                connect(sluiced.endpoint) as lazy:
            self.expect_joined(3)
            thread = sent_meanwhile(sender, data)
            self.assertEqual(receive_exactly(reader, len(data)), data)
            thread.join(daemon.PATIENCE)
            with self.assertRaises(ConnectionResetError):
                while lazy.recv(65536):
                    pass

    def test_max_peers_counts_all_endpoints(self):
        with self.daemon("-l", RELAY + ",max-peers=2") as sluiced:
            with connect(sluiced.endpoint) as one, connect(sluiced.endpoint) as two:
                self.expect_joined(2)
                with connect(sluiced.endpoint) as third:
                    self.assertTrue(was_closed(third))

    def test_drains_what_has_arrived(self):
        with self.daemon("-l", RELAY) as sluiced, connect(sluiced.endpoint) as one, \
                connect(sluiced.endpoint) as two:
            self.expect_joined(2)
            one.sendall(b"last words")
            self.assertEqual(receive_exactly(two, 10), b"last words")
            self.assertEqual(sluiced.stop(), 0)
            self.assertEqual(two.recv(1), b"")

    @unittest.skipIf(shutil.which("nc") is None, "nc is not installed")
    def test_nc_talks_through_it(self):
        with self.daemon("-l", RELAY) as sluiced, connect(sluiced.endpoint) as peer:
            port = sluiced.endpoint.rpartition(":")[2]
            client = subprocess.Popen(["nc", "127.0.0.1", port], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
            try:
                self.expect_joined(2)
                client.stdin.write(b"hello\n")
                client.stdin.flush()
                self.assertEqual(receive_exactly(peer, 6), b"hello\n")
                peer.sendall(b"and you\n")
                self.assertEqual(client.stdout.readline(), b"and you\n")
            finally:
                client.kill()
                client.communicate()


if __name__ == "__main__":
    daemon.main()
