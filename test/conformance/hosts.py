# SPDX-License-Identifier: BSD-3-Clause
"""The hosts of one network: they answer what came out of the router, wherever it came out and as it was translated."""
import struct
from typing import NamedTuple

import packets
from network import ALL_WIRES, GATEWAY
from packets import DF, ICMP, IPV4, MF, TCP, UDP, checksum, ethernet, ipv4
from packets6 import FRAGMENT, ICMPV6, IPV6, echo6, icmp6, ipv6, tcp6, udp6
from talks import CLIENT, SERVERS, Echo, Error, Segment

NUMBERED4, NUMBERED6 = (0, 8, 13, 14, 15, 16, 17, 18), (128, 129)  # messages with an identifier


class Ends(NamedTuple):
    """The addresses and numbers of a packet; of ICMP, `dport` is None and the identifier is `sport`."""

    proto: int
    src: bytes
    dst: bytes
    sport: int
    dport: int

    def back(self):
        if self.dport is None:
            return self._replace(src=self.dst, dst=self.src)
        return Ends(self.proto, self.dst, self.src, self.dport, self.sport)


class Places(NamedTuple):
    """Where the headers of a packet are, and what it says."""

    at: int  # of the transport header, from the packet's start
    ends: Ends
    inner: int  # where the packet begins that an ICMP error quotes, or 0


def read(packet):
    """Returns the Places of an IP packet, or None if it has no ports or is a later fragment."""
    if len(packet) < 20:
        return None
    if packet[0] >> 4 == 4:
        at, proto, src, dst = (packet[0] & 15) * 4, packet[9], packet[12:16], packet[16:20]
        if packet[6] & 0x1F or packet[7] or at < 20:
            return None
    else:
        at, proto, src, dst = 40, packet[6], packet[8:24], packet[24:40]
        if proto == FRAGMENT:
            return None
    body = packet[at:at + 8]
    if len(body) < 8:
        return None
    if proto in (TCP, UDP):
        return Places(at, Ends(proto, src, dst, *struct.unpack_from("!HH", body)), 0)
    if proto == ICMP and body[0] in NUMBERED4 or proto == ICMPV6 and body[0] in NUMBERED6:
        return Places(at, Ends(proto, src, dst, struct.unpack_from("!H", body, 4)[0], None), 0)
    if proto == ICMP and body[0] in (3, 4, 5, 11, 12) or proto == ICMPV6 and body[0] < 128:
        return Places(at, Ends(proto, src, dst, None, None), at + 8)
    return Places(at, Ends(proto, src, dst, None, None), 0)


def tag_of(raw):
    """Returns the tag of the action to which a frame belongs."""
    if raw[12:14] == IPV4:
        return int.from_bytes(raw[18:20], "big")
    return int.from_bytes(raw[14:18], "big") & 0xFFFFF if raw[12:14] == IPV6 else 0


def replaced(data, at, number, sums):
    """Writes a port or an identifier; corrects the checksums at these places by the difference."""
    data, new = bytearray(data), struct.pack("!H", number)
    for place in sums:
        old = data[place:place + 2]
        if len(old) == 2 and at + 2 <= len(data):
            old_sum = int.from_bytes(old, "big")
            total = (~old_sum & 0xFFFF) + (~int.from_bytes(data[at:at + 2], "big") & 0xFFFF) + number
            total = (total & 0xFFFF) + (total >> 16)
            data[place:place + 2] = struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    data[at:at + 2] = new
    return bytes(data)


def with_numbers(packet, change):
    """Returns the packet with changed ports. `change(ends)` returns other Ends for some, and None for the others.

    Those of a packet that an ICMP error quotes are changed too.
    """
    places = read(packet)
    if places is None:
        return packet
    at, ends, inner = places
    if inner:
        quoted = with_numbers(packet[inner:], change)
        if quoted == packet[inner:]:
            return packet
        before = checksum(packet[at + 4:])
        # The error's checksum changes by what the quoted packet does.
        difference = (before - checksum(packet[at + 4:inner] + quoted)) % 0xFFFF
        old = int.from_bytes(packet[at + 2:at + 4], "big")
        new = (old - difference) % 0xFFFF or (0xFFFF if old == 0xFFFF else 0)
        return packet[:at + 2] + struct.pack("!H", new) + packet[at + 4:inner] + quoted
    other = change(ends)
    if other is None:
        return packet
    sum_at = at + {TCP: 16, UDP: 6}.get(ends.proto, 2)
    sums = () if ends.proto == UDP and packet[sum_at:sum_at + 2] == b"\0\0" else (sum_at,)
    if ends.dport is None:
        return replaced(packet, at + 4, other.sport, sums)
    for place, new, old in ((at, other.sport, ends.sport), (at + 2, other.dport, ends.dport)):
        if new != old:
            packet = replaced(packet, place, new, sums)
    return packet


class Seen(NamedTuple):
    """A packet that came out of the router."""

    wire: int
    mac: bytes  # of the host that received it
    packet: bytes


def is_of_router(target, wire):
    return target == (wire.router if len(target) == 4 else wire.addresses6 and wire.router6)


class Hosts:
    """Remembers what came out, and builds the frames of the actions from it."""

    def __init__(self):
        self.received = {}  # {(talk, side that has received it): Seen}
        self.sent = {}  # {(talk, side): packet}

    def note(self, actions, outputs):
        """Notes what came out, a list of frames for each wire, after these actions."""
        by_tag = {action.tag: action for action in actions}
        for wire, frames in enumerate(outputs):
            for raw in frames:
                action = by_tag.get(tag_of(raw))
                places = read(raw[14:])
                if action is None or places is None or isinstance(action.message, Error) or places.inner:
                    continue
                if len(ALL_WIRES) <= wire or raw[6:12] != ALL_WIRES[wire].router_mac:
                    continue
                self.received[action.talk, 1 - action.side] = Seen(wire, raw[:6], raw[14:])

    def frames(self, action):
        """Returns the frames of an action: (index of the link, octets), or [] if the host knows of nothing to say."""
        if isinstance(action.message, Error):
            return self.error(action)
        ends = self.ends(action)
        if ends is None:
            return []
        wire, mac, ends = ends
        talk = action.talk
        message, proto = transport(action, ends)
        # A unique tag, which is also what an error quotes.
        if talk.is_ipv6:
            made = [ipv6(ends.src, ends.dst, proto, message, action.ttl, label=action.tag)]
        else:
            made = list(fragmented(action, ends, proto, message))
        self.sent[talk, action.side] = made[0]
        return [(wire, self.framed(wire, mac, packet)) for packet in made]

    @staticmethod
    def framed(wire, mac, packet):
        return ethernet(ALL_WIRES[wire].router_mac, mac, packet, IPV6 if packet[0] >> 4 == 6 else IPV4)

    def ends(self, action):
        """Returns (wire, MAC address, Ends) of the sender of the action, or None."""
        talk = action.talk
        wire = ALL_WIRES.index(talk.wire)
        asked = Ends(talk.proto, talk.source, talk.target, talk.sport, talk.dport)
        if action.side == CLIENT:
            return wire, talk.wire.host_mac(talk.host), asked
        seen = self.received.get((talk, action.side))
        places = seen and read(seen.packet)
        if places and places.ends.sport is not None:
            return seen.wire, seen.mac, places.ends.back()
        # Nobody else speaks for the router: it drops what has its own address as the source.
        if not action.blind or any(is_of_router(talk.target, each) for each in ALL_WIRES):
            return None
        return ALL_WIRES.index(talk.server), talk.server.host_mac(talk.target[-1] % 8 + 2), asked.back()

    def error(self, action):
        error, talk = action.message, action.talk
        seen = self.received.get((talk, action.side))
        if seen is None:
            return []
        quoted = read(seen.packet)
        if quoted is None:
            return []
        ends, packet = quoted.ends, seen.packet
        wire, src, dst, mac = seen.wire, ends.dst, ends.src, seen.mac
        if error.by_gateway:
            gateway = ALL_WIRES[wire]
            src = gateway.host6(GATEWAY) if talk.is_ipv6 else gateway.host(GATEWAY)
            mac = gateway.host_mac(GATEWAY)
        if error.spoof == "port":
            packet = with_numbers(packet, lambda ends: None if ends.sport is None else ends._replace(
                sport=ends.sport ^ 0x100))
        elif error.spoof == "proto":
            at = 6 if talk.is_ipv6 else 9
            packet = packet[:at] + bytes((packet[at] ^ 3,)) + packet[at + 1:]
        elif error.spoof == "address":
            at = 24 if talk.is_ipv6 else 16
            packet = packet[:at + 3] + bytes((packet[at + 3] ^ 1,)) + packet[at + 4:]
        elif error.spoof == "away":
            # Of IPv6, Linux always sends redirects about what goes back to its link.
            dst = SERVERS.host6(5) if talk.is_ipv6 else talk.server.host(5)
        elif error.spoof == "direction":
            packet = self.sent.get((talk, action.side), packet)
        packet = packet[:error.quoted]
        check = 0x1234 if error.spoof == "sum" else None
        rest = struct.pack("!I", error.rest)
        if talk.is_ipv6:
            made = ipv6(src, dst, ICMPV6, icmp6(src, dst, error.kind, error.code, rest + packet, check), action.ttl,
                        label=action.tag)
        else:
            made = ipv4(src, dst, ICMP, packets.icmp(error.kind, error.code, rest, packet, check), action.ttl,
                        ident=action.tag)
        return [(wire, self.framed(wire, mac, made))]


def transport(action, ends):
    """Returns (message, protocol)."""
    talk, message = action.talk, action.message
    check = 0x1234 if action.bad_sum else None
    if isinstance(message, Segment):
        build = tcp6 if talk.is_ipv6 else packets.tcp
        return build(ends.src, ends.dst, ends.sport, ends.dport, message.flags, seq=message.seq, ack=message.ack,
                     payload=bytes(message.size), options=message.options, check=check,
                     window=message.window), TCP
    data = bytes(at & 0xFF for at in range(message.size))
    if isinstance(message, Echo):
        kind = message.kind or (((8, 0), (128, 129))[talk.is_ipv6][action.side])
        if talk.is_ipv6:
            return echo6(ends.src, ends.dst, ends.sport, message.sequence, data, kind, check=check), ICMPV6
        return packets.echo(ends.sport, message.sequence, data, kind, check=check), ICMP
    build = udp6 if talk.is_ipv6 else packets.udp
    check = check if message.has_sum else 0
    return build(ends.src, ends.dst, ends.sport, ends.dport, data, check), UDP


def fragmented(action, ends, proto, message):
    """Yields the packet, or its fragments of about the same size."""
    size = len(message) if action.parts == 1 else -(-len(message) // action.parts // 8) * 8
    for start in range(0, len(message), size):
        more = start + size < len(message)
        flags = (MF if more else 0) | (DF if action.dont_fragment else 0) | start // 8
        yield ipv4(ends.src, ends.dst, proto, message[start:start + size], action.ttl, ident=action.tag, frag=flags)
