# SPDX-License-Identifier: BSD-3-Clause
"""The connections that both routers know, and the ports that they have chosen by chance.

Where a port must be translated to any free one, each router chooses by itself. Ringroad's choices are replaced by
Linux's, for each pair of ends: nothing else may then differ.
"""
import ipaddress
from typing import NamedTuple

from hosts import Ends, read, tag_of, with_numbers
from network import ALL_WIRES, MARKER
from packets import ICMP, TCP, UDP
from packets6 import ICMPV6
from talks import CLIENT, Error
from worlds import topology

PROTOCOLS = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6, "ipv6-icmp": ICMPV6}
MARKERS = frozenset(wire.host(MARKER) for wire in ALL_WIRES)
SECONDS = 3  # by which timeouts may differ


class Connection(NamedTuple):
    original: Ends
    reply: Ends
    messages: tuple  # ICMP's types and codes, of both directions
    state: str
    flags: frozenset  # ASSURED, UNREPLIED
    mark: int
    packets: tuple  # (packets, octets) of both directions
    timeout: int

    def key(self):
        return self.original, self.messages[0]

    def compared(self):
        return self._replace(timeout=0)

    def __str__(self):
        def ends(one, message):
            number = f"id {one.sport}, {message}" if one.dport is None else f"{one.sport} -> {one.dport}"
            return f"{ipaddress.ip_address(one.src)} -> {ipaddress.ip_address(one.dst)} {number}"
        return (f"{self.original.proto} {self.state} [{ends(self.original, self.messages[0])}] "
                f"[{ends(self.reply, self.messages[1])}] {' '.join(sorted(self.flags))} mark {self.mark:#x} "
                f"{self.packets} {self.timeout} s")


def ends_of(row, proto):
    """`row`: the words that both routers use."""
    src, dst = (ipaddress.ip_address(row[key]).packed for key in ("src", "dst"))
    if "sport" in row:
        return Ends(proto, src, dst, int(row["sport"]), int(row["dport"])), None
    if "id" in row:
        return Ends(proto, src, dst, int(row["id"]), None), (int(row["type"]), int(row["code"]))
    return Ends(proto, src, dst, None, None), None


def without_markers(found):
    return [one for one in found if not {one.original.src, one.original.dst} & MARKERS]


class KernelConnections:
    """By conntrack(8) in the kernel's namespace."""

    def __init__(self, namespace):
        self.namespace = namespace
        with topology.inside(namespace):
            with open("/proc/sys/net/netfilter/nf_conntrack_acct", "w", encoding="ascii") as setting:
                setting.write("1")

    def run(self, *words):
        with topology.inside(self.namespace):
            return topology.run("conntrack", *words).stdout

    def flush(self):
        self.run("-F")

    def listed(self):
        return without_markers([parsed(line) for family in ("ipv4", "ipv6")
                                for line in self.run("-L", "-o", "extended", "-f", family).splitlines()])


def parsed(line):
    """Returns the Connection that a line of `conntrack -L -o extended` describes."""
    words = line.split()
    proto, timeout = int(words[3]), int(words[4])
    state = words[5] if "=" not in words[5] and words[5][0] != "[" else ""
    sides, mark = [{}, {}], 0
    for word in words[5:]:
        key, is_pair, value = word.partition("=")
        if not is_pair:
            continue
        if key == "mark":
            mark = int(value)
        elif key in sides[0] and key != "use":
            sides[1][key] = value
        else:
            sides[0][key] = value
    (original, sent), (reply, answered) = (ends_of(side, proto) for side in sides)
    return Connection(original, reply, (sent, answered), state,
                      frozenset(word.strip("[]") for word in words[5:] if word[0] == "["), mark,
                      tuple((int(side["packets"]), int(side["bytes"])) for side in sides), timeout)


class RouterConnections:
    """By the control socket, as roadctl."""

    def __init__(self, ask):
        self.ask = ask

    def asked(self, *verb):
        answer, error = self.ask(*verb)
        if error:
            raise AssertionError(f"{' '.join(verb)}: {error}")
        return answer

    def flush(self):
        self.asked("connections", "flush")

    def listed(self):
        return without_markers([self.read(row) for row in self.asked("show", "connections")])

    @staticmethod
    def read(row):
        proto = PROTOCOLS.get(row["proto"]) or int(row["proto"])
        (original, sent), (reply, answered) = (ends_of(row[side], proto) for side in ("orig", "reply"))
        flags = {"ASSURED"} if row["assured"] else set()
        flags |= set() if row["replied"] else {"UNREPLIED"}
        return Connection(original, reply, (sent, answered), row["state"] or "", frozenset(flags), row["mark"],
                          tuple((row[side]["packets"], row[side]["bytes"]) for side in ("orig", "reply")),
                          row["timeout_seconds"])


def port_class(port):
    """Translation keeps a port in its class (RFC 4787 REQ-3)."""
    return (port >= 512) + (port >= 1024)


class Choices:
    """What Ringroad chose, and what Linux chose instead."""

    def __init__(self, ranges):
        self.ranges = ranges
        self.known = {}  # {Ends of Ringroad: Ends of Linux}, as packets leave
        self.of_talk = {}  # {(talk, Ends of Linux): Ends of Ringroad}

    def learn(self, actions, theirs, ours):
        """Looks for chosen ports in what came out. Yields what is wrong with them."""
        by_tag = {action.tag: action for action in actions}
        seen = [{}, {}]
        for found, outputs in zip(seen, (theirs, ours)):
            for raw in (raw for frames in outputs for raw in frames):
                action, places = by_tag.get(tag_of(raw)), read(raw[14:])
                if action and places and action.side == CLIENT and not isinstance(action.message, Error):
                    found.setdefault(action.tag, (action, places.ends))
        for tag, (action, linux) in seen[0].items():
            if tag in seen[1]:
                yield from self.pair(action.talk, action.talk.sport, linux, seen[1][tag][1])

    def pair(self, talk, before, linux, ringroad):
        if linux.sport is None or ringroad.sport is None:
            return
        if linux.sport != ringroad.sport and linux == ringroad._replace(sport=linux.sport):
            if before in (linux.sport, ringroad.sport):
                return  # one has kept the port: the frames differ
            if linux.dport is not None and port_class(linux.sport) != port_class(ringroad.sport):
                yield f"talk {talk.number}: Linux chooses {linux}, Ringroad {ringroad} of another class"
            if any((linux.sport in ports) != (ringroad.sport in ports) for ports in self.ranges):
                yield f"talk {talk.number}: Linux chooses {linux}, Ringroad {ringroad} of another range"
            chosen = self.of_talk.setdefault((talk, linux), ringroad)
            if chosen != ringroad:
                yield f"talk {talk.number}: Ringroad sends as {chosen} and as {ringroad}, Linux as {linux}"
            self.known[ringroad] = linux
        else:
            self.known.pop(ringroad, None)

    def mapped(self, ends):
        """Returns what Linux has for Ringroad's ends; None if it is the same."""
        if ends in self.known:
            return self.known[ends]
        other = self.known.get(ends.back())
        return other and other.back()

    def frame(self, raw):
        if not self.known or len(raw) < 34:
            return raw
        return raw[:14] + with_numbers(raw[14:], self.mapped)

    def connection(self, one):
        return one._replace(original=self.mapped(one.original) or one.original,
                            reply=self.mapped(one.reply) or one.reply)

    def differences(self, theirs, ours):
        """Yields a line for each connection that differs."""
        ours = {one.key(): one for one in map(self.connection, ours)}
        for linux in theirs:
            ringroad = ours.pop(linux.key(), None)
            if ringroad is None:
                yield f"only Linux knows {linux}"
                continue
            if self.is_chosen(linux, ringroad):
                ringroad = ringroad._replace(reply=linux.reply)
            late = abs(linux.timeout - ringroad.timeout) > SECONDS
            if linux.compared() != ringroad.compared() or late:
                yield f"connections differ:\n    Linux:    {linux}\n    Ringroad: {ringroad}"
        for ringroad in ours.values():
            yield f"only Ringroad knows {ringroad}"

    @staticmethod
    def is_chosen(linux, ringroad):
        """Whether only the chosen ports differ, of a connection that has not left the router."""
        one, other = linux.reply, ringroad.reply
        if one.dport is None:
            return one.sport != other.sport and one == other._replace(sport=one.sport) and linux.original.sport not in (
                one.sport, other.sport)
        return (one == other._replace(dport=one.dport) and port_class(one.dport) == port_class(other.dport)
                and linux.original.sport not in (one.dport, other.dport))
