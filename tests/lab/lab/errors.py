"""The ICMP errors of a capture, grouped by flow, dropper and reason, according to tshark."""

from . import capture

REASONS = {
    4: {
        (3, 0): "no_route", (3, 6): "no_route", (3, 11): "no_route",
        (3, 1): "host_unreachable", (3, 7): "host_unreachable", (3, 8): "host_unreachable",
        (3, 12): "host_unreachable",
        (3, 2): "protocol_unreachable", (3, 3): "port_unreachable", (3, 4): "fragmentation_needed",
        (3, 5): "source_route_failed",
        (3, 9): "admin_prohibited", (3, 10): "admin_prohibited", (3, 13): "admin_prohibited",
        (3, 14): "admin_prohibited", (3, 15): "admin_prohibited",
        (4, 0): "source_quench", (11, 0): "ttl_exceeded", (11, 1): "reassembly_timeout",
        (12, 0): "parameter_problem", (12, 1): "parameter_problem", (12, 2): "parameter_problem",
    },
    6: {
        (1, 0): "no_route", (1, 1): "admin_prohibited", (1, 2): "host_unreachable",
        (1, 3): "host_unreachable", (1, 4): "port_unreachable", (1, 5): "admin_prohibited",
        (1, 6): "admin_prohibited", (1, 7): "source_route_failed", (1, 8): "headers_too_long",
        (2, 0): "fragmentation_needed", (3, 0): "ttl_exceeded", (3, 1): "reassembly_timeout",
        (4, 0): "parameter_problem", (4, 1): "parameter_problem", (4, 2): "parameter_problem",
    },
}

FIELDS = {
    4: ("icmp.type", "icmp.code", "icmp.mtu", "ip.src", "ip.dst", "ip.proto",
        "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport", "icmp.ident"),
    6: ("icmpv6.type", "icmpv6.code", "icmpv6.mtu", "ipv6.src", "ipv6.dst", "ipv6.nxt",
        "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport", "icmpv6.echo.identifier"),
}
ERRORS = {4: "icmp.type in {3,4,11,12}", 6: "icmpv6.type in {1,2,3,4}"}
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def drops(path):
    """One dict per (flow, dropper, type, code), in order of its first error."""
    found = {}
    for family in (4, 6):
        for row in capture.fields(path, ERRORS[family], "frame.number", *FIELDS[family], occurrence="a"):
            number, rest = int(row[0]), [value.split(",") for value in row[1:]]
            key, mtu = _flow(family, *rest)
            entry = found.setdefault(key, {"first": number, "count": 0, "mtu": None})
            entry["count"] += 1
            entry["mtu"] = mtu or entry["mtu"]
    ordered = sorted(found.items(), key=lambda item: item[1]["first"])
    return [dict(key) | {"count": entry["count"], "mtu": entry["mtu"]} for key, entry in ordered]


def _flow(family, kind, code, mtu, src, dst, protocol, udp_src, udp_dst, tcp_src, tcp_dst, ident):
    """The grouping key as an ordered tuple of pairs, and the MTU the error carries."""
    kind, code = int(kind[0]), int(code[0])
    name = PROTOCOLS.get(protocol[1], protocol[1])
    flow = [("protocol", name), ("src", src[1]), ("dst", dst[1])]
    ports = {"udp": (udp_src, udp_dst), "tcp": (tcp_src, tcp_dst)}.get(name)
    if ports and ports[0][0]:
        flow += [("src_port", int(ports[0][0])), ("dst_port", int(ports[1][0]))]
    elif name in ("icmp", "icmpv6") and ident[0]:
        flow.append(("id", int(ident[0], 0)))
    flow += [("dropper", src[0]), ("reason", REASONS[family].get((kind, code), "other")),
             ("type", kind), ("code", code)]
    carries = (kind, code) == (3, 4) if family == 4 else kind == 2
    return tuple(flow), int(mtu[0]) if carries and mtu[0] else None
