"""What members of three daemons have read after random faults of the server between them.

SLUICE_BUS_SCHEDULES is how many random schedules of faults are run, SLUICE_BUS_SEED the first."""
import os
import random
import signal
import threading
import time

import daemon
from daemon import SLOWNESS, wait_until
from one_house import OneHouse

SCHEDULES = int(os.environ.get("SLUICE_BUS_SCHEDULES", "1"))
SEED = int(os.environ.get("SLUICE_BUS_SEED", str(random.randrange(1_000_000))))
SECONDS = 3  # of faults
TO_SETTLE = 30 * SLOWNESS


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
    """Kills, stops and starts the server, and cuts its connections, at random."""

    def __init__(self, redis, seed):
        self.redis = redis
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

    def end(self):
        if self.stopped:
            self.redis.process.send_signal(signal.SIGCONT)
        if not self.runs:
            self.redis.start()


class History(OneHouse):
    def check(self, seed):
        redis = self.redis(durable=True)
        daemons = self.daemons(redis, 3)
        authors = [self.member(one, f"author{n}") for n, one in enumerate(daemons)]
        observers = [self.member(one, f"observer{n}") for n, one in enumerate(daemons)]
        self.see_each_other(*authors, *observers)
        readers = [Reader(member) for member in (*authors, *observers)]
        schedule = Schedule(redis, seed)
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
    daemon.main(100 + 60 * SCHEDULES)
