# SPDX-License-Identifier: BSD-3-Clause
"""The configuration of both networks: links, addresses, hosts, routes."""
import struct
from typing import NamedTuple

from packets import address, dotted


class Wire(NamedTuple):
    """A port of the router and its link."""

    name: str
    index: int
    mtu: int
    addresses: tuple  # the router's, with prefix lengths

    @property
    def port(self):
        return f"p{self.index}"

    @property
    def timers(self):
        return SHORT if self.name == "d" else USUAL

    @property
    def redirects(self):
        return self is LAN

    @property
    def rp_filter(self):
        """Returns Linux's number, which is the index of the word in RP_FILTERS."""
        return {"c": 2, "e": 1}.get(self.name, 0)

    @property
    def router(self):
        return address(self.addresses[0].partition("/")[0])

    @property
    def router_mac(self):
        return bytes((2, 0, 0, 0, self.index, 1))

    def host(self, number):
        """Returns host `number` of the first subnet."""
        return self.router[:3] + bytes((number,))

    def host_mac(self, number):
        return bytes((2, 0, 0, 0, self.index, number))


WIRES = (
    Wire("a", 1, 1500, ("192.168.1.1/24", "192.168.11.1/25")),
    Wire("b", 2, 1500, ("192.168.2.1/24",)),
    Wire("c", 3, 1400, ("192.168.3.1/24",)),
    Wire("d", 4, 576, ("192.168.4.1/24",)),
)
# Only this link has redirects, because how often a host receives them depends on the time between
# its packets.
LAN = Wire("e", 5, 1500, ("172.16.0.1/16",))
ALL_WIRES = WIRES + (LAN,)
RP_FILTERS = ("off", "strict", "loose")
TRUNK = 2  # index of the link that has VLANs too, from 0


class Vlan(NamedTuple):
    """A sub-interface of the trunk's port; in the reference network without VLANs, a link."""

    number: int
    tags: tuple  # (EtherType, VLAN), the outer tag first
    mtu: int

    @property
    def name(self):
        return f"p{TRUNK + 1}" + "".join(f".{vid}" for _, vid in self.tags)

    @property
    def forwarding(self):
        return self.number != 1

    @property
    def octets(self):
        return b"".join(struct.pack("!HH", *tag) for tag in self.tags)

    @property
    def link(self):
        return self.name.rpartition(".")[0]

    @property
    def router(self):
        return bytes((192, 168, 100 + self.number, 1))

    def host(self, number):
        return self.router[:3] + bytes((number,))

    def host_mac(self, number):
        return bytes((2, 0, 0, 1, self.number, number))


# A packet socket accepts a longer frame only for a single 802.1Q tag: other tags reduce the MTU.
VLANS = (Vlan(0, ((0x8100, 100),), 1400), Vlan(1, ((0x8100, 200),), 1300),
         Vlan(2, ((0x88A8, 300),), 1396), Vlan(3, ((0x88A8, 300), (0x8100, 7)), 1392))

OWN = frozenset((
    *(address(text.partition("/")[0]) for wire in ALL_WIRES for text in wire.addresses),
    *(vlan.router for vlan in VLANS)))
BROADCASTS = frozenset((*(link.host(255) for link in WIRES + VLANS), address("192.168.11.127"),
                        address("172.16.255.255")))
SUBNET_ZEROS = frozenset((*(link.host(0) for link in WIRES + VLANS), address("192.168.11.0"),
                          address("172.16.0.0")))

# Addresses that the router has temporarily.
PASSING = frozenset(bytes((192, 168, net, 1)) for net in range(20, 90))

# Timers of neighbors: the usual ones, and those of link d, for which tests wait.
USUAL = {"base_reachable_ms": 30_000, "retransmit_ms": 1000, "delay_first_probe_ms": 5000}
SHORT = {"base_reachable_ms": 30_000, "retransmit_ms": 600, "delay_first_probe_ms": 1000}

# Hosts whose MAC addresses are configured in both routers; the marker belongs to the test program.
KNOWN_HOSTS = range(2, 10)
GATEWAY = 2
MARKER = 254

ROUTES = {
    **{f"10.{wire.index}.0.0/16": {"via": dotted(wire.host(GATEWAY))} for wire in ALL_WIRES},
    "10.66.0.0/16": {"type": "blackhole"},
    "10.67.0.0/16": {"type": "unreachable"},
    "10.68.0.0/16": {"type": "prohibit"},
}


def neighbors():
    """Yields (port, address, MAC address) of all hosts with configured MAC addresses."""
    for wire in ALL_WIRES:
        for number in (*KNOWN_HOSTS, MARKER):
            yield wire.port, wire.host(number), wire.host_mac(number)
    for vlan in VLANS:
        for number in KNOWN_HOSTS:
            yield vlan.name, vlan.host(number), vlan.host_mac(number)
