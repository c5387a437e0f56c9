"""Pings that lose, repeat, reorder and damage packets, and errors that are rate limited."""

from lab.scenario import scenario
from lab.topology import Chain

RANDOM = """
table inet lossy {
  counter dropped { }
  chain forward {
    type filter hook forward priority 0;
    %s numgen random mod 100 < 20 counter name dropped drop
  }
}
"""
REPLY = {4: "icmp type echo-reply", 6: "icmpv6 type echo-reply"}
SRC = {4: "10.0.1.1", 6: "2001:db8:1::1"}
ACCUSING = ["routing_loop", "admin_prohibited", "closed_port", "firewall_reject", "host_unreachable",
            "no_route", "pmtu_black_hole"]


def random_loss(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["r1"].nft(RANDOM % REPLY[family])
        incident.note(f"r1: `nft ... {REPLY[family]} numgen random mod 100 < 20 drop`")
        with incident.capture(net["a"]):
            said = incident.pinging(net["a"], SRC[family], net.b(family), "-c 100 -i 0.02 -W 1")
            dropped = incident.counted(net["r1"], "echo replies dropped")
            net["r1"].set_up("nft flush ruleset")
            incident.tail(net["a"], SRC[family], net.b(family))
    if said.lost != dropped or not dropped:
        raise RuntimeError(f"ping lost {said.lost}, nftables dropped {dropped}")


def cable(incident, family, options, words, late=0):
    """One ping over a bad cable between r1 and r2."""
    with Chain(families=(family,), cables={2: options}) as net:
        incident.chain(net)
        net.warm()
        incident.note(f"cable between r1 and r2: `wire.py {options}`")
        with incident.capture(net["a"]):
            said = incident.pinging(net["a"], SRC[family], net.b(family), words, late)
            incident.tail(net["a"], SRC[family], net.b(family))
    return said


def burst(incident, family):
    # Reply 1 belongs to warming up.
    said = cable(incident, family, "--delay 3 --jitter 1 --burst 22:33", "-c 60 -i 0.03 -W 1")
    if said.lost != 12:
        raise RuntimeError(f"12 replies in a row should be lost, not {said.lost}")


def disorder(incident, family):
    said = cable(incident, family, "--delay 3 --jitter 1 --duplicate 6 --hold 9 --hold-ms 70", "-c 60 -i 0.03 -W 1")
    if said.lost or not said.duplicates:
        raise RuntimeError("duplicates and no loss wanted")


def damage(incident, family):
    cable(incident, family, "--delay 2 --corrupt 5", "-c 30 -i 0.03 -W 1")


def late(incident, family):
    """Every tenth reply takes 2.5 s, longer than ping is willing to wait at the end."""
    # Replies 10, 20 and 30, of which the first belongs to warming up.
    said = cable(incident, family, "--delay 2 --hold 10 --hold-ms 2500", "-c 31 -i 0.05 -W 1", late=3)
    if said.lost != 3:
        raise RuntimeError(f"ping should miss 3 late replies, not {said.lost}")


def limited(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["b"].sysctls({"net.ipv4.icmp_ratelimit": 1000} if family == 4 else {"net.ipv6.icmp.ratelimit": 1000})
        incident.note(f"b: `icmp{'' if family == 4 else '.'}_ratelimit` 1000 ms per peer".replace("._", "."))
        with incident.capture(net["a"]):
            incident.socket(net["a"], "udp_unconnected", net.b(family), 9, 40002, count=80, words="--wait 0.05")
    sent = len(incident.fields("udp.dstport==9 && not icmp && not icmpv6", "frame.number"))
    errors = incident.some("icmp.type==3" if family == 4 else "icmpv6.type==1")
    if sent != 80 or errors > 40:
        raise RuntimeError(f"{sent} sent, {errors} errors")
    incident.rows["counter"].append({"node": "a", "what": "datagrams sent to the closed port", "packets": sent})


def register():
    for family in (4, 6):
        scenario(f"ping-loss-random{family}", f"a router drops 20 % of the echo replies, IPv{family}",
                 offload=family == 4, expected=["ping_loss"], not_expected=ACCUSING)(
                     lambda i, f=family: random_loss(i, f))
        scenario(f"ping-loss-burst{family}", f"twelve echo replies in a row are lost, IPv{family}",
                 offload=False, expected=["ping_loss"], not_expected=ACCUSING)(lambda i, f=family: burst(i, f))
        scenario(f"ping-disorder{family}", f"every sixth reply twice, every ninth overtaken, IPv{family}",
                 offload=False, not_expected=["ping_loss", *ACCUSING])(lambda i, f=family: disorder(i, f))
        scenario(f"rate-limited{family}", f"a host with a limit of one ICMP error a second and peer, IPv{family}",
                 offload=family == 6, expected=["icmp_rate_limited"],
                 not_expected=["ping_loss", "routing_loop", "admin_prohibited"])(lambda i, f=family: limited(i, f))
    scenario("ping-damage4", "every fifth reply with a flipped bit in its payload", offload=False,
             not_expected=ACCUSING,
             note="ping has a raw socket, so it gets replies with a bad checksum and counts them as received")(
                 lambda i: damage(i, 4))
    scenario("ping-late4", "every tenth reply 2.5 s late", offload=False, not_expected=ACCUSING,
             note="the late replies come within icmpdump's window, but when ping has ended")(lambda i: late(i, 4))


register()
