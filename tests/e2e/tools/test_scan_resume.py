#!/usr/bin/env python3
"""sluice-scan interrupted and resumed: each port is listed once, however often it is stopped."""
import json
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import scan as client
from daemon import PATIENCE, wait_until
from scan import Listeners, scan

HERE = "127.0.0.1"


class Resuming(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.file = os.path.join(self.directory.name, "position")
        self.listing = pathlib.Path(self.directory.name, "listing")

    def interrupted(self, *arguments, by=signal.SIGINT, at_least=50):
        """Starts a scan, and stops it when its listing has so many more bytes; its status."""
        size = self.listing.stat().st_size if self.listing.exists() else 0
        process = client.start("-n", "--resume", self.file, "-o", str(self.listing), *arguments)
        wait_until(lambda: process.poll() is not None or
                   self.listing.exists() and self.listing.stat().st_size > size + at_least)
        process.send_signal(by)
        _, err = process.communicate(timeout=2 * PATIENCE)
        self.assertEqual(err, b"")
        return process.returncode

    def objects(self):
        objects = [json.loads(line) for line in self.listing.read_text().splitlines()]
        return ([each for each in objects if "port" in each],
                [each["summary"] for each in objects if "summary" in each])

    def test_each_port_is_told_once_in_all(self):
        with Listeners(5) as listening:
            listed = ",".join(map(str, listening.ports))
            arguments = ("--json", "-p", f"1-2000,{listed}", HERE)
            statuses = [self.interrupted("--rate", "200", *arguments, at_least=10_000)
                        for _ in range(3)]
            self.assertEqual(statuses, [130, 130, 130])
            self.assertTrue(os.path.exists(self.file))
            last = scan("-n", "--resume", self.file, "-o", str(self.listing), *arguments)
        self.assertEqual(last.status, 0, last.stderr)
        ports, summaries = self.objects()
        wanted = sorted({*range(1, 2001), *listening.ports})
        self.assertEqual(sorted(each["port"] for each in ports), wanted)
        self.assertEqual([each["complete"] for each in summaries], [False] * 3 + [True])
        self.assertEqual(sum(each["done"] for each in summaries), len(wanted))
        self.assertFalse(os.path.exists(self.file))

    def test_each_file_of_csv_has_one_header(self):
        arguments = ("--csv", "-p", "1-600", HERE)
        for _ in range(2):  # into one file
            self.assertEqual(self.interrupted("--rate", "60", *arguments, at_least=500), 130)
        first = self.listing.read_text().splitlines()
        self.listing.unlink()
        result = scan("-n", "--resume", self.file, "-o", str(self.listing), *arguments)
        self.assertEqual(result.status, 0, result.stderr)
        last = self.listing.read_text().splitlines()
        for lines in (first, last):
            self.assertEqual([i for i, each in enumerate(lines) if each.startswith("host,")], [0])
        self.assertEqual(len(first) + len(last), 600 + 2)

    def test_the_table_and_the_xml_go_on(self):
        file = os.path.join(self.directory.name, "scan.xml")
        with Listeners(3) as listening:
            listed = ",".join(map(str, listening.ports))
            arguments = ("--seed", "5", "--xml", file, "-p", f"1-800,{listed}", HERE)
            process = client.start("-n", "--rate", "80", "--resume", self.file, *arguments)
            wait_until(lambda: os.path.exists(file))
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(0.3)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=2 * PATIENCE)
            self.assertEqual((process.returncode, err), (143, b""))
            self.assertIn("; interrupted with ", out.decode())
            first = xml.etree.ElementTree.parse(file).getroot()
            self.assertEqual(first.find("runstats/finished").get("exit"), "error")
            self.assertEqual(scan("-n", "--resume", self.file, *arguments).status, 0)
        root = xml.etree.ElementTree.parse(file).getroot()
        self.assertEqual(len(root.findall("runstats")), 1)
        ports = [int(port.get("portid")) for port in root.findall("host/ports/port")]
        self.assertLessEqual(set(listening.ports), set(ports))
        self.assertEqual(len(ports), len(set(ports)))
        closed = sum(int(each.get("count")) for each in root.findall("host/ports/extraports"))
        self.assertEqual(closed + len(ports), 803)

    def test_on_request_it_is_written_while_the_scan_goes_on(self):
        process = client.start("-n", "--json", "--resume", self.file, "--rate", "40", "-p",
                               "1-400", HERE)
        process.stdout.readline()
        process.send_signal(signal.SIGUSR2)
        self.assertEqual(process.stderr.readline(),
                         f"sluice-scan: saved the position in {self.file}\n".encode())
        state = json.loads(pathlib.Path(self.file).read_text())
        self.assertGreater(state["next"], 0)
        process.kill()
        process.communicate()
        self.assertEqual(scan("-n", "--resume", self.file, "-p", "1-400", HERE).status, 0)

    def test_the_file_of_another_scan_is_refused_and_kept(self):
        self.assertEqual(self.interrupted("--json", "--rate", "100", "-p", "1-1000", HERE), 130)
        kept = pathlib.Path(self.file).read_text()
        for arguments, why in ((("-p", "1-999", HERE), 'its ports are "1-1000", and those'),
                               (("-p", "1-1000", "127.0.0.2"), "it has the same number of"),
                               (("-p", "1-1000", "--shard", "1/2", HERE), "its shard is 1/1"),
                               (("-p", "1-1000", "--seed", "1", HERE), "its seed is ")):
            result = scan("-n", "--resume", self.file, *arguments)
            self.assertEqual((result.status, result.stdout), (2, ""))
            self.assertIn(f"sluice-scan: --resume {self.file} belongs to another scan: {why}",
                          result.stderr)
        self.assertEqual(pathlib.Path(self.file).read_text(), kept)

    def test_a_file_that_names_a_position_twice_is_refused(self):
        self.assertEqual(self.interrupted("--json", "--rate", "100", "-p", "1-1000", HERE), 130)
        state = json.loads(pathlib.Path(self.file).read_text())
        state["pending"] = [0, 0]
        pathlib.Path(self.file).write_text(json.dumps(state))
        result = scan("-n", "--resume", self.file, "-p", "1-1000", HERE)
        self.assertEqual((result.status, result.stdout), (2, ""))
        self.assertIn("positions outside the scan", result.stderr)

    def test_a_place_that_cannot_be_written_is_told_before_the_scan(self):
        result = scan("-n", "-p", "1", "--resume", "/nonexistent/position", HERE)
        self.assertEqual((result.status, result.stdout), (1, ""))
        self.assertIn("/nonexistent/position", result.stderr)

    def test_without_a_file_it_prints_what_is_known(self):
        with Listeners(50) as listening:
            process = client.start("-n", "--rate", "200", "--seed", "1", "-p",
                                   f"1-2000,{','.join(map(str, listening.ports))}", HERE)
            # Between three of the few that are open it has found closed ones.
            self.assertTrue(wait_until(lambda: len(select.select(
                listening.sockets, [], [], 0)[0]) >= 3))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=2 * PATIENCE)
        self.assertEqual((process.returncode, err), (130, b""))
        self.assertRegex(out.decode(), r"\A127\.0\.0\.1\n[^Z]*\d+ closed[^Z]*interrupted with \d+ "
                                       r"probes left\n\Z")


if __name__ == "__main__":
    client.main()
