#!/usr/bin/env python3
"""The sandbox of one process: what is in force, what still works in it, and what it refuses."""
import os
import pathlib
import re
import signal
import tempfile

import daemon
from control import Control
from daemon import Daemon, connect, exchange

ECHO = '[[service]]\nkind = "echo"\nlisten = ["tcp://127.0.0.1:0"{}]\n'
LAYERS = ["no-new-privs", "limits", "landlock", "seccomp"]


class Case(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "sluiced.conf"
        self.control = Control(self.directory / "control")

    def serve(self, text, *more):
        self.file.write_text(text, encoding="utf-8")
        return Daemon("-f", str(self.file), "--control", self.control.path, *more)

    def layers(self):
        """Without the user: test_user.py tests it, because it is root if root runs the test."""
        rows = self.control.rows("show", "sandbox")
        return {row["layer"]: row for row in rows if row["layer"] != "user"}

    def need(self, *names):
        for name in names:
            layer = self.layers()[name]
            if not layer["in_force"]:
                self.skipTest(f"{name}: {layer['detail']}")

    def reload(self, sluiced, text):
        self.file.write_text(text, encoding="utf-8")
        before = len(sluiced.log())
        sluiced.signal(signal.SIGHUP)
        ended = r"reload: (\d+ kept, .*|nothing has changed)\n"
        self.assertTrue(daemon.wait_until(lambda: re.search(ended, sluiced.log()[before:])))
        return sluiced.log()[before:]


class Modes(Case):
    def test_on_logs_what_is_in_force_and_shows_it(self):
        with self.serve(ECHO.format("")) as sluiced:
            layers = self.layers()
            self.assertEqual(list(layers), LAYERS)
            line = sluiced.wait_for_log(r" info sandbox: (.*)\n")[1]
            for name, layer in layers.items():
                self.assertEqual(f"{name} (" in line, layer["in_force"], line)

    def test_the_kernel_says_the_same(self):
        with self.serve(ECHO.format("")) as sluiced:
            self.need("no-new-privs", "seccomp")
            status = pathlib.Path(f"/proc/{sluiced.process.pid}/status").read_text(encoding="ascii")
            self.assertRegex(status, r"NoNewPrivs:\s+1\n")
            self.assertRegex(status, r"Seccomp:\s+2\n")

    def test_off_gives_up_nothing(self):
        with self.serve('sandbox = "off"\n' + ECHO.format("")) as sluiced:
            self.assertFalse(any(layer["in_force"] for layer in self.layers().values()))
            self.assertIn(" info sandbox: none\n", sluiced.log())
            self.assertNotIn("warning", sluiced.log())

    def test_require_starts_if_and_only_if_every_layer_is_in_force(self):
        with self.serve(ECHO.format("")):
            whole = all(layer["in_force"] for layer in self.layers().values())
        if whole:
            with self.serve(ECHO.format(""), "--sandbox=require") as sluiced:
                self.assertEqual(sluiced.stop(), 0)
            return
        done = daemon.run("-f", str(self.file), "--sandbox=require")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b'error sandbox "require": ', done.stderr)

    def test_a_wrong_mode_is_said_with_what_is_allowed(self):
        done = daemon.run("--sandbox", "maybe")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'--sandbox maybe: sandbox "maybe" is not on, off or require', done.stderr)


class Inside(Case):
    def test_a_reload_adds_ports_names_and_sockets_beside_the_file(self):
        with self.serve(ECHO.format("")) as sluiced:
            log = self.reload(sluiced, ECHO.format(
                f', "udp://127.0.0.1:0", "tcp://localhost:0", "unix://{self.directory}/new"'))
            self.assertNotIn("error", log)
            for endpoint in re.findall(r"added echo (\S+)", log):
                if "[" in endpoint:
                    continue  # this host may have no IPv6
                with connect(endpoint) as client:
                    self.assertEqual(exchange(client, b"x"), b"x")
            self.assertTrue((self.directory / "new").exists())
            self.reload(sluiced, ECHO.format(""))
            self.assertTrue(daemon.wait_until(lambda: not (self.directory / "new").exists()))

    def test_a_reload_of_another_folder_says_that_the_sandbox_may_be_the_reason(self):
        with tempfile.TemporaryDirectory() as elsewhere, self.serve(ECHO.format("")) as sluiced:
            self.need("landlock")
            log = self.reload(sluiced, ECHO.format(f', "unix://{elsewhere}/s"'))
            self.assertIn(f"error reload: bind unix://{elsewhere}/s: Permission denied\n", log)
            self.assertIn("error reload: the sandbox allows only the folders that were in use", log)
            self.assertIn("error reload: nothing has changed\n", log)

    def test_included_files_are_read_again(self):
        included = self.directory / "more"
        included.mkdir()
        with self.serve('include = "more/*.conf"\n' + ECHO.format("")) as sluiced:
            (included / "a.conf").write_text(ECHO.format(""), encoding="utf-8")
            log = self.reload(sluiced, 'include = "more/*.conf"\n' + ECHO.format(""))
            self.assertIn("added echo", log)

    def test_broadcast_finds_the_networks(self):
        text = ECHO.format("") + ('[[service]]\nkind = "broadcast"\nlisten = "udp://127.0.0.1:0"\n'
                                  f'control = "{self.directory}/b"\n')
        with self.serve(text) as sluiced, connect(f"unix://{self.directory}/b") as client:
            client.sendall(b"hello\n")
            self.assertRegex(client.recv(1000), rb"^ok \d+\n|^error: no network")
            self.assertNotIn("not permitted", sluiced.log())

    def test_without_a_configuration_files_cannot_grow(self):
        reader, writer = os.pipe()
        with Daemon("-l", "echo=tcp://127.0.0.1:0", "--control", self.control.path,
                    stderr=writer) as sluiced:
            self.need("limits")
            limits = pathlib.Path(f"/proc/{sluiced.process.pid}/limits").read_text(encoding="ascii")
            self.assertRegex(limits, r"Max file size +0 +0 ")
            self.assertRegex(limits, r"Max core file size +0 +0 ")
            with connect(sluiced.endpoint) as client:
                self.assertEqual(exchange(client, b"x"), b"x")
        os.close(reader)
        os.close(writer)


if __name__ == "__main__":
    daemon.main()
