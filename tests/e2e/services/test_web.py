#!/usr/bin/env python3
"""The service web, and the chat over WebSocket: pages, who may see what, and one house for all."""
import http.client
import json
import re
import unittest

import daemon
from chat import Member
from daemon import Daemon
from websocket_client import CLOSE, TEXT, frame, open_socket, read_frame

WEB = "web=http://127.0.0.1:0"
STATUS = ("/status", "/status.json", "/metrics")


def get(endpoint, path, headers=None, method="GET"):
    client = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=daemon.PATIENCE)
    try:
        client.request(method, path, headers=headers or {})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        client.close()


class Browser:
    """What the page does: connects, remembers the last number, and connects again."""

    def __init__(self, endpoint, path="/chat", **query):
        self.last = ""
        self.open(endpoint, path, **query)

    def open(self, endpoint, path="/chat", **query):
        if self.last:
            query["after"] = self.last
        text = "&".join(f"{name}={value}" for name, value in query.items())
        self.socket = open_socket(endpoint, f"{path}?{text}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def event(self, kind=None):
        """The next one, or the next one of that type."""
        while True:
            opcode, payload = read_frame(self.socket)
            assert opcode == TEXT, (opcode, payload)
            event = json.loads(payload)
            self.last = event.get("id", self.last)
            if kind in (None, event["type"]):
                return event

    def say(self, line):
        self.socket.sendall(frame(TEXT, line.encode()))


class Pages(unittest.TestCase):
    def test_serves_the_page_and_what_it_needs_and_nothing_else(self):
        with Daemon("-l", WEB) as sluiced:
            self.assertRegex(sluiced.endpoint, r"^http://127\.0\.0\.1:[1-9]\d*$")
            status, headers, page = get(sluiced.endpoint, "/")
            self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            self.assertNotIn("unsafe", headers["Content-Security-Policy"])
            names = re.findall(r'(?:src|href)="([^"]+)"', page)
            self.assertEqual(sorted(names), ["chat.js", "style.css"])
            for path in ["/" + name for name in names] + ["/status.js"]:
                self.assertEqual(get(sluiced.endpoint, path)[0], 200)
            self.assertEqual(get(sluiced.endpoint, "/healthz")[2], "ok\n")
            self.assertEqual(get(sluiced.endpoint, "/chat")[0], 426)
            self.assertEqual(get(sluiced.endpoint, "/../etc/passwd")[0], 404)
            status, headers, body = get(sluiced.endpoint, "/", method="HEAD")
            self.assertEqual((status, int(headers["Content-Length"]), body),
                             (200, len(page.encode()), ""))

    def test_the_state_is_for_this_host(self):
        with Daemon("-l", WEB) as sluiced:
            for path in STATUS:
                self.assertEqual(get(sluiced.endpoint, path)[0], 200)
                for headers in ({"Host": "evil.example"}, {"X-Forwarded-For": "192.0.2.1"},
                                {"Forwarded": "for=192.0.2.1"}):
                    self.assertEqual(get(sluiced.endpoint, path, headers)[0], 403)
                self.assertEqual(get(sluiced.endpoint, path, {"Host": "localhost:80"})[0], 200)
            state = json.loads(get(sluiced.endpoint, "/status.json")[2])
            self.assertEqual([row["name"] for row in state["services"]], ["web"])
            self.assertEqual(state["services"][0]["endpoint"], sluiced.endpoint)
            self.assertGreater(state["loop"]["turns"], 0)

    def test_the_key_status_says_who_may_see_it(self):
        with Daemon("-l", WEB + ",status=192.0.2.0/24") as sluiced:
            for path in STATUS:
                self.assertEqual(get(sluiced.endpoint, path)[0], 403)
            self.assertEqual(get(sluiced.endpoint, "/")[0], 200)
        with Daemon("-l", WEB + ",status=127.0.0.0/8") as sluiced:
            self.assertEqual(get(sluiced.endpoint, "/status", {"Host": "a.example"})[0], 200)


class OneHouse(unittest.TestCase):
    def test_all_doors_lead_to_it(self):
        with Daemon("-l", WEB, "-l", "chat=ws://127.0.0.1:0", "-l",
                    "chat=tcp://127.0.0.1:0") as sluiced:
            messages, plain = sluiced.endpoints("chat")
            with Browser(sluiced.endpoints("web")[0], nick="ann") as ann, \
                    Browser(messages, "/", nick="bob") as bob, Member(plain) as nc:
                self.assertEqual(ann.event()["nick"], "ann")
                self.assertEqual(bob.event("welcome")["members"][:2], ["bob", "ann"])
                self.assertIn("* here: ann, bob", nc.welcome)
                nc.say("hello from nc")
                for reader in (ann, bob):
                    said = reader.event("said")
                    self.assertEqual((said["author"], said["text"]), ("guest1", "hello from nc"))
                ann.say("hello from a page")
                nc.lines_until("<ann> hello from a page")
                self.assertEqual(bob.event("said")["text"], "hello from a page")
                self.assertEqual(ann.event("said")["author"], "ann")

    def test_a_browser_that_comes_back_misses_nothing_and_reads_nothing_twice(self):
        with Daemon("-l", WEB, "-l", "chat=tcp://127.0.0.1:0") as sluiced:
            web = sluiced.endpoints("web")[0]
            with Member(sluiced.endpoints("chat")[0]) as nc:
                with Browser(web, nick="ann") as ann:
                    ann.event("welcome")
                    nc.lines_until("* ann joined")
                    nc.say("one")
                    self.assertEqual(ann.event("said")["text"], "one")
                nc.lines_until("* ann left")
                # The house has them when it has answered what follows.
                nc.say("two", "three", "/nick nc")
                nc.lines_until("* guest1 is now nc")
                ann.open(web, nick="ann")
                with ann:
                    self.assertTrue(ann.event("welcome")["resumed"])
                    self.assertEqual([ann.event("said")["text"] for _ in range(2)],
                                     ["two", "three"])
                    nc.lines_until("* ann joined")
                    nc.say("four")
                    self.assertEqual(ann.event("said")["text"], "four")

    def test_a_restart_is_noticed(self):
        with Daemon("-l", WEB) as sluiced, Browser(sluiced.endpoint, nick="ann") as ann:
            ann.event("welcome")
            ann.say("before")
            ann.event("said")
            sluiced.stop()
            self.assertEqual(read_frame(ann.socket)[0], CLOSE)
        with Daemon("-l", WEB) as sluiced:
            ann.open(sluiced.endpoint, nick="ann")
            with ann:
                self.assertFalse(ann.event("welcome")["resumed"])
                ann.say("after")
                self.assertEqual(ann.event("said")["text"], "after")

    def test_a_page_of_another_site_cannot_join(self):
        with Daemon("-l", WEB) as sluiced:
            at = sluiced.endpoint
            open_socket(at, "/chat", "Origin: http://127.0.0.1").close()
            with self.assertRaisesRegex(AssertionError, "HTTP/1.1 403 "):
                open_socket(at, "/chat", "Origin: http://evil.example")
            with self.assertRaisesRegex(AssertionError, "HTTP/1.1 404 "):
                open_socket(at, "/elsewhere")


if __name__ == "__main__":
    daemon.main()
