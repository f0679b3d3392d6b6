"""A network namespace of a test script's own."""
import os
import shutil
import subprocess
import sys

import daemon

INSIDE = "SLUICE_INSIDE"


def begin_of(flags, setup):
    return ["unshare", flags, "sh", "-c", f'{setup} && exec "$@"', "sh"]


def in_own_network(*needed, setup="ip link set lo up", optional=False):
    """Starts the script again in a network namespace. Where there is none it is skipped, with the
    reason; or, if the network is optional, it goes on in this one."""
    if os.environ.get(INSIDE) == "1":
        return
    why = next((f"{program} is needed for a network namespace"
                for program in ("unshare", "ip", *needed) if shutil.which(program) is None), None)
    for flags in [] if why else ("-rn", "-n"):
        begin = begin_of(flags, setup)
        tried = subprocess.run([*begin, "true"], stderr=subprocess.PIPE, check=False,
                               timeout=daemon.PATIENCE)
        if tried.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(begin[0], [*begin, sys.executable, "-B", *sys.argv])
        why = f"no network namespace: {tried.stderr.decode().strip()}"
    if not optional:
        print(f"skipped: {why}")
        sys.exit(77)


class FarHost:
    """Another network namespace at the other end of a wire, with these addresses of 10.77.0.0/24;
    this side is 10.77.0.1. REQUIRES: in_own_network(). Raises OSError if there can be none."""

    def __init__(self, *addresses):
        self.process = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 1000"],
                                        stdout=subprocess.PIPE,
                                        preexec_fn=daemon.die_with_the_test)
        self.process.stdout.readline()
        pid = str(self.process.pid)
        self.inside = ["nsenter", "-t", pid, "-n"]
        self.here("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", pid)
        self.here("ip", "addr", "add", "10.77.0.1/24", "dev", "near")
        self.here("ip", "link", "set", "near", "up")
        # Nobody waits three seconds for ARP.
        self.here("sh", "-c", "echo 100 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms")
        for address in addresses:
            self.there("ip", "addr", "add", address + "/24", "dev", "far")
        self.there("ip", "link", "set", "far", "up")
        self.there("ip", "link", "set", "lo", "up")

    @staticmethod
    def here(*command):
        done = subprocess.run(command, capture_output=True, check=False, timeout=daemon.PATIENCE)
        if done.returncode != 0:
            raise OSError(f"{command}: {done.stderr.decode()}")

    def there(self, *command):
        self.here(*self.inside, *command)

    def start(self, *command):
        """A program there that says a line when it is ready; the caller ends it."""
        process = subprocess.Popen([*self.inside, *command], stdout=subprocess.PIPE,
                                   preexec_fn=daemon.die_with_the_test)
        process.stdout.readline()
        return process

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        subprocess.run(["ip", "link", "del", "near"], capture_output=True, check=False)
