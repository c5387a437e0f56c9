"""One scenario: a capture and what is true in it, as TOML."""

import re
import shutil
import tempfile
import time
from pathlib import Path

from . import errors, toml, tools
from .recording import RECORDINGS, TESTDATA, Take

SCENARIOS = TESTDATA / "scenarios"

# What ping measured and what the capture shows may differ by this.
RTT_TOLERANCE_MS = 0.2

# Silence after the last request before the capture's last frame: a request without a reply by
# then is lost and not pending.
TAIL_SECONDS = 2.0


def scenario(name, title, *, offload, expected=(), not_expected=(), max_severity=None,
             crafted=None, point="a, eth0", note=None):
    """Register a function as `scenarios/NAME`, which fills testdata/scenarios/NAME/.

    `offload` is the transmit offload of every interface while it is recorded. `expected` and
    `not_expected` name findings; `max_severity` caps all of them. `crafted` says what in it no
    kernel sent. The function gets an `Incident`.
    """

    def register(function):
        RECORDINGS[f"scenarios/{name}"] = Scenario(name, title, function, {
            "title": title, "offload": "on" if offload else "off", "point": point,
            "crafted": crafted, "note": note, "expected": list(expected),
            "not_expected": list(not_expected), "max_severity": max_severity,
        })
        return function

    return register


class Scenario:
    def __init__(self, name, title, function, head):
        self.name = name
        self.title = title
        self.function = function
        self.head = head
        self.files = ["capture.pcap"]

    def record(self):
        """Run it in a scratch folder; replace its folder only if all went well."""
        with tempfile.TemporaryDirectory(prefix="icmpdump-lab-") as scratch:
            incident = Incident(self, Path(scratch))
            self.function(incident)
            truth = incident.truth()
            folder = SCENARIOS / self.name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(incident.path(), folder / "capture.pcap")
            (folder / "truth.toml").write_text(truth)
            (folder / "transcript.txt").write_text("\n".join(incident.transcript))


class Incident(Take):
    """What a scenario function works with: runs tools and keeps what they said as rows."""

    def __init__(self, subject, scratch):
        super().__init__(subject, scratch)
        self.rows = {"ping": [], "transfer": [], "path": [], "redirect": [], "counter": []}
        self.sockets = {}
        self.aftermaths = {}
        self.hops = None
        self.copies = 1
        self.matched = None
        self.drops_listed = True
        self.next_id = 100

    @property
    def offload(self):
        return self.subject.head["offload"] == "on"

    def chain(self, net, seen_from="a"):
        """Remember how many hops each node is from where the capture sees packets leave."""
        start = list(net.by_name).index(seen_from)
        self.hops = {address: number - start for number, node in enumerate(net.chain)
                     for address in [*node.v4.values(), *node.v6.values()]}

    def pinging(self, node, src, dst, words, late=0):
        """Run ping with a known identifier and record what it printed."""
        self.next_id += 1
        said = self.ping(node, f"-e {self.next_id} {words} {dst}")
        self.ping_row(src, dst, self.next_id, said, late)
        return said

    def ping_row(self, src, dst, ident, said, late=0):
        """`late` replies are in the capture, but came when ping had ended."""
        self.rows["ping"].append({
            "src": src, "dst": dst, "id": ident, "sent": said.sent, "received": said.received,
            "errors": said.errors, "late": late, "lost": said.lost - said.errors - late,
            "duplicates": said.duplicates, "corrupted": said.corrupted,
            "rtt_min_ms": said.rtt_min_ms, "rtt_avg_ms": said.rtt_avg_ms, "rtt_max_ms": said.rtt_max_ms,
        })

    def translated_ping_row(self, src, dst, ident, said):
        """The same ping where another address stands for the sender; no RTT of ping's holds there."""
        self.ping_row(src, dst, ident, said)
        for name in ("rtt_min_ms", "rtt_avg_ms", "rtt_max_ms"):
            self.rows["ping"][-1][name] = None

    def counted_ping_row(self, src, dst, ident, after=0, upto=1 << 31):
        """A ping whose own counts are wrong: count the frames between two frame numbers instead."""
        frames = f"frame.number > {after} && frame.number < {upto}"
        request, reply = self.echo_filters(src, dst, ident)
        sent, received = self.some(f"{frames} && {request}"), self.some(f"{frames} && {reply}")
        self.rows["ping"].append({
            "src": src, "dst": dst, "id": ident, "sent": sent, "received": received, "errors": 0,
            "late": 0, "lost": sent - received, "duplicates": 0, "corrupted": 0})

    @staticmethod
    def echo_filters(src, dst, ident):
        """Display filters of a ping's requests and replies."""
        if ":" in src:
            common = f"icmpv6.echo.identifier == {ident}"
            return (f"icmpv6.type == 128 && ipv6.src == {src} && ipv6.dst == {dst} && {common}",
                    f"icmpv6.type == 129 && ipv6.src == {dst} && ipv6.dst == {src} && {common}")
        common = f"icmp.ident == {ident}"
        return (f"icmp.type == 8 && ip.src == {src} && ip.dst == {dst} && {common}",
                f"icmp.type == 0 && ip.src == {dst} && ip.dst == {src} && {common}")

    def check_ping(self, row):
        """Ping's RTTs must be the capture's, or the recording was disturbed."""
        if row.get("rtt_min_ms") is None or row["duplicates"] or row["late"] or self.copies > 1:
            return
        seq = "icmpv6.echo.sequence_number" if ":" in row["src"] else "icmp.seq"
        asked, answered = (dict(reversed(self.fields(filter, seq, "frame.time_epoch")))
                           for filter in self.echo_filters(row["src"], row["dst"], row["id"]))
        if not asked:
            return  # captured where only one direction passes
        rtts = [(float(answered[n]) - float(asked[n])) * 1000 for n in answered if n in asked]
        if len(asked) != row["sent"] or not rtts:
            return
        for name, found in (("min", min(rtts)), ("avg", sum(rtts) / len(rtts)), ("max", max(rtts))):
            if abs(found - row[f"rtt_{name}_ms"]) > RTT_TOLERANCE_MS:
                raise RuntimeError(f"{self.subject.name}: ping's rtt {name} {row[f'rtt_{name}_ms']} ms, capture {found:.3f} ms")

    def tail(self, node, src, dst):
        """Let the capture run on, and end it with one answered ping."""
        time.sleep(TAIL_SECONDS)
        self.pinging(node, src, dst, "-c 1 -W 2")

    def socket(self, node, kind, dst, port, source_port, count=1, words=""):
        """Run one socket of a kind and keep the errno it got, by its source port.

        Kinds: tcp_connecting, udp_connected, udp_unconnected, udp_recverr.
        """
        option = {"udp_connected": " --connected", "udp_recverr": " --recverr"}.get(kind, "")
        count_option = f" --count {count}" if kind != "tcp_connecting" else ""
        said = self.tool(
            node, f"sockets.py {kind[:3]} {dst} {port}{option} --from {source_port}{count_option} {words}".rstrip()).output
        seen = re.findall(r"(?:recv|connect|send \d+|error queue): (E[A-Z]+)", said)
        self.sockets[source_port] = (kind, seen[-1] if seen else "none")
        return said

    def transfer(self, node, src, dst, port, size, source_port, words=""):
        """Send a TCP stream; keep what was delivered."""
        said = self.tool(node, f"stream.py send {dst} {port} {size} --from {source_port} {words}".rstrip()).output
        delivered = re.search(r"server got (\d+)", said)
        segments = [int(n) for n in re.findall(r"segment size (\d+)", said)]
        errno = re.search(r"^(?:send|recv|connect): (E[A-Z]+)", said, re.M)
        self.rows["transfer"].append({
            "src": src, "src_port": source_port, "dst": dst, "dst_port": port, "bytes": size,
            "delivered": int(delivered[1]) if delivered else 0,
            "segment_size_at_connect": segments[0] if segments else None,
            "segment_size_at_end": segments[1] if len(segments) > 1 else None,
            "errno": errno[1] if errno else None,
        })
        self.sockets[source_port] = ("tcp_established", errno[1] if errno else "none")
        return self.rows["transfer"][-1]

    def trace(self, dst, protocol, output):
        hops = tools.traceroute(output)
        self.rows["path"].append({"dst": dst, "protocol": protocol, "hops": hops, "reached": hops[-1] == dst})

    def mtr(self, node, dst, words):
        """Run mtr in report mode; one row with what it counted per hop."""
        hops = tools.mtr(self.tool(node, f"mtr -n -r {words} {dst}").output)
        self.rows["path"].append({
            "dst": dst, "protocol": "icmp", "hops": [hop.router.replace("???", "*") for hop in hops],
            "reached": hops[-1].router == dst, "sent": [hop.sent for hop in hops],
            "loss_percent": [hop.loss_percent for hop in hops],
        })

    def redirected(self, router, host, gateway, dst, obeyed):
        self.rows["redirect"].append({"router": router, "host": host, "gateway": gateway, "dst": dst, "obeyed": obeyed})

    def aftermath(self, source_port, outcome):
        """What became of the flow from this port; see testdata/scenarios/README.md."""
        self.aftermaths[source_port] = outcome

    def counted(self, node, what):
        """Keep an nftables counter named `dropped`; returns it."""
        packets = node.nft_counters()["dropped"]
        self.rows["counter"].append({"node": node.name, "what": what, "packets": packets})
        return packets

    def drops(self):
        rows = errors.drops(self.path())
        for row in rows:
            kind, errno = self.sockets.get(row.get("src_port"), (None, None))
            row["count"] //= self.copies
            row["hops"] = self.hops.get(row["dropper"]) if self.hops else None
            row["match"] = self.matched
            row["socket"], row["errno"] = kind, errno
            row["aftermath"] = self.aftermaths.get(row.get("src_port"))
        return rows

    def truth(self):
        head = {key: value for key, value in self.subject.head.items() if value is not None}
        head["frames"] = self.count("")
        head["drops_listed"] = self.drops_listed
        for row in self.rows["ping"]:
            self.check_ping(row)
        rows = dict(self.rows)
        rows["drop"] = self.drops() if self.drops_listed else []
        return toml.document(head | {name: found for name, found in rows.items() if found})
