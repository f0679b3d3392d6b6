"""The list of what no test runs, with its reasons: not_covered.txt.

    reactor/loop.cc
      a distinctive piece of the line
        Why no test runs it, in one or more lines.

The piece stands for each stretch of unrun lines, in that file, of which one line holds it. A reason
that begins with "Sometimes" may be for nothing: time decides whether its line is run.
"""
import collections

Entry = collections.namedtuple("Entry", "place file piece reason")


def parse(text, name):
    entries = []
    file = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        indent = len(line) - len(line.lstrip())
        if not words or words.startswith("#"):
            continue
        if indent == 0:
            file = words
        elif indent == 2 and file:
            entries.append(Entry(f"{name}:{number}", file, words, ""))
        elif indent == 4 and entries and entries[-1].file == file:
            last = entries.pop()
            entries.append(last._replace(reason=f"{last.reason} {words}".strip()))
        else:
            raise ValueError(f"{name}:{number}: neither a file, a piece of a line, nor a reason")
    return entries


def read(path):
    return parse(path.read_text(encoding="utf-8"), path.name)


def check(entries, stretches):
    """What is wrong, given {"reactor/loop.cc": [[(number, text), ...], ...]} of unrun lines."""
    for entry in entries:
        holds = any(entry.piece in text for stretch in stretches.get(entry.file, ())
                    for _, text in stretch)
        if not entry.reason:
            yield f"{entry.place}: no reason is given"
        elif not holds and not entry.reason.startswith("Sometimes"):
            yield (f"{entry.place}: {entry.file} has no line that was not run and holds: "
                   f"{entry.piece}")
    for file in sorted(stretches):
        pieces = [entry.piece for entry in entries if entry.file == file]
        for stretch in stretches[file]:
            if not any(piece in text for piece in pieces for _, text in stretch):
                first, text = stretch[0]
                more = "" if len(stretch) == 1 else f" to {stretch[-1][0]}"
                yield f"{file}:{first}{more}: not run, without a reason: {text.strip()}"
