#!/usr/bin/env python3
"""text.py must see each of the things that it looks for, and nothing in a clean file."""

import os
import pathlib
import tempfile
import unittest

import text

CLEAN = "// A header.\n#ifndef SLUICE_REACTOR_A_H\n#define SLUICE_REACTOR_A_H\n#endif\n"


class Text(unittest.TestCase):
    def problems(self, content, name="reactor/a.h"):
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as directory:
            os.chdir(directory)
            try:
                path = pathlib.Path(name)
                path.parent.mkdir(parents=True)
                path.write_text(content, encoding="utf-8")
                return list(text.problems(path))
            finally:
                os.chdir(before)

    def test_a_clean_header_has_no_problem(self):
        self.assertEqual(self.problems(CLEAN), [])

    def test_the_width_is_counted_in_characters(self):
        self.assertEqual(self.problems(CLEAN + "// " + "–" * 97 + "\n"), [])
        self.assertEqual(self.problems(CLEAN + "// " + "–" * 98 + "\n"),
                         [(5, "101 columns, above 100")])

    def test_white_space_that_nobody_sees(self):
        self.assertEqual(self.problems(CLEAN + "// a \n"), [(5, "white space at the end of the line")])
        self.assertEqual(self.problems(CLEAN + "\t// a\n"), [(5, "a tab")])
        self.assertEqual(self.problems(CLEAN + "// a"), [(5, "no newline at the end")])

    def test_another_files_guard(self):
        self.assertEqual(self.problems(CLEAN, name="reactor/b.h"),
                         [(1, "its include guard is not SLUICE_REACTOR_B_H")])

    def test_a_tools_guard_names_its_directory(self):
        guard = CLEAN.replace("REACTOR_A", "TOOLS_SLUICED_A")
        self.assertEqual(self.problems(guard, name="tools/sluiced/a.h"), [])


if __name__ == "__main__":
    unittest.main()
