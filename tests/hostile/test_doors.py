#!/usr/bin/env python3
"""Hostile clients of the doors that speak HTTP, WebSocket and IRC."""
import contextlib
import os
import random
import struct
import time
import unittest
import zlib

import hostile
import daemon
import websocket_client
from hostile import KIB, MIB, crowd, served_meanwhile, watched
from test_chat_storms import SECONDS, Storm

ECHO = ("-l", "echo=tcp://127.0.0.1:0")
PEERS = 20
HUGE = 2**63


def echo_of(server):
    """The one without a door; the other echo, if there is one, speaks WebSocket."""
    return server.endpoints("echo")[-1]


class Heads(unittest.TestCase):
    """Requests of HTTP, with which a WebSocket begins, too."""

    def expect_ended(self, keys, send):
        """`send` gets each of a crowd; all are closed, and it costs no memory."""
        with watched(self, "-l", f"web=http://127.0.0.1:0{keys}", *ECHO) as server:
            before = server.resident()
            web, = server.endpoints("web")
            with served_meanwhile(self, echo_of(server)), crowd(web, PEERS) as clients:
                for client in clients:
                    client.settimeout(daemon.PATIENCE)
                    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                        send(client)
                self.assertLess(server.resident() - before, 4 * MIB)
                for client in clients:
                    with contextlib.suppress(ConnectionResetError):
                        while client.recv(4 * KIB):
                            pass

    def test_a_head_that_never_ends_is_cut_at_its_limit(self):
        def bomb(client):
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            for number in range(10_000):
                client.sendall(b"X-%d: %s\r\n" % (number, b"y" * 200))
        self.expect_ended("", bomb)

    def test_a_line_that_never_ends_is_cut_at_its_limit(self):
        def bomb(client):
            client.sendall(b"GET /")
            for _ in range(64):
                client.sendall(b"a" * 64 * KIB)
        self.expect_ended("", bomb)

    def test_a_head_in_single_bytes_has_a_deadline(self):
        keys = ",message-timeout=1s,first-message-timeout=1s"
        self.expect_ended(keys, lambda client: client.sendall(b"GET / HTTP/1.1\r\nHost: "))

    def test_a_page_of_another_site_gets_no_socket(self):
        with watched(self, "-l", "web=http://127.0.0.1:0", *ECHO) as server:
            for origin in ("http://evil.example", "null", "http://127.0.0.1.evil.example",
                           "https://127.0.0.1@evil.example", "file://"):
                with daemon.connect(server.endpoints("web")[0]) as client:
                    client.sendall(websocket_client.request("/chat", f"Origin: {origin}"))
                    self.assertRegex(websocket_client.read_head(client), "^HTTP/1.1 403 ", origin)


class Frames(unittest.TestCase):
    def open(self, server):
        return websocket_client.open_socket(server.listening[0][1])

    def expect_closed(self, client, code):
        opcode, payload = websocket_client.read_frame(client)
        self.assertEqual(opcode, websocket_client.CLOSE)
        self.assertEqual(struct.unpack(">H", payload[:2])[0], code)

    def test_a_length_of_2_to_the_63_is_refused_before_its_bytes(self):
        for size, code in ((HUGE - 1, 1009), (HUGE, 1002), (2 * HUGE - 1, 1002)):
            with watched(self, "-l", "relay=ws://127.0.0.1:0", *ECHO) as server:
                before = server.resident()
                for _ in range(PEERS):
                    with self.open(server) as client:
                        client.sendall(b"\x82\xff" + struct.pack(">Q", size) + b"\0\0\0\0")
                        self.expect_closed(client, code)
                self.assertLess(server.resident() - before, 2 * MIB)

    def test_fragments_without_end_are_refused_at_the_limit_of_a_message(self):
        with watched(self, "-l", "echo=ws://127.0.0.1:0,max-message=65536", *ECHO) as server:
            piece = websocket_client.frame(0, b"x" * KIB, fin=False)
            with self.open(server) as client:
                client.sendall(websocket_client.frame(websocket_client.TEXT, b"", fin=False))
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    for _ in range(200):
                        client.sendall(piece)
                self.expect_closed(client, 1009)

    def test_compression_bombs_are_refused_at_the_limit_while_they_are_expanded(self):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        bomb = (packer.compress(bytes(64 * MIB)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        self.assertLess(len(bomb), 80_000)
        first = bytearray(websocket_client.frame(websocket_client.BINARY, bomb))
        first[0] |= 0x40
        with watched(self, "-l", "echo=ws://127.0.0.1:0,deflate=on,max-message=100000",
                     *ECHO) as server:
            before = server.resident()
            offer = "Sec-WebSocket-Extensions: permessage-deflate"
            with served_meanwhile(self, echo_of(server)):
                for _ in range(PEERS):
                    client = websocket_client.open_socket(server.endpoints("echo")[0], "/", offer)
                    with client:
                        client.sendall(first)
                        self.expect_closed(client, 1009)
            self.assertLess(server.resident() - before, 4 * MIB)

    def test_unfinished_messages_of_many_take_what_the_limit_allows(self):
        with watched(self, "-l", "echo=ws://127.0.0.1:0,max-message=65536", *ECHO) as server:
            before = server.resident()
            clients = [self.open(server) for _ in range(100)]
            with served_meanwhile(self, echo_of(server)):
                for client in clients:
                    client.sendall(websocket_client.frame(2, b"x" * 60_000, fin=False))
                time.sleep(0.2 * daemon.SLOWNESS)
                # 64 KiB each, and what their doubling buffers take besides.
                self.assertLess(server.resident() - before, 100 * 128 * KIB + 4 * MIB)
            for client in clients:
                client.close()

    def test_pings_without_a_reader_do_not_fill_memory(self):
        with watched(self, "-l", "echo=ws://127.0.0.1:0", *ECHO) as server:
            before = server.resident()
            clients = [self.open(server) for _ in range(PEERS)]
            pings = websocket_client.frame(websocket_client.PING, b"x" * 125) * 500
            for client in clients:
                client.setblocking(False)
            with served_meanwhile(self, echo_of(server)):
                hostile.push(clients, pings)
                self.assertLess(server.resident() - before, PEERS * MIB)
            for client in clients:
                hostile.reset(client)


    def test_floods_of_lines_over_websocket_take_what_a_queue_holds(self):
        lines = [b"", b"\r\n", b"@", b":", b"NICK a", b"USER a 0 * :a", b"CAP LS", b"PING x",
                 b"LIST", b"WHO *", b"NAMES " + b"#lobby," * 70, b"JOIN #lobby", b"\x01" * 510]
        data = b"".join(websocket_client.frame(websocket_client.TEXT, line) for line in lines) * 50
        with watched(self, "-l", "irc=ws://127.0.0.1:0", *ECHO) as server:
            before = server.resident()
            clients = [self.open(server) for _ in range(PEERS)]
            for client in clients:
                client.setblocking(False)
            with served_meanwhile(self, echo_of(server)):
                hostile.push(clients, data)
                self.assertLess(server.resident() - before, PEERS * 2 * MIB)
            for client in clients:
                hostile.reset(client)


class IrcStorms(unittest.TestCase):
    def go_through(self, make, peers=30, keys=""):
        """Members with plain lines and an echo are served while `make` rages on IRC."""
        with watched(self, "-l", f"irc=tcp://127.0.0.1:0{keys}", "-l", "chat=tcp://127.0.0.1:0",
                     *ECHO) as server:
            before = server.resident()
            irc, = server.endpoints("irc")
            with Storm(irc, peers, make) as storm, served_meanwhile(self, echo_of(server)):
                from_now = time.monotonic() + SECONDS
                while time.monotonic() < from_now:
                    with daemon.connect(server.endpoints("chat")[0], ("127.0.2.1", 0)) as member:
                        watch = server.stopwatch()
                        member.sendall(b"/who\n")
                        text = b""
                        while b"* here:" not in text and b"nobody else" not in text:
                            text += member.recv(64 * KIB)
                        self.assertLess(watch.seconds(), hostile.ANSWER_WITHIN)
                    time.sleep(0.1)
                self.assertIsNone(storm.problem)
                self.assertLess(server.resident() - before, (8 + peers) * MIB)

    def test_nicks(self):
        dice = random.Random(4)
        self.go_through(lambda number: b"NICK n%d\r\nUSER u 0 * :u\r\nJOIN #lobby\r\n"
                        % dice.randrange(40))

    def test_channels_and_modes(self):
        dice = random.Random(5)
        commands = (b"JOIN #r%d", b"PART #r%d", b"MODE #r%d +b n%d!*@*", b"TOPIC #r%d :t%d",
                    b"LIST", b"NAMES #r%d,#r%d", b"WHO #r%d", b"WHOIS n%d", b"KICK #r%d n%d",
                    b"INVITE n%d #r%d", b"AWAY :a%d", b"PRIVMSG #r%d,n%d :p", b"CAP LS 302")

        def some(number):
            lines = [b"NICK s%d\r\nUSER u 0 * :u" % number]
            for _ in range(5):
                command = dice.choice(commands)
                lines.append(command % tuple(dice.randrange(60)
                                             for _ in range(command.count(b"%d"))))
            return b"\r\n".join(lines) + b"\r\n"
        self.go_through(some, keys=",max-rooms=50")

    def test_bytes_of_no_line(self):
        self.go_through(lambda number: os.urandom(600))

    def test_a_line_without_end_takes_no_memory(self):
        with watched(self, "-l", "irc=tcp://127.0.0.1:0", *ECHO) as server:
            before = server.resident()
            irc, = server.endpoints("irc")
            with served_meanwhile(self, echo_of(server)), crowd(irc, PEERS) as clients:
                for client in clients:
                    client.settimeout(daemon.PATIENCE)
                    client.sendall(b"PRIVMSG #x :" + b"x" * 2 * MIB)
                self.assertLess(server.resident() - before, 8 * MIB)


if __name__ == "__main__":
    hostile.main()
