#!/usr/bin/env python3
"""Fails call 1 of a whole program, then call 2, and so on until a run goes untouched.

    tools.py --program scan|scan_udp|scan_probe|lookup|lookup_tls|talk|talk_listen|talk_proxy|fetch
             [--every N] [--all] [--only system|memory] [--call N] [--jobs N]

Each run does the same: a scan of open and closed ports with banners, a listing, an XML file and a
place to resume from; look-ups of services, names and addresses over UDP, TCP and TLS; lines to an
echo and back, also through a proxy; three peers that connect; a page into a file.

After each fault: no signal ended the program, it did not hang, it took little processor time, and
had no more memory or descriptors at its end than one that was let alone. Either it did all that it
was asked for and ended with 0, or it did not, said why, and what it told before is true.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import lines  # noqa: E402  pylint: disable=wrong-import-position
from certificates import Authority  # noqa: E402  pylint: disable=wrong-import-position
from network import in_own_network  # noqa: E402  pylint: disable=wrong-import-position
from other_side import HOST, PAGE, OtherSide  # noqa: E402  pylint: disable=wrong-import-position
from page import Page  # noqa: E402  pylint: disable=wrong-import-position

LIBRARY = os.environ["SLUICE_FAULTS_LIBRARY"]
PATIENCE = 12 * lines.SLOWNESS  # seconds that a run may take


class Run:
    """One program, under one fault; `wrong` says what it should not have done."""
    VARIABLE = ""  # of the environment, which names the program
    OVER_TLS = False
    TYPED = b""
    FAILED = {1}  # exit statuses
    FREES_ALL = True

    def __init__(self, there, plan, usual=None):
        self.page = Page(**plan)
        self.there = there
        self.usual = usual
        self.wrong = []
        self.last = False
        with tempfile.TemporaryDirectory(prefix="sluice-faults-") as directory:
            self.directory = pathlib.Path(directory)
            self._run()
            self.files = {path.name: b"" if path.is_socket() else path.read_bytes()
                          for path in self.directory.iterdir()}
        self._judge()

    def arguments(self):
        raise NotImplementedError

    def done(self):
        """What it did, as an untouched run did it; comparable."""
        raise NotImplementedError

    def judge_part(self):
        """What it told although it failed must be true."""

    def prepare(self):
        """Puts files into its directory."""

    @contextlib.contextmanager
    def beside(self):
        """Runs what it needs beside it, for as long as the block lasts."""
        yield

    def _run(self):
        self.prepare()
        # Files, so that nobody has to read while the program runs.
        with tempfile.TemporaryFile() as typed, tempfile.TemporaryFile() as out, \
                tempfile.TemporaryFile() as err:
            typed.write(self.TYPED)
            typed.seek(0)
            usual = {name: value for name, value in os.environ.items()
                     if not name.lower().endswith("_proxy")}
            process = subprocess.Popen(
                [os.environ[self.VARIABLE], *self.arguments()], stdin=typed, stdout=out, stderr=err,
                cwd=self.directory,
                env={**usual, "LD_PRELOAD": LIBRARY, "SLUICE_FAULTS": self.page.file.name})
            with self.beside():
                self._await(process)
            size = os.fstat(out.fileno()).st_size
            self.out = os.pread(out.fileno(), size, 0)
            size = os.fstat(err.fileno()).st_size
            self.err = os.pread(err.fileno(), size, 0).decode(errors="replace")

    def _await(self, process):
        deadline = time.monotonic() + PATIENCE
        pid = 0
        while pid == 0 and time.monotonic() < deadline:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid == 0:
                time.sleep(0.0005)
        if pid == 0:
            self.wrong.append("it hangs")
            os.kill(process.pid, signal.SIGKILL)
            pid, status, used = os.wait4(process.pid, 0)
        self.status = process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu = used.ru_utime + used.ru_stime

    def _judge(self):
        page = self.page
        name = pathlib.Path(os.environ[self.VARIABLE]).name
        if self.status < 0 and not self._reader_left():
            self.wrong.append(f"ended by {signal.Signals(-self.status).name}")
        elif self.status == 0:
            self._judge_success()
        elif self.status > 0:
            if self.status not in self.FAILED:
                self.wrong.append(f"exit status {self.status}")
            if not page.struck:
                self.wrong.append("it failed for nothing")
            if not all(line.startswith(f"{name}: ") for line in self.err.splitlines()) \
                    or not self.err:
                self.wrong.append("it does not say what failed")
            self.judge_part()
        if self.usual and page.ended:
            if page.blocks > self.usual.blocks and self.FREES_ALL:
                self.wrong.append(f"{page.blocks - self.usual.blocks} blocks of memory left")
            stand_in = page.struck and page.call_name in ("eventfd", "fcntl")
            if page.descriptors > self.usual.descriptors + stand_in:
                self.wrong.append("descriptors left at the end")
            if self.cpu > 2 * self.usual.cpu + lines.MORE_CPU:
                self.wrong.append(f"{self.cpu:.3f} s of processor, untouched {self.usual.cpu:.3f}")
        if self.wrong:
            self.wrong += [f"status {self.status}", self.err, repr(self.out[-2000:])]

    def _judge_success(self):
        if self.usual and self.done() != self.usual.done:
            self.wrong.append(f"not all is done: {self.done()!r}"[:3000])
        left = set(self.files) - set(self.usual.files if self.usual else self.files)
        if left and self.page.call_name not in ("lstat", "unlink"):
            self.wrong.append(f"left behind: {left}")

    def _reader_left(self):
        """As other filters do: SIGPIPE ends it when nobody reads its output."""
        return (self.status == -signal.SIGPIPE and self.page.call_name == "write"
                and os.strerror(self.page.error) == "Broken pipe")


class Scan(Run):
    VARIABLE = "SLUICE_SCAN"
    KEYS = ("address", "port", "state", "banner")
    # What a fault of these can make of one port, and of the path to it.
    OF_A_PORT = {"socket", "connect", "getsockopt", "getsockname", "getpeername", "setsockopt",
                 "bind", "recv", "recvmsg", "read", "epoll_ctl"}

    def arguments(self):
        ports = ",".join(map(str, (*self.there.greeters, self.there.closed)))
        return ["-n", "-4", "--json", "--banner=2s", "--seed", "1", "--timeout", "300ms",
                "--retries", "1", "--exclude", "localhost", "--resume", "position", "--xml",
                "scan.xml", "-p", ports, HOST]

    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def ports(self):
        return {each["port"]: tuple(each.get(key) for key in self.KEYS)
                for each in self.objects() if "port" in each}

    def done(self):
        complete = [each["summary"]["complete"] for each in self.objects() if "summary" in each]
        return complete, self.ports(), sorted(self.files), \
            self.files.get("scan.xml", b"").endswith(b"</nmaprun>\n")

    def _judge_success(self):
        if self.usual is None or self.done() == self.usual.done:
            return
        complete, ports, files, xml = self.done()
        usual_complete, usual_ports, usual_files, usual_xml = self.usual.done
        if (complete, xml) != (usual_complete, usual_xml) or set(ports) != set(usual_ports):
            self.wrong.append("it is not complete, and says nothing")
        if files != usual_files and self.page.call_name not in ("unlink", "lstat"):
            self.wrong.append(f"left behind: {files}")
        self._expect_one_victim(ports)

    def _expect_one_victim(self, ports):
        other = [port for port, told in ports.items() if told != self.usual.done[1].get(port)]
        may = self.page.call_name in self.OF_A_PORT or self.page.domain == 2
        if len(other) > (1 if may and self.page.struck else 0):
            self.wrong.append(f"not true: {[ports[port] for port in other]}")

    def judge_part(self):
        if self.usual is None:
            return
        whole = [line for line in self.out.splitlines(keepends=True) if line.endswith(b"\n")]
        self.out = b"".join(whole)
        self._expect_one_victim(self.ports())
        extra = set(self.files) - {"scan.xml", "position"}
        if extra and self.page.call_name not in ("lstat", "unlink"):
            self.wrong.append(f"left behind: {extra}")


class ScanUdp(Scan):
    """Ports of UDP, open and closed: one socket serves all, so a fault may strike any answer."""
    OF_A_PORT = {*Scan.OF_A_PORT, "sendto", "recvfrom"}

    def arguments(self):
        return ["-n", "-4", "--json", "--udp", "--seed", "1", "--timeout", "300ms", "--retries",
                "2", "--resume", "position", "--xml", "scan.xml", "-p",
                f"{self.there.names},{self.there.closed}", HOST]


class ScanProbe(Scan):
    KEYS = ("address", "port", "state", "probe")
    OF_A_PORT = {*Scan.OF_A_PORT, "send", "sendto"}

    def arguments(self):
        ports = ",".join(map(str, (*self.there.greeters, self.there.closed)))
        return ["-n", "-4", "--json", "--probe=300ms", "--seed", "1", "--timeout", "300ms",
                "--retries", "1", "--resume", "position", "--xml", "scan.xml", "-p", ports, HOST]


class Lookup(Run):
    VARIABLE = "SLUICE_LOOKUP"

    def arguments(self):
        return ["-4", "--server", f"{HOST}:{self.there.names}", "http/tcp", "80/tcp", "localhost",
                "127.0.0.1", "one.test", "many.test", "192.0.2.9"]

    def done(self):
        return sorted(sorted(line.split()) for line in self.out.decode().splitlines())

    def judge_part(self):
        if self.usual and not all(answer in self.usual.done for answer in self.done()):
            self.wrong.append("not true")


class LookupTls(Lookup):
    """Its answers are printed as they arrive, and more than one connection may be needed."""
    OVER_TLS = True
    FAILED = {1, 2}  # 2: the list cannot be read
    FREES_ALL = False  # OpenSSL keeps a record of the error
    TYPED = b"one.test many.test localhost 192.0.2.9\n"

    def arguments(self):
        return ["-4", "--ca", self.there.trusted, "--try-timeout", "1s", "--file", "-", "--server",
                f"tls://{HOST}:{self.there.names_over_tls}#dns.test"]


class Talk(Run):
    VARIABLE = "SLUICE_TALK"
    TYPED = b"".join(b"line %d\n" % number for number in range(50))
    FAILED = {1, 3}

    def arguments(self):
        return ["--timeout", "2s", f"tcp://{HOST}:{self.there.echo}"]

    def done(self):
        return self.out

    def judge_part(self):
        if not self.TYPED.startswith(self.out):
            self.wrong.append("not true")


class TalkProxy(Talk):
    FAILED = {1, 2, 3}  # 2: the file that the command line names cannot be read

    def prepare(self):
        (self.directory / "password").write_text("secret\n", encoding="ascii")

    def arguments(self):
        return ["--proxy", f"socks5://me@{HOST}:{self.there.proxy}", "--proxy-password-file",
                "password", *super().arguments()]


class TalkListen(Talk):
    """It serves a peer that repeats what it reads, and connects until the program ends."""
    TYPED = b""
    ALL = b"one\n" * 3

    def arguments(self):
        return ["-lk", "--timeout", "2s", "--send", "one", "--expect", "3", "unix://socket"]

    @contextlib.contextmanager
    def beside(self):
        ended = threading.Event()
        path = str(self.directory / "socket")

        def connect_again():
            while not ended.wait(0.001):
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
                    peer.connect(path)
                    while data := peer.recv(4096):
                        peer.sendall(data)
        thread = threading.Thread(target=connect_again)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def judge_part(self):
        if not self.ALL.startswith(self.out):
            self.wrong.append("not true")


class Fetch(Run):
    VARIABLE = "SLUICE_FETCH"
    FREES_ALL = False  # OpenSSL does not, when its configuration finds no memory

    def arguments(self):
        return ["-o", "page", f"http://{HOST}:{self.there.web}/"]

    def done(self):
        return self.files

    def judge_part(self):
        if self.files.get("page", PAGE) != PAGE:
            self.wrong.append("a file with another page")
        if set(self.files) - {"page"} and self.page.call_name not in ("lstat", "unlink"):
            self.wrong.append(f"left behind: {set(self.files)}")


class Usual:
    """The most that some untouched runs had, and what they did."""

    def __init__(self, program, there, times=4):
        runs = [program(there, {}) for _ in range(times)]
        for run in runs:
            if run.wrong or run.status != 0 or run.done() != runs[0].done():
                sys.exit(f"untouched: {run.wrong}, status {run.status}, {run.err}{run.done()!r}")
        self.done = runs[0].done()
        self.files = runs[0].files
        self.cpu = max(run.cpu for run in runs)
        self.blocks = max(run.page.blocks for run in runs)
        self.descriptors = max(run.page.descriptors for run in runs)


PROGRAMS = {"scan": Scan, "scan_udp": ScanUdp, "scan_probe": ScanProbe, "lookup": Lookup,
            "lookup_tls": LookupTls, "talk": Talk, "talk_listen": TalkListen,
            "talk_proxy": TalkProxy, "fetch": Fetch}


def main():
    parser = lines.parser(__doc__)
    parser.add_argument("--program", choices=PROGRAMS, required=True)
    options = parser.parse_args()
    program = PROGRAMS[options.program]
    other_side = OtherSide()
    with tempfile.TemporaryDirectory(prefix="sluice-faults-") as directory:
        if program.OVER_TLS:
            other_side.offer_tls(Authority(directory))
        fine = try_program(program, options, other_side)
    sys.exit(0 if fine else 1)


def try_program(program, options, other_side):
    with other_side as there:
        usual = Usual(program, there)
        return lines.try_all(f"sluice-{options.program}", options,
                             lambda plan: program(there, plan, usual))


if __name__ == "__main__":
    in_own_network(optional=True)
    main()
