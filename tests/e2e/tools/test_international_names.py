#!/usr/bin/env python3
"""Names of hosts in Unicode in every program that takes one: it uses the name's form in ASCII.

The fullwidth letters of LOCAL stand for "localhost", so no server is asked for it."""
import os
import socket
import subprocess
import unittest

import daemon
import fetch
import lookup as lookups
import scan
import talk
from lookup import DnsServer, dns, lookup

LOCAL = "ｌｏｃａｌｈｏｓｔ"
SNOWMAN = "☃.net"
C_LOCALE = {**os.environ, "LC_ALL": "C"}  # what the text is does not depend on it


class Programs(unittest.TestCase):
    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.port = self.server.getsockname()[1]

    def test_each_program_rejects_what_is_no_name(self):
        why = f'name "{SNOWMAN}": has a character that no name has'
        for command in ([lookups.PATH, SNOWMAN], [talk.PATH, f"{SNOWMAN}:7"],
                        [talk.PATH, f"ws://{SNOWMAN}/chat"], [scan.PATH, SNOWMAN],
                        [fetch.PATH, f"http://{SNOWMAN}/"],
                        [daemon.PATH, "-l", f"echo=tcp://{SNOWMAN}:0"]):
            with self.subTest(command[0]):
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                      env=C_LOCALE, timeout=daemon.PATIENCE, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                self.assertIn(why, done.stderr.decode())

    def test_bytes_that_are_not_utf_8_are_shown_as_such(self):
        done = subprocess.run([lookups.PATH, b"b\xfccher.test"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'name "b\\xfccher.test": is not valid UTF-8', done.stderr)

    def test_sluiced_and_sluice_talk(self):
        with daemon.Daemon("-l", f"echo=tcp://{LOCAL}:0") as sluiced:
            port = sluiced.endpoint.rpartition(":")[2]
            result = talk.talk(f"{LOCAL}:{port}", typed=b"hello\n", env=C_LOCALE)
        self.assertEqual((result.status, result.stdout), (0, b"hello\n"), result.stderr)

    def test_sluice_scan(self):
        result = scan.scan(LOCAL, "-4", "-p", str(self.port), "--json", env=C_LOCALE)
        self.assertEqual(result.status, 0, result.stderr)
        self.assertIn(f'"port":{self.port}', "".join(result.lines))

    def test_sluice_fetch(self):
        answer = fetch.head(2) + b"ok"
        with fetch.Server(lambda client, _: client.sendall(answer)) as server:
            port = server.url.rpartition(":")[2]
            result = fetch.fetch(f"http://{LOCAL}:{port}/", "-o", "-", env=C_LOCALE)
        self.assertEqual((result.status, result.stdout), (0, b"ok"), result.stderr)
        parts = fetch.fetch("--parse", "http://me@bücher.example/ü", env=C_LOCALE)
        self.assertIn("host      xn--bcher-kva.example", parts.stdout.decode())

    def test_the_name_of_sni_is_sent_in_ascii(self):
        hellos = []

        def serve(client):
            hellos.append(client.recv(4096))

        with talk.Server(serve) as server:
            talk.talk("--sni", "bücher.example", f"tls://127.0.0.1:{server.port}", env=C_LOCALE)
        self.assertIn(b"xn--bcher-kva.example", hellos[0])

    def test_the_header_of_a_websocket_has_the_name_in_ascii(self):
        heads = []

        def serve(client):
            heads.append(client.recv(4096))

        with talk.Server(serve) as server:
            talk.talk(f"ws://{LOCAL}:{server.port}/", env=C_LOCALE)
        self.assertIn(f"Host: localhost:{server.port}\r\n".encode(), heads[0])


@unittest.skipIf(dns is None, "python3-twisted is not installed")
class Lookup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        name = b"xn--bcher-kva.test"
        cls.server = DnsServer(
            {name: [dns.Record_A("192.0.2.1"), dns.Record_MX(10, b"mail." + name),
                    dns.Record_TXT(name)],
             b"xn--zz.test": [dns.Record_CNAME(b"xn--zz.test.test")]},
            {b"1.2.0.192.in-addr.arpa": [dns.Record_PTR(name)],
             b"2.2.0.192.in-addr.arpa": [dns.Record_PTR(b"xn--a.test")]})
        cls.addClassCleanup(cls.server.stop)

    def lookup(self, *arguments, **more):
        return lookup("--server", self.server.address, *arguments, **more)

    def test_a_name_is_asked_for_in_ascii_and_printed_as_it_was_written(self):
        self.assertEqual(self.lookup("-4", "Bücher.test").lines, ["Bücher.test 192.0.2.1"])
        listed = self.lookup("-4", "--file", "-", input="bücher.test\n☃.test\n", env=C_LOCALE)
        self.assertEqual((listed.status, listed.lines), (1, ["bücher.test 192.0.2.1"]))
        self.assertIn('name "☃.test": has a character', listed.stderr)

    def test_names_are_in_unicode_beside_ascii_on_request(self):
        self.assertEqual(self.lookup("192.0.2.1").lines, ["192.0.2.1 xn--bcher-kva.test"])
        self.assertEqual(self.lookup("--unicode", "192.0.2.1", "192.0.2.2").lines,
                         ["192.0.2.1 xn--bcher-kva.test (bücher.test)", "192.0.2.2 xn--a.test"])
        self.assertEqual(
            self.lookup("--unicode", "--type", "MX,TXT", "bücher.test").lines,
            ["bücher.test MX 10 mail.xn--bcher-kva.test (10 mail.bücher.test)",
             'bücher.test TXT "xn--bcher-kva.test"'])

    def test_objects_have_both(self):
        (found,) = self.lookup("--json", "192.0.2.1").objects()
        self.assertEqual((found["names"], found["unicode"]),
                         (["xn--bcher-kva.test"], ["bücher.test"]))
        (found,) = self.lookup("--json", "--type", "MX", "bücher.test").objects()
        self.assertEqual(found["records"][0]["unicode"], "10 mail.bücher.test")
        (found,) = self.lookup("--json", "192.0.2.2").objects()
        self.assertNotIn("unicode", found)


if __name__ == "__main__":
    lookups.main()
