#!/usr/bin/env python3
"""No input of the programs that ask is a format string, a path or a shell word either.

What they are given in files, on the command line and by a peer looks like one: target lists, places
to resume from, names, answers of a name server, banners, URLs, heads and bodies of answers. All of
it is data; what cannot be is refused in a line that can be read.
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import threading
import urllib.parse
import xml.etree.ElementTree

import hostile
import daemon
import fetch
from network import in_own_network
from test_inputs import LOOKS_LIKE

# Each is a program that is started, some hundreds in all: otherwise one of each kind.
WORDS = hostile.long_or(LOOKS_LIKE, ("%n%s%x%p%n%s%n", "{0}", "$(touch canary)", "; touch canary",
                                     "../canary", "/../../canary", "*", "é☃"))
BYTES = [text.encode() for text in WORDS] + [
    b"\x1b[2J\x1b]0;owned\x07", b"nul\0nul", b"\xff\xfe\x9b31m", b"\r\n\r\n",
    b"../" * 40 + b"canary"]
NOTHING_IS_TOLD = rb"0x[0-9a-f]{6}|\(nil\)"


def run(program, *arguments, **more):
    return subprocess.run([os.environ[program], *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=daemon.PATIENCE, check=False,
                          env=fetch.environment(), preexec_fn=daemon.die_with_the_test,
                          **{"stdin": subprocess.DEVNULL, **more})


class Scratch(hostile.Scratch):
    """Where no file named canary may ever be, nor any file above it."""

    def tearDown(self):
        beside = [path.name for path in self.directory.parent.iterdir()]
        self.assertEqual(beside, ["inside"], "a file was made")
        self.assertEqual([*self.directory.rglob("canary")], [], "a command was run")

    def expect_readable(self, result, statuses):
        self.assertIn(result.returncode, statuses, result)
        if result.returncode != 0:
            self.assertNotEqual(result.stderr, b"")
        self.assertNotRegex(result.stderr, NOTHING_IS_TOLD)
        for line in result.stderr.splitlines():
            self.assertRegex(line, rb"^sluice-\w+: ")
            self.assertTrue(line.decode().isprintable(), line)


class Scans(Scratch):
    def scan(self, *arguments, **more):
        return run("SLUICE_SCAN", "-n", "-p", "1", *arguments, **more)

    def test_lists_of_targets_are_read_as_targets(self):
        for data in BYTES:
            for option in ("--input", "--exclude-file"):
                pathlib.Path("list").write_bytes(b"127.0.0.1\n" + data + b"\n")
                target = [] if option == "--input" else ["127.0.0.1"]
                self.expect_readable(self.scan(option, "list", *target), (0, 1, 2))
            self.expect_readable(self.scan("--input", "-", input=data, stdin=None), (0, 1, 2))

    def test_words_of_the_command_line_are_targets_ports_and_files(self):
        for text in WORDS:
            if text.startswith("-"):
                continue
            for arguments in ((text,), ("-p", text, "127.0.0.1"), ("--exclude", text, "127.0.0.1"),
                              ("--bind", text, "127.0.0.1"), ("--shard", text, "127.0.0.1")):
                self.expect_readable(self.scan(*arguments), (0, 1, 2))
            if "/" not in text:
                for option in ("--resume", "-o", "--xml"):
                    self.expect_readable(self.scan(option, text, "127.0.0.1"), (0,))
                    left = [path.name for path in self.directory.iterdir()]
                    self.assertEqual(left, [] if option == "--resume" else [text])
                    pathlib.Path(text).unlink(missing_ok=True)

    def test_a_place_to_resume_from_is_one_or_refused(self):
        whole = {"sluice-scan": 1, "scan": {"addresses": 1, "targets": 1, "ports": "1", "seed": 1,
                                            "shard": [1, 1]}, "next": 0, "pending": []}
        for data in BYTES:
            pathlib.Path("place").write_bytes(data)
            self.expect_readable(self.scan("--resume", "place", "127.0.0.1"), (2,))
            whole["scan"]["ports"] = data.decode(errors="replace")
            pathlib.Path("place").write_text(json.dumps(whole), encoding="utf-8")
            self.expect_readable(self.scan("--resume", "place", "127.0.0.1"), (2,))

    def test_banners_are_text_in_each_listing(self):
        for data in BYTES:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                def serve(at=listener, said=data):
                    client, _ = at.accept()
                    with client:
                        client.sendall(said)
                thread = threading.Thread(target=serve)
                thread.start()
                result = run("SLUICE_SCAN", "-n", "--json", "--xml", "listing", "--banner=10s",
                             "-p", str(listener.getsockname()[1]), "127.0.0.1")
                thread.join(daemon.PATIENCE)
            self.expect_readable(result, (0,))
            self.assertTrue(all(32 <= byte < 127 or byte == 10 for byte in result.stdout))
            port = json.loads(result.stdout.splitlines()[0])
            if all(32 <= byte < 127 and byte != ord("\\") for byte in data):
                self.assertEqual(port["banner"], data.decode())
            xml.etree.ElementTree.parse("listing")


class NameServer:
    """Answers whatever it is asked with a name of one label, `label`, or with an alias to it."""

    def __init__(self):
        self.label = b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            question, source = self.socket.recvfrom(2000)
            if question == b"stop":
                return
            end = question.index(b"\0", 12) + 5
            name = bytes([len(self.label)]) + self.label + b"\x04test\0"
            kind, = struct.unpack_from("!H", question, end - 4)
            kind = kind if kind == 12 else 5
            self.socket.sendto(
                question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + question[12:end]
                + struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(name)) + name, source)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"stop", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


class LookUps(Scratch):
    def setUp(self):
        super().setUp()
        self.server = NameServer()
        self.addCleanup(self.server.stop)

    def look_up(self, *words):
        result = run("SLUICE_LOOKUP", "--timeout", "2s", "--server", self.server.address, *words)
        self.expect_readable(result, (0, 1, 2))
        self.assertNotRegex(result.stdout, NOTHING_IS_TOLD)
        self.assertTrue(all(32 <= byte < 127 or byte == 10 for byte in result.stdout), result)
        return result

    def test_words_are_names_and_services(self):
        self.server.label = b"other"
        for text in WORDS:
            for option in ([], ["--name"], ["--service"], ["--json"]):
                self.look_up(*option, "--", text)
            self.look_up("--server", text, "a.test")

    def test_names_that_a_server_tells_are_printed_or_refused(self):
        for data in BYTES:
            self.server.label = data[:63]
            for option in ([], ["--json"]):
                self.look_up(*option, "192.0.2.1")
                self.look_up(*option, "a.test")

    def test_an_ordinary_one_is_printed(self):
        self.server.label = b"host"
        self.assertEqual(self.look_up("192.0.2.1").stdout, b"192.0.2.1 host.test\n")


class Fetches(Scratch):
    def test_a_name_of_a_url_is_a_file_here_or_refused(self):
        with fetch.Server(lambda peer, _: peer.sendall(fetch.head(2) + b"ok")) as server:
            for data in BYTES:
                for path in (urllib.parse.quote(data, safe=""), "a/b/" + urllib.parse.quote(data)):
                    result = run("SLUICE_FETCH", "-O", f"{server.url}/{path}")
                    self.expect_readable(result, (0, 1, 2))
                    files = [*self.directory.iterdir()]
                    self.assertEqual(len(files), 1 if result.returncode == 0 else 0, path)
                    for file in files:
                        self.assertEqual(file.read_bytes(), b"ok")
                        self.assertFalse(file.name.startswith((".", "-")))
                        file.unlink()

    def test_what_a_server_says_names_no_file_and_is_no_format(self):
        for data in BYTES:
            line = data.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
            for more in (b"Content-Disposition: attachment; filename=\"" + line + b"\"\r\n",
                         b"Content-Type: " + line + b"\r\nSet-Cookie: " + line + b"\r\n"):
                answer = b"HTTP/1.1 200 " + line + b"\r\nContent-Length: " \
                    + str(len(data)).encode() + b"\r\n" + more + b"\r\n" + data

                def send(peer, _path, all_of_it=answer):
                    peer.sendall(all_of_it)
                with fetch.Server(send) as server:
                    result = run("SLUICE_FETCH", f"{server.url}/a")
                    self.assertEqual((result.returncode, result.stdout), (0, data), result.stderr)
                    result = run("SLUICE_FETCH", "-O", "--json", f"{server.url}/file")
                self.expect_readable(result, (0,))
                self.assertEqual(pathlib.Path("file").read_bytes(), data)
                self.assertEqual([path.name for path in self.directory.iterdir()], ["file"])
                pathlib.Path("file").unlink()

    def test_where_a_server_sends_it_is_no_path(self):
        for data in BYTES:
            where = data.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")

            def send(peer, path, to=where):
                peer.sendall(fetch.head(2) + b"ok" if path != "/a" else b"HTTP/1.1 302 Found\r\n"
                             b"Content-Length: 0\r\nLocation: " + to + b"\r\n\r\n")
            with fetch.Server(send) as server:
                result = run("SLUICE_FETCH", "--timeout", "2s", "-O", f"{server.url}/a")
            self.expect_readable(result, (0, 1))
            for file in self.directory.iterdir():
                self.assertEqual(file.name, "a")
                self.assertEqual(file.read_bytes(), b"ok" if where else b"")
                file.unlink()


class Talks(Scratch):
    def test_what_is_said_and_heard_is_the_same(self):
        with hostile.Server("-l", "echo=tcp://127.0.0.1:0", "-l", "echo=udp://127.0.0.1:0") \
                as there:
            for data in BYTES:
                if b"\n" in data:
                    continue
                for endpoint in (at for _, at in there.listening):
                    result = run("SLUICE_TALK", "--expect", "1", "--timeout", "5s", endpoint,
                                 input=data + b"\n", stdin=None)
                    self.assertEqual((result.returncode, result.stdout), (0, data + b"\n"))
                    if b"\0" in data:
                        continue
                    result = run("SLUICE_TALK", "--expect", "1", "--timeout", "5s", "--json",
                                 f"--send={os.fsdecode(data)}", endpoint)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(json.loads(result.stdout).get("size"), len(data))

    def test_endpoints_and_options_are_mistakes_that_can_be_read(self):
        for text in WORDS:
            for arguments in ((text,), (f"unix://{text}",), (f"tcp://{text}:1",),
                              ("--framing", text, "tcp://127.0.0.1:1"),
                              ("--bind", text, "tcp://127.0.0.1:1")):
                if not arguments[0].startswith("-") or arguments[0].startswith("--f"):
                    self.expect_readable(run("SLUICE_TALK", *arguments), (1, 2))


if __name__ == "__main__":
    in_own_network(optional=True)
    hostile.main()
