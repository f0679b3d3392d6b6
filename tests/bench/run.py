#!/usr/bin/env python3
"""Measures sluiced and other servers, and prints Markdown.

A missed target is printed but is no error: the exit status is 1 only when bytes were lost or a
server failed. Without sluiced, only the other servers are measured.
"""

import argparse
import pathlib
import sys

import counts
import lent_servers
import processes
import report
import scenarios
import shares


def arguments():
    keys = [scenario.key for scenario in scenarios.ALL] + ["idle", "tls-idle", "decoders", "shares",
                                                           "none"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/bench",
                        help="directory that holds the programs (default: build/bench)")
    parser.add_argument("--sluiced", metavar="FILE",
                        help="the daemon, where it is not below the build directory")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.2,
                        help="counted time of one measurement (default: 1.2)")
    parser.add_argument("--quick", action="store_true",
                        help="one short round: shows that everything runs, not how fast")
    parser.add_argument("--only", action="append", metavar="SCENARIO", choices=keys,
                        help=f"this scenario only, may be repeated: {', '.join(keys)}; "
                             "with none there is just what the next two count")
    parser.add_argument("--syscalls", action="store_true",
                        help="also count system calls a round trip, with strace")
    parser.add_argument("--instructions", action="store_true",
                        help="also count instructions a round trip, with callgrind")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE",
                        help="write the Markdown to this file as well")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.3
    return options


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Benchmark:
    def __init__(self, options):
        self.programs = processes.Programs(options.build, options.sluiced)
        self.cores = processes.Cores.choose()
        self.options = options
        self.problems = []

    def wanted(self, key):
        return not self.options.only or key in self.options.only

    def measure(self, title, name, mode, load):
        try:
            return processes.measure(self.programs, self.cores, name, mode, load)
        except processes.Broken as error:
            self.problems.append(f"{title}: {name}: {error}")
            return None

    def built(self, names, mode):
        found = [n for n in names if processes.available(self.programs, n, mode)]
        for name in (n for n in lent_servers.NAMES if n in names and n not in found):
            say(f"{scenarios.TITLES[name]} is left out: it is not installed")
        return found

    def rounds(self):
        """{scenario: {server: [one run a round]}}, without a server that failed once."""
        chosen = [s for s in scenarios.ALL if self.wanted(s.key)]
        measured = {s.key: {n: [] for n in self.built(s.servers, s.mode)} for s in chosen}
        for number in range(self.options.rounds):
            for scenario in chosen:
                say(f"round {number + 1} of {self.options.rounds}: {scenario.title}")
                load = [*scenario.arguments, "--seconds", self.options.seconds]
                names = list(measured[scenario.key])
                # Each round begins with another one, so that no place in the row is anyone's own.
                start = number % len(names) if names else 0
                for name in names[start:] + names[:start]:
                    run = self.measure(scenario.title, name, scenario.mode, load)
                    measured[scenario.key][name].append(run)
        return {key: {name: runs for name, runs in servers.items() if all(runs)}
                for key, servers in measured.items()}

    def idle(self):
        """{row: {"untimed": run, "timed": run}}: memory does not vary, so that once is enough."""
        load = ["idle", "--connections", scenarios.IDLE_CONNECTIONS, "--seconds"]
        measured = {}
        for row, name, untimed, timed in scenarios.IDLE if self.wanted("idle") else ():
            if not self.built([name], timed):
                continue
            say(f"{scenarios.IDLE_CONNECTIONS} idle connections: {row}")
            measured[row] = {
                "untimed": self.measure("idle", name, untimed, [*load, 0]),
                "timed": self.measure("idle", name, timed, [*load, scenarios.IDLE_SECONDS]),
            }
        return measured

    def tls_idle(self):
        """{row: run}: resident bytes of TLS connections after one exchange."""
        load = ["tls-idle", "--connections", scenarios.TLS_IDLE_CONNECTIONS]
        names = scenarios.TLS_SERVERS if self.wanted("tls-idle") else ()
        measured = {}
        for name in self.built(names, "tls"):
            say(f"{scenarios.TLS_IDLE_CONNECTIONS} idle TLS connections: {name}")
            measured[name] = self.measure("tls-idle", name, "tls", load)
        return {name: run for name, run in measured.items() if run}

    def decoders(self):
        """The tables that bench_decoders prints; it needs no load, and takes seconds."""
        program = self.programs.get("bench_decoders")
        if not program or not self.wanted("decoders"):
            return []
        say("decoders")
        try:
            return [processes.output_on_core(program, self.cores.server)]
        except processes.Broken as error:
            self.problems.append(f"decoders: {error}")
            return []

    def shares(self):
        if not self.programs.get("sluiced") or not self.wanted("shares"):
            return []
        say("how connections are divided")
        try:
            return [shares.section(self.programs, self.cores)]
        except processes.Broken as error:
            self.problems.append(f"shares: {error}")
            return []

    def counted(self):
        parts = []
        for tool in counts.TOOLS:
            if not getattr(self.options, tool):
                continue
            say(f"counting {tool}")
            try:
                parts.append(counts.section(self.programs, self.cores, tool))
            except processes.Broken as error:
                self.problems.append(f"{tool}: {error}")
        return parts

    def run(self):
        if not self.programs.get("bench_load"):
            sys.exit(f"no bench_load below {self.options.build}: build bench_programs first")
        measured, idle, tls_idle = self.rounds(), self.idle(), self.tls_idle()
        text = report.markdown(self.options.build, self.cores, self.options.rounds, measured,
                               idle, tls_idle)
        text = "\n\n".join([text.rstrip("\n"), *self.decoders(), *self.shares(),
                            *self.counted()]) + "\n"
        print(text)
        if self.options.output:
            self.options.output.write_text(text)
        for problem in self.problems:
            say(f"FAILED: {problem}")
        return 1 if self.problems else 0


if __name__ == "__main__":
    sys.exit(Benchmark(arguments()).run())
