"""Reads the text format of Prometheus, strictly, and complains about all that promtool would.

Source: "Exposition formats", text format version 0.0.4, and "Metric and label naming".
"""
import collections
import math
import re
import shutil
import subprocess

TYPE = "text/plain; version=0.0.4; charset=utf-8"
TYPES = ("counter", "gauge", "histogram")
COMMENT = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
UNITS = re.compile(r"_(milli|micro|nano)?seconds?_|_(kilo|mega)bytes|_ms$|_us$")

Family = collections.namedtuple("Family", "type help samples")  # samples: {(name, labels): value}


def labels_of(text):
    labels = {}
    while text:
        found = LABEL.match(text)
        assert found, f"labels: {text!r}"
        assert found[1] not in labels, f"label {found[1]} twice"
        labels[found[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), found[2])
        text = text[found.end():]
    return labels


def check_histogram(name, samples):
    series = collections.defaultdict(list)
    for (sample, labels), value in samples.items():
        plain = frozenset(pair for pair in labels if pair[0] != "le")
        series[plain].append((sample, dict(labels).get("le"), value))
    for rows in series.values():
        buckets = [(float(le), value) for sample, le, value in rows if sample == name + "_bucket"]
        assert [le for le, _ in buckets] == sorted({le for le, _ in buckets}), buckets
        counts = [value for _, value in buckets]
        assert counts == sorted(counts), f"{name}: the counts fall: {buckets}"
        assert buckets[-1][0] == math.inf, f"{name} has no bucket +Inf"
        others = {sample: value for sample, le, value in rows if le is None}
        assert set(others) == {name + "_sum", name + "_count"}, others
        assert others[name + "_count"] == counts[-1], (others, buckets)


def families_of(text):
    """{name: Family}; an AssertionError names what is wrong."""
    assert text.endswith("\n"), "the last line does not end"
    families = {}
    name = help_text = None
    for line in text.splitlines():
        if line.startswith("#"):
            found = COMMENT.fullmatch(line)
            assert found, line
            if found[1] == "HELP":
                name, help_text = found[2], found[3]
                assert name not in families, f"{name} comes twice"
                assert help_text.endswith("."), line
            else:
                assert found[2] == name and name not in families, line
                assert found[3] in TYPES, line
                families[name] = Family(found[3], help_text, {})
                assert (found[3] == "counter") == name.endswith("_total"), line
                assert not UNITS.search(name), f"{name} has no base unit"
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        family = families[name]
        endings = ("_bucket", "_sum", "_count") if family.type == "histogram" else ("",)
        assert found[1] in {name + ending for ending in endings}, line
        key = (found[1], frozenset(labels_of(found[2] or "").items()))
        assert key not in family.samples, f"twice: {line}"
        value = float(found[3])
        assert family.type == "gauge" or value >= 0, line
        family.samples[key] = value
    for name, family in families.items():
        if family.type == "histogram":
            check_histogram(name, family.samples)
    return families


def value_of(families, name, **labels):
    """Of the one sample of that name with these labels, others beside them."""
    family = next(family for prefix, family in families.items() if name.startswith(prefix) and
                  any(sample == name for sample, _ in family.samples))
    found = [value for (sample, pairs), value in family.samples.items()
             if sample == name and set(labels.items()) <= pairs]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def complaints_of_promtool(text):
    """What promtool says, or nothing; None where it is not installed."""
    if shutil.which("promtool") is None:
        return None
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True, check=False, timeout=60)
    return done.stdout + done.stderr + (f"exit {done.returncode}" if done.returncode else "")
