#!/usr/bin/env python3
"""The service chat and what clients send: nc, telnet and socat, UTF-8, and what is no text at all."""
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

import daemon
from chat import Company, Member
from daemon import Daemon, PATIENCE, address_of, die_with_the_test

REPLACED = "\N{REPLACEMENT CHARACTER}"


def chat(keys=""):
    return Daemon("-l", f"chat=tcp://127.0.0.1:0{keys}")


class Text(unittest.TestCase):
    """What passes, and what never reaches another member's terminal."""

    def heard(self, sent):
        with chat() as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            ann.send(sent + b"\n")
            return bob.raw_line()

    def test_utf_8_passes_whole(self):
        text = "grüße, Ωμέγα, 東京, 🚰, e\N{COMBINING ACUTE ACCENT}"
        self.assertEqual(self.heard(text.encode()).decode(), f"<ann> {text}\n")

    def test_each_byte_of_it_may_come_alone(self):
        with chat() as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            for byte in "ü🚰\n".encode():
                self.assertTrue(bob.is_told_nothing(0.02))  # each is read before the next one comes
                ann.send(bytes([byte]))
            self.assertEqual(bob.line(), "<ann> ü🚰")

    def test_what_is_not_utf_8_is_replaced(self):
        heard = self.heard(b"a\xc3(b\xfe\x80 \xed\xa0\x80 \xf0\x9f\x9a").decode()
        self.assertTrue(heard.startswith(f"<ann> a{REPLACED}(b{REPLACED}"))
        self.assertTrue(heard.endswith(f" {REPLACED}\n"))

    def test_no_escape_sequence_passes(self):
        heard = self.heard(b"\x1b[2J\x1b]0;title\x07 \x00 \x7f \xc2\x9b2J \xe2\x80\xae\xe2\x80\xa8 "
                           b"tab\there \rover")
        self.assertNotRegex(heard[:-1], rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]")
        self.assertIn(b" tab here ", heard)

    def test_an_author_cannot_write_another_s_line(self):
        with chat() as sluiced, Company(sluiced.endpoint, "ann", "bob") as (ann, bob):
            for end in ("\r", "\x0b", "\x0c", "\x85", "\u2028"):
                ann.say(f"x{end}<operator> y")
                line = bob.line()
                self.assertEqual(line, f"<ann> x{REPLACED}<operator> y")
                self.assertEqual(len(line.splitlines()), 1)

    def test_telnet_s_commands_are_taken_out(self):
        # IAC WILL ECHO, IAC SB NAWS ... IAC SE, IAC IAC, IAC NOP
        heard = self.heard(b"\xff\xfb\x01a\xff\xfa\x1f\x00P\x00\x18\xff\xf0b\xff\xf1c\r")
        self.assertEqual(heard, b"<ann> abc\n")

    def test_a_flood_of_binary_harms_nobody(self):
        with chat(",rate=off") as sluiced:
            with Company(sluiced.endpoint, "ann", "bob", "cleo") as (ann, bob, cleo):
                with socket.socket() as flood:
                    flood.settimeout(PATIENCE)
                    flood.connect(address_of(sluiced.endpoint)[2])
                    flood.sendall(os.urandom(1_000_000).replace(b"/", b""))
                ann.say("still here")
                for one in (bob, cleo):
                    heard = one.lines_until("<ann> still here")
                    self.assertTrue(all(line.startswith(("<guest1> ", "* guest1 ", "<ann> "))
                                        for line in heard))
                    self.assertFalse(any(ord(c) < 0x20 for line in heard for c in line))


class Clients(unittest.TestCase):
    """Programs that nobody here wrote."""

    def talk_with(self, *command):
        """What `command` shows and says in a chat with ann."""
        program = command[0]
        if shutil.which(program) is None:
            self.skipTest(f"{program} is not installed")
        with tempfile.TemporaryDirectory() as directory:
            listen = ["-l", "chat=tcp://127.0.0.1:0", "-l", f"chat=unix://{directory}/chat"]
            with Daemon(*listen) as sluiced:
                over_unix = "UNIX" in command
                endpoint = sluiced.listening[1 if over_unix else 0][1]
                where = address_of(endpoint)[2]
                words = {"HOST": where[0], "PORT": str(where[1]), "UNIX": where,
                         "SOCAT": f"TCP:{where[0]}:{where[1]}"}
                arguments = [words.get(word, word) for word in command]
                with Member(endpoint, "ann") as ann, subprocess.Popen(
                        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test) as process:
                    self.assertEqual(ann.line(), "* guest1 joined")
                    process.stdin.write("/nick bób\n/nick bob\ngrüße\n".encode())
                    process.stdin.flush()
                    self.assertEqual(ann.lines(2), ["* guest1 is now bob", "<bob> grüße"])
                    ann.say("hello bob", "/quit")
                    shown = []
                    for line in process.stdout:
                        shown.append(line.decode().rstrip("\r\n"))
                        if shown[-1] == "* ann left":
                            break
                    process.kill()
                    self.assertEqual(shown[shown.index("* here: ann") + 1:],
                                     ["* character 2 cannot be in a name: allowed are 1 to 32 "
                                      "letters a-z, digits, '-' and '_'", "* guest1 is now bob",
                                      "<ann> hello bob", "* ann left"])

    def test_nc(self):
        self.talk_with("nc", "HOST", "PORT")

    def test_nc_over_a_unix_socket(self):
        self.talk_with("nc", "-U", "UNIX")

    def test_socat(self):
        self.talk_with("socat", "-", "SOCAT")

    def test_telnet(self):
        self.talk_with("telnet", "-8", "HOST", "PORT")


if __name__ == "__main__":
    daemon.main()
