#!/usr/bin/env python3
"""Compares README.md and the other documents of the top level with the tree.

README.md has at most 250 lines. The program that it shows is man/examples/echo_server.cc, of at
most 40 lines, and a new machine has every command that it shows after `make`. Each page of man/ is
in its table, and the other way round. It finds the version of sluice that its headers have. In
every document, links lead to files that exist, and each path and target of make exists.

Usage: check_readme.py [--source DIR] | --self-test
"""
import pathlib
import re
import sys

import checker

EXAMPLE = "man/examples/echo_server.cc"
LONGEST_PROGRAM = 40
LONGEST_README = 250
OTHER_DOCUMENTS = ("ARCHITECTURE.md", "BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md",
                   "SECURITY.md")
PROGRAMS = ("sluiced", "sluice-fetch", "sluice-lookup", "sluice-scan", "sluice-talk")
COMMANDS = {"c++", "make", "man", "./echo_server",
            *(f"build/release/bin/{program}" for program in PROGRAMS)}

PROGRAM = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")
MAKE = re.compile(r"(?:^    (?:\$ )?|`)make ([a-z][a-z-]*)", re.MULTILINE)
PAGE = re.compile(r"^\| ([\w.-]+)\((\d)\) \|", re.MULTILINE)
PATH = re.compile(r"`((?:\.ci|cmake|man|protocols|reactor|tests|tools)/[\w./+-]*)`")
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}\b|_[A-Z]{4,}|[A-Z]{4,}_")  # tools/PROGRAM/options.cc
COMMAND = re.compile(r"^    \$ (\S+)", re.MULTILINE)
FOUND_VERSION = re.compile(r"^find_package\(sluice ([\d.]+)", re.MULTILINE)
VERSION_HEADER = "reactor/base/version.h"
VERSION_NUMBER = re.compile(r"^#define SLUICE_VERSION_(?:MAJOR|MINOR) (\d+)$", re.MULTILINE)


def check_program(source, text):
    programs = PROGRAM.findall(text)
    if len(programs) != 1:
        yield f"one block of ```cpp is expected, not {len(programs)}"
        return
    if programs[0] != (source / EXAMPLE).read_text(encoding="utf-8"):
        yield f"the program is not {EXAMPLE}"
    lines = programs[0].count("\n")
    if lines > LONGEST_PROGRAM:
        yield f"the program has {lines} lines; at most {LONGEST_PROGRAM} are allowed"


def check_pages(source, text):
    listed = {f"{name}.{section}" for name, section in PAGE.findall(text)}
    present = {page.name for page in (source / "man").glob("*.[1-9]")}
    yield from (f"man/{page} is not in the table of pages" for page in sorted(present - listed))
    yield from (f"man/{page} does not exist" for page in sorted(listed - present))


def has_target(makefile, target):
    if target.startswith("deps-"):
        return re.search(rf"^packages\.{target[len('deps-'):]} *=", makefile, re.MULTILINE)
    return re.search(rf"^(?:[a-z-]+ )*{target}(?: [a-z-]+)*:(?!=)", makefile, re.MULTILINE)


def check_references(source, text):
    for link in LINK.findall(text):
        if not link.startswith("https://") and not (source / link).exists():
            yield f"the link to {link} leads nowhere"
    for path in sorted(set(PATH.findall(text))):
        if not PLACEHOLDER.search(path) and not (source / path).exists():
            yield f"{path} does not exist"
    makefile = (source / "GNUmakefile").read_text(encoding="utf-8")
    for target in sorted(set(MAKE.findall(text))):
        if not has_target(makefile, target):
            yield f"make {target}: GNUmakefile has no such target"


def check_readme(source, text):
    lines = text.count("\n")
    if lines > LONGEST_README:
        yield f"{lines} lines; at most {LONGEST_README} are allowed"
    yield from check_program(source, text)
    for command in sorted(set(COMMAND.findall(text)) - COMMANDS):
        yield f"the command {command} is not on a new machine; allowed are {sorted(COMMANDS)}"
    header = (source / VERSION_HEADER).read_text(encoding="utf-8")
    built = [".".join(VERSION_NUMBER.findall(header))]
    found = FOUND_VERSION.findall(text)
    if found != built:
        yield f"find_package(sluice {found}) is not the version of {VERSION_HEADER}, {built}"
    yield from check_pages(source, text)


def check(source):
    """Returns the mistakes, one line each."""
    readme = (source / "README.md").read_text(encoding="utf-8")
    mistakes = [f"README.md: {mistake}" for mistake in check_readme(source, readme)]
    for name in ("README.md", *OTHER_DOCUMENTS):
        document = source / name
        if document.exists():
            text = document.read_text(encoding="utf-8")
            mistakes += [f"{name}: {mistake}" for mistake in check_references(source, text)]
    return mistakes


def self_test():
    program = "// A server.\nint main() {}\n"
    good = (f"# a\n    make run  # runs\n    $ make test\n`make lint`\n```cpp\n{program}```\n"
            "`make deps-test`\n    $ build/release/bin/sluiced -l x\n"
            "find_package(sluice 1.2 REQUIRED)\n"
            "[a](man) and [b](https://x.invalid/)\n| page | tells |\n| sluice_a(3) | all |\n")
    cases = [  # README.md, what the report must contain (None: nothing is wrong)
        (good, None),
        (good.replace("A server", "The server"), "the program is not man/examples/echo_server.cc"),
        (good.replace("```cpp", "```"), "one block of ```cpp is expected, not 0"),
        (good.replace("(man)", "(men)"), "the link to men leads nowhere"),
        (good.replace("make run", "make ruin"), "make ruin: GNUmakefile has no such target"),
        (good.replace("make test", "make tst"), "make tst: GNUmakefile has no such target"),
        (good.replace("make lint", "make prefix"), "make prefix: GNUmakefile has no such target"),
        (good.replace("deps-test", "deps-tst"), "make deps-tst: GNUmakefile has no such target"),
        (good.replace("release/bin/sluiced", "sluiced"), "the command build/sluiced is not"),
        (good.replace("sluice 1.2", "sluice 1.1"), f"is not the version of {VERSION_HEADER}, ['1.2']"),
        (good + "\n" * LONGEST_README, f"at most {LONGEST_README} are allowed"),
        (good.replace("_a(3)", "_b(3)"), "man/sluice_b.3 does not exist"),
        (good.replace("_a(3)", "_b(3)"), "man/sluice_a.3 is not in the table"),
    ]
    long = program + "//\n" * LONGEST_PROGRAM
    cases.append((good.replace(program, long), f"has {LONGEST_PROGRAM + 2} lines"))
    cases.append((good, "[a](men)", "SECURITY.md: the link to men leads nowhere"))
    cases.append((good, "`man/sluice_a.3` and `tools/NAME/NAME_b.cc`", None))
    cases.append((good, "`man/sluice_b.3`", "SECURITY.md: man/sluice_b.3 does not exist"))

    def mistakes_in(source, readme, security=""):
        (source / "man" / "examples").mkdir(parents=True)
        (source / EXAMPLE).write_text(program, encoding="utf-8")
        (source / "man" / "sluice_a.3").write_text("", encoding="utf-8")
        (source / "GNUmakefile").write_text("prefix := x\npackages.test = run\nrun: all\n\n"
                                            "test lint:\n\tx\n", encoding="utf-8")
        (source / VERSION_HEADER).parent.mkdir(parents=True)
        (source / VERSION_HEADER).write_text("#define SLUICE_VERSION_MAJOR 1\n"
                                             "#define SLUICE_VERSION_MINOR 2\n"
                                             "#define SLUICE_VERSION_PATCH 3\n", encoding="utf-8")
        (source / "SECURITY.md").write_text(security, encoding="utf-8")
        (source / "README.md").write_text(readme, encoding="utf-8")
        return check(source)

    failures = checker.count_failures(cases, mistakes_in)
    return checker.verdict(len(cases), failures)


def main():
    parser = checker.parser()
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    mistakes = check(options.source)
    for mistake in mistakes:
        print(mistake)
    print(f"{len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
