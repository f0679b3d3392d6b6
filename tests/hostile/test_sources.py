#!/usr/bin/env python3
"""A peer that has an IPv6 network, and uses another address of it for each connection.

In a network of the test's own, whose loopback interface has all addresses of 2001:db8::/32.
"""
import contextlib
import pathlib
import re
import socket
import time
import unittest

import hostile
import daemon
from network import in_own_network
from hostile import long_or, served_meanwhile, watched

NET = "ip link set lo up && ip -6 route add local 2001:db8::/32 dev lo"
ECHO = "echo=tcp://[::]:0"
PAGE = pathlib.Path(__file__).resolve().parents[2] / "man" / "sluiced.8"
IPV6_FREEBIND = 78
ADDRESS = re.compile(r"[0-9a-f.:]+(?:/[0-9]+)?")
MANY = long_or(2000, 200)


def come_from(source, port, kind=socket.SOCK_STREAM):
    client = socket.socket(socket.AF_INET6, kind)
    client.settimeout(daemon.PATIENCE)
    client.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    client.bind((source, 0))
    client.connect(("2001:db8::1", port))
    return client


def port_of(endpoint):
    return int(endpoint.rpartition(":")[2])


def let_in(client):
    """Whether an echo answers."""
    try:
        client.sendall(b"x")
        return client.recv(1) == b"x"
    except (ConnectionResetError, BrokenPipeError):
        return False


def lines_that_match(log):
    """Of the filter that the page has: (source, line)."""
    failregex = re.search(r"^failregex = (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)[1]
    pattern = re.compile(failregex.replace(r"\e", "\\").replace("<SUBNET>", "(?P<source>\\S+)"))
    found = []
    for line in log.splitlines():
        # fail2ban takes the time away.
        if match := pattern.search(line.partition(" ")[2]):
            found.append((match["source"], line))
    return found


class OneNetwork(unittest.TestCase):
    def test_has_as_many_connections_as_one_source(self):
        with watched(self, "-l", ECHO + ",per-source=5") as server, contextlib.ExitStack() as stack:
            port = port_of(server.endpoint)
            with served_meanwhile(self, server.endpoint.replace("[::]", "[::1]"), how="comes"):
                admitted = 0
                for number in range(1, MANY + 1):
                    client = come_from(f"2001:db8:0:66::{number:x}", port)
                    stack.callback(hostile.reset, client)
                    admitted += let_in(client)
                self.assertEqual(admitted, 5)
                with come_from("2001:db8:0:67::1", port) as neighbour:
                    self.assertTrue(let_in(neighbour))
            self.assertLess(server.log().count(" warning "), 20)

    def test_comes_as_often_as_one_source(self):
        with watched(self, "-l", ECHO + ",connect-rate-per-source=10/3600") as server:
            port = port_of(server.endpoint)
            admitted = 0
            for number in range(1, MANY + 1):
                with come_from(f"2001:db8:0:66::{number:x}", port) as client:
                    admitted += let_in(client)
            self.assertEqual(admitted, 10)
            with come_from("2001:db8:0:67::1", port) as neighbour:
                self.assertTrue(let_in(neighbour))

    def test_is_as_wide_as_the_key_says(self):
        with watched(self, "-l", ECHO + ",per-source=1,ipv6-prefix=48") as server:
            port = port_of(server.endpoint)
            with come_from("2001:db8:0:1::1", port) as first, \
                    come_from("2001:db8:0:2::1", port) as same, \
                    come_from("2001:db8:1:1::1", port) as other:
                self.assertEqual([let_in(first), let_in(same), let_in(other)], [True, False, True])

    def test_is_named_in_the_log_as_the_filter_of_the_page_wants_it(self):
        with watched(self, "-l", ECHO + ",per-source=1", "-l", ECHO + ",max=1") as server:
            by_source, in_all = (port_of(endpoint) for _, endpoint in server.listening)
            for port, name in ((by_source, "2001:db8:0:66::1"), (by_source, "::1"),
                               (in_all, "::1")):
                with come_from(name, port) as first, come_from(name, port) as second:
                    self.assertTrue(let_in(first))
                    self.assertFalse(let_in(second))
                time.sleep(1.1)  # one line a second
            found = lines_that_match(server.log())
            self.assertEqual([source for source, _ in found], ["2001:db8:0:66::/64", "::/64"])
            for source, line in found:
                self.assertTrue(ADDRESS.fullmatch(source))
                self.assertIn("the limit of 1 connection from one source", line)
            self.assertIn("refused: ::/64: the limit of 1 connection\n", server.log())


if __name__ == "__main__":
    in_own_network(setup=NET)
    hostile.main()
