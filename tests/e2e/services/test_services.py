#!/usr/bin/env python3
"""Every service over TCP, UDP and Unix sockets, on every backend, with plain sockets as clients."""
import datetime
import os
import struct
import tempfile
import time

import daemon
from daemon import Daemon, ask, connect, exchange, receive_all, receive_exactly

SINCE_1900 = 2_208_988_800
CHARACTERS = bytes(range(32, 127))


def chargen_line(number):
    return bytes(CHARACTERS[(number + i) % 95] for i in range(72)) + b"\r\n"


class Services(daemon.EndpointTest):
    backend = "auto"

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        arguments = ["--backend", cls.backend]
        for name in ("echo", "discard", "chargen", "daytime", "time", "upper", "greet"):
            text = r",text=Hello\, world." if name == "greet" else ""
            for transport in ("tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://*:0",
                              f"unix://{cls.directory.name}/{name}", "udp://127.0.0.1:0",
                              "udp://[::1]:0", "udp://*:0"):
                if name == "greet" and transport.startswith("udp"):
                    continue
                arguments += ["-l", f"{name}={transport}{text}"]
        cls.daemon = Daemon(*arguments)

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        log = cls.daemon.log()
        cls.daemon.__exit__(None, None, None)
        cls.directory.cleanup()
        if status != 0:
            raise AssertionError(f"exit status {status}\n{log}")
        if " warning " in log or " error " in log:
            raise AssertionError(log)

    def streams(self, name):
        found = [e for e in self.daemon.endpoints(name) if not e.startswith("udp")]
        self.assertEqual(len(found), 4)
        for endpoint in self.going_through(found):
            client = connect(endpoint)
            self.addCleanup(client.close)
            yield client

    def datagrams(self, name):
        found = [e for e in self.daemon.endpoints(name) if e.startswith("udp")]
        self.assertEqual(len(found), 3)
        return self.going_through(found)

    def test_the_backend_that_was_asked_for_is_used(self):
        if self.backend != "auto":
            self.assertIn(f"backend {self.backend},", self.daemon.log())

    def test_echo_sends_everything_back_and_ends_after_the_client(self):
        data = os.urandom(1_000_000)
        for client in self.streams("echo"):
            for start in range(0, len(data), 100_000):
                piece = data[start:start + 100_000]
                self.assertEqual(exchange(client, piece), piece)
            client.sendall(b"the end")
            client.shutdown(1)
            self.assertEqual(receive_all(client), b"the end")

    def test_echo_sends_datagrams_back_as_they_came(self):
        for endpoint in self.datagrams("echo"):
            for data in (b"x", b"", os.urandom(1472), os.urandom(60_000)):
                self.assertEqual(ask(endpoint, data), data)

    def test_upper_touches_only_ascii_letters(self):
        data = bytes(range(256))
        for client in self.streams("upper"):
            self.assertEqual(exchange(client, data), data.upper())
        for endpoint in self.datagrams("upper"):
            self.assertEqual(ask(endpoint, data), data.upper())

    def test_discard_says_nothing(self):
        for client in self.streams("discard"):
            client.sendall(os.urandom(1_000_000))
            client.shutdown(1)
            self.assertEqual(receive_all(client), b"")
        for endpoint in self.datagrams("discard"):
            self.assertIsNone(ask(endpoint, b"hello", patience=0.2))

    def test_chargen_sends_lines_for_ever(self):
        lines = b"".join(chargen_line(n) for n in range(200))
        for client in self.streams("chargen"):
            self.assertEqual(receive_exactly(client, len(lines)), lines)
        for endpoint in self.datagrams("chargen"):
            answer = ask(endpoint, b"")
            self.assertLessEqual(len(answer), 512)
            self.assertTrue(lines.startswith(answer), answer)

    def test_daytime_tells_the_time_and_closes(self):
        began = int(time.time()) - 1  # its clock is a coarse one

        def check(answer):
            then = datetime.datetime.strptime(answer.decode(), "%A, %B %d, %Y %H:%M:%S-UTC\r\n")
            then = then.replace(tzinfo=datetime.timezone.utc)
            self.assertTrue(began <= then.timestamp() <= time.time())

        for client in self.streams("daytime"):
            check(receive_all(client))
        for endpoint in self.datagrams("daytime"):
            check(ask(endpoint, b""))

    def test_time_sends_four_bytes_and_closes(self):
        began = int(time.time()) - 1  # its clock is a coarse one

        def check(answer):
            seconds = struct.unpack("!I", answer)[0] - SINCE_1900
            self.assertTrue(began <= seconds <= time.time())

        for client in self.streams("time"):
            check(receive_all(client))
        for endpoint in self.datagrams("time"):
            check(ask(endpoint, b"anything"))

    def test_greet_sends_its_text_and_closes(self):
        for client in self.streams("greet"):
            self.assertEqual(receive_all(client), b"Hello, world.")

    def test_a_wildcard_answers_both_families(self):
        for scheme in ("tcp", "udp"):
            wildcard = [e for e in self.daemon.endpoints("echo") if e.startswith(f"{scheme}://*")]
            port = wildcard[0].rpartition(":")[2]
            for host in ("127.0.0.1", "[::1]"):
                with connect(f"{scheme}://{host}:{port}") as client:
                    self.assertEqual(exchange(client, b"hello"), b"hello")

    def test_many_clients_are_served_side_by_side(self):
        with_tcp = self.daemon.endpoints("echo")[0]
        clients = [connect(with_tcp) for _ in range(300)]
        for i, client in enumerate(clients):
            client.sendall(f"client {i}".encode())
        for i, client in reversed(list(enumerate(clients))):
            want = f"client {i}".encode()
            self.assertEqual(receive_exactly(client, len(want)), want)
            client.close()


class OnEpoll(Services):
    backend = "epoll"


class OnPoll(Services):
    backend = "poll"


class OnSelect(Services):
    backend = "select"


if __name__ == "__main__":
    daemon.main()
