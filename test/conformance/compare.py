# SPDX-License-Identifier: BSD-3-Clause
"""Compares the output of both networks frame by frame, except for permitted differences."""
import time
from collections import Counter, defaultdict
from typing import NamedTuple, Optional

from markers import VLAN_TAGS
from network import OWN, OWN6, PASSING, SPREAD6, SPREAD_OVER, WIRES6
from packets import ARP_TYPE, ICMP, IPV4, TCP, UDP, checksum
from packets6 import DESTINATION, FRAGMENT, HOP_BY_HOP, ICMPV6, IPV6, ROUTING, address6

ICMP_ERRORS = frozenset((3, 4, 5, 11, 12))
TIMESTAMP_REPLY, TIMESTAMP_OPTION = 14, 68
SPREAD_NETWORK = address6(SPREAD6.partition("/")[0])[:6]
SPREAD_MACS = frozenset(WIRES6[2].host_mac(number) for number in SPREAD_OVER)


class Difference(NamedTuple):
    """A frame that only one network has, or two frames of one flow in different order."""

    wire: int
    linux: Optional[bytes]
    ringroad: Optional[bytes]
    order: bool = False  # the frames are the same, but their order in the flow is not


def normalize(raw, identifications, now):
    """Replaces the fields that the router may choose: of IP identifications only equality among
    fragments is kept, and times of day in milliseconds (RFC 791 3.1, RFC 792) are replaced by `now`.

    A checksum that covers such a field is replaced by whether it was correct.
    """
    if raw[12:14] == ARP_TYPE and len(raw) == 60 and not any(raw[42:]):
        return raw[:42]  # the padding of an Ethernet frame is not compared
    if raw[12:14] == IPV6 and raw[38:44] == SPREAD_NETWORK and raw[:6] in SPREAD_MACS:
        # Any of the gateways will do, but all packets of a flow go to the same one.
        chosen = identifications.setdefault(ip6_flow(raw[14:]), {})
        raw = chosen.setdefault(raw[:6], len(chosen) + 1).to_bytes(6, "big") + raw[6:]
    if raw[12:14] == IPV6 and raw[20] == FRAGMENT and raw[22:38] in OWN6:
        known = identifications.setdefault(raw[22:54], {})
        ident = known.setdefault(raw[58:62], len(known) + 1)
        return raw[:58] + ident.to_bytes(4, "big") + raw[62:]
    if raw[12:14] != IPV4 or len(raw) < 34:
        return raw
    end = 14 + (raw[14] & 15) * 4
    mended = bytearray(raw)
    for at in times(raw, end):
        if abs(int.from_bytes(raw[at:at + 4], "big") - now) < 60_000:
            mended[at:at + 4] = b"time"
    timed = mended != raw
    if timed and raw[23] == ICMP and mended[end:] != raw[end:]:
        mended[end + 2:end + 4] = verdict(raw[end:])
    if raw[26:30] in OWN or raw[26:30] in PASSING:
        ident = 0
        if is_fragment(raw[14:]):
            known = identifications.setdefault(raw[23:24] + raw[26:34], {})
            ident = known.setdefault(raw[18:20], len(known) + 1)
        mended[18:20] = ident.to_bytes(2, "big")
    elif not timed:
        return raw
    mended[24:26] = verdict(raw[14:end])
    return bytes(mended)


def times(raw, end):
    """Yields the possible positions of times of day; `end`: the end of the IP header."""
    if end > 34:
        yield from times_in_options(raw, 34, end)
    if raw[23] != ICMP or len(raw) < end + 20:
        return
    if raw[end] == TIMESTAMP_REPLY:
        yield from (end + 12, end + 16)
    elif raw[end] in ICMP_ERRORS and raw[end + 8] > 0x45:
        yield from times_in_options(raw, end + 28, end + 8 + (raw[end + 8] & 15) * 4)


def times_in_options(raw, at, end):
    end = min(end, len(raw))
    while at + 1 < end and raw[at]:
        length = 1 if raw[at] == 1 else raw[at + 1]
        if length == 0:
            return
        if raw[at] == TIMESTAMP_OPTION:
            yield from range(at + 4, min(at + length, end) - 3, 4)
        at += length


def verdict(data):
    return b"\0\0" if checksum(data) == 0 else b"\xff\xff"


def is_fragment(packet):
    return bool(packet[6] & 0x3F or packet[7])


def flow(raw):
    """Returns the fields that define a flow, in which order is kept."""
    kind = raw[12:14]
    if kind == IPV4 and len(raw) >= 34:
        return raw[:12] + ip_flow(raw[14:])
    if kind == IPV6 and len(raw) >= 54:
        return raw[:12] + ip6_flow(raw[14:])
    if kind == ARP_TYPE:
        return raw[:12] + raw[20:22] + raw[38:42]
    return raw[:14]


def ip_flow(packet):
    start = (packet[0] & 15) * 4
    proto = packet[9]
    key = packet[9:10] + packet[12:20]
    if is_fragment(packet):
        return key + packet[4:6]
    if proto in (UDP, TCP):
        return key + packet[start:start + 4]
    if proto == ICMP and len(packet) > start:
        if packet[start] in ICMP_ERRORS:
            return key + packet[start:start + 2] + ip_flow(packet[start + 8:].ljust(20, b"\0"))
        return key + packet[start:start + 1] + packet[start + 4:start + 6]
    return key


def behind6(packet, kinds):
    """Returns the protocol that follows extension headers of these kinds, and where it begins."""
    proto, at = packet[6], 40
    while proto in kinds and at + 2 <= len(packet):
        proto, at = packet[at], at + (packet[at + 1] + 1) * 8
    return proto, at


def ip6_flow(packet):
    """Returns the addresses, and what of the upper layer IPv4's flows have too."""
    proto, at = behind6(packet, (HOP_BY_HOP, ROUTING, DESTINATION))
    key = packet[8:40]
    if proto == FRAGMENT:
        return key + packet[at + 4:at + 8]
    if proto in (UDP, TCP):
        return key + packet[at:at + 4]
    if proto == ICMPV6 and len(packet) > at:
        if packet[at] < 128:
            return key + packet[at:at + 2] + ip6_flow(packet[at + 8:].ljust(40, b"\0"))
        return key + packet[at:at + 1] + packet[at + 4:at + 6]
    return key + bytes((proto,))


def by_flow(frames):
    identifications = {}
    now = int(time.time() * 1000) % 86_400_000
    flows = defaultdict(list)
    for raw in frames:
        tags, raw = untagged(raw)
        raw = normalize(raw, identifications, now)
        flows[tags, flow(raw)].append(raw[:12] + tags + raw[12:])
    return flows


def untagged(raw):
    end = 12
    while raw[end:end + 2] in VLAN_TAGS:
        end += 4
    return raw[12:end], raw[:12] + raw[end:]


def compare(linux, ringroad):
    """Compares two lists of frames for each link. Returns (number of equal frames, differences)."""
    matches = 0
    differences = []
    for wire, (theirs, ours) in enumerate(zip(linux, ringroad)):
        if theirs == ours:
            matches += len(ours)
            continue
        theirs, ours = by_flow(theirs), by_flow(ours)
        for key in {**theirs, **ours}:
            same, found = compare_flow(wire, theirs.get(key, []), ours.get(key, []))
            matches += same
            differences += found
    return matches, differences


def compare_flow(wire, theirs, ours):
    if theirs == ours:
        return len(ours), []
    missing, extra = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    if not missing and not extra:
        at = next(i for i, pair in enumerate(zip(theirs, ours)) if pair[0] != pair[1])
        return len(ours) - 1, [Difference(wire, theirs[at], ours[at], order=True)]
    missing, extra = list(missing.elements()), list(extra.elements())
    same = len(ours) - len(extra)
    width = max(len(missing), len(extra))
    return same, [Difference(wire, *pair) for pair in zip(
        missing + [None] * (width - len(missing)), extra + [None] * (width - len(extra)))]
