#!/usr/bin/env python3
"""Makes call 1 of a sluiced with every service fail, then call 2, until a run has no more calls.

    run.py --phase start|serve [--every N] [--all] [--only system|memory] [--call N] [--jobs N]

start: the calls from main() until "ready" is written; serve: from there to the end of the drain.
--every: every N-th call only; --all: each call fails in every way, and not only in one chosen by
its number. The clients are in this script, where no call fails.

After each fault: no signal has ended the daemon, nothing hangs, and it has used little processor
time; it has no more descriptors when idle, and no more memory at its end, than without a fault; at
most one client was not served, and none if the fault does not explain it. SLUICED names the daemon,
SLUICE_FAULTS the library that it is run with.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

import lines
from clients import CLIENTS, Remaining
from page import Page

SLUICED = os.environ["SLUICED"]
LIBRARY = os.environ["SLUICE_FAULTS_LIBRARY"]
PATIENCE = 8 * lines.SLOWNESS  # seconds that a run may take to start, or to drain
HOST = "127.83.76.2"  # whoever scans this host's ports scans 127.0.0.1
ROOM_LOG = "main.lobby.log"  # stays, as a log does
AT_REST_AFTER = 3  # seconds: a connection lingers for two


def services(directory):
    for name in "echo discard chargen daytime time upper framed".split():
        yield f"{name}=tcp://{HOST}:0"
        yield f"{name}=udp://{HOST}:0"
    yield "echo=tcp://*:0"
    yield "echo=udp://*:0"
    for name in "echo chat".split():
        yield f"{name}=unix://{directory}/{name},mode=600"
    yield f"greet=tcp://{HOST}:0,text=Hello"
    yield f"chat=tcp://{HOST}:0,room-log={directory}"
    yield f"chat=ws://{HOST}:0"
    yield f"echo=ws://{HOST}:0,deflate=on"
    yield f"irc=tcp://{HOST}:0"
    yield f"irc=ws://{HOST}:0"
    yield f"relay=tcp://{HOST}:0"
    yield f"web=http://{HOST}:0,status=127.0.0.0/8"
    yield (f"broadcast=udp://{HOST}:0,message=here,announce=100ms,"
           f"control={directory}/control")


class Run:
    """One daemon, under one fault; `wrong` says what it should not have done."""

    def __init__(self, plan, usual=None):
        self.page = Page(**plan)
        self.usual = usual
        self.wrong = []
        self.ready = False
        self.calls_until_ready = 0
        self.descriptors = 0
        self.listening = []
        with tempfile.TemporaryDirectory(prefix="sluice-faults-") as self.directory, \
                tempfile.TemporaryFile("w+b") as self.log_file:
            # Without memory libseccomp 2.5 itself crashes or never ends: those faults are not ours.
            arguments = [SLUICED, "--sandbox", "off"]
            if os.geteuid() == 0:  # one process, also where the account _sluiced exists
                arguments += ["--user", "root"]
            for service in services(self.directory):
                arguments += ["-l", service]
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log_file,
                env={**os.environ, "LD_PRELOAD": LIBRARY, "SLUICE_FAULTS": self.page.file.name})
            try:
                self._run()
            finally:
                self._end()
            self._judge()

    def log(self):
        size = os.fstat(self.log_file.fileno()).st_size
        return os.pread(self.log_file.fileno(), size, 0).decode(errors="replace")

    def _run(self):
        signal.signal(signal.SIGALRM, too_late)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        for line in self.process.stdout:
            if line == b"ready\n":
                self.ready = True
                break
            word, _, rest = line.decode().rstrip("\n").partition(" ")
            if word == "listening":
                self.listening.append(tuple(rest.split(" ", 1)))
        if not self.ready:
            return
        self.calls_until_ready = self.page.seen
        signal.setitimer(signal.ITIMER_REAL, 0)
        came = self._exchange()
        os.kill(self.process.pid, signal.SIGUSR1)
        os.kill(self.process.pid, signal.SIGHUP)
        self._rest()
        os.kill(self.process.pid, signal.SIGTERM)
        with self.remaining:
            if came:
                self._attempt(self.remaining.see_the_end)

    def _attempt(self, client, *arguments):
        try:
            client(*arguments)
            return True
        except (OSError, AssertionError, KeyError) as error:
            self.let_down.append(f"{client.__name__}: {error!r}")
            return False

    def _exchange(self):
        self.let_down = []
        endpoints = {}
        for name, endpoint in self.listening:
            endpoints.setdefault((name, endpoint.partition(":")[0]), endpoint)
        for client in CLIENTS:
            self._attempt(client, endpoints)
        self.remaining = Remaining()
        return self._attempt(self.remaining.come, endpoints)

    def _rest(self):
        """Waits until it has no more descriptors than one that was let alone."""
        folder = f"/proc/{self.process.pid}/fd"
        most = self.usual.descriptors + self._stand_ins() if self.usual else 0
        deadline = time.monotonic() + (AT_REST_AFTER if self.usual else 0.05)
        while time.monotonic() < deadline:
            try:
                self.descriptors = len(os.listdir(folder))
            except FileNotFoundError:
                return
            if self.descriptors <= most:
                return
            time.sleep(0.002)
        if self.usual:
            self.wrong.append(f"{self.descriptors} descriptors at rest, untouched {most}")

    def _stand_ins(self):
        """Descriptors in place of what failed: a pipe for libev's eventfd, /dev/null for stdin."""
        return 1 if self.page.struck and self.page.call_name in ("eventfd", "fcntl") else 0

    def _end(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        deadline = time.monotonic() + PATIENCE
        pid = 0
        while pid == 0 and time.monotonic() < deadline:
            pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
            if pid == 0:
                time.sleep(0.001)
        if pid == 0:
            self.wrong.append("it hangs")
            os.kill(self.process.pid, signal.SIGKILL)
            pid, status, used = os.wait4(self.process.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        self.process.returncode = self.status
        self.process.stdout.close()
        self.cpu = used.ru_utime + used.ru_stime

    def _judge(self):
        page = self.page
        if self.status < 0:
            self.wrong.append(f"ended by {signal.Signals(-self.status).name}")
        elif self.ready and self.status != 0:
            self.wrong.append(f"exit status {self.status}")
        elif not self.ready:
            self._judge_failed_start()
        if self.ready:
            if len(self.listening) != len(list(services(""))):
                self.wrong.append(f"does not say where it listens: {self.listening}")
            if len(self.let_down) > (0 if page.is_quiet else 1):
                self.wrong.append(f"let down: {self.let_down}")
            if page.call_name not in ("lstat", "unlink"):
                self._judge_files()
        if self.usual and page.ended:
            # libseccomp loses what it has of a filter for which it finds no memory.
            is_without_filter = "warning sandbox: seccomp: " in self.log()
            if page.blocks > self.usual.blocks and not is_without_filter:
                self.wrong.append(f"{page.blocks - self.usual.blocks} blocks of memory left")
            if page.descriptors > self.usual.descriptors_at_end + self._stand_ins():
                self.wrong.append("descriptors left at the end")
            if self.cpu > 2 * self.usual.cpu + lines.MORE_CPU:
                self.wrong.append(f"{self.cpu:.3f} s of processor, untouched {self.usual.cpu:.3f}")
        if self.wrong:
            self.wrong.append(self.log())

    def _judge_failed_start(self):
        page, log = self.page, self.log()
        if self.status != 1:
            self.wrong.append(f"not ready, exit status {self.status}")
        elif not page.struck:
            self.wrong.append("not ready for nothing")
        elif page.call_name != "malloc":
            says_why = os.strerror(page.error) in log or page.call_name == "epoll_ctl"
            if not says_why or not any(what in log for what in ("://", "event loop", "output", 'log "')):
                self.wrong.append("it does not say what failed, and where")
        elif " error " not in log:
            self.wrong.append("it says nothing")
        if page.call_name not in ("lstat", "unlink"):
            self._judge_files()

    def _judge_files(self):
        left = set(os.listdir(self.directory)) - {ROOM_LOG}
        if left:
            self.wrong.append(f"left behind: {sorted(left)}")


def too_late(*_):
    raise AssertionError("not ready in time")


class Usual:
    """The most that some untouched runs had."""

    def __init__(self, plan, times=3):
        runs = [Run(plan) for _ in range(times)]
        for run in runs:
            if run.wrong or run.let_down:
                sys.exit(f"untouched: {run.wrong} {run.let_down}")
        self.descriptors = max(run.descriptors for run in runs)
        self.cpu = max(run.cpu for run in runs)
        self.blocks = max(run.page.blocks for run in runs)
        self.descriptors_at_end = max(run.page.descriptors for run in runs)


def main():
    parser = lines.parser(__doc__)
    parser.add_argument("--phase", choices=("start", "serve"), required=True)
    options = parser.parse_args()
    serve = options.phase == "serve"
    usual = Usual({"after_ready": serve})

    def run_of(plan):
        run = Run({**plan, "after_ready": serve}, usual)
        # What is called from there on is the other phase.
        run.last = not serve and run.ready and run.calls_until_ready < run.page.nth
        return run
    sys.exit(0 if lines.try_all(f"sluiced, {options.phase}", options, run_of) else 1)


if __name__ == "__main__":
    main()
