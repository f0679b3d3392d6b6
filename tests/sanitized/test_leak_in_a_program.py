#!/usr/bin/env python3
"""What nearly every script does with a daemon: it starts it, and sees it end with status 0."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import daemon  # noqa: E402  pylint: disable=wrong-import-position


class Program(unittest.TestCase):
    def test_ends_well(self):
        with daemon.Daemon() as program:
            self.assertEqual(program.stop(), 0)


if __name__ == "__main__":
    daemon.main()
