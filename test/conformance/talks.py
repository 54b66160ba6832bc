# SPDX-License-Identifier: BSD-3-Clause
"""What two hosts say to each other: random conversations, as lists of actions.

An action does not say to which address an answer goes: its sender learns that from what it received (hosts.py).
"""
from dataclasses import dataclass
from typing import NamedTuple

from network import WIRES6
from packets import ICMP, TCP, UDP
from packets6 import ICMPV6

INSIDE, OUTSIDE, DMZ, SERVERS = WIRES6  # a, f, g with a smaller MTU, h where nothing begins
CLIENT, SERVER = 0, 1
FIN, SYN, RST, PSH, ACK, URG = (1 << bit for bit in range(6))
ODD_FLAGS = (0, SYN | FIN, SYN | RST, FIN, FIN | RST, PSH, URG, 0x3F, SYN | ACK | FIN, PSH | URG | FIN)
PORTS = (22, 53, 80, 443, 8080)
SOURCES = (300, 700, 5000, 5001, 40000)
SYN_OPTIONS = (b"", b"\2\4\5\xb4", b"\2\4\5\xb4\4\2\1\3\3\7\1\1", b"\1\3\3\x0e", b"\2\4\5\xb4\1\1\4\2")


@dataclass(eq=False)
class Talk:
    """Who begins to talk, and to whom as it believes."""

    number: int
    is_ipv6: bool
    proto: int
    wire: object
    host: int
    target: bytes
    sport: int  # or the identifier
    dport: int
    server: object  # the wire on which a host answers, even if it received nothing

    @property
    def source(self):
        return self.wire.host6(self.host) if self.is_ipv6 else self.wire.host(self.host)


class Segment(NamedTuple):
    flags: int
    seq: int
    ack: int = 0
    size: int = 0
    window: int = 8192
    options: bytes = b""


class Datagram(NamedTuple):
    size: int
    has_sum: bool = True


class Echo(NamedTuple):
    size: int
    sequence: int
    kind: int = 0  # another type of message than an echo's


class Error(NamedTuple):
    """Quotes the last packet that the host has received."""

    kind: int
    code: int
    rest: int = 0
    quoted: int = 576  # octets of the packet
    spoof: str = ""
    by_gateway: bool = False  # not by the host itself


class Action(NamedTuple):
    """One message of one of both hosts."""

    tag: int  # in the identification or flow label
    talk: Talk
    side: int
    message: object
    ttl: int = 64
    dont_fragment: bool = False
    parts: int = 1  # fragments of IPv4
    bad_sum: bool = False
    blind: bool = False  # the server speaks even if it has received nothing

    @property
    def what(self):
        who = ("client", "server")[self.side]
        more = "".join(f" {word}" for word, there in (
            (f"ttl {self.ttl}", self.ttl != 64), ("DF", self.dont_fragment),
            (f"{self.parts} fragments", self.parts > 1),
            ("wrong checksum", self.bad_sum), ("blind", self.blind)) if there)
        return f"talk {self.talk.number}, {who}: {self.message}{more}"


class Script:
    """Writes down what is said."""

    def __init__(self, r, talk):
        self.r, self.talk = r, talk
        self.said = []

    def say(self, side, message, **more):
        self.said.append(Action(0, self.talk, side, message, **more))

    def oddities(self):
        """Returns what can be strange about a packet, mostly nothing."""
        r = self.r
        kind = r.randrange(60)
        if kind == 0:
            return {"ttl": 1}
        if kind == 1:
            return {"bad_sum": True}
        if kind == 2 and not self.talk.is_ipv6:
            return {"dont_fragment": True}
        return {}

    def error(self):
        """One end, or a router near it, complains of what it has received."""
        r = self.r
        if self.talk.is_ipv6:
            kind, code, rest = r.choice(((1, 0, 0), (1, 4, 0), (2, 0, 1280), (3, 0, 0), (4, 1, 6), (1, 1, 0)))
        else:
            kind, code, rest = r.choice(((3, 1, 0), (3, 3, 0), (3, 4, 1300), (11, 0, 0), (12, 0, 1), (3, 13, 0),
                                         (4, 0, 0)))
        spoof = r.choice(("", "", "", "port", "address", "away", "direction", "proto", "sum"))
        self.say(r.choice((CLIENT, SERVER, SERVER)),
                 Error(kind, code, rest, r.choice((576, 576, 576, 28, 32, 48, 20, 24)), spoof, r.random() < 0.3),
                 **({"ttl": 1} if r.random() < 0.03 else {}))


class TcpScript(Script):
    """Keeps the sequence numbers of both ends."""

    def __init__(self, r, talk):
        super().__init__(r, talk)
        self.next = [0, 0]
        self.window = [8192, 8192]

    def send(self, side, flags, size=0, off=(0, 0), options=b"", **more):
        """Sends the next segment, or with `off` one of other numbers, which changes nothing."""
        seq, ack = self.next[side] + off[0], self.next[1 - side] + off[1]
        message = Segment(flags, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF if flags & ACK else 0, size,
                          self.window[side], options)
        self.say(side, message, **(more or self.oddities()))
        if off == (0, 0):
            self.next[side] += size + bool(flags & SYN) + bool(flags & FIN)

    def write(self):
        r = self.r
        for _ in range(r.choice((1, 1, 1, 2, 3))):  # again with the same ports
            self.next = [r.choice((r.getrandbits(32), 0xFFFFFF00)), r.getrandbits(32)]
            self.window = [r.choice((8192, 8192, 65535, 1024)), r.choice((8192, 65535, 300))]
            r.choices((self.usual, self.simultaneous, self.refused, self.in_the_middle, self.only_syn, self.noise),
                      (60, 6, 8, 8, 8, 10))[0]()
        return self.said

    def usual(self):
        r = self.r
        self.open()
        for _ in range(r.randrange(5)):
            self.something()
        if r.random() < 0.85:
            self.close()
        if r.random() < 0.2:
            self.something()

    def open(self):
        r = self.r
        blind = {"blind": True} if r.random() < 0.1 else {}
        first = self.next[CLIENT]
        options = r.choice(SYN_OPTIONS)
        for _ in range(r.choice((1, 1, 1, 1, 2, 4))):
            self.next[CLIENT] = first
            self.send(CLIENT, SYN, options=options)
        if r.random() < 0.07:
            self.strange(SERVER)
        answer = self.next[SERVER]
        for _ in range(r.choice((1, 1, 1, 2))):
            self.next[SERVER] = answer
            self.send(SERVER, SYN | ACK, options=r.choice(SYN_OPTIONS), **blind)
        if r.random() < 0.9:
            self.send(CLIENT, ACK)

    def something(self):
        r = self.r
        side = r.choice((CLIENT, SERVER))
        kind = r.randrange(14)
        if kind < 7:
            before = self.next[side]
            size = r.choice((1, 10, 100, 100, 500, 1420))
            for _ in range(r.choice((1, 1, 1, 1, 2, 4))):  # again, as if it was lost
                self.next[side] = before
                self.send(side, ACK | PSH, size)
            if r.random() < 0.7:
                self.send(1 - side, ACK)
        elif kind < 8:
            self.window[side] = r.choice((0, 1, 100, 8192, 65535))
            self.send(side, ACK)
        elif kind < 10:
            self.error()
        else:
            self.strange(side)

    def strange(self, side):
        """What a tracker must not believe, or must."""
        r = self.r
        far = r.choice((1, -1, 100, -100, 9000, -9000, 70000, -70000, 1 << 30, 1 << 31))
        kind = r.randrange(9)
        if kind == 0:
            self.send(side, r.choice(ODD_FLAGS), off=(0, r.choice((0, 1))))
        elif kind == 1:
            self.send(side, RST | r.choice((0, ACK)), off=(far, 0))
        elif kind == 2:
            self.send(side, ACK | r.choice((0, PSH, FIN)), r.choice((0, 10)), off=(far, 0))
        elif kind == 3:
            self.send(side, ACK, r.choice((0, 10)), off=(0, far))
        elif kind == 4:
            self.send(side, SYN, off=(r.choice((far, -1)), 0))
            if r.random() < 0.5:
                self.send(1 - side, ACK, off=(0, r.choice((0, far))))
            if r.random() < 0.5:
                self.send(side, RST, off=(r.choice((0, far)), 0))
        elif kind == 5:
            self.send(side, SYN | ACK, off=(r.choice((0, -1, far)), r.choice((0, far))))
        elif kind == 6:
            self.send(side, ACK, 5, off=(0, 1), bad_sum=True)
        elif kind == 7:
            self.send(side, ACK, 5, off=(0, 1), options=r.choice((
                b"\1\1\5\x0a" + bytes(8), b"\x08\x0a" + bytes(10), b"\2\1\0\0", bytes(4))))
        else:
            self.send(side, ACK | URG | r.choice((0, PSH, FIN)), off=(1, 0))

    def close(self):
        r = self.r
        side = r.choice((CLIENT, SERVER))
        kind = r.randrange(6)
        if kind == 0:
            self.send(side, RST | r.choice((0, ACK)))
            if r.random() < 0.3:
                self.send(1 - side, ACK)
            return
        self.send(side, FIN | ACK, r.choice((0, 0, 10)))
        if kind == 1:  # both at once
            self.send(1 - side, FIN | ACK, off=(0, -1))
            self.next[1 - side] += 1
            self.send(side, ACK)
            self.send(1 - side, ACK)
            return
        if r.random() < 0.8:
            self.send(1 - side, ACK)
        if r.random() < 0.3:
            self.something()
        if r.random() < 0.8:
            self.send(1 - side, FIN | ACK)
            if r.random() < 0.9:
                self.send(side, ACK)

    def simultaneous(self):
        self.send(CLIENT, SYN)
        self.next[SERVER] += 1
        self.send(SERVER, SYN, off=(-1, 0))
        self.send(CLIENT, SYN | ACK, off=(-1, 0))
        self.send(SERVER, SYN | ACK, off=(-1, 0))
        for _ in range(self.r.randrange(4)):
            self.something()
        self.close()

    def refused(self):
        for _ in range(self.r.choice((1, 2))):
            self.next[CLIENT] -= len(self.said) > 0
            self.send(CLIENT, SYN)
            self.send(SERVER, RST | ACK, off=(-self.next[SERVER], 0))

    def in_the_middle(self):
        r = self.r
        self.send(r.choice((CLIENT, CLIENT, SERVER)), r.choice((ACK, ACK | PSH, FIN | ACK, SYN | ACK, RST)),
                  r.choice((0, 100)), blind=r.random() < 0.5)
        for _ in range(r.randrange(6)):
            self.something()
        if r.random() < 0.5:
            self.close()

    def only_syn(self):
        first = self.next[CLIENT]
        for _ in range(self.r.randrange(1, 4)):
            self.next[CLIENT] = first
            self.send(CLIENT, SYN, options=self.r.choice(SYN_OPTIONS))
        if self.r.random() < 0.5:
            self.error()

    def noise(self):
        r = self.r
        self.send(CLIENT, SYN)
        for _ in range(r.randrange(1, 7)):
            side = r.choice((CLIENT, SERVER))
            self.send(side, r.choice((SYN, ACK, SYN | ACK, RST, FIN | ACK, RST | ACK)), r.choice((0, 0, 10)),
                      off=r.choice(((0, 0), (-1, 0), (0, -1), (1, 1), (5, 0))))


class UdpScript(Script):
    def write(self):
        r = self.r
        for _ in range(r.randrange(1, 7)):
            if r.random() < 0.2:
                self.error()
                continue
            more = self.oddities()
            size = r.choice((0, 1, 20, 100, 500, 1200))
            if not self.talk.is_ipv6 and r.random() < 0.15:
                size, more = r.choice((1200, 1471, 2000, 100)), {"parts": r.choice((2, 2, 3))}
            elif r.random() < 0.08:
                size, more = 1440, {"dont_fragment": r.random() < 0.7}
            side = CLIENT if not self.said else r.choice((CLIENT, SERVER))
            if side == SERVER and r.random() < 0.15:
                more["blind"] = True
            self.say(side, Datagram(size, self.talk.is_ipv6 or r.random() < 0.95), **more)
        return self.said


class EchoScript(Script):
    def write(self):
        r = self.r
        for sequence in range(r.randrange(1, 5)):
            size = r.choice((0, 8, 56, 1000, 1440))
            more = self.oddities()
            if r.random() < 0.05 and not self.talk.is_ipv6:
                more = {"parts": 2}
            kind = 13 if r.random() < 0.06 and not self.talk.is_ipv6 else 0
            if r.random() < 0.06:
                kind = r.choice((15, 17, 30, 14, 10, 40) if not self.talk.is_ipv6 else (100, 139, 200, 129))
            self.say(CLIENT, Echo(size, sequence, kind), **more)
            if r.random() < 0.2:
                self.error()
            for _ in range(r.choice((0, 1, 1, 1, 2))):
                self.say(SERVER, Echo(size, sequence, 14 if kind == 13 else 0), blind=r.random() < 0.1)
        return self.said


def some_talk(r, number, aims):
    """Returns a Talk. `aims`: addresses and ports that rules speak of: (address, port or 0)."""
    wire = r.choice((INSIDE, INSIDE, INSIDE, OUTSIDE, OUTSIDE, DMZ))
    is_ipv6 = r.random() < 0.35
    proto = r.choices((TCP, UDP, ICMPV6 if is_ipv6 else ICMP), (6, 3, 1.5))[0]
    server = r.choice([one for one in (INSIDE, OUTSIDE, OUTSIDE, DMZ) if one is not wire])
    port = r.choice(PORTS)
    target = server.host6(r.choice((2, 3))) if is_ipv6 else server.host(r.choice((2, 3)))
    kind = r.random()
    fitting = [aim for aim in aims if (len(aim[0]) == 16) == is_ipv6]
    if kind < 0.3 and fitting:
        target, aimed = r.choice(fitting)
        port = aimed or port
    elif kind < 0.4:
        own = r.choice((wire, server))
        target = own.router6 if is_ipv6 else own.router
    elif kind < 0.45 and not is_ipv6:
        target = wire.host(r.choice((4, 5)))  # back to the same link
    host = r.choice((2, 3, 4))
    source = wire.host6(host) if is_ipv6 else wire.host(host)
    if target == source:
        host = 6
    return Talk(number, is_ipv6, proto, wire, host, target, r.choice(SOURCES), port, server)


SCRIPTS = {TCP: TcpScript, UDP: UdpScript, ICMP: EchoScript, ICMPV6: EchoScript}


def scenes(r, talks, aims):
    """Returns scenes, each a list of the actions of one or several conversations, as they follow each other."""
    made, number, tag = [], 0, 1
    while number < talks:
        several = []
        for _ in range(r.choice((1, 1, 2, 3))):
            talk = some_talk(r, number, aims)
            if several and r.random() < 0.4:  # another host with the same ports, for the same server
                one = several[0][0].talk
                talk = Talk(number, one.is_ipv6, one.proto, one.wire, r.choice((2, 3, 4, 5)), one.target,
                            one.sport, one.dport, one.server)
            several.append(SCRIPTS[talk.proto](r, talk).write())
            number += 1
        scene = []
        while several:
            said = r.choice(several)
            scene.append(said.pop(0)._replace(tag=tag))
            tag += 1
            if not said:
                several.remove(said)
        made.append(scene)
    return made
