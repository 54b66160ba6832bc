# SPDX-License-Identifier: BSD-3-Clause
"""Hosts that answer late, never, or no longer: tests the timers of neighbors."""
import packets
from actions import FORGET, At, Frame
from categories import WIRES, category, ident
from network import SHORT, WIRES6
from packets import ARP_TYPE, BROADCAST, ethernet, ipv4

# Timers expire at even slots after the first packet of a scenario; later events happen between
# them, at odd slots.
RETRANSMIT = SHORT["retransmit_ms"] / 1000
SLOT = RETRANSMIT / 2
PROBING = (SHORT["delay_first_probe_ms"] + 3 * SHORT["retransmit_ms"]) / 1000


class Host:
    """A host on the link with the short timers; its script is a list of (slot, frame)."""

    index = 3
    wire = WIRES[3]

    def __init__(self, r, number):
        self.r = r
        self.address, self.mac = self.wire.host(number), self.wire.host_mac(number)
        self.script = []

    def at(self, slot, *frames):
        self.script += [(slot, frame) for frame in frames]

    def data(self, times=1):
        src, mac = WIRES[1].host(4), WIRES[1].host_mac(4)
        return [Frame(1, ethernet(WIRES[1].router_mac, mac, ipv4(
            src, self.address, packets.UDP,
            packets.udp(src, self.address, 1000 + self.address[3], 9, self.r.randbytes(30)),
            ident=ident(self.r))), "datagram") for _ in range(times)]

    def echo(self):
        message = packets.echo(self.address[3], ident(self.r))
        return Frame(self.index, ethernet(self.wire.router_mac, self.mac, ipv4(
            self.address, self.wire.router, packets.ICMP, message)), "echo request")

    def arp(self, operation, target, dst=None, mac=None):
        mac = mac or self.mac
        message = packets.arp(operation, mac, self.address, self.wire.router_mac, target)
        return Frame(self.index, ethernet(dst or self.wire.router_mac, mac, message, ARP_TYPE),
                     f"ARP {operation}")

    def answer(self, mac=None):
        return self.arp(2, self.wire.router, mac=mac)

    def request(self, mac=None):
        return self.arp(1, self.wire.router, BROADCAST, mac)

    def gratuitous(self, operation, mac=None):
        return self.arp(operation, self.address, BROADCAST, mac)

    def speaks(self, mac):
        """Returns some message with this MAC address as the sender's."""
        return self.r.choice((self.answer(mac), self.request(mac), self.gratuitous(1, mac),
                              self.gratuitous(2, mac)))

    def other_mac(self):
        return self.mac[:4] + b"\xee" + self.mac[5:]


def never(host):
    host.at(0, *host.data(3))
    host.at(7, *host.data(2))


def late(host):
    """The answer arrives between two requests."""
    host.at(0, *host.data(2))
    host.at(host.r.choice((1, 3)), *host.data())
    host.at(host.r.choice((3, 5)), host.answer(), *host.data())
    host.at(9, *host.data())


def too_late(host):
    host.at(0, *host.data(2))
    host.at(7, host.answer())
    host.at(9, *host.data())
    host.at(11, host.answer())


def speaks_itself(host):
    """The host is unresolved and then sends a message that is not an answer."""
    host.at(0, *host.data())
    host.at(1, host.r.choice((host.request(), host.gratuitous(1), host.gratuitous(2))))
    host.at(3, *host.data())


def stale_and_gone(host):
    """The host is known from its request; after the delay and three unicast probes the entry fails."""
    host.at(0, host.request())
    host.at(1, *host.data())
    host.at(3, *host.data())
    host.at(3 + round(PROBING / SLOT), *host.data())


def stale_and_there(host):
    host.at(0, host.request())
    host.at(1, *host.data())
    host.at(2 + round(SHORT["delay_first_probe_ms"] / 1000 / SLOT), *host.data(), host.answer())
    host.at(5 + round(SHORT["delay_first_probe_ms"] / 1000 / SLOT), *host.data())


def moves(host):
    """Its MAC address changes, within the second for which the old one is locked, or later."""
    host.at(0, *host.data())
    host.at(1, host.answer(), *host.data())
    host.at(host.r.choice((2, 9)), host.speaks(host.other_mac()))
    host.at(11, *host.data())


def moves_while_stale(host):
    """The host is known only from its request, then sends a message with another MAC address."""
    host.at(0, host.request())
    host.at(host.r.choice((1, 7)), host.speaks(host.other_mac()))
    host.at(9, *host.data())


def moves_while_asked(host):
    """The answer to a unicast probe has another MAC address."""
    host.at(0, host.request())
    host.at(1, *host.data())
    probed = 2 + round(SHORT["delay_first_probe_ms"] / 1000 / SLOT)
    host.at(probed, *host.data(), host.answer(host.other_mac()))
    host.at(probed + 3, *host.data())


def asks_the_router(host):
    host.at(0, host.echo())
    host.at(host.r.choice((1, 3)), host.answer())
    host.at(4, host.echo())


PLOTS = (never, late, too_late, speaks_itself, stale_and_gone, stale_and_there, moves,
         moves_while_stale, moves_while_asked, asks_the_router)


def play(hosts, scenarios):
    """Yields the frames of all hosts in the order of their moments; each host has one of the scenarios."""
    for i, host in enumerate(hosts):
        scenarios[i % len(scenarios)](host)
    moments = {}
    for host in hosts:
        for slot, frame in host.script:
            moments.setdefault(slot, []).append(frame)
    yield FORGET
    for slot, frames in sorted(moments.items()):
        yield At(slot * SLOT)
        yield from frames
    yield At((max(moments) + 8) * SLOT)
    yield FORGET


@category
def neighbor(r, count):
    """Many hosts at once, each with its own scenario."""
    yield from play([Host(r, 20 + i) for i in range(max(1, count))], PLOTS)


def plots(actions, failures):
    """Yields (actions, failures) for each host whose scenario failed."""
    for name in (*map(Host.wire.host, range(20, 100)), *map(WIRES6[3].host6, range(20, 100))):
        concerned = [failure for failure in failures if name in (failure.linux or failure.ringroad)]
        if concerned:
            yield [action for action in actions
                   if isinstance(action, At) or isinstance(action, Frame) and name in action.raw
                   ], concerned
