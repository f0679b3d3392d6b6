#!/usr/bin/env python3
"""A million connections through one daemon: connect, exchange, close; none is lost.

It runs in a network namespace of its own (unshare), so that the ports of this host are left alone:
million.py --load build/bench/bin/bench_load [--connections 1000000]. Descriptors and memory at the
end are what they were after the first 10,000, but for a margin.
"""

import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import daemon  # noqa: E402  pylint: disable=wrong-import-position
import soak    # noqa: E402  pylint: disable=wrong-import-position
from network import in_own_network  # noqa: E402  pylint: disable=wrong-import-position

FIRST = 10_000
MARGIN_KIB = 512


def connect(load, port, count):
    done = subprocess.run(
        [load, "connects", "--port", port, "--connections", "50", "--size", "64", "--warm-up", "0",
         "--seconds", "110", "--operations", str(count)],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--load", required=True, metavar="BENCH_LOAD")
    parser.add_argument("--connections", type=int, default=1_000_000)
    options = parser.parse_args()
    in_own_network()
    with daemon.Daemon("-l", "echo=tcp://127.0.0.1:0") as served:
        port, pid = served.endpoint.rpartition(":")[2], served.process.pid
        before = soak.descriptors(pid)
        made = lost = 0
        early = None
        while made < options.connections:
            result = connect(options.load, port, FIRST if early is None else
                             min(200_000, options.connections - made))
            made += int(result["operations"])
            lost += int(result["lost"])
            daemon.wait_until(lambda: soak.descriptors(pid) == before)
            now = (soak.descriptors(pid), soak.resident_kib(pid))
            early = early or now
            print(f"{made:,} connections, {lost} lost, {now[0]} descriptors, {now[1]} KiB",
                  flush=True)
        grown = now[1] - early[1]
        clean = lost == 0 and now[0] == early[0] and grown <= MARGIN_KIB and served.stop() == 0
        print("nothing grew and none was lost" if clean else f"NOT CLEAN: {grown} KiB more")
        return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
