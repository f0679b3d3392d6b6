#!/usr/bin/env python3
"""sluice-lookup against getent, which answers the same questions, and against Twisted's DNS
server: what it finds, how it prints it, and what it says when there is nothing to find."""
import socket
import subprocess
import tempfile
import time
import unittest

import lookup as client
from lookup import DnsServer, LossyServer, dns, lookup

NOBODY = ("--server", "127.0.0.1:1")  # so that no server of the machine's is ever asked


def getent(database, key):
    done = subprocess.run(["getent", database, key], stdout=subprocess.PIPE, check=False, text=True)
    return [line.split() for line in done.stdout.splitlines()]


class Host(unittest.TestCase):
    """What the files of this machine say."""

    def test_services_are_getent_s(self):
        for name in ("ssh", "http", "www", "domain", "ntp", "syslog", "sunrpc", "telnet"):
            for proto in ("tcp", "udp"):
                with self.subTest(f"{name}/{proto}"):
                    rows = getent("services", f"{name}/{proto}")
                    result = lookup(f"{name}/{proto}")
                    self.assertEqual(result.lines,
                                     [f"{name}/{proto} {row[1]}" for row in rows])
                    self.assertEqual(result.status, 0 if rows else 1)

    def test_ports_are_getent_s(self):
        for port in ("22", "25", "53", "80", "123", "443", "514", "9999"):
            for proto in ("tcp", "udp"):
                with self.subTest(f"{port}/{proto}"):
                    rows = getent("services", f"{port}/{proto}")
                    result = lookup(f"{port}/{proto}")
                    self.assertEqual(result.lines, [f"{port}/{proto} {row[0]}" for row in rows])
                    self.assertEqual(result.status, 0 if rows else 1)

    def test_a_service_without_a_protocol_has_those_that_it_has(self):
        if not getent("services", "ssh/tcp"):
            self.skipTest("this host has no services database")
        self.assertEqual(lookup("ssh").lines, ["ssh 22/tcp"])
        self.assertEqual(lookup("domain", "53").lines,
                         ["domain 53/tcp 53/udp", "53 domain/tcp domain/udp"])

    def test_hosts_are_getent_s(self):
        names = {"localhost", socket.gethostname()}
        for name in names:
            with self.subTest(name):
                # The file may have several lines for a name; the library and getent order them by
                # rules of their own where all are loopback.
                want = {row[0] for row in getent("ahostsv4", name)}
                result = lookup("-4", "--name", name, *NOBODY)
                if not want:
                    self.assertEqual(result.status, 1)
                    continue
                self.assertLessEqual(want, set(result.lines[0].split()[1:]))

    def test_names_are_getent_s(self):
        rows = getent("hosts", "127.0.0.1")
        result = lookup("127.0.0.1", *NOBODY)
        if not rows:
            self.skipTest("/etc/hosts has no 127.0.0.1")
        self.assertEqual(result.lines[0].split()[:2], ["127.0.0.1", rows[0][1]])

    def test_localhost_is_loopback_in_either_family(self):
        self.assertEqual(lookup("-6", "localhost", *NOBODY).lines, ["localhost ::1"])
        self.assertEqual(lookup("-4", "x.localhost", *NOBODY).lines, ["x.localhost 127.0.0.1"])

    def test_without_a_word_it_is_this_host(self):
        result = lookup(*NOBODY)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.lines[0].split()[0], socket.gethostname())
        interfaces = {line.split()[0]: line.split()[1:] for line in result.lines[1:]}
        self.assertIn("127.0.0.1", interfaces["lo"])
        self.assertLessEqual(set(interfaces), {name for _, name in socket.if_nameindex()})
        (own,) = lookup("--json", *NOBODY).objects()
        self.assertEqual(own["host"], socket.gethostname())
        self.assertEqual([(row["interface"], row["address"]) for row in own["addresses"]],
                         [(name, address) for name in interfaces for address in interfaces[name]])

    def test_without_a_word_one_family_leaves_the_other_out(self):
        addresses = " ".join(lookup("-4", *NOBODY).lines[1:])
        self.assertNotIn(":", addresses)


class Failures(unittest.TestCase):
    def test_what_is_not_found_is_named_and_the_others_are_printed(self):
        result = lookup("ssh/tcp", "no-such-service/tcp", "127.1", "x.invalid.", "22/tcp",
                        *NOBODY)
        self.assertEqual(result.status, 1)
        self.assertEqual(result.lines, ["ssh/tcp 22/tcp", "22/tcp ssh"])
        self.assertEqual(result.stderr.splitlines(), [
            'sluice-lookup: service "no-such-service/tcp": not in the services database',
            'sluice-lookup: name "127.1": not a valid host name',
            'sluice-lookup: name "x.invalid.": no name server could be reached'])

    def test_a_silent_server_is_waited_for_as_long_as_timeout_says(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            start = time.monotonic()
            names = [f"{letter}.test" for letter in "abcdefgh"]
            result = lookup("--timeout", "2s", *names,
                            "--server", f"127.0.0.1:{silent.getsockname()[1]}")
            took = time.monotonic() - start
            self.assertGreater(took, 1.9)
            # One after the other, the names would take 16 seconds: longer than lookup() waits.
        self.assertEqual(result.status, 1)
        self.assertEqual(result.stderr.count("no name server answered in time"), len(names))

    def test_an_output_that_cannot_be_written_is_told(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([client.PATH, "ssh/tcp"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)


@unittest.skipIf(dns is None, "python3-twisted is not installed")
class Dns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        records = {
            b"both.test": [dns.Record_A("192.0.2.1"), dns.Record_AAAA("2001:db8::1")],
            b"six.test": [dns.Record_AAAA("2001:db8::6")],
            b"www.test": [dns.Record_CNAME(b"both.test")],
            b"mail.test": [dns.Record_MX(10, b"mx.test"), dns.Record_TXT(b'v=spf1 "x"', b"b"),
                           dns.Record_A("192.0.2.7")],
            b"_ssh._tcp.test": [dns.Record_SRV(1, 2, 22, b"both.test")],
            b"many.test": [dns.Record_A(f"198.51.100.{i}") for i in range(1, 201)],
        }
        for i in range(400):
            records[b"h%d.test" % i] = [dns.Record_A(f"10.0.{i // 100}.{i % 100}")]
        reverse = {b"1.2.0.192.in-addr.arpa": [dns.Record_PTR(b"both.test")]}
        cls.dns = DnsServer(records, reverse)

    @classmethod
    def tearDownClass(cls):
        cls.dns.stop()

    def ask(self, *arguments, **more):
        return lookup("--server", self.dns.address, *arguments, **more)

    def test_addresses_of_both_families(self):
        result = self.ask("both.test")
        self.assertEqual(result.status, 0)
        self.assertEqual(set(result.lines[0].split()), {"both.test", "192.0.2.1", "2001:db8::1"})
        self.assertEqual(self.ask("-4", "both.test").lines, ["both.test 192.0.2.1"])
        self.assertEqual(self.ask("-6", "both.test").lines, ["both.test 2001:db8::1"])

    def test_an_alias_is_followed(self):
        self.assertEqual(self.ask("-4", "www.test").lines, ["www.test 192.0.2.1"])

    def test_names_of_an_address(self):
        self.assertEqual(self.ask("192.0.2.1").lines, ["192.0.2.1 both.test"])

    def test_what_is_not_there_is_told_from_what_has_no_address(self):
        result = self.ask("-4", "six.test.", "nobody.test.", "192.0.2.99")
        self.assertEqual((result.status, result.lines), (1, []))
        self.assertEqual(result.stderr.splitlines(), [
            'sluice-lookup: name "six.test.": no IPv4 address',
            'sluice-lookup: name "nobody.test.": not found',
            'sluice-lookup: address "192.0.2.99": not found'])

    def test_an_answer_that_does_not_fit_into_a_datagram_comes_over_tcp(self):
        (line,) = self.ask("-4", "many.test").lines
        self.assertEqual(set(line.split()[1:]), {f"198.51.100.{i}" for i in range(1, 201)})

    def test_many_at_once_in_the_order_of_the_words(self):
        words = [f"h{i}.test" for i in range(400)]
        result = self.ask("-4", *words)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.lines, [f"h{i}.test 10.0.{i // 100}.{i % 100}" for i in range(400)])

    def test_json_is_an_object_for_each_as_it_comes(self):
        result = self.ask("--json", "-4", "both.test", "192.0.2.1", "22/tcp", "nobody.test.")
        self.assertEqual(result.status, 1)
        self.assertEqual(result.objects()[0]["query"], "22/tcp")  # it needs no answer
        found = {row["query"]: row for row in result.objects()}
        self.assertEqual(found, {
            "both.test": {"query": "both.test", "kind": "name", "addresses": ["192.0.2.1"]},
            "192.0.2.1": {"query": "192.0.2.1", "kind": "address", "names": ["both.test"]},
            "22/tcp": {"query": "22/tcp", "kind": "port",
                       "services": [{"name": "ssh", "port": 22, "proto": "tcp"}]},
            "nobody.test.": {"query": "nobody.test.", "kind": "name", "error": "not found",
                             "status": "not_found"}})

    def test_each_backend(self):
        for backend in ("epoll", "poll", "select"):
            self.assertEqual(self.ask("-4", "--backend", backend, "both.test").lines,
                             ["both.test 192.0.2.1"])

    def test_records_of_other_types(self):
        result = self.ask("--type", "MX,txt,A", "mail.test")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.lines, ["mail.test MX 10 mx.test",
                                        'mail.test TXT "v=spf1 \\"x\\"" "b"',
                                        "mail.test A 192.0.2.7"])
        self.assertEqual(self.ask("-t", "SRV", "_ssh._tcp.test").lines,
                         ["_ssh._tcp.test SRV 1 2 22 both.test"])
        self.assertEqual(self.ask("-t", "CNAME", "www.test").lines, ["www.test CNAME both.test"])
        self.assertEqual(self.ask("-t", "A", "www.test").lines, ["www.test A 192.0.2.1"])
        self.assertEqual(self.ask("-t", "PTR", "192.0.2.1").lines,
                         ["192.0.2.1 PTR both.test"])

    def test_records_over_tcp(self):
        self.assertEqual(self.ask("--tcp", "-t", "MX", "mail.test").lines,
                         ["mail.test MX 10 mx.test"])
        self.assertEqual(self.ask("--tcp", "-4", "both.test").lines, ["both.test 192.0.2.1"])

    def test_what_has_no_such_record_is_told_from_what_is_not_there(self):
        result = self.ask("--json", "--type", "MX", "both.test", "none.test", "192.0.2.1",
                          "a..b")
        self.assertEqual(result.status, 1)
        found = {row["query"]: row.get("status") for row in result.objects()}
        self.assertEqual(found, {"both.test": "no_record", "none.test": "not_found",
                                 "192.0.2.1": "bad_name", "a..b": "bad_name"})
        self.assertEqual(result.stderr.splitlines(), [
            'sluice-lookup: name "both.test": no MX record',
            'sluice-lookup: name "none.test": not found',
            'sluice-lookup: address "192.0.2.1": has only PTR records',
            'sluice-lookup: name "a..b": not a valid host name'])

    def test_records_as_json_have_their_owner_and_time_to_live(self):
        (row,) = self.ask("--json", "--type", "a,mx", "www.test").objects()
        self.assertEqual((row["query"], row["kind"]), ("www.test", "records"))
        self.assertEqual([(one["name"], one["type"], one["data"]) for one in row["records"]],
                         [("both.test", "A", "192.0.2.1")])
        self.assertIsInstance(row["records"][0]["ttl"], int)

    def test_the_addresses_of_a_prefix(self):
        result = self.ask("192.0.2.0/29")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.lines, ["192.0.2.1 both.test"])
        self.assertEqual(self.ask("--type", "ptr", "192.0.2.1/32").lines,
                         ["192.0.2.1 PTR both.test"])
        rows = self.ask("--json", "192.0.2.0/30").objects()
        self.assertEqual(sorted((row["query"], row.get("status", "")) for row in rows),
                         [("192.0.2.0", "not_found"), ("192.0.2.1", ""),
                          ("192.0.2.2", "not_found"), ("192.0.2.3", "not_found")])

    def test_a_list_has_words_of_each_kind(self):
        text = "# names\nboth.test six.test # two\n\n192.0.2.1\n22/tcp\nlocalhost\nnone.test\nx/y"
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            for source in (file.name, "-"):
                result = self.ask("--file", source, "www.test", input=text)
                self.assertEqual(result.status, 1)
                self.assertEqual(sorted(result.lines), [
                    "192.0.2.1 both.test", "22/tcp ssh", "both.test 2001:db8::1 192.0.2.1",
                    "localhost ::1 127.0.0.1", "six.test 2001:db8::6",
                    "www.test 2001:db8::1 192.0.2.1"])
                name = "standard input" if source == "-" else source
                self.assertEqual(sorted(result.stderr.splitlines()), sorted([
                    f'sluice-lookup: {name}:7: name "none.test": not found',
                    f'sluice-lookup: {name}:8: "x/y": protocol "y" is not tcp or udp']))

    def test_a_service_s_name_is_a_host_s_when_that_is_said(self):
        self.assertIn("name", self.ask("--name", "ssh").stderr)
        self.assertIn("name", self.ask("ssh.").stderr)


class Lists(unittest.TestCase):
    def test_no_name_of_a_long_list_is_lost_where_questions_are(self):
        names = [f"h{i}.test" for i in range(2000)]

        def asked():
            server = LossyServer(lambda number: number % 20 == 0)
            self.addCleanup(server.stop)
            result = lookup("-4", "--server", server.address, "--try-timeout", "200ms", "--tries",
                            "8", "-f", "-", input="\n".join(names))
            self.assertEqual((result.status, result.stderr), (0, ""))
            self.assertEqual(sorted(result.lines), sorted(
                f"{name} 10.0.{i // 256}.{i % 256}" for i, name in enumerate(names)))
            return server.asked

        # A server that is not scheduled for a while is asked again although it has lost nothing.
        self.assertTrue(any(asked() < 2400 for _ in range(5)))

    def test_answers_are_printed_while_the_list_is_still_written(self):
        server = LossyServer(lambda number: False)
        self.addCleanup(server.stop)
        with subprocess.Popen([client.PATH, "-4", "--server", server.address, "-f", "-"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            for i in range(3):
                process.stdin.write(f"h{i}.test\n")
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), f"h{i}.test 10.0.0.{i}\n")
            process.stdin.close()
            self.assertEqual(process.wait(client.PATIENCE), 0)

    def test_a_part_of_an_answer_that_is_missing_is_reported(self):
        server = LossyServer(lambda number: number > 1)
        self.addCleanup(server.stop)
        result = lookup("--json", "--server", server.address, "--try-timeout", "2500ms",
                        "--tries", "1", "--type", "A,MX", "h1.test")
        self.assertEqual(result.status, 1)
        (row,) = result.objects()
        self.assertEqual((row["status"], row["records"][0]["data"]), ("timed_out", "10.0.0.1"))
        self.assertEqual(row["error"], "MX: no name server answered in time")

    def test_lists_that_cannot_be_read(self):
        result = lookup("-f", "/nonexistent/names", *NOBODY)
        self.assertEqual(result.status, 2)
        self.assertIn("/nonexistent/names: No such file or directory", result.stderr)
        result = lookup("-f", "/", *NOBODY)
        self.assertEqual(result.status, 2)
        self.assertIn("/: Is a directory", result.stderr)
        result = lookup("-f", "-", *NOBODY, input="\ufeffssh")
        self.assertEqual(result.status, 2)
        self.assertIn("standard input:1: begins with a byte-order mark", result.stderr)
        result = lookup("-f", "-", *NOBODY, input="x" * 70000)
        self.assertEqual(result.status, 2)
        self.assertIn("a line is longer than 65536 bytes", result.stderr)


if __name__ == "__main__":
    client.main()
