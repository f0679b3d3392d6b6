#!/usr/bin/env python3
"""A bind that fails: exit 1, the endpoint and the reason, and no service has started. And what
becomes of the files of Unix sockets."""
import os
import socket
import stat
import tempfile
import unittest

import daemon
from daemon import AS_ROOT, Daemon, connect, exchange, run


class BindFailures(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = os.path.join(self.directory.name, "s")

    def expect_failure(self, endpoint, *reasons):
        """`endpoint` cannot be bound, and a good one before it is not served either."""
        good = os.path.join(self.directory.name, "good")
        result = run(*AS_ROOT, "-l", f"echo=unix://{good}", "-l", f"echo={endpoint}")
        log = result.stderr.decode()
        self.assertEqual(result.returncode, 1, log)
        self.assertEqual(result.stdout, b"")
        errors = [line for line in log.splitlines() if " error " in line]
        self.assertEqual(len(errors), 1, log)
        for part in (endpoint, *reasons):
            self.assertIn(part, errors[0])
        self.assertFalse(os.path.exists(good), "the socket of the other service is left behind")

    def test_a_port_in_use(self):
        for kind, scheme in ((socket.SOCK_STREAM, "tcp"), (socket.SOCK_DGRAM, "udp")):
            with socket.socket(socket.AF_INET, kind) as other:
                other.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    other.listen()
                port = other.getsockname()[1]
                self.expect_failure(f"{scheme}://127.0.0.1:{port}", "Address already in use")

    def test_a_name_that_does_not_exist(self):
        self.expect_failure("tcp://nohost.invalid:7007")

    def test_the_same_endpoint_twice(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        for scheme in ("tcp", "udp"):
            result = run(*AS_ROOT, *["-l", f"echo={scheme}://127.0.0.1:{port}"] * 2)
            self.assertEqual((result.returncode, result.stdout), (1, b""))
            self.assertIn(b"Address already in use", result.stderr)

    def test_an_address_that_is_not_this_host_s(self):
        for scheme in ("tcp", "udp"):  # of TEST-NET-1
            self.expect_failure(f"{scheme}://192.0.2.1:0", "Cannot assign requested address")

    def test_a_unix_socket_in_use_is_left_alone(self):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.path)
            other.listen()
            self.expect_failure(f"unix://{self.path}", "Address already in use")
            with connect(f"unix://{self.path}"):
                pass

    def test_a_file_that_is_no_socket_is_left_alone(self):
        with open(self.path, "w", encoding="ascii") as file:
            file.write("precious")
        self.expect_failure(f"unix://{self.path}", "File exists")
        with open(self.path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")

    def test_a_directory_is_left_alone(self):
        os.mkdir(self.path)
        self.expect_failure(f"unix://{self.path}", "File exists")
        self.assertTrue(os.path.isdir(self.path))

    def test_a_directory_that_is_not_there(self):
        self.expect_failure(f"unix://{self.path}/deeper", "No such file or directory")

    def test_a_stale_unix_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.path)  # and closed: the file stays
        self.assertTrue(os.path.exists(self.path))
        with Daemon("-l", f"echo=unix://{self.path}") as sluiced:
            with connect(sluiced.endpoint) as client:
                self.assertEqual(exchange(client, b"hello"), b"hello")

    def test_the_file_of_a_killed_daemon_is_replaced(self):
        with Daemon("-l", f"echo=unix://{self.path}") as sluiced:
            sluiced.kill()
        self.assertTrue(os.path.exists(self.path))
        with Daemon("-l", f"echo=unix://{self.path}") as sluiced:
            self.assertEqual(sluiced.stop(), 0)

    def test_the_file_is_removed_at_the_end(self):
        with Daemon("-l", f"echo=unix://{self.path}") as sluiced:
            self.assertTrue(stat.S_ISSOCK(os.stat(self.path).st_mode))
            self.assertEqual(sluiced.stop(), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_the_mode_is_the_one_that_was_asked_for(self):
        for mode in (0o600, 0o660, 0o666):
            with Daemon("-l", f"echo=unix://{self.path},mode={mode:04o}") as sluiced:
                self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), mode)
                sluiced.stop()

    def test_without_a_mode_the_umask_decides(self):
        with Daemon("-l", f"echo=unix://{self.path}", prepare=lambda: os.umask(0o077)) as sluiced:
            self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o700)
            sluiced.stop()

    def test_two_daemons_share_a_port_when_both_say_so(self):
        for scheme in ("tcp", "udp"):
            with Daemon("-l", f"echo={scheme}://127.0.0.1:0,reuse-port=on") as first:
                with Daemon("-l", f"echo={first.endpoint},reuse-port=on") as second:
                    self.assertEqual(first.endpoint, second.endpoint)
                    with connect(first.endpoint) as client:
                        self.assertEqual(exchange(client, b"hello"), b"hello")

    def test_a_port_in_time_wait_can_be_bound_again(self):
        with Daemon("-l", f"greet=tcp://127.0.0.1:{daemon.free_port()},text=x") as first:
            with connect(first.endpoint) as client:  # the daemon closes first
                daemon.receive_all(client)
            self.assertEqual(first.stop(), 0)
            with Daemon("-l", f"echo={first.endpoint}") as second:
                self.assertEqual(second.endpoint, first.endpoint)


if __name__ == "__main__":
    daemon.main()
