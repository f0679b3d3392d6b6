#!/usr/bin/env python3
"""Sockets that a service manager passes: fd:NAME, by systemd-socket-activate and a launcher of our
own."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import daemon
from daemon import Daemon, ask, connect, exchange, free_port

LAUNCHER = str(pathlib.Path(__file__).parents[1] / "pass_sockets.py")


def passing(*sockets):
    return (sys.executable, LAUNCHER, *sockets, "--")


def fault(*arguments, sockets=(), **environment):
    """What sluiced says about its sockets, and refuses to start."""
    done = subprocess.run([*passing(*sockets), daemon.PATH, *arguments], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, timeout=daemon.PATIENCE, check=False, text=True,
                          env=dict(os.environ, **environment),
                          preexec_fn=daemon.die_with_the_test)
    assert done.returncode in (1, 2), done
    return done.stderr


class Passed(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def test_the_type_of_the_socket_decides(self):
        path = f"{self.directory}/socket"
        with Daemon("-l", "echo=fd:net", "-l", "upper=fd:local",
                    launcher=passing("net=tcp@127.0.0.1:0", "local=unix@" + path,
                                     "net=udp@127.0.0.1:0")) as sluiced:
            tcp, udp = sluiced.endpoints("echo")
            self.assertRegex(tcp, r"^tcp://127\.0\.0\.1:[1-9]")
            self.assertRegex(udp, r"^udp://127\.0\.0\.1:[1-9]")
            self.assertEqual(sluiced.endpoints("upper"), [f"unix://{path}"])
            with connect(tcp) as client:
                exchange(client, b"hello")
            self.assertEqual(ask(udp, b"hello"), b"hello")
            with connect(f"unix://{path}") as client:
                client.sendall(b"x")
                self.assertEqual(client.recv(1), b"X")
            self.assertEqual(sluiced.stop(), 0)
            self.assertTrue(os.path.exists(path), "its file belongs to the service manager")

    def test_one_of_several_of_a_name(self):
        with Daemon("-l", "echo=fd:net:2",
                    launcher=passing("net=tcp@127.0.0.1:0", "net=udp@127.0.0.1:0")) as sluiced:
            self.assertTrue(sluiced.endpoint.startswith("udp://"))
            self.assertEqual(ask(sluiced.endpoint, b"hello"), b"hello")
            sluiced.wait_for_log(r"warning fd:net:1 was passed, and no service uses it")

    def test_a_reload_keeps_them(self):
        file = self.directory / "sluiced.conf"
        text = '[[service]]\nkind = "echo"\nname = "x"\nlisten = "fd:net"\nidle = "{}"\n'
        file.write_text(text.format("1h"), encoding="utf-8")
        with Daemon("-f", str(file), launcher=passing("net=tcp@127.0.0.1:0",
                                                      "net=udp@127.0.0.1:0")) as sluiced:
            with connect(sluiced.endpoint) as client:
                exchange(client, b"1")
                file.write_text(text.format("2h"), encoding="utf-8")
                sluiced.signal(signal.SIGHUP)
                sluiced.wait_for_log("1 kept, 0 added, 1 changed, 0 removed")
                exchange(client, b"2")
            for _, endpoint in sluiced.listening:
                self.assertEqual(ask(endpoint, b"hello"), b"hello")
            # The service is gone and comes back; the socket has stayed.
            file.write_text('[[service]]\nkind = "time"\nlisten = "tcp://127.0.0.1:0"\n',
                            encoding="utf-8")
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("0 kept, 1 added, 0 changed, 2 removed")
            file.write_text(text.format("2h"), encoding="utf-8")
            sluiced.signal(signal.SIGHUP)
            sluiced.wait_for_log("0 kept, 2 added, 0 changed, 1 removed")
            with connect(sluiced.endpoint) as client:
                exchange(client, b"3")

    def test_what_is_checked_is_written_so_that_it_can_be_read_again(self):
        checked = [*passing("net=tcp@127.0.0.1:0", "net=udp@127.0.0.1:0"), daemon.PATH, "-n", "-v"]
        first = subprocess.run([*checked, "-l", "echo=fd:net"], stdout=subprocess.PIPE, check=True)
        self.assertIn(b'endpoint = "fd:net:2"', first.stdout)
        file = self.directory / "written.conf"
        file.write_bytes(first.stdout)
        again = subprocess.run([*checked, "-f", str(file)], stdout=subprocess.PIPE, check=True)
        self.assertEqual(again.stdout, first.stdout)

    def test_no_other_program_inherits_them(self):
        with Daemon("-l", "echo=fd:a", launcher=passing("a=tcp@127.0.0.1:0")) as sluiced:
            for entry in pathlib.Path(f"/proc/{sluiced.process.pid}/fd").iterdir():
                if int(entry.name) <= 2 or not os.readlink(entry).startswith("socket:"):
                    continue
                info = pathlib.Path(f"/proc/{sluiced.process.pid}/fdinfo/{entry.name}")
                flags = int(info.read_text(encoding="ascii").split("flags:")[1].split()[0], 8)
                self.assertTrue(flags & os.O_CLOEXEC, entry)

    def test_those_for_another_process_are_not_used(self):
        self.assertIn("no socket was passed to this process",
                      fault("-n", "-l", "echo=fd:a", sockets=("a=tcp@127.0.0.1:0",), PID="1"))


class Faults(unittest.TestCase):
    def test_a_name_that_does_not_exist_lists_those_that_do(self):
        said = fault("-n", "-l", "echo=fd:echoo",
                     sockets=("echo=tcp@127.0.0.1:0", "chat=tcp@127.0.0.1:0"))
        self.assertIn('"fd:echoo": no socket that was passed has that name; passed: echo and chat',
                      said)

    def test_a_socket_on_which_nothing_can_be_served(self):
        with tempfile.TemporaryDirectory() as directory:
            for socket_, why in ((f"seqpacket@{directory}/s", "is neither a stream nor a UDP socket"),
                                 ("deaf@127.0.0.1:0", "does not listen")):
                said = fault("-n", "-l", "echo=fd:a", sockets=("a=" + socket_,))
                self.assertIn(f'"fd:a": descriptor 3 {why}; allowed: a TCP or Unix socket', said)

    def test_a_kind_that_does_not_run_over_the_socket(self):
        self.assertIn("chat does not run over udp",
                      fault("-n", "-l", "chat=fd:a", sockets=("a=udp@127.0.0.1:0",)))

    def test_keys_that_only_the_binder_can_set(self):
        self.assertIn("key reuse-port is not valid for fd:a, which is bound already",
                      fault("-n", "-l", "echo=fd:a,reuse-port=on", sockets=("a=tcp@127.0.0.1:0",)))

    def test_a_socket_has_one_service(self):
        self.assertIn("fd:a is served by echo already",
                      fault("-n", "-l", "echo=fd:a", "-l", "upper=fd:a",
                            sockets=("a=tcp@127.0.0.1:0",)))

    def test_an_environment_that_contradicts_itself(self):
        one = ("a=tcp@127.0.0.1:0",)
        self.assertIn('LISTEN_FDNAMES "a:b" has 2 names for 1 sockets',
                      fault("-n", "-l", "echo=fd:a", sockets=one, NAMES="a:b"))
        self.assertIn('LISTEN_FDS "x" is not a number of sockets; allowed: 0-4096',
                      fault("-n", "-l", "echo=fd:a", sockets=one, COUNT="x"))
        self.assertIn('descriptor 4 of socket "b" is not usable: Bad file descriptor',
                      fault("-n", "-l", "echo=fd:a", sockets=one, NAMES="a:b", COUNT="2"))


class Systemd(unittest.TestCase):
    """systemd-socket-activate starts the daemon when the first client is there."""

    def knock(self, port):
        deadline = time.monotonic() + daemon.PATIENCE
        while time.monotonic() < deadline:
            try:
                self.client = connect(f"tcp://127.0.0.1:{port}")
                return
            except ConnectionRefusedError:
                time.sleep(0.02)

    def test_passes_a_named_socket(self):
        port = free_port()
        launcher = ("systemd-socket-activate", "-l", f"127.0.0.1:{port}", "--fdname=web")
        self.client = None
        knocker = threading.Thread(target=self.knock, args=(port,))
        knocker.start()
        try:
            with Daemon("-l", "echo=fd:web", launcher=launcher) as sluiced:
                knocker.join()
                self.assertEqual(sluiced.endpoint, f"tcp://127.0.0.1:{port}")
                exchange(self.client, b"it has waited in the backlog")
                self.assertEqual(sluiced.stop(), 0)
        finally:
            knocker.join()
            if self.client:
                self.client.close()


if __name__ == "__main__":
    daemon.main()
