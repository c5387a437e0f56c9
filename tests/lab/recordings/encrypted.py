"""A tunnel that encrypts, with the keys of its sessions."""

import base64
import re

from lab.recording import recording
from lab.net import run
from lab.topology import Lan

# A line of strace: the octets that a program took for a private key.
RANDOM_KEY = re.compile(r'getrandom\("((?:\\x[0-9a-f]{2}){32})", 32, 0\)\s*= 32')


class Tunnel(Lan):
    """Two hosts of a LAN with WireGuard in user space between them: 10.7.0.N/24 and
    2001:db8:7::N/64 on wgN. The ephemeral keys of `h1` are what strace sees it draw."""

    def __init__(self, scratch):
        super().__init__(hosts=2)
        self.scratch = scratch

    def _build(self):
        super()._build()
        self.private = {name: run(["wg", "genkey"]).strip() for name in ("h1", "h2")}
        self.public = {name: self._public(key) for name, key in self.private.items()}
        self.shared = run(["wg", "genpsk"]).strip()
        for name, peer in (("h1", "h2"), ("h2", "h1")):
            node = self[name]
            trace = f"strace -f -qq -x -s 64 -e trace=getrandom -o {self.trace} " if name == "h1" else ""
            node.spawn(f"{trace}env LOG_LEVEL=verbose wireguard-go -f {self.interface(name)}", "UAPI listener started")
            node.set_up(["wg", "set", self.interface(name), "listen-port", "51820", "private-key", self._file(self.private[name])])
            self.peer(name, peer)
            node.ip(f"link set {self.interface(name)} up")
            number = name[1]
            node.address(self.interface(name), f"10.7.0.{number}/24", f"2001:db8:7::{number}/64")

    @staticmethod
    def interface(name):
        """Not the same in both: `wg` finds it by a socket, which all namespaces share."""
        return f"wg{name[1:]}"

    @property
    def trace(self):
        return self.scratch / "strace"

    def _file(self, text):
        path = self.scratch / "key"
        path.write_text(text + "\n")
        return str(path)

    def _public(self, private):
        return run(["sh", "-c", f"wg pubkey < {self._file(private)}"]).strip()

    def peer(self, name, peer):
        """Make `peer` the peer of `name`, with no session."""
        node = self[name]
        node.set_up(["wg", "set", self.interface(name), "peer", self.public[peer], "remove"])
        node.set_up(["wg", "set", self.interface(name), "peer", self.public[peer], "endpoint", f"10.0.0.{peer[1]}:51820",
                     "allowed-ips", f"10.7.0.{peer[1]}/32,2001:db8:7::{peer[1]}/128,fe80::/10,ff00::/8",
                     "preshared-key", self._file(self.shared)])

    def key_log(self):
        """The keys of `h1`, a line each. What it drew for another purpose is no key of a session."""
        lines = [f"LOCAL_STATIC_PRIVATE_KEY={self.private['h1']}",
                 f"REMOTE_STATIC_PUBLIC_KEY={self.public['h2']}"]
        for drawn in RANDOM_KEY.findall(self.trace.read_text()):
            key = bytearray.fromhex(drawn.replace("\\x", ""))
            key[0] &= 248
            key[31] = key[31] & 127 | 64
            lines += [f"LOCAL_EPHEMERAL_PRIVATE_KEY={base64.b64encode(key).decode()}",
                      f"PRESHARED_KEY={self.shared}"]
        return "\n".join(lines) + "\n"


@recording("wireguard", "pings and a closed port in a WireGuard tunnel, with its keys",
           ["wireguard.pcap", "wireguard.pcapng", "wireguard.keys"])
def wireguard(take):
    with Tunnel(take.scratch) as net:
        take.note("h1 and h2 are joined by `wireguard-go`, with a pre-shared key; no key is used anywhere else")
        for name, peer in (("h1", "h2"), ("h2", "h1")):
            net.peer(name, peer)
        with take.capture(net["h1"], filter="udp"):
            four = take.ping(net["h1"], "-c 3 -i 0.2 10.7.0.2")
            six = take.ping(net["h1"], "-c 2 -i 0.2 2001:db8:7::2")
            take.tool(net["h1"], "sockets.py udp 10.7.0.2 9 --connected --count 1")
            net.peer("h1", "h2")
            net.peer("h2", "h1")
            back = take.ping(net["h2"], "-c 1 -s 1500 10.7.0.1")
        keys = take.path("wireguard.keys")
        keys.write_text(net.key_log())
    take.note("before the last ping both forget the session, so that h2 begins another one")
    take.note("`wireguard.keys` are h1's keys, the ephemeral ones as strace saw them drawn; "
              "in `wireguard.pcapng` editcap has put them into the capture")
    run(["editcap", "-F", "pcapng", "--inject-secrets", f"wg,{keys}", str(take.path()), str(take.path("wireguard.pcapng"))])
    inside = "wireguard.pcapng"
    take.true(f"IPv4: {four}")
    take.true(f"IPv6: {six}")
    take.true(f"from h2, in fragments: {back}")
    take.true(f"{take.expect('wg.type==1', 2)} handshakes; with the keys {take.expect('icmp.type==8', 4, inside)} + "
              f"{take.expect('icmpv6.type==128', 2, inside)} requests, {take.expect('icmp.type==0', 4, inside)} + "
              f"{take.expect('icmpv6.type==129', 2, inside)} replies (v4 + v6), "
              f"{take.expect('icmp.type==3', 1, inside)} port unreachable; without them {take.expect('icmp or icmpv6', 0)}")
