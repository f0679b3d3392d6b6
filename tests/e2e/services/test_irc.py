#!/usr/bin/env python3
"""The service irc: clients of IRC, and members with plain lines in the same house."""
import re
import unittest

import daemon
from chat import Member
from daemon import PATIENCE, Daemon, connect

SERVER = ":irc.sluice"


class Client:
    """A connection that speaks IRC; it has registered if it has a nick."""

    def __init__(self, endpoint, nick=None, before=()):
        self.socket = connect(endpoint, (next(Member.sources), 0))
        self.socket.settimeout(PATIENCE)
        self.file = self.socket.makefile("rb")
        self.nick = nick
        if nick is not None:
            self.say(*before, f"NICK {nick}", f"USER {nick} 0 * :The real {nick}")
            self.until(" 422 ", " 376 ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def line(self):
        line = self.file.readline()
        assert line.endswith(b"\r\n"), f"the connection ended after {line!r}"
        return line[:-2].decode()

    def until(self, *parts):
        """All lines up to the first one with one of these parts."""
        lines = [self.line()]
        while not any(part in lines[-1] for part in parts):
            lines.append(self.line())
        return lines

    def ask(self, line):
        """The answers to a line."""
        self.say(line, "PING end-of-answers")
        return self.until("PONG")[:-1]

    def join(self, channel):
        self.say(f"JOIN {channel}")
        return self.until(" 366 ")


class Irc(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon("-l", "irc=tcp://127.0.0.1:0", "-l", "chat=tcp://127.0.0.1:0")
        self.sluiced = self.enterContext(self.daemon)
        self.irc, = self.sluiced.endpoints("irc")
        self.lines, = self.sluiced.endpoints("chat")

    def client(self, nick, *before):
        return self.enterContext(Client(self.irc, nick, before))

    def test_a_client_registers(self):
        with Client(self.irc) as client:
            client.say("CAP LS 302", "NICK ann", "USER ann 0 * :Ann")
            self.assertIn("server-time", client.line())
            client.say("CAP REQ :server-time", "CAP END")
            self.assertEqual(client.line(), f"{SERVER} CAP ann ACK :server-time")
            welcome = client.until(" 376 ", " 422 ")
            numbers = [line.split()[1] for line in welcome]
            self.assertEqual(numbers[:4], ["001", "002", "003", "004"])
            for number in ("005", "251", "255", "375", "372"):
                self.assertIn(number, numbers)
            tokens = " ".join(line for line in welcome if " 005 " in line)
            for token in ("CASEMAPPING=rfc1459", "CHANTYPES=#", "PREFIX=(ov)@+", "NICKLEN=32"):
                self.assertIn(token, tokens)

    def test_clients_and_members_with_lines_talk(self):
        ann = self.client("ann")
        with Member(self.lines, "bob") as bob:
            joined = ann.join("#lobby")
            self.assertIn(" JOIN #lobby", joined[0])
            self.assertTrue(any(line.endswith(":bob ann") for line in joined), joined)
            self.assertEqual(bob.line(), "* ann joined")
            ann.say("PRIVMSG #lobby :good evening")
            self.assertEqual(bob.line(), "<ann> good evening")
            bob.say("good evening yourself", "/me bows", "/msg ann psst", "/topic weather")
            self.assertRegex(ann.line(), r"^:bob!line@\S+ PRIVMSG #lobby :good evening yourself$")
            self.assertRegex(ann.line(), r" PRIVMSG #lobby :\x01ACTION bows\x01$")
            self.assertRegex(ann.line(), r" PRIVMSG ann :psst$")
            self.assertRegex(ann.line(), r" TOPIC #lobby :?weather$")
            self.assertEqual(bob.line(), "* bob set the topic: weather")
            ann.say("QUIT :bed")
            self.assertEqual(bob.line(), "* ann left (bed)")
        self.assertEqual(ann.line(), "ERROR :Closing Link: bed")
        self.assertEqual(ann.file.read(), b"")

    def test_nobody_sees_an_address(self):
        ann, bob = self.client("ann"), self.client("bob")
        for client in (ann, bob):
            client.join("#room")
        answers = bob.ask("WHOIS ann") + bob.ask("WHO #room") + bob.ask("USERHOST ann")
        self.assertTrue(any(re.search(r"[0-9a-f]{16}\.hidden", line) for line in answers), answers)
        self.assertNotIn("127.0.", " ".join(answers))

    def test_operators(self):
        ann, bob = self.client("ann"), self.client("bob")
        ann.join("#room")
        bob.join("#room")
        self.assertIn(" JOIN #room", ann.line())
        self.assertEqual(bob.ask("MODE #room +t"),
                         [f"{SERVER} 482 bob #room :You're not channel operator"])
        self.assertRegex(ann.ask("MODE #room +t")[0], r"^:ann!\S+ MODE #room \+t$")
        self.assertRegex(bob.line(), r"^:ann!\S+ MODE #room \+t$")
        self.assertRegex(bob.ask("TOPIC #room :mine")[0], r" 482 bob #room ")
        ann.say("KICK #room bob :noise")
        self.assertRegex(bob.line(), r"^:ann!\S+ KICK #room bob :?noise$")
        self.assertRegex(bob.ask("PRIVMSG #room :x")[0], r" 404 bob #room ")

    def test_a_name_belongs_to_one_member_of_any_front(self):
        self.client("ann")
        with Member(self.lines) as member:
            self.assertEqual(member.ask("/nick ANN"),
                             f"* the name ANN is taken; you are still {member.nick}")
        with Member(self.lines, "bob"), Client(self.irc) as client:
            client.say("NICK bob")
            self.assertEqual(client.line(), f"{SERVER} 433 * bob :Nickname is already in use")

    def test_houses_are_apart(self):
        with Daemon("-l", "irc=tcp://127.0.0.1:0,house=one,network=one",
                    "-l", "irc=tcp://127.0.0.1:0,house=two") as sluiced:
            first, second = sluiced.endpoints("irc")
            with Client(first, "ann") as ann, Client(second, "ann") as other:
                ann.join("#room")
                self.assertEqual(other.ask("LIST")[1:-1], [])


if __name__ == "__main__":
    daemon.main()
