"""Runs sluice-lookup for a test, and Twisted's DNS server for it to ask.

The program's path comes from SLUICE_LOOKUP in the environment.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import threading

import daemon
from daemon import PATIENCE, SLOWNESS, die_with_the_test

try:
    from twisted.internet import error, reactor
    from twisted.names import authority, dns, server
except ImportError:
    # The package is for the system's Python, which need not be the first in the PATH.
    if sys.executable != "/usr/bin/python3" and os.access("/usr/bin/python3", os.X_OK):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B", *sys.argv])
    dns = None

PATH = os.environ.get("SLUICE_LOOKUP", "sluice-lookup")


if dns is not None:
    class Zone(authority.FileAuthority):
        """A zone whose file is what the test says."""

        def __init__(self, name, soa, records):
            self.zone = (name, soa), records
            super().__init__("")

        def loadFile(self, _):
            self.soa, self.records = self.zone


class Result:
    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stdout = stdout
        self.lines = stdout.splitlines()
        self.stderr = stderr

    def objects(self):
        return [json.loads(line) for line in self.lines]


def lookup(*arguments, **more):
    if "input" not in more:
        more["stdin"] = subprocess.DEVNULL
    done = subprocess.run([PATH, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE, check=False, text=True,
                          preexec_fn=die_with_the_test, **more)
    return Result(done.returncode, done.stdout, done.stderr)


class LossyServer:
    """A DNS server over UDP alone, in a separate thread. It loses each question whose number
    `is_lost` says; a name h17.test has the address 10.0.0.17."""

    def __init__(self, is_lost):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.is_lost = is_lost
        self.asked = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            question, peer = self.socket.recvfrom(512)
            if not question:
                return
            self.asked += 1
            if self.is_lost(self.asked):
                continue
            number = int(question[14:13 + question[12]])
            record = (b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a" + number.to_bytes(3, "big"))
            self.socket.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:] +
                               record, peer)

    def stop(self):
        host, port = self.address.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(b"", (host, int(port)))
        self.thread.join(PATIENCE)
        self.socket.close()


class DnsServer:
    """Twisted's, in a separate thread, over UDP and TCP; there can be only one in a process.

    It owns "test." and the reverse of 192.0.2.0/24; what is neither it fails to answer.
    """

    def __init__(self, records, reverse):
        soa = dns.Record_SOA(mname=b"ns.test", rname=b"root.test", serial=1)
        zones = [Zone(name, soa, records)
                 for name, records in ((b"test", records), (b"2.0.192.in-addr.arpa", reverse))]
        factory = server.DNSServerFactory(authorities=zones)
        self.factory = factory
        while True:
            tcp = reactor.listenTCP(0, factory, interface="127.0.0.1")
            self.port = tcp.getHost().port
            try:
                reactor.listenUDP(self.port, dns.DNSDatagramProtocol(factory),
                                  interface="127.0.0.1")
                break
            except error.CannotListenError:
                tcp.stopListening()
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=reactor.run, daemon=True,
                                       kwargs={"installSignalHandlers": False})
        self.thread.start()

    def stop(self):
        reactor.callFromThread(reactor.stop)
        self.thread.join(PATIENCE)


def main():
    if shutil.which(PATH) is None:
        sys.exit(f"SLUICE_LOOKUP={PATH}: there is no such program")
    daemon.main()
