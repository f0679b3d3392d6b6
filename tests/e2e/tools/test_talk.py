#!/usr/bin/env python3
"""sluice-talk over streams, against servers that nobody here wrote, and against sluiced: what it
sends, holds and prints."""
import base64
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import talk as client
from daemon import Daemon, free_port
from talk import Server, keeping, needs, running, saying, start, talk


class Streams(unittest.TestCase):
    def test_lines_go_and_come_and_the_end_is_a_half_close(self):
        received = []
        with Server(keeping(received, b"thanks\r\nall of it")) as server:
            result = talk(server.endpoint, typed=b"one\ntwo\nlast")
        self.assertEqual(b"".join(received), b"one\ntwo\nlast\n")
        self.assertEqual(result.stdout, b"thanks\nall of it\n")
        self.assertEqual((result.status, result.stderr), (0, ""))

    def test_without_a_scheme_it_is_tcp_and_names_are_looked_up(self):
        with Server(saying(b"hi\n")) as server:
            self.assertEqual(talk(f"localhost:{server.port}").stdout, b"hi\n")

    def test_ipv6(self):
        with Server(saying(b"six\n"), socket.AF_INET6) as server:
            self.assertEqual(talk(f"tcp://[::1]:{server.port}").stdout, b"six\n")

    def test_host_and_port_may_be_two_words(self):
        with Server(saying(b"hi\n")) as server:
            self.assertEqual(talk("localhost", str(server.port)).stdout, b"hi\n")
        with Server(saying(b"six\n"), socket.AF_INET6) as server:
            self.assertEqual(talk("::1", str(server.port)).stdout, b"six\n")

    def test_one_family_of_a_name(self):
        with Server(saying(b"four\n")) as server:
            self.assertEqual(talk("-4", f"localhost:{server.port}").stdout, b"four\n")
            result = talk("-6", f"localhost:{server.port}")
            self.assertEqual((result.status, result.stdout), (1, b""))

    def test_keep_open_sends_no_end(self):
        ends = []

        def answer(peer):
            received = peer.recv(100)
            peer.settimeout(0.2)
            try:
                ends.append(peer.recv(100))
            except TimeoutError:
                ends.append(None)
            peer.sendall(received.upper())
        with Server(answer) as server:
            result = talk(server.endpoint, "--keep-open", typed=b"hello\n")
        self.assertEqual((result.status, result.stdout, ends), (0, b"HELLO\n", [None]))

    def test_an_interval_passes_between_messages(self):
        for arguments, typed in ((("--send", "a", "--send", "b", "--send", "c"), b""),
                                 ((), b"a\nb\nc\n")):
            received = []
            with Server(keeping(received)) as server:
                began = time.monotonic()
                result = talk(server.endpoint, "--interval", "300ms", *arguments, typed=typed)
            # Both intervals: when the server reads the messages depends on when it is scheduled.
            self.assertGreater(time.monotonic() - began, 0.59)
            self.assertEqual((result.status, b"".join(received)), (0, b"a\nb\nc\n"))

    def test_reconnect_goes_on_with_the_input(self):
        port = free_port()
        process = start("--reconnect", f"127.0.0.1:{port}")  # nobody listens yet
        with process:
            self.assertIn(b"Connection refused; trying again in ", process.stderr.readline())
            with socket.create_server(("127.0.0.1", port)) as server:
                server.settimeout(client.PATIENCE)
                first, _ = server.accept()
                with first:
                    process.stdin.write(b"one\n")
                    process.stdin.flush()
                    self.assertEqual(first.recv(100), b"one\n")
                line = process.stderr.readline()
                while b"refused" in line:
                    line = process.stderr.readline()
                self.assertIn(b"the peer closed the connection; trying again in ", line)
                second, _ = server.accept()
                with second:
                    process.stdin.write(b"two\n")
                    process.stdin.close()
                    self.assertEqual(second.recv(100), b"two\n")
                    self.assertEqual(second.recv(100), b"")
                    second.sendall(b"bye\n")
                self.assertEqual(process.stdout.read(), b"bye\n")
            self.assertEqual(process.wait(client.PATIENCE), 0)

    def test_reconnect_waits_longer_for_a_peer_that_closes_at_once(self):
        delays = []
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(client.PATIENCE)
            process = start("--reconnect", f"127.0.0.1:{server.getsockname()[1]}")
            with process:
                while len(delays) < 20 and (not delays or delays[-1] <= 300):
                    peer, _ = server.accept()
                    with peer:
                        peer.sendall(b"421 too many connections\n")
                    line = process.stderr.readline()
                    delays.append(int(line.split(b"trying again in ")[1].split()[0]))
                process.kill()
        # The first delays of a new series are 100 to 300 ms, so 20 of those mean that each
        # connection began the series anew. By chance this happens once in 100,000 runs or less.
        self.assertGreater(delays[-1], 300, delays)

    def test_unix_names_the_path_as_the_sender(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/s"
            with Server(saying(b"hi\n"), socket.AF_UNIX, path):
                result = talk(f"unix://{path}", "--json")
        self.assertEqual(json.loads(result.stdout)["from"], path)

    def test_crlf(self):
        received = []
        with Server(keeping(received)) as server:
            self.assertEqual(talk(server.endpoint, "--crlf", typed=b"GET /\n\n").status, 0)
        self.assertEqual(b"".join(received), b"GET /\r\n\r\n")

    def test_framings_go_both_ways(self):
        for framing, wire in [("decimal:3", b"005hello000"), ("u16be", b"\0\5hello\0\0"),
                              ("netstring", b"5:hello,0:,"), ("varint", b"\5hello\0")]:
            with self.subTest(framing):
                received = []
                with Server(keeping(received, wire)) as server:
                    result = talk(server.endpoint, "--framing", framing, typed=b"hello\n\n")
                self.assertEqual(b"".join(received), wire)
                self.assertEqual((result.stdout, result.status), (b"hello\n\n", 0))

    def test_framing_none_changes_no_byte(self):
        data = bytes(range(256)) * 300
        received = []
        with Server(keeping(received, data)) as server:
            result = talk(server.endpoint, "--framing", "none", typed=data)
        self.assertEqual(b"".join(received), data)
        self.assertEqual(result.stdout, data)

    def test_send_reads_no_standard_input(self):
        received = []
        with Server(keeping(received)) as server:
            talk(server.endpoint, "--send", "a", "--send", "--send=b", "--send", "c,d",
                 typed=b"not this\n")
        self.assertEqual(b"".join(received), b"a\n--send=b\nc,d\n")

    def test_receive_only_sends_nothing_not_even_an_end(self):
        ended = []

        def serve(connection):
            connection.sendall(b"news\n")
            connection.settimeout(0.3)
            try:
                ended.append(connection.recv(1))
            except TimeoutError:
                ended.append("nothing")
        with Server(serve) as server:
            self.assertEqual(talk(server.endpoint, "--receive-only", typed=b"x\n").stdout, b"news\n")
        self.assertEqual(ended, ["nothing"])

    def test_a_peer_that_ends_first_still_gets_a_whole_pipe(self):
        received = []

        def serve(connection):
            connection.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
            while data := connection.recv(65536):
                received.append(data)
        typed = b"a line\n" * 200_000
        with Server(serve) as server:
            self.assertEqual(talk(server.endpoint, typed=typed).status, 0)
        self.assertEqual(b"".join(received), typed)

    def test_bind_chooses_the_local_address(self):
        with Server(saying(b"")) as server:
            port = free_port()
            result = talk(server.endpoint, "-v", "--bind", f"127.0.0.1:{port}")
        self.assertIn(f"from 127.0.0.1:{port}", result.stderr)

    @needs("socat")
    def test_ten_megabytes_through_socat_come_back_whole(self):
        self.echoed_whole("none", os.urandom(10_000_000), self.socat_endpoint)

    def test_ten_megabytes_of_lines_through_sluiced_come_back_whole(self):
        lines = b"".join(b"%d %s\n" % (i, b"x" * (i % 199)) for i in range(95_000))
        with tempfile.TemporaryDirectory() as directory:
            with Daemon("-l", "echo=tcp://127.0.0.1:0", "-l", "echo=tcp://[::1]:0",
                        "-l", f"echo=unix://{directory}/s") as sluiced:
                for _, endpoint in sluiced.listening:
                    with self.subTest(endpoint):
                        result = talk(endpoint, typed=lines, patience=3 * client.PATIENCE)
                        self.assertTrue(result.stdout == lines, result.stderr)
                        self.assertEqual(result.status, 0)

    def test_two_ends_that_both_wait_do_not_wait_for_each_other_for_ever(self):
        lines = b"%099d\n" % 7 * 100_000
        with tempfile.TemporaryDirectory() as directory:
            with Daemon("-l", f"echo=unix://{directory}/s") as sluiced:
                process = start(sluiced.endpoint)
                writer = threading.Thread(target=lambda: (process.stdin.write(lines),
                                                          process.stdin.close()), daemon=True)
                writer.start()
                time.sleep(1)  # until every queue on the way is full
                out = process.stdout.read()
                writer.join(client.PATIENCE)
                self.assertEqual(process.wait(client.PATIENCE), 0)
                process.stdout.close()
                process.stderr.close()
        self.assertTrue(out == lines, len(out))

    def socat_endpoint(self, port):
        return running(port, "socat", f"TCP-LISTEN:{port},reuseaddr,bind=127.0.0.1", "EXEC:cat")

    def echoed_whole(self, framing, data, server):
        port = free_port()
        with server(port):
            result = talk(f"127.0.0.1:{port}", "--framing", framing, typed=data,
                          patience=3 * client.PATIENCE)
        self.assertTrue(result.stdout == data, f"{len(result.stdout)} {result.stderr}")
        self.assertEqual(result.status, 0)

    def test_crlf_that_arrives_is_printed_as_lf_and_a_last_line_gets_its_own(self):
        lines = b"".join(b"%d\r\n" % n if n % 3 else b"%d\n" % n for n in range(50000))
        with Server(saying(lines + b"\r\n\rrest")) as server:
            result = talk(server.endpoint, "-v")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual(result.stdout, lines.replace(b"\r\n", b"\n") + b"\n\rrest\n")
        self.assertIn("sent 0, received 50002\n", result.stderr)

    def test_a_line_that_cannot_be_sent_is_named_and_those_before_it_are_sent(self):
        received = []
        lines = b"good\n" * 30000
        with Server(keeping(received)) as server:
            result = talk(server.endpoint, typed=lines + b"bad\r\nmore\n")
        self.assertEqual(result.status, 1)
        self.assertIn("standard input, line 30001: framing line: ", result.stderr)
        self.assertEqual(b"".join(received), lines)

    def test_a_received_line_above_the_limit_is_an_error_at_its_place(self):
        with Server(saying(b"short\n" + b"x" * (16 * 1024 * 1024 + 2))) as server:
            result = talk(server.endpoint)
        self.assertEqual((result.status, result.stdout), (1, b"short\n"))
        self.assertIn(f"at byte {6 + 16 * 1024 * 1024} of the stream from the peer: framing line: ",
                      result.stderr)

    @needs("nc")
    def test_a_listening_nc_gets_what_is_typed(self):
        port = free_port()
        with tempfile.TemporaryFile() as got:
            with running(port, "nc", "-l", "-N", "127.0.0.1", str(port), stdout=got) as nc:
                self.assertEqual(talk(f"127.0.0.1:{port}", typed=b"for nc\n").status, 0)
                nc.wait(client.PATIENCE)
            got.seek(0)
            self.assertEqual(got.read(), b"for nc\n")


class Bounds(unittest.TestCase):
    def test_a_peer_that_does_not_read_stops_the_reading_of_the_input(self):
        def serve(connection):
            time.sleep(3)
        with Server(serve) as server:
            process = start(server.endpoint)
            os.set_blocking(process.stdin.fileno(), False)
            written, deadline = 0, time.monotonic() + 1.5
            block = b"x" * 99 + b"\n"
            while time.monotonic() < deadline:
                try:
                    written += os.write(process.stdin.fileno(), block * 600)
                except BlockingIOError:
                    time.sleep(0.01)
            memory = client.memory_of(process)
            process.kill()
            process.communicate()
        self.assertLess(written, 16_000_000)  # what socket buffers and its own take
        self.assertLess(memory, 32_000_000)

    def test_a_slow_reader_of_the_output_stops_the_reading_of_the_peer(self):
        sent = []

        def serve(connection):
            connection.settimeout(1)
            try:
                while sum(sent) < 200_000_000:
                    sent.append(connection.send(b"y" * 99 + b"\n"))
            except TimeoutError:
                pass
        with Server(serve) as server:
            process = start(server.endpoint, "--receive-only")
            time.sleep(1.5)
            memory = client.memory_of(process)
            process.send_signal(signal.SIGINT)  # also while the output is full
            self.assertEqual(process.wait(client.PATIENCE), -signal.SIGINT)
            process.communicate()
        self.assertLess(sum(sent), 30_000_000)
        self.assertLess(memory, 32_000_000)


class Printing(unittest.TestCase):
    def test_json_has_one_object_a_message(self):
        data = b'say "hi"\\ \xc3\xa9\t\x01\nnot \xff UTF-8\n\n'
        with Server(saying(data)) as server:
            result = talk(server.endpoint, "--json")
        rows = [json.loads(line) for line in result.lines]
        self.assertEqual([row["size"] for row in rows], [14, 11, 0])
        self.assertEqual(rows[0]["text"], 'say "hi"\\ é\t\x01')
        self.assertEqual(base64.b64decode(rows[1]["base64"]), b"not \xff UTF-8")
        self.assertEqual(rows[2]["text"], "")
        for row in rows:
            self.assertEqual(row["from"], f"127.0.0.1:{server.port}")
            self.assertRegex(row["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_hex(self):
        with Server(saying(b"0123456789abcdefgh\n\n")) as server:
            result = talk(server.endpoint, "--hex")
        self.assertEqual(result.lines, [
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
            "00000010  67 68                                             |gh|",
            "00000012",
            "00000000"])

    def test_a_pipe_gets_control_characters_as_they_are(self):
        with Server(saying(b"\x1b[2Jred\x07\n")) as server:
            self.assertEqual(talk(server.endpoint).stdout, b"\x1b[2Jred\x07\n")


if __name__ == "__main__":
    client.main()
