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
