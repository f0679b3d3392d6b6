"""Where the figures come from: the processor, the kernel, the compiler and the libraries."""

import datetime
import pathlib
import platform
import subprocess

PACKAGES = ("libev-dev", "libevent-dev", "libuv1-dev", "libasio-dev", "redis-server", "ngircd")


def output_of(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.machine()
    return f"{name}, {len(models) or 'unknown number of'} cores"


def compiler(build):
    """What CMake remembers of the build that is measured."""
    cache = pathlib.Path(build, "CMakeCache.txt")
    values = {}
    for line in cache.read_text().splitlines() if cache.exists() else ():
        name, equals, value = line.partition("=")
        if equals:
            values[name.partition(":")[0]] = value
    said = output_of([values.get("CMAKE_CXX_COMPILER", "c++"), "--version"]).splitlines()
    kind = values.get("CMAKE_BUILD_TYPE", "").upper()
    flags = values.get(f"CMAKE_CXX_FLAGS_{kind}", "") if kind else ""
    return f"{said[0] if said else 'compiler unknown'} {flags}".strip()


def libraries():
    said = output_of(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES])
    return ", ".join(line for line in said.splitlines() if not line.endswith(" "))


def describe(build, cores):
    pinned = f"server on core {cores.server}, load on core {cores.load}"
    if cores.server == cores.load:
        pinned = "server and load on one core, for want of a second"
    parts = [datetime.date.today().isoformat(), f"{processor()} ({pinned})",
             f"Linux {platform.release()}", compiler(build), libraries()]
    return "Measured " + "; ".join(part for part in parts if part) + "."
