# SPDX-License-Identifier: BSD-3-Clause
"""Streams of packets: each category is a function of a random generator and a number of packets."""
from typing import NamedTuple

import packets
from actions import Frame
from network import BROADCASTS, GATEWAY, KNOWN_HOSTS, OWN, SUBNET_ZEROS, WIRES, WIRES6
from packets import DF, ICMP, MF, TCP, UDP, address, ethernet, ipv4

CATEGORIES = {}
SIZES = (0, 1, 7, 8, 18, 26, 27, 100, 500, 548, 549, 556, 1000)
SERVICE = (0, 0, 0, 0x02, 0x08, 0x10, 0x18, 0x1E, 0x20, 0xB8, 0xC0, 0xE0, 0xFF, 0x03)
SPECIAL = ("0.0.0.0", "0.0.0.1", "0.1.2.3", "127.0.0.1", "127.255.255.255", "128.0.0.1",
           "169.254.1.1", "192.0.2.1", "198.18.0.1", "192.88.99.1", "100.64.0.1", "191.255.0.1",
           "223.255.255.255", "224.0.0.1", "224.0.0.5", "239.255.255.250", "240.0.0.1",
           "255.255.255.254", "255.255.255.255")
NO_ROUTE = ("203.0.113.1", "198.51.100.7", "10.200.1.1", "11.0.0.1", "192.168.12.1")
SPECIAL_ROUTES = ("10.66.1.1", "10.67.1.1", "10.68.1.1")


def category(function):
    CATEGORIES[function.__name__] = function
    return function


class Path(NamedTuple):
    """A path from a host on one link to a host behind another."""

    into: int
    out: int
    src: bytes
    dst: bytes
    mac: bytes

    def frame(self, what, packet, dst_mac=None):
        return Frame(self.into, ethernet(dst_mac or WIRES[self.into].router_mac, self.mac, packet),
                     what)


def host(r, wire):
    """Returns a host on the link, or one behind its gateway."""
    if r.random() < 0.7:
        number = r.choice(KNOWN_HOSTS)
        return wire.host(number), wire.host_mac(number)
    return bytes((10, wire.index, r.randrange(256), r.randrange(1, 255))), wire.host_mac(GATEWAY)


def path(r, wires=range(len(WIRES))):
    into, out = r.sample(list(wires), 2)
    src, mac = host(r, WIRES[into])
    dst, _ = host(r, WIRES[out])
    return Path(into, out, src, dst, mac)


def ident(r):
    return r.randrange(0x10000)


def payload(r, most):
    size = min(r.choice(SIZES) if r.random() < 0.5 else r.randrange(1400), most)
    return r.randbytes(size)


def transport(r, way, most, dst=None):
    """Returns (protocol, message) of a valid packet."""
    dst = dst or way.dst
    kind = r.randrange(4)
    ports = r.randrange(1, 65000), r.randrange(1, 65000)
    if kind == 0:
        return TCP, packets.tcp(way.src, dst, *ports, r.choice((0x02, 0x10, 0x18, 0x11)),
                                r.getrandbits(32), r.getrandbits(32), payload(r, most - 40))
    if kind == 1:
        return ICMP, packets.echo(r.randrange(60000), ident(r), payload(r, most - 28),
                                  r.choice((0, 8)))
    return UDP, packets.udp(way.src, dst, *ports, payload(r, most - 28),
                            0 if r.random() < 0.1 else None)


def most_through(way):
    return min(WIRES[way.into].mtu, WIRES[way.out].mtu)


@category
def forward(r, count):
    """Packets that any router forwards."""
    for _ in range(count):
        way = path(r)
        proto, message = transport(r, way, most_through(way))
        yield way.frame(f"protocol {proto}", ipv4(
            way.src, way.dst, proto, message, r.choice((2, 3, 64, 128, 255)), r.choice(SERVICE),
            ident(r), DF if r.random() < 0.4 else 0))


@category
def by_ipv6(r, count):
    """IPv4 packets by IPv6 gateways (RFC 8950): sent on, cut, too long, at their last hop."""
    for _ in range(count):
        way = path(r)
        dst = bytes((10, 100 + r.choice(WIRES6[1:]).index, r.randrange(256), r.randrange(1, 255)))
        proto, message = transport(r, way, WIRES[way.into].mtu, dst)
        yield way.frame(f"protocol {proto}", ipv4(
            way.src, dst, proto, message, r.choice((1, 2, 64, 255)), r.choice(SERVICE), ident(r),
            DF if r.random() < 0.5 else 0))


def strange_address(r, way):
    """Returns (address, description)."""
    special = r.choice(SPECIAL)
    return r.choice((
        (address(special), special),
        (r.randbytes(4), "random"),
        (r.choice(sorted(OWN)), "own"),
        (r.choice(sorted(BROADCASTS)), "subnet broadcast"),
        (r.choice(sorted(SUBNET_ZEROS)), "subnet zero"),
        (way.src, "source"), (way.dst, "destination"),
        (address(r.choice(NO_ROUTE)), "no route"), (address(r.choice(SPECIAL_ROUTES)), "type")))


def mutation(r, way, size):
    """Returns (arguments for ipv4(), description): one invalid or unusual field of the header."""
    field = r.randrange(11)
    if field == 0:
        version = r.choice((0, 3, 5, 6, 15))
        return {"version": version}, f"version {version}"
    if field == 1:
        ihl = r.choice((0, 1, 4, 6, 7, 15))
        return {"ihl": ihl}, f"ihl {ihl}"
    if field == 2:
        length = r.choice((0, 10, 19, 20, 21, 27, 28, size - 1, size + 1, size + 40, 1500, 65535))
        return {"length": length}, f"length {length} of {size}"
    if field == 3:
        error = r.choice((1, 0x100, 0x8000, 0xFFFF, r.randrange(1, 0xFFFF)))
        return {"check": error}, f"checksum {error:+#x}"
    if field == 4:
        ttl = r.choice((0, 1, 2, r.randrange(256)))
        return {"ttl": ttl}, f"ttl {ttl}"
    if field == 5:
        frag = r.choice((0x8000, 0xC000, DF | MF, 0xE000, MF, 0x1FFF, DF | 100, r.getrandbits(16)))
        return {"frag": frag}, f"flags and offset {frag:#x}"
    if field == 6:
        proto = r.randrange(256)
        return {"proto": proto}, f"protocol {proto}"
    if field == 7:
        value = ident(r) if r.random() < 0.5 else r.choice((0, 0xFFFF))
        return {"ident": value}, "identification"
    if field == 8:
        tos = r.randrange(256)
        return {"tos": tos}, f"tos {tos:#x}"
    value, kind = strange_address(r, way)
    side = "src" if field == 9 else "dst"
    return {side: value}, f"{side} {kind}"


@category
def header(r, count):
    """One or two changed fields in the IPv4 header of an otherwise valid packet."""
    for _ in range(count):
        way = path(r)
        proto, message = transport(r, way, r.choice((60, most_through(way))))
        fields = {"src": way.src, "dst": way.dst, "proto": proto, "payload": message,
                  "ident": ident(r)}
        said = []
        for _ in range(r.choice((1, 1, 1, 2))):
            changes, what = mutation(r, way, 20 + len(message))
            fields.update(changes)
            said.append(what)
        yield way.frame(", ".join(said), ipv4(**fields))


@category
def icmp_error(r, count):
    """Packets that must be answered by an error, and packets that must not."""
    for _ in range(count):
        way = path(r)
        cause = r.randrange(6)
        dst, ttl, frag, most = way.dst, 64, DF if r.random() < 0.3 else 0, most_through(way)
        if cause == 0:
            ttl, what = r.choice((0, 1)), "ttl"
        elif cause == 1:
            dst, what = address(r.choice(NO_ROUTE)), "no route"
        elif cause == 2:
            dst, what = address(r.choice(SPECIAL_ROUTES)), "route's type"
        elif cause == 3:
            way = path(r, (0, 1))._replace(out=3)
            dst, frag, most, what = WIRES[3].host(3), r.choice((DF, DF, 0)), 1500, "mtu"
        elif cause == 4:
            dst, what = WIRES[way.into].router, "router's port"
        else:
            dst, ttl, what = address(r.choice(NO_ROUTE + SPECIAL_ROUTES)), 1, "no route and ttl"
        if r.random() < 0.1:
            frag |= r.choice((MF, 1, MF | 5))
        proto, message = transport(r, way, most, dst)
        if r.random() < 0.2:
            kind = r.choice((0, 3, 4, 5, 8, 11, 12, 13, 17, 40))
            quoted = ipv4(dst, way.src, UDP, packets.udp(dst, way.src, 1, 2, b"quoted"))
            proto, message = ICMP, packets.icmp(kind, r.randrange(4), bytes(4), quoted)
        dst_mac = r.choice((packets.BROADCAST, b"\1\0\x5e\0\0\1")) if r.random() < 0.05 else None
        yield way.frame(what, ipv4(way.src, dst, proto, message, ttl, r.choice(SERVICE), ident(r),
                                   frag), dst_mac)
