"""The README's capture: one host whose traffic vanishes for seven reasons at once."""

from lab import tools
from lab.recording import recording
from lab.topology import Chain

LOSS = """
table inet lossy {
  counter dropped { }
  chain forward {
    type filter hook forward priority 0;
    ip protocol icmp icmp type echo-reply numgen inc mod 5 == 2 counter name dropped drop
  }
}
"""

ACL = """
table inet acl {
  chain forward {
    type filter hook forward priority 0;
    ip protocol tcp tcp dport 443 reject with icmp type admin-prohibited
    meta nfproto ipv6 tcp dport 443 reject with icmpv6 type admin-prohibited
  }
}
"""

# A host firewall that "blocks ICMP": the quoted destination port stands 30 octets into the message.
BLIND = """
table inet blind {
  chain input {
    type filter hook input priority 0;
    icmp type destination-unreachable icmp code frag-needed @th,240,16 8443 drop
  }
}
"""


@recording("demo", "one host whose traffic vanishes for seven reasons at once (the README's example)")
def demo(take):
    with Chain(routers=3, mtus={3: 1400}, cables={2: "--delay 4 --jitter 1"}) as net:
        a, b4, b6 = net["a"], net.b4(), net.b6()
        net.warm()
        net["r1"].nft(LOSS)
        net["r2"].nft(ACL)
        a.nft(BLIND)
        net["r2"].ip("route add 10.99.0.0/24 via 10.0.2.1")
        net["r3"].ip("-6 route add unreachable 2001:db8:66::/64")
        for port in (8443, 5001):
            net["b"].spawn(f"stream.py serve {port}", "ready")
        take.note("r1 drops every fifth echo reply; r2 rejects port 443 (admin-prohibited) and sends 10.99.0.0/24 "
                     "back to r1; link r2 to r3 has MTU 1400; r3 has an `unreachable` route for 2001:db8:66::/64; "
                     "a's own firewall drops fragmentation-needed about port 8443; 4 to 5 ms each way between r1 and r2")
        with take.capture(a):
            ping = take.ping(a, f"-c 10 -i 0.1 -W 1 {b4}")
            six = take.ping(a, f"-c 2 -i 0.1 {b6}")
            trace = take.tool(a, f"traceroute -n -q 1 -N 1 {b4}")
            works = take.tool(a, f"stream.py send {b6} 5001 4000 --from 40501")
            dies = take.tool(a, f"stream.py send {b4} 8443 4000 --from 40843 --timeout 3")
            acl = take.tool(a, f"sockets.py tcp {b4} 443 --from 40443")
            acl6 = take.tool(a, f"sockets.py tcp {b6} 443 --from 40446")
            dns = take.tool(a, f"sockets.py udp {b4} 53 --connected --from 40053")
            gone = take.tool(a, "sockets.py udp 2001:db8:66::53 53 --connected --count 1 --from 40056")
            loop = take.ping(a, "-c 2 -i 0.2 -W 1 10.99.0.9")
        dropped = net["r1"].nft_counters()["dropped"]
    if ping.lost != dropped:
        raise RuntimeError(f"ping lost {ping.lost}, nftables dropped {dropped}")
    take.true(f"to {b4}: {ping}, dropped by r1 (nftables counted {dropped})")
    take.true(f"to {b6}: {six}")
    take.true(f"traceroute hops: {', '.join(tools.traceroute(trace.output))}")
    take.true(f"TCP over IPv6 to port 5001: {works.output.splitlines()[-1]} "
                 f"({take.some('icmpv6.type==2')} packet too big, MTU 1400, from r2)")
    take.true(f"TCP to port 8443: {dies.output.splitlines()[-1]} "
                 f"({take.some('icmp.type==3 && icmp.code==4')} fragmentation needed, MTU 1400, from r2, ignored)")
    take.true(f"TCP to port 443: {acl.output.strip()}; over IPv6: {acl6.output.strip()} "
                 f"({take.some('icmp.code==13')} + {take.some('icmpv6.type==1 && icmpv6.code==1')} "
                 "administratively prohibited, from r2)")
    take.true(f"UDP to port 53: {'; '.join(dns.output.splitlines()[1:])} "
                 f"({take.some('icmp.type==3 && icmp.code==3 && udp.dstport==53')} port unreachable from {b4})")
    take.true(f"UDP to 2001:db8:66::53: {'; '.join(gone.output.splitlines()[1:])} "
                 f"({take.some('icmpv6.type==1 && icmpv6.code==0')} no route from r3)")
    take.true(f"to 10.99.0.9: {loop} ({take.some('icmp.type==11 && ip.dst==10.99.0.9')} "
                 "time exceeded: a loop between r1 and r2)")
