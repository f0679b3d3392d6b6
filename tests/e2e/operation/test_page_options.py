#!/usr/bin/env python3
"""Each option, service and key of the daemon is in sluiced(8), and the other way round."""
import re
import unittest

import daemon
from daemon import Daemon, run
from usage import SOURCE, lines_beyond_80_columns, section_of

PAGE = SOURCE / "man" / "sluiced.8"


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.help = run("--help").stdout.decode()
        cls.page = PAGE.read_text(encoding="utf-8")

    def expect_same(self, in_page, in_help):
        self.assertTrue(in_page)
        self.assertEqual(in_page, in_help)

    def test_options(self):
        described = section_of(self.page, r"\.Sh DESCRIPTION")
        options = re.findall(r"^\.It Fl (-?[\w-]+)", described, re.MULTILINE)
        shown = re.findall(r"^  (?:-(\w), )?-(-[\w-]+)", section_of(self.help, "Options:"),
                           re.MULTILINE)
        self.expect_same(sorted(options), sorted(name for row in shown for name in row if name))

    def test_help_is_ascii_and_fits_80_columns(self):
        self.assertEqual(lines_beyond_80_columns(self.help), [])

    def test_options_of_the_synopsis(self):
        synopsis = section_of(self.page, r"\.Sh SYNOPSIS")
        options = set(re.findall(r"Fl (-?[\w-]+)", synopsis))
        # An option that has a letter stands there with it alone.
        shown = re.findall(r" -(\w), --|^ +-(-[\w-]+)", section_of(self.help, "Options:"),
                           re.MULTILINE)
        self.expect_same(options, {name for row in shown for name in row if name})

    def test_services(self):
        rows = section_of(self.page, r"\.Ss SERVICES")
        services = re.findall(r"^\.It Cm (\w+) Ta", rows, re.MULTILINE)
        shown = re.findall(r"^  (\w+) ", section_of(self.help, "Services:"), re.MULTILINE)
        self.expect_same(services, shown)

    def expect_same_keys(self, page_heading, help_heading):
        described = section_of(self.page, page_heading)
        keys = re.findall(r"^\.It Cm ([\w-]+) Ns = Ns", described, re.MULTILINE)
        shown = re.findall(r"^  ([\w-]+)=", section_of(self.help, help_heading), re.MULTILINE)
        self.expect_same(keys, shown)

    def test_keys(self):
        self.expect_same_keys(r"\.Ss KEYS", "Keys:")

    def test_the_keys_of_each_service(self):
        services = re.findall(r"^Keys of (\w+):$", self.help, re.MULTILINE)
        headings = re.findall(r"^\.Ss KEYS OF (\w+)$", self.page, re.MULTILINE)
        self.expect_same([heading.lower() for heading in headings], services)
        for service in services:
            self.expect_same_keys(rf"\.Ss KEYS OF {service.upper()}", f"Keys of {service}:")

    def test_counters(self):
        section = section_of(self.page, r"\.Sh COUNTERS")
        names = []
        prefix = ""
        for heading, text in re.findall(r"^\.It Cm (.*)\n((?:(?!\.It ).*\n)*)", section,
                                        re.MULTILINE):
            self.assertRegex(text, r"\w{2,}", f"{heading} is not explained")
            if heading.startswith("closed_ "):
                prefix = "closed_"
                continue
            names += [prefix + name for name in re.findall(r"\w+", heading)]
            if prefix and "\n.El" in text:
                prefix = ""
        with Daemon("-l", "echo=tcp://127.0.0.1:0", counted=True) as sluiced:
            self.expect_same(names, list(sluiced.counters()))

    def test_each_service_is_served_as_the_page_says(self):
        rows = section_of(self.page, r"\.Ss SERVICES")
        for name, over in re.findall(r"^\.It Cm (\w+) Ta ([^.]*?) Ta", rows, re.MULTILINE):
            text = ",text=x" if name == "greet" else ""
            for scheme, word in (("tcp", "stream"), ("udp", "UDP")):
                spec = f"{name}={scheme}://127.0.0.1:0{text}"
                if word in over.split(", "):
                    with Daemon("-l", spec):
                        pass
                else:
                    self.assertEqual(run("-l", spec).returncode, 2)

    def test_the_messages_under_diagnostics_are_the_daemon_s(self):
        shown = section_of(self.page, r"\.Sh DIAGNOSTICS")
        messages = re.findall(r"^sluiced: (--?\S+) (\S+): .*$", shown, re.MULTILINE)
        self.assertTrue(messages)
        for option, value in messages:
            first = run(option, value).stderr.decode().splitlines()[0]
            self.assertIn(first, shown.replace("\\e", "\\"))

    def test_defaults(self):
        described = section_of(self.page, r"\.Sh DESCRIPTION")
        timeout = re.search(r"Fl -drain-timeout Ar duration\n(?:[^.].*\n|\.[DS].*\n|or\n)*"
                            r"The default is\n\.Cm (\w+) \.", described)
        self.assertIn(f"({timeout.group(1)})", self.help)


if __name__ == "__main__":
    daemon.main()
