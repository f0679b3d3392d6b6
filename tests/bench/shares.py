"""How evenly connections are divided: by a pool's acceptor, and by the kernel (SO_REUSEPORT)."""

import json
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile

import processes
import report

CONNECTIONS = 1000
ROUNDS = 5
MOST = 1.2  # the fullest of the acceptor's loops to the emptiest


def show(ctl, path, what):
    try:
        done = subprocess.run([ctl, "-s", path, "--json", "show", what], capture_output=True,
                              text=True, check=False, timeout=processes.LOAD_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise processes.Broken("sluicectl does not end") from error
    if done.returncode != 0:
        raise processes.Broken(f"sluicectl: {done.stderr}")
    return json.loads(done.stdout)


def connected(port):
    """Connections that are served."""
    clients = []
    try:
        for _ in range(CONNECTIONS):
            clients.append(socket.create_connection(("127.0.0.1", port), processes.LOAD_SECONDS))
            clients[-1].sendall(b"x")
            if not clients[-1].recv(1):
                raise processes.Broken("sluiced closed a connection")
    except OSError as error:
        raise processes.Broken(f"connection {len(clients)} to sluiced: {error}") from error
    return clients


def ratio(numbers):
    """Of the fullest to the emptiest, which may have none."""
    return max(numbers) / max(1, min(numbers))


def end(clients):
    for client in clients:
        client.close()


def of_acceptor(program, ctl, core, folder):
    path = os.path.join(folder, "control")
    command = [*program, "--workers", "2", "--control", path, "-l", "echo=tcp://127.0.0.1:0"]
    server = processes.Server(command, "echo", core)
    try:
        clients = connected(server.port)
        numbers = [loop["connections"] for loop in show(ctl, path, "loops")]
        end(clients)
    finally:
        server.stop()
    numbers[0] -= 1  # sluicectl's own
    return ratio(numbers)


def of_kernel(program, ctl, core, folder):
    """Two daemons at one port, with a loop each."""
    port, servers, paths = 0, [], []
    try:
        for name in ("one", "other"):
            paths.append(os.path.join(folder, name))
            command = [*program, "--control", paths[-1], "-l",
                       f"echo=tcp://127.0.0.1:{port},reuse-port=on"]
            servers.append(processes.Server(command, "echo", core))
            port = servers[0].port
        clients = connected(port)
        numbers = [show(ctl, path, "services")[0]["open"] for path in paths]
        end(clients)
    finally:
        for server in servers:
            server.stop()
    return ratio(numbers)


def section(programs, cores):
    sluiced = programs.get("sluiced")
    ctl = sluiced and pathlib.Path(sluiced).parent / "sluicectl"
    if not ctl or not ctl.exists():
        raise processes.Broken("there is no sluicectl beside sluiced")
    program = [str(sluiced), *(["--user", "root"] if os.geteuid() == 0 else [])]
    rows = []
    for title, measure, most in (("the acceptor of sluiced --workers 2", of_acceptor, MOST),
                                 ("the kernel, SO_REUSEPORT, 2 daemons", of_kernel, None)):
        found = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                found.append(measure(program, str(ctl), cores.server, folder))
        row = [title, f"≤ {most}" if most else "stated",
               f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"]
        rows.append([*row, report.verdict(statistics.median(found) <= most) if most else ""])
    text = report.table(["divided by", "required", "fullest / emptiest: median (range)", ""], rows)
    return f"## How {CONNECTIONS:,} connections are divided between two loops\n\n{text}"
