#!/usr/bin/env python3
"""sluice-fetch against lighttpd: bodies, files, redirects, TLS."""
import filecmp
import hashlib
import json
import os
import pathlib
import tempfile
import time

import fetch as client
from daemon import PATIENCE, free_port
from fetch import Lighttpd, Scratch, make_certificates, needs_lighttpd, needs_openssl

SIZES = [0, 1, 16383, 16384, 16385, 3_000_000]
MANY = 100


def make_files(root):
    """Files of known sizes, no two of the same bytes."""
    pathlib.Path(root, "hello").write_bytes(b"hello\n")
    pathlib.Path(root, "with blank").write_bytes(b"blank\n")
    for size in SIZES:
        pattern = hashlib.sha256(b"%d" % size).digest()
        pathlib.Path(root, f"size-{size}").write_bytes((pattern * (size // 32 + 1))[:size])
    for number in range(MANY):
        pathlib.Path(root, f"many-{number}").write_bytes(b"%d\n" % number * 1000)


class Web(Scratch):
    certificates = None

    @classmethod
    def setUpClass(cls):
        cls.web = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.web.cleanup)
        cls.root = cls.web.name
        make_files(cls.root)
        server = Lighttpd(cls.root, cls.certificates)
        cls.addClassCleanup(server.stop)
        cls.url = server.url

    def original(self, name):
        return pathlib.Path(self.root, name).read_bytes()

    def expect_copy(self, name, of):
        self.assertTrue(filecmp.cmp(self.directory / name, pathlib.Path(self.root, of), False))


@needs_lighttpd
class Bodies(Web):
    def test_each_size_byte_for_byte(self):
        for size in SIZES:
            result = self.fetch(f"{self.url}/size-{size}")
            self.assertEqual((result.status, result.stderr), (0, ""))
            self.assertEqual(result.stdout, self.original(f"size-{size}"))

    def test_several_on_the_standard_output_come_in_order(self):
        names = ["size-3000000", "hello", "size-16385", "size-0", "hello"]
        result = self.fetch(*(f"{self.url}/{name}" for name in names))
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.stdout, b"".join(self.original(name) for name in names))

    def test_on_each_backend(self):
        for backend in ("auto", "epoll", "poll", "select"):
            result = self.fetch("--backend", backend, f"{self.url}/size-3000000")
            self.assertEqual((result.status, result.stderr), (0, ""))
            self.assertEqual(result.stdout, self.original("size-3000000"))

    def test_a_standard_output_that_is_a_file_or_closed(self):
        with open(self.directory / "out", "wb") as out:
            self.assertEqual(self.fetch(f"{self.url}/size-3000000", stdout=out).status, 0)
        self.expect_copy("out", "size-3000000")
        with open("/dev/null", "rb") as unwritable:
            result = self.fetch(f"{self.url}/hello", stdout=unwritable)
        self.expect_failure(result, "standard output: Bad file descriptor")


@needs_lighttpd
class Files(Web):
    def test_a_file_that_is_named(self):
        result = self.fetch("-o", "copy", f"{self.url}/size-3000000")
        self.assertEqual((result.status, result.stdout, result.stderr), (0, b"", ""))
        self.expect_copy("copy", "size-3000000")
        self.fetch("-o", "copy", f"{self.url}/size-0")  # replaced as a whole
        self.expect_copy("copy", "size-0")
        self.assertEqual(self.files(), ["copy"])

    def test_bodies_for_dev_null_go_nowhere_and_leave_the_device_alone(self):
        before = os.stat("/dev/null")
        urls = [f"{self.url}/{name}" for name in ("hello", "hello", "missing")]
        result = self.fetch("-o", "/dev/null", *urls[:2])
        self.assertEqual((result.status, result.stdout, result.stderr), (0, b"", ""))
        result = self.fetch("-o", "/dev/null", *urls)
        self.expect_failure(result, f"{urls[2]}: HTTP status 404")
        self.assertEqual(result.stdout, b"")
        self.assertEqual(os.stat("/dev/null").st_ino, before.st_ino)

    def test_files_that_the_urls_name(self):
        result = self.fetch("-O", f"{self.url}/hello?x=/y", f"{self.url}/with%20blank")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(self.files(), ["hello", "with blank"])
        self.expect_copy("with blank", "with blank")

    def test_the_name_is_that_of_the_argument_and_not_of_a_redirect(self):
        self.assertEqual(self.fetch("-O", f"{self.url}/moved/hello").status, 0)
        self.assertEqual(self.fetch("-O", f"{self.url}/steps/3").status, 0)
        self.assertEqual(self.files(), ["3", "hello"])
        self.expect_copy("3", "hello")

    def test_a_file_that_is_there_is_kept_unless_forced(self):
        (self.directory / "hello").write_bytes(b"mine")
        result = self.fetch("-O", f"{self.url}/hello")
        self.expect_failure(result, f'{self.url}/hello: file "hello"', "--force")
        self.assertEqual((self.directory / "hello").read_bytes(), b"mine")
        self.assertEqual(self.fetch("-O", "--force", f"{self.url}/hello").status, 0)
        self.expect_copy("hello", "hello")
        self.assertEqual(self.files(), ["hello"])

    def test_a_directory_that_is_not_there_is_named(self):
        result = self.fetch("-o", "nowhere/file", f"{self.url}/hello")
        self.expect_failure(result, '"nowhere/file": No such file or directory')

    def test_a_hundred_at_once(self):
        urls = [f"{self.url}/many-{number}" for number in range(MANY)]
        for parallel in ("1", "8", "100"):
            result = self.fetch("-O", "--force", "--parallel", parallel, *urls)
            self.assertEqual((result.status, result.stdout, result.stderr), (0, b"", ""))
            for number in range(MANY):
                self.expect_copy(f"many-{number}", f"many-{number}")
            self.assertEqual(len(self.files()), MANY)

    def test_what_fails_among_many_is_named_and_the_rest_is_there(self):
        urls = [f"{self.url}/{name}" for name in ("hello", "missing", "size-1")]
        result = self.fetch("-O", *urls)
        self.expect_failure(result, f"{self.url}/missing: HTTP status 404")
        self.assertEqual(self.files(), ["hello", "size-1"])


@needs_lighttpd
class Failures(Web):
    def test_a_page_that_is_not_there(self):
        for arguments in ([], ["-o", "file"], ["-O"]):
            result = self.fetch(*arguments, f"{self.url}/missing")
            self.expect_failure(result, f"{self.url}/missing: HTTP status 404")
            self.assertEqual((result.stdout, self.files()), (b"", []))

    def test_the_next_ones_are_printed_all_the_same(self):
        urls = [f"{self.url}/{name}" for name in ("hello", "missing", "size-1")]
        result = self.fetch(*urls)
        self.expect_failure(result, f"{self.url}/missing: HTTP status 404")
        self.assertEqual(result.stdout, self.original("hello") + self.original("size-1"))

    def test_a_port_where_nobody_listens(self):
        url = f"http://127.0.0.1:{free_port()}/x"
        self.expect_failure(self.fetch(url), f"{url}: ", "Connection refused")

    def test_a_password_is_not_shown(self):
        url = self.url.replace("://", "://me:secret@")
        self.expect_failure(self.fetch(f"{url}/missing"), "//me@127.0.0.1")
        result = self.fetch("--json", f"{url}/missing")
        self.assertNotIn(b"secret", result.stdout + result.stderr.encode())

    def test_a_redirect_that_never_ends(self):
        url = f"{self.url}/loop"
        self.expect_failure(self.fetch(url), f"{url}: more than 10 redirects")

    def test_redirects_are_counted(self):
        url = f"{self.url}/steps/3"
        self.assertEqual(self.fetch("--redirects", "3", url).stdout, b"hello\n")
        for most in ("2", "0"):
            result = self.fetch("--redirects", most, "-o", "file", url)
            self.expect_failure(result, f"{url}: more than {most} redirects")
            self.assertEqual((result.stdout, self.files()), (b"", []))

    def test_a_redirect_to_a_file_or_to_another_protocol_is_refused(self):
        for name in ("file", "ftp"):
            url = f"{self.url}/to-{name}"
            result = self.fetch(url)
            self.expect_failure(result, f"{url}: redirect to a scheme other than http and https",
                                f'"{name}"')
            self.assertEqual(result.stdout, b"")


@needs_lighttpd
class Json(Web):
    def test_an_object_for_each(self):
        urls = [f"{self.url}/{name}" for name in ("moved/hello", "missing", "size-3000000")]
        urls.append(f"http://127.0.0.1:{free_port()}/")
        result = self.fetch("--json", *urls)
        self.assertEqual(result.status, 1)
        self.assertEqual(result.stderr.count("\n"), 2, result.stderr)
        objects = {o["url"]: o for o in map(json.loads, result.stdout.splitlines())}
        self.assertEqual(sorted(objects), sorted(urls))
        self.assertEqual(list(objects[urls[0]]), ["url", "effective_url", "status", "bytes",
                                                  "seconds", "file", "error"])
        self.assertEqual([objects[url]["status"] for url in urls], [200, 404, 200, None])
        self.assertEqual([objects[url]["bytes"] for url in urls], [6, 0, 3_000_000, 0])
        self.assertEqual(objects[urls[0]]["effective_url"], f"{self.url}/hello")
        self.assertEqual(objects[urls[1]]["error"], "HTTP status 404")
        self.assertIn("Connection refused", objects[urls[3]]["error"])
        for url in urls:
            self.assertIsNone(objects[url]["file"])
            self.assertGreater(objects[url]["seconds"], 0)
        self.assertIsNone(objects[urls[2]]["error"])

    def test_with_files(self):
        result = self.fetch("--json", "-O", f"{self.url}/hello", f"{self.url}/missing")
        objects = sorted(map(json.loads, result.stdout.splitlines()), key=lambda o: o["url"])
        self.assertEqual([o["file"] for o in objects], ["hello", None])
        self.assertEqual(self.files(), ["hello"])


@needs_lighttpd
@needs_openssl
class Tls(Web):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        make_certificates(directory.name)
        cls.certificates = directory.name
        cls.ca = str(pathlib.Path(directory.name, "ca.pem"))
        super().setUpClass()

    def test_with_the_ca_byte_for_byte(self):
        result = self.fetch("--cacert", self.ca, f"{self.url}/size-3000000")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(result.stdout, self.original("size-3000000"))

    def test_a_hundred_at_once(self):
        urls = [f"{self.url}/many-{number}" for number in range(MANY)]
        result = self.fetch("--cacert", self.ca, "-O", "--parallel", "20", *urls,
                            patience=3 * PATIENCE)
        self.assertEqual((result.status, result.stderr), (0, ""))
        for number in range(MANY):
            self.expect_copy(f"many-{number}", f"many-{number}")

    def test_without_it_the_reason_is_named(self):
        result = self.fetch("-o", "file", f"{self.url}/hello")
        self.expect_failure(result, f"{self.url}/hello: ", "certificate")
        self.assertEqual(self.files(), [])

    def test_a_certificate_for_another_host_is_refused(self):
        url = self.url.replace("127.0.0.1", "localhost")
        self.expect_failure(self.fetch("--cacert", self.ca, f"{url}/hello"), url, "localhost")

    def test_insecure_takes_any(self):
        result = self.fetch("--insecure", f"{self.url}/hello")
        self.assertEqual((result.status, result.stdout), (0, b"hello\n"))

    def test_a_ca_that_cannot_be_read_is_named(self):
        result = self.fetch("--cacert", "/nowhere/ca.pem", f"{self.url}/hello")
        self.expect_failure(result, "/nowhere/ca.pem")


@needs_lighttpd
class Speed(Web):
    def test_nothing_waits_for_a_clock(self):
        """A timer or descriptor that the loop lost would cost the seconds of libcurl's patience."""
        def seconds():
            begun = time.monotonic()
            urls = [f"{self.url}/many-{number}" for number in range(MANY)]
            self.assertEqual(self.fetch("--json", *urls, patience=3 * PATIENCE).status, 0)
            return time.monotonic() - begun

        # A busy machine makes one run slow, and the lost timer every one.
        self.assertTrue(any(seconds() < 5 for _ in range(3)))


if __name__ == "__main__":
    client.main()
