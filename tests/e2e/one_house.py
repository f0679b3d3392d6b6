"""Daemons that share something, such as a chat, through a redis-server that the test starts."""
import collections
import contextlib
import unittest

from chat import Member
from daemon import PATIENCE, Daemon, InDirectory
from redis_server import PATH, Redis

AWAY = "* the other machines cannot be reached: what you say reaches them when they are back"
BACK = "* the other machines can be reached again"
CHAT = ("-l", "chat=tcp://127.0.0.1:0,rate=off")


class Neighbour(Member):
    """A member whose house says when others cannot be reached, which on a busy machine it may say at
    any time: what line() returns is everything else."""

    def __init__(self, endpoint):
        self.kept = collections.deque()
        self.is_away = None
        super().__init__(endpoint)

    def _read(self, patience):
        line = super().line(patience)
        if line in (AWAY, BACK):
            assert self.is_away is not (line == AWAY), f"twice: {line}"
            self.is_away = line == AWAY
        else:
            self.kept.append(line)

    def line(self, patience=PATIENCE):
        while not self.kept:
            self._read(patience)
        return self.kept.popleft()

    def is_told(self, notice):
        """Until the latest notice is AWAY, or BACK; keeps the lines before it."""
        while self.is_away is not (notice == AWAY):
            self._read(PATIENCE)


@unittest.skipUnless(PATH, "there is no redis-server")
class InOneHouse(InDirectory):
    house = "main"  # as the log names it

    def setUp(self):
        super().setUp()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def redis(self, *arguments, **options):
        return self.stack.enter_context(Redis(self.directory, *arguments, **options))

    def daemon(self, *arguments, **options):
        """One that has reached the server."""
        one = self.stack.enter_context(Daemon(*arguments, **options))
        one.wait_for_log(f"bus: house {self.house}: .*: reachable")
        return one


class OneHouse(InOneHouse):
    """One chat."""

    def daemons(self, redis, count):
        return [self.daemon("--bus", redis.url, *CHAT) for _ in range(count)]

    def member(self, where, nick):
        """A newcomer of that name. Its first one may change, if another machine has that, too."""
        newcomer = self.stack.enter_context(Neighbour(where.endpoint))
        newcomer.say(f"/nick {nick}")
        while not newcomer.line().endswith(f" is now {nick}"):
            pass
        newcomer.nick = nick
        return newcomer

    def see_each_other(self, *members):
        """Until each has read what each of the others says."""
        for author in members:
            author.say(f"here is {author.nick}")
            for reader in members:
                if reader is not author:
                    reader.lines_until(f"<{author.nick}> here is {author.nick}")
