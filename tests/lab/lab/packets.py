"""Packets built field by field, for what no tool sends; all return bytes."""

import ipaddress
import struct

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return ipaddress.ip_address(address).packed


def ether(dst, src, ethertype, payload, tags=()):
    """An Ethernet frame; `tags` are (TPID, VLAN id) pairs from the outside in."""
    frame = _mac(dst) + _mac(src)
    for tpid, vlan in tags:
        frame += struct.pack("!HH", tpid, vlan)
    frame += struct.pack("!H", ethertype) + payload
    return frame.ljust(60, b"\0")


def _mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ipv4(src, dst, protocol, payload, ttl=64, ident=1, flags=0x4000, options=b""):
    """`flags` is the whole 16-bit flags and fragment offset field, 0x4000 is DF."""
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), ident, flags,
                       ttl, protocol, 0) + packed(src) + packed(dst) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, next_header, payload, hop_limit=64, flow_label=0):
    return (struct.pack("!IHBB", 6 << 28 | flow_label, len(payload), next_header, hop_limit)
            + packed(src) + packed(dst) + payload)


def icmp(kind, code, rest, payload=b""):
    """`rest` is the four octets behind the checksum."""
    message = struct.pack("!BBH", kind, code, 0) + rest + payload
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmpv6(src, dst, kind, code, rest, payload=b""):
    message = struct.pack("!BBH", kind, code, 0) + rest + payload
    pseudo = packed(src) + packed(dst) + struct.pack("!II", len(message), ICMPV6)
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]


def udp(src, dst, src_port, dst_port, payload):
    length = 8 + len(payload)
    datagram = struct.pack("!HHHH", src_port, dst_port, length, 0) + payload
    pseudo = packed(src) + packed(dst) + (
        struct.pack("!BBH", 0, UDP, length) if len(packed(src)) == 4 else struct.pack("!II", length, UDP))
    return datagram[:6] + struct.pack("!H", checksum(pseudo + datagram) or 0xFFFF) + datagram[8:]


def echo(kind, ident, seq, payload=b"icmpdump packet lab"):
    return icmp(kind, 0, struct.pack("!HH", ident, seq), payload)


def echo6(src, dst, kind, ident, seq, payload=b"icmpdump packet lab"):
    return icmpv6(src, dst, kind, 0, struct.pack("!HH", ident, seq), payload)
