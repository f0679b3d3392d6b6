#!/usr/bin/env python3
"""allow and deny: only the peers of these networks are served, over TCP and UDP."""
import os
import pathlib
import pwd
import re
import signal
import tempfile
import unittest

import control
import daemon
from chat import Member
from daemon import Daemon, connect, exchange, was_closed

ME, OTHER = "127.0.0.1", "127.0.0.2"


def served(endpoint, source, request, answer, is_expected=True):
    """Whether the service answers a peer at that address. Over UDP, where nobody says no, it has a
    short time if no answer is expected."""
    with connect(endpoint, source=(source, 0)) as client:
        if endpoint.startswith("udp:") and not is_expected:
            client.settimeout(0.5)
        try:
            client.sendall(request)
            return client.recv(4096).startswith(answer)
        except (TimeoutError, ConnectionError):
            return False


SERVICES = (
    ("echo=tcp://127.0.0.1:0", b"hello", b"hello"),
    ("echo=udp://127.0.0.1:0", b"hello", b"hello"),
    ("framed=tcp://127.0.0.1:0,framing=line", b"hello\n", b"hello\n"),
    ("framed=udp://127.0.0.1:0,framing=line", b"hello\n", b"hello\n"),
    ("greet=tcp://127.0.0.1:0,text=hello", b"", b"hello"),
    ("chat=tcp://127.0.0.1:0,greeting=hello", b"", b"hello"),
    ("broadcast=udp://127.0.0.1:0,message=here", b"who", b"here"),
)


class Access(unittest.TestCase):
    def expect_only(self, keys, *admitted):
        arguments = [word for text, _, _ in SERVICES for word in ("-l", text + keys)]
        with Daemon(*arguments) as sluiced:
            for (_, endpoint), (text, request, answer) in zip(sluiced.listening, SERVICES):
                for source in (ME, OTHER):
                    with self.subTest(text + keys, source=source):
                        is_admitted = source in admitted
                        self.assertEqual(served(endpoint, source, request, answer, is_admitted),
                                         is_admitted)

    def test_allow_admits_its_networks_alone(self):
        self.expect_only(",allow=127.0.0.1 10.0.0.0/8", ME)

    def test_deny_wins_over_allow(self):
        self.expect_only(",allow=127.0.0.0/8,deny=127.0.0.2", ME)

    def test_deny_alone_admits_all_others(self):
        self.expect_only(",deny=127.0.0.0/31", OTHER)

    def test_an_ipv4_peer_of_a_socket_of_both_families_is_ipv4(self):
        with Daemon("-l", "echo=tcp://*:0,allow=127.0.0.1") as sluiced:
            self.assertTrue(served(sluiced.endpoint, ME, b"x", b"x"))
            self.assertFalse(served(sluiced.endpoint, OTHER, b"x", b"x"))

    def test_a_refusal_is_counted_and_logged_at_most_once_a_second(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0,deny=127.0.0.2", counted=True) as sluiced:
            for _ in range(20):
                with connect(sluiced.endpoint, source=(OTHER, 0)) as client:
                    self.assertTrue(was_closed(client))
            counters = sluiced.counters()
            self.assertEqual((counters["accepted"], counters["refused"]), (0, 20))
            sluiced.wait_for_log(r"warning \S+: refused: 127\.0\.0\.2:\d+ is not admitted")
            self.assertLess(len(re.findall("is not admitted", sluiced.log())), 20)

    def test_a_reload_changes_who_is_admitted_and_cuts_nobody_off(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "sluiced.conf"
            text = ('[networks]\nus = ["127.0.0.2"]\n[[service]]\nkind = "echo"\n'
                    f'listen = ["tcp://127.0.0.1:0", "unix://{directory}/echo"]\n')
            file.write_text(text, encoding="utf-8")
            with Daemon("-f", str(file)) as sluiced, connect(sluiced.endpoint) as old:
                exchange(old, b"before")
                file.write_text(text + 'allow = ["us", "::1"]\n', encoding="utf-8")
                sluiced.signal(signal.SIGHUP)
                sluiced.wait_for_log("1 kept, 0 added, 1 changed, 0 removed")
                self.assertFalse(served(sluiced.endpoint, ME, b"x", b"x"))
                self.assertTrue(served(sluiced.endpoint, OTHER, b"x", b"x"))
                exchange(old, b"after")
                with connect(f"unix://{directory}/echo") as local:
                    exchange(local, b"hello")


class AllowUsers(daemon.InDirectory):
    def endpoint(self, users):
        return f"echo=unix://{self.directory}/echo,allow-users={users}"

    def test_admits_users_by_name_and_number(self):
        name = pwd.getpwuid(os.getuid()).pw_name
        for users in (name, str(os.getuid()), f"4000000 {name}"):
            with Daemon("-l", self.endpoint(users)) as sluiced, connect(sluiced.endpoint) as peer:
                exchange(peer, b"hello")

    def test_operators_of_a_chat_are_users_of_this_host(self):
        for users, is_one in ((os.getuid(), True), (4000000, False)):
            with Daemon("-l", f"chat=tcp://127.0.0.1:0,operators={users},reserved=root", "-l",
                        f"chat=unix://{self.directory}/chat") as sluiced:
                remote, local = sluiced.endpoints("chat")
                with Member(local) as ann, Member(remote, "bob") as bob:
                    if is_one:
                        self.assertEqual(ann.line(), "* you are an operator of the house")
                    self.assertEqual(ann.line(), "* guest2 joined")
                    self.assertEqual(ann.line(), "* guest2 is now bob")
                    self.assertEqual(ann.ask("/nick root")[:25], "* the name root is reserv")
                    ann.say("/kick bob noise")
                    if is_one:
                        self.assertEqual(bob.line(), "* guest1 removed bob from the room (noise)")
                        self.assertEqual(bob.raw_line(), b"")
                    else:
                        self.assertEqual(ann.line(),
                                         "* only an operator of the room can do that")

    def test_show_connections_has_user_group_and_process(self):
        with Daemon("-l", self.endpoint(os.getuid()), counted=True) as sluiced:
            with connect(sluiced.endpoint) as peer:
                exchange(peer, b"hello")
                rows = control.Control(sluiced.control.path).rows("show", "connections")
            self.assertEqual([row["peer"] for row in rows],
                             [f"uid:{os.getuid()},gid:{os.getgid()},pid:{os.getpid()}"])

    def test_refuses_all_others_also_root_and_says_so(self):
        with Daemon("-l", self.endpoint("4000000"), counted=True) as sluiced:
            with connect(sluiced.endpoint) as peer:
                self.assertTrue(was_closed(peer))
            self.assertEqual(sluiced.counters()["refused"], 1)
            sluiced.wait_for_log(rf"refused: uid {os.getuid()} is not in allow-users")

    def test_a_file_has_it_too_and_a_wrong_user_is_named(self):
        file = self.directory / "sluiced.conf"
        text = (f'[[service]]\nkind = "echo"\nlisten = "unix://{self.directory}/echo"\n'
                'allow-users = ["USER", "4000000"]\n')
        file.write_text(text.replace("USER", str(os.getuid())), encoding="utf-8")
        with Daemon("-f", str(file)) as sluiced, connect(sluiced.endpoint) as peer:
            exchange(peer, b"hello")
        file.write_text(text.replace("USER", "no-such-user"), encoding="utf-8")
        result = daemon.run("-n", "-f", str(file))
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(b'allow-users "no-such-user" is neither a number nor a user', result.stderr)


if __name__ == "__main__":
    daemon.main()
