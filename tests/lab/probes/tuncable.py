"""Joins two namespaces by a cable between two tun devices: packets without a link layer.

    tuncable.py NAME NETNS_LEFT NETNS_RIGHT [--delay MS]
"""

import argparse
import ctypes
import fcntl
import os
import select
import struct
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


def open_tun(name, netns):
    """Create the device inside a named network namespace; the descriptor works from anywhere."""
    handle = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(handle)
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("--delay", type=float, default=0, metavar="MS")
    arguments = parser.parse_args()
    left = open_tun(arguments.name, arguments.left)
    right = open_tun(arguments.name, arguments.right)
    print("ready", flush=True)
    while True:
        for tun in select.select([left, right], [], [])[0]:
            packet = os.read(tun, 65536)
            time.sleep(arguments.delay / 1000)
            try:
                os.write(right if tun == left else left, packet)
            except OSError:
                pass  # the other end is still down


if __name__ == "__main__":
    main()
