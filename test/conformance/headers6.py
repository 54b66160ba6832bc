# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 extension headers: chains of them, forwarded and for the router."""
from categories import SERVICE, category
from ipv6 import label, message6, way6
from network import WIRES6
from packets6 import (DESTINATION, FRAGMENT, HOP_BY_HOP, ICMPV6, NO_NEXT, ROUTING, address6,
                      fragment_header, group_mac, ipv6, options_header, padded, routing_header)


def option(r):
    """Returns (octets, description) of one option."""
    kind = r.randrange(10)
    data = r.randbytes(r.choice((0, 1, 4, 6, 12)))
    if kind == 0:
        return b"\0", "Pad1"
    if kind == 1:
        size = r.choice((0, 1, 2, 5, 6))
        return bytes((1, size)) + (bytes(size) if r.random() < 0.8 else r.randbytes(size)), "PadN"
    if kind == 2:
        return bytes((5, 2, 0, r.choice((0, 1, 2, 36)))), "router alert"
    if kind == 3:
        return bytes((5, r.choice((0, 1, 3, 4)))) + bytes(r.choice((0, 1, 3, 4))), "bad alert"
    if kind == 4:
        return b"\xc2\4" + r.choice((bytes(4), b"\0\1\0\0", r.randbytes(4))), "jumbo"
    if kind == 5:
        return b"\xc9\x10" + address6("2001:db8:1::2"), "home address"
    action = r.randrange(4) << 6
    kind = action | r.choice((0x1E, 0x3E, 0x12, 0x2A))
    return bytes((kind, len(data))) + data, f"option {action:#x}"


def options(r):
    """Returns (octets, description) of an options header without its first two octets."""
    many = r.choice((0, 1, 1, 1, 2, 3, 5))
    if r.random() < 0.02:
        many = r.choice((8, 9, 10))
    parts = [option(r) for _ in range(many)]
    body = b"".join(part for part, _ in parts)
    said = "+".join(what for _, what in parts)
    odd = r.random()
    if odd < 0.05:
        body += b"\0" * r.randrange(1, 12)
    elif odd < 0.1:
        body += bytes((1, r.randrange(7, 30)))
    body = padded(body) if odd < 0.93 else body + r.randbytes(-(len(body) + 2) % 8)
    return body, f"({said})"


def one_header(r, kind, following, ident):
    """Returns (octets, description)."""
    if kind in (HOP_BY_HOP, DESTINATION):
        body, what = options(r)
        return options_header(following, body), f"{'hop' if kind == HOP_BY_HOP else 'dst'}{what}"
    if kind == ROUTING:
        # What a kernel does with type 2 depends on CONFIG_IPV6_MIP6.
        sort = r.choice((0, 1, 3, 4, 5, 253, 254, 255, r.randrange(3, 256)))
        left = r.choice((0, 0, 1, 2, 255))
        data = bytes(4) + r.choice((b"", WIRES6[1].host6(3), r.randbytes(32)))
        return routing_header(following, sort, left, data), f"routing {sort} left {left}"
    offset, more = r.choice(((0, 0), (0, 0), (0, 0), (0, 1), (8, 0), (800, 1), (65528, 0)))
    return fragment_header(following, offset, more, ident,
                           r.choice((0, 0, 255))), f"fragment {offset}{'+' * more}"


def chain(r, kinds, upper, message):
    """Returns (first protocol, payload, description)."""
    packet, following, said = message, upper, []
    ident = r.getrandbits(32)
    for kind in reversed(kinds):
        header, what = one_header(r, kind, following, ident)
        packet, following = header + packet, kind
        said.insert(0, what)
    return following, packet, ", ".join(said)


def some_kinds(r, most=4):
    kinds = [r.choice((HOP_BY_HOP, DESTINATION, DESTINATION, ROUTING, FRAGMENT))
             for _ in range(r.choice((1, 1, 1, 2, 2, 3, most)))]
    if r.random() < 0.5:
        kinds.sort()  # a hop-by-hop header first
    return kinds


@category
def extension6(r, count):
    """Chains in transit: only the first hop-by-hop header concerns the router."""
    for _ in range(count):
        way = way6(r)
        kinds = some_kinds(r)
        if r.random() < 0.4:
            kinds[0] = HOP_BY_HOP
        upper, message = message6(r, way.src, way.dst, r.choice((100, 600)))
        if r.random() < 0.1:
            upper, message = NO_NEXT, r.choice((b"", b"beyond"))
        proto, packet, what = chain(r, kinds, upper, message)
        if r.random() < 0.1:
            packet = packet[:r.randrange(len(packet) + 1)]
            what += ", truncated"
        hops = r.choice((1, 2, 64, 64))
        yield way.frame(what, ipv6(way.src, way.dst, proto, packet[:1200], hops, r.choice(SERVICE),
                                   label(r)))


@category
def extension_local6(r, count):
    """Chains for the router: whole packets, atomic fragments, and what is no valid header."""
    for _ in range(count):
        way = way6(r)
        dst = r.choice((way.into.router6, way.into.router6, way.into.link_local, way.out.router6,
                        way.into.router6[:15] + b"\0", address6("ff02::1")))
        kinds = [kind for kind in some_kinds(r, 6) if kind != FRAGMENT]
        if r.random() < 0.2:
            kinds.insert(r.randrange(len(kinds) + 1), FRAGMENT)
        upper, message = message6(r, way.src, dst, r.choice((100, 600)))
        if r.random() < 0.1:
            upper = r.choice((NO_NEXT, 253, 254, 4, ICMPV6))
            message = r.randbytes(r.choice((0, 3, 8, 20)))
        proto, packet, what = chain(r, kinds, upper, message)
        if FRAGMENT in kinds:
            packet, what = atomic(packet, kinds), what + ", atomic"
        if r.random() < 0.1:
            packet = packet[:r.randrange(len(packet) + 1)]
            what += ", truncated"
        if len(kinds) == 1 and r.random() < 0.02:
            proto, packet, what = many_options(r, upper, message)
        mac = group_mac(dst) if dst[0] == 0xFF else None
        yield way.frame(what, ipv6(way.src, dst, proto, packet[:1200], r.choice((1, 64)),
                                   r.choice(SERVICE), label(r)), mac)


def atomic(packet, kinds):
    """Makes the packet's fragment header that of an unfragmented packet."""
    at = 0
    for kind in kinds:
        if kind == FRAGMENT:
            return packet[:at + 2] + b"\0\0" + packet[at + 4:]
        at += (packet[at + 1] + 1) * 8
    return packet


def many_options(r, upper, message):
    """Returns a chain of as many headers as a packet can have."""
    count = r.choice((7, 8))
    packet, following = message, upper
    for _ in range(count):
        packet, following = options_header(following, padded(b"")) + packet, DESTINATION
    return following, packet, f"{count} headers"


