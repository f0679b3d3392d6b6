"""One chat on several daemons, while the server between them fails."""
import shutil
import signal

import daemon
from daemon import wait_until
from one_house import AWAY, BACK, OneHouse


class Faults(OneHouse):
    def two(self, redis, nicks=("ann", "bob")):
        daemons = self.daemons(redis, 2)
        members = [self.member(daemons[n % 2], nick) for n, nick in enumerate(nicks)]
        self.see_each_other(*members)
        return *daemons, *members

    def test_a_killed_server_parts_the_daemons_and_its_return_joins_them(self):
        redis = self.redis(durable=True)
        first, _, ann, bob, cat, dan = self.two(redis, ("ann", "bob", "cat", "dan"))
        redis.kill()
        ann.say("one")
        bob.say("two")
        for member in (ann, bob, cat, dan):
            member.is_told(AWAY)
        self.assertEqual((cat.line(), dan.line()), ("<ann> one", "<bob> two"))
        count = 1000
        meanwhile = [f"<ann> meanwhile {n}" for n in range(count)]
        ann.say(*(f"meanwhile {n}" for n in range(count)))
        self.assertEqual(cat.lines(count), meanwhile)
        first.wait_for_log(r"warning bus: house main: redis://\S+: .*Connection refused")
        redis.start()
        for member in (ann, bob, cat, dan):
            member.is_told(BACK)
        self.assertEqual(dan.lines(count + 1), ["<ann> one", *meanwhile])
        self.assertEqual(cat.line(), "<bob> two")
        ann.say("/nick eve")  # nothing else has come, and nothing twice
        self.assertEqual((cat.line(), dan.line()), ("* ann is now eve",) * 2)

    def test_a_server_that_comes_back_empty_loses_no_line(self):
        redis = self.redis()
        first, _, ann, bob = self.two(redis)
        redis.kill()
        for member in (ann, bob):
            member.is_told(AWAY)
        ann.say("while it was away")
        redis.start()
        for member in (ann, bob):
            member.is_told(BACK)
        self.assertEqual(bob.line(), "<ann> while it was away")
        first.wait_for_log("info bus: house main: .*: the server has come back empty")
        bob.say("on")
        self.assertEqual(ann.line(), "<bob> on")

    def test_a_server_that_is_emptied_while_it_runs_loses_no_later_line(self):
        redis = self.redis()
        *_, ann, bob = self.two(redis)
        redis.ask("FLUSHALL")
        for n in range(3):
            ann.say(f"after {n}")
            self.assertEqual(bob.line(), f"<ann> after {n}")

    def test_a_slow_server_holds_lines_for_a_second_at_most(self):
        redis = self.redis()
        *_, ann, bob, cat = self.two(redis, ("ann", "bob", "cat"))
        redis.process.send_signal(signal.SIGSTOP)
        ann.say("held")
        self.assertEqual(cat.line(), "<ann> held")
        for member in (ann, cat):
            member.is_told(AWAY)
        redis.process.send_signal(signal.SIGCONT)
        for member in (ann, cat):
            member.is_told(BACK)
        bob.lines_until("<ann> held")
        bob.say("on")
        self.assertEqual((ann.line(), cat.line()), ("<bob> on",) * 2)

    def test_what_had_arrived_is_still_delivered_in_a_drain(self):
        redis = self.redis()
        [one] = self.daemons(redis, 1)
        ann, bob = (self.member(one, nick) for nick in ("ann", "bob"))
        self.see_each_other(ann, bob)
        redis.process.send_signal(signal.SIGSTOP)  # it may answer too late
        one.signal(signal.SIGSTOP)
        ann.say(*(f"line {number}" for number in range(100)))
        one.signal(signal.SIGTERM)
        one.signal(signal.SIGCONT)
        lines = [line for line in bob.rest() if line.startswith("<")]
        self.assertEqual(lines, [f"<ann> line {number}" for number in range(100)])
        redis.process.send_signal(signal.SIGCONT)

    def test_a_full_server_is_named(self):
        redis = self.redis()
        first, _, ann, bob = self.two(redis)
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        ann.say("does this fit?")
        ann.is_told(AWAY)
        first.wait_for_log("warning bus: house main: .* was refused: OOM ")
        redis.ask("CONFIG", "SET", "maxmemory", "0")
        bob.lines_until("<ann> does this fit?")
        ann.is_told(BACK)

    def test_a_server_that_cannot_save_is_named(self):
        redis = self.redis(folder=self.directory / "gone")
        first, _, ann, bob = self.two(redis)
        shutil.rmtree(self.directory / "gone")
        redis.ask("CONFIG", "SET", "save", '"3600 1"')
        redis.ask("BGSAVE")
        self.assertTrue(wait_until(lambda: redis.ask("SET", "x", "y").startswith("-MISCONF")))
        ann.say("is this kept?")
        ann.is_told(AWAY)
        first.wait_for_log("warning bus: house main: .* was refused: MISCONF ")
        redis.ask("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        bob.lines_until("<ann> is this kept?")
        ann.is_told(BACK)

    def test_the_members_of_a_killed_daemon_are_gone_when_its_lease_is(self):
        redis = self.redis()
        _, second, ann, bob = self.two(redis)
        leases = redis.keys("sluice:*:lease:*")
        self.assertEqual(len(leases), 2)
        second.process.kill()
        second.process.wait()
        bob.socket.close()
        # That of the second would run out in ten seconds. The first renews its own.
        for lease in leases:
            redis.ask("DEL", lease)
        self.assertEqual(ann.line(), "* bob left (its machine is gone)")


if __name__ == "__main__":
    daemon.main()
