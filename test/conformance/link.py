# SPDX-License-Identifier: BSD-3-Clause
"""Frames with an unusual Ethernet header, length or type."""
import struct

import packets
from actions import FORGET, SYNC, Frame
from categories import WIRES, category, ident, path, transport
from local import to_router
from packets import ARP_TYPE, BROADCAST, IPV4, ethernet, ipv4

ETHER_TYPES = (0x0000, 0x002E, 0x05DC, 0x05DD, 0x05FF, 0x0600, 0x0801, 0x0805, 0x1234, 0x8035,
               0x8137, 0x86DD, 0x8847, 0x8863, 0x8864, 0x88CC, 0x88F7, 0x9000, 0xFFFF)


def destination(r, wire):
    """Returns (MAC address, description)."""
    own = WIRES[wire].router_mac
    other = bytes((own[0], *r.randbytes(4), own[5]))
    return r.choice((
        (BROADCAST, "broadcast"), (b"\1\0\x5e\0\0\1", "multicast"),
        (b"\1\x80\xc2\0\0\0", "multicast"), (b"\x33\x33\0\0\0\1", "multicast"),
        (other, "another host's"), (bytes(6), "zero"),
        (WIRES[(wire + 1) % len(WIRES)].router_mac, "another port's"), (own, "own")))


@category
def link(r, count):
    """Destinations, sources, padding, truncation, LLC, other types."""
    for _ in range(count):
        way = to_router(r) if r.random() < 0.4 else path(r)
        proto, message = transport(r, way, 576)
        packet = ipv4(way.src, way.dst, proto, message, r.choice((1, 64)), ident=ident(r))
        kind = r.randrange(6)
        dst, src, ether_type = WIRES[way.into].router_mac, way.mac, IPV4
        if kind == 0:
            dst, what = destination(r, way.into)
        elif kind == 1:
            src, what = destination(r, way.into)
            what = f"from {what}"
        elif kind == 2:
            packet += r.choice((bytes(46), r.randbytes(r.randrange(1, 60))))
            what = "padding"
        elif kind == 3:
            packet, what = packet[:r.randrange(len(packet))], "truncated"
        elif kind == 4:
            ether_type, what = struct.pack("!H", r.choice(ETHER_TYPES)), "type"
        else:
            llc = r.choice((b"\xaa\xaa\3\0\0\0\x08\0", b"\x42\x42\3", b"\xff\xff", b"\xe0\xe0\3"))
            packet = llc + packet[:500]
            ether_type, what = struct.pack("!H", len(packet)), "LLC"
        yield Frame(way.into, ethernet(dst, src, packet[:WIRES[way.into].mtu], ether_type), what)


def speaker(r, wire):
    """Returns (sender's address, description): mostly a host on the link."""
    kind = r.randrange(12)
    if kind < 7:
        return wire.host(r.randrange(100, 108)), "host"
    return r.choice((
        (bytes(4), "nobody"), (wire.router, "the router"), (wire.host(255), "broadcast"),
        (b"\xe0\0\0\1", "group"), (b"\x7f\0\0\1", "loopback"), (b"\x0b\0\0\1", "stranger"),
        (wire.host(3), "permanent host"), (BROADCAST[:4], "everyone"),
        (wire.host(0), "subnet zero"), (b"\xf0\0\0\1", "class E")))


def subject(r, wire, sender):
    kind = r.randrange(10)
    if kind < 6:
        return wire.router
    return r.choice((sender, wire.host(r.randrange(100, 108)), WIRES[1].router, WIRES[0].host(4),
                     b"\xc0\xa8\x0b\1", BROADCAST[:4], b"\xe0\0\0\1", b"\x7f\0\0\1", bytes(4)))


def arp_frame(r):
    index = r.randrange(2)
    wire = WIRES[index]
    sender, what = speaker(r, wire)
    mac = wire.host_mac(sender[3] if r.random() < 0.8 else r.randrange(100, 108))
    operation = r.choice((1, 1, 1, 2, 2, 2, 0, 3, 4, 8))
    target = subject(r, wire, sender)
    message = bytearray(packets.arp(operation, mac, sender, r.choice((bytes(6), wire.router_mac,
                                                                      BROADCAST)), target))
    dst = r.choice((BROADCAST, wire.router_mac, wire.router_mac))
    what = f"ARP {operation} from {what}"
    odd = r.randrange(20)
    if odd == 0:
        message[r.randrange(8)] ^= r.choice((1, 2, 6, 0x80))
        what += ", malformed"
    elif odd == 1:
        message = message[:r.randrange(28)]
        what += ", truncated"
    elif odd == 2:
        message[14:18] = wire.host(r.randrange(120, 124))  # a host that sends nothing else
        message[8:14] = r.choice((bytes(6), BROADCAST, b"\1\0\x5e\0\0\1", wire.router_mac))
        what += ", odd MAC"
    elif odd == 3:
        message += r.randbytes(18)
    return Frame(index, ethernet(dst, mac, bytes(message), ARP_TYPE), what)


def to_speaker(r):
    """A packet for one of the hosts in the ARP messages, or from such a host to the router."""
    index = r.randrange(2)
    host = r.randrange(100, 108)
    if r.random() < 0.3:
        src, dst = WIRES[index].host(host), WIRES[index].router
        message = ipv4(src, dst, packets.ICMP, packets.echo(ident(r), 1), ident=ident(r))
        return Frame(index, ethernet(WIRES[index].router_mac, WIRES[index].host_mac(host), message),
                     "echo request")
    src = WIRES[2].host(4)
    dst = WIRES[index].host(host)
    message = ipv4(src, dst, packets.UDP, packets.udp(src, dst, ident(r), 9, b"to a speaker"),
                   ident=ident(r))
    return Frame(2, ethernet(WIRES[2].router_mac, WIRES[2].host_mac(4), message), "datagram")


@category
def arp(r, count):
    """ARP messages of hosts that the router does not know yet, valid and hostile ones."""
    for start in range(0, count, 8):
        some = to_speaker if r.random() < 0.4 else arp_frame
        yield from (some(r) for _ in range(min(8, count - start)))
        yield SYNC
    yield FORGET


def forgotten(actions):
    """Repeats the actions with unknown neighbors."""
    return [FORGET, *actions, FORGET]
