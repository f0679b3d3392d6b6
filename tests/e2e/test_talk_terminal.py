#!/usr/bin/env python3
"""sluice-talk on a real terminal: typed on, and looked at, through tmux."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import talk as client
from daemon import PATIENCE, wait_until

ROWS = 24
COLUMNS = 60


class Terminal:
    """A shell in a tmux of its own, and a TCP server for sluice-talk to be started against."""

    def __init__(self, *arguments):
        self.directory = tempfile.TemporaryDirectory()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "PS1='% ' ENV= exec sh")
        self.wait_for_line("%")
        self.type("stty -a >before", "Enter")
        self.wait_for_last_lines("% stty -a >before", "%")  # else its prompt gets in the way
        port = self.listener.getsockname()[1]
        self.type(f"{client.PATH} {' '.join(arguments)} 127.0.0.1:{port}; echo status=$?", "Enter")
        self.peer, _ = self.listener.accept()
        self.peer.settimeout(PATIENCE)
        self.wait_for_line(">")

    def tmux(self, *arguments):
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        return subprocess.run(
            ["tmux", "-S", f"{self.directory.name}/tmux", "-f", "/dev/null", *arguments],
            cwd=self.directory.name, env=environment, check=True, timeout=PATIENCE,
            stdout=subprocess.PIPE).stdout.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()
        self.listener.close()
        self.tmux("kill-server")
        self.directory.cleanup()

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines()]

    def wait_for_line(self, line):
        if not wait_until(lambda: line in self.screen()):
            raise AssertionError(f"{line!r} is not on the screen:\n" + "\n".join(self.screen()))

    def wait_for_last_lines(self, *lines):
        def last():
            return [line for line in self.screen() if line][-len(lines):]
        if not wait_until(lambda: last() == list(lines)):
            raise AssertionError(f"not {lines}:\n" + "\n".join(self.screen()))

    def receive_line(self):
        data = b""
        while not data.endswith(b"\n"):
            piece = self.peer.recv(1)
            if not piece:
                raise AssertionError(f"the end, after {data!r}")
            data += piece
        return data.decode()[:-1]

    def terminal_is_restored(self):
        self.type("stty -a >after; cmp before after && echo the same", "Enter")
        self.wait_for_last_lines("the same", "%")


class Typing(unittest.TestCase):
    def test_editing_keys_and_history(self):
        with Terminal() as terminal:
            terminal.type("wörl", "C-a", "X", "C-e", "d", "Left", "BSpace", "L", "Enter")
            self.assertEqual(terminal.receive_line(), "XwörLd")
            terminal.type("second", "Enter")
            self.assertEqual(terminal.receive_line(), "second")
            terminal.type("Up", "Up", "!", "Enter")
            self.assertEqual(terminal.receive_line(), "XwörLd!")
            terminal.type("abc", "Home", "C-d", "Enter")  # ^D is no end in front of something
            self.assertEqual(terminal.receive_line(), "bc")

    def test_a_line_that_comes_in_leaves_what_is_typed_alone(self):
        with Terminal() as terminal:
            terminal.type("half a th", "Left", "Left")
            terminal.wait_for_line("> half a th")
            terminal.peer.sendall("news ünd\nmore\n".encode())
            terminal.wait_for_last_lines("news ünd", "more", "> half a th")
            terminal.type("X", "Enter")
            self.assertEqual(terminal.receive_line(), "half a Xth")

    def test_also_where_it_takes_several_rows(self):
        with Terminal() as terminal:
            text = "0123456789" * 13
            terminal.type(text)
            row = COLUMNS
            rows = [("> " + text)[i:i + row] for i in range(0, len(text) + 2, row)]
            terminal.wait_for_last_lines(*rows)
            terminal.peer.sendall(b"news\n")
            terminal.wait_for_last_lines("news", *rows)
            self.assertEqual(sum(line == rows[0] for line in terminal.screen()), 1)
            terminal.type("Enter")
            self.assertEqual(terminal.receive_line(), text)

    def test_a_terminal_that_becomes_narrower_keeps_the_line(self):
        with Terminal() as terminal:
            terminal.type("0123456789" * 5)
            terminal.wait_for_line("> " + "0123456789" * 5)
            terminal.tmux("resize-window", "-x", "40", "-y", str(ROWS))
            terminal.type("X", "Enter")
            self.assertEqual(terminal.receive_line(), "0123456789" * 5 + "X")
            terminal.peer.sendall(b"news\n")
            terminal.wait_for_last_lines("news", ">")

    def test_a_paste_of_several_lines_is_several_lines(self):
        with Terminal() as terminal:
            terminal.tmux("set-buffer", "one\ntwo\nthree")
            terminal.tmux("paste-buffer")
            self.assertEqual([terminal.receive_line() for _ in range(2)], ["one", "two"])
            terminal.wait_for_line("> three")

    def test_the_escape_key_alone_holds_nothing_up(self):
        with Terminal() as terminal:
            terminal.type("Escape")
            terminal.peer.sendall(b"news\n")
            terminal.wait_for_line("news")

    def test_escape_sequences_of_the_peer_do_not_reach_the_terminal(self):
        with Terminal() as terminal:
            terminal.peer.sendall(b"\x1b[2J\x1b]0;title\x07 done\r\n")
            terminal.wait_for_line("\\x1b[2J\\x1b]0;title\\x07 done")

    def test_a_line_that_cannot_be_said_is_told_and_the_next_one_sent(self):
        with Terminal("--framing", "fixed:3") as terminal:
            terminal.type("four", "Enter")
            self.assertTrue(wait_until(
                lambda: any("framing fixed:3: " in line for line in terminal.screen())))
            terminal.type("abc", "Enter")
            self.assertEqual(terminal.peer.recv(10), b"abc")


class Ending(unittest.TestCase):
    def test_end_of_file_half_closes_and_hears_the_answer(self):
        with Terminal() as terminal:
            terminal.type("bye", "Enter", "C-d")
            self.assertEqual(terminal.receive_line(), "bye")
            self.assertEqual(terminal.peer.recv(1), b"")
            terminal.peer.sendall(b"the answer\n")
            terminal.peer.shutdown(socket.SHUT_WR)
            terminal.wait_for_line("the answer")
            terminal.wait_for_line("status=0")
            terminal.terminal_is_restored()

    def test_control_c_restores_the_terminal(self):
        with Terminal() as terminal:
            terminal.type("half a li")
            terminal.wait_for_line("> half a li")
            terminal.type("C-c")
            self.assertEqual(terminal.peer.recv(1), b"")
            terminal.wait_for_last_lines("%")
            terminal.terminal_is_restored()

    def test_a_peer_that_ends_ends_it(self):
        with Terminal() as terminal:
            terminal.peer.sendall(b"bye\n")
            terminal.peer.close()
            terminal.wait_for_line("bye")
            terminal.wait_for_line("status=0")
            terminal.terminal_is_restored()

    def test_a_failure_restores_the_terminal(self):
        with Terminal() as terminal:
            terminal.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            terminal.peer.close()
            terminal.wait_for_line("status=1")
            terminal.terminal_is_restored()

    def test_it_goes_on_after_a_stop(self):
        with Terminal() as terminal:
            terminal.type("ab")
            terminal.wait_for_line("> ab")
            terminal.type("C-z")
            self.assertTrue(wait_until(
                lambda: any("Stopped" in line for line in terminal.screen())))
            terminal.type("fg", "Enter")
            terminal.type("c", "Left", "X", "Enter")
            self.assertEqual(terminal.receive_line(), "abXc")


if __name__ == "__main__":
    if shutil.which("tmux") is None:
        print("tmux is not installed: there is no terminal to type on")
        sys.exit(77)
    client.main()
