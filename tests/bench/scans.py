#!/usr/bin/env python3
"""Measures sluice-scan beside nmap and a bare loop, and prints Markdown.

On loopback both scan a network namespace of their own; over the wire (bench_wire) far hosts that
refuse, drop or lose packets. Each run is also judged: what was missed, and what was made up. The
exit status is 1 only when a program failed; a missed target is printed and no error.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ALL_PORTS = range(1, 65536)
LOOPBACK_OPEN = [22, 80, 443, 1000, 8080, *range(20000, 20010), 32768, 40000, 50000, 60999, 65535]
DROP = ("nft 'add table inet t; add chain inet t in { type filter hook input priority 0; }; "
        "add rule inet t in tcp dport %s %s'")
LIMIT = 300  # seconds; a run that takes longer has failed


@dataclasses.dataclass
class Scenario:
    key: str
    title: str
    target: str                # what is scanned
    ports: list
    hosts: dict                # address: open ports, of those that are up
    wire: list                 # bench_wire's options
    limit: float = None        # seconds that are asked for
    silent: set = frozenset()  # ports that are dropped at hosts that are up
    addresses: list = None     # all of them, where not all are up
    as_it_is: bool = False     # at the default rate, and noticing hosts that are down

    def expected(self):
        """{address: (open ports, number closed, number filtered)}"""
        result = {}
        for address in self.addresses or self.hosts:
            if address not in self.hosts:
                result[address] = (frozenset(), 0, len(self.ports))
                continue
            opened = frozenset(self.hosts[address])
            silent = len(set(self.ports) & set(self.silent))
            result[address] = (opened, len(self.ports) - len(opened) - silent, silent)
        return result


def one_host(key, title, ports, wire, **more):
    opened = [22, 80]
    return Scenario(key, title, "10.99.1.1", list(ports), {"10.99.1.1": opened},
                    ["--hosts", "10.99.1.1/32", "--listen", "22,80", *wire], **more)


UP = [f"10.99.1.{n}" for n in (3, 50, 111, 180, 249)]
ALL = [f"10.99.1.{n}" for n in range(256)]
SOME_DROPPED = set(range(1, 1001)) - {22, 80, 999}

OVER_WIRE = [
    one_host("closed", "65,535 ports, nearly all closed, 20 ms", ALL_PORTS, ["--delay", "20"],
             limit=2),
    one_host("loss1", "the same, 1 % of packets lost", ALL_PORTS,
             ["--delay", "20", "--loss", "1"], limit=5),
    one_host("loss10", "1,000 ports, 20 ms, 10 % lost", range(1, 1001),
             ["--delay", "20", "--loss", "10"]),
    one_host("far", "1,000 ports, 200 ms", range(1, 1001), ["--delay", "200"]),
    one_host("dropped", "1,000 ports, 997 dropped, 20 ms", range(1, 1001),
             ["--delay", "20", "--far", DROP % ("!= { 22, 80, 999 }", "drop")],
             silent=SOME_DROPPED, limit=2),
    one_host("rejected", "1,000 ports, 997 rejected by a firewall, 20 ms", range(1, 1001),
             ["--delay", "20", "--far",
              DROP % ("!= { 22, 80, 999 }", "reject with icmp admin-prohibited")],
             silent=SOME_DROPPED),
    Scenario("network", "a /24 with five hosts up, 100 ports, 20 ms", "10.99.1.0/24",
             list(range(1, 101)), {address: [22, 80] for address in UP},
             [word for address in UP for word in ("--hosts", address + "/32")] +
             ["--delay", "20", "--listen", "22,80"],
             limit=9, addresses=ALL),
    one_host("default", "65,535 ports, nearly all closed, no option, 1 ms", ALL_PORTS,
             ["--delay", "1"], as_it_is=True),
    Scenario("down", "a /24 with four hosts up, 1,000 ports, no option, 1 ms", "10.99.1.0/24",
             list(range(1, 1001)), {address: [22, 80] for address in UP[:4]},
             [word for address in UP[:4] for word in ("--hosts", address + "/32")] +
             ["--delay", "1", "--listen", "22,80"], addresses=ALL, as_it_is=True),
]


def ports_text(ports):
    return f"{ports[0]}-{ports[-1]}"


def sluice_scan(program, scenario):
    unbound = () if scenario.as_it_is else ("--rate", "0", "-Pn")
    return [program, "-n", "--json", *unbound, "-p", ports_text(scenario.ports), scenario.target]


def nmap(program, scenario):
    unbound = () if scenario.as_it_is else ("-Pn",)
    return [program, "--unprivileged", "-n", *unbound, "-sT", "-T4", "-p",
            ports_text(scenario.ports), "-oX", "-", scenario.target]


def read_json_lines(text):
    result = {}
    for line in text.splitlines():
        entry = json.loads(line)
        if "summary" in entry:
            continue
        opened, closed, filtered = result.setdefault(entry["host"], (set(), 0, 0))
        if entry["state"] == "open":
            opened.add(entry["port"])
        closed += entry["state"] == "closed"
        filtered += entry["state"] == "filtered"
        result[entry["host"]] = (opened, closed, filtered)
    return result


def read_xml(text):
    result = {}
    for host in xml.etree.ElementTree.fromstring(text).iter("host"):
        opened, counts = set(), {"closed": 0, "filtered": 0}
        for port in host.iter("port"):
            state = port.find("state").get("state")
            if state == "open":
                opened.add(int(port.get("portid")))
            elif state in counts:
                counts[state] += 1
        for extra in host.iter("extraports"):
            if extra.get("state") in counts:
                counts[extra.get("state")] += int(extra.get("count"))
        result[host.find("address").get("addr")] = (opened, counts["closed"], counts["filtered"])
    return result


SCANNERS = {"sluice-scan": (sluice_scan, read_json_lines), "nmap": (nmap, read_xml)}


@dataclasses.dataclass
class Run:
    seconds: float
    cpu: float
    missed: int = 0   # open ports that were not found
    invented: int = 0 # ports that were called open and are not
    wrong: int = 0    # how many more were called closed, or filtered, than are


def judge(run, found, expected):
    for address, (opened, closed, filtered) in expected.items():
        seen, seen_closed, seen_filtered = found.get(address, (set(), 0, 0))
        run.missed += len(opened - seen)
        run.invented += len(seen - opened)
        run.wrong += max(seen_closed - closed, 0) + max(seen_filtered - filtered, 0)
    return run


def scan_over_wire(wire, scenario, name, program, seed):
    command, read = SCANNERS[name]
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [wire, *scenario.wire, "--seed", str(seed), "--seconds", str(LIMIT), "--",
             *command(program, scenario)],
            stdout=output, stderr=subprocess.PIPE, text=True, check=False, timeout=LIMIT + 30)
        output.seek(0)
        text = output.read().decode()
    figures = re.search(r"command: ([\d.]+) s, ([\d.]+) s of CPU", done.stderr)
    if done.returncode != 0 or not figures:
        raise RuntimeError(f"{name} on {scenario.key}: status {done.returncode}: {done.stderr}")
    run = Run(float(figures[1]), float(figures[2]))
    return judge(run, read(text), scenario.expected())


# --- loopback, inside a namespace that bench_wire made ---

def timed(command):
    """What the command prints, and what it took."""
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - begin
        output.seek(0)
        text = output.read().decode()
    if child.returncode != 0:
        raise RuntimeError(f"{command[0]}: status {child.returncode}")
    return text, Run(took, used.ru_utime + used.ru_stime)


def loopback_commands(programs):
    """{name: (command, how its output is read)}"""
    return {
        "floor": ([programs["floor"]], None),
        "sluice-scan": ([programs["sluice-scan"], "-n", "--json", "-p", "-", "127.0.0.1"],
                        read_json_lines),
        "sluice-scan, table": ([programs["sluice-scan"], "-n", "-p", "-", "127.0.0.1"], None),
        "nmap": ([programs["nmap"], "-n", "-Pn", "-sT", "-p-", "-T5", "--min-rate", "100000",
                  "-oX", "-", "127.0.0.1"], read_xml),
    }


def loopback_rounds(programs, rounds):
    """Prints {name: [run...]} as JSON: for the process outside."""
    listeners = []
    for port in LOOPBACK_OPEN:
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(4096)
        listeners.append(listener)
    expected = {"127.0.0.1": (frozenset(LOOPBACK_OPEN), 65535 - len(LOOPBACK_OPEN), 0)}
    commands = loopback_commands(programs)
    runs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, read) in commands.items():
            if command[0] is None:
                continue
            text, run = timed(command)
            runs[name].append(dataclasses.asdict(judge(run, read(text), expected) if read else run))
    json.dump(runs, sys.stdout)


def scan_loopback(wire, programs, rounds):
    """The runs of each, and how much memory each had at most."""
    done = subprocess.run(
        [wire, "--seconds", str(LIMIT), "--", sys.executable, __file__, "--inside",
         json.dumps(programs), "--rounds", str(rounds)],
        capture_output=True, text=True, check=False, timeout=LIMIT + 30)
    if done.returncode != 0:
        raise RuntimeError(f"loopback: status {done.returncode}: {done.stderr}")
    runs = {name: [Run(**run) for run in of] for name, of in json.loads(done.stdout).items()}
    peaks = {name: peak_of(wire, command)
             for name, (command, _) in loopback_commands(programs).items() if command[0]}
    return runs, peaks


# --- the tables ---

def spread(values, form="{:.2f}"):
    middle = form.format(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({form.format(min(values))}–{form.format(max(values))})"


def errors(runs):
    if not runs:
        return "–"
    return (f"{sum(r.missed for r in runs)} / {sum(r.invented for r in runs)} / "
            f"{sum(r.wrong for r in runs)}")


def peak_of(wire, command):
    """Resident KiB at most. What starts it is small, and so is not taken for it."""
    done = subprocess.run([wire, "--", *command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=LIMIT)
    return re.search(r"(\d+) KiB", done.stderr)[1]


def loopback_table(runs, peaks):
    lines = ["| 65,535 ports of 127.0.0.1 | s | CPU s | × floor | peak memory, KiB | missed / false "
             "open / otherwise wrong |", "|---|---|---|---|---|---|"]
    floor = [run.seconds for run in runs["floor"]]
    for name, of in runs.items():
        if not of:
            continue
        ratio = spread([a.seconds / b for a, b in zip(of, floor)]) if floor else "–"
        lines.append(f"| {name} | {spread([r.seconds for r in of])} | {spread([r.cpu for r in of])} "
                     f"| {ratio} | {peaks[name]} "
                     f"| {'–' if name.startswith(('floor', 'sluice-scan,')) else errors(of)} |")
    return "\n".join(lines)


def wire_table(scenarios, runs):
    lines = ["| over the wire | sluice-scan s | required | nmap -T4 s | sluice-scan missed / "
             "false open / otherwise wrong | nmap |", "|---|---|---|---|---|---|"]
    for scenario in scenarios:
        ours, theirs = (runs[scenario.key].get(name, []) for name in SCANNERS)
        times = [r.seconds for r in ours]
        asked = "–"
        if scenario.limit:
            met = times and statistics.median(times) < scenario.limit
            asked = f"< {scenario.limit}: {'met' if met else '**missed**'}"
        lines.append(f"| {scenario.title} | {spread(times) if times else '–'} | {asked} | "
                     f"{spread([r.seconds for r in theirs]) if theirs else '–'} | {errors(ours)} | "
                     f"{errors(theirs)} |")
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/bench", help="where the programs are")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: 3)")
    parser.add_argument("--only", action="append", metavar="SCENARIO",
                        choices=["loopback", *(s.key for s in OVER_WIRE)])
    parser.add_argument("--without-nmap", action="store_true", help="it takes most of the time")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--inside", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if options.inside:
        loopback_rounds(options.inside, options.rounds)
        return 0
    below = pathlib.Path(options.build).resolve() / "bin"
    wire = str(below / "bench_wire")
    programs = {"sluice-scan": str(below / "sluice-scan"), "floor": str(below / "bench_scan_floor"),
                "nmap": None if options.without_nmap else shutil.which("nmap")}
    chosen = [s for s in OVER_WIRE if not options.only or s.key in options.only]
    text = ""
    if not options.only or "loopback" in options.only:
        text += loopback_table(*scan_loopback(wire, programs, options.rounds)) + "\n\n"
    runs = {scenario.key: {name: [] for name in SCANNERS} for scenario in chosen}
    for number in range(options.rounds):
        for scenario in chosen:
            for name in SCANNERS:
                if programs[name] is None:
                    continue
                print(f"scans: round {number + 1}: {scenario.title}: {name}", file=sys.stderr)
                runs[scenario.key][name].append(
                    scan_over_wire(wire, scenario, name, programs[name], number + 1))
    if chosen:
        text += wire_table(chosen, runs) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
