"""The network that both worlds have: wires, addresses, hosts, routes."""
from typing import NamedTuple

from packets import address


class Wire(NamedTuple):
    """A port of the router and what is on its wire."""

    name: str
    index: int
    mtu: int
    addresses: tuple  # of the router, with prefix lengths

    @property
    def timers(self):
        return SHORT if self.index == len(WIRES) else USUAL

    @property
    def router(self):
        return address(self.addresses[0].partition("/")[0])

    @property
    def router_mac(self):
        return bytes((2, 0, 0, 0, self.index, 1))

    def host(self, number):
        """Host `number` of the first subnet."""
        return self.router[:3] + bytes((number,))

    def host_mac(self, number):
        return bytes((2, 0, 0, 0, self.index, number))


WIRES = (
    Wire("a", 1, 1500, ("192.168.1.1/24", "192.168.11.1/25", "172.16.0.1/16")),
    Wire("b", 2, 1500, ("192.168.2.1/24",)),
    Wire("c", 3, 1400, ("192.168.3.1/24",)),
    Wire("d", 4, 576, ("192.168.4.1/24",)),
)
OWN = frozenset(address(text.partition("/")[0]) for wire in WIRES for text in wire.addresses)

HOSTS_OF_A = address("172.16.0.0")  # a subnet of many hosts
BROADCASTS = frozenset((*(wire.host(255) for wire in WIRES), address("192.168.11.127"),
                        address("172.16.255.255")))
SUBNET_ZEROS = frozenset((*(wire.host(0) for wire in WIRES), address("192.168.11.0"),
                          HOSTS_OF_A))

# Timers of neighbours: the usual ones, and those of the last wire, which tests wait for.
USUAL = {"base_reachable_ms": 30_000, "retransmit_ms": 1000, "delay_first_probe_ms": 5000}
SHORT = {"base_reachable_ms": 30_000, "retransmit_ms": 400, "delay_first_probe_ms": 1000}

# Hosts whose MAC addresses both routers are told; the marker is the harness's own.
KNOWN_HOSTS = range(2, 10)
GATEWAY = 2
MARKER = 254

ROUTES = {
    **{f"10.{wire.index}.0.0/16": {"via": f"192.168.{wire.index}.{GATEWAY}"} for wire in WIRES},
    "10.66.0.0/16": {"type": "blackhole"},
    "10.67.0.0/16": {"type": "unreachable"},
    "10.68.0.0/16": {"type": "prohibit"},
}


def neighbors():
    """(wire, address, mac) of everyone whom the routers need not ask for."""
    for wire in WIRES:
        for number in (*KNOWN_HOSTS, MARKER):
            yield wire, wire.host(number), wire.host_mac(number)
    yield WIRES[0], HOSTS_OF_A[:2] + b"\0\2", WIRES[0].host_mac(2)
