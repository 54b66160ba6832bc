# SPDX-License-Identifier: BSD-3-Clause
"""VLAN sub-interfaces of one port: their frames, and frames with unconfigured tags."""
import struct

import packets
from actions import Frame
from categories import SERVICE, WIRES, category, host, ident
from network import OWN, TRUNK, VLANS
from packets import ARP_TYPE, BROADCAST, DF, ICMP, UDP, ethernet, ipv4

# No VLAN id of ours is used with the other protocol, because net_af_packet does not report the
# protocol.
ODD_TAGS = ((0x8100, 0), (0x8100, 1), (0x8100, 99), (0x8100, 101), (0x8100, 4095), (0x9100, 100),
            (0x8100, 7))


def tagged(r, frame, tags, priority=False):
    """Returns the frame with tags after its addresses, the outer tag first."""
    words = b"".join(struct.pack("!HH", kind, vid | (r.randrange(16) << 12 if priority else 0))
                     for kind, vid in tags)
    return frame[:12] + words + frame[12:]


def into_router(r, vlan):
    """Returns (frame without tags, description) from a host in the VLAN."""
    number = r.randrange(2, 5)
    src, mac = vlan.host(number), vlan.host_mac(number)
    router_mac, kind = WIRES[TRUNK].router_mac, r.randrange(10)
    if kind == 0:
        target = r.choice((vlan.router, vlan.router, WIRES[TRUNK].router, src))
        return ethernet(BROADCAST, mac, packets.arp(1, mac, src, bytes(6), target), ARP_TYPE), "ARP"
    if kind < 4:
        dst, what = r.choice((vlan.router, *sorted(OWN))), "to the router"
        message = packets.echo(ident(r), ident(r), r.randbytes(r.randrange(200)))
        return ethernet(router_mac, mac, ipv4(src, dst, ICMP, message, ident=ident(r))), what
    others = [other for other in VLANS if other is not vlan]
    dst, what = r.choice((
        (host(r, WIRES[r.randrange(2)])[0], "to a wire"),
        (r.choice(others).host(r.randrange(2, 5)), "to another VLAN"),
        (WIRES[TRUNK].host(3), "to the untagged"), (packets.address("203.0.113.9"), "no route")))
    message = packets.udp(src, dst, ident(r), ident(r), r.randbytes(r.randrange(1372)))
    packet = ipv4(src, dst, UDP, message[:vlan.mtu - 20], r.choice((1, 2, 64, 64)),
                  r.choice(SERVICE), ident(r), DF if r.random() < 0.2 else 0)
    dst_mac = r.choice((router_mac, router_mac, router_mac, BROADCAST, vlan.host_mac(9)))
    return ethernet(dst_mac, mac, packet), what


@category
def vlan(r, count):
    """Frames that arrive or leave by a VLAN, or arrive with an unconfigured tag."""
    for _ in range(count):
        kind = r.randrange(10)
        some = r.choice(VLANS)
        if kind < 6:
            frame, what = into_router(r, some)
            yield Frame(TRUNK, tagged(r, frame, some.tags, True), f"{some.name} {what}")
        elif kind < 9:
            index = r.randrange(2)
            src, mac = host(r, WIRES[index])
            dst = r.choice((some.host(r.randrange(2, 5)), some.router))
            message = packets.udp(src, dst, ident(r), ident(r), r.randbytes(r.randrange(1472)))
            yield Frame(index, ethernet(WIRES[index].router_mac, mac, ipv4(
                src, dst, UDP, message, r.choice((1, 64)), r.choice(SERVICE), ident(r),
                DF if r.random() < 0.2 else 0)), f"to {some.name}")
        else:
            frame, what = into_router(r, some)
            odd = (r.choice(ODD_TAGS),) if r.random() < 0.7 else some.tags + ((0x8100, 5),)
            if odd in [other.tags for other in VLANS]:
                continue
            yield Frame(TRUNK, tagged(r, frame, odd), f"nobody's {odd}: {what}")
