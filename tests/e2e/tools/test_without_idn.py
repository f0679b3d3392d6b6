#!/usr/bin/env python3
"""A build without libidn2: a name in Unicode is refused with the reason, and its form in ASCII is
accepted."""
import subprocess
import unittest

import daemon
import fetch
import lookup
import talk

NOBODY = ("--server", "127.0.0.1:1")


class WithoutIdn(unittest.TestCase):
    def test_each_program_says_so(self):
        for command in ([lookup.PATH, "bücher.test"], [talk.PATH, "bücher.test:7"],
                        [fetch.PATH, "http://bücher.test/"],
                        [daemon.PATH, "-l", "echo=tcp://bücher.test:0"]):
            with self.subTest(command[0]):
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                      text=True, timeout=daemon.PATIENCE, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn('name "bücher.test": international names are not in this build',
                              done.stderr)

    def test_the_form_in_ascii_is_a_name(self):
        result = lookup.lookup("xn--bcher-kva.test.", *NOBODY)
        self.assertEqual(result.stderr, 'sluice-lookup: name "xn--bcher-kva.test.": '
                                        'no name server could be reached\n')


if __name__ == "__main__":
    lookup.main()
