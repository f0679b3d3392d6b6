#!/usr/bin/env python3
"""The daemon over WebSocket, with clients that we did not write: python3-websockets and curl."""
import asyncio
import os
import shutil
import struct
import subprocess
import sys
import unittest

import certificates
import daemon
from daemon import Daemon, InDirectory, run, was_closed
from websocket_client import BINARY, CLOSE, KEY, TEXT, frame, open_socket, read_frame

try:
    import websockets
except ImportError:
    # The package is for the system's Python, which need not be the first in the PATH.
    if sys.executable != "/usr/bin/python3" and os.access("/usr/bin/python3", os.X_OK):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B", *sys.argv])
    websockets = None

ECHO = "echo=ws://127.0.0.1:0"
PATIENCE = daemon.PATIENCE


def closed_with(code, reason=b""):
    return CLOSE, struct.pack(">H", code) + reason


@unittest.skipIf(websockets is None, "python3-websockets is not installed")
class ForeignClient(InDirectory):
    def converse(self, talk):
        asyncio.run(asyncio.wait_for(talk(), 3 * PATIENCE))

    def test_echoes_texts_and_bytes_as_they_came(self):
        async def talk():
            async with websockets.connect(sluiced.endpoint, max_size=None) as socket:
                for message in ("", "hello", "\u03ba\u1f79\u03c3\u03bc\u03b5", b"",
                                b"\x00\xff" * 70,
                                "a" * 65536, b"b" * (16 * 1024 * 1024)):
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)
                await socket.send(["in ", "three ", "fragments"])
                self.assertEqual(await socket.recv(), "in three fragments")
                await (await socket.ping())

        with Daemon("-l", ECHO) as sluiced:
            self.assertRegex(sluiced.endpoint, r"^ws://127\.0\.0\.1:[1-9]\d*$")
            self.converse(talk)

    def test_both_ends_close_in_order(self):
        async def talk():
            socket = await websockets.connect(sluiced.endpoint)
            await socket.close(4000, "enough")
            self.assertEqual(socket.close_code, 4000)

        with Daemon("-l", ECHO) as sluiced:
            self.converse(talk)

    def test_a_daemon_that_ends_says_that_it_goes_away(self):
        async def talk():
            async with websockets.connect(sluiced.endpoint) as socket:
                sluiced.stop()
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    await socket.recv()
                self.assertEqual(closed.exception.code, 1001)

        with Daemon("-l", ECHO) as sluiced:
            self.converse(talk)

    def test_framed_answers_each_message_by_its_rule(self):
        async def talk():
            async with websockets.connect(sluiced.endpoint) as socket:
                await socket.send("shout")
                self.assertEqual(await socket.recv(), "SHOUT")
                await socket.send(b"\xffbytes")
                self.assertEqual(await socket.recv(), b"\xffBYTES")

        with Daemon("-l", "framed=ws://127.0.0.1:0,reply=upper") as sluiced:
            self.converse(talk)

    def test_relay_passes_messages_to_all_others_unchanged(self):
        async def talk():
            peers = [await websockets.connect(sluiced.endpoint, max_size=None) for _ in range(3)]
            for message in ("one", b"two\x00", "", "x" * 100_000, b"y" * 3_000_000):
                await peers[1].send(message)
                for other in (peers[0], peers[2]):
                    self.assertEqual(await other.recv(), message)
            await peers[0].send("last")
            self.assertEqual(await peers[1].recv(), "last")
            for peer in peers:
                await peer.close()

        with Daemon("-l", "relay=ws://127.0.0.1:0") as sluiced:
            self.converse(talk)

    def test_compresses_for_a_client_that_asks_for_it(self):
        texts = ["", "short", "a" * 100, "line " * 10_000, os.urandom(5000).hex(),
                 b"\x00" * 65_536, os.urandom(70_000), "z" * 1_000_000]

        async def talk():
            for offer in ({}, {"server_max_window_bits": 8}, {"server_max_window_bits": 15},
                          {"server_no_context_takeover": True, "client_max_window_bits": 9},
                          {"client_no_context_takeover": True}):
                extension = permessage_deflate.ClientPerMessageDeflateFactory(**offer)
                async with websockets.connect(sluiced.endpoint, max_size=None, compression=None,
                                              extensions=[extension]) as socket:
                    self.assertEqual([e.name for e in socket.extensions], ["permessage-deflate"])
                    for text in texts:
                        await socket.send(text)
                        self.assertEqual(await socket.recv(), text)
                    await socket.send(["in ", "three ", "fragments" * 100])
                    self.assertEqual(await socket.recv(), "in three " + "fragments" * 100)
            async with websockets.connect(sluiced.endpoint, compression=None) as socket:
                self.assertEqual(socket.extensions, [])
                await socket.send("plain")
                self.assertEqual(await socket.recv(), "plain")

        from websockets.extensions import permessage_deflate
        with Daemon("-l", ECHO + ",deflate=on") as sluiced:
            self.converse(talk)

    def test_a_relay_and_a_chat_compress_once_for_all(self):
        async def talk():
            relay, chat = sluiced.endpoints("relay")[0], sluiced.endpoints("chat")[0]
            peers = [await websockets.connect(relay, compression=kind)
                     for kind in (None, "deflate", "deflate")]
            for message in ("x" * 50_000, os.urandom(1000), "end"):
                await peers[0].send(message)
                for other in peers[1:]:
                    self.assertEqual(await other.recv(), message)
            members = [await websockets.connect(chat, compression=kind)
                       for kind in (None, "deflate")]
            await members[0].send("hello " * 100)
            for member in members:
                while "hello hello" not in await member.recv():
                    pass
            for socket in peers + members:
                await socket.close()

        with Daemon("-l", "relay=ws://127.0.0.1:0,deflate=on", "-l",
                    "chat=ws://127.0.0.1:0,deflate=on") as sluiced:
            self.converse(talk)

    def test_irc_talks_text_or_bytes_as_the_client_prefers(self):
        async def enter(nick, *subprotocols):
            socket = await websockets.connect(sluiced.endpoint, subprotocols=subprotocols)
            encode = str.encode if socket.subprotocol == "binary.ircv3.net" else str
            for line in (f"NICK {nick}", f"USER {nick} 0 * :{nick}", "JOIN #room"):
                await socket.send(encode(line))
            await until(socket, encode(" 366 "))
            return socket

        async def until(socket, part):
            while part not in (line := await socket.recv()):
                self.assertNotIn("\r", str(line))
            return line

        async def talk():
            texts = await enter("ann", "text.ircv3.net", "binary.ircv3.net")
            self.assertEqual(texts.subprotocol, "text.ircv3.net")
            octets = await enter("bob", "binary.ircv3.net")
            self.assertEqual(octets.subprotocol, "binary.ircv3.net")
            await until(texts, " JOIN #room")
            await texts.send("PRIVMSG #room :gr\u00fc\u00dfe")
            self.assertRegex((await octets.recv()).decode(),
                             "^:ann!~ann@[0-9a-f]{16}[.]hidden PRIVMSG #room :gr\u00fc\u00dfe$")
            await octets.send(b"QUIT :\xff")
            self.assertEqual(await octets.recv(), "ERROR :Closing Link: \ufffd".encode())
            await octets.wait_closed()
            self.assertEqual(octets.close_code, 1000)
            self.assertRegex(await texts.recv(), "^:bob!.* QUIT :?\ufffd$")
            await texts.close()

        with Daemon("-l", "irc=ws://127.0.0.1:0") as sluiced:
            self.converse(talk)

    @daemon.needs_tls
    def test_over_tls_and_over_a_unix_socket(self):
        async def talk():
            context = root.client()
            secure, local = sluiced.endpoints("echo")
            port = secure.rpartition(":")[2]
            async with websockets.connect(f"wss://localhost:{port}", ssl=context,
                                          host="127.0.0.1") as socket:
                await socket.send("through TLS")
                self.assertEqual(await socket.recv(), "through TLS")
            async with websockets.unix_connect(local.removeprefix("ws+unix://")) as socket:
                await socket.send("through a file")
                self.assertEqual(await socket.recv(), "through a file")

        root = certificates.Authority(self.directory)
        cert, key = root.sign("server")
        with Daemon("-l", f"echo=wss://127.0.0.1:0,cert={cert},key={key}", "-l",
                    f"echo=ws+unix://{self.directory}/ws") as sluiced:
            self.assertRegex(sluiced.endpoints("echo")[0], r"^wss://127\.0\.0\.1:[1-9]\d*$")
            self.converse(talk)


class Limits(InDirectory):
    def test_a_message_above_the_limit_ends_with_1009(self):
        with Daemon("-l", ECHO + ",max-message=1000") as sluiced:
            with open_socket(sluiced.endpoint) as peer:
                peer.sendall(frame(BINARY, b"x" * 1000))
                self.assertEqual(read_frame(peer), (BINARY, b"x" * 1000))
                peer.sendall(frame(BINARY, b"x" * 1001))
                self.assertEqual(read_frame(peer),
                                 closed_with(1009, b"a message is above the limit"))
                self.assertTrue(was_closed(peer))

    def test_a_text_that_is_not_utf_8_ends_with_1007(self):
        with Daemon("-l", ECHO) as sluiced, open_socket(sluiced.endpoint) as peer:
            peer.sendall(frame(TEXT, b"\xed\xa0\x80"))
            self.assertEqual(read_frame(peer), closed_with(1007, b"a text is not UTF-8"))
            self.assertTrue(was_closed(peer))

    def test_a_relay_takes_so_many_peers_and_refuses_the_next_one(self):
        with Daemon("-l", "relay=ws://127.0.0.1:0,max-peers=1") as sluiced:
            with open_socket(sluiced.endpoint):
                with self.assertRaisesRegex(AssertionError, "HTTP/1.1 503 "):
                    open_socket(sluiced.endpoint)

    def test_a_relay_carries_bytes_and_messages(self):
        path = self.directory / "sluiced.conf"
        path.write_text('[[service]]\nkind = "relay"\nlisten = ["tcp://127.0.0.1:0", '
                        '"ws://127.0.0.1:0"]\nmax-message = 5000\n', encoding="utf-8")
        with Daemon("-f", str(path)) as sluiced:
            plain, messages = sluiced.endpoints("relay")
            with daemon.connect(plain) as one, open_socket(messages) as two:
                # It has joined when what it sends arrives.
                two.sendall(frame(TEXT, b"hello"))
                self.assertEqual(daemon.receive_exactly(one, 5), b"hello")
                one.sendall(b"bytes")
                self.assertEqual(read_frame(two), (BINARY, b"bytes"))


class Handshake(InDirectory):
    def curl(self, endpoint, *headers, method="GET"):
        """(status, head) of the refusal."""
        command = ["curl", "-si", "--max-time", str(PATIENCE), "-X", method]
        for header in headers:
            command += ["-H", header]
        done = subprocess.run([*command, endpoint.replace("ws://", "http://")],
                              stdout=subprocess.PIPE, check=True, timeout=2 * PATIENCE)
        return int(done.stdout.split()[1]), done.stdout.decode()

    @unittest.skipIf(shutil.which("curl") is None, "curl is not installed")
    def test_curl_is_told_what_is_wrong(self):
        good = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Version: 13"]
        with Daemon("-l", ECHO) as sluiced:
            at = sluiced.endpoint
            status, head = self.curl(at)
            self.assertEqual(status, 426)
            self.assertIn("Upgrade: websocket\r\n", head)
            status, head = self.curl(at, *good[:3], "Sec-WebSocket-Version: 8")
            self.assertEqual(status, 426)
            self.assertIn("Sec-WebSocket-Version: 13\r\n", head)
            self.assertEqual(self.curl(at, *good[:2], good[3])[0], 400)
            self.assertEqual(self.curl(at, *good, "Origin: http://evil.example")[0], 403)
            self.assertEqual(self.curl(at, *good, method="POST")[0], 405)

    def test_the_key_origin_says_which_pages_may_connect(self):
        with Daemon("-l", ECHO + ",origin=https://a.example https://b.example") as sluiced:
            open_socket(sluiced.endpoint, "/", "Origin: https://b.example").close()
            open_socket(sluiced.endpoint).close()
            with self.assertRaisesRegex(AssertionError, "HTTP/1.1 403 "):
                open_socket(sluiced.endpoint, "/", "Origin: http://127.0.0.1")


class Usage(unittest.TestCase):
    def expect_refused(self, listen, message):
        done = run("-l", listen)
        self.assertEqual(done.returncode, 2)
        self.assertIn(message, done.stderr.decode())

    def test_names_what_is_wrong(self):
        self.expect_refused("chargen=ws://127.0.0.1:0", "chargen does not run over ws")
        self.expect_refused("echo=tcp://127.0.0.1:0,origin=*",
                            'key "origin" is not valid for echo over tcp')
        self.expect_refused("framed=ws://127.0.0.1:0,framing=line",
                            'key "framing" is not valid for framed over ws')
        self.expect_refused("echo=ws://127.0.0.1:0,ping=1ms",
                            'ping "1ms" is too short; allowed: 1s-1d')
        self.expect_refused("echo=wss://127.0.0.1:0", "TLS needs cert=FILE")


if __name__ == "__main__":
    daemon.main()
