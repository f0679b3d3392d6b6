#!/usr/bin/env python3
"""--would-accept: which services would serve a peer, and which line decides."""
import pathlib
import tempfile
import unittest

import daemon

FILE = """\
[networks]
office = ["192.0.2.0/24", "2001:db8::/32"]
[defaults]
deny = "192.0.2.13"
[[service]]
kind = "echo"
listen = ["tcp://127.0.0.1:7007", "udp://127.0.0.1:7007", "unix:///tmp/x"]
allow = "office"
[[service]]
kind = "time"
listen = [{ endpoint = "tcp://127.0.0.1:7008", deny = "192.0.2.0/25" }]
"""


def would_accept(address, *arguments):
    done = daemon.run("-n", "--would-accept", address, *arguments)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout.decode().splitlines()


class WouldAccept(unittest.TestCase):
    def test_the_line_of_the_file_that_decides(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "x.conf"
            file.write_text(FILE, encoding="utf-8")
            unix = "echo unix:///tmp/x: refused: an address cannot reach a Unix socket"
            echo = ["echo tcp://127.0.0.1:7007: ", "echo udp://127.0.0.1:7007: "]
            for address, at_echo, at_time in (
                    ("192.0.2.200", f"accepted: 192.0.2.0/24 is in allow ({file}:8)",
                     f"accepted: it is in no network of deny ({file}:11)"),
                    ("192.0.2.13", f"refused: 192.0.2.13 is in deny ({file}:4)",
                     f"refused: 192.0.2.0/25 is in deny ({file}:11)"),
                    ("::ffff:192.0.2.13", f"refused: 192.0.2.13 is in deny ({file}:4)",
                     f"refused: 192.0.2.0/25 is in deny ({file}:11)"),
                    ("2001:db9::1", f"refused: it is in no network of allow ({file}:8)",
                     f"accepted: it is in no network of deny ({file}:11)")):
                self.assertEqual(would_accept(address, "-f", str(file)),
                                 [each + at_echo for each in echo] +
                                 [unix, "time tcp://127.0.0.1:7008: " + at_time])

    def test_the_l_that_decides(self):
        text = "echo=tcp://127.0.0.1:7,allow=10.0.0.0/8 fd00::/8"
        self.assertEqual(would_accept("10.1.2.3", "-l", text, "-l", "time=tcp://127.0.0.1:8"),
                         [f"echo tcp://127.0.0.1:7: accepted: 10.0.0.0/8 is in allow (-l {text})",
                          "time tcp://127.0.0.1:8: accepted: there is neither allow nor deny"])

    def test_wrong_usage(self):
        for arguments, why in ((("-n", "--would-accept", "host"),
                                b'address "host" is not a numeric IPv4 or IPv6 address'),
                               (("--would-accept", "::1"), b"goes with -n")):
            done = daemon.run(*arguments, "-l", "echo=tcp://127.0.0.1:0")
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    daemon.main()
