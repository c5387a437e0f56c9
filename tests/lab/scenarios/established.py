"""Connections that were fine until something on the path changed."""

from lab.scenario import scenario
from lab.topology import Chain


def cut(incident, family, kind):
    """A route on r2 starts to refuse the destination one second into a transfer."""
    src = "10.0.1.1" if family == 4 else "2001:db8:1::1"
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["b"].spawn("stream.py serve 5001", "ready")
        host = f"{net.b(family)}/{32 if family == 4 else 128}"
        with incident.capture(net["a"]):
            net["r2"].spawn(["sh", "-c", f"sleep 1; ip -{family} route add {kind} {host}"])
            incident.note(f"r2, after one second: `ip route add {kind} {host}`; the socket has TCP_USER_TIMEOUT 4 s")
            done = incident.transfer(net["a"], src, net.b(family), 5001, 8000, 40501,
                                     "--chunk 1000 --pause 0.4 --timeout 20 --user-timeout 4000")
    if done["delivered"]:
        raise RuntimeError("the transfer should have been cut")
    incident.aftermath(40501, "retransmitting")


for _family in (4, 6):
    for _kind, _finding in (("prohibit", "admin_prohibited"), ("unreachable", None)):
        _found = [_finding or {4: "host_unreachable", 6: "no_route"}[_family]]
        scenario(f"established-{_kind}{_family}",
                 f"a transfer is cut by a new `{_kind}` route: soft errors, then a timeout, IPv{_family}",
                 offload=(_kind == "prohibit") == (_family == 4), expected=_found,
                 not_expected=["pmtu_black_hole", "closed_port", "routing_loop"])(
                     lambda i, f=_family, k=_kind: cut(i, f, k))
