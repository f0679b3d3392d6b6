#!/usr/bin/env python3
"""Holds the public headers against the man pages.

Each header in a PUBLIC list of reactor/ or protocols/ is named by an .In line of some page, unless it
is in INTERNAL below; and each .In line that names a sluice header names a public one.

Usage: check_headers.py [--source DIR] | --self-test
"""
import pathlib
import re
import sys

import checker

ROOMS = ("reactor", "protocols")

# No program names these: they are installed because public headers include them, or they are one
# codec each, which programs get by name from protocols/codec_registry.h.
INTERNAL = {
    "protocols/answer_errors.h",   # what a UDP service tells of answers that fail
    "protocols/delimiter_codec.h",
    "protocols/encoded.h",        # comes with codec.h
    "protocols/fixed_codec.h",
    "protocols/length_codec.h",
    "protocols/line_codec.h",
    "protocols/netstring_codec.h",
    "protocols/slip_codec.h",
    "protocols/varint_codec.h",
    "reactor/compact_address.h",  # what a connection keeps of its peer
    "reactor/connect_socket.h",   # where a connection leaves from, for the rooms that connect
    "reactor/export.h",           # the visibility of symbols
    "reactor/idle_list.h",        # idle timeouts
    "reactor/resident.h",         # what takes part in a loop's turns
    "reactor/stream_io.h",        # the seam under a connection
    "reactor/timer_queue.h",      # what a loop keeps its timers in
    "reactor/watcher.h",          # libev's watchers
}

IN = re.compile(r"^\.(?:.* )?In (sluice/\S+)", re.MULTILINE)


def public_headers(source):
    """ROOM/FILE for each word of a PUBLIC list, in every sluice_room() of a room."""
    for room in ROOMS:
        text = (source / room / "CMakeLists.txt").read_text(encoding="utf-8")
        text = re.sub(r"#.*", "", text)
        for arguments in re.findall(r"sluice_room\(([^)]*)\)", text):
            keyword = None
            for word in arguments.split():
                if word in ("SOURCES", "PUBLIC"):
                    keyword = word
                elif keyword == "PUBLIC":
                    yield f"{room}/{word}"


def described_headers(source):
    """{ROOM/FILE: page} for the .In lines of all pages."""
    described = {}
    for page in sorted((source / "man").glob("*.[1-9]")):
        for name in IN.findall(page.read_text(encoding="utf-8")):
            described.setdefault(name.removeprefix("sluice/"), page.name)
    return described


def check(source, internal):
    """Returns what is wrong, a line each, and how many headers there are."""
    public = sorted(set(public_headers(source)))
    described = described_headers(source)
    mistakes = [] if public else ["no header is PUBLIC; is this the right directory?"]
    for header in public:
        if header in described and header in internal:
            mistakes.append(f"{header}: {described[header]} names it; take it out of INTERNAL")
        elif header not in described and header not in internal:
            mistakes.append(f"{header}: no page names it in a line .In sluice/{header}")
    for header, page in described.items():
        if header not in public:
            mistakes.append(f"{page}: {header} is in no PUBLIC list")
    for header in sorted(internal - set(public)):
        mistakes.append(f"{header}: listed in this check, but in no PUBLIC list")
    return mistakes, len(public)


def self_test():
    rooms = "# PUBLIC ghost.h\nsluice_room(\n  SOURCES\n    a.cc\n  PUBLIC\n    a.h\n    inner.h\n)\n"
    page = ".In sluice/reactor/a.h\n.Pp\nSee also\n.Pq .In stdio.h\n.In ev.h\n"
    cases = [  # the room, the page, what the report must contain (None: nothing is wrong)
        (rooms, page, None),
        (rooms, page.replace(".In sluice", ".Pq In sluice"), None),
        (rooms, page.replace("a.h", "b.h"), "p.3: reactor/b.h is in no PUBLIC list"),
        (rooms, page.replace("a.h", "b.h"), "reactor/a.h: no page names it"),
        (rooms, '.\\" .In sluice/reactor/a.h\n', "reactor/a.h: no page names it"),
        (rooms.replace("a.h", "a.h\n    c.h"), page, "reactor/c.h: no page names it"),
        (rooms.replace("inner.h", ""), page, "reactor/inner.h: listed in this check"),
        (rooms + "sluice_room(PUBLIC d.h)\n", page, "reactor/d.h: no page names it"),
        (rooms, page + ".In sluice/reactor/inner.h\n", "p.3 names it; take it out of INTERNAL"),
        ("", page, "no header is PUBLIC"),
    ]
    def mistakes_in(source, room, text):
        for directory in (*ROOMS, "man"):
            (source / directory).mkdir()
        (source / "reactor" / "CMakeLists.txt").write_text(room, encoding="utf-8")
        (source / "protocols" / "CMakeLists.txt").write_text("", encoding="utf-8")
        (source / "man" / "p.3").write_text(text, encoding="utf-8")
        return check(source, {"reactor/inner.h"})[0]

    failures = checker.count_failures(cases, mistakes_in)
    return checker.verdict(len(cases), failures)


def main():
    parser = checker.parser()
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    mistakes, count = check(options.source, INTERNAL)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} public headers, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
