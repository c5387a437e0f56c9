"""The same packets on other link layers: tags, cooked, raw IP, loopback, VXLAN, several at once."""

from lab import packets
from lab.recording import recording
from lab.topology import Chain, Lan

H1, H2 = "02:00:00:00:02:01", "02:00:00:00:03:01"
CUSTOMER, SERVICE = 0x8100, 0x88A8


def tagged(take, tags, text):
    """Echo requests from h1 and replies from h2 as raw frames; the kernel here knows no VLAN."""
    with Lan(hosts=2) as net:
        v4, v6 = ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")
        take.note(f"h1 sends echo requests, h2 the replies, IPv4 and IPv6, as raw frames {text}; "
                     "then h2 sends port unreachable for a UDP packet of h1")
        with take.capture(net["h1"]):
            for seq in (1, 2):
                for node, dst, src, (request, six, a, b) in (
                    (net["h1"], H2, H1, (8, 128, 0, 1)), (net["h2"], H1, H2, (0, 129, 1, 0)),
                ):
                    four = packets.ipv4(v4[a], v4[b], packets.ICMP, packets.echo(request, 77, seq), ident=seq)
                    frame6 = packets.ipv6(v6[a], v6[b], packets.ICMPV6, packets.echo6(v6[a], v6[b], six, 78, seq))
                    frames = [packets.ether(dst, src, 0x0800, four, tags), packets.ether(dst, src, 0x86DD, frame6, tags)]
                    node.set_up(["inject.py", "--every", "0.01", "frame", "eth0"] + [f.hex() for f in frames])
            question = packets.ipv4(v4[0], v4[1], packets.UDP, packets.udp(v4[0], v4[1], 40001, 9, b"anyone?"), ident=7)
            error = packets.icmp(3, 3, bytes(4), question)
            answer = packets.ipv4(v4[1], v4[0], packets.ICMP, error, ident=8)
            net["h1"].set_up(["inject.py", "frame", "eth0", packets.ether(H2, H1, 0x0800, question, tags).hex()])
            net["h2"].set_up(["inject.py", "frame", "eth0", packets.ether(H1, H2, 0x0800, answer, tags).hex()])
    outer, inner = take.all_fields("icmp.type==8", "ieee8021ad.id", "vlan.id")[0]
    take.true(f"VLAN ids from the outside in: {', '.join(filter(None, (outer, inner)))}")
    take.true(f"{take.expect('icmp.type==8', 2)} + {take.expect('icmpv6.type==128', 2)} requests, "
                 f"{take.expect('icmp.type==0', 2)} + {take.expect('icmpv6.type==129', 2)} replies (v4 + v6), "
                 f"{take.expect('icmp.type==3', 1)} port unreachable, every frame tagged "
                 f"({take.count('vlan')} frames)")


@recording("vlan", "802.1Q tagged frames")
def vlan(take):
    tagged(take, [(CUSTOMER, 10)], "with tag 10")


@recording("qinq", "802.1ad frames with two tags")
def qinq(take):
    tagged(take, [(SERVICE, 200), (CUSTOMER, 10)], "with service tag 200 and customer tag 10")


def cooked(take, link_type):
    with Chain() as net:
        net.warm()
        with take.capture(net["r1"], "any", f"-y {link_type}"):
            four = take.ping(net["a"], f"-c 2 -i 0.2 {net.b4()}")
            six = take.ping(net["a"], f"-c 2 -i 0.2 {net.b6()}")
            take.tool(net["a"], f"sockets.py udp {net.b4()} 9 --connected --count 1")
            take.ping(net["r1"], "-c 1 127.0.0.1")
    take.note(f"captured on r1 with `tcpdump -i any -y {link_type}`")
    take.true(f"IPv4: {four}")
    take.true(f"IPv6: {six}")
    take.true(f"every forwarded packet is there twice, in and out: {take.expect('icmp.type==8 && ip.dst==10.0.3.2', 4)} "
                 "IPv4 echo requests for 2 sent")


@recording("cooked-v1", "Linux cooked capture v1 on a router")
def cooked_v1(take):
    cooked(take, "LINUX_SLL")


@recording("cooked-v2", "Linux cooked capture v2 on a router")
def cooked_v2(take):
    cooked(take, "LINUX_SLL2")


@recording("loopback", "ping and a closed port on the loopback interface, IPv4 and IPv6")
def loopback(take):
    with Lan(hosts=1) as net:
        with take.capture(net["h1"], "lo"):
            four = take.ping(net["h1"], "-c 2 -i 0.2 127.0.0.1")
            six = take.ping(net["h1"], "-c 2 -i 0.2 ::1")
            take.tool(net["h1"], "sockets.py udp 127.0.0.1 9 --connected --count 1")
            take.tool(net["h1"], "sockets.py udp ::1 9 --connected --count 1")
    take.true(f"IPv4: {four}")
    take.true(f"IPv6: {six}")
    take.true(f"{take.expect('icmp.type==3', 1)} + {take.expect('icmpv6.type==1', 1)} port unreachable")


class TunPair(Lan):
    """Two hosts joined by a LAN and by tun devices: 10.8.0.N/24 and 2001:db8:8::N/64 on tun0."""

    def __init__(self):
        super().__init__(hosts=2)

    def _build(self):
        super()._build()
        h1, h2 = self["h1"], self["h2"]
        h1.spawn(f"tuncable.py tun0 {h1.netns} {h2.netns} --delay 1", "ready")
        for number, node in ((1, h1), (2, h2)):
            node.ip("link set tun0 up")
            node.address("tun0", f"10.8.0.{number}/24", f"2001:db8:8::{number}/64")


@recording("tun", "raw IP without a link layer, on a tun device")
def tun(take):
    with TunPair() as net:
        take.note("h1 and h2 are joined by tun devices, 1 ms each way")
        with take.capture(net["h1"], "tun0"):
            four = take.ping(net["h1"], "-c 3 -i 0.2 10.8.0.2")
            six = take.ping(net["h1"], "-c 3 -i 0.2 2001:db8:8::2")
            take.tool(net["h1"], "sockets.py udp 10.8.0.2 9 --connected --count 1")
    take.true(f"IPv4: {four}")
    take.true(f"IPv6: {six}")
    take.expect("icmp.type==3", 1)


@recording("two-links", "one pcapng with two interfaces of different link type", ["two-links.pcapng"])
def two_links(take):
    with TunPair() as net:
        with take.dumpcap(net["h1"], ["eth0", "tun0"]):
            eth = take.ping(net["h1"], "-c 3 -i 0.2 10.0.0.2")
            raw = take.ping(net["h1"], "-c 3 -i 0.2 10.8.0.2")
            take.ping(net["h1"], "-c 2 -i 0.2 2001:db8:8::2")
    take.note("captured with `dumpcap -i eth0 -i tun0`")
    take.true(f"eth0: {eth}")
    take.true(f"tun0: {raw}")
    take.true(f"{take.expect('icmp && ip.addr==10.0.0.2', 6)} ICMP frames on eth0, "
                 f"{take.expect('icmp && ip.addr==10.8.0.2', 6)} on tun0")


@recording("vxlan", "ping inside VXLAN, and a port unreachable inside it")
def vxlan(take):
    with Lan(hosts=2) as net:
        for number, peer in ((1, 2), (2, 1)):
            node = net[f"h{number}"]
            node.ip(f"link add vx0 type vxlan id 42 local 10.0.0.{number} remote 10.0.0.{peer} dstport 4789 dev eth0")
            node.ip(f"link set vx0 address 02:00:00:00:42:0{number} up")
            node.address("vx0", f"10.42.0.{number}/24", f"2001:db8:42::{number}/64")
        take.note("h1 and h2 share VXLAN 42 over their LAN; captured on h1's eth0")
        with take.capture(net["h1"]):
            four = take.ping(net["h1"], "-c 3 -i 0.2 10.42.0.2")
            six = take.ping(net["h1"], "-c 3 -i 0.2 2001:db8:42::2")
            take.tool(net["h1"], "sockets.py udp 10.42.0.2 9 --connected --count 1")
    take.true(f"IPv4: {four}")
    take.true(f"IPv6: {six}")
    take.true(f"{take.expect('vxlan.vni==42 && icmp.type==8', 3)} IPv4 requests inside VXLAN 42")
    take.expect("vxlan.vni==42 && icmp.type==3", 1)
