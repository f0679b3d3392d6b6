"""Starts sluiced for a test, waits until it is ready, and sees to it that it ends.

The daemon's path comes from SLUICED in the environment. Each test script ends with daemon.main(),
which bounds its time, and exits with 77 when every test of it was skipped.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PATH = os.environ.get("SLUICED", "sluiced")
SLOWNESS = int(os.environ.get("SLUICE_SLOWNESS", "1"))  # under a sanitizer or memcheck
PATIENCE = 10 * SLOWNESS  # seconds that anything may take
# Without this option, a daemon that root starts would be two processes with the account _sluiced,
# or serve only this host if there is no such account.
AS_ROOT = ("--user", "root") if os.geteuid() == 0 else ()
LEFT_OUT = set(os.environ.get("SLUICE_LEFT_OUT", "").split())
SANITIZER = re.compile(r"Sanitizer|runtime error:")
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) [^\n]+")


def die_with_the_test():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class InDirectory(unittest.TestCase):
    """Each test has a new directory, which is removed after it."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)


class Counted:
    """The control socket of a daemon whose counters are looked at."""
    COMMAND = b"show counters\n"

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.path = f"{self.directory.name}/control"
        self.asked = 0
        self.received = 0

    def remove(self):
        self.directory.cleanup()

    def counters(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(self.path)
            client.sendall(self.COMMAND)
            client.shutdown(socket.SHUT_WR)
            answer = receive_all(client)  # until the daemon has closed it
        row = json.loads(answer.partition(b"\n")[0])
        self.asked += 1
        for name, own in (("connections_open", 1), ("accepted", self.asked),
                          ("closed_peer_closed", self.asked - 1),
                          ("bytes_in", self.asked * len(self.COMMAND)),
                          ("bytes_out", self.received)):
            row[name] -= own
        self.received += len(answer)
        return row


class Daemon:
    """A running sluiced; use it with `with`. Its log goes to a file, which nobody needs to read.

    With counted=True it has a control socket, for counters(). A launcher is a command that becomes
    the daemon, whose command line follows. If root runs the test, it serves as root, unless the
    test says what `user` it has: the one that its file names, or nobody in particular."""

    def __init__(self, *arguments, prepare=None, stdin=subprocess.DEVNULL, stderr=None,
                 counted=False, launcher=(), user=AS_ROOT):
        if not {"-u", "--user"} & set(arguments):
            arguments = (*user, *arguments)
        self.log_file = tempfile.TemporaryFile("w+b")
        self.control = Counted() if counted else None
        if counted:
            arguments = ("--control", self.control.path, *arguments)
        self.listening = []

        def before_exec():
            die_with_the_test()
            if prepare:
                prepare()

        self.process = subprocess.Popen([*launcher, PATH, *arguments], stdin=stdin,
                                        stdout=subprocess.PIPE,
                                        stderr=self.log_file if stderr is None else stderr,
                                        preexec_fn=before_exec)
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self):
        for line in self.process.stdout:
            words = line.decode().rstrip("\n").split(" ", 2)
            if words == ["ready"]:
                return
            if words[0] != "listening":
                raise AssertionError(f"on the standard output: {line!r}")
            self.listening.append((words[1], words[2]))
        raise AssertionError(f"not ready, exit {self.process.wait(PATIENCE)}:\n{self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(f"--- log of {self.process.args}\n{self.log()}---", file=sys.stderr)
        self.kill()
        self.process.stdout.close()
        if self.control:
            self.control.remove()
        complaint = SANITIZER.search(self.log())
        self.log_file.close()
        if complaint and kind is None:
            raise AssertionError(complaint.group())

    @property
    def endpoint(self):
        return self.listening[0][1]

    def endpoints(self, name):
        return [endpoint for n, endpoint in self.listening if n == name]

    def log(self):
        # A copy of the descriptor shares its position, with which the daemon writes.
        size = os.fstat(self.log_file.fileno()).st_size
        return os.pread(self.log_file.fileno(), size, 0).decode()

    def wait_for_log(self, pattern, patience=PATIENCE):
        found = wait_until(lambda: re.search(pattern, self.log()), patience)
        if not found:
            raise AssertionError(f"not in the log: {pattern}\n{self.log()}")
        return found

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def counters(self):
        """What `sluicectl show counters` says, but for what asking it has added."""
        return self.control.counters()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest_of_output(self):
        return self.process.stdout.read()


def run(*arguments, **more):
    """sluiced as a command that is expected to end by itself."""
    return subprocess.run([PATH, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE, check=False,
                          preexec_fn=die_with_the_test, **more)


def to_its_end(process, typed, patience):
    """What a process prints until it ends, which it does in time."""
    try:
        return process.communicate(typed, patience)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args[1:]} does not end; it said {(out or b'')[-500:]!r}, "
                             f"{err!r}") from None


def wait_until(condition, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result or time.monotonic() > deadline:
            return result
        time.sleep(0.01)


def address_of(endpoint):
    """(family, type, address) of what an endpoint names."""
    scheme, _, rest = endpoint.partition("://")
    if scheme in ("unix", "ws+unix"):
        return socket.AF_UNIX, socket.SOCK_STREAM, rest
    host, _, port = rest.rpartition(":")
    host = host.strip("[]").replace("*", "127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return family, socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM, (host, int(port))


def connect(endpoint, source=None):
    family, kind, address = address_of(endpoint)
    client = socket.socket(family, kind)
    try:
        client.settimeout(PATIENCE)
        if source is not None:
            client.bind(source)
        client.connect(address)
    except BaseException:
        client.close()
        raise
    return client


def receive_all(client):
    with contextlib.suppress(ConnectionResetError):
        return b"".join(iter(lambda: client.recv(65536), b""))
    raise AssertionError("the connection was reset")


def receive_exactly(client, count):
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            raise AssertionError(f"the connection ended after {len(data)} of {count} bytes")
        data += piece
    return data


def exchange(client, data):
    client.sendall(data)
    return receive_exactly(client, len(data))


def was_closed(client):
    """Whether the peer ends the connection, politely or not, and sends nothing before."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def ask(endpoint, data, patience=PATIENCE):
    """Sends a datagram; returns the answer, or None when there is none."""
    with connect(endpoint) as client:
        client.settimeout(patience)
        client.send(data)
        try:
            return client.recv(65536)
        except TimeoutError:
            return None


def free_port():
    """A port of 127.0.0.1, for TCP and for UDP, that nobody uses. It is none of those that the
    kernel gives away, so that it stays closed, or can be bound again, while other tests run."""
    given_away = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(given_away.read_text(encoding="ascii").split()[0])
    # Above the ports of the default services.
    return free_port_of(range(13_000, max(lowest, 20_000)))


def free_port_of(ports):
    """One of `ports` that nobody uses over TCP or UDP on loopback."""
    for port in random.sample(ports, min(len(ports), 1000)):
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram, \
                contextlib.suppress(OSError):
            stream.bind(("127.0.0.1", port))
            datagram.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port of {ports} is free")


class EndpointTest(unittest.TestCase):
    """A test of several endpoints; what fails says at which one it was."""
    at = ""

    def going_through(self, endpoints):
        for self.at in endpoints:
            yield self.at

    def _formatMessage(self, msg, standardMsg):
        return f"{super()._formatMessage(msg, standardMsg)} (at {self.at})"


def needs_tls(test):
    """Skips a test or a class with a daemon that was built without OpenSSL."""
    shown = subprocess.run([PATH, "-l", "echo=tls://127.0.0.1:0"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           timeout=PATIENCE, check=False).stderr
    return unittest.skipIf("TLS is not in this build" in shown, "without TLS")(test)


def main(seconds=220):
    if shutil.which(PATH) is None:
        sys.exit(f"SLUICED={PATH}: there is no such program")
    run_tests(seconds)


class Loader(unittest.TestLoader):
    """Leaves out the tests that SLUICE_LEFT_OUT names, as in tests/memcheck/left_out.txt."""

    def getTestCaseNames(self, testCaseClass):
        return [name for name in super().getTestCaseNames(testCaseClass)
                if not LEFT_OUT & {name, f"{testCaseClass.__name__}.{name}"}]


def run_tests(seconds):
    signal.alarm(seconds * SLOWNESS)  # ends a test that hangs; the daemons end with it
    result = unittest.main(verbosity=2, exit=False, testLoader=Loader()).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0:
        sys.exit("no test was run")
    sys.exit(77 if len(result.skipped) == result.testsRun else 0)
