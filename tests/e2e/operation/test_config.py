#!/usr/bin/env python3
"""sluiced.conf(5): the daemon serves what the file says, -n checks it, and the page is right."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import daemon
from daemon import Daemon, ask, connect, exchange, run
from usage import SOURCE

PAGE = SOURCE / "man" / "sluiced.conf.5"
ECHO = '[[service]]\nkind = "echo"\nlisten = "tcp://127.0.0.1:0"\n'


def example():
    """The first example of the page, as it is shown."""
    text = re.search(r"^\.Bd -literal\n(.*?)^\.Ed", PAGE.read_text(encoding="utf-8"),
                     re.MULTILINE | re.DOTALL).group(1)
    return text.replace("\\e", "\\")


class Files(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.file = self.directory / "sluiced.conf"

    def write(self, text, name="sluiced.conf"):
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)


class Serving(Files):
    def test_serves_each_endpoint_in_the_order_of_the_file(self):
        path = self.write(f'''
[defaults]
idle = "5m"
[[service]]
kind = "echo"
listen = ["tcp://127.0.0.1:0", "udp://127.0.0.1:0"]
max = 1
[[service]]
kind = "greet"
text = "Hello, world.\\n"
listen = {{ endpoint = "unix://{self.directory}/greet", mode = "0600" }}
''')
        with Daemon("-f", path) as sluiced:
            self.assertEqual([name for name, _ in sluiced.listening], ["echo", "echo", "greet"])
            tcp, udp, greet = (endpoint for _, endpoint in sluiced.listening)
            with connect(tcp) as client:
                self.assertEqual(exchange(client, b"hello"), b"hello")
                with connect(tcp) as other:
                    self.assertTrue(daemon.was_closed(other))  # max
            self.assertEqual(ask(udp, b"hello"), b"hello")
            self.assertEqual(os.stat(f"{self.directory}/greet").st_mode & 0o777, 0o600)
            with connect(greet) as client:
                self.assertEqual(daemon.receive_all(client), b"Hello, world.\n")

    def test_serves_the_files_that_it_includes_and_those_of_l(self):
        path = self.write('include = ["sluiced.conf.d/*.conf"]\n' + ECHO)
        self.write(ECHO.replace("echo", "upper"), "sluiced.conf.d/b.conf")
        self.write(ECHO.replace("echo", "discard"), "sluiced.conf.d/a.conf")
        with Daemon("-l", "time=tcp://127.0.0.1:0", "-f", path) as sluiced:
            self.assertEqual([name for name, _ in sluiced.listening],
                             ["time", "echo", "discard", "upper"])

    def test_the_endpoints_of_a_chat_lead_to_one_house(self):
        path = self.write(f'''
[[service]]
kind = "chat"
name = "house"
greeting = "Come in."
listen = ["tcp://127.0.0.1:0", {{ endpoint = "unix://{self.directory}/chat", mode = "0660" }}]
''')
        with Daemon("-f", path) as sluiced:
            tcp, door = (endpoint for _, endpoint in sluiced.listening)
            with connect(tcp) as ann, connect(door) as ben:
                ann.sendall(b"/nick ann\n")
                ben.sendall(b"/nick ben\n")
                for client, name in ((ann, b"ben"), (ben, b"ben")):
                    self.read_until(client, b"is now " + name)
                ann.sendall(b"good evening\n")
                self.read_until(ben, b"<ann> good evening")

    def read_until(self, client, wanted):
        text = b""
        while wanted not in text:
            piece = client.recv(4096)
            self.assertTrue(piece, text)
            text += piece

    def test_the_command_line_wins(self):
        path = self.write('[limits]\nmax-connections = 1\n' + ECHO)
        with Daemon("-f", path, "--max-connections", "2") as sluiced:
            with connect(sluiced.endpoint) as one, connect(sluiced.endpoint) as other:
                self.assertEqual(exchange(one, b"1") + exchange(other, b"2"), b"12")

    def test_the_level_of_the_log(self):
        path = self.write('[log]\nto = "stderr"\nlevel = "error"\n' + ECHO)
        with Daemon("-f", path) as sluiced:
            self.assertEqual(sluiced.stop(), 0)
            self.assertEqual(sluiced.log(), "")

    def test_a_file_without_a_service_is_an_error(self):
        path = self.write("# nothing\n")
        result = run("-f", path)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.decode(),
                         f"{path}: there is no [[service]], and nothing to serve\n")
        with Daemon("-f", path, "-l", "echo=tcp://127.0.0.1:0") as sluiced:
            self.assertEqual(len(sluiced.listening), 1)

    def test_an_error_is_reported_before_anything_is_served(self):
        path = self.write(ECHO + 'idle = "long"\nmax = 0\n')
        result = run("-f", path)
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        lines = result.stderr.decode().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(lines[0].startswith(f'{path}:4:8: service "echo": idle "long" '), lines)
        self.assertTrue(lines[1].startswith(f'{path}:5:7: service "echo": max 0 '), lines)

    def test_without_f_and_l_the_file_in_etc_is_read(self):
        """In a new mount namespace, where /etc is the folder of the test."""
        if os.geteuid() != 0:
            self.skipTest("only root can make a mount namespace here")
        self.write(ECHO.replace("echo", "upper"), "sluice/sluiced.conf")
        script = f'mount --bind "{self.directory}" /etc && exec "$0" "$@"'
        for arguments, kinds in (((), ["upper"]), (("-l", "time=tcp://127.0.0.1:0"), ["time"])):
            result = subprocess.run(["unshare", "-m", "sh", "-c", script, daemon.PATH, "-n", "-v",
                                     *arguments], capture_output=True, text=True, check=False,
                                    timeout=daemon.PATIENCE)
            if "mount:" in result.stderr or "unshare:" in result.stderr:
                self.skipTest(result.stderr)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(re.findall(r'^kind = "(\w+)"', result.stdout, re.MULTILINE), kinds)


class Checking(Files):
    def check(self, *arguments):
        result = run("-n", *arguments)
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def test_what_is_right_is_not_bound_and_not_mentioned(self):
        with Daemon("-l", "echo=tcp://127.0.0.1:0") as sluiced:
            path = self.write(ECHO.replace("tcp://127.0.0.1:0", sluiced.endpoint))
            self.assertEqual(self.check("-f", path), (0, "", ""))
        self.assertEqual(self.check(), (0, "", ""))
        self.assertEqual(self.check("-l", "echo=tcp://no.such.host.invalid:7"), (0, "", ""))

    def test_all_errors_are_reported(self):
        path = self.write(ECHO + "idel = 3\n[limit]\n")
        status, out, err = self.check("-f", path)
        self.assertEqual((status, out), (1, ""))
        lines = err.splitlines()
        self.assertEqual(len(lines), 2, err)
        self.assertIn(':4:1: service "echo": unknown key "idel" (did you mean idle?)', lines[0])
        self.assertIn(':5:2: unknown key "limit" (did you mean limits?)', lines[1])

    def test_v_writes_what_would_run_and_that_is_read_as_the_same(self):
        self.write(example())
        for arguments in (("-f", str(self.file)), (),
                          ("-l", "greet=unix:///tmp/g,text=Hi\\, \\n", "--idle-timeout", "5m")):
            status, written, err = self.check("-v", *arguments)
            self.assertEqual((status, err), (0, ""))
            again = self.check("-v", "-f", self.write(written, "again.conf"))
            self.assertEqual(again, (0, written, ""))
        self.assertIn('idle = "5m"', written)

    def test_v_alone_is_wrong_usage(self):
        self.assertEqual(run("-v", "-l", "echo=tcp://127.0.0.1:0").returncode, 2)


class Page(Files):
    def test_the_example_is_right_and_has_30_lines(self):
        self.assertLessEqual(abs(len(example().splitlines()) - 30), 2)
        path = self.write(example())
        self.assertEqual(run("-n", "-f", path).stderr.decode(), "")

    def test_the_message_is_the_daemon_s(self):
        shown = re.search(r"^sluiced\.conf(:\d+:\d+: .*?)\n +(.*?)$",
                          PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        path = self.write(example().replace('rate = "10/1"', 'rate = "fast"'))
        self.assertEqual(run("-n", "-f", path).stderr.decode(),
                         f"{path}{shown.group(1)} {shown.group(2)}\n")

    def test_the_keys_outside_of_services_are_those_that_the_daemon_has(self):
        page = PAGE.read_text(encoding="utf-8")
        described = set(re.findall(r"^\.It Cm ([\w-]+)$", page, re.MULTILINE))
        described |= set(re.findall(r"^\.Ss THE TABLES? (\w+)$", page, re.MULTILINE))
        described -= {"kind", "listen"}
        allowed = set()
        for text in ("x = 1", "[limits]\nx = 1", "[log]\nx = 1", "[bus]\nx = 1",
                     "[control]\nx = 1"):
            message = run("-n", "-f", self.write(text)).stderr.decode()
            allowed |= set(re.split(", | and ", message.strip().partition(": ")[2]
                                    .rpartition(": ")[2]))
        self.assertEqual(described, allowed)


if __name__ == "__main__":
    daemon.main()
