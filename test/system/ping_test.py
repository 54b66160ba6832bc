# SPDX-License-Identifier: BSD-3-Clause
"""Hosts reach each other and the router."""
from topology import A, B, LEFT, RIGHT, RouterTestCase, received


class FirstPacket(RouterTestCase):
    def test_no_ping_is_lost_from_the_very_first_on(self):
        """Neither the hosts nor the router know any neighbor when the first packet is sent."""
        done = self.ping(B, "-q", "-i", "0.001", "-c", "1000")
        self.assertEqual(received(done), 1000, done.stdout)


class Ping(RouterTestCase):
    def test_b_reaches_a_without_loss(self):
        done = self.ping(A, "-q", "-i", "0.001", "-c", "1000", host=self.topology.b)
        self.assertEqual(received(done), 1000, done.stdout)

    def test_the_router_answers_on_both_of_its_addresses(self):
        for address in (LEFT, RIGHT):
            for host in (self.topology.a, self.topology.b):
                done = self.ping(address, "-q", "-i", "0.2", "-c", "3", host=host)
                self.assertEqual(received(done), 3, done.stdout)

    def test_every_size_up_to_the_mtu_comes_back_whole(self):
        for size in (0, 1, 17, 18, 19, 56, 255, 1000, 1471, 1472):
            for target in (B, LEFT):
                done = self.ping(target, "-M", "do", "-c", "1", "-s", str(size), "-W", "2")
                self.assertEqual(received(done), 1, done.stdout)

    def test_one_hop_is_taken_off_the_time_to_live(self):
        self.assertIn("ttl=63", self.ping(B, "-c", "1", "-W", "2").stdout)
        self.assertIn("ttl=64", self.ping(LEFT, "-c", "1", "-W", "2").stdout)

    def test_the_tos_of_a_packet_is_left_alone(self):
        wire = self.topology.wire(self.topology.b)
        self.ping(B, "-c", "1", "-Q", "0xb9", "-W", "2")
        self.assertIsNotNone(wire.wait(lambda raw: raw[12:14] == b"\x08\x00" and raw[15] == 0xb9))
