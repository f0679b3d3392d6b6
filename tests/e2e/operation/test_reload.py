#!/usr/bin/env python3
"""SIGHUP: the services are those of the new file, or nothing has changed; nobody is cut off."""
import os
import pathlib
import re
import signal
import socket
import tempfile
import threading
import time
import unittest

import daemon
from daemon import Daemon, ask, connect, exchange, free_port, receive_all

RELOADS = 100


def service(kind, *listen, **keys):
    lines = ["[[service]]", f'kind = "{kind}"',
             "listen = [" + ", ".join(f'"{endpoint}"' for endpoint in listen) + "]"]
    lines += [f'{key.replace("_", "-")} = {value!r}'.replace("'", '"')
              for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def answers(endpoint, request, answer):
    """Whether the service over UDP answers so; it may be between two sockets."""
    try:
        return ask(endpoint, request, 0.5 * daemon.SLOWNESS) == answer
    except ConnectionRefusedError:
        return False


def read_until(client, wanted):
    text = b""
    while wanted not in text:
        piece = client.recv(4096)
        if not piece:
            raise AssertionError(f"the end came after {text!r}, before {wanted!r}")
        text += piece
    return text


class Base(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.file = self.directory / "sluiced.conf"

    def serve(self, text):
        self.file.write_text(text, encoding="utf-8")
        return Daemon("-f", str(self.file), counted=True)

    def reload(self, sluiced, text):
        """The lines of the log about it."""
        self.file.write_text(text, encoding="utf-8")
        before = len(sluiced.log())
        sluiced.signal(signal.SIGHUP)
        ended = r"reload: (\d+ kept, .*|nothing has changed)\n"
        if not daemon.wait_until(lambda: re.search(ended, sluiced.log()[before:])):
            raise AssertionError(f"the reload does not end:\n{sluiced.log()}")
        return sluiced.log()[before:]


class Reload(Base):
    def test_what_is_the_same_goes_on(self):
        text = service("echo", "tcp://127.0.0.1:0", "udp://127.0.0.1:0")
        with self.serve(text) as sluiced, connect(sluiced.endpoint) as client:
            exchange(client, b"before")
            self.assertIn("2 kept, 0 added, 0 changed, 0 removed", self.reload(sluiced, text))
            exchange(client, b"after")
            for _, endpoint in sluiced.listening:
                self.assertEqual(ask(endpoint, b"hello"), b"hello")

    def test_newcomers_get_the_new_settings_and_others_keep_theirs(self):
        at = "tcp://127.0.0.1:0"
        with self.serve(service("framed", at, framing="line", reply="echo")) as sluiced:
            with connect(sluiced.endpoint) as old:
                exchange(old, b"one\n")
                log = self.reload(sluiced, service("framed", at, framing="line", reply="upper"))
                self.assertIn(f"reload: changed framed {sluiced.endpoint}", log)
                self.assertIn("0 kept, 0 added, 1 changed, 0 removed", log)
                exchange(old, b"two\n")
                with connect(sluiced.endpoint) as new:
                    new.sendall(b"three\n")
                    self.assertEqual(new.recv(100), b"THREE\n")
                # They end with the daemon, in order.
                sluiced.signal(signal.SIGTERM)
                self.assertEqual(receive_all(old), b"")
            self.assertEqual(sluiced.wait(), 0)
            self.assertIn("every connection finished", sluiced.log())

    def test_the_loop_is_idle_after_a_change(self):
        """The old service's descriptor is closed while its socket lives on, which epoll reports."""
        at = "tcp://127.0.0.1:0"
        with self.serve(service("echo", at)) as sluiced, connect(sluiced.endpoint) as old:
            exchange(old, b"1")
            for number in range(1, 4):
                self.reload(sluiced, service("echo", at, max=number))
                with connect(sluiced.endpoint) as client:
                    exchange(client, b"2")
            before = sluiced.cpu_seconds()
            time.sleep(1)
            self.assertLess(sluiced.cpu_seconds() - before, 0.3)

    def test_what_waits_in_the_backlog_is_served(self):
        with self.serve(service("echo", "tcp://127.0.0.1:0")) as sluiced:
            self.file.write_text(service("echo", "tcp://127.0.0.1:0", max=50), encoding="utf-8")
            sluiced.signal(signal.SIGSTOP)
            clients = [connect(sluiced.endpoint) for _ in range(20)]
            for client in clients:
                client.sendall(b"hello")
            sluiced.signal(signal.SIGHUP)
            sluiced.signal(signal.SIGCONT)
            for client in clients:
                self.assertEqual(daemon.receive_exactly(client, 5), b"hello")
                client.close()
            sluiced.wait_for_log("1 changed")

    def test_what_is_new_is_served_and_what_is_gone_drains(self):
        echo = service("echo", "tcp://127.0.0.1:0")
        with self.serve(echo + service("upper", f"tcp://127.0.0.1:{free_port()}")) as sluiced:
            gone = sluiced.endpoints("upper")[0]
            with connect(sluiced.endpoint) as stays, connect(gone) as leaves:
                exchange(stays, b"1")
                leaves.sendall(b"x")
                self.assertEqual(leaves.recv(1), b"X")
                log = self.reload(sluiced, echo + service("time", "tcp://127.0.0.1:0"))
                self.assertIn("1 kept, 1 added, 0 changed, 1 removed", log)
                self.assertIn(f"reload: removed upper {gone}", log)
                self.assertEqual(receive_all(leaves), b"")
                with self.assertRaises(ConnectionRefusedError):
                    connect(gone)
                added = re.search(r"reload: added time (\S+)", log).group(1)
                with connect(added) as client:
                    self.assertEqual(len(receive_all(client)), 4)
                exchange(stays, b"2")

    def test_another_kind_at_the_same_endpoint(self):
        at = f"unix://{self.directory}/socket"
        with self.serve(service("echo", at)) as sluiced:
            with connect(sluiced.endpoint) as client:
                exchange(client, b"1")
                self.assertIn("1 changed", self.reload(sluiced, service("upper", at)))
                self.assertEqual(receive_all(client), b"")
            with connect(sluiced.endpoint) as client:
                client.sendall(b"x")
                self.assertEqual(client.recv(1), b"X")

    def test_services_over_udp_are_bound_anew(self):
        at, broadcast = (f"udp://127.0.0.1:{free_port()}" for _ in range(2))
        control = str(self.directory / "control")

        def text(reply, message):
            return (service("framed", at, framing="line", reply=reply) +
                    service("broadcast", broadcast, message=message, control=control))

        with self.serve(text("echo", "one")) as sluiced:
            self.assertEqual(ask(at, b"hello\n"), b"hello\n")
            with connect(f"unix://{control}") as line:
                self.assertTrue(daemon.wait_until(
                    lambda: sluiced.counters()["connections_open"] == 1))
                log = self.reload(sluiced, text("upper", "two"))
                self.assertIn("2 changed", log)
                self.assertEqual(receive_all(line), b"")
            for endpoint, request, answer in ((at, b"hello\n", b"HELLO\n"),
                                              (broadcast, b"who", b"two")):
                self.assertTrue(daemon.wait_until(
                    lambda e=endpoint, r=request, a=answer: answers(e, r, a)))
            self.assertNotIn("error", sluiced.log())

    def test_a_chat_keeps_its_house(self):
        def text(**keys):
            return service("chat", "tcp://127.0.0.1:0", f"unix://{self.directory}/chat", **keys)

        with self.serve(text(greeting="Good morning.")) as sluiced:
            tcp, door = (endpoint for _, endpoint in sluiced.listening)
            with connect(tcp) as ann:
                ann.sendall(b"/nick ann\n")
                read_until(ann, b"is now ann")
                self.assertIn("2 changed", self.reload(sluiced, text(greeting="Good evening.")))
                with connect(door) as ben:
                    self.assertIn(b"Good evening.", read_until(ben, b"here: ann"))
                    ben.sendall(b"still there?\n")
                    read_until(ann, b"> still there?")
                # One door fewer; the house stays.
                self.reload(sluiced, service("chat", "tcp://127.0.0.1:0", greeting="Hi."))
                self.assertFalse(os.path.exists(f"{self.directory}/chat"))
                with connect(tcp) as cam:
                    read_until(cam, b"here: ann")

    def test_the_greeting_of_a_file_is_read_again_and_a_bad_file_changes_nothing(self):
        motd = self.directory / "motd"
        motd.write_text("Good morning.\nBe kind.\n", encoding="utf-8")
        text = service("chat", "tcp://127.0.0.1:0", motd=str(motd))
        with self.serve(text) as sluiced:
            def expect_greeting(wanted):
                with connect(sluiced.endpoint) as client:
                    self.assertTrue(read_until(client, b"nobody else").startswith(wanted))

            expect_greeting(b"Good morning.\nBe kind.\n")
            motd.write_text("Good evening.", encoding="utf-8")
            self.assertIn("1 changed", self.reload(sluiced, text))
            expect_greeting(b"Good evening.\n")
            for bad, why in ((b"x" * 4097, 'motd" has more than 4096 bytes'),
                             (b"\xff", 'motd" is not UTF-8')):
                motd.write_bytes(bad)
                log = self.reload(sluiced, text)
                self.assertIn('error reload: motd of service "chat": the file "', log)
                self.assertIn(why, log)
                expect_greeting(b"Good evening.\n")
            motd.unlink()
            self.assertIn(f"{motd}: No such file or directory", self.reload(sluiced, text))

    def test_a_unix_socket_stays_and_its_mode_changes(self):
        path = self.directory / "echo"
        with self.serve(service("echo", f"unix://{path}", mode="0600")) as sluiced:
            before = path.stat()
            self.reload(sluiced, service("echo", f"unix://{path}", mode="0660"))
            self.assertEqual(path.stat().st_ino, before.st_ino)
            self.assertEqual(path.stat().st_mode & 0o777, 0o660)
            with connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
            self.assertEqual(sluiced.stop(), 0)
            self.assertFalse(path.exists())

    def test_a_bad_file_changes_nothing_and_the_log_says_why(self):
        text = service("echo", "tcp://127.0.0.1:0")
        with self.serve(text) as sluiced, connect(sluiced.endpoint) as client:
            exchange(client, b"before")
            log = self.reload(sluiced, text + 'idel = 3\nmax = 0\n')
            self.assertIn(f'error reload: {self.file}:4:1: service "echo": unknown key "idel"', log)
            self.assertIn(f'error reload: {self.file}:5:7: service "echo": max 0 ', log)
            self.assertIn("error reload: nothing has changed", log)
            os.remove(self.file)
            before = len(sluiced.log())
            sluiced.signal(signal.SIGHUP)
            self.assertTrue(daemon.wait_until(
                lambda: f"{self.file}: cannot be opened" in sluiced.log()[before:]))
            exchange(client, b"after")
            with connect(sluiced.endpoint) as other:
                exchange(other, b"hello")
            self.assertIn("1 kept", self.reload(sluiced, text))

    def test_an_endpoint_that_cannot_be_bound_changes_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            busy = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            fresh = f"unix://{self.directory}/fresh"
            text = service("greet", "tcp://127.0.0.1:0", text="one")
            with self.serve(text) as sluiced:
                log = self.reload(sluiced, service("greet", "tcp://127.0.0.1:0", text="two") +
                                  service("echo", fresh, busy))
                self.assertIn(f"error reload: bind {busy}: Address already in use", log)
                self.assertFalse(os.path.exists(f"{self.directory}/fresh"))
                with connect(sluiced.endpoint) as client:
                    self.assertEqual(receive_all(client), b"one")

    def test_the_limits_and_the_log_follow_the_file(self):
        text = service("echo", "tcp://127.0.0.1:0")
        with self.serve(text) as sluiced:
            log = self.reload(sluiced, "[limits]\nmax-connections = 5\n" + text)
            self.assertIn("max-connections stays as it is until a new start", log)
            self.reload(sluiced, '[limits]\ndrain-timeout = "123ms"\n' + text)
            sluiced.signal(signal.SIGTERM)
            sluiced.wait_for_log("for at most 123 ms")

    def test_names_are_looked_up_while_others_are_served(self):
        text = service("echo", "tcp://localhost:0")
        with self.serve(text) as sluiced:
            log = self.reload(sluiced, text + service("time", "tcp://localhost:0"))
            self.assertIn(f"{len(sluiced.listening)} kept", log)
            self.assertIn("reload: added time tcp://127.0.0.1:", log)

    def test_signals_in_a_row_end_in_the_last_file(self):
        with self.serve(service("greet", "tcp://127.0.0.1:0", text="0")) as sluiced:
            for number in range(1, 20):
                self.file.write_text(service("greet", "tcp://127.0.0.1:0", text=str(number)),
                                     encoding="utf-8")
                sluiced.signal(signal.SIGHUP)

            def greeting():
                with connect(sluiced.endpoint) as client:
                    return receive_all(client)

            self.assertTrue(daemon.wait_until(lambda: greeting() == b"19"), sluiced.log())


class Load:
    """Clients of an echo service until stop(): some that stay, and some that come and go."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.ended = threading.Event()
        self.errors = []
        self.exchanges = 0
        work = [self.stay] * 4 + [self.come_and_go] * 2
        self.threads = [threading.Thread(target=self.run, args=(each,)) for each in work]
        for thread in self.threads:
            thread.start()

    def run(self, work):
        try:
            work()
        except (OSError, AssertionError) as error:
            self.errors.append(error)

    def stay(self):
        block = os.urandom(20_000)
        with connect(self.endpoint) as client:
            while not self.ended.is_set():
                if exchange(client, block) != block:
                    raise AssertionError("other bytes came back")
                self.exchanges += 1
            client.shutdown(socket.SHUT_WR)
            if receive_all(client) != b"":
                raise AssertionError("too many bytes came back")

    def come_and_go(self):
        while not self.ended.is_set():
            with connect(self.endpoint) as client:
                if exchange(client, b"hello") != b"hello":
                    raise AssertionError("other bytes came back")
                client.shutdown(socket.SHUT_WR)
                receive_all(client)
            self.exchanges += 1

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(daemon.PATIENCE)


class UnderLoad(Base):
    def test_many_reloads_refuse_reset_and_lose_nothing(self):
        at = "tcp://127.0.0.1:0"
        with self.serve(service("echo", at, max=1000)) as sluiced:
            load = Load(sluiced.endpoint)
            try:
                deadline = time.monotonic() + 40 * daemon.SLOWNESS
                count = 0
                while count < RELOADS and time.monotonic() < deadline and not load.errors:
                    more = service("upper", at) if count % 3 == 0 else ""
                    self.reload(sluiced, service("echo", at, max=1001 + count % 2) + more)
                    count += 1
            finally:
                load.stop()
            self.assertEqual(load.errors, [])
            self.assertGreater(count, 10)
            self.assertGreater(load.exchanges, count)
            counters = sluiced.counters()
            self.assertEqual(counters["refused"], 0)
            self.assertEqual(counters["bytes_in"], counters["bytes_out"])
            self.assertEqual(counters["closed_peer_closed"], counters["accepted"])


if __name__ == "__main__":
    daemon.main()
