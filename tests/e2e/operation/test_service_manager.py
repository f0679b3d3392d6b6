#!/usr/bin/env python3
"""What sluiced reports to a service manager: READY, STOPPING, WATCHDOG, each at its time."""
import os
import signal
import socket
import tempfile
import unittest

import daemon
from daemon import Daemon, connect, exchange

ECHO = ("-l", "echo=tcp://127.0.0.1:0")


class Manager:
    """The socket of a service manager; environment() for the daemon's prepare=."""

    def __init__(self, **more):
        self.directory = tempfile.TemporaryDirectory()
        self.path = f"{self.directory.name}/notify"
        self.more = more
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(daemon.PATIENCE)

    def environment(self):
        os.environ.update(self.more, NOTIFY_SOCKET=self.path)

    def receive(self):
        return self.socket.recv(4096).decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.directory.cleanup()


class ServiceManager(unittest.TestCase):
    def test_learns_that_the_daemon_serves_and_that_it_drains(self):
        with Manager() as manager:
            with Daemon(*ECHO, *ECHO, prepare=manager.environment) as sluiced:
                self.assertEqual(manager.receive(), "READY=1\nSTATUS=serving 2 services")
                with connect(sluiced.endpoint) as client:
                    self.assertEqual(exchange(client, b"x"), b"x")
                    sluiced.signal(signal.SIGTERM)
                    self.assertEqual(
                        manager.receive(),
                        "STOPPING=1\nSTATUS=draining 1 connection for at most 5000 ms")
                self.assertEqual(sluiced.wait(), 0)

    def test_that_sets_a_watchdog_gets_signs_of_life(self):
        with Manager(WATCHDOG_USEC="200000") as manager:
            with Daemon(*ECHO, prepare=manager.environment):
                manager.receive()
                self.assertEqual([manager.receive(), manager.receive()], ["WATCHDOG=1"] * 2)

    def test_that_has_gone_is_a_warning(self):
        with Manager() as manager:
            environment = manager.environment
        with Daemon(*ECHO, prepare=environment) as sluiced:
            sluiced.wait_for_log("warning NOTIFY_SOCKET: the service manager cannot be reached: "
                                 "No such file or directory")
            self.assertEqual(sluiced.stop(), 0)


if __name__ == "__main__":
    daemon.main()
