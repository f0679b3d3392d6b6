#!/usr/bin/env python3
"""sluice-talk on a real terminal: typed on, and looked at, through tmux."""
import shutil
import socket
import sys
import unittest

import talk as client
import terminal
from daemon import PATIENCE, wait_until
from terminal import ROWS

COLUMNS = 60


class Terminal(terminal.Shell):
    """sluice-talk in a shell on a terminal, and the TCP server that it was started against."""

    def __init__(self, *arguments):
        super().__init__(columns=COLUMNS)
        self.arguments = " ".join(arguments)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.peer = None

    def begin(self):
        super().begin()
        port = self.listener.getsockname()[1]
        self.type(f"{client.PATH} {self.arguments} 127.0.0.1:{port}; echo status=$?", "Enter")
        self.peer, _ = self.listener.accept()
        self.peer.settimeout(PATIENCE)
        self.wait_for_line(">")

    def __exit__(self, *why):
        if self.peer is not None:
            self.peer.close()
        self.listener.close()
        super().__exit__(*why)

    def receive_line(self):
        data = b""
        while not data.endswith(b"\n"):
            piece = self.peer.recv(1)
            if not piece:
                raise AssertionError(f"the end, after {data!r}")
            data += piece
        return data.decode()[:-1]


class Typing(unittest.TestCase):
    def test_editing_keys_and_history(self):
        with Terminal() as typed:
            typed.type("wörl", "C-a", "X", "C-e", "d", "Left", "BSpace", "L", "Enter")
            self.assertEqual(typed.receive_line(), "XwörLd")
            typed.type("second", "Enter")
            self.assertEqual(typed.receive_line(), "second")
            typed.type("Up", "Up", "!", "Enter")
            self.assertEqual(typed.receive_line(), "XwörLd!")
            typed.type("abc", "Home", "C-d", "Enter")  # ^D is no end in front of something
            self.assertEqual(typed.receive_line(), "bc")

    def test_a_line_that_comes_in_leaves_what_is_typed_alone(self):
        with Terminal() as typed:
            typed.type("half a th", "Left", "Left")
            typed.wait_for_line("> half a th")
            typed.peer.sendall("news ünd\nmore\n".encode())
            typed.wait_for_last_lines("news ünd", "more", "> half a th")
            typed.type("X", "Enter")
            self.assertEqual(typed.receive_line(), "half a Xth")

    def test_also_where_it_takes_several_rows(self):
        with Terminal() as typed:
            text = "0123456789" * 13
            typed.type(text)
            row = COLUMNS
            rows = [("> " + text)[i:i + row] for i in range(0, len(text) + 2, row)]
            typed.wait_for_last_lines(*rows)
            typed.peer.sendall(b"news\n")
            typed.wait_for_last_lines("news", *rows)
            self.assertEqual(sum(line == rows[0] for line in typed.screen()), 1)
            typed.type("Enter")
            self.assertEqual(typed.receive_line(), text)

    def test_a_terminal_that_becomes_narrower_keeps_the_line(self):
        with Terminal() as typed:
            typed.type("0123456789" * 5)
            typed.wait_for_line("> " + "0123456789" * 5)
            typed.tmux("resize-window", "-x", "40", "-y", str(ROWS))
            typed.type("X", "Enter")
            self.assertEqual(typed.receive_line(), "0123456789" * 5 + "X")
            typed.peer.sendall(b"news\n")
            typed.wait_for_last_lines("news", ">")

    def test_a_paste_of_several_lines_is_several_lines(self):
        with Terminal() as typed:
            typed.tmux("set-buffer", "one\ntwo\nthree")
            typed.tmux("paste-buffer")
            self.assertEqual([typed.receive_line() for _ in range(2)], ["one", "two"])
            typed.wait_for_line("> three")

    def test_the_escape_key_alone_holds_nothing_up(self):
        with Terminal() as typed:
            typed.type("Escape")
            typed.peer.sendall(b"news\n")
            typed.wait_for_line("news")

    def test_escape_sequences_of_the_peer_do_not_reach_the_terminal(self):
        with Terminal() as typed:
            typed.peer.sendall(b"\x1b[2J\x1b]0;title\x07 done\r\n")
            typed.wait_for_line("\\x1b[2J\\x1b]0;title\\x07 done")

    def test_a_line_that_cannot_be_said_is_told_and_the_next_one_sent(self):
        with Terminal("--framing", "fixed:3") as typed:
            typed.type("four", "Enter")
            self.assertTrue(wait_until(
                lambda: any("framing fixed:3: " in line for line in typed.screen())))
            typed.type("abc", "Enter")
            self.assertEqual(typed.peer.recv(10), b"abc")


class Ending(unittest.TestCase):
    def test_end_of_file_half_closes_and_hears_the_answer(self):
        with Terminal() as typed:
            typed.type("bye", "Enter", "C-d")
            self.assertEqual(typed.receive_line(), "bye")
            self.assertEqual(typed.peer.recv(1), b"")
            typed.peer.sendall(b"the answer\n")
            typed.peer.shutdown(socket.SHUT_WR)
            typed.wait_for_line("the answer")
            typed.wait_for_line("status=0")
            typed.terminal_is_restored()

    def test_control_c_restores_the_terminal(self):
        with Terminal() as typed:
            typed.type("half a li")
            typed.wait_for_line("> half a li")
            typed.type("C-c")
            self.assertEqual(typed.peer.recv(1), b"")
            typed.wait_for_last_lines("%")
            typed.terminal_is_restored()

    def test_a_peer_that_ends_ends_it(self):
        with Terminal() as typed:
            typed.peer.sendall(b"bye\n")
            typed.peer.close()
            typed.wait_for_line("bye")
            typed.wait_for_line("status=0")
            typed.terminal_is_restored()

    def test_a_failure_restores_the_terminal(self):
        with Terminal() as typed:
            typed.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            typed.peer.close()
            typed.wait_for_line("status=1")
            typed.terminal_is_restored()

    def test_it_goes_on_after_a_stop(self):
        with Terminal() as typed:
            typed.type("ab")
            typed.wait_for_line("> ab")
            typed.type("C-z")
            self.assertTrue(wait_until(
                lambda: any("Stopped" in line for line in typed.screen())))
            typed.type("fg", "Enter")
            typed.type("c", "Left", "X", "Enter")
            self.assertEqual(typed.receive_line(), "abXc")


if __name__ == "__main__":
    if shutil.which("tmux") is None:
        print("tmux is not installed: there is no terminal to type on")
        sys.exit(77)
    client.main()
