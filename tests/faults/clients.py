"""What the clients of run.py do with each service. A client that is not served correctly throws."""
import contextlib
import re
import select
import socket
import struct
import zlib

PATIENCE = 3  # seconds
ASKED = 8  # times, of a datagram
ANSWER_IN = 0.2


def connect(endpoint):
    scheme, _, rest = endpoint.partition("://")
    if scheme == "unix":
        client = socket.socket(socket.AF_UNIX)
        address = rest
    else:
        host, _, port = rest.rpartition(":")
        client = socket.socket(socket.AF_INET,
                               socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM)
        address = (host.replace("*", "127.0.0.1"), int(port))
    client.settimeout(PATIENCE)
    try:
        client.connect(address)
    except BaseException:
        client.close()
        raise
    return client


def exactly(client, count):
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        assert piece, f"the end after {data[:80]!r}"
        data += piece
    return data


def expect(client, wanted):
    got = exactly(client, len(wanted))
    assert got == wanted, f"{got[:80]!r} in place of {wanted[:80]!r}"


def expect_end(client):
    got = client.recv(1)
    assert got == b"", f"{got!r} in place of the end"


def until(client, pattern, beside=None):
    """Reads up to what the pattern finds. It will not come when the one beside is gone."""
    data = b""
    while not re.search(pattern, data):
        if beside is not None:
            ready, _, _ = select.select([client, beside], [], [], PATIENCE)
            assert ready, f"nothing comes after {data!r}"
            if beside in ready:
                assert beside.recv(4096), "the other one is gone"
            if client not in ready:
                continue
        piece = client.recv(4096)
        assert piece, f"the end after {data!r}"
        data += piece
    return data


def ask(endpoint, question):
    with connect(endpoint) as client:
        client.settimeout(ANSWER_IN)
        for _ in range(ASKED):
            client.send(question)
            with contextlib.suppress(TimeoutError):
                return client.recv(65536)
    raise AssertionError(f"no answer to {question!r}")


def echo(endpoints, transport):
    big = bytes(range(256)) * 400
    with connect(endpoints["echo", transport]) as client:
        client.sendall(b"hello")
        expect(client, b"hello")
        client.sendall(big)
        expect(client, big)
        client.shutdown(socket.SHUT_WR)
        expect_end(client)


def echo_tcp(endpoints):
    echo(endpoints, "tcp")


def echo_unix(endpoints):
    echo(endpoints, "unix")


def echo_udp(endpoints):
    for question in (b"hello", b"again"):
        answer = ask(endpoints["echo", "udp"], question)
        assert answer == question, answer


def discard(endpoints):
    with connect(endpoints["discard", "tcp"]) as client:
        client.sendall(b"nothing of this")
        client.shutdown(socket.SHUT_WR)
        expect_end(client)


def chargen(endpoints):
    with connect(endpoints["chargen", "tcp"]) as client:
        assert exactly(client, 74 * 100).startswith(b" !\"#$")


def times(endpoints):
    with connect(endpoints["daytime", "tcp"]) as client:
        assert until(client, rb"\n").endswith(b"\r\n")
        expect_end(client)
    seconds, = struct.unpack("!I", ask(endpoints["time", "udp"], b""))
    assert seconds > 3_000_000_000, seconds


def upper(endpoints):
    with connect(endpoints["upper", "tcp"]) as client:
        client.sendall(b"shout")
        expect(client, b"SHOUT")


def framed(endpoints):
    with connect(endpoints["framed", "tcp"]) as client:
        client.sendall(b"003one005th")
        expect(client, b"003one")
        client.sendall(b"ree")
        expect(client, b"005three")
    assert ask(endpoints["framed", "udp"], b"003two") == b"003two"


def greet(endpoints):
    with connect(endpoints["greet", "tcp"]) as client:
        expect(client, b"Hello")
        expect_end(client)


def chat(endpoints):
    with connect(endpoints["chat", "tcp"]) as ann, connect(endpoints["chat", "tcp"]) as bob:
        for member, nick in ((ann, b"ann"), (bob, b"bob")):
            other = ann if member is bob else None
            until(member, rb"here[^\n]*\n", other)
            member.sendall(b"/nick " + nick + b"\n")
            until(member, rb"is now " + nick, other)
        ann.sendall(b"good morning\n")
        until(bob, rb"ann[^\n]*good morning\n", ann)
        bob.sendall(b"/who\n/join attic\nalone\n/list\n")
        until(bob, rb"attic", ann)
        bob.sendall(b"/quit\n")


def broadcast(endpoints):
    answer = ask(endpoints["broadcast", "udp"], b"who is there?")
    assert answer == b"here", answer


def relay(endpoints):
    with connect(endpoints["relay", "tcp"]) as ann, connect(endpoints["relay", "tcp"]) as bob:
        # A client that receives what another one sends has joined.
        for _ in range(ASKED):
            bob.sendall(b"ping\n")
            if select.select([ann], [], [], ANSWER_IN)[0]:
                break
        until(ann, rb"ping\n")
        ann.sendall(b"to all others\n")
        until(bob, rb"to all others\n", ann)


def irc(endpoints):
    with connect(endpoints["irc", "tcp"]) as client:
        client.sendall(b"NICK cleo\r\nUSER cleo 0 * :Cleo\r\n")
        until(client, rb" (376|422) cleo ")
        client.sendall(b"JOIN #attic\r\nTOPIC #attic :Old things\r\nPING here\r\n")
        until(client, rb"PONG [^\n]*here\r\n")
        client.sendall(b"QUIT\r\n")
        until(client, rb"ERROR [^\n]*\n")


UPGRADE = (b"GET / HTTP/1.1\r\nHost: faults\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n")
SWITCHED = rb"^HTTP/1.1 101 [^$]*\r\n\r\n"


def websocket(endpoints):
    with connect(endpoints["echo", "ws"]) as client:
        client.sendall(UPGRADE)
        until(client, SWITCHED)
        client.sendall(b"\x82\x85\0\0\0\0hello")  # masked with zeros, which changes nothing
        expect(client, b"\x82\x05hello")
        client.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
        expect(client, b"\x88\x02\x03\xe8")
        expect_end(client)
    with connect(endpoints["echo", "ws"]) as client:
        client.sendall(UPGRADE[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        until(client, SWITCHED)
        packer = zlib.compressobj(3, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = (packer.compress(b"again " * 20) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        client.sendall(bytes([0xc2, 0x80 | len(packed)]) + bytes(4) + packed)
        expect(client, bytes([0xc2, len(packed)]) + packed)
    with connect(endpoints["chat", "ws"]) as client:
        client.sendall(UPGRADE)
        until(client, rb"^HTTP/1.1 101 [^$]*welcome")
    with connect(endpoints["irc", "ws"]) as client:
        client.sendall(UPGRADE)
        until(client, SWITCHED)
        client.sendall(b"\x81\x89\0\0\0\0NICK dora" b"\x81\x8d\0\0\0\0USER d 0 * :D")
        until(client, rb" (376|422) dora ")


def web(endpoints):
    for path in (b"/", b"/status.json", b"/metrics"):
        with connect(endpoints["web", "http"]) as client:
            client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                           b"Connection: close\r\n\r\n")
            until(client, rb"^HTTP/1.1 200 ")


CLIENTS = (echo_tcp, echo_unix, echo_udp, discard, chargen, times, upper, framed, greet, chat,
           broadcast, relay, irc, websocket, web)


class Remaining:
    """Two who are still there when the drain begins."""

    def __init__(self):
        self.sockets = []

    def come(self, endpoints):
        echo_client = connect(endpoints["echo", "tcp"])
        self.sockets.append(echo_client)
        echo_client.sendall(b"still here")
        expect(echo_client, b"still here")
        member = connect(endpoints["chat", "unix"])
        self.sockets.append(member)
        until(member, rb"here[^\n]*\n")
        # Sent, and not answered yet, when the signal comes.
        echo_client.sendall(b"last words")

    def see_the_end(self):
        if not self.sockets:
            return
        expect(self.sockets[0], b"last words")
        for client in self.sockets:
            while client.recv(4096):
                pass
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.sockets:
            client.close()
