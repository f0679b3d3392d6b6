"""One chat on several daemons: order, members, secrets and TLS."""
import itertools
import re
import threading

import daemon
from daemon import PATIENCE, Daemon, connect
from one_house import CHAT, OneHouse


NUMBERS = itertools.count(1)
IRC = ("-l", "irc=tcp://127.0.0.1:0")


def ids_of_lobby(endpoint):
    """[(id, text)] of the messages that a daemon keeps, as a client of IRC reads them."""
    with connect(endpoint) as client, client.makefile("rwb") as file:
        client.settimeout(PATIENCE)
        file.write(f"CAP REQ :message-tags draft/chathistory batch\r\nNICK eve{next(NUMBERS)}\r\n"
                   "USER eve 0 * :e\r\nCAP END\r\nJOIN #lobby\r\n"
                   "CHATHISTORY LATEST #lobby * 50\r\nPING the-end\r\n".encode())
        file.flush()
        read = b""
        while b"PONG" not in read:
            line = file.readline()
            assert line, f"the connection ended after {read!r}"
            read += line
    return re.findall(r"msgid=(\S+) .* PRIVMSG #lobby :(.*)\r", read.decode())


class Works(OneHouse):
    def test_a_message_has_the_same_id_on_each_daemon_and_after_a_restart(self):
        redis = self.redis()
        first, second = (self.daemon("--bus", redis.url, *CHAT, *IRC) for _ in range(2))
        ann, bob = self.member(first, "ann"), self.member(second, "bob")
        self.see_each_other(ann, bob)
        ann.say("one", "two", "three")  # together, so that they have one time
        bob.lines_until("<ann> three")
        bob.say("four")
        ann.lines_until("<bob> four")
        [at_first], [at_second] = first.endpoints("irc"), second.endpoints("irc")
        ids = ids_of_lobby(at_first)
        self.assertEqual([text for _, text in ids[-4:]], ["one", "two", "three", "four"])
        self.assertEqual(len({name for name, _ in ids}), len(ids))
        self.assertTrue(daemon.wait_until(lambda: ids_of_lobby(at_second) == ids))
        third = self.daemon("--bus", redis.url, *CHAT, *IRC)
        self.assertEqual(ids_of_lobby(*third.endpoints("irc")), ids)

    def test_all_members_read_all_lines_in_one_order(self):
        daemons = self.daemons(self.redis(), 3)
        authors = [self.member(one, f"author{n}") for n, one in enumerate(daemons)]
        readers = [self.member(one, f"reader{n}") for n, one in enumerate(daemons)]
        self.see_each_other(*authors, *readers)
        count = 200

        def talk(author):
            for number in range(count):
                author.say(f"line {number}")

        threads = [threading.Thread(target=talk, args=(author,)) for author in authors]
        for thread in threads:
            thread.start()
        heard = [reader.lines(count * 3) for reader in readers]
        for thread in threads:
            thread.join()
        self.assertEqual(heard[0], heard[1])
        self.assertEqual(heard[0], heard[2])
        for author in authors:
            own = [line for line in heard[0] if line.startswith(f"<{author.nick}>")]
            self.assertEqual(own, [f"<{author.nick}> line {n}" for n in range(count)])
            theirs = [line for line in heard[0] if not line.startswith(f"<{author.nick}>")]
            self.assertEqual(author.lines(count * 2), theirs)

    def test_members_of_other_daemons_are_members(self):
        redis = self.redis()
        first, second = self.daemons(redis, 2)
        ann = self.member(first, "ann")
        bob = self.member(second, "bob")
        self.see_each_other(ann, bob)
        self.assertRegex(bob.ask("/who"), "ann.*bob|bob.*ann")
        ann.say("/msg bob psst")
        self.assertEqual(bob.line(), "[ann] psst")
        self.assertIn("taken", bob.ask("/nick ann"))
        bob.say("bye")
        bob.say("/quit")
        self.assertEqual(ann.lines(2), ["<bob> bye", "* bob left"])
        # A daemon that is started later has the members, and the lines of the lobby.
        [third] = self.daemons(redis, 1)
        cat = self.member(third, "cat")
        self.assertIn("<bob> bye", cat.welcome)
        ann.lines_until("* guest1 is now cat")
        cat.say("hello")
        self.assertEqual(ann.line(), "<cat> hello")
        third.process.terminate()
        self.assertTrue(ann.line().startswith("* cat left"))

    def test_a_secret_comes_from_a_file_and_is_not_shown(self):
        redis = self.redis(secret="open-sesame")
        secret, file = self.directory / "secret", self.directory / "sluiced.conf"
        secret.write_text("open-sesame\n")
        file.write_text(f'[bus]\nurl = "{redis.url}"\nsecret-file = "{secret}"\n'
                        '[[service]]\nkind = "chat"\nlisten = "tcp://127.0.0.1:0"\n')
        shown = daemon.run("-n", "-v", "-f", str(file)).stdout.decode()
        self.assertIn(f'secret-file = "{secret}"', shown)
        right = self.daemon("-f", str(file))
        self.assertNotIn("open-sesame", right.log() + shown)
        with Daemon("--bus", redis.url, *CHAT) as wrong:
            wrong.wait_for_log("warning bus: house main: .*: NOAUTH ")
        secret.write_text("open-barley\n")
        with Daemon("-f", str(file)) as wrong:
            wrong.wait_for_log("warning bus: house main: .*: WRONGPASS ")


if __name__ == "__main__":
    daemon.main()
