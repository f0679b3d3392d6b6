"""What the checkers of the pages have in common: their command line, and their own test."""
import argparse
import pathlib
import tempfile


def parser():
    """--source DIR and --self-test."""
    made = argparse.ArgumentParser()
    made.add_argument("--source", type=pathlib.Path,
                      default=pathlib.Path(__file__).resolve().parents[2])
    made.add_argument("--self-test", action="store_true")
    return made


def count_failures(cases, mistakes_of):
    """How many cases go wrong, each told. A case ends in the words that are expected among the
    mistakes, or None where there is to be none; mistakes_of(tree, *rest) finds them in a new tree.
    """
    failures = 0
    for number, (*rest, want) in enumerate(cases):
        with tempfile.TemporaryDirectory() as name:
            mistakes = mistakes_of(pathlib.Path(name), *rest)
        report = "\n".join(mistakes)
        if (mistakes == []) if want is None else (want in report):
            continue
        failures += 1
        print(f"case {number}: {want!r} is expected in:\n{report or '(nothing is wrong)'}")
    return failures


def verdict(count, failures):
    """Tells how a self-test went; its exit status."""
    print(f"{count} cases, {failures} failed")
    return 1 if failures else 0
