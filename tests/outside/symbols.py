#!/usr/bin/env python3
"""Holds the exported symbols of libsluice.so and libsluice-tls.so against the installed headers.

A symbol may be exported if an installed header declares it and a program can use it. A private
member is of use to a program only if it is virtual (the table of a derived class names it) or if an
inline function of the header calls it.

The headers' declarations are read from the debug information of a file that includes all of them:
the compiler is the one parser of C++ that is certain to be there.

    symbols.py --cxx COMPILER --build DIR
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Keeps the declarations that the file does not use, and the code of inline functions, whose calls
# are then the undefined symbols of the object file.
KEEP_ALL = ("-g", "-O0", "-fno-eliminate-unused-debug-types",
            "-femit-class-debug-always", "-fkeep-inline-functions")

DIE = re.compile(r"^ <(\d+)><[0-9a-f]+>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)")
ATTRIBUTE = re.compile(r"^    <[0-9a-f]+>   DW_AT_(\w+) *: (.*)")
SCOPES = ("namespace", "class_type", "structure_type", "union_type", "enumeration_type")
FUNCTIONS, VARIABLES = ("subprogram",), ("member", "variable")
PUBLIC, PRIVATE = "1", "3"
OPTIONS = re.compile(r"sluice::\w+(?:Options|Rules|Scope|From)")

OF_CLASS = re.compile(r"^(?:vtable|VTT|typeinfo|typeinfo name) for (.*)$")
THUNK = re.compile(r"^_ZT(?:hn?\d+_|v\w+?_n\d+_)")


def run(*command):
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stderr}")
    return result.stdout


def any_variant(name):
    """The mangled name with the variants of a constructor or destructor made equal."""
    return re.sub(r"([CD])[0-4](?=E)", r"\1#", name)


class Entry:
    """A declaration: what readelf says of it, and whether a scope around it is private."""

    def __init__(self, tag, above):
        self.tag = tag
        self.above = above
        self.of = {}

    def text(self, attribute):
        """The value behind readelf's notes, such as "(strp) (offset: 0x1): name"."""
        return re.sub(r"^\([^)]*\) *(?:\([^)]*\): *)?", "", self.of.get(attribute, "")).strip()

    def name(self):
        above = self.above.name() if self.above else ""
        return f"{above}::{self.text('name')}" if above else self.text("name")

    def is_private(self):
        if self.above is None or self.above.tag == "namespace":
            return False
        usual = PRIVATE if self.above.tag == "class_type" else PUBLIC
        return (self.text("accessibility")[:1] or usual) == PRIVATE or self.above.is_private()


def entries(dump):
    """The namespaces, types, functions and variables in the output of readelf."""
    stack = []  # (depth, entry or None)
    found = []
    entry = None
    for line in dump:
        if die := DIE.match(line):
            depth, tag = int(die[1]), die[2]
            while stack and stack[-1][0] >= depth:
                stack.pop()
            above = next((e for _, e in reversed(stack) if e), None)
            entry = None
            if tag in SCOPES + FUNCTIONS + VARIABLES:
                entry = Entry(tag, above if above and above.tag in SCOPES else None)
                found.append(entry)
            stack.append((depth, entry if tag in SCOPES else None))
        elif entry and (attribute := ATTRIBUTE.match(line)):
            entry.of[attribute[1]] = attribute[2]
    return found


class Headers:
    """What the headers declare in namespace sluice, and what their inline functions use."""

    def __init__(self, compiler, flags, include, scratch):
        self.compiler, self.flags, self.scratch = compiler, flags, scratch
        headers = sorted(path.relative_to(include) for path in (include / "sluice").rglob("*.h"))
        self.public = "".join(path.read_text() for path in (include / "sluice").glob("*.h"))
        self.includes = "".join(f"#include <{header}>\n" for header in headers)
        self.text = run(compiler, *flags, "-E", "-P", self.write("text.cc", self.includes))
        self.object = self.compile("all", self.includes, *KEEP_ALL)
        self.declared = {}
        for entry in entries(run("readelf", "--debug-dump=info", "-W", self.object).splitlines()):
            if entry.tag in FUNCTIONS:
                if mangled := entry.text("linkage_name"):
                    self.declared.setdefault(any_variant(mangled), entry)
            elif entry.name().startswith("sluice::"):
                self.declared.setdefault(entry.name(), entry)
        self.used = {any_variant(line.split()[-1])
                     for line in run("nm", "-u", self.object).splitlines()}

    def write(self, name, text):
        (self.scratch / name).write_text(text)
        return self.scratch / name

    def compile(self, name, text, *more):
        result = self.scratch / f"{name}.o"
        run(self.compiler, *self.flags, *more, "-fPIC", "-c", "-o", result,
            self.write(f"{name}.cc", text))
        return result

    def is_declared_function(self, name):
        """For functions outside classes, which the debug information has only where they are used."""
        word = re.escape(re.sub(r"\(.*|\[abi:.*", "", name).rpartition("::")[2])
        return re.search(rf"(?<!\w){word} ?\(", self.text) is not None

    def is_public_class(self, name):
        """Whether a header defines the class that a man page can name: not one of detail/."""
        outermost = name.split("::")[1]
        return re.search(rf"^(?:class|struct) (?:SLUICE_EXPORT )?{outermost}\b[^;]*{{",
                         self.public, re.MULTILINE) is not None

    def implicit_members(self):
        """A source that uses what the compiler makes of itself: it calls what the members have."""
        names = [name for name, entry in self.declared.items()
                 if entry.tag in ("class_type", "structure_type") and
                 "declaration" not in entry.of and not entry.is_private() and
                 re.fullmatch(r"sluice(::\w+)+", name) and self.is_public_class(name)]
        return self.includes + """
#include <type_traits>
template <class T> void use(T* one, T* other) {
  if constexpr (std::is_default_constructible_v<T>) new T;
  if constexpr (std::is_move_constructible_v<T>) new T(static_cast<T&&>(*other));
  if constexpr (std::is_move_assignable_v<T>) *one = static_cast<T&&>(*other);
  if constexpr (std::is_destructible_v<T>) one->~T();
}
""" + "".join(f"template void use({name}*, {name}*);\n" for name in names)

    def designated_initialisers(self):
        """A source that sets each member of each options struct, and leaves out the others."""
        options = [entry for name, entry in self.declared.items()
                   if entry.tag == "member" and OPTIONS.fullmatch(entry.above.name())]
        return self.includes + "".join(
            f"{entry.above.name()} object{number}{{.{entry.text('name')} = {{}}}};\n"
            for number, entry in enumerate(options))


def exported(library):
    """(mangled, demangled) of each symbol that the library defines for others."""
    lines = [line.split() for line in run("nm", "-D", "--defined-only", library).splitlines()]
    mangled = [line[-1].split("@")[0] for line in lines if line[1] != "A"]  # A: a version's name
    return list(zip(mangled, run("c++filt", *mangled).splitlines()))


def mistakes(symbols, headers):
    """What is exported and should not be, one line each."""
    for mangled, name in symbols:
        plain = name.split("[abi:")[0]
        if of_class := OF_CLASS.match(name):
            entry = headers.declared.get(of_class[1])
        else:
            function = any_variant(THUNK.sub("_Z", mangled))
            entry = headers.declared.get(function) or headers.declared.get(plain)
        if entry is None:
            if not (re.match(r"sluice::\w+(\[|\()|sluice::operator", name) and
                    headers.is_declared_function(name)):
                yield f"{name}: exported, but no installed header declares it"
        elif entry.tag in VARIABLES and not entry.above.is_private():
            continue  # A constant, of which g++ does not record the access.
        elif entry.is_private() and any_variant(mangled) not in headers.used and \
                "virtuality" not in entry.of:
            yield f"{name}: exported, but private and of no use to a program; mark it SLUICE_LOCAL"


def check(libraries, headers):
    """Exits with the mistakes in what the libraries export, if there are any. `libraries` has the
    name of a function that each exports."""
    count = 0
    for library, function in libraries.items():
        symbols = exported(library)
        if not any(name.startswith(function) for _, name in symbols):
            sys.exit(f"{library}: no {function})")
        found = list(mistakes(symbols, headers))
        if found:
            sys.exit("\n".join(found))
        count += len(symbols)
    # Conversely, all that inline and implicit functions call is exported: these link.
    implicit = headers.compile("implicit", headers.implicit_members())
    run(headers.compiler, "-shared", "-Wl,-z,defs", "-o", headers.scratch / "all.so",
        headers.object, implicit, *libraries)
    print(f"{count} exported symbols")


def check_options(headers):
    """A program that sets some options by name, and compiles with -Wextra, gets no warning."""
    source = headers.write("options.cc", headers.designated_initialisers())
    if "sluice::ListenerOptions object" not in source.read_text():
        sys.exit(f"{source}: sets no member of ListenerOptions")
    for compiler in filter(shutil.which, (headers.compiler, "clang++-14")):
        run(compiler, *headers.flags, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", source)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if "clang" in run(arguments.cxx, "--version"):
        print("clang++ cannot keep the inline functions that nothing calls; g++ can")
        sys.exit(77)

    include = arguments.build / "installed"
    with tempfile.TemporaryDirectory(prefix="sluice-symbols-") as directory:
        headers = Headers(arguments.cxx, ["-std=c++20", f"-I{include}"], include,
                          pathlib.Path(directory))
        library = arguments.build / "lib"
        libraries = {library / "libsluice.so": "sluice::Connection::send("}
        if (library / "libsluice-tls.so").exists():
            libraries[library / "libsluice-tls.so"] = "sluice::TlsTransport::of("
        check(libraries, headers)
        check_options(headers)


if __name__ == "__main__":
    main()
