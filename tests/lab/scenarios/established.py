"""Connections that were fine until something on the path changed."""

import threading
import time

from lab.scenario import scenario
from lab.topology import Chain

SRC = {4: "10.0.1.1", 6: "2001:db8:1::1"}


def cut(incident, family, kind):
    """A route on r2 starts to refuse the destination one second into a transfer."""
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["b"].spawn("stream.py serve 5001", "ready")
        host = f"{net.b(family)}/{32 if family == 4 else 128}"
        with incident.capture(net["a"]):
            net["r2"].spawn(["sh", "-c", f"sleep 1; ip -{family} route add {kind} {host}"])
            incident.note(f"r2, after one second: `ip route add {kind} {host}`; the socket has TCP_USER_TIMEOUT 4 s")
            done = incident.transfer(net["a"], SRC[family], net.b(family), 5001, 8000, 40501,
                                     "--chunk 1000 --pause 0.4 --timeout 20 --user-timeout 4000")
    if done["delivered"]:
        raise RuntimeError("the transfer should have been cut")
    incident.aftermath(40501, "retransmitting")


DROPS = """
table inet quiet {
  counter dropped { }
  chain forward {
    type filter hook forward priority 0;
    tcp dport 5001 counter name dropped drop
  }
}
"""


def dropped(incident, family, seconds):
    """r2 begins to drop a transfer's packets in the middle of it, and goes on for so long."""
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["b"].spawn("stream.py serve 5001", "ready")

        def closes():
            time.sleep(1)
            net["r2"].nft(DROPS)
            if seconds:
                time.sleep(seconds)
                incident.counted(net["r2"], "segments dropped without a word")
                net["r2"].nft("flush chain inet quiet forward")

        with incident.capture(net["a"]):
            door = threading.Thread(target=closes)
            door.start()
            user_timeout = "" if seconds else " --user-timeout 8000"
            done = incident.transfer(net["a"], SRC[family], net.b(family), 5001, 20000, 40501,
                                     f"--chunk 2000 --pause 0.3 --timeout 20{user_timeout}")
            door.join()
        if not seconds:
            incident.counted(net["r2"], "segments dropped without a word")
    incident.note(f"r2, after one second: `nft ... tcp dport 5001 drop`{f', for {seconds} s' if seconds else ''}")
    if bool(done["delivered"]) != bool(seconds) or not incident.rows["counter"][0]["packets"]:
        raise RuntimeError(f"the transfer should have {'recovered' if seconds else 'been cut'}")


for _family in (4, 6):
    for _kind, _finding in (("prohibit", "admin_prohibited"), ("unreachable", None)):
        _found = [_finding or {4: "host_unreachable", 6: "no_route"}[_family]]
        scenario(f"established-{_kind}{_family}",
                 f"a transfer is cut by a new `{_kind}` route: soft errors, then a timeout, IPv{_family}",
                 offload=(_kind == "prohibit") == (_family == 4), expected=_found,
                 not_expected=["pmtu_black_hole", "closed_port", "routing_loop", "silent_drop"])(
                     lambda i, f=_family, k=_kind: cut(i, f, k))
    scenario(f"established-drop{_family}",
             f"a router begins to drop a transfer's packets and says nothing, IPv{_family}",
             offload=_family == 4, expected=["silent_drop"],
             not_expected=["pmtu_black_hole", "closed_port", "routing_loop", "ping_loss"])(
                 lambda i, f=_family: dropped(i, f, None))
    scenario(f"established-loss{_family}",
             f"a transfer loses packets for a second and a half, and recovers, IPv{_family}",
             offload=_family == 6, max_severity="info",
             not_expected=["silent_drop", "pmtu_black_hole"])(
                 lambda i, f=_family: dropped(i, f, 1.5))
