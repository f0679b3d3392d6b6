#!/usr/bin/env python3
"""Compares the interface of libsluice.so with that of the release that has the same SONAME.

A program that was linked with libsluice.so.0.2 must run with each later libsluice.so.0.2. What the
released one offers, its exported symbols and the types that they reach, is kept as
abi/libsluice.abi.xz. While there is no release with the SONAME of the tree, nothing is promised, and
nothing is built or compared.

    abi.py            build the library with debug information and compare; 0 if programs still run
    abi.py --renew    build it and keep its interface: done for a release
"""

import argparse
import lzma
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUMP = ROOT / "abi" / "libsluice.abi.xz"
VERSION = ROOT / "reactor" / "base" / "version.h"
BUILD = ROOT / "build" / "abi"

# What no exported symbol reaches, and types that no installed header defines, are not part of the
# interface. Where something is declared is left out, because it changes with each line above it.
WRITE = ("--drop-private-types", "--exported-interfaces-only", "--no-show-locs", "--no-corpus-path",
         "--no-comp-dir-path")
ERROR, CHANGE = 3, 12  # The bits of abidiff's exit status.


def run(*command):
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True)


def soname_of_tree():
    numbers = re.findall(r"^#define SLUICE_VERSION_(?:MAJOR|MINOR) (\d+)$",
                         VERSION.read_text(encoding="utf-8"), re.MULTILINE)
    return f"libsluice.so.{'.'.join(numbers)}"


def soname_of_dump(dump):
    """The SONAME in abidw's output, which is in its first line."""
    found = re.search(r"\bsoname='([^']*)'", dump[:4096])
    return found[1] if found else None


def write(library, headers):
    """abidw's description of the library."""
    result = subprocess.run(["abidw", *WRITE, "--headers-dir", headers, library],
                            stdout=subprocess.PIPE, text=True, check=True)
    return result.stdout


def differences(dump, library, headers):
    """What a program that was linked with the dumped library would miss, or "". Additions are none."""
    with tempfile.TemporaryDirectory() as directory:
        old, new = pathlib.Path(directory) / "old.abi", pathlib.Path(directory) / "new.abi"
        old.write_text(dump, encoding="utf-8")
        new.write_text(write(library, headers), encoding="utf-8")
        result = subprocess.run(["abidiff", "--no-added-syms", old, new],
                                stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode & ERROR:
        sys.exit(f"abidiff: exit status {result.returncode}\n{result.stdout}")
    return result.stdout if result.returncode & CHANGE else ""


def build():
    """Builds the library; returns it and the folder of its headers."""
    run("cmake", "--preset", "abi", "-S", ROOT, "--log-level=NOTICE")
    run("cmake", "--build", BUILD, "--target", "sluice", "sluice_installed_headers")
    return BUILD / "lib" / "libsluice.so", BUILD / "installed"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--renew", action="store_true")
    if parser.parse_args().renew:
        DUMP.parent.mkdir(exist_ok=True)
        DUMP.write_bytes(lzma.compress(write(*build()).encode(), preset=9))
        print(f"{DUMP}: {DUMP.stat().st_size} bytes")
        return 0
    dump = lzma.decompress(DUMP.read_bytes()).decode() if DUMP.exists() else ""
    released, ours = soname_of_dump(dump), soname_of_tree()
    if released != ours:
        print(f"{ours} is not released yet: its interface may change")
        return 0
    found = differences(dump, *build())
    if found:
        print(f"{found}\nPrograms that were linked with the released {ours} would not run with this "
              "one: raise the minor version, or keep the interface")
        return 1
    print(f"{ours} runs the programs of the released one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
