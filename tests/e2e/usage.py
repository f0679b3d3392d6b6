"""What the programs' command lines have in common: each mistake is named, and --help and the man
page have the same options. Mixed into a unittest.TestCase, which says `program` and how to `run`
it: run(argument...) gives status, stdout and stderr."""
import os
import pathlib
import re

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))


def section_of(text, start):
    """The lines from the one that `start` matches to the next heading."""
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if re.fullmatch(start, line))
    # In the page a line of text may look like a heading of --help.
    heading = re.compile(r"\.S[hs] .*" if lines[begin].startswith(".") else r"[A-Z][\w ]+:")
    end = next((i for i in range(begin + 1, len(lines)) if heading.fullmatch(lines[i])),
               len(lines))
    return "\n".join(lines[begin + 1:end])


class Mistakes:
    """`rows`: the arguments, and the parts that the one line of the message has."""
    rows = ()

    def expect_refused(self, arguments, *parts):
        result = self.run_program(*arguments)
        self.assertEqual(result.status, 2, result.stderr)
        self.assertFalse(result.stdout)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 2, result.stderr)
        self.assertTrue(lines[0].startswith(self.program + ": "))
        self.assertTrue(result.stderr.isascii(), result.stderr)
        self.assertIn("--help", lines[1])
        for part in parts:
            self.assertIn(part, lines[0])

    def test_each_mistake_is_named(self):
        self.assertTrue(self.rows)
        for arguments, *parts in self.rows:
            with self.subTest(arguments):
                self.expect_refused(arguments, *parts)


def lines_beyond_80_columns(text):
    return [line for line in text.splitlines() if len(line) > 80 or not line.isascii()]


class OptionsOfThePage:
    """`left` is how much of a line of --help names an option."""
    left = 28

    @classmethod
    def setUpClass(cls):
        shown = cls.run_program("--help").stdout
        cls.help = shown if isinstance(shown, str) else shown.decode()
        cls.page = (SOURCE / "man" / f"{cls.program}.1").read_text(encoding="utf-8")
        cls.options = section_of(cls.help, "Options:")
        cls.shown = re.findall(r" -(-[\w-]+|\w\b)", "\n".join(
            line[:cls.left] for line in cls.options.splitlines()))

    def test_options(self):
        described = section_of(self.page, r"\.Sh DESCRIPTION")
        rows = re.findall(r"^\.It Fl (.*)", described, re.MULTILINE)
        options = [name for row in rows for name in re.findall(r"(?:^|Fl )(-?[\w-]+)", row)]
        self.assertTrue(options)
        self.assertEqual(sorted(options), sorted(self.shown))

    def test_help_is_ascii_and_fits_80_columns(self):
        self.assertEqual(lines_beyond_80_columns(self.help), [])

    def options_of_the_synopsis(self):
        return re.findall(r"Fl (-?[\w-]+)", section_of(self.page, r"\.Sh SYNOPSIS"))

    def diagnostics(self):
        return section_of(self.page, r"\.Sh DIAGNOSTICS")
