#!/usr/bin/env python3
"""include_layers.py must see a violation of each kind, and nothing in a clean tree."""

import pathlib
import tempfile
import unittest
from unittest import mock

import include_layers

TABLE = """# Architecture

## Layers

What it means.

    reactor/base
    reactor/loop     reactor/base
    protocols/codec  reactor/base
    protocols/small  reactor/loop
    tools/sluiced    protocols/small
    tools/sluiced/config
"""

CLEAN = {
    "ARCHITECTURE.md": TABLE,
    "reactor/base/fd.h": "#include <unistd.h>\n",
    "reactor/base/address.h": '#include <string>\n\n#include "fd.h"\n',
    "reactor/loop/watcher.h": '#include "../base/fd.h"\n',
    "reactor/loop/watcher.cc": '#include "watcher.h"\n#include <ev.h>\n',
    "reactor/loop/loop.h": '#include "watcher.h"\n',
    "protocols/codec/codec.h": '#include <string>\n\n#include "../../reactor/base/fd.h"\n',
    "protocols/codec/codec.cc": '#include "codec.h"\n',
    "protocols/small/echo.h": '#include "../../reactor/base/fd.h"\n',
    "protocols/small/echo.cc": '#include "../../reactor/loop/loop.h"\n',
    "tools/sluiced/main.cc": '#include <cxxopts.hpp>\n#include "../../protocols/small/echo.h"\n',
    "tools/sluiced/log/log.cc": '#include "../../../reactor/loop/loop.h"\n',
    "tools/sluiced/config/toml.h": "",
}


class IncludeLayers(unittest.TestCase):
    def problems(self, files):
        """What is found in the clean tree with these files added, replaced or (None) taken away."""
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in (CLEAN | files).items():
                if text is not None:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text)
            with mock.patch.object(include_layers, "PURE",
                                   {"protocols/codec": ["reactor/base/fd.h"]}):
                return include_layers.check(root)

    def assert_caught(self, name, text, place, words):
        found = self.problems({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{place}: "), found)
        self.assertIn(words, found[0])

    def assert_include_caught(self, name, text, line, words):
        self.assert_caught(name, text, f"{name}:{line}", words)

    def test_a_clean_tree_has_no_problem(self):
        self.assertEqual(self.problems({}), [])

    def test_a_lower_folder_that_includes_a_higher_one(self):
        self.assert_include_caught("reactor/base/fd.cc",
                                   '#include "fd.h"\n\n#include "../loop/loop.h"\n', 3, "reactor/base may not include reactor/loop")

    def test_a_folder_that_stands_beside(self):
        self.assert_include_caught("protocols/small/echo.cc", '#include "../codec/codec.h"\n', 1,
                                   "protocols/small may not include protocols/codec")

    def test_the_reactor_including_protocols(self):
        self.assert_include_caught("reactor/loop/loop.cc", '#include "../../protocols/small/echo.h"\n',
                                   1, "reactor/loop may not include protocols/small")

    def test_a_folder_below_that_has_a_line_of_its_own(self):
        self.assert_include_caught("tools/sluiced/log/log.cc", '#include "../config/toml.h"\n', 1,
                                   "tools/sluiced may not include tools/sluiced/config")

    def test_a_codec_including_more_than_codecs(self):
        self.assert_include_caught("protocols/codec/codec.cc",
                                   '\n#include "../../reactor/base/address.h"\n', 2,
                                   "protocols/codec may not include reactor/base/address.h")
        self.assert_include_caught("protocols/codec/codec.cc", "#include <sys/socket.h>\n", 1,
                                   "nothing of the system")

    def test_libev_outside_of_the_watcher(self):
        only = "only in reactor/loop/watcher.cc"
        self.assert_include_caught("reactor/loop/loop.cc", "#include <ev.h>\n", 1, only)
        self.assert_include_caught("reactor/loop/watcher.h", "  #  include <ev.h>\n", 1, only)
        self.assert_include_caught("tools/sluiced/log.cc", "#include <ev.h>\n", 1, only)

    def test_cxxopts_outside_of_the_tools(self):
        self.assert_include_caught("protocols/small/echo.cc", "#include <cxxopts.hpp>\n", 1,
                                   "only in tools/")

    def test_a_file_that_the_table_does_not_know(self):
        self.assert_include_caught("reactor/surprise/a.h", "", 1, "belongs to no folder")
        self.assert_include_caught("reactor/a.h", "", 1, "belongs to no folder")

    def test_a_folder_of_the_table_without_a_source(self):
        self.assert_caught("tools/sluiced/config/toml.h", None, "ARCHITECTURE.md",
                           "tools/sluiced/config: there is no source")

    def test_a_line_that_stands_on_a_later_one(self):
        self.assert_caught("ARCHITECTURE.md",
                           TABLE.replace("codec  reactor/base", "codec  reactor/base protocols/small"),
                           "ARCHITECTURE.md", "protocols/small is not in a line above it")

    def test_a_page_without_a_table(self):
        found = self.problems({"ARCHITECTURE.md": "# Architecture\n"})
        self.assertIn('no table under "## Layers"', found[0])

    def test_an_own_header_in_angle_brackets(self):
        self.assert_include_caught("reactor/loop/loop.cc", "#include <sluice/fd.h>\n", 1,
                                   "relative path")

    def test_an_include_of_nothing(self):
        self.assert_include_caught("reactor/loop/loop.cc", '#include "reactor/base/fd.h"\n', 1,
                                   "no such file")

    def test_the_line_is_counted_through_comments(self):
        self.assert_include_caught("reactor/base/fd.cc",
                                   '/* a\n#include "../loop/loop.h"\n*/\n#include "../loop/loop.h"\n',
                                   4, "reactor/base may not include reactor/loop")


if __name__ == "__main__":
    unittest.main()
