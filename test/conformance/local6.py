# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 packets for the router: upper layers, fragments, neighbor discovery."""
import struct

import packets
from actions import FORGET, SYNC
from categories import SERVICE, category, ident
from fragments import disturbed, pieces
from ipv6 import GROUPS, Way, host6, label, message6, way6
from local import UNKNOWN, tcp_segment
from network import KNOWN_HOSTS, OWN6, WIRES6
from packets import TCP, UDP
from packets6 import (ADVERTISEMENT, DESTINATION, FRAGMENT, HOP_BY_HOP, ICMPV6, IPV6, MLD, NO_NEXT,
                      REDIRECT, ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION, ROUTING, SOLICITATION,
                      address6, echo6, fragment_header, group_mac, icmp6, ipv6, options_header,
                      padded, solicited_node, sum6, udp6)

# Other types than these ask the kernel something, or tell it.
TYPES = sorted(set(range(256)) - MLD - {1, 2, 3, 4, 128, 133, 134, 135, 136, 137, 151, 152, 153})
NOT_UNKNOWN6 = frozenset((HOP_BY_HOP, ROUTING, FRAGMENT, ICMPV6, NO_NEXT, DESTINATION, 2, 4, 41, 47,
                          50, 51, 103, 108, 115, 132, 135, 136, 137, 138, 139, 140, 255))
UNKNOWN6 = [number for number in UNKNOWN if number not in NOT_UNKNOWN6]


def to_router6(r, wires=WIRES6):
    """Returns a path from a host to an address of the router, mostly one on the host's link."""
    into = r.choice(wires)
    src, mac = host6(r, into)
    if r.random() < 0.2:
        number = r.choice(KNOWN_HOSTS)
        src, mac = into.link_local_host(number), into.host_mac(number)
    # The link-local addresses of other links are hosts' on this one.
    dst = r.choice((into.router6, into.router6, into.link_local, r.choice(
        [own for own in sorted(OWN6) if own[0] != 0xFE])))
    return Way(into, into, src, dst, mac)


def icmp_message6(r, way, most):
    """Returns (message, description)."""
    kind = r.randrange(7)
    size = r.choice((0, 1, 7, 8, 56, 57, 1000, r.randrange(1400)))
    data = r.randbytes(min(size, most - 48))
    ends = way.src, way.dst
    if kind < 3:
        return echo6(*ends, ident(r), ident(r), data, code=r.choice((0, 0, 0, 1))), "echo request"
    if kind == 3:
        return echo6(*ends, ident(r), ident(r), data, check=ident(r)), "bad checksum"
    if kind == 4:
        return icmp6(*ends, r.choice(TYPES), r.choice((0, 1, 255)), r.randbytes(4) + data), "type"
    if kind == 5:
        message = echo6(*ends, ident(r), ident(r), data)[:r.randrange(0, 8)]
        if len(message) >= 4 and r.random() < 0.5:
            message = message[:2] + b"\0\0" + message[4:]
            message = message[:2] + struct.pack("!H", sum6(*ends, ICMPV6, message)) + message[4:]
        return message, "truncated"
    src, dst = r.choice(sorted(OWN6)), WIRES6[1].host6(4)
    quoted = ipv6(src, dst, UDP, udp6(src, dst, 5, 6, b"quoted"))
    return icmp6(*ends, r.choice((1, 3, 4)), r.randrange(6), r.randbytes(4) + quoted[
        :r.choice((len(quoted), 48, 40, 8))]), "error"


@category
def icmp_local6(r, count):
    """Echo of many sizes, errors, unknown types, to addresses and groups of the router."""
    for _ in range(count):
        way = to_router6(r)
        mac = None
        if r.random() < 0.2:
            dst = r.choice((*map(address6, ("ff02::1", "ff02::2", "ff01::1", "ff05::2", "ff05::1")),
                            solicited_node(way.into.router6), way.into.router6[:15] + b"\0",
                            address6(r.choice(GROUPS))))
            way = way._replace(dst=dst)
            mac = group_mac(dst) if dst[0] == 0xFF else packets.BROADCAST
        message, what = icmp_message6(r, way, way.into.mtu)
        yield way.frame(what, ipv6(way.src, way.dst, ICMPV6, message, r.choice((1, 64, 255)),
                                   r.choice(SERVICE), label(r)), mac)


@category
def tcp_local6(r, count):
    """Segments for ports on which no process listens."""
    for _ in range(count):
        way = to_router6(r)
        message = tcp_segment(r, Way(0, 0, bytes(4), bytes(4), b""))
        if len(message) > 20:  # Linux from 6.7 on does not reset if options are malformed
            end = max(message[12] >> 2, 20)
            message = message[:20] + (b"\1" * (end - 20))[:len(message) - 20] + message[end:]
        if len(message) >= 18 and r.random() < 0.9:
            message = message[:16] + b"\0\0" + message[18:]
            check = sum6(way.src, way.dst, TCP, message)
            message = message[:16] + struct.pack("!H", check) + message[18:]
        yield way.frame("segment", ipv6(way.src, way.dst, TCP, message, r.choice((1, 64)),
                                        r.choice(SERVICE), label(r)))


@category
def udp_local6(r, count):
    """Datagrams for ports on which no process listens."""
    for _ in range(count):
        way = to_router6(r)
        data = r.randbytes(r.choice((0, 1, 18, 300, 1184, 1185, 1232)))
        message = udp6(way.src, way.dst, ident(r), ident(r), data,
                       r.choice((None, None, None, 0, ident(r))))
        what = "datagram"
        if r.random() < 0.15:
            length = r.choice((0, 7, 8, 9, len(message) - 1, len(message) + 1, 65535))
            message = message[:4] + struct.pack("!H", length) + message[6:]
            if r.random() < 0.7:
                covered = message[:6] + b"\0\0" + message[8:]
                covered = covered[:length] if 8 <= length <= len(message) else covered
                message = message[:6] + struct.pack("!H", sum6(
                    way.src, way.dst, UDP, covered) or 0xFFFF) + message[8:]
            what = f"length {length} of {len(message)}"
        elif r.random() < 0.05:
            message, what = message[:r.randrange(0, 8)], "truncated"
        yield way.frame(what, ipv6(way.src, way.dst, UDP, message, r.choice((1, 64)),
                                   r.choice(SERVICE), label(r)))


@category
def protocol6(r, count):
    """Protocols that the router does not implement, and no next header."""
    for _ in range(count):
        way = to_router6(r)
        number = NO_NEXT if r.random() < 0.1 else r.choice(UNKNOWN6)
        yield way.frame(f"protocol {number}", ipv6(
            way.src, way.dst, number, r.randbytes(r.choice((0, 1, 8, 20, 100, 1220))),
            r.choice((1, 64)), r.choice(SERVICE), label(r)))


def fragments_of(r, way):
    """Yields the frames of one datagram that arrives in fragments."""
    most = r.choice((16, 200, 600, 1200))
    data = r.randbytes(r.randrange(1, min(10 * most, 4000)))
    proto, message = message6(r, way.src, way.dst, 200) if r.random() < 0.3 else (
        ICMPV6, echo6(way.src, way.dst, ident(r), ident(r), data))
    before = b""
    if r.random() < 0.2:  # in the fragmentable part
        message, proto = options_header(proto, padded(b"")) + message, DESTINATION
    cuts, what = disturbed(r, pieces(r, message, most))
    if r.random() < 0.2:  # in every fragment
        before = options_header(FRAGMENT, padded(b""))
    order = r.randrange(3)
    if order == 1:
        cuts.reverse()
    elif order == 2:
        r.shuffle(cuts)
    first = r.choice((DESTINATION, HOP_BY_HOP)) if before else FRAGMENT
    number, service = r.getrandbits(32), r.choice(SERVICE)
    for at, piece, last in cuts:
        tclass = r.choice(SERVICE) if r.random() < 0.05 else service
        header = fragment_header(proto, at, not last, number)
        yield way.frame(f"{what}: {at}+{len(piece)}{'' if last else ' more'}", ipv6(
            way.src, way.dst, first, before + header + piece[:1200], r.choice((1, 64)), tclass,
            label(r)))


@category
def reassembly6(r, count):
    """Datagrams for the router: their fragments arrive in any order, some of them twice."""
    left = count
    while left > 0:
        several = [list(fragments_of(r, to_router6(r))) for _ in range(r.randrange(1, 4))]
        while any(several):
            yield r.choice([frames for frames in several if frames]).pop(0)
            left -= 1


def fragment_at(raw):
    """Returns the position of the fragment header, behind one other header at most, or None."""
    if raw[12:14] != IPV6 or len(raw) < 54 + 8:
        return None
    if raw[20] == FRAGMENT:
        return 54
    at = 54 + (raw[55] + 1) * 8
    return at if raw[20] in (HOP_BY_HOP, DESTINATION) and raw[54] == FRAGMENT \
        and at + 8 <= len(raw) else None


def ended6(actions):
    """Also ends unfinished datagrams for the router, each by an empty fragment, as for IPv4.

    Not by a first one, which is refused because it lacks the upper header and ends nothing.
    """
    last = {}
    for action in actions:
        raw = getattr(action, "raw", b"")
        at = fragment_at(raw)
        if at and raw[38:54] in OWN6:
            last[raw[22:54] + raw[at + 4:at + 8]] = action, fragment_header(
                UDP, 8, 1, int.from_bytes(raw[at + 4:at + 8], "big"))
    return [*actions, *(action._replace(what="the end", raw=action.raw[:14] + ipv6(
        action.raw[22:38], action.raw[38:54], FRAGMENT, header))
        for action, header in last.values())]


class Renumbered6:
    """Returns the same fragments as other datagrams, with different identifications."""

    def __init__(self):
        self.times = 0

    def __call__(self, frames):
        self.times += 1
        return [frame._replace(raw=self.renumber(frame.raw)) for frame in frames]

    def renumber(self, raw):
        at = fragment_at(raw)
        if at is None:
            return raw
        number = int.from_bytes(raw[at + 4:at + 8], "big") + 65537 * self.times
        return raw[:at + 4] + (number & 0xFFFFFFFF).to_bytes(4, "big") + raw[at + 8:]


def bad_option(r, option):
    return r.choice((b"\1\0" + bytes(6), b"\1\2" + bytes(6), b"\1", option + b"\x0e\0",
                     b"\x63\1" + bytes(6) + option, option + b"\5\1" + bytes(6), option + option,
                     b"\2\2" + bytes(14) + option, option + b"\1\2" + bytes(14),
                     bytes((r.choice((0, *range(3, 40), 253)), r.randrange(4))) + r.randbytes(
                         r.choice((0, 5, 6, 7, 14, 22))) + option))


def router_message(r, wire, src, number):
    """The same for the messages of hosts to routers, and of other routers."""
    kind = r.choice((ROUTER_SOLICITATION, ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, REDIRECT))
    body = {ROUTER_SOLICITATION: bytes(4), ROUTER_ADVERTISEMENT: b"\x40\0\7\x08" + bytes(8),
            REDIRECT: bytes(4) + wire.link_local_host(3) + wire.host6(number)}[kind]
    dst = r.choice((wire.router6, address6("ff02::1"), address6("ff02::2")))
    option = r.choice((b"", b"\1\1" + wire.host_mac(number), b"\1\1" + wire.host_mac(number)))
    if r.random() < 0.3:
        option = bad_option(r, option)
    hops, code = r.choice((255, 255, 255, 254)), r.choice((0, 0, 0, 0, 1))
    return src, dst, hops, icmp6(src, dst, kind, code, body + option), f"{kind} of routers"


def neighbor_message(r, way, number):
    """Returns (source, destination, hop limit, message, description), valid or with one fault."""
    wire = way.into
    src = r.choice((wire.host6(number), wire.link_local_host(number), wire.host6(number),
                    bytes(16)))
    target = r.choice((wire.router6, wire.router6, wire.link_local, WIRES6[1].router6,
                       wire.router6[:15] + b"\0", wire.host6(number), wire.host6(number + 1),
                       address6("ff02::1"), address6("fd02::1")))
    if r.random() < 0.2:
        return router_message(r, wire, src, number)
    kind = r.choice((SOLICITATION, SOLICITATION, ADVERTISEMENT))
    flags, hops, code = r.choice((0, 0x60, 0x40, 0x20, 0xE0, 0x80)), 255, 0
    # A message to another host is forwarded like any packet, for which Linux sends a redirect.
    unicast = target if target in OWN6 else wire.router6
    dst = r.choice((solicited_node(target), unicast, wire.router6, address6("ff02::1")))
    if kind == ADVERTISEMENT:
        target = r.choice((wire.host6(number), wire.link_local_host(number)))
        dst = r.choice((wire.router6, wire.link_local, address6("ff02::1")))
    else:
        flags = r.choice((0, 0, 0, 0xFF))
    odd, what = r.randrange(12), "message"
    option = bytes((1 if kind == SOLICITATION else 2, 1)) + wire.host_mac(number)
    if src == bytes(16) and r.random() < 0.8 or r.random() < 0.1:
        option, what = b"", "no option"
    if odd == 0:
        hops, what = r.choice((64, 254, 1)), "hop limit"
    elif odd == 1:
        code, what = 1, "code"
    elif odd == 2:
        option, what = bad_option(r, option), "option"
    elif odd == 3:
        option, what = option[:2] + r.choice((bytes(6), wire.router_mac)), "MAC"
    message = icmp6(src, dst, kind, code, bytes((flags, 0, 0, 0)) + target + option,
                    ident(r) if odd == 4 else None)
    if odd == 5:
        message = icmp6(src, dst, kind, code, (bytes(4) + target)[:r.randrange(20)])
        what = "truncated"
    return src, dst, hops, message, f"{kind} {what}"


@category
def discovery6(r, count):
    """Solicitations and advertisements of hosts that are not known yet, valid and broken."""
    for start in range(0, count, 8):
        for _ in range(min(8, count - start)):
            number = r.randrange(100, 108)
            way = way6(r, WIRES6[1:2])
            way = way._replace(mac=way.into.host_mac(number))
            if r.random() < 0.3:
                src, dst = way.into.host6(number), way.into.router6
                packet, what = ipv6(src, dst, ICMPV6, echo6(src, dst, ident(r), 1)), "echo request"
                mac = None
            else:
                src, dst, hops, message, what = neighbor_message(r, way, number)
                packet = ipv6(src, dst, ICMPV6, message, hops)
                mac = group_mac(dst) if dst[0] == 0xFF else None
            yield way.frame(what, packet, mac)
            yield SYNC
        yield FORGET
    yield FORGET
