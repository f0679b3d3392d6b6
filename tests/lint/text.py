#!/usr/bin/env python3
"""What clang-format leaves alone: the width of comments, include guards, stray white space.

    text.py FILE...
"""

import pathlib
import re
import sys

WIDTH = 100
ROOMS = ("reactor", "protocols", "tools")


def guard_of(path):
    """SLUICE_REACTOR_LOOP_H for reactor/loop.h."""
    return re.sub(r"[^A-Z0-9]", "_", f"SLUICE_{path.as_posix()}".upper())


def problems(path):
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > WIDTH:
            yield number, f"{len(line)} columns, above {WIDTH}"
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if "\t" in line:
            yield number, "a tab"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    if path.suffix == ".h" and path.parts[0] in ROOMS:
        guard = guard_of(path)
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield 1, f"its include guard is not {guard}"


def main():
    found = 0
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        for line, problem in problems(path):
            print(f"{path}:{line}: {problem}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
