"""What the tools printed, as numbers."""

import re
from dataclasses import dataclass


@dataclass
class Ping:
    """The closing lines of iputils ping."""

    sent: int
    received: int
    duplicates: int
    errors: int
    corrupted: int
    rtt_min_ms: float | None
    rtt_avg_ms: float | None
    rtt_max_ms: float | None

    @property
    def lost(self):
        return self.sent - self.received

    def __str__(self):
        text = f"ping counts {self.sent} sent, {self.received} received, {self.lost} without reply"
        if self.duplicates:
            text += f", {self.duplicates} duplicates"
        if self.errors:
            text += f", {self.errors} errors"
        if self.corrupted:
            text += f", {self.corrupted} of the received with wrong data"
        return text


def ping(output):
    counts = re.search(
        r"(\d+) packets transmitted, (\d+) received(?:, \+(\d+) duplicates)?"
        r"(?:, \+\d+ corrupted)?(?:, \+(\d+) errors)?", output)
    rtt = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", output)
    return Ping(
        int(counts[1]), int(counts[2]), int(counts[3] or 0), int(counts[4] or 0),
        output.count("wrong data byte"),
        *(float(rtt[i]) if rtt else None for i in (1, 2, 3)),
    )


@dataclass
class Fping:
    """One line of `fping -q -c N`."""

    target: str
    sent: int
    received: int


def fping(output):
    return [
        Fping(m[1], int(m[2]), int(m[3]))
        for m in re.finditer(r"^(\S+)\s+: xmt/rcv/%loss = (\d+)/(\d+)/", output, re.M)
    ]


def traceroute(output):
    """Router per hop, `*` where nobody answered."""
    hops = []
    for line in output.splitlines():
        found = re.match(r"\s*\d+\s+(.*)", line)
        if found:
            router = re.search(r"(?:^|\s)([0-9a-f]+[.:][0-9a-f.:]+)(?=\s|$)", found[1])
            hops.append(router[1] if router else "*")
    return hops


@dataclass
class MtrHop:
    router: str
    loss_percent: float
    sent: int


def mtr(output):
    """The rows of `mtr -n -r`."""
    return [
        MtrHop(m[1], float(m[2]), int(m[3]))
        for m in re.finditer(r"^\s*\d+\.\|-- (\S+)\s+([\d.]+)%?\s+(\d+)\s", output, re.M)
    ]
