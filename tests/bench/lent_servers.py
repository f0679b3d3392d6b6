"""Servers that Debian packages, started where they are installed, on a free port."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import certificate
import server

NAMES = ("redis", "ngircd", "nginx", "stunnel")
# They end TLS before an echo server, whose port BENCH_UPSTREAM names.
TLS_PROXIES = ("nginx", "stunnel")

# Penalties, limits and look-ups off: they are there to be slow.
NGIRCD = """[Global]
Name = bench.invalid
Info = benchmark
Listen = 127.0.0.1
Ports = {port}
ServerUID = {user}
ServerGID = {group}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
"""

# One worker, which is the process that is measured. Limits that a client never reaches are off.
NGINX = """{module}
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile 20000;
events {{
  worker_connections 9000;
}}
stream {{
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:bench:10m;
    tcp_nodelay on;
    proxy_pass 127.0.0.1:{upstream};
  }}
}}
"""

STUNNEL = """foreground = quiet
pid =
debug = err
syslog = no
cert = {cert}
key = {key}
sslVersionMin = TLSv1.2
[echo]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{upstream}
TIMEOUTclose = 0
"""


def program(name):
    return shutil.which({"redis": "redis-server"}.get(name, name),
                        path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def command(name, port, directory):
    if name == "redis":
        # No limit on what waits for a subscriber: the others drop none either.
        return [program(name), "--port", str(port), "--bind", "127.0.0.1", "--dir", directory,
                "--save", "", "--appendonly", "no", "--daemonize", "no",
                "--client-output-buffer-limit", "pubsub 0 0 0"]
    if name in TLS_PROXIES:
        return tls_proxy(name, port, directory)
    conf = pathlib.Path(directory, "ngircd.conf")
    conf.write_text(NGIRCD.format(port=port, user=os.getuid(), group=os.getgid()))
    return [program(name), "--nodaemon", "--config", str(conf)]


def tls_proxy(name, port, directory):
    # In Debian the module is a file; elsewhere it may be part of the program.
    module = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
    conf = pathlib.Path(directory, f"{name}.conf")
    conf.write_text({"nginx": NGINX, "stunnel": STUNNEL}[name].format(
        port=port, directory=directory, cert=certificate.cert(), key=certificate.key(),
        upstream=os.environ["BENCH_UPSTREAM"],
        module=f"load_module {module};" if module.exists() else ""))
    return [program(name), "-p", directory, "-c", str(conf)] if name == "nginx" else [
        program(name), str(conf)]


class LentServer(server.Server):
    """It prints what it likes, and is ready when it accepts a connection."""

    def __init__(self, name, core):
        self._directory = tempfile.TemporaryDirectory(prefix="sluice-bench-")
        self._port = free_port()
        super().__init__(command(name, self._port, self._directory.name), "chat", core)

    def stop(self, pid=None):
        super().stop(pid)
        self._directory.cleanup()

    def _wait_until_ready(self, transport):
        give_up = time.monotonic() + server.START_SECONDS
        while time.monotonic() < give_up:
            self.check()
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return [self._port]
            except OSError:
                time.sleep(0.02)
        raise server.Broken(f"{self.name} did not become ready: {self._last_error()}")

    def _start(self, words, core):
        # Where nobody reads, so that a server that logs much is not held up by a full pipe.
        return subprocess.Popen(words, stdout=self._errors, stderr=self._errors,
                                preexec_fn=lambda: os.sched_setaffinity(0, {core}))
