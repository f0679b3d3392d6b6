#!/usr/bin/env python3
"""Holds the cross-references of the man pages against the pages, and the pages against mandoc.

A reference to a sluice page is a file in man/; any other one is in KNOWN below, since what a
machine has installed says nothing. Each page's .Dt is its file's name. mandoc's own complaints
fail too, but for the ones about references, which depend on the machine.

Usage: check_xrefs.py [--source DIR] | --self-test
Exit status 77 (skipped) when nothing is wrong but mandoc is not installed.
"""
import pathlib
import re
import shutil
import subprocess
import sys

import checker

# The pages of other systems and libraries that may be referred to.
KNOWN = {
    2: """_exit accept accept4 bind close connect epoll_create1 epoll_ctl epoll_wait execve fcntl fork
          getpeername getrlimit getsockname getsockopt kill listen pidfd_open pipe poll recv
          recvfrom recvmmsg recvmsg seccomp select send sendfile sendmmsg sendmsg sendto
          setrlimit setsockopt shutdown sigaction signal socket socketpair splice syncfs
          timerfd_create umask unlink waitid write""",
    3: """assert errno ev exit getaddrinfo getnameinfo if_indextoname if_nametoindex inet_aton
          inet_ntop inet_pton posix_spawn printf sd_listen_fds sd_notify sockaddr strerror
          syslog""",
    1: "cc curl getent nc nmap pkg-config ps socat systemctl telnet",
    5: "editrc group hosts passwd jail.conf nsswitch.conf resolv.conf services systemd.socket",
    7: "capabilities epoll ip ipv6 landlock pthreads signal signal-safety socket tcp udp unix",
    8: "inetd logrotate systemd-socket-activate tinyproxy xinetd",
}
KNOWN_PAGES = {(name, str(section)) for section, names in KNOWN.items() for name in names.split()}
NOISE = re.compile(r"referenced manual not found|outdated mandoc\.db lacks")


def references(page):
    """Yields (line number, name, section) for each Xr, also inside other macros' lines."""
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), 1):
        if not line.startswith(".") or line.startswith('.\\"'):
            continue
        words = line[1:].split()
        for i, word in enumerate(words):
            if word == "Xr":
                yield number, words[i + 1] if i + 1 < len(words) else "", \
                    words[i + 2] if i + 2 < len(words) else ""


def check_references(page):
    for number, name, section in references(page):
        where = f"{page.name}:{number}"
        if not re.fullmatch("[1-9]", section):
            yield f"{where}: Xr {name} has no section"
        elif re.match(r"sluice", name):
            if not (page.parent / f"{name}.{section}").is_file():
                yield f"{where}: man/{name}.{section} does not exist"
        elif (name, section) not in KNOWN_PAGES:
            yield f"{where}: {name}({section}) is neither in man/ nor in this check's list"


def check_title(page):
    name, _, section = page.name.rpartition(".")
    want = f".Dt {name.upper()} {section}"
    if want not in page.read_text(encoding="utf-8").split("\n"):
        yield f"{page.name}: the line {want} is missing"


def check_mandoc(page):
    result = subprocess.run(["mandoc", "-T", "lint", "-W", "style", str(page)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return [line for line in result.stdout.splitlines() if not NOISE.search(line)]


def check(source, mandoc):
    pages = sorted((source / "man").glob("*.[1-9]"))
    mistakes = [] if pages else ["man/: there is no page; is this the right directory?"]
    for page in pages:
        mistakes += check_references(page)
        mistakes += check_title(page)
        if mandoc:
            mistakes += check_mandoc(page)
    return mistakes, len(pages)


def self_test(mandoc):
    good = (".Dd November 21, 2026\n.Dt SLUICE_A 3\n.Os\n.Sh NAME\n.Nm sluice_a\n.Nd a page\n"
            ".Sh SEE ALSO\n.Xr socket 2 ,\n.Xr sluice_b 3 ,\n.Xr sluice 7\n")
    cases = [  # page, what the report must contain (None: nothing is wrong), needs mandoc
        (good, None, False),
        (good.replace("sluice_b 3", "sluice_c 3"), "man/sluice_c.3 does not exist", False),
        (good.replace("sluice_b 3", "sluice_b 7"), "man/sluice_b.7 does not exist", False),
        (good.replace("socket 2", "socket 3"), "socket(3) is neither in man/", False),
        (good.replace("socket 2", "sockett 2"), "sockett(2) is neither in man/", False),
        (good.replace("socket 2 ,", "socket"), "sluice_a.3:8: Xr socket has no section", False),
        (good + ".Pq See Xr sluice_z 3 .\n", "man/sluice_z.3 does not exist", False),
        (good + '.\\" Xr sluice_z 3\n', None, False),
        (good.replace("SLUICE_A", "SLUICE_B"), "the line .Dt SLUICE_A 3 is missing", False),
        (good.replace(".Os\n", ""), "missing Os macro", True),
        (good + "A sentence. Another one.\n", "new sentence, new line", True),
        (good + ".Zz\n", "unknown macro", True),
    ]
    def mistakes_in(source, page):
        man = source / "man"
        man.mkdir()
        (man / "sluice_a.3").write_text(page, encoding="utf-8")
        other = good.replace("SLUICE_A", "SLUICE_B").replace("sluice_a", "sluice_b")
        (man / "sluice_b.3").write_text(other.replace("sluice_b 3", "sluice_a 3"),
                                        encoding="utf-8")
        title = other.replace("SLUICE_B 3", "SLUICE 7").replace("Nm sluice_b", "Nm sluice")
        (man / "sluice.7").write_text(title.replace(" ,\n.Xr sluice 7", ""), encoding="utf-8")
        return check(source, mandoc)[0]

    possible = [(page, want) for page, want, needs_mandoc in cases if mandoc or not needs_mandoc]
    failures = checker.count_failures(possible, mistakes_in)
    empty, _ = check(pathlib.Path("/nonexistent"), mandoc)
    failures += empty == []
    return checker.verdict(len(cases) + 1, failures)


def main():
    parser = checker.parser()
    options = parser.parse_args()
    mandoc = shutil.which("mandoc") is not None
    if options.self_test:
        return self_test(mandoc)
    mistakes, count = check(options.source, mandoc)
    for mistake in mistakes:
        print(mistake)
    print(f"{count} pages, {len(mistakes)} mistakes")
    if not mistakes and not mandoc:
        print("mandoc is not installed: the pages were not linted")
        return 77
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
