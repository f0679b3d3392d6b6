#!/usr/bin/env python3
"""sluice-scan --udp: against services of this host, and against a host behind a wire that limits
how often it reports closed ports."""
import os
import signal
import socket
import struct
import tempfile
import threading
import unittest

import scan as client
from daemon import PATIENCE, Daemon
from scan import scan

HERE = "127.0.0.1"
FAR = "10.77.0.2"


def states_of(*arguments):
    result = scan("-n", "--json", "--udp", *arguments)
    ports, summary = result.objects()
    assert summary["complete"], result.stderr
    assert all(each["proto"] == "udp" for each in ports)
    return {each["port"]: each["state"] for each in ports}


class Answering:
    """A UDP port that gives `answer(datagram, peer)`, or nothing; use it with `with`."""

    def __init__(self, port, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HERE, port))
        self.answer = answer
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            if data == b"stop":
                return
            answer = self.answer(data, peer)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ender:
            ender.sendto(b"stop", self.socket.getsockname())
        self.thread.join(PATIENCE)
        self.socket.close()


def is_dns(data, _):
    return data[:1] if len(data) > 12 and data[4:6] == b"\0\1" else None


def is_ntp(data, _):
    return data if len(data) == 48 and data[0] & 7 == 3 else None


def is_stun(data, _):
    return data if struct.unpack("!HHI", data[:8]) == (1, 0, 0x2112a442) else None


def is_snmp1(data, _):
    return data if b"public" in data else None


def answer_from_elsewhere(data, peer):
    if data[:2] == b"\0\1":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.sendto(b"\0\5\0\1no such file\0", peer)


class OnLoopback(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "needs ports below 1024")
    def test_services_get_what_they_answer(self):
        with Answering(53, is_dns), Answering(123, is_ntp), Answering(3478, is_stun), \
                Answering(161, is_snmp1):
            states = states_of("-p", "53,123,3478,161,9", HERE)
        self.assertEqual(states, {53: "open", 123: "open", 3478: "open", 161: "open", 9: "closed"})

    def test_a_port_that_says_nothing_may_be_open(self):
        with Answering(5353, lambda data, _: None):
            self.assertEqual(states_of("--timeout", "300ms", "-p", "5353", HERE),
                             {5353: "open|filtered"})

    @unittest.skipUnless(os.geteuid() == 0, "needs ports below 1024")
    def test_a_tftp_server_answers_from_another_port(self):
        with Answering(69, answer_from_elsewhere):
            states = states_of("-p", "69", HERE)
        self.assertEqual(states, {69: "open"})

    def test_services_of_sluiced(self):
        with Daemon("-l", f"echo=udp://{HERE}:0", "-l", f"daytime=udp://{HERE}:0") as daemon:
            ports = [int(each.rsplit(":", 1)[1]) for each in daemon.endpoints("echo") +
                     daemon.endpoints("daytime")]
            states = states_of("-p", ",".join(map(str, ports)), HERE)
            table = scan("-n", "--udp", "-p", str(ports[0]), HERE)
            banner = scan("-n", "-sU", "--json", "--banner", "-p", str(ports[1]), HERE).objects()
        self.assertEqual(states, dict.fromkeys(ports, "open"))
        self.assertIn(f"{ports[0]}/udp", table.stdout)
        self.assertRegex(banner[0][0]["banner"], r"\d\d:\d\d:\d\d")

    def test_the_position_of_a_scan_of_tcp_is_another(self):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "position")
            process = client.start("-n", "--json", "--rate", "5", "-p", "1-500", "--resume", file,
                                   HERE)
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
            result = scan("-n", "--udp", "-p", "1-500", "--resume", file, HERE)
        self.assertEqual(result.status, 2, result.stderr)
        self.assertIn('its ports are "1-500", and those of this scan are "udp:1-500"',
                      result.stderr)


class OverAWire(unittest.TestCase):
    """Another namespace, as a host that reports ten closed ports a second, after six at once."""

    @classmethod
    def setUpClass(cls):
        cls.far = client.far_host(FAR)
        cls.addClassCleanup(cls.far.close)
        cls.far.there("sh", "-c", "echo 100 > /proc/sys/net/ipv4/icmp_ratelimit")

    def test_each_closed_port_of_a_host_that_limits_its_reports_is_told(self):
        states = states_of("-p", "2000-2029", FAR)
        self.assertEqual(states, dict.fromkeys(range(2000, 2030), "closed"))

    def test_a_host_that_is_not_there_is_unreachable(self):
        states = states_of("-p", "2000-2001", "10.77.0.9")
        self.assertEqual(states, {2000: "unreachable", 2001: "unreachable"})


if __name__ == "__main__":
    client.main()
