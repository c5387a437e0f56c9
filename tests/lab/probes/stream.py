"""A TCP transfer between two real kernels.

    stream.py serve PORT
    stream.py send DST PORT BYTES [--from PORT] [--timeout SECONDS] [--chunk BYTES --pause SECONDS]
                                  [--user-timeout MS]

The server reads to the end of the stream and answers with the number of octets it got. The
sender prints that answer, or the errno its calls returned.
"""

import argparse
import errno
import socket
import sys
import time

TCP_USER_TIMEOUT = 18


def serve(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    print("ready", flush=True)
    while True:
        peer, _ = listener.accept()
        got = 0
        try:
            while data := peer.recv(65536):
                got += len(data)
            peer.sendall(b"%d" % got)
        except OSError:
            pass
        peer.close()


def send(arguments):
    family = socket.AF_INET6 if ":" in arguments.dst else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if arguments.source_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", arguments.source_port))
    if arguments.user_timeout:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, arguments.user_timeout)
    sock.settimeout(arguments.timeout)
    step = "connect"
    started = time.monotonic()
    try:
        sock.connect((arguments.dst, arguments.port))
        print(f"connected, segment size {segment_size(sock)}", flush=True)
        step = "send"
        left = arguments.bytes
        while left:
            chunk = min(left, arguments.chunk or left)
            sock.sendall(b"icmpdump" * (chunk // 8) + b"." * (chunk % 8))
            left -= chunk
            if left:
                time.sleep(arguments.pause)
        sock.shutdown(socket.SHUT_WR)
        step = "recv"
        answer = sock.recv(64).decode()
        print(f"server got {answer} of {arguments.bytes} bytes, segment size {segment_size(sock)}", flush=True)
    except TimeoutError as failure:
        code = errno.errorcode.get(failure.errno, "no answer") if failure.errno else "no answer"
        print(f"{step}: {code} after {time.monotonic() - started:.1f} s", flush=True)
    except OSError as failure:
        print(f"{step}: {errno.errorcode[failure.errno]} after {time.monotonic() - started:.1f} s", flush=True)


def segment_size(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)


def main():
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    server = modes.add_parser("serve")
    server.add_argument("port", type=int)
    client = modes.add_parser("send")
    client.add_argument("dst")
    client.add_argument("port", type=int)
    client.add_argument("bytes", type=int)
    client.add_argument("--from", dest="source_port", type=int)
    client.add_argument("--timeout", type=float, default=20)
    client.add_argument("--user-timeout", type=int, metavar="MS", help="give up on unacknowledged data after this")
    client.add_argument("--chunk", type=int)
    client.add_argument("--pause", type=float, default=0)
    arguments = parser.parse_args()
    if arguments.mode == "serve":
        serve(arguments.port)
    else:
        send(arguments)


if __name__ == "__main__":
    sys.exit(main())
