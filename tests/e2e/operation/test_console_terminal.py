#!/usr/bin/env python3
"""sluiced --console on a real terminal: what comes in leaves what is being typed alone."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
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
    user = daemon.AS_ROOT
    then = "fg >/dev/null; echo status=$?"

    def __init__(self, before=""):
        super().__init__(columns=120)
        self.before = before

    def begin(self):
        super().begin()
        command = " ".join([self.before + daemon.PATH, *self.user])
        self.type(f"{command} --console -l chat=tcp://127.0.0.1:0 2>log & "
                  f"echo $! >pid; {self.then}", "Enter")
        # The shell may write its prompt before the line, and the number later.
        file = pathlib.Path(self.directory.name, "pid")
        if not wait_until(lambda: any(line.endswith(HERE) for line in self.screen()) and
                          file.exists() and file.read_text(encoding="ascii").endswith("\n")):
            raise AssertionError("it has not started:\n" + "\n".join(self.screen()))
        found = re.search(r"listening chat (\S+)", "\n".join(self.screen()))
        self.endpoint = found.group(1)
        self.pid = int(file.read_text(encoding="ascii"))

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


class AsAccount(Operator):
    """Two processes: the worker, whose root is an empty directory, has the terminal."""

    user = ("--user", "nobody")


class Background(Operator):
    """In the background of its shell."""

    then = ""

    def settings(self):
        """What the terminal is set to, in the words of stty(1)."""
        name = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        with open(name, encoding="ascii") as tty:
            return subprocess.run(["stty", "-a"], stdin=tty, stdout=subprocess.PIPE,
                                  check=True).stdout.decode().split()


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
            self.assertEqual(ann.rest(), ["* operator left", "* the chat is closing"])
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


@unittest.skipIf(os.geteuid() != 0, "only root can keep its privileges")
class Worker(unittest.TestCase):
    def test_it_edits_lines_ignores_control_z_and_restores_the_terminal(self):
        with AsAccount() as typed, Member(typed.endpoint, "ann") as ann:
            typed.wait_for_last_lines(HERE, "* guest1 joined", "* guest1 is now ann")
            typed.type("half a th", "Left", "Left", "ü")
            typed.wait_for_line("half a üth")
            ann.say("news")
            typed.wait_for_last_lines("<ann> news", "half a üth")
            typed.type("C-z", "Enter")
            self.assertEqual(ann.line(), "<operator> half a üth")
            self.assertEqual(ann.ask("/who")[:11], "* 2 members")
            typed.type("C-c")
            ann.rest()
            ann.socket.close()
            typed.wait_for_end()
            typed.terminal_is_restored()


class JobControl(unittest.TestCase):
    def state_of(self, typed):
        """R, S or D: it runs; T: it is stopped."""
        with open(f"/proc/{typed.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def wait_for_end_of_a_line(self, typed, text):
        """The prompt of the shell may stand before it."""
        found = wait_until(lambda: any(line.endswith(text) for line in typed.screen()))
        self.assertTrue(found, "\n".join(typed.screen()))

    def expect_service(self, typed, ann):
        self.assertEqual(ann.ask("/who")[:11], "* 2 members")
        self.assertIn(self.state_of(typed), "RSD")

    def test_in_the_background_it_serves_and_leaves_the_terminal_to_the_shell(self):
        with Background() as typed, Member(typed.endpoint, "ann") as ann:
            self.expect_service(typed, ann)
            typed.type("echo typed to the shell", "Enter")
            typed.wait_for_line("typed to the shell")
            ann.say("news")
            self.wait_for_end_of_a_line(typed, "<ann> news")
            self.expect_service(typed, ann)
            typed.type("fg >/dev/null", "Enter")
            self.assertTrue(wait_until(lambda: self.has_a_line_editor(typed)))
            typed.type("half", "Left", "X", "Enter")
            self.assertEqual(ann.line(), "<operator> halXf")

    def has_a_line_editor(self, typed):
        return "-icanon" in typed.settings()

    def test_in_the_background_it_ends_without_touching_the_terminal(self):
        with Background() as typed:
            os.kill(typed.pid, signal.SIGTERM)
            typed.type("wait; echo ended=$?", "Enter")
            self.assertTrue(wait_until(lambda: "ended=0" in typed.screen()))
            typed.terminal_is_restored()

    def test_a_terminal_that_stops_writers_in_the_background_stops_no_service(self):
        with Background("stty tostop; ") as typed, Member(typed.endpoint, "ann") as ann:
            ann.say("news")
            self.wait_for_end_of_a_line(typed, "<ann> news")
            self.expect_service(typed, ann)

    def test_control_z_stops_no_service(self):
        with Operator() as typed, Member(typed.endpoint, "ann") as ann:
            typed.wait_for_last_lines(HERE, "* guest1 joined", "* guest1 is now ann")
            typed.type("half")
            typed.wait_for_line("half")
            typed.type("C-z")
            typed.wait_for_line("* Ctrl-Z is ignored: the services go on. Ctrl-D ends the console, "
                                "Ctrl-C stops the daemon.")
            self.expect_service(typed, ann)
            typed.type("X", "Enter")
            self.assertEqual(ann.line(), "<operator> halfX")
            typed.type("C-d")
            self.assertEqual(ann.line(), "* operator left")
            typed.type("C-z")
            self.assertEqual(ann.ask("/who"), "* 1 member in lobby: ann")
            self.assertIn(self.state_of(typed), "RSD")

    def test_a_shell_that_takes_it_to_the_background_gets_the_terminal(self):
        with Operator() as typed, Member(typed.endpoint, "ann") as ann:
            os.kill(typed.pid, signal.SIGSTOP)
            typed.wait_for_line("%")
            # What has been stopped by force leaves the terminal as it was for it: without echo.
            typed.type("bg >/dev/null", "Enter", "echo typed to the shell", "Enter")
            self.wait_for_end_of_a_line(typed, "typed to the shell")
            self.expect_service(typed, ann)


if __name__ == "__main__":
    if shutil.which("tmux") is None:
        print("tmux is not installed: there is no terminal to type on")
        sys.exit(77)
    daemon.main()
