"""One small ping in every file format and compression."""

import subprocess

from lab import pcapng
from lab.net import run
from lab.recording import recording
from lab.topology import Chain

FILES = ["formats.pcap", "formats-nano.pcap", "formats.pcapng", "formats-two-sections.pcapng",
         "formats.pcap.gz", "formats-two-members.pcap.gz", "formats.pcap.zst", "formats.pcap.xz",
         "formats.pcap.lz4", "formats-cut.pcap"]


@recording("formats", "the same four pings as pcap (micro- and nanoseconds), pcapng, compressed, and cut short", FILES)
def formats(session):
    with Chain(routers=1) as net:
        net.warm()
        with session.capture(net["a"], options="--time-stamp-precision=nano", file="formats-nano.pcap"):
            four = session.ping(net["a"], f"-c 4 -i 0.2 {net.b4()}")
            session.ping(net["a"], f"-c 4 -i 0.2 {net.b6()}")
    nano, micro, ng = (session.path(file) for file in ("formats-nano.pcap", "formats.pcap", "formats.pcapng"))
    run(["editcap", "-F", "pcap", str(nano), str(micro)])
    run(["editcap", "-F", "pcapng", str(nano), str(ng)])
    pcapng.forget_machine(ng)
    session.path("formats-two-sections.pcapng").write_bytes(ng.read_bytes() * 2)
    for program, suffix in ((["gzip", "-n"], "gz"), (["zstd", "-q"], "zst"), (["xz"], "xz"), (["lz4", "-q"], "lz4")):
        session.path(f"formats.pcap.{suffix}").write_bytes(compressed(program, micro.read_bytes()))
    data = micro.read_bytes()
    session.path("formats-two-members.pcap.gz").write_bytes(
        compressed(["gzip", "-n"], data[:701]) + compressed(["gzip", "-n"], data[701:]))
    session.path("formats-cut.pcap").write_bytes(data[:-50])
    session.note("editcap, gzip, zstd, xz, lz4; `two-members`: gzip of the first 701 octets and gzip of the rest; "
                 "`two-sections`: the pcapng file twice; `cut`: without the last 50 octets")
    session.true(f"IPv4: {four}")
    total = session.count("", file="formats.pcap")
    for file in FILES[1:3] + FILES[4:5]:
        session.expect("", total, file=file)
    session.true(f"{total} frames in each file, {2 * total} in `two-sections`, {total - 1} whole ones in `cut`")
    session.true("all but `nano` and pcapng have microseconds")


def compressed(program, data):
    return subprocess.run(program + ["-c"], input=data, capture_output=True, check=True).stdout
