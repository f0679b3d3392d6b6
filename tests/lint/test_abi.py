#!/usr/bin/env python3
"""abi.py must find what breaks a program that was linked with the library before, and only that."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import abi

HEADER = """
class Thing {
 public:
  Thing();
  int get() const;
  struct Inner;
 private:
  int value_ = 1;
  Inner* inner_;
};
"""
SOURCE = """
#include "thing.h"
struct Thing::Inner { int one; };
Thing::Thing() : inner_(new Inner{1}) {}
int Thing::get() const { return value_ + inner_->one; }
"""


class Abi(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.scratch = pathlib.Path(directory.name)

    def library(self, header, source):
        headers = self.scratch / "include"
        headers.mkdir(exist_ok=True)
        (headers / "thing.h").write_text(header)
        (self.scratch / "thing.cc").write_text(source)
        result = self.scratch / "libthing.so"
        subprocess.run(["c++", "-g", "-shared", "-fPIC", "-Wl,-soname,libthing.so.1", f"-I{headers}",
                        "-o", result, self.scratch / "thing.cc"], check=True)
        return result, headers

    def differences(self, header, source):
        before = abi.write(*self.library(HEADER, SOURCE))
        return abi.differences(before, *self.library(header, source))

    def test_the_same_library_has_no_difference(self):
        self.assertEqual(self.differences(HEADER, SOURCE), "")

    def test_a_new_function_is_no_difference(self):
        self.assertEqual(self.differences(HEADER, SOURCE + "int more() { return 1; }\n"), "")

    def test_a_type_that_no_header_defines_may_change(self):
        self.assertEqual(self.differences(HEADER, SOURCE.replace("int one;", "int one, two;")), "")

    def test_a_new_member_in_a_header_is_a_difference(self):
        header = HEADER.replace("int value_ = 1;", "int value_ = 1; long more_ = 2;")
        self.assertIn("size changed", self.differences(header, SOURCE))

    def test_a_function_that_is_gone_is_a_difference(self):
        header = re.sub(r"  int get.*\n", "", HEADER)
        source = re.sub(r"int Thing::get.*\n", "", SOURCE)
        self.assertIn("Thing::get", self.differences(header, source))

    def test_a_function_with_another_parameter_is_a_difference(self):
        self.assertIn("Thing::get", self.differences(HEADER.replace("get()", "get(int = 0)"),
                                                     SOURCE.replace("get()", "get(int)")))

    def test_the_soname_is_read_from_the_dump(self):
        dump = abi.write(*self.library(HEADER, SOURCE))
        self.assertEqual(abi.soname_of_dump(dump), "libthing.so.1")
        self.assertIsNone(abi.soname_of_dump(""))

    def test_the_tree_has_a_soname(self):
        self.assertRegex(abi.soname_of_tree(), r"^libsluice\.so\.\d+\.\d+$")


if __name__ == "__main__":
    if not (shutil.which("abidw") and shutil.which("abidiff") and shutil.which("c++")):
        print("abidw and abidiff (package abigail-tools) or c++ are not here")
        sys.exit(77)
    unittest.main()
