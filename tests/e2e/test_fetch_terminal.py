#!/usr/bin/env python3
"""sluice-fetch's line of progress on a real terminal, looked at through tmux."""
import re
import threading
import unittest

import fetch as client
import terminal
from daemon import PATIENCE, wait_until
from fetch import Server, head
from talk import needs


class Halves:
    """Answers with a half of the body; with the other one when it is let go."""

    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self, peer, path):
        if path == "/missing":
            peer.sendall(head(0, "404 Not Found"))
            return
        peer.sendall(head(2 * 65536) + bytes(65536))
        self.go_on.wait(PATIENCE)
        peer.sendall(bytes(65536))


@needs("tmux")
class Progress(unittest.TestCase):
    def setUp(self):
        self.halves = Halves()
        server = Server(self.halves)
        self.addCleanup(server.__exit__)
        self.addCleanup(self.halves.go_on.set)
        self.url = server.url

    def run_in(self, shell, arguments):
        shell.type(f"env -u http_proxy -u all_proxy {client.PATH} {arguments}; echo status=$?",
                   "Enter")

    @staticmethod
    def bars(shell):
        return [line for line in shell.screen() if re.match(r"\[[=> ]+\] ", line)]

    def wait_for_bar(self, shell, pattern):
        found = wait_until(lambda: any(re.search(pattern, line) for line in self.bars(shell)))
        self.assertTrue(found, "\n".join(shell.screen()))

    def test_a_line_while_it_lasts(self):
        with terminal.Shell() as shell:
            self.run_in(shell, f"-o file {self.url}/x")
            self.wait_for_bar(shell, r"^\[=+>  +\] 0 of 1  64\.0 KiB  .*/s$")
            self.assertEqual(len(self.bars(shell)), 1)
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=0", "%")
            self.assertEqual(self.bars(shell), [])

    def test_a_failure_is_told_above_it(self):
        with terminal.Shell() as shell:
            self.run_in(shell, f"-O {self.url}/missing {self.url}/x {self.url}/y")
            self.wait_for_bar(shell, r"\] 1 of 3, 1 failed  128\.0 KiB ")
            shell.wait_for_line(f"sluice-fetch: {self.url}/missing: HTTP status 404")
            self.assertEqual(len(self.bars(shell)), 1)
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=1", "%")
            self.assertEqual(self.bars(shell), [])

    def test_json_on_the_same_terminal_has_its_own_lines(self):
        with terminal.Shell(columns=200) as shell:
            self.run_in(shell, f"--json {self.url}/missing {self.url}/x 2>/dev/tty")
            self.wait_for_bar(shell, r"\] 1 of 2, 1 failed ")
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=1", "%")
            lines = [line for line in shell.screen() if line.startswith('{"url":')]
            self.assertEqual(len(lines), 2)
            self.assertEqual(self.bars(shell), [])

    def test_a_narrow_terminal_shows_no_more_than_fits(self):
        with terminal.Shell(columns=60) as shell:
            shell.tmux("resize-window", "-x", "20", "-y", str(terminal.ROWS))
            self.run_in(shell, f"-o file {self.url}/x")
            shown = re.compile(r"0 of 1  64\.0 KiB.{0,3}")
            self.assertTrue(wait_until(
                lambda: any(shown.fullmatch(line) for line in shell.screen())))
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=0", "%")

    def test_control_c_takes_it_away_and_the_file_too(self):
        with terminal.Shell() as shell:
            self.run_in(shell, f"-o file {self.url}/x")
            self.wait_for_bar(shell, r"0 of 1")
            shell.type("C-c")
            shell.wait_for_last_lines("%")
            self.assertEqual(self.bars(shell), [])
            shell.type("ls -Am", "Enter")
            shell.wait_for_last_lines("% ls -Am", "before, tmux", "%")

    def test_no_line_where_the_body_is_on_the_terminal(self):
        with terminal.Shell() as shell:
            self.run_in(shell, f"{self.url}/missing {self.url}/x | tr '\\0' . | cut -c 1-9")
            self.assertFalse(wait_until(lambda: self.bars(shell), patience=0.5))
            self.halves.go_on.set()
            shell.wait_for_line(".........")


if __name__ == "__main__":
    client.main()
