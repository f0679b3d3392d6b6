#!/usr/bin/env python3
"""A build without OpenSSL: what would need TLS is refused by name before anything is opened, and
everything else is as usual."""
import subprocess
import tempfile
import unittest

import daemon
import lookup
import scan
import talk as client
from daemon import PATIENCE

WITHOUT = "TLS is not in this build"


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)


class WithoutTls(unittest.TestCase):
    def expect_refused(self, *command, named):
        result = run(*command)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        line = next(line for line in result.stderr.splitlines() if WITHOUT in line)
        self.assertIn(named, line)

    def test_sluiced_names_the_endpoint(self):
        for listen in ("echo=tls://127.0.0.1:0,cert=c,key=k", "echo=tcp://127.0.0.1:0,tls=on,cert=c",
                       "relay=wss://127.0.0.1:0,cert=c", "web=https://127.0.0.1:0,cert=c"):
            with self.subTest(listen):
                self.expect_refused(daemon.PATH, "-l", listen, named=listen.partition(",")[0])

    def test_sluiced_names_the_bus_and_the_passwords(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
            config.write(f'[bus]\nurl = "rediss://127.0.0.1"\nca = "{config.name}"\n'
                         '[[service]]\nkind = "chat"\nlisten = "tcp://127.0.0.1:0"\n')
            config.flush()
            self.expect_refused(daemon.PATH, "-f", config.name, named="rediss://127.0.0.1")
        self.expect_refused(daemon.PATH, "-l", "chat=tcp://127.0.0.1:0,operator-passwords=a:b",
                            named="operator-passwords")

    def test_sluice_talk_and_sluice_scan_name_what_was_asked(self):
        self.expect_refused(client.PATH, "tls://127.0.0.1:7", named="tls://127.0.0.1:7")
        self.expect_refused(client.PATH, "wss://127.0.0.1:7/x", named="wss://127.0.0.1:7/x")
        self.expect_refused(client.PATH, "--starttls", "smtp", "127.0.0.1:7", named="127.0.0.1:7")
        self.expect_refused(scan.PATH, "--tls", "127.0.0.1", "-p", "7", named="--tls")

    def test_sluice_lookup_names_the_option_or_the_server(self):
        self.expect_refused(lookup.PATH, "--tls", "a.test", named="--tls")
        self.expect_refused(lookup.PATH, "--server", "tls://127.0.0.1", "a.test",
                            named="tls://127.0.0.1")

    def test_a_service_without_tls_is_served(self):
        with daemon.Daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            result = client.talk(sluiced.endpoint, typed=b"hello\n")
        self.assertEqual((result.status, result.stdout), (0, b"hello\n"), result.stderr)


if __name__ == "__main__":
    client.main()
