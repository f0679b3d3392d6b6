#!/usr/bin/env python3
"""sluicectl monitor: the events of a running daemon, and a client that does not read them."""
import contextlib
import json
import os
import select
import socket
import subprocess

import control
import daemon
from control import Control
from daemon import Daemon, connect, exchange, wait_until, was_closed


class Monitor:
    """sluicectl monitor, which is killed at the end if it still runs."""

    def __init__(self, path, *options):
        self.process = subprocess.Popen([control.PATH, "-s", str(path), *options, "monitor"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=daemon.die_with_the_test)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def wait_until_it_watches(self, path):
        """Makes lines of the log until one is shown; returns that."""
        while not select.select([self.process.stdout], [], [], 0.1)[0]:
            Control(path).text("log", "info")
        line = self.process.stdout.readline()
        while "slow turn" in line:  # of a busy machine
            line = self.process.stdout.readline()
        return line

    def event(self, kind, **wanted):
        """The next row of that kind with these values, of which a text is a part."""
        for line in self.process.stdout:
            row = json.loads(line)
            if row["event"] == kind and all(value in row[key] for key, value in wanted.items()):
                return row
        raise AssertionError(f"the monitor ended without {kind}")


class Case(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "control"

    def daemon(self, *arguments):
        return Daemon("--control", str(self.path), *arguments)


class Events(Case):
    def test_a_connection_is_opened_and_closed(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0,name=first") as sluiced, \
                Monitor(self.path, "--json") as monitor:
            monitor.wait_until_it_watches(self.path)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
                peer = f"127.0.0.1:{client.getsockname()[1]}"
            opened = monitor.event("opened", peer=peer)
            self.assertEqual((opened["service"], opened["endpoint"]), ("first", sluiced.endpoint))
            closed = monitor.event("closed", peer=peer)
            self.assertEqual((closed["bytes_in"], closed["bytes_out"]), (5, 5))

    def test_the_peer_of_a_unix_socket_is_its_user_and_process(self):
        with self.daemon("-l", f"echo=unix://{self.directory}/echo") as sluiced, \
                Monitor(self.path, "--json") as monitor:
            monitor.wait_until_it_watches(self.path)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
            closed = monitor.event("closed", service="echo")
            self.assertEqual(closed["peer"],
                             f"uid:{os.geteuid()},gid:{os.getegid()},pid:{os.getpid()}")

    def test_a_refused_newcomer_and_the_line_of_the_log(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0,max=1") as sluiced, \
                Monitor(self.path, "--json") as monitor:
            monitor.wait_until_it_watches(self.path)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"x")
                with connect(sluiced.endpoint) as other:
                    self.assertTrue(was_closed(other))
                refused = monitor.event("refused")
                self.assertEqual((refused["endpoint"], refused["count"]), (sluiced.endpoint, 1))
                self.assertIn("the limit of 1 connection", refused["reason"])
                self.assertEqual(monitor.event("log", text="refused: ")["level"], "warning")

    def test_people_read_a_line_for_each_event(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"), Monitor(self.path) as monitor:
            self.assertRegex(monitor.wait_until_it_watches(self.path),
                             r'^\d{4}-\S+Z log level=info text="user \d+: log info"\n$')

    def test_it_ends_with_the_daemon(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"), Monitor(self.path, "--json") as monitor:
            monitor.wait_until_it_watches(self.path)
            Control(self.path).text("stop")
            monitor.event("log", text="control: draining")
            monitor.process.stdout.read()
            self.assertEqual(monitor.process.wait(daemon.PATIENCE), 0)

    def test_a_watcher_that_leaves_frees_its_place(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"):
            for _ in range(40):  # more than may be connected at once
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(str(self.path))
                    # It is refused where the daemon has not noticed that the others have left.
                    with contextlib.suppress(ConnectionError):
                        client.sendall(b"monitor\n")
            self.assertTrue(
                wait_until(lambda: control.run("-s", str(self.path), "help").returncode == 0))

    def test_a_watcher_that_does_not_read_loses_events_and_learns_how_many(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"), \
                socket.socket(socket.AF_UNIX) as watcher:
            watcher.settimeout(daemon.PATIENCE)
            watcher.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            watcher.connect(str(self.path))
            watcher.sendall(b"monitor\n")
            orders = Control(self.path)
            orders.rows("show", "services")  # is answered after the watcher's command
            count = 3000
            with socket.socket(socket.AF_UNIX) as other:
                other.settimeout(daemon.PATIENCE)
                other.connect(str(self.path))
                for _ in range(count):  # each is a line of the log
                    other.sendall(b"log info\n")
                    self.assertEqual(other.recv(100), b"ok\n")
                text = b""
                watcher.settimeout(0.5)
                try:
                    while piece := watcher.recv(65536):
                        text += piece
                except TimeoutError:
                    pass
                watcher.settimeout(daemon.PATIENCE)
                self.assertLess(text.count(b"\n"), count)
                orders.text("ban", "192.0.2.1")  # no other line of the log names that
                while b"ban 192.0.2.1" not in text or not text.endswith(b"\n"):
                    text += watcher.recv(65536)
            rows = [json.loads(line) for line in text.splitlines()]
            dropped = sum(row["count"] for row in rows if row["event"] == "dropped")
            logged = sum(row["event"] == "log" for row in rows)
            self.assertGreater(dropped, 0)
            # On a busy machine the log has lines of slow turns too, at most one a second.
            self.assertGreaterEqual(dropped + logged, count + 1)
            self.assertLess(dropped + logged, count + 100)


if __name__ == "__main__":
    daemon.main()
