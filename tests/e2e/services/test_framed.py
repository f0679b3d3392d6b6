#!/usr/bin/env python3
"""The service framed: each framing over TCP, Unix sockets and UDP, and what is refused."""
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import daemon
from daemon import Daemon, address_of, ask, connect, exchange, receive_all, receive_exactly, run


def varint(number):
    data = b""
    while number > 0x7f:
        data += bytes([number & 0x7f | 0x80])
        number >>= 7
    return data + bytes([number])


def slip(message):
    escaped = message.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + escaped + b"\xc0"


# How a message is framed, written here once more and independently.
FRAMINGS = {
    "decimal:3": lambda message: b"%03d" % len(message) + message,
    "decimal:7": lambda message: b"%07d" % len(message) + message,
    "u8": lambda message: bytes([len(message)]) + message,
    "u16be": lambda message: struct.pack(">H", len(message)) + message,
    "u16le": lambda message: struct.pack("<H", len(message)) + message,
    "u32be": lambda message: struct.pack(">I", len(message)) + message,
    "u32le": lambda message: struct.pack("<I", len(message)) + message,
    "u64be": lambda message: struct.pack(">Q", len(message)) + message,
    "varint": lambda message: varint(len(message)) + message,
    "netstring": lambda message: b"%d:%s," % (len(message), message),
    "line": lambda message: message + b"\n",
    "fixed:20": lambda message: message,
    "delimiter:0d0a": lambda message: message + b"\r\n",
    "slip": slip,
}


def messages_for(name):
    if name == "fixed:20":
        return [b"exactly twenty bytes", b"and then twenty more"]
    some = [b"hello", b"a", b"two words", b"x" * 200]
    return some + [b"\xc0\xdb\xdc\xdd"] if name == "slip" else some


def stream_of(name, messages):
    return b"".join(FRAMINGS[name](message) for message in messages)


class EveryFraming(daemon.EndpointTest):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        arguments = []
        for number, name in enumerate(FRAMINGS):
            for endpoint in ("tcp://127.0.0.1:0", f"unix://{cls.directory.name}/{number}",
                             "udp://127.0.0.1:0"):
                arguments += ["-l", f"framed={endpoint},framing={name},reply=upper"]
        cls.daemon = Daemon(*arguments)
        endpoints = iter(cls.daemon.endpoints("framed"))
        cls.endpoints = {name: [next(endpoints) for _ in range(3)] for name in FRAMINGS}

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)
        cls.directory.cleanup()

    def each(self, transports):
        for name, endpoints in self.endpoints.items():
            for self.at in (e for e in endpoints if e.startswith(transports)):
                messages = messages_for(name)
                upper = [message.upper() for message in messages]
                yield self.at, stream_of(name, messages), stream_of(name, upper)

    def test_a_stream_is_answered_message_by_message(self):
        for endpoint, wire, answer in self.each(("tcp", "unix")):
            with connect(endpoint) as client:
                client.sendall(wire)
                self.assertEqual(receive_exactly(client, len(answer)), answer)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(receive_all(client), b"")

    def test_a_stream_may_come_in_any_pieces(self):
        pieces = random.Random(3)
        for endpoint, wire, answer in self.each("tcp"):
            with connect(endpoint) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while wire:
                    size = pieces.randint(1, 9)
                    client.send(wire[:size])
                    wire = wire[size:]
                self.assertEqual(receive_exactly(client, len(answer)), answer)

    def test_a_datagram_is_a_sequence_of_frames(self):
        for endpoint, wire, answer in self.each("udp"):
            self.assertEqual(ask(endpoint, wire), answer)

    def test_an_end_inside_a_frame_is_malformed(self):
        for name, endpoints in self.endpoints.items():
            self.at = endpoints[0]
            messages = messages_for(name)
            with connect(self.at) as client:
                client.sendall(stream_of(name, messages)[:-1])
                client.shutdown(socket.SHUT_WR)
                answered = stream_of(name, [message.upper() for message in messages[:-1]])
                self.assertEqual(receive_all(client), answered)
        self.daemon.wait_for_log("malformed: .*the input ends inside a frame, after")


class Refusing(unittest.TestCase):
    def test_a_refused_frame_closes_after_the_earlier_answers_and_is_logged_with_its_place(self):
        with Daemon("-l", "framed=tcp://127.0.0.1:0,framing=decimal:3,max-message=255") as sluiced:
            with connect(sluiced.endpoint) as client:
                peer = "127.0.0.1:%d" % client.getsockname()[1]
                client.sendall(b"005hello256" + bytes(100_000))
                self.assertEqual(receive_all(client), b"005hello")
            sluiced.wait_for_log(re.escape(
                f"warning {sluiced.endpoint}: malformed: {peer}: at byte 8: a message of 256 "
                "bytes is above the limit of 255; closed\n"))

    def test_a_flood_of_malformed_frames_is_a_line_a_second(self):
        with Daemon("-l", "framed=tcp://127.0.0.1:0") as sluiced:
            began = time.monotonic()
            for _ in range(50):
                with connect(sluiced.endpoint) as client:
                    client.sendall(b"nonsense")
                    self.assertEqual(receive_all(client), b"")
            sluiced.wait_for_log("malformed")
            lines = sluiced.log().count("malformed")
            self.assertLess(lines, min(9 + time.monotonic() - began, 40))

    def test_not_strict_it_skips_what_it_can_and_closes_over_the_rest(self):
        with Daemon("-l", "framed=tcp://127.0.0.1:0,framing=line,max-message=10,strict=off",
                    "-l", "framed=tcp://127.0.0.1:0,framing=u64be,max-message=10,strict=off",
                    "-l", "framed=tcp://127.0.0.1:0,framing=netstring,strict=off") as sluiced:
            lines, binary, netstrings = sluiced.endpoints("framed")
            with connect(lines) as client:
                client.sendall(b"one\n" + b"x" * 100_000 + b"\ntwo\n")
                self.assertEqual(receive_exactly(client, 8), b"one\ntwo\n")
            sluiced.wait_for_log("at byte 14: the message has no end within the limit of 10 bytes; "
                                 "skipped")
            with connect(binary) as client:
                client.sendall(b"\x80" + bytes(7) + b"more")
                self.assertEqual(receive_all(client), b"")
            with connect(netstrings) as client:
                client.sendall(b"2:ok,03:yes,")
                self.assertEqual(receive_all(client), b"2:ok,")

    def test_a_datagram_is_answered_whole_or_not_at_all(self):
        with Daemon("-l", "framed=udp://127.0.0.1:0") as sluiced:
            for wrong in (b"005hello003ye", b"005hello0x3yes", b"256" + bytes(256), b"00"):
                with connect(sluiced.endpoint) as client:
                    client.send(wrong)
                    self.assertEqual(exchange(client, b"002ok"), b"002ok")
            sluiced.wait_for_log("malformed: 127.0.0.1:[0-9]+: at byte 13 of a datagram: .*; "
                                 "not answered")

    def test_a_text_over_udp_is_not_sent_to_who_sent_less(self):
        with Daemon("-l", "framed=udp://127.0.0.1:0,reply=text:four") as sluiced:
            with connect(sluiced.endpoint) as client:
                client.send(b"002hi")
                client.send(b"004word")
                self.assertEqual(client.recv(100), b"004four")

    def test_a_mistake_in_a_key_is_told(self):
        result = run("-l", "framed=tcp://127.0.0.1:0,framing=u8,max-message=256")
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"max-message: the limit 256 on a message of framing u8 is out of range; "
                      b"allowed: 0-255", result.stderr)


class Replies(unittest.TestCase):
    def test_rules(self):
        wanted = {"echo": b"005hello002yo", "upper": b"005HELLO002YO", "none": b"",
                  "text:well\\, ok": b"008well, ok008well, ok"}
        for rule, answer in wanted.items():
            with self.subTest(rule), Daemon("-l", f"framed=tcp://127.0.0.1:0,reply={rule}") as it:
                with connect(it.endpoint) as client:
                    client.sendall(b"005hello002yo")
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(receive_all(client), answer)

    def test_a_peer_that_reads_late_gets_all(self):
        with Daemon("-l", "framed=tcp://127.0.0.1:0,framing=u32be,max-message=3000000") as sluiced:
            messages = [os.urandom(size) for size in (3_000_000, 1, 0, 2_000_000, 65_536)]
            wire = stream_of("u32be", messages)
            with connect(sluiced.endpoint) as client:
                client.settimeout(0.3)
                sent = 0
                try:
                    while sent < len(wire):
                        sent += client.send(wire[sent:])
                except TimeoutError:
                    pass  # The daemon has stopped reading: it has enough to write.
                client.settimeout(daemon.PATIENCE)
                back = b""
                while len(back) < len(wire):
                    if sent < len(wire):
                        client.setblocking(False)
                        try:
                            sent += client.send(wire[sent:])
                        except BlockingIOError:
                            pass
                        client.settimeout(daemon.PATIENCE)
                    back += client.recv(1 << 20)
                self.assertTrue(back == wire, "not what was sent")

    def test_nc_and_socat_speak_decimal(self):
        with Daemon("-l", "framed=tcp://127.0.0.1:0") as sluiced:
            _, _, (host, port) = address_of(sluiced.endpoint)
            for command in (["nc", "-N", host, str(port)],
                            ["socat", "-t", "20", "-", f"TCP:{host}:{port}"]):
                if shutil.which(command[0]) is None:
                    continue
                answer = subprocess.run(command, input=b"005hello", stdout=subprocess.PIPE,
                                        check=True, timeout=daemon.PATIENCE,
                                        preexec_fn=daemon.die_with_the_test).stdout
                self.assertEqual(answer, b"005hello")


if __name__ == "__main__":
    daemon.main()
