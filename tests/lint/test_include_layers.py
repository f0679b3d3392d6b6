#!/usr/bin/env python3
"""include_layers.py must see a violation of each kind, and nothing in a clean tree."""

import pathlib
import tempfile
import unittest
from unittest import mock

import include_layers

LAYERS = [("values", "fd address"), ("watcher", "watcher"), ("loop", "loop loop_*")]

CLEAN = {
    "reactor/fd.h": "#include <unistd.h>\n",
    "reactor/address.h": '#include <string>\n\n#include "fd.h"\n',
    "reactor/watcher.h": '#include "fd.h"\n',
    "reactor/watcher.cc": '#include "watcher.h"\n#include <ev.h>\n',
    "reactor/loop.h": '#include "watcher.h"\n',
    "reactor/loop_post.cc": '#include "loop.h"\n',
    "protocols/echo.cc": '#include "../reactor/loop.h"\n',
    "tools/sluiced/main.cc": '#include <cxxopts.hpp>\n#include "../../protocols/echo.h"\n',
    "protocols/echo.h": "",
    "protocols/codec.h": '#include <string>\n\n#include "../reactor/fd.h"\n',
    "protocols/codec.cc": '#include "codec.h"\n',
}


class IncludeLayers(unittest.TestCase):
    def problems(self, **changed):
        """What is found in the clean tree with these files added or replaced."""
        files = CLEAN | changed.pop("files", {})
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in files.items():
                if text is None:
                    continue
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            with mock.patch.object(include_layers, "REACTOR_LAYERS", LAYERS), \
                    mock.patch.object(include_layers, "PURE", "codec"), \
                    mock.patch.object(include_layers, "PURE_MAY_USE", ["reactor/fd.h"]):
                return include_layers.check(root)

    def assert_caught(self, name, text, line, words):
        found = self.problems(files={name: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{name}:{line}: "), found)
        self.assertIn(words, found[0])

    def test_a_clean_tree_has_no_problem(self):
        self.assertEqual(self.problems(), [])

    def test_a_lower_layer_that_includes_a_higher_one(self):
        self.assert_caught("reactor/fd.cc", '#include "fd.h"\n\n#include "loop.h"\n', 3,
                           "values may not include loop")

    def test_the_reactor_including_protocols_and_tools(self):
        self.assert_caught("reactor/loop.cc", '#include "../protocols/echo.h"\n', 1,
                           "loop may not include protocols/")

    def test_protocols_including_tools(self):
        self.assert_caught("protocols/echo.cc", '#include "../tools/sluiced/main.cc"\n', 1,
                           "protocols/ may not include tools/")

    def test_a_codec_including_more_than_codecs(self):
        self.assert_caught("protocols/codec.cc", '#include "echo.h"\n', 1,
                           "a codec may not include protocols/echo.h")
        self.assert_caught("protocols/codec.cc", '\n#include "../reactor/address.h"\n', 2,
                           "a codec may not include reactor/address.h")
        self.assert_caught("protocols/codec.cc", "#include <sys/socket.h>\n", 1,
                           "nothing of the system")

    def test_a_pure_name_without_a_file(self):
        found = self.problems(files={"protocols/codec.h": None, "protocols/codec.cc": None})
        self.assertEqual(len(found), 1, found)
        self.assertIn("codec: protocols/ has no such file", found[0])

    def test_libev_outside_of_the_watcher(self):
        self.assert_caught("reactor/loop.cc", "#include <ev.h>\n", 1, "only in reactor/watcher.cc")
        self.assert_caught("reactor/watcher.h", "  #  include <ev.h>\n", 1, "reactor/watcher.cc")
        self.assert_caught("tools/sluiced/log.cc", "#include <ev.h>\n", 1, "reactor/watcher.cc")

    def test_cxxopts_outside_of_the_tools(self):
        self.assert_caught("protocols/echo.cc", "#include <cxxopts.hpp>\n", 1, "only in tools/")

    def test_a_file_that_the_table_does_not_know(self):
        self.assert_caught("reactor/surprise.h", "", 1, "has no place")

    def test_a_source_that_stands_higher_than_its_header(self):
        files = {"reactor/fd.cc": '#include "fd.h"\n#include "loop.h"\n'}
        with mock.patch(f"{__name__}.LAYERS", [*LAYERS[:2], ("loop", "loop loop_* fd.cc")]):
            self.assertEqual(self.problems(files=files), [])

    def test_a_place_in_the_table_without_a_file(self):
        found = self.problems(files={"reactor/address.h": None})
        self.assertEqual(len(found), 1, found)
        self.assertIn("address: reactor/ has no such file", found[0])

    def test_an_own_header_in_angle_brackets(self):
        self.assert_caught("reactor/loop.cc", "#include <sluice/reactor/fd.h>\n", 1, "relative path")

    def test_an_include_of_nothing(self):
        self.assert_caught("reactor/loop.cc", '#include "reactor/fd.h"\n', 1, "no such file")

    def test_the_line_is_counted_through_comments(self):
        self.assert_caught("reactor/fd.cc", '/* a\n#include "loop.h"\n*/\n#include "loop.h"\n', 4,
                           "values may not include loop")


if __name__ == "__main__":
    unittest.main()
