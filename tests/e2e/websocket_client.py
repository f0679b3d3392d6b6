"""WebSocket clients for tests: python3-websockets, and plain sockets for what it would not send."""
import base64
import os
import struct

from daemon import connect, receive_exactly

KEY = base64.b64encode(b"0123456789abcdef").decode()
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def request(path="/", *more, version="13"):
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket",
             "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}",
             f"Sec-WebSocket-Version: {version}", *more]
    return "".join(line + "\r\n" for line in lines).encode() + b"\r\n"


def frame(opcode, payload, fin=True):
    head = bytes([fin << 7 | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += b"\xfe" + struct.pack(">H", len(payload))
    else:
        head += b"\xff" + struct.pack(">Q", len(payload))
    mask = os.urandom(4)
    stretched = (mask * (len(payload) // 4 + 1))[:len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")
    return head + mask + masked.to_bytes(len(payload), "big")


def read_head(peer):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive_exactly(peer, 1)
    return head.decode()


def read_frame(peer):
    """(opcode, payload) of a server's frame, which is never masked and always the last."""
    first, second = receive_exactly(peer, 2)
    assert first & 0xf0 == 0x80 and second < 0x80, (first, second)
    length = second
    if length == 126:
        length, = struct.unpack(">H", receive_exactly(peer, 2))
    elif length == 127:
        length, = struct.unpack(">Q", receive_exactly(peer, 8))
    return first & 0xf, receive_exactly(peer, length) if length else b""


def open_socket(endpoint, path="/", *more):
    """A connection whose handshake is done."""
    peer = connect(endpoint)
    peer.sendall(request(path, *more))
    head = read_head(peer)
    if not head.startswith("HTTP/1.1 101 "):
        peer.close()
        raise AssertionError(head)
    return peer
