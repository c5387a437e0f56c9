"""Capturing with tcpdump or dumpcap, and asking tshark what a capture holds."""

import re
import signal
import subprocess
import time
from pathlib import Path

from . import pcapng
from .net import run

# Frames still on their way to the capture when the last program has ended.
DRAIN_SECONDS = 0.5


class Capture:
    """A running capture; a context manager. Fails if the kernel dropped a frame."""

    def __init__(self, node, path, words):
        self.path = Path(path)
        self.argv = node.argv(words)

    def __enter__(self):
        self.program = subprocess.Popen(self.argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        said = ""
        while "listening on" not in said and "File: " not in said:
            line = self.program.stderr.readline()
            if not line:
                raise RuntimeError(f"{self.argv}: {said}")
            said += line
        time.sleep(0.2)
        return self

    def __exit__(self, kind, _value, _trace):
        time.sleep(DRAIN_SECONDS if kind is None else 0)
        self.program.send_signal(signal.SIGINT)
        said = self.program.communicate(timeout=10)[1]
        dropped = re.search(r"(\d+) packets? dropped by kernel", said)
        if kind is None and dropped and int(dropped[1]):
            raise RuntimeError(f"{self.path.name}: {said}")
        if kind is None and self.path.suffix == ".pcapng":
            pcapng.forget_machine(self.path)


def tcpdump(node, interface, path, options="", filter=""):
    return Capture(
        node, path,
        f"tcpdump -i {interface} -Z root -B 65536 -U --immediate-mode {options} -w {path} {filter}",
    )


def dumpcap(node, interfaces, path):
    return Capture(
        node, path,
        "dumpcap -q " + " ".join(f"-i {i}" for i in interfaces) + f" -w {path}",
    )


def frames(path, filter=""):
    """The frame numbers that match a tshark display filter."""
    return [int(f) for (f,) in fields(path, filter, "frame.number")]


def fields(path, filter, *names, occurrence="f"):
    """One tuple of strings per matching frame; `occurrence` as in `tshark -E`."""
    argv = ["tshark", "-n", "-r", str(path), "-o", "tcp.desegment_tcp_streams:FALSE",
            "-T", "fields", "-E", f"occurrence={occurrence}", "-E", "separator=/t"]
    for name in names:
        argv += ["-e", name]
    if filter:
        argv += ["-Y", filter]
    return [tuple(line.split("\t")) for line in run(argv).splitlines()]
