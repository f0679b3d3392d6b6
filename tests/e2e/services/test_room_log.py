#!/usr/bin/env python3
"""The logs of rooms of sluiced: what is kept, a reload, a rotation, and a limit on files."""
import contextlib
import os
import pwd
import resource
import signal
import unittest

import daemon
from chat import Member
from daemon import Daemon, connect, wait_until

IRC = b"NICK cat\r\nUSER cat 0 * :Cat\r\nJOIN #lobby,#kitchen\r\n"


class RoomLog(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.logs = self.directory / "rooms"
        self.logs.mkdir(mode=0o700)
        self.file = self.directory / "sluiced.conf"

    def write(self, rooms, first=""):
        keys = f'room-log = "{self.logs}"\nlogged-rooms = {rooms}\n' if rooms else ""
        self.file.write_text(
            f'{first}[[service]]\nkind = "chat"\nlisten = "tcp://127.0.0.1:0"\n{keys}'
            '[[service]]\nkind = "irc"\nlisten = "tcp://127.0.0.1:0"\n', encoding="utf-8")

    def text(self, room="lobby"):
        with contextlib.suppress(FileNotFoundError):
            return (self.logs / f"main.{room}.log").read_text(encoding="utf-8")
        return ""

    def wait_for(self, what, room="lobby"):
        self.assertTrue(wait_until(lambda: what in self.text(room)), self.text(room))

    def follow_a_room(self, sluiced):
        """What is kept of a room that members of two doors are in."""
        ann = self.enter_context(Member(sluiced.endpoint))
        self.assertEqual(ann.line(), "* the room lobby is logged")
        ann.say("/nick ann")
        cat = self.enter_context(connect(sluiced.endpoints("irc")[0]))
        cat.sendall(IRC)
        lines = cat.makefile("rb")
        self.assertIn(b" :#lobby is logged\r\n",
                      next(line for line in lines if b" NOTICE cat " in line))
        self.wait_for(" * cat joined\n")
        ann.say("hello", "/msg cat a secret")
        self.assertIn(b":a secret\r\n", next(line for line in lines if b"secret" in line))
        self.wait_for(" <ann> hello\n")
        self.assertNotIn("secret", self.text())
        self.assertRegex(self.text(), r"\A(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S.*\n)+\Z")
        # A room that a member opens makes no file.
        self.assertEqual(os.listdir(self.logs), ["main.lobby.log"])
        return ann

    def enter_context(self, manager):
        self.addCleanup(manager.__exit__, None, None, None)
        return manager.__enter__()

    def follow_a_rotation_and_a_reload(self, sluiced, ann):
        (self.logs / "main.lobby.log").rename(self.logs / "main.lobby.log.1")
        sluiced.signal(signal.SIGUSR1)
        sluiced.wait_for_log(r"info SIGUSR1: opened the logs of 1 room again\n")
        ann.say("after the rotation")
        self.wait_for(" <ann> after the rotation\n")
        self.assertNotIn("hello", self.text())
        return ann

    def reload(self, sluiced, rooms, first=""):
        self.write(rooms, first)
        sluiced.signal(signal.SIGHUP)

    def serve_and_reload(self, first="", user=daemon.AS_ROOT):
        self.write('["lobby"]', first)
        with Daemon("-f", str(self.file), user=user) as sluiced:
            ann = self.follow_a_room(sluiced)
            self.follow_a_rotation_and_a_reload(sluiced, ann)
            self.reload(sluiced, '["lobby", "Kitchen"]', first)
            sluiced.wait_for_log("info reload: 0 kept, 0 added, 2 changed, 0 removed")
            ann.say("/join kitchen")
            ann.lines_until("* the room kitchen is logged")
            ann.say("warm here")
            self.wait_for(" <ann> warm here\n", "kitchen")
            (self.logs / "main.cellar.log").mkdir()
            self.reload(sluiced, '["lobby", "cellar"]', first)
            sluiced.wait_for_log(r'error reload: log "\S+/main.cellar.log": \S.*\n')
            sluiced.wait_for_log("error reload: nothing has changed")
            ann.say("still here")
            self.wait_for(" <ann> still here\n", "kitchen")
            self.reload(sluiced, "", first)
            ann.lines_until("* the room kitchen is not logged now")
            self.assertEqual(sluiced.stop(), 0)

    def test_in_one_process(self):
        self.serve_and_reload()

    @unittest.skipIf(os.geteuid() != 0, "only root can keep its privileges")
    def test_of_a_worker_in_a_directory_of_root(self):
        self.serve_and_reload('user = "nobody"\n', user=())
        self.assertEqual((self.logs / "main.lobby.log").stat().st_uid, 0)
        self.assertNotEqual(pwd.getpwnam("nobody").pw_uid, 0)

    def test_that_cannot_be_opened_is_an_error_at_the_start(self):
        done = daemon.run("-l", f"chat=tcp://127.0.0.1:0,room-log={self.directory}/none")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(),
                         r'error log "\S+/none/main.lobby.log": No such file or directory\n$')

    def test_with_no_room_left_the_chat_goes_on(self):
        def limit_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        service = f"chat=tcp://127.0.0.1:0,room-log={self.logs}"
        with Daemon("-l", service, prepare=limit_files, stderr=None) as sluiced:
            with Member(sluiced.endpoint, "ann") as ann, Member(sluiced.endpoint, "bob") as bob:
                for number in range(20):
                    ann.say(f"{number} " + 100 * "x")
                    bob.lines_until(f"<ann> {number} ")
                self.assertEqual((self.logs / "main.lobby.log").stat().st_size, 1000)
            self.assertEqual(sluiced.stop(), 0)


if __name__ == "__main__":
    daemon.main()
