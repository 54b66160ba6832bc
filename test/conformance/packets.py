# SPDX-License-Identifier: BSD-3-Clause
"""Builds frames with struct, because scapy would be too slow for a million of them."""
import struct

IPV4, ARP_TYPE = b"\x08\x00", b"\x08\x06"
ICMP, TCP, UDP = 1, 6, 17
DF, MF = 0x4000, 0x2000
BROADCAST = b"\xff" * 6


def address(text):
    return bytes(map(int, text.split(".")))


def dotted(raw):
    return ".".join(map(str, raw))


def checksum(data):
    """RFC 1071, for data that is not all zero: 2^16 is 1 modulo 2^16 - 1."""
    if len(data) & 1:
        data += b"\0"
    return -int.from_bytes(data, "big") % 0xFFFF


def ethernet(dst, src, payload, kind=IPV4):
    return dst + src + kind + payload


def ipv4(src, dst, proto, payload, ttl=64, tos=0, ident=0, frag=0, options=b"", **forced):
    """Builds a packet; `forced` sets version, ihl, length or check to other values."""
    ihl = forced.get("ihl", 5 + len(options) // 4)
    total = forced.get("length", 20 + len(options) + len(payload))
    header = bytearray(struct.pack("!BBHHHBBH4s4s", forced.get("version", 4) << 4 | ihl, tos, total,
                                   ident, frag, ttl, proto, 0, src, dst) + options)
    sum_ = checksum(bytes(header[:max(ihl, 5) * 4]) if ihl * 4 <= len(header) else
                    bytes(header) + payload[:ihl * 4 - len(header)])
    header[10:12] = struct.pack("!H", (sum_ + forced.get("check", 0)) & 0xFFFF)
    return bytes(header) + payload


def _transport_checksum(src, dst, proto, message):
    return checksum(struct.pack("!4s4sBBH", src, dst, 0, proto, len(message)) + message)


def udp(src, dst, sport, dport, payload, check=None):
    message = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    if check is None:
        check = _transport_checksum(src, dst, UDP, message) or 0xFFFF
    return message[:6] + struct.pack("!H", check) + payload


def tcp(src, dst, sport, dport, flags, seq=0, ack=0, payload=b"", options=b"", check=None, window=8192):
    message = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags,
                          window, 0, 0) + options + payload
    if check is None:
        check = _transport_checksum(src, dst, TCP, message)
    return message[:16] + struct.pack("!H", check) + message[18:]


def icmp(kind, code, rest, payload=b"", check=None):
    """Builds a message; `rest`: the four octets after the checksum."""
    message = bytes((kind, code, 0, 0)) + rest + payload
    if check is None:
        check = checksum(message)
    return message[:2] + struct.pack("!H", check) + message[4:]


def echo(ident, sequence, payload=b"", kind=8, code=0, check=None):
    return icmp(kind, code, struct.pack("!HH", ident, sequence), payload, check)


def arp(operation, sender_mac, sender, target_mac, target):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, sender_mac, sender, target_mac,
                       target)
