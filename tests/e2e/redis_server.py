"""A redis-server on loopback for a test: started, killed and started again by it alone."""
import shutil
import socket
import subprocess

from daemon import PATIENCE, die_with_the_test, free_port, wait_until

PATH = shutil.which("redis-server")


class Redis:
    """Use it with `with`. It keeps what it has in `directory` if it is `durable`."""

    def __init__(self, directory, *arguments, durable=False, secret=None, tls=None,
                 folder=None, addresses=("127.0.0.1",)):
        self.port = free_port()
        self.tls_port = free_port() if tls else None
        if tls:
            cert, key, ca = map(str, tls)
            arguments = ("--tls-port", str(self.tls_port), "--tls-cert-file", cert,
                         "--tls-key-file", key, "--tls-ca-cert-file", ca, "--tls-auth-clients",
                         "no", *arguments)
        if folder:
            folder.mkdir()
        self.secret = secret
        self.arguments = (PATH, "--port", str(self.port), "--bind", *addresses, "--save", "",
                          "--dir", str(folder or directory), "--appendfsync", "always",
                          "--appendonly", "yes" if durable else "no",
                          *(("--requirepass", secret) if secret else ()), *arguments)
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=die_with_the_test)
        if not wait_until(self.answers):
            raise AssertionError("redis-server does not answer")

    def answers(self):
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False

    def ask(self, *words):
        """The first line of the answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client:
            if self.secret:
                client.sendall(f"AUTH {self.secret}\r\n".encode())
                client.recv(4096)
            client.sendall((" ".join(words) + "\r\n").encode())
            return client.recv(65536).decode().split("\r\n")[0]

    def keys(self, pattern):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client:
            client.sendall(f"KEYS {pattern}\r\n".encode())
            return client.recv(65536).decode().split("\r\n")[2::2]

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
