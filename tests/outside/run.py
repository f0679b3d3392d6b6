#!/usr/bin/env python3
"""Uses sluice as outside projects do. Two are built and run against a copy that is installed to a
temporary prefix: one finds it by find_package(), the other by pkg-config. Neither sees the source
tree. A third contains the source tree, and is configured but not built, which would take minutes.

    run.py --cmake CMAKE --cxx COMPILER --build DIR
"""

import argparse
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# A `make` that stands above this test hands its flags and variables down; outside there is none.
MAKES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "DESTDIR", "PREFIX")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in MAKES}

# A second for all headers was the aim, on a machine where these standard headers, which a program
# with sockets and time needs anyhow, take 0.47 s: the ratio holds on any machine.
COST_LIMIT = 1.0 / 0.47
STANDARD = ["chrono", "functional", "memory", "optional", "span", "string", "system_error", "vector"]


def run(*command, environment=None):
    result = subprocess.run([str(part) for part in command], env=environment or ENVIRONMENT,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


def exchange(server, environment=None):
    """The server echoes a line over a real socket and ends when its client has gone."""
    with subprocess.Popen([server], stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            port = int(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(b"is anybody there?\n")
                client.shutdown(socket.SHUT_WR)
                answer = b""
                while chunk := client.recv(4096):
                    answer += chunk
            if answer != b"is anybody there?\n":
                sys.exit(f"{server}: answered {answer!r}")
            status = process.wait(timeout=10)
            if status != 0:
                sys.exit(f"{server}: exit status {status}")
        finally:
            if process.poll() is None:
                process.kill()
    print(f"{server.name}: echoed")


def check_tls(program, environment=None):
    said = run(program, environment=environment)
    if said != "a TLS server needs a certificate: invalid setting of TLS\n":
        sys.exit(f"{program}: said {said!r}")


def cpu_seconds(compiler, flags, source):
    """The least of three runs: what else runs on the machine only adds."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(compiler, *flags, "-c", "-o", "/dev/null", source)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def check_uninstall(build, prefix):
    """It takes away every file that the last install put there, and sluice's own directories."""
    if not any(path.is_file() for path in prefix.rglob("*")):
        sys.exit(f"{prefix}: nothing was installed")
    run(ROOT / "cmake" / "uninstall.sh", pathlib.Path(build) / "install_manifest.txt")
    left = [path for path in prefix.rglob("*") if not path.is_dir() or path.name == "sluice"]
    if left:
        sys.exit(f"uninstall left {left[0]}")


def check_completions(prefix):
    """Each installed program has completions for bash and zsh."""
    programs = [path.name for folder in ("bin", "sbin") for path in (prefix / folder).iterdir()]
    share = prefix / "share"
    for program in programs:
        for path in (share / "bash-completion" / "completions" / program,
                     share / "zsh" / "site-functions" / f"_{program}"):
            if not path.is_file():
                sys.exit(f"{path} is not installed")
    if "sluiced" not in programs:
        sys.exit(f"{prefix}: sluiced is not installed")


def check_system_files(prefix):
    """What a system starts the daemon with is where the system looks for it."""
    if sys.platform != "linux":
        return
    for name in ("lib/systemd/system/sluiced.service", "lib/systemd/system/sluiced.socket",
                 "lib/sysusers.d/sluiced.conf", "lib/tmpfiles.d/sluiced.conf",
                 "etc/logrotate.d/sluiced"):
        path = prefix / name
        if not path.is_file():
            sys.exit(f"{path} is not installed")
        if "@SBINDIR@" in path.read_text(encoding="utf-8"):
            sys.exit(f"{path}: @SBINDIR@ was not replaced")
    script = prefix / "etc" / "init.d" / "sluiced"
    if pathlib.Path("/sbin/openrc-run").exists() and not os.access(script, os.X_OK):
        sys.exit(f"{script} is not installed, or cannot be run")
    unit = (prefix / "lib/systemd/system/sluiced.service").read_text(encoding="utf-8")
    folder = (prefix / "etc/logrotate.d/sluiced").read_text(encoding="utf-8")
    if "/var/log/sluiced/" not in folder or "\nLogsDirectory=sluiced\n" not in unit:
        sys.exit("the unit cannot write where logrotate looks for the log")


def check_headers(compiler, flags, prefix, scratch):
    """All that is installed compiles together, without libev's header and in reasonable time."""
    include = prefix / "include"
    headers = sorted(path.relative_to(include) for path in (include / "sluice").rglob("*.h"))
    if not any(header.name == "loop.h" for header in headers):
        sys.exit(f"{include}: no loop.h among {len(headers)} headers")
    every = scratch / "every.cc"
    every.write_text("".join(f"#include <{header}>\n" for header in headers))
    standard = scratch / "standard.cc"
    standard.write_text("".join(f"#include <{header}>\n" for header in STANDARD))

    depends = run(compiler, *flags, "-M", every).split()
    libev = [path for path in depends if pathlib.Path(path).name in ("ev.h", "ev++.h")]
    if libev:
        sys.exit(f"the public headers include {libev[0]}")

    # What nearly every program includes; one that speaks a protocol includes one more, and so does
    # one with coroutines, for which <sluice/coro.h> costs a fifth of a second on top.
    usual = {path.name for path in (ROOT / "reactor").rglob("*.h") if path.parent.name != "coro"}
    main = scratch / "main.cc"
    main.write_text("".join(f"#include <{header}>\n" for header in headers
                            if header.name in usual))
    ours, theirs = (cpu_seconds(compiler, flags, source) for source in (main, standard))
    print(f"the reactor's headers: {ours:.2f} s of processor time, standard ones {theirs:.2f} s")
    if ours > theirs * COST_LIMIT:
        sys.exit(f"the headers cost {ours / theirs:.2f} times the standard ones, above {COST_LIMIT:.2f}")


def check_configure(cmake, compiler, scratch):
    """Neither a project that contains sluice nor a build of the library alone needs the packages of
    the programs, and the library that the first one exports may link sluice."""
    hidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON"
              for name in ("CURL", "OpenSSL", "PkgConfig", "cxxopts", "nlohmann_json")]
    parent = scratch / "parent-project"
    shutil.copytree(HERE / "parent-project", parent)
    run(cmake, "-S", parent, "-B", scratch / "parent", f"-DCMAKE_CXX_COMPILER={compiler}",
        f"-DSLUICE={ROOT}", *hidden)
    run(cmake, "-S", ROOT, "-B", scratch / "library", f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DSLUICE_TOOLS=OFF", *hidden)
    installed = (scratch / "parent" / "sluice" / "cmake_install.cmake").read_text()
    if "libsluice.a" not in installed:
        sys.exit("a project that contains sluice does not install the library")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="sluice-outside-") as directory:
        scratch = pathlib.Path(directory)
        installed, prefix = scratch / "installed", scratch / "moved"
        run(arguments.cmake, "--install", arguments.build, "--prefix", installed)
        check_uninstall(arguments.build, installed)
        run(arguments.cmake, "--install", arguments.build, "--prefix", installed)
        installed.rename(prefix)  # What is installed must not know where it was put.
        library = next(prefix.rglob("libsluice.so")).parent
        check_completions(prefix)
        check_system_files(prefix)

        source, build = scratch / "cmake-project", scratch / "cmake-build"
        shutil.copytree(HERE / "cmake-project", source)
        run(arguments.cmake, "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_CXX_COMPILER={arguments.cxx}")
        run(arguments.cmake, "--build", build)
        exchange(build / "server")
        exchange(build / "server_static")
        with_tls = (library / "libsluice-tls.so").exists()
        for program in (build / "tls", build / "tls_static") if with_tls else ():
            check_tls(program)

        environment = ENVIRONMENT | {"PKG_CONFIG_PATH": str(library / "pkgconfig"),
                                     "LD_LIBRARY_PATH": str(library), "CXX": arguments.cxx}
        project = scratch / "pkgconfig-project"
        shutil.copytree(HERE / "pkgconfig-project", project)
        run("make", "-C", project, environment=environment)
        exchange(project / "server", environment)
        if with_tls:
            shutil.copy(HERE / "cmake-project" / "tls.cc", project)
            run("make", "-C", project, "tls", environment=environment)
            check_tls(project / "tls", environment)

        check_configure(arguments.cmake, arguments.cxx, scratch)

        flags = run("pkg-config", "--cflags", "sluice", environment=environment).split()
        check_headers(arguments.cxx, ["-std=c++20", *flags], prefix, scratch)


if __name__ == "__main__":
    main()
