#!/usr/bin/env python3
"""sluice-fetch against peers that break off, say nothing or never end, against readers that are
slow or gone, and against signals: no partial file is ever left, and nothing grows."""
import os
import resource
import signal
import threading
import time
import unittest

import fetch as client
from daemon import PATIENCE, die_with_the_test, free_port, wait_until
from fetch import Scratch, Server, head, start
from talk import memory_of


def send(*pieces):
    def answer(peer, _path):
        for piece in pieces:
            peer.sendall(piece)
    return answer


def never_ending(peer, _path):
    peer.sendall(head())
    while True:
        peer.sendall(bytes(65536))


class Hanging:
    """Answers with a part of the body, and no more until the test ends."""

    def __init__(self):
        self.end = threading.Event()

    def __call__(self, peer, _path):
        peer.sendall(head(1000) + b"x" * 100)
        self.end.wait(PATIENCE)


class Crowd:
    """Answers nobody before so many have asked at once, and then gives more of them the time to."""

    def __init__(self, expected):
        self.expected = expected
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.there = threading.Event()

    def __call__(self, peer, _path):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == self.expected:
                self.there.set()
        self.there.wait(PATIENCE)
        time.sleep(0.05)
        with self.lock:
            self.now -= 1
        peer.sendall(head(0))


class Broken(Scratch):
    def expect_no_file(self, answer, *parts, options=()):
        for arguments in (["-o", "file"], ["-O"]):
            with Server(answer) as server:
                url = f"{server.url}/file"
                result = self.fetch(*arguments, *options, url)
            self.expect_failure(result, f"{url}: ", *parts)
            self.assertEqual(self.files(), [])

    def test_a_body_shorter_than_promised(self):
        self.expect_no_file(send(head(1000), b"x" * 999), "1 bytes remaining")

    def test_a_body_shorter_than_promised_leaves_the_old_file(self):
        (self.directory / "file").write_bytes(b"old")
        with Server(send(head(1000), b"x" * 999)) as server:
            self.expect_failure(self.fetch("-o", "file", f"{server.url}/file"), "remaining")
        self.assertEqual((self.directory / "file").read_bytes(), b"old")
        self.assertEqual(self.files(), ["file"])

    def test_chunks_that_break_off(self):
        chunked = head(more="Transfer-Encoding: chunked\r\n")
        self.expect_no_file(send(chunked, b"5\r\nhello\r\n3\r\na"))
        self.expect_no_file(send(chunked, b"5\r\nhello\r\n"))
        self.expect_no_file(send(chunked, b"zz\r\nhello\r\n"))

    def test_no_answer_at_all(self):
        self.expect_no_file(send(), "Empty reply")

    def test_an_answer_that_is_not_http_is_called_that(self):
        no_http = "the answer is not HTTP/1.0 or later: it has no status line"
        self.expect_no_file(send(b"hello\r\n\r\n"), no_http)
        self.expect_no_file(send(b"220 mail.example.org ESMTP\r\n"), no_http)
        self.expect_no_file(send(b"\x00\x01\x02\x03" * 100), no_http)
        self.expect_no_file(send(b"HTTP/9.9 200 OK\r\n\r\n"), "the answer is not valid HTTP: ")
        self.expect_no_file(send(b"HTTP/1.1 x\r\n\r\n"), "the answer is not ")

    def test_the_body_of_an_error_is_not_kept(self):
        for status in ("400 Bad", "401 Who", "403 No", "500 Oh", "503 Busy", "599 Huh"):
            self.expect_no_file(send(head(4, status), b"body"), f"HTTP status {status[:3]}")

    def test_a_body_that_is_too_large(self):
        words = "the body is larger than 999 bytes"
        self.expect_no_file(send(head(1000), b"x" * 1000), words, options=["--max-size", "999"])
        self.expect_no_file(send(head(), b"x" * 1000), words, options=["--max-size", "999"])
        self.expect_no_file(never_ending, words, options=["--max-size", "999"])
        with Server(send(head(), b"x" * 999)) as server:
            result = self.fetch("--max-size", "999", server.url)
        self.assertEqual((result.status, result.stdout), (0, b"x" * 999))

    def test_heads_and_trailers_that_never_end(self):
        def answer(start):
            def flood(peer, _path):
                peer.sendall(start)
                while True:
                    peer.sendall((b"X: " + b"x" * 1000 + b"\r\n") * 64)
            return flood

        chunked = head(more="Transfer-Encoding: chunked\r\n")
        self.expect_no_file(answer(b"HTTP/1.1 200 OK\r\n"), "headers")
        self.expect_no_file(answer(chunked + b"0\r\n"),
                            "the HTTP headers are larger than 1048576 bytes")

    def test_a_peer_that_stops_in_the_middle(self):
        self.expect_no_file(Hanging(), "timed out", options=["--timeout", "300ms"])

    def test_a_control_character_of_the_server_reaches_no_terminal(self):
        location = "Location: ftp\x1b[2J://h/\r\n"
        with Server(send(head(0, "302 Found", location))) as server:
            result = self.fetch(server.url)
        self.expect_failure(result, server.url)
        self.assertNotIn("\x1b", result.stderr)


    def test_a_control_character_of_the_url_reaches_no_terminal(self):
        # As UTF-8, which libcurl takes, and as a list that somebody else wrote may have it.
        result = self.fetch(f"http://127.0.0.1:{free_port()}/\u009b31m")
        self.expect_failure(result, "\\xc2\\x9b31m: ", "Connection refused")
        self.assertNotIn("\u009b", result.stderr)


class Many(Scratch):
    def test_too_many_open_files_are_called_that(self):
        hanging = Hanging()

        def limit():
            die_with_the_test()
            resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        with Server(hanging) as server:
            urls = [f"{server.url}/{number}" for number in range(20)]
            with start("--json", "--parallel", "20", *urls, preexec_fn=limit) as process:
                line = process.stderr.readline().decode()
                hanging.end.set()
                _, rest = process.communicate(timeout=PATIENCE)
        lines = [line, *rest.decode().splitlines()]
        failed = [each for each in lines if "connect" in each]
        self.assertTrue(failed, lines)
        for each in failed:
            self.assertIn(": Too many open files", each)

    def test_no_more_at_once_than_allowed(self):
        for arguments, allowed in (((), 8), (("--parallel", "3"), 3)):
            crowd = Crowd(allowed)
            with Server(crowd) as server:
                urls = [f"{server.url}/{number}" for number in range(24)]
                self.assertEqual(self.fetch("--json", *arguments, *urls).status, 0)
            self.assertEqual(crowd.most, allowed)

    def test_one_that_hangs_holds_nobody_up(self):
        hanging = Hanging()

        def answer(peer, path):
            hanging(peer, path) if path == "/hang" else peer.sendall(head(2) + b"ok")

        with Server(answer) as server:
            names = ["hang"] + [str(number) for number in range(50)]
            urls = [f"{server.url}/{name}" for name in names]
            with start("-O", "--parallel", "2", *urls, cwd=self.directory) as process:
                self.assertTrue(wait_until(lambda: set(names[1:]) <= set(self.files())))
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(self.files(), sorted(names[1:]))


class Names(Scratch):
    def test_a_name_in_another_script_is_translated(self):
        asked = []

        def answer(peer, url):
            asked.append(url)
            peer.sendall(head(2) + b"ok")
        with Server(answer) as proxy:
            for locale in ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {}):
                variables = {name: value for name, value in client.environment().items()
                             if name not in ("LC_ALL", "LC_CTYPE", "LANG")}
                result = self.fetch("http://b\u00fccher.example/x",
                                    env={**variables, **locale, "http_proxy": proxy.url})
                self.assertEqual((result.status, result.stdout, result.stderr), (0, b"ok", ""))
        self.assertEqual(asked, ["http://xn--bcher-kva.example/x"] * 3)


class Signals(Scratch):
    def test_a_signal_removes_what_is_unfinished_and_is_what_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with Server(Hanging()) as server:
                urls = [f"{server.url}/{name}" for name in "abc"]
                with start("-O", *urls, cwd=self.directory) as process:
                    self.assertTrue(wait_until(lambda: len(self.files()) == 3))
                    process.send_signal(number)
                    out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, out, err), (-number, b"", b""))
            self.assertEqual(self.files(), [])

    def test_a_signal_that_was_ignored_stays_so(self):
        with Server(Hanging()) as server:
            process = start("-o", "file", server.url, cwd=self.directory,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
            with process:
                self.assertTrue(wait_until(self.files))
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
                self.assertIsNone(process.poll())
                process.terminate()
                process.communicate(timeout=PATIENCE)
        self.assertEqual(self.files(), [])


class Readers(unittest.TestCase):
    def test_a_reader_that_is_gone_ends_it_quietly(self):
        with Server(never_ending) as server, start(server.url) as process:
            process.stdout.read(100_000)
            process.stdout.close()
            self.assertEqual(process.wait(PATIENCE), -signal.SIGPIPE)
            self.assertEqual(process.stderr.read(), b"")

    def test_a_slow_reader_does_not_make_it_grow(self):
        with Server(never_ending) as server, start(server.url) as process:
            process.stdout.read(1)
            before = memory_of(process)
            time.sleep(0.5)
            for _ in range(20):
                os.read(process.stdout.fileno(), 65536)
                time.sleep(0.01)
            self.assertLess(memory_of(process) - before, 4 * 1024 * 1024)
            process.kill()

    def test_a_reader_that_stops_and_goes_on_gets_every_byte(self):
        body = b"".join(b"%07d\n" % number for number in range(500_000))
        with Server(send(head(len(body)), body)) as server, start(server.url) as process:
            got = process.stdout.read(1_000_000)
            time.sleep(0.3)
            got += process.stdout.read()
            self.assertEqual(process.wait(PATIENCE), 0)
        self.assertTrue(got == body, f"{len(got)} bytes")

    def test_a_waiting_reader_costs_no_processor_time(self):
        with Server(never_ending) as server, start(server.url) as process:
            process.stdout.read(1)
            time.sleep(0.2)
            ticks = self.ticks_of(process)
            time.sleep(0.5)
            self.assertLess(self.ticks_of(process) - ticks, 0.1)
            process.kill()

    @staticmethod
    def ticks_of(process):
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    client.main()
