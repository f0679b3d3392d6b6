#!/usr/bin/env python3
"""sluice-fetch on a terminal: its line of progress, looked at through tmux, and bodies."""
import contextlib
import os
import re
import socket
import termios
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

    @staticmethod
    def files(shell, name="file-[0-9]+"):
        """The lines above the bar, one for each file."""
        return [line for line in shell.screen() if re.match(name + r" +\[[=> ]+\] ", line)]

    def wait_for_bar(self, shell, pattern):
        found = wait_until(lambda: any(re.search(pattern, line) for line in self.bars(shell)))
        self.assertTrue(found, "\n".join(shell.screen()))

    def test_a_line_while_it_lasts(self):
        with terminal.Shell() as shell:
            self.run_in(shell, f"-o file {self.url}/x")
            self.wait_for_bar(shell, r"^\[=+>  +\] 0 of 1  64\.0 KiB  .*/s  50%  [0-9]+:[0-9]+ left$")
            self.assertEqual(len(self.bars(shell)), 1)
            self.assertTrue(self.files(shell, "x")[0].endswith(" left"), shell.screen())
            self.assertIn("] 64.0 KiB of 128.0 KiB ", self.files(shell, "x")[0])
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=0", "%")
            self.assertEqual(self.bars(shell) + self.files(shell), [])

    def test_each_file_in_progress_has_a_line_and_many_are_counted(self):
        names = [f"file-{n}" for n in range(12)]
        with terminal.Shell() as shell:
            urls = " ".join(f"{self.url}/{name}" for name in names[:3])
            self.run_in(shell, f"-O {urls}")
            self.wait_for_bar(shell, r"\] 0 of 3  192\.0 KiB ")
            self.assertEqual(len(self.files(shell)), 3, shell.screen())
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=0", "%")
            self.assertEqual(self.bars(shell) + self.files(shell), [])
            self.halves.go_on.clear()
            shell.type("clear", "Enter")
            urls = " ".join(f"{self.url}/{name}" for name in names[3:])
            self.run_in(shell, f"-O --parallel 9 {self.url}/missing {urls}")
            self.wait_for_bar(shell, r"\] 1 of 10, 1 failed  576\.0 KiB ")
            self.assertTrue(wait_until(lambda: "and 2 more" in shell.screen()), shell.screen())
            self.assertEqual(len(self.files(shell)), 7, shell.screen())
            shell.wait_for_line(f"sluice-fetch: {self.url}/missing: HTTP status 404")
            self.halves.go_on.set()
            shell.wait_for_last_lines("status=1", "%")
            self.assertEqual(self.bars(shell) + self.files(shell), [])

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


class Dumb(client.Scratch):
    def test_the_line_has_no_escape_sequence_and_is_overwritten(self):
        halves = Halves()
        self.addCleanup(halves.go_on.set)
        controller, terminal_end = os.openpty()
        self.addCleanup(os.close, controller)
        with Server(halves) as server:
            process = client.start("-O", f"{server.url}/missing", f"{server.url}/x",
                                   cwd=self.directory, stderr=terminal_end,
                                   env={**client.environment(), "TERM": "dumb"})
            os.close(terminal_end)
            text = b""
            with contextlib.suppress(OSError), process:  # EIO: all of it was read
                while piece := os.read(controller, 65536):
                    text += piece
                    if b"1 of 2, 1 failed" in text:
                        halves.go_on.set()
        self.assertEqual(process.returncode, 1)
        self.assertNotIn(b"\x1b", text)
        self.assertIn(b"] 1 of 2, 1 failed  64.0 KiB", text)
        self.assertRegex(text, rb"\r {40,}\r$")


class Bodies(client.Scratch):
    """The standard output is a terminal, which the test reads."""

    def shown(self, body, *arguments):
        def answer(peer, _path):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(head(len(body)))
            for byte in body:  # characters arrive in pieces
                peer.sendall(bytes([byte]))

        controller, terminal_end = os.openpty()
        self.addCleanup(os.close, controller)
        attributes = termios.tcgetattr(terminal_end)
        attributes[1] &= ~termios.OPOST  # the bytes as they were written
        termios.tcsetattr(terminal_end, termios.TCSANOW, attributes)
        with Server(answer) as server:
            result = self.fetch(*arguments, f"{server.url}/x", stdout=terminal_end)
        os.close(terminal_end)
        text = b""
        with contextlib.suppress(OSError):  # EIO: all of it was read
            while piece := os.read(controller, 65536):
                text += piece
        return result, text

    def test_escape_sequences_are_shown_and_not_obeyed(self):
        result, text = self.shown(b"\x1b]0;title\x07\x1b[31mred\n\xc2\x9b2J\ttab\r\n")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(text, b"\\x1b]0;title\\x07\\x1b[31mred\n\\xc2\\x9b2J\ttab\n")

    def test_text_in_any_script_stays(self):
        body = "Gr\u00fc\u00dfe, \u4f60\u597d, \U0001f469\u200d\U0001f680\n".encode()
        self.assertEqual(self.shown(body)[1], body)

    def test_what_turns_or_hides_text_is_shown(self):
        text = self.shown("a\u202eb\u200bc\u2028".encode())[1]
        self.assertEqual(text, rb"a\xe2\x80\xaeb\xe2\x80\x8bc\xe2\x80\xa8")

    def test_a_binary_body_is_refused(self):
        result, text = self.shown(b"\x7fELF\x00\x01")
        self.expect_failure(result, "the body is binary, and the standard output is a terminal; "
                                    "allowed: --output FILE, or --output - ")
        self.assertNotIn(0, text)

    def test_output_to_a_dash_changes_nothing(self):
        body = b"\x1b[31mred\x00\xff"
        result, text = self.shown(body, "-o", "-")
        self.assertEqual((result.status, result.stderr, text), (0, "", body))


if __name__ == "__main__":
    client.main()
