#!/usr/bin/env python3
"""Twisted's receivers as peers of the service framed: what either sends the other reads."""
import os
import random
import sys
import unittest

import daemon
from daemon import Daemon, address_of, connect, receive_exactly

try:
    from twisted.internet import reactor
    from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
    from twisted.internet.testing import StringTransport
    from twisted.protocols import basic
except ImportError:
    # The package is for the system's Python, which need not be the first in the PATH.
    if sys.executable != "/usr/bin/python3" and os.access("/usr/bin/python3", os.X_OK):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B", *sys.argv])
    basic = None

LONGEST = 20_000


def some_messages(rng, longest):
    sizes = [0, 1, 9, 10, 99, 100, min(255, longest), longest]
    sizes += [rng.randint(0, longest) for _ in range(20)]
    # Letters: a message of lines holds no end of a line.
    return [bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(size))
            for size in sizes]


if basic is not None:
    class Sender:
        """Sends its messages, collects the answers, and leaves when all are there."""
        MAX_LENGTH = LONGEST

        def __init__(self, messages):
            self.messages = messages
            self.answers = []
            self.why = None

        def connectionMade(self):
            super().connectionMade()
            for message in self.messages:
                self.say(message)

        def say(self, message):
            self.sendString(message)

        def stringReceived(self, string):
            self.answers.append(string)
            if len(self.answers) == len(self.messages):
                self.transport.loseConnection()

        def connectionLost(self, reason=None):
            self.why = reason
            Peers.left -= 1
            if Peers.left == 0:
                reactor.stop()

    class Netstring(Sender, basic.NetstringReceiver):
        pass

    class Int8(Sender, basic.Int8StringReceiver):
        pass

    class Int16(Sender, basic.Int16StringReceiver):
        pass

    class Int32(Sender, basic.Int32StringReceiver):
        pass

    class CrLf(Sender, basic.LineReceiver):
        say = basic.LineReceiver.sendLine
        lineReceived = Sender.stringReceived

    class Lf(CrLf):
        delimiter = b"\n"

    # framing: (the peer's class, the longest message)
    KINDS = {
        "netstring": (Netstring, LONGEST),
        "u8": (Int8, 255),
        "u16be": (Int16, LONGEST),
        "u32be": (Int32, LONGEST),
        "line": (Lf, LONGEST),
        "delimiter:0d0a": (CrLf, LONGEST),
    }


@unittest.skipIf(basic is None, "python3-twisted is not installed")
class Peers(unittest.TestCase):
    left = 0

    @classmethod
    def setUpClass(cls):
        arguments = []
        for framing in KINDS:
            arguments += ["-l", f"framed=tcp://127.0.0.1:0,framing={framing},reply=upper",
                          "-l", f"framed=tcp://127.0.0.1:0,framing={framing}"]
        cls.daemon = Daemon(*arguments)
        endpoints = iter(cls.daemon.endpoints("framed"))
        cls.endpoints = {framing: (next(endpoints), next(endpoints)) for framing in KINDS}

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)

    def test_live(self):
        rng = random.Random(1)
        peers = {}
        for framing, (kind, longest) in KINDS.items():
            peers[framing] = kind(some_messages(rng, longest))
            _, _, (host, port) = address_of(self.endpoints[framing][0])
            connectProtocol(TCP4ClientEndpoint(reactor, host, port), peers[framing])
        Peers.left = len(peers)
        late = reactor.callLater(30, reactor.stop)
        reactor.run()
        self.assertTrue(late.active(), "not all answers came within 30 seconds")
        late.cancel()
        for framing, peer in peers.items():
            self.assertTrue(peer.answers == [message.upper() for message in peer.messages],
                            f"{framing}: {len(peer.answers)} of {len(peer.messages)} answers")

    def test_both_write_the_same_bytes(self):
        rng = random.Random(2)
        for framing, (kind, longest) in KINDS.items():
            peer = kind([])
            transport = StringTransport()
            peer.makeConnection(transport)
            for message in some_messages(rng, longest):
                peer.say(message)
            theirs = transport.value()
            with connect(self.endpoints[framing][1]) as client:
                ours = b""
                for start in range(0, len(theirs), 30_000):
                    piece = theirs[start:start + 30_000]
                    client.sendall(piece)
                ours = receive_exactly(client, len(theirs))
            self.assertTrue(ours == theirs, framing)


if __name__ == "__main__":
    daemon.main()
