#!/usr/bin/env python3
"""Checks the files with which a system starts sluiced: the units, and the syntax of the scripts.

    service_files.py

systemd-analyze rates a unit from 0 (nothing is exposed) to 10. It needs no running systemd.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tools" / "sluiced" / "system"
MAX_EXPOSURE = 1.5


def output_of(*command):
    """What a command prints; its failure is the caller's to find in it."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout


def check_unit():
    """The complaints about the units: unknown settings, and too much exposure."""
    complaints = []
    with tempfile.TemporaryDirectory() as directory:
        unit = pathlib.Path(directory) / "sluiced.service"
        text = (FOLDER / "sluiced.service.in").read_text(encoding="utf-8")
        unit.write_text(text.replace("@SBINDIR@/sluiced", "/bin/true"), encoding="utf-8")
        sockets = pathlib.Path(directory) / "sluiced.socket"
        shutil.copy(FOLDER / "sluiced.socket", sockets)
        for line in output_of("systemd-analyze", "verify", "--man=no", unit, sockets).splitlines():
            if "sluiced.s" in line:
                complaints.append(line)
        rating = output_of("systemd-analyze", "security", "--offline=yes", "--no-pager", unit)
        found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", rating)
        if not found:
            complaints.append(f"systemd-analyze security: no exposure level in:\n{rating}")
        elif float(found[1]) > MAX_EXPOSURE:
            complaints.append(f"sluiced.service: its exposure is {found[1]}, above {MAX_EXPOSURE}; "
                              "see systemd-analyze security --offline=yes")
    return complaints


def check_scripts():
    """The complaints of shellcheck about the scripts of OpenRC and FreeBSD."""
    # SC2034: the variables are for the system's own script, which reads them. SC1091: it is not
    # here. SC2154: its own variables.
    return [output for name in ("sluiced.openrc.in", "sluiced.rc.in")
            if (output := output_of("shellcheck", "--shell=sh", "--exclude=SC2034,SC1091,SC2154",
                                    FOLDER / name))]


def main():
    complaints = check_unit() + check_scripts()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
