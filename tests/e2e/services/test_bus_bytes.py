"""One relay, and one broadcast service, on several daemons."""
import hashlib
import random
import socket
import threading

import daemon
from daemon import PATIENCE, Daemon, connect, receive_exactly, wait_until
from one_house import InOneHouse

RELAY = ("-l", "relay=tcp://127.0.0.1:0,house=pipe")
ALL = "127.255.255.255"  # loopback's directed broadcast address stands for a network's


class Relays(InOneHouse):
    house = "relay:pipe"

    def relays(self, redis, count):
        return [self.daemon("--bus", redis.url, *RELAY) for _ in range(count)]

    def peer(self, where):
        return self.stack.enter_context(connect(where.endpoint))

    def meet(self, *peers):
        """Until each receives what each of the others sends: they may not have joined yet."""
        for number, author in enumerate(peers):
            for reader in peers:
                if reader is author:
                    continue
                reader.settimeout(0.2)
                mark = b"<%d>" % number
                heard = b""

                def met():
                    nonlocal heard
                    author.sendall(mark)
                    try:
                        heard += reader.recv(65536)
                    except TimeoutError:
                        pass
                    return mark in heard

                self.assertTrue(wait_until(met))
        for number, author in enumerate(peers):
            author.sendall(b"<all %d>" % number)
        for number, reader in enumerate(peers):
            reader.settimeout(PATIENCE)
            heard = b""
            while not all(b"<all %d>" % n in heard for n in range(len(peers)) if n != number):
                heard += reader.recv(65536)

    def test_carries_megabytes_of_any_bytes_in_one_order(self):
        peers = [self.peer(one) for one in self.relays(self.redis(), 3)]
        self.meet(*peers)
        size = 1_500_000
        data = [random.Random(seed).randbytes(size) for seed in range(2)]
        received = {}

        def receive(number, count):
            received[number] = receive_exactly(peers[number], count)

        threads = [threading.Thread(target=receive, args=pair)
                   for pair in ((0, size), (1, size), (2, 2 * size))]
        threads += [threading.Thread(target=peers[n].sendall, args=(data[n],)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(3 * PATIENCE)
        self.assertEqual(hashlib.sha256(received[0]).digest(), hashlib.sha256(data[1]).digest())
        self.assertEqual(hashlib.sha256(received[1]).digest(), hashlib.sha256(data[0]).digest())
        self.assertEqual(sorted(received[2]), sorted(data[0] + data[1]))

    def test_a_killed_server_parts_the_relays_and_its_return_joins_them(self):
        redis = self.redis(durable=True)
        first, second = self.relays(redis, 2)
        ann, cat, bob = self.peer(first), self.peer(first), self.peer(second)
        self.meet(ann, cat, bob)
        redis.kill()
        ann.sendall(b"meanwhile\0")
        self.assertEqual(receive_exactly(cat, 10), b"meanwhile\0")
        first.wait_for_log(r"warning bus: house relay:pipe: redis://\S+: .*Connection refused")
        redis.start()
        self.assertEqual(receive_exactly(bob, 10), b"meanwhile\0")
        ann.sendall(b"on")
        self.assertEqual(receive_exactly(bob, 2), b"on")  # nothing twice
        self.assertEqual(receive_exactly(cat, 2), b"on")

    def test_what_is_above_the_bound_is_lost_and_the_log_says_how_much(self):
        redis = self.redis()
        first, second = self.relays(redis, 2)
        ann, cat, bob = self.peer(first), self.peer(first), self.peer(second)
        self.meet(ann, cat, bob)
        redis.kill()
        size = 12_000_000  # more than the 8 MiB that wait for the server
        data = random.Random(1).randbytes(size)
        sender = threading.Thread(target=ann.sendall, args=(data,))
        sender.start()
        self.assertEqual(receive_exactly(cat, size), data)
        sender.join()
        redis.start()
        second.wait_for_log("warning bus: house relay:pipe: .* messages of another house are "
                            "lost: [1-9]")
        ann.sendall(b"<the end>")
        heard = b""
        while not heard.endswith(b"<the end>"):
            heard += bob.recv(65536)
        self.assertTrue((data + b"<the end>").endswith(heard))
        self.assertGreater(len(heard), 4_000_000)

    def test_a_peer_that_does_not_read_is_aborted_and_the_others_lose_nothing(self):
        redis = self.redis()
        first = self.daemon("--bus", redis.url, *RELAY)
        second = self.daemon("--bus", redis.url, "-l", RELAY[1] + ",patience=1h")
        ann, bob, dan = self.peer(first), self.peer(second), self.peer(second)
        self.meet(ann, bob, dan)
        data = random.Random(2).randbytes(32_000_000)  # twice what may wait, and Dan's buffers
        sender = threading.Thread(target=ann.sendall, args=(data,))
        sender.start()
        received = receive_exactly(bob, len(data))
        sender.join()
        self.assertEqual(hashlib.sha256(received).digest(), hashlib.sha256(data).digest())
        with self.assertRaises(ConnectionResetError):
            receive_exactly(dan, len(data))

    def test_services_of_one_house_in_a_daemon_are_one_relay_without_a_bus(self):
        with Daemon(*RELAY, *RELAY, "-l", "relay=tcp://127.0.0.1:0,house=other") as sluiced:
            one, two, other = map(connect, sluiced.endpoints("relay"))
            with one, two, other:
                self.meet(one, two)
                one.sendall(b"x")
                self.assertEqual(receive_exactly(two, 1), b"x")
                other.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    other.recv(1)


class Broadcasts(InOneHouse):
    house = "broadcast:site"

    def test_a_text_is_sent_by_every_daemon(self):
        redis = self.redis(durable=True)
        daemons = []
        ears = []
        for number in range(2):
            ear = self.stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            ear.settimeout(PATIENCE)
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            ear.bind((ALL, daemon.free_port()))
            ears.append(ear)
            port = ear.getsockname()[1]
            daemons.append(self.daemon(
                "--bus", redis.url, "-l", f"broadcast=udp://0.0.0.0:{port},interface=lo,"
                f"house=site,control={self.directory}/{number},reuse-port=on"))
        with connect(f"unix://{self.directory}/0") as control:
            control.sendall(b"fire\n")
            self.assertEqual(receive_exactly(control, 5), b"ok 1\n")
            self.assertEqual([ear.recv(2000) for ear in ears], [b"fire"] * 2)
            redis.kill()
            control.sendall(b"while it is away\n")
            self.assertEqual(ears[0].recv(2000), b"while it is away")
            redis.start()
            self.assertEqual(ears[1].recv(2000), b"while it is away")
            control.sendall(b"on\n")
            self.assertEqual([ear.recv(2000) for ear in ears], [b"on"] * 2)


if __name__ == "__main__":
    daemon.main()
