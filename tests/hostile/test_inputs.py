#!/usr/bin/env python3
"""No input is a format string, a path or a shell word: what looks like one is data, byte for byte.

A format would crash or tell of the stack; a command or a path would leave a file named canary. The
programs also call nothing that could run a command: tests/front_door/test_hardening.py.
"""
import socket
import subprocess

import hostile
import daemon
from chat import Company
from daemon import connect
from hostile import Server

LOOKS_LIKE = (
    "%n%s%x%p%n%s%n", "%999999999d", "%*.*s", "%1$n", "{} {0} {:999999999}",
    "$(touch canary)", "`touch canary`", "; touch canary", "| touch canary", "&& touch canary",
    "${IFS}touch${IFS}canary", "> canary", "'; touch canary; '", "\"; touch canary; \"",
    "../canary", "/../../canary", "~/canary", "file:///etc/passwd", "a b  c", "it's \"quoted\"",
    "*", "?", "-rf", "--help", "\\", "\\n\\0", "é☃", "a;b&c|d", "#x", "!!",
)


class Inputs(hostile.Scratch):
    def tearDown(self):
        canaries = [*self.directory.parent.rglob("canary*")]
        self.assertEqual(canaries, [], "a file was made")

    @staticmethod
    def escaped(text):
        """As a value of a key: sluiced(8), KEYS."""
        for character, stands in (("\\", "\\\\"), (",", "\\,"), ("\n", "\\n"), ("\r", "\\r")):
            text = text.replace(character, stands)
        return text

    def test_what_streams_and_datagrams_carry_comes_back_as_it_went(self):
        with Server("-l", "echo=tcp://127.0.0.1:0", "-l", "echo=udp://127.0.0.1:0", "-l",
                    "framed=tcp://127.0.0.1:0,framing=line", "-l",
                    "framed=tcp://127.0.0.1:0,framing=netstring") as server:
            tcp, udp, line, netstring = (connect(endpoint) for _, endpoint in server.listening)
            with tcp, udp, line, netstring:
                for data in (*map(str.encode, LOOKS_LIKE), b"nul\0nul\0", b"\x1b[2J", bytes(300)):
                    self.assertEqual(daemon.exchange(tcp, data), data)
                    self.assertEqual(hostile.datagram_exchange(udp, data), data)
                    self.assertEqual(daemon.exchange(line, data + b"\n"), data + b"\n")
                    framed = b"%d:%s," % (len(data), data)
                    self.assertEqual(daemon.exchange(netstring, framed), framed)

    def test_what_is_said_in_a_chat_is_heard_as_it_was_said(self):
        with Server("-l", "chat=tcp://127.0.0.1:0,rate=off,history=0") as server, \
                Company(server.endpoint, "ann", "bob") as (ann, bob):
            for text in LOOKS_LIKE:
                if not text.startswith("/"):
                    ann.say(text)
                    self.assertEqual(bob.line(), f"<ann> {text}")
                ann.say(f"/me {text}")
                self.assertEqual(bob.line(), f"~ ann {text}")
                ann.say(f"/msg bob {text}")
                self.assertTrue(bob.line().endswith(text))
                ann.say(f"/topic {text}")
                self.assertIn(text, bob.line())
                self.assertIn(text, ann.line())

    def test_as_a_nick_or_a_room_is_refused_and_not_repeated(self):
        with Server("-l", "chat=tcp://127.0.0.1:0,rate=off") as server, \
                Company(server.endpoint, "ann", "bob") as (ann, bob):
            for text in LOOKS_LIKE:
                if text == "-rf" or text == "--help":
                    continue  # a hyphen is a letter of a name
                for command in ("nick", "join"):
                    if (command, text) == ("join", "a b  c"):
                        continue  # a room, and its key
                    answer = ann.ask(f"/{command} {text}")
                    self.assertTrue(answer.startswith("* "), answer)
                    if len(text) > 3:
                        self.assertNotIn(text, answer)
            # A NUL ends nothing: what is behind it is heard, or it is no name.
            self.assertTrue(ann.ask("/nick ann\0two").startswith("* "))
            ann.say("still\0 ann")
            heard = bob.line()
            self.assertTrue(heard.startswith("<ann> still") and heard.endswith(" ann"), heard)
            self.assertNotIn("\0", heard)

    def test_what_the_operator_types_is_said_as_it_was_typed(self):
        with Server("--console", "-l", "chat=tcp://127.0.0.1:0,rate=off",
                    stdin=subprocess.PIPE) as server, \
                Company(server.endpoint, "ann") as (ann,):
            texts = [text for text in LOOKS_LIKE if not text.startswith("/")]
            server.process.stdin.write("".join(text + "\n" for text in texts).encode())
            server.process.stdin.flush()
            for text in texts:
                self.assertEqual(ann.line(), f"<operator> {text}")
            server.process.stdin.close()

    def test_texts_of_the_command_line_are_sent_byte_for_byte(self):
        for text in LOOKS_LIKE:
            value = self.escaped(text)
            with Server("-l", f"greet=tcp://127.0.0.1:0,text={value}", "-l",
                        f"chat=tcp://127.0.0.1:0,greeting={value}", "-l",
                        f"broadcast=udp://127.0.0.1:0,message={value}", "-l",
                        f"framed=tcp://127.0.0.1:0,framing=line,reply=text:{value}") as server:
                greet, chat, broadcast, framed = (at for _, at in server.listening)
                with connect(greet) as client:
                    self.assertEqual(daemon.receive_all(client), text.encode())
                with connect(chat) as client:
                    self.assertTrue(daemon.receive_exactly(client, len(text.encode())),
                                    text.encode())
                with connect(framed) as client:
                    client.sendall(b"x\n")
                    self.assertEqual(daemon.receive_exactly(client, len(text.encode()) + 1),
                                     text.encode() + b"\n")
                self.assertEqual(daemon.ask(broadcast, b"?"), text.encode())

    def test_paths_of_unix_sockets_are_those_files_and_no_others(self):
        for text in (*LOOKS_LIKE, "new\nline", " ", "a,b", "\x1b[2J"):
            if "/" in text:
                continue
            path = self.directory / f"s {text}"
            self.assert_serves_at(path)
        # A path is one also with dots in it; but it is the operator's, and named by nobody else.
        self.assert_serves_at(self.directory / ".." / "beside")

    def assert_serves_at(self, path):
        control = path.with_name(path.name + ".control")
        with Server("-l", f"echo=unix://{self.escaped(str(path))}", "-l",
                    f"broadcast=udp://127.0.0.1:0,control={self.escaped(str(control))}") as server:
            self.assertEqual(len(server.listening), 2)
            self.assertFalse(any(ord(character) < 32 for _, endpoint in server.listening
                                 for character in endpoint))
            self.assertTrue(path.is_socket(), path)
            self.assertTrue(control.is_socket(), control)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                self.assertEqual(daemon.exchange(client, b"hello"), b"hello")
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(daemon.PATIENCE)
                client.connect(str(control))
                for text in LOOKS_LIKE:
                    client.sendall(text.encode() + b"\n")
                    self.assertRegex(client.recv(1000), rb"^(ok \d+|error: .*)\n$")
            self.assertEqual(server.stop(), 0)
        self.assertEqual([*self.directory.iterdir()], [])

    def test_on_the_command_line_are_mistakes_that_are_told_as_they_were_written(self):
        for text in LOOKS_LIKE:
            interface = self.escaped(text) + "x" * 20  # longer than any
            for arguments in (("-l", text), ("-l", f"{text}=tcp://127.0.0.1:0"),
                              ("-l", f"echo={text}"), ("-l", f"echo=tcp://127.0.0.1:{text}"),
                              ("-l", f"echo=tcp://127.0.0.1:0,{text}"),
                              ("-l", f"echo=tcp://127.0.0.1:0,max={text}"),
                              ("-l", f"broadcast=udp://127.0.0.1:0,interface={interface}"),
                              ("--backend", text), ("--idle-timeout", text), (text,)):
                if text in ("-rf", "--help") and len(arguments) == 1:
                    continue
                result = daemon.run(*arguments)
                self.assertIn(result.returncode, (1, 2), arguments)
                self.assertNotRegex(result.stderr, rb"0x[0-9a-f]{6}|\(nil\)")
                self.assertEqual(result.stdout, b"")

    def test_frames_that_are_none_are_logged_as_what_they_are(self):
        with Server("-l", "framed=tcp://127.0.0.1:0") as server:
            for text in LOOKS_LIKE[:8]:
                with connect(server.endpoint) as client:
                    client.sendall(text.encode() + b"\x1b[2J\n2026 info forged\n")
                    daemon.receive_all(client)
            server.wait_for_log("malformed")
            for line in server.log().splitlines():
                self.assertRegex(line, daemon.LOG_LINE)


if __name__ == "__main__":
    hostile.main()
