"""Makes certificates and servers with the openssl command, for tests of TLS."""
import contextlib
import pathlib
import re
import ssl
import subprocess

from daemon import die_with_the_test

SECONDS = 30


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, timeout=SECONDS,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def s_server(*arguments):
    """`openssl s_server` on a free port of 127.0.0.1, which it prints."""
    with subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", *map(str, arguments)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=die_with_the_test) as process:
        try:
            for line in process.stdout:
                if found := re.match(rb"ACCEPT .*:(\d+)$", line.strip()):
                    break
            else:
                raise AssertionError("openssl s_server did not start")
            yield f"tls://localhost:{int(found[1])}"
        finally:
            process.kill()


class Authority:
    """A root in `directory`, and what it signs: NAME.pem and NAME.key."""

    def __init__(self, directory, name="root"):
        self.directory = pathlib.Path(directory)
        self.name = name
        self.file = self.directory / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", 2, "-subj", f"/CN={name}", "-keyout", self.directory / f"{name}.key",
                "-out", self.file)

    def sign(self, name, names="DNS:localhost,IP:127.0.0.1", rsa=False, days=2):
        cert, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        request, extensions = self.directory / "request", self.directory / "extensions"
        kind = ("rsa:2048",) if rsa else ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        openssl("req", "-new", "-newkey", *kind, "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                "-out", request)
        extensions.write_text(f"subjectAltName={names}\n")
        fresh = self.directory / "fresh"
        openssl("x509", "-req", "-in", request, "-days", days, "-CA", self.file, "-CAkey",
                self.directory / f"{self.name}.key", "-CAcreateserial", "-extfile", extensions,
                "-out", fresh)
        fresh.replace(cert)
        key.chmod(0o600)
        return cert, key

    def ocsp(self, cert):
        """A good answer about a certificate that it has signed: DER, in a file."""
        files = {name: self.directory / name for name in ("index", "question", "answer")}
        shown = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-serial"], check=True,
                               timeout=SECONDS, stdout=subprocess.PIPE, text=True).stdout
        serial = shown.strip().partition("=")[2]
        files["index"].write_text(f"V\t491231235959Z\t\t{serial}\tunknown\t/CN=server\n")
        openssl("ocsp", "-issuer", self.file, "-cert", cert, "-no_nonce", "-reqout",
                files["question"])
        openssl("ocsp", "-index", files["index"], "-CA", self.file, "-rsigner", self.file, "-rkey",
                self.directory / f"{self.name}.key", "-reqin", files["question"], "-respout",
                files["answer"], "-ndays", 1)
        return files["answer"]

    def client(self, cert=None, key=None, version=None, alpn=None):
        """The settings of a client that trusts this root."""
        context = ssl.create_default_context(cafile=str(self.file))
        if cert:
            context.load_cert_chain(cert, key)
        if version:
            context.minimum_version = context.maximum_version = version
        if alpn:
            context.set_alpn_protocols(alpn)
        return context
