"""Neighbor discovery, router advertisements and multicast listeners: ordinary IPv6 traffic."""

import struct
import time

from lab import packets
from lab.recording import recording
from lab.topology import Lan

ALL_NODES = "ff02::1"


def router_advertisement(src):
    """Hop limit 64, lifetime 1800 s; link-layer address, MTU, prefix, RDNSS, DNSSL, route."""
    options = bytes([1, 1]) + bytes.fromhex("020000000301")
    options += struct.pack("!BBHI", 5, 1, 0, 1500)
    options += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + packets.packed("2001:db8:5::")
    options += struct.pack("!BBHI", 25, 3, 0, 600) + packets.packed("2001:db8:5::53")
    options += struct.pack("!BBHI", 31, 3, 0, 600) + b"\x03lab\x07example\x00".ljust(16, b"\0")
    options += struct.pack("!BBBBI", 24, 2, 48, 0, 1800) + packets.packed("2001:db8:77::")[:8]
    message = packets.icmpv6(src, ALL_NODES, 134, 0, struct.pack("!BBH", 64, 0, 1800),
                             struct.pack("!II", 0, 0) + options)
    return packets.ether("33:33:00:00:00:01", "02:00:00:00:03:01", 0x86DD,
                         packets.ipv6(src, ALL_NODES, packets.ICMPV6, message, hop_limit=255))


def usable(host, address):
    """Wait until nobody objected to the address: before that, packets go out from another one."""
    deadline = time.monotonic() + 10
    while address not in host.set_up("ip -6 -o addr show dev eth0 -tentative"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{address} stays tentative")
        time.sleep(0.1)


@recording("neighbor-discovery", "a host comes up: DAD, router solicitation and advertisement, "
                                 "resolution, a neighbor that is gone, MLD")
def neighbor_discovery(take):
    with Lan(hosts=3, families=(6,)) as net:
        host = net["h1"]
        host.sysctls({"net.ipv6.conf.eth0.accept_dad": 1, "net.ipv6.conf.eth0.accept_ra": 1,
                      "net.ipv6.conf.eth0.router_solicitations": 2,
                      "net.ipv6.conf.eth0.router_solicitation_interval": 2})
        host.ip("link set eth0 down")
        # Its link shows the host coming up, so capture where the link stays: on the bridge port.
        with take.capture(net.switch, "br0"):
            take.note("h1's link goes up; h2 multicasts a router advertisement (raw frame)")
            net.switch.ip("link set br0 promisc on")
            host.ip("link set eth0 up")
            time.sleep(1)
            net["h2"].set_up(["inject.py", "frame", "eth0", router_advertisement("fe80::ff:fe00:301").hex()])
            time.sleep(3)
            host.ip("-6 addr add 2001:db8::1/64 dev eth0")
            usable(host, "2001:db8::1")
            ping = take.ping(host, "-c 2 -i 0.2 2001:db8::3")
            take.ping(host, "-c 1 -W 4 2001:db8::dead")
        addresses = [w.split("/")[0] for w in host.set_up("ip -6 -o addr show dev eth0 dynamic").split() if "/" in w]
    take.true(str(ping))
    for kind, name in ((133, "router solicitations"), (134, "router advertisement"),
                       (135, "neighbor solicitations"), (136, "neighbor advertisements"), (143, "MLDv2 reports")):
        take.true(f"{take.some(f'icmpv6.type=={kind}')} {name}")
    take.true(f"h1 took {addresses[0]} from the advertised prefix" if addresses else "no address taken")


@recording("mld", "multicast listeners join and leave; a bridge queries")
def mld(take):
    with Lan(hosts=3, families=(6,)) as net:
        net.switch.sysctls({"net.ipv6.conf.all.disable_ipv6": 0, "net.ipv6.conf.br0.disable_ipv6": 0})
        time.sleep(2.5)
        with take.capture(net["h1"]):
            take.note("the bridge is an MLDv2 querier; h2 joins ff15::1234, then a source of ff35::8000:1, and leaves")
            net.switch.ip("link set br0 type bridge mcast_mld_version 2 mcast_snooping 1 mcast_querier 1")
            take.tool(net["h2"], "groups.py eth0 ff15::1234 --seconds 1.5")
            take.tool(net["h2"], "groups.py eth0 ff35::8000:1 --source 2001:db8::1 --seconds 1.5")
            time.sleep(3)
    take.true(f"{take.some('icmpv6.type==130')} queries, {take.some('icmpv6.type==143')} MLDv2 reports")
