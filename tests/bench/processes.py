"""The processes of a benchmark run: a server on one core, the load generator on another."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

import certificate
import lent_servers
from server import Broken, Server

LOAD_SECONDS = 120
# The control socket of the daemon whose metrics are read.
CONTROL = os.path.join(tempfile.gettempdir(), f"sluice-bench-{os.getpid()}.control")
# What bench_load has to speak to who passes lines on; all others speak "raw".
DIALECTS = {"sluiced": "chat", "redis": "redis", "ngircd": "irc"}
# No member is to be slowed down on purpose, or turned away.
CHAT = "chat=tcp://127.0.0.1:0,rate=off,history=0,max-members=2000,send-queue=1048576"


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


# What passes on to another server, which BENCH_UPSTREAM names.
PROXIES = {"bare_splice": "splice", "bare_copy": "copy"}


def server_command(programs, name, mode):
    """The command line of server `name` in `mode`, or None where it was not built."""
    if name == "sluiced_loops":
        one = server_command(programs, "sluiced", mode)
        return one and [*one, "--workers", "2"]
    if mode == "proxy" and name == "sluiced":
        program = programs.get("bench_proxy")
        upstream = os.environ.get("BENCH_UPSTREAM")
        return program and [str(program), "tcp://127.0.0.1:0", f"tcp://127.0.0.1:{upstream}"]
    if name in PROXIES:
        program = programs.get("bench_bare_proxy")
        return program and [str(program), PROXIES[name]]
    if name != "sluiced":
        program = programs.get("bench_" + name)
        return program and [str(program), mode]
    program = programs.get("sluiced")
    # One process, also where the account _sluiced exists.
    as_root = ["--user", "root"] if os.geteuid() == 0 else []
    if mode == "chat":
        return program and [str(program), *as_root, "-l", CHAT]
    if mode == "fairness":
        return program and [str(program), *as_root, "-l", "framed=tcp://127.0.0.1:0", "-l",
                            "echo=tcp://127.0.0.1:0"]
    if mode == "scrapes":
        return program and [str(program), *as_root, "--control", CONTROL, "-l",
                            "metrics=http://127.0.0.1:0", "-l", "echo=tcp://127.0.0.1:0"]
    if mode.startswith("websocket"):
        kind = "relay" if mode == "websocket" else "echo"
        return program and [str(program), *as_root, "-l", f"{kind}=ws://127.0.0.1:0"]
    if mode in ("tls", "tls-relay"):
        # Without OpenSSL there is no TLS in the daemon either.
        there = program and programs.get("bench_bare_tls")
        kind = "relay" if mode == "tls-relay" else "echo"
        return there and [str(program), *as_root, "-l",
                          f"{kind}=tls://127.0.0.1:0,cert={certificate.cert()},"
                          f"key={certificate.key()}"]
    timeout = ",idle=10m" if mode == "idle" else ""
    return program and [str(program), *as_root, "-l", "echo=tcp://127.0.0.1:0" + timeout,
                        "-l",
                        "echo=udp://127.0.0.1:0,answers=4294967295,answers-per-source=4294967295"]


def output_on_core(program, core):
    """What a program that measures by itself prints."""
    done = subprocess.run([str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=LOAD_SECONDS, check=False, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    if done.returncode != 0:
        raise Broken(f"{os.path.basename(program)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout.rstrip("\n")


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
    if measured.get("operations") == 0:
        raise Broken(f"bench_load {arguments[0]} has counted nothing: the machine is too busy")
    return measured


def available(programs, name, mode):
    if name in lent_servers.NAMES:
        return lent_servers.program(name) is not None
    return server_command(programs, name, mode) is not None


def start(programs, cores, name, mode):
    if name in lent_servers.NAMES:
        return lent_servers.LentServer(name, cores.server)
    return Server(server_command(programs, name, mode), mode, cores.server)


@contextlib.contextmanager
def upstream_for(programs, cores, name, mode):
    """The echo server behind a proxy, on the core of the load."""
    if mode != "proxy" and name not in lent_servers.TLS_PROXIES:
        yield
        return
    echo = start(programs, Cores(cores.load, cores.load), "bare_epoll", "echo")
    os.environ["BENCH_UPSTREAM"] = str(echo.port)
    try:
        yield
    finally:
        echo.stop()


def measure(programs, cores, name, mode, arguments):
    """One server, started for this measurement alone. REQUIRES: it is available()."""
    with upstream_for(programs, cores, name, mode):
        return measure_one(programs, cores, name, mode, arguments)


def measure_one(programs, cores, name, mode, arguments):
    if mode == "chat":
        arguments = [*arguments, "--dialect", DIALECTS.get(name, "raw")]
    if mode.startswith("websocket"):
        arguments = [*arguments, "--dialect", "websocket"]
    server = start(programs, cores, name, mode)
    if mode == "fairness":
        arguments = [*arguments, "--noise-port", server.ports[0]]
    if mode == "scrapes":
        arguments = [*arguments, "--noise-port", server.ports[0], "--control", CONTROL]
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
