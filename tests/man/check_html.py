#!/usr/bin/env python3
"""Makes the HTML of the pages, and follows each link in it.

A link leads to a file that man/html/html.sh wrote, and to a place in it that exists, or to a page of
another system, by https. The index names each page. Nothing is fetched.

Usage: check_html.py [--source DIR] | --self-test
"""
import html.parser
import pathlib
import shutil
import subprocess
import sys
import tempfile

import checker

ELSEWHERE = "https://"


class Links(html.parser.HTMLParser):
    """The links of a file, and the places in it that a link can lead to."""

    def __init__(self, text):
        super().__init__()
        self.links = []
        self.places = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag in ("a", "link") and names.get("href"):
            self.links.append(names["href"])
        if "id" in names:
            self.places.add(names["id"])


def check_files(folder, pages):
    """Returns what is wrong, a line each, and how many links there are."""
    files = {path.name: Links(path.read_text(encoding="utf-8"))
             for path in sorted(folder.glob("*.html"))}
    mistakes = []
    count = 0
    for name, file in files.items():
        for link in file.links:
            count += 1
            target, _, place = link.partition("#")
            if link.startswith(ELSEWHERE):
                page = target.rpartition("/")[2]
                if page in pages:
                    mistakes.append(f"{name}: {link} is a page of this project")
            elif target and not (folder / target).is_file():
                mistakes.append(f"{name}: {link}: there is no {target}")
            elif place and place not in files.get(target or name, Links("")).places:
                mistakes.append(f"{name}: {link}: {target or name} has no place {place}")
    for page in pages:
        if f"{page}.html" not in files.get("index.html", Links("")).links:
            mistakes.append(f"index.html: there is no link to {page}.html")
    return mistakes, count


def check(source):
    pages = sorted(path.name for path in (source / "man").glob("*.[1-9]"))
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(["sh", source / "man" / "html" / "html.sh", "mandoc", name, *pages],
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        if done.returncode != 0:
            return [f"man/html/html.sh: exit status {done.returncode}: {done.stderr}"], 0
        return check_files(pathlib.Path(name), pages)


def self_test():
    index = '<a href="a.3.html">a</a><a href="b.7.html">b</a><link href="style.css">'
    page = '<h1 id="TOP">A</h1><a href="b.7.html#END">b</a><a href="#TOP">t</a>'
    other = '<h1 id="END">B</h1><a href="https://manpages.debian.org/socket.2">s</a>'
    cases = [  # the files, what the report must contain (None: nothing is wrong)
        (index, page, other, None),
        (index.replace("b.7", "c.7"), page, other, "there is no c.7.html"),
        (index.replace('<a href="b.7.html">b</a>', ""), page, other, "no link to b.7.html"),
        (index.replace("style", "other"), page, other, "there is no other.css"),
        (index, page.replace("#END", "#BEGIN"), other, "b.7.html has no place BEGIN"),
        (index, page.replace("#TOP", "#BOTTOM"), other, "a.3.html has no place BOTTOM"),
        (index, page, other.replace("socket.2", "a.3"), "is a page of this project"),
    ]

    def mistakes_in(folder, *texts):
        for name, text in zip(("index.html", "a.3.html", "b.7.html"), texts):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "style.css").write_text("", encoding="utf-8")
        return check_files(folder, ["a.3", "b.7"])[0]

    return checker.verdict(len(cases), checker.count_failures(cases, mistakes_in))


def main():
    options = checker.parser().parse_args()
    if options.self_test:
        return self_test()
    if shutil.which("mandoc") is None:
        print("skipped: mandoc is not installed")
        return 77
    mistakes, count = check(options.source)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} links, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
