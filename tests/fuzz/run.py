#!/usr/bin/env python3
"""Lets every fuzz target search for a while: run.py --build build/fuzz --seconds 60.

What it finds worth keeping grows in the build directory's corpus; what makes a target abort is kept
beside it and named, and the exit status is 1.
"""

import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MOST_BYTES = 4096


def fuzz(program, seconds, build):
    name = program.name.removeprefix("fuzz_")
    grown = build / "corpus" / name
    grown.mkdir(parents=True, exist_ok=True)
    command = [str(program), str(grown), str(HERE / "corpus" / name), f"-max_total_time={seconds}",
               f"-max_len={MOST_BYTES}", "-timeout=10", "-rss_limit_mb=2048",
               "-print_final_stats=1", f"-artifact_prefix={build}/found-{name}-"]
    dictionary = HERE / f"{name}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          errors="backslashreplace")
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    coverage = re.findall(r"cov: (\d+)", done.stderr)
    print(f"{name}: {runs[1] if runs else '?'} inputs in {seconds} s, "
          f"{coverage[-1] if coverage else '?'} edges, "
          f"{'nothing found' if done.returncode == 0 else 'FOUND'}", flush=True)
    if done.returncode != 0:
        print(done.stderr[-6000:], file=sys.stderr)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="of each target (default: 60)")
    parser.add_argument("--only", metavar="NAME", action="append")
    options = parser.parse_args()
    programs = [p for p in sorted((options.build / "fuzz").glob("fuzz_*"))
                if not options.only or p.name.removeprefix("fuzz_") in options.only]
    if not programs:
        sys.exit(f"{options.build}/fuzz holds no such target")
    clean = [fuzz(program, options.seconds, options.build.resolve()) for program in programs]
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
