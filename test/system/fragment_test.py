# SPDX-License-Identifier: BSD-3-Clause
"""Fragments in transit: forwarded unchanged, or split further if they are IPv4's, never reassembled."""
import socket
import unittest

from frames import IP, UDP, IPv6, Raw, datagram, ethernet, frame, is_icmp_error, parse
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6ExtHdrFragment
from topology import A, A6, B, B6, LEFT, LEFT6, Ipv6, RouterTestCase, eventually, received

AF_XDP = 44


class Fragments(RouterTestCase):
    overrides = {"ports": {"right": {"mtu": 1400}}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.topology.execute(cls.topology.b, "ip", "link", "set", "eth0", "mtu", "1400")

    def test_datagrams_of_several_fragments_come_and_go(self):
        for size in (1473, 2500, 4000, 20000):
            for target, host in ((B, self.topology.a), (A, self.topology.b)):
                done = self.ping(target, "-c", "2", "-i", "0.2", "-W", "2", "-s", str(size),
                                 host=host, check=False)
                self.assertEqual(received(done), 2, done.stdout)

    def through(self, sent):
        """Returns (offset, flags, payload) of the packets that result from a packet, in order of
        arrival."""
        wire = self.topology.wire(self.topology.b)
        self.topology.wire(self.topology.a).send(sent)
        packets = [parse(raw) for _, raw in wire.frames(0.3)]
        return [(p[IP].frag * 8, str(p[IP].flags), bytes(p[IP].payload)[:p[IP].len - 20])
                for p in packets if IP in p and p[IP].id == sent[IP].id and p[IP].src == A]

    def test_a_middle_fragment_that_is_too_large_is_split_at_its_own_offset(self):
        sent = frame("middle", size=1472, frag=185, flags="MF", id=777)
        out = self.through(sent)
        self.assertEqual([(offset, flags) for offset, flags, _ in out],
                         [(1480, "MF"), (1480 + 1376, "MF")])
        self.assertEqual(b"".join(data for _, _, data in out), bytes(sent[IP].payload))

    def test_the_last_fragment_stays_the_last(self):
        out = self.through(frame("last", size=1472, frag=370, id=778))
        self.assertEqual([(offset, flags) for offset, flags, _ in out],
                         [(2960, "MF"), (2960 + 1376, "")])

    def test_a_fragment_that_fits_is_left_alone(self):
        sent = frame("small", size=512, frag=100, flags="MF", id=779)
        ((offset, flags, data),) = self.through(sent)
        self.assertEqual((offset, flags, data), (800, "MF", bytes(sent[IP].payload)))

    def test_a_first_fragment_gets_an_error_and_a_later_one_does_not(self):
        wire = self.topology.wire(self.topology.a)
        with self.drops_rise_by(ttl_exceeded=2):
            wire.send(frame("later", ttl=1, frag=10))
            wire.send(frame("first", ttl=1, flags="MF"))
            raw = wire.wait(is_icmp_error)
        self.assertIsNotNone(raw)
        self.assertIn(b"first", raw)

    def test_the_router_answers_the_largest_ping_there_is(self):
        before = self.router.show("counters")
        self.assertEqual(received(self.ping(LEFT, "-c", "2", "-i", "0.2", "-s", "65507")), 2)
        after = self.router.show("counters")
        for counter, by in {"IpReasmReqds": 90, "IpReasmOKs": 2, "IpReasmFails": 0,
                            "IpFragOKs": 2, "IpFragCreates": 90}.items():
            self.assertEqual(after[counter] - before[counter], by, counter)

    def test_a_lone_fragment_for_the_router_waits(self):
        before = self.router.show("counters")["IpReasmReqds"]
        self.topology.wire(self.topology.a).send(
            ethernet() / datagram("piece", dst=LEFT, flags="MF"))
        self.assertTrue(eventually(
            lambda: self.router.show("counters")["IpReasmReqds"] == before + 1))


class FragmentsIpv6(Ipv6, RouterTestCase):
    """Those of IPv6, which only their source makes."""

    overrides = Fragments.overrides

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.topology.execute(cls.topology.b, "ip", "link", "set", "eth0", "mtu", "1400")

    def test_datagrams_of_several_fragments_come_and_go(self):
        self.ping(B6, "-c", "1", "-W", "1", "-s", "1400", check=False)  # host a learns the path's MTU
        for size in (1353, 2500, 4000, 20000, 65527):
            for target, host in ((B6, self.topology.a), (A6, self.topology.b)):
                done = self.ping(target, "-c", "2", "-i", "0.2", "-W", "2", "-s", str(size), host=host, check=False)
                self.assertEqual(received(done), 2, done.stdout)

    @staticmethod
    def fragment(mark, offset=0, more=0, size=512, **fields):
        return ethernet() / IPv6(src=A6, dst=B6, **fields) / IPv6ExtHdrFragment(
            nh=17, offset=offset // 8, m=more, id=779) / UDP(sport=4000, dport=4001) / Raw(
                mark.encode().ljust(size, b"."))

    def test_fragments_are_forwarded_as_they_are(self):
        wire = self.topology.wire(self.topology.b)
        # The second is an atomic fragment (RFC 6946); the third's offset and length are odd.
        for mark, offset, more, size in (("middle", 800, 1, 512), ("atomic", 0, 0, 64), ("last", 1280, 0, 77)):
            sent = self.fragment(mark, offset, more, size, hlim=9, tc=0x2e, fl=0x12345)
            self.topology.wire(self.topology.a).send(sent)
            raw = wire.wait(lambda raw, mark=mark: mark.encode() in raw)
            expected = bytearray(bytes(sent)[14:])
            expected[7] -= 1
            self.assertEqual(raw[14:], bytes(expected), mark)

    def test_a_fragment_that_is_too_large_is_not_split(self):
        wire = self.topology.wire(self.topology.a)
        beyond = self.topology.wire(self.topology.b)
        with self.drops_rise_by(packet_too_big=1):
            wire.send(self.fragment("large", 1448, 1, 1440))
            raw = wire.wait(lambda raw: ICMPv6PacketTooBig in parse(raw))
        self.assertIsNotNone(raw)
        self.assertEqual(parse(raw)[ICMPv6PacketTooBig].mtu, 1400)
        self.assertIsNone(beyond.wait(lambda raw: b"large" in raw, 0.2))

    def test_the_router_answers_the_largest_ping_there_is(self):
        before = self.router.show("counters")
        self.assertEqual(received(self.ping(LEFT6, "-c", "2", "-i", "0.2", "-s", "65527")), 2)
        after = self.router.show("counters")
        for counter, by in {"Ip6ReasmReqds": 92, "Ip6ReasmOKs": 2, "Ip6ReasmFails": 0,
                            "Ip6FragOKs": 2, "Ip6FragCreates": 92}.items():
            self.assertEqual(after[counter] - before[counter], by, counter)

    def test_nobody_can_foresee_the_identifications_of_the_router(self):
        wire = self.topology.wire(self.topology.a)
        self.ping(LEFT6, "-q", "-c", "9", "-i", "0.05", "-s", "2000")
        seen = []
        for _, raw in wire.frames(0.3):
            packet = parse(raw)
            if IPv6ExtHdrFragment in packet and packet[IPv6ExtHdrFragment].id not in seen:
                seen.append(packet[IPv6ExtHdrFragment].id)
        self.assertEqual(len(seen), 9)
        steps = {(later - earlier) % 2**32 for earlier, later in zip(seen, seen[1:])}
        self.assertEqual(len(steps), 8, "a counter")

    def test_a_lone_fragment_for_the_router_waits(self):
        before = self.router.show("counters")["Ip6ReasmReqds"]
        sent = self.fragment("piece", 0, 1)
        sent[IPv6].dst = LEFT6
        self.topology.wire(self.topology.a).send(sent)
        self.assertTrue(eventually(lambda: self.router.show("counters")["Ip6ReasmReqds"] == before + 1))


class FragmentsOnXdp(Fragments):
    """The same with the other driver for kernel interfaces."""

    overrides = {"ports": {"left": {"device": "net_af_xdp0,iface=rr-left"},
                           "right": {"device": "net_af_xdp1,iface=rr-right", "mtu": 1400}}}

    @classmethod
    def setUpClass(cls):
        try:
            socket.socket(AF_XDP, socket.SOCK_RAW).close()
        except OSError as error:
            raise unittest.SkipTest(f"no AF_XDP sockets here: {error}") from error
        super().setUpClass()
