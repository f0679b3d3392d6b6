#!/usr/bin/env python3
"""Holds the programs that the man pages show against the files in man/examples/.

A page shows man/examples/NAME.cc in a block that begins with these two lines:

    .\\" example: NAME.cc
    .Bd -literal -offset indent

and, where it shows what the program prints, that output under `.\\" output: NAME.cc`. Each block,
its mdoc escapes undone, is the file (or the output), line by line. Every example is shown on some
page, and every program on a page is an example.

Usage: check_examples.py [--source DIR] [--run DIR] | --self-test
  --run DIR   also runs DIR/NAME for each output block and compares what it prints
"""
import pathlib
import re
import subprocess
import sys

import checker

MARK = re.compile(r'^\.\\" (example|output): (\S+)\s*$')
BEGIN = ".Bd -literal -offset indent"
END = ".Ed"
ESCAPE = re.compile(r"\\(\(..|.|$)")
ESCAPES = {"e": "\\", "&": "", "-": "-",
           "(en": "–", "(aq": "'", "(ga": "`", "(ha": "^", "(ti": "~"}
RUN_SECONDS = 20
# Examples that are only built where their library is installed.
OPTIONAL = {"glib_host"}


class Mistake(Exception):
    pass


def unescape(line):
    def replace(match):
        if match.group(1) not in ESCAPES:
            raise Mistake(f"{match.group(0)} is an escape that this check does not know; "
                          "a backslash is written \\e")
        return ESCAPES[match.group(1)]

    if line[:1] in (".", "'"):
        raise Mistake(f'"{line}" is read as a macro; begin the line with \\&')
    return ESCAPE.sub(replace, line)


def blocks(page, mistakes):
    """Yields (kind, name, number of the first line, lines) for each literal block of the page;
    kind is None where no mark stands before it."""
    lines = page.read_text(encoding="utf-8").split("\n")
    mark = None
    i = 0
    while i < len(lines):
        line = lines[i]
        found = MARK.match(line)
        if mark and line != BEGIN:
            mistakes.append(f"{page.name}:{i + 1}: {BEGIN} is expected under the mark of "
                            f"{mark[1]}, not {line!r}")
        if found:
            mark = found.groups()
        elif line.startswith(".Bd "):
            first = i + 1
            while i < len(lines) and lines[i] != END:
                i += 1
            yield (*(mark or (None, None)), first + 1, lines[first:i])
            mark = None
        else:
            mark = None
        i += 1


def compare(page, first, shown, name, actual, mistakes):
    """Reports the first line that differs."""
    for i in range(max(len(shown), len(actual))):
        where = f"{page.name}:{first + i}"
        try:
            got = unescape(shown[i]) if i < len(shown) else None
        except Mistake as mistake:
            mistakes.append(f"{where}: {mistake}")
            return
        want = actual[i] if i < len(actual) else None
        if got != want:
            mistakes.append(f"{where}: the page shows {got!r}, but line {i + 1} of {name} is "
                            f"{want!r} (None: there is no such line)")
            return


def output_of(program):
    try:
        result = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                timeout=RUN_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Mistake(f"{program}: {error}") from error
    return lines_of(result.stdout.decode("utf-8"), program)


def lines_of(text, name):
    if not text.endswith("\n") or text.endswith("\n\n"):
        raise Mistake(f"{name} does not end with one newline")
    return text[:-1].split("\n")


def check_block(page, block, source, run, mistakes):
    kind, name, first, lines = block
    if kind is None:
        if any(re.match(r"(int|auto) main\(", line) for line in lines):
            mistakes.append(f"{page.name}:{first}: a program is shown without a mark that names "
                            "its file in man/examples/")
        return
    path = source / "man" / "examples" / name
    if not path.is_file():
        mistakes.append(f"{page.name}:{first}: man/examples/{name} does not exist")
        return
    try:
        if kind == "example":
            actual = lines_of(path.read_text(encoding="utf-8"), f"man/examples/{name}")
            if not actual[0].startswith("// "):
                mistakes.append(f"man/examples/{name}:1: a comment line that says what the "
                                "program does is expected")
            compare(page, first, lines, f"man/examples/{name}", actual, mistakes)
        elif run is not None and (path.stem not in OPTIONAL or (run / path.stem).exists()):
            compare(page, first, lines, f"the output of {path.stem}",
                    output_of(run / path.stem), mistakes)
    except Mistake as mistake:
        mistakes.append(str(mistake))


def check(source, run=None):
    """Returns what is wrong, a line each, and how many examples were compared."""
    mistakes = []
    shown = set()
    for page in sorted((source / "man").glob("*.[1-9]")):
        for block in blocks(page, mistakes):
            check_block(page, block, source, run, mistakes)
            if block[0] == "example":
                shown.add(block[1])
    examples = source / "man" / "examples"
    for path in sorted(examples.rglob("*.cc")):
        name = path.relative_to(examples).as_posix()
        if name not in shown:
            mistakes.append(f"man/examples/{name}: no page shows it")
    if not shown:
        mistakes.append("man/: no page shows an example; is this the right directory?")
    return mistakes, len(shown)


def self_test():
    program = '// Prints two lines.\n#include <cstdio>\nint main() {\n  std::puts("a\\nb");\n}\n'
    shown = program.replace("\\", "\\e")
    begin = '.Sh EXAMPLES\n.\\" example: a.cc\n' + BEGIN + "\n"
    output = '.Ed\n.\\" output: a.cc\n' + BEGIN + "\n"
    good = begin + shown + output + "a\n\\&.b\n" + ".Ed\n"
    printer = "#!/bin/sh\nprintf 'a\\n.b\\n'\n"
    cases = [  # page, further files, what the report must contain (None: nothing is wrong)
        (good, {}, None),
        (good.replace("a\\enb", "a\\enc"), {}, "p.3:7: the page shows"),
        (good.replace("a\\enb", "a\\nb"), {}, "\\n is an escape that this check does not know"),
        (good.replace("}\n.Ed", ".Ed"), {}, "p.3:8: the page shows None"),
        (good.replace("}\n.Ed", "}\n\n.Ed"), {}, "p.3:9: the page shows ''"),
        (good.replace("\\&.b", ".b"), {}, "p.3:13: \".b\" is read as a macro"),
        (good.replace("\\&.b", "b"), {}, "line 2 of the output of a is '.b'"),
        (good.replace("example: a.cc", "example: z.cc"), {}, "man/examples/z.cc does not exist"),
        (good.replace('.\\" example: a.cc\n', ""), {}, "a program is shown without a mark"),
        (good.replace(BEGIN, ".Bd -filled", 1), {}, "is expected under the mark of a.cc"),
        (good.replace("a.cc\n", "a.cc\n.Pp\n", 1), {}, "is expected under the mark of a.cc"),
        (good, {"b.cc": program}, "man/examples/b.cc: no page shows it"),
        (good, {"a.cc": program + "\n"}, "does not end with one newline"),
        (good, {"a.cc": program[3:]}, "a comment line that says what the program does"),
        (good, {"bin/a": "#!/bin/sh\nexit 1\n"}, "returned non-zero exit status 1"),
        (good, {"bin/a": None}, "No such file"),
        ("", {"a.cc": None}, "no page shows an example"),
    ]
    def mistakes_in(source, page, files):
        examples = source / "man" / "examples"
        (examples / "bin").mkdir(parents=True)
        (source / "man" / "p.3").write_text(page, encoding="utf-8")
        for file, text in {"a.cc": program, "bin/a": printer, **files}.items():
            if text is not None:
                (examples / file).write_text(text, encoding="utf-8")
                (examples / file).chmod(0o755)
        return check(source, examples / "bin")[0]

    failures = checker.count_failures(cases, mistakes_in)
    return checker.verdict(len(cases), failures)


def main():
    parser = checker.parser()
    parser.add_argument("--run", type=pathlib.Path)
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    mistakes, count = check(options.source, options.run)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} examples compared, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
