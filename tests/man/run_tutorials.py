#!/usr/bin/env python3
"""Runs what the tutorials show, in a network namespace, with an installed copy of the build.

A tutorial marks its literal blocks:

    .\\" session          commands after "$ ", which one shell runs in order, and what they print
    .\\" file: NAME       a file that the commands use
    .\\" example: NAME    a program of man/examples, also such a file
    .\\" terminal: NAME   a chat as NAME sees it: a command, typed lines in .Ic, and received lines

Chat terminals run together, where the first of them stands: one begins when the one before it reads
"* guestN joined", and types a line when it has read all lines above it.

Usage: run_tutorials.py --source DIR --build DIR --cmake CMAKE
"""
import argparse
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check_examples  # pylint: disable=wrong-import-position
import network  # pylint: disable=wrong-import-position

PAGES = ("sluice-intro.7", "sluice-chat.7")
MARK = re.compile(r'^\.\\" (session|file|example|terminal)(?:: (\S+))?$')
SECONDS = 30
END = "-- end of a command --"
# The shell does not say when its jobs end, but these commands end one.
ENDS_A_JOB = re.compile(r"^kill %|^sluicectl .* stop$")
HOUSE = "chat=tcp://*:9000,greeting=Welcome to our house."


class Mistake(Exception):
    pass


def blocks(path):
    """Yields (kind, name, lines) for each marked block of the page."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for i, line in enumerate(lines):
        if found := MARK.match(line):
            end = lines.index(".Ed", i)
            yield found[1], found[2], lines[i + 2:end]


class Reader:
    """The lines of a stream, without waiting for more than SECONDS."""

    def __init__(self, stream):
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self, seconds=SECONDS):
        """The next line; None at the end, and "" if there is none in time."""
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return ""


def start(*command, directory, environment):
    return subprocess.Popen(command, cwd=directory, env=environment, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


class Shell:
    """A shell that runs the sessions of a page. Its jobs end with it."""

    def __init__(self, directory, environment):
        self.process = start("bash", "-m", directory=directory, environment=environment)
        self.output = Reader(self.process.stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.write("kill $(jobs -p) 2>/dev/null; wait; exit 0\n")
        self.process.stdin.close()
        self.process.wait(SECONDS)

    def run(self, command, expected):
        wait = "; wait" if ENDS_A_JOB.match(command) else ""
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        if command.endswith("&"):
            got = [self.output.line() for _ in expected]
        else:
            self.process.stdin.write(f": {wait}; jobs >/dev/null 2>&1; echo '{END}'\n")
            self.process.stdin.flush()
            got = []
            while (line := self.output.line()) not in (END, None, ""):
                got.append(line)
        if got != expected:
            raise Mistake(f"$ {command}\nthe page shows {expected!r}\nit printed   {got!r}")

    def session(self, lines):
        command, expected = None, []
        for line in [*map(check_examples.unescape, lines), "$ "]:
            if not line.startswith("$ "):
                expected.append(line)
                continue
            if command is not None:
                self.run(command, expected)
            command, expected = line[2:], []


class Terminal:
    """A chat as one member sees it."""

    def __init__(self, name, lines):
        self.name = name
        self.command = lines[0].removeprefix("$ ")
        # (True, a line to type) or (False, a line to read)
        self.steps = [(line.startswith(".Ic "),
                       check_examples.unescape(line.removeprefix(".Ic "))) for line in lines[1:]]
        self.process = None
        self.output = None

    def start(self, directory, environment):
        self.process = start("sh", "-c", f"exec {self.command}", directory=directory,
                             environment=environment)
        self.output = Reader(self.process.stdout)

    def waits_for_newcomer(self):
        return bool(self.steps) and re.match(r"\* guest\d+ joined$", self.steps[0][1]) is not None

    def step(self):
        """Types the next line, or reads it if it has come. True if it did."""
        if self.process is None or not self.steps:
            return False
        typed, text = self.steps[0]
        if typed:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        else:
            got = self.output.line(0.05)
            if got == "":
                return False
            if got != text:
                raise Mistake(f"terminal of {self.name}: the page shows {text!r}, not {got!r}")
        del self.steps[0]
        return True


def chat(terminals, directory, environment):
    deadline = time.monotonic() + SECONDS
    terminals[0].start(directory, environment)
    try:
        while any(terminal.steps for terminal in terminals):
            moved = [terminal.step() for terminal in terminals]
            for before, after in zip(terminals, terminals[1:]):
                if after.process is None and before.process and before.waits_for_newcomer():
                    after.start(directory, environment)
            if any(moved):
                deadline = time.monotonic() + SECONDS
            elif time.monotonic() > deadline:
                waiting = [f"{t.name} for {t.steps[0][1]!r}" for t in terminals if t.steps]
                raise Mistake(f"these wait: {', '.join(waiting)}")
    finally:
        for terminal in terminals:
            if terminal.process:
                terminal.process.stdin.close()
                terminal.process.wait(SECONDS)


def check_page(page, source, environment):
    marked = list(blocks(page))
    if not marked:
        raise Mistake("the page has no marked block")
    terminals = [Terminal(name, lines) for kind, name, lines in marked if kind == "terminal"]
    with tempfile.TemporaryDirectory() as name, Shell(name, environment) as shell:
        directory = pathlib.Path(name)
        if terminals and not any(kind == "session" for kind, _, _ in marked):
            shell.run(f"sluiced -l '{HOUSE}' &", ["listening chat tcp://*:9000", "ready"])
        for kind, file, lines in marked:
            if kind == "session":
                shell.session(lines)
            elif kind == "file":
                text = "\n".join(map(check_examples.unescape, lines)) + "\n"
                (directory / file).write_text(text, encoding="utf-8")
            elif kind == "example":
                shutil.copy(source / "man" / "examples" / file, directory)
            elif terminals:
                chat(terminals, directory, environment)
                terminals = []


def install(options, prefix):
    """Installs the build, and returns an environment that uses it as an installed system does."""
    subprocess.run([options.cmake, "--install", options.build, "--prefix", prefix], check=True,
                   stdout=subprocess.DEVNULL, timeout=SECONDS)
    libraries = prefix / "lib"
    if not (libraries / "pkgconfig").exists():
        libraries = next(prefix.rglob("pkgconfig")).parent
    wrapped = prefix / "as-a-user"
    wrapped.mkdir()
    # Started by root, the daemon serves strangers only with this option.
    extra = " --user root" if os.geteuid() == 0 else ""
    (wrapped / "sluiced").write_text(f'#!/bin/sh\nexec {prefix}/sbin/sluiced{extra} "$@"\n',
                                     encoding="utf-8")
    (wrapped / "sluiced").chmod(0o755)
    path = [wrapped, prefix / "bin", prefix / "sbin", os.environ["PATH"]]
    return os.environ | {"PATH": ":".join(map(str, path)), "LD_LIBRARY_PATH": str(libraries),
                         "PKG_CONFIG_PATH": str(libraries / "pkgconfig")}


def main():
    parser = argparse.ArgumentParser()
    for name in ("--source", "--build", "--cmake"):
        parser.add_argument(name, type=pathlib.Path, required=True)
    options = parser.parse_args()
    network.in_own_network("bash", "nc",
                           setup="ip link set lo up && ip addr add 192.0.2.1/24 dev lo")
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        environment = install(options, pathlib.Path(name))
        for page in PAGES:
            try:
                check_page(options.source / "man" / page, options.source, environment)
                print(f"ok: {page}")
            except Mistake as mistake:
                failures += 1
                print(f"FAILED: {page}: {mistake}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
