#!/usr/bin/env python3
"""What the tests of hostile and unlucky peers share: an honest client, a watched server, crowds.

Each test does something that no client should, and looks at what the others still get: an honest
client, a process of its own, makes exchanges before, during and after, and tells how long the
longest took. Then it looks at what it cost the server: memory, descriptors, processor time.

SLUICE_HOSTILE=long in the environment makes what takes long: 1 GiB instead of 64 MiB, a minute
without descriptors, ten seconds of SIGSTOP.

What is proven elsewhere is not done here again:

  a peer                                           where
  -----------------------------------------------  ------------------------------------------------
  slow, by a byte a second, a thousand of them     test_slow_peers.py
    one that takes nothing, one that takes little  tests/test_connection_timeouts.cc
  never reads: echo, chargen, chat                 test_slow_peers.py, e2e/services/test_chat_load.py
    the mark above which it is not read itself     tests/test_connection_flow.cc
  floods of newcomers, beyond each limit           test_newcomers.py
    a limit is exact, and ends with its cause      e2e/services/test_limits.py
  many addresses of one IPv6 network               test_sources.py
  no descriptor left: newcomers of all transports  test_newcomers.py
    three backends, what is logged, recovery       e2e/services/test_limits.py, tests/test_listener_*.cc
  half-open, half-closed, for ever                 test_half_open.py
    the idle list, the linger                      tests/test_connection_timeouts.cc
  resets in every state                            test_resets.py
  SYN and then nothing                             test_forged.py
  forged sources: ports 7, 19, broadcast           test_forged.py
    every port of the rule, two services           e2e/services/test_udp_guard.py, tests/test_reply_guard.cc
  an interface that goes down, a host that is gone test_network.py
  datagrams of no bytes, of too many, in floods    test_datagram_floods.py
    how a batch is read, what a loop turn takes    tests/test_datagram*.cc
  one forged datagram that makes two daemons talk  test_datagram_floods.py
  frames that promise 2^63 bytes                   test_frames.py
    each codec's limits, at each byte              tests/test_*_codec.cc, tests/fuzz/
  heads, frames and lines without end, by the      test_doors.py
    doors of HTTP, WebSocket and IRC; storms there
    each rule of RFC 6455, each limit of a head    tests/protocols/websocket/, tests/protocols/http/
  storms in a chat: lines, escapes, nicks, joins   test_chat_storms.py
    each control character and sequence            tests/test_chat_text.cc
    members that do not read                       e2e/services/test_chat_load.py
  a log on a full disk, into a pipe without reader test_log.py
    a closed one, one that nobody reads            e2e/services/test_contract.py, tests/test_log.cc
  SIGSTOP and SIGCONT                              test_clocks.py
  clocks that are set                              test_clocks.py
  inputs that look like formats, paths, commands   test_inputs.py, test_inputs_of_tools.py
    a URL that names a file to be written          tests/test_fetch_file_name.cc
    nothing that could run a command is called     front_door/test_hardening.py
"""
import collections
import contextlib
import json
import os
import pathlib
import re
import resource
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import daemon  # noqa: E402  pylint: disable=wrong-import-position

LONG = os.environ.get("SLUICE_HOSTILE") == "long"
KIB = 1024
MIB = 1024 * KIB
SANITIZED = any(name in pathlib.Path(shutil.which(daemon.PATH) or os.devnull).read_bytes()
                for name in (b"__asan_init", b"__tsan_init", b"exec valgrind"))
# Seconds: the longest that an honest client may wait, not counting for a processor (Stopwatch).
ANSWER_WITHIN = 2.0 * daemon.SLOWNESS
SMALL_BUFFER = 4096  # of a socket whose peer is to feel at once that nobody reads


def long_or(long, quick):
    return long if LONG else quick


class Stopwatch:
    """Measures how long a server lets this process wait. What either of them waited for a
    processor, because other tests had it, is left out."""

    def __init__(self, server):
        self.files = [f"/proc/{process}/schedstat" for process in (server, "self")]
        self.started, self.before = time.monotonic(), self._delay()

    def _delay(self):
        delay = 0
        for name in self.files:
            with contextlib.suppress(OSError), open(name, encoding="ascii") as file:
                delay += int(file.read().split()[1])
        return delay / 10**9

    def seconds(self):
        return time.monotonic() - self.started - (self._delay() - self.before)


# --- the server ---

class Server(daemon.Daemon):
    """A daemon whose memory, descriptors, processor time and counters are looked at."""
    latest = None  # the process of the one that was started last

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, counted=True, **more)
        Server.latest = self.process.pid

    def stopwatch(self):
        return Stopwatch(self.process.pid)

    def _proc(self, name):
        return pathlib.Path("/proc") / str(self.process.pid) / name

    def _status(self, name):
        return int(re.search(rf"{name}:\s+(\d+) kB", self._proc("status").read_text()).group(1))

    def resident(self):
        """Bytes; 0 under a sanitizer, which keeps what is freed."""
        return 0 if SANITIZED else self._status("VmRSS") * KIB

    def threads(self):
        """Their ids, in the order in which they were made."""
        return sorted(int(each.name) for each in self._proc("task").iterdir())

    def descriptors(self):
        return len(list(self._proc("fd").iterdir()))

    def share_of_a_processor(self, seconds):
        before, started = self.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_seconds() - before) / (time.monotonic() - started)

    def comes_to_rest(self, seconds=0.3):
        """Once it has done what it was given, it takes next to no processor time."""
        return daemon.wait_until(lambda: self.share_of_a_processor(seconds) < 0.05, 20)


@contextlib.contextmanager
def watched(test, *arguments, keeps=9 * MIB, **more):
    """A Server that in the end has the descriptors that it began with, takes no processor time, has
    kept no more than so much memory, and drains with status 0."""
    with Server(*arguments, **more) as server:
        before, resident = server.descriptors(), server.resident()
        yield server
        daemon.wait_until(lambda: server.descriptors() == before)
        test.assertEqual(server.descriptors(), before, "descriptors are left")
        test.assertEqual(server.counters()["connections_open"], 0)
        test.assertTrue(server.comes_to_rest(0.2), "it is busy with nothing")
        # Of what is free below something that is not, all but 8 MiB goes back within a minute.
        daemon.wait_until(lambda: server.resident() - resident < keeps, 70)
        test.assertLess(server.resident() - resident, keeps)
        test.assertEqual(server.stop(), 0)


class Scratch(unittest.TestCase):
    """In a directory of its own, inside another one."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name) / "inside"
        self.directory.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)


# --- the honest client ---

class Honest:
    """A client that goes about its business in a process of its own while the test is hostile.

    `how`: "stays" exchanges on one connection, "comes" connects for each exchange, and over UDP it
    asks again until it is answered. Its exchanges are 10 ms apart.
    """

    def __init__(self, endpoint, how="stays", source=None, inside=()):
        command = [*inside, sys.executable, "-B", __file__, endpoint, how, source or "",
                   str(Server.latest)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=daemon.die_with_the_test)
        self.report = None
        self.endpoint = endpoint

    def __enter__(self):
        first = self.process.stdout.readline()
        if first != b"begun\n":
            self.finish()
            raise AssertionError(f"the honest client of {self.endpoint}: {first.decode()}")
        return self

    def __exit__(self, *_):
        if self.report is None:
            self.finish()

    def finish(self):
        out, _ = self.process.communicate(timeout=3 * daemon.PATIENCE)
        self.report = json.loads(out)
        return self.report


@contextlib.contextmanager
def served_meanwhile(test, *endpoints, how="stays", within=ANSWER_WITHIN, source=None):
    """Honest clients of all endpoints are served well by the time that the block ends."""
    clients = [Honest(endpoint, how, source) for endpoint in endpoints]
    with contextlib.ExitStack() as stack:
        for client in clients:
            stack.enter_context(client)
        yield
        # And afterwards, too.
        time.sleep(0.1 * daemon.SLOWNESS)
        for client in clients:
            report = client.finish()
            test.assertIsNone(report["failure"], client.endpoint)
            test.assertGreaterEqual(report["count"], 5, client.endpoint)
            test.assertLess(report["worst"], within, client.endpoint)


def datagram_exchange(client, data):
    """Asks until the answer is there: in a flood datagrams are lost, and nobody's fault is it."""
    client.settimeout(0.05)
    deadline = time.monotonic() + daemon.PATIENCE
    while time.monotonic() < deadline:
        client.send(data)
        with contextlib.suppress(TimeoutError):
            while (answer := client.recv(65536)) != data:
                pass
            return answer
    raise TimeoutError("no answer")


def exchange_for_ever(endpoint, how, source, server, report):
    client = None
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    while True:
        data = b"honest %d" % report["count"]
        watch = Stopwatch(server)
        if client is None:
            client = daemon.connect(endpoint, source and (source, 0))
        ask = datagram_exchange if endpoint.startswith("udp:") else daemon.exchange
        if ask(client, data) != data:
            raise AssertionError("other bytes came back")
        if how == "comes":
            client.close()
            client = None
        report["worst"] = max(report["worst"], watch.seconds())
        report["longest"] = max(report["longest"], time.monotonic() - watch.started)
        report["count"] += 1
        if report["count"] == 1:
            print("begun", flush=True)
        if selector.select(0.01):
            return


def be_honest(endpoint, how, source, server):
    report = {"count": 0, "worst": 0.0, "longest": 0.0, "failure": None}
    try:
        exchange_for_ever(endpoint, how, source, server, report)
    except (OSError, AssertionError) as error:
        report["failure"] = f"after {report['count']} exchanges: {error!r}"
        if report["count"] == 0:
            print(report["failure"])
    print(json.dumps(report))


# --- the others ---

def allow_descriptors(test, count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 100:
        test.skipTest(f"only {hard} descriptors are allowed, and {count + 100} are needed")
    if soft < count + 100:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard))


def newcomer(endpoint, receive_buffer=None, send_buffer=None, source=None):
    """A connected socket that does not block."""
    family, kind, address = daemon.address_of(endpoint)
    client = socket.socket(family, kind)
    client.settimeout(daemon.PATIENCE)
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if send_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    if source is not None:
        client.bind((source, 0))
    client.connect(address)
    client.setblocking(False)
    return client


def reset(client):
    """As a host that has crashed and come back: no FIN, a RST."""
    if client.family != socket.AF_UNIX:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@contextlib.contextmanager
def crowd(endpoint, count, **more):
    clients = []
    try:
        for _ in range(count):
            clients.append(newcomer(endpoint, **more))
        yield clients
    finally:
        for client in clients:
            reset(client)


def push(clients, data, quiet=0.3):
    """Sends `data` on each again and again until none takes any more; how much each took."""
    taken = [0] * len(clients)
    deadline = time.monotonic() + quiet
    while time.monotonic() < deadline:
        before = sum(taken)
        for number, client in enumerate(clients):
            # Who was closed meanwhile takes no more, either.
            with contextlib.suppress(BlockingIOError, ConnectionResetError, BrokenPipeError):
                taken[number] += client.send(data)
        if sum(taken) > before:
            deadline = time.monotonic() + quiet
        else:
            time.sleep(0.01)
    return taken


def flood_of_newcomers(endpoint, seconds, at_once=64, source=None, at_least=0):
    """Connects as fast as it can, keeping the last few; how many were made, and were let in."""
    family, kind, address = daemon.address_of(endpoint)
    made = 0
    held = collections.deque()
    deadline = time.monotonic() + seconds
    while made < at_least or time.monotonic() < deadline:
        client = socket.socket(family, kind)
        if source is not None:
            client.bind((source, 0))
        client.setblocking(False)
        try:
            client.connect(address)
        except BlockingIOError:  # the backlog is full, of a Unix socket for good
            pass
        held.append(client)
        made += 1
        if len(held) > at_once:
            reset(held.popleft())
    for client in held:
        reset(client)
    return made


def main():
    daemon.main(590)


if __name__ == "__main__":
    be_honest(sys.argv[1], sys.argv[2], sys.argv[3] or None, sys.argv[4])
