#!/usr/bin/env python3
"""The log of connections: who, how much, how long, why; and not more than a disk can hold."""
import os
import pathlib
import re
import signal
import tempfile
import unittest

import daemon
from daemon import Daemon, connect, exchange, receive_all

PER_SOURCE = 10


def ended(sluiced):
    return re.findall(r"info (closed: service=.*)", sluiced.log())


def descriptors(sluiced):
    return len(os.listdir(f"/proc/{sluiced.process.pid}/fd"))


class ConnectionLog(unittest.TestCase):
    def test_a_line_says_what_a_connection_was(self):
        with Daemon("--log-connections", "-l", "echo=tcp://127.0.0.1:0,name=house") as sluiced:
            with connect(sluiced.endpoint) as client:
                host, port = client.getsockname()
                exchange(client, b"hello")
                self.assertEqual(ended(sluiced), [])
            sluiced.wait_for_log(re.escape(
                f"info closed: service=house endpoint={sluiced.endpoint} peer={host}:{port} "
                "in=5 out=5 seconds=") + r"\d+ reason=\"peer closed\"")

    def test_a_unix_peer_has_a_user_and_a_process(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"unix://{directory}/socket"
            with Daemon("--log-connections", "-l", f"greet={path},text=hello") as sluiced:
                with connect(path) as client:
                    self.assertEqual(receive_all(client), b"hello")
                sluiced.wait_for_log(
                    rf"peer=uid:{os.getuid()},gid:{os.getgid()},"
                    rf"pid:{os.getpid()} in=0 out=5 .* reason=\"closed\"")

    def test_a_peer_gets_few_lines_and_what_is_left_out_is_counted(self):
        connections = 200
        with Daemon("--log-connections", "-l", "greet=tcp://127.0.0.1:0,text=x") as sluiced:
            for _ in range(connections):
                with connect(sluiced.endpoint) as client:
                    receive_all(client)

            def said():
                more = re.findall(r"warning closed: (\d+) more connections were not logged, "
                                  r"the latest of 127\.0\.0\.1", sluiced.log())
                return len(ended(sluiced)) + sum(map(int, more))

            self.assertTrue(daemon.wait_until(lambda: said() == connections), sluiced.log())
            self.assertGreaterEqual(len(ended(sluiced)), PER_SOURCE)
            self.assertLess(len(ended(sluiced)), connections)
            # The lines of another source are counted separately.
            with connect(sluiced.endpoint, source=("127.0.0.9", 0)) as client:
                receive_all(client)
            sluiced.wait_for_log(r"closed: .* peer=127\.0\.0\.9:")

    def test_a_reload_turns_it_on_and_off(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "x.conf"
            text = ('[log]\nconnections = {}\n[[service]]\nkind = "greet"\ntext = "x"\n'
                    'listen = "tcp://127.0.0.1:0"\n')
            file.write_text(text.format("false"), encoding="utf-8")
            with Daemon("-f", str(file)) as sluiced:
                def visit():
                    with connect(sluiced.endpoint) as client:
                        receive_all(client)
                before = descriptors(sluiced)
                visit()
                # The client sees the end before the server does, and the reload may come between.
                self.assertTrue(daemon.wait_until(lambda: descriptors(sluiced) == before))
                file.write_text(text.format("true"), encoding="utf-8")
                sluiced.signal(signal.SIGHUP)
                sluiced.wait_for_log("1 kept")
                self.assertEqual(ended(sluiced), [])
                visit()
                sluiced.wait_for_log("closed: service=greet")
            file.write_text(text.format('"yes"'), encoding="utf-8")
            done = daemon.run("-n", "-f", str(file))
            self.assertIn(b"log.connections is a string; write it as true or false", done.stderr)


if __name__ == "__main__":
    daemon.main()
