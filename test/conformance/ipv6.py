# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 packets in transit, valid and invalid."""
from typing import NamedTuple

import packets
from actions import Frame
from categories import SERVICE, category, ident, payload
from network import ALL_WIRES, GATEWAY, KNOWN_HOSTS, OWN6, WIRES6
from packets import TCP, UDP, ethernet
from packets6 import ICMPV6, IPV6, address6, echo6, group_mac, icmp6, ipv6, tcp6, udp6

SPECIAL6 = ("::", "::1", "::2", "::192.0.2.1", "::ffff:192.0.2.1", "::ffff:10.1.2.3", "64:ff9b::1",
            "100::1", "fe80::", "fe80::2", "fe80::3", "fe80:1::2", "febf::2", "fec0::1", "fc00::1",
            "2001::1", "2001:2::1", "2002:c000:201::1", "3fff::1", "5f00::1")
GROUPS = tuple(f"ff{flags}{scope:x}::{number}" for flags in (0, 1, 3) for scope in range(16)
               for number in (1, 2, "1:ff00:1", "1234"))
NO_ROUTE6 = ("fd02::1", "4000::1", "fd00:9::1", "8000::1")
SPECIAL_ROUTES6 = ("fd00:66::1", "fd00:67::1", "fd00:68::1", "fd00:1:0:ff12::1", "2400::1",
                   "240f:ffff::1")
LONGER = ("fd00:1:0:fffe::1", "fd00:1:0:ffff::1", "fd00:1::7", "fd00:1::8", "fd00:1::9",
          "fd00:1::a", "fd00:1::b", "fd00:1::c", "2410::1", "3fff:ffff::1")


class Way(NamedTuple):
    """A path from a host on one link to a host behind another."""

    into: object  # the Wire
    out: object
    src: bytes
    dst: bytes
    mac: bytes

    def frame(self, what, packet, dst_mac=None):
        return Frame(ALL_WIRES.index(self.into), ethernet(dst_mac or self.into.router_mac, self.mac,
                                                          packet, IPV6), what)

    @property
    def most(self):
        return min(self.into.mtu, self.out.mtu)


def host6(r, wire):
    """Returns (address, MAC address) of a host on the link, or of one behind its gateway."""
    if r.random() < 0.7:
        number = r.choice(KNOWN_HOSTS)
        return wire.host6(number), wire.host_mac(number)
    net = address6(f"fd0{r.randrange(2)}:{wire.index}::")[:5]
    return net + bytes((1,)) + r.randbytes(10), wire.host_mac(GATEWAY)


def way6(r, into=WIRES6):
    into = r.choice(into)
    out = r.choice([wire for wire in WIRES6 if wire is not into])
    src, mac = host6(r, into)
    return Way(into, out, src, host6(r, out)[0], mac)


def message6(r, src, dst, most):
    """Returns (protocol, message) of a valid packet of at most that many octets."""
    kind = r.randrange(4)
    ports = r.randrange(1, 65000), r.randrange(1, 65000)
    if kind == 0:
        return TCP, tcp6(src, dst, *ports, r.choice((0x02, 0x10, 0x18, 0x11)),
                         seq=r.getrandbits(32), ack=r.getrandbits(32),
                         payload=payload(r, most - 60))
    if kind == 1:
        return ICMPV6, echo6(src, dst, r.randrange(60000), ident(r), payload(r, most - 48),
                             r.choice((128, 129)))
    return UDP, udp6(src, dst, *ports, payload(r, most - 48))


def label(r):
    return r.choice((0, r.getrandbits(20), 0xFFFFF))


@category
def forward6(r, count):
    """Packets that any router forwards."""
    for _ in range(count):
        way = way6(r)
        proto, message = message6(r, way.src, way.dst, way.most)
        yield way.frame(f"protocol {proto}", ipv6(
            way.src, way.dst, proto, message, r.choice((2, 3, 64, 128, 255, r.randrange(2, 256))),
            r.choice(SERVICE), label(r)))


def strange_address6(r, way):
    """Returns (address, description)."""
    special, group = r.choice(SPECIAL6), r.choice(GROUPS)
    return r.choice((
        (address6(special), special), (address6(group), group),
        (r.randbytes(16), "random"), (bytes((0x20,)) + r.randbytes(15), "global"),
        (r.choice(sorted(OWN6)), "own"), (way.into.router6[:15] + b"\0", "anycast"),
        (way.out.router6[:15] + b"\0", "another link's anycast"),
        (way.src, "source"), (way.dst, "destination"),
        (address6(r.choice(NO_ROUTE6)), "no route"),
        (address6(r.choice(SPECIAL_ROUTES6)), "type")))


@category
def header6(r, count):
    """One or two changed fields in the header of an otherwise valid packet."""
    for _ in range(count):
        way = way6(r)
        proto, message = message6(r, way.src, way.dst, r.choice((100, way.most)))
        fields = {"src": way.src, "dst": way.dst, "proto": proto, "payload": message}
        said, size, tail = [], len(message), b""
        for _ in range(r.choice((1, 1, 1, 2))):
            field = r.randrange(7)
            if field == 0:
                fields["version"] = r.choice((0, 4, 5, 7, 15))
            elif field == 1:
                fields["length"] = r.choice((0, 1, 7, 8, 9, size - 1, size + 1, size + 40, 65535))
            elif field == 2:
                fields["hops"] = r.choice((0, 1, 2, r.randrange(256)))
            elif field == 3:
                fields["proto"] = r.choice((41, 4, 59, 132, 253, 255, 136))
            elif field == 4:
                fields["tclass"], fields["label"] = r.randrange(256), label(r)
            elif field == 5:
                fields["length"] = size
                tail = r.choice((bytes(46), r.randbytes(r.randrange(1, 60))))
            else:
                fields["length"] = size
                tail, fields["payload"] = b"", message[:r.randrange(len(message))]
            said.append(("version", "length", "hops", "protocol", "class", "padding",
                         "truncated")[field])
        packet = ipv6(**fields) + tail
        if r.random() < 0.05:
            packet = packet[:r.randrange(41)]
            said.append("truncated header")
        yield way.frame(", ".join(said), packet[:way.into.mtu])


@category
def addresses6(r, count):
    """Sources and destinations of every kind; in frames to the router, to groups, to all."""
    for _ in range(count):
        way = way6(r)
        src, dst, what = way.src, way.dst, ""
        if r.random() < 0.6:
            dst, said = strange_address6(r, way)
            what += f"to {said} "
        if not what or r.random() < 0.3:
            src, said = strange_address6(r, way)
            if src[0] == 0xFE and src[1] & 0xC0 == 0x80:  # of a host whose MAC address is known
                src = way.into.link_local_host(r.choice(KNOWN_HOSTS))
            what += f"from {said}"
        proto, message = message6(r, src, dst, 500)
        mac = None
        if dst[0] == 0xFF and r.random() < 0.8:
            mac = group_mac(dst)
        elif r.random() < 0.1:
            mac = r.choice((packets.BROADCAST, b"\x33\x33\0\0\0\1", group_mac(r.randbytes(16))))
        hops = r.choice((1, 2, 64, 255, r.randrange(256)))
        yield way.frame(what, ipv6(src, dst, proto, message, hops, r.choice(SERVICE), label(r)),
                        mac)


@category
def icmp_error6(r, count):
    """Packets that must be answered by an error, and packets that must not."""
    for _ in range(count):
        way = way6(r)
        cause = r.randrange(6)
        dst, hops, most = way.dst, 64, way.most
        if cause == 0:
            hops, what = r.choice((0, 1)), "hop limit"
        elif cause == 1:
            dst, what = address6(r.choice(NO_ROUTE6)), "no route"
        elif cause == 2:
            dst, what = address6(r.choice(SPECIAL_ROUTES6)), "route's type"
        elif cause == 3:
            way = way6(r, WIRES6[:2])._replace(out=r.choice(WIRES6[2:]))
            dst, most, what = way.out.host6(3), way.into.mtu, "mtu"
        elif cause == 4:
            dst, what = way.into.router6, "router's port"
        else:
            dst, hops, what = address6(r.choice(NO_ROUTE6 + SPECIAL_ROUTES6)), 1, "and hop limit"
        if cause == 3 and r.random() < 0.7:
            size = r.choice((way.out.mtu - 1, way.out.mtu, way.out.mtu + 1, most))
            proto, message = UDP, udp6(way.src, dst, ident(r), ident(r), r.randbytes(size - 48))
        else:
            proto, message = message6(r, way.src, dst, most)
        if r.random() < 0.2:
            kind = r.choice((0, 1, 2, 3, 4, 5, 100, 127, 128, 129, 130, 133, 134, 137, 138, 200))
            quoted = ipv6(dst, way.src, UDP, udp6(dst, way.src, 1, 2, b"quoted"))
            proto, message = ICMPV6, icmp6(way.src, dst, kind, r.randrange(4), bytes(4) + quoted)
        mac = r.choice((packets.BROADCAST, group_mac(dst))) if r.random() < 0.05 else None
        yield way.frame(what, ipv6(way.src, dst, proto, message, hops, r.choice(SERVICE), label(r)),
                        mac)


@category
def routes6(r, count):
    """Destinations at the edges of the routes' prefixes."""
    for _ in range(count):
        way = way6(r, WIRES6[:1])
        dst = address6(r.choice(LONGER + SPECIAL_ROUTES6 + NO_ROUTE6))
        if r.random() < 0.5:
            dst = dst[:15] + r.randbytes(1)
        proto, message = message6(r, way.src, dst, 500)
        yield way.frame("edge", ipv6(way.src, dst, proto, message, r.choice((1, 64)),
                                     label=label(r)))
