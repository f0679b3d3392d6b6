"""Servers that Debian packages, started where they are installed, on a free port."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import server

NAMES = ("redis", "ngircd")

# Penalties, limits and look-ups off: they are there to be slow.
NGIRCD = """[Global]
Name = bench.invalid
Info = benchmark
Listen = 127.0.0.1
Ports = {port}
ServerUID = {user}
ServerGID = {group}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
"""


def program(name):
    return shutil.which({"redis": "redis-server"}.get(name, name),
                        path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def command(name, port, directory):
    if name == "redis":
        # No limit on what waits for a subscriber: the others drop none either.
        return [program(name), "--port", str(port), "--bind", "127.0.0.1", "--dir", directory,
                "--save", "", "--appendonly", "no", "--daemonize", "no",
                "--client-output-buffer-limit", "pubsub 0 0 0"]
    conf = pathlib.Path(directory, "ngircd.conf")
    conf.write_text(NGIRCD.format(port=port, user=os.getuid(), group=os.getgid()))
    return [program(name), "--nodaemon", "--config", str(conf)]


class LentServer(server.Server):
    """It prints what it likes, and is ready when it accepts a connection."""

    def __init__(self, name, core):
        self._directory = tempfile.TemporaryDirectory(prefix="sluice-bench-")
        self._port = free_port()
        super().__init__(command(name, self._port, self._directory.name), "chat", core)

    def stop(self, pid=None):
        super().stop(pid)
        self._directory.cleanup()

    def _wait_until_ready(self, transport):
        give_up = time.monotonic() + server.START_SECONDS
        while time.monotonic() < give_up:
            self.check()
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return [self._port]
            except OSError:
                time.sleep(0.02)
        raise server.Broken(f"{self.name} did not become ready: {self._last_error()}")

    def _start(self, words, core):
        # Where nobody reads, so that a server that logs much is not held up by a full pipe.
        return subprocess.Popen(words, stdout=self._errors, stderr=self._errors,
                                preexec_fn=lambda: os.sched_setaffinity(0, {core}))
