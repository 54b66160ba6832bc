# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 packets in transit that are fragments, take one of several ways, or cross VLANs."""
from actions import Frame
from categories import SERVICE, category, ident
from fragments import disturbed, pieces
from ipv6 import NO_ROUTE6, host6, label, message6, way6
from network import OWN6, SPREAD6, TRUNK, VLANS, VLANS6, WIRES, WIRES6
from packets import ICMP, TCP, UDP, ethernet
from packets6 import (FRAGMENT, ICMPV6, IPV6, address6, echo6, fragment_header, group_mac, ipv6,
                      udp6)
from vlan import ODD_TAGS, tagged


@category
def fragment6(r, count):
    """Fragments are forwarded in any order, and none is cut again."""
    left = count
    while left > 0:
        way = way6(r)
        proto, number = r.choice((UDP, TCP, ICMPV6, ICMP)), r.getrandbits(32)
        message = r.randbytes(r.randrange(1, 6000))
        cuts, what = disturbed(r, pieces(r, message, r.choice((64, 600, way.into.mtu - 40))))
        if r.random() < 0.5:
            r.shuffle(cuts)
        for at, piece, last in cuts:
            packet = fragment_header(proto, at, not last, number) + piece[:way.into.mtu - 48]
            yield way.frame(what, ipv6(way.src, way.dst, FRAGMENT, packet, r.choice((1, 2, 64)),
                                       r.choice(SERVICE), label(r)))
        left -= len(cuts)


@category
def spread6(r, count):
    """Flows over a route with several next hops: of each flow, all packets take the same."""
    net = address6(SPREAD6.partition("/")[0])[:6]
    ways = [way6(r, (WIRES6[0], WIRES6[1], WIRES6[3]))._replace(out=WIRES6[2],
                                                                dst=net + r.randbytes(10))
            for _ in range(12)]
    flows = [(way, *message6(r, way.src, way.dst, 1000)) for way in ways]
    labels = [label(r) for _ in flows]
    for _ in range(count):
        which = r.randrange(len(flows))
        way, proto, message = flows[which]
        yield way.frame("spread", ipv6(way.src, way.dst, proto, message, r.choice((2, 64, 64, 1)),
                                       r.choice(SERVICE), labels[which]))


def out_of_vlan(r, vlan):
    """Returns (frame without tags, description) of a host in the VLAN."""
    number = r.randrange(2, 5)
    src, mac = vlan.host6(number), vlan.host_mac(number)
    router_mac, kind = WIRES[TRUNK].router_mac, r.randrange(10)
    if kind < 4:
        dst = r.choice((vlan.router6, vlan.router6, *sorted(own for own in OWN6 if own[0] != 0xFE),
                        WIRES[TRUNK].link_local, vlan.router6[:15] + b"\0", address6("ff02::1")))
        message = echo6(src, dst, ident(r), ident(r), r.randbytes(r.randrange(200)))
        mac_to = group_mac(dst) if dst[0] == 0xFF else router_mac
        return ethernet(mac_to, mac, ipv6(src, dst, ICMPV6, message), IPV6), "to the router"
    others = [other for other in VLANS6 if other is not vlan]
    dst, what = r.choice((
        (host6(r, WIRES6[r.randrange(4)])[0], "to a wire"),
        (r.choice(others).host6(r.randrange(2, 5)), "to another VLAN"),
        (vlan.host6(4), "back"), (address6(r.choice(NO_ROUTE6)), "no route")))
    message = udp6(src, dst, ident(r), ident(r), r.randbytes(r.randrange(vlan.mtu - 48)))
    packet = ipv6(src, dst, UDP, message, r.choice((1, 2, 64, 64)), r.choice(SERVICE), label(r))
    return ethernet(router_mac, mac, packet, IPV6), what


@category
def vlan6(r, count):
    """Frames that arrive or leave by a VLAN, or arrive with an unconfigured tag."""
    for _ in range(count):
        kind, some = r.randrange(10), r.choice(VLANS6)
        if kind < 6:
            frame, what = out_of_vlan(r, some)
            yield Frame(TRUNK, tagged(r, frame, some.tags, True), f"{some.name} {what}")
        elif kind < 9:
            way = way6(r, WIRES6[:2])
            dst = r.choice((some.host6(r.randrange(2, 5)), some.router6))
            message = udp6(way.src, dst, ident(r), ident(r), r.randbytes(r.randrange(1452)))
            yield way.frame(f"to {some.name}", ipv6(way.src, dst, UDP, message, r.choice((1, 64)),
                                                    r.choice(SERVICE), label(r)))
        else:
            frame, what = out_of_vlan(r, some)
            odd = (r.choice(ODD_TAGS),)
            if odd not in [other.tags for other in VLANS]:
                yield Frame(TRUNK, tagged(r, frame, odd), f"nobody's {odd}: {what}")
