#!/usr/bin/env python3
"""Holds the public headers against the man pages.

Each header in a PUBLIC list of reactor/ or protocols/ is named by an .In line of some page, and each
.In line that names a sluice header names a PUBLIC one.

Usage: check_headers.py [--source DIR] | --self-test
"""
import pathlib
import re
import sys

import checker

TREES = ("reactor", "protocols")

IN = re.compile(r"^\.(?:.* )?In (sluice/\S+)", re.MULTILINE)


def public_headers(source):
    """The words of the PUBLIC list of each sluice_folder()."""
    for path in sorted(path for tree in TREES for path in (source / tree).rglob("CMakeLists.txt")):
        text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        for arguments in re.findall(r"sluice_folder\(([^)]*)\)", text):
            keyword = None
            for word in arguments.split():
                if word in ("SOURCES", "PUBLIC", "DETAIL"):
                    keyword = word
                elif keyword == "PUBLIC":
                    yield word


def described_headers(source):
    """{header: page} for the .In lines of all pages."""
    described = {}
    for page in sorted((source / "man").glob("*.[1-9]")):
        for name in IN.findall(page.read_text(encoding="utf-8")):
            described.setdefault(name.removeprefix("sluice/"), page.name)
    return described


def check(source):
    """Returns what is wrong, a line each, and how many headers there are."""
    public = sorted(public_headers(source))
    described = described_headers(source)
    mistakes = [] if public else ["no header is PUBLIC; is this the right directory?"]
    for header in public:
        if header not in described:
            mistakes.append(f"{header}: no page names it in a line .In sluice/{header}")
        if public.count(header) > 1:
            mistakes.append(f"{header}: two PUBLIC headers have this name")
    for header, page in described.items():
        if header not in public:
            mistakes.append(f"{page}: {header} is in no PUBLIC list")
    return mistakes, len(public)


def self_test():
    lists = ("# PUBLIC ghost.h\nsluice_folder(\n  SOURCES\n    a.cc\n  PUBLIC\n    a.h\n"
             "  DETAIL\n    inner.h\n)\n")
    page = ".In sluice/a.h\n.Pp\nSee also\n.Pq .In stdio.h\n.In ev.h\n"
    cases = [  # the lists, the page, what the report must contain (None: nothing is wrong)
        (lists, page, None),
        (lists, page.replace(".In sluice", ".Pq In sluice"), None),
        (lists, page.replace("a.h", "b.h"), "p.3: b.h is in no PUBLIC list"),
        (lists, page.replace("a.h", "b.h"), "a.h: no page names it"),
        (lists, '.\\" .In sluice/a.h\n', "a.h: no page names it"),
        (lists.replace("a.h", "a.h\n    c.h"), page, "c.h: no page names it"),
        (lists.replace("a.h", "a.h\n    a.h"), page, "a.h: two PUBLIC headers"),
        (lists + "sluice_folder(PUBLIC d.h)\n", page, "d.h: no page names it"),
        (lists, page + ".In sluice/detail/inner.h\n", "detail/inner.h is in no PUBLIC list"),
        ("", page, "no header is PUBLIC"),
    ]

    def mistakes_in(source, text_of_lists, text_of_page):
        for directory in ("reactor/loop", "protocols", "man"):
            (source / directory).mkdir(parents=True)
        (source / "reactor/loop/CMakeLists.txt").write_text(text_of_lists, encoding="utf-8")
        (source / "man/p.3").write_text(text_of_page, encoding="utf-8")
        return check(source)[0]

    failures = checker.count_failures(cases, mistakes_in)
    return checker.verdict(len(cases), failures)


def main():
    parser = checker.parser()
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    mistakes, count = check(options.source)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} public headers, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
