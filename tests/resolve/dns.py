#!/usr/bin/env python3
"""A DNS server on 127.0.0.1 for the tests: answers PTR questions by what its arguments say.

dns.py ADDRESS=NAME ...    NAME may hold \\xNN; `?` is never answered; all others have no name.
"""
import codecs
import ipaddress
import socket
import struct
import sys

names = {}
for argument in sys.argv[1:]:
    address, name = argument.split("=", 1)
    labels = codecs.decode(name, "unicode_escape").encode("latin-1").split(b".")
    names[ipaddress.ip_address(address).reverse_pointer] = None if name == "?" else labels

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(4096)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]])
        at += 1 + query[at]
    question = query[12 : at + 5]
    labels = names.get(b".".join(labels).decode("latin-1").lower(), [])
    if labels is None:
        continue
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    answers = 1 if labels else 0
    reply = query[:2] + struct.pack(">HHHHH", 0x8180 if labels else 0x8183, 1, answers, 0, 0)
    reply += question
    if labels:
        reply += b"\xc0\x0c" + struct.pack(">HHIH", 12, 1, 60, len(name)) + name
    server.sendto(reply, client)
