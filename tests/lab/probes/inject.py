"""Sends packets that no tool here can make.

    inject.py frame INTERFACE HEX...     whole link-layer frames
    inject.py ip HEX...                  IPv4 or IPv6 packets; the kernel routes them
    inject.py --every SECONDS ...        pause between packets, default 0.05
"""

import argparse
import socket
import sys
import time


def send_frames(interface, packets, pause):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((interface, 0))
    for packet in packets:
        sock.send(packet)
        time.sleep(pause)


def send_ip(packets, pause):
    for packet in packets:
        if packet[0] >> 4 == 4:
            sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            sock.sendto(packet, (socket.inet_ntop(socket.AF_INET, packet[16:20]), 0))
        else:
            sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
            sock.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))
        sock.close()
        time.sleep(pause)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=float, default=0.05)
    parser.add_argument("how", choices=("frame", "ip"))
    parser.add_argument("words", nargs="+")
    arguments = parser.parse_args()
    if arguments.how == "frame":
        interface, *packets = arguments.words
        send_frames(interface, [bytes.fromhex(p) for p in packets], arguments.every)
    else:
        send_ip([bytes.fromhex(p) for p in arguments.words], arguments.every)


if __name__ == "__main__":
    sys.exit(main())
