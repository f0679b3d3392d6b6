#!/usr/bin/env python3
"""sluice-scan's command line: each mistake is named, and the page sluice-scan(1) and --help have
the same options."""
import json
import os
import pathlib
import re
import tempfile
import unittest

import scan as client
from scan import scan
from usage import Mistakes, OptionsOfThePage, section_of

T = "127.0.0.1"

# The arguments, and the parts that the one line of the message has.
ROWS = [
    ([], "TARGET is missing", "a.b.c.d"),
    (["10.0.0.256"], 'target "10.0.0.256"', "0-255"),
    (["10.0.0.9-1"], 'target "10.0.0.9-1"', "reversed"),
    (["10.0.0.0/33"], 'prefix length "33"', "0-32"),
    (["::1/129"], 'prefix length "129"', "0-128"),
    (["127.1"], 'target "127.1"', "is not valid"),
    (["http://example.org"], 'target "http://example.org"'),
    (["localhost/24"], 'target "localhost/24"', "after a name"),
    (["2001:db8::/32"], 'target "2001:db8::/32"', "2^40 addresses"),
    (["::/0"], 'target "::/0"', "2^40 addresses"),
    (["0-255.0-255.0-255.1-254"], "16777216 ranges", "65536"),
    ([T, "-p", "100-20"], '-p 100-20: port "100-20"', "reversed"),
    ([T, "-p", ""], 'port ""', "empty"),
    ([T, "-p", "22,,80"], 'port ""', "empty"),
    ([T, "-p", "0"], '-p 0: port "0" is not in 1-65535'),
    ([T, "-p", "65536"], 'port "65536"', "1-65535"),
    ([T, "-p", "1-70000"], 'port "1-70000"', '"70000"', "1-65535"),
    ([T, "-p", "20-"], 'port "20-"', "1-65535"),
    ([T, "-p", "nosuchservice"], 'port "nosuchservice"', "service"),
    ([T, "-p", "top:0"], 'port "top:0"'),
    ([T, "-p", "top:70000"], 'port "top:70000"'),
    ([T, "-p"], "-p: the value is missing"),
    ([T, "-4", "-6"], "-4 and -6 cannot be combined"),
    ([T, "-6"], 'target "127.0.0.1" is not IPv6'),
    (["::1", "-4"], 'target "::1" is not IPv4'),
    (["::1", "--bind", "127.0.0.1"], 'target "::1"', "--bind"),
    ([T, "--bind", "localhost"], "--bind localhost: ", '"localhost"', "a.b.c.d or IPv6"),
    ([T, "-6", "--bind", "127.0.0.1"], "--bind 127.0.0.1: ", "not IPv6"),
    ([T, "--timeout", "5"], "--timeout 5: ", "has no unit"),
    ([T, "--timeout", "0"], "--timeout 0: ", "is zero"),
    ([T, "--retries", "101"], '--retries 101: count 101 is not in', "0-100"),
    ([T, "--rate", "fast"], '--rate fast: count "fast"', "0-100000000"),
    ([T, "--rate", "-1"], "--rate -1: ", "0-100000000"),
    ([T, "--parallel", "0"], '--parallel 0: count 0 is not in', "1-1000000"),
    ([T, "--seed", "x"], '--seed x: number "x"', "0-18446744073709551615"),
    ([T, "--shard", "0/3"], '--shard 0/3: shard "0/3"', "I/N"),
    ([T, "--shard", "4/3"], '"4/3"', "I/N"),
    ([T, "--shard", "1"], '"1"', "I/N"),
    ([T, "--shard", "a/b"], '"a/b"', "I/N"),
    ([T, "--banner=0"], "--banner 0: ", "is zero"),
    ([T, "--tls=0"], "--tls 0: ", "is zero"),
    ([T, "--tls", "--banner"], "--banner and --tls cannot be combined"),
    ([T, "--probe", "--tls"], "--probe and --tls cannot be combined"),
    ([T, "--probe", "-sU"], "--probe and -sU cannot be combined"),
    ([T, "-sU", "--verify"], "-sU and --verify cannot be combined"),
    ([T, "-sU", "-sT"], "-sT and -sU cannot be combined"),
    ([T, "--probe=0"], "--probe 0: ", "is zero"),
    ([T, "--banner=soon"], "--banner soon: ", "ms, s, m, h or d"),
    ([T, "--json", "--grepable"], "--json and --grepable cannot be combined"),
    ([T, "--json", "--xml", "-"], "--xml -", "-o FILE"),
    ([T, "--csv", "-oX", "-"], "-oX -", "-o FILE"),
    ([T, "--json", "--csv"], "--json and --csv cannot be combined"),
    ([T, "--csv", "-oG", "f"], "--csv and -oG cannot be combined"),
    ([T, "-p", "22", "--top-ports", "9"], "-p and --top-ports cannot be combined"),
    ([T, "--top-ports", "0"], "--top-ports 0: count 0 is not in", "1-"),
    ([T, "-p", "22,80", "--exclude-ports", "1-100"], "--exclude-ports 1-100: no port is left"),
    ([T, "--exclude-ports", "9-8"], '--exclude-ports 9-8: port "9-8"', "reversed"),
    ([T, "--xml", "-", "-o", "-"], "--xml -", "-o FILE"),
    ([T, "-o", "list", "--xml", "list"], "-o and --xml name the same file \"list\""),
    ([T, "-o", "list", "--resume", "list"], "-o and --resume name the same file \"list\""),
    ([T, "--xml", "list", "--resume", "list"], "--xml and --resume name the same file \"list\""),
    ([T, "--resume", ""], "--resume", "empty"),
    ([T, "-i", "/nonexistent/list"], "/nonexistent/list: No such file"),
    ([T, "--exclude", "10.0.0.300"], '--exclude 10.0.0.300: target "10.0.0.300"'),
    ([T, "--exclude", "127.0.0.0/8"], "nothing to scan"),
    ([T, "--exclude-file", "/nonexistent/list"], "/nonexistent/list: No such file"),
    ([T, "--backend", "kqueue"], "--backend kqueue: ", "epoll"),
    ([T, "-oX"], "-oX: the value is missing"),
    ([T, "-iL"], "-iL: the value is missing"),
    (["-iL", "/nonexistent/list"], "/nonexistent/list: No such file"),
    (["-oN", "f", T], "-oN: this option is not known", "-o FILE", "-o ./N "),
    (["-oA", "f", T], "-oA: ", "-o FILE", "--xml FILE"),
    (["-sS", T], "-sS: this option is not known", "-sT"),
    (["-sX", T], "-s: unknown option; allowed: -p, -4, -6, -i, -n, -o and ", "--help"),
    (["--outptu", "f", T], "--outptu: unknown option (did you mean --output?)"),
    ([T, "--frobnicate"], "--frobnicate: unknown option", "--ports", "--version"),
    ([T, "--open=yes"], "--open=yes: this option takes no value"),
]


TYPES = {"object": dict, "string": str, "integer": int, "boolean": bool, "null": type(None),
         "array": list}


def fits(value, schema):
    """The part of JSON Schema that the page uses."""
    if "oneOf" in schema:
        return sum(fits(value, each) for each in schema["oneOf"]) == 1
    if "enum" in schema:
        return value in schema["enum"]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(type(value) is TYPES[kind] for kind in kinds):
        return False
    if isinstance(value, int):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if isinstance(value, list):
        return all(fits(each, schema["items"]) for each in value)
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    return (all(name in value for name in schema.get("required", ())) and
            all(fits(each, known[name] if name in known else rest)
                for name, each in value.items() if name in known or rest))


class Usage(Mistakes, unittest.TestCase):
    program = "sluice-scan"
    run_program = staticmethod(scan)
    rows = ROWS

    def test_a_mistake_in_a_list_is_named_with_its_line(self):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "list")
            pathlib.Path(file).write_text("127.0.0.1\n# none\n127.0.0.2 10.0.0.400\n")
            for arguments in (["-i", file], [T, "--exclude-file", file]):
                with self.subTest(arguments):
                    self.expect_refused(arguments, f"{file}:3: ", 'target "10.0.0.400"')

    def test_an_empty_list_is_no_scan(self):
        with tempfile.NamedTemporaryFile() as file:
            self.expect_refused(["-i", file.name], "nothing to scan")

    def test_banner_takes_a_value_only_with_an_equals_sign(self):
        result = scan("-n", "--json", "-p", "1", "--banner", T)
        self.assertEqual(result.status, 0, result.stderr)


class Page(OptionsOfThePage, unittest.TestCase):
    program = "sluice-scan"
    run_program = staticmethod(scan)

    def test_options_of_the_synopsis(self):
        options = set()
        for name in self.options_of_the_synopsis():
            options |= {name} if name.startswith("-") else set(name)
        letters = {line.split(", --")[0].strip(" -"): line.split(", --")[1].split()[0]
                   for line in self.options.splitlines() if ", --" in line}
        long_forms = {"-" + letters[each] for each in options if each in letters}
        self.assertEqual(options | long_forms, set(self.shown))

    def test_the_messages_under_diagnostics_are_its_own(self):
        shown = self.diagnostics()
        shown = shown.replace("\\e\n", "")
        for arguments in (("-p", "100-20", T), ("--rate", "fast", T)):
            self.assertIn(scan(*arguments).stderr.splitlines()[0], shown)

    def test_the_names_of_json_are_the_page_s(self):
        output = section_of(self.page, r"\.Sh OUTPUT")
        result = scan("-n", "--json", "-p", "1", T)
        ports, summary = result.objects()
        self.assertEqual(re.findall(r"^\.It Cm (\w+)$", output, re.MULTILINE),
                         [*ports[0], "tls", "probe"], "the last ones only with --tls, --probe")
        for name in summary:
            self.assertRegex(output, rf"\.Cm (\w+ , )*(\w+ , )*.*\b{name}\b")

    def test_each_line_of_json_fits_the_schema_of_the_page(self):
        schema = json.loads(re.search(r"^\.Bd -literal -offset indent\n(\{\"oneOf\".*?)^\.Ed$",
                                      self.page, re.MULTILINE | re.DOTALL)[1])
        with client.Listeners() as listening:
            lines = scan("-n", "--json", "-p", f"1,{listening.port}", T).lines
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertTrue(fits(json.loads(line), schema), line)
        for wrong in ({}, {"summary": {}}, {**json.loads(lines[0]), "port": "22"},
                      {**json.loads(lines[0]), "state": "ajar"}):
            self.assertFalse(fits(wrong, schema), wrong)

    def test_the_defaults(self):
        for number in ("top:1000", "3s", "5000"):
            self.assertIn(f"({number}", self.help)
            self.assertIn(number, self.page)


if __name__ == "__main__":
    client.main()
