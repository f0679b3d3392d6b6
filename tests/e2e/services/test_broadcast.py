#!/usr/bin/env python3
"""The service broadcast on loopback: found, heard, and spoken through by python and socat."""
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import daemon
from daemon import PATIENCE, Daemon, address_of, ask, connect

ALL = "127.255.255.255"  # loopback's directed broadcast address stands for a network's
TOO_LONG = "error: the text has more than 1400 bytes; no more are allowed\n"


def port_of(endpoint):
    return address_of(endpoint)[2][1]


def udp(host="127.0.0.1", port=0):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    client.settimeout(PATIENCE)
    client.bind((host, port))
    return client


def answers(client, patience):
    """How many come until `patience` seconds pass without one."""
    client.settimeout(patience)
    count = 0
    try:
        while client.recv(65536) is not None:
            count += 1
    except TimeoutError:
        return count


def answers_of(clients, least):
    """How many all of them get: not fewer than `least`, and then for as long as any come."""
    count = 0

    def receive():
        nonlocal count
        for client in clients:
            count += answers(client, 0.001)
        return count >= least

    daemon.wait_until(receive)
    before = -1
    while count > before:
        before = count
        time.sleep(0.3)
        receive()
    return count


def spoken(path, lines):
    """What the control socket says to `lines`."""
    with connect("unix://" + path) as client:
        client.sendall(lines)
        client.shutdown(socket.SHUT_WR)
        return daemon.receive_all(client).decode()


def socat_answer(where, question, size):
    """What socat prints, which does not know that datagrams have an end."""
    with subprocess.Popen(["socat", "-", where], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          preexec_fn=daemon.die_with_the_test) as process:
        try:
            process.stdin.write(question)
            process.stdin.flush()
            return process.stdout.read(size)
        finally:
            process.kill()


def socat(*arguments, data=b""):
    return subprocess.run(["socat", *arguments], input=data, stdout=subprocess.PIPE, check=True,
                          timeout=3 * PATIENCE, preexec_fn=daemon.die_with_the_test).stdout


class Discovery(unittest.TestCase):
    def test_the_default_message_names_the_host_and_its_services(self):
        port = daemon.free_port()
        with Daemon("-l", "broadcast=udp://127.0.0.1:0", "-l", f"echo=udp://127.0.0.1:{port}",
                    "-l", "upper=tcp://127.0.0.1:0") as served:
            name = socket.gethostname()
            self.assertEqual(ask(served.endpoints("broadcast")[0], b"?").decode(),
                             f"{name}: echo udp/{port}")

    def test_is_found_over_both_families(self):
        for at in ("udp://127.0.0.1:0", "udp://[::1]:0"):
            with Daemon("-l", f"broadcast={at},message=here") as served:
                self.assertEqual(ask(served.endpoint, b"who is there?"), b"here")

    def test_is_found_by_broadcast_and_answers_by_unicast_after_a_while(self):
        for at in ("udp://*:0", "udp://0.0.0.0:0"):
            with Daemon("-l", f"broadcast={at},message=here") as served, udp() as client:
                port = port_of(served.endpoint)
                client.sendto(b"who is there?", (ALL, port))
                self.assertEqual(client.recvfrom(100), (b"here", ("127.0.0.1", port)))

    @unittest.skipUnless(shutil.which("socat"), "there is no socat")
    def test_is_found_by_socat(self):
        with Daemon("-l", "broadcast=udp://0.0.0.0:0,message=here\\n") as served:
            port = port_of(served.endpoint)
            for where in (f"UDP:127.0.0.1:{port}", f"UDP-DATAGRAM:{ALL}:{port},broadcast"):
                self.assertEqual(socat_answer(where, b"?\n", 5), b"here\n")

    def test_a_datagram_of_any_size_is_survived_and_answered(self):
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=here") as served:
            self.assertEqual(ask(served.endpoint, bytes(65507)), b"here")
            with connect(served.endpoint) as client:
                client.send(b"")
                self.assertEqual(client.recv(100), b"here")

    def test_one_source_gets_its_share_and_no_more(self):
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=x,answers-per-source=3") as served:
            with connect(served.endpoint) as client:
                began = time.monotonic()
                for _ in range(100):
                    client.send(b"?")
                count = answers_of([client], 3)
                self.assertTrue(3 <= count <= 4 + 3 * (time.monotonic() - began), count)
            with udp("127.0.0.9") as other:
                other.sendto(b"?", ("127.0.0.1", port_of(served.endpoint)))
                self.assertEqual(other.recv(100), b"x")

    def test_all_together_get_no_more_than_the_limit(self):
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=x,answers=5") as served:
            clients = [udp(f"127.0.1.{n}") for n in range(1, 31)]
            began = time.monotonic()
            for client in clients:
                client.sendto(b"?", ("127.0.0.1", port_of(served.endpoint)))
            count = answers_of(clients, 5)
            for client in clients:
                client.close()
            self.assertTrue(5 <= count <= 6 + 5 * (time.monotonic() - began), count)

    def test_another_one_like_it_is_never_answered(self):
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=x") as served:
            port = port_of(served.endpoint)
            with udp("127.0.0.2", port) as other:
                other.sendto(b"an announcement", ("127.0.0.1", port))
                self.assertEqual(answers(other, 0.5), 0)
            self.assertEqual(served.log().count("refused"), 0, served.log())
            self.assertEqual(ask(served.endpoint, b"?"), b"x")


class Announcing(unittest.TestCase):
    def test_is_heard_every_now_and_then(self):
        begin = time.monotonic()  # what comes when this test is not scheduled is heard later
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=here,announce=100ms,interface=lo"
                    ) as served, udp(ALL, port_of(served.endpoint)) as hearer:
            for _ in range(9):
                data, source = hearer.recvfrom(100)
                self.assertEqual(data, b"here")
                self.assertEqual(source, ("127.0.0.1", port_of(served.endpoint)))
            self.assertGreater(time.monotonic() - begin, 0.6)

    @unittest.skipUnless(shutil.which("socat"), "there is no socat")
    def test_is_heard_by_socat(self):
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=here,announce=100ms,interface=lo"
                    ) as served:
            port = port_of(served.endpoint)
            with subprocess.Popen(["socat", "-u", f"UDP-RECV:{port},bind={ALL}", "-"],
                                  stdout=subprocess.PIPE,
                                  preexec_fn=daemon.die_with_the_test) as process:
                try:
                    self.assertEqual(process.stdout.read(8), b"herehere")
                finally:
                    process.kill()

    def test_says_that_there_is_nowhere_to_announce_and_goes_on(self):
        with Daemon("-l", "broadcast=udp://127.0.0.1:0,message=x,announce=100ms,"
                    "interface=nowhere0") as served:
            served.wait_for_log('there is no interface "nowhere0" to announce on')
            self.assertEqual(ask(served.endpoint, b"?"), b"x")
            time.sleep(0.5)
            self.assertEqual(served.log().count("no interface"), 1)
            self.assertEqual(served.stop(), 0)


class Control(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "control")
        self.daemon = Daemon("-l", "broadcast=udp://127.0.0.1:0,message=here,interface=lo,"
                             f"control={self.path}")
        self.hearer = udp(ALL, port_of(self.daemon.endpoint))

    def tearDown(self):
        self.hearer.close()
        self.daemon.__exit__(None, None, None)
        self.directory.cleanup()

    def test_each_line_is_broadcast(self):
        self.assertEqual(spoken(self.path, b"one\ntwo\r\n\nthree"),
                         "ok 1\nok 1\nerror: the text is empty\nok 1\n")
        self.assertEqual([self.hearer.recv(100) for _ in range(3)], [b"one", b"two", b"three"])

    def test_a_line_that_is_too_long_is_refused_and_the_next_is_sent(self):
        self.assertEqual(spoken(self.path, b"x" * 1_000_000 + b"\nnext\n"), TOO_LONG + "ok 1\n")
        self.assertEqual(self.hearer.recv(100), b"next")

    @unittest.skipUnless(shutil.which("socat"), "there is no socat")
    def test_socat_speaks_through_it(self):
        self.assertEqual(socat("-t20", "-", "UNIX-CONNECT:" + self.path, data=b"hello\n"),
                         b"ok 1\n")
        self.assertEqual(self.hearer.recv(100), b"hello")

    def test_it_is_the_owners_alone_and_gone_in_the_end(self):
        mode = os.stat(self.path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_a_path_that_is_taken_is_named(self):
        taken = os.path.join(self.directory.name, "file")
        with open(taken, "wb"):
            pass
        result = daemon.run("-l", f"broadcast=udp://127.0.0.1:0,control={taken}")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(taken, result.stderr.decode())


if __name__ == "__main__":
    daemon.main()
