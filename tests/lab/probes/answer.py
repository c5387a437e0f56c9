"""Answers UDP and TCP probes with the ICMP error their destination port asks for.

    answer.py INTERFACE ROUTER4 ROUTER6

Port 20000 + type * 256 + code gets an error of that type and code, quoting what an RFC 1812
or RFC 4443 router quotes. For the codes that no kernel sends by itself.
"""

import argparse
import ipaddress
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from lab import packets  # noqa: E402

PACKET_OUTGOING = 4
PORT_BASE = 20000
QUOTE4, QUOTE6 = 548, 1232
ETH_P_ALL = 3


def wanted(port):
    """The type and code that a destination port asks for, or None."""
    return divmod(port - PORT_BASE, 256) if PORT_BASE <= port < PORT_BASE + 14 * 256 else None


def answer(packet, router4, router6):
    """The error about this packet, or None."""
    if packet[0] >> 4 == 4 and packet[9] in (packets.TCP, packets.UDP):
        asked = wanted(struct.unpack_from("!H", packet, (packet[0] & 15) * 4 + 2)[0])
        if asked:
            error = packets.icmp(*asked, bytes(4), packet[:QUOTE4])
            return packets.ipv4(router4, ipaddress.ip_address(packet[12:16]), packets.ICMP, error, ident=99, flags=0)
    elif packet[0] >> 4 == 6 and packet[6] in (packets.TCP, packets.UDP):
        asked = wanted(struct.unpack_from("!H", packet, 42)[0])
        if asked:
            to = ipaddress.ip_address(packet[8:24])
            return packets.ipv6(router6, to, packets.ICMPV6,
                                packets.icmpv6(router6, to, *asked, bytes(4), packet[:QUOTE6]))
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("router4")
    parser.add_argument("router6")
    arguments = parser.parse_args()
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((arguments.interface, ETH_P_ALL))
    print("ready", flush=True)
    while True:
        frame, address = sock.recvfrom(70000)
        if address[2] == PACKET_OUTGOING or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
            continue
        error = answer(frame[14:], arguments.router4, arguments.router6)
        if error:
            sock.send(frame[6:12] + frame[0:6] + frame[12:14] + error)


if __name__ == "__main__":
    main()
