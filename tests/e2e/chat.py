"""Somebody in a chat, over a plain socket, for the tests of sluiced's service chat."""
import contextlib
import itertools
import time

from daemon import PATIENCE, connect


class Member:
    """A newcomer, which has read its welcome, and is called `nick` if one is given."""

    # Each has another address, because the rate limits a source.
    sources = (f"127.0.{number // 250 + 2}.{number % 250 + 1}" for number in itertools.count())

    def __init__(self, endpoint, nick=None, source=None):
        if source is None and endpoint.startswith("tcp://127."):
            source = next(self.sources)
        self.socket = connect(endpoint, source and (source, 0))
        self.data = b""
        self.welcome = self.lines_until("* here:", "* nobody else is here")
        self.nick = next(line.split(",")[0][len("* you are "):] for line in self.welcome
                         if line.startswith("* you are "))
        if nick is not None:
            self.say(f"/nick {nick}")
            self.lines_until(f"* {self.nick} is now {nick}")
            self.nick = nick

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def say(self, *lines):
        self.send("".join(line + "\n" for line in lines).encode())

    def raw_line(self, patience=PATIENCE):
        """The next line, with its end; what is left when the connection ends."""
        self.socket.settimeout(patience)
        while b"\n" not in self.data:
            piece = self.socket.recv(65536)
            if not piece:
                break
            self.data += piece
        line, end, self.data = self.data.partition(b"\n")
        return line + end

    def line(self, patience=PATIENCE):
        line = self.raw_line(patience).decode()
        assert line.endswith("\n"), f"the connection ended after {line!r}"
        return line[:-1]

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def lines_until(self, *begins):
        """All lines up to the first one that begins with one of these."""
        found = [self.line()]
        while not found[-1].startswith(begins):
            found.append(self.line())
        return found

    def ask(self, line):
        """What a line of one's own is answered with."""
        self.say(line)
        return self.line()

    def is_told_nothing(self, seconds=0.2):
        with contextlib.suppress(TimeoutError):
            return self.raw_line(seconds) == b""
        return True

    def rest(self):
        """All that comes until the connection ends."""
        self.socket.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            while piece := self.socket.recv(65536):
                self.data += piece
        rest, self.data = self.data.decode(), b""
        return rest.splitlines()


class Company:
    """Members who are all there and know of each other; use it with `with`."""

    def __init__(self, endpoint, *nicks):
        self.members = []
        for nick in nicks:
            self.members.append(Member(endpoint, nick))
        for member in self.members:
            member.say("/who")
            while " in lobby: " not in member.line():
                pass

    def __enter__(self):
        return self.members

    def __exit__(self, *_):
        for member in self.members:
            member.socket.close()


def seconds_of(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start
