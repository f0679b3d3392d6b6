#!/usr/bin/env python3
"""sluicectl top on a terminal: what it shows at 80x24, after a resize, and when it ends."""
import itertools
import json
import re
import shutil
import subprocess
import threading
import unittest

import control
import daemon
import terminal
from daemon import Daemon, connect, exchange, wait_until


@unittest.skipIf(shutil.which("tmux") is None, "tmux is not installed")
class Top(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "control"

    def expect_on(self, shell, *parts):
        def found():
            screen = "\n".join(shell.screen())
            return all(part in screen for part in parts)
        self.assertTrue(wait_until(found), "\n".join(shell.screen()))

    def test_shows_the_services_at_80x24_and_after_a_resize_and_quits_with_q(self):
        with Daemon("--control", str(self.path), "-l", "echo=tcp://127.0.0.1:0,name=first",
                    "-l", "discard=udp://127.0.0.1:0") as sluiced, terminal.Shell() as shell, \
                connect(sluiced.endpoint) as client:
            exchange(client, b"hello")  # it has been accepted before the first sample
            shell.type(f"{control.PATH} -s {self.path} top", "Enter")
            stop = threading.Event()

            def talk():
                while not stop.wait(0.01):
                    exchange(client, b"x" * 1000)

            talker = threading.Thread(target=talk)
            talker.start()
            try:
                self.expect_on(shell, "sluiced 0.", "first tcp", "discard udp", "SLOWEST PEERS",
                               "127.0.0.1:", "#")
                # The talker, too, may not be scheduled for a second.
                self.assertTrue(wait_until(lambda: re.search(
                    r"^first tcp\S* +1 +0 +0 +\d[\d.]*k .*^q quits\Z",
                    "\n".join(shell.screen()), re.MULTILINE | re.DOTALL)),
                    "\n".join(shell.screen()))
                self.assertEqual(len(shell.screen()), 24)
                self.assertTrue(wait_until(lambda: "loop lag 0." in shell.screen()[1] or
                                           "ms" in shell.screen()[1]))

                shell.tmux("resize-window", "-x", "60", "-y", "12")
                self.assertTrue(wait_until(lambda: len(shell.screen()) == 12 and
                                           shell.screen()[-1] == "q quits"),
                                "\n".join(shell.screen()))
                self.assertTrue(all(len(line) <= 60 for line in shell.screen()))
                self.expect_on(shell, "first tcp", "discard udp")
                shell.tmux("resize-window", "-x", "120", "-y", "30")
                self.assertTrue(wait_until(lambda: len(shell.screen()) == 30 and
                                           shell.screen()[-1] == "q quits"))
            finally:
                stop.set()
                talker.join()
            shell.tmux("resize-window", "-x", "80", "-y", "24")
            self.assertTrue(wait_until(lambda: len(shell.screen()) == 24 and
                                       shell.screen()[-1] == "q quits"))
            self.assertTrue(wait_until(lambda: shell.size() == (80, 24)))
            shell.type("q")
            self.assertTrue(wait_until(
                lambda: [line for line in shell.screen() if line][-1:] == ["%"]),
                "\n".join(shell.screen()))
            shell.terminal_is_restored()

    def test_ends_with_a_message_when_the_daemon_ends(self):
        with Daemon("--control", str(self.path), "-l", "echo=tcp://127.0.0.1:0") as sluiced, \
                terminal.Shell() as shell:
            shell.type(f"{control.PATH} -s {self.path} top; echo status $?", "Enter")
            self.expect_on(shell, "echo tcp")
            self.assertEqual(sluiced.stop(), 0)
            self.expect_on(shell, "sluicectl: control socket", "status 1")

    def test_without_a_terminal_says_what_programs_use(self):
        with Daemon("--control", str(self.path), "-l", "echo=tcp://127.0.0.1:0"):
            done = control.run("-s", str(self.path), "top")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("top: this is no terminal", done.stderr)
            self.assertIn("--json top", done.stderr)

    def test_as_json_an_object_a_second_with_the_reasons_of_refusals(self):
        with Daemon("--control", str(self.path), "-l",
                    "echo=tcp://127.0.0.1:0,max=1") as sluiced, \
                connect(sluiced.endpoint) as client:
            exchange(client, b"hello")
            stop = threading.Event()

            def be_refused():
                while not stop.wait(0.01):
                    connect(sluiced.endpoint).close()

            newcomers = threading.Thread(target=be_refused)
            newcomers.start()
            try:
                with subprocess.Popen([control.PATH, "-s", str(self.path), "--json", "top"],
                                      stdout=subprocess.PIPE, text=True,
                                      preexec_fn=daemon.die_with_the_test) as top:
                    # The refusals are asked for after the services, on a busy machine long after.
                    for line in itertools.islice(top.stdout, 20):
                        shown = json.loads(line)
                        echo, = shown["services"]
                        rate = echo["refused_per_second"]
                        named = sum(each["per_second"] for each in echo["refused_by"])
                        if 0 < rate and abs(named - rate) <= 0.5 * rate:
                            break
                    top.kill()
            finally:
                stop.set()
                newcomers.join()
            echo, = shown["services"]
            self.assertEqual((echo["name"], echo["open"]), ("echo", 1))
            self.assertGreater(echo["refused_per_second"], 0)
            reason, = echo["refused_by"]
            self.assertEqual(reason["reason"], "max")
            self.assertAlmostEqual(reason["per_second"], echo["refused_per_second"], delta=
                                   0.5 * echo["refused_per_second"])
            self.assertEqual(shown["slowest_peers"][0]["service"], "echo")
            rows = control.Control(self.path).rows("show", "refusals")
            self.assertEqual([(row["name"], row["reason"]) for row in rows], [("echo", "max")])


if __name__ == "__main__":
    daemon.main()
