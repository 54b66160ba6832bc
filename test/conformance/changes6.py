# SPDX-License-Identifier: BSD-3-Clause
"""Streams during which the routers' IPv6 routes, addresses, MTUs and redirects change."""
import ipaddress

from actions import FORGET, SYNC, Frame
from categories import SERVICE, category, ident
from control import INTO_LAN, change, changing_routes, first_of
from ipv6 import Way, host6, label, way6
from network import ALL_WIRES, GATEWAY, LAN, PASSING6, WIRES6
from packets import UDP, ethernet
from packets6 import (ICMPV6, IPV6, SOLICITATION, address6, echo6, group_mac, icmp6, ipv6,
                      solicited_node, sum6, text6, udp6)
from ports import mtu_of, own

CHANGED6 = WIRES6[1]
MTUS6 = (1280, 1281, 1300, 1400, 1492, 1499, 1500)
USUAL6 = mtu_of(CHANGED6.mtu, CHANGED6)


def towards6(r, most):
    """Returns a packet that leaves by the port that changes, or whose answer does."""
    kind = r.randrange(10)
    if kind < 6:
        way = way6(r, WIRES6[:1])
        dst = r.choice((host6(r, CHANGED6)[0], CHANGED6.host6(3)))
        size = r.choice((most - 1, most, most + 1, r.randrange(48, 1501)))
        message = udp6(way.src, dst, ident(r), ident(r), r.randbytes(min(size, 1500) - 48))
        return way.frame("large or small", ipv6(way.src, dst, UDP, message, r.choice((1, 64, 64)),
                                                r.choice(SERVICE), label(r)))
    src, mac = host6(r, CHANGED6)
    dst = r.choice((CHANGED6.router6, CHANGED6.link_local)) if kind < 8 else address6("fd02::1")
    way = Way(CHANGED6, CHANGED6, src, dst, mac)
    message = echo6(src, dst, ident(r), ident(r), r.randbytes(r.randrange(most - 47)))
    return way.frame("answered", ipv6(src, dst, ICMPV6, message, 64, r.choice(SERVICE), label(r)))


@category
def mtu6(r, count):
    """The MTU of a port changes between packets."""
    for _ in range(0, count, 16):
        value = r.choice(MTUS6)
        yield mtu_of(value, CHANGED6)
        for _ in range(16):
            yield towards6(r, value)
    yield USUAL6


def some_prefix6(r):
    length = r.choice((17, 32, 33, 48, 49, 56, 63, 64, 65, 96, 127, 128))
    site, net = r.choice((64, 77, 127)), r.choice((0, 1, 255))
    base = address6(f"fd00:{site}:{net}:{r.choice((0, 8000))}::{r.choice((0, 1, 128))}")
    return str(ipaddress.IPv6Network((base, length), strict=False))


def added6(r, prefix):
    """Returns the words that add a route, common to ip and roadctl."""
    kind = r.randrange(8)
    if kind < 5:
        wire = r.choice(WIRES6[1:])
        return [prefix, "via", text6(wire.host6(r.choice((GATEWAY, 3, 4))))]
    return [("blackhole", "unreachable", "prohibit")[kind - 5], prefix]


def by_routes6(r, prefix):
    way = way6(r, WIRES6[:1])
    dst = address6(first_of(prefix or some_prefix6(r)))
    dst = dst[:15] + bytes((dst[15] | r.choice((0, 1, 128)),))
    message = udp6(way.src, dst, ident(r), ident(r), r.randbytes(r.randrange(40)))
    return way.frame("by changing routes", ipv6(way.src, dst, UDP, message, r.choice((1, 64, 64))))


@category
def route_changes6(r, count):
    """Routes are added and removed between packets for them."""
    yield from changing_routes(r, count, some_prefix6, added6, by_routes6)


def asked(way, target):
    """Returns a solicitation from the path's host."""
    dst = solicited_node(target)
    message = icmp6(way.src, dst, SOLICITATION, 0, bytes(4) + target + b"\1\1" + way.mac)
    return way._replace(dst=dst).frame("solicitation", ipv6(way.src, dst, ICMPV6, message, 255),
                                       group_mac(dst))


BEHIND = "fd00:99::/32"  # a network to which the passing address is the router's source


@category
def address_changes6(r, count):
    """The router gets an address and loses it again; a route that prefers it as source remains."""
    wire = WIRES6[0]
    for _ in range(0, count, 32):
        router = r.choice(sorted(PASSING6))
        prefix = f"{text6(router)}/{r.choice((48, 64, 65, 120, 127, 128))}"
        host = Way(wire, wire, router[:15] + b"\2", router, wire.host_mac(90))
        there = [router, router, router[:15] + b"\0", wire.link_local]
        behind = (BEHIND, "via", text6(wire.host6(3)), "src", text6(router), "metric", "10")
        for action in (own("add", prefix, wire, " nodad"), own("del", prefix, wire)):
            yield action
            if action.roadctl[0][1] == "add":
                yield change("add", behind)
            yield asked(host._replace(src=wire.host6(3), mac=wire.host_mac(3)), router)
            yield SYNC
            for _ in range(15):
                way = way6(r, WIRES6[:2])._replace(dst=r.choice(there))
                if way.dst == wire.link_local:
                    way = way._replace(into=wire, src=wire.host6(4), mac=wire.host_mac(4))
                elif r.random() < 0.3:
                    way = way._replace(into=wire, src=address6(f"fd00:99::{ident(r):x}"),
                                       mac=wire.host_mac(3), dst=address6("fd02::1"))
                message = echo6(way.src, way.dst, ident(r), ident(r), b"there?")
                yield way.frame(prefix, ipv6(way.src, way.dst, ICMPV6, message))
            yield SYNC
            yield FORGET
        yield change("del", (BEHIND, "metric", "10"))


class Sources6:
    """Hosts on the LAN, each used once, because redirects to one host are limited in rate."""

    def __init__(self):
        self.number = 0

    def __call__(self):
        self.number += 1
        return LAN.router6[:8] + (0x100000 + self.number).to_bytes(8, "big")


new_source6 = Sources6()


def lan_frame(src, mac, dst, proto, message, what, hops=64, to=None):
    return Frame(INTO_LAN, ethernet(to or LAN.router_mac, mac,
                                    ipv6(src, dst, proto, message, hops), IPV6), what)


@category
def redirect6(r, count):
    """Packets that leave by the link on which they arrived; each sender has one of these.

    How often one sender is told is the router's choice (RFC 4861 8.2).
    """
    for _ in range(0, count, 8):
        for _ in range(4):
            src, mac = new_source6(), LAN.host_mac(r.randrange(20, 90))
            if r.random() < 0.2:
                src = LAN.link_local[:8] + src[8:]
            group = solicited_node(LAN.router6)
            message = icmp6(src, group, SOLICITATION, 0, bytes(4) + LAN.router6 + b"\1\1" + mac)
            yield lan_frame(src, mac, group, ICMPV6, message, "solicitation", 255, group_mac(group))
            yield SYNC
            dst, what = r.choice((
                (address6(f"fd00:5::{r.getrandbits(16):x}"), "a gateway by a global address"),
                (address6(f"fd01:5::{r.getrandbits(16):x}"), "a gateway"),
                (LAN.host6(r.randrange(2, 10)), "same wire"), (src, "itself"),
                (LAN.link_local_host(r.randrange(2, 10)), "a link-local host"),
                (address6("fd01:6::1"), "another wire"), (WIRES6[1].host6(3), "another wire")))
            message = udp6(src, dst, ident(r), ident(r), r.randbytes(r.randrange(1452)))
            yield lan_frame(src, mac, dst, UDP, message, what, r.choice((1, 2, 64, 64)))
            yield SYNC
        yield FORGET


def others6(actions):
    """Returns the same actions from other hosts on the link."""
    names = {}

    def renamed(raw):
        src = raw[22:38]
        new = names.setdefault(src, src[:8] + new_source6()[8:])
        raw = raw.replace(src, new)
        at = 54 + (2 if raw[20] == ICMPV6 else 6)
        message = raw[54:at] + bytes(2) + raw[at + 2:]
        check = sum6(new, raw[38:54], raw[20], message) or 0xFFFF
        return raw[:at] + check.to_bytes(2, "big") + raw[at + 2:]

    return [action._replace(raw=renamed(action.raw)) if isinstance(action, Frame) else action
            for action in actions] + [FORGET]
