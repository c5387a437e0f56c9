"""What a program sees when ICMP answers it: one socket of each kind, and its errno.

    sockets.py udp DST PORT [--connected] [--recverr] [--from PORT] [--size N] [--count N]
                            [--pmtu want|do|dont|probe] [--wait SECONDS]
    sockets.py tcp DST PORT [--from PORT] [--timeout SECONDS]

Prints one line per event, such as `recv: ECONNREFUSED`.
"""

import argparse
import errno
import socket
import struct
import sys
import time

IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 10, 23
IP_RECVERR, IPV6_RECVERR = 11, 25
PMTU = {"dont": 0, "want": 1, "do": 2, "probe": 3}


def name(code):
    # Two names share 95 on Linux; the manual pages of sockets use this one.
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode.get(code, str(code))


def open_socket(arguments, kind):
    family = socket.AF_INET6 if ":" in arguments.dst else socket.AF_INET
    sock = socket.socket(family, kind)
    if arguments.source_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", arguments.source_port))
    return sock, family == socket.AF_INET6


def error_queue(sock, v6):
    """Print what waits in the socket's error queue (struct sock_extended_err)."""
    while True:
        try:
            _data, control, _flags, _to = sock.recvmsg(2048, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return
        for level, kind, value in control:
            if (level, kind) in ((socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)):
                code, origin, icmp_type, icmp_code, _pad, info, _data = struct.unpack_from("=IBBBBII", value)
                offender = offending_host(value[16:], v6)
                print(f"error queue: {name(code)} origin {origin} type {icmp_type} code {icmp_code} "
                      f"info {info} from {offender}", flush=True)


def offending_host(address, v6):
    if v6 and len(address) >= 24:
        return socket.inet_ntop(socket.AF_INET6, address[8:24])
    if len(address) >= 8:
        return socket.inet_ntop(socket.AF_INET, address[4:8])
    return "?"


def udp(arguments):
    sock, v6 = open_socket(arguments, socket.SOCK_DGRAM)
    level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
    if arguments.recverr:
        sock.setsockopt(level, IPV6_RECVERR if v6 else IP_RECVERR, 1)
    if arguments.pmtu:
        sock.setsockopt(level, IPV6_MTU_DISCOVER if v6 else IP_MTU_DISCOVER, PMTU[arguments.pmtu])
    target = (arguments.dst, arguments.port)
    if arguments.connected:
        sock.connect(target)
    print(f"from port {sock.getsockname()[1]}", flush=True)
    sock.settimeout(arguments.wait)
    for number in range(1, arguments.count + 1):
        data = (b"icmpdump lab %d " % number).ljust(arguments.size, b".")[:arguments.size]
        try:
            sent = sock.send(data) if arguments.connected else sock.sendto(data, target)
            print(f"send {number}: {sent} bytes", flush=True)
        except OSError as failure:
            print(f"send {number}: {name(failure.errno)}", flush=True)
        try:
            sock.recv(2048)
            print("recv: data", flush=True)
        except TimeoutError:
            print("recv: nothing", flush=True)
        except OSError as failure:
            print(f"recv: {name(failure.errno)}", flush=True)
        if arguments.recverr:
            error_queue(sock, v6)


def tcp(arguments):
    sock, _v6 = open_socket(arguments, socket.SOCK_STREAM)
    sock.settimeout(arguments.timeout)
    started = time.monotonic()
    try:
        sock.connect((arguments.dst, arguments.port))
        outcome = "connected"
    except TimeoutError:
        outcome = "nothing yet"
    except OSError as failure:
        outcome = name(failure.errno)
    print(f"connect: {outcome} after {time.monotonic() - started:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("udp", "tcp"))
    parser.add_argument("dst")
    parser.add_argument("port", type=int)
    parser.add_argument("--from", dest="source_port", type=int)
    parser.add_argument("--connected", action="store_true")
    parser.add_argument("--recverr", action="store_true")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--pmtu", choices=PMTU)
    parser.add_argument("--wait", type=float, default=0.4, help="seconds to wait for an answer to each datagram")
    parser.add_argument("--timeout", type=float, default=10)
    arguments = parser.parse_args()
    {"udp": udp, "tcp": tcp}[arguments.kind](arguments)


if __name__ == "__main__":
    sys.exit(main())
