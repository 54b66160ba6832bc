"""Streams during which the routers' tables change."""
import packets
from actions import FORGET, SYNC, Change, Frame
from categories import WIRES, category, host, ident
from network import GATEWAY, HOSTS_OF_A
from packets import ARP_TYPE, BROADCAST, address, dotted, ethernet, ipv4


def datagram(r, index, src, mac, dst, what, ttl=64):
    message = packets.udp(src, dst, ident(r), ident(r), r.randbytes(r.randrange(40)))
    return Frame(index, ethernet(WIRES[index].router_mac, mac,
                                 ipv4(src, dst, packets.UDP, message, ttl, ident=ident(r))), what)


def some_prefix(r):
    length = r.choice((12, 15, 16, 17, 20, 23, 24, 25, 30, 31, 32))
    number = int.from_bytes(bytes((10, r.choice((64, 77, 127)), r.choice((0, 1, 255)),
                                   r.choice((0, 1, 128, 255)))), "big")
    base = number >> (32 - length) << (32 - length)
    return f"{dotted(base.to_bytes(4, 'big'))}/{length}"


def added(r, prefix):
    """The words that add a route, which ip and roadctl share; nothing goes back by its own wire."""
    kind = r.randrange(8)
    if kind < 5:
        wire = r.choice(WIRES[2:])
        return [prefix, "via", dotted(wire.host(r.choice((GATEWAY, 3, 4))))]
    return [("blackhole", "unreachable", "prohibit")[kind - 5], prefix]


@category
def routes(r, count):
    """Routes come and go between packets for them."""
    there = {}
    left = count
    while left > 0:
        prefix = some_prefix(r)
        if there and r.random() < 0.4:
            gone = r.choice(sorted(there))
            yield Change((f"route del {gone}",), (("route", "del", gone),))
            del there[gone]
        elif prefix not in there:
            words = added(r, prefix)
            there[prefix] = words
            yield Change((f"route add {' '.join(words)}",), (("route", "add", *words),))
        for _ in range(min(left, 12)):
            index = r.randrange(2)
            src, mac = host(r, WIRES[index])
            dst = (address(r.choice(sorted(there) or ["10.77.0.0/16"]).partition("/")[0])
                   if r.random() < 0.7 else bytes((10, r.choice((64, 77, 127)), r.choice((0, 1, 255)),
                                                   r.choice((0, 1, 2, 127, 128, 255)))))
            yield datagram(r, index, src, mac, dst, "by changing routes")
        left -= 12
    for gone in there:
        yield Change((f"route del {gone}",), (("route", "del", gone),))


class Sources:
    """Hosts on wire a, each once: to whom a redirect was sent, another is not at once."""

    def __init__(self):
        self.number = 256

    def __call__(self):
        self.number = 256 if self.number >= 0xFF00 else self.number + 1
        return HOSTS_OF_A[:2] + self.number.to_bytes(2, "big")


new_source = Sources()


@category
def redirect(r, count):
    """Packets that go back by the wire they came from."""
    sources = [(new_source(), WIRES[0].host_mac(r.randrange(20, 90))) for _ in range(6)]
    router = HOSTS_OF_A[:3] + b"\1"
    for src, mac in sources:
        yield Frame(0, ethernet(BROADCAST, mac, packets.arp(1, mac, src, bytes(6), router), ARP_TYPE),
                    "ARP")
    yield SYNC
    for _ in range(count - len(sources)):
        src, mac = r.choice(sources)
        dst, what = r.choice((
            (bytes((10, 1, r.randrange(256), 9)), "same wire by the gateway"),
            (WIRES[0].host(r.randrange(2, 10)), "same wire"),
            (bytes((10, 2, 3, 4)), "another wire"),
            (HOSTS_OF_A[:2] + b"\0\2", "same subnet")))
        if r.random() < 0.2:
            src, mac, what = bytes((10, 1, 1, 1)), WIRES[0].host_mac(GATEWAY), what + ", from afar"
        yield datagram(r, 0, src, mac, dst, what, r.choice((1, 2, 64, 64)))
    yield SYNC
    yield FORGET


def others(actions):
    """The same from other hosts on the wire."""
    names = {}

    def renamed(raw):
        at = 28 if raw[12:14] == ARP_TYPE else 26
        src = raw[at:at + 4]
        if src[:2] != HOSTS_OF_A[:2]:
            return raw
        new = names.setdefault(src, new_source())
        raw = raw[:at] + new + raw[at + 4:]
        if at == 28:
            return raw
        header = raw[14:24] + b"\0\0" + raw[26:34]
        return raw[:24] + packets.checksum(header).to_bytes(2, "big") + raw[26:]

    return [action._replace(raw=renamed(action.raw)) if isinstance(action, Frame) else action
            for action in actions] + [FORGET]


def unrouted(actions):
    """The same; what it leaves of its routes is taken away, what it takes away unfounded is not."""
    there, played = {}, []
    for action in actions:
        if not isinstance(action, Change):
            played.append(action)
            continue
        verb = action.roadctl[0][1]
        prefix = next(word for word in action.roadctl[0] if "/" in word)
        if (verb == "add") == (prefix in there):
            continue
        if verb == "add":
            there[prefix] = True
        else:
            del there[prefix]
        played.append(action)
    return played + [Change((f"route del {gone}",), (("route", "del", gone),)) for gone in there]
