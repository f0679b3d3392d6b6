#!/usr/bin/env python3
"""sluice-scan on a real terminal: its bar, a key, and the terminal that it leaves behind."""
import os
import pathlib
import re
import shutil
import signal
import sys
import unittest

import scan as client
import terminal
from daemon import PATIENCE, wait_until
from scan import scan

HERE = "127.0.0.1"
BAR = re.compile(r"^\[=*>? *\] \d+\.\d %  \d+/s  \d+ open  (\d+ s|\? )")
LINE = re.compile(r"^sluice-scan: \d+\.\d % done \(\d+ of \d+\), \d+/s, \d+ open, ")


class Terminal(terminal.Shell):
    def __init__(self, arguments):
        super().__init__(columns=100)
        self.arguments = arguments

    def begin(self):
        super().begin()
        self.type(f"{client.PATH} -n {self.arguments}; echo status=$?", "Enter")

    def wait_for(self, pattern):
        found = wait_until(lambda: [line for line in self.screen() if pattern.search(line)])
        if not found:
            raise AssertionError(f"{pattern.pattern}:\n" + "\n".join(self.screen()))
        return found


class OnATerminal(unittest.TestCase):
    def test_a_bar_while_it_scans_and_none_afterwards(self):
        with Terminal(f"--rate 250 -p 1-1000 {HERE}") as typed:
            typed.wait_for(BAR)
            typed.wait_for_line("status=0")
            self.assertEqual([line for line in typed.screen() if BAR.match(line)], [])
            self.assertIn("1000 closed", typed.screen())
            typed.terminal_is_restored()

    def test_a_key_prints_a_line_and_is_not_echoed(self):
        with Terminal(f"--rate 300 -p 1-1500 {HERE}") as typed:
            typed.wait_for(BAR)
            typed.type("x")
            typed.wait_for(LINE)
            typed.wait_for_line("status=0")
            self.assertFalse([line for line in typed.screen() if line.endswith("x")])

    def test_a_key_prints_a_line_also_when_there_is_no_bar(self):
        with Terminal(f"--rate 300 -p 1-1500 {HERE} 2>errors >listing") as typed:
            def written():
                typed.type("x")
                errors = pathlib.Path(typed.directory.name, "errors")
                return errors.exists() and LINE.match(errors.read_text(encoding="utf-8"))
            self.assertTrue(wait_until(written))
            # Keys that were typed before the terminal was taken are echoed.
            typed.wait_for(re.compile("^x*status=0$"))
            typed.terminal_is_restored()

    def test_control_c_prints_what_is_known_and_restores_the_terminal(self):
        with Terminal(f"--rate 200 -p 1-5000 {HERE}") as typed:
            typed.wait_for(BAR)
            typed.type("C-c")
            typed.wait_for(re.compile("; interrupted with [0-9]+ probes left$"))
            typed.wait_for_last_lines("%")
            typed.terminal_is_restored()

    def test_a_second_control_c_leaves_a_restored_terminal_too(self):
        with terminal.Shell() as typed:
            fifo = f"{typed.directory.name}/fifo"
            os.mkfifo(fifo)
            # It is open and nobody reads, so that the first one waits for somebody who does.
            held = os.open(fifo, os.O_RDWR)
            self.addCleanup(os.close, held)
            typed.type(f"{client.PATH} -n --json -p- {HERE} >fifo; clear; echo status=$?", "Enter")
            self.assertTrue(wait_until(lambda: any(BAR.match(line) for line in typed.screen())))
            typed.type("C-c")
            self.assertTrue(wait_until(
                lambda: not any(BAR.match(line) for line in typed.screen())))
            typed.type("C-c")
            typed.wait_for_last_lines("%")
            typed.terminal_is_restored()

    def test_a_reader_that_leaves_restores_the_terminal(self):
        with Terminal(f"--json -p- {HERE} | head -n 1 >first") as typed:
            typed.wait_for_line("status=0")
            typed.terminal_is_restored()

    def test_it_goes_on_after_a_stop(self):
        with Terminal(f"--rate 300 -p 1-1500 {HERE}") as typed:
            typed.wait_for(BAR)
            typed.type("C-z")
            self.assertTrue(wait_until(lambda: any("Stopped" in line for line in typed.screen())))
            typed.type("clear; stty -a >after; cmp before after && echo the same", "Enter")
            typed.wait_for_line("the same")
            typed.type("fg; echo then=$?", "Enter")
            typed.wait_for_line("then=0")
            typed.terminal_is_restored()


class Colours(unittest.TestCase):
    def test_the_state_is_coloured_on_a_terminal_unless_it_is_not_wanted(self):
        for wishes, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True),
                                 ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                                 ({"TERM": "dumb", "NO_COLOR": ""}, False)):
            with self.subTest(wishes), client.Listeners() as listening:
                ours, theirs = os.openpty()
                scan("-n", "-p", str(listening.port), HERE, stdout=theirs,
                     env={**os.environ, **wishes})
                os.close(theirs)
                shown = os.read(ours, 4096)
                os.close(ours)
                self.assertEqual(b"\x1b[32mopen\x1b[0m" in shown, coloured, shown)
                self.assertEqual(b"\x1b" in shown, coloured, shown)


class InAPipe(unittest.TestCase):
    def test_there_is_no_bar(self):
        result = scan("-n", "--rate", "1000", "-p", "1-600", HERE)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertNotIn("\x1b", result.stdout)

    def test_a_signal_prints_a_line(self):
        process = client.start("-n", "--json", "--rate", "100", "-p", "1-400", HERE)
        process.stdout.readline()
        process.send_signal(signal.SIGUSR1)
        _, err = process.communicate(timeout=2 * PATIENCE)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(err.decode(), LINE)
        self.assertEqual(err.count(b"\n"), 1)


if __name__ == "__main__":
    if shutil.which("tmux") is None:
        print("tmux is not installed: there is no terminal to look at")
        sys.exit(77)
    client.main()
