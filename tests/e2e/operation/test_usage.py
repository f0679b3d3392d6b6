#!/usr/bin/env python3
"""Bad usage: exit 2, nothing on the standard output, and a message that names the option, what was
read and what is allowed."""
import unittest

import daemon
from daemon import run

T = "tcp://127.0.0.1:0"
ALL = ("idle, max, per-source, connect-rate, connect-rate-per-source, ipv6-prefix, "
       "reuse-port, allow, deny, proxy, tls, cert, key, sni, ocsp, client-ca, client-cert, alpn "
       "and name")

# The arguments, and the parts that the one line of the message has.
ROWS = [
    (["-l", "echo=tcp://127.0.0.1:99999"],
     "-l echo=tcp://127.0.0.1:99999: port 99999 is not in 0-65535"),
    (["--listen=echo=tcp://127.0.0.1:99999"],
     "--listen echo=tcp://127.0.0.1:99999: port 99999 is not in 0-65535"),
    (["-l", "echo=tcp://127.0.0.1:-1"], "-l echo=tcp://127.0.0.1:-1: ", "-1", "0-65535"),
    (["-l", "echo=tcp://127.0.0.1:65536"], "port 65536 is not in 0-65535"),
    (["-l", "echo=tcp://127.0.0.1"], "-l echo=tcp://127.0.0.1: ", "port", "0-65535"),
    (["-l", "echo=tcp://local host:7"], "-l ", '"local host"', "a name, a.b.c.d, [IPv6] or *"),
    (["-l", "echo=ftp://127.0.0.1:80"], "-l ", '"ftp"', "tcp, udp or unix"),
    (["-l", "echo=http://127.0.0.1:80"], "-l ", "echo does not run over http",
     "tcp, tls, ws, wss, udp, unix and ws+unix"),
    (["-l", "metrics=tcp://127.0.0.1:80"], "-l ", "metrics does not run over tcp",
     "http, https and unix"),
    (["-l", "metrics=http://*:80"], "-l ", "metrics at http://*:80", "allow=NETWORKS"),
    (["-l", "echo=unix://"], "-l ", "path", "1-107"),
    (["-l", "echo=unix:///" + "x" * 107], "-l ", "108 bytes", "1-107"),
    (["-l", "echo"], "-l echo: ", "NAME=ENDPOINT[,KEY=VALUE]..."),
    (["-l", ""], "-l : ", "NAME=ENDPOINT[,KEY=VALUE]..."),
    (["-l", f"finger={T}"], '"finger"',
     "echo, discard, chargen, daytime, time, upper, greet, framed, chat, irc, relay, broadcast, "
     "metrics and web"),
    (["-l", "greet=udp://127.0.0.1:0,text=x"], "-l ", "greet", "udp", "tcp, tls and unix"),
    (["-l", f"greet={T}"], "-l ", "text"),
    (["-l", f"echo={T},text=x"], "-l ", '"text"', ALL),
    (["-l", f"echo={T},mode=0600"], "-l ", '"mode"', ALL),
    (["-l", "echo=udp://127.0.0.1:0,max=1"], "-l ", '"max"',
     "ipv6-prefix, answers, answers-per-source"),
    (["-l", "echo=unix:///tmp/x,per-source=1"], "-l ", '"per-source"',
     "idle, max, connect-rate, mode, allow-users, tls, cert, key, sni, ocsp, client-ca, "
     "client-cert, alpn and name"),
    (["-l", f"echo={T},max=1,max=1"], "-l ", "max", "twice", "once"),
    (["-l", f"echo={T},max=0"], "-l ", 'max 0 is not in 1-4294967295'),
    (["-l", f"echo={T},max=99999999999999999999"],
     'max 99999999999999999999 is not in 1-4294967295'),
    (["-l", f"echo={T},per-source=ten"], 'per-source "ten"', "1-4294967295"),
    (["-l", f"echo={T},connect-rate=10"], 'connect-rate "10"',
     "COUNT/SECONDS, such as 10/1, or off"),
    (["-l", f"echo={T},connect-rate-per-source=0/1"], "connect-rate-per-source's connections",
     "1-1000000"),
    (["-l", f"echo={T},ipv6-prefix=129"], "ipv6-prefix 129", "1-128"),
    (["-l", f"echo={T},idle=30"], 'idle "30"', "has no unit", "ms, s, m, h or d", "off"),
    (["-l", f"echo={T},reuse-port=1"], 'reuse-port "1"', "on or off"),
    (["-l", "echo=unix:///tmp/x,mode=888"], 'mode "888"', "octal", "0-0777"),
    (["-l", f"echo={T},"], "-l ", '""', "KEY=VALUE"),
    (["-l", f"greet={T},text=\\q"], "-l ", r'"\q"', r"\, \\ \n and \r"),
    (["-l"], "-l: ", "value is missing"),
    (["--listen"], "--listen: ", "value is missing"),
    (["--backend", "kqueue"], "--backend kqueue: ", "auto, epoll, poll", "select"),
    (["--backend", "io_uring"], "--backend io_uring: ", "rejected", "fork"),
    (["--backend"], "--backend", "value is missing"),
    (["--max-connections", "0"], "--max-connections 0: ", "1-4294967295"),
    (["--max-connections", "99999999999"], "--max-connections 99999999999: ", "1-4294967295"),
    (["--max-connections", "-1"], "--max-connections -1: ", "1-4294967295"),
    (["--max-connections", "1e3"], "--max-connections 1e3: ", "1-4294967295"),
    (["--idle-timeout", "30"], "--idle-timeout 30: ", "has no unit", "ms, s, m, h or d"),
    (["--idle-timeout", "1y"], "--idle-timeout 1y: ", '"y"', "ms, s, m, h or d"),
    (["--idle-timeout", "21d"], "--idle-timeout 21d: ", "too long", "1ms-20d"),
    (["--drain-timeout", "366d"], "--drain-timeout 366d: ", "too long", "365d"),
    (["--drain-timeout", "off"], "--drain-timeout off: ", "ms, s, m, h or d"),
    (["--drain-timeout=-1s"], "--drain-timeout -1s: ", "ms, s, m, h or d"),
    (["--frobnicate"], "--frobnicate", "--listen", "--backend", "--drain-timeout"),
    (["-x"], "-x", "allowed: -l, -f, -n, -v, -u and the long ones"),
    (["--help=yes"], "--help=yes", "takes no value"),
    (["echo"], '"echo"', "not an option"),
    (["-l", f"echo={T}", "extra"], '"extra"', "not an option"),
    (["--"] + ["x"], '"x"', "not an option"),
    (["-l", "echo=\x1b[31mred\n"], r"\x1b[31mred\x0a"),
]


class Usage(unittest.TestCase):
    def test_each_mistake_is_named(self):
        for arguments, *parts in ROWS:
            with self.subTest(arguments):
                result = run(*arguments)
                message = result.stderr.decode()
                self.assertEqual(result.returncode, 2, message)
                self.assertEqual(result.stdout, b"")
                lines = message.splitlines()
                self.assertEqual(len(lines), 2, message)
                self.assertTrue(lines[0].startswith("sluiced: "), message)
                self.assertTrue(message.isascii(), message)
                self.assertIn("--help", lines[1])
                for part in parts:
                    self.assertIn(part, lines[0])

    def test_a_mistake_in_the_last_service_starts_none(self):
        result = run("-l", f"echo={T}", "-l", "echo=tcp://127.0.0.1:99999")
        self.assertEqual((result.returncode, result.stdout), (2, b""))


if __name__ == "__main__":
    daemon.main()
