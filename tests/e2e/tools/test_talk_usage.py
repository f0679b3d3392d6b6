#!/usr/bin/env python3
"""sluice-talk's command line: each mistake is named, and the page sluice-talk(1) and --help have
the same options and framings."""
import re
import unittest

import talk as client
from talk import talk
from usage import Mistakes, OptionsOfThePage, section_of

T = "127.0.0.1:7"
U = "udp://127.0.0.1:7"
S = "tls://127.0.0.1:7"
W = "ws://127.0.0.1:7/"

# The arguments, and the parts that the one line of the message has.
ROWS = [
    ([], "ENDPOINT is missing", "tcp://", "udp://", "unix://"),
    ([T, U], '"udp://127.0.0.1:7"', "one ENDPOINT"),
    (["localhost", "80", "81"], '"81": only one ENDPOINT is allowed, or HOST PORT'),
    (["localhost:80", "80"], '"80": only one ENDPOINT is allowed, or HOST PORT'),
    (["localhost", "no-such-service"], '"no-such-service" is not a service', "1-65535"),
    (["localhost", "0"], "port 0 is not in 1-65535"),
    (["localhost", "99999"], "port 99999 is not in 1-65535"),
    (["localhost:no-such-service"], 'port "no-such-service" is neither a number in 1-65535 '),
    (["-6", T], "-6: ", "127.0.0.1:7", "no such address"),
    (["-4", "unix:///tmp/x"], "-4: ", "unix:///tmp/x"),
    (["-4", "-6", T], "-4 and -6 cannot be combined"),
    ([U, "--keep-open"], "--keep-open: not valid with udp://"),
    ([U, "--reconnect"], "--reconnect: not valid with udp://"),
    ([T, "--reconnect", "--send", "x"], "--reconnect and --send cannot be combined"),
    ([T, "--interval", "1s", "--framing", "none"], "--interval", "none"),
    ([T, "--interval", "soon"], "--interval soon: "),
    (["unix:/tmp/x"], '"unix:/tmp/x" has no // after "unix:"; allowed: ', "unix://"),
    (["127.0.0.1"], 'port is missing after "127.0.0.1"; allowed: 1-65535'),
    (["127.0.0.1:99999"], "port 99999 is not in 1-65535"),
    (["--listen", "127.0.0.1:99999"], "port 99999 is not in 0-65535"),
    (["127.0.0.1:0"], "port 0 is not in 1-65535"),
    (["http://127.0.0.1:7"], 'scheme "http" is not tcp, tls, udp, unix, ws or wss'),
    (["exa mple:7"], 'host "exa mple"', "a name, a.b.c.d or [IPv6]"),
    (["127.1:7"], 'host "127.1"', "a name, a.b.c.d or [IPv6]"),
    (["::1:7"], 'host "::1"', "a name, a.b.c.d or [IPv6]"),
    (["*:7"], "host *", "only with --listen"),
    (["udp://*:7"], "host *", "only with --listen"),
    (["unix://"], "path", "1-107"),
    ([T, "--framing", "decimal:99"], "--framing decimal:99: ", "decimal"),
    ([T, "--framing", "morse"], "--framing morse: ", "netstring", "none"),
    ([T, "--framing"], "--framing: the value is missing"),
    ([T, "--expect", "0"], '--expect 0: count 0 is not in', "1-4294967295"),
    ([T, "--expect", "1", "--framing", "none"], "--expect", "none"),
    ([T, "--timeout", "5"], "--timeout 5: ", "has no unit", "ms, s, m, h or d"),
    ([T, "--wait", "soon"], "--wait soon: ", "ms, s, m, h or d"),
    ([T, "--broadcast"], "--broadcast", "only with udp://"),
    ([T, "--join", "239.1.1.1"], "--join", "only with udp://"),
    ([U, "--join", "127.0.0.1"], '--join 127.0.0.1: group "127.0.0.1"', "224.0.0.0-"),
    ([U, "--join", "239.1.1.1%"], "--join 239.1.1.1%: ", "%INTERFACE"),
    ([U, "--listen", "--bind", "*:7"], "--bind", "--listen"),
    ([U, "--listen", "--broadcast"], "--broadcast", "--listen"),
    ([T, "--bind", "udp://*:7"], "--bind udp://*:7: ", "tcp://HOST:PORT"),
    ([T, "--bind", "localhost:7"], "--bind localhost:7: ", '"localhost"'),
    (["unix:///tmp/x", "--bind", "*:7"], "--bind *:7: ", "tcp and udp"),
    ([T, "--receive-only", "--send", "x"], "--send", "--receive-only"),
    ([T, "--send", "a\nb"], "--send a\\x0ab: ", "line", "byte 1"),
    ([T, "--framing", "fixed:3", "--send", "four"], "--send four: ", "fixed:3", "4", "3"),
    ([U, "--send", "x" * 65508], "--send xxx", "65508 bytes", "65507"),
    (["ws://127.0.0.1:99999"], "port 99999 is not in 1-65535"),
    (["ws://127.0.0.1:0/"], "port 0 is not in 1-65535"),
    (["ws:///path"], "is not"),
    (["ws://127.0.0.1:7/a b"], 'path "/a b" has a character that is not visible ASCII', "%XX"),
    (["ws://127.0.0.1:7/a#b"], 'path "/a#b" has a fragment'),
    (["ws://127.0.0.1:7/" + "a" * 2048], "the path has 2049 bytes; allowed: at most 2048"),
    ([W, "--framing", "line"], "--framing: not valid with ws:// and wss://"),
    ([W, "--crlf"], "--crlf: not valid with ws:// and wss://"),
    ([W, "--ca", "x"], "--ca: valid only with tls://, wss:// and --starttls"),
    ([W, "--subprotocol", "a b"], "--subprotocol a b: name", "allowed: letters, digits and !#"),
    ([W, "--subprotocol", "a" * 256], "length 256 is not in 1-255"),
    ([W, "--send", b"\xff"], "a text message of WebSocket is UTF-8, and this is not"),
    ([T, "--deflate"], "--deflate: valid only with ws:// and wss://"),
    ([T, "--subprotocol", "a"], "--subprotocol: valid only with ws:// and wss://"),
    ([T, "--ca", "x"], "--ca: valid only with tls://"),
    ([T, "--starttls", "ftp"], '--starttls ftp: protocol "ftp" is not smtp, imap, pop3 or xmpp'),
    ([S, "--starttls", "smtp"], "--starttls: valid only with tcp://"),
    ([W, "--starttls", "smtp"], "--starttls: valid only with tcp://"),
    (["unix:///tmp/x", "--starttls", "smtp"], "--starttls: valid only with tcp://"),
    ([U, "--insecure-no-verify"], "--insecure-no-verify: valid only with tls://"),
    (["tls://127.0.0.1:99999"], "port 99999 is not in 1-65535"),
    ([U, "--proxy-protocol"], "--proxy-protocol: not valid with udp://"),
    ([T, "--proxy-protocol=v3"], '--proxy-protocol v3: version "v3" is not v1 or v2'),
    ([T, "--crlf", "--framing", "u8"], "--crlf", "line"),
    ([T, "--hex", "--json"], "--hex and --json cannot be combined"),
    ([T, "--backend", "kqueue"], "--backend kqueue: ", "epoll"),
    ([T, "--frobnicate"], "--frobnicate: unknown option", "--framing", "--version"),
    ([T, "-x"], "-x: unknown option"),
    ([T, "--hex=yes"], "--hex=yes: this option takes no value"),
]

TLS_ROWS = [
    (["tls://127.0.0.1:0"], "port 0 is not in 1-65535"),
    ([S, "--ca", "x", "--insecure-no-verify"], "cannot be combined"),
    ([S, "--key", "x"], "--key: valid only with --cert"),
    ([S, "--sni", ""], "--sni : length 0 is not in 1-253"),
    ([S, "--alpn", "x" * 256], "length 256 is not in 1-255"),
    ([S, "--join", "239.1.1.1"], "--join", "only with udp://"),
]


class Usage(Mistakes, unittest.TestCase):
    program = "sluice-talk"
    run_program = staticmethod(talk)

    @classmethod
    def setUpClass(cls):
        without = "TLS is not in this build"
        has_tls = without not in talk(S, "--join", "239.1.1.1").stderr
        cls.rows = ROWS + (TLS_ROWS if has_tls else [
            ([S], f"{S}: {without}"), (["wss://127.0.0.1:7/"], without),
            ([T, "--starttls", "smtp"], without)])


class Page(OptionsOfThePage, unittest.TestCase):
    program = "sluice-talk"
    run_program = staticmethod(talk)

    def test_options_of_the_synopsis(self):
        # -4, -6, -l, -k and -v stand for their long names too.
        options = set(self.options_of_the_synopsis()) - {"46lkv"}
        options |= {"4", "6", "l", "k", "v", "-ipv4", "-ipv6", "-verbose"}
        self.assertEqual(options, set(self.shown))

    def test_the_messages_under_diagnostics_are_its_own(self):
        shown = self.diagnostics().splitlines()
        self.assertIn(talk("tcp://127.0.0.1:1").stderr.strip(), shown)
        self.assertIn(talk("--expect", "0", T).stderr.splitlines()[0], shown)

    def test_the_names_of_json_are_the_page_s(self):
        output = section_of(self.page, r"\.Sh OUTPUT")
        self.assertEqual(re.findall(r"^\.It Cm (\w+)$", output, re.MULTILINE),
                         ["from", "time", "size", "text", "base64"])

    def test_each_framing_of_help_is_read(self):
        rows = re.findall(r"^  (\S+) ", section_of(self.help, "Framings:"), re.MULTILINE)
        self.assertIn("none", rows)
        for form in rows:
            name = form.replace(":N", ":3").replace(":HEX", ":0d0a")
            result = talk("tcp://127.0.0.1:1", "--framing", name)
            self.assertEqual(result.status, 1, f"{name}: {result.stderr}")


if __name__ == "__main__":
    client.main()
