# SPDX-License-Identifier: BSD-3-Clause
"""Packets of all kinds that leave no state behind, in one step."""
from categories import CATEGORIES, category

KINDS = ("forward", "header", "icmp_error", "icmp", "tcp", "udp", "protocol", "fragment", "link",
         "options", "vlan")


@category
def mixed(r, count):
    """Packets of each kind, shuffled."""
    frames = []
    while len(frames) < count:
        frames += CATEGORIES[r.choice(KINDS)](r, min(8, count - len(frames)))
    r.shuffle(frames)
    yield from frames
