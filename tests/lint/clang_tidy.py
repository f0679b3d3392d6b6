#!/usr/bin/env python3
"""Runs clang-tidy 14 over the library and the tools.

    clang_tidy.py --build DIR [--jobs N] [FILE...]

DIR holds compile_commands.json. Prints the findings, and a count at the end. A source that depends
on SLUICE_PORTABLE is checked with it and without it.

Eight sources of a folder are joined and checked as one file, because most of the time goes into the
headers that they share. Sources that cannot be compiled together are checked one by one.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREES = ("reactor", "protocols", "tools")
AT_ONCE = 8
PORTABLE = "-DSLUICE_PORTABLE=1"
INCLUDE = re.compile(r"^#include .*$", re.MULTILINE)
OWN_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def has_portable_paths(source):
    """SLUICE_PORTABLE stands in the source, or in a header that it includes."""
    text = source.read_text()
    headers = [source.parent / name for name in OWN_INCLUDE.findall(text)]
    return any("SLUICE_PORTABLE" in part
               for part in [text, *(header.read_text() for header in headers if header.is_file())])


def flags_of(entry):
    """The arguments of a compilation without its input and its output."""
    words = shlex.split(entry["command"])
    for word in ("-o", "-c"):
        at = words.index(word)
        del words[at:at + 2]
    return tuple(words)


def grouped(entries):
    """Lists of (sources, flags): sources that share a folder and its flags."""
    groups = collections.defaultdict(set)
    for entry in entries:
        source = pathlib.Path(entry["file"]).resolve()
        flags = flags_of(entry)
        groups[source.parent, flags].add(source)
        if has_portable_paths(source):
            groups[source.parent, (*flags, PORTABLE)].add(source)
    for (_, flags), sources in sorted(groups.items()):
        ordered = sorted(sources)
        for first in range(0, len(ordered), AT_ONCE):
            yield ordered[first:first + AT_ONCE], flags


def joined(sources):
    """The text of all, and the number of the line after each one's last. A header that an earlier
    source included is not included again, which would be another finding."""
    text = ""
    ends = []
    for source in sources:
        seen = set(INCLUDE.findall(text))
        text += INCLUDE.sub(lambda line, seen=seen: "" if line[0] in seen else line[0],
                            source.read_text())
        ends.append(text.count("\n") + 1)
    return text, ends


def named(printed, together, sources, ends):
    """The output, with each place in `together` changed to the one in its source."""
    def place(match):
        line = int(match[1])
        at = next((n for n, end in enumerate(ends) if line < end), len(ends) - 1)
        return f"{sources[at]}:{line - (ends[at - 1] if at else 1) + 1}:"
    return re.sub(re.escape(str(together)) + r":(\d+):", place, printed)


def tidy(build, number, sources, flags):
    """The number of groups or files that are not clean, and what clang-tidy printed."""
    folder = build / "tidy" / sources[0].relative_to(ROOT).parts[0]
    together = folder / f"{number}.cc"
    text, ends = joined(sources)
    together.write_text(text)
    result = subprocess.run(
        ["clang-tidy-14", "--quiet", str(together), "--", *flags[1:],
         "-iquote", str(sources[0].parent)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, cwd=build)
    if result.returncode == 0:
        return 0, ""
    if "clang-diagnostic-error" in result.stdout and len(sources) > 1:
        each = [tidy(build, f"{number}.{at}", [source], flags) for at, source in enumerate(sources)]
        return sum(failed for failed, _ in each), "".join(printed for _, printed in each)
    names = " ".join(str(source.relative_to(ROOT)) for source in sources)
    # On stderr it counts what it suppressed, which is noise unless there is nothing else.
    printed = result.stdout if result.stdout.strip() else result.stderr
    return 1, f"{names}:\n{named(printed, together, sources, ends)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()

    build = arguments.build.resolve()
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if pathlib.Path(entry["file"]).resolve().is_relative_to(ROOT)
               and pathlib.Path(entry["file"]).resolve().relative_to(ROOT).parts[0] in TREES]
    if arguments.files:
        wanted = {file.resolve() for file in arguments.files}
        entries = [entry for entry in entries if pathlib.Path(entry["file"]).resolve() in wanted]
    if not entries:
        print("clang_tidy.py: no source to look at", file=sys.stderr)
        return 1

    for room in TREES:
        folder = build / "tidy" / room
        folder.mkdir(parents=True, exist_ok=True)
        rules = ROOT / room / ".clang-tidy"  # those of the whole tree are above the build
        if rules.is_file():
            shutil.copy(rules, folder)
    jobs = [(build, number, *group) for number, group in enumerate(grouped(entries))]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        for bad, printed in pool.map(lambda job: tidy(*job), jobs):
            failed += bad
            print(printed, end="", flush=True)
    print(f"clang-tidy: {failed} findings" if failed else f"clang-tidy: {len(entries)} files clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
