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
def formats(take):
    with Chain(routers=1) as net:
        net.warm()
        with take.capture(net["a"], options="--time-stamp-precision=nano", file="formats-nano.pcap"):
            four = take.ping(net["a"], f"-c 4 -i 0.2 {net.b4()}")
            take.ping(net["a"], f"-c 4 -i 0.2 {net.b6()}")
    nano, micro, ng = (take.path(file) for file in ("formats-nano.pcap", "formats.pcap", "formats.pcapng"))
    run(["editcap", "-F", "pcap", str(nano), str(micro)])
    run(["editcap", "-F", "pcapng", str(nano), str(ng)])
    pcapng.forget_machine(ng)
    take.path("formats-two-sections.pcapng").write_bytes(ng.read_bytes() * 2)
    for program, suffix in ((["gzip", "-n"], "gz"), (["zstd", "-q"], "zst"), (["xz"], "xz"), (["lz4", "-q"], "lz4")):
        take.path(f"formats.pcap.{suffix}").write_bytes(compressed(program, micro.read_bytes()))
    data = micro.read_bytes()
    take.path("formats-two-members.pcap.gz").write_bytes(
        compressed(["gzip", "-n"], data[:701]) + compressed(["gzip", "-n"], data[701:]))
    take.path("formats-cut.pcap").write_bytes(data[:-50])
    take.note("editcap, gzip, zstd, xz, lz4; `two-members`: gzip of the first 701 octets and gzip of the rest; "
                 "`two-sections`: the pcapng file twice; `cut`: without the last 50 octets")
    take.true(f"IPv4: {four}")
    total = take.count("", file="formats.pcap")
    for file in FILES[1:3] + FILES[4:5]:
        take.expect("", total, file=file)
    take.true(f"{total} frames in each file, {2 * total} in `two-sections`, {total - 1} whole ones in `cut`")
    take.true("all but `nano` and pcapng have microseconds")


def compressed(program, data):
    return subprocess.run(program + ["-c"], input=data, capture_output=True, check=True).stdout
