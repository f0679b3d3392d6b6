#!/usr/bin/env python3
"""The service irc with clients that people use: irssi on a terminal, and WeeChat without one."""
import pathlib
import shutil
import subprocess
import unittest

import daemon
from chat import Member
from daemon import PATIENCE, Daemon, InDirectory, wait_until
from terminal import Shell


class Clients(InDirectory):
    def setUp(self):
        super().setUp()
        sluiced = self.enterContext(Daemon("-l", "irc=tcp://127.0.0.1:0", "-l",
                                           "chat=tcp://127.0.0.1:0"))
        irc, lines = (sluiced.endpoints(name)[0] for name in ("irc", "chat"))
        self.port = irc.rpartition(":")[2]
        self.bob = self.enterContext(Member(lines, "bob"))

    @unittest.skipIf(shutil.which("weechat-headless") is None, "there is no weechat-headless")
    def test_weechat(self):
        home = pathlib.Path(self.directory) / "weechat"
        steps = ("/set logger.file.flush_delay 0", "/set irc.look.smart_filter off",
                 f"/server add here 127.0.0.1/{self.port} -nicks=wendy",
                 # A semicolon ends a command here, unless a backslash precedes it.
                 r"/set irc.server.here.command /join #lobby\;/msg #lobby good evening",
                 "/connect here")
        command = ["weechat-headless", "-d", str(home)]
        for step in steps:
            command += ["-r", step]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              preexec_fn=daemon.die_with_the_test) as process:
            try:
                # It takes seconds to start.
                self.assertEqual([self.bob.line(3 * PATIENCE) for _ in range(2)],
                                 ["* wendy joined", "<wendy> good evening"])
                self.bob.say("good evening yourself", "/me bows", "/topic weather")
                self.assertEqual(self.bob.line(), "* bob set the topic: weather")
                log = home / "logs" / "irc.here.#lobby.weechatlog"
                wanted = ("\tbob\tgood evening yourself\n", "bob bows\n", "weather")

                def has_read():
                    text = log.read_text(encoding="utf-8") if log.exists() else ""
                    return all(part in text for part in wanted)
                self.assertTrue(wait_until(has_read), log)
            finally:
                process.terminate()
        self.assertRegex(self.bob.line(), r"^\* wendy left")

    @unittest.skipIf(shutil.which("irssi") is None, "there is no irssi")
    def test_irssi(self):
        with Shell() as shell:
            shell.type(f"irssi --home={self.directory}/irssi -c 127.0.0.1 -p {self.port} -n irma",
                       "Enter")

            def shows(text):
                found = wait_until(lambda: any(text in line for line in shell.screen()))
                self.assertTrue(found, f"{text!r} is not on the screen:\n"
                                       + "\n".join(shell.screen()))
            shows("Welcome to the sluice network")
            shell.type("/join #lobby", "Enter")
            shows("Irssi: #lobby: Total of 2 nicks")
            self.assertEqual(self.bob.line(), "* irma joined")
            shell.type("good evening", "Enter")
            self.assertEqual(self.bob.line(), "<irma> good evening")
            self.bob.say("good evening yourself", "/me bows")
            shows("bob> good evening yourself")
            shows("* bob bows")
            shell.type("/quit bed", "Enter")
            self.assertEqual(self.bob.line(), "* irma left (bed)")


if __name__ == "__main__":
    daemon.main()
