#!/usr/bin/env python3
"""sluice-scan over a network in which few hosts are up: these are scanned in full, and the others
are noticed."""
import collections
import os
import shutil
import signal
import tempfile
import unittest

import scan as client
from daemon import PATIENCE
from scan import scan

NETWORK = "10.77.0.0/27"
UP = ("10.77.0.2", "10.77.0.9", "10.77.0.30")
COMMON = (81, 88, 110, 111, 113, 135, 139, 143, 179, 199)  # and six below 80
NUMBERS = [*range(1, 81), *COMMON, *range(7040, 7061)]
PORTS = "1-80,7040-7060," + ",".join(map(str, COMMON))
OPEN = (22, 80, 7050)
LISTEN = f"""
import socket, time
sockets = []
for port in {OPEN}:
    listener = socket.socket()
    listener.bind(("0.0.0.0", port))
    listener.listen(4096)
    sockets.append(listener)
print("ready", flush=True)
time.sleep(1000)
"""


class FewHostsAreUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.far = client.far_host(*UP)
        cls.addClassCleanup(cls.far.close)
        listening = cls.far.start("python3", "-c", LISTEN)
        cls.addClassCleanup(listening.stdout.close)
        cls.addClassCleanup(listening.wait)
        cls.addClassCleanup(listening.kill)

    def scan_all(self, *arguments):
        """{host: {state: ports}}; each port was listed once."""
        ports, summary = scan("-n", "--json", "-p", PORTS, *arguments).objects()
        self.assertTrue(summary["complete"])
        hosts = collections.defaultdict(lambda: collections.defaultdict(list))
        for each in ports:
            hosts[each["host"]][each["state"]].append(each["port"])
        for states in hosts.values():
            self.assertEqual(sorted(sum(states.values(), [])), NUMBERS)
        self.assertEqual(len(hosts), 32)
        return hosts

    def expect_open(self, hosts, up=UP):
        for host, states in hosts.items():
            expected = sorted(OPEN) if host in up else []
            self.assertEqual(sorted(states.get("open", [])), expected, host)
            if host in up:
                self.assertEqual(len(states["closed"]), len(NUMBERS) - len(OPEN), host)

    def test_hosts_that_are_up_are_scanned_in_full_and_every_port_is_listed(self):
        hosts = self.scan_all(NETWORK)
        self.expect_open(hosts)
        self.assertEqual(set(hosts["10.77.0.17"]) - {"filtered", "unreachable"}, set())

    def test_a_host_that_is_down_gets_a_few_probes(self):
        # Behind a host that forwards nothing: without ARP, all packets on the wire are probes.
        self.far.here("ip", "route", "replace", "10.78.0.0/24", "via", UP[0])
        for arguments, fewest, most in (((), 16, 16 * 3), (("-Pn", "--retries", "0"), 111, 150)):
            # The kernel repeats a SYN after a second, if the scanner is not scheduled for so long.
            for _ in range(5):
                before = self.sent()
                self.scan_all("--timeout", "200ms", *arguments, "10.78.0.0/27")
                probes = (self.sent() - before) / 32
                self.assertGreaterEqual(probes, fewest)
                if probes <= most:
                    break
            self.assertLessEqual(probes, most)

    def sent(self):
        """Packets on the wire to the far host."""
        with open("/proc/net/dev", encoding="ascii") as file:
            figures = next(line for line in file if line.strip().startswith("near:"))
        return int(figures.split(":")[1].split()[9])

    def test_with_discovery_off_the_same_ports_are_open(self):
        self.expect_open(self.scan_all("--no-discovery", "--retries", "0", "--timeout", "2s",
                                       NETWORK))

    def test_what_is_lost_makes_nobody_be_taken_for_down(self):
        if shutil.which("nft") is None:
            self.skipTest("nft is needed")
        self.far.there("nft", "add table inet t; add chain inet t in { type filter hook input "
                       "priority 0; }; add rule inet t in ip protocol tcp numgen random mod 100 "
                       "< 10 drop")
        try:
            self.expect_open(self.scan_all(NETWORK))
        finally:
            self.far.there("nft", "delete table inet t")

    def test_a_host_whose_open_port_still_waits_for_a_banner_is_up(self):
        if shutil.which("nft") is None:
            self.skipTest("nft is needed")
        self.far.there("nft", "add table inet t; add chain inet t in { type filter hook input "
                       "priority 0; }; add rule inet t in tcp dport != { 22, 7050 } drop")
        try:
            hosts = self.scan_all("--banner=4s", "--timeout", "1500ms", "--retries", "0",
                                  NETWORK)
        finally:
            self.far.there("nft", "delete table inet t")
        for host, states in hosts.items():
            self.assertEqual(sorted(states.get("open", [])), [22, 7050] if host in UP else [], host)

    def test_a_scan_in_two_runs_lists_each_port_once(self):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "position")
            arguments = ("-n", "--json", "-p", PORTS, "--rate", "4000", "--timeout", "1500ms",
                         "--retries", "0", "--resume", file, NETWORK)
            process = client.start(*arguments)
            lines = [process.stdout.readline() for _ in range(700)]
            process.send_signal(signal.SIGINT)
            lines += process.stdout.readlines()
            _, err = process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, err), (130, b""))
            first, _ = client.objects_of(line.decode() for line in lines)
            last, summary = scan(*arguments).objects()
        self.assertTrue(summary["complete"])
        listed = [(each["host"], each["port"]) for each in first + last]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertEqual(len(listed), 32 * len(NUMBERS))
        found = {(each["host"], each["port"]) for each in first + last if each["state"] == "open"}
        self.assertEqual(found, {(host, port) for host in UP for port in OPEN})


if __name__ == "__main__":
    client.main()
