#!/usr/bin/env python3
"""sluice-talk over WebSocket: with sluiced's doors, with python3-websockets as the server, and with
servers that break the protocol."""
import asyncio
import base64
import contextlib
import hashlib
import http
import os
import struct
import sys
import threading
import time
import unittest

import daemon
import talk as client
import websocket_client
from daemon import PATIENCE, Daemon
from talk import Server, start, talk
from websocket_client import CLOSE, TEXT

try:
    import websockets
except ImportError:
    # The package is for the system's Python, which need not be the first in the PATH.
    if sys.executable != "/usr/bin/python3" and os.access("/usr/bin/python3", os.X_OK):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B", *sys.argv])
    websockets = None

TIMEOUT = ("--timeout", f"{PATIENCE}s")
AT_ONCE = ("--wait", "0", *TIMEOUT)


class Sluiced(unittest.TestCase):
    def test_messages_are_compressed_if_both_sides_want_it(self):
        line = b"again and again " * 100 + b"\n"
        for keys, agreed in ((",deflate=on", True), ("", False)):
            with Daemon("-l", f"echo=ws://127.0.0.1:0{keys}") as sluiced:
                result = talk("-v", "--deflate", sluiced.endpoint, *AT_ONCE, typed=line)
            self.assertEqual((result.status, result.stdout), (0, line), result.stderr)
            self.assertEqual("\nsluice-talk: compressed\n" in result.stderr, agreed, result.stderr)

    def test_each_line_is_a_message_and_the_end_of_the_input_closes(self):
        with Daemon("-l", "echo=ws://127.0.0.1:0") as sluiced:
            result = talk(sluiced.endpoint, *AT_ONCE, typed="one\n\ntw\u00f6".encode())
        self.assertEqual((result.status, result.stdout, result.stderr),
                         (0, "one\n\ntw\u00f6\n".encode(), ""))

    def test_messages_of_every_length(self):
        lines = b"".join(b"x" * size + b"\n" for size in (0, 125, 126, 65535, 65536, 1000000))
        with Daemon("-l", "echo=ws://127.0.0.1:0") as sluiced:
            result = talk(sluiced.endpoint, *AT_ONCE, typed=lines)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertTrue(result.stdout == lines)

    def test_more_than_both_ends_can_hold(self):
        lines = b"".join(b"%07d" % number + b"x" * 1000 + b"\n" for number in range(10000))
        with Daemon("-l", "echo=ws://127.0.0.1:0") as sluiced:
            result = talk(sluiced.endpoint, *AT_ONCE, typed=lines)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertTrue(result.stdout == lines)

    def test_one_question_and_one_answer(self):
        with Daemon("-l", "framed=ws://127.0.0.1:0,reply=upper") as sluiced:
            result = talk(sluiced.endpoint, "--send", "shout", "--expect", "1", "--json", *TIMEOUT)
            self.assertEqual(result.status, 0, result.stderr)
            self.assertIn('"size":5,"text":"SHOUT"}', result.lines[0])
            result = talk(sluiced.endpoint, "--send", "a", "--wait", "300ms", *TIMEOUT)
            self.assertEqual((result.status, result.stdout), (0, b"A\n"), result.stderr)

    def test_two_of_them_talk_through_a_relay(self):
        with Daemon("-l", "relay=ws://127.0.0.1:0", counted=True) as sluiced:
            reader = start(sluiced.endpoint, "--receive-only", "--expect", "2", *TIMEOUT)
            self.addCleanup(reader.kill)
            daemon.wait_until(lambda: sluiced.counters()["accepted"] == 1)
            # Accepted is not yet a peer: the relay passes on what comes after the handshake.
            deadline = time.monotonic() + PATIENCE
            while reader.poll() is None and time.monotonic() < deadline:
                self.assertEqual(talk(sluiced.endpoint, "--send", "\u263a", *AT_ONCE).status, 0)
            out, err = reader.communicate(timeout=PATIENCE)
        self.assertEqual((reader.returncode, out, err), (0, "\u263a\n\u263a\n".encode(), b""))

    def test_the_page_of_the_chat_speaks_to_it_and_shows_the_path(self):
        with Daemon("-l", "web=http://127.0.0.1:0") as sluiced:
            place = sluiced.endpoint.replace("http://", "ws://")
            result = talk(place + "/chat", "--receive-only", "--expect", "1", *TIMEOUT)
            self.assertEqual(result.status, 0, result.stderr)
            self.assertTrue(result.stdout.startswith(b"{"), result.stdout)
            result = talk(place + "/none", "--send", "x", *AT_ONCE)
        self.assertEqual((result.status, result.stdout), (1, b""))
        self.assertRegex(result.stderr, f"^sluice-talk: {place}/none: the server answered 4")

    def test_a_daemon_that_ends_closes_in_order(self):
        with Daemon("-l", "echo=ws://127.0.0.1:0") as sluiced:
            reader = start(sluiced.endpoint, "-v", "--receive-only", *TIMEOUT)
            self.addCleanup(reader.kill)
            self.assertIn(b"connected to ws://", reader.stderr.readline())
            sluiced.stop()
            reader.communicate(timeout=PATIENCE)
            self.assertEqual(reader.returncode, 0)

    def test_a_message_that_is_too_long_for_the_server(self):
        with Daemon("-l", "echo=ws://127.0.0.1:0,max-message=10") as sluiced:
            result = talk(sluiced.endpoint, "--send", "eleven byte", *AT_ONCE)
        self.assertEqual(result.status, 1)
        self.assertIn("the peer closed with 1009: ", result.stderr)

    def test_a_line_that_is_not_utf_8(self):
        with Daemon("-l", "echo=ws://127.0.0.1:0") as sluiced:
            result = talk(sluiced.endpoint, *AT_ONCE, typed=b"one\n\xff\n")
        self.assertEqual(result.status, 1)
        self.assertIn("standard input, line 2: a text message of WebSocket is UTF-8", result.stderr)


@unittest.skipIf(websockets is None, "python3-websockets is not installed")
class ForeignServer(unittest.TestCase):
    @contextlib.contextmanager
    def serving(self, handler, **more):
        """ws://HOST:PORT of a server of python3-websockets that runs in a thread."""
        loop = asyncio.new_event_loop()
        ready = threading.Event()
        found = []

        async def serve():
            async with websockets.serve(handler, "127.0.0.1", 0, **more) as server:
                found.append(server.sockets[0].getsockname()[1])
                found.append(asyncio.Event())
                ready.set()
                await found[1].wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
        thread.start()
        self.assertTrue(ready.wait(PATIENCE))
        try:
            yield f"ws://127.0.0.1:{found[0]}"
        finally:
            loop.call_soon_threadsafe(found[1].set)
            thread.join(PATIENCE)
            loop.close()

    def test_echo_fragments_pings_and_a_path(self):
        async def handler(socket, path):
            await socket.send(path)
            await socket.send(["in ", "three ", "fragments"])
            await socket.send(b"\x00\xff")
            await (await socket.ping())
            async for message in socket:
                await socket.send(message)

        with self.serving(handler) as place:
            result = talk(place + "/where?x=1", *TIMEOUT, "--hex", typed=b"last\n")
        self.assertEqual(result.status, 0, result.stderr)
        text = result.stdout.decode()
        for part in ("|/where?x=1|", "|in three fragmen|", "00 ff", "|last|"):
            self.assertIn(part, text)

    def test_messages_are_compressed_with_a_server_that_can(self):
        async def handler(socket, _path):
            async for message in socket:
                await socket.send(f"{socket.extensions[0].name} {message}")

        words = "again and again " * 100
        with self.serving(handler) as place:
            result = talk(place, "-v", "--deflate", *TIMEOUT, typed=words.encode() + b"\n")
        self.assertEqual(result.stdout.decode(), f"permessage-deflate {words}\n", result.stderr)
        self.assertIn("\nsluice-talk: compressed\n", result.stderr)

    def test_close_codes_decide_the_status(self):
        async def handler(socket, path):
            if path != "/none":
                await socket.close(int(path[1:]), "the \u00e4nd")

        with self.serving(handler) as place:
            for code in (1000, 1001):
                result = talk(f"{place}/{code}", "--receive-only", *TIMEOUT)
                self.assertEqual((result.status, result.stderr), (0, ""))
            for code in (1008, 1011, 3000, 4999):
                result = talk(f"{place}/{code}", "--receive-only", *TIMEOUT)
                self.assertEqual(result.status, 1)
                self.assertEqual(result.stderr, f"sluice-talk: {place}/{code}: the peer closed "
                                                f"with {code}: the \u00e4nd\n")

    def test_a_subprotocol_is_agreed_on_and_shown(self):
        async def handler(socket, _path):
            await socket.send(socket.subprotocol)

        with self.serving(handler, subprotocols=["two", "three"]) as place:
            result = talk(place, "-v", "--subprotocol", "one", "--subprotocol", "two", "--receive-only",
                          "--expect", "1", *TIMEOUT)
        self.assertEqual((result.status, result.stdout), (0, b"two\n"), result.stderr)
        self.assertIn("sluice-talk: subprotocol two\n", result.stderr)

    def test_a_server_that_refuses(self):
        async def handler(_socket, _path):
            pass

        async def refuse(_path, _headers):
            return http.HTTPStatus.UNAUTHORIZED, [], b"who are you?"

        with self.serving(handler, process_request=refuse) as place:
            result = talk(place + "/", "--receive-only", *TIMEOUT)
        self.assertEqual((result.status, result.stdout), (1, b""))
        self.assertEqual(result.stderr,
                         f"sluice-talk: {place}/: the server answered 401 Unauthorized\n")


def answering(*parts):
    """For Server: does the handshake, sends the parts, and closes."""
    def serve(peer):
        accept_handshake(peer)
        for part in parts:
            peer.sendall(part)
    return serve


def accept_handshake(peer):
    head = websocket_client.read_head(peer)
    key = head.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + base64.b64encode(digest) +
                 b"\r\n\r\n")


def server_frame(opcode, payload):
    return bytes([0x80 | opcode, len(payload)]) + payload


class Failures(unittest.TestCase):
    def expect(self, server, *arguments, said, status=1, printed=b""):
        with server:
            place = server.endpoint.replace("tcp://", "ws://") + "/"
            result = talk(place, *(arguments or ("--receive-only", *TIMEOUT)))
        self.assertEqual((result.status, result.stdout), (status, printed), result.stderr)
        self.assertEqual(result.stderr, f"sluice-talk: {place}: {said}\n")

    def test_an_end_without_a_close_frame(self):
        self.expect(Server(answering(server_frame(TEXT, b"half"))), printed=b"half\n",
                    said="the peer closed without a Close frame")

    def test_a_malformed_frame_is_answered_and_named(self):
        received = []

        def serve(peer):
            accept_handshake(peer)
            peer.sendall(b"\x81\x85abcdhello")
            received.append(peer.recv(100))
        self.expect(Server(serve), said="a frame of a server is masked")
        head, mask, payload = received[0][:2], received[0][2:6], received[0][6:]
        self.assertEqual(head[0], 0x80 | CLOSE)
        code = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))[:2]
        self.assertEqual(code, struct.pack(">H", 1002))

    def test_a_peer_that_does_not_speak_http(self):
        self.expect(Server(client.saying(b"220 mail.example ESMTP\r\n")),
                    said="the peer does not speak HTTP/1.1")

    def test_a_peer_that_closes_or_is_silent(self):
        self.expect(Server(lambda peer: peer.recv(4096)),
                    said="the server closed the connection before it answered the handshake")
        self.expect(Server(lambda peer: peer.recv(4096) and peer.recv(4096)), "--receive-only",
                    "--timeout", "300ms", status=3, said="no WebSocket handshake within 300 ms")

    def test_fewer_messages_than_expected(self):
        self.expect(Server(answering(server_frame(TEXT, b"1"), server_frame(CLOSE, b"\x03\xe8"))),
                    "--receive-only", "--expect", "2", printed=b"1\n",
                    said="received 1 of 2 messages before the peer finished sending")

    def test_a_close_before_the_end_of_the_input(self):
        with Server(answering(server_frame(CLOSE, b"\x03\xe8"))) as server:
            process = start(server.endpoint.replace("tcp://", "ws://"), *TIMEOUT)
            self.addCleanup(process.kill)
            self.assertEqual(process.wait(PATIENCE), 1)
            said = process.stderr.read()
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()
        self.assertIn(b"the peer closed before the end of the input", said)


if __name__ == "__main__":
    client.main()
