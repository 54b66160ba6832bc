# SPDX-License-Identifier: BSD-3-Clause
"""Frames that host a sends to the router, and functions that parse received frames."""
import logging

logging.getLogger("scapy").setLevel(logging.ERROR)  # it warns about interfaces that no test uses
# pylint: disable=wrong-import-position
from scapy.layers.inet import ICMP, IP, UDP, IPerror  # noqa: F401
from scapy.layers.inet6 import IPv6  # noqa: F401
from scapy.layers.l2 import ARP, Ether  # noqa: F401
from scapy.packet import Raw  # noqa: F401

from topology import A, A6, A_MAC, B, LEFT_MAC


def ethernet(dst=LEFT_MAC, **fields):
    return Ether(src=A_MAC, dst=dst, **fields)


def datagram(mark, dst=B, src=None, size=64, **ip_fields):
    """A UDP datagram from a whose payload starts with `mark`; `size` is the payload's. `tos` and `ttl` are
    understood for both families."""
    if ":" in dst:
        names = {"tos": "tc", "ttl": "hlim"}
        header = IPv6(src=src or A6, dst=dst, **{names.get(key, key): value for key, value in ip_fields.items()})
    else:
        header = IP(src=src or A, dst=dst, **ip_fields)
    return header / UDP(sport=4000, dport=4001) / Raw(mark.encode().ljust(size, b"."))


def frame(mark, to=LEFT_MAC, **fields):
    return ethernet(dst=to) / datagram(mark, **fields)


def parse(raw):
    return Ether(raw)


def carries(mark):
    """Returns a function that tells whether a frame contains this mark."""
    return lambda raw: mark.encode() in raw


def is_icmp_error(raw, kind=None, code=None):
    """Whether the frame is an ICMP error message, of the given type and code."""
    packet = parse(raw)
    return (ICMP in packet and packet[ICMP].type in (3, 4, 5, 11, 12) and
            kind in (None, packet[ICMP].type) and code in (None, packet[ICMP].code))
