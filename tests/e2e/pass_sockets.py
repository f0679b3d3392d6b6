#!/usr/bin/env python3
"""Becomes a program to which it passes sockets, as a service manager does.

    pass_sockets.py NAME=KIND@ADDRESS... -- PROGRAM [ARGUMENT]...

KIND is tcp, udp, unix, seqpacket, or deaf: a TCP socket that does not listen. NAMES in the
environment replaces LISTEN_FDNAMES, and COUNT and PID replace the other two.
"""
import os
import socket
import sys

FIRST = 3
KINDS = {"tcp": (socket.AF_INET, socket.SOCK_STREAM), "udp": (socket.AF_INET, socket.SOCK_DGRAM),
         "unix": (socket.AF_UNIX, socket.SOCK_STREAM), "deaf": (socket.AF_INET, socket.SOCK_STREAM),
         "seqpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET)}


def opened(kind, address):
    family, type_ = KINDS[kind]
    bound = socket.socket(family, type_)
    if family == socket.AF_INET:
        host, _, port = address.rpartition(":")
        bound.bind((host, int(port)))
    else:
        bound.bind(address)
    if kind not in ("udp", "deaf"):
        bound.listen(64)
    return bound


def main():
    end = sys.argv.index("--")
    names, sockets = [], []
    for text in sys.argv[1:end]:
        name, _, rest = text.partition("=")
        names.append(name)
        sockets.append(opened(*rest.split("@", 1)))
    # Out of the way first, so that no descriptor is replaced before it is copied.
    high = [os.dup2(each.fileno(), 100 + i) for i, each in enumerate(sockets)]
    for i, descriptor in enumerate(high):
        os.dup2(descriptor, FIRST + i)
        os.close(descriptor)
    os.environ["LISTEN_PID"] = os.environ.pop("PID", str(os.getpid()))
    os.environ["LISTEN_FDS"] = os.environ.pop("COUNT", str(len(sockets)))
    os.environ["LISTEN_FDNAMES"] = os.environ.pop("NAMES", ":".join(names))
    os.execvp(sys.argv[end + 1], sys.argv[end + 1:])


if __name__ == "__main__":
    main()
