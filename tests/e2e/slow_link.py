"""A link that is slow in both directions, in front of a server: a proxy, because not every kernel
has netem."""
import contextlib
import queue
import socket
import threading
import time

PIECE = 16 * 1024


class SlowLink:
    """Use it with `with`. Every piece of bytes arrives `delay` seconds late, in its order, and at
    most `rate` bytes in a second; both may change at any time."""

    def __init__(self, host, server):
        self.server = server
        self.delay = 0.0
        self.rate = None
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client):
        try:
            server = socket.create_connection(self.server)
        except OSError:
            return client.close()
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            under_way = queue.Queue()
            threading.Thread(target=self._take, args=(one, under_way), daemon=True).start()
            threading.Thread(target=self._give, args=(other, under_way), daemon=True).start()

    def _take(self, source, under_way):
        data = b"begin"
        while data:
            try:
                data = source.recv(PIECE)
            except OSError:
                data = b""
            under_way.put((time.monotonic() + self.delay, data))

    def _give(self, sink, under_way):
        """The end of one direction is that of both."""
        with contextlib.suppress(OSError):
            while True:
                due, data = under_way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    break
                if self.rate:
                    time.sleep(len(data) / self.rate)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
