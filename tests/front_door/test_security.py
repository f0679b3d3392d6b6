#!/usr/bin/env python3
"""SECURITY.md against the code: each bound exists, has the default that is stated, or none."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)
MEMBER = re.compile(r"`(\w+)::(\w+)`")
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "bytes": 1, "us": 1, "s": 1000, "": 1}


def value_of(text):
    """The number of "256 KiB", "60 s" (in milliseconds), or "64"."""
    number, _, unit = text.partition(" ")
    return int(number) * UNITS[unit]


def value_of_expression(text):
    """Of "256 * 1024", "60'000" or "16 * 1024 * 1024"."""
    factors = text.replace("'", "").replace("u", "").split("*")
    result = 1
    for factor in factors:
        result *= int(factor)
    return result


# Keys without a default that are not of every service.
OF_CHAT = ("max-in-room", "message-timeout", "first-message-timeout")


class Bounds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
        parts = re.split(r"^## ", text, flags=re.MULTILINE)
        cls.default = next(part for part in parts if part.startswith("Bounds that hold"))
        cls.unset = next(part for part in parts if part.startswith("Bounds that you have"))
        paths = [*(ROOT / "reactor").rglob("*.h"), *(ROOT / "protocols").rglob("*.h")]
        cls.headers = "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))
        cls.help = subprocess.run([os.environ["SLUICED"], "--help"], stdout=subprocess.PIPE,
                                  check=True, text=True, timeout=30).stdout

    def rows(self, text):
        rows = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(text)]
        return [row for row in rows if "`" in "".join(row)]

    def body(self, struct):
        """What stands between the braces of a struct or of an exported class."""
        found = re.search(rf"^(?:struct|class SLUICE_EXPORT) {struct} (?:final )?{{$(.*?)^}};$",
                          self.headers, re.MULTILINE | re.DOTALL)
        self.assertTrue(found, f"there is no struct or exported class {struct}")
        return found[1]

    def initializer(self, struct, member):
        """What the declaration of a member ends in, constants of the struct put in."""
        body = self.body(struct)
        found = re.search(rf"^  (?:static constexpr )?[\w:]+ {member}(?: = |{{)([^;}}]+)}}?;", body,
                          re.MULTILINE)
        self.assertTrue(found, f"{struct} has no member {member} with a default")
        constant = re.search(rf" {re.escape(found[1])} = ([^;]+);", body)
        return constant[1] if constant else found[1]

    def summary_of(self, service, key):
        """What --help says of a key, on one line."""
        heading = f"Keys of {service}:" if service else "Keys:"
        section = self.help.partition(f"\n{heading}\n")[2].partition("\n\n")[0]
        found = re.search(rf"^  {key}=(.*(?:\n    .*)*)", section, re.MULTILINE)
        self.assertTrue(found, f"{heading} has no {key}")
        return " ".join(found[1].split())

    def test_of_the_library_have_the_stated_defaults(self):
        checked = 0
        for row in self.rows(self.default):
            if member := MEMBER.search(row[1]):
                with self.subTest(row[1]):
                    initializer = self.initializer(*member.groups())
                    self.assertEqual(value_of_expression(initializer), value_of(row[2]))
                    checked += 1
        self.assertGreater(checked, 8)

    def test_of_the_services_have_the_stated_defaults(self):
        checked = 0
        for row in self.rows(self.default):
            if len(row) == 4:
                service, _, key, default = (cell.strip("`") for cell in row)
                with self.subTest(service=service, key=key):
                    self.assertRegex(self.summary_of(service.replace("all", ""), key),
                                     rf"\({re.escape(default)}[,)]")
                    checked += 1
        self.assertGreater(checked, 8)

    def test_without_a_default_exist(self):
        for row in self.rows(self.unset):
            for struct, member in MEMBER.findall(row[2]):
                self.assertRegex(self.body(struct), rf"(?m)^  [\w:<>]+ {member}(?: = |{{)")
            for name in re.findall(r"`([\w-]+)`", row[1]):
                with self.subTest(name):
                    if name.startswith("--"):
                        self.assertIn(f"  {name} ", self.help)
                    else:
                        self.summary_of("chat" if name in OF_CHAT else "", name)


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
