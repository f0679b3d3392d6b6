"""Runs sluice-talk for a test, and servers that nobody here wrote for it to talk to.

The program's path comes from SLUICE_TALK in the environment, sluiced's from SLUICED (daemon.py).
"""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import unittest

import daemon
from daemon import PATIENCE, die_with_the_test

PATH = os.environ.get("SLUICE_TALK", "sluice-talk")


def start(*arguments, **more):
    usual = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
             "preexec_fn": die_with_the_test}
    return subprocess.Popen([PATH, *arguments], **{**usual, **more})


class Result:
    def __init__(self, process, stdout, stderr):
        self.status = process.returncode
        self.stdout = stdout
        self.lines = stdout.decode(errors="replace").splitlines()
        self.stderr = stderr.decode()


def talk(*arguments, typed=b"", patience=PATIENCE, **more):
    """Runs it to its end, with `typed` as its standard input."""
    process = start(*arguments, **more)
    out, err = daemon.to_its_end(process, typed, patience)
    return Result(process, out, err)


class Listening:
    """sluice-talk --listen -v, after it has said where."""

    def __init__(self, *arguments, endpoint="tcp://127.0.0.1:0"):
        self.process = start("--listen", "-v", *arguments, endpoint)
        self.said = []
        self.endpoint = self.event("listening on (.*)")
        self.port = self.endpoint.rpartition(":")[2]

    def event(self, pattern):
        """The first group of the next line of the standard error that matches."""
        for line in self.process.stderr:
            self.said.append(line.decode())
            if found := re.search(pattern, self.said[-1]):
                return found[1] if found.groups() else found[0]
        raise AssertionError(f"no {pattern!r} in {self.said}")

    def end_input(self, typed=b""):
        self.process.stdin.write(typed)
        self.process.stdin.close()
        self.process.stdin = None

    def end(self, typed=b""):
        """Its status and output, once its input has ended too."""
        out, err = self.process.communicate(typed, PATIENCE)
        self.said.append(err.decode())
        return self.process.returncode, out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def run(*command, typed=b""):
    """What a foreign client prints."""
    return subprocess.run(command, input=typed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          timeout=PATIENCE, check=False, preexec_fn=die_with_the_test).stdout


class Server:
    """A TCP server of one connection, whose peer `serve` talks to in a separate thread."""

    def __init__(self, serve, family=socket.AF_INET, address=None):
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self.socket.bind(address or (host, 0))
        self.socket.listen()
        self.port = 0 if family == socket.AF_UNIX else self.socket.getsockname()[1]
        self.endpoint = f"tcp://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._run, args=(serve,), daemon=True)
        self.thread.start()

    def _run(self, serve):
        with contextlib.suppress(OSError):
            client, _ = self.socket.accept()
            client.settimeout(PATIENCE)
            with client:
                serve(client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join(PATIENCE)


def saying(data):
    """For Server: sends that and closes; what the client sends is read first to its end."""
    def serve(client):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    return serve


def keeping(received, answer=b""):
    """For Server: collects what the client sends to its end, then answers."""
    def serve(client):
        while data := client.recv(65536):
            received.append(data)
        client.sendall(answer)
    return serve


def is_served(port, kind):
    """Whether somebody listens at that port of 127.0.0.1 (kind: "tcp") or has bound it ("udp")."""
    sockets = pathlib.Path(f"/proc/net/{kind}").read_text(encoding="ascii")
    state = "0A" if kind == "tcp" else "07"
    return re.search(rf": 0100007F:{port:04X} \S+ {state} ", sockets) is not None


@contextlib.contextmanager
def running(port, *command, kind="tcp", stdout=subprocess.DEVNULL):
    """A foreign program that serves a port of 127.0.0.1, for as long as the block lasts."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout,
                               stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test)
    try:
        if not daemon.wait_until(lambda: is_served(port, kind)):
            raise AssertionError(f"{command[0]} does not serve port {port}")
        yield process
    finally:
        process.kill()
        process.wait()


def memory_of(process):
    """Bytes resident."""
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def needs(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


def main():
    if shutil.which(PATH) is None:
        sys.exit(f"SLUICE_TALK={PATH}: there is no such program")
    daemon.main()


