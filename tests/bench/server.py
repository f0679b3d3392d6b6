"""A server as a process: started, waited for, ended."""

import os
import select
import subprocess
import tempfile

import certificate

START_SECONDS = 20
STOP_SECONDS = 5
# How the endpoints begin whose ports are used.
TRANSPORTS = {"udp": "udp", "tls": "tls", "tls-relay": "tls", "scrapes": ("tcp", "http"),
              "websocket": "ws", "websocket-idle": "ws"}


class Broken(Exception):
    """A server or the load generator failed, or bytes were lost: all that fails a benchmark."""


class Server:
    """A running server. `wrapper` is a program in front of it, such as strace."""

    def __init__(self, command, mode, core, wrapper=()):
        self.name = os.path.basename(command[0])
        self._errors = tempfile.TemporaryFile()
        self._environment = {**os.environ, **(certificate.environment() if mode.startswith("tls") else {})}
        self._process = self._start([*wrapper, *command], core)
        try:
            self.ports = self._wait_until_ready(TRANSPORTS.get(mode, "tcp"))
        except Broken:
            self.stop()
            raise

    def _start(self, words, core):
        return subprocess.Popen(
            words,
            bufsize=0,  # a line that waited in a buffer here would be unseen by select()
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=self._environment,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )

    @property
    def port(self):
        return self.ports[-1]

    @property
    def pid(self):
        return self._process.pid

    def check(self):
        if self._process.poll() is not None:
            status = self._process.returncode
            raise Broken(f"{self.name} ended with status {status}: {self._last_error()}")

    def stop(self, pid=None):
        """Ends the server; `pid` is whom to tell, where that is not the process started here."""
        if self._process.poll() is None:
            os.kill(pid or self._process.pid, 15)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def _wait_until_ready(self, transport):
        """Reads `ready PORT` (a rival), or `listening NAME ENDPOINT` lines and `ready`.

        Returns the ports in the order of the lines.
        """
        ports = []
        while select.select([self._process.stdout], [], [], START_SECONDS)[0]:
            words = self._process.stdout.readline().decode().split()
            if not words:
                break
            if words[0] == "listening" and words[-1].startswith(transport):
                ports.append(int(words[-1].rsplit(":", 1)[1]))
                if len(words) == 2:  # an example of the pages, which says no more
                    return ports
            if words[0] == "ready":
                return ports or [int(words[1])]
        raise Broken(f"{self.name} did not become ready: {self._last_error()}")

    def _last_error(self):
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").splitlines()
        return lines[-1] if lines else "nothing on standard error"
