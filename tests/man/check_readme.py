#!/usr/bin/env python3
"""Holds README.md against the tree.

The program that it shows is man/examples/echo_server.cc, of at most 40 lines. Each page of man/ is in
its table, and the other way round. What it links to exists, and so does each target of make that it
names.

Usage: check_readme.py [--source DIR] | --self-test
"""
import pathlib
import re
import sys

import checker

EXAMPLE = "man/examples/echo_server.cc"
LONGEST = 40

PROGRAM = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")
MAKE = re.compile(r"(?:^    (?:\$ )?|`)make ([a-z]+)", re.MULTILINE)
PAGE = re.compile(r"^\| ([\w-]+)\((\d)\) \|", re.MULTILINE)


def check_program(source, text):
    programs = PROGRAM.findall(text)
    if len(programs) != 1:
        yield f"one block of ```cpp is expected, not {len(programs)}"
        return
    if programs[0] != (source / EXAMPLE).read_text(encoding="utf-8"):
        yield f"the program is not {EXAMPLE}"
    lines = programs[0].count("\n")
    if lines > LONGEST:
        yield f"the program has {lines} lines; at most {LONGEST} are allowed"


def check(source):
    """Returns what is wrong, a line each."""
    text = (source / "README.md").read_text(encoding="utf-8")
    makefile = (source / "GNUmakefile").read_text(encoding="utf-8")
    mistakes = list(check_program(source, text))
    for link in LINK.findall(text):
        if not link.startswith("https://") and not (source / link).exists():
            mistakes.append(f"the link to {link} leads nowhere")
    for target in sorted(set(MAKE.findall(text))):
        if not re.search(rf"^(?:[a-z]+ )*{target}(?: [a-z]+)*:(?!=)", makefile, re.MULTILINE):
            mistakes.append(f"make {target}: GNUmakefile has no such target")
    listed = {f"{name}.{section}" for name, section in PAGE.findall(text)}
    present = {page.name for page in (source / "man").glob("*.[1-9]")}
    mistakes += [f"man/{page} is not in the table of pages" for page in sorted(present - listed)]
    mistakes += [f"man/{page} does not exist" for page in sorted(listed - present)]
    return mistakes


def self_test():
    program = "// A server.\nint main() {}\n"
    good = (f"# a\n    make run  # runs\n    $ make test\n`make lint`\n```cpp\n{program}```\n"
            "[a](man) and [b](https://x.invalid/)\n| page | tells |\n| sluice_a(3) | all |\n")
    cases = [  # README.md, what the report must contain (None: nothing is wrong)
        (good, None),
        (good.replace("A server", "The server"), "the program is not man/examples/echo_server.cc"),
        (good.replace("```cpp", "```"), "one block of ```cpp is expected, not 0"),
        (good.replace("(man)", "(men)"), "the link to men leads nowhere"),
        (good.replace("make run", "make ruin"), "make ruin: GNUmakefile has no such target"),
        (good.replace("make test", "make tst"), "make tst: GNUmakefile has no such target"),
        (good.replace("make lint", "make prefix"), "make prefix: GNUmakefile has no such target"),
        (good.replace("_a(3)", "_b(3)"), "man/sluice_b.3 does not exist"),
        (good.replace("_a(3)", "_b(3)"), "man/sluice_a.3 is not in the table"),
    ]
    long = program + "//\n" * LONGEST
    cases.append((good.replace(program, long), f"has {LONGEST + 2} lines"))
    def mistakes_in(source, readme):
        (source / "man" / "examples").mkdir(parents=True)
        (source / EXAMPLE).write_text(program, encoding="utf-8")
        (source / "man" / "sluice_a.3").write_text("", encoding="utf-8")
        (source / "GNUmakefile").write_text("prefix := x\nrun: all\n\ntest lint:\n\tx\n",
                                         encoding="utf-8")
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
        print(f"README.md: {mistake}")
    print(f"{len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
