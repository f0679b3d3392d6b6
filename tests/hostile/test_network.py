#!/usr/bin/env python3
"""An interface that goes down and comes back, and a host that is gone without a word.

The far host is another network namespace, at the end of a pair of virtual cables.
"""
import contextlib
import subprocess
import time
import unittest

import hostile
import daemon
from network import in_own_network
from hostile import Honest, long_or, served_meanwhile, watched

NET = ("ip link set lo up && ip link add near type veth peer name far && "
       "ip address add 10.9.0.1/24 broadcast 10.9.0.255 dev near && ip link set near up")
NEAR = "10.9.0.1"
DOWN = long_or(5, 1)


def command(*words):
    subprocess.run(words, check=True, timeout=daemon.PATIENCE)


class FarHost:
    """A network of its own that has the other end of the cable; who lives there is in `inside`."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "100"],
                                       preexec_fn=daemon.die_with_the_test)
        self.inside = ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net")
        daemon.wait_until(self.has_left)
        command("ip", "link", "set", "far", "netns", str(self.holder.pid))
        command(*self.inside, "sh", "-c", "ip link set lo up && ip link set far up && "
                "ip address add 10.9.0.2/24 broadcast 10.9.0.255 dev far")

    def has_left(self):
        ours, theirs = (subprocess.run(["readlink", f"/proc/{pid}/ns/net"], check=True,
                                       stdout=subprocess.PIPE).stdout
                        for pid in ("self", self.holder.pid))
        return ours != theirs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        # The cable goes with either of its ends; the next test wants a new one.
        subprocess.run(["ip", "link", "delete", "near"], check=False, stderr=subprocess.DEVNULL)
        command("sh", "-c", NET.partition("&& ")[2])


class InterfaceDown(unittest.TestCase):
    def test_concerns_only_those_behind_it_and_they_go_on_when_it_is_back(self):
        with FarHost() as far, \
                watched(self, "-l", "echo=tcp://0.0.0.0:0", "-l", "echo=udp://0.0.0.0:0", "-l",
                        "broadcast=udp://0.0.0.0:0,announce=100ms") as server:
            started = time.monotonic()
            tcp, udp, _ = (endpoint for _, endpoint in server.listening)
            at_far = [Honest(endpoint.replace("0.0.0.0", NEAR), inside=far.inside)
                      for endpoint in (tcp, udp)]
            with contextlib.ExitStack() as stack:
                for client in at_far:
                    stack.enter_context(client)
                local = tcp.replace("0.0.0.0", "127.0.0.1")
                with served_meanwhile(self, local), served_meanwhile(self, local, how="comes"):
                    command("ip", "link", "set", "near", "down")
                    share = server.share_of_a_processor(DOWN)
                    command("ip", "link", "set", "near", "up")
                # TCP asks again in twice the time, each time.
                time.sleep(2 * DOWN)
                counts = [client.finish() for client in at_far]
            for report in counts:
                self.assertIsNone(report["failure"])
                self.assertGreater(report["longest"], DOWN / 2, "it was not down")
                self.assertGreater(report["count"], 5)
            if not hostile.SANITIZED:
                self.assertLess(share, 0.4)
            took = time.monotonic() - started
            self.assertLess(server.log().count(" warning "), 3 * (took + 2))

    def test_and_a_host_that_is_gone_leaves_nothing_behind(self):
        with watched(self, "-l", "echo=tcp://0.0.0.0:0,idle=3s", "-l",
                     "echo=tcp://127.0.0.1:0") as server, FarHost() as far:
            before = server.descriptors()
            clients = [Honest(server.endpoint.replace("0.0.0.0", NEAR), inside=far.inside)
                       for _ in range(10)]
            for client in clients:
                client.__enter__()
            self.assertEqual(server.descriptors(), before + len(clients))
            with served_meanwhile(self, server.endpoints("echo")[1]):
                # The cable first, so that nobody can say good-bye.
                command("ip", "link", "set", "near", "down")
                for client in clients:
                    client.process.kill()
                    client.process.communicate()
                self.assertTrue(daemon.wait_until(
                    lambda: server.descriptors() == before + 1))
            self.assertEqual(server.counters()["closed_idle_timeout"], len(clients))
            self.assertTrue(server.comes_to_rest())


if __name__ == "__main__":
    in_own_network("nsenter", setup=NET)
    hostile.main()
