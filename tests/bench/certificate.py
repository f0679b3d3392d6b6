"""The certificate of the servers that speak TLS: made once, when the first one asks for it."""

import functools
import pathlib
import subprocess
import tempfile


@functools.cache
def _directory():
    directory = tempfile.TemporaryDirectory(prefix="sluice-bench-")
    words = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-keyout", f"{directory.name}/key.pem",
             "-out", f"{directory.name}/cert.pem")
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
    return directory


def cert():
    return pathlib.Path(_directory().name) / "cert.pem"


def key():
    return pathlib.Path(_directory().name) / "key.pem"


def environment():
    """For the bare server, which has no options."""
    return {"BENCH_CERT": str(cert()), "BENCH_KEY": str(key())}
