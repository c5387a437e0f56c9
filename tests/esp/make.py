#!/usr/bin/env python3
"""Writes esp.pcap and esp.xfrm: pings and an error in ESP, as scapy encrypts them.

    python3 tests/esp/make.py

Each security association is one in the notation of `ip xfrm state`; tests/cli/esp.rs gives tshark the
same keys. The last frames are damaged, of an unknown association, and clear (RFC 2410) without keys.
"""

import os
import struct

from scapy.all import (ICMP, IP, UDP, Ether, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6, Raw, raw,
                       wrpcap)
from scapy.layers.ipsec import ESP, SecurityAssociation

HERE = os.path.dirname(os.path.abspath(__file__))
A, B = "192.0.2.1", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
frames, states = [], []
clock = 1_800_000_000.0


def key(octets, first):
    return bytes((first + 7 * i) & 255 for i in range(octets))


def frame(packet, is_v6):
    global clock
    clock += 0.01
    made = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02",
                 type=0x86DD if is_v6 else 0x0800) / Raw(raw(packet))
    made.time = clock
    frames.append(made)


def state(src, dst, spi, mode, enc, auth, encap):
    lines = [f"src {src} dst {dst}", f"\tproto esp spi 0x{spi:08x} reqid 1 mode {mode}",
             "\treplay-window 0"]
    lines += [f"\tauth-trunc {auth}"] if auth else []
    lines += [f"\t{enc}"]
    lines += ["\tencap type espinudp sport 4500 dport 4500 addr 0.0.0.0"] if encap else []
    lines += ["\tanti-replay context: seq 0x0, oseq 0x2, bitmap 0x00000000",
              f"\tsel src {src}/32 dst {dst}/32"]
    states.append("\n".join(lines) + "\n")


# Cipher as scapy calls it, key octets, what `ip xfrm` calls it (with bits of its tag), hash likewise.
SUITES = [
    ("AES-CBC", 16, "enc cbc(aes) {}", "HMAC-SHA1-96", 20, "hmac(sha1) {} 96"),
    ("AES-CBC", 32, "enc cbc(aes) {}", "SHA2-256-128", 32, "hmac(sha256) {} 128"),
    ("AES-GCM", 20, "aead rfc4106(gcm(aes)) {} 128", None, 0, None),
    ("AES-GCM", 36, "aead rfc4106(gcm(aes)) {} 128", None, 0, None),
    ("AES-CCM", 19, "aead rfc4309(ccm(aes)) {} 128", None, 0, None),
    ("CHACHA20-POLY1305", 36, "aead rfc7539esp(chacha20,poly1305) {} 128", None, 0, None),
    ("NULL", 0, "enc ecb(cipher_null) ", "SHA2-512-256", 64, "hmac(sha512) {} 256"),
    ("AES-CTR", 20, "enc rfc3686(ctr(aes)) {}", "SHA2-384-192", 48, "hmac(sha384) {} 192"),
    ("3DES", 24, "enc cbc(des3_ede) {}", "HMAC-MD5-96", 16, "hmac(md5) {} 96"),
]


def association(number, suite, is_v6, is_tunnel, encap):
    cipher, key_octets, enc, hashed, hash_octets, auth = suite
    ends = []
    for way in (0, 1):
        src, dst = ((A6, B6) if is_v6 else (A, B))[:: 1 - 2 * way]
        spi = 0x1000 + 2 * number + way
        crypt, auth_key = key(key_octets, 16 * number + way), key(hash_octets, 3 + 16 * number + way)
        outer = (IPv6 if is_v6 else IP)(src=src, dst=dst)
        nat = UDP(sport=4500, dport=4500) if encap else None
        ends.append(SecurityAssociation(
            ESP, spi=spi, crypt_algo=cipher, crypt_key=crypt or None, auth_algo=hashed,
            auth_key=auth_key or None, tunnel_header=outer if is_tunnel else None,
            nat_t_header=nat))
        state(src, dst, spi, "tunnel" if is_tunnel else "transport", enc.format("0x" + crypt.hex()),
              auth.format("0x" + auth_key.hex()) if auth else None, encap)
    return ends


def ping(ends, number, is_v6, is_tunnel):
    for way, sa in enumerate(ends):
        v6 = is_v6
        src, dst = ((A6, B6) if v6 else (A, B))[:: 1 - 2 * way]
        if is_tunnel:
            src, dst = (("2001:db8:1::1", "2001:db8:2::1") if v6 else ("10.1.0.1", "10.2.0.1"))[:: 1 - 2 * way]
        if v6:
            kind = ICMPv6EchoReply if way else ICMPv6EchoRequest
            packet = IPv6(src=src, dst=dst) / kind(id=number, seq=1, data=bytes(range(40)))
        else:
            packet = IP(src=src, dst=dst, id=7) / ICMP(type=0 if way else 8, id=number, seq=1) / bytes(range(40))
        frame(sa.encrypt((IPv6 if v6 else IP)(raw(packet))), is_v6)


number = 0
for is_tunnel in (False, True):
    for is_v6 in (False, True):
        for suite in SUITES:
            ping(association(number, suite, is_v6, is_tunnel, False), number, is_v6, is_tunnel)
            number += 1
# Behind a NAT.
for suite in (SUITES[1], SUITES[2]):
    ends = association(number, suite, False, True, True)
    ping(ends, number, False, True)
    number += 1
# An error of a router behind the tunnel, about what was sent through it.
sent = raw(IP(src="10.1.0.1", dst="10.2.0.9", id=9) / UDP(sport=40000, dport=53) / b"question")
frame(ends[0].encrypt(IP(sent)), False)
frame(ends[1].encrypt(IP(raw(IP(src="10.2.0.1", dst="10.1.0.1") / ICMP(type=3, code=1) / Raw(sent[:28])))), False)
# One octet damaged.
whole = bytearray(raw(frames[0])[14:])
whole[-20] ^= 1
frame(Raw(bytes(whole)), False)
# Of nobody's association.
frame(IP(src=A, dst=B, proto=50) / Raw(struct.pack("!II", 0xDEAD, 1) + key(96, 99)), False)

wrpcap(os.path.join(HERE, "esp.pcap"), frames)
with open(os.path.join(HERE, "esp.xfrm"), "w") as out:
    out.writelines(states)
