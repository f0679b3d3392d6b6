#!/usr/bin/env python3
"""The programs and the library have the hardening of distributions, and start no other program.

This checks the binaries of the build under test. Of the release build, which takes too long to
build here, it checks the compile commands.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["BUILD_DIR"])
# A program that calls none of these cannot pass an input to a shell or run it as a program.
RUN_SOMETHING = re.compile(r"^(system|popen|exec[lv]\w*|f?execve\w*|posix_spawnp?|v?fork|wordexp|"
                           r"dlopen|dlmopen)$")


def cached(name):
    text = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.MULTILINE)
    return found.group(1) if found else ""


def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *arguments], stdout=subprocess.PIPE, check=True,
                          encoding="utf-8", timeout=30).stdout


def imports(path):
    """The names of the functions that it takes from other libraries, without their versions."""
    return {fields[7].partition("@")[0] for line in readelf("--dyn-syms", path).splitlines()
            if len(fields := line.split()) > 7 and fields[6] == "UND"}


class Binaries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if cached("SLUICE_SANITIZE") or cached("SLUICE_HARDEN") == "OFF":
            raise unittest.SkipTest("this build is not a hardened one")
        if cached("CMAKE_BUILD_TYPE") == "Debug":
            raise unittest.SkipTest("_FORTIFY_SOURCE does nothing without optimisation")
        if shutil.which("readelf") is None:
            raise unittest.SkipTest("there is no readelf")
        cls.programs = [path for path in sorted((BUILD / "bin").iterdir())
                        if path.name.startswith("sluice")]
        cls.libraries = [path for path in sorted((BUILD / "lib").glob("libsluice.so*"))
                         if not path.is_symlink()]
        assert BUILD / "bin" / "sluiced" in cls.programs and cls.libraries

    def each(self):
        for path in self.programs + self.libraries:
            with self.subTest(path.name):
                yield path

    def test_are_position_independent(self):
        for path in self.programs:
            with self.subTest(path.name):
                self.assertRegex(readelf("--file-header", path), r"Type: +DYN ")
                self.assertRegex(readelf("--dynamic", path), r"FLAGS_1.*\bPIE\b")

    def test_let_nothing_be_written_that_was_relocated(self):
        for path in self.each():
            self.assertRegex(readelf("--program-headers", path), r"\n +GNU_RELRO ")
            self.assertRegex(readelf("--dynamic", path), r"\(FLAGS\).*\bBIND_NOW\b")

    def test_run_no_data(self):
        for path in self.each():
            self.assertRegex(readelf("--program-headers", path), r"\n +GNU_STACK .* RW  0x")
            self.assertNotRegex(readelf("--program-headers", path), r"\n +LOAD .* RWE ")

    def test_guard_their_stacks_and_buffers(self):
        for path in self.each():
            found = imports(path)
            self.assertIn("__stack_chk_fail", found)
            self.assertTrue([name for name in found if re.match(r"__\w+_chk$", name)],
                            "nothing is fortified")

    def test_start_no_other_program(self):
        for path in self.each():
            called = [name for name in imports(path) if RUN_SOMETHING.match(name)]
            # For an upgrade: the program itself, as it was started. A child of fork() is a worker,
            # or looks up names: it runs no other program.
            # The library has ChildProcess, for the programs of others.
            allowed = {"sluiced": ["fork", "posix_spawn"]}.get(path.name, [])
            if path.name.startswith("libsluice.so"):
                allowed = ["posix_spawnp"]
            self.assertEqual(sorted(called), allowed)


class Release(unittest.TestCase):
    def test_what_make_builds_is_compiled_so(self):
        with tempfile.TemporaryDirectory() as build:
            done = subprocess.run(["cmake", "--preset", "release", "-B", build], cwd=ROOT,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                                  timeout=90)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
            links = (pathlib.Path(build) / "build.ninja").read_text(encoding="utf-8")
        self.assertGreater(len(commands), 50)
        for entry in commands:
            words = entry["command"].split()
            for flag in ("-O2", "-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-Wformat=2"):
                self.assertIn(flag, words, entry["file"])
            self.assertTrue({"-fPIE", "-fPIC"} & set(words), entry["file"])
        flags = re.findall(r"^  LINK_FLAGS = (.*)$", links, re.MULTILINE)
        self.assertGreater(len(flags), 3)
        for line in flags:
            self.assertIn("-Wl,-z,relro,-z,now,-z,noexecstack", line)


class Page(unittest.TestCase):
    def test_says_of_each_service_what_it_can_be_abused_for(self):
        text = (ROOT / "man" / "sluiced.8").read_text(encoding="utf-8")
        section = text.partition(".Sh SECURITY CONSIDERATIONS\n")[2]
        items = re.findall(r"^\.It Cm (.*)$", section.partition(".Ss Attacks on each service")[2],
                           re.MULTILINE)
        told = {word for item in items for word in item.replace(" ,", "").split()}
        usage = subprocess.run([os.environ["SLUICED"], "--help"], stdout=subprocess.PIPE,
                               check=True, encoding="utf-8", timeout=30).stdout
        table = usage.partition("\nServices:\n")[2].partition("\n\n")[0]
        services = re.findall(r"^  (\w+)", table, re.MULTILINE)
        self.assertGreater(len(services), 8)
        self.assertEqual(told, set(services))


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
