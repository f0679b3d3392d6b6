"""The peers of the programs in tools.py: a greeter, an echo, a SOCKS5 proxy in front of one, a web
server and a name server, in a separate process in which no call fails."""
import contextlib
import multiprocessing
import selectors
import socket
import ssl
import struct
import threading

HOST = "127.83.76.4"  # whoever scans this host's ports scans 127.0.0.1
GREETING = b"220 hello\r\n"
PAGE = bytes(range(256)) * 300
NAMES = {"one.test": ["192.0.2.1"], "many.test": [f"198.51.100.{i}" for i in range(1, 61)]}
MOST_IN_A_DATAGRAM = 512
TLS_PATIENCE = 10  # seconds for a client that a fault has made silent
A, PTR = 1, 12


def name_in(question):
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels), struct.unpack_from("!H", question, at + 1)[0], at + 5


def answer_to(question, most):
    """RFC 1035: the addresses of a name; of any address the name "one.test"."""
    name, kind, end = name_in(question)
    records = []
    if kind == A:
        records = [socket.inet_aton(address) for address in NAMES.get(name, ())]
    elif kind == PTR:
        # As /etc/hosts has it: where that cannot be read, c-ares asks here.
        host = b"\x09localhost\x00" if name.startswith("1.0.0.127.") else b"\x03one\x04test\x00"
        records = [host]
    flags = 0x8180 if name in NAMES or kind == PTR else 0x8183  # "there is no such name"
    body = b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(data)) + data
                    for data in records)
    if end + len(body) > most:
        flags, records, body = flags | 0x0200, [], b""  # more over TCP
    counts = struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    return question[:2] + counts + question[12:end] + body


class Tunnel:
    """SOCKS5 with an account, to an echo (RFC 1928 and 1929)."""

    def __init__(self):
        self.pending = b""
        self.units = [(self.hello_size, b"\x05\x02"), (self.account_size, b"\x01\x00"),
                      (lambda _: 10, b"\x05\x00\x00\x01" + bytes(6))]

    @staticmethod
    def hello_size(data):
        return 2 + data[1]

    @staticmethod
    def account_size(data):
        user = 2 + data[1]
        return user + 1 + data[user]

    def hear(self, client, data):
        self.pending += data
        with contextlib.suppress(IndexError):  # not all of it is there yet
            while self.units and len(self.pending) >= (size := self.units[0][0](self.pending)):
                client.sendall(self.units.pop(0)[1])
                self.pending = self.pending[size:]
        if not self.units:
            client.sendall(self.pending)
            self.pending = b""


class OtherSide:
    """Use it with `with`."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.greeters = [self.listens(self.greets) for _ in range(3)]
        self.echo = self.listens(lambda client: self.reads(client, self.repeats))
        self.proxy = self.listens(lambda client: self.reads(client, Tunnel().hear))
        self.web = self.listens(lambda client: self.reads(client, self.serves_a_page))
        self.names = self.listens(lambda client: self.reads(client, self.names_over_tcp))
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((HOST, self.names))
        self.selector.register(self.datagrams, selectors.EVENT_READ, self.names_over_udp)
        # Bound and not listening. Closed, the port could become somebody else's.
        self.refusing = socket.socket()
        self.refusing.bind((HOST, 0))
        self.closed = self.refusing.getsockname()[1]
        self.trusted = ""
        self.process = multiprocessing.get_context("fork").Process(target=self.run, daemon=True)

    def offer_tls(self, authority):
        """Call it before the process starts."""
        self.trusted = str(authority.file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.sign("server", "DNS:dns.test"))
        self.names_over_tls = self.listens(lambda client: threading.Thread(
            target=self.serves_names, args=(client, context), daemon=True).start())

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    def listens(self, welcome):
        listener = socket.create_server((HOST, 0), backlog=128)

        def accept():
            client, _ = listener.accept()
            client.setblocking(True)
            welcome(client)
        self.selector.register(listener, selectors.EVENT_READ, accept)
        return listener.getsockname()[1]

    def reads(self, client, heard):
        def hear():
            data = b""
            with contextlib.suppress(OSError):
                data = client.recv(65536)
                if data:
                    heard(client, data)
                    return
            self.selector.unregister(client)
            client.close()
        self.selector.register(client, selectors.EVENT_READ, hear)

    def run(self):
        while True:
            for key, _ in self.selector.select():
                key.data()

    def greets(self, client):
        with contextlib.suppress(OSError):
            client.send(GREETING)
            client.shutdown(socket.SHUT_WR)
        self.reads(client, lambda _, data: None)

    def repeats(self, client, data):
        client.sendall(data)

    def serves_a_page(self, client, data):
        if data.endswith(b"\r\n\r\n"):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE)

    def names_over_tcp(self, client, data):
        answer = answer_to(data[2:], 65535)
        client.sendall(struct.pack("!H", len(answer)) + answer)

    def serves_names(self, client, context):
        with client, contextlib.suppress(OSError):
            client.settimeout(TLS_PATIENCE)
            with context.wrap_socket(client, server_side=True) as wrapped:
                stream = wrapped.makefile("rb")
                while len(head := stream.read(2)) == 2:
                    question = stream.read(struct.unpack("!H", head)[0])
                    answer = answer_to(question, 65535)
                    wrapped.sendall(struct.pack("!H", len(answer)) + answer)

    def names_over_udp(self):
        with contextlib.suppress(OSError):
            question, source = self.datagrams.recvfrom(4096)
            # A line end, from a scan, is no question.
            is_question = len(question) > 12
            answer = answer_to(question, MOST_IN_A_DATAGRAM) if is_question else question
            self.datagrams.sendto(answer, source)
