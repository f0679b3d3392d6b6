#!/usr/bin/env python3
"""sluiced --console over a pipe: the operator's lines in, what the services say out."""
import contextlib
import os
import queue
import signal
import subprocess
import threading
import unittest

import daemon
from chat import Company, Member
from daemon import PATIENCE, Daemon, ask, exchange, connect, run

CHAT = ("-l", "chat=tcp://127.0.0.1:0")


class ConsoleDaemon(Daemon):
    """Typed on with say(), and looked at with shown()."""

    def __init__(self, *arguments):
        read_end, self.typed = os.pipe()
        try:
            super().__init__("--console", *arguments, stdin=read_end)
        except BaseException:
            self.end_input()
            raise
        finally:
            os.close(read_end)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode())

    def __exit__(self, *why):
        self.end_input()
        self.kill()
        self.reader.join()
        super().__exit__(*why)

    def write(self, text):
        os.write(self.typed, text.encode())

    def say(self, *lines):
        self.write("".join(line + "\n" for line in lines))

    def end_input(self):
        if self.typed is not None:
            os.close(self.typed)
            self.typed = None

    def shown(self):
        line = self.lines.get(timeout=PATIENCE)
        assert line.endswith("\n"), line
        return line[:-1]

    def shows(self, count):
        return [self.shown() for _ in range(count)]

    def rest_of_lines(self):
        """What it has shown, once it has ended."""
        self.reader.join()
        return list(self.lines.queue)

    def shows_nothing(self, seconds=0.2):
        try:
            return self.lines.get(timeout=seconds) is None
        except queue.Empty:
            return True


@contextlib.contextmanager
def alone(command, **more):
    """A daemon whose output is left to the test."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
                               preexec_fn=daemon.die_with_the_test, **more)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


class WithChat(unittest.TestCase):
    def test_the_operator_is_a_member_from_ready_on(self):
        with ConsoleDaemon(*CHAT) as sluiced:
            self.assertEqual(sluiced.shows(3), ["Welcome. Type to talk; /help lists the commands.",
                                                "* you are operator, in the room lobby",
                                                "* nobody else is here"])
            with Member(sluiced.endpoint) as ann:
                self.assertEqual(ann.welcome[-1], "* here: operator")
                self.assertEqual(sluiced.shown(), "* guest1 joined")
                sluiced.say("hello", "", "/me waves")
                self.assertEqual(ann.lines(2), ["<operator> hello", "~ operator waves"])
                ann.say("hello yourself")
                self.assertEqual(sluiced.shown(), "<guest1> hello yourself")
                self.assertEqual(ann.ask("/nick Operator"),
                                 "* the name Operator is taken; you are still guest1")
                sluiced.say("/publish this")  # without a broadcast it is no command
                self.assertTrue(sluiced.shown().startswith("* there is no command /publish"))
                sluiced.write("in two ")
                self.assertTrue(ann.is_told_nothing())
                sluiced.write("pieces\nbut half")
                self.assertEqual(ann.line(), "<operator> in two pieces")
                self.assertTrue(ann.is_told_nothing())
            self.assertEqual(sluiced.shown(), "* guest1 left")

    def test_the_first_chat_is_the_one(self):
        with ConsoleDaemon(*CHAT, "-l", CHAT[1] + ",house=other") as sluiced:
            first, second = sluiced.endpoints("chat")
            with Member(second) as ann:
                self.assertEqual(ann.welcome[-1], "* nobody else is here")
            with Member(first) as bob:
                self.assertEqual(bob.welcome[-1], "* here: operator")

    def goodbye(self, say_it):
        with ConsoleDaemon(*CHAT) as sluiced, Company(sluiced.endpoint, "ann", "bob") as members:
            ann, bob = members
            sluiced.say("bye")
            say_it(sluiced)
            self.assertEqual(ann.line(), "<operator> bye")
            farewell = ann.line()
            sluiced.wait_for_log("info console: closed\n")
            self.assertIn(bob.ask("/who"), ["<operator> bye"])
            bob.lines_until("* 2 members")
            ann.say("are you there?")  # the daemon goes on
            self.assertEqual(bob.line(), "<ann> are you there?")
            with Member(sluiced.endpoint) as cleo:
                self.assertEqual(cleo.welcome[-1], "* here: ann, bob")
            self.assertIsNone(sluiced.process.poll())
            self.assertLess(sluiced.cpu_seconds(), 1, "a console that has ended costs nothing")
            self.assertEqual(sluiced.stop(), 0)
            self.assertFalse([line for line in sluiced.rest_of_lines() if line.startswith("<")],
                             "it shows what was said after its end")
            return farewell

    def test_the_end_of_the_input_is_a_goodbye(self):
        self.assertEqual(self.goodbye(ConsoleDaemon.end_input), "* operator left")

    def test_quit_is_one_too(self):
        self.assertEqual(self.goodbye(lambda sluiced: sluiced.say("/quit lunch", "not said")),
                         "* operator left (lunch)")

    def test_an_input_that_is_empty_leaves_a_daemon(self):
        with Daemon("--console", *CHAT) as sluiced:
            sluiced.wait_for_log("console: closed")
            with Member(sluiced.endpoint) as ann:
                self.assertEqual(ann.ask("/who"), "* 1 member in lobby: guest1")

    def test_sigterm_ends_it_and_says_so(self):
        with ConsoleDaemon(*CHAT) as sluiced, Company(sluiced.endpoint, "ann") as (ann,):
            sluiced.say("hello")
            self.assertEqual(ann.line(), "<operator> hello")
            sluiced.signal(signal.SIGTERM)
            self.assertEqual(ann.rest(), ["* operator left", "* the chat is closing"])
            ann.socket.close()
            self.assertEqual(sluiced.wait(), 0)

    def test_an_output_that_nobody_reads_costs_the_chat_nothing(self):
        command = [daemon.PATH, *daemon.AS_ROOT, "--console", "-l", "chat=tcp://127.0.0.1:0,rate=off"]
        with alone(command, stdin=subprocess.PIPE) as process:
            endpoint = process.stdout.readline().split()[2].decode()
            with Company(endpoint, "ann", "bob") as (ann, bob):
                for number in range(3000):
                    ann.say(f"{number} " + "x" * 1000)
                    self.assertTrue(bob.line().startswith(f"<ann> {number} "))

    def test_closed_standard_streams_harm_nothing(self):
        command = " ".join(["exec", daemon.PATH, *daemon.AS_ROOT,
                            "--console -l chat=tcp://127.0.0.1:0 <&-"])
        with alone(command, shell=True) as process:
            endpoint = process.stdout.readline().split()[2].decode()
            process.stdout.close()
            with Company(endpoint, "ann", "bob") as (ann, bob):
                ann.say("hello")
                self.assertEqual(bob.line(), "<ann> hello")
            process.terminate()
            self.assertEqual(process.wait(PATIENCE), 0)


class WithBroadcast(unittest.TestCase):
    """What is published goes to networks; with none but loopback, to that one alone."""

    def test_alone_each_line_is_published(self):
        with ConsoleDaemon("-l", "broadcast=udp://127.0.0.1:0") as sluiced:
            sluiced.say("supper is ready")
            self.assertRegex(sluiced.shown(), r"^sent to \d+ targets?$")
            sluiced.say("", "and gets cold")  # an empty line is none
            self.assertRegex(sluiced.shown(), r"^sent to \d+ targets?$")
            sluiced.say("x" * 1401)
            self.assertRegex(sluiced.shown(), r"^not sent: .*1400")
            self.assertTrue(sluiced.shows_nothing())
            sluiced.end_input()
            sluiced.wait_for_log("console: closed")
            self.assertIsNotNone(ask(sluiced.endpoint, b"who"))

    def test_with_a_chat_what_is_to_be_published_is_said_to_be(self):
        with ConsoleDaemon("-l", "broadcast=udp://127.0.0.1:0", *CHAT) as sluiced:
            sluiced.shows(3)
            with Company(sluiced.endpoints("chat")[0], "ann") as (ann,):
                sluiced.shows(2)  # ann has come, and taken a name
                sluiced.say("hello", "/publish supper is ready")
                self.assertEqual(ann.line(), "<operator> hello")
                self.assertRegex(sluiced.shown(), r"^sent to \d+ targets?$")
                self.assertTrue(ann.is_told_nothing())


class Usage(unittest.TestCase):
    def test_a_terminal_without_a_service_for_it_is_a_mistake(self):
        result = run("--console", "-l", "echo=tcp://127.0.0.1:0")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr.decode().splitlines()[0],
                         "sluiced: --console: no service uses the terminal; serve chat or "
                         "broadcast")
        self.assertEqual(result.stdout, b"")

    def test_the_other_services_do_not_mind(self):
        with ConsoleDaemon("-l", "echo=tcp://127.0.0.1:0", *CHAT) as sluiced:
            sluiced.shows(3)
            with connect(sluiced.endpoints("echo")[0]) as client:
                self.assertEqual(exchange(client, b"hello"), b"hello")


if __name__ == "__main__":
    daemon.main()
