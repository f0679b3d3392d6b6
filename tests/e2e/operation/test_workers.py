#!/usr/bin/env python3
"""Several loops: connections on all of them, and limits, commands, reloads and drains for all."""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import resource
import signal
import ssl
import unittest

import certificates
import chat
import control
import daemon
from daemon import Daemon, InDirectory, connect, exchange, was_closed

ECHO = "echo=tcp://127.0.0.1:0"


class Workers(InDirectory):
    def setUp(self):
        super().setUp()
        self.control_path = self.directory / "control"
        self.control = control.Control(self.control_path)
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def start(self, *arguments, workers="2", **more):
        return self.stack.enter_context(
            Daemon("--workers", workers, "--control", str(self.control_path), *arguments, **more))

    def clients(self, endpoint, count, source=None):
        """Connections that are served, so that each is in a loop."""
        made = [self.stack.enter_context(connect(endpoint, source)) for _ in range(count)]
        for client in made:
            self.assertEqual(exchange(client, b"hello"), b"hello")
        return made

    def is_served(self, endpoint):
        client = self.stack.enter_context(connect(endpoint))
        try:
            return exchange(client, b"hello") == b"hello"
        except (AssertionError, OSError):
            return False

    def connections_of_loops(self):
        return [row["connections"] for row in self.control.rows("show", "loops")]

    def loops_with_clients(self):
        """How many loops serve another connection than that of sluicectl, which is in the first."""
        first, *others = self.connections_of_loops()
        return sum(count > 0 for count in (first - 1, *others))

    def use_each_loop(self, open_client):
        """Opens clients until each of the two loops serves one: a loop that the system kept from
        running for some milliseconds has lost its newcomers to the other one."""
        self.assertTrue(daemon.wait_until(
            lambda: self.loops_with_clients() == 2 or open_client()))

    def open_of(self, name):
        return next(row["open"] for row in self.control.rows("show", "services")
                    if row["name"] == name)

    def wait_for_open(self, name, count):
        self.assertTrue(daemon.wait_until(lambda: self.open_of(name) == count))

    def test_each_loop_has_its_part_of_the_connections(self):
        sluiced = self.start("-l", ECHO)
        sluiced.wait_for_log("workers 2, services 1")
        clients = self.clients(sluiced.endpoint, 20)
        self.use_each_loop(lambda: clients.extend(self.clients(sluiced.endpoint, 1)))
        count = len(clients)
        self.assertEqual(sum(self.connections_of_loops()), count + 1)  # with that of sluicectl
        for client in clients:
            self.assertEqual(exchange(client, b"again"), b"again")
        counters = self.control.rows("show", "counters")[0]
        self.assertGreaterEqual(counters["bytes_in"], count * 10)
        service = self.control.rows("show", "services")[0]
        self.assertEqual((service["open"], service["accepted"]), (count, count))
        # The other loop counts what it has sent when the client may have it already.
        self.assertTrue(daemon.wait_until(lambda: [
            (row["bytes_in"], row["bytes_out"]) for row in self.control.rows("show", "services")
        ] == [(count * 10, count * 10)]))
        self.assertTrue(daemon.wait_until(
            lambda: f"\nsluiced_connections {count + 1}\n" in self.control.text("metrics")))

    def test_one_loop_is_what_there_is_without_the_option(self):
        with Daemon("--control", str(self.control_path), "-l", ECHO) as sluiced:
            self.clients(sluiced.endpoint, 3)
            self.assertEqual(self.connections_of_loops(), [4])
            self.assertNotIn("workers", sluiced.log())

    def test_auto_is_one_for_each_processor(self):
        self.start("-l", ECHO, workers="auto")
        self.assertEqual(len(self.connections_of_loops()), len(os.sched_getaffinity(0)))

    def test_a_wrong_number_is_rejected(self):
        for wrong in ("0", "257", "2x", "", "-1"):
            done = daemon.run("--workers", wrong)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"is not auto or a number in 1-256", done.stderr)

    def test_limits_hold_over_all_loops(self):
        sluiced = self.start("-l", f"{ECHO},max=4,per-source=3")
        clients = self.clients(sluiced.endpoint, 3)
        with connect(sluiced.endpoint) as one_too_many:
            self.assertTrue(was_closed(one_too_many))
        self.clients(sluiced.endpoint, 1, source=("127.0.0.5", 0))
        with connect(sluiced.endpoint, ("127.0.0.6", 0)) as one_too_many:
            self.assertTrue(was_closed(one_too_many))
        refused = {row["reason"]: row["refused"] for row in self.control.rows("show", "refusals")}
        self.assertEqual(refused, {"per-source": 1, "max": 1})
        for client in clients:
            client.close()
        self.wait_for_open("echo", 1)
        for _ in range(3):  # the loops say one after the other what has become free
            self.assertTrue(daemon.wait_until(lambda: self.is_served(sluiced.endpoint)))

    def test_the_limit_of_the_daemon_holds_over_all_loops(self):
        sluiced = self.start("-l", ECHO, "-l", "framed=tcp://127.0.0.1:0", "--max-connections", "8")
        self.clients(sluiced.endpoint, 4)  # half is promised to the other and the control socket
        with contextlib.ExitStack() as stack:
            refused = 0
            for _ in range(6):
                client = stack.enter_context(connect(sluiced.endpoint))
                try:
                    exchange(client, b"hello")
                except (AssertionError, OSError):
                    refused += 1
        self.assertGreaterEqual(refused, 4)

    def test_connections_of_every_loop_are_shown_and_kicked(self):
        sluiced = self.start("-l", ECHO)
        clients = self.clients(sluiced.endpoint, 6)
        self.use_each_loop(lambda: clients.extend(self.clients(sluiced.endpoint, 1)))
        count = len(clients)
        rows = self.control.rows("show", "connections")
        self.assertEqual(len(rows), count)
        self.assertEqual({row["service"] for row in rows}, {"echo"})
        self.assertEqual({row["bytes_in"] for row in rows}, {5})
        in_second_loop = [row for row in rows if row["id"].count(".") == 2]
        self.assertTrue(0 < len(in_second_loop) < count)
        peers = {"{}:{}".format(*client.getsockname()): client for client in clients}
        for row in (in_second_loop[0], next(r for r in rows if r not in in_second_loop)):
            self.control.text("kick", row["id"])
            self.assertTrue(was_closed(peers[row["peer"]]))
            sluiced.wait_for_log(f"kick {re.escape(row['id'])}, {re.escape(row['peer'])}")
        self.wait_for_open("echo", count - 2)
        self.assertIn("no connection has the id", self.control.error("kick", "9.9.1"))
        self.assertIn("no connection has the id", self.control.error("kick", "9.9.7"))
        self.assertIn("is not two or three numbers", self.control.error("kick", "9.9.0"))

    def test_a_ban_is_for_all_loops(self):
        sluiced = self.start("-l", ECHO)
        banned = self.clients(sluiced.endpoint, 4, source=("127.0.0.7", 0))
        others = self.clients(sluiced.endpoint, 2)
        self.assertIn("aborted 4 connections", self.control.text("ban", "127.0.0.7"))
        for client in banned:
            self.assertTrue(was_closed(client))
        with connect(sluiced.endpoint, ("127.0.0.7", 0)) as client:
            self.assertTrue(was_closed(client))
        for client in others:
            self.assertEqual(exchange(client, b"still"), b"still")

    def test_the_end_of_each_connection_is_logged(self):
        sluiced = self.start("--log-connections", "-l", f"{ECHO},name=house")
        for client in self.clients(sluiced.endpoint, 4):
            host, port = client.getsockname()
            client.close()
            sluiced.wait_for_log(f"closed: service=house endpoint={re.escape(sluiced.endpoint)} "
                                 f"peer={host}:{port} in=5 out=5 seconds=\\d+ "
                                 "reason=\"peer closed\"")

    def test_framed_connections_of_all_loops_answer_at_once_and_report_together(self):
        sluiced = self.start("-l", "framed=tcp://127.0.0.1:0,framing=slip,reply=upper")
        count = 12
        clients = [self.stack.enter_context(connect(sluiced.endpoint)) for _ in range(count)]
        texts = [bytes([97 + n]) * 50_000 for n in range(count)]

        def talk(client, text):
            for _ in range(20):
                client.sendall(b"\xc0" + text + b"\xc0")
                self.assertEqual(daemon.receive_exactly(client, len(text) + 2),
                                 b"\xc0" + text.upper() + b"\xc0")

        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            list(pool.map(talk, clients, texts))
        self.use_each_loop(lambda: clients.append(self.stack.enter_context(
            connect(sluiced.endpoint))))
        self.assertTrue(daemon.wait_until(
            lambda: sum(self.connections_of_loops()) == len(clients) + 1))
        for client in clients:
            client.sendall(b"\xc0\xdb\x00\xc0")  # no escape
        for client in clients:
            self.assertTrue(was_closed(client))
        sluiced.wait_for_log("at byte .*; closed")
        # Each loop reports at once, and again after a second at the earliest.
        self.assertLess(len(re.findall("at byte .*; closed", sluiced.log())), count)

    def test_discard_uses_all_loops(self):
        sluiced = self.start("-l", "discard=tcp://127.0.0.1:0")
        clients = []

        def add():
            clients.append(self.stack.enter_context(connect(sluiced.endpoint)))
            clients[-1].sendall(b"x" * 1000)

        for _ in range(6):
            add()
        self.use_each_loop(add)
        self.assertTrue(daemon.wait_until(
            lambda: self.control.rows("show", "services")[0]["bytes_in"] == 1000 * len(clients)))
        self.assertEqual(sum(self.connections_of_loops()), len(clients) + 1)

    def test_a_chat_has_one_order_for_all_members(self):
        sluiced = self.start("-l", "chat=tcp://127.0.0.1:0,rate=off")
        members = [self.stack.enter_context(chat.Member(sluiced.endpoint, nick))
                   for nick in ("ann", "bob", "carl", "dora")]
        for number in range(50):
            for member in members[:2]:
                member.say(f"line {number}")
        heard = []
        for member in members[2:]:
            lines = []
            while len(lines) < 100:
                line = member.line()
                if re.fullmatch(r"<(ann|bob)> line \d+", line):
                    lines.append(line)
            heard.append(lines)
        self.assertEqual(heard[0], heard[1])

    def test_a_reload_changes_the_services_of_all_loops(self):
        file = self.directory / "sluiced.conf"
        text = ('workers = 2\n[[service]]\nkind = "echo"\nlisten = "tcp://127.0.0.1:0"\n'
                'max = 4\n')
        file.write_text(text, encoding="utf-8")
        sluiced = self.stack.enter_context(
            Daemon("-f", str(file), "--control", str(self.control_path)))
        old = self.clients(sluiced.endpoint, 4)
        text = text.replace("max = 4", "max = 2")
        file.write_text(text, encoding="utf-8")
        sluiced.signal(signal.SIGHUP)
        sluiced.wait_for_log("reload: .*1 changed")
        for client in old:
            self.assertEqual(exchange(client, b"on"), b"on")
        new = self.clients(sluiced.endpoint, 2)
        with connect(sluiced.endpoint) as one_too_many:
            self.assertTrue(was_closed(one_too_many))
        file.write_text(text.replace("workers = 2", "workers = 3"), encoding="utf-8")
        sluiced.signal(signal.SIGHUP)
        sluiced.wait_for_log("reload: .*workers")
        # The service is gone: its connections drain, in every loop.
        file.write_text('workers = 2\n[[service]]\nkind = "upper"\n'
                        'listen = "tcp://127.0.0.1:0"\n', encoding="utf-8")
        sluiced.signal(signal.SIGHUP)
        for client in new:
            self.assertEqual(client.recv(1), b"")

    def test_a_drain_ends_the_connections_of_all_loops(self):
        sluiced = self.start("-l", ECHO)
        clients = self.clients(sluiced.endpoint, 6)
        for client in clients:
            client.sendall(b"late")
        sluiced.signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual(daemon.receive_all(client), b"late")
            client.close()
        self.assertEqual(sluiced.wait(), 0)
        self.assertIn("every connection finished", sluiced.log())

    def test_the_ends_that_a_second_signal_causes_are_logged(self):
        sluiced = self.start("--log-connections", "-l", "chargen=tcp://127.0.0.1:0",
                             "--drain-timeout", "1h")
        for _ in range(4):
            self.stack.enter_context(connect(sluiced.endpoint)).recv(1)
        sluiced.signal(signal.SIGTERM)
        sluiced.wait_for_log("SIGTERM: draining 4 connections")
        sluiced.signal(signal.SIGTERM)
        sluiced.wait()
        self.assertEqual(sluiced.log().count("closed: service=chargen"), 4)

    def test_a_second_signal_ends_it_at_once(self):
        sluiced = self.start("-l", "chargen=tcp://127.0.0.1:0", "--drain-timeout", "1h")
        for _ in range(4):
            self.stack.enter_context(connect(sluiced.endpoint)).recv(1)
        sluiced.signal(signal.SIGTERM)
        sluiced.wait_for_log("SIGTERM: draining 4 connections")
        sluiced.signal(signal.SIGTERM)
        sluiced.wait()
        self.assertIn("stopped: aborted 4 connections", sluiced.log())

    def test_an_upgrade_keeps_the_connections_of_all_loops(self):
        sluiced = self.start("-l", ECHO)
        clients = self.clients(sluiced.endpoint, 4)
        answer = self.control.text("upgrade")
        process = int(re.search(r"process (\d+)", answer).group(1))
        self.addCleanup(lambda: os.kill(process, signal.SIGKILL))
        for client in clients:
            self.assertEqual(exchange(client, b"on"), b"on")
        self.clients(sluiced.endpoint, 2)
        self.assertEqual(len(self.connections_of_loops()), 2)
        for client in clients:
            client.close()
        self.assertEqual(sluiced.wait(), 0)

    def test_tls_is_spoken_in_all_loops(self):
        authority = certificates.Authority(self.directory)
        authority.sign("server")
        files = f"cert={self.directory}/server.pem,key={self.directory}/server.key"
        sluiced = self.start("-l", f"echo=tls://127.0.0.1:0,{files}")
        trust = ssl.create_default_context(cafile=authority.file)
        for _ in range(6):
            client = self.stack.enter_context(
                trust.wrap_socket(connect(sluiced.endpoint), server_hostname="localhost"))
            self.assertEqual(exchange(client, b"hello"), b"hello")
        self.assertEqual(sorted(self.connections_of_loops()), [3, 4])
        rows = self.control.rows("show", "connections")
        self.assertEqual([row["tls"] for row in rows], ["TLSv1.3"] * 6)


class AsWorker(unittest.TestCase):
    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @unittest.skipIf(daemon.SLOWNESS != 1, "a sanitizer looks for leaks in a thread")
    def test_one_loop_serves_if_there_may_be_no_threads(self):
        def allow_one_process():
            resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        with Daemon("--workers", "2", "-l", ECHO, "--user", "nobody",
                    prepare=allow_one_process) as sluiced:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(connect(sluiced.endpoint)) for _ in range(4)]
                for client in clients:
                    self.assertEqual(exchange(client, b"hello"), b"hello")
            sluiced.wait_for_log("workers: no thread for each loop: .*; one loop serves")
            self.assertEqual(sluiced.stop(), 0)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_a_worker_without_rights_can_start_its_threads(self):
        with Daemon("--workers", "2", "-l", ECHO, "--user", "nobody") as sluiced:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(connect(sluiced.endpoint)) for _ in range(4)]
                for client in clients:
                    self.assertEqual(exchange(client, b"hello"), b"hello")
                threads = 0
                for process in pathlib.Path("/proc").glob("[0-9]*"):
                    with contextlib.suppress(OSError):
                        status = (process / "status").read_text(encoding="ascii")
                        if f"PPid:\t{sluiced.process.pid}\n" in status:
                            threads = len(list((process / "task").iterdir()))
                self.assertGreaterEqual(threads, 2)  # a sanitizer has its own
            self.assertEqual(sluiced.stop(), 0)


if __name__ == "__main__":
    daemon.main()
