# SPDX-License-Identifier: BSD-3-Clause
"""Static neighbors, and which messages may change a neighbor of the router."""
import time

from frames import ARP, Ether, carries, ethernet, frame
from topology import A, A_MAC, B, B_MAC, LEFT, LEFT_MAC, RouterTestCase, eventually, received


class Neighbors(RouterTestCase):
    def state(self, address):
        rows = [row for row in self.router.show("neighbors") if row["address"] == address]
        return rows[0] if rows else None

    def test_a_neighbor_that_was_heard_is_reachable(self):
        self.ping(B, "-c", "1", "-W", "2")
        row = self.state(B)
        self.assertEqual((row["port"], row["mac"]), ("right", B_MAC))
        self.assertIn(row["state"], ("REACHABLE", "STALE", "DELAY", "PROBE"))

    def test_an_added_neighbor_is_permanent_and_used_at_once(self):
        wire = self.topology.wire(self.topology.b)
        self.router.roadctl("neighbor", "add", "192.168.2.50", "port", "right", "mac",
                            "02:00:00:00:02:50")
        self.assertEqual(self.state("192.168.2.50")["state"], "PERMANENT")
        self.topology.wire(self.topology.a).send(frame("permanent", dst="192.168.2.50"))
        raw = wire.wait(carries("permanent"))
        self.assertIsNotNone(raw)
        self.assertEqual(raw[:6], bytes.fromhex("020000000250"))
        self.assertEqual(raw[6:12], bytes.fromhex("020000000201"))
        self.router.roadctl("neighbor", "del", "192.168.2.50", "port", "right")
        self.assertIn((self.state("192.168.2.50") or {"state": "FAILED"})["state"], ("FAILED",))

    def test_a_flush_forgets_what_was_learnt_and_no_packet_is_lost(self):
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.005", "-c", "400",
                                   B)
        flushes = 0
        while ping.poll() is None:
            self.router.roadctl("neighbor", "flush")
            flushes += 1
            time.sleep(0.05)  # as in Linux, a flush during resolution would drop waiting packets
        self.assertIn("400 received", ping.communicate()[0])
        self.assertGreater(flushes, 5)

    def test_an_absent_neighbor_fails(self):
        self.topology.wire(self.topology.a).send(frame("absent", dst="192.168.2.99"))
        self.assertEqual(eventually(lambda: (self.state("192.168.2.99") or {}).get("state")),
                         "INCOMPLETE")
        self.assertEqual(self.state("192.168.2.99")["queued"], 1)
        self.assertTrue(eventually(
            lambda: (self.state("192.168.2.99") or {"state": "FAILED"})["state"] == "FAILED", 5))

    def test_the_router_answers_arp_for_its_address_only(self):
        wire = self.topology.wire(self.topology.a)
        for target, answered in ((LEFT, True), ("192.168.1.77", False), (B, False)):
            wire.send(ethernet(dst="ff:ff:ff:ff:ff:ff") /
                      ARP(op=1, hwsrc=A_MAC, psrc=A, pdst=target))
            raw = wire.wait(lambda raw: raw[12:14] == b"\x08\x06" and raw[20:22] == b"\x00\x02",
                            2 if answered else 0.3)
            self.assertEqual(raw is not None, answered, target)
            if raw:
                reply = Ether(raw)
                self.assertEqual((reply.src, reply.dst, reply[ARP].hwsrc, reply[ARP].psrc),
                                 (LEFT_MAC, A_MAC, LEFT_MAC, LEFT))

    def test_an_unasked_reply_of_a_stranger_teaches_nothing(self):
        self.topology.wire(self.topology.a).send(
            ethernet(dst=LEFT_MAC) /
            ARP(op=2, hwsrc="02:00:00:00:66:66", psrc="192.168.1.66", hwdst=LEFT_MAC, pdst=LEFT))
        self.ping(LEFT, "-c", "1", "-W", "2")  # its reply shows that the message above was processed
        self.assertIsNone(self.state("192.168.1.66"))

    def test_packets_that_wait_for_a_neighbor_leave_in_order(self):
        self.router.roadctl("neighbor", "flush")
        wire = self.topology.wire(self.topology.b)
        sender = self.topology.wire(self.topology.a)
        for i in range(50):
            sender.send(frame(f"order-{i:02}"))
        seen = []
        wire.wait(lambda raw: carries("order-")(raw) and
                  (seen.append(raw[raw.index(b"order-"):][6:8]) or len(seen) == 50))
        self.assertEqual(seen, [f"{i:02}".encode() for i in range(50)])
        self.assertEqual(received(self.ping(B, "-c", "1", "-W", "2")), 1)


class Announcements(RouterTestCase):
    overrides = {"arp": {"notify": True}}

    def announcement(self):
        """Returns the next announcement of the router's address on A's link."""
        return self.topology.wire(self.topology.a).wait(
            lambda raw: raw[12:14] == b"\x08\x06" and ARP(raw[14:]).psrc == LEFT
            and ARP(raw[14:]).pdst == LEFT, 4)

    def test_the_router_announces_and_defends_its_address(self):
        raw = self.announcement()  # the second one, 2 s after the start
        self.assertIsNotNone(raw)
        self.assertEqual((Ether(raw).dst, ARP(raw[14:]).op, ARP(raw[14:]).hwsrc),
                         ("ff:ff:ff:ff:ff:ff", 1, LEFT_MAC))
        wire = self.topology.wire(self.topology.a)
        wire.send(ethernet(dst="ff:ff:ff:ff:ff:ff") /
                  ARP(op=1, hwsrc=A_MAC, psrc=LEFT, pdst="192.168.1.77"))
        self.assertIsNotNone(wire.wait(
            lambda raw: raw[12:14] == b"\x08\x06" and raw[6:12] != bytes.fromhex(
                A_MAC.replace(":", "")) and ARP(raw[14:]).pdst == LEFT))
        self.assertEqual(eventually(lambda: self.router.show("ports")[0]["conflicts"]), 1)


class StaticNeighbor(RouterTestCase):
    overrides = {"neighbors": [{"address": "192.168.2.9", "port": "right",
                                "mac": "02:00:00:00:02:09"}]}

    def test_a_configured_neighbor_needs_no_arp(self):
        wire = self.topology.wire(self.topology.b)
        self.topology.wire(self.topology.a).send(frame("static", dst="192.168.2.9"))
        raw = wire.wait(lambda raw: raw[12:14] in (b"\x08\x06", b"\x08\x00"))
        self.assertIsNotNone(raw)
        self.assertEqual(raw[:6], bytes.fromhex("020000000209"))
