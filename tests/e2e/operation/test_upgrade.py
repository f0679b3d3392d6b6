#!/usr/bin/env python3
"""SIGUSR2 and `sluicectl upgrade`: another process takes over, and nobody is refused or reset."""
import ctypes
import os
import re
import shutil
import signal
import socket
import sys
import threading

import daemon
from control import Control
from daemon import Daemon, ask, connect, exchange, receive_all
from test_service_manager import Manager
from test_socket_activation import passing

UPGRADES = 10


def become_subreaper():
    """Processes whose parent ends become children of this one, which can wait for them."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


class Base(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "control"
        self.control = Control(self.path)
        self.process = None  # the one that serves, after an upgrade

    def tearDown(self):
        if self.process is not None:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)

    def upgrade(self, sluiced):
        """Another process serves; the old one has ended in order."""
        said = self.control.text("upgrade")
        before, self.process = self.process, int(re.search(r"process (\d+)", said).group(1))
        status = sluiced.wait() if before is None else os.waitstatus_to_exitcode(
            os.waitpid(before, 0)[1])
        self.assertEqual(status, 0, sluiced.log())

    def stop(self):
        process, self.process = self.process, None
        os.kill(process, signal.SIGTERM)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), 0)


class Clients:
    """Clients of echo services until stop(): each connects, exchanges a few blocks, and leaves."""

    def __init__(self, streams, datagrams):
        self.ended = threading.Event()
        self.errors = []
        self.connects = self.sent = self.asked = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(self.visit, each))
                        for each in streams * 2]
        self.threads += [threading.Thread(target=self.run, args=(self.ask, each))
                         for each in datagrams]
        for thread in self.threads:
            thread.start()

    def run(self, work, endpoint):
        try:
            while not self.ended.is_set():
                work(endpoint)
        except (OSError, AssertionError) as error:
            self.errors.append(error)

    def visit(self, endpoint):
        with connect(endpoint) as client:
            for size in (5, 20_000, 5):
                block = os.urandom(size)
                if exchange(client, block) != block:
                    raise AssertionError("other bytes came back")
            client.shutdown(socket.SHUT_WR)
            if receive_all(client) != b"":
                raise AssertionError("too many bytes came back")
        with self.lock:
            self.connects += 1
            self.sent += 20_010

    def ask(self, endpoint):
        if ask(endpoint, b"hello") != b"hello":
            raise AssertionError("a datagram was lost")
        with self.lock:
            self.asked += 1

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(daemon.PATIENCE)


class UnderLoad(Base):
    def test_ten_upgrades_refuse_reset_and_lose_nothing(self):
        many = "answers=1000000,answers-per-source=1000000"
        with Daemon("--control", str(self.path), "-l", "echo=tcp://127.0.0.1:0",
                    "-l", f"echo=unix://{self.directory}/echo",
                    "-l", f"echo=udp://127.0.0.1:0,{many}") as sluiced:
            endpoints = [endpoint for _, endpoint in sluiced.listening]
            clients = Clients(endpoints[:2], endpoints[2:])
            try:
                for _ in range(UPGRADES):
                    before = clients.connects
                    self.upgrade(sluiced)
                    daemon.wait_until(lambda: clients.connects > before + 3 or clients.errors)
            finally:
                clients.stop()
            self.assertEqual(clients.errors, [])
            self.assertGreater(clients.asked, UPGRADES)

            def counted():
                rows = self.control.rows("show", "services")
                return [sum(row[key] for row in rows if not row["endpoint"].startswith("udp"))
                        for key in ("accepted", "refused", "bytes_in", "bytes_out")]

            wanted = [clients.connects, 0, clients.sent, clients.sent]
            self.assertTrue(daemon.wait_until(lambda: counted() == wanted), (counted(), wanted))
            self.assertTrue(os.path.exists(self.directory / "echo"))
            self.stop()
            self.assertFalse(os.path.exists(self.directory / "echo"), "the last one removes it")
            self.assertFalse(self.path.exists())


class Upgrade(Base):
    def test_a_connection_has_time_to_end_and_is_drained_then(self):
        with Daemon("--control", str(self.path), "-l", "echo=tcp://127.0.0.1:0",
                    "--drain-timeout", "4s") as sluiced, connect(sluiced.endpoint) as old:
            exchange(old, b"before")
            said = self.control.text("upgrade")
            self.process = int(re.search(r"process (\d+)", said).group(1))
            exchange(old, b"after")
            with connect(sluiced.endpoint) as new:
                exchange(new, b"hello")
                self.assertEqual(receive_all(old), b"")
                old.close()
                self.assertEqual(sluiced.wait(), 0)
                exchange(new, b"hello again")
            self.assertIn("every connection finished", sluiced.log())
            self.stop()

    def test_a_broadcast_keeps_its_control_socket(self):
        path = self.directory / "say"

        def say():
            with connect(f"unix://{path}") as client:
                client.sendall(b"hello\n")
                client.shutdown(socket.SHUT_WR)
                return receive_all(client)

        with Daemon("--control", str(self.path), "-l",
                    f"broadcast=udp://127.0.0.1:0,control={path}") as sluiced:
            before, said = path.stat().st_ino, say()
            self.assertNotEqual(said, b"")
            for _ in range(2):
                self.upgrade(sluiced)
                self.assertEqual((path.stat().st_ino, say()), (before, said))
            self.stop()
            self.assertFalse(path.exists(), "the last one removes it")

    def test_the_configuration_is_read_anew(self):
        file = self.directory / "sluiced.conf"
        text = '[control]\nsocket = "{}"\n[[service]]\nkind = "{}"\nlisten = "tcp://127.0.0.1:{}"\n'
        file.write_text(text.format(self.path, "echo", 0), encoding="utf-8")
        with Daemon("-f", str(file)) as sluiced:
            port = sluiced.endpoint.rpartition(":")[2]
            file.write_text(text.format(self.path, "upper", port), encoding="utf-8")
            # The endpoint that was asked for is another one, and the port is taken.
            self.assertIn("Address already in use", self.control.error("upgrade"))
            file.write_text(text.format(self.path, "echo", 0) + "idle = \"1h\"\n", encoding="utf-8")
            self.upgrade(sluiced)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"the same port")
            self.stop()

    def test_sockets_of_a_service_manager_stay_and_it_follows_the_main_process(self):
        with Manager() as manager, Daemon(
                "-l", "echo=fd:net", prepare=manager.environment,
                launcher=passing("net=tcp@127.0.0.1:0", "net=udp@127.0.0.1:0")) as sluiced:
            self.assertTrue(manager.receive().startswith("READY=1"))
            sluiced.signal(signal.SIGUSR2)
            main = re.fullmatch(r"MAINPID=(\d+)", manager.receive())
            self.process = int(main.group(1))
            self.assertTrue(manager.receive().startswith("READY=1"))
            self.assertEqual(sluiced.wait(), 0)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
            self.assertEqual(ask(sluiced.endpoints("echo")[1], b"hello"), b"hello")
            self.stop()


class Failures(Base):
    """The old process goes on, and says why."""

    def setUp(self):
        super().setUp()
        self.program = self.directory / "sluiced"
        shutil.copy(shutil.which(daemon.PATH), self.program)
        self.file = self.directory / "sluiced.conf"
        self.text = f'[[service]]\nkind = "echo"\nlisten = "unix://{self.directory}/echo"\n'
        self.file.write_text(self.text, encoding="utf-8")

    def serve(self, *more):
        launcher = (sys.executable, "-c", "import os, sys; os.execv(sys.argv[1], sys.argv[1:2] + "
                    "sys.argv[3:])", str(self.program))
        return Daemon("-f", str(self.file), "--control", str(self.path), *more,
                      launcher=launcher)

    def expect_to_go_on(self, sluiced, why):
        self.assertRegex(self.control.error("upgrade"), why)
        self.assertRegex(sluiced.log(), f"error upgrade: .*{why}.*; this process goes on")
        with connect(sluiced.endpoint) as client:
            exchange(client, b"hello")
        self.assertIsNone(sluiced.process.poll())

    def test_with_a_bad_configuration(self):
        with self.serve() as sluiced:
            self.file.write_text(self.text + "idel = 5\n", encoding="utf-8")
            self.expect_to_go_on(sluiced, 'unknown key "idel"')
            self.file.write_text(self.text, encoding="utf-8")
            self.upgrade(sluiced)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
            self.stop()

    def test_without_the_program(self):
        with self.serve() as sluiced:
            self.program.unlink()
            self.expect_to_go_on(sluiced, "No such file or directory")

    def test_with_a_program_that_ends(self):
        for script, why in (("exit 3", "ended before it was ready: exit status 3"),
                            ("kill -SEGV $$", "ended before it was ready: signal 11")):
            with self.serve("--sandbox", "off") as sluiced:  # no shell runs in it
                new = self.directory / "new"
                new.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
                new.chmod(0o755)
                binary = self.program.read_bytes()
                new.rename(self.program)
                self.expect_to_go_on(sluiced, why)
                new.write_bytes(binary)
                new.chmod(0o755)
                new.rename(self.program)

    def test_while_another_upgrade_is_under_way(self):
        with self.serve("--sandbox", "off") as sluiced:  # no shell runs in it
            new = self.directory / "new"
            new.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
            new.chmod(0o755)
            new.rename(self.program)
            sluiced.signal(signal.SIGUSR2)
            sluiced.wait_for_log("upgrade: starting")
            self.assertIn("an upgrade is under way", self.control.error("upgrade"))
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("SIGHUP: not reloaded: an upgrade is under way")
            self.assertEqual(sluiced.stop(), 0)


if __name__ == "__main__":
    become_subreaper()
    daemon.main()
