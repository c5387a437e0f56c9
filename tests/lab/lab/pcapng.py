"""Rewrites a pcapng section header without what dumpcap says of the machine."""

import struct

SECTION_HEADER = 0x0A0D0D0A
OPT_HARDWARE, OPT_OS = 2, 3


def forget_machine(path):
    """Remove the hardware and operating system options, in place."""
    data = path.read_bytes()
    out = bytearray()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        block = data[at:at + length]
        out += _section(block) if kind == SECTION_HEADER else block
        at += length
    path.write_bytes(out)


def _section(block):
    fixed, options = block[8:24], block[24:-4]
    kept = bytearray()
    at = 0
    while at < len(options):
        code, size = struct.unpack_from("<HH", options, at)
        end = at + 4 + (size + 3) // 4 * 4
        if code not in (OPT_HARDWARE, OPT_OS):
            kept += options[at:end]
        at = end
    length = 12 + len(fixed) + len(kept)
    return struct.pack("<II", SECTION_HEADER, length) + fixed + kept + struct.pack("<I", length)
