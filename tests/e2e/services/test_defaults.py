#!/usr/bin/env python3
"""What runs without -l answers, and each command that the log says to try works as it is printed."""
import os
import re
import subprocess
import sys
import unittest

import daemon
from chat import Member
from daemon import Daemon, PATIENCE, ask, connect, exchange

PROGRAMS = os.pathsep.join([os.path.dirname(daemon.PATH),
                            os.path.dirname(os.environ.get("SLUICE_TALK", "")),
                            os.environ.get("PATH", "")])
DEFAULTS = [("echo", "tcp://127.0.0.1:7007"), ("echo", "udp://127.0.0.1:7007"),
            ("framed", "tcp://127.0.0.1:8888"), ("chat", "tcp://127.0.0.1:9000"),
            ("broadcast", "udp://127.0.0.1:12345")]


class WithoutListen(unittest.TestCase):
    def setUp(self):
        try:
            self.daemon = Daemon()
        except AssertionError as error:
            if "Address already in use" not in str(error):
                raise
            self.skipTest("something else uses a port of a default service")
        self.addCleanup(self.daemon.__exit__, None, None, None)
        # They follow what says that it is ready.
        self.daemon.wait_for_log(r"( info try: [^\n]*\n.*){5}")
        self.suggestions = re.findall(r" info try: (.*)\n", self.daemon.log())

    def shows(self, command, pattern):
        """Whether it does, now or later: over UDP it waits only for a second."""
        def shown():
            done = subprocess.run(["sh", "-c", command], env={**os.environ, "PATH": PROGRAMS},
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  timeout=2 * PATIENCE, check=False,
                                  preexec_fn=daemon.die_with_the_test)
            text = done.stdout.decode()
            return done.returncode == 0 and re.fullmatch(pattern, text, re.DOTALL)

        return daemon.wait_until(shown)

    def test_each_default_service_is_announced_and_answers(self):
        self.assertEqual(self.daemon.listening, DEFAULTS)
        with connect("tcp://127.0.0.1:7007") as client:
            self.assertEqual(exchange(client, b"hello"), b"hello")
        self.assertEqual(ask("udp://127.0.0.1:7007", b"hello"), b"hello")
        with connect("tcp://127.0.0.1:8888") as client:
            self.assertEqual(exchange(client, b"005hello"), b"005hello")
        with Member("tcp://127.0.0.1:9000") as member:
            self.assertEqual(member.nick, "guest1")
        self.assertRegex(ask("udp://127.0.0.1:12345", b"who").decode(),
                         "echo tcp/7007, echo udp/7007, framed tcp/8888, chat tcp/9000")

    def test_there_is_a_command_to_try_for_each(self):
        self.assertEqual(len(self.suggestions), len(DEFAULTS))

    def test_the_commands_name_the_client_that_was_built_with_the_daemon(self):
        client = os.path.join(os.path.dirname(daemon.PATH), "sluice-talk")
        for command in self.suggestions:
            self.assertEqual(command.split()[0], client)

    def test_the_commands_for_echo_work(self):
        commands = [text for text in self.suggestions if text.endswith("127.0.0.1:7007")]
        self.assertEqual(len(commands), 2)
        for command in commands:
            self.assertTrue(self.shows(command, "hello\n"), command)

    def test_the_commands_with_sluice_talk_work(self):
        for end, answer in ((":8888", "hello\n"), (":12345", ".*chat tcp/9000.*")):
            command, = (text for text in self.suggestions if text.endswith(end))
            self.assertTrue(self.shows(command, answer), command)

    def test_the_command_for_chat_works_in_two_terminals(self):
        suggestion, = (text for text in self.suggestions if ":9000" in text)
        command = suggestion.removesuffix(", in two terminals")
        self.assertNotEqual(command, suggestion)
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
                   "preexec_fn": daemon.die_with_the_test}
        with subprocess.Popen(command.split(), **streams) as one, \
                subprocess.Popen(command.split(), **streams) as other:
            for process in (one, other):
                while not (line := process.stdout.readline()).startswith(b"* here: guest1"):
                    self.assertTrue(line, "it ended")
                    if line == b"* nobody else is here\n":
                        break
            one.stdin.write(b"hello\n")
            one.stdin.flush()
            line = other.stdout.readline()
            while not line.endswith(b"> hello\n"):
                self.assertTrue(line, "it ended")
                line = other.stdout.readline()
            one.kill()
            other.kill()


if __name__ == "__main__":
    if os.environ.get("SLUICED") is None:
        sys.exit("SLUICED is not set")
    daemon.main()
