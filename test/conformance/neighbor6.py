# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 hosts that answer late, never, or no longer: the scenarios of neighbor.py, and what only
neighbor discovery has."""
import neighbor
from actions import Frame
from categories import category, ident
from neighbor import SLOT
from network import ALL_WIRES, SHORT, WIRES6
from packets import UDP, ethernet
from packets6 import (ADVERTISEMENT, ICMPV6, IPV6, SOLICITATION, address6, echo6, group_mac, icmp6,
                      ipv6, solicited_node, udp6)

FIRST_PROBE = SHORT["delay_first_probe_ms"] / 1000
ALL_NODES = address6("ff02::1")
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20


class Host6(neighbor.Host):
    """A host on the link with the short timers; the calls are those of the IPv4 host."""

    wire = WIRES6[3]
    index = ALL_WIRES.index(wire)

    def __init__(self, r, number):  # pylint: disable=super-init-not-called
        self.r = r
        self.address, self.mac = self.wire.host6(number), self.wire.host_mac(number)
        self.script = []

    def data(self, times=1):
        into = WIRES6[1]
        src, mac = into.host6(4), into.host_mac(4)
        return [Frame(ALL_WIRES.index(into), ethernet(into.router_mac, mac, ipv6(
            src, self.address, UDP, udp6(src, self.address, 1000 + self.address[15], 9,
                                         self.r.randbytes(30))), IPV6), "datagram")
                for _ in range(times)]

    def echo(self):
        dst = self.wire.router6
        message = echo6(self.address, dst, self.address[15], ident(self.r))
        return self.frame(dst, message, 64, "echo request")

    def frame(self, dst, message, hops, what):
        mac = group_mac(dst) if dst[0] == 0xFF else self.wire.router_mac
        return Frame(self.index, ethernet(mac, self.mac, ipv6(self.address, dst, ICMPV6, message,
                                                             hops), IPV6), what)

    def advertisement(self, flags, dst, mac):
        option = b"\2\1" + mac if mac else b""
        return self.frame(dst, icmp6(self.address, dst, ADVERTISEMENT, 0,
                                     bytes((flags, 0, 0, 0)) + self.address + option), 255,
                          f"advertisement {flags:#x}")

    def answer(self, mac=None):
        return self.advertisement(SOLICITED | OVERRIDE, self.wire.router6, mac or self.mac)

    def request(self, mac=None):
        dst = solicited_node(self.wire.router6)
        return self.frame(dst, icmp6(self.address, dst, SOLICITATION, 0, bytes(4)
                                     + self.wire.router6 + b"\1\1" + (mac or self.mac)), 255,
                          "solicitation")

    def gratuitous(self, operation, mac=None):
        return self.advertisement(OVERRIDE if operation == 1 else 0, ALL_NODES, mac or self.mac)


def known(host):
    """The host is resolved."""
    host.at(0, *host.data())
    host.at(1, host.answer())


def claimed_by_another(host):
    """An advertisement without the override flag has another MAC address."""
    known(host)
    flags = host.r.choice((0, SOLICITED))
    host.at(3, host.advertisement(flags, host.wire.router6, host.other_mac()))
    host.at(5, *host.data())
    host.at(6 + round(FIRST_PROBE / SLOT), *host.data())


def claimed_while_stale(host):
    """If the solicited flag were set, Linux would take the neighbor for confirmed (neigh_update);
    RFC 4861 7.2.5 says to ignore such a message."""
    host.at(0, host.request())
    host.at(1, host.advertisement(0, host.wire.router6, host.other_mac()))
    host.at(3, *host.data())


def without_option(host):
    """An advertisement without a MAC address confirms a neighbor that is known, and no other."""
    host.at(0, host.request() if host.r.random() < 0.5 else host.echo())
    host.at(1, host.advertisement(host.r.choice((0, SOLICITED, SOLICITED | OVERRIDE)),
                                  host.wire.router6, None))
    host.at(3, *host.data())
    host.at(4 + round(FIRST_PROBE / SLOT), *host.data())


def confirmed_without_override(host):
    host.at(0, *host.data())
    host.at(1, host.advertisement(SOLICITED, host.wire.router6, host.mac))
    host.at(3, *host.data())


PLOTS6 = (*neighbor.PLOTS, claimed_by_another, claimed_while_stale, without_option,
          confirmed_without_override)


@category
def neighbor6(r, count):
    """Many hosts at once, each with its own scenario."""
    yield from neighbor.play([Host6(r, 20 + i) for i in range(max(1, count))], PLOTS6)
