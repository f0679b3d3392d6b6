"""System calls (strace) and instructions (callgrind) a round trip: nothing else disturbs these."""

import pathlib
import re
import shutil
import tempfile

import processes
import report
import scenarios

SERVERS = ("sluiced", "bare_libev")
FEW, MANY = 3000, 13000
ARGUMENTS = ("round-trips", "--connections", 100, "--size", 64, "--seconds", 60)


def traced_pid(wrapper_pid):
    """strace's child: the server itself has to be told to end, or strace prints no summary."""
    children = pathlib.Path(f"/proc/{wrapper_pid}/task/{wrapper_pid}/children").read_text().split()
    return int(children[0]) if children else None


def run_wrapped(programs, cores, name, wrapper, operations, forks):
    command = processes.server_command(programs, name, "echo")
    server = processes.Server(command, "echo", cores.server, wrapper)
    try:
        load = (*ARGUMENTS, "--operations", operations)
        processes.run_load(programs, cores.load, server.port, load)
        server.check()
    finally:
        server.stop(traced_pid(server.pid) if forks else None)


def parse_syscalls(text):
    counts = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    return counts


def parse_instructions(text):
    found = re.search(r"Collected : (\d+)", text)
    if not found:
        raise processes.Broken("callgrind printed no count")
    return {"instructions": int(found.group(1))}


# name: (program, its arguments before the output file, parse, whether the server is its child)
TOOLS = {
    "syscalls": ("strace", ["-f", "-c", "-o"], parse_syscalls, True),
    "instructions": ("valgrind", ["--tool=callgrind", "--callgrind-out-file=/dev/null"],
                     parse_instructions, False),
}


def per_round_trip(programs, cores, name, tool):
    """The difference of a long and a short run, so that starting and stopping do not count."""
    program, options, parse, forks = TOOLS[tool]
    counts = []
    with tempfile.TemporaryDirectory() as directory:
        for operations in (FEW, MANY):
            output = pathlib.Path(directory, str(operations))
            target = [str(output)] if forks else [f"--log-file={output}"]
            run_wrapped(programs, cores, name, [program, *options, *target], operations, forks)
            counts.append(parse(output.read_text()))
    few, many = counts
    return {key: (many[key] - few.get(key, 0)) / (MANY - FEW) for key in many}


def section(programs, cores, tool):
    program = TOOLS[tool][0]
    if not shutil.which(program):
        return f"No {tool}: {program} is not installed."
    found = {name: per_round_trip(programs, cores, name, tool)
             for name in SERVERS if processes.server_command(programs, name, "echo")}
    keys = sorted({key for counts in found.values() for key in counts if counts[key] >= 0.003})
    number = "{:.3f}" if tool == "syscalls" else "{:,.0f}"
    rows = [[scenarios.TITLES[name]] + [number.format(counts.get(key, 0)) for key in keys]
            for name, counts in found.items()]
    return report.table([f"{tool} a round trip (100 × 64 B)"] + keys, rows)
