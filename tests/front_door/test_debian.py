#!/usr/bin/env python3
"""The files of debian/ agree with the version, the list of packages, and what is installed.

`make deb` builds the packages, which takes too long for this.
"""
import fnmatch
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "debian"
# build-essential has these, and every package may rely on it.
ESSENTIAL = {"g++", "dpkg-dev"}


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def version():
    numbers = re.findall(r"^#define SLUICE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$",
                         read("reactor/base/version.h"), re.MULTILINE)
    return ".".join(numbers)


def packages(group):
    return {line.split()[1] for line in read("cmake/packages.txt").splitlines()
            if line.split()[:1] == [group]}


def names(field, text):
    """The names of packages in a field whose value may have several lines."""
    value = re.search(rf"^{field}:(.*(?:\n .*)*)", text, re.MULTILINE)[1]
    return {word.split()[0] for word in value.replace("\n", " ").split(",") if word.strip()}


def installed_by(package):
    """The patterns of debian/PACKAGE.install."""
    return [line.split()[0] for line in read(f"debian/{package}.install").splitlines()]


class Debian(unittest.TestCase):
    def test_the_changelog_begins_with_the_version_of_the_headers(self):
        self.assertRegex(read("debian/changelog"), rf"\Asluice \({re.escape(version())}-\d+\) ")

    def test_the_names_of_the_library_packages_are_those_of_the_libraries(self):
        name = ".".join(version().split(".")[:2])
        found = re.findall(r"^Package: (libsluice\S*\d)$", read("debian/control"), re.MULTILINE)
        self.assertEqual(found, [f"libsluice{name}", f"libsluice-tls{name}"])

    def test_the_build_needs_what_make_needs(self):
        needed = names("Build-Depends", read("debian/control"))
        helpers = {name for name in needed if name.startswith(("debhelper", "dh-"))}
        self.assertEqual(needed - helpers, packages("run") - ESSENTIAL)

    def test_each_page_is_in_one_package(self):
        pages = re.findall(r"^  (\S+\.\d)$", read("man/CMakeLists.txt"), re.MULTILINE)
        self.assertGreater(len(pages), 20)
        patterns = [pattern for path in DEBIAN.glob("*.install")
                    for pattern in installed_by(path.stem)]
        for page in pages:
            folder = f"usr/share/man/man{page[-1]}"
            holders = [pattern for pattern in patterns
                       if fnmatch.fnmatch(f"{folder}/{page}", pattern) or pattern == folder]
            self.assertEqual(len(holders), 1, f"{page} is installed by {holders}")

    def test_each_override_says_why(self):
        files = [*DEBIAN.glob("*.lintian-overrides"), DEBIAN / "source" / "lintian-overrides"]
        self.assertGreater(len(files), 3)
        for path in files:
            argued = False
            for line in path.read_text(encoding="utf-8").splitlines():
                argued = argued or line.startswith("# ")
                self.assertTrue(argued, f"{path.name}: no comment stands before {line!r}")

    def test_each_test_of_the_packages_exists_and_can_be_run(self):
        listed = re.findall(r"^Tests: (\S+)$", read("debian/tests/control"), re.MULTILINE)
        present = {path.name for path in (DEBIAN / "tests").iterdir()} - {"control"}
        self.assertEqual(set(listed), present)
        for name in listed:
            self.assertTrue((DEBIAN / "tests" / name).stat().st_mode & 0o100, name)


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
