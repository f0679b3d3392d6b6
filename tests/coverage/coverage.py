#!/usr/bin/env python3
"""What the tests ran of each file: a table of lines and branches, and what nobody has accounted for.

    coverage.py --build DIR

Fails when reactor/ or protocols/ is below LEAST, when a line there that was never run has no reason
in not_covered.txt, and when a reason there is for nothing. The build is one of the preset coverage
whose tests have run.

One source is compiled several times: on Linux's calls and on plain POSIX ones, a header wherever it
is included. A line is run when it is run in one of them; a branch likewise.

A line without a word, such as a closing brace, is none: what the compiler puts there is destructors.
Branches: those that it makes for exceptions are left out, with the other way out of the same call.
An assert() has none: its other way out is a mistake of the program's.

gcov is asked itself: gcovr 5.2 stops at a function that #if puts on different lines.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import reasons

SOURCE = pathlib.Path(__file__).resolve().parents[2]
REASONS = pathlib.Path(__file__).with_name("not_covered.txt")
ROOMS = ("reactor", "protocols", "tools")
LEAST = {"reactor": (95, 85), "protocols": (95, 85)}  # per cent of lines, of branches
AT_ONCE = 16  # objects that one gcov reads


class Line:
    """How often a line of code was run, and each way out of it taken."""

    def __init__(self):
        self.count = 0
        self.by_function = collections.defaultdict(list)

    def add(self, count, function="", branches=()):
        """`function` is the same for the instances of a template, and another for a lambda."""
        self.count += count
        taken = self.by_function[function]
        taken += [0] * (len(branches) - len(taken))
        for i, times in enumerate(branches):
            taken[i] += times

    @property
    def branches(self):
        return [times for taken in self.by_function.values() for times in taken]


def chosen(branches):
    """The counts of those that the source chooses: without both ways out of a call that may throw."""
    kept = []
    thrown = False
    for branch in branches:
        if branch["throw"]:
            if kept and kept[-1]["fallthrough"]:
                kept.pop()
            else:
                thrown = True
        elif thrown and branch["fallthrough"]:
            thrown = False
        else:
            kept.append(branch)
    return [branch["count"] for branch in kept]


def numbers_in(text):
    """The numbers of the lines that hold code, and of those whose branches nobody may take."""
    code_lines = set()
    assert_lines = set()
    depth = 0  # of the parentheses of an assert()
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("//")[0].strip()
        if re.search(r"\w", code):
            code_lines.add(number)
        if depth > 0 or code.startswith("assert("):
            depth += code.count("(") - code.count(")")
            assert_lines.add(number)
    return code_lines, assert_lines


class Counts:
    """What was counted, by file: {"reactor/loop.cc": {number: Line}} in `files`."""

    def __init__(self, source):
        self.source = source
        self.files = {}
        self.numbers = {}
        self.names = {}  # a file has many: headers are found by way of links in the build

    def name_of(self, file):
        """"reactor/loop.h", or None for what is not ours."""
        if file not in self.names:
            path = pathlib.Path(os.path.realpath(file))
            ours = path.is_relative_to(self.source) and path.is_file()
            name = path.relative_to(self.source).as_posix() if ours else ""
            self.names[file] = name if name.split("/")[0] in ROOMS else None
        return self.names[file]

    def add(self, report):
        """One of gcov's reports, which is about one object."""
        for entry in report["files"]:
            name = self.name_of(os.path.join(report["current_working_directory"], entry["file"]))
            if name is None:
                continue
            if name not in self.files:
                self.files[name] = collections.defaultdict(Line)
                self.numbers[name] = numbers_in(self.text(name))
            code_lines, assert_lines = self.numbers[name]
            places = {function["name"]: (function["start_line"], function["start_column"])
                      for function in entry["functions"]}
            for line in entry["lines"]:
                number = line["line_number"]
                if number not in code_lines:
                    continue
                branches = [] if number in assert_lines else chosen(line["branches"])
                self.files[name][number].add(line["count"],
                                             places.get(line.get("function_name")), branches)

    def text(self, name):
        return (self.source / name).read_text(encoding="utf-8")

    def never_run(self, name):
        """Stretches of [(number, text)] of which nothing was run, nor anything between them."""
        text = self.text(name).splitlines()
        stretch = []
        for number, line in sorted(self.files[name].items()):
            if line.count == 0:
                stretch.append((number, text[number - 1]))
            elif stretch:
                yield stretch
                stretch = []
        if stretch:
            yield stretch


class Sum:
    """Lines and branches: how many there are, and how many of them were run."""

    def __init__(self):
        self.lines = self.lines_run = self.branches = self.branches_run = 0

    def add(self, lines):
        for line in lines.values():
            self.lines += 1
            self.lines_run += line.count > 0
            self.branches += len(line.branches)
            self.branches_run += sum(times > 0 for times in line.branches)

    def per_cent(self):
        return tuple(100 * run / total if total else 100
                     for run, total in ((self.lines_run, self.lines),
                                        (self.branches_run, self.branches)))

    def row(self, name):
        lines, branches = self.per_cent()
        return (f"{name:<40} {self.lines_run:>6} of {self.lines:>6} {lines:>6.1f} %"
                f" {self.branches_run:>6} of {self.branches:>6} {branches:>6.1f} %")


def table(files):
    """The rows to print, and the sum of each room."""
    rooms = {room: Sum() for room in ROOMS}
    rows = [f"{'':<40} {'lines run':>25} {'branches taken':>25}"]
    for name in sorted(files, key=lambda name: (ROOMS.index(name.split("/")[0]), name)):
        one = Sum()
        one.add(files[name])
        rooms[name.split("/")[0]].add(files[name])
        rows.append(one.row(name))
    rows.append("")
    rows += [rooms[room].row(room + "/") for room in ROOMS]
    return rows, rooms


def too_little(rooms):
    for room, least in LEAST.items():
        for what, per_cent, wanted in zip(("lines", "branches"), rooms[room].per_cent(), least):
            if per_cent < wanted:
                yield f"{room}/: {per_cent:.2f} % of the {what}, and {wanted} % is the least"


def gcov_of(build):
    """The gcov of the compiler that made this build."""
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    compiler = pathlib.Path(re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.MULTILINE)[1])
    return compiler.with_name(compiler.name.replace("g++", "gcov"))


def reports(build):
    """gcov's report on each object, also on one that nothing has run."""
    gcov = gcov_of(build)
    objects = sorted(build.rglob("*.gcno"))
    lots = [objects[i:i + AT_ONCE] for i in range(0, len(objects), AT_ONCE)]

    def read(lot):
        done = subprocess.run([gcov, "--branch-probabilities", "--json-format", "--stdout", *lot],
                              capture_output=True, check=False, cwd=directory)
        if done.returncode != 0:
            raise RuntimeError(f"{gcov}: {done.stderr.decode().strip()}")
        return done.stdout.splitlines()

    with tempfile.TemporaryDirectory() as directory, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for answer in pool.map(read, lots):
            yield from (json.loads(line) for line in answer if line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    if next(build.rglob("*.gcda"), None) is None:
        print(f"coverage: {build}: nothing was counted; have its tests run?", file=sys.stderr)
        return 2
    counts = Counts(SOURCE)
    for report in reports(build):
        counts.add(report)
    rows, rooms = table(counts.files)
    print("\n".join(rows))
    stretches = {name: list(counts.never_run(name)) for name in counts.files
                 if name.split("/")[0] in LEAST}
    problems = [*too_little(rooms), *reasons.check(reasons.read(REASONS), stretches)]
    for problem in problems:
        print(f"coverage: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
