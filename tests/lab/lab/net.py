"""Network namespaces, the links between them and the programs inside them."""

import itertools
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

PROBES = Path(__file__).resolve().parent.parent / "probes"

_numbers = itertools.count(1)

# Limits that would make the kernel answer less often than the scenario says.
UNLIMITED = {
    "net.ipv4.icmp_ratelimit": 0,
    "net.ipv4.icmp_msgs_per_sec": 1_000_000,
    "net.ipv4.icmp_msgs_burst": 1_000_000,
    "net.ipv6.icmp.ratelimit": 0,
}

# Chatter that belongs to no recording: router solicitations, redirects nobody asked for.
QUIET = {
    "net.ipv6.conf.all.accept_dad": 0,
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv6.conf.default.router_solicitations": 0,
    "net.ipv6.conf.default.accept_ra": 0,
    "net.ipv4.conf.all.send_redirects": 0,
    "net.ipv4.conf.default.send_redirects": 0,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
}


class Result:
    """What a finished program printed, and its exit status."""

    def __init__(self, output, status):
        self.output = output
        self.status = status


def run(argv):
    """Run a program of the lab itself; a failure ends the recording."""
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Node:
    """One network namespace: a host, a router or a switch."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.netns = f"icmpdump-{os.getpid()}-{next(_numbers)}-{name}"
        self.ports = 0
        self.v4 = {}
        self.v6 = {}
        run(["ip", "netns", "add", self.netns])

    def argv(self, command):
        words = shlex.split(command) if isinstance(command, str) else list(command)
        if words[0].endswith(".py"):
            words = [sys.executable, "-B", str(PROBES / words[0])] + words[1:]
        return ["ip", "netns", "exec", self.netns] + words

    def set_up(self, command):
        """Configuration: must succeed, is not part of the transcript."""
        return run(self.argv(command))

    def ip(self, words):
        run(["ip", "-n", self.netns] + shlex.split(words))

    def sysctls(self, values):
        run(self.argv(["sysctl", "-qw"] + [f"{key}={value}" for key, value in values.items()]))

    def nft(self, rules):
        """Load a ruleset given as text."""
        done = subprocess.run(
            self.argv(["nft", "-f", "-"]), input=rules, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"nft in {self.name}: {done.stderr.strip()}")

    def nft_counters(self):
        """Packets counted by each named counter."""
        words = self.set_up("nft list counters").split()
        names = [words[i + 1] for i, word in enumerate(words) if word == "counter"]
        packets = [int(words[i + 1]) for i, word in enumerate(words) if word == "packets"]
        return dict(zip(names, packets))

    def address(self, interface, v4=None, v6=None):
        """Give an interface an address of each family, with prefix length."""
        if v4:
            self.ip(f"addr add {v4} dev {interface}")
            self.v4[interface] = v4.split("/")[0]
        if v6:
            self.ip(f"-6 addr add {v6} dev {interface} nodad")
            self.v6[interface] = v6.split("/")[0]

    def spawn(self, command, ready=None):
        """Start a program and leave it running until the lab closes.

        `ready` is a word to wait for in its output.
        """
        return self.lab.spawn(self.argv(command), ready)


class Lab:
    """The namespaces and background programs of one recording; a context manager."""

    def __init__(self):
        self.nodes = []
        self.programs = []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        for program in reversed(self.programs):
            stop(program)
        for node in reversed(self.nodes):
            subprocess.run(["ip", "netns", "del", node.netns], capture_output=True)

    def node(self, name, families=(4, 6), forward=False):
        node = Node(self, name)
        self.nodes.append(node)
        values = dict(UNLIMITED) | QUIET
        values["net.ipv6.conf.all.disable_ipv6"] = 0 if 6 in families else 1
        values["net.ipv6.conf.default.disable_ipv6"] = 0 if 6 in families else 1
        if forward:
            values["net.ipv4.ip_forward"] = 1
            values["net.ipv6.conf.all.forwarding"] = 1
        node.sysctls(values)
        node.ip("link set lo up")
        return node

    def link(self, left, left_port, right, right_port, mtu=1500, offload=True):
        """Join two nodes by a veth pair with fixed MAC addresses."""
        run(["ip", "link", "add", left_port, "netns", left.netns, "type", "veth",
             "peer", "name", right_port, "netns", right.netns])
        for node, port in ((left, left_port), (right, right_port)):
            number = self.nodes.index(node) + 1
            node.ports += 1
            node.ip(f"link set {port} address 02:00:00:00:{number:02x}:{node.ports:02x}")
            node.ip(f"link set {port} mtu {mtu}")
            if not offload:
                node.set_up(f"ethtool -K {port} tx off tso off gso off")
            node.ip(f"link set {port} up")

    def spawn(self, argv, ready=None):
        program = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
        )
        self.programs.append(program)
        seen = ""
        while ready and ready not in seen:
            line = program.stdout.readline()
            if not line:
                raise RuntimeError(f"{shlex.join(argv)} ended: {seen.strip()}")
            seen += line
        return program


def stop(program):
    """End a program started here and reap it."""
    if program.poll() is None:
        program.terminate()
        try:
            program.wait(5)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def settle(seconds):
    """Wait for what the kernel does on its own time, such as MLD reports on a new link."""
    time.sleep(seconds)
