#!/usr/bin/env python3
"""Holds the tree's #include lines against the table of layers in ARCHITECTURE.md.

    include_layers.py ROOT

The table is the first indented block under the heading "Layers": a folder in each line, lowest
first, then the folders that it stands on. A file may include its own folder, these, and what these
stand on in turn. A folder that the table does not name belongs to the nearest one above it that it
does. Each file of reactor/, protocols/ and tools/ must belong to a folder of the table, and each
folder of the table must hold a file.
"""

import pathlib
import re
import sys

TREES = ("reactor", "protocols", "tools")

# What has no place for a loop, so that it can be tested and fuzzed without one: these folders
# include nothing of the system and, of other folders, only these headers.
PURE = {"protocols/codec": ["reactor/base/export.h", "reactor/base/text/quote.h"]}

# <header> or "prefix/": the only files that may include it.
ONLY_FROM = {
    "ev.h": ["reactor/loop/watcher.cc", "reactor/loop/libev_loop.cc"],
    "ev++.h": [],
    "ares.h": ["reactor/names/ares_"],
    "openssl/": ["reactor/tls/"],
    "curl/": ["tools/sluice-fetch/"],
    "cxxopts.hpp": ["tools/"],
    "histedit.h": ["tools/common/terminal/terminal_line.cc"],
    "nlohmann/": ["tools/"],
    "toml++/": ["tools/sluiced/config/toml_file.cc"],
    "criterion/": [],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LAYERS = re.compile(r"^## Layers$(?:\n(?!    ).*)*\n((?:    .*\n)+)", re.MULTILINE)


def table_of(root):
    """{folder: the folders that it stands on}, lowest first."""
    match = LAYERS.search((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    rows = [line.split() for line in match.group(1).splitlines()] if match else []
    return {row[0]: row[1:] for row in rows}


def check_table(root, table):
    """What is wrong with the table itself."""
    if not table:
        yield 'ARCHITECTURE.md: no table under "## Layers"'
    known = []
    for folder, stands_on in table.items():
        if not any(path.suffix in (".h", ".cc") for path in (root / folder).rglob("*")):
            yield f"ARCHITECTURE.md: {folder}: there is no source in that folder"
        for below in stands_on:
            if below not in known:
                yield f"ARCHITECTURE.md: {folder}: {below} is not in a line above it"
        known.append(folder)


def closure(table):
    """{folder: all that it may include}."""
    may_include = {}
    for folder, stands_on in table.items():
        may_include[folder] = {folder}.union(*(may_include.get(below, {below})
                                               for below in stands_on))
    return may_include


def folder_of(table, path):
    """The folder of the table that the file belongs to; None when there is none."""
    return next((parent.as_posix() for parent in path.parents if parent.as_posix() in table), None)


def check_system_include(path, folder, header):
    if folder in PURE and header.endswith(".h"):
        return f"<{header}>: {folder} includes nothing of the system"
    if header.startswith("sluice/"):
        return f"<{header}>: inside the tree headers are included by relative path"
    for name, allowed in ONLY_FROM.items():
        matches = header.startswith(name) if name.endswith("/") else header == name
        if matches and not any(path.as_posix().startswith(start) for start in allowed):
            return f"<{header}>: allowed only in {' and '.join(allowed) or 'tests'}"
    return None


def check_own_include(root, may_include, path, folder, header):
    target = (root / path.parent / header).resolve()
    if not target.is_file():
        return f'"{header}": there is no such file beside it (a system header is written <{header}>)'
    if not target.is_relative_to(root):
        return f'"{header}": outside the tree'
    target = target.relative_to(root)
    if target.parts[0] not in TREES:
        return f'"{header}": {target.parts[0]}/ is no part of the library or the tools'
    below = folder_of(may_include, target)
    if below is None or below == folder:  # None is reported for the target itself.
        return None
    if folder in PURE and target.as_posix() not in PURE[folder]:
        return f'"{header}": {folder} may not include {target}'
    if below not in may_include[folder]:
        return f'"{header}": {folder} may not include {below}'
    return None


def files_of(root):
    for tree in TREES:
        for path in sorted((root / tree).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(root)


def check_file(root, may_include, path):
    folder = folder_of(may_include, path)
    if folder is None:
        yield f"{path}:1: belongs to no folder of the table in ARCHITECTURE.md"
        return
    text = (root / path).read_text(encoding="utf-8")
    text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
    for match in INCLUDE.finditer(text):
        bracket, header = match.groups()
        if bracket == "<":
            problem = check_system_include(path, folder, header)
        else:
            problem = check_own_include(root, may_include, path, folder, header)
        if problem:
            yield f"{path}:{text.count(chr(10), 0, match.start(2)) + 1}: {problem}"


def check(root):
    """All that is wrong, as "file:line: what" lines."""
    root = root.resolve()
    table = table_of(root)
    problems = list(check_table(root, table))
    may_include = closure(table)
    for path in files_of(root):
        problems += check_file(root, may_include, path)
    return problems


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = check(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
