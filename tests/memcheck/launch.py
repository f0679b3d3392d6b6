#!/usr/bin/env python3
"""Runs a test under valgrind's memcheck: what `make valgrind` puts before each test's command.

launch.py --entry NAME [option...] -- COMMAND...
  --forked LIBRARY          COMMAND is a Criterion binary; forked.cc says how its tests run
  --script [--examples DIR] COMMAND is a script: the programs that it finds in its environment
                            (SLUICED, SLUICE_TALK ...) and in DIR run under memcheck, and the
                            script itself does not
Without either, COMMAND is any other program.

left_out.txt says what does not run at all. Each process writes what memcheck finds into a file of
its own, so that nothing is lost when the test expects the program to fail, or kills it, and the
program's standard error stays as it is. The exit status is the command's, and 99 when anything was
found.
"""
import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

FOUND = 99
HERE = pathlib.Path(__file__).resolve().parent
# Errors and leaks alike. What is still pointed at when the program ends is not lost, nor what is
# pointed at into its middle ("possibly"): a connection keeps a mark in its handler's address.
MEMCHECK = ["valgrind", "--quiet", "--vgdb=no", f"--error-exitcode={FOUND}", "--num-callers=30",
            "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
            # The tests that count allocations have an operator new of their own; it is kept, and
            # the malloc() that it calls is memcheck's.
            "--soname-synonyms=somalloc=nouserintercepts",
            f"--suppressions={HERE / 'memcheck.supp'}"]
# What memcheck says of itself, and not of the program: it knows no size of this request's argument.
ASIDES = re.compile(r"(==\d+==) Warning: noted but unhandled ioctl .*\n(?:\1    .*\n)+")
SKIPPED = 77
PROGRAMS = ("SLUICED", "SLUICE_TALK", "SLUICE_SCAN", "SLUICE_FETCH", "SLUICE_LOOKUP")


class Room:
    """A directory for this run: the programs that run in place of the real ones, and the logs."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.logs = self.path / "logs"
        self.logs.mkdir()
        # A test may run a program as another user.
        self.path.chmod(0o755)
        self.logs.chmod(0o1777)

    def memcheck(self, program):
        return [*MEMCHECK, f"--log-file={self.logs}/%p", program]

    def stand_in(self, program, room):
        """A script of the same name as the program, which it becomes."""
        directory = self.path / room
        directory.mkdir(exist_ok=True)
        script = directory / pathlib.Path(program).name
        command = shlex.join(self.memcheck(str(program)))
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return str(script)

    def findings(self):
        texts = (log.read_text(encoding="utf-8", errors="replace")
                 for log in sorted(self.logs.iterdir()))
        return [text for text in texts if ASIDES.sub("", text)]


def left_out(entry):
    """What left_out.txt has of this entry: None for all of it, or the tests' names."""
    tests = []
    for line in (HERE / "left_out.txt").read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words and re.fullmatch(words[0], entry):
            if len(words) == 1:
                return None
            tests += words[1:]
    return tests


def command_and_environment(arguments, room):
    environment = dict(os.environ)
    environment["SLUICE_LEFT_OUT"] = " ".join(left_out(arguments.entry))
    command = arguments.command
    if not arguments.script:
        if arguments.forked:
            environment["LD_PRELOAD"] = arguments.forked
        return [*room.memcheck(command[0]), *command[1:]], environment
    for name in PROGRAMS:
        if name in environment:
            environment[name] = room.stand_in(environment[name], "bin")
    if arguments.examples and arguments.examples in command:
        for program in pathlib.Path(arguments.examples).iterdir():
            if os.access(program, os.X_OK) and program.is_file():
                room.stand_in(program, "examples")
        command = [str(room.path / "examples") if word == arguments.examples else word
                   for word in command]
    return command, environment


def main():
    parser = argparse.ArgumentParser(description="Runs a test under memcheck.")
    parser.add_argument("--entry", required=True, metavar="NAME")
    parser.add_argument("--forked", metavar="LIBRARY")
    parser.add_argument("--script", action="store_true")
    parser.add_argument("--examples", metavar="DIR")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    if left_out(arguments.entry) is None:
        print("left out: tests/memcheck/left_out.txt says why")
        sys.exit(SKIPPED)
    if shutil.which(MEMCHECK[0]) is None:
        sys.exit("there is no valgrind here")
    with tempfile.TemporaryDirectory(prefix="sluice-memcheck.") as path:
        room = Room(path)
        command, environment = command_and_environment(arguments, room)
        status = subprocess.run(command, env=environment, check=False).returncode
        findings = room.findings()
        for text in findings:
            sys.stderr.write(text)
        if findings:
            sys.exit(FOUND)
        sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
