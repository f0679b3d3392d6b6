#!/usr/bin/env python3
"""A chat in storms of lines, escape sequences, nicks, rooms and newcomers."""
import contextlib
import os
import random
import threading
import time
import unittest

import hostile
import daemon
from chat import Company, Member
from hostile import MIB, long_or, newcomer, reset, served_meanwhile, watched

SECONDS = long_or(20, 1)
CHAT = ("-l", "chat=tcp://127.0.0.1:0", "-l", "echo=tcp://127.0.0.1:0")
# What a terminal obeys: C0 but for tab, DEL, and C1 as UTF-8 writes it.
OBEYED = {*range(0, 9), *range(11, 32), 127}
# They turn the direction of text, end a line for some terminals, or hide.
HIDDEN = "\u202a\u202e\u2066\u2069\u2028\u2029\u200b\u2060\ufeff\u00ad\U000e0041"
ESCAPES = (b"\x1b[2J\x1b[H", b"\x1b]0;owned\x07", b"\x1bP+q544e\x1b\\", b"\x1b[?1049h", b"\x1bc",
           b"\xc2\x9b31m", b"\x9b31m", b"\x1b[6n", b"\x08\x08\x08", b"\x7f", b"\x00", b"\r/quit",
           b"\x1b]52;c;cm0gLXJm\x07", b"\xff\xf4\xff\xfd\x06", b"\x0e\x0f\x05",
           *(character.encode() for character in HIDDEN))


class Storm:
    """Sends what `make` makes, over and over, from many connections; reads and forgets."""

    def __init__(self, endpoint, peers, make):
        # Each has another address, because the rate limits a source.
        self.clients = [newcomer(endpoint, source=f"127.0.1.{number + 1}")
                        for number in range(peers)]
        self.make = make
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.rage)
        self.problem = None

    def rage(self):
        try:
            while not self.stop.is_set():
                for number, client in enumerate(self.clients):
                    with contextlib.suppress(BlockingIOError):
                        client.send(self.make(number))
                    with contextlib.suppress(BlockingIOError):
                        client.recv(262144)
                time.sleep(0.005)
        except OSError as error:
            self.problem = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for client in self.clients:
            reset(client)


def hear(member, line):
    """All lines that a member reads before this one; it is read in large pieces."""
    data = bytearray(member.data)
    seen = 0
    while (at := data.find(line, seen)) < 0:
        seen = max(0, len(data) - len(line))
        piece = member.socket.recv(MIB)
        assert piece, "closed"
        data += piece
    member.data = bytes(data[at + len(line):])
    return bytes(data[:at]).splitlines(keepends=True)


class Storms(unittest.TestCase):
    def go_through(self, make, peers=30, keys="", look_at=lambda line: None, enough=lambda _: True):
        """ann and bob talk in the lobby and two others elsewhere, until these have heard enough
        lines; how many they heard."""
        heard = 0
        worst = {"lobby": 0.0, "parlour": 0.0}
        with watched(self, "-l", f"chat=tcp://127.0.0.1:0{keys}", *CHAT[2:]) as server:
            chat, echo = (endpoint for _, endpoint in server.listening)
            with Company(chat, "ann", "bob") as (ann, bob), Company(chat, "cleo", "dora") as pair:
                for member in pair:
                    member.say("/join parlour")
                    member.lines_until("* nobody else is here", "* here:")
                before = server.resident()
                with Storm(chat, peers, make) as storm, served_meanwhile(self, echo):
                    deadline = time.monotonic() + SECONDS
                    number = 0
                    while number < 2 or time.monotonic() < deadline or not enough(heard):
                        self.assertLess(time.monotonic(), deadline + 3 * daemon.PATIENCE)
                        number += 1
                        for room, (speaker, hearer) in (("lobby", (ann, bob)), ("parlour", pair)):
                            watch = server.stopwatch()
                            speaker.say(f"round {number}")
                            lines = hear(hearer, f"<{speaker.nick}> round {number}\n".encode())
                            worst[room] = max(worst[room], watch.seconds())
                            heard += len(lines)
                            for line in lines:
                                look_at(line)
                            hearer.say(f"answer {number}")  # so that both read
                            hear(speaker, f"<{hearer.nick}> answer {number}\n".encode())
                        time.sleep(0.25)
                    self.assertIsNone(storm.problem)
                    self.assertLess(server.resident() - before, (8 + peers) * MIB)
                self.assertLess(worst["lobby"], hostile.ANSWER_WITHIN)
                self.assertLess(worst["parlour"], hostile.ANSWER_WITHIN)
        return heard

    def test_lines_at_the_default_rate(self):
        started = time.monotonic()
        heard = self.go_through(lambda number: b"flood %d\n" % number * 50)
        # 50 at once and ten a second from each, whatever is sent.
        self.assertLess(heard, 30 * (50 + 10 * (time.monotonic() - started)) + 200)

    def test_lines_of_one_source_that_comes_again_and_again(self):
        with watched(self, *CHAT) as server:
            chat, echo = (endpoint for _, endpoint in server.listening)
            with Company(chat, "ann", "bob") as (ann, bob), served_meanwhile(self, echo):
                started = time.monotonic()
                came = 0
                while came <= 50 or time.monotonic() - started < 2 * SECONDS:
                    client = newcomer(chat, source="127.0.0.66")
                    with contextlib.suppress(BlockingIOError, ConnectionResetError):
                        client.send(b"flood\n" * 50)
                    time.sleep(0.005)
                    client.close()
                    came += 1
                ann.say("that was it")
                heard = hear(bob, b"<ann> that was it\n")
                allowed = 50 + 10 * (time.monotonic() - started + 1)
            # Lines, and the notices that it has joined; each of those may be followed by one more.
            self.assertLess(len(heard), 2 * allowed)
            self.assertIn(b"<guest1> flood\n", heard)
            # The peers have gone, but what they had sent is still said at the rate of their source: a
            # member and the five newcomers that may wait have 50 lines each, at ten a second.
            daemon.wait_until(lambda: server.counters()["connections_open"] == 0, 6 * 50 / 10 + 10)

    def test_lines_at_any_rate(self):
        self.go_through(lambda number: b"flood %d\n" % number * 20, keys=",rate=off")

    def test_escape_sequences(self):
        dice = random.Random(1)

        def expect_harmless(line):
            text = line.decode()  # is UTF-8
            self.assertFalse(OBEYED & set(line[:-1]), line)
            self.assertFalse(any(0x80 <= ord(character) < 0xa0 for character in text), line)
            self.assertFalse(set(HIDDEN) & set(text), line)
        heard = self.go_through(
            lambda _: b" ".join(dice.choices(ESCAPES, k=8)) + os.urandom(30) + b"\n",
            look_at=expect_harmless, enough=lambda heard: heard > 100)
        self.assertGreater(heard, 100)

    def test_nicks(self):
        dice = random.Random(2)

        def rename(_):
            return b"/nick n%d\n" % dice.randrange(20)
        renames = []
        started = time.monotonic()
        heard = self.go_through(
            rename, look_at=lambda line: renames.append(line) if b" is now " in line else None,
            enough=lambda _: len(renames) > 10)
        self.assertGreater(len(renames), 10)
        self.assertLess(heard, 30 * (50 + 10 * (time.monotonic() - started)) + 200)

    def test_rooms_and_topics(self):
        dice = random.Random(3)
        commands = (b"/join r%d\n", b"/topic t%d\n", b"/rooms\n", b"/who\n", b"/leave\n",
                    b"/msg ann %d\n", b"/help\n", b"/me %d\n", b"/nosuch %d\n", b"/join %%n%d\n")

        def any_command(_):
            command = dice.choice(commands)
            return command % dice.randrange(10_000) if b"%d" in command else command
        self.go_through(any_command, keys=",max-rooms=50")

    def test_newcomers_who_go_at_once(self):
        with watched(self, *CHAT) as server:
            chat, echo = (endpoint for _, endpoint in server.listening)
            with Company(chat, "ann", "bob") as (ann, bob), served_meanwhile(self, echo):
                before = server.resident()
                deadline = time.monotonic() + SECONDS
                while time.monotonic() < deadline:
                    hostile.flood_of_newcomers(chat, 0.5)
                    watch = server.stopwatch()
                    ann.say("still here")
                    hear(bob, b"<ann> still here\n")
                    bob.say("and here")
                    hear(ann, b"<bob> and here\n")
                    self.assertLess(watch.seconds(), 2 * hostile.ANSWER_WITHIN)
                self.assertLess(server.resident() - before, 8 * MIB)
                with Member(chat, "cleo"):
                    pass


if __name__ == "__main__":
    hostile.main()
