#!/usr/bin/env python3
"""launch.py on programs with faults: a checker that finds nothing is not one.

Usage: test_launch.py DIR, where DIR holds faulty, lossy and libforked.so
"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

import launch

BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
LAUNCH = [sys.executable, "-B", launch.__file__, "--entry", "memcheck_self_test"]


def launched(*arguments, **environment):
    return subprocess.run([*LAUNCH, *arguments], env={**os.environ, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


class Faults(unittest.TestCase):
    def test_each_is_told_of_and_what_is_sound_passes(self):
        done = launched("--forked", str(BUILT / "libforked.so"), "--", str(BUILT / "faulty"))
        self.assertEqual(done.returncode, launch.FOUND, done.stdout)
        self.assertEqual(set(re.findall(r"^\[FAIL\] faulty::(\w+): ", done.stdout, re.M)), {
            "reads_past_the_end", "reads_what_was_never_written", "loses_a_block",
            "expects_what_is_not", "asserts_what_is_not", "throws", "ends_by_a_signal",
            "does_not_end_as_it_should"}, done.stdout)
        self.assertNotIn("[FAIL] sound", done.stdout)
        self.assertIn("Tested: 12 | Passing: 3 | Failing: 7 | Crashing: 1 ", done.stdout)
        self.assertEqual(done.stdout.count("Invalid read"), 2, "in a test, and in its child")
        self.assertIn("uninitialised", done.stdout)
        self.assertIn("8 bytes in 1 blocks are definitely lost", done.stdout)

    def test_those_of_a_program_that_a_script_starts_are_found_whatever_the_script_says(self):
        done = launched("--script", "--", "sh", "-c", '"$SLUICED" >/dev/null 2>&1; exit 0',
                        SLUICED=str(BUILT / "lossy"))
        self.assertEqual(done.returncode, launch.FOUND, done.stdout)
        self.assertIn("definitely lost", done.stdout)


class Status(unittest.TestCase):
    def test_it_is_the_commands_where_nothing_is_found(self):
        for status in (0, 1, 77):
            self.assertEqual(launched("--", "/bin/sh", "-c", f"exit {status}").returncode, status)
            self.assertEqual(launched("--script", "--", "sh", "-c", f"exit {status}").returncode,
                             status)
        self.assertEqual(launched("--script", "--", "sh", "-c", "kill -TERM $$").returncode, 143)


if __name__ == "__main__":
    unittest.main(verbosity=2)
