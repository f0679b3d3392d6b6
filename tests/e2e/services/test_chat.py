#!/usr/bin/env python3
"""The service chat: what members read of each other, its commands, its limits, and its end."""
import base64
import hashlib
import os
import signal
import socket
import tempfile
import unittest

import daemon
from chat import Company, Member, seconds_of
from daemon import Daemon, connect, run

GREETING = "Welcome. Type to talk; /help lists the commands."


def chat(keys="", endpoint="tcp://127.0.0.1:0"):
    return Daemon("-l", f"chat={endpoint}{keys}")


class Talking(unittest.TestCase):
    def test_a_newcomer_is_greeted_and_told_who_is_there(self):
        with chat() as sluiced, Member(sluiced.endpoint) as first:
            self.assertEqual(first.welcome, [GREETING, "* you are guest1, in the room lobby",
                                             "* nobody else is here"])
            with Member(sluiced.endpoint) as second:
                self.assertEqual(second.welcome[1:], ["* you are guest2, in the room lobby",
                                                      "* here: guest1"])
                self.assertEqual(first.line(), "* guest2 joined")
            self.assertEqual(first.line(), "* guest2 left")
            with Member(sluiced.endpoint) as third:  # the smallest number that is free
                self.assertEqual(third.nick, "guest2")

    def test_the_greeting_is_the_operator_s_to_choose(self):
        for greeting, lines in (("", []), ("Hi\\, all.\\nBe kind.", ["Hi, all.", "Be kind."])):
            with chat(f",greeting={greeting}") as sluiced, Member(sluiced.endpoint) as ann:
                self.assertEqual(ann.welcome[:-2], lines)

    def test_a_line_reaches_everyone_else_and_nobody_twice(self):
        with tempfile.TemporaryDirectory() as directory:
            for endpoint in ("tcp://127.0.0.1:0", "tcp://[::1]:0", f"unix://{directory}/chat"):
                with chat(endpoint=endpoint) as sluiced:
                    with Company(sluiced.endpoint, "ann", "bob", "cleo") as (ann, bob, cleo):
                        ann.say("hello", "", "again")
                        for one in (bob, cleo):
                            self.assertEqual(one.lines(2), ["<ann> hello", "<ann> again"])
                        bob.send(b"hel")
                        cleo.say("hi")
                        self.assertEqual(ann.line(), "<cleo> hi")
                        bob.send(b"lo\r\n")
                        self.assertEqual(ann.line(), "<bob> hello")
                        self.assertEqual(bob.line(), "<cleo> hi")

    def test_history_is_shown_to_who_comes_later(self):
        with chat(",history=3") as sluiced, Member(sluiced.endpoint, "ann") as ann:
            ann.say("one", "two", "/me counts", "four")
            self.assertEqual(ann.ask("/who"), "* 1 member in lobby: ann")
            with Member(sluiced.endpoint) as bob:
                self.assertEqual(bob.welcome[2:], ["<ann> two", "~ ann counts", "<ann> four",
                                                   "* here: ann"])
        with chat(",history=0") as sluiced, Member(sluiced.endpoint, "ann") as ann:
            ann.say("one", "/who")
            ann.line()
            with Member(sluiced.endpoint) as bob:
                self.assertEqual(bob.welcome[2:], ["* here: ann"])

    def test_a_last_line_needs_no_end(self):
        with chat() as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            ann.send(b"last words")
            ann.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(bob.lines(2), ["<ann> last words", "* ann left"])
            self.assertEqual(ann.rest(), [])

    def test_a_silent_member_times_out(self):
        with chat(",idle=400ms") as sluiced, Member(sluiced.endpoint) as ann:
            self.assertEqual(ann.rest(), [])
            with Member(sluiced.endpoint) as bob:
                self.assertEqual(bob.welcome[-1], "* nobody else is here")


class Commands(unittest.TestCase):
    def setUp(self):
        self.daemon = chat(",max-rooms=3,rate=off")
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def company(self, *nicks):
        return Company(self.daemon.endpoint, *nicks)

    def test_each_in_either_case(self):
        with self.company("ann", "bob", "cleo") as (ann, bob, cleo):
            ann.say("/ME waves")
            self.assertEqual(bob.line(), "~ ann waves")
            self.assertEqual(cleo.line(), "~ ann waves")
            ann.say("/msg BOB psst")
            self.assertEqual(bob.line(), "[ann] psst")
            self.assertEqual(ann.ask("/topic"), "* no topic is set; /topic TEXT sets one")
            ann.say("//etc")
            self.assertEqual(bob.line(), "<ann> /etc")
            self.assertEqual(cleo.line(), "<ann> /etc")  # and nothing that only bob received
            self.assertEqual(ann.ask("/who"), "* 3 members in lobby: ann, bob, cleo")
            ann.say("/help")
            help_lines = ann.lines(18)
            for command in ("nick", "me", "msg", "join", "part", "rooms", "who", "topic", "invite",
                            "kick", "ban", "unban", "mute", "unmute", "mode", "oper", "help",
                            "quit"):
                self.assertTrue(any(line.startswith(f"* /{command}") for line in help_lines))
            ann.say("/quit good night")
            self.assertEqual(bob.line(), "* ann left (good night)")
            self.assertEqual(ann.rest(), [])

    @daemon.needs_tls
    def test_operators_of_the_house_by_password(self):
        salt = b"0123456789ab"
        digest = hashlib.scrypt(b"open sesame", salt=salt, n=2**10, r=8, p=1, dklen=32)
        encoded = [base64.b64encode(part).decode().rstrip("=") for part in (salt, digest)]
        login = "root:$scrypt$ln=10,r=8,p=1$" + "$".join(encoded)
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "sluiced.conf")
            with open(file, "w", encoding="utf-8") as written:
                written.write('[[service]]\nkind = "chat"\nlisten = "tcp://127.0.0.1:0"\n'
                              f'operator-passwords = ["{login}"]\n')
            with Daemon("-f", file) as sluiced:
                with Member(sluiced.endpoint, "bob") as bob, Member(sluiced.endpoint) as ann:
                    bob.lines(1)
                    self.assertEqual(ann.ask("/oper root open sesame"),
                                     "* you are an operator of the house")
                    ann.say("/mute bob")
                    self.assertEqual(bob.line(), f"* {ann.nick} set the mode +q bob!*@*")
                    self.assertEqual(bob.ask("still here?"),
                                     "* nobody has heard that: the room is moderated, or you are "
                                     "muted or banned")
            with open(file, "a", encoding="utf-8") as written:
                written.write('reserved = ["a/b"]\n')
            self.assertNotIn(b"$scrypt", run("-n", "-f", file).stderr)

    def test_operators(self):
        with self.company("ann", "bob") as (ann, bob):
            ann.say("/join attic")
            ann.lines_until("* nobody else is here")
            bob.say("/join attic")
            bob.lines_until("* here: ann")
            ann.lines_until("* bob joined")
            self.assertEqual(bob.ask("/mode +i"), "* only an operator of the room can do that")
            ann.say("/kick bob noise")
            self.assertEqual(ann.line(), "* ann removed bob from the room (noise)")
            self.assertEqual(bob.lines(2), ["* ann removed bob from the room (noise)",
                                            "* you are in the room lobby again"])
            ann.say("/mode +i")
            self.assertEqual(ann.line(), "* ann set the mode +i")
            self.assertEqual(bob.ask("/join attic"),
                             "* attic is closed: only members who are invited come in")
            ann.say("/invite bob")
            self.assertEqual(ann.line(), "* bob has been invited")
            self.assertEqual(bob.line(), "* ann invites you to the room attic")
            bob.say("/join attic")
            bob.lines_until("* here: ann")
            ann.lines_until("* bob joined")
            ann.say("/ban bob")
            self.assertEqual(ann.line(), "* ann set the mode +b bob!*@*")
            self.assertEqual(bob.line(), "* ann set the mode +b bob!*@*")
            self.assertEqual(bob.ask("can you hear me?"), "* nobody has heard that: the room is "
                                                          "moderated, or you are muted or banned")

    def test_rooms(self):
        with self.company("ann", "bob", "cleo") as (ann, bob, cleo):
            ann.say("/join attic", "/topic old things")
            self.assertEqual(ann.lines(3), ["* you are ann, in the room attic",
                                            "* nobody else is here",
                                            "* ann set the topic: old things"])
            self.assertEqual(bob.line(), "* ann left (went to attic)")
            bob.say("/join Attic")
            self.assertEqual(bob.lines(3), ["* you are bob, in the room attic",
                                            "* topic: old things", "* here: ann"])
            self.assertEqual(ann.line(), "* bob joined")
            ann.say("here we are")
            self.assertEqual(bob.line(), "<ann> here we are")
            self.assertEqual(cleo.lines(2), ["* ann left (went to attic)",
                                             "* bob left (went to attic)"])
            cleo.say("/rooms")
            self.assertEqual(cleo.lines(2), ["* attic: 2 members, old things", "* lobby: 1 member"])
            self.assertEqual(cleo.ask("/who attic"), "* 2 members in attic: ann, bob")
            self.assertEqual(cleo.ask("/who cellar"), "* there is no room cellar")
            cleo.say("/msg ann psst")
            self.assertEqual(ann.line(), "[cleo] psst")
            bob.say("/part")
            self.assertEqual(bob.lines(3), [GREETING, "* you are bob, in the room lobby",
                                            "* here: cleo"])
            self.assertEqual(ann.line(), "* bob left (went to lobby)")

    def test_no_more_rooms_than_are_allowed(self):
        with self.company("ann", "bob", "cleo") as (ann, bob, cleo):
            for member, room in ((ann, "attic"), (bob, "cellar")):
                member.say(f"/join {room}")
                member.lines_until("* nobody else is here")
            cleo.lines(2)
            self.assertEqual(cleo.ask("/join roof"), "* no room can be opened: there are 3, and at "
                                                     "most 3; /rooms lists them")
            bob.say("/join roof")  # leaves its own empty, which goes
            bob.lines_until("* nobody else is here")

    def test_what_cannot_be_is_told_to_its_author_alone(self):
        with self.company("ann", "bob") as (ann, bob):
            self.assertEqual(ann.ask("/shrug 1"),
                             "* there is no command /shrug; /help lists those there are, and // "
                             "begins a line with a slash")
            self.assertEqual(ann.ask("/nick Bob"), "* the name Bob is taken; you are still ann")
            for name in ("operator", "Server", "guest7", "lobby"):
                self.assertEqual(ann.ask("/nick " + name),
                                 f"* the name {name} is reserved; you are still ann")
            self.assertEqual(ann.ask("/nick a b"), "* character 2 cannot be in a name: allowed are "
                                                   "1 to 32 letters a-z, digits, '-' and '_'")
            self.assertIn("is too long", ann.ask("/nick " + "a" * 33))
            self.assertIn("cannot be in a name", ann.ask("/join \x1b[2J"))
            self.assertEqual(ann.ask("/msg nobody psst"), "* nobody is called nobody")
            self.assertIn("/msg NICK TEXT", ann.ask("/msg bob"))
            self.assertIn("/me TEXT", ann.ask("/me"))
            self.assertIn("is too long: at most 400", ann.ask("/topic " + "x" * 401))
            self.assertEqual(ann.ask("/join lobby"), "* you are in lobby already")
            self.assertTrue(bob.is_told_nothing())

    def test_a_rename_is_announced_and_frees_the_old_name(self):
        with self.company("ann", "bob") as (ann, bob):
            bob.say("/nick Robert")
            for one in (ann, bob):
                self.assertEqual(one.line(), "* bob is now Robert")
            ann.say("/nick bob")
            self.assertEqual(bob.line(), "* ann is now bob")


class Limits(unittest.TestCase):
    def test_a_full_chat_says_so_and_closes(self):
        with chat(",max-members=2") as sluiced, Company(sluiced.endpoint, "ann", "bob"):
            with connect(sluiced.endpoint) as late:
                self.assertEqual(daemon.receive_all(late),
                                 b"* the chat is full: at most 2 members; try again later\n")

    def test_a_line_that_is_too_long_is_not_said_and_the_next_one_is(self):
        with chat(",max-line=10") as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            ann.say("0123456789")
            self.assertEqual(bob.line(), "<ann> 0123456789")
            ann.say("0123456789X", "next")
            self.assertEqual(ann.line(), "* that line is too long and nobody has heard it: at most "
                                         "10 bytes")
            self.assertEqual(bob.line(), "<ann> next")
            ann.say("x" * 3_000_000 + "\nafter")
            self.assertIn("too long", ann.line())
            self.assertEqual(bob.line(), "<ann> after")

    def test_above_the_rate_nothing_is_lost_only_later(self):
        keys = ",rate=20/1,burst=5"
        with chat(keys) as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            said = [str(number) for number in range(25)]

            def say_and_hear_all():
                ann.say(*said)
                self.assertEqual(bob.lines(25), [f"<ann> {text}" for text in said])

            # 20 lines at 20 a second, less a little
            self.assertGreater(seconds_of(say_and_hear_all), 0.7)
            bob.say("others need not wait")
            self.assertEqual(ann.line(), "<bob> others need not wait")


    def test_nobody_can_say_so_much_that_a_newcomer_is_shut_out(self):
        keys = ",rate=off,send-queue=262144,history=1000,greeting=" + "x" * 4096
        with chat(keys) as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            ann.say("/topic " + "t" * 400, *["y" * 4096] * 40, "last")
            bob.lines_until("<ann> last")
            with Member(sluiced.endpoint) as late:
                self.assertIn("<ann> last", late.welcome)
                self.assertGreater(sum(len(line) for line in late.welcome), 64_000)


class Stopping(unittest.TestCase):
    def test_what_had_arrived_is_still_delivered(self):
        for speaks in (0, 1):
            with chat(",rate=off") as sluiced:
                with Company(sluiced.endpoint, "ann", "bob") as members:
                    speaker, hearer = members[speaks], members[1 - speaks]
                    os.kill(sluiced.process.pid, signal.SIGSTOP)
                    speaker.say(*(f"line {number}" for number in range(1000)))
                    sluiced.signal(signal.SIGTERM)
                    os.kill(sluiced.process.pid, signal.SIGCONT)
                    heard = hearer.rest()
                    # A slow daemon handles them in more than one turn, and says so in between.
                    self.assertIn("* the chat is closing", heard)
                    lines = [line for line in heard if line.startswith("<")]
                    self.assertEqual(lines,
                                     [f"<{speaker.nick}> line {number}" for number in range(1000)])
                self.assertEqual(sluiced.wait(), 0)


class Usage(unittest.TestCase):
    def test_mistakes_end_it(self):
        for keys, message in ((",send-queue=100", "send-queue 100 is not in 262144"),
                              (",max-line=65536,send-queue=262144", "less than 8 times max-line"),
                              (",slow=wait", "is not close or drop")):
            result = run("-l", f"chat=tcp://127.0.0.1:0{keys}")
            self.assertEqual(result.returncode, 2)
            self.assertIn(message, result.stderr.decode())


if __name__ == "__main__":
    daemon.main()
