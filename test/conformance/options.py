# SPDX-License-Identifier: BSD-3-Clause
"""Packets with IP options: valid, malformed, and options that routers refuse."""
import packets
from categories import WIRES, category, ident, path, transport
from network import OWN
from packets import DF, ICMP, ipv4

EOL, NOP = b"\0", b"\1"
RECORD_ROUTE, TIMESTAMP, SECURITY, LOOSE = 7, 68, 130, 131
CIPSO, STRICT, STREAM, ALERT = 134, 137, 136, 148


def option(kind, data, length=None):
    return bytes((kind, len(data) + 2 if length is None else length)) + data


def padded(options, filler=EOL):
    options = options[:40]
    return options + filler * (-len(options) % 4)


def record_route(r):
    slots = r.randrange(0, 10)
    pointer = r.choice((4, 4, 4, 8, 4 + 4 * slots, 4 * slots, 40, 5, 3, 0, 255))
    return option(RECORD_ROUTE, bytes((pointer,)) + bytes(4 * slots + r.choice((0, 0, 0, 1, 3))))


def timestamp(r):
    flag = r.choice((0, 0, 1, 1, 3, 3, 2, 5))
    slots = r.randrange(0, 10 if flag == 0 else 5)
    size = 4 if flag == 0 else 8
    pointer = r.choice((5, 5, 5, 9, 13, 5 + size * slots, 4, 0, 40, 255))
    overflow = r.choice((0, 0, 0, 1, 14, 15))
    data = bytearray(size * slots + r.choice((0, 0, 0, 2)))
    if flag == 3:
        for at in range(0, len(data) - 7, 8):
            data[at:at + 4] = r.choice((*sorted(OWN), WIRES[0].host(7), WIRES[1].host(3)))
    return option(TIMESTAMP, bytes((pointer, overflow << 4 | flag)) + bytes(data))


def source_route(r, kind):
    hops = r.randrange(0, 6)
    route = b"".join(r.choice(WIRES).host(r.randrange(1, 10)) for _ in range(hops))
    return option(kind, bytes((r.choice((4, 4, 8, 4 + 4 * hops, 3, 0)),)) + route)


def one_option(r):
    """Returns (octets, description)."""
    kind = r.randrange(10)
    if kind < 2:
        return record_route(r), "record route"
    if kind < 4:
        return timestamp(r), "timestamp"
    if kind == 4:
        return source_route(r, LOOSE), "loose source route"
    if kind == 5:
        return source_route(r, STRICT), "strict source route"
    if kind == 6:
        value = r.choice((b"\0\0", b"\0\1", b"\1\0", b"\0", b"\0\0\0"))
        return option(ALERT, value), "router alert"
    if kind == 7:
        return option(r.choice((SECURITY, CIPSO, STREAM, 205, 0x94 & 0x1F, 30, 94, 158, 222)),
                      r.randbytes(r.randrange(0, 12))), "unknown option"
    if kind == 8:
        return option(r.randrange(2, 256), r.randbytes(r.randrange(0, 8)),
                      r.choice((0, 1, 2, 3, 41, 255))), "wrong length"
    return r.choice((NOP, NOP * 3, EOL, NOP + EOL + r.randbytes(2))), "padding"


@category
def options(r, count):
    """Options in transit, to the router, in quoted packets and in fragments."""
    for _ in range(count):
        way = path(r)
        octets, said = b"", []
        for _ in range(r.choice((1, 1, 1, 2, 3))):
            more, what = one_option(r)
            octets += more
            said.append(what)
        octets = padded(octets, r.choice((EOL, EOL, NOP)))
        dst, ttl, most = way.dst, 64, min(500, WIRES[way.out].mtu)
        case = r.randrange(8)
        if case == 0:
            ttl = 1
            said.append("ttl 1")
        elif case == 1:
            way = path(r, (0, 1))
            way = way._replace(out=3)
            dst, most = WIRES[3].host(r.randrange(2, 10)), 1400
            said.append("mtu")
        if case in (2, 3):
            dst = WIRES[way.into].router
            said.append("to the router")
        proto, message = transport(r, way, most, dst)
        if case == 3:
            proto, message = ICMP, packets.echo(ident(r), ident(r), r.randbytes(r.randrange(64)))
        yield way.frame(", ".join(said), ipv4(way.src, dst, proto, message, ttl, ident=ident(r),
                                              frag=DF if r.random() < 0.2 else 0, options=octets))
