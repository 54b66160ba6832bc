# SPDX-License-Identifier: BSD-3-Clause
"""Fragments: forwarded, made by the router, and reassembled by the router."""
import packets
from categories import (SERVICE, WIRES, category, ident, most_through, path, transport)
from local import to_router
from network import OWN
from packets import DF, ICMP, IPV4, MF, UDP, ethernet, ipv4


@category
def fragment(r, count):
    """Packets in transit that are fragments, or become several."""
    for _ in range(count):
        way = path(r, (0, 1)) if r.random() < 0.3 else path(r)
        if r.random() < 0.6:
            way = way._replace(out=r.choice((2, 3)))
            way = way._replace(dst=WIRES[way.out].host(r.randrange(2, 10)))
        if way.into == way.out:
            way = way._replace(into=0, src=WIRES[0].host(5), mac=WIRES[0].host_mac(5))
        most = WIRES[way.into].mtu if r.random() < 0.8 else most_through(way)
        proto, message = transport(r, way, most)
        flags, what = 0, "whole"
        if r.random() < 0.5:
            flags = r.choice((MF, MF | r.randrange(1, 8191), r.randrange(1, 8191)))
            what = "fragment"
        if r.random() < 0.15:
            flags |= DF
            what += ", DF"
        yield way.frame(what, ipv4(way.src, way.dst, proto, message, r.choice((1, 2, 64, 64, 64)),
                                   r.choice(SERVICE), ident(r), flags))


def pieces(r, message, most):
    """Returns [(offset, octets)]: the message cut at random multiples of 8."""
    cuts, at = [], 0
    while at < len(message):
        size = min(8 * r.randrange(1, max(2, most // 8)), len(message) - at)
        cuts.append((at, message[at:at + size]))
        at += size
    return cuts


def disturbed(r, cuts):
    """Returns (pieces, description of the fault); the third item of a piece marks the last fragment."""
    length = cuts[-1][0] + len(cuts[-1][1])
    cuts = [(at, data, at + len(data) == length) for at, data in cuts]
    which = r.randrange(len(cuts))
    at, data, last = cuts[which]
    kind = r.randrange(20)
    if kind == 0:
        return cuts + [cuts[which]], "duplicate"
    if kind == 1:
        return cuts + [(at, r.randbytes(len(data)), last)], "duplicate with other octets"
    if kind == 2 and len(data) > 8:
        return cuts + [(at + 8, data[8:], last)], "overlap of its end"
    if kind == 3 and at >= 8:
        return cuts + [(at - 8, b"overlap!" + data, last)], "overlap of the one before"
    if kind == 4:
        return cuts + [(at, data + bytes(8), False)], "overlap of the one behind"
    if kind == 5:
        return cuts[:which] + cuts[which + 1:] or cuts, "one missing"
    if kind == 6:
        return cuts + [(length & ~7, b"", True)], "empty last"
    if kind == 7:
        return cuts + [((length + 15) & ~7, b"later", True)], "two ends"
    if kind == 8:
        return cuts[:which] + [(at, data + b"odd", False)] + cuts[which + 1:], "not a multiple of 8"
    if kind == 9:
        return cuts + [(65528, data, True)], "beyond 65535"
    return cuts, "in order"


def datagram(r):
    """Yields the frames of one datagram that arrives in fragments."""
    way = to_router(r, WIRES[:2])
    most = r.choice((16, 200, 600, 1480))
    data = r.randbytes(r.randrange(1, min(10 * most, 4000)))
    if r.random() < 0.6:
        proto, message = ICMP, packets.echo(ident(r), ident(r), data)
    else:
        proto, message = UDP, packets.udp(way.src, way.dst, ident(r), ident(r),
                                          data)
    cuts, what = disturbed(r, pieces(r, message, most))
    order = r.choice(("ascending", "descending", "shuffled"))
    if order == "descending":
        cuts.reverse()
    elif order == "shuffled":
        r.shuffle(cuts)
    number, service, df = ident(r), r.choice(SERVICE), DF if r.random() < 0.1 else 0
    for at, data, last in cuts:
        tos = r.choice(SERVICE) if r.random() < 0.05 else service
        said = f"{what}, {order}: {at}+{len(data)}{'' if last else ' more'}, tos {tos}"
        yield way.frame(said, ipv4(
            way.src, way.dst, proto, data[:1480], r.choice((1, 64)), tos, number,
            at // 8 | df | (0 if last else MF)))


def ended(actions):
    """Also ends unfinished datagrams for the router, each by an empty fragment.

    Unfinished datagrams would fill the routers' memories, whose limits count differently, and time
    out in a later step.
    """
    last = {}
    for action in actions:
        raw = getattr(action, "raw", b"")
        if raw[12:14] == IPV4 and len(raw) >= 34 and raw[30:34] in OWN and (
                raw[20] & 0x3F or raw[21]):
            last[raw[18:20] + raw[23:24] + raw[26:34]] = action
    return [*actions, *(action._replace(what="the end", raw=ethernet(
        action.raw[6:12] if action.raw[0] & 1 else action.raw[:6], action.raw[6:12], ipv4(
            action.raw[26:30], action.raw[30:34], action.raw[23], b"", frag=MF,
            ident=int.from_bytes(action.raw[18:20], "big")))) for action in last.values())]


@category
def reassembly(r, count):
    """Datagrams for the router: their fragments arrive in any order, with duplicates and overlaps."""
    left = count
    while left > 0:
        several = [list(datagram(r)) for _ in range(r.randrange(1, 4))]
        while any(several):
            frames = r.choice([frames for frames in several if frames])
            yield frames.pop(0)
            left -= 1


class Renumbered:
    """Returns the same fragments as other datagrams, with different IP identifications."""

    def __init__(self):
        self.times = 0

    def __call__(self, frames):
        self.times += 1
        return [frame._replace(raw=self.renumber(frame.raw)) for frame in frames]

    def renumber(self, raw):
        header = bytearray(raw[14:14 + (raw[14] & 15) * 4])
        number = int.from_bytes(header[4:6], "big") + 257 * self.times
        header[4:6] = (number & 0xFFFF).to_bytes(2, "big")
        header[10:12] = b"\0\0"
        header[10:12] = packets.checksum(bytes(header)).to_bytes(2, "big")
        return raw[:14] + bytes(header) + raw[14 + len(header):]
