#!/usr/bin/env python3
"""IPv4 addresses with and without a configured broadcast address, in a network of the test's own.

"ip address add A/24 dev X" configures none, and neither do many clouds; getifaddrs() then reports
the address itself as the broadcast address.
"""
import os
import socket
import tempfile
import unittest

import daemon
from daemon import Daemon, address_of, ask, connect
from network import in_own_network

WITH = "10.9.1.1"      # a /24 with a broadcast address
WITHOUT = "10.9.2.1"   # a /24 without
ALONE = "10.9.3.1"     # a /32
NET = ("ip link set lo up && ip link add near type veth peer name far && "
       f"ip address add {WITH}/24 broadcast 10.9.1.255 dev near && "
       f"ip address add {WITHOUT}/24 dev near && ip address add {ALONE}/32 dev near && "
       "ip link set near up && ip link set far up")
PROBE = 12345
ETH_P_IP = 0x0800


class BroadcastAddresses(unittest.TestCase):
    def test_a_request_to_each_address_is_answered(self):
        for kind in ("echo", "framed", "broadcast"):
            with Daemon("-l", f"{kind}=udp://0.0.0.0:0") as served:
                _, _, (_, port) = address_of(served.endpoint)
                for host in (WITH, WITHOUT, ALONE, "127.0.0.1"):
                    answer = ask(f"udp://{host}:{port}", b"002hi")
                    self.assertIsNotNone(answer, f"{kind} at {host}")

    def test_a_request_to_the_last_address_of_a_network_is_not(self):
        with Daemon("-l", "echo=udp://0.0.0.0:0") as served:
            _, _, (_, port) = address_of(served.endpoint)
            for broadcast in ("10.9.1.255", "10.9.2.255"):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                    client.settimeout(0.5)
                    client.sendto(b"hi", (broadcast, port))
                    self.assertRaises(TimeoutError, client.recv, 100)

    def test_the_broadcast_service_sends_to_both_networks_and_not_to_the_lone_address(self):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.addCleanup(wire.close)
        wire.bind(("far", ETH_P_IP))
        wire.settimeout(daemon.PATIENCE)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "control")
            with Daemon("-l", f"broadcast=udp://0.0.0.0:{PROBE},control={path}") as _, \
                    connect("unix://" + path) as client:
                client.sendall(b"hello\n")
                self.assertEqual(client.recv(100), b"ok 2\n")
                # The daemon answers first, and sends at the end of its turn.
                sent_to = set()
                while len(sent_to) < 2:
                    packet = wire.recv(2000)
                    if packet.endswith(b"hello"):
                        sent_to.add(socket.inet_ntoa(packet[16:20]))
        self.assertEqual(sent_to, {"10.9.1.255", "10.9.2.255"})


if __name__ == "__main__":
    in_own_network(setup=NET)
    daemon.main()
