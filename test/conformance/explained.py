# SPDX-License-Identifier: BSD-3-Clause
"""The differences in which Ringroad is right: one predicate for each row of differences.md."""
import pathlib
import re

from compare import behind6, untagged
from network import ALL_WIRES, BROADCASTS, OWN, SUBNET_ZEROS
from packets import ARP_TYPE, ICMP, IPV4, address
from packets6 import DESTINATION, HOP_BY_HOP, ICMPV6, IPV6, REDIRECT

TABLE = pathlib.Path(__file__).with_name("differences.md")
PREDICATES = {}
ADDRESSES = [[address(text.partition("/")[0]) for text in wire.addresses] for wire in ALL_WIRES]


def predicate(function):
    PREDICATES[function.__name__] = function
    return function


def rows():
    """Returns {predicate's name: row's id}; checks that rows and predicates correspond."""
    found = dict(reversed(match) for match in re.findall(
        r"^\| *([a-z0-9-]+) *\| *`(\w+)` *\|", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
    if set(found) != set(PREDICATES):
        raise AssertionError(f"{TABLE.name} and the predicates differ: "
                             f"{sorted(set(found) ^ set(PREDICATES))}")
    return found


def explain(difference, ids):
    """Returns the id of the row that explains the difference, or None."""
    linux, ours = (raw and untagged(raw)[1] for raw in (difference.linux, difference.ringroad))
    difference = difference._replace(linux=linux, ringroad=ours)
    return next((row for name, row in ids.items() if PREDICATES[name](difference)), None)


def packets_in(raw):
    """Yields the IPv4 packet in a frame and, for an ICMP error, the quoted packet."""
    if raw is None or raw[12:14] != IPV4:
        return
    packet = raw[14:]
    yield packet
    start = (packet[0] & 15) * 4
    if packet[9] == ICMP and len(packet) >= start + 28 and packet[start] in (3, 5, 11, 12):
        yield packet[start + 8:]


def only_linux(difference, wanted):
    """Whether only Linux sent the frame, and `wanted` is true for some packet in it."""
    return difference.ringroad is None and any(map(wanted, packets_in(difference.linux)))


@predicate
def class_e(difference):
    raw = difference.linux
    if raw is not None and raw[12:14] == ARP_TYPE:
        return difference.ringroad is None and raw[38] >= 240
    return only_linux(difference, lambda packet: packet[12] >= 240 or packet[16] >= 240)


@predicate
def this_network(difference):
    return only_linux(difference, lambda packet: packet[12] == 0 or packet[16] == 0)


@predicate
def broadcast_source(difference):
    return only_linux(difference, lambda packet: packet[12:16] in BROADCASTS)


@predicate
def subnet_zero(difference):
    raw = difference.linux
    if raw is not None and raw[12:14] == ARP_TYPE:
        return difference.ringroad is None and raw[38:42] in SUBNET_ZEROS
    return only_linux(difference, lambda packet: packet[12:16] in SUBNET_ZEROS
                      or packet[16:20] in SUBNET_ZEROS)


@predicate
def group_mac(difference):
    linux = difference.linux
    return difference.ringroad is None and linux[12:14] == ARP_TYPE and bool(linux[0] & 1) \
        and linux[20:22] == b"\0\2"


@predicate
def timestamp_address(difference):
    """Both are equal except for an address of the router; ours is that of the outgoing link."""
    linux, ours = difference.linux, difference.ringroad
    if linux is None or ours is None or len(linux) != len(ours) or 0x44 not in ours[34:]:
        return False
    at = next(i for i, pair in enumerate(zip(linux, ours)) if pair[0] != pair[1])
    own = ADDRESSES[difference.wire]
    return any(linux[i:i + 4] in OWN and ours[i:i + 4] in own and ours[i + 4:i + 8] == b"time"
               and linux[:i] + linux[i + 4:] == ours[:i] + ours[i + 4:]
               for i in range(max(34, at - 3), at + 1))


@predicate
def address_defense(difference):
    """An announcement: sender and target are the same address, which is the router's."""
    ours = difference.ringroad
    return (difference.linux is None and ours[12:14] == ARP_TYPE and ours[20:22] == b"\0\1"
            and ours[28:32] == ours[38:42] and ours[28:32] in OWN)


def packets6_in(raw):
    """Yields the IPv6 packet in a frame and, for an ICMPv6 error, the quoted packet."""
    if raw is None or raw[12:14] != IPV6:
        return
    yield raw[14:]
    if raw[20] == ICMPV6 and len(raw) >= 102 and raw[54] < 128:
        yield raw[62:]


@predicate
def v4_mapped(difference):
    mapped = bytes(10) + b"\xff\xff"
    return difference.ringroad is None and any(
        packet[8:20] == mapped for packet in packets6_in(difference.linux))


@predicate
def redirect6(difference):
    """A redirect from a port that is configured to send none."""
    raw = difference.linux
    return (difference.ringroad is None and raw[12:14] == IPV6 and raw[20] == ICMPV6
            and raw[54:55] == bytes((REDIRECT,)) and not ALL_WIRES[difference.wire].redirects)


def is_redirect(packet):
    """Whether an IPv6 packet is a redirect, behind any options."""
    proto, at = behind6(packet, (HOP_BY_HOP, DESTINATION))
    return proto == ICMPV6 and packet[at:at + 1] == bytes((REDIRECT,))


@predicate
def error_about_redirect(difference):
    return difference.ringroad is None and any(
        map(is_redirect, list(packets6_in(difference.linux))[1:]))


@predicate
def unspecified6(difference):
    return difference.ringroad is None and any(
        bytes(16) in (packet[8:24], packet[24:40]) for packet in packets6_in(difference.linux))
