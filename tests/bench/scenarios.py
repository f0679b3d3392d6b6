"""What is measured, of which servers, and what the daemon is held to."""

import dataclasses

TCP_SERVERS = ("sluiced", "bare_libev", "bare_epoll", "libevent_bufferevent", "libuv", "asio")
UDP_SERVERS = ("sluiced", "bare_udp", "libuv")

TITLES = {
    "sluiced": "**sluice**",
    "bare_libev": "bare libev",
    "bare_epoll": "bare epoll",
    "bare_udp": "bare recvmmsg/sendmmsg",
    "libevent_bufferevent": "libevent bufferevents",
    "libuv": "libuv",
    "asio": "Asio",
    "asio_shared": "Asio, one buffer for all",
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


ECHO = (
    Scenario("small", "100 × 64 B", ("round-trips", "--connections", 100, "--size", 64),
             TCP_SERVERS, "echo", "bare_libev", "round trip"),
    Scenario("medium", "1,000 × 1 KiB", ("round-trips", "--connections", 1000, "--size", 1024),
             TCP_SERVERS, "echo", "bare_libev", "round trip"),
    Scenario("bulk", "bulk, 10 × 64 KiB", ("bulk", "--connections", 10, "--size", 65536),
             TCP_SERVERS, "echo", "bare_libev", "MiB", 2**20),
    Scenario("connect", "connect, exchange, close",
             ("connects", "--connections", 50, "--size", 64, "--operations", 10000),
             TCP_SERVERS, "echo", "bare_libev", "connection"),
)
UDP = Scenario("udp", "UDP echo, 64 B", ("datagrams", "--connections", 4, "--size", 64),
               UDP_SERVERS, "udp", "bare_udp", "datagram")

# (row of the table, program, mode without a timeout or None, mode with one)
IDLE = (
    ("sluiced", "sluiced", "echo", "idle"),
    ("bare_libev", "bare_libev", "echo", "idle"),
    ("bare_epoll", "bare_epoll", "echo", "idle"),
    ("libuv", "libuv", "echo", "idle"),
    ("libevent_bufferevent", "libevent_bufferevent", "echo", "idle"),
    ("asio_shared", "asio", "shared", "shared-idle"),
    ("asio", "asio", "echo", "idle"),
)
IDLE_CONNECTIONS = 9000
IDLE_SECONDS = 3


@dataclasses.dataclass(frozen=True)
class Target:
    """sluiced's figure is to be at most (or at least) `limit` times the best of `rivals`."""

    scenario: str
    figure: str  # "cpu": CPU time an operation; "rate": operations a second
    rivals: tuple
    limit: float
    strict: bool = False  # equal is not enough


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
)
IDLE_BYTES_TARGET = 192
# A process that really sleeps uses none at all; a tick of accounting is forgiven.
IDLE_CPU_TARGET_NS = 1e6
