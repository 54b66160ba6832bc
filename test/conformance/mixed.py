# SPDX-License-Identifier: BSD-3-Clause
"""Packets of all kinds that leave no state behind, in one step."""
from categories import CATEGORIES, category

KINDS = ("forward", "by_ipv6", "header", "icmp_error", "icmp", "tcp", "udp", "protocol", "fragment", "link",
         "options", "vlan")
KINDS6 = ("forward6", "header6", "addresses6", "icmp_error6", "routes6", "extension6",
          "extension_local6", "icmp_local6", "tcp_local6", "udp_local6", "protocol6", "vlan6",
          "spread6", "fragment6")


def shuffled(r, count, kinds):
    frames = []
    while len(frames) < count:
        frames += CATEGORIES[r.choice(kinds)](r, min(8, count - len(frames)))
    r.shuffle(frames)
    return frames


@category
def mixed(r, count):
    """Packets of each kind, shuffled."""
    yield from shuffled(r, count, KINDS)


@category
def mixed6(r, count):
    """IPv6 packets of each kind, among those of IPv4."""
    yield from shuffled(r, count, KINDS6 + KINDS6 + KINDS)
