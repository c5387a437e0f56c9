"""Joins an IPv6 multicast group on an interface, waits, leaves.

    groups.py INTERFACE GROUP [--source ADDRESS] [--seconds N]
"""

import argparse
import socket
import struct
import time

MCAST_JOIN_SOURCE_GROUP = 46


def storage(address):
    """A struct sockaddr_storage (128 octets)."""
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0).ljust(128, b"\0")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("group")
    parser.add_argument("--source")
    parser.add_argument("--seconds", type=float, default=1)
    arguments = parser.parse_args()
    index = socket.if_nametoindex(arguments.interface)
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    if arguments.source:
        request = struct.pack("=I4x", index) + storage(arguments.group) + storage(arguments.source)
        sock.setsockopt(socket.IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, request)
    else:
        group = socket.inet_pton(socket.AF_INET6, arguments.group)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("=I", index))
    time.sleep(arguments.seconds)


if __name__ == "__main__":
    main()
