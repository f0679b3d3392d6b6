#!/usr/bin/env python3
"""The make commands: which of them install packages, and what a make that is not GNU's does.

A command is run in a copy of the top level whose ensure-packages.sh only writes down how it was
called and fails, so that nothing is installed or built.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

GNU_MAKE = "gmake" if shutil.which("gmake") else "make"
ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND_LINE = re.compile(r"^#   make ([a-z-]+)", re.MULTILINE)
INSTALLS = ["run", "test", "sanitize", "tsan", "no-tls", "valgrind", "coverage", "fuzz", "faults",
            "hostile", "soak", "partition", "million", "bench", "bench-bus", "bench-scan", "lint",
            "format", "html", "deb"]


class Copy(unittest.TestCase):
    """A temporary copy of both makefiles."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        for name in ("GNUmakefile", "Makefile", "CMakeLists.txt"):
            shutil.copy(ROOT / name, self.root)
        (self.root / "cmake").mkdir()
        script = self.root / "cmake" / "ensure-packages.sh"
        script.write_text('#!/bin/sh\nfor word; do printf "<%s>" "$word"; done\nexit 1\n')
        script.chmod(0o755)

    def run_make(self, *words, program=GNU_MAKE, **variables):
        if shutil.which(program) is None:
            self.skipTest(f"{program} is not installed")
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "NO_DEPS")}
        return subprocess.run([program, *words], cwd=self.root, env=environment | variables,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=60)

    def packages(self, *words, **variables):
        """The words that ensure-packages.sh was called with; the command stopped there."""
        done = self.run_make(*words, **variables)
        self.assertNotEqual(done.returncode, 0, "make went on although packages are missing")
        return re.findall("<(.*?)>", done.stdout)


class Packages(Copy):
    def test_plain_make_and_make_install_only_check(self):
        self.assertEqual(self.packages(), ["--check", "make deps", "run"])
        self.assertEqual(self.packages("install"), ["--check", "make deps", "run"])

    def test_make_deps_installs_what_the_build_needs(self):
        self.assertEqual(self.packages("deps"), ["run"])

    def test_the_other_commands_install_what_they_need(self):
        self.assertEqual(self.packages("run"), ["run"])
        self.assertEqual(self.packages("test"), ["run", "test"])
        for command in INSTALLS:
            with self.subTest(command):
                self.assertNotIn("--check", self.packages(command))

    def test_with_no_deps_they_only_check(self):
        for command in INSTALLS:
            with self.subTest(command):
                needed = self.packages(command)
                want = ["--check", f"make deps-{command}", *needed]
                self.assertEqual(self.packages(command, "NO_DEPS=1"), want)
                self.assertEqual(self.packages(command, NO_DEPS="1"), want)
                self.assertEqual(self.packages(command, "NO_DEPS=0"), needed)

    def test_make_deps_of_a_command_installs_what_that_command_needs(self):
        for command in INSTALLS:
            with self.subTest(command):
                self.assertEqual(self.packages(f"deps-{command}"), self.packages(command))

    def test_each_group_is_in_the_list(self):
        list_text = (ROOT / "cmake" / "packages.txt").read_text(encoding="utf-8")
        known = {line.split()[0] for line in list_text.splitlines() if line[:1].isalpha()}
        for command in INSTALLS:
            self.assertLessEqual(set(self.packages(command)), known, command)


class Help(Copy):
    def test_names_each_command(self):
        shown = self.run_make("help").stdout
        rules = (ROOT / "GNUmakefile").read_text(encoding="utf-8")
        phony = rules.partition("\n.PHONY:")[2].replace("\\\n", " ").split()
        commands = [word for word in phony if word not in ("all", "$(deps_targets)")]
        self.assertGreater(len(commands), 15)
        for command in commands:
            self.assertRegex(shown, rf"\bmake {command}\b")

    def test_names_no_command_that_does_not_exist(self):
        text = (ROOT / "GNUmakefile").read_text(encoding="utf-8")
        for command in COMMAND_LINE.findall(text):
            done = self.run_make("-n", command)
            self.assertNotIn("No rule to make target", done.stderr)


class OtherMakes(Copy):
    def setUp(self):
        super().setUp()
        (self.root / "GNUmakefile").write_text(
            "ARGS ?= none\nall run:\n\t@echo '$@ [$(ARGS)]'\n.PHONY: all run\n")

    def expect(self, words, printed):
        done = self.run_make(*words, program="bmake")
        self.assertEqual((done.returncode, done.stdout), (0, printed), done.stderr)

    def test_pass_the_target_on_to_gnu_make(self):
        self.expect([], "all [none]\n")
        self.expect(["run"], "run [none]\n")
        self.expect(["run", "all"], "run [none]\nall [none]\n")

    def test_pass_variables_on(self):
        self.expect(["run", "ARGS=--help -l x"], "run [--help -l x]\n")
        self.expect(["-j2", "run", "ARGS="], "--- run ---\nrun []\n")

    def test_fail_as_gnu_make_does(self):
        self.assertNotEqual(self.run_make("nothing", program="bmake").returncode, 0)

    def test_say_that_gnu_make_is_missing(self):
        done = self.run_make("GMAKE=no-such-make", program="bmake")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("sluice: the build needs GNU make", done.stderr)


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
