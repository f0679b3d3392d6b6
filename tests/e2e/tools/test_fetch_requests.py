#!/usr/bin/env python3
"""sluice-fetch against a server that records what it is asked: lists, parts that are continued,
retries, limits, headers, HEAD and POST."""
import fcntl
import gzip
import http.server
import os
import signal
import ssl
import threading
import time
import unittest

import fetch as client
from daemon import PATIENCE, wait_until
from fetch import Scratch, fetch, make_certificates, needs_openssl, start

BODY = bytes(range(256)) * 400


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        web = self.server
        with web.lock:
            web.requests.append(self)
            web.now += 1
            web.most = max(web.most, web.now)
            count = sum(one.path == self.path for one in web.requests)
        try:
            web.serve(self, count)
        finally:
            with web.lock:
                web.now -= 1

    do_GET = do_HEAD = do_POST = answer

    def send(self, body, status=200, headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))


class Web(http.server.ThreadingHTTPServer):
    """serve(request, how often its path was asked for) answers each request in a thread."""
    daemon_threads = True

    def __init__(self, serve):
        super().__init__(("127.0.0.1", 0), Handler)
        self.serve = serve
        self.lock = threading.Lock()
        self.requests = []
        self.now = self.most = 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_):
        pass  # a client that has ended

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def in_parts(tag, cut):
    """A server of BODY that knows ranges and breaks the first `cut` answers off in the middle."""
    def serve(request, count):
        start, status, more = 0, 200, [("ETag", tag())] if tag() else []
        asked = request.headers.get("Range")
        if asked and request.headers.get("If-Range") == tag():
            start, status = int(asked[6:-1]), 206
            more.append(("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"))
            if start == len(BODY):
                return request.send(b"", 416, [("Content-Range", f"bytes */{len(BODY)}")])
        if count > cut:
            return request.send(BODY[start:], status, more)
        request.send_response(status)
        for name, value in [("Content-Length", str(len(BODY) - start)), *more]:
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(BODY[start:start + 50_000])
        request.wfile.flush()
        request.close_connection = True
        return None
    return serve


class Parts(Scratch):
    def expect_whole(self):
        self.assertEqual((self.directory / "file").read_bytes(), BODY)
        self.assertEqual(self.files(), ["file"])

    def test_a_part_is_kept_and_continued(self):
        with Web(in_parts(lambda: '"one"', 1)) as web:
            url = f"{web.url}/file"
            self.expect_failure(self.fetch("-C", "-o", "file", url), "remaining")
            self.assertEqual(self.files(), ["file.part", "file.part.id"])
            size = (self.directory / "file.part").stat().st_size
            self.assertEqual(size, 50_000)
            self.assertEqual(self.fetch("-C", "-o", "file", url).status, 0)
            self.assertEqual(web.requests[1].headers["Range"], "bytes=50000-")
        self.expect_whole()

    def test_a_retry_continues_the_part(self):
        with Web(in_parts(lambda: '"one"', 1)) as web:
            result = self.fetch("-C", "-O", "--retries", "3", f"{web.url}/file")
            self.assertEqual(result.status, 0)
            self.assertIn("; trying again in ", result.stderr)
            self.assertEqual(web.requests[1].headers["Range"], "bytes=50000-")
        self.expect_whole()

    def test_another_version_is_fetched_from_its_beginning(self):
        tags = ['"one"']
        with Web(in_parts(lambda: tags[0], 1)) as web:
            url = f"{web.url}/file"
            self.fetch("-C", "-o", "file", url)
            (self.directory / "file.part").write_bytes(b"of the old version")
            tags[0] = '"two"'
            self.assertEqual(self.fetch("-C", "-o", "file", url).status, 0)
            self.assertEqual(web.requests[1].headers["If-Range"], '"one"')
        self.expect_whole()

    def test_without_a_version_nothing_is_continued(self):
        for tag in ("", 'W/"weak"'):
            with Web(in_parts(lambda tag=tag: tag, 1)) as web:
                url = f"{web.url}/file"
                self.fetch("-C", "-o", "file", url)
                self.assertEqual(self.files(), [])
                self.assertEqual(self.fetch("-C", "-o", "file", url).status, 0)
                self.assertNotIn("Range", web.requests[1].headers)
            self.expect_whole()
            (self.directory / "file").unlink()

    def test_a_part_that_is_whole_gets_its_name(self):
        with Web(in_parts(lambda: '"one"', 1)) as web:
            url = f"{web.url}/file"
            self.fetch("-C", "-o", "file", url)
            (self.directory / "file.part").write_bytes(BODY)
            self.assertEqual(self.fetch("-C", "-o", "file", url).status, 0)
        self.expect_whole()

    def test_another_part_than_the_one_asked_for_is_refused(self):
        def serve(request, count):
            if count == 1:
                return in_parts(lambda: '"one"', 1)(request, 1)
            return request.send(BODY[:100], 206, [("Content-Range", "bytes 0-99/102400")])
        with Web(serve) as web:
            url = f"{web.url}/file"
            self.fetch("-C", "-o", "file", url)
            self.expect_failure(self.fetch("-C", "-o", "file", url), "another part", "bytes 0-99")
        self.assertEqual((self.directory / "file.part").read_bytes(), BODY[:50_000])

    def test_an_interrupt_leaves_the_part(self):
        go_on = threading.Event()

        def serve(request, _):
            request.send_response(200)
            request.send_header("Content-Length", "1000")
            request.send_header("ETag", '"one"')
            request.end_headers()
            request.wfile.write(b"x" * 500)
            request.wfile.flush()
            go_on.wait(PATIENCE)
        with Web(serve) as web:
            process = start("-C", "-o", "file", f"{web.url}/file", cwd=self.directory)
            part = self.directory / "file.part"
            self.assertTrue(wait_until(lambda: part.exists() and part.stat().st_size == 500))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, -signal.SIGINT)
            go_on.set()
        self.assertEqual(self.files(), ["file.part", "file.part.id"])

    def test_only_one_process_writes_a_part(self):
        with open(self.directory / "file.part", "wb") as part:
            fcntl.flock(part, fcntl.LOCK_EX)
            with Web(lambda request, _: request.send(b"x")) as web:
                self.expect_failure(self.fetch("-C", "-o", "file", f"{web.url}/file"),
                                    '"file.part": Device or resource busy')

    def test_what_is_no_regular_file_is_named_as_such(self):
        os.mkfifo(self.directory / "file.part")
        with Web(lambda request, _: request.send(b"x")) as web:
            result = self.fetch("-C", "-o", "file", f"{web.url}/file")
            self.expect_failure(result, '"file.part" is not a regular file')
            (self.directory / "link").symlink_to("elsewhere")
            result = self.fetch("-C", "-o", "link", f"{web.url}/file")
            self.expect_failure(result, '"link" is not a regular file')

    def test_a_link_is_not_followed(self):
        (self.directory / "file.part").symlink_to("/etc/passwd")
        with Web(lambda request, _: request.send(b"x")) as web:
            self.expect_failure(self.fetch("-C", "-o", "file", f"{web.url}/file"), "file.part")


class Retries(Scratch):
    def test_what_fails_for_a_time_is_tried_again(self):
        for status in (429, 503):
            def serve(request, count, status=status):
                if count < 2:
                    return request.send(b"busy", status)
                return request.send(b"done")
            with Web(serve) as web:
                result = self.fetch("--retries", "1", f"{web.url}/x")
            self.assertEqual((result.status, result.stdout), (0, b"done"), result.stderr)
            self.assertEqual(result.stderr.count(f"HTTP status {status}; trying again in "), 1)

    def test_the_server_names_the_delay(self):
        def serve(request, count):
            if count == 1:
                return request.send(b"busy", 503, [("Retry-After", "1")])
            return request.send(b"done")
        with Web(serve) as web:
            begun = time.monotonic()
            self.assertEqual(self.fetch("--retries", "1", f"{web.url}/x").stdout, b"done")
            self.assertGreaterEqual(time.monotonic() - begun, 0.99)

    def test_what_will_fail_again_is_not_repeated(self):
        with Web(lambda request, _: request.send(b"", 404)) as web:
            self.expect_failure(self.fetch("--retries", "5", f"{web.url}/x"), "HTTP status 404")
            self.assertEqual(len(web.requests), 1)

    def test_a_post_that_may_have_arrived_is_not_repeated(self):
        def serve(request, _):
            request.body()
            request.send(b"", 503)
        (self.directory / "data").write_bytes(b"data")
        with Web(serve) as web:
            result = self.fetch("--retries", "5", "--post", "data", f"{web.url}/x")
            self.expect_failure(result, "HTTP status 503")
            self.assertEqual(len(web.requests), 1)

    def test_a_body_that_was_printed_in_part_is_not_repeated(self):
        with Web(in_parts(lambda: "", 9)) as web:
            result = self.fetch("--retries", "5", f"{web.url}/x")
            self.expect_failure(result, "remaining")
            self.assertEqual((result.stdout, len(web.requests)), (BODY[:50_000], 1))

    def test_the_order_on_the_standard_output_stays(self):
        def serve(request, count):
            if request.path == "/a" and count == 1:
                return request.send(b"", 503)
            return request.send(request.path.encode())
        with Web(serve) as web:
            result = self.fetch("--retries", "1", f"{web.url}/a", f"{web.url}/b")
        self.assertEqual(result.stdout, b"/a/b")


class Requests(Scratch):
    def test_headers(self):
        with Web(lambda request, _: request.send(b"x")) as web:
            self.fetch("-H", "X-One: 1", "-H", "Accept:text/plain", "-H", "X-Empty:", web.url)
            headers = web.requests[0].headers
            self.assertEqual((headers["X-One"], headers["Accept"], headers["X-Empty"]),
                             ("1", "text/plain", ""))

    def test_head_prints_the_last_head(self):
        def serve(request, _):
            if request.path == "/old":
                return request.send(b"", 302, [("Location", "/new")])
            return request.send(BODY, 200, [("X-Answer", "yes")])
        with Web(serve) as web:
            result = self.fetch("-I", f"{web.url}/old")
            self.assertEqual([one.command for one in web.requests], ["HEAD", "HEAD"])
        self.assertTrue(result.stdout.startswith(b"HTTP/1.1 200 OK\r\n"), result.stdout)
        self.assertIn(b"X-Answer: yes\r\n", result.stdout)
        self.assertNotIn(b"302", result.stdout)

    def test_a_file_is_posted_byte_for_byte(self):
        received = []

        def serve(request, _):
            received.append((request.headers["Content-Type"], request.body()))
            request.send(b"thanks")
        (self.directory / "data").write_bytes(BODY * 20)
        with Web(serve) as web:
            self.assertEqual(self.fetch("--post", "data", web.url).stdout, b"thanks")
            self.fetch("--post", "data", "-H", "content-type: text/x", web.url)
        self.assertEqual(received, [("application/octet-stream", BODY * 20),
                                    ("text/x", BODY * 20)])
        for name, why in (("none", "No such file"), (".", "Is a directory"),
                          ("/dev/null", "is not a regular file")):
            self.expect_failure(self.fetch("--post", name, "http://127.0.0.1:1/"), why)

    def test_a_compressed_body_is_decompressed_and_bounded(self):
        bomb = gzip.compress(bytes(30_000_000))
        twice = gzip.compress(bomb)

        def serve(request, _):
            self.assertIn("gzip", request.headers["Accept-Encoding"])
            if request.path == "/bomb":
                return request.send(twice, 200, [("Content-Encoding", "gzip, gzip")])
            return request.send(gzip.compress(BODY), 200, [("Content-Encoding", "gzip")])
        with Web(serve) as web:
            self.assertEqual(self.fetch("--compressed", web.url).stdout, BODY)
            result = self.fetch("--compressed", "-o", "file", f"{web.url}/bomb")
            self.expect_failure(result, "grows to more than 1000 times its size")
            result = self.fetch("--compressed", "--max-size", "1000", "-o", "file", web.url)
            self.expect_failure(result, "larger than 1000 bytes")
        self.assertEqual(self.files(), [])


class Lists(Scratch):
    def test_urls_of_files_and_of_the_standard_input(self):
        with Web(lambda request, _: request.send(request.path.encode())) as web:
            (self.directory / "list").write_text(
                f"# two\n{web.url}/a#part {web.url}/b # the end\n\n", encoding="utf-8")
            read, write = os.pipe()
            os.write(write, f"{web.url}/c".encode())
            os.close(write)
            with open(read, "rb") as typed:
                result = self.fetch("-i", "list", "-i", "-", f"{web.url}/d", stdin=typed)
        self.assertEqual((result.status, result.stdout), (0, b"/d/a/b/c"))

    def test_what_is_wrong_is_named_with_its_line(self):
        (self.directory / "list").write_text("http://h/\nmailto:x\n", encoding="utf-8")
        result = self.fetch("-i", "list")
        self.assertEqual(result.status, 2)
        self.assertIn('-i list: list:2: URL "mailto:x": scheme "mailto"', result.stderr)
        result = self.fetch("-i", "none")
        self.assertIn("none: No such file or directory", result.stderr)

    def test_no_more_of_one_host_than_allowed(self):
        def serve(request, _):
            # Both servers have as many as they may at once, and the time to get more.
            wait_until(lambda: web.most >= 2 and other.most >= 2)
            time.sleep(0.02)
            request.send(b"x")
        with Web(serve) as web, Web(serve) as other:
            urls = [f"{web.url}/{i}" for i in range(12)] + [f"{other.url}/{i}" for i in range(12)]
            result = self.fetch("--json", "--max-per-host", "2", "--parallel", "8", *urls)
            self.assertEqual((result.status, result.stdout.count(b"\n")), (0, 24))
            self.assertEqual((web.most, other.most), (2, 2))

    def test_the_rate_is_that_of_all_together(self):
        with Web(lambda request, _: request.send(BODY)) as web:
            begun = time.monotonic()
            result = self.fetch("--json", "--rate", "400000", *[f"{web.url}/{i}" for i in range(4)])
            took = time.monotonic() - begun
        self.assertEqual(result.status, 0)
        self.assertGreater(took, 0.7)  # 409,600 bytes, of which the last piece is not waited for

    def test_a_url_without_a_scheme_is_https(self):
        result = self.fetch("127.0.0.1:1/x")
        self.expect_failure(result, "https://127.0.0.1:1/x: ")


@needs_openssl
class Downgrade(Scratch):
    def test_a_redirect_from_https_to_http_needs_an_option(self):
        make_certificates(self.directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "server.pem", self.directory / "server.key")
        with Web(lambda request, _: request.send(b"plain")) as plain:
            def serve(request, _):
                request.send(b"", 302, [("Location", f"{plain.url}/x")])
            with Web(serve) as secure:
                secure.socket = context.wrap_socket(secure.socket, server_side=True)
                url = f"https://127.0.0.1:{secure.server_port}/"
                result = self.fetch("--cacert", "ca.pem", url)
                self.expect_failure(result, f'redirect from https to http, to "{plain.url}/x"',
                                    "--allow-downgrade")
                self.assertEqual(plain.requests, [])
                result = fetch("--cacert", "ca.pem", "--allow-downgrade", url, cwd=self.directory)
                self.assertEqual((result.status, result.stdout), (0, b"plain"))


if __name__ == "__main__":
    client.main()
