# SPDX-License-Identifier: BSD-3-Clause
"""Sources that do not belong to the link on which they arrive."""
import packets
from actions import Frame
from categories import NO_ROUTE, SPECIAL_ROUTES, category, ident, path, strange_address
from network import ALL_WIRES, GATEWAY, KNOWN_HOSTS, WIRES
from packets import ICMP, UDP, address, ethernet, ipv4

FILTERED = [wire for wire in ALL_WIRES if wire.rp_filter]


@category
def reverse_path(r, count):
    """Packets from and to the ports with a reverse-path filter, strict and loose."""
    for _ in range(count):
        wire = r.choice(FILTERED)
        other = r.choice(WIRES[:2])
        src, what = r.choice((
            (wire.host(r.choice(KNOWN_HOSTS)), "its own"),
            (bytes((10, wire.index, r.randrange(256), 7)), "its gateway's"),
            (other.host(r.choice(KNOWN_HOSTS)), "another wire's"),
            (bytes((10, other.index, 1, 7)), "another gateway's"),
            (address(r.choice(NO_ROUTE)), "nobody's"),
            (address(r.choice(SPECIAL_ROUTES)), "a refused net's"),
            strange_address(r, path(r))))
        dst = r.choice((wire.router, other.router, other.host(3),
                        bytes((10, other.index, 9, 9)), address(r.choice(NO_ROUTE))))
        if r.random() < 0.5:
            proto, message = ICMP, packets.echo(ident(r), ident(r), b"from where?")
        else:
            proto, message = UDP, packets.udp(src, dst, ident(r), ident(r), b"from where?")
        yield Frame(wire.index - 1, ethernet(wire.router_mac, wire.host_mac(GATEWAY), ipv4(
            src, dst, proto, message, r.choice((1, 64, 64)), ident=ident(r))), f"source {what}")
