#!/usr/bin/env python3
"""cmake/ensure-packages.sh on made-up machines: a PATH of stand-ins for dpkg, apt, sudo and id."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "cmake" / "ensure-packages.sh"

LIST = """\
# group package evidence
run   compiler  some-compiler  # a comment
run   library   <no/such.h>
test  checker   some-checker
test  compiler  some-compiler
"""

# Everything that the script itself calls; what is not here is not on that machine.
COREUTILS = ["sh", "awk", "grep", "dirname", "env"]


class EnsurePackages(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.bin = self.root / "bin"
        self.bin.mkdir()
        (self.root / "packages.txt").write_text(LIST)
        for tool in COREUTILS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.command("id", "echo 0")

    def command(self, name, body):
        """A stand-in that also writes down how it was called."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.root}/calls"\n{body}\n')
        path.chmod(0o755)

    def debian(self, *installed):
        lines = "\\n".join(f"{package} installed" for package in installed)
        self.command("dpkg-query", f'printf "{lines}\\ngone config-files\\n"; exit 1')
        self.command("apt-get", "exit 0")

    def run_script(self, *groups):
        environment = {"PATH": str(self.bin), "SLUICE_PACKAGES": str(self.root / "packages.txt")}
        result = subprocess.run([str(SCRIPT), *groups], env=environment, text=True, check=False,
                                capture_output=True, timeout=30)
        self.assertEqual(result.stdout, "", "standard output belongs to the daemon")
        return result

    def calls(self, name):
        log = self.root / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.split()[0] == name]

    def test_nothing_missing_is_silent_and_leaves_apt_alone(self):
        self.debian("compiler", "library", "checker")
        result = self.run_script("run", "test")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.calls("apt-get"), [])

    def test_what_is_missing_is_named_and_then_installed(self):
        self.debian("compiler")
        result = self.run_script("run", "test")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("installing Debian packages: library checker\n", result.stderr)
        update, install = self.calls("apt-get")
        self.assertTrue(update.endswith(" update"), update)
        self.assertTrue(install.endswith(" --no-install-recommends library checker"), install)

    def test_only_the_groups_asked_for_are_installed(self):
        self.debian()
        self.run_script("test")
        self.assertTrue(self.calls("apt-get")[1].endswith(" checker compiler"))

    def test_a_package_whose_configuration_alone_is_left_is_missing(self):
        (self.root / "packages.txt").write_text("run gone gone-tool\n")
        self.debian()
        self.assertIn("packages: gone\n", self.run_script("run").stderr)

    def test_a_command_from_elsewhere_is_enough_where_any_is_written(self):
        (self.root / "packages.txt").write_text("run node any:node-tool\nrun npm any:npm-tool\n")
        self.debian()
        self.command("node-tool", "true")
        self.assertIn("packages: npm\n", self.run_script("run").stderr)

    def test_an_ordinary_user_goes_through_sudo(self):
        self.debian("compiler")
        self.command("id", "echo 1000")
        self.command("sudo", '"$@"')
        result = self.run_script("run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("through sudo: library", result.stderr)
        self.assertEqual(len(self.calls("sudo")), 2)
        self.assertEqual(len(self.calls("apt-get")), 2)

    def test_without_sudo_it_says_what_root_has_to_do(self):
        self.debian("compiler")
        self.command("id", "echo 1000")
        result = self.run_script("run")
        self.assertEqual(result.returncode, 1)
        self.assertIn("as root: apt-get install --no-install-recommends library", result.stderr)
        self.assertEqual(self.calls("apt-get"), [])

    def test_an_install_that_fails_stops(self):
        self.debian("compiler")
        self.command("apt-get", 'case "$*" in *install*) exit 100 ;; esac')
        result = self.run_script("run")
        self.assertEqual(result.returncode, 1)
        self.assertIn("could not install: library", result.stderr)

    def test_stale_package_lists_do_not_stop_it(self):
        self.debian("compiler")
        self.command("apt-get", 'case "$*" in *update*) exit 100 ;; esac')
        self.assertEqual(self.run_script("run").returncode, 0)

    def test_without_apt_it_lists_what_is_needed_and_stops(self):
        result = self.run_script("run", "test")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no apt", result.stderr)
        self.assertIn("compiler library checker", result.stderr)

    def test_without_apt_but_with_everything_there_it_goes_on(self):
        self.command("some-compiler", "")
        self.command("some-checker", "")
        self.command("c++", "exit 0")
        result = self.run_script("run", "test")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_group_that_is_not_in_the_list_is_an_error(self):
        self.debian()
        result = self.run_script("rnu")
        self.assertEqual(result.returncode, 2)
        self.assertIn('no group "rnu"', result.stderr)

    def test_no_group_is_an_error(self):
        self.assertEqual(self.run_script().returncode, 2)
        self.assertEqual(self.run_script("--check").returncode, 2)
        self.assertEqual(self.run_script("--check", "make deps").returncode, 2)

    def test_a_check_names_what_is_missing_and_installs_nothing(self):
        self.debian("compiler")
        result = self.run_script("--check", "make deps-test", "run", "test")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr,
                         "sluice: these Debian packages are missing: library checker\n"
                         'sluice: "make deps-test" installs them\n')
        self.assertEqual(self.calls("apt-get"), [])

    def test_a_check_with_nothing_missing_is_silent(self):
        self.debian("compiler", "library")
        result = self.run_script("--check", "make deps", "run")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_check_without_apt_lists_what_is_needed(self):
        result = self.run_script("--check", "make deps", "run")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no apt", result.stderr)
        self.assertIn("compiler library", result.stderr)


class RealList(unittest.TestCase):
    def test_each_line_has_a_known_group_a_package_and_its_evidence(self):
        groups = {"run", "test", "sanitize", "valgrind", "lint", "bench", "html", "deb"}
        for line in (ROOT / "cmake" / "packages.txt").read_text().splitlines():
            fields = line.split("#")[0].split()
            if fields:
                self.assertEqual(len(fields), 3, line)
                self.assertIn(fields[0], groups, line)


if __name__ == "__main__":
    unittest.main()
