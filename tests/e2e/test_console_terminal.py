#!/usr/bin/env python3
"""sluiced --console on a real terminal: what comes in leaves what is being typed alone."""
import contextlib
import os
import re
import shutil
import signal
import sys
import unittest

import daemon
import terminal
from chat import Member
from daemon import wait_until

HERE = "* nobody else is here"


class Operator(terminal.Shell):
    """sluiced in a shell on a terminal; its log goes to a file there."""

    pid = None

    def begin(self):
        super().begin()
        self.type(f"{daemon.PATH} --console -l chat=tcp://127.0.0.1:0 2>log & echo $! >pid; "
                  "fg >/dev/null; echo status=$?", "Enter")
        self.wait_for_line(HERE)
        found = re.search(r"listening chat (\S+)", "\n".join(self.screen()))
        self.endpoint = found.group(1)
        with open(f"{self.directory.name}/pid", encoding="ascii") as file:
            self.pid = int(file.read())

    def __exit__(self, *why):
        with contextlib.suppress(ProcessLookupError):
            if self.pid is not None:
                os.kill(self.pid, signal.SIGKILL)
        super().__exit__(*why)

    def wait_for_end(self):
        # The terminal may have shown a ^C before it.
        if not wait_until(lambda: any(line.endswith("status=0") for line in self.screen())):
            raise AssertionError("it has not ended:\n" + "\n".join(self.screen()))
        self.wait_for_line("%")


class Console(unittest.TestCase):
    def test_lines_that_come_in_do_not_tear_up_the_one_that_is_typed(self):
        with Operator() as typed, Member(typed.endpoint, "ann") as ann:
            typed.wait_for_last_lines(HERE, "* guest1 joined", "* guest1 is now ann")
            typed.type("half a th", "Left", "Left")
            typed.wait_for_line("half a th")
            ann.say("news ünd", "more")
            typed.wait_for_last_lines("<ann> news ünd", "<ann> more", "half a th")
            typed.type("X", "Enter")
            self.assertEqual(ann.line(), "<operator> half a Xth")
            typed.type("Up", "!", "Enter")
            self.assertEqual(ann.line(), "<operator> half a Xth!")
            ann.send(b"\x1b[2J\n")
            typed.wait_for_line("<ann> \N{REPLACEMENT CHARACTER}[2J")

    def test_sigterm_restores_the_terminal(self):
        with Operator() as typed, Member(typed.endpoint) as ann:
            typed.type("half a li")
            typed.wait_for_line("half a li")
            os.kill(typed.pid, signal.SIGTERM)
            self.assertEqual(ann.rest(), ["* operator left"])
            ann.socket.close()
            typed.wait_for_end()
            typed.terminal_is_restored()

    def test_control_c_stops_the_daemon_and_restores_the_terminal(self):
        with Operator() as typed:
            typed.type("half a li")
            typed.wait_for_line("half a li")
            typed.type("C-c")
            typed.wait_for_end()
            typed.terminal_is_restored()

    def test_the_end_of_file_gives_the_terminal_back_and_the_daemon_goes_on(self):
        with Operator() as typed, Member(typed.endpoint) as ann:
            typed.type("bye", "Enter", "C-d")
            self.assertEqual(ann.lines(2), ["<operator> bye", "* operator left"])
            self.assertEqual(ann.ask("/who"), "* 1 member in lobby: guest1")
            typed.type("C-c")
            ann.rest()
            ann.socket.close()
            typed.wait_for_end()
            typed.terminal_is_restored()


if __name__ == "__main__":
    if shutil.which("tmux") is None:
        print("tmux is not installed: there is no terminal to type on")
        sys.exit(77)
    daemon.main()
