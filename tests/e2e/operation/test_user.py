#!/usr/bin/env python3
"""sluiced -u: the account that it serves as. test_privileges.py tests the two processes."""
import os
import pathlib
import pwd
import re
import signal
import unittest

import daemon
from control import Control
from daemon import Daemon, connect, exchange, run

ECHO = '[[service]]\nkind = "echo"\nlisten = ["tcp://127.0.0.1:0"]\n'
NOBODY = pwd.getpwnam("nobody")


@unittest.skipIf(os.geteuid() != 0, "only root can serve as another account")
class User(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)
        self.file = self.directory / "sluiced.conf"

    def write(self, text, mode=0o644):
        self.file.write_text(text, encoding="utf-8")
        self.file.chmod(mode)

    def status(self, process):
        text = pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii")
        return dict(re.findall(r"(\w+):\t(.*)\n", text))

    def expect_nobody(self, sluiced):
        parent = sluiced.process.pid
        path = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
        worker, = path.read_text(encoding="ascii").split()
        status = self.status(worker)
        self.assertEqual(status["Uid"].split(), 4 * [str(NOBODY.pw_uid)])
        self.assertEqual(status["Gid"].split(), 4 * [str(NOBODY.pw_gid)])
        self.assertEqual(status["Groups"].split(), [str(NOBODY.pw_gid)])
        for capabilities in ("CapPrm", "CapEff"):
            self.assertEqual(int(status[capabilities], 16), 0)
        with connect(sluiced.endpoint) as client:
            self.assertEqual(exchange(client, b"hello"), b"hello")

    def test_it_serves_as_the_account_and_says_so(self):
        control = Control(self.directory / "control")
        with Daemon("-l", "echo=tcp://127.0.0.1:0", "-u", "nobody",
                    "--control", control.path) as sluiced:
            self.expect_nobody(sluiced)
            sluiced.wait_for_log(rf" info sandbox: user \(nobody, uid {NOBODY.pw_uid}\)")
            self.assertEqual(control.rows("show", "sandbox")[0]["layer"], "user")

    def test_the_file_can_say_it_and_the_command_line_wins(self):
        self.write('user = "nobody"\n' + ECHO)
        with Daemon("-f", str(self.file), user=()) as sluiced:
            self.expect_nobody(sluiced)
        with Daemon("-f", str(self.file), "--user", "root") as sluiced:
            self.assertEqual(self.status(sluiced.process.pid)["Uid"].split(), 4 * ["0"])

    def test_what_only_root_may_read_is_read_again(self):
        self.write('user = "nobody"\n' + ECHO, 0o600)
        with Daemon("-f", str(self.file), user=()) as sluiced:
            self.expect_nobody(sluiced)
            self.write('user = "nobody"\n' + ECHO + ECHO, 0o600)
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("info reload: 1 kept, 1 added")
            self.expect_nobody(sluiced)

    def test_another_user_applies_at_the_next_start(self):
        self.write('user = "nobody"\n' + ECHO)
        with Daemon("-f", str(self.file), user=()) as sluiced:
            self.write('user = "root"\n' + ECHO)
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("user stays as it is until a new start")

    def test_an_account_that_does_not_exist_is_named(self):
        for more in ((), ("-n",)):
            result = run("-l", "echo=tcp://127.0.0.1:0", "-u", "no-such-account", *more)
            self.assertEqual(result.returncode, 1)
            self.assertIn('user "no-such-account": there is no such account',
                          result.stderr.decode())


def has_account(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


@unittest.skipIf(os.geteuid() != 0, "only root can serve as another account")
@unittest.skipIf(has_account("_sluiced"), "root serves as _sluiced, which exists")
class RootWithoutUser(daemon.InDirectory):
    """Root itself would handle what strangers send, so it serves this host alone."""
    ELSEWHERE = ("echo=tcp://*:0", "echo=udp://0.0.0.0:0", "metrics=http://[::]:0,allow=::1",
                 "echo=tcp://192.0.2.1:7")

    def test_it_refuses_other_hosts_and_says_why(self):
        for listen in self.ELSEWHERE:
            with self.subTest(listen):
                done = run("-l", "echo=tcp://127.0.0.1:0", "-l", listen)
                kind, endpoint = listen.partition(",")[0].split("=")
                self.assertEqual((done.returncode, done.stdout), (1, b""))
                self.assertRegex(
                    done.stderr.decode(),
                    rf" error {kind} {re.escape(endpoint)}: without an account, root serves only "
                    "loopback .*the account _sluiced, .*--user root serves as root\n")

    def test_it_serves_this_host(self):
        with Daemon("-l", "echo=tcp://127.0.0.2:0", "-l", "echo=udp://localhost:0", "-l",
                    f"echo=unix://{self.directory}/s", user=()) as sluiced:
            for endpoint in (sluiced.endpoint, f"unix://{self.directory}/s"):
                with connect(endpoint) as client:
                    self.assertEqual(exchange(client, b"hello"), b"hello")

    def test_it_serves_every_host_if_root_is_written_and_does_not_warn(self):
        with Daemon("-l", "echo=tcp://*:0", "--user", "root") as sluiced:
            self.assertNotIn("warning sandbox: user", sluiced.log())

    def test_a_reload_is_held_to_the_same(self):
        file = self.directory / "sluiced.conf"
        file.write_text(ECHO, encoding="utf-8")
        with Daemon("-f", str(file), user=()) as sluiced:
            file.write_text(ECHO.replace("127.0.0.1", "*"), encoding="utf-8")
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("error reload: echo tcp://.*: without an account, root serves")
            sluiced.wait_for_log("error reload: nothing has changed")


if __name__ == "__main__":
    daemon.main()
