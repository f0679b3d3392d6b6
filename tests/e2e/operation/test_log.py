#!/usr/bin/env python3
"""Where the log goes, a file, syslog or the journal; its format and its level."""
import json
import os
import re
import signal
import socket
import stat
import tempfile

import daemon
from daemon import Daemon, wait_until

ECHO = ("-l", "echo=tcp://127.0.0.1:0")
CONFIG = '[[service]]\nkind = "echo"\nlisten = "tcp://127.0.0.1:0"\n'


class Case(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "log"

    def wait_for(self, pattern, file=None):
        file = file or self.file
        self.assertTrue(wait_until(lambda: re.search(pattern, file.read_text(encoding="utf-8"))),
                        file.read_text(encoding="utf-8"))


class File(Case):
    def test_has_the_lines_and_the_standard_error_has_none(self):
        with Daemon(*ECHO, "--log-to", f"file:{self.file}") as sluiced:
            self.assertEqual(sluiced.stop(), 0)
            lines = self.file.read_text(encoding="utf-8").splitlines()
            self.assertEqual(sluiced.log(), "")
        for line in lines:
            self.assertRegex(line, rf"^{daemon.LOG_LINE.pattern}$")
        self.assertIn(" info stopped: ", lines[-1])
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode) & 0o027, 0)

    def test_is_opened_again_at_sigusr1(self):
        old = self.directory / "log.1"
        with Daemon(*ECHO, "--log-to", f"file:{self.file}") as sluiced:
            self.file.rename(old)
            sluiced.signal(signal.SIGHUP)
            self.wait_for("SIGHUP: there is nothing to reload", old)
            sluiced.signal(signal.SIGUSR1)
            self.assertTrue(wait_until(self.file.exists))
            self.wait_for(" info SIGUSR1: opened the log again\n")
            before = old.read_text(encoding="utf-8")
            self.assertEqual(sluiced.stop(), 0)
        self.assertEqual(old.read_text(encoding="utf-8"), before)

    def test_that_cannot_be_opened_again_stays_as_it_was(self):
        with Daemon(*ECHO, "--log-to", f"file:{self.file}") as sluiced:
            old = self.directory / "log.1"
            self.file.rename(old)
            self.file.mkdir()
            sluiced.signal(signal.SIGUSR1)
            self.wait_for(r'error log "\S+": Is a directory\n', old)
            self.assertEqual(sluiced.stop(), 0)
        self.wait_for("stopped: every connection finished", old)

    def test_that_cannot_be_opened_is_an_error_at_the_start(self):
        done = daemon.run(*ECHO, "--log-to", f"file:{self.directory}/none/log")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(),
                         r'error log "\S+/none/log": No such file or directory\n$')

    def test_of_the_configuration_changes_at_a_reload_or_nothing_does(self):
        config = self.directory / "sluiced.conf"
        first = f'[log]\nto = "file:{self.directory}/first"\n'
        config.write_text(first + CONFIG, encoding="utf-8")
        with Daemon("-f", str(config)) as sluiced:
            before = self.directory / "first"
            config.write_text('[log]\nto = "file:/none/log"\n' + CONFIG, encoding="utf-8")
            sluiced.signal(signal.SIGHUP)
            self.wait_for(r'error reload: log "/none/log": \S.*\n', before)
            self.wait_for("reload: nothing has changed", before)
            config.write_text(f'[log]\nto = "file:{self.file}"\nformat = "json"\n' + CONFIG,
                              encoding="utf-8")
            sluiced.signal(signal.SIGHUP)
            self.assertTrue(wait_until(self.file.exists))
            self.wait_for("reload: 1 kept, 0 added, 0 changed, 0 removed")
            sluiced.signal(signal.SIGHUP)
            self.wait_for("SIGHUP: reloading the configuration")
            self.assertEqual(sluiced.stop(), 0)
        for line in self.file.read_text(encoding="utf-8").splitlines():
            self.assertEqual(list(json.loads(line)), ["time", "level", "text"])


class Syslog(Case):
    def test_gets_messages_with_the_process_and_the_name(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(str(self.file))
            server.settimeout(daemon.PATIENCE)
            with Daemon(*ECHO, "--log-to", f"syslog:{self.file}") as sluiced:
                self.assertEqual(sluiced.stop(), 0)
                process = sluiced.process.pid
                self.assertEqual(sluiced.log(), "")
            server.settimeout(0)
            messages = []
            try:
                while True:
                    messages.append(server.recv(8192).decode())
            except BlockingIOError:
                pass
        for message in messages:
            self.assertRegex(message, rf"^<30>1 \d{{4}}-\S+Z \S+ sluiced {process} - - info \S")
        self.assertIn("stopped: every connection finished", messages[-1])

    def test_that_is_not_there_is_an_error_at_the_start(self):
        done = daemon.run(*ECHO, "--log-to", f"syslog:{self.file}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'log "{self.file}": No such file or directory', done.stderr.decode())


class Form(Case):
    def test_of_the_journal_is_a_priority_and_the_text(self):
        with tempfile.TemporaryFile("w+b") as journal:
            status = os.fstat(journal.fileno())
            environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
            with Daemon(*ECHO, prepare=lambda: os.environ.update(environment),
                        stderr=journal.fileno()) as sluiced:
                self.assertEqual(sluiced.stop(), 0)
            journal.seek(0)
            lines = journal.read().decode().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^<6>info \S")

    def test_of_somebody_else_s_journal_is_the_usual_one(self):
        with Daemon(*ECHO, prepare=lambda: os.environ.update(JOURNAL_STREAM="1:1")) as sluiced:
            sluiced.wait_for_log(rf"^{daemon.LOG_LINE.pattern}\n")

    def test_can_be_json_with_a_level(self):
        with Daemon(*ECHO, "--log-format=json", "--log-level=warning") as sluiced:
            sluiced.signal(signal.SIGTERM)
            self.assertEqual(sluiced.wait(), 0)
            self.assertEqual(sluiced.log(), "")
        with Daemon(*ECHO, "--log-format=json") as sluiced:
            self.assertEqual(sluiced.stop(), 0)
            entries = [json.loads(line) for line in sluiced.log().splitlines()]
        self.assertTrue(entries[-1]["text"].startswith("stopped: "))
        self.assertEqual({entry["level"] for entry in entries}, {"info"})

    def test_of_a_wrong_option_is_said_with_what_is_allowed(self):
        for option, value, allowed in (
                ("--log-to", "file", "is not stderr, syslog, syslog:/PATH or file:/PATH"),
                ("--log-to", "file:log", "does not begin with a slash"),
                ("--log-format", "xml", "is not text or json"),
                ("--log-level", "debug", "is not info, warning or error")):
            done = daemon.run(*ECHO, option, value)
            self.assertEqual(done.returncode, 2)
            self.assertIn(allowed, done.stderr.decode())


class Control(Case):
    def serve(self, mode, group):
        config = self.directory / "sluiced.conf"
        config.write_text(f'[control]\nsocket = "{self.file}"\nmode = {mode}\ngroup = "{group}"\n'
                          + CONFIG, encoding="utf-8")
        return Daemon("-f", str(config))

    def test_socket_of_the_configuration_has_its_mode_and_group(self):
        group = os.getgroups()[-1] if os.getuid() else 12345
        with self.serve("0o660", group):
            status = self.file.stat()
            self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o660, group))
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(daemon.PATIENCE)
                client.connect(str(self.file))
                client.sendall(b"log info\n")
                self.assertEqual(client.recv(100), b"ok\n")


if __name__ == "__main__":
    daemon.main()
