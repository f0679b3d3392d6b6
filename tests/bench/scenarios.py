"""The scenarios, the servers that are measured in each, and the daemon's targets."""

import dataclasses

TCP_SERVERS = ("sluiced", "bare_libev", "bare_epoll", "libevent_bufferevent", "libuv", "asio")
UDP_SERVERS = ("sluiced", "bare_udp", "libuv")

TITLES = {
    "sluiced": "**sluice**",
    "sluiced_websocket": "**sluice**, WebSocket",
    "sluiced_loops": "sluice, two loops",
    "bare_libev": "bare libev",
    "bare_epoll": "bare epoll",
    "bare_udp": "bare recvmmsg/sendmmsg",
    "libevent_bufferevent": "libevent bufferevents",
    "libuv": "libuv",
    "asio": "Asio",
    "asio_shared": "Asio, one buffer for all",
    "bare_tls": "bare epoll and OpenSSL",
    "libevent_tls": "libevent bufferevent_openssl",
    "asio_tls": "Asio ssl::stream",
    "nginx": "nginx stream, a proxy",
    "stunnel": "stunnel, a proxy",
    "bare_relay": "bare epoll relay",
    "bare_splice": "bare splice proxy",
    "bare_copy": "bare epoll proxy",
    "asio_chat": "Asio chat",
    "redis": "Redis pub/sub",
    "ngircd": "ngircd",
}


@dataclasses.dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    arguments: tuple
    servers: tuple
    mode: str
    baseline: str
    unit: str  # of one operation
    scale: float = 1  # operations of the load generator in one `unit`
    plural: str = ""  # of `unit`, unless it only adds an s

    @property
    def units(self):
        return self.plural or self.unit + "s"


ECHO = (
    Scenario("small", "100 × 64 B", ("round-trips", "--connections", 100, "--size", 64),
             TCP_SERVERS, "echo", "bare_libev", "round trip"),
    Scenario("medium", "1,000 × 1 KiB", ("round-trips", "--connections", 1000, "--size", 1024),
             TCP_SERVERS, "echo", "bare_libev", "round trip"),
    Scenario("bulk", "bulk, 10 × 64 KiB", ("bulk", "--connections", 10, "--size", 65536),
             TCP_SERVERS, "echo", "bare_libev", "MiB", 2**20, "MiB"),
    Scenario("connect", "connect, exchange, close",
             ("connects", "--connections", 50, "--size", 64, "--operations", 10000),
             TCP_SERVERS, "echo", "bare_libev", "connection"),
)
UDP = Scenario("udp", "UDP echo, 64 B", ("datagrams", "--connections", 4, "--size", 64),
               UDP_SERVERS, "udp", "bare_udp", "datagram")

RELAYS = ("sluiced", "bare_relay", "asio_chat")
# The Asio server has no backpressure: a sender that never waits would fill its memory.
RELAYS_THAT_WAIT = ("sluiced", "bare_relay", "redis", "ngircd")


def fan_out(key, title, receivers, in_flight, servers, *more, mode="chat"):
    arguments = ("fan-out", "--connections", receivers, "--size", 64, "--in-flight", in_flight,
                 *more)
    return Scenario(key, title, arguments, servers, mode, "bare_relay", "thousand deliveries",
                    1000, "thousand deliveries")


# Lines of 64 bytes from one sender to many: a delivery is one line to one of them.
FAN_OUT = (
    fan_out("fan-out", "1 to 1,000, 16 lines in flight", 1000, 16, RELAYS),
    fan_out("flood", "1 to 200, sender never waits", 200, 0, RELAYS_THAT_WAIT),
    fan_out("in-step", "1 to 200, 1 line in flight", 200, 1, RELAYS),
    # All wait once until the room gives up on that member; counting starts after that.
    fan_out("stalled", "the same, with one member that never reads", 200, 0, ("sluiced",),
            "--stalled", 1, "--warm-up", 1),
)
JOINS = Scenario("joins", "1,000 clients join", ("joins", "--connections", 1000, "--size", 64),
                 RELAYS, "chat", "bare_relay", "client")

# The service relay: a message is passed on as it came.
WEBSOCKET = fan_out("websocket", "WebSocket, 1 to 1,000, 16 messages in flight", 1000, 16,
                    ("sluiced", "bare_relay"), mode="websocket")

# Empty messages from all sides, and an echo beside them.
FAIRNESS = Scenario("fairness", "echo beside 200 peers that send empty messages",
                    ("fairness", "--connections", 200, "--size", 64, "--warm-up", 1),
                    ("sluiced",), "fairness", "sluiced", "byte")
FAIRNESS_TARGET_MS = 20

# Somebody reads the metrics and the list of connections, again and again, and an echo beside it.
SCRAPES = Scenario("scrapes", "echo beside readers of the metrics, 9,500 connections",
                   ("scrapes", "--connections", 9500, "--size", 64, "--warm-up", 1),
                   ("sluiced",), "scrapes", "sluiced", "read")
SCRAPES_TARGET_MS = 1

# A proxy before an echo server, which shares the core of the load.
PROXY_SERVERS = ("sluiced", "bare_splice", "bare_copy")
PROXY = (
    Scenario("proxy-bulk", "proxy, bulk, 16 × 64 KiB", ("bulk", "--connections", 16, "--size", 65536),
             PROXY_SERVERS, "proxy", "bare_splice", "MiB", 1024 * 1024, "MiB"),
    Scenario("proxy-small", "proxy, 100 × 64 B", ("round-trips", "--connections", 100, "--size", 64),
             PROXY_SERVERS, "proxy", "bare_copy", "round trip"),
    Scenario("proxy-medium", "proxy, 100 × 4 KiB",
             ("round-trips", "--connections", 100, "--size", 4096),
             PROXY_SERVERS, "proxy", "bare_copy", "round trip"),
)

TLS_RELAYS = ("sluiced", "bare_tls")
TLS_SERVERS = (*TLS_RELAYS, "libevent_tls", "asio_tls", "nginx", "stunnel")
TLS = (
    Scenario("tls", "TLS echo, 16 × 64 B", ("tls-round-trips", "--connections", 16, "--size", 64),
             TLS_SERVERS, "tls", "bare_tls", "round trip"),
    Scenario("tls-bulk", "TLS echo, 16 × 64 KiB",
             ("tls-round-trips", "--connections", 16, "--size", 65536),
             TLS_SERVERS, "tls", "bare_tls", "round trip"),
    Scenario("tls-fan-out", "TLS, 1 to 1,000, 16 lines in flight",
             ("tls-fan-out", "--connections", 1000, "--size", 64, "--in-flight", 16),
             TLS_RELAYS, "tls-relay", "bare_tls", "delivery", plural="deliveries"),
    Scenario("tls-handshake", "TLS handshake, exchange, close", ("tls-handshakes", "--size", 64),
             TLS_SERVERS, "tls", "bare_tls", "connection"),
    Scenario("tls-resumed", "the same, resumed", ("tls-resumptions", "--size", 64),
             TLS_SERVERS, "tls", "bare_tls", "connection"),
)
TLS_IDLE_CONNECTIONS = 2000
TLS_IDLE_BYTES_TARGET = 15_000

# Both loops share one core, so that processor time can be compared.
LOOPS_SERVERS = ("sluiced_loops", "sluiced")
LOOPS = (
    Scenario("loops", "two loops, 100 × 64 B", ("round-trips", "--connections", 100, "--size", 64),
             LOOPS_SERVERS, "echo", "sluiced", "round trip"),
    Scenario("loops-tls", "two loops, TLS handshake, exchange, close",
             ("tls-handshakes", "--size", 64), LOOPS_SERVERS, "tls", "sluiced", "connection"),
)

ALL = (*ECHO, UDP, *FAN_OUT, JOINS, WEBSOCKET, FAIRNESS, SCRAPES, *PROXY, *TLS, *LOOPS)

# (row of the table, program, mode without a timeout or None, mode with one)
IDLE = (
    ("sluiced", "sluiced", "echo", "idle"),
    ("sluiced_websocket", "sluiced", "websocket-idle", "websocket-idle"),
    ("bare_libev", "bare_libev", "echo", "idle"),
    ("bare_epoll", "bare_epoll", "echo", "idle"),
    ("libuv", "libuv", "echo", "idle"),
    ("libevent_bufferevent", "libevent_bufferevent", "echo", "idle"),
    ("asio_shared", "asio", "shared", "shared-idle"),
    ("asio", "asio", "echo", "idle"),
)
IDLE_CONNECTIONS = 9000
WEBSOCKET_IDLE_BYTES_TARGET = 300
IDLE_SECONDS = 3


@dataclasses.dataclass(frozen=True)
class Target:
    """sluiced must use at most (or reach at least) `limit` times the best figure of `rivals`."""

    scenario: str
    figure: str  # "cpu": CPU time an operation; "rate": operations a second
    rivals: tuple
    limit: float
    strict: bool = False  # an equal figure misses it


TARGETS = (
    Target("small", "cpu", ("bare_libev",), 1.05),
    Target("small", "cpu", ("libevent_bufferevent",), 1.0, strict=True),
    Target("small", "cpu", ("libuv",), 1.0, strict=True),
    Target("medium", "cpu", ("bare_libev",), 1.05),
    Target("medium", "cpu", ("libevent_bufferevent",), 1.0, strict=True),
    Target("medium", "cpu", ("libuv",), 1.0, strict=True),
    Target("bulk", "rate", ("libevent_bufferevent", "libuv", "asio"), 1.0),
    Target("bulk", "cpu", ("libevent_bufferevent", "libuv", "asio"), 1.0),
    Target("connect", "cpu", ("bare_libev",), 1.10),
    Target("udp", "rate", ("bare_udp",), 0.95),
    Target("udp", "cpu", ("bare_udp",), 1 / 0.95),
    Target("udp", "rate", ("libuv",), 1.0, strict=True),
    Target("udp", "cpu", ("libuv",), 1.0, strict=True),
    Target("fan-out", "rate", ("bare_relay",), 0.8),
    Target("fan-out", "rate", ("asio_chat",), 8.0),
    Target("flood", "rate", ("bare_relay",), 0.5),
    Target("flood", "rate", ("redis",), 1.0, strict=True),
    Target("flood", "rate", ("ngircd",), 1.0, strict=True),
    Target("in-step", "rate", ("bare_relay",), 0.9),
    Target("websocket", "rate", ("bare_relay",), 0.97),
    Target("proxy-bulk", "cpu", ("bare_splice",), 1.2),
    Target("proxy-bulk", "rate", ("bare_copy",), 1.0),
    Target("proxy-small", "cpu", ("bare_copy",), 1.05),
    Target("proxy-medium", "cpu", ("bare_copy",), 1.05),
    Target("tls", "cpu", ("bare_tls",), 1.05),
    Target("tls-bulk", "cpu", ("bare_tls",), 1.1),
    Target("tls-fan-out", "cpu", ("bare_tls",), 1.1),
    Target("tls-handshake", "cpu", ("bare_tls",), 1.05),
    Target("tls-resumed", "cpu", ("bare_tls",), 1.05),
)
LOOPS_TARGET = {"loops": 1.05, "loops-tls": 1 / 0.95}  # × the CPU time of one loop
JOIN_SECONDS_TARGET = 1.0
# "Costs nothing", as far as two runs one after the other can tell.
STALLED_TARGET = 0.9
IDLE_BYTES_TARGET = 192
# A process that really sleeps uses none at all; a tick of accounting is forgiven.
IDLE_CPU_TARGET_NS = 1e6
