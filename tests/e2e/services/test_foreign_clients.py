#!/usr/bin/env python3
"""nc and socat as clients of every service, over TCP, UDP and Unix sockets."""
import os
import select
import shutil
import subprocess
import tempfile
import unittest

import daemon
from daemon import PATIENCE, Daemon, address_of

LARGE = 16 * 1024 * 1024
SERVICES = ("echo", "discard", "chargen", "daytime", "time", "upper", "greet")


class Client:
    """The command line of a client, and what it sends back."""

    def ask(self, endpoint, data, is_all, patience=PATIENCE):
        """Sends `data`. Returns what came until is_all(), or until `patience` seconds of silence."""
        with subprocess.Popen(self.command(endpoint), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE,
                              preexec_fn=daemon.die_with_the_test) as process:
            try:
                process.stdin.write(data)
                process.stdin.flush()
                answer = b""
                while not is_all(answer) and select.select([process.stdout], [], [], patience)[0]:
                    answer += os.read(process.stdout.fileno(), 65536)
                return answer
            finally:
                process.kill()

    def run(self, endpoint, data=b"", lines=None):
        """Sends `data` and an end; returns all that arrives, or as much as `lines` lines."""
        command = self.command(endpoint)
        if lines is None:
            return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True,
                                  timeout=3 * PATIENCE, preexec_fn=daemon.die_with_the_test).stdout
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              preexec_fn=daemon.die_with_the_test) as process:
            try:
                process.stdin.write(data)
                process.stdin.flush()
                return b"".join(process.stdout.readline() for _ in range(lines))
            finally:
                process.kill()


class Netcat(Client):
    program = "nc"

    def command(self, endpoint):
        _, _, address = address_of(endpoint)
        if endpoint.startswith("unix"):
            return ["nc", "-N", "-U", address]
        how = ["-N"] if endpoint.startswith("tcp") else ["-u"]
        return ["nc", *how, address[0], str(address[1])]


class Socat(Client):
    program = "socat"

    def command(self, endpoint):
        scheme, _, rest = endpoint.partition("://")
        where = {"tcp": "TCP", "udp": "UDP", "unix": "UNIX-CONNECT"}[scheme] + ":" + rest
        return ["socat", "-t", "20", "-", where]  # -t: how long to wait after its own end


class WithNetcat(daemon.EndpointTest):
    client = Netcat()

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.client.program) is None:
            raise unittest.SkipTest(f"{cls.client.program} is not installed")
        cls.directory = tempfile.TemporaryDirectory()
        arguments = []
        for name in SERVICES:
            text = ",text=hello" if name == "greet" else ""
            for endpoint in ("tcp://127.0.0.1:0", "tcp://[::1]:0", "udp://127.0.0.1:0",
                             f"unix://{cls.directory.name}/{name}"):
                if not (name == "greet" and endpoint.startswith("udp")):
                    arguments += ["-l", f"{name}={endpoint}{text}"]
        cls.daemon = Daemon(*arguments)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)
        cls.directory.cleanup()

    def each(self, name, udp=False):
        found = [e for e in self.daemon.endpoints(name) if e.startswith("udp") == udp]
        self.assertTrue(found)
        return self.going_through(found)

    def test_a_large_transfer_comes_back_whole_after_a_half_close(self):
        data = os.urandom(LARGE)
        for endpoint in self.each("echo"):
            self.assertTrue(self.client.run(endpoint, data) == data, "not what was sent")
        letters = data.hex().encode()[:LARGE // 4]
        for endpoint in self.each("upper"):
            self.assertTrue(self.client.run(endpoint, letters) == letters.upper())

    def test_a_large_transfer_to_discard_ends_silently(self):
        for endpoint in self.each("discard"):
            self.assertEqual(self.client.run(endpoint, bytes(LARGE)), b"")

    def test_the_talkers_talk_and_close(self):
        for endpoint in self.each("daytime"):
            self.assertRegex(self.client.run(endpoint), rb"^\w+, \w+ \d+, \d{4} [\d:]+-UTC\r\n$")
        for endpoint in self.each("time"):
            self.assertEqual(len(self.client.run(endpoint)), 4)
        for endpoint in self.each("greet"):
            self.assertEqual(self.client.run(endpoint), b"hello")

    def test_chargen_sends_lines(self):
        for endpoint in self.each("chargen"):
            lines = self.client.run(endpoint, lines=3).split(b"\r\n")
            self.assertEqual([len(line) for line in lines], [72, 72, 72, 0])

    def test_datagrams_are_answered(self):
        checks = {
            "echo": lambda answer: answer == b"hello",
            "upper": lambda answer: answer == b"HELLO",
            "daytime": lambda answer: answer.endswith(b"-UTC\r\n"),
            "time": lambda answer: len(answer) == 4,
        }
        for name, check in checks.items():
            for endpoint in self.each(name, udp=True):
                answer = self.client.ask(endpoint, b"hello", check)
                self.assertTrue(check(answer), f"{name}: {answer}")

    def test_datagrams_may_be_answered_with_nothing(self):
        for name, most in (("discard", 0), ("chargen", 512)):
            for endpoint in self.each(name, udp=True):
                answer = self.client.ask(endpoint, b"hello", lambda _: False, patience=0.5)
                self.assertLessEqual(len(answer), most)


class WithSocat(WithNetcat):
    client = Socat()


if __name__ == "__main__":
    daemon.main()
