#!/usr/bin/env python3
"""sluice-fetch's command line: each mistake is named, --parse, and the page sluice-fetch(1) and
--help have the same options."""
import json
import re
import unittest

import fetch as client
from fetch import fetch
from usage import Mistakes, OptionsOfThePage, section_of

H = "http://127.0.0.1:1/x"

# The arguments, and the parts that the one line of the message has.
ROWS = [
    ([], "the URL is missing", "http://", "https://"),
    (["--parse", "localhost:8080/x"], 'URL "localhost:8080/x": has no scheme', "https://"),
    (["ftp://h/x"], 'URL "ftp://h/x": scheme "ftp" is not http or https'),
    (["file:///etc/passwd"], 'scheme "file" is not http or https'),
    (["http://"], 'URL "http://": '),
    (["http://h:99999/"], 'URL "http://h:99999/": ', "65535"),
    ([H, "http://a\x1bb/"], 'URL "http://a\\x1bb/": '),
    (["mailto:ann@h"], 'URL "mailto:ann@h": scheme "mailto" is not http or https'),
    (["http:/h/x"], 'URL "http:/h/x": has no // after the scheme'),
    ([H, H, "-o", "x"], "-o x: ", "valid with one URL only"),
    ([H, "-o", ""], "-o : ", "empty"),
    ([H, "-o", "x", "-O"], "-o and -O cannot be combined"),
    ([H, "--force"], "--force: valid only with --remote-name"),
    ([H, "-o", "-", "--json"], "-o -: ", "--json"),
    (["-O", "http://h/"], 'URL "http://h/": the file name would be "", which is empty'),
    (["-O", "http://h/%2e%2e"], 'would be "..", which begins with a dot', "--output FILE"),
    (["-O", "http://h/a%2fb"], 'would be "a/b", which contains a slash'),
    (["-O", "http://h/x", "http://g/y/x"], '"http://h/x" and "http://g/y/x"', 'file "x"'),
    ([H, "--parallel", "0"], '--parallel 0: count 0 is not in 1-1000'),
    ([H, "--parallel", "1001"], "--parallel 1001: ", "1-1000"),
    ([H, "--max-size", "1k"], '--max-size 1k: bytes "1k"', "1-9223372036854775807"),
    ([H, "--timeout", "5"], "--timeout 5: ", "has no unit", "ms, s, m, h or d"),
    ([H, "-C"], "-C: valid only with --output FILE or --remote-name"),
    ([H, "-C", "-o", "/dev/null"], "-o /dev/null: ", "--continue"),
    ([H, "-C", "-O", "--compressed"], "cannot be combined"),
    ([H, "-I", "--post", "x"], "-I and --post cannot be combined"),
    ([H, "-I", "-o", "x"], "-I and -o cannot be combined"),
    ([H, "-H", "no colon"], '-H no colon: header "no colon"', "NAME:VALUE"),
    ([H, "-H", "A:\nB: c"], "control character"),
    ([H, "--retries", "101"], "--retries 101: ", "0-100"),
    ([H, "--max-per-host", "0"], "--max-per-host 0: ", "1-1000"),
    ([H, "--rate", "1"], "--rate 1: ", "1024"),
    ([H, "--redirects", "-1"], "--redirects -1: ", "0-100"),
    ([H, "--cacert", ""], "--cacert", "empty"),
    ([H, "--cacert", "x", "--insecure"], "--insecure and --cacert cannot be combined"),
    ([H, "--backend", "kqueue"], "--backend kqueue: ", "epoll"),
    ([H, "--output"], "--output: the value is missing"),
    ([H, "--frobnicate"], "--frobnicate: unknown option", "--output", "--version"),
    ([H, "--json=yes"], "--json=yes: this option takes no value"),
]


class Usage(Mistakes, unittest.TestCase):
    program = "sluice-fetch"
    run_program = staticmethod(fetch)
    rows = ROWS

    def test_a_password_is_in_no_message(self):
        for arguments in (["ftp://me:secret@h/x"], ["-O", "http://me:secret@h/"],
                          ["http://me:secret@h:x/"], ["http://me:sec@ret@h:x/@"]):
            result = fetch(*arguments)
            self.assertEqual(result.status, 2)
            self.assertIn("//me@h", result.stderr)
            self.assertNotIn("sec", result.stderr)


class Parse(unittest.TestCase):
    def test_the_parts_of_each(self):
        result = fetch("--parse", "https://me@[::1]/a%20b?q#f", "ftp://h")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.stdout.decode().split("\n\n"), [
            "scheme    https\nuser      me\nhost      [::1]\nport      443\npath      /a%20b\n"
            "query     q\nfragment  f",
            "scheme    ftp\nhost      h\nport      21\npath      /\n"])

    def test_as_json(self):
        result = fetch("--parse", "--json", "http://h:81/p", "https://h")
        first, second = map(json.loads, result.stdout.splitlines())
        self.assertEqual(first, {"url": "http://h:81/p", "scheme": "http", "user": None,
                                 "password": None, "host": "h", "port": 81, "path": "/p",
                                 "query": None, "fragment": None})
        self.assertEqual(second["port"], 443)

    def test_urls_without_a_host(self):
        result = fetch("--parse", "mailto:ann@example.org?subject=x", "urn:isbn:0451450523",
                       "data:,hello")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.stdout.decode().split("\n\n"), [
            "scheme    mailto\npath      ann@example.org\nquery     subject=x",
            "scheme    urn\npath      isbn:0451450523", "scheme    data\npath      ,hello\n"])

    def test_a_zone_stays_and_a_port_that_is_none_is_not_shown(self):
        result = fetch("--parse", "http://[fe80::1%25eth0]/", "file:///x")
        self.assertEqual(result.stdout.decode(),
                         "scheme    http\nhost      [fe80::1%25eth0]\nport      80\npath      /\n"
                         "\nscheme    file\npath      /x\n")

    def test_what_is_no_url_is_named_and_nothing_printed(self):
        result = fetch("--parse", "http://h", "http://h:x/")
        self.assertEqual((result.status, result.stdout), (2, b""))
        self.assertIn('URL "http://h:x/": ', result.stderr)


class Page(OptionsOfThePage, unittest.TestCase):
    program = "sluice-fetch"
    run_program = staticmethod(fetch)

    def test_options_of_the_synopsis(self):
        options = set(self.options_of_the_synopsis()) | {
            "-output", "-remote-name", "-continue", "-input", "-header", "-head"}
        self.assertEqual(options, set(self.shown))

    def test_the_messages_under_diagnostics_are_its_own(self):
        shown = self.diagnostics().splitlines()
        self.assertIn(fetch("--parallel", "0", H).stderr.splitlines()[0], shown)
        self.assertIn(fetch("ftp://h/x").stderr.splitlines()[0], shown)

    def test_the_names_of_json_are_the_page_s(self):
        output = section_of(self.page, r"\.Sh OUTPUT")
        named = re.findall(r"^\.It Cm (\w+)$", output, re.MULTILINE)
        self.assertEqual(named, list(json.loads(fetch("--json", H).stdout)))


if __name__ == "__main__":
    client.main()
