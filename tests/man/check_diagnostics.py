#!/usr/bin/env python3
"""Compares the messages that sluiced logs with those that its page explains.

Each literal of a call such as log_.info("reload: " + line), and each name of a kind of report, is
found in one entry of sluiced(8), DIAGNOSTICS, in its order. A call whose text is a variable has its
literals elsewhere: MADE_ELSEWHERE names the file and the literals.

Usage: check_diagnostics.py [--source DIR] | --self-test
"""
import re
import sys

import checker

CALL = re.compile(r"\blog_?\.(?:info|warning|error)\(")
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
KIND = re.compile(r'^      return "([^"]+)";', re.MULTILINE)
SECTION = re.compile(r"^\.Sh DIAGNOSTICS\n(.*?)(?=^\.Sh )", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^\.It (.*)$", re.MULTILINE)
MADE_ELSEWHERE = {
    "daemon.cc": (["stopped: aborted ", ", which lost "], ["draining ", " for at most ", " ms"]),
    "connection_log.cc": (["closed: service=", " endpoint=", " peer=", " in=", " out=",
                           " seconds=", " reason="],),
    "log/log.cc": (["log: ", " lines were dropped before this"],),
    "control/control_session.cc": (["user "],),
}
DAEMON = "tools/sluiced"


def argument_of(text, start):
    """The text between the parenthesis before `start` and the one that closes it."""
    depth, i = 1, start
    while depth:
        literal = LITERAL.match(text, i)
        if literal:
            i = literal.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        i += 1
    return text[start:i - 1]


def messages(source):
    """Yields (where, [literal, ...]) for each message."""
    for path in sorted((source / DAEMON).rglob("*.cc")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(source / DAEMON).as_posix()
        for call in CALL.finditer(text):
            literals = LITERAL.findall(argument_of(text, call.end()))
            line = text.count("\n", 0, call.start()) + 1
            if literals:
                yield f"{name}:{line}", literals
        for literals in MADE_ELSEWHERE.get(name, ()):
            missing = [literal for literal in literals if f'"{literal}' not in text]
            yield (name, literals) if not missing else (f"{name} (no longer there)", missing)
        if name == "log/report_text.cc":
            yield from ((name, [f": {kind}: "]) for kind in KIND.findall(text))


def has(entry, literals):
    """Whether the entry has the literals in this order."""
    at = 0
    for literal in literals:
        at = entry.find(literal.replace('\\"', '"').strip(), at)
        if at < 0:
            return False
    return True


def check(source):
    """Returns what is wrong, a line each, and how many messages there are."""
    page = (source / "man" / "sluiced.8").read_text(encoding="utf-8")
    found = SECTION.search(page)
    entries = ENTRY.findall(found[1]) if found else []
    mistakes = []
    count = 0
    for where, literals in messages(source):
        count += 1
        if "no longer there" in where or not any(has(entry, literals) for entry in entries):
            mistakes.append(f"{where}: DIAGNOSTICS has no entry for {' ... '.join(literals)!r}")
    if not count:
        mistakes.append(f"{DAEMON}: nothing is logged; is this the right directory?")
    return mistakes, count


def self_test():
    page = ".Sh DIAGNOSTICS\n.Bl -tag\n.It one: N of M\nText.\n.It two\n.El\n.Sh SEE ALSO\n"
    call = 'log_.info("one: " + f(x()) + " of " + m);\n'
    cases = [  # the page, the source, what the report must contain (None: nothing is wrong)
        (page, call, None),
        (page, call + 'log.error("two");\n', None),
        (page, call + 'log.error(what);\n', None),
        (page, call.replace(" of ", " from "), "a.cc:1: DIAGNOSTICS has no entry for 'one: "),
        (page.replace("N of M", "of N"), call.replace("one: ", "of"), None),
        (page.replace("one: N of M", "of one: N"), call, "has no entry"),
        (page.replace("DIAGNOSTICS", "OUTPUT"), call, "has no entry"),
        (page, "", "nothing is logged"),
    ]

    def mistakes_in(source, text, code):
        (source / "man").mkdir()
        (source / "man" / "sluiced.8").write_text(text, encoding="utf-8")
        (source / DAEMON).mkdir(parents=True)
        (source / DAEMON / "a.cc").write_text(code, encoding="utf-8")
        return check(source)[0]

    return checker.verdict(len(cases), checker.count_failures(cases, mistakes_in))


def main():
    options = checker.parser().parse_args()
    if options.self_test:
        return self_test()
    mistakes, count = check(options.source)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} messages, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
