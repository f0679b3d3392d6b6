#!/usr/bin/env python3
"""sluice-lookup over TLS: against unbound, which nobody here wrote, and against servers that
misbehave, each with a certificate of the test's own root."""
import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import lookup as client
from certificates import Authority
from daemon import PATIENCE, die_with_the_test, wait_until
from lookup import lookup

UNBOUND = shutil.which("unbound", path=os.environ["PATH"] + ":/usr/sbin")


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.root = Authority(cls.directory)
        cls.cert, cls.key = cls.root.sign("server", "DNS:dns.test,IP:127.0.0.1")

    def ask(self, *arguments, ca=None, **more):
        # A mistake of the test must not ask the servers of this host.
        self.assertTrue(any(word.startswith("tls://127.0.0.1:") for word in arguments))
        return lookup("--ca", str(ca or self.root.file), *arguments, **more)


def answer_to(question, address=b"\x0a\0\0\1"):
    """A record A for any question; a name that begins with "no" does not exist."""
    if question[13:15] == b"no":
        return question[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + question[12:]
    return (question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:] +
            b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address)


def framed(message):
    return struct.pack("!H", len(message)) + message


class Server:
    """Accepts connections over TLS; serve(read, send) runs for each, in a thread. read() returns
    the next question, or None at the end."""

    def __init__(self, test, serve, over_tls=True, handshake_after=0):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(test.cert, test.key)
        self.serve, self.over_tls, self.handshake_after = serve, over_tls, handshake_after
        self.opened = 0
        self.asked = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"tls://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                self.opened += 1
                threading.Thread(target=self._run, args=(peer,), daemon=True).start()

    def _run(self, peer):
        with peer, contextlib.suppress(OSError):
            peer.settimeout(PATIENCE)
            if self.over_tls:
                time.sleep(self.handshake_after)
                peer = self.context.wrap_socket(peer, server_side=True)
            with peer:
                stream = peer.makefile("rb")

                def read():
                    head = stream.read(2)
                    if len(head) < 2:
                        return None
                    self.asked += 1
                    return stream.read(struct.unpack("!H", head)[0])

                self.serve(read, peer.sendall)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def answering(read, send):
    while question := read():
        send(framed(answer_to(question)))


def names(count, word="h"):
    return "".join(f"{word}{i}.test\n" for i in range(count))


@unittest.skipIf(UNBOUND is None, "unbound is not installed")
class Unbound(Base):
    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        config = self.directory / "unbound.conf"
        config.write_text(
            f'server:\n interface: 127.0.0.1@{self.port}\n tls-port: {self.port}\n'
            f' tls-service-key: "{self.key}"\n tls-service-pem: "{self.cert}"\n'
            f' username: ""\n chroot: ""\n directory: "{self.directory}"\n pidfile: ""\n'
            ' do-daemonize: no\n use-syslog: no\n module-config: "iterator"\n do-udp: no\n'
            ' local-zone: "." refuse\n local-zone: "test." static\n'
            ' local-data: "a.test. A 192.0.2.1"\n local-data: "a.test. AAAA 2001:db8::1"\n'
            ' local-data: "m.test. MX 10 a.test."\n' +
            "".join(f' local-data: "h{i}.test. A 10.0.0.{i % 250}"\n' for i in range(1000)))
        self.unbound = subprocess.Popen(
            [UNBOUND, "-d", "-c", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test)
        self.addCleanup(self.unbound.wait)
        self.addCleanup(self.unbound.kill)
        wait_until(self.accepts)
        self.url = f"tls://127.0.0.1:{self.port}"

    def accepts(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def test_it_answers_as_over_udp(self):
        result = self.ask("--server", self.url, "a.test", "nx.test", "x.example")
        self.assertEqual((result.status, result.lines), (1, ["a.test 2001:db8::1 192.0.2.1"]))
        self.assertEqual(result.stderr.splitlines(), [
            'sluice-lookup: name "nx.test": not found',
            'sluice-lookup: name "x.example": the name server refused the query'])
        result = self.ask("--server", f"{self.url}#dns.test", "--type", "MX,AAAA", "m.test")
        self.assertEqual(result.lines, ["m.test MX 10 a.test"], result.stderr)
        result = lookup("--tls", "--ca", str(self.root.file), "-4", "--server", self.url[6:],
                        "a.test")
        self.assertEqual(result.lines, ["a.test 192.0.2.1"], result.stderr)

    def test_a_long_list_is_answered_whole(self):
        result = self.ask("--server", self.url, "-4", "--file", "-", input=names(1000))
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(sorted(result.lines),
                         sorted(f"h{i}.test 10.0.0.{i % 250}" for i in range(1000)))


class Certificates(Base):
    def expect_refused(self, server, reason, **more):
        result = self.ask("--server", server, "a.test", **more)
        self.assertEqual((result.status, result.stdout), (1, ""))
        first, *rest = result.stderr.splitlines()
        self.assertTrue(first.startswith(f"sluice-lookup: server {server}: "), first)
        self.assertIn(reason, first)
        self.assertEqual(
            rest, ['sluice-lookup: name "a.test": no name server could be reached'])

    def test_a_server_that_is_not_the_right_one_is_asked_nothing(self):
        other = Authority(self.directory, "other")
        with Server(self, answering) as server:
            self.expect_refused(f"{server.url}#other.test",
                                'hostname mismatch (expected "other.test")')
            self.expect_refused(server.url, "unable to get local issuer", ca=other.file)
            self.assertEqual((server.opened, server.asked), (2, 0))
            result = self.ask("-4", "--server", f"{server.url}#DNS.test", "a.test")
            self.assertEqual(result.lines, ["a.test 10.0.0.1"], result.stderr)

    def test_a_server_without_tls_is_named(self):
        with Server(self, lambda read, send: send(b"220 hello\r\n"), over_tls=False) as server:
            result = self.ask("--server", server.url, "--tries", "1", "a.test")
        self.assertEqual(result.status, 1)
        self.assertIn(f"server {server.url}: the server does not speak TLS", result.stderr)

    def test_a_file_of_roots_that_cannot_be_read_is_named(self):
        result = self.ask("--server", "tls://127.0.0.1:1", "a.test", ca="/nowhere/ca.pem")
        self.assertNotEqual(result.status, 0)
        self.assertIn("/nowhere/ca.pem", result.stderr)


class Streams(Base):
    def test_all_questions_go_over_one_connection_and_answers_come_in_any_order(self):
        def serve(read, send):
            for _ in range(30):  # of as many as are in flight from the beginning
                for question in reversed([read() for _ in range(20)]):
                    send(framed(answer_to(question)))
            answering(read, send)

        with Server(self, serve) as server:
            result = self.ask("-4", "--server", server.url, "--file", "-", input=names(600))
        self.assertEqual((result.status, len(set(result.lines)), server.opened), (0, 600, 1),
                         result.stderr)

    def test_a_server_that_closes_after_some_answers_is_asked_again(self):
        def serve(read, send):
            for _ in range(50):
                if question := read():
                    send(framed(answer_to(question)))

        with Server(self, serve) as server:
            result = self.ask("-4", "--server", server.url, "--file", "-", input=names(400))
        self.assertEqual((result.status, len(set(result.lines)), result.stderr), (0, 400, ""))
        self.assertGreaterEqual(server.opened, 8)

    def expect_long_list(self, short, count):
        """The first connections, `short` of them, answer `count` questions each."""
        def serve(read, send):
            if server.opened > short:
                return answering(read, send)
            for _ in range(count):
                send(framed(answer_to(read())))

        with Server(self, serve) as server:
            result = self.ask("-4", "--server", server.url, "--file", "-", input=names(3000))
        self.assertEqual((result.status, len(set(result.lines)), result.stderr), (0, 3000, ""))
        self.assertGreater(server.opened, short)

    def test_a_long_list_is_answered_whole_with_ten_answers_for_each_connection(self):
        self.expect_long_list(short=40, count=10)

    def test_a_long_list_is_answered_whole_with_one_answer_for_each_connection(self):
        self.expect_long_list(short=50, count=1)

    def test_a_server_that_only_closes_is_given_up(self):
        with Server(self, lambda read, send: read()) as server:
            result = self.ask("-4", "--server", server.url, "--tries", "3", "a.test", "b.test")
        self.assertEqual((result.status, server.opened), (1, 3))
        self.assertIn(f"server {server.url}: ", result.stderr)
        self.assertEqual(result.stderr.count("no name server could be reached"), 2)

    def test_the_next_server_is_asked_where_one_is_silent_or_fails(self):
        def failing(read, send):
            while question := read():
                send(framed(question[:2] + b"\x81\x82\0\1\0\0\0\0\0\0" + question[12:]))

        def is_silent(read, _):
            while read():
                pass

        with Server(self, answering) as good:
            for bad in (failing, is_silent):
                with Server(self, bad) as first:
                    result = self.ask("-4", "--server", first.url, "--server", good.url,
                                      "--try-timeout", "2s", "a.test", "b.test")
                self.assertEqual(result.lines, ["a.test 10.0.0.1", "b.test 10.0.0.1"],
                                 result.stderr)

    def test_the_time_for_an_answer_begins_when_the_connection_is_open(self):
        def serve(read, send):
            question = read()
            time.sleep(1.5)
            send(framed(answer_to(question)))

        # Together they take longer than one try may; if the machine is slow, there are more tries.
        with Server(self, serve, handshake_after=1.5) as server:
            result = self.ask("-4", "--server", server.url, "--try-timeout", "2500ms", "a.test",
                              "--timeout", "9s")
        self.assertEqual((result.status, result.lines), (0, ["a.test 10.0.0.1"]), result.stderr)

    def test_a_server_that_does_not_finish_the_handshake_is_given_up(self):
        with Server(self, answering, handshake_after=PATIENCE) as server:
            result = self.ask("-4", "--server", server.url, "--try-timeout", "200ms", "--tries",
                              "2", "a.test")
        self.assertEqual(result.status, 1)
        self.assertEqual(result.stderr.splitlines(), [
            f"sluice-lookup: server {server.url}: no connection within 200ms",
            'sluice-lookup: name "a.test": no name server answered in time'])

    def test_what_is_no_answer_to_a_question_is_dropped(self):
        def serve(read, send):
            question = read()
            right = framed(answer_to(question))
            other = bytearray(answer_to(question))
            other[13] ^= 1  # another name
            number = (int.from_bytes(question[:2], "big") + 1) % 65536
            for message in (b"", b"\0", other, number.to_bytes(2, "big") + other[2:], question,
                            question[:2] + b"\x81\x80", os.urandom(12), os.urandom(65535)):
                send(framed(bytes(message)))
            for byte in right[:-1]:  # in the smallest pieces
                send(bytes([byte]))
            send(right[-1:])
            read()

        with Server(self, serve) as server:
            result = self.ask("-4", "--server", server.url, "a.test")
        self.assertEqual((result.status, result.lines, result.stderr),
                         (0, ["a.test 10.0.0.1"], ""))

    def test_a_server_that_stalls_inside_an_answer_is_given_up_in_time(self):
        def serve(read, send):
            read()
            send(b"\xff\xff" + b"x" * 1000)
            read()

        with Server(self, serve) as server:
            result = self.ask("-4", "--server", server.url, "--try-timeout", "3s", "--tries", "1",
                              "a.test")
        self.assertEqual(result.status, 1)
        self.assertIn(f"server {server.url}: no answer within 3000ms", result.stderr)
        self.assertIn('name "a.test": no name server answered in time', result.stderr)

    def test_records_that_are_malformed_are_a_failure(self):
        def serve(read, send):
            while question := read():
                send(framed(answer_to(question)[:-2]))

        with Server(self, serve) as server:
            result = self.ask("-4", "--server", server.url, "a.test")
        self.assertEqual((result.status, result.stdout), (1, ""))
        self.assertIn('name "a.test": ', result.stderr)


class Words(Base):
    def test_what_needs_no_server_opens_no_connection(self):
        with Server(self, answering) as server:
            result = self.ask("--server", server.url, "localhost", "ssh/tcp", "x.onion")
            self.assertEqual(result.lines[:1], ["localhost ::1 127.0.0.1"])
            self.assertEqual(server.opened, 0)


if __name__ == "__main__":
    client.main()
