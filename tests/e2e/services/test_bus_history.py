"""What members of three daemons have read after random faults of the server between them, of the
links to it, which are parted or slow, and of a wall clock.

SLUICE_BUS_SCHEDULES is how many random schedules of faults are run, SLUICE_BUS_SEED the first."""
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import threading
import time

import daemon
from daemon import SLOWNESS, wait_until
from network import INSIDE, in_own_network
from one_house import CHAT, OneHouse
from slow_link import SlowLink

SCHEDULES = int(os.environ.get("SLUICE_BUS_SCHEDULES", "1"))
SEED = int(os.environ.get("SLUICE_BUS_SEED", str(random.randrange(1_000_000))))
SECONDS = 3  # of faults
TO_SETTLE = 30 * SLOWNESS
CLOCK = pathlib.Path(os.environ.get("BUILD_DIR", ".")) / "hostile" / "libstepping_clock.so"
CLOCK_STEP = 3600 * 10**9  # nanoseconds, at most
# Of the slow link, in each direction. The last one is more than a daemon waits for its lines.
DELAYS = (0.0, 0.02, 0.1, 0.3, 0.6)  # seconds
RATES = (None, None, 64 * 1024, 8 * 1024)  # bytes in a second


def link(number):
    """The address at which a daemon reaches the server."""
    return f"127.0.0.{number + 2}"


class Links:
    """Parts a daemon from the server by dropping their packets, which neither of them notices."""

    BEGIN = """table inet links {{
      set parted {{ type ipv4_addr; }}
      chain out {{ type filter hook output priority 0;
        ip daddr @parted tcp dport {0} drop
        ip saddr @parted tcp sport {0} drop
      }}
    }}"""

    def __init__(self, port):
        self.parted = set()
        self.works = os.environ.get(INSIDE) == "1" and shutil.which("nft") is not None
        if self.works:
            self.nft("delete table inet links", check=False)
            self.nft(self.BEGIN.format(port))

    def nft(self, command, check=True):
        subprocess.run(["nft", "-f", "-"], input=command, text=True, check=check,
                       stderr=None if check else subprocess.DEVNULL, timeout=daemon.PATIENCE)

    def toggle(self, address):
        if not self.works:
            return
        word = "delete" if address in self.parted else "add"
        self.nft(f"{word} element inet links parted {{ {address} }}")
        self.parted ^= {address}

    def heal(self):
        for address in list(self.parted):
            self.toggle(address)


class Reader(threading.Thread):
    """Keeps all lines that a member reads, until stop()."""

    def __init__(self, member):
        super().__init__()
        self.member = member
        self.lines = []
        self.stopped = threading.Event()
        self.start()

    def run(self):
        self.member.socket.settimeout(0.1)
        data = b""
        while not self.stopped.is_set():
            try:
                data += self.member.socket.recv(65536)
            except TimeoutError:
                continue
            *lines, data = data.split(b"\n")
            self.lines += [line.decode() for line in lines]

    def stop(self):
        self.stopped.set()
        self.join()


class Schedule:
    """Kills, stops and starts the server, cuts its connections, parts it from daemons, slows the
    link of one of them, and sets the clock of another one, at random."""

    def __init__(self, redis, slow, clock, count, seed):
        self.redis = redis
        self.slow = slow
        self.clock = clock
        self.count = count
        self.links = Links(redis.port)
        self.random = random.Random(seed)
        self.runs = True
        self.stopped = False

    def step(self):
        fault = self.random.random()
        if fault < 0.04 and not self.stopped:
            (self.redis.kill if self.runs else self.redis.start)()
            self.runs = not self.runs
        elif fault < 0.08 and self.runs:
            self.redis.process.send_signal(signal.SIGCONT if self.stopped else signal.SIGSTOP)
            self.stopped = not self.stopped
        elif fault < 0.12 and self.runs and not self.stopped:
            self.redis.ask("CLIENT", "KILL", "TYPE", "normal")
        elif fault < 0.18:
            self.links.toggle(link(self.random.randrange(self.count)))
        elif fault < 0.22:
            offset = self.random.randint(-CLOCK_STEP, CLOCK_STEP)
            with open(self.clock, "r+b") as file:  # which is mapped, so it must not be cut
                file.write(struct.pack("=q", offset))
        elif fault < 0.28:
            self.slow.delay = self.random.choice(DELAYS)
            self.slow.rate = self.random.choice(RATES)

    def end(self):
        self.links.heal()
        self.slow.delay, self.slow.rate = 0.0, None
        if self.stopped:
            self.redis.process.send_signal(signal.SIGCONT)
        if not self.runs:
            self.redis.start()


def stepping(clock):
    """What starts a daemon whose wall clock is off by the nanoseconds in this file."""
    if not CLOCK.exists():  # with a sanitizer
        return ()
    return ("env", f"LD_PRELOAD={CLOCK}", f"SLUICE_CLOCK={clock}")


class History(OneHouse):
    def check(self, seed):
        count = 3
        redis = self.redis(durable=True, addresses=["127.0.0.1", *map(link, range(count))])
        clock = self.directory / "clock"
        clock.write_bytes(bytes(8))
        slow = self.stack.enter_context(SlowLink(link(1), (link(1), redis.port)))
        daemons = [self.daemon("--bus", f"redis://{link(n)}:{slow.port if n == 1 else redis.port}",
                               *CHAT, launcher=stepping(clock) if n == 0 else ())
                   for n in range(count)]
        authors = [self.member(one, f"author{n}") for n, one in enumerate(daemons)]
        observers = [self.member(one, f"observer{n}") for n, one in enumerate(daemons)]
        self.see_each_other(*authors, *observers)
        readers = [Reader(member) for member in (*authors, *observers)]
        schedule = Schedule(redis, slow, clock, count, seed)
        said = [[] for _ in authors]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for author, lines in zip(authors, said):
                fresh = [f"line {len(lines) + n}" for n in range(schedule.random.randint(0, 5))]
                author.say(*fresh)
                lines += [f"<{author.nick}> {line}" for line in fresh]
            schedule.step()
            time.sleep(schedule.random.random() / 20)
        schedule.end()
        total = sum(map(len, said))

        def has_all(reader):
            return sum(line.startswith("<author") for line in reader.lines) >= total

        wait_until(lambda: all(map(has_all, readers[len(authors):])), TO_SETTLE)
        for reader in readers:
            reader.stop()
        for reader in readers[len(authors):]:
            for author, lines in zip(authors, said):
                heard = [line for line in reader.lines if line.startswith(f"<{author.nick}>")]
                self.assertEqual(heard, lines, f"of {author.nick} by {reader.member.nick}")

    def test_no_line_is_lost_or_read_twice_or_out_of_order(self):
        for seed in range(SEED, SEED + SCHEDULES):
            with self.subTest(seed=seed):
                self.check(seed)
                self.stack.close()


if __name__ == "__main__":
    in_own_network("nft", optional=True)
    daemon.main(160 + 60 * SCHEDULES)
