#!/usr/bin/env python3
"""Mixed load on one daemon for a long time, and nothing may grow: soak.py --minutes 60.

All services at once over TCP, UDP and a Unix socket, with clients that come and go, peers that
vanish in the middle, members that never read, and signals. Every line of the table is a piece of
that time: descriptors, resident memory, processor time, and the percentiles of a small echo's
latency. At the end, when the clients have gone, the daemon has the descriptors that it had at the
beginning, and no more memory than after the first fifth, but for a margin; and it drains.
"""

import argparse
import contextlib
import os
import pathlib
import random
import signal
import socket
import statistics
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import daemon  # noqa: E402  pylint: disable=wrong-import-position
import websocket_client  # noqa: E402  pylint: disable=wrong-import-position

PIECES = 20              # lines of the table, of 3 s at least
MARGIN_KIB = 1024        # of resident memory that may come on top after the first fifth
MARGIN = 0.05
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


class Load:
    """What all workers share: whether to go on, what they did, and what went wrong."""

    def __init__(self, served, seed):
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.done = {}
        self.latencies = []
        self.problems = []
        self.endpoints = {}
        self.seed = seed
        for name, endpoint in served.listening:
            self.endpoints.setdefault(name, {})[endpoint.partition(":")[0]] = endpoint

    def count(self, what, latency=None):
        with self.lock:
            self.done[what] = self.done.get(what, 0) + 1
            if latency is not None:
                self.latencies.append(latency)

    def problem(self, text):
        with self.lock:
            self.problems.append(text)

    def take_latencies(self):
        with self.lock:
            taken, self.latencies = self.latencies, []
            return taken

    def connect(self, name, transport="tcp"):
        return daemon.connect(self.endpoints[name][transport])


def vanish(client):
    """As a host that has crashed: a reset, whatever is under way."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


# --- the workers: each does one thing, is called again and again, and may keep nothing ---

def echo_round_trips(load, dice):
    with load.connect("echo", dice.choice(["tcp", "unix"])) as client:
        for _ in range(dice.randrange(1, 200)):
            message = dice.randbytes(64)
            begin = time.monotonic()
            client.sendall(message)
            if daemon.receive_exactly(client, len(message)) != message:
                raise AssertionError("echo: other bytes came back")
            load.count("echo", time.monotonic() - begin)
            if load.stop.is_set():
                return


def echo_bulk(load, dice):
    message = dice.randbytes(dice.randrange(1, 300_000))
    with load.connect("echo") as client:
        sender = threading.Thread(target=client.sendall, args=(message,))
        sender.start()
        echoed = daemon.receive_exactly(client, len(message))
        sender.join()
        if echoed != message:
            raise AssertionError("echo: other bytes came back")
    load.count("bulk")


def churn(load, _dice):
    with load.connect("upper") as client:
        client.sendall(b"abc\n")
        client.shutdown(socket.SHUT_WR)
        if daemon.receive_exactly(client, 4) != b"ABC\n" or client.recv(1):
            raise AssertionError("upper: not ABC and the end")
    load.count("churn")


def greeted(load, _dice):
    with load.connect("greet") as client:
        if daemon.receive_exactly(client, 5) != b"hello":
            raise AssertionError("greet: not hello")
    load.count("greet")


def framed(load, dice):
    with load.connect("framed") as client:
        for _ in range(50):
            text = bytes(dice.choices(b"abcdefgh", k=dice.randrange(0, 256)))
            client.sendall(b"%03d" % len(text) + text)
            size = int(daemon.receive_exactly(client, 3))
            if daemon.receive_exactly(client, size) != text:
                raise AssertionError("framed: another message came back")
            load.count("framed")


def small(load, dice):
    name, least = dice.choice([("daytime", 10), ("time", 4), ("discard", 0)])
    with load.connect(name) as client:
        if name == "discard":
            client.sendall(bytes(5000))
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(100)
        if len(answer) < least or (answer and client.recv(1)):
            raise AssertionError(f"{name}: {answer!r}")
    load.count(name)


def found(load, _dice):
    with load.connect("broadcast", "udp") as client:
        client.send(b"who is there?")
        if not client.recv(2048):
            raise AssertionError("broadcast: no text")
    load.count("found")
    load.stop.wait(0.5)  # a source has its share of answers


def datagrams(load, dice):
    with load.connect("echo", "udp") as client:
        for _ in range(100):
            message = dice.randbytes(dice.randrange(0, 1200))
            client.send(message)
            try:
                if client.recv(2048) != message:
                    raise AssertionError("echo: another datagram came back")
            except TimeoutError:
                load.count("datagrams lost")
            load.count("datagrams")


def chatter(load, dice):
    with load.connect("chat") as client:
        client.sendall(b"/join room%d\n" % dice.randrange(5))
        for number in range(dice.randrange(1, 20)):
            client.sendall(b"line %d\n/who\n" % number)  # the room hears the one, we the other
            client.recv(65536)
            load.count("chat")
        if dice.random() < 0.3:
            vanish(client)


def messages(load, dice):
    with websocket_client.open_socket(load.endpoints["echo"]["ws"]) as client:
        for _ in range(dice.randrange(1, 50)):
            data = dice.randbytes(dice.randrange(0, 2000))
            half = len(data) // 2
            client.sendall(websocket_client.frame(websocket_client.BINARY, data[:half], fin=False) +
                           websocket_client.frame(websocket_client.PING, b"between") +
                           websocket_client.frame(0, data[half:]))
            answers = [websocket_client.read_frame(client) for _ in range(2)]
            if answers != [(websocket_client.PONG, b"between"), (websocket_client.BINARY, data)]:
                raise AssertionError("echo: another message came back")
            load.count("messages")
        if dice.random() < 0.3:
            vanish(client)


def relayed(load, dice):
    """Nobody hears itself; the other one may be gone already."""
    with load.connect("relay") as client, load.connect("relay") as other:
        # Again, if that came before the other one was accepted.
        for patience in (0.2, 0.5, daemon.PATIENCE):
            client.sendall(dice.randbytes(dice.randrange(1, 5000)))
            other.settimeout(patience)
            with contextlib.suppress(TimeoutError):
                if other.recv(8192):
                    return load.count("relayed")
    raise AssertionError("relay: nothing came")


def irc(load, dice):
    with load.connect("irc") as client:
        client.sendall(b"NICK i%d\r\nUSER u 0 * :u\r\nJOIN #room%d\r\nWHO *\r\n"
                       % (dice.randrange(10**6), dice.randrange(5)))
        for number in range(dice.randrange(1, 20)):
            client.sendall(b"PRIVMSG #room%d :line %d\r\nPING x\r\n"
                           % (dice.randrange(5), number))
            client.recv(65536)
            load.count("irc")
        if dice.random() < 0.3:
            vanish(client)


def page(load, dice):
    show(load, *dice.choice([("/", b"<title>"), ("/metrics", b"# HELP"), ("/healthz", b"ok"),
                             ("/status.json", b"services")]))
    load.count("pages")


def show(load, path, word):
    with daemon.connect(load.endpoints["web"]["http"]) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() +
                       b"Connection: close\r\n\r\n")
        if word not in daemon.receive_all(client):
            raise AssertionError(f"web: no {word} in {path}")


def vanishing(load, dice):
    client = load.connect(dice.choice(["echo", "framed", "chat", "chargen", "upper"]))
    client.sendall(dice.choice([b"0", b"12", b"/nick ", b"x" * 5000]))
    vanish(client)
    load.count("vanished")


def never_reading(load, dice):
    with load.connect(dice.choice(["chargen", "echo"])) as client:
        client.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            for _ in range(200):
                client.sendall(b"y" * 65536)
        load.stop.wait(dice.random() * 2)
        vanish(client)
    load.count("never read")


def signals(load, _dice):
    load.stop.wait(5)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.kill(load.pid, number)
    load.count("signals")


WORKERS = [echo_round_trips] * 2 + [echo_bulk, churn, churn, greeted, framed, small, found,
                                    datagrams, chatter, chatter, messages, relayed, irc, page,
                                    vanishing, never_reading, signals]


def work(load, function, number):
    dice = random.Random(load.seed * 1000 + number)
    while not load.stop.is_set():
        try:
            function(load, dice)
        except (OSError, AssertionError) as error:
            load.problem(f"{function.__name__}: {type(error).__name__}: {error}")
            load.stop.wait(0.1)


# --- what the daemon has ---

def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def descriptor_names(pid):
    folder = pathlib.Path(f"/proc/{pid}/fd")
    return {path.name: os.readlink(path) for path in folder.iterdir()}


def resident_kib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_KIB


def percentiles(latencies):
    if len(latencies) < 2:
        return "–"
    cuts = statistics.quantiles(latencies, n=1000)
    values = (cuts[499], cuts[989], cuts[998], max(latencies))
    return " / ".join(f"{value * 1000:.2f}" for value in values)


def soak(options, served):
    pid = served.process.pid
    load = Load(served, options.seed)
    load.pid = pid
    show(load, "/metrics", b"# HELP")  # what it reads about itself stays open
    time.sleep(1)  # and this connection does not
    before = descriptors(pid)
    threads = [threading.Thread(target=work, args=(load, function, number), daemon=True)
               for number, function in enumerate(WORKERS)]
    for thread in threads:
        thread.start()
    piece = max(options.minutes * 60 / PIECES, 3)
    print("| minute | descriptors | resident KiB | CPU s | operations | "
          "echo ms: 50 % / 99 % / 99.9 % / most |\n|---|---|---|---|---|---|", flush=True)
    begin = time.monotonic()
    memory = []
    while time.monotonic() - begin < options.minutes * 60:
        load.stop.wait(piece)
        memory.append(resident_kib(pid))
        print(f"| {(time.monotonic() - begin) / 60:.1f} | {descriptors(pid)} | {memory[-1]} | "
              f"{served.cpu_seconds():.1f} | {sum(load.done.values())} | "
              f"{percentiles(load.take_latencies())} |", flush=True)
    load.stop.set()
    for thread in threads:
        thread.join(daemon.PATIENCE * 2)
    print("\n" + ", ".join(f"{what} {count:,}" for what, count in sorted(load.done.items())))
    return judge(load, served, before, memory)


def judge(load, served, before, memory):
    pid = served.process.pid
    daemon.wait_until(lambda: descriptors(pid) == before, patience=15)
    after, rest = descriptors(pid), resident_kib(pid)
    allowed = int(memory[len(memory) // 5] * (1 + MARGIN)) + MARGIN_KIB
    print(f"descriptors: {before} before, {after} after; resident: {rest} KiB at the end, "
          f"{memory[len(memory) // 5]} KiB after the first fifth")
    problems = list(load.problems)
    if after != before:
        problems.append(f"{after - before} descriptors are left; all: {descriptor_names(pid)}")
    if max(memory[len(memory) // 5:] + [rest]) > allowed:
        problems.append(f"memory grew above {allowed} KiB")
    status = served.stop()
    if status != 0:
        problems.append(f"the drain ended with {status}")
    for problem in problems[:20]:
        print(f"soak: {problem}", file=sys.stderr)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", default="1", help="the loops of the daemon")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        arguments = ["--workers", options.workers]
        for listen in ("echo=tcp://127.0.0.1:0",
                       "echo=udp://127.0.0.1:0,answers=1000000,answers-per-source=1000000",
                       f"echo=unix://{directory}/echo", "upper=tcp://127.0.0.1:0",
                       "greet=tcp://127.0.0.1:0,text=hello", "chargen=tcp://127.0.0.1:0",
                       "discard=tcp://127.0.0.1:0", "daytime=tcp://127.0.0.1:0",
                       "time=tcp://127.0.0.1:0", "framed=tcp://127.0.0.1:0",
                       "chat=tcp://127.0.0.1:0,rate=off", "irc=tcp://127.0.0.1:0,rate=off",
                       "echo=ws://127.0.0.1:0", "relay=tcp://127.0.0.1:0",
                       "web=http://127.0.0.1:0,rate=off", "broadcast=udp://127.0.0.1:0"):
            arguments += ["-l", listen]
        with daemon.Daemon(*arguments) as served:
            return soak(options, served)


if __name__ == "__main__":
    sys.exit(main())
