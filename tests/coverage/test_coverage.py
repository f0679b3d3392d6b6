#!/usr/bin/env python3
"""coverage.py and reasons.py on made-up counts."""

import os
import pathlib
import tempfile
import unittest

import coverage
import reasons


def way(count, fallthrough=False, throw=False):
    return {"count": count, "fallthrough": fallthrough, "throw": throw}


class Branches(unittest.TestCase):
    def test_a_condition_has_two(self):
        self.assertEqual(coverage.chosen([way(3, fallthrough=True), way(0)]), [3, 0])

    def test_a_call_that_may_throw_has_none(self):
        call = [way(3, fallthrough=True), way(0, throw=True)]
        self.assertEqual(coverage.chosen(call), [])
        self.assertEqual(coverage.chosen(call + [way(1, fallthrough=True), way(2)]), [1, 2])
        self.assertEqual(coverage.chosen(call + call), [])

    def test_nor_has_one_whose_exception_is_named_first(self):
        call = [way(0, throw=True), way(3, fallthrough=True)]
        self.assertEqual(coverage.chosen(call + [way(1, fallthrough=True), way(2)]), [1, 2])

    def test_the_ways_out_of_a_switch_all_count(self):
        self.assertEqual(coverage.chosen([way(1), way(2), way(0), way(4)]), [1, 2, 0, 4])


    def test_of_asserts_are_none(self):
        text = "f();\n  assert(a &&\n    b(c));\ng();\n"
        self.assertEqual(coverage.numbers_in(text)[1], {2, 3})

    def test_of_lines_without_code_are_none_and_nor_are_they(self):
        text = "f();\n}  // f\n});\n  {\nelse\n"
        self.assertEqual(coverage.numbers_in(text)[0], {1, 5})


def line(number, count, *branches, function="f"):
    return {"line_number": number, "count": count, "branches": list(branches),
            "function_name": function}


class Files(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name).resolve()
        for name in ("reactor/a.h", "reactor/a.cc", "protocols/a.cc", "tools/a.cc", "tools/b.cc",
                     "tests/a.cc"):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text("".join(f"line {n}\n" for n in range(1, 101)))
        (self.root / "include").mkdir()
        os.symlink(self.root / "reactor", self.root / "include" / "reactor")
        self.counts = coverage.Counts(self.root)

    def add(self, *files, functions=()):
        self.counts.add({"current_working_directory": str(self.root),
                         "files": [{"file": name, "lines": lines,
                                    "functions": [{"name": name, "start_line": number,
                                                   "start_column": 1} for name, number in functions]}
                                   for name, lines in files]})
        return self.counts.files

    def test_that_are_found_under_two_names_are_one(self):
        files = self.add(("reactor/a.h", [line(1, 0, way(0, True), way(0)), line(2, 1)]))
        self.add(("include/reactor/a.h", [line(1, 5, way(5, True), way(0)), line(3, 0)]))
        lines = files["reactor/a.h"]
        self.assertEqual(list(files), ["reactor/a.h"])
        self.assertEqual({number: lines[number].count for number in lines}, {1: 5, 2: 1, 3: 0})
        self.assertEqual(lines[1].branches, [5, 0])

    def test_may_have_a_lambda_in_a_line_and_two_instances_of_a_template(self):
        files = self.add(("reactor/a.h", [line(9, 1, way(1), way(0), function="f<int>"),
                                          line(9, 1, way(0), way(1), function="f<char>"),
                                          line(9, 0, way(0), way(0), function="lambda")]),
                         functions=[("f<int>", 8), ("f<char>", 8), ("lambda", 9)])
        self.assertEqual(files["reactor/a.h"][9].branches, [1, 1, 0, 0])

    def test_of_other_rooms_are_left_out(self):
        self.assertEqual(self.add(("tests/a.cc", [line(1, 1)]), ("../b.h", []), ("<x>", [])), {})

    def test_that_are_run_too_little_fail(self):
        lines = [line(number, number > 6, way(1), way(1)) for number in range(1, 101)]
        _, rooms = coverage.table(self.add(("reactor/a.cc", lines)))
        self.assertEqual(list(coverage.too_little(rooms)),
                         ["reactor/: 94.00 % of the lines, and 95 % is the least"])

    def test_that_are_run_enough_do_not(self):
        lines = [line(number, number > 5, way(number > 15)) for number in range(1, 101)]
        _, rooms = coverage.table(self.add(("protocols/a.cc", lines)))
        self.assertEqual(list(coverage.too_little(rooms)), [])

    def test_are_summed_by_room(self):
        rows, rooms = coverage.table(self.add(("tools/a.cc", [line(1, 1)]),
                                              ("tools/b.cc", [line(1, 0)])))
        self.assertEqual(rooms["tools"].per_cent()[0], 50)
        self.assertTrue(rows[-1].startswith("tools/"), rows)

    def test_have_stretches_that_were_not_run_and_end_at_a_line_that_was(self):
        self.add(("reactor/a.cc", [line(1, 1), line(2, 0), line(4, 0), line(5, 2), line(6, 0)]))
        self.assertEqual(list(self.counts.never_run("reactor/a.cc")),
                         [[(2, "line 2"), (4, "line 4")], [(6, "line 6")]])


LIST = """\
# A comment.
reactor/a.cc
  return broken;
    It cannot break, and
    nobody tries.
"""


class Reasons(unittest.TestCase):
    def check(self, text, stretches):
        return list(reasons.check(reasons.parse(text, "list"), stretches))

    def test_account_for_the_stretch_that_holds_the_piece(self):
        stretches = {"reactor/a.cc": [[(4, "  if (x)"), (5, "    return broken;  // ")]]}
        self.assertEqual(self.check(LIST, stretches), [])

    def test_are_in_several_lines(self):
        self.assertEqual(reasons.parse(LIST, "list")[0].reason,
                         "It cannot break, and nobody tries.")

    def test_are_missed_where_a_line_was_not_run(self):
        stretches = {"reactor/a.cc": [[(4, "return broken;")], [(7, "  f();"), (9, "  g();")]],
                     "reactor/b.cc": [[(1, "h();")]]}
        self.assertEqual(self.check(LIST, stretches),
                         ["reactor/a.cc:7 to 9: not run, without a reason: f();",
                          "reactor/b.cc:1: not run, without a reason: h();"])

    def test_for_nothing_are_in_the_way(self):
        self.assertEqual(self.check(LIST, {"reactor/a.cc": []}),
                         ["list:3: reactor/a.cc has no line that was not run and holds: "
                          "return broken;"])

    def test_for_what_time_decides_are_not(self):
        text = LIST.replace("It cannot", "Sometimes it cannot")
        self.assertEqual(self.check(text, {"reactor/a.cc": []}), [])

    def test_must_be_there(self):
        text = "reactor/a.cc\n  return broken;\n"
        self.assertEqual(self.check(text, {"reactor/a.cc": [[(4, "return broken;")]]}),
                         ["list:2: no reason is given"])

    def test_stand_under_a_file_and_a_piece(self):
        for text in ("  piece\n", "reactor/a.cc\n    reason\n", "reactor/a.cc\n   piece\n",
                     "a.cc\n  piece\nb.cc\n    reason\n"):
            with self.assertRaisesRegex(ValueError, "list:[1-4]: "):
                reasons.parse(text, "list")


if __name__ == "__main__":
    unittest.main()
