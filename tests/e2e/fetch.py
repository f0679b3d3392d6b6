"""Runs sluice-fetch for a test, and servers for it to fetch from: Debian's lighttpd, and sockets
that do what no server should.

The program's path comes from SLUICE_FETCH in the environment. lighttpd has a port of loopback and
a configuration of the test's own; the service that its package may start is not used.
"""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import daemon
from daemon import PATIENCE, die_with_the_test, free_port, wait_until

PATH = os.environ.get("SLUICE_FETCH", "sluice-fetch")
# A daemon's directory, which is not in everybody's path.
LIGHTTPD = shutil.which("lighttpd") or shutil.which("lighttpd", path="/usr/sbin")


def environment():
    """Without the proxies of this machine, which would have to reach its loopback."""
    return {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")}


def start(*arguments, **more):
    usual = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
             "preexec_fn": die_with_the_test, "env": environment()}
    return subprocess.Popen([PATH, *arguments], **{**usual, **more})


class Result:
    def __init__(self, process, stdout, stderr):
        self.status = process.returncode
        self.stdout = stdout
        self.stderr = (stderr or b"").decode()


def fetch(*arguments, patience=PATIENCE, **more):
    """Runs it to its end."""
    process = start(*arguments, **more)
    out, err = daemon.to_its_end(process, None, patience)
    return Result(process, out, err)


CONFIGURATION = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{directory}/error.log"
server.modules = ( "mod_redirect" )
mimetype.assign = ( "" => "application/octet-stream" )
url.redirect = (
  "^/moved/(.*)$" => "/$1",
  "^/loop$" => "/loop",
  "^/steps/3$" => "/steps/2", "^/steps/2$" => "/steps/1", "^/steps/1$" => "/hello",
  "^/to-file$" => "file:///etc/passwd",
  "^/to-ftp$" => "ftp://127.0.0.1/x"
)
"""
TLS = """
server.modules += ( "mod_openssl" )
ssl.engine = "enable"
ssl.pemfile = "{certificates}/server.pem"
ssl.privkey = "{certificates}/server.key"
"""


class Lighttpd:
    """A web server with the files of `root`; with `certificates`, a directory, over TLS."""

    def __init__(self, root, certificates=None):
        self.directory = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.url = f"{'https' if certificates else 'http'}://127.0.0.1:{self.port}"
        configuration = pathlib.Path(self.directory.name, "lighttpd.conf")
        text = CONFIGURATION + (TLS if certificates else "")
        configuration.write_text(text.format(root=root, port=self.port, certificates=certificates,
                                             directory=self.directory.name), encoding="utf-8")
        self.process = subprocess.Popen([LIGHTTPD, "-D", "-f", configuration],
                                        stdin=subprocess.DEVNULL, preexec_fn=die_with_the_test)
        if not wait_until(self._answers):
            self.stop()
            raise AssertionError("lighttpd does not answer")

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.directory.cleanup()


def make_certificates(directory):
    """ca.pem, and server.pem and server.key for 127.0.0.1 that it signed."""
    def openssl(*arguments):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", *arguments],
                       cwd=directory, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    openssl("-subj", "/CN=a test's CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-addext", "basicConstraints=critical,CA:FALSE", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-keyout", "server.key", "-out", "server.pem")


class Server:
    """A server of sockets: each connection's request is read, then answer(socket, path) runs in a
    separate thread."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            client.settimeout(PATIENCE)
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                piece = client.recv(4096)
                if not piece:
                    return
                request += piece
            self.answer(client, request.split(b" ")[1].decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # close() alone would not wake accept()
        self.listener.close()


def head(length=None, status="200 OK", more=""):
    """The head of an answer."""
    size = "" if length is None else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 {status}\r\n{size}{more}Connection: close\r\n\r\n".encode()


class Scratch(unittest.TestCase):
    """A test with an empty directory, in which sluice-fetch runs."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def fetch(self, *arguments, **more):
        return fetch(*arguments, cwd=self.directory, **more)

    def files(self):
        return sorted(path.name for path in self.directory.iterdir())

    def expect_failure(self, result, *parts):
        """One line on the standard error, with these parts."""
        self.assertEqual(result.status, 1, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("sluice-fetch: "), result.stderr)
        for part in parts:
            self.assertIn(part, result.stderr)


needs_lighttpd = unittest.skipIf(LIGHTTPD is None, "not installed: lighttpd")
needs_openssl = unittest.skipIf(shutil.which("openssl") is None, "not installed: openssl")


def main():
    if shutil.which(PATH) is None:
        sys.exit(f"SLUICE_FETCH={PATH}: there is no such program")
    daemon.main()
