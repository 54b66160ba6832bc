# SPDX-License-Identifier: BSD-3-Clause
"""Packets that are delivered to the router."""
import pathlib
import struct

import packets
from categories import SERVICE, WIRES, category, host, ident, path, transport
from network import BROADCASTS, OWN
from packets import DF, ICMP, TCP, UDP, ipv4

OWN_ADDRESSES = sorted(OWN)
PIM = 103


def to_router(r, wires=WIRES):
    """Returns a path from a host to an address of the router, mostly the one on the host's link."""
    way = path(r)._replace(into=wires.index(r.choice(wires)))
    src, mac = host(r, WIRES[way.into])
    dst = WIRES[way.into].router if r.random() < 0.7 else r.choice(OWN_ADDRESSES)
    return way._replace(src=src, dst=dst, mac=mac)


def icmp_message(r, most):
    """Returns (message, description)."""
    kind = r.randrange(8)
    data = r.randbytes(r.choice((0, 1, 7, 8, 56, 57, 548, 1000, r.randrange(1, 1472))))[:most - 28]
    if kind < 3:
        return packets.echo(ident(r), ident(r), data), "echo request"
    if kind == 3:
        return packets.icmp(13, r.choice((0, 0, 1)), struct.pack("!HH", ident(r), ident(r)),
                            r.randbytes(r.choice((12, 12, 12, 11, 0, 20)))), "timestamp request"
    if kind == 4:
        return packets.echo(ident(r), ident(r), data, check=ident(r)), "bad checksum"
    if kind == 5:
        return packets.icmp(r.randrange(256), r.choice((0, 0, 1, 255)), r.randbytes(4),
                            data), "any type"
    if kind == 6:
        return packets.echo(ident(r), ident(r), data)[:r.randrange(0, 8)], "truncated"
    src, dst = r.choice(OWN_ADDRESSES), WIRES[1].host(4)
    quoted = ipv4(src, dst, *r.choice(((UDP, packets.udp(src, dst, 5, 6, b"quoted")),
                                       (TCP, packets.tcp(src, dst, 5, 6, 2)),
                                       (ICMP, packets.echo(5, 6)))))
    return packets.icmp(r.choice((3, 4, 5, 11, 12)), r.randrange(0, 6), r.randbytes(4),
                        quoted[:r.choice((len(quoted), 28, 20, 8))]), "error"


@category
def icmp(r, count):
    """Echo of many sizes, timestamps, errors, unknown types, to every address of the router."""
    for _ in range(count):
        way = to_router(r)
        message, what = icmp_message(r, WIRES[way.into].mtu)
        dst_mac = None
        if r.random() < 0.1:
            way = way._replace(dst=r.choice((*sorted(BROADCASTS), b"\xff" * 4, b"\xe0\0\0\1")))
            dst_mac = r.choice((packets.BROADCAST, b"\1\0\x5e\0\0\1", None))
            what += " to all"
        yield way.frame(what, ipv4(
            way.src, way.dst, ICMP, message, r.choice((1, 64, 255)), r.choice(SERVICE), ident(r),
            DF if r.random() < 0.3 else 0), dst_mac)


def tcp_segment(r, way):
    flags = r.choice((0x02, 0x10, 0x12, 0x11, 0x18, 0x04, 0x14, 0x01, 0x29, 0x00, 0xC2, 0x03, 0x3F))
    data = r.randbytes(r.choice((0, 0, 0, 1, 100)))
    option = r.choice((b"", b"", b"\2\4\5\xb4", b"\2\4\5\xb4\4\2\x08\x0a" + bytes(8) + b"\1\3\3\7",
                       r.randbytes(4)))
    sport, dport = (r.choice((0, 22, 80, 179, r.randrange(65536))) for _ in range(2))
    message = packets.tcp(way.src, way.dst, sport, dport, flags,
                          r.choice((0, 0xFFFFFFFF, r.getrandbits(32))),
                          r.choice((0, r.getrandbits(32))), data, option,
                          ident(r) if r.random() < 0.1 else None)
    if r.random() < 0.1:
        at = r.randrange(12, 14)
        message = message[:at] + bytes((r.randrange(256),)) + message[at + 1:]
    return message[:r.randrange(0, 20)] if r.random() < 0.05 else message


@category
def tcp(r, count):
    """Segments for ports on which no process listens."""
    for _ in range(count):
        way = to_router(r)
        yield way.frame("segment", ipv4(
            way.src, way.dst, TCP, tcp_segment(r, way), r.choice((1, 64)), r.choice(SERVICE),
            ident(r), DF if r.random() < 0.5 else 0))


@category
def udp(r, count):
    """Datagrams for ports on which no process listens."""
    for _ in range(count):
        way = to_router(r)
        data = r.randbytes(r.choice((0, 1, 18, 300, 520, 521, 1000))) if way.into < 3 else b"x" * 40
        message = packets.udp(way.src, way.dst, r.choice((0, 68, r.randrange(65536))),
                              r.choice((0, 53, 67, 520, r.randrange(65536))), data,
                              r.choice((None, None, None, 0, ident(r))))
        what = "datagram"
        if r.random() < 0.15:
            length = r.choice((0, 7, 8, 9, len(message) - 1, len(message) + 1, 65535))
            message = message[:4] + struct.pack("!H", length) + message[6:]
            what = f"length {length} of {len(message)}"
        elif r.random() < 0.05:
            message, what = message[:r.randrange(0, 8)], "truncated"
        yield way.frame(what, ipv4(way.src, way.dst, UDP, message, r.choice((1, 64)),
                                   r.choice(SERVICE), ident(r), DF if r.random() < 0.3 else 0))


# A kernel may implement these protocols; the comparison covers those that both lack.
KERNELS_OWN = frozenset((ICMP, 4, TCP, UDP, 41, 47, 50, 51, 108, 115, 132, 137, 255))
if not pathlib.Path("/proc/net/ip_mr_vif").exists():
    # Ringroad discards PIM as a kernel with CONFIG_IP_PIMSM_V2 does; one without it answers.
    KERNELS_OWN |= {PIM}
UNKNOWN = sorted(set(range(256)) - KERNELS_OWN)


@category
def protocol(r, count):
    """Protocols that the router does not implement."""
    for _ in range(count):
        way = to_router(r)
        number = r.choice(UNKNOWN)
        yield way.frame(f"protocol {number}", ipv4(
            way.src, way.dst, number, r.randbytes(r.choice((0, 1, 8, 20, 100, 500))),
            r.choice((1, 64)), r.choice(SERVICE), ident(r), DF if r.random() < 0.3 else 0))


@category
def answers(r, count):
    """All of these mixed with packets in transit: answers keep their order."""
    for _ in range(count):
        way = to_router(r) if r.random() < 0.6 else path(r)
        proto, message = transport(r, way, 576)
        yield way.frame("mixed", ipv4(way.src, way.dst, proto, message, r.choice((1, 2, 64)),
                                      r.choice(SERVICE), ident(r)))
