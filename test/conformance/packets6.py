# SPDX-License-Identifier: BSD-3-Clause
"""Builds IPv6 packets: headers, extension headers, ICMPv6."""
import ipaddress
import struct

from packets import TCP, UDP, checksum, tcp, udp

IPV6 = b"\x86\xdd"
HOP_BY_HOP, ROUTING, FRAGMENT, ICMPV6, NO_NEXT, DESTINATION = 0, 43, 44, 58, 59, 60
MLD = frozenset((130, 131, 132, 143))
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
SOLICITATION, ADVERTISEMENT, REDIRECT = 135, 136, 137


def address6(text):
    return ipaddress.IPv6Address(text).packed


def text6(raw):
    return str(ipaddress.IPv6Address(raw))


def ipv6(src, dst, proto, payload, hops=64, tclass=0, label=0, version=6, length=None):
    return struct.pack("!IHBB16s16s", version << 28 | tclass << 20 | label,
                       min(len(payload), 65535) if length is None else length, proto, hops, src,
                       dst) + payload


def sum6(src, dst, proto, message):
    return checksum(src + dst + struct.pack("!II", len(message), proto) + message)


def udp6(src, dst, sport, dport, data, check=None):
    message = udp(b"", b"", sport, dport, data, 0)
    if check is None:
        check = sum6(src, dst, UDP, message) or 0xFFFF
    return message[:6] + struct.pack("!H", check) + data


def tcp6(src, dst, sport, dport, flags, **more):
    check = more.pop("check", None)
    message = tcp(b"", b"", sport, dport, flags, **more, check=0)
    if check is None:
        check = sum6(src, dst, TCP, message)
    return message[:16] + struct.pack("!H", check) + message[18:]


def icmp6(src, dst, kind, code, body, check=None):
    """Builds a message; `body`: the octets after the checksum."""
    message = bytes((kind, code, 0, 0)) + body
    if check is None:
        check = sum6(src, dst, ICMPV6, message)
    return message[:2] + struct.pack("!H", check) + message[4:]


def echo6(src, dst, ident, sequence, data=b"", kind=128, **more):
    return icmp6(src, dst, kind, more.pop("code", 0), struct.pack("!HH", ident, sequence) + data,
                 **more)


def solicited_node(target):
    return address6("ff02::1:ff00:0")[:13] + target[13:]


def group_mac(group):
    return b"\x33\x33" + group[12:]


def padded(body):
    """Adds Pad1 or PadN to options, so that their header is a multiple of 8 octets."""
    missing = -(len(body) + 2) % 8
    if missing == 1:
        return body + b"\0"
    return body + bytes((1, missing - 2)) + bytes(missing - 2) if missing else body


def options_header(following, body):
    return bytes((following, len(body) // 8)) + body


def routing_header(following, kind, left, data):
    """`data`: the octets after the segments left, four and a multiple of eight."""
    return bytes((following, len(data) // 8, kind, left)) + data


def fragment_header(following, offset, more, ident, reserved=0):
    """`offset` in octets."""
    return struct.pack("!BBHI", following, reserved, offset & 0xFFF8 | more, ident)
