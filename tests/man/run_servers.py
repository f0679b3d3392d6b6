#!/usr/bin/env python3
"""Runs the examples that serve until they are told to stop, and talks to them as a stranger would.

What the others print is compared with their pages by check_examples.py.

Usage: run_servers.py --run DIR
"""
import argparse
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading

SECONDS = 10


class Server:
    """An example that prints `listening ENDPOINT` and serves it; killed when the block is left."""

    def __init__(self, program, *arguments):
        self.name = program.name
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        self.read_endpoint()

    def read_endpoint(self):
        line = self.process.stdout.readline()
        assert line.startswith("listening "), f"{self.name} says {line!r}"
        self.endpoint = line.split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def connect(self):
        scheme, _, place = self.endpoint.partition("://")
        if scheme == "unix":
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(SECONDS)
            peer.connect(place)
            return peer
        host, _, port = place.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), SECONDS)


def read_to_the_end(peer):
    text = b""
    while piece := peer.recv(65536):
        text += piece
    return text


def read_line(peer):
    text = b""
    while not text.endswith(b"\n"):
        piece = peer.recv(1)
        assert piece, f"the connection ended after {text!r}"
        text += piece
    return text


def expect(got, want):
    assert got == want, f"{want!r} is expected, not {got!r}"


def echo_server(run, directory):
    for endpoint in ("tcp://127.0.0.1:0", f"unix://{directory}/echo.sock"):
        with Server(run / "echo_server", endpoint) as server:
            with server.connect() as peer:
                peer.sendall(b"hello\n")
                expect(read_line(peer), b"hello\n")
                server.process.send_signal(signal.SIGTERM)
                expect(read_to_the_end(peer), b"")
            expect(server.process.wait(SECONDS), 0)
    result = subprocess.run([run / "echo_server", "tcp://nowhere:1"], stderr=subprocess.PIPE,
                            text=True, timeout=SECONDS, check=False)
    expect(result.returncode, 1)
    assert "not a numeric address" in result.stderr, result.stderr


def chat(run, _):
    with Server(run / "chat", "tcp://127.0.0.1:0") as server:
        # A newcomer who has been heard is in the room, and so are those who came before.
        with server.connect() as ann, server.connect() as bob:
            bob.sendall(b"bob\n")
            expect(read_line(ann), b"bob\n")
            with server.connect() as cleo:
                cleo.sendall(b"cleo\n")
                for hearer in (ann, bob):
                    expect(read_line(hearer), b"cleo\n")
                talk(server, ann, bob, cleo)


def talk(server, ann, bob, cleo):
    for speaker, hearers in ((ann, (bob, cleo)), (bob, (ann, cleo)), (cleo, (ann, bob))):
        speaker.sendall(b"one\ntwo\nha")
        for hearer in hearers:
            expect(read_line(hearer), b"one\n")
            expect(read_line(hearer), b"two\n")
    ann.sendall(b"lf\n")
    expect(read_line(bob), b"half\n")
    bob.close()
    cleo.sendall(b"lf\n")
    expect(read_line(ann), b"half\n")
    expect(read_line(cleo), b"half\n")
    ann.sendall(b"x" * 5000)
    expect(server.process.stdout.readline(), "a member was cut: input limit\n")


def chat_rooms(run, _):
    with Server(run / "chat_rooms", "tcp://127.0.0.1:0") as server:
        for line in ("Welcome to the hall.", "* you are scribe, in the room hall",
                     "* nobody else is here"):
            expect(server.process.stdout.readline(), line + "\n")
        with server.connect() as ann, server.connect() as bob:
            for peer, number, here in ((ann, 1, b"scribe"), (bob, 2, b"scribe, guest1")):
                expect(read_line(peer), b"Welcome to the hall.\n")
                expect(read_line(peer), b"* you are guest%d, in the room hall\n" % number)
                expect(read_line(peer), b"* here: " + here + b"\n")
            expect(read_line(ann), b"* guest2 joined\n")
            ann.sendall("/nick ann\r\nhé\r\n".encode())
            expect(read_line(ann), b"* guest1 is now ann\n")
            expect(read_line(bob), b"* guest1 is now ann\n")
            expect(read_line(bob), "<ann> hé\n".encode())
            bob.sendall(b"/quit late\n")
            expect(read_line(ann), b"* guest2 left (late)\n")
            expect(read_to_the_end(bob), b"")
        said = [server.process.stdout.readline() for _ in range(5)]
        expect(said[3:], ["<ann> hé\n", "* guest2 left (late)\n"])


def irc(run, _):
    with Server(run / "irc", "tcp://127.0.0.1:0", "tcp://127.0.0.1:0") as server:
        with server.connect() as ann:
            expect(read_line(ann), b"Welcome. Type to talk; /help lists the commands.\n")
            expect(read_line(ann), b"* you are guest1, in the room lobby\n")
            expect(read_line(ann), b"* nobody else is here\n")
            server.read_endpoint()
            with server.connect() as bob:
                bob.sendall(b"NICK bob\r\nUSER bob 0 * :Bob\r\nJOIN #lobby\r\n")
                expect(read_line(ann), b"* bob joined\n")
                bob.sendall(b"PRIVMSG #lobby :hello\r\nQUIT\r\n")
                expect(read_line(ann), b"<bob> hello\n")
                expect(read_line(ann), b"* bob left (Quit)\n")
                assert b" 376 bob " in read_to_the_end(bob)


def control(run, directory):
    path = f"{directory}/control.sock"
    with Server(run / "control", f"unix://{path}") as server:
        expect(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with server.connect() as first, server.connect() as second:
            second.sendall(b"op")
            first.sendall(b"open\nwhat\ncommands\n")
            assert read_line(first) in (b"1\n", b"2\n")
            expect(read_line(first), b"commands are: open, commands, stop\n")
            expect(read_line(first), b"3\n")
            second.sendall(b"en\nstop\n")
            expect(read_line(second), b"2\n")
            expect(read_to_the_end(second), b"stopping\n")
            expect(read_to_the_end(first), b"")
        expect(server.process.wait(SECONDS), 0)
        assert not os.path.exists(path), "the socket's file is still there"


def move_service(run, _):
    with Server(run / "move_service") as server:
        with server.connect() as old:
            old.sendall(b"one\n")
            expect(read_line(old), b"one\n")
            server.process.send_signal(signal.SIGHUP)
            former = server.endpoint
            server.read_endpoint()
            assert server.endpoint != former, former
            expect(read_to_the_end(old), b"")
            with server.connect() as new:
                new.sendall(b"two\n")
                expect(read_line(new), b"two\n")
                old.close()
                new.sendall(b"three\n")
                expect(read_line(new), b"three\n")
                server.process.send_signal(signal.SIGTERM)
                expect(read_to_the_end(new), b"")
        expect(server.process.wait(SECONDS), 0)


def websocket_echo(run, _):
    with Server(run / "websocket_echo", "tcp://127.0.0.1:0") as server:
        with server.connect() as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            expect(read_line(peer), b"HTTP/1.1 101 Switching Protocols\r\n")
            while (line := read_line(peer)) != b"\r\n":
                if line.startswith(b"Sec-WebSocket-Accept"):
                    expect(line.split()[1], b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            # RFC 6455, section 5.7.
            peer.sendall(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
            expect(peer.recv(7, socket.MSG_WAITALL), b"\x81\x05Hello")
            server.process.send_signal(signal.SIGTERM)
            expect(read_to_the_end(peer), b"\x88\x02\x03\xe9")
        expect(server.process.wait(SECONDS), 0)


def websocket_client(run, _):
    with Server(run / "websocket_echo", "tcp://127.0.0.1:0") as server:
        host, _, port = server.endpoint.partition("://")[2].rpartition(":")
        said = subprocess.run([run / "websocket_client", host, port], stdout=subprocess.PIPE,
                              timeout=SECONDS, check=True, text=True).stdout
        expect(said, "hello\nclosed with 1000\n")


def votes(run, _):
    with Server(run / "votes", "tcp://127.0.0.1:0") as server:
        with server.connect() as first, server.connect() as second:
            first.sendall(b"tea\ncof")
            expect(read_line(first), b"tea: 1\n")
            second.sendall(b"tea\n")
            expect(read_line(second), b"tea: 2\n")
            first.sendall(b"fee\n")
            expect(read_line(first), b"coffee: 1\n")
            second.sendall(b"x" * 81 + b"\n")
            expect(read_to_the_end(second), b"")
            server.process.send_signal(signal.SIGTERM)
            expect(read_to_the_end(first), b"")
        expect(server.process.wait(SECONDS), 0)


def proxy(run, directory):
    with Server(run / "echo_server", "tcp://127.0.0.1:0") as upstream:
        port = upstream.endpoint.rpartition(":")[2]
        # By address, by name, and from a Unix socket to TCP.
        for listen, to in (("tcp://127.0.0.1:0", upstream.endpoint),
                           (f"unix://{directory}/proxy.sock", f"tcp://localhost:{port}")):
            with Server(run / "proxy", listen, to) as server, server.connect() as peer:
                block = bytes(range(256)) * 4096
                sender = threading.Thread(target=lambda: (peer.sendall(block),
                                                          peer.shutdown(socket.SHUT_WR)))
                sender.start()
                got = read_to_the_end(peer)
                sender.join(SECONDS)
                assert got == block, f"{len(got)} bytes are back, not the {len(block)} sent"
    with Server(run / "behind_proxy", "tcp://127.0.0.1:0") as behind:
        for version in ("v1", "v2"):
            with Server(run / "proxy", "tcp://127.0.0.1:0", behind.endpoint, version) as server, \
                 server.connect() as peer:
                host, port = peer.getsockname()
                expect(read_line(peer), f"you are tcp://{host}:{port}\n".encode())
        with behind.connect() as peer:  # no proxy
            peer.sendall(b"hello\n")
            expect(read_to_the_end(peer), b"")
    with Server(run / "proxy", "tcp://127.0.0.1:0", upstream.endpoint) as server:
        with server.connect() as peer:  # nobody is there any more
            try:
                expect(read_to_the_end(peer), b"")
            except ConnectionResetError:
                pass


def threads(run, _):
    with Server(run / "threads", "tcp://127.0.0.1:0") as server:
        peers = [server.connect() for _ in range(20)]
        for number, peer in enumerate(peers):
            peer.sendall(b"%d\n" % number)
            expect(read_line(peer), b"%d\n" % number)
        server.process.send_signal(signal.SIGTERM)
        for peer in peers:
            expect(read_to_the_end(peer), b"")
            peer.close()
        expect(server.process.wait(SECONDS), 0)


def job_server(run, _):
    with Server(run / "job_server", "tcp://127.0.0.1:0") as server:
        peers = [server.connect() for _ in range(6)]
        for peer in peers:
            peer.sendall(b"100\n1000\nmany\n")
        for peer in peers:
            expect(read_line(peer), b"25\n")
            expect(read_line(peer), b"168\n")
            expect(read_line(peer), b"a job is a number from 0 to 1000000\n")
        server.process.send_signal(signal.SIGTERM)
        for peer in peers:
            expect(read_to_the_end(peer), b"")
            peer.close()
        said = server.process.stdout.readline()
        assert said.startswith("served 6 connections on "), said
        expect(server.process.wait(SECONDS), 0)


def make_certificate(directory, name):
    """A root of its own for `name`, in files that are replaced if they are there."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{directory}/key.pem",
                    "-out", f"{directory}/cert.pem"],
                   check=True, stderr=subprocess.DEVNULL, timeout=SECONDS)


def tls(run, directory):
    if not (run / "tls_server").exists():
        return  # built without OpenSSL
    cert, key = f"{directory}/cert.pem", f"{directory}/key.pem"
    make_certificate(directory, "one.example")
    with Server(run / "tls_server", "tcp://127.0.0.1:0", cert, key) as server:
        port = server.endpoint.rpartition(":")[2]

        def ask(name):
            client = [run / "tls_client", "127.0.0.1", port, name, cert]
            return subprocess.run(client, stdout=subprocess.PIPE, text=True, timeout=SECONDS,
                                  check=True).stdout

        answer = ("HTTP/1.0 200 OK\nContent-Type: text/plain\n\nTLSv1.3 for {0}\n"
                  "GET / HTTP/1.0\nHost: {0}\n")
        expect(ask("one.example"), "TLSv1.3 with one.example\n" + answer.format("one.example"))
        expect(ask("two.example"), "the peer's certificate: hostname mismatch\n")
        make_certificate(directory, "two.example")
        server.process.send_signal(signal.SIGHUP)
        expect(server.process.stdout.readline(), "renewed\n")
        expect(ask("two.example"), "TLSv1.3 with two.example\n" + answer.format("two.example"))
        pathlib.Path(key).write_text("nonsense", encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        said = server.process.stdout.readline()
        assert said.startswith(f"not renewed: {key} has no private key"), said
        expect(ask("two.example"), "TLSv1.3 with two.example\n" + answer.format("two.example"))
        server.process.send_signal(signal.SIGTERM)
        expect(server.process.wait(SECONDS), 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=pathlib.Path, required=True)
    options = parser.parse_args()
    failures = 0
    for test in (echo_server, chat, chat_rooms, control, irc, job_server, move_service, proxy,
                 threads, tls, votes, websocket_client, websocket_echo):
        with tempfile.TemporaryDirectory() as directory:
            try:
                test(options.run, directory)
                print(f"ok: {test.__name__}")
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                failures += 1
                print(f"FAILED: {test.__name__}: {error}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
