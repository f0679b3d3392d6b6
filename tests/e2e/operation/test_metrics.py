#!/usr/bin/env python3
"""The service metrics: Prometheus' text over HTTP, to clients of other projects and to bad ones."""
import http.client
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

import control
import daemon
import prometheus_text
from daemon import Daemon, connect, exchange, receive_all, receive_exactly, wait_until, was_closed

METRICS = "metrics=http://127.0.0.1:0"


def get(endpoint, path="/metrics", method="GET"):
    """(status, headers, body) from Python's client, on a new connection."""
    client = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=daemon.PATIENCE)
    try:
        client.request(method, path)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        client.close()


class Answers(unittest.TestCase):
    def test_the_endpoint_is_announced_as_it_was_written(self):
        with Daemon("-l", METRICS) as sluiced:
            self.assertRegex(sluiced.endpoint, r"^http://127\.0\.0\.1:[1-9]\d*$")

    def test_a_scrape_is_the_text_of_sluicectl(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "control"
            with Daemon("--control", str(path), "-l", METRICS, "-l",
                        'echo=tcp://127.0.0.1:0,name=a"b') as sluiced:
                with connect(sluiced.endpoints("echo")[0]) as client:
                    exchange(client, b"hello")
                    status, headers, text = get(sluiced.endpoint)
                    other = control.Control(path).text("metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, prometheus_text.TYPE))
        self.assertEqual(int(headers["Content-Length"]), len(text))
        families = prometheus_text.families_of(text)
        self.assertEqual(list(families), list(prometheus_text.families_of(other)))
        self.assertEqual(prometheus_text.value_of(
            families, "sluiced_service_received_bytes_total", service='a"b', kind="echo"), 5)
        self.assertEqual(prometheus_text.value_of(
            families, "sluiced_service_connections", kind="metrics",
            endpoint=sluiced.endpoint), 1)
        for page in (text, other):
            self.assertIn(prometheus_text.complaints_of_promtool(page), (None, ""))

    def test_other_paths_are_not_found_and_other_methods_not_allowed(self):
        with Daemon("-l", METRICS) as sluiced:
            for path in ("/", "/metrics/", "/Metrics", "/metric", "/%6detrics"):
                self.assertEqual(get(sluiced.endpoint, path)[0], 404, path)
            self.assertEqual(get(sluiced.endpoint, "/metrics?name=x")[0], 200)
            status, headers, _ = get(sluiced.endpoint, method="PUT")
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"))
            status, headers, body = get(sluiced.endpoint, method="HEAD")
            self.assertEqual((status, body), (200, ""))
            self.assertGreater(int(headers["Content-Length"]), 100)

    def test_a_connection_serves_one_scrape_after_another(self):
        with Daemon("-l", METRICS) as sluiced:
            client = http.client.HTTPConnection(sluiced.endpoint.removeprefix("http://"),
                                                timeout=daemon.PATIENCE)
            for _ in range(5):
                client.request("GET", "/metrics")
                families = prometheus_text.families_of(client.getresponse().read().decode())
            client.close()
            self.assertEqual(prometheus_text.value_of(families, "sluiced_accepted_total"), 1)

    def test_serves_a_unix_socket_too(self):
        with tempfile.TemporaryDirectory() as directory:
            endpoint = f"unix://{directory}/metrics"
            with Daemon("-l", f"metrics={endpoint},mode=0600") as sluiced:
                self.assertEqual(sluiced.endpoint, endpoint)
                with connect(endpoint) as client:
                    client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                    head, _, text = receive_all(client).decode().partition("\r\n\r\n")
            self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"))
            prometheus_text.families_of(text)

    def test_histograms_count_turns_and_the_lag_of_the_loop(self):
        with Daemon("-l", METRICS) as sluiced:
            read = lambda: prometheus_text.families_of(get(sluiced.endpoint)[2])
            self.assertTrue(wait_until(lambda: prometheus_text.value_of(
                read(), "sluiced_loop_lag_seconds_count") > 0))
            families = read()
            for name, least in (("sluiced_turn_seconds", "0.01"),
                                ("sluiced_loop_lag_seconds", "0.001")):
                self.assertEqual(families[name].type, "histogram")
                bounds = {dict(labels).get("le") for _, labels in families[name].samples}
                self.assertEqual(bounds, {None, "+Inf"} | {
                    bound for bound in ("0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
                                        "0.25", "0.5", "1") if float(bound) >= float(least)})
            turns = prometheus_text.value_of(families, "sluiced_turns_total")
            counted = prometheus_text.value_of(families, "sluiced_turn_seconds_count")
            self.assertLessEqual(abs(turns - counted), 2)  # the turn that is being measured

    @unittest.skipIf(shutil.which("curl") is None, "curl is not installed")
    def test_curl_reads_it(self):
        with Daemon("-l", METRICS) as sluiced:
            url = sluiced.endpoint + "/metrics"
            done = subprocess.run(["curl", "-sS", "-w", "%{http_code} %{num_connects}\n", url, url,
                                   "--noproxy", "*"], capture_output=True, text=True,
                                  check=True, timeout=daemon.PATIENCE)
        first, second = [part for part in done.stdout.split("200 ")][:2]
        prometheus_text.families_of(first)
        prometheus_text.families_of(second.split("\n", 1)[1])  # on the same connection
        self.assertTrue(done.stdout.endswith("200 0\n"))


class Limits(unittest.TestCase):
    def test_a_slow_head_closes_the_connection_and_an_idle_one_does_not(self):
        with Daemon("-l", METRICS + ",message-timeout=300ms") as sluiced:
            with connect(sluiced.endpoint) as idle, connect(sluiced.endpoint) as slow:
                slow.sendall(b"GET /metrics HTTP/1.1\r\nHost:")
                self.assertEqual(slow.recv(1), b"")
                idle.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(receive_exactly(idle, 12), b"HTTP/1.1 404")

    def test_max_and_deny_hold(self):
        with Daemon("-l", METRICS + ",max=1", "-l", METRICS + ",deny=127.0.0.0/8") as sluiced:
            one, denied = sluiced.endpoints("metrics")
            with connect(one), connect(one) as second, connect(denied) as third:
                self.assertTrue(was_closed(second))
                self.assertTrue(was_closed(third))

    def test_what_is_no_http_is_refused_at_once(self):
        with Daemon("-l", METRICS) as sluiced:
            for data, status in ((b"\x16\x03\x01\x00\xa5", b"400"), (b"hello\n", b"400"),
                                 (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                                  b"400"),
                                 (b"GET /" + b"a" * 5000, b"414"),
                                 (b"GET / HTTP/1.1\r\nX: " + b"a" * 5000, b"431"),
                                 (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505")):
                with connect(sluiced.endpoint) as client:
                    client.sendall(data)
                    answer = receive_all(client)
                self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), (data[:20], answer))
                self.assertIn(b"\r\nConnection: close\r\n", answer)

    def test_a_client_that_does_not_read_is_not_read(self):
        with Daemon("-l", METRICS, "-l", "echo=tcp://127.0.0.1:0") as sluiced:
            with connect(sluiced.endpoint) as lazy:
                lazy.setblocking(False)
                sent = 0
                request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
                try:
                    while sent < 64 * 1024 * 1024:
                        sent += lazy.send(request)
                except BlockingIOError:
                    pass
                with connect(sluiced.endpoints("echo")[0]) as client:
                    self.assertEqual(exchange(client, b"x"), b"x")
                self.assertTrue(wait_until(lambda: prometheus_text.value_of(
                    prometheus_text.families_of(get(sluiced.endpoint)[2]),
                    "sluiced_paused_total") > 0))


class Endpoints(unittest.TestCase):
    def expect_refused(self, listen, message):
        done = daemon.run("-l", listen)
        self.assertEqual(done.returncode, 2)
        self.assertIn(message, done.stderr.decode())

    def test_only_metrics_runs_over_http_and_over_no_other(self):
        self.expect_refused("echo=http://127.0.0.1:0",
                            "echo does not run over http; allowed: tcp, tls, ws, wss, udp, "
                            "unix and ws+unix")
        self.expect_refused("metrics=tcp://127.0.0.1:0",
                            "metrics does not run over tcp; allowed: http, https and unix")

    def test_other_hosts_are_served_only_if_allow_says_which(self):
        for host in ("*", "0.0.0.0", "[::]", "192.0.2.1"):
            self.expect_refused(f"metrics=http://{host}:0",
                                f"metrics at http://{host}:0 shows all services to other hosts, "
                                "and needs allow=NETWORKS, which says to whom")
        with Daemon("-l", "metrics=http://*:0,allow=127.0.0.0/8 ::1") as sluiced:
            self.assertEqual(get(sluiced.endpoint.replace("*", "127.0.0.1"))[0], 200)

    def test_a_file_has_the_scheme_too(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "sluiced.conf"
            path.write_text('[[service]]\nkind = "metrics"\nlisten = ["http://localhost:0"]\n',
                            encoding="utf-8")
            with Daemon("-f", str(path)) as sluiced:
                self.assertTrue(sluiced.endpoints("metrics"))
                for endpoint in sluiced.endpoints("metrics"):
                    self.assertTrue(endpoint.startswith("http://"), endpoint)
                    self.assertEqual(get(endpoint)[0], 200)
            shown = daemon.run("-n", "-v", "-f", str(path)).stdout.decode()
            self.assertIn('{ endpoint = "http://localhost:0"', shown)


if __name__ == "__main__":
    daemon.main()
