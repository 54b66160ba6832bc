# SPDX-License-Identifier: BSD-3-Clause
"""Streams during which the routers' tables change."""
import packets
from actions import FORGET, SYNC, Change, Frame
from categories import WIRES, category, host, ident
from network import ALL_WIRES, GATEWAY, LAN
from packets import ARP_TYPE, BROADCAST, address, dotted, ethernet, ipv4


def datagram(r, index, src, mac, dst, what, ttl=64):
    message = packets.udp(src, dst, ident(r), ident(r), r.randbytes(r.randrange(40)))
    return Frame(index, ethernet(ALL_WIRES[index].router_mac, mac,
                                 ipv4(src, dst, packets.UDP, message, ttl, ident=ident(r))), what)


def some_prefix(r):
    length = r.choice((12, 15, 16, 17, 20, 23, 24, 25, 30, 31, 32))
    number = int.from_bytes(bytes((10, r.choice((64, 77, 127)), r.choice((0, 1, 255)),
                                   r.choice((0, 1, 128, 255)))), "big")
    base = number >> (32 - length) << (32 - length)
    return f"{dotted(base.to_bytes(4, 'big'))}/{length}"


def added(r, prefix):
    """Returns the words that add a route, common to ip and roadctl; no packet returns by its own link."""
    kind = r.randrange(8)
    if kind < 5:
        wire = r.choice(WIRES[2:])
        return [prefix, "via", dotted(wire.host(r.choice((GATEWAY, 3, 4))))]
    return [("blackhole", "unreachable", "prohibit")[kind - 5], prefix]


def change(verb, words):
    return Change((f"route {verb} {' '.join(words)}",), (("route", verb, *words),))


def changing_routes(r, count, some, words, packet):
    """Yields changes of routes and packets for them; some prefixes have several routes.

    some: returns a prefix; words: adds a route to it; packet: takes one of the prefixes that have a route now, or
    None.
    """
    there = set()  # (prefix, metric)
    for _ in range(0, count, 12):
        prefix, metric = some(r), r.choice(("10", "20", "30"))
        if there and r.random() < 0.3:
            prefix = r.choice(sorted(there))[0]
        if there and r.random() < 0.4:
            gone = r.choice(sorted(there))
            yield change("del", (gone[0], "metric", gone[1]))
            there.remove(gone)
        elif (prefix, metric) not in there:
            yield change("add", (*words(r, prefix), "metric", metric))
            there.add((prefix, metric))
        for _ in range(12):
            known = there and r.random() < 0.7
            yield packet(r, r.choice(sorted(there))[0] if known else None)
    for prefix, metric in sorted(there):
        yield change("del", (prefix, "metric", metric))


def first_of(prefix):
    """Returns the text of the prefix's first address."""
    return prefix.partition("/")[0]


def towards(r, prefix):
    index = r.randrange(2)
    src, mac = host(r, WIRES[index])
    dst = address(first_of(prefix)) if prefix else bytes((
        10, r.choice((64, 77, 127)), r.choice((0, 1, 255)), r.choice((0, 1, 2, 127, 128, 255))))
    return datagram(r, index, src, mac, dst, "by changing routes")


@category
def routes(r, count):
    """Routes are added and removed between packets for them."""
    yield from changing_routes(r, count, some_prefix, added, towards)


INTO_LAN = ALL_WIRES.index(LAN)


class Sources:
    """Hosts on the LAN, each used once, because redirects to one host are limited in rate."""

    def __init__(self):
        self.number = 256

    def __call__(self):
        self.number = 256 if self.number >= 0xFF00 else self.number + 1
        return LAN.router[:2] + self.number.to_bytes(2, "big")


new_source = Sources()


@category
def redirect(r, count):
    """Packets that leave by the link on which they arrived."""
    # A router need not send all redirects at once, so there are few senders at a time; and it
    # limits redirects to one sender.
    for _ in range(0, count, 8):
        sources = [(new_source(), LAN.host_mac(r.randrange(20, 90))) for _ in range(2)]
        for src, mac in sources:
            message = packets.arp(1, mac, src, bytes(6), LAN.router)
            yield Frame(INTO_LAN, ethernet(BROADCAST, mac, message, ARP_TYPE), "ARP")
        yield SYNC
        sources.append((bytes((10, 5, 1, 1)), LAN.host_mac(GATEWAY)))
        for _ in range(6):
            src, mac = r.choice(sources)
            dst, what = r.choice((
                (bytes((10, 5, r.randrange(256), 9)), "same wire by the gateway"),
                (LAN.host(r.randrange(2, 10)), "same wire"), (src, "itself"),
                (bytes((10, 2, 3, 4)), "another wire"), (WIRES[1].host(3), "another wire")))
            yield datagram(r, INTO_LAN, src, mac, dst, what, r.choice((1, 2, 64, 64)))
        yield SYNC
    yield FORGET


def others(actions):
    """Returns the same actions from other hosts on the link."""
    names = {}

    def renamed(raw):
        at = 28 if raw[12:14] == ARP_TYPE else 26
        src = raw[at:at + 4]
        if src[:2] != LAN.router[:2]:
            return raw
        new = names.setdefault(src, new_source())
        raw = raw[:at] + new + raw[at + 4:]
        if at == 28:
            return raw
        header = raw[14:24] + b"\0\0" + raw[26:34]
        return raw[:24] + packets.checksum(header).to_bytes(2, "big") + raw[26:]

    return [action._replace(raw=renamed(action.raw)) if isinstance(action, Frame) else action
            for action in actions] + [FORGET]


def undone(actions):
    """Returns the same actions without removals of absent entries; entries that remain are removed at
    the end."""
    there, played = {}, []
    for action in actions:
        if not isinstance(action, Change) or action.roadctl[0][1] not in ("add", "del"):
            played.append(action)
            continue
        what, verb, *words = action.roadctl[0]
        at = next(i for i, word in enumerate(words) if "/" in word)
        key = tuple([what, words[at]] + (words[-2:] if what == "route" else words[at + 1:]))
        if (verb == "add") == (key in there):
            continue
        if verb == "add":
            there[key] = action
        else:
            del there[key]
        played.append(action)
    return played + [Change((action.ip[0].replace(" add ", " del "),), ((key[0], "del", *key[1:]),))
                     for key, action in there.items()]
