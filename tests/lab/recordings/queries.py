"""The other questions ICMP can ask, and the errors about malformed packets."""

import struct

from lab import packets
from lab.recording import recording
from lab.topology import Chain, Lan


@recording("timestamp4", "ICMP timestamp requests, answered")
def timestamp4(take):
    with Lan(hosts=2, families=(4,)) as net:
        with take.capture(net["h1"]):
            said = take.tool(net["h1"], "hping3 -n --icmp --icmp-ts -c 3 -i u200000 10.0.0.2")
    received = said.output.count("ICMP timestamp: Originate")
    take.true(f"{take.expect('icmp.type==13', 3)} requests, "
                 f"{take.expect('icmp.type==14', received)} replies as hping3 printed")


@recording("address-mask4", "address mask requests that nobody answers")
def address_mask4(take):
    with Lan(hosts=2, families=(4,)) as net:
        with take.capture(net["h1"]):
            take.tool(net["h1"], "timeout 3 hping3 -n --icmp --icmp-addr -c 2 -i u200000 10.0.0.2")
    take.true(f"{take.expect('icmp.type==17', 2)} requests, {take.expect('icmp.type==18', 0)} replies")


def send(take, node, what, *built, every=0.2):
    """Inject packets; the transcript names them, the command line would be hex."""
    take.note(f"{node.name} sends {what} (raw socket)")
    node.set_up(["inject.py", "--every", str(every), "ip"] + [packet.hex() for packet in built])


@recording("extended-echo4", "extended echo requests (RFC 8335) to a kernel that answers them")
def extended_echo4(take):
    def probe(seq, local, kind, value):
        extension = struct.pack("!HBB", 4 + len(value), 3, kind) + value
        head = struct.pack("!BBH", 0x20, 0, 0)
        structure = head[:2] + struct.pack("!H", packets.checksum(head + extension)) + extension
        message = packets.icmp(42, 0, struct.pack("!HBB", 0x1CD0, seq, local), structure)
        return packets.ipv4("10.0.0.1", "10.0.0.2", packets.ICMP, message)

    address = struct.pack("!HBB", 1, 4, 0)
    with Lan(hosts=2, families=(4,)) as net:
        net["h2"].sysctls({"net.ipv4.icmp_echo_enable_probe": 1})
        take.note("h2: `sysctl net.ipv4.icmp_echo_enable_probe=1`")
        with take.capture(net["h1"]):
            send(take, net["h1"], "extended echo requests for eth0 by name, ifindex 1, 10.0.0.2, and nosuch0 by name",
                 probe(1, 1, 1, b"eth0"), probe(2, 1, 2, struct.pack("!I", 1)),
                 probe(3, 1, 3, address + packets.packed("10.0.0.2")), probe(4, 1, 1, b"nosuch0\0"))
    codes = [code for (code,) in take.fields("icmp.type==43", "icmp.code")]
    take.true(f"{take.expect('icmp.type==42', 4)} requests, {len(codes)} replies with codes {', '.join(codes)}")


@recording("protocol-unreachable4", "an IP protocol that the host does not know")
def protocol_unreachable4(take):
    with Chain(families=(4,)) as net:
        net.warm()
        with take.capture(net["a"]):
            send(take, net["a"], "two packets of protocol 253",
                 packets.ipv4("10.0.1.1", net.b4(), 253, b"experiment one", ident=101),
                 packets.ipv4("10.0.1.1", net.b4(), 253, b"experiment two", ident=102))
    take.true(f"{take.expect('icmp.type==3 && icmp.code==2', 2)} protocol unreachable from b")


@recording("parameter-problem4", "IPv4 options that break their own length")
def parameter_problem4(take):
    with Chain(families=(4,)) as net:
        net.warm()
        datagram = packets.udp("10.0.1.1", net.b4(), 40001, 9, b"bad options")
        bad = bytes([7, 7, 6, 0, 0, 0, 0, 0])  # record route: the pointer stands inside an address
        with take.capture(net["a"]):
            # The sending kernel checks options too: hand the frame straight to the wire.
            frame = packets.ether("02:00:00:00:02:01", "02:00:00:00:01:01", 0x0800,
                                  packets.ipv4("10.0.1.1", net.b4(), packets.UDP, datagram, ident=103, options=bad))
            take.note("a sends a UDP packet whose record route option has length 7 and pointer 6 (raw frame)")
            net["a"].set_up(["inject.py", "frame", "eth0", frame.hex()])
    pointers = [p for (p,) in take.fields("icmp.type==12", "icmp.pointer")]
    take.expect("icmp.type==12", 1)
    take.true(f"one parameter problem from r1, pointer {pointers[0]}")


@recording("parameter-problem6", "an unknown next header, and an option that must be understood")
def parameter_problem6(take):
    with Chain(families=(6,)) as net:
        net.warm()
        a, b = "2001:db8:1::1", net.b6()
        option = bytes([59, 0, 0x9E, 4, 0, 0, 0, 0])  # no next header; option type with action bits 10
        with take.capture(net["a"]):
            send(take, net["a"], "next header 253, then a destination option of type 0x9e",
                 packets.ipv6(a, b, 253, b"experiment"), packets.ipv6(a, b, 60, option))
    take.true(f"{take.expect('icmpv6.type==4 && icmpv6.code==1', 1)} parameter problem code 1 (next header) and "
                 f"{take.expect('icmpv6.type==4 && icmpv6.code==2', 1)} code 2 (option) from b")


@recording("reassembly-timeout4", "a fragmented datagram whose second fragment never comes, IPv4")
def reassembly_timeout4(take):
    with Chain(families=(4,)) as net:
        net.warm()
        net["b"].sysctls({"net.ipv4.ipfrag_time": 2})
        take.note("b: `sysctl net.ipv4.ipfrag_time=2`")
        datagram = packets.udp("10.0.1.1", net.b4(), 40001, 7000, b"." * 1400)[:1000]
        with take.capture(net["a"]):
            send(take, net["a"], "the first fragment of a UDP datagram and not the second",
                 packets.ipv4("10.0.1.1", net.b4(), packets.UDP, datagram, ident=104, flags=0x2000))
            take.tool(net["a"], "sleep 3")
    take.true(f"{take.expect('icmp.type==11 && icmp.code==1', 1)} time exceeded code 1 from b, two seconds later")


@recording("reassembly-timeout6", "a fragmented datagram whose second fragment never comes, IPv6")
def reassembly_timeout6(take):
    with Chain(families=(6,)) as net:
        net.warm()
        net["b"].sysctls({"net.ipv6.ip6frag_time": 2})
        take.note("b: `sysctl net.ipv6.ip6frag_time=2`")
        a, b = "2001:db8:1::1", net.b6()
        datagram = packets.udp(a, b, 40001, 7000, b"." * 1400)[:1000]
        fragment = struct.pack("!BBHI", packets.UDP, 0, 1, 0xABCD) + datagram
        with take.capture(net["a"]):
            send(take, net["a"], "the first fragment of a UDP datagram and not the second",
                 packets.ipv6(a, b, 44, fragment))
            take.tool(net["a"], "sleep 3")
    take.true(f"{take.expect('icmpv6.type==3 && icmpv6.code==1', 1)} time exceeded code 1 from b, two seconds later")
