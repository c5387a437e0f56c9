"""Traceroutes and mtr: ordinary work that must raise no alarm."""

from lab.scenario import scenario
from lab.topology import Chain

NO_ALARM = ["routing_loop", "closed_port", "admin_prohibited", "host_unreachable", "no_route",
            "firewall_reject", "pmtu_black_hole", "ping_loss"]
OPTIONS = {"udp": "-q 3", "icmp": "-I -q 3", "tcp": "-T -p 80 -q 3"}


def one(incident, family, protocol, silent=False):
    with Chain(routers=3, families=(family,), offload=incident.offload) as net:
        net.warm()
        if protocol == "tcp":
            net["b"].spawn("stream.py serve 80", "ready")
        if silent:
            net["r2"].nft("table inet silent {\n chain output {\n type filter hook output priority 0;\n"
                          " icmp type time-exceeded drop\n icmpv6 type time-exceeded drop\n }\n}\n")
            incident.note("r2 sends no time exceeded (nftables)")
        with incident.capture(net["a"]):
            said = incident.tool(net["a"], f"traceroute -n -{family} -w 2 {OPTIONS[protocol]} {net.b(family)}")
        incident.trace(net.b(family), protocol, said.output)
    incident.drops_listed = False


def three(incident, family):
    """UDP, ICMP and TCP traceroutes to three addresses of b at the same time."""
    with Chain(routers=3, families=(family,), offload=incident.offload) as net:
        net.warm()
        targets = {"udp": net.b(family)}
        for number, protocol in ((10, "icmp"), (11, "tcp")):
            targets[protocol] = f"10.0.4.{number}" if family == 4 else f"2001:db8:4::{number}"
            net["b"].ip(f"-{family} addr add {targets[protocol]}/{24 if family == 4 else 64} dev eth0"
                        + (" nodad" if family == 6 else ""))
        net["b"].spawn("stream.py serve 80", "ready")
        with incident.capture(net["a"]):
            said = incident.tools(net["a"], [
                f"traceroute -n -{family} {OPTIONS[protocol]} {dst}" for protocol, dst in targets.items()])
        for (protocol, dst), result in zip(targets.items(), said):
            incident.trace(dst, protocol, result.output)
    incident.drops_listed = False


def minute(incident, family):
    with Chain(routers=3, families=(family,), cables={2: "--delay 3 --jitter 2"}) as net:
        net.warm()
        with incident.capture(net["a"]):
            incident.mtr(net["a"], net.b(family), f"-{family} -i 1 -c 60")
    incident.drops_listed = False


def register():
    for family in (4, 6):
        for protocol in OPTIONS:
            scenario(f"traceroute-{protocol}{family}", f"one traceroute with {protocol.upper()} probes, IPv{family}",
                     offload=(protocol == "udp") == (family == 4), expected=["traceroute"], not_expected=NO_ALARM,
                     max_severity="info")(lambda i, f=family, p=protocol: one(i, f, p))
        scenario(f"three-traceroutes{family}", f"three traceroutes at once, to three targets, IPv{family}",
                 offload=family == 6, expected=["traceroute"], not_expected=NO_ALARM, max_severity="info")(
                     lambda i, f=family: three(i, f))
        scenario(f"mtr-minute{family}", f"mtr for a minute, IPv{family}", offload=False, expected=["traceroute"],
                 not_expected=NO_ALARM, max_severity="info")(lambda i, f=family: minute(i, f))
    scenario("traceroute-silent-hop4", "a traceroute past a router that sends no errors", offload=True,
             expected=["traceroute"], not_expected=NO_ALARM, max_severity="info")(
                 lambda i: one(i, 4, "udp", silent=True))


register()
