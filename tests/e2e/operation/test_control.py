#!/usr/bin/env python3
"""sluicectl with a running daemon: what it shows, what it changes, and who may use the socket."""
import os
import pathlib
import re
import signal
import socket
import stat
import time

import control
import daemon
import prometheus_text
from control import Control
from daemon import Daemon, connect, exchange, receive_all, wait_until, was_closed


class Case(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "control"
        self.control = Control(self.path)

    def daemon(self, *arguments):
        return Daemon("--control", str(self.path), *arguments)


class Show(Case):
    def test_services_lists_each_endpoint_with_its_counters(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0,max=1,name=first",
                         "-l", "echo=udp://127.0.0.1:0") as sluiced:
            stream, datagram = (endpoint for _, endpoint in sluiced.listening)
            with connect(stream) as client:
                exchange(client, b"x" * 1000)
                with connect(stream) as refused:
                    self.assertTrue(was_closed(refused))
                with connect(datagram) as sender:
                    exchange(sender, b"y" * 10)
                rows = self.control.rows("show", "services")
            self.assertEqual(rows, [
                {"name": "first", "kind": "echo", "endpoint": stream, "state": "serving",
                 "open": 1, "accepted": 1, "refused": 1, "bytes_in": 1000, "bytes_out": 1000},
                {"name": "echo", "kind": "echo", "endpoint": datagram, "state": "serving",
                 "open": 0, "accepted": 0, "refused": 0, "bytes_in": 10, "bytes_out": 10}])
            wait_until(lambda: self.control.rows("show", "services")[0]["open"] == 0)
            self.assertEqual(self.control.rows("show", "services")[0]["bytes_in"], 1000)

    def test_services_is_a_table_for_people(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            lines = self.control.text("show", "services").splitlines()
            self.assertEqual(lines[0].split(), ["name", "kind", "endpoint", "state", "open",
                                                "accepted", "refused", "bytes_in", "bytes_out"])
            self.assertEqual(lines[1].split(), ["echo", "echo", sluiced.endpoint, "serving",
                                                "0", "0", "0", "0", "0"])

    def test_counters_count_what_was_done(self):
        services = ("-l", "echo=tcp://127.0.0.1:0", "-l", "echo=udp://127.0.0.1:0")
        with self.daemon(*services) as sluiced:
            tcp, udp = (endpoint for _, endpoint in sluiced.listening)
            with connect(tcp) as client, connect(udp) as other:
                exchange(client, b"12345")
                exchange(other, b"12345")
                with connect(tcp) as gone:
                    gone.shutdown(socket.SHUT_WR)
                    receive_all(gone)
                [row] = self.control.rows("show", "counters")
            for key, value in {"refused": 0, "datagrams_in": 1, "datagrams_out": 1,
                               "udp_unanswered": 0, "log_dropped": 0}.items():
                self.assertEqual(row[key], value, key)
            # Those of the control socket are connections too.
            self.assertEqual((row["connections_open"], row["accepted"]), (2, 3))
            self.assertEqual(row["closed_peer_closed"], 1)
            self.assertGreaterEqual(row["bytes_in"], 5)
            self.assertGreaterEqual(row["bytes_out"], 5)

    def test_connections_lists_each_one_with_its_peer(self):
        with self.daemon("-l", "discard=tcp://127.0.0.1:0") as sluiced:
            with connect(sluiced.endpoint) as client:
                client.sendall(b"x" * 7)
                found = wait_until(lambda: [row for row in self.control.rows("show", "connections")
                                            if row["bytes_in"] == 7])
                host, port = client.getsockname()
                self.assertEqual(len(found), 1)
                self.assertRegex(found[0].pop("id"), r"^\d+\.\d+$")
                self.assertLess(found[0].pop("age"), 60)
                self.assertEqual(found[0], {
                    "idle": None, "paused_by": None, "service": "discard",
                    "peer": f"{host}:{port}", "bytes_in": 7, "bytes_out": 0,
                    "queued": 0, "state": "open", "tls": None, "paused": False})

    def test_connections_of_thousands_come_in_pieces_and_all(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            clients = [connect(sluiced.endpoint) for _ in range(700)]
            try:
                exchange(clients[-1], b"x")
                rows = self.control.rows("show", "connections")
                self.assertEqual(len({row["id"] for row in rows}), len(clients))
            finally:
                for client in clients:
                    client.close()

    def test_connections_say_how_long_they_are_idle_and_why_they_are_paused(self):
        with self.daemon("-l", "chargen=tcp://127.0.0.1:0,idle=1h",
                         "-l", "chat=tcp://127.0.0.1:0,rate=1/3600,burst=1") as sluiced:
            with connect(sluiced.endpoints("chargen")[0]) as lazy, \
                    connect(sluiced.endpoints("chat")[0]) as chatty:
                lazy.sendall(b"x")
                chatty.sendall(b"one\ntwo\nthree\n")

                def by_service():
                    return {row["service"]: row
                            for row in self.control.rows("show", "connections")}
                self.assertTrue(wait_until(lambda: by_service()["chat"]["paused"]))
                rows = by_service()
                self.assertEqual(rows["chat"]["paused_by"], "service")
                self.assertIsNone(rows["chat"]["idle"])
                self.assertLess(rows["chargen"]["idle"], 60)

    def test_sort_orders_the_rows(self):
        with self.daemon("-l", "discard=tcp://127.0.0.1:0") as sluiced:
            with connect(sluiced.endpoint) as first, connect(sluiced.endpoint) as second:
                first.sendall(b"x" * 5)
                second.sendall(b"x" * 50)
                wait_until(lambda: sum(
                    row["bytes_in"] for row in self.control.rows("show", "connections")) == 55)
                rows = self.control.rows("--sort", "bytes_in", "show", "connections")
                self.assertEqual([row["bytes_in"] for row in rows], [50, 5])
                self.assertIn('--sort "size": no row has this key; allowed: id, service, peer',
                              self.control.error("--sort", "size", "show", "connections"))

    def test_limits_are_those_of_each_endpoint(self):
        with self.daemon("--max-connections", "77", "-l", "echo=tcp://127.0.0.1:0,max=5,idle=1m",
                         "-l", "echo=udp://127.0.0.1:0,answers=9") as sluiced:
            rows = self.control.rows("show", "limits")
            self.assertEqual(rows[0], {"name": "all", "endpoint": None, "open": 1, "max": 77})
            self.assertEqual(rows[1], {
                "name": "echo", "endpoint": sluiced.endpoint, "open": 0, "max": 5,
                "per_source": None, "idle": "1m", "connect_rate": "off",
                "connect_rate_per_source": "off", "answers": None, "answers_per_source": None})
            self.assertEqual((rows[2]["max"], rows[2]["answers"]), (None, 9))

    def test_nothing_is_an_empty_array(self):
        with self.daemon("-l", "echo=udp://127.0.0.1:0"):
            self.assertEqual(self.control.rows("show", "connections"), [])


class Change(Case):
    def test_kick_resets_one_connection(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            with connect(sluiced.endpoint) as kicked, connect(sluiced.endpoint) as other:
                exchange(kicked, b"x")
                exchange(other, b"yy")
                [row] = [row for row in self.control.rows("show", "connections")
                         if row["bytes_in"] == 1]
                self.control.text("kick", row["id"])
                with self.assertRaises(ConnectionResetError):
                    kicked.recv(1)
                self.assertEqual(exchange(other, b"z"), b"z")
                self.assertIn(f"no connection has the id {row['id']}",
                              self.control.error("kick", row["id"]))
            sluiced.wait_for_log(rf"info user {os.getuid()}: kick {re.escape(row['id'])}, 127\.0")

    def test_drain_ends_one_service_and_leaves_the_others(self):
        with self.daemon("-l", f"echo=tcp://127.0.0.1:{daemon.free_port()},name=a",
                         "-l", "echo=tcp://127.0.0.1:0,name=b") as sluiced:
            first, second = (endpoint for _, endpoint in sluiced.listening)
            self.control.text("drain", "a")
            wait_until(lambda: [row["name"] for row in self.control.rows("show", "services")]
                       == ["b"])
            with self.assertRaises(ConnectionRefusedError):
                connect(first)
            with connect(second) as client:
                self.assertEqual(exchange(client, b"x"), b"x")
            self.assertIn('no service has the name or the endpoint "a"',
                          self.control.error("drain", "a"))

    def test_log_sets_the_level(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            self.control.text("log", "error")
            sluiced.signal(signal.SIGUSR1)
            self.control.text("show", "services")  # after the signal
            self.control.text("log", "info")
            self.assertNotIn("SIGUSR1", sluiced.log())
            self.assertIn('level "loud" is not info, warning or error',
                          self.control.error("log", "loud"))

    def test_reload_reads_the_file_again(self):
        config = self.directory / "sluiced.conf"
        service = '[[service]]\nkind = "{}"\nlisten = "tcp://127.0.0.1:0"\n'
        config.write_text(service.format("echo"), encoding="utf-8")
        with self.daemon("-f", str(config)) as sluiced:
            with connect(sluiced.endpoint) as client:
                exchange(client, b"x")
            config.write_text(service.format("upper"), encoding="utf-8")
            self.control.text("reload")
            kinds = [row["kind"] for row in self.control.rows("show", "services")
                     if row["state"] == "serving"]
            self.assertEqual(kinds, ["upper"])

            config.write_text(service.format("uper"), encoding="utf-8")
            done = control.run("-s", str(self.path), "reload")
            self.assertEqual(done.returncode, 1)
            self.assertIn("nothing has changed", done.stderr)
            self.assertIn('"uper"', done.stdout)
            self.assertIn("upper", [row["kind"] for row in self.control.rows("show", "services")])

    def test_reload_without_a_file_is_an_error(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"):
            self.control.error("reload")

    def test_stop_answers_and_ends_the_daemon_in_order(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            self.control.text("stop")
            self.assertEqual(sluiced.wait(), 0)
            self.assertIn("info stopped: every connection finished", sluiced.log())
            self.assertFalse(self.path.exists())


class Bans(Case):
    def test_a_ban_aborts_and_refuses_on_every_service_until_it_is_taken_back(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0", "-l", "upper=tcp://127.0.0.1:0",
                         "-l", "echo=udp://127.0.0.1:0") as sluiced:
            echo, upper, datagram = (endpoint for _, endpoint in sluiced.listening)
            with connect(echo, ("127.0.0.2", 0)) as bad, connect(echo) as good:
                exchange(bad, b"x")
                exchange(good, b"x")
                self.assertEqual(self.control.text("ban", "127.0.0.2"),
                                 "banned 127.0.0.2, aborted 1 connection\n")
                with self.assertRaises(ConnectionResetError):
                    bad.recv(1)
                self.assertEqual(exchange(good, b"y"), b"y")
            self.assertEqual(self.control.rows("show", "bans"),
                             [{"source": "127.0.0.2", "seconds_left": None}])
            with connect(upper, ("127.0.0.2", 0)) as client:
                self.assertTrue(was_closed(client))
            sluiced.wait_for_log(r"refused: 127\.0\.0\.2:\d+ is banned")
            with connect(datagram, ("127.0.0.2", 0)) as client:
                client.settimeout(0.3)
                client.send(b"x")
                with self.assertRaises(TimeoutError):
                    client.recv(1)
            self.control.text("unban", "127.0.0.2")
            with connect(upper, ("127.0.0.2", 0)) as client:
                self.assertEqual(exchange(client, b"x"), b"X")
            self.assertEqual(self.control.rows("show", "bans"), [])
            sluiced.wait_for_log(rf"info user {os.getuid()}: unban 127\.0\.0\.2")

    def test_a_ban_ends_after_its_time(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            for seconds in (1, 5, 25):
                # A busy machine may let the time pass before the client is there.
                began = time.monotonic()
                self.control.text("ban", "127.0.0.2", f"{seconds}s")
                with connect(sluiced.endpoint, ("127.0.0.2", 0)) as client:
                    client.sendall(b"x")
                    banned = was_closed(client)
                if banned or time.monotonic() - began < seconds:
                    break
            self.assertTrue(banned)
            self.assertTrue(wait_until(lambda: self.control.rows("show", "bans") == []))
            with connect(sluiced.endpoint, ("127.0.0.2", 0)) as client:
                self.assertEqual(exchange(client, b"x"), b"x")

    def test_an_ipv6_address_stands_for_its_network(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"):
            self.assertEqual(self.control.text("ban", "2001:db8::7", "1h"),
                             "banned 2001:db8::/64, aborted 0 connections\n")
            [row] = self.control.rows("show", "bans")
            self.assertEqual(row["source"], "2001:db8::/64")
            self.assertTrue(3500 < row["seconds_left"] <= 3600)
            self.control.text("unban", row["source"])
            self.assertIn("2001:db8::/64 is not banned", self.control.error("unban", "2001:db8::8"))

    def test_mistakes_are_named(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"):
            for words, message in (
                    (("ban", "localhost"), 'address "localhost" is not a.b.c.d, an IPv6 address'),
                    (("ban", "192.0.2.1/24"), 'address "192.0.2.1/24" is not'),
                    (("ban", "192.0.2.1", "soon"), 'time "soon"'),
                    (("ban", "192.0.2.1", "1h", "x"), 'ban: unexpected "x"'),
                    (("ban",), "ban: ADDRESS is missing"),
                    (("unban", "192.0.2.1"), "192.0.2.1 is not banned")):
                self.assertIn(message, self.control.error(*words), words)
            self.assertEqual(self.control.rows("show", "bans"), [])


class Metrics(Case):
    def test_are_families_with_help_and_type_and_the_value_of_each_service(self):
        with self.daemon("-l", 'echo=tcp://127.0.0.1:0,name=a"b') as sluiced:
            with connect(sluiced.endpoint) as client:
                exchange(client, b"hello")
                text = self.control.text("metrics")
        families = prometheus_text.families_of(text)
        self.assertEqual(prometheus_text.value_of(
            families, "sluiced_service_received_bytes_total", service='a"b', kind="echo",
            endpoint=sluiced.endpoint), 5)
        self.assertIn(prometheus_text.complaints_of_promtool(text), (None, ""))
        page = (pathlib.Path(os.environ["SOURCE_DIR"]) / "man" / "sluicectl.8").read_text(
            encoding="utf-8")
        listed = re.findall(r"^\.It Li (\w+)\n(\w+): (.*)$", page, re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(
            (name, family.type, family.help) for name, family in families.items()))


class Socket(Case):
    def test_is_for_its_owner_alone(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0"):
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_answers_commands_in_order_and_bad_ones_with_an_error(self):
        with self.daemon("-l", "echo=udp://127.0.0.1:0"):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(daemon.PATIENCE)
                client.connect(str(self.path))
                client.sendall(b"show  connections\nfrobnicate\n" + b"x" * 5000 +
                               b"\n\nkick\nkick 1 2\nkick x\nshow servces\nlog info\n")
                client.shutdown(socket.SHUT_WR)
                answers = client.makefile("r", encoding="ascii").read().splitlines()
        self.assertEqual(answers, [
            "ok",
            'error: command "frobnicate" is unknown; help lists the commands',
            "error: a command has at most 1024 bytes",
            'error: command "" is unknown; help lists the commands',
            "error: kick: ID is missing",
            'error: kick: unexpected "2"',
            'error: id "x" is not two or three numbers with dots, such as 3.17 or 3.17.1',
            'error: command "show servces" is unknown (did you mean show services?); '
            "help lists the commands",
            "ok"])

    def test_help_lists_what_the_page_explains(self):
        with self.daemon("-l", "echo=udp://127.0.0.1:0"):
            listed = re.findall(r"^  ((?:show )?\w+)", self.control.text("help"), re.MULTILINE)
        page = (pathlib.Path(os.environ["SOURCE_DIR"]) / "man" / "sluicectl.8").read_text(
            encoding="utf-8")
        section = page.partition(".Ss COMMANDS\n")[2].partition("\n.S")[0]
        listed.append("top")  # of sluicectl itself
        self.assertEqual(sorted(listed),
                         sorted(re.findall(r"^\.It Cm ((?:show )?\w+)", section, re.MULTILINE)))

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        with self.daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            clients = [connect(sluiced.endpoint) for _ in range(300)]
            with socket.socket(socket.AF_UNIX) as lazy:
                lazy.connect(str(self.path))
                lazy.sendall(b"show connections\n" * 60)
                time.sleep(0.3)
                self.assertEqual(exchange(clients[-1], b"x"), b"x")
                self.assertEqual(len(self.control.rows("show", "connections")), 300)
            for client in clients:
                client.close()


class Usage(Case):
    def test_without_a_daemon_names_the_socket(self):
        self.assertEqual(self.control.error("show", "services"),
                         f'sluicectl: control socket "{self.path}": No such file or directory\n')

    def test_wrong_words_are_named(self):
        for arguments, message in (
                ((), "a command is missing, such as: show services"),
                (("a b",), 'argument "a b" has a space or a control character'),
                (("",), "an argument is empty"),
                (("--jsn", "x"), "--jsn")):
            done = control.run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(message, done.stderr)

    def test_the_daemon_refuses_a_path_that_is_empty_or_too_long(self):
        for path in ("", "/" + "x" * 200):
            done = daemon.run("--control", path)
            self.assertEqual(done.returncode, 2, path)
            self.assertIn(b"--control", done.stderr)


if __name__ == "__main__":
    daemon.main()
