#!/usr/bin/env python3
"""Packets that no honest host sends, in a network of their own: forged sources, SYN and no more.

The sender writes its own IP headers. What is answered leaves by a virtual cable whose other end
swallows it, and a packet socket looks at it on the way.
"""
import random
import socket
import struct
import time
import unittest

import hostile
import daemon
from network import in_own_network
from hostile import MIB, long_or, served_meanwhile, watched

NET = ("ip link set lo up && ip link add void0 type veth peer name void1 && "
       "ip address add 10.9.0.1/16 broadcast 10.9.255.255 dev void0 && "
       "ip link set void0 arp off up && ip link set void1 arp off up")
SERVER = "10.9.0.1"
FORGED_TTL = 37  # by which the sniffer knows them
SECONDS = long_or(15, 2)
ANSWERING = ("echo", "upper", "chargen", "daytime", "time", "broadcast")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def packet(protocol, source, payload):
    """An IPv4 packet to the server; the kernel fills in the header's checksum."""
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, FORGED_TTL, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(SERVER)) + payload


def datagram(source, source_port, port, data):
    return packet(socket.IPPROTO_UDP, source,
                  struct.pack("!HHHH", source_port, port, 8 + len(data), 0) + data)


def syn(source, source_port, port, sequence):
    header = struct.pack("!HHIIBBHHH", source_port, port, sequence, 0, 5 << 4, 2, 64240, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(SERVER) + struct.pack("!HH", 6, 20)
    header = header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]
    return packet(socket.IPPROTO_TCP, source, header)


class Forger:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, what):
        self.socket.sendto(what, (SERVER, 0))


class Sniffer:
    """All IPv4 packets that the server sends from one of its ports, on any interface."""

    def __init__(self, protocol, ports):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.protocol = protocol
        self.ports = ports

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def seen(self, seconds, wanted=None):
        """What is sent for so long, or until one is sent to `wanted`."""
        found = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                break
            if len(data) < 28 or data[8] == FORGED_TTL or data[9] != self.protocol:
                continue
            port, to_port = struct.unpack("!HH", data[20:24])
            if port in self.ports and data[12:16] == socket.inet_aton(SERVER):
                found.append((socket.inet_ntoa(data[16:20]), to_port))
                if found[-1] == wanted:
                    break
        return found


class ForgedSources(unittest.TestCase):
    """Each could make two services answer each other, or a network answer one victim, for ever."""
    SOURCES = [("10.9.0.7", 7), ("10.9.0.7", 19), ("10.9.0.7", 13), ("10.9.0.7", 53),
               ("10.9.255.255", 4000), ("255.255.255.255", 4000), ("224.0.0.1", 4000),
               ("0.0.0.0", 4000), ("10.9.0.7", 2049), ("10.9.0.7", 0)]

    def test_are_not_answered_by_any_service(self):
        words = [word for name in ANSWERING for word in ("-l", f"{name}=udp://0.0.0.0:0")]
        with watched(self, *words) as server:
            ports = [daemon.address_of(endpoint)[2][1] for _, endpoint in server.listening]
            sources = self.SOURCES
            before, started = server.counters(), time.monotonic()
            with served_meanwhile(self, server.endpoint.replace("0.0.0.0", SERVER)), \
                    Forger() as forger, Sniffer(socket.IPPROTO_UDP, ports) as sniffer:
                sent = 0
                for source, source_port in sources:
                    for port in ports:
                        forger.send(datagram(source, source_port, port, b"who?"))
                        sent += 1
                self.assertEqual(set(sniffer.seen(1.0)) & set(sources), set())
            # What the kernel let through was counted, and said once a second an endpoint.
            self.assertTrue(daemon.wait_until(lambda: server.counters()["udp_unanswered"] -
                                              before["udp_unanswered"] > sent // 2))
            took = time.monotonic() - started
            self.assertLess(server.log().count(" warning "), (2 + took) * len(ports))

    def test_with_one_of_its_own_ports_get_few_answers(self):
        # On this host and on another one: two services that would talk.
        with watched(self, "-l", "echo=udp://0.0.0.0:0") as server:
            port = daemon.address_of(server.endpoint)[2][1]
            with Forger() as forger, Sniffer(socket.IPPROTO_UDP, [port]) as sniffer:
                started = time.monotonic()
                for _ in range(100):
                    forger.send(datagram("10.9.0.7", port, port, b"who?"))
                    time.sleep(0.002)  # the sniffer's buffer is small, and it sees these, too
                answers = sniffer.seen(daemon.PATIENCE, ("10.9.0.7", port)) + sniffer.seen(0.5)
                took = time.monotonic() - started
            # Ten at once and ten a second; each is seen at both ends of the cable.
            self.assertTrue(1 <= len(answers) <= 2 * 10 * (1 + took), answers)
            self.assertLess(len(answers), 2 * 100 * 0.9)

    def test_an_ordinary_one_would_be(self):
        with watched(self, "-l", "echo=udp://0.0.0.0:0") as server:
            port = daemon.address_of(server.endpoint)[2][1]
            with Forger() as forger, Sniffer(socket.IPPROTO_UDP, [port]) as sniffer:
                forger.send(datagram("10.9.0.7", 4000, port, b"hello"))
                self.assertIn(("10.9.0.7", 4000), sniffer.seen(daemon.PATIENCE, ("10.9.0.7", 4000)))


class Syn(unittest.TestCase):
    def test_and_then_nothing_lets_honest_newcomers_in(self):
        with watched(self, "-l", "echo=tcp://0.0.0.0:0") as server:
            endpoint = server.endpoint.replace("0.0.0.0", SERVER)
            port = daemon.address_of(endpoint)[2][1]
            dice = random.Random(1)
            before, cpu = server.resident(), server.cpu_seconds()
            with served_meanwhile(self, endpoint), Forger() as forger, \
                    served_meanwhile(self, endpoint, how="comes", within=2 * daemon.PATIENCE), \
                    Sniffer(socket.IPPROTO_TCP, [port]) as sniffer:
                started = time.monotonic()
                sent = 0
                while sent <= 3000 or time.monotonic() - started < SECONDS:
                    for _ in range(50):
                        source = f"10.9.{dice.randrange(1, 255)}.{dice.randrange(1, 255)}"
                        forger.send(syn(source, dice.randrange(1024, 65536), port,
                                        dice.randrange(2**32)))
                        sent += 1
                    time.sleep(0.005)
                answered = [host for host, _ in sniffer.seen(0.1) if host != SERVER]
            self.assertGreater(len(answered), 10, "the kernel answered none of them")
            # Nothing of it ever reaches the daemon.
            self.assertEqual(server.resident() // MIB, before // MIB)
            if not hostile.SANITIZED:
                took = time.monotonic() - started
                self.assertLess((server.cpu_seconds() - cpu) / took, 0.4)


if __name__ == "__main__":
    in_own_network(setup=NET)
    hostile.main()
