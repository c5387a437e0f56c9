"""Ordinary traffic that must raise no alarm, and redirects."""

import time

from lab.scenario import scenario
from lab.topology import Chain, Lan, TwoGateways
from recordings.neighbors import router_advertisement

SRC = {4: "10.0.1.1", 6: "2001:db8:1::1"}
NO_ALARM = ["ping_loss", "routing_loop", "closed_port", "admin_prohibited", "host_unreachable", "no_route",
            "firewall_reject", "pmtu_black_hole", "icmp_flood", "bad_checksums", "invalid_error", "spoofed_error",
            "smurf", "backscatter", "echo_tunnel", "ping_sweep"]


def pinged(incident, family):
    with Chain(families=(family,), cables={2: "--delay 5 --jitter 2"}) as net:
        net.warm()
        with incident.capture(net["a"]):
            incident.pinging(net["a"], SRC[family], net.b(family), "-c 20 -i 0.1")


def same_id(incident, family):
    """Two pings with one identifier to two hosts at once, then one of them again."""
    with Lan(hosts=3, families=(family,), offload=incident.offload) as net:
        hosts = [f"10.0.0.{n}" if family == 4 else f"2001:db8::{n}" for n in (1, 2, 3)]
        for peer in hosts[1:]:
            net["h1"].set_up(f"ping -n -q -c 1 {peer}")
        with incident.capture(net["h1"]):
            incident.tools(net["h1"], [f"ping -n -e 77 -c 8 -i 0.2 {peer}" for peer in hosts[1:]])
            time.sleep(0.5)
            incident.tool(net["h1"], f"ping -n -e 77 -c 5 -i 0.2 {hosts[1]}")
    last = 5
    requests, _ = incident.echo_filters(hosts[0], hosts[1], 77)
    reused = int(incident.fields(requests, "frame.number")[-last][0])
    incident.counted_ping_row(hosts[0], hosts[1], 77, upto=reused)
    incident.counted_ping_row(hosts[0], hosts[2], 77)
    incident.counted_ping_row(hosts[0], hosts[1], 77, after=reused - 1)


def flooding(incident):
    """As fast as the replies come, but not for long."""
    with Chain(families=(4,), offload=incident.offload) as net:
        net.warm()
        with incident.capture(net["a"]):
            incident.tool(net["a"], f"ping -n -q -f -e 77 -s 0 -c 600 {net.b4()}")
    incident.counted_ping_row(SRC[4], net.b4(), 77)


def rollover(incident, family):
    """More requests than there are sequence numbers; captured are those around the turn."""
    at = {4: "icmp[6:2]", 6: "ip6[46:2]"}[family]
    echo = {4: "icmp", 6: "icmp6 and (ip6[40] == 128 or ip6[40] == 129)"}[family]
    with Chain(families=(family,), routers=1, offload=incident.offload) as net:
        net.warm()
        with incident.capture(net["a"], filter=f"{echo} and ({at} >= 65450 or {at} < 60)"):
            incident.tool(net["a"], f"ping -n -q -f -e 77 -s 8 -c 65700 {net.b(family)}")
    incident.counted_ping_row(SRC[family], net.b(family), 77)


def subnet(incident):
    """A small network is asked who is there."""
    with Lan(hosts=4, families=(4,), offload=incident.offload) as net:
        with incident.capture(net["h1"]):
            incident.tool(net["h1"], "fping -q -a -r 1 -g 10.0.0.0/28")


def many_repliers(incident, family):
    with Lan(hosts=4, families=(family,), offload=incident.offload) as net:
        for name in ("h2", "h3", "h4"):
            net[name].sysctls({"net.ipv4.icmp_echo_ignore_broadcasts": 0})
        with incident.capture(net["h1"]):
            if family == 4:
                incident.pinging(net["h1"], "10.0.0.1", "10.0.0.255", "-b -c 3 -i 0.3")
            else:
                incident.next_id += 1
                said = incident.ping(net["h1"], f"-e {incident.next_id} -c 3 -i 0.3 ff02::1%eth0")
                incident.ping_row(net["h1"].set_up("ip -6 -o addr show dev eth0 scope link").split()[3].split("/")[0],
                                  "ff02::1", incident.next_id, said)


def large(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        net.warm()
        with incident.capture(net["a"]):
            incident.pinging(net["a"], SRC[family], net.b(family), "-s 3000 -c 3 -i 0.2")


def twice(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.copies = 2
        net.warm()
        with incident.capture(net["r1"], "any", "-y LINUX_SLL2"):
            incident.pinging(net["a"], SRC[family], net.b(family), "-c 5 -i 0.2")
            incident.socket(net["a"], "udp_connected", net.b(family), 9, 40001)


def coming_up(incident):
    with Lan(hosts=3, families=(6,), offload=incident.offload) as net:
        host = net["h1"]
        host.sysctls({"net.ipv6.conf.eth0.accept_dad": 1, "net.ipv6.conf.eth0.accept_ra": 1,
                      "net.ipv6.conf.eth0.router_solicitations": 2})
        host.ip("link set eth0 down")
        net.switch.ip("link set br0 promisc on")
        with incident.capture(net.switch, "br0"):
            host.ip("link set eth0 up")
            time.sleep(1)
            net["h2"].set_up(["inject.py", "frame", "eth0", router_advertisement("fe80::ff:fe00:301").hex()])
            incident.note("h2 multicasts a router advertisement (raw frame)")
            time.sleep(2)
            host.ip("-6 addr add 2001:db8::1/64 dev eth0")
            time.sleep(3)
            incident.pinging(host, "2001:db8::1", "2001:db8::3", "-I 2001:db8::1 -c 3 -i 0.3")
            host.set_up("groups.py eth0 ff15::1234 --seconds 1")
            time.sleep(2)


def redirect(incident, family):
    with TwoGateways(family, incident.offload) as net:
        with incident.capture(net["h1"]):
            incident.pinging(net["h1"], net.h1_address, net.b_address, "-c 6 -i 0.3")
    macs = [m for (m,) in incident.fields("icmp.type==8" if family == 4 else "icmpv6.type==128", "eth.dst")]
    senders = {s for (s,) in incident.fields("icmp.type==5" if family == 4 else "icmpv6.type==137",
                                             "ip.src" if family == 4 else "ipv6.src")}
    if senders != {net.router} or macs[0] == macs[-1]:
        raise RuntimeError("r1 should redirect and the host change its gateway")
    incident.redirected(net.router, net.h1_address, net.gateway, net.b_address, obeyed=True)


def register():
    for family in (4, 6):
        scenario(f"ping{family}", f"twenty pings, all answered, IPv{family}", offload=False, not_expected=NO_ALARM,
                 max_severity="info")(lambda i, f=family: pinged(i, f))
        scenario(f"same-id{family}", f"one identifier, two hosts at once, then reused, IPv{family}",
                 offload=family == 4, point="h1, eth0", not_expected=NO_ALARM, max_severity="info",
                 note="counts are of the frames: two pings with one identifier count each other's replies")(
                     lambda i, f=family: same_id(i, f))
        scenario(f"rollover{family}", f"more requests than sequence numbers, around the turn, IPv{family}",
                 offload=family == 6, not_expected=NO_ALARM, max_severity="info",
                 note="captured with a filter for sequence numbers; counts are of the frames")(
                     lambda i, f=family: rollover(i, f))
        scenario(f"many-repliers{family}", f"a {'broadcast' if family == 4 else 'multicast'} ping that three hosts answer",
                 offload=family == 6, point="h1, eth0", not_expected=NO_ALARM)(lambda i, f=family: many_repliers(i, f))
        scenario(f"large-ping{family}", f"pings in three fragments each, IPv{family}", offload=family == 4,
                 not_expected=NO_ALARM, max_severity="info")(lambda i, f=family: large(i, f))
        scenario(f"redirect{family}", f"a redirect that the host obeys, IPv{family}", offload=family == 6,
                 point="h1, eth0", expected=["redirect"], not_expected=NO_ALARM)(lambda i, f=family: redirect(i, f))
    scenario("ping-flood4", "ping -f in moderation", offload=True,
             not_expected=[name for name in NO_ALARM if name != "icmp_flood"], max_severity="info",
             note="counts are of the frames")(flooding)
    scenario("fping-subnet4", "fping looks who is there in a small network", offload=False, point="h1, eth0",
             not_expected=NO_ALARM, max_severity="info")(subnet)
    scenario("captured-twice4", "every packet twice in the capture, in and out of a router", offload=True,
             point="r1, any (Linux cooked v2)", expected=["closed_port"],
             not_expected=[name for name in NO_ALARM if name != "closed_port"],
             note="copies, not duplicates: ping saw none; frames differ in TTL by one")(lambda i: twice(i, 4))
    scenario("host-comes-up6", "DAD, router discovery, neighbor discovery, multicast listener reports", offload=True,
             point="the bridge", not_expected=NO_ALARM, max_severity="info")(coming_up)


register()
