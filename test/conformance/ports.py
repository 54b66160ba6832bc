# SPDX-License-Identifier: BSD-3-Clause
"""Streams during which the routers' ports change."""
import packets
from actions import FORGET, SYNC, Change, Frame
from categories import SERVICE, WIRES, category, host, ident
from network import PASSING
from packets import ARP_TYPE, BROADCAST, DF, ICMP, UDP, ethernet, ipv4

CHANGED = 1  # index of the link whose port changes, from 0
MTUS = (68, 69, 100, 296, 552, 576, 577, 1000, 1006, 1280, 1492, 1499, 1500)


def mtu_of(value, wire=WIRES[CHANGED]):
    port = wire.port
    return Change((f"link set {port} mtu {value}",), (("link", "set", port, "mtu", str(value)),))


USUAL = mtu_of(WIRES[CHANGED].mtu)


def towards(r, most):
    """Yields a packet that leaves by the port that changes, or whose answer does."""
    if r.random() < 0.3:
        src, mac = host(r, WIRES[CHANGED])
        message = packets.echo(ident(r), ident(r), r.randbytes(r.randrange(most - 27)))
        packet = ipv4(src, WIRES[CHANGED].router, ICMP, message, ident=ident(r))
        return Frame(CHANGED, ethernet(WIRES[CHANGED].router_mac, mac, packet), "echo request")
    if r.random() < 0.3:
        src, mac = host(r, WIRES[CHANGED])
        message = packets.udp(src, b"\xcb\0\x71\1", 1, 2, r.randbytes(r.randrange(most - 27)))
        packet = ipv4(src, b"\xcb\0\x71\1", UDP, message, ident=ident(r))
        return Frame(CHANGED, ethernet(WIRES[CHANGED].router_mac, mac, packet), "no route")
    src, mac = host(r, WIRES[0])
    dst, _ = host(r, WIRES[CHANGED])
    message = packets.udp(src, dst, ident(r), ident(r), r.randbytes(r.randrange(1473)))
    packet = ipv4(src, dst, UDP, message, r.choice((1, 64, 64)), r.choice(SERVICE), ident(r),
                  DF if r.random() < 0.4 else 0)
    return Frame(0, ethernet(WIRES[0].router_mac, mac, packet), "large or small")


@category
def mtu(r, count):
    """The MTU of a port changes between packets."""
    for _ in range(0, count, 16):
        value = r.choice(MTUS)
        yield mtu_of(value)
        for _ in range(16):
            yield towards(r, value)
    yield USUAL


def own(verb, prefix, wire=WIRES[0], flags=""):
    """flags: further words for ip."""
    port = wire.port
    return Change((f"address {verb} {prefix} dev {port}{flags}",),
                  (("address", verb, prefix, "port", port),))


@category
def addresses(r, count):
    """The router gets an address and loses it again."""
    for _ in range(0, count, 32):
        router = r.choice(sorted(PASSING))
        prefix = f"{packets.dotted(router)}/{r.choice((24, 25, 30, 31, 32))}"
        mac = WIRES[0].host_mac(90)
        there = [router, router, *(router[:3] + bytes((number,)) for number in (3, 127, 255))]
        for change in (own("add", prefix), own("del", prefix)):
            yield change
            message = packets.arp(1, mac, router[:3] + b"\2", bytes(6), router)
            yield Frame(0, ethernet(BROADCAST, mac, message, ARP_TYPE), "ARP")
            yield SYNC
            for _ in range(15):
                wire = r.choice(WIRES[:2])
                src, mac_ = host(r, wire)
                dst = r.choice(there)
                if r.random() < 0.2 and wire is WIRES[0]:
                    src, mac_, dst = router[:3] + b"\2", mac, router
                message = packets.echo(ident(r), ident(r), b"there?")
                yield Frame(wire.index - 1, ethernet(wire.router_mac, mac_, ipv4(
                    src, dst, ICMP, message, ident=ident(r))), prefix)
            yield SYNC
            yield FORGET  # also forgets neighbors that were solicited with the address
