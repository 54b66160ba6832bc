# SPDX-License-Identifier: BSD-3-Clause
"""Prints frames: as scapy expressions and, side by side, the output of both networks."""
import logging

from actions import SYNC, Frame
from packets6 import ICMPV6, IPV6

logging.getLogger("scapy").setLevel(logging.ERROR)  # it warns about interfaces that no test uses

WIRE_NAMES = "abcdefgh"


def parse(raw):
    from scapy.layers import inet, inet6, l2  # pylint: disable=import-outside-toplevel
    assert inet and inet6  # importing them registers their layers
    return l2.Ether(raw)


def expression(raw):
    """Returns a Python expression that builds the frame with scapy."""
    text = parse(raw).command()
    return text if len(text) < 600 else text[:600] + "..."


def one_line(raw):
    if raw is None:
        return "nothing"
    shown = raw[14:14 + 68].hex()
    return f"{parse(raw).summary()} [{len(raw)} B] {shown}{'...' if len(raw) > 82 else ''}"


def signature(failure):
    """Returns what failures of one kind have in common."""
    def kind(raw):
        if raw is None:
            return None
        if raw[12:14] == IPV6:
            return raw[12:14], raw[20:21], raw[54:56] if raw[20] == ICMPV6 else b"", b""
        start = 14 + (raw[14] & 15) * 4
        more = raw[start:start + 2] + raw[start + 17:start + 18] if raw[23] == 1 else b""
        return raw[12:14], raw[23:24] if raw[12:14] == b"\x08\0" else raw[20:22], more
    linux, ours = failure.linux, failure.ringroad
    at = None
    if linux and ours:
        at = next((i for i, pair in enumerate(zip(linux, ours)) if pair[0] != pair[1]), -1)
    return kind(linux), kind(ours), at, failure.order


def report(name, frames, failures, most=3):
    """Prints the failures of a step and the frames that were sent."""
    print(f"FAIL {name}: {len(failures)} differences")
    for failure in failures[:most]:
        print(f"  wire {WIRE_NAMES[failure.wire]}{', order' if failure.order else ''}")
        print(f"    Linux:    {one_line(failure.linux)}")
        print(f"    Ringroad: {one_line(failure.ringroad)}")
    told = [action for action in frames if action != SYNC]
    for action in told[:16]:
        if isinstance(action, Frame):
            print(f"  sent on wire {WIRE_NAMES[action.wire]} ({action.what}):\n    "
                  f"{expression(action.raw)}")
        else:
            print(f"  {action}")
    if len(told) > 16:
        print(f"  and {len(told) - 16} more")
