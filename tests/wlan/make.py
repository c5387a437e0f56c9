#!/usr/bin/env python3
"""Writes wlan.pcap and wlan.keys beside itself: a handshake of WPA2 and what CCMP encrypts behind it
(IEEE 802.11 section 12), made with none of the code that reads it. Needs scapy and cryptography."""

import hashlib
import hmac
import pathlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from scapy.all import ICMP, IP, UDP, ICMPv6ND_NS, IPv6

PASSPHRASE, SSID = b"a phrase for tests", b"icmpdump"
AP, STATION, SERVER = (bytes.fromhex("02000000000" + digit) for digit in "123")
ANONCE, SNONCE = (hashlib.sha256(name).digest() for name in (b"authenticator", b"supplicant"))
GTK = hashlib.sha256(b"group").digest()[:16]
SNAP = bytes.fromhex("aaaa03000000")
RSN = bytes.fromhex("30140100000fac040100000fac040100000fac020000")
TO_AP, FROM_AP, PROTECTED, MORE = 1, 2, 0x40, 4

PMK = hashlib.pbkdf2_hmac("sha1", PASSPHRASE, SSID, 4096, 32)


def expand(octets):
    context = min(AP, STATION) + max(AP, STATION) + min(ANONCE, SNONCE) + max(ANONCE, SNONCE)
    label = b"Pairwise key expansion\0" + context
    blocks = (hmac.new(PMK, label + bytes([n]), "sha1").digest() for n in range(4))
    return b"".join(blocks)[:octets]


PTK = expand(48)
KCK, KEK, TK = PTK[:16], PTK[16:32], PTK[32:]


def message(information, counter, nonce, data):
    head = struct.pack(">BBHBHHQ", 2, 3, 95 + len(data), 2, information, 16, counter)
    body = head + nonce + bytes(32)
    code = bytes(16)
    rest = struct.pack(">H", len(data)) + data
    if information & 0x100:
        code = hmac.new(KCK, body + code + rest, "sha1").digest()[:16]
    return SNAP + b"\x88\x8e" + body + code + rest


class Capture:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 105))
        self.time, self.number, self.counter = 1_700_000_000_000_000, 0, 0

    def put(self, frame):
        self.time += 10_000
        self.file.write(struct.pack("<IIII", self.time // 10**6, self.time % 10**6, len(frame), len(frame)) + frame)

    def header(self, kind, flags, first, second, third, fragment=0):
        self.number += fragment == 0
        return bytes([kind, flags, 0, 0]) + first + second + third + struct.pack("<H", self.number << 4 | fragment)

    def clear(self, from_ap, body):
        ends = (STATION, AP, AP) if from_ap else (AP, STATION, AP)
        self.put(self.header(8, FROM_AP if from_ap else TO_AP, *ends) + body)

    def sealed(self, flags, ends, body, qos=None, key=TK, key_id=0, fragment=0, damage=0):
        self.counter += 1
        number = self.counter.to_bytes(6, "big")
        header = self.header(0x08 if qos is None else 0x88, flags | PROTECTED, *ends, fragment)
        header += b"" if qos is None else bytes([qos, 0])
        tid = 0 if qos is None else qos & 15
        nonce = bytes([tid]) + ends[1] + number
        same = bytes([header[0] & 0x8F, header[1] & 0xC7]) + header[4:22] + bytes([fragment, 0])
        same += b"" if qos is None else bytes([tid, 0])
        secret = AESCCM(key, tag_length=8).encrypt(nonce, body, same)
        secret = secret[:-1] + bytes([secret[-1] ^ damage])
        extended = bytes([number[5], number[4], 0, 0x20 | key_id << 6, *number[3::-1]])
        self.put(header + extended + secret)


def packet(ip):
    kind = 0x86DD if IPv6 in ip else 0x0800
    return SNAP + struct.pack(">H", kind) + bytes(ip)


def main():
    folder = pathlib.Path(__file__).resolve().parent
    capture = Capture(str(folder / "wlan.pcap"))
    up, down = (AP, STATION, SERVER), (STATION, AP, SERVER)
    ping = lambda n, size=56: IP(src="10.0.0.1", dst="10.0.0.2", id=n) / ICMP(id=7, seq=n) / bytes(range(size))
    pong = lambda n: IP(src="10.0.0.2", dst="10.0.0.1", id=n) / ICMP(type=0, id=7, seq=n) / bytes(range(56))

    beacon = bytes(8) + struct.pack("<HH", 100, 0x11) + bytes([0, len(SSID)]) + SSID + RSN
    capture.put(capture.header(0x80, 0, b"\xff" * 6, AP, AP) + beacon)
    capture.clear(True, message(0x008A, 1, ANONCE, b""))
    capture.clear(False, message(0x010A, 1, SNONCE, RSN))
    group = RSN + bytes([0xDD, 22]) + bytes.fromhex("000fac010100") + GTK
    group += b"\xdd" + bytes(-len(group) % 8 - 1) if len(group) % 8 else b""
    capture.clear(True, message(0x13CA, 2, ANONCE, aes_key_wrap(KEK, group)))
    capture.clear(False, message(0x030A, 2, bytes(32), b""))

    capture.sealed(TO_AP, up, packet(ping(1)), qos=0)
    capture.sealed(FROM_AP, down, packet(pong(1)), qos=6)
    capture.sealed(FROM_AP, (b"\x33\x33\xff\0\0\x01", AP, SERVER), packet(
        IPv6(src="fe80::2", dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt="fe80::1")), key=GTK, key_id=1)
    datagram = IP(src="10.0.0.1", dst="10.0.0.2", id=2) / UDP(sport=4000, dport=9) / b"to a closed port"
    several = b""
    for inner in (packet(ping(2)), packet(datagram)):
        several += SERVER + STATION + struct.pack(">H", len(inner)) + inner
        several += bytes(-len(several) % 4)
    capture.sealed(TO_AP, (AP, STATION, AP), several, qos=0x80)
    capture.sealed(FROM_AP, down, packet(
        IP(src="10.0.0.2", dst="10.0.0.1", id=3) / ICMP(type=3, code=3) / bytes(datagram)), qos=0)
    whole = packet(ping(3, 96))
    capture.sealed(TO_AP | MORE, up, whole[:80])
    capture.sealed(TO_AP, up, whole[80:], fragment=1)
    capture.sealed(FROM_AP, down, packet(pong(3)), qos=0, damage=1)
    capture.file.close()
    (folder / "wlan.keys").write_bytes(b"wpa-pwd:" + PASSPHRASE + b":" + SSID + b"\n")


if __name__ == "__main__":
    main()
