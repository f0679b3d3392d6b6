#!/usr/bin/env python3
"""Holds the tree's #include lines against the one way in which they may point.

    include_layers.py ROOT

A file may include its own layer and those below it. Every file of reactor/, protocols/ and tools/
has its place in the table; one that has none is an error, and so is a place without a file.
"""

import pathlib
import re
import sys

# Lowest first. A name stands for its .h and its .cc, "name.cc" for that one file, "name*" for all
# that begin so.
REACTOR_LAYERS = [
    ("values and buffers", """
        export fd address backoff connect_order connect_socket endpoint compact_address payload
        input_buffer close_reason timer_queue
        permutation sweep_hosts sweep_list sweep_outcome sweep_pacer sweep_wheel sweep_window
        counters quote host_name service_names report report_gate stream_io write_buffer
        named_call
    """),
    ("watcher", "watcher libev_loop"),
    ("loop", "loop loop_* resident"),
    ("timer, signals", "timer signals watch idle_list output_queue"),  # a queue may stand in a list
    ("protocol", "protocol connection_options"),
    ("connection", "connection connection_* protocol.cc"),  # on_eof()'s default calls close()
    ("listener, connector, datagram", """
        connect_attempt connector listener listen_socket socket_file source_limits descriptor_reserve
        datagram datagram_* memory_peer sweep sweep_* resolver resolver_error ares_*
    """),
]

# Pure: these files of protocols/ include each other, PURE_MAY_USE and the C++ library, no more, so
# that they can be tested and fuzzed without a loop.
PURE = """
    codec codec_error codec_registry decoder delimiter_codec encoded find_byte fixed_codec
    length_codec line_codec netstring_codec slip_codec varint_codec
"""
PURE_MAY_USE = ["reactor/export.h", "reactor/quote.h"]

# Above the whole reactor; each of these rooms is a layer of its own.
ROOMS_ABOVE = ["protocols", "tools"]

# <header> or "prefix": the only files that may include it.
ONLY_FROM = {
    "ev.h": ["reactor/watcher.cc", "reactor/libev_loop.cc"],
    "ev++.h": [],
    "ares.h": ["reactor/ares_"],
    "curl/": ["tools/sluice-fetch/"],
    "cxxopts.hpp": ["tools/"],
    "histedit.h": ["tools/common/terminal_line.cc"],
    "nlohmann/": ["tools/"],
    "criterion/": [],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def stands_for(name, path):
    """How closely a name of the table fits the file: 0 not at all, 3 the file itself."""
    if name == path.name:
        return 3
    if name == path.stem:
        return 2
    return 1 if name.endswith("*") and path.stem.startswith(name[:-1]) else 0


def reactor_layer(path):
    """The number of the layer that names the file most closely; None when none does."""
    fits = [(stands_for(name, path), number)
            for number, (_, names) in enumerate(REACTOR_LAYERS) for name in names.split()]
    closeness, number = max(fits)
    return number if closeness else None


def layer_of(path):
    room = path.parts[0]
    if room == "reactor":
        return reactor_layer(path) if len(path.parts) == 2 else None
    return len(REACTOR_LAYERS) + ROOMS_ABOVE.index(room)


def layer_name(number):
    if number < len(REACTOR_LAYERS):
        return REACTOR_LAYERS[number][0]
    return ROOMS_ABOVE[number - len(REACTOR_LAYERS)] + "/"


def is_pure(path):
    return path.parts[0] == "protocols" and path.stem in PURE.split()


def check_system_include(path, header):
    if is_pure(path) and header.endswith(".h"):
        return f"<{header}>: a codec includes nothing of the system"
    if header.startswith("sluice/"):
        return f"<{header}>: inside the tree headers are included by relative path"
    for name, allowed in ONLY_FROM.items():
        matches = header.startswith(name) if name.endswith("/") else header == name
        if matches and not any(path.as_posix().startswith(start) for start in allowed):
            return f"<{header}>: allowed only in {' and '.join(allowed) or 'tests'}"
    return None


def check_own_include(root, path, header):
    target = (root / path.parent / header).resolve()
    if not target.is_file():
        return f'"{header}": there is no such file beside it (a system header is written <{header}>)'
    if not target.is_relative_to(root):
        return f'"{header}": outside the tree'
    target = target.relative_to(root)
    if target.parts[0] not in ["reactor", *ROOMS_ABOVE]:
        return f'"{header}": {target.parts[0]}/ is no room of the library or the tools'
    if is_pure(path) and not is_pure(target) and target.as_posix() not in PURE_MAY_USE:
        return f'"{header}": a codec may not include {target}'
    above, below = layer_of(path), layer_of(target)
    if below is None:
        return None  # Reported for the target itself.
    if below > above:
        return f'"{header}": {layer_name(above)} may not include {layer_name(below)}'
    return None


def files_of(root):
    for room in ["reactor", *ROOMS_ABOVE]:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(root)


def check(root):
    """All that is wrong, as "file:line: what" lines."""
    root = root.resolve()
    problems = []
    reactor_files = []
    pure_files = []
    for path in files_of(root):
        if path.parts[0] == "reactor":
            reactor_files.append(path)
        if is_pure(path):
            pure_files.append(path.stem)
        if layer_of(path) is None:
            problems.append(f"{path}:1: has no place in the table of tests/lint/include_layers.py")
            continue
        text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), (root / path).read_text())
        for match in INCLUDE.finditer(text):
            bracket, header = match.groups()
            if bracket == "<":
                problem = check_system_include(path, header)
            else:
                problem = check_own_include(root, path, header)
            if problem:
                line = text.count("\n", 0, match.start(2)) + 1
                problems.append(f"{path}:{line}: {problem}")
    for _, names in REACTOR_LAYERS:
        for name in names.split():
            if not any(stands_for(name, path) for path in reactor_files):
                problems.append(f"tests/lint/include_layers.py: {name}: reactor/ has no such file")
    for name in PURE.split():
        if name not in pure_files:
            problems.append(f"tests/lint/include_layers.py: {name}: protocols/ has no such file")
    if not reactor_files:
        problems.append(f"{root}/reactor: no source there")
    return problems


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = check(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
