#!/usr/bin/env python3
"""sluice-scan against ports of this host: what is open is found, and each listing is read."""
import contextlib
import csv
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import xml.etree.ElementTree

import scan as client
from daemon import PATIENCE, free_port
from scan import Listeners, saying, scan

HERE = "127.0.0.1"
FIELDS = ["host", "port", "proto", "state", "service", "rtt_us", "banner"]


def open_ports(*arguments):
    ports, summary = scan("-n", "--json", "--open", *arguments).objects()
    assert summary["complete"], summary
    return sorted(each["port"] for each in ports)


class Finding(unittest.TestCase):
    def test_every_port_that_listens_and_no_other(self):
        with Listeners(200) as listening:
            first, last = listening.ports[0], listening.ports[-1]
            ports, summary = scan("-n", "--json", "-p", f"{first}-{last}", HERE).objects()
            found = sorted(each["port"] for each in ports if each["state"] == "open")
            self.assertLessEqual(set(listening.ports), set(found))
            # What else is open here can be connected to by others too.
            for port in set(found) - set(listening.ports):
                socket.create_connection((HERE, port)).close()
        self.assertEqual(sorted(each["port"] for each in ports), list(range(first, last + 1)))
        self.assertEqual((summary["probes"], summary["open"], summary["failed"]),
                         (last - first + 1, len(found), 0))

    def test_all_ports_of_this_host(self):
        with Listeners(20) as listening:
            result = scan("-n", "--json", "-p-", HERE)
            ports, summary = result.objects()
            self.assertEqual(len({each["port"] for each in ports}), 65535)
            found = {each["port"] for each in ports if each["state"] == "open"}
            self.assertLessEqual(set(listening.ports), found)
        self.assertEqual((result.status, summary["done"]), (0, 65535))

    def test_ipv6_as_well(self):
        try:
            listening = Listeners(1, "::1")
        except OSError as error:
            self.skipTest(f"::1: {error}")
        with listening:
            self.assertEqual(open_ports("-p", str(listening.port), "::1"), [listening.port])
            ports, _ = scan("-n", "--json", "-p", str(listening.port), "::1/128").objects()
            self.assertEqual(ports[0]["host"], "::1")

    def test_a_name_is_scanned_by_its_first_address(self):
        with Listeners() as listening:
            result = scan("-p", str(listening.port), "localhost")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual(result.lines[0], "localhost (127.0.0.1)")

    def test_targets_ranges_and_exclusions(self):
        with Listeners(1, "0.0.0.0") as listening:
            port = ("-p", str(listening.port))
            def hosts(*arguments):
                ports, _ = scan("-n", "--json", *port, *arguments).objects()
                return sorted(each["host"] for each in ports)
            self.assertEqual(hosts("127.0.0.1-3"), ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
            self.assertEqual(hosts("127.0.0.0/30", "--exclude", "127.0.0.0,127.0.0.2"),
                             ["127.0.0.1", "127.0.0.3"])
            self.assertEqual(hosts("127.0.0.1", "127.0.0.1", "127.0.0.0/31"),
                             ["127.0.0.0", "127.0.0.1"])
            with tempfile.TemporaryDirectory() as directory:
                targets = pathlib.Path(directory, "targets")
                targets.write_text("127.0.0.1 127.0.0.2 # two\n\n127.0.0.8/31\n")
                excluded = pathlib.Path(directory, "excluded")
                excluded.write_text("127.0.0.9\n")
                self.assertEqual(hosts("-i", str(targets), "--exclude-file", str(excluded)),
                                 ["127.0.0.1", "127.0.0.2", "127.0.0.8"])
            result = scan("-n", "--json", *port, "-i", "-", typed=b"127.0.0.5\n")
            self.assertEqual(result.objects()[0][0]["host"], "127.0.0.5")

    def test_a_local_address(self):
        with Listeners() as listening:
            result = scan("-n", "-p", str(listening.port), "--bind", "127.0.0.9", HERE)
            client_socket, peer = listening.sockets[0].accept()
            client_socket.close()
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual(peer[0], "127.0.0.9")

    def test_on_every_backend(self):
        with Listeners(3) as listening:
            ports = ",".join(map(str, listening.ports))
            for backend in ("epoll", "poll", "select"):
                self.assertEqual(open_ports("-p", ports, "--backend", backend, HERE),
                                 listening.ports)

    def test_as_nmap_sees_it(self):
        if shutil.which("nmap") is None:
            self.skipTest("nmap is not installed")
        with Listeners(10) as listening:
            span = f"{listening.ports[0]}-{listening.ports[-1]}"
            shown = subprocess.run(["nmap", "-n", "-Pn", "-sT", "-oG", "-", "-p", span, HERE],
                                   stdout=subprocess.PIPE, check=True).stdout.decode()
            theirs = {int(port) for port in re.findall(r"(\d+)/open/tcp", shown)}
            ours = set(open_ports("-p", span, HERE))
            self.assertLessEqual(set(listening.ports), theirs & ours)


    def test_a_port_that_does_not_answer_is_filtered(self):
        with socket.socket() as full:
            full.bind((HERE, 0))
            full.listen(0)
            port = full.getsockname()[1]
            waiting = [socket.socket() for _ in range(4)]
            for each in waiting:  # the kernel drops what the queue has no room for
                each.setblocking(False)
                each.connect_ex((HERE, port))
            result = scan("-n", "--json", "--timeout", "100ms", "--retries", "1", "-p", str(port),
                          HERE)
            for each in waiting:
                each.close()
        self.assertEqual(result.status, 0, result.stderr)
        ports, summary = result.objects()
        self.assertEqual((ports[0]["state"], ports[0]["rtt_us"]), ("filtered", None))
        self.assertEqual(summary["filtered"], 1)


class Listing(unittest.TestCase):
    def test_the_table(self):
        with Listeners(2) as listening:
            first, second = listening.ports
            closed = free_port()
            result = scan("-n", "-p", f"{closed},{first},{second}", HERE)
            self.assertEqual(result.status, 0, result.stderr)
            self.assertEqual(result.lines[0], HERE)
            self.assertEqual(result.lines[1].split(), ["PORT", "STATE", "SERVICE", "RTT"])
            rows = [line.split() for line in result.lines[2:4]]
            self.assertEqual([row[:2] for row in rows],
                             [[f"{first}/tcp", "open"], [f"{second}/tcp", "open"]])
            self.assertEqual(result.lines[4], f"1 closed ({closed})")
            self.assertRegex(result.lines[-1], r"^2 open, 1 closed; 1 address, 3 ports, [\d.]+ s$")
            only = scan("-n", "--open", "-p", f"{closed},{first}", HERE)
            self.assertNotIn("closed", only.stdout.split("\n\n")[0])

    def test_a_host_s_name_is_asked_for_unless_it_is_not_wanted(self):
        hosts = pathlib.Path("/etc/hosts").read_text(encoding="utf-8")
        names = re.findall(r"^127\.0\.0\.1\s+(\S+)", hosts, re.MULTILINE)
        if not names:
            self.skipTest("/etc/hosts has no name for 127.0.0.1")
        port = str(free_port())
        self.assertEqual(scan("-p", port, HERE).lines[0], f"{names[0]} ({HERE})")
        self.assertEqual(scan("-n", "-p", port, HERE).lines[0], HERE)

    def test_hosts_that_say_nothing_are_listed_when_there_are_few(self):
        port = str(free_port())
        arguments = ("-n", "--rate", "0", "-p", port)
        few = scan(*arguments, "127.0.0.0/28")
        self.assertEqual(few.lines.count(f"1 closed ({port})"), 16)
        self.assertNotIn(f"1 closed ({port})",
                         scan(*arguments, "--open", "127.0.0.0/28").lines)

    def test_json_has_these_fields_and_no_others(self):
        with Listeners() as listening:
            result = scan("-n", "--json", "-p", f"{listening.port},{free_port()}", HERE)
        ports, summary = result.objects()
        for each in ports:
            self.assertEqual(list(each), FIELDS)
            self.assertEqual((each["host"], each["proto"]), (HERE, "tcp"))
            self.assertIsInstance(each["rtt_us"], int)
        self.assertEqual(sorted(each["state"] for each in ports), ["closed", "open"])
        self.assertTrue(summary["complete"])

    def test_grepable(self):
        with Listeners() as listening:
            result = scan("-n", "--grepable", "-p", f"{listening.port},{free_port()}", HERE)
        self.assertTrue(result.lines[0].startswith("# sluice-scan "))
        self.assertRegex(result.lines[1],
                         rf"^Host: 127\.0\.0\.1 \(\)\tPorts: {listening.port}/open/tcp//[^/]*///"
                         r"\tIgnored State: closed \(1\)$")
        self.assertTrue(result.lines[2].startswith("# sluice-scan done "))

    def test_xml(self):
        with tempfile.TemporaryDirectory() as directory, saying(b"<&>\"' \xff\x01]]>\r\n") as port:
            file = os.path.join(directory, "scan.xml")
            result = scan("-p", f"{port},{free_port()}", "--banner=20s", "--xml",
                          file, "localhost")
            self.assertEqual(result.status, 0, result.stderr)
            root = xml.etree.ElementTree.parse(file).getroot()
            self.check_against_the_dtd(file)
        self.assertEqual(root.tag, "nmaprun")
        self.assertEqual(root.find("scaninfo").get("numservices"), "2")
        host = root.find("host")
        self.assertEqual(host.find("status").get("state"), "up")
        self.assertEqual(host.find("address").attrib, {"addr": HERE, "addrtype": "ipv4"})
        self.assertEqual(host.find("hostnames/hostname").get("name"), "localhost")
        self.assertEqual(host.find("ports/extraports").get("count"), "1")
        self.assertEqual(host.find("ports/port").get("portid"), str(port))
        self.assertEqual(host.find("ports/port/state").get("state"), "open")
        self.assertEqual(host.find("ports/port/script").get("output"), "<&>\"' \\xff\\x01]]>")
        self.assertEqual(root.find("runstats/finished").get("exit"), "success")

    def check_against_the_dtd(self, file):
        dtd = "/usr/share/nmap/nmap.dtd"
        if shutil.which("xmllint") is None or not os.path.exists(dtd):
            return
        # Its one departure: who wrote it.
        text = pathlib.Path(file).read_text(encoding="utf-8")
        text = text.replace('scanner="sluice-scan"', 'scanner="nmap"')
        subprocess.run(["xmllint", "--noout", "--dtdvalid", dtd, "-"], input=text.encode(),
                       check=True)

    def test_xml_to_the_standard_output(self):
        with tempfile.NamedTemporaryFile() as file:
            result = scan("-n", "-p", str(free_port()), "--xml", "-", "-o", file.name, HERE)
            self.assertIn(b"1 closed", file.read())
        self.assertEqual(xml.etree.ElementTree.fromstring(result.stdout).tag, "nmaprun")

    def test_xml_takes_the_place_of_the_table(self):
        result = scan("-n", "-p", str(free_port()), "-oX", "-", HERE)
        self.assertEqual(xml.etree.ElementTree.fromstring(result.stdout).tag, "nmaprun")

    def test_csv(self):
        with Listeners() as listening:
            closed = free_port()
            result = scan("-n", "--csv", "-p", f"{listening.port},{closed}", HERE)
        rows = list(csv.DictReader(result.lines))
        self.assertEqual({(row["host"], int(row["port"]), row["state"]) for row in rows},
                         {(HERE, listening.port, "open"), (HERE, closed, "closed")})
        self.assertTrue(all(int(row["rtt_us"]) > 0 for row in rows))

    def test_a_port_that_opens_once_is_not_listed_as_open_if_it_is_verified(self):
        for verify, state in (((), "open"), (("--verify",), "closed")):
            # On a busy machine the next connection may come before the listener is closed.
            for _ in range(10):
                in_time, once, always = self.scan_what_opens_once(*verify)
                if in_time:
                    break
            self.assertEqual((in_time, once, always), (True, state, "open"))

    def scan_what_opens_once(self, *verify):
        """Whether it was closed after one connection; its state, and that of one that is open."""
        with Listeners(2) as listening:
            once, always = listening.sockets
            in_time = []

            def close_after_one():
                client, _ = once.accept()
                in_time.append(not select.select([once], [], [], 0)[0])
                once.close()
                client.close()

            # Loopback refuses at once, so that only a later connection tells. The pace gives
            # the listener its time.
            thread = threading.Thread(target=close_after_one)
            thread.start()
            ports = [each.getsockname()[1] for each in (once, always)]
            result = scan("-n", "--json", *verify, "--rate", "5", "-p",
                          ",".join(map(str, ports)), HERE)
            thread.join(PATIENCE)
            states = {each["port"]: each["state"] for each in result.objects()[0]}
        return in_time[0], *(states[port] for port in ports)

    def test_into_a_file(self):
        with tempfile.TemporaryDirectory() as directory, Listeners() as listening:
            file = pathlib.Path(directory, "listing")
            result = scan("-n", "--json", "-o", str(file), "-p", str(listening.port), HERE)
            self.assertEqual((result.status, result.stdout), (0, ""))
            self.assertIn('"state":"open"', file.read_text())

    def test_banners(self):
        hostile = b"\xff\x00\x1b[2J\"}\r\n"
        with saying(b"220 hello\r\n") as polite, saying(hostile) as rude, Listeners() as silent:
            ports = f"{polite},{rude},{silent.port}"
            listed, _ = scan("-n", "--json", "--banner=3s", "-p", ports, HERE).objects()
            self.assertEqual({each["port"]: each["banner"] for each in listed},
                             {polite: "220 hello", rude: "\\xff\\x00\\x1b[2J\"}", silent.port: ""})
            table = scan("-n", "--banner=20s", "-p", str(polite), HERE)
            self.assertTrue(table.lines[1].endswith("BANNER"))
            self.assertTrue(table.lines[2].endswith("220 hello"))


    def test_very_many_banners(self):
        self.check_banners(300)

    def test_more_banners_than_descriptors(self):
        self.check_banners(100, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                      (40, 40)))

    def check_banners(self, count, **more):
        with Listeners(count) as listening:
            stopped = threading.Event()

            def greet(listener):
                listener.settimeout(0.05)
                while not stopped.is_set():
                    try:
                        client_socket, _ = listener.accept()
                    except TimeoutError:
                        continue
                    # One that was begun anew is gone already.
                    with client_socket, contextlib.suppress(ConnectionError):
                        client_socket.sendall(b"hello\n")

            threads = [threading.Thread(target=greet, args=(each,)) for each in listening.sockets]
            for thread in threads:
                thread.start()
            ports, _ = scan("-n", "--json", "--banner=20s", "--open", "-p",
                            ",".join(map(str, listening.ports)), HERE, **more).objects()
            stopped.set()
            for thread in threads:
                thread.join()
        self.assertEqual([each["banner"] for each in ports], ["hello"] * count)


class Splitting(unittest.TestCase):
    def test_shards_cover_everything_and_overlap_nowhere(self):
        seen = []
        for shard in range(1, 4):
            ports, summary = scan("-n", "--json", "--seed", "7", "--shard", f"{shard}/3",
                                  "-p", "1-500", "127.0.0.1-2").objects()
            self.assertEqual(summary["done"], len(ports))
            seen += [(each["host"], each["port"]) for each in ports]
        self.assertEqual(sorted(seen),
                         sorted((f"127.0.0.{i}", port) for i in (1, 2) for port in range(1, 501)))

    def test_the_seed_is_the_order(self):
        def order(seed):
            ports, _ = scan("-n", "--json", "--parallel", "1", "--seed", seed, "-p", "1-200",
                            HERE).objects()
            return [each["port"] for each in ports]
        self.assertEqual(order("1"), order("1"))
        self.assertNotEqual(order("1"), order("2"))


class Ending(unittest.TestCase):
    def test_a_name_that_is_not_found_is_told_and_the_rest_is_scanned(self):
        with Listeners() as listening:
            result = scan("-n", "--json", "-p", str(listening.port), HERE, "nohost.invalid")
        self.assertEqual(result.status, 1)
        self.assertRegex(result.stderr, r'^sluice-scan: name "nohost\.invalid": [^\n]+\n$')
        self.assertEqual(len(result.objects()[0]), 1)

    def test_an_exclusion_that_is_not_found_stops_it_before_it_begins(self):
        with Listeners() as listening:
            result = scan("-p", str(listening.port), "--exclude", "nohost.invalid", HERE)
            listening.sockets[0].setblocking(False)
            with self.assertRaises(BlockingIOError):
                listening.sockets[0].accept()
        self.assertEqual((result.status, result.stdout), (1, ""))
        self.assertIn('--exclude name "nohost.invalid": ', result.stderr)

    def test_a_full_disk_is_a_failure(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        for option in ("-o", "--xml"):
            result = scan("-n", "-p", "1", option, "/dev/full", HERE)
            self.assertEqual(result.status, 1)
            self.assertEqual(result.stderr, "sluice-scan: /dev/full: No space left on device\n")

    def test_a_fifo_that_nobody_reads_is_not_waited_for(self):
        with tempfile.TemporaryDirectory() as directory:
            fifo = os.path.join(directory, "fifo")
            os.mkfifo(fifo)
            for option, status in (("-o", 1), ("--xml", 1), ("--resume", 2)):
                result = scan("-n", "-p", "1", option, fifo, HERE)
                self.assertEqual((result.status, result.stdout), (status, ""))
                self.assertIn(fifo, result.stderr)
            reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
            try:
                self.assertEqual(scan("-n", "-p", "1", "-o", fifo, HERE).status, 0)
                self.assertIn(b"1 closed", os.read(reader, 4096))
            finally:
                os.close(reader)

    def test_a_reader_that_leaves_ends_it_quietly(self):
        process = client.start("-n", "--json", "-p-", HERE)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(20), -signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_an_address_that_cannot_be_left_from_is_told(self):
        result = scan("-n", "-p", "1-3", "--bind", "192.0.2.1", HERE)
        self.assertEqual(result.status, 1)
        self.assertRegex(result.stderr, r"^sluice-scan: 127\.0\.0\.1:\d: [^\n]+ \(and 2 more\)\n$")

    def test_a_slow_reader_gets_everything(self):
        process = client.start("-n", "--json", "-p-", HERE)
        lines = 0
        while process.stdout.read1(4096).count(b"\n") and lines < 40:
            lines += 1
            signal.sigtimedwait([], 0.01)
        rest, err = process.communicate(timeout=3 * client.PATIENCE)
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertIn(b'"done":65535', rest.splitlines()[-1])


if __name__ == "__main__":
    client.main()
