"""Runs sluice-scan for a test, against sockets that listen on loopback.

The program's path comes from SLUICE_SCAN in the environment.
"""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import unittest

import daemon
from daemon import PATIENCE, die_with_the_test
from network import INSIDE, FarHost, in_own_network

PATH = os.environ.get("SLUICE_SCAN", "sluice-scan")


def objects_of(lines):
    """The lines of --json: the ports, and the summary."""
    objects = [json.loads(line) for line in lines]
    return objects[:-1], objects[-1]["summary"]


class Result:
    def __init__(self, process, stdout, stderr):
        self.status = process.returncode
        self.stdout = stdout.decode()
        self.lines = self.stdout.splitlines()
        self.stderr = stderr.decode()

    def objects(self):
        return objects_of(self.lines)


def start(*arguments, **more):
    usual = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
             "preexec_fn": die_with_the_test}
    return subprocess.Popen([PATH, *arguments], **{**usual, **more})


def scan(*arguments, typed=None, patience=3 * PATIENCE, **more):
    """Runs it to its end."""
    if typed is not None:
        more["stdin"] = subprocess.PIPE
    process = start(*arguments, **more)
    out, err = daemon.to_its_end(process, typed, patience)
    return Result(process, out or b"", err or b"")


class Listeners:
    """`count` ports of 127.0.0.1 that listen; use it with `with`. The kernel accepts for them."""

    def __init__(self, count=1, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sockets = []
        for _ in range(count):
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.bind((address, 0))
            listener.listen(64)
            self.sockets.append(listener)
        self.ports = sorted(each.getsockname()[1] for each in self.sockets)
        self.port = self.ports[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()


@contextlib.contextmanager
def saying(data):
    """A port of 127.0.0.1 that sends `data` to every client and then nothing; yields its number."""
    with Listeners() as listening:
        clients = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.sockets[0].accept()
                    client.sendall(data)
                    clients.append(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.port
        finally:
            listening.sockets[0].shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)
            for client in clients:
                client.close()


def far_host(*addresses):
    """A FarHost, or the test is skipped."""
    if os.environ.get(INSIDE) != "1":
        raise unittest.SkipTest("there is no network namespace")
    try:
        return FarHost(*addresses)
    except OSError as error:
        raise unittest.SkipTest(str(error)) from error


def main(seconds=220):
    if shutil.which(PATH) is None:
        sys.exit(f"SLUICE_SCAN={PATH}: there is no such program")
    # Other tests open and close ports of this host's loopback all the time, and would be scanned.
    in_own_network(optional=True)
    daemon.run_tests(seconds)
