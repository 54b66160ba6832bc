# SPDX-License-Identifier: BSD-3-Clause
"""The configuration of both networks: links, addresses, hosts, routes."""
import struct
from typing import NamedTuple

from packets import address, dotted
from packets6 import address6, text6


class Wire(NamedTuple):
    """A port of the router and its link."""

    name: str
    index: int
    mtu: int
    addresses: tuple  # the router's, with prefix lengths
    addresses6: tuple = ()  # the same, besides the link-local one; empty without IPv6

    @property
    def port(self):
        return f"p{self.index}"

    @property
    def timers(self):
        return SHORT if self.name == "d" else USUAL

    @property
    def timers6(self):
        return SHORT if self.name == "h" else USUAL

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

    @property
    def router6(self):
        return address6(self.addresses6[0].partition("/")[0])

    @property
    def link_local(self):
        """Returns the router's address of RFC 4291, appendix A."""
        mac = self.router_mac
        return address6("fe80::")[:8] + bytes((mac[0] ^ 2,)) + mac[1:3] + b"\xff\xfe" + mac[3:]

    def host6(self, number):
        return self.router6[:15] + bytes((number,))

    @staticmethod
    def link_local_host(number):
        return address6(f"fe80::{number:x}")


WIRES = (
    Wire("a", 1, 1500, ("192.168.1.1/24", "192.168.11.1/25"),
         ("2001:db8:1::1/64", "2001:db8:11::1/65", "2001:db8:12::/127")),
    Wire("b", 2, 1500, ("192.168.2.1/24",)),
    Wire("c", 3, 1400, ("192.168.3.1/24",)),
    Wire("d", 4, 576, ("192.168.4.1/24",)),
)
# Only this link has redirects, because how often a host receives them depends on the time between
# its packets.
LAN = Wire("e", 5, 1500, ("172.16.0.1/16",), ("2001:db8:5::1/64",))
# These have IPv6 too, as has the LAN. No MTU of theirs becomes less than 1280 during the run.
WIRES6 = (WIRES[0],
          Wire("f", 6, 1500, ("192.168.6.1/24",), ("2001:db8:6::1/64",)),
          Wire("g", 7, 1400, ("192.168.7.1/24",), ("2001:db8:7::1/64", "2001:db8:71::1/128")),
          Wire("h", 8, 1280, ("192.168.8.1/24",), ("2001:db8:8::1/64",)))
ALL_WIRES = WIRES + (LAN,) + WIRES6[1:]
ALL_WIRES6 = WIRES6 + (LAN,)
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

    @property
    def router6(self):
        return address6(f"2001:db8:10{self.number}::1")

    @property
    def addresses(self):
        v4 = (f"{dotted(self.router)}/24",)
        return v4 + (f"{text6(self.router6)}/64",) if self in VLANS6 else v4

    def host6(self, number):
        return self.router6[:15] + bytes((number,))


# A packet socket accepts a longer frame only for a single 802.1Q tag: other tags reduce the MTU.
VLANS = (Vlan(0, ((0x8100, 100),), 1400), Vlan(1, ((0x8100, 200),), 1300),
         Vlan(2, ((0x88A8, 300),), 1396), Vlan(3, ((0x88A8, 300), (0x8100, 7)), 1392))
# Linux forwards IPv6 from all interfaces or from none (ip6_forward).
VLANS6 = tuple(vlan for vlan in VLANS if vlan.forwarding)

OWN = frozenset((
    *(address(text.partition("/")[0]) for wire in ALL_WIRES for text in wire.addresses),
    *(vlan.router for vlan in VLANS)))
BROADCASTS = frozenset((*(link.host(255) for link in WIRES + VLANS), address("192.168.11.127"),
                        address("172.16.255.255")))
SUBNET_ZEROS = frozenset((*(link.host(0) for link in WIRES + VLANS), address("192.168.11.0"),
                          address("172.16.0.0")))

OWN6 = frozenset((
    *(address6(text.partition("/")[0]) for wire in ALL_WIRES6 for text in wire.addresses6),
    *(vlan.router6 for vlan in VLANS6),
    *(wire.link_local for wire in ALL_WIRES6)))

# Addresses that the router has temporarily.
PASSING = frozenset(bytes((192, 168, net, 1)) for net in range(20, 90))

PASSING6 = frozenset(address6(f"2001:db8:{net}::1") for net in range(20, 90))

# Timers of neighbors: the usual ones, and those of link d, or h for IPv6, for which tests wait.
USUAL = {"base_reachable_ms": 30_000, "retransmit_ms": 1000, "delay_first_probe_ms": 5000}
SHORT = {"base_reachable_ms": 30_000, "retransmit_ms": 600, "delay_first_probe_ms": 1000}

# Hosts whose MAC addresses are configured in both routers; the marker belongs to the test program.
KNOWN_HOSTS = range(2, 10)
GATEWAY = 2
MARKER = 254

ROUTES = {
    **{f"10.{wire.index}.0.0/16": {"via": dotted(wire.host(GATEWAY))} for wire in ALL_WIRES},
    # By IPv6 gateways (RFC 8950).
    **{f"10.{100 + wire.index}.0.0/16": {"via": text6(wire.link_local_host(GATEWAY)), "port": wire.port}
       for wire in WIRES6},
    "10.66.0.0/16": {"type": "blackhole"},
    "10.67.0.0/16": {"type": "unreachable"},
    "10.68.0.0/16": {"type": "prohibit"},
}

# Its flows are spread over several gateways on one link, by each router's own secret.
SPREAD6, SPREAD_OVER = "fd00:ec::/48", (3, 4, 5)

ROUTES6 = {
    **{f"fd00:{wire.index}::/32": {"via": text6(wire.host6(GATEWAY))} for wire in ALL_WIRES6},
    **{f"fd01:{wire.index}::/32": {"via": text6(wire.link_local_host(GATEWAY)), "port": wire.port}
       for wire in ALL_WIRES6},
    "fd00:66::/32": {"type": "blackhole"},
    "fd00:67::/32": {"type": "unreachable"},
    "fd00:68::/32": {"type": "prohibit"},
    # Longer prefixes in the others.
    "fd00:1:0:ff00::/56": {"type": "unreachable"},
    "fd00:1:0:ffff::/64": {"via": text6(WIRES6[1].host6(3))},
    "fd00:1::8/128": {"via": text6(WIRES6[2].host6(3))},
    "fd00:1::a/127": {"via": text6(WIRES6[3].host6(3))},
    "2000::/3": {"via": text6(WIRES6[1].host6(4))},
    "2400::/12": {"type": "prohibit"},
    SPREAD6: {"nexthops": [{"via": text6(WIRES6[2].host6(number))} for number in SPREAD_OVER]},
}


def neighbors6():
    """Yields (port, address, MAC address) of all IPv6 hosts with configured MAC addresses.

    The router's link-local addresses are hosts' on its other links.
    """
    for wire in ALL_WIRES6:
        for number in KNOWN_HOSTS:
            for host in (wire.host6(number), wire.link_local_host(number)):
                yield wire.port, host, wire.host_mac(number)
        for other in ALL_WIRES6:
            if other is not wire:
                yield wire.port, other.link_local, wire.host_mac(200 + other.index)
    for vlan in VLANS6:
        for number in KNOWN_HOSTS:
            yield vlan.name, vlan.host6(number), vlan.host_mac(number)


def neighbors():
    """Yields (port, address, MAC address) of all hosts with configured MAC addresses."""
    for wire in ALL_WIRES:
        for number in (*KNOWN_HOSTS, MARKER):
            yield wire.port, wire.host(number), wire.host_mac(number)
    for vlan in VLANS:
        for number in KNOWN_HOSTS:
            yield vlan.name, vlan.host(number), vlan.host_mac(number)
