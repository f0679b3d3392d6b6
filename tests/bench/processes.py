"""The processes of a benchmark run: a server on one core, the load generator on another."""

import dataclasses
import json
import os
import pathlib
import select
import subprocess
import tempfile

START_SECONDS = 20
STOP_SECONDS = 5
LOAD_SECONDS = 120


class Broken(Exception):
    """A server or the load generator failed, or bytes were lost: all that fails a benchmark."""


@dataclasses.dataclass(frozen=True)
class Cores:
    server: int
    load: int

    @staticmethod
    def choose():
        allowed = sorted(os.sched_getaffinity(0))
        return Cores(allowed[0], allowed[-1])


class Programs:
    """The executables below a build directory, by name."""

    def __init__(self, build, sluiced=None):
        self._found = {}
        for path in sorted(pathlib.Path(build).rglob("*")):
            known = path.name == "sluiced" or path.name.startswith("bench_")
            if known and path.is_file() and os.access(path, os.X_OK):
                self._found.setdefault(path.name, path.resolve())
        if sluiced:
            self._found["sluiced"] = pathlib.Path(sluiced).resolve()

    def get(self, name):
        return self._found.get(name)


def server_command(programs, name, mode):
    """The command line of server `name` in `mode`, or None where it was not built."""
    if name != "sluiced":
        program = programs.get("bench_" + name)
        return program and [str(program), mode]
    program = programs.get("sluiced")
    timeout = ",idle=10m" if mode == "idle" else ""
    return program and [str(program), "-l", "echo=tcp://127.0.0.1:0" + timeout,
                        "-l", "echo=udp://127.0.0.1:0"]


def output_on_core(program, core):
    """What a program that measures by itself prints."""
    done = subprocess.run([str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=LOAD_SECONDS, check=False, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    if done.returncode != 0:
        raise Broken(f"{os.path.basename(program)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout.rstrip("\n")


class Server:
    """A running server. `wrapper` is a program in front of it, such as strace."""

    def __init__(self, command, mode, core, wrapper=()):
        self.name = os.path.basename(command[0])
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [*wrapper, *command],
            bufsize=0,  # a line that waited in a buffer here would be unseen by select()
            stdout=subprocess.PIPE,
            stderr=self._errors,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            self.port = self._wait_until_ready("udp" if mode == "udp" else "tcp")
        except Broken:
            self.stop()
            raise

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
        self._process.stdout.close()
        self._errors.close()

    def _wait_until_ready(self, transport):
        """Reads `ready PORT` (a rival), or `listening NAME ENDPOINT` lines and `ready`."""
        port = None
        while select.select([self._process.stdout], [], [], START_SECONDS)[0]:
            words = self._process.stdout.readline().decode().split()
            if not words:
                break
            if words[0] == "listening" and words[-1].startswith(transport):
                port = int(words[-1].rsplit(":", 1)[1])
            if words[0] == "ready":
                return port or int(words[1])
        raise Broken(f"{self.name} did not become ready: {self._last_error()}")

    def _last_error(self):
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").splitlines()
        return lines[-1] if lines else "nothing on standard error"


def run_load(programs, core, port, arguments, server_pid=0):
    """Runs one scenario and returns what it measured."""
    command = [programs.get("bench_load"), *arguments, "--port", port, "--core", core,
               "--server", server_pid]
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=LOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Broken(f"bench_load {arguments[0]} does not end") from error
    if done.returncode != 0:
        raise Broken(f"status {done.returncode} of {done.stderr.strip() or 'bench_load'}")
    measured = json.loads(done.stdout)
    if measured.get("lost"):
        raise Broken(f"lost or came back wrong: {measured['lost']:.0f} bytes or messages")
    return measured


def measure(programs, cores, name, mode, arguments):
    """One server, started for this measurement alone; None where it was not built."""
    command = server_command(programs, name, mode)
    if command is None:
        return None
    server = Server(command, mode, cores.server)
    try:
        measured = run_load(programs, cores.load, server.port, arguments, server.pid)
    except Broken as error:
        server.check()
        raise error
    else:
        server.check()
        return measured
    finally:
        server.stop()
