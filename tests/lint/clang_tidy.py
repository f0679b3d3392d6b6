#!/usr/bin/env python3
"""Runs clang-tidy 14 over the library and the tools, several files at once.

    clang_tidy.py --build DIR [--jobs N] [FILE...]

DIR holds compile_commands.json. Prints what clang-tidy finds and nothing about what is clean. A
source that looks different with SLUICE_PORTABLE is looked at both ways.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("reactor", "protocols", "tools")


OWN_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def has_portable_paths(source):
    """SLUICE_PORTABLE stands in the source, or in a header that it includes."""
    text = source.read_text()
    headers = [source.parent / name for name in OWN_INCLUDE.findall(text)]
    return any("SLUICE_PORTABLE" in part
               for part in [text, *(header.read_text() for header in headers if header.is_file())])


def tidy(build, source, extra):
    """The source's name, clang-tidy's exit status and what it printed."""
    result = subprocess.run(
        ["clang-tidy-14", "--quiet", "-p", str(build), *extra, str(source)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    name = " ".join([str(source.relative_to(ROOT)), *extra])
    # On stderr it counts what it suppressed, which is noise unless there is nothing else.
    return name, result.returncode, result.stdout if result.stdout.strip() else result.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()

    commands = json.loads((arguments.build / "compile_commands.json").read_text())
    sources = sorted({pathlib.Path(entry["file"]).resolve() for entry in commands})
    sources = [s for s in sources if s.is_relative_to(ROOT) and s.relative_to(ROOT).parts[0] in ROOMS]
    if arguments.files:
        wanted = {file.resolve() for file in arguments.files}
        sources = [source for source in sources if source in wanted]
    if not sources:
        print("clang_tidy.py: no source to look at", file=sys.stderr)
        return 1

    jobs = [(source, []) for source in sources]
    jobs += [(source, ["--extra-arg=-DSLUICE_PORTABLE=1"])
             for source in sources if has_portable_paths(source)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        for name, status, printed in pool.map(lambda job: tidy(arguments.build, *job), jobs):
            if status:
                failed += 1
                print(f"{name}:\n{printed}", flush=True)
    print(f"clang-tidy: {len(jobs) - failed} of {len(jobs)} clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
