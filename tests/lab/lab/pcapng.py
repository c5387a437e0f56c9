"""Rewrites a pcapng file without what dumpcap says of the machine."""

import struct

# Block type -> octets before its options, and the options to leave out
# (shb_hardware, shb_os; if_os).
DESCRIBING = {0x0A0D0D0A: (16, (2, 3)), 0x00000001: (8, (12,))}


def forget_machine(path):
    """Remove the hardware and operating system options, in place."""
    data = path.read_bytes()
    out = bytearray()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        block = data[at:at + length]
        out += _without(block, kind, *DESCRIBING[kind]) if kind in DESCRIBING else block
        at += length
    path.write_bytes(out)


def _without(block, kind, fixed_size, unwanted):
    fixed, options = block[8:8 + fixed_size], block[8 + fixed_size:-4]
    kept = bytearray()
    at = 0
    while at < len(options):
        code, size = struct.unpack_from("<HH", options, at)
        end = at + 4 + (size + 3) // 4 * 4
        if code not in unwanted:
            kept += options[at:end]
        at = end
    length = 12 + len(fixed) + len(kept)
    return struct.pack("<II", kind, length) + fixed + kept + struct.pack("<I", length)
