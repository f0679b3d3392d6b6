#!/usr/bin/env python3
"""sluice-lookup's command line: each mistake is named, and the page sluice-lookup(1) and --help
have the same options."""
import unittest

import lookup as client
from lookup import lookup
from usage import Mistakes, OptionsOfThePage

# The arguments, and the parts that the one line of the message has.
ROWS = [
    ([""], '""', "SERVICE[/PROTO]"),
    (["65536"], '"65536"', "0-65535"),
    (["22/sctp"], '"22/sctp"', "tcp or udp"),
    (["/tcp"], '"/tcp"', "missing"),
    (["a\nb/c"], '"a\\x0ab/c"', "tcp or udp"),
    (["--name", "--service", "x"], "--name and --service cannot be combined"),
    (["-4", "-6"], "-4 and -6 cannot be combined"),
    (["--timeout", "5"], "--timeout 5: ", "has no unit"),
    (["--server", "dns.test"], "--server dns.test: ", "a.b.c.d:PORT"),
    (["--server", "127.0.0.1:0"], "--server 127.0.0.1:0: ", "[IPv6]:PORT"),
    (["--type", "ANY", "x"], "--type ANY: ", "AAAA", "separated by commas"),
    (["--type", "A", "-4"], "--type and -4 cannot be combined"),
    (["-t", "A", "--service"], "-t and --service cannot be combined"),
    (["--file", "-", "--file", "-"], "--file -: ", "only once"),
    (["--tries", "9"], "--tries 9: ", "1", "8"),
    (["--in-flight", "0"], "--in-flight 0: ", "50000"),
    (["--try-timeout", "2h"], "--try-timeout 2h: ", "1ms-1h"),
    (["192.0.2.0/33"], '"192.0.2.0/33"', "0-32"),
    (["10.0.0.0/7"], '"10.0.0.0/7"', "at least 8"),
    (["--ca", "x", "a.test"], "--ca: ", "tls://"),
    (["--tls"], "WORD or --file"),
    (["--tls", "--tcp", "x"], "--tls and --tcp cannot be combined"),
    (["--server", "tls://127.0.0.1", "--tcp", "x"], "--tcp: ", "tls://"),
    (["--server", "tls://127.0.0.1", "--server", "127.0.0.2", "x"], '"127.0.0.2" has no tls://'),
    (["--server", "tls://127.0.0.1#a b", "x"], '"a b" is not a name'),
    (["--server", "tls://127.0.0.1#", "x"], '"" is not a name'),
    (["--server", "tls://dns.test", "x"], '"dns.test" is not an address'),
    (["--server", "tls://[::1]:0", "x"], '"[::1]:0" is not an address'),
    (["--tls", "--server", "127.0.0.1", "--ca", "", "x"], "--ca", "a file"),
    (["--backend", "kqueue"], "--backend kqueue: ", "epoll"),
    (["--frobnicate"], "--frobnicate: unknown option", "--server", "--version"),
    (["-x"], "-x: unknown option"),
    (["--json=yes"], "--json=yes: this option takes no value"),
]


class Usage(Mistakes, unittest.TestCase):
    program = "sluice-lookup"
    run_program = staticmethod(lookup)
    rows = ROWS

    def test_version_and_help(self):
        self.assertRegex(lookup("--version").lines[0], r"^sluice-lookup \d+\.\d+\.\d+$")
        self.assertEqual(lookup("--help", "65536").status, 0)


class Page(OptionsOfThePage, unittest.TestCase):
    program = "sluice-lookup"
    run_program = staticmethod(lookup)

    def test_options_of_the_synopsis(self):
        # The letters stand for their long names too.
        options = set(self.options_of_the_synopsis()) | {"-ipv4", "-ipv6", "-file", "-type"}
        self.assertEqual(options, set(self.shown))

    def test_the_messages_under_diagnostics_are_its_own(self):
        shown = self.diagnostics().splitlines()
        self.assertIn(lookup("99999").stderr.splitlines()[0], shown)
        self.assertIn('sluice-lookup: name "nobody.invalid": not found', shown)


if __name__ == "__main__":
    client.main()
