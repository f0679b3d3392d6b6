#!/usr/bin/env python3
"""Measures a chat of several daemons that Redis joins, and prints Markdown.

One member talks at the first daemon, and a member at each daemon reads. Beside it: the same lines
through the publish/subscribe and the streams of Redis, used directly by one client that writes and
one that reads. The exit status is 1 only when a line was lost or a program failed.
"""

import argparse
import contextlib
import pathlib
import selectors
import socket
import statistics
import sys
import time

import lent_servers
import machine
import processes
import report
from server import Broken, Server

HOUSES = (1, 3, 10, 30)
TEXT = b"x" * 55  # with its number, a line of 64 bytes
WINDOW = 512  # lines that the slowest reader may lack
PACE = 0.005  # seconds between two lines whose time is taken
PATIENCE = 20
STREAM = b"bench"


def cpu_of(pid):
    """Nanoseconds of processor time that a process has used."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as times:
        return int(times.read().split()[0])


class Lines:
    """A connection whose lines of the bench are counted."""

    def __init__(self, port, mark):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.mark = mark
        self.count = 0
        self.rest = b""

    def receive(self):
        piece = self.socket.recv(262144)
        if not piece:
            raise Broken("a connection ended")
        data = self.rest + piece
        self.count += data.count(self.mark)
        self.rest = data[-(len(self.mark) - 1):]  # too short to be counted again


class Readers:
    def __init__(self, readers):
        self.readers = readers
        self.selector = selectors.DefaultSelector()
        for reader in readers:
            self.selector.register(reader.socket, selectors.EVENT_READ, reader)

    def wait_for(self, count):
        """Until each has read so many lines. Returns the time at which each had."""
        times = {}
        give_up = time.monotonic() + PATIENCE
        while min(reader.count for reader in self.readers) < count:
            for key, _ in self.selector.select(1):
                key.data.receive()
                if key.data.count >= count:
                    times.setdefault(key.data, time.monotonic())
            if time.monotonic() > give_up:
                raise Broken(f"{min(r.count for r in self.readers)} of {count} lines have come")
        return times


def measure(send, readers, pids, seconds):
    """Lines a second and processor time a line with WINDOW lines under way; then how long one line
    takes to the last reader, and to the first."""
    group = Readers(readers)
    before = {pid: cpu_of(pid) for pid in pids}
    start = time.monotonic()
    said = 0
    while time.monotonic() < start + seconds:
        send(said, WINDOW // 2)
        said += WINDOW // 2
        group.wait_for(said - WINDOW // 2)
    group.wait_for(said)
    rate = said / (time.monotonic() - start)
    cpu = {pid: (cpu_of(pid) - before[pid]) / said for pid in pids}
    last, first = [], []
    for _ in range(int(seconds / PACE / 2)):
        began = time.monotonic()
        send(said, 1)
        said += 1
        times = group.wait_for(said)
        last.append(max(times.values()) - began)
        first.append(times.get(readers[0], began) - began)
        time.sleep(PACE)
    return {"rate": rate, "cpu": cpu, "last": sorted(last),
            "first": sorted(first)}


def line_of(number):
    return b"%08d%s\n" % (number, TEXT)


def over_chat(program, count, bus, cores, seconds):
    """`count` daemons; the first of `readers` is a member of the daemon where the speaker is."""
    with contextlib.ExitStack() as stack:
        redis = lent_servers.LentServer("redis", cores.server) if bus else None
        if redis:
            stack.callback(redis.stop)
        more = ["--bus", f"redis://127.0.0.1:{redis.port}"] if bus else []
        daemons = []
        for _ in range(count):
            one = Server([program, "--user", "root", *more, "-l", processes.CHAT], "chat",
                         cores.server)
            stack.callback(one.stop)
            daemons.append(one)
        speaker = Lines(daemons[0].port, b"")
        readers = [Lines(one.port, TEXT) for one in daemons]

        def send(first, lines):
            speaker.socket.sendall(b"".join(line_of(first + n) for n in range(lines)))

        # A member that has just come may miss what is said before its daemon follows the stream.
        deadline = time.monotonic() + PATIENCE
        while not all(reader.count for reader in readers):
            speaker.socket.sendall(line_of(0))
            time.sleep(0.2)
            for reader in readers:
                reader.socket.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    reader.receive()
                reader.socket.setblocking(True)
            if time.monotonic() > deadline:
                raise Broken("the daemons do not reach each other")
        time.sleep(0.5)
        for reader in readers:
            reader.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    reader.receive()
            reader.socket.setblocking(True)
            reader.count = 0
        pids = [one.pid for one in daemons] + ([redis.pid] if redis else [])
        found = measure(send, readers, pids, seconds)
        found["daemon_cpu"] = statistics.mean(found["cpu"][one.pid] for one in daemons)
        found["redis_cpu"] = found["cpu"][redis.pid] if redis else 0
        return found


def command(*words):
    return b"*%d\r\n%s" % (len(words), b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))


class StreamLines(Lines):
    """Asks for the next entries as soon as it has some."""

    def __init__(self, port):
        super().__init__(port, TEXT)
        self.after = b"0"
        self.ask()

    def ask(self):
        self.socket.sendall(command(b"XREAD", b"COUNT", b"1000", b"BLOCK", b"0", b"STREAMS",
                                    STREAM, self.after))
        self.answer = b""

    def receive(self):
        self.answer += self.socket.recv(262144)
        # *1 *2 $5 bench *ENTRIES, and each entry: *2 $n ID *2 $4 line $64 TEXT
        head = self.answer.split(b"\r\n", 5)
        if len(head) < 6:
            return
        entries = int(head[4][1:])
        parts = self.answer.split(b"\r\n")
        if len(parts) < 5 + entries * 8 + 1:
            return
        self.count += entries
        self.after = parts[5 + (entries - 1) * 8 + 2]
        self.ask()


def over_redis(kind, cores, seconds):
    redis = lent_servers.LentServer("redis", cores.server)
    try:
        writer = socket.create_connection(("127.0.0.1", redis.port), PATIENCE)
        writer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if kind == "publish":
            reader = Lines(redis.port, TEXT)
            reader.socket.sendall(command(b"SUBSCRIBE", STREAM))
            reader.socket.recv(4096)
        else:
            reader = StreamLines(redis.port)

        def send(first, lines):
            words = ((b"PUBLISH", STREAM) if kind == "publish" else
                     (b"XADD", STREAM, b"MAXLEN", b"~", b"10000", b"*", b"line"))
            writer.sendall(b"".join(command(*words, line_of(first + n)[:-1])
                                    for n in range(lines)))
            writer.setblocking(False)  # what it is answered is of no interest
            with contextlib.suppress(BlockingIOError):
                while writer.recv(262144):
                    pass
            writer.setblocking(True)

        time.sleep(0.2)
        found = measure(send, [reader], [redis.pid], seconds)
        found["daemon_cpu"], found["redis_cpu"] = 0, found["cpu"][redis.pid]
        return found
    finally:
        redis.stop()


def row(title, found):
    def milliseconds(times, percent):
        return f"{times[len(times) * percent // 100] * 1000:.2f}"

    return [title, report.human(found["rate"]), f"{found['daemon_cpu'] / 1000:.1f}",
            f"{found['redis_cpu'] / 1000:.1f}", milliseconds(found["first"], 50),
            milliseconds(found["last"], 50), milliseconds(found["last"], 99)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/bench", help="where the programs are")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    if lent_servers.program("redis") is None:
        sys.exit("houses: redis-server is not installed")
    program = str(processes.Programs(options.build).get("sluiced"))
    cores = processes.Cores.choose()
    rows = [row("Redis publish/subscribe, directly", over_redis("publish", cores, options.seconds)),
            row("Redis stream, directly", over_redis("stream", cores, options.seconds)),
            row("1 daemon, no bus", over_chat(program, 1, False, cores, options.seconds))]
    for count in HOUSES:
        print(f"houses: {count}", file=sys.stderr)
        title = f"{count} daemon{'s' if count > 1 else ''} through Redis"
        rows.append(row(title, over_chat(program, count, True, cores, options.seconds)))
    text = machine.describe(options.build, cores) + "\n\n" + report.table(
        ["lines of 64 bytes", "lines/s to every reader", "µs CPU a line and daemon",
         "µs CPU a line, Redis", "ms to a reader there, median", "ms to the last reader, median",
         "99 %"], rows) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as error:
        sys.exit(f"houses: {error}")
