#!/usr/bin/env python3
"""sluice-lookup's command line: each mistake is named, and the page sluice-lookup(1) and --help
have the same options."""
import re
import unittest

import lookup as client
from lookup import lookup
from test_page_options import SOURCE, section_of

# The arguments, and the parts that the one line of the message has.
ROWS = [
    ([""], '""', "SERVICE[/PROTO]"),
    (["65536"], '"65536"', "0–65535"),
    (["22/sctp"], '"22/sctp"', "tcp or udp"),
    (["/tcp"], '"/tcp"', "missing"),
    (["a\nb/c"], '"a\\x0ab/c"', "tcp or udp"),
    (["--name", "--service", "x"], "--name, --service", "one of them"),
    (["-4", "-6"], "--ipv4, --ipv6", "one of them"),
    (["--timeout", "5"], "--timeout 5: ", "has no unit"),
    (["--server", "dns.test"], "--server dns.test: ", "a.b.c.d:PORT"),
    (["--server", "127.0.0.1:0"], "--server 127.0.0.1:0: ", "[IPv6]:PORT"),
    (["--backend", "kqueue"], "--backend kqueue: ", "epoll"),
    (["--frobnicate"], "--frobnicate: not an option", "--server", "--version"),
    (["-x"], "-x: not an option"),
    (["--json=yes"], "--json=yes: no value is allowed"),
]


class Usage(unittest.TestCase):
    def test_each_mistake_is_named(self):
        for arguments, *parts in ROWS:
            with self.subTest(arguments):
                result = lookup(*arguments)
                self.assertEqual((result.status, result.lines), (2, []), result.stderr)
                lines = result.stderr.splitlines()
                self.assertEqual(len(lines), 2, result.stderr)
                self.assertTrue(lines[0].startswith("sluice-lookup: "))
                self.assertIn("--help", lines[1])
                for part in parts:
                    self.assertIn(part, lines[0])

    def test_version_and_help(self):
        self.assertRegex(lookup("--version").lines[0], r"^sluice-lookup \d+\.\d+\.\d+$")
        self.assertEqual(lookup("--help", "65536").status, 0)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = "\n".join(lookup("--help").lines) + "\n"
        cls.page = (SOURCE / "man" / "sluice-lookup.1").read_text(encoding="utf-8")
        cls.shown = re.findall(r" -(-[\w-]+|\w\b)", section_of(text, "Options:"))

    def test_options(self):
        described = section_of(self.page, r"\.Sh DESCRIPTION")
        rows = re.findall(r"^\.It Fl (.*)", described, re.MULTILINE)
        options = [name for row in rows for name in re.findall(r"(?:^|Fl )(-?[\w-]+)", row)]
        self.assertEqual(sorted(options), sorted(self.shown))

    def test_options_of_the_synopsis(self):
        synopsis = section_of(self.page, r"\.Sh SYNOPSIS")
        # -4 and -6 stand for their long names too.
        options = set(re.findall(r"Fl (-?[\w-]+)", synopsis)) | {"-ipv4", "-ipv6"}
        self.assertEqual(options, set(self.shown))

    def test_the_messages_under_diagnostics_are_its_own(self):
        shown = section_of(self.page, r"\.Sh DIAGNOSTICS").replace(r"\(en", "–").splitlines()
        self.assertIn(lookup("99999").stderr.splitlines()[0], shown)
        self.assertIn('sluice-lookup: name "nobody.invalid": not found', shown)


if __name__ == "__main__":
    client.main()
