#!/usr/bin/env python3
"""sluiced of root with a user: two processes, their privileges, and that everything still works."""
import contextlib
import os
import pathlib
import pwd
import re
import signal
import socket
import stat
import struct
import unittest

import daemon
from control import Control
from daemon import Daemon, connect, exchange, run
from test_service_manager import Manager

NOBODY = pwd.getpwnam("nobody")
KILLED = 128 + signal.SIGKILL


def service(*listen, kind="echo"):
    words = ", ".join(f'"{endpoint}"' for endpoint in listen)
    return f'[[service]]\nkind = "{kind}"\nlisten = [{words}]\n'


def low_port():
    """A port below 1024 of loopback that nobody uses."""
    return daemon.free_port_of(range(600, 1000))  # others test with 1023


def status(process):
    text = pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return dict(re.findall(r"(\w+):\t(.*)\n", text))


def children(process):
    path = f"/proc/{process}/task/{process}/children"
    return [int(child) for child in pathlib.Path(path).read_text(encoding="ascii").split()]


def worker_of(sluiced):
    worker, = children(sluiced.process.pid)
    return worker


@unittest.skipIf(os.geteuid() != 0, "only root can keep its privileges")
class TwoProcesses(daemon.InDirectory):
    """The directory is one that only root can enter."""

    def setUp(self):
        super().setUp()
        self.file = self.directory / "sluiced.conf"
        self.control = Control(self.directory / "control")

    def write(self, text, first=""):
        self.file.write_text(f'user = "nobody"\n{first}{text}', encoding="utf-8")
        self.file.chmod(0o600)

    def serve(self, text, *more, first="", **how):
        self.write(text, first)
        return Daemon("-f", str(self.file), "--control", self.control.path, *more, user=(), **how)

    def expect_echo(self, endpoint):
        with connect(endpoint) as client:
            self.assertEqual(exchange(client, b"hello"), b"hello")

    def in_force(self, layer):
        rows = {row["layer"]: row for row in self.control.rows("show", "sandbox")}
        return rows[layer]["in_force"]


class Rights(TwoProcesses):
    def test_the_worker_is_the_account_and_has_no_capability(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            of_parent, of_worker = status(sluiced.process.pid), status(worker_of(sluiced))
            self.assertEqual(of_parent["Uid"].split(), 4 * ["0"])
            self.assertEqual(of_worker["Uid"].split(), 4 * [str(NOBODY.pw_uid)])
            self.assertEqual(of_worker["Gid"].split(), 4 * [str(NOBODY.pw_gid)])
            self.assertEqual(of_worker["Groups"].split(), [str(NOBODY.pw_gid)])
            for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                self.assertEqual(int(of_worker[capabilities], 16), 0, capabilities)
            if self.in_force("no-new-privs"):
                self.assertEqual(of_worker["NoNewPrivs"], "1")
            if self.in_force("seccomp"):
                self.assertEqual(of_worker["Seccomp"], "2")

    def test_its_root_is_empty(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            if not self.in_force("chroot"):
                self.skipTest("an instrumented build opens files until its end")
            root = f"/proc/{worker_of(sluiced)}/root"
            self.assertEqual(os.listdir(root), [])
            self.assertNotEqual(os.readlink(root), "/")
            with self.assertRaises(OSError):
                os.mkdir(f"{root}/made")

    def test_its_root_can_be_chosen(self):
        root = self.directory / "root"
        root.mkdir()
        root.chmod(0o755)
        with self.serve(service("tcp://127.0.0.1:0"), first=f'chroot = "{root}"\n') as sluiced:
            if self.in_force("chroot"):
                self.assertEqual(os.readlink(f"/proc/{worker_of(sluiced)}/root"), str(root))
            self.expect_echo(sluiced.endpoint)

    def test_a_root_that_others_can_write_to_is_refused(self):
        for mode, owner in ((0o777, 0), (0o755, NOBODY.pw_uid)):
            root = self.directory / str(owner)
            root.mkdir()
            root.chmod(mode)
            os.chown(root, owner, 0)
            self.write(service("tcp://127.0.0.1:0"), f'chroot = "{root}"\n')
            done = run("-f", str(self.file))
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertIn(f'chroot "{root}" must belong to root', done.stderr.decode())

    def test_its_descriptors_and_memory_are_in_the_metrics(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            worker = worker_of(sluiced)
            metrics = self.control.text("metrics")
            self.assertIn("\nprocess_resident_memory_bytes ", metrics)
            if os.stat("/proc/self/fd").st_size > 0:  # not before Linux 6.2
                shown = int(re.search(r"^process_open_fds (\d+)$", metrics, re.MULTILINE)[1])
                # One is the connection of sluicectl.
                self.assertAlmostEqual(shown, len(os.listdir(f"/proc/{worker}/fd")), delta=1)


class Opens(TwoProcesses):
    def test_ports_below_1024_and_new_ones_at_a_reload(self):
        first = f"127.0.0.1:{low_port()}"
        with self.serve(service(f"tcp://{first}", f"udp://{first}")) as sluiced:
            self.expect_echo(f"tcp://{first}")
            self.expect_echo(f"udp://{first}")
            second = f"tcp://127.0.0.1:{low_port()}"
            with connect(f"tcp://{first}") as client:
                self.write(service(f"tcp://{first}", second, "tcp://localhost:0"))
                sluiced.signal(signal.SIGHUP)
                sluiced.wait_for_log(r"info reload: 1 kept, [23] added, 0 changed, 1 removed")
                self.assertEqual(exchange(client, b"still"), b"still")
            self.expect_echo(second)

    def test_a_configuration_with_faults_changes_nothing_and_says_where(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            self.write('kind = "echo"\n[[service]]\nkind = "ecco"\n')
            self.control.error("reload")
            sluiced.wait_for_log(rf"error reload: {self.file}:2:1: unknown key")
            sluiced.wait_for_log(rf"error reload: {self.file}:4:8: ")
            sluiced.wait_for_log("error reload: nothing has changed")
            self.expect_echo(sluiced.endpoint)
            self.write(service("tcp://127.0.0.1:0", "tcp://127.0.0.1:0"))
            self.assertIn("1 kept, 1 added", self.control.text("reload"))

    def test_the_parent_reads_a_greeting_that_only_root_can_read(self):
        motd = self.directory / "motd"

        def greeting(endpoint):
            with connect(endpoint) as client:
                return client.recv(4096).partition(b"\n")[0]

        motd.write_text("Good morning.\n", encoding="utf-8")
        motd.chmod(0o600)
        with self.serve(service("tcp://127.0.0.1:0", kind="chat") + f'motd = "{motd}"\n') as sluiced:
            self.assertEqual(greeting(sluiced.endpoint), b"Good morning.")
            motd.write_text("Good evening.\n", encoding="utf-8")
            self.assertIn("1 changed", self.control.text("reload"))
            self.assertEqual(greeting(sluiced.endpoint), b"Good evening.")

    def test_a_port_that_is_in_use_is_named(self):
        with self.serve(service(f"tcp://127.0.0.1:{daemon.free_port()}")) as sluiced:
            self.write(service(sluiced.endpoint, "udp://" + sluiced.endpoint.split("//")[1]))
            self.assertIn("1 kept, 1 added", self.control.text("reload"))
            with socket.create_server(("127.0.0.1", 0)) as other:
                endpoint = f"tcp://127.0.0.1:{other.getsockname()[1]}"
                self.write(service(sluiced.endpoint, endpoint))
                self.control.error("reload")
                sluiced.wait_for_log(f"error reload: bind {endpoint}: Address already in use")

    def test_unix_sockets_with_their_mode_which_are_removed(self):
        one, other = self.directory / "one", self.directory / "other"
        self.directory.chmod(0o755)
        with self.serve(service(f"unix://{one}", f"unix://{other}")
                        + 'mode = "0666"\nallow-users = ["root"]\n') as sluiced:
            self.assertEqual(stat.S_IMODE(one.stat().st_mode), 0o666)
            self.expect_echo(f"unix://{one}")
            self.write(service(f"unix://{one}") + 'mode = "0600"\nallow-users = ["root", "0"]\n')
            self.control.text("reload")
            # The worker sends this to the parent and does not wait.
            self.assertTrue(daemon.wait_until(lambda: not other.exists()))
            self.assertEqual(stat.S_IMODE(one.stat().st_mode), 0o600)
            self.assertEqual(sluiced.stop(), 0)
            self.assertFalse(one.exists())
            self.assertFalse(os.path.exists(self.control.path))

    def test_the_log_again_where_only_root_can_write(self):
        log, old = self.directory / "log", self.directory / "log.1"
        text = service("tcp://127.0.0.1:0")
        with self.serve(text, first=f'[log]\nto = "file:{log}"\n') as sluiced:
            self.assertEqual(log.stat().st_uid, 0)
            log.rename(old)
            sluiced.signal(signal.SIGUSR1)
            self.assertTrue(daemon.wait_until(
                lambda: log.exists() and "SIGUSR1: opened the log again" in log.read_text()))
            other = self.directory / "another"
            self.write(text, f'[log]\nto = "file:{other}"\n')
            self.control.text("reload")
            self.assertTrue(daemon.wait_until(
                lambda: other.exists() and "1 kept" in other.read_text()))


class Life(TwoProcesses):
    def test_a_signal_to_both_is_one_signal(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            worker = worker_of(sluiced)
            with connect(sluiced.endpoint) as client:
                self.assertEqual(exchange(client, b"x"), b"x")
                for process in (worker, sluiced.process.pid):
                    os.kill(process, signal.SIGTERM)
                self.assertEqual(client.recv(1), b"")
            self.assertEqual(sluiced.wait(), 0)
            self.assertIn("info SIGTERM: draining", sluiced.log())
            self.assertNotIn("again", sluiced.log())

    def test_a_worker_that_dies_ends_the_parent_which_says_so(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            worker = worker_of(sluiced)
            os.kill(worker, signal.SIGKILL)
            self.assertEqual(sluiced.wait(), KILLED)
            self.assertIn(f"error the worker, process {worker}, was ended by signal 9",
                          sluiced.log())
            self.assertFalse(os.path.exists(self.control.path))

    def test_a_worker_that_cannot_start_ends_the_parent(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            endpoint = f"tcp://127.0.0.1:{other.getsockname()[1]}"
            done = run("-u", "nobody", "-l", f"echo={endpoint}")
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertIn(f"error bind {endpoint}: Address already in use", done.stderr.decode())

    def test_a_worker_whose_parent_dies_drains_and_ends(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            worker = worker_of(sluiced)
            with connect(sluiced.endpoint) as client:
                self.assertEqual(exchange(client, b"x"), b"x")
                sluiced.kill()
                self.assertEqual(client.recv(1), b"")
            self.assertTrue(daemon.wait_until(
                lambda: "info stopped: every connection finished" in sluiced.log()))
            self.assertIn("error the privileged parent has ended", sluiced.log())
            self.assertTrue(daemon.wait_until(lambda: not os.path.exists(f"/proc/{worker}/exe")))

    def test_an_upgrade_serves_with_the_same_sockets(self):
        endpoint = f"tcp://127.0.0.1:{low_port()}"
        path = self.directory / "socket"
        say = self.directory / "say"
        broadcast = service("udp://127.0.0.1:0", kind="broadcast") + f'control = "{say}"\n'
        with Manager() as manager, \
                self.serve(service(endpoint, f"unix://{path}") + broadcast,
                           prepare=manager.environment) as sluiced:
            self.assertIn("READY=1", manager.receive())
            with connect(endpoint) as client:
                self.assertEqual(exchange(client, b"old"), b"old")
                said = self.control.text("upgrade")
                successor = int(re.search(r"process (\d+) has taken over", said)[1])
                self.addCleanup(end, successor)
                self.assertEqual(exchange(client, b"old"), b"old")
            self.assertEqual(sluiced.wait(), 0)
            said = [manager.receive(), manager.receive()]
            self.assertIn(f"MAINPID={successor}", said)
            worker, = children(successor)
            self.assertEqual(status(worker)["Uid"].split(), 4 * [str(NOBODY.pw_uid)])
            self.expect_echo(endpoint)
            self.expect_echo(f"unix://{path}")
            with connect(f"unix://{say}") as client:
                client.sendall(b"hello\n")
                self.assertEqual(client.recv(1000)[:3], b"ok ")
            self.control.text("reload")
            self.control.text("stop")
            self.assertTrue(daemon.wait_until(lambda: not path.exists() and not say.exists()))

    def test_an_upgrade_that_fails_leaves_the_old_one(self):
        with self.serve(service("tcp://127.0.0.1:0")) as sluiced:
            self.write("[[service]]\nkind = 1\n")
            self.assertIn("kind", self.control.error("upgrade"))
            self.expect_echo(sluiced.endpoint)
            self.write(service("tcp://127.0.0.1:0"))
            said = self.control.text("upgrade")
            self.addCleanup(end, int(re.search(r"process (\d+) has taken over", said)[1]))
            self.assertEqual(sluiced.wait(), 0)

    def test_the_service_manager_hears_the_parent(self):
        with Manager(WATCHDOG_USEC="200000") as manager:
            manager.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            with self.serve(service("tcp://127.0.0.1:0"),
                            prepare=manager.environment) as sluiced:
                heard = set()
                while heard != {"READY=1", "WATCHDOG=1"}:
                    data, control, _, _ = manager.socket.recvmsg(4096, 64)
                    process = struct.unpack("3i", control[0][2])[0]
                    self.assertEqual(process, sluiced.process.pid)
                    heard.add(data.decode().split("\n")[0])


def end(process):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    daemon.main()
