#!/usr/bin/env python3
"""Measures each tool of sluice task by task beside the programs that people use for it, and prints
Markdown.

Everything runs in network namespaces that bench_wire makes: on their loopback, and for two rows of
the scanner over its wire. The programs take turns, round by round; each run is checked, and a
result that is not whole is counted. A program that is not installed is named and left out. No
round begins after --seconds. The exit status is 1 only when a program failed that had to run.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import scans

LIMIT = 60           # seconds; a run that takes longer has failed
NAMES = 5_000
FEW_NAMES = 1_000
BULK = 600 << 20     # bytes
LINES = 3_000_000
SMALL_FILES = 1_000
OURS = ("sluice-scan", "sluice-lookup", "sluice-talk", "sluice-fetch")
PEERS = ("nmap", "massdns", "dig", "kdig", "getent", "nc", "ncat", "socat", "curl",
         "wget2", "aria2c")
SERVERS = ("unbound", "lighttpd")


@dataclasses.dataclass
class Task:
    title: str
    commands: dict         # name: the command, or what has a method run()
    wrong: object          # (bytes of the standard output, name) -> how much is missing or false
    prepare: object = None # called before each run, with its scratch directory
    stdin: str = None      # a file
    cwd: bool = False      # runs in the scratch directory


@dataclasses.dataclass
class Run:
    seconds: float
    cpu: float
    wrong: int


class Room:
    """What the tasks share: files, servers, and the programs that are there."""

    def __init__(self, below):
        self.directory = pathlib.Path(tempfile.mkdtemp(
            dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
        os.chmod(self.directory, 0o755)
        search = os.environ["PATH"] + ":/usr/sbin:/sbin"
        self.found = {name: str(below / name) for name in (*OURS, "sluiced", "bench_wire")}
        for name in PEERS + SERVERS:
            if path := shutil.which(name, path=search):
                self.found[name] = path
        self.children = []

    def start(self, *command, **more):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   **{"stdout": subprocess.DEVNULL, **more})
        self.children.append(process)
        return process

    def close(self):
        for process in self.children:
            process.kill()
            process.wait()
        shutil.rmtree(self.directory)

    def file(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        return str(path)

    def those(self, commands):
        """The commands whose program is there; {name: (program, argument...)}."""
        return {name: [self.found[words[0]], *words[1:]] for name, words in commands.items()
                if words[0] in self.found}


def wait_for(port):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise RuntimeError(f"no server at port {port}")


# --- the tasks ---

def listening():
    """The ports at which something listens, the servers of the other tasks among them."""
    ports = set()
    for name in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", name).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":
                ports.add(int(words[1].rpartition(":")[2], 16))
    return frozenset(ports)


def scan_tasks(room):
    opened = scans.LOOPBACK_OPEN
    for port in opened:
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(4096)
        room.children.append(Closing(listener))

    def wrong(output, name):
        now = listening()
        expected = {"127.0.0.1": (now, 65535 - len(now), 0)}
        read = scans.read_xml if name == "nmap" else scans.read_json_lines
        run = scans.judge(scans.Run(0, 0), read(output.decode()), expected)
        return run.missed + run.invented + run.wrong

    yield Task("scan: 65,535 ports of 127.0.0.1", room.those({
        "sluice-scan": ["sluice-scan", "-n", "--json", "-p", "-", "127.0.0.1"],
        "nmap": ["nmap", "-n", "-Pn", "-sT", "-p-", "-T5", "--min-rate", "100000", "-oX", "-",
                 "127.0.0.1"]}), wrong)


class Closing:
    """A socket, closed as the processes are."""

    def __init__(self, listener):
        self.kill = listener.close

    def wait(self):
        pass


DNS_PORT = 5353
TLS_PORT = 8853
WEB_PORT = 8090      # not one that scan_tasks() opens


def start_dns(room):
    directory = room.directory
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=dns.test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out",
                    "cert.pem"], cwd=directory, check=True, capture_output=True)
    config = room.file("unbound.conf", f"""server:
 interface: 127.0.0.1@{DNS_PORT}
 interface: 127.0.0.1@53
 interface: 127.0.0.1@{TLS_PORT}
 tls-port: {TLS_PORT}
 tls-service-key: "{directory}/key.pem"
 tls-service-pem: "{directory}/cert.pem"
 username: ""
 chroot: ""
 directory: "{directory}"
 pidfile: ""
 do-daemonize: no
 use-syslog: no
 module-config: "iterator"
 local-zone: "." refuse
 local-zone: "test." redirect
 local-data: "test. A 192.0.2.7"
""".encode())
    room.start(room.found["unbound"], "-d", "-c", config)
    wait_for(DNS_PORT)


def lookup_tasks(room):
    if "unbound" not in room.found:
        return
    start_dns(room)
    many = "".join(f"h{i}.test\n" for i in range(NAMES))
    names = room.file("names", many.encode())
    few = room.file("few", "".join(many.splitlines(True)[:FEW_NAMES]).encode())
    words = many.split()[:FEW_NAMES]
    resolv = room.file("resolv.conf", b"nameserver 127.0.0.1\n")
    server = f"127.0.0.1:{DNS_PORT}"

    def ours(file, *more):
        return ["sluice-lookup", "-4", *(more or ("--server", server)), "--file", file]

    def dig(file, *more):
        return ["dig", "@127.0.0.1", "-p", str(DNS_PORT), "+noall", "+answer", *more, "-f", file]

    def getent(*of):
        # It asks the servers of /etc/resolv.conf, so it gets another one, in its own namespace.
        script = 'mount --bind "$0" /etc/resolv.conf && exec getent ahostsv4 "$@"'
        return ["unshare", "--mount", "sh", "-c", script, resolv, *of] if room.found.get(
            "getent") else None

    def missing(count):
        def wrong(output, name):
            found = output.count(b"192.0.2.7")
            return abs(count - (output.count(b"STREAM") if name == "getent" else found))
        return wrong

    def with_getent(commands, *of):
        if command := getent(*of):
            commands["getent"] = command
        return commands

    yield Task("lookup: one name", with_getent(room.those({
        "sluice-lookup": ["sluice-lookup", "--server", server, "--type", "A", "h1.test"],
        "dig": ["dig", "@127.0.0.1", "-p", str(DNS_PORT), "+noall", "+answer", "h1.test"]}),
        "h1.test"), missing(1))
    yield Task(f"lookup: {FEW_NAMES:,} names of a list", with_getent(room.those({
        "sluice-lookup": ours(few), "dig": dig(few)}), *words), missing(FEW_NAMES))
    yield Task(f"lookup: {NAMES:,} names of a list", room.those({
        "sluice-lookup": ours(names), "dig": dig(names)}), missing(NAMES))
    drop = ("nft 'add table inet t; add chain inet t in { type filter hook input priority 0; }; "
            f"add rule inet t in udp sport {DNS_PORT} numgen random mod 100 < 1 drop'")
    end = "nft delete table inet t"

    def lossy(command):
        return ["sh", "-c", f'{drop} && "$0" "$@"; status=$?; {end}; exit $status', *command]

    yield Task(f"lookup: {FEW_NAMES:,} names, 1 % of the answers lost", {
        name: lossy(command) for name, command in room.those({
            "sluice-lookup": ours(few), "dig": dig(few, "+time=1", "+tries=5")}).items()},
        missing(FEW_NAMES))
    url = f"tls://127.0.0.1:{TLS_PORT}"
    kdig = ["kdig", "@127.0.0.1", "-p", str(TLS_PORT), f"+tls-ca={room.directory}/cert.pem",
            "+keepopen", "+noall", "+answer", *words]
    yield Task(f"lookup: {FEW_NAMES:,} names over TLS", room.those({
        "sluice-lookup": ours(few, "--server", url, "--ca", f"{room.directory}/cert.pem"),
        "kdig": kdig}), missing(FEW_NAMES))


def serve_bulk(path, is_source):
    """A server that sends the file to each client, or reads what each sends. Its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(client):
        with client, contextlib.suppress(OSError), open(path, "rb") as data:
            if is_source:
                client.sendfile(data)
                client.shutdown(socket.SHUT_WR)
            got, room = 0, bytearray(1 << 20)
            while size := client.recv_into(room):
                got += size
            if not is_source:
                client.sendall(f"{got}\n".encode())

    def run():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def talk_tasks(room):
    bulk = room.directory / "bulk"
    with open(bulk, "wb") as file:
        line = b"0123456789abcdef" * 3 + b"0123456789abcde\n"
        for _ in range(BULK >> 20):
            file.write(line * ((1 << 20) // len(line)))
    lines = room.file("lines", b"".join(b"%06d\n" % (i % 1_000_000) for i in range(LINES)))

    def all_talk(port, nc=("-N",), ncat=(), is_receiver=False):
        ends = ["-", f"TCP:127.0.0.1:{port}"]
        socat = ["-u", *reversed(ends)] if is_receiver else ends
        return room.those({
            "sluice-talk": ["sluice-talk", f"127.0.0.1:{port}"],
            "nc": ["nc", *nc, "127.0.0.1", str(port)],
            "ncat": ["ncat", *ncat, "127.0.0.1", str(port)],
            "socat": ["socat", "-t", "10", "-b", "65536", *socat]})

    def counts(size):
        return lambda output, _: int(output.split()[0] != str(size).encode())

    def counted(commands):
        return {name: ["sh", "-c", '"$0" "$@" | wc -c', *command]
                for name, command in commands.items()}

    port = serve_bulk(bulk, True)
    yield Task("talk: receive 600 MB into a pipe",
               counted(all_talk(port, nc=("-d",), ncat=("--recv-only",),
                               is_receiver=True)),
               counts(BULK))
    port = serve_bulk(bulk, False)
    yield Task("talk: send 600 MB", all_talk(port), counts(BULK), stdin=str(bulk))
    echo = room.start(room.found["sluiced"], "-l", "echo=tcp://127.0.0.1:0", "-u", "root",
                      stdout=subprocess.PIPE)
    port = int(echo.stdout.readline().decode().rpartition(":")[2])
    yield Task("talk: 3,000,000 lines to an echo server and back", counted(all_talk(port)),
               counts(LINES * 7), stdin=lines)
    hello = room.file("hello", b"hello\n")
    yield Task("talk: one line and its echo", all_talk(port),
               lambda output, _: int(output != b"hello\n"), stdin=hello)


def fetch_tasks(room):
    if "lighttpd" not in room.found:
        return
    root = room.directory / "root"
    root.mkdir()
    body = random.Random(1).randbytes(4096)
    for i in range(SMALL_FILES):
        (root / f"small{i}").write_bytes(body)
    for i in range(100):
        (root / f"middle{i}").write_bytes(body * 256)
    with open(root / "large", "wb") as large:
        for _ in range(500):
            large.write(body * 256)
    config = room.file("lighttpd.conf", f"""server.document-root = "{root}"
server.port = {WEB_PORT}
server.bind = "127.0.0.1"
server.max-keep-alive-requests = 100000
server.errorlog = "/dev/null"
""".encode())
    room.start(room.found["lighttpd"], "-D", "-f", config)
    wait_for(WEB_PORT)

    def task(title, names, size):
        urls = [f"http://127.0.0.1:{WEB_PORT}/{name}" for name in names]
        listed = room.file(f"list-{names[0]}", "".join(url + "\n" for url in urls).encode())
        config = room.file(f"curl-{names[0]}", "".join(
            f'url = "{url}"\noutput = "{name}"\n' for url, name in zip(urls, names)).encode())

        def wrong(_, __):
            return sum(not (room.directory / "scratch" / name).is_file() or
                       (room.directory / "scratch" / name).stat().st_size != size for name in names)

        return Task(title, room.those({
            "sluice-fetch": ["sluice-fetch", "-O", "--input", listed],
            "curl": ["curl", "-s", "-Z", "--parallel-max", "8", "-K", config],
            "wget2": ["wget2", "-q", "--max-threads=8", "-i", listed],
            "aria2c": ["aria2c", "-q", "-j", "8", "--file-allocation=none", "-i", listed]}),
            wrong, cwd=True)

    yield task("fetch: 1,000 files of 4 KiB", [f"small{i}" for i in range(SMALL_FILES)], 4096)
    yield task("fetch: 100 files of 1 MiB", [f"middle{i}" for i in range(100)], 1 << 20)
    yield task("fetch: one file of 500 MiB", ["large"], 500 << 20)


# --- the runs ---

def run_one(room, task, name):
    scratch = room.directory / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    with tempfile.TemporaryFile() as output, open(task.stdin or os.devnull, "rb") as typed:
        begin = time.monotonic()
        child = subprocess.Popen(task.commands[name], stdin=typed, stdout=output,
                                 stderr=subprocess.DEVNULL, cwd=scratch if task.cwd else "/",
                                 start_new_session=True)
        timer = threading.Timer(LIMIT, os.killpg, (child.pid, 9))
        timer.start()
        _, status, used = os.wait4(child.pid, 0)
        timer.cancel()
        took = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        # A program that has failed may have printed half an answer.
        try:
            wrong = task.wrong(output.read(), name)
        except (ValueError, IndexError, SyntaxError):
            wrong = 1
    return Run(took, used.ru_utime + used.ru_stime, wrong)


def measure_inside(below, rounds, seconds, only):
    """Prints [[title, {name: [run...]}]...] as JSON: for the process outside."""
    end = time.monotonic() + seconds
    room = Room(below)
    result = []
    try:
        tasks = [task for make in (scan_tasks, lookup_tasks, talk_tasks, fetch_tasks)
                 if not only or make.__name__.partition("_")[0] in only for task in make(room)]
        result = [[task.title, {name: [] for name in task.commands}] for task in tasks]
        for number in range(rounds):
            if number > 0 and time.monotonic() > end:
                break
            for task, (_, runs) in zip(tasks, result):
                for name in task.commands:
                    run = run_one(room, task, name)
                    print(f"peers: round {number + 1}: {task.title}: {name}: {run.seconds:.3f} s",
                          file=sys.stderr, flush=True)
                    runs[name].append(dataclasses.asdict(run))
    finally:
        room.close()
    json.dump(result, sys.stdout)


def scan_over_wire(wire, room, rounds):
    """The rows of scans.py in which the programs run as people start them."""
    for scenario in scans.OVER_WIRE:
        if not scenario.as_it_is:
            continue
        runs = {name: [] for name in scans.SCANNERS if name in room.found}
        for number in range(rounds):
            for name, of in runs.items():
                print(f"peers: scan: {scenario.title}: {name}", file=sys.stderr, flush=True)
                run = scans.scan_over_wire(wire, scenario, name, room.found[name], number + 1)
                of.append(Run(run.seconds, run.cpu, run.missed + run.invented + run.wrong))
        yield f"scan: {scenario.title}", runs


# --- the table ---

def table(rows):
    lines = ["| task | program | s | CPU s | × the time of ours | × its CPU | wrong |",
             "|---|---|---|---|---|---|---|"]
    for title, runs in rows:
        ours = runs[next(iter(runs))]
        for name, of in runs.items():
            if not of:
                continue
            seconds = scans.spread([run.seconds for run in of], "{:.3f}")
            cpu = f"{statistics.median([run.cpu for run in of]):.3f}"
            times = statistics.median([a.seconds / b.seconds for a, b in zip(of, ours)])
            cpus = statistics.median([a.cpu / max(b.cpu, 0.001) for a, b in zip(of, ours)])
            ratio = ("–", "–") if of is ours else (f"{times:.2f}", f"{cpus:.2f}")
            shown = f"**{name}**" if of is ours else name
            lines.append(f"| {title if of is ours else ''} | {shown} | {seconds} | {cpu} | "
                         f"{ratio[0]} | {ratio[1]} | {sum(run.wrong for run in of)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/bench", help="where the programs are")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: 3)")
    parser.add_argument("--seconds", type=int, default=300,
                        help="after this no further round begins (default: 300)")
    parser.add_argument("--only", action="append", choices=["scan", "lookup", "talk", "fetch"])
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    below = pathlib.Path(options.build).resolve() / "bin"
    if options.inside:
        measure_inside(below, options.rounds, options.seconds, options.only)
        return 0
    wire = str(below / "bench_wire")
    room = Room(below)
    begin = time.monotonic()
    rows = []
    if not options.only or "scan" in options.only:
        rows += scan_over_wire(wire, room, 1)
    left = max(options.seconds - int(time.monotonic() - begin), 10)
    room.close()
    done = subprocess.run(
        [wire, "--seconds", str(options.seconds + 20 * LIMIT), "--", sys.executable, __file__,
         "--inside", "--build", options.build, "--rounds", str(options.rounds),
         "--seconds", str(left), *(f"--only={word}" for word in options.only or ())],
        stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the tasks on loopback: status {done.returncode}")
    rows += [(title, {name: [Run(**run) for run in of] for name, of in runs.items()})
             for title, runs in json.loads(done.stdout)]
    text = table(rows) + "\n"
    absent = [name for name in PEERS + SERVERS if name not in room.found]
    if absent:
        text += f"\nNot installed, and left out: {', '.join(absent)}.\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
