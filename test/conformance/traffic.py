# SPDX-License-Identifier: BSD-3-Clause
"""Packets for rulesets: their fields have few different values, from which the rules take their constants."""
import struct
from collections import defaultdict

import packets
from actions import Frame
from categories import CATEGORIES, Path
from compare import behind6, untagged
from ipv6 import Way
from local import OWN_ADDRESSES
from network import ALL_WIRES, OWN6, VLANS, WIRES, WIRES6
from packets import DF, ICMP, IPV4, MF, TCP, UDP
from packets6 import (DESTINATION, FRAGMENT, HOP_BY_HOP, ICMPV6, IPV6, ROUTING, echo6, fragment_header, icmp6,
                      ipv6, options_header, padded, tcp6, udp6)

HOSTS = (2, 3, 4)
PORTS = (22, 53, 80, 443, 1024, 8080, 40000, 65535)
FLAGS = (0x02, 0x12, 0x10, 0x18, 0x11, 0x14, 0x04, 0x00, 0x3F, 0xC2)
NUMBERS = (0, 1, 0x1234, 0x80000000, 0xFFFFFFFF)  # of TCP's sequences
SERVICE = (0, 0, 0x08, 0x28, 0xB8, 0xB9, 0x02, 0x03)
HOPS = (1, 2, 64, 64, 64, 255)
IDENTS = (0, 1, 7, 0x1234, 0xFFFF)
LABELS = (0, 0, 1, 0x12345, 0xFFFFF)
SIZES = (0, 0, 8, 18, 64, 200, 500)
# Other streams of which a part is used: those that keep no state, from and to addresses of every host.
OTHERS4 = ("forward", "icmp_error", "icmp", "tcp", "udp", "protocol", "fragment", "options", "vlan")
OTHERS6 = ("forward6", "icmp_error6", "extension6", "extension_local6", "icmp_local6", "tcp_local6", "udp_local6",
           "protocol6", "fragment6", "vlan6")


def message4(r, src, dst):
    """Returns (protocol, message)."""
    kind, data = r.randrange(5), r.randbytes(r.choice(SIZES))
    if kind < 2:
        return TCP, packets.tcp(src, dst, r.choice(PORTS), r.choice(PORTS), r.choice(FLAGS), r.choice(NUMBERS),
                                r.choice(NUMBERS), data)
    if kind < 4:
        return UDP, packets.udp(src, dst, r.choice(PORTS), r.choice(PORTS), data)
    if r.random() < 0.3:
        return ICMP, packets.icmp(r.choice((3, 11, 13, 30)), r.choice((0, 1, 3)), bytes(4), data)
    return ICMP, packets.echo(r.choice(IDENTS), r.choice(IDENTS), data, r.choice((8, 8, 0)))


def message6(r, src, dst):
    """Returns (protocol, message)."""
    kind, data = r.randrange(5), r.randbytes(r.choice(SIZES))
    if kind < 2:
        return TCP, tcp6(src, dst, r.choice(PORTS), r.choice(PORTS), r.choice(FLAGS), seq=r.choice(NUMBERS),
                         ack=r.choice(NUMBERS), payload=data)
    if kind < 4:
        return UDP, udp6(src, dst, r.choice(PORTS), r.choice(PORTS), data)
    if r.random() < 0.3:
        return ICMPV6, icmp6(src, dst, r.choice((1, 3, 100)), r.choice((0, 1, 3)), bytes(4) + data)
    return ICMPV6, echo6(src, dst, r.choice(IDENTS), r.choice(IDENTS), data, r.choice((128, 128, 129)))


def way4(r):
    into, out = r.sample(range(len(WIRES)), 2)
    number = r.choice(HOSTS)
    dst = WIRES[out].host(r.choice(HOSTS))
    if r.random() < 0.35:
        dst = r.choice((WIRES[into].router, WIRES[into].router, r.choice(OWN_ADDRESSES)))
    return Path(into, out, WIRES[into].host(number), dst, WIRES[into].host_mac(number))


def way6(r):
    into, out = r.sample(WIRES6, 2)
    number = r.choice(HOSTS)
    dst = out.host6(r.choice(HOSTS))
    if r.random() < 0.35:
        dst = r.choice((into.router6, into.router6, into.link_local,
                        r.choice([own for own in sorted(OWN6) if own[0] != 0xFE])))
    return Way(into, out, into.host6(number), dst, into.host_mac(number))


def truncated(r, message):
    return message[:r.choice((0, 1, 3, 4, 7, 8, 12, 13, 14, 19))]


def own4(r):
    """Yields the frames of one packet, which is whole or in two fragments."""
    way = way4(r)
    proto, message = message4(r, way.src, way.dst)
    hops, service, ident = r.choice(HOPS), r.choice(SERVICE), r.choice(IDENTS)
    options = b"\1\1\1\0" if r.random() < 0.05 else b""
    if r.random() < 0.1 and len(message) > 16:
        cut = r.choice((8, 8, 16))
        number = r.randrange(0x10000)  # a datagram of its own
        for what, piece, frag in (("first", message[:cut], MF), ("last", message[cut:], cut // 8)):
            yield way.frame(f"{what} fragment", packets.ipv4(way.src, way.dst, proto, piece, hops, service, number,
                                                             frag, options))
        return
    if r.random() < 0.06:
        message = truncated(r, message)
    yield way.frame(f"protocol {proto}", packets.ipv4(way.src, way.dst, proto, message, hops, service, ident,
                                                      r.choice((0, DF)), options))


def own6(r):
    """The same for IPv6; some have extension headers."""
    way = way6(r)
    proto, message = message6(r, way.src, way.dst)
    said = f"protocol {proto}"
    hops, service, label = r.choice(HOPS), r.choice(SERVICE), r.choice(LABELS)
    if r.random() < 0.06:
        message, said = truncated(r, message), "truncated"
    if r.random() < 0.1 and len(message) > 16:
        cut, number = r.choice((8, 8, 16)), r.getrandbits(32)
        for what, at, piece in (("first", 0, message[:cut]), ("last", cut, message[cut:])):
            yield way.frame(f"{what} fragment", ipv6(way.src, way.dst, FRAGMENT, fragment_header(
                proto, at, at == 0, number) + piece, hops, service, label))
        return
    if r.random() < 0.15:
        kinds = r.choice(((DESTINATION,), (HOP_BY_HOP,), (HOP_BY_HOP, DESTINATION), (FRAGMENT,)))
        for kind in reversed(kinds):
            header = (fragment_header(proto, 0, 0, r.getrandbits(32)) if kind == FRAGMENT else
                      options_header(proto, padded(b"")))
            proto, message = kind, header + message
        said += f" behind {kinds}"
    yield way.frame(said, ipv6(way.src, way.dst, proto, message, hops, service, label))


def traffic(r, count):
    """Returns about so many frames, of both families in most cases; in most cases no later fragments."""
    frames = []
    only = r.choice((None, None, None, 4, 6))
    while len(frames) < count:
        family = only or r.choice((4, 6))
        if r.random() < 0.2:
            name = r.choice(OTHERS4 if family == 4 else OTHERS6)
            frames += list(CATEGORIES[name](r, r.choice((1, 2))))[:4]
        else:
            frames += own4(r) if family == 4 else own6(r)
    frames = [frame for frame in frames if isinstance(frame, Frame)]
    return frames if r.random() < 0.25 else [frame for frame in frames if not is_later_fragment(frame.raw)]


def is_later_fragment(raw):
    """Whether the packet has no transport header because that is in another fragment."""
    _, raw = untagged(raw)
    packet = raw[14:]
    if raw[12:14] == IPV4:
        return len(packet) >= 20 and number(packet[6:8]) & 0x1FFF != 0
    if raw[12:14] != IPV6 or len(packet) < 40:
        return False
    proto, at = behind6(packet, (HOP_BY_HOP, ROUTING, DESTINATION))
    return proto == FRAGMENT and number(packet[at + 2:at + 4]) >> 3 != 0


def number(octets):
    return int.from_bytes(octets, "big")


class Values:
    """The values that the fields have, by nft's names: numbers, or texts of interfaces.

    packets: of each packet, and of the answer to it, {field: value}; of: {field: values};
    later_fragments: whether some of the packets are.
    """

    def __init__(self, frames):
        self.packets = []
        self.later_fragments = any(is_later_fragment(frame.raw) for frame in frames)
        for frame in frames:
            self.add(frame)
        self.of = defaultdict(list)
        for fields in self.packets:
            for name, value in fields.items():
                self.of[name].append(value)
        self.protocols = {name.partition(" ")[0] for name in self.of}
        names = self.of["iifname"] * 2 + [wire.port for wire in ALL_WIRES] * 2 + [vlan.name for vlan in VLANS]
        self.of |= dict.fromkeys(("iif", "iifname", "oif", "oifname"), names)

    def add(self, frame):
        _, raw = untagged(frame.raw)
        packet = raw[14:]
        if raw[12:14] == IPV4 and len(packet) >= 20 and packet[0] >> 4 == 4:
            fields, proto, message = ip_fields(packet)
        elif raw[12:14] == IPV6 and len(packet) >= 40:
            fields, proto, message = ip6_fields(packet)
        else:
            return
        fields |= transport_fields(proto, message)
        self.packets.append(fields | {"iifname": ALL_WIRES[frame.wire].port})
        self.packets.append({swapped(name): value for name, value in fields.items()})


def swapped(name):
    """Returns the field that has the same value in an answer."""
    for one, other in (("saddr", "daddr"), ("sport", "dport")):
        if one in name:
            return name.replace(one, other)
        if other in name:
            return name.replace(other, one)
    return name


def ip_fields(packet):
    """Returns (fields, protocol, its message)."""
    length, ident, frag = struct.unpack_from("!HHH", packet, 2)
    return {"ip saddr": number(packet[12:16]), "ip daddr": number(packet[16:20]), "ip version": packet[0] >> 4,
            "ip hdrlength": packet[0] & 15, "ip dscp": packet[1] >> 2, "ip ecn": packet[1] & 3,
            "ip length": length, "ip id": ident, "ip frag-off": frag, "ip ttl": packet[8],
            "ip protocol": packet[9], "meta length": length,
            "meta l4proto": packet[9]}, packet[9], packet[(packet[0] & 15) * 4:]


def ip6_fields(packet):
    word, length, following, hops = struct.unpack_from("!IHBB", packet)
    proto, at = behind6(packet, (HOP_BY_HOP, ROUTING, DESTINATION))
    return {"ip6 saddr": number(packet[8:24]), "ip6 daddr": number(packet[24:40]), "ip6 version": word >> 28,
            "ip6 dscp": word >> 22 & 63, "ip6 ecn": word >> 20 & 3, "ip6 flowlabel": word & 0xFFFFF,
            "ip6 length": length, "ip6 nexthdr": following, "ip6 hoplimit": hops, "meta length": length + 40,
            "meta l4proto": proto}, proto, packet[at:]


def transport_fields(proto, message):
    if len(message) < 8 or proto not in (TCP, UDP, ICMP, ICMPV6):
        return {}
    first, second, third, fourth = struct.unpack_from("!HHHH", message)
    if proto in (ICMP, ICMPV6):
        name = "icmp" if proto == ICMP else "icmpv6"
        return {f"{name} type": message[0], f"{name} code": message[1], f"{name} id": third,
                f"{name} sequence": fourth}
    name = "tcp" if proto == TCP else "udp"
    fields = {f"{name} sport": first, f"{name} dport": second, "th sport": first, "th dport": second}
    if proto == UDP:
        return fields | {"udp length": third}
    if len(message) < 20:
        return fields
    return fields | {"tcp sequence": third << 16 | fourth, "tcp ackseq": number(message[8:12]),
                     "tcp doff": message[12] >> 4, "tcp flags": message[13], "tcp window": number(message[14:16])}
