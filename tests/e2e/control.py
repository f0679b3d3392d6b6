"""Runs sluicectl against a daemon's control socket."""
import json
import os
import subprocess

import daemon

PATH = os.environ.get("SLUICECTL", "sluicectl")


def run(*arguments):
    return subprocess.run([PATH, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=daemon.PATIENCE)


class Control:
    """The commands of one socket; each fails the test if sluicectl fails."""

    def __init__(self, path):
        self.path = str(path)

    def text(self, *words):
        done = run("-s", self.path, *words)
        if done.returncode != 0:
            raise AssertionError(f"sluicectl {words}: {done.returncode} {done.stderr}")
        return done.stdout

    def rows(self, *words):
        return json.loads(self.text("--json", *words))

    def error(self, *words):
        """The message of a command that fails."""
        done = run("-s", self.path, *words)
        if done.returncode != 1:
            raise AssertionError(f"sluicectl {words}: {done.returncode} {done.stdout}")
        return done.stderr
