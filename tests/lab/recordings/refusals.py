"""Closed ports, firewall rejects with every code, and errors for translated flows."""

from lab.recording import recording
from lab.topology import Chain

PORT_UNREACHABLE = {4: "icmp.type==3 && icmp.code==3", 6: "icmpv6.type==1 && icmpv6.code==4"}

# What nftables can send: code -> its name in `reject with`.
REJECT4 = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable", 3: "port-unreachable",
           9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited"}
REJECT6 = {0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 4: "port-unreachable",
           5: "policy-fail", 6: "reject-route"}
REJECTS = {4: ("icmp", REJECT4), 6: ("icmpv6", REJECT6)}

NAT = """
table inet nat {
  chain postrouting {
    type nat hook postrouting priority 100;
    oif "eth1" masquerade
  }
}
"""


def closed_port(take, family):
    with Chain(families=(family,)) as net:
        net.warm()
        take.note("nothing listens on b's UDP port 9")
        with take.capture(net["a"]):
            for port, kind in ((40001, "--connected"), (40002, ""), (40003, "--recverr")):
                said = take.tool(net["a"], f"sockets.py udp {net.b(family)} 9 {kind} --from {port}".replace("  ", " "))
                seen = "; ".join(said.output.splitlines()[1:])
                take.true(f"from port {port}, {kind.lstrip('-') or 'unconnected'}: {seen}")
    take.true(f"{take.some(PORT_UNREACHABLE[family])} port unreachable from b itself")


@recording("port-unreachable4", "UDP to a closed port from three kinds of socket, IPv4")
def port_unreachable4(take):
    closed_port(take, 4)


@recording("port-unreachable6", "UDP to a closed port from three kinds of socket, IPv6")
def port_unreachable6(take):
    closed_port(take, 6)


def reject_rules(family):
    """Port 6000 + code is rejected with that code, 6100 with a TCP reset; TCP and UDP alike."""
    kind, names = REJECTS[family]
    rules = [f"meta l4proto {{ tcp, udp }} th dport {6000 + code} reject with {kind} type {name}"
             for code, name in names.items()]
    rules.append("tcp dport 6100 reject with tcp reset")
    lines = "\n    ".join(rules)
    return f"table inet acl {{\n  chain forward {{\n    type filter hook forward priority 0;\n    {lines}\n  }}\n}}\n"


def rejects(take, family):
    kind, names = REJECTS[family]
    with Chain(families=(family,)) as net:
        net.warm()
        net["r1"].nft(reject_rules(family))
        take.note(f"r1 rejects port 6000 + code with that {kind} code, port 6100 with a TCP reset (nftables)")
        with take.capture(net["a"]):
            for code in names:
                udp = take.tool(net["a"], f"sockets.py udp {net.b(family)} {6000 + code} --connected --count 1")
                tcp = take.tool(net["a"], f"sockets.py tcp {net.b(family)} {6000 + code} --timeout 2.5")
                take.true(f"code {code}: UDP {udp.output.splitlines()[-1]}, TCP {tcp.output.strip()}")
            tcp = take.tool(net["a"], f"sockets.py tcp {net.b(family)} 6100 --timeout 2.5")
            take.true(f"TCP reset: {tcp.output.strip()}")
    for code in names:
        field = "icmp.type==3 && icmp.code" if family == 4 else "icmpv6.type==1 && icmpv6.code"
        take.some(f"{field}=={code}")


@recording("nft-reject4", "nftables rejects with every IPv4 code it knows, UDP and TCP")
def nft_reject4(take):
    rejects(take, 4)


@recording("nft-reject6", "nftables rejects with every IPv6 code it knows, UDP and TCP")
def nft_reject6(take):
    rejects(take, 6)


NAT_FILES = ["nat-inside.pcap", "nat-outside.pcap", "nat-both.pcap"]


@recording("nat", "source NAT at r1: the same ICMP errors seen inside, outside, and on both sides", NAT_FILES)
def nat(take):
    with Chain(families=(4,)) as net:
        net.warm()
        net["r1"].nft(NAT)
        net["r2"].nft(reject_rules(4))
        take.note("r1: `nft ... oif eth1 masquerade`; r2 rejects port 6013 (nftables); captured on a, on r2's eth0, "
                     "and on r1 with `-i any` before and after translation")
        inside, outside, both = NAT_FILES
        with take.capture(net["a"], file=inside), take.capture(net["r2"], file=outside), \
                take.capture(net["r1"], "any", "-y LINUX_SLL2", file=both):
            refused = take.tool(net["a"], f"sockets.py udp {net.b4()} 9 --connected --from 40009")
            rejected = take.tool(net["a"], f"sockets.py udp {net.b4()} 6013 --connected --from 40013")
            syn = take.tool(net["a"], f"sockets.py tcp {net.b4()} 6013 --from 40014 --timeout 3")
            take.tool(net["a"], f"traceroute -n -q 1 {net.b4()}")
            take.ping(net["a"], f"-c 2 -i 0.2 {net.b4()}")
    take.true(f"closed port 9: {'; '.join(refused.output.splitlines()[1:])}")
    take.true(f"rejected port 6013: UDP {'; '.join(rejected.output.splitlines()[1:])}, TCP {syn.output.strip()}")
    for file, address in ((inside, "10.0.1.1"), (outside, "10.0.2.1")):
        quoted = "icmp.type==3 && udp.dstport==9"
        sources = {s.split(",")[-1] for (s,) in take.all_fields(quoted, "ip.src", file=file)}
        if sources != {address}:
            raise RuntimeError(f"{file}: quoted source {sources}")
        take.true(f"in `{file}` the quoted source is {address}")
