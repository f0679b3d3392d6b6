#!/usr/bin/env python3
"""Renders each table of the pages on a terminal of 80 columns, with mandoc and with groff, which is
what man-db runs. No line may be wider: groff lets a column that its width does not hold push the
next ones to the right.

Usage: check_tables.py [--source DIR] | --self-test
"""
import re
import shutil
import subprocess
import sys

import checker

WIDEST = 80
MARGIN = 78  # man(1) leaves two columns free
HEAD = (".Dd November 29, 2026\n.Dt TABLE 7\n.Os\n.Sh NAME\n.Nm table\n.Nd a table\n"
        ".Sh DESCRIPTION\n")
TABLE = re.compile(r"^\.Bl -column .*?^\.El$", re.MULTILINE | re.DOTALL)
RENDERERS = {
    "mandoc": ("mandoc", "-T", "utf8", "-O", f"width={MARGIN}"),
    "groff": ("groff", "-mandoc", "-Tutf8", f"-rLL={MARGIN}n", "-P-cbou"),
}


def rendered(renderer, text):
    done = subprocess.run(RENDERERS[renderer], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False, timeout=30)
    return re.sub(".\b", "", done.stdout.decode()).split("\n")


def renderers():
    return [name for name in RENDERERS if shutil.which(name)]


def check(source):
    """Returns what is wrong, a line each, and how many tables there are."""
    mistakes = []
    count = 0
    for page in sorted((source / "man").glob("*.[1-9]")):
        text = page.read_text(encoding="utf-8")
        for table in TABLE.finditer(text):
            count += 1
            number = text.count("\n", 0, table.start()) + 1
            for renderer in renderers():
                for line in rendered(renderer, HEAD + table[0] + "\n"):
                    if len(line) > WIDEST:
                        mistakes.append(f"{page.name}:{number}: {renderer} makes a line of "
                                        f"{len(line)} columns: {line.strip()}")
                        break
    if not count:
        mistakes.append("man/: no page has a table; is this the right directory?")
    return mistakes, count


def self_test():
    good = '.Sh TEXT\n.Bl -column "one" "two"\n.It a Ta b\n.El\n'
    wide = good.replace('"two"', f'"{"t" * 70}"').replace("Ta b", f"Ta {'b ' * 35}Ta c")
    narrow = good.replace(".It a", ".It much wider than the first column is said to be")
    cases = [  # the page, what the report must contain (None: nothing is wrong)
        (good, None),
        (wide.replace('"one"', f'"{"o" * 40}"').replace(".It a", f".It {'o' * 40}"),
         "p.3:2: "),
        (narrow.replace("Ta b", f"Ta {'b' * 75}"), "columns: "),
        (".Sh TEXT\n", "no page has a table"),
    ]

    def mistakes_in(source, page):
        (source / "man").mkdir()
        (source / "man" / "p.3").write_text(page, encoding="utf-8")
        return check(source)[0]

    return checker.verdict(len(cases), checker.count_failures(cases, mistakes_in))


def main():
    options = checker.parser().parse_args()
    if not renderers():
        print("skipped: neither mandoc nor groff is installed")
        return 77
    if options.self_test:
        return self_test()
    mistakes, count = check(options.source)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} tables, {len(mistakes)} mistakes, rendered by {' and '.join(renderers())}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
