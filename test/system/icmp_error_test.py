# SPDX-License-Identifier: BSD-3-Clause
"""ICMP errors for packets that the router cannot deliver."""
import time

from frames import ICMP, IP, IPerror, Raw, datagram, ethernet, frame, is_icmp_error, parse
from topology import A, A_MAC, B, LEFT, LEFT_MAC, RIGHT, RouterTestCase


class IcmpErrors(RouterTestCase):
    overrides = {
        "routes": [
            {"to": "10.1.0.0/16", "type": "blackhole"},
            {"to": "10.2.0.0/16", "type": "unreachable"},
            {"to": "10.3.0.0/16", "type": "prohibit"},
        ],
    }

    def setUp(self):
        self.wire = self.topology.wire(self.topology.a)

    def error(self, sent, kind, code, seconds=2.0):
        """Sends a frame from a and returns the ICMP error about it, parsed."""
        self.wire.send(sent)
        raw = self.wire.wait(lambda raw: is_icmp_error(raw, kind, code), seconds)
        self.assertIsNotNone(raw, f"no ICMP {kind}/{code} for {sent.summary()}")
        return parse(raw)

    def silence(self, *sent):
        """Checks that these cause no ICMP error; a packet that does cause one is sent after them."""
        for one in sent:
            self.wire.send(one)
        self.wire.send(frame("marker", ttl=1))
        raw = self.wire.wait(is_icmp_error)
        self.assertIsNotNone(raw)
        self.assertIn(b"marker", raw)

    def check_fields(self, answer, original, forwarded=False):
        """RFC 1812 4.3.2: source, TOS and the quoted part of the packet.

        `forwarded`: the packet reached the neighbor's queue, so the quote may have the TTL and the
        checksum of the next hop, as Linux's does.
        """
        whole = bytes(original[IP])
        self.assertEqual((answer.src, answer.dst), (LEFT_MAC, A_MAC))
        self.assertEqual((answer[IP].src, answer[IP].dst, answer[IP].tos), (LEFT, A, 0xC0))
        self.assertEqual(answer[IP].len, min(576, 28 + len(whole)))
        quote = bytes(answer[ICMP])[8:answer[IP].len - 20]
        expected = whole[:len(quote)]
        if forwarded and quote[8] == whole[8] - 1:
            quote, expected = (raw[:8] + raw[9:10] + raw[12:] for raw in (quote, expected))
        self.assertEqual(quote, expected)
        rebuilt = IP(bytes(answer[IP])[:answer[IP].len])
        del rebuilt[IP].chksum
        del rebuilt[ICMP].chksum
        again = IP(bytes(rebuilt))
        self.assertEqual((again.chksum, again[ICMP].chksum),
                         (answer[IP].chksum, answer[ICMP].chksum))

    def test_time_exceeded_quotes_a_short_packet_whole(self):
        sent = frame("short", ttl=1)
        with self.drops_rise_by(ttl_exceeded=1):
            self.check_fields(self.error(sent, 11, 0), sent)

    def test_time_exceeded_quotes_a_long_packet_up_to_576_bytes(self):
        sent = frame("long", ttl=1, size=1400)
        with self.drops_rise_by(ttl_exceeded=1):
            self.check_fields(self.error(sent, 11, 0), sent)

    def test_a_ttl_of_zero_is_exceeded_too(self):
        with self.drops_rise_by(ttl_exceeded=1):
            self.error(frame("zero", ttl=0), 11, 0)

    def test_an_error_keeps_the_tos_bits_and_raises_the_precedence(self):
        self.assertEqual(self.error(frame("tos", ttl=1, tos=0x10), 11, 0)[IP].tos, 0xD0)

    def test_no_route_is_network_unreachable(self):
        sent = frame("nowhere", dst="10.9.9.9")
        with self.drops_rise_by(no_route=1):
            self.check_fields(self.error(sent, 3, 0), sent)

    def test_no_route_comes_before_an_exceeded_ttl(self):
        self.error(frame("nowhere", dst="10.9.9.9", ttl=1), 3, 0)

    def test_an_unreachable_route_is_host_unreachable(self):
        sent = frame("unreachable", dst="10.2.0.1")
        with self.drops_rise_by(unreachable=1):
            self.check_fields(self.error(sent, 3, 1), sent)

    def test_a_prohibit_route_is_administratively_prohibited(self):
        sent = frame("prohibit", dst="10.3.0.1")
        with self.drops_rise_by(prohibited=1):
            self.check_fields(self.error(sent, 3, 13), sent)

    def test_a_blackhole_route_is_silent(self):
        with self.drops_rise_by(blackhole=1, ttl_exceeded=1):
            self.silence(frame("blackhole", dst="10.1.0.1"))

    def test_an_absent_host_is_unreachable_after_three_requests(self):
        sent = frame("absent", dst="192.168.2.77")
        requests = self.topology.wire(self.topology.b)
        with self.drops_rise_by(host_unreachable=1):
            start = time.monotonic()
            answer = self.error(sent, 3, 1, seconds=5)
            elapsed = time.monotonic() - start
        self.check_fields(answer, sent, forwarded=True)
        self.assertTrue(2.5 <= elapsed <= 3.6, f"after {elapsed:.2f} s")
        asked = [raw for _, raw in requests.frames(0.1)
                 if raw[12:14] == b"\x08\x06" and raw[38:42] == bytes([192, 168, 2, 77])]
        self.assertEqual(len(asked), 3)
        for raw in asked:
            self.assertEqual(raw[:6], b"\xff" * 6)
            self.assertEqual(raw[28:32], bytes(map(int, RIGHT.split("."))))

    def test_ping_names_each_error_as_linux_does(self):
        for target, text in (("10.9.9.9", "Destination Net Unreachable"),
                             ("10.2.0.1", "Destination Host Unreachable"),
                             ("10.3.0.1", "Packet filtered"),
                             ("192.168.2.78", "Destination Host Unreachable")):
            done = self.ping(target, "-c", "1", "-W", "5", check=False)
            self.assertIn(f"From {LEFT} icmp_seq=1 {text}", done.stdout)

    def test_a_closed_udp_port_of_the_router_is_unreachable(self):
        with self.drops_rise_by(port_closed=1):
            answer = self.error(frame("closed", dst=LEFT), 3, 3)
        self.assertEqual(answer[IP].src, LEFT)

    def test_an_unknown_protocol_of_the_router_is_unreachable(self):
        with self.drops_rise_by(unknown_protocol=1):
            self.error(ethernet() / IP(src=A, dst=RIGHT, proto=253) / Raw(b"x" * 20), 3, 2)

    def test_no_error_answers_an_error(self):
        error = IP(src=A, dst=B, ttl=1) / ICMP(type=3, code=1) / datagram("quoted", src=B, dst=A)
        with self.drops_rise_by(ttl_exceeded=2):
            self.silence(ethernet() / error)

    def test_no_error_answers_a_broadcast_frame(self):
        with self.drops_rise_by(l2_broadcast=1, ttl_exceeded=1):
            self.silence(ethernet(dst="ff:ff:ff:ff:ff:ff") / datagram("broadcast", ttl=1))

    def test_no_error_answers_a_multicast_packet(self):
        with self.drops_rise_by(multicast=1, ttl_exceeded=1):
            self.silence(ethernet(dst="01:00:5e:01:01:01") / datagram("group", dst="239.1.1.1",
                                                                      ttl=1))

    def test_an_echo_request_with_a_wrong_checksum_has_no_answer(self):
        bad = ethernet() / IP(src=A, dst=LEFT) / ICMP(type=8, id=7, chksum=1) / Raw(b"echo")
        with self.drops_rise_by(icmp_bad=1, ttl_exceeded=1):
            self.wire.send(bad)
            self.wire.send(frame("marker", ttl=1))
            raw = self.wire.wait(lambda raw: raw[12:14] == b"\x08\x00" and raw[23] == 1)
            self.assertIn(b"marker", raw)


class Mtu(RouterTestCase):
    overrides = {"ports": {"right": {"mtu": 1400}}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.topology.execute(cls.topology.b, "ip", "link", "set", "eth0", "mtu", "1400")

    def test_a_too_large_packet_is_fragmented_where_it_may_be(self):
        wire = self.topology.wire(self.topology.b)
        done = self.ping(B, "-M", "dont", "-s", "1472", "-c", "1", "-W", "2")
        self.assertIn(f"1480 bytes from {B}", done.stdout)
        fragments = [parse(raw)[IP] for _, raw in wire.frames(0.2)
                     if raw[12:14] == b"\x08\x00" and raw[26:30] == bytes([192, 168, 1, 2])]
        self.assertEqual([(f.frag * 8, str(f.flags), f.len) for f in fragments],
                         [(0, "MF", 1396), (1376, "", 124)])
        self.assertEqual(len({f.id for f in fragments}), 1)

    def test_b_gets_a_fragmented_datagram_byte_for_byte(self):
        sent = frame("whole", size=1472)
        wire = self.topology.wire(self.topology.b)
        self.topology.wire(self.topology.a).send(sent)
        parts = {}
        for _, raw in wire.frames(0.5):
            packet = parse(raw)
            if IP in packet and packet[IP].src == A:
                self.assertLessEqual(packet[IP].len, 1400)
                parts[packet[IP].frag * 8] = bytes(packet[IP].payload)
        self.assertEqual(b"".join(parts[offset] for offset in sorted(parts)),
                         bytes(sent[IP].payload))

    def test_df_is_answered_with_the_mtu_of_the_next_link(self):
        wire = self.topology.wire(self.topology.a)
        sent = frame("df", size=1472, flags="DF")
        with self.drops_rise_by(fragmentation_needed=1):
            wire.send(sent)
            raw = wire.wait(lambda raw: is_icmp_error(raw, 3, 4))
        self.assertIsNotNone(raw)
        answer = parse(raw)
        self.assertEqual((answer[IP].src, answer[IP].len, answer[ICMP].nexthopmtu),
                         (LEFT, 576, 1400))
        self.assertEqual(bytes(answer[IPerror])[:20], bytes(sent[IP])[:20])

    def test_path_mtu_discovery_works_for_ping(self):
        done = self.ping(B, "-M", "do", "-s", "1472", "-c", "1", "-W", "2", check=False)
        self.assertIn("mtu = 1400", done.stdout)
        self.topology.execute(self.topology.a, "ip", "route", "flush", "cache")

    def test_a_packet_of_exactly_the_mtu_goes_through(self):
        done = self.ping(B, "-M", "do", "-s", "1372", "-c", "1", "-W", "2")
        self.assertIn(f"1380 bytes from {B}", done.stdout)


class RateLimits(RouterTestCase):
    overrides = {"icmp": {"rate": 1000, "burst": 50, "per_destination": "1s"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Otherwise errors that wait until the router knows a's MAC would arrive all at once.
        cls.topology.execute(cls.topology.a, "ping", "-n", "-c", "1", "-W", "2", LEFT)

    def arrivals(self, seconds, sent, wire):
        """Returns when ICMP errors arrived, in seconds after the call, until `seconds` after the last
        send."""
        start = time.monotonic()
        self.send_all(wire, sent)
        arrived = list(wire.frames(seconds))
        return [when - start for when, raw in arrived if is_icmp_error(raw)]

    def test_one_host_gets_six_errors_at_once_and_one_a_second_after_that(self):
        wire = self.topology.wire(self.topology.a)
        probe = frame("limited", ttl=1)
        start = time.monotonic()
        with self.drops_rise_by(ttl_exceeded=1000):
            first = self.arrivals(0.1, [probe] * 1000, wire)
        spent = time.monotonic() - start
        self.assertTrue(6 <= len(first) <= 7 + spent, f"{first} in {spent} s")
        start = time.monotonic()
        more = []
        while time.monotonic() < start + 3:
            more += self.arrivals(0.1, [probe] * 5, wire)
        self.assertTrue(2 <= len(more) <= 4 + (time.monotonic() - start - 3), more)

    def test_many_hosts_together_get_the_burst_and_the_rate(self):
        self.router.roadctl("route", "add", "10.0.0.0/8", "via", A)
        wire = self.topology.wire(self.topology.a)
        probes = [frame("many", ttl=1, src=f"10.0.{i // 250}.{1 + i % 250}") for i in range(2000)]
        probes = [bytes(probe) for probe in probes]
        start = time.monotonic()
        got = self.arrivals(0.2, probes, wire)
        spent = time.monotonic() - start
        self.assertGreaterEqual(len(got), 50)
        self.assertLessEqual(len(got), 51 + 1000 * spent, f"in {spent:.3f} s")
