# SPDX-License-Identifier: BSD-3-Clause
"""Marker frames: when their results arrive, all earlier frames have been processed."""
import struct

import packets
from network import ALL_WIRES, MARKER
from packets import ARP_TYPE, IPV4
from packets6 import HOP_BY_HOP, IPV6

MARKED = frozenset(wire.router[:2] for wire in ALL_WIRES)
MARKER_PORT = 65535
VLAN_TAGS = (b"\x81\0", b"\x88\xa8")


def markers(number):
    """Yields markers for each link; the marker of the last link leaves by the first."""
    mark = struct.pack("!H", number)
    for index, wire in enumerate(ALL_WIRES):
        following = ALL_WIRES[(index + 1) % len(ALL_WIRES)]
        source, mac = wire.host(MARKER), wire.host_mac(MARKER)
        target = following.host(MARKER)
        message = packets.udp(source, target, MARKER_PORT, MARKER_PORT, mark)
        yield index, packets.ethernet(wire.router_mac, mac,
                                      packets.ipv4(source, target, packets.UDP, message))
        message = packets.echo(MARKER_PORT, number)
        yield index, packets.ethernet(wire.router_mac, mac,
                                      packets.ipv4(source, wire.router, packets.ICMP, message))
        # The number is in the sender's MAC address, which its reply returns.
        sender_mac = mac[:3] + mark + mac[5:]
        yield index, packets.ethernet(
            packets.BROADCAST, sender_mac,
            packets.arp(1, sender_mac, source, bytes(6), wire.router), ARP_TYPE)


def marker(raw):
    """Returns (kind, number) of a marker that was received, None for any other frame."""
    kind = raw[12:14]
    if kind == IPV4 and raw[33] == MARKER and raw[30:32] in MARKED:
        return ("echo" if raw[23] == packets.ICMP else "out",
                int.from_bytes(raw[-2:] if raw[23] == packets.UDP else raw[40:42], "big"))
    if kind == ARP_TYPE and raw[41] == MARKER and raw[38:40] in MARKED:
        return "arp", int.from_bytes(raw[35:37], "big")
    return None


def is_listener_report(raw):
    """Whether the router says what groups it listens to (RFC 3810): at times of its own."""
    while raw[12:14] in VLAN_TAGS:
        raw = raw[:12] + raw[16:]
    return raw[12:14] == IPV6 and raw[20] == HOP_BY_HOP and raw[38] == 0xFF and raw[62] in (
        131, 132, 143) and raw[:2] == b"\x33\x33"
