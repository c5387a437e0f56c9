"""A bad cable: forwards frames between two interfaces with delay, loss, copies, wrong order.

    wire.py LEFT RIGHT [--delay MS] [--jitter MS] [--seed N]
                       [--duplicate N] [--hold N] [--burst FIRST:LAST] [--corrupt N]

Only echo replies that travel from RIGHT to LEFT are impaired, counted from 1 (IPv4 and IPv6);
everything is delayed. `--duplicate N`: every Nth goes twice. `--hold N`: every Nth waits for
--hold-ms longer, so that the next ones overtake it. `--burst`: those are lost. `--corrupt N`:
one bit of every Nth payload is flipped. Senders need transmit offload off.
"""

import argparse
import heapq
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4
ETHERTYPE_V4, ETHERTYPE_V6 = b"\x08\x00", b"\x86\xdd"


def is_echo_reply(frame):
    if frame[12:14] == ETHERTYPE_V4:
        return frame[23] == 1 and frame[14 + (frame[14] & 15) * 4] == 0
    return frame[12:14] == ETHERTYPE_V6 and frame[20] == 58 and frame[54] == 129


class Impairment:
    """Decides, per frame, when and how often it is forwarded."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.replies = 0
        self.random = random.Random(arguments.seed)

    def copies(self, frame, impaired):
        """Pairs of extra delay in seconds and frame."""
        a = self.arguments
        delay = (a.delay + self.random.uniform(0, a.jitter)) / 1000
        if not impaired or not is_echo_reply(frame):
            return [(delay, frame)]
        self.replies += 1
        n = self.replies
        if a.burst and a.burst[0] <= n <= a.burst[1]:
            return []
        if a.hold and n % a.hold == 0:
            delay += a.hold_ms / 1000
        if a.corrupt and n % a.corrupt == 0:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x10])
        copies = [(delay, frame)]
        if a.duplicate and n % a.duplicate == 0:
            copies.append((delay + 0.0004, frame))
        return copies


def forward(arguments):
    ends = []
    for interface in (arguments.left, arguments.right):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.bind((interface, ETH_P_ALL))
        ends.append(sock)
    left, right = ends
    impairment = Impairment(arguments)
    waiting = []
    number = 0
    print("ready", flush=True)
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for sock in select.select(ends, [], [], pause)[0]:
            frame, address = sock.recvfrom(70000)
            if address[2] == PACKET_OUTGOING:
                continue
            out = right if sock is left else left
            for delay, copy in impairment.copies(frame, sock is right):
                number += 1
                heapq.heappush(waiting, (time.monotonic() + delay, number, out, copy))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(waiting)
            out.send(frame)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("--delay", type=float, default=0, metavar="MS")
    parser.add_argument("--jitter", type=float, default=0, metavar="MS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--duplicate", type=int, metavar="N")
    parser.add_argument("--hold", type=int, metavar="N")
    parser.add_argument("--hold-ms", type=float, default=50)
    parser.add_argument("--burst", type=lambda text: tuple(map(int, text.split(":"))))
    parser.add_argument("--corrupt", type=int, metavar="N")
    forward(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
