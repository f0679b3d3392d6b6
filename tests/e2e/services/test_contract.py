#!/usr/bin/env python3
"""What supervisors and scripts rely on: the standard output, the log, --help, --version."""
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import unittest

import daemon
from daemon import LOG_LINE, PATIENCE, Daemon, address_of, connect, exchange, run


def port_is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


class Output(unittest.TestCase):
    def test_a_name_is_served_at_each_of_its_addresses(self):
        with Daemon("-l", "echo=tcp://localhost:0,max=5", "-l", "upper=tcp://127.0.0.1:0") as served:
            at = served.endpoints("echo")
            known = {info[4][0] for info in socket.getaddrinfo("localhost", 0)}
            self.assertLessEqual({address_of(endpoint)[2][0] for endpoint in at}, known | {"::1"})
            self.assertIn("127.0.0.1", [address_of(endpoint)[2][0] for endpoint in at])
            for endpoint in at:
                with connect(endpoint) as client:
                    self.assertEqual(exchange(client, b"hello"), b"hello")
            self.assertEqual(served.listening[-1][0], "upper")

    def test_a_line_for_each_service_in_order_then_ready_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as directory:
            wanted = [("upper", "tcp://127.0.0.1:0"), ("echo", "udp://[::1]:0"),
                      ("echo", f"unix://{directory}/s"), ("discard", "tcp://*:0")]
            arguments = [word for name, endpoint in wanted for word in ("-l", f"{name}={endpoint}")]
            with Daemon(*arguments) as sluiced:
                self.assertEqual([name for name, _ in sluiced.listening], [n for n, _ in wanted])
                for (_, asked), (_, got) in zip(wanted, sluiced.listening):
                    form = re.escape(asked).replace(":0", r":[1-9]\d*")
                    self.assertRegex(got, f"^{form}$")
                with connect(sluiced.endpoint) as client:
                    self.assertEqual(exchange(client, b"A"), b"A")
                sluiced.signal(signal.SIGUSR1)
                sluiced.wait_for_log(" info SIGUSR1: ")
                self.assertEqual(sluiced.stop(), 0)
                self.assertEqual(sluiced.rest_of_output(), b"")

    def test_a_given_port_is_printed_as_given(self):
        port = daemon.free_port()
        with Daemon("-l", f"echo=tcp://127.0.0.1:{port}") as sluiced:
            self.assertEqual(sluiced.listening, [("echo", f"tcp://127.0.0.1:{port}")])

    def test_a_path_cannot_forge_a_line(self):
        with tempfile.TemporaryDirectory() as directory:
            with Daemon("-l", f"echo=unix://{directory}/a\nready") as sluiced:
                self.assertEqual(sluiced.listening, [("echo", rf"unix://{directory}/a\x0aready")])

    def test_without_options_four_services_run_on_loopback_and_it_says_how_to_try_them(self):
        for port in (7007, 8888, 9000, 12345):
            if not port_is_free(port):
                self.skipTest(f"port {port} is in use")
        with Daemon() as sluiced:
            self.assertEqual(sluiced.listening, [("echo", "tcp://127.0.0.1:7007"),
                                                 ("echo", "udp://127.0.0.1:7007"),
                                                 ("framed", "tcp://127.0.0.1:8888"),
                                                 ("chat", "tcp://127.0.0.1:9000"),
                                                 ("broadcast", "udp://127.0.0.1:12345")])
            for endpoint in sluiced.endpoints("echo"):
                with connect(endpoint) as client:
                    self.assertEqual(exchange(client, b"hello"), b"hello")
            hints = re.findall(r" info try: (.*)", sluiced.log())
            self.assertEqual(len(hints), len(sluiced.listening))
            for hint in hints[:2]:
                # Over UDP its client waits only for a second, which is short on a busy machine.
                self.assertTrue(daemon.wait_until(lambda words=hint: subprocess.run(
                    ["sh", "-c", words], stdout=subprocess.PIPE, timeout=PATIENCE,
                    check=False).stdout == b"hello\n"), hint)

    def test_an_output_that_takes_nothing_is_an_error(self):
        for how in (">&-", ">/dev/full"):
            with self.subTest(how):
                command = f'exec "$0" "$@" -l echo=tcp://127.0.0.1:0 {how}'
                result = subprocess.run(["sh", "-c", command, daemon.PATH, *daemon.AS_ROOT],
                                        timeout=PATIENCE,
                                        stderr=subprocess.PIPE, check=False)
                self.assertEqual(result.returncode, 1)
                self.assertRegex(result.stderr.decode(), r"error standard output: ")

    def test_version_and_help_go_to_the_standard_output(self):
        version = run("--version")
        self.assertEqual((version.returncode, version.stderr), (0, b""))
        self.assertRegex(version.stdout, rb"^sluiced \d+\.\d+\.\d+\n$")
        usage = run("--help")
        self.assertEqual((usage.returncode, usage.stderr), (0, b""))
        self.assertIn(b"--listen", usage.stdout)
        full = subprocess.run(["sh", "-c", '"$0" --help >/dev/full', daemon.PATH], timeout=PATIENCE,
                              stderr=subprocess.DEVNULL, check=False)
        self.assertEqual(full.returncode, 1)


class TheLog(unittest.TestCase):
    def test_every_line_has_its_time_and_level(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("SIGHUP")
            sluiced.stop()
            lines = sluiced.log().splitlines()
            self.assertGreaterEqual(len(lines), 4)
            for line in lines:
                self.assertRegex(line, f"^{LOG_LINE.pattern}$")

    def test_it_says_how_many_descriptors_it_got(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

        def lower_the_soft_limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))

        with Daemon("-l", "echo=tcp://127.0.0.1:0", prepare=lower_the_soft_limit) as sluiced:
            self.assertIn(f"descriptors: {hard} (was 100)", sluiced.log())
            with open(f"/proc/{sluiced.process.pid}/limits", encoding="ascii") as limits:
                got = re.search(r"Max open files +(\d+) +(\d+)", limits.read()).groups()
            self.assertEqual(got, (str(hard), str(hard)))

    def test_a_log_that_is_closed_goes_to_no_client(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0", prepare=lambda: os.close(2)) as sluiced:
            with connect(sluiced.endpoint) as client:
                sluiced.signal(signal.SIGUSR1)
                self.assertEqual(exchange(client, b"mine"), b"mine")
                client.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    client.recv(1)
            self.assertEqual(sluiced.stop(), 0)

    def test_a_reader_of_the_log_that_goes_away_stops_nothing(self):
        reader, writer = os.pipe()
        with Daemon("-l", "echo=tcp://127.0.0.1:0", stderr=writer) as sluiced:
            os.close(writer)
            os.close(reader)
            for _ in range(3):
                sluiced.signal(signal.SIGUSR1)
                with connect(sluiced.endpoint) as client:
                    self.assertEqual(exchange(client, b"still here"), b"still here")
            self.assertEqual(sluiced.stop(), 0)

    def test_a_log_that_nobody_reads_holds_up_nothing(self):
        reader, writer = os.pipe()
        try:
            with Daemon("-l", "echo=tcp://127.0.0.1:0", stderr=writer) as sluiced:
                os.close(writer)
                with connect(sluiced.endpoint) as client:
                    for _ in range(1000):  # of 80 bytes each; a pipe holds 64 KiB
                        sluiced.signal(signal.SIGUSR1)
                        self.assertEqual(exchange(client, b"on"), b"on")
                self.assertEqual(sluiced.stop(), 0)
        finally:
            os.close(reader)


class Descriptors(unittest.TestCase):
    def test_started_without_any_standard_stream_it_fails_and_leaks_nothing(self):
        def close_all():
            os.closerange(0, 3)

        process = subprocess.Popen([daemon.PATH, *daemon.AS_ROOT, "-l", "echo=tcp://127.0.0.1:0"],
                                   preexec_fn=close_all)
        self.assertEqual(process.wait(PATIENCE), 1)

    def test_a_closed_standard_input_is_no_error(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0", prepare=lambda: os.close(0)) as sluiced:
            self.assertEqual(os.readlink(f"/proc/{sluiced.process.pid}/fd/0"), "/dev/null")
            _, _, address = address_of(sluiced.endpoint)
            with socket.create_connection(address, timeout=PATIENCE) as client:
                self.assertEqual(exchange(client, b"hello"), b"hello")


if __name__ == "__main__":
    daemon.main()
