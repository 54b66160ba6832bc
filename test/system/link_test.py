# SPDX-License-Identifier: BSD-3-Clause
"""Ports and addresses are changed while hosts communicate through the router."""
import re

from topology import A, A_MAC, B, LEFT, RIGHT, RouterTestCase, eventually, received


class Live(RouterTestCase):
    overrides = {"arp": {"notify": True}}

    def tearDown(self):
        self.from_a("ip", "route", "flush", "cache")

    def test_a_smaller_mtu_is_found_by_tracepath(self):
        self.router.roadctl("link", "set", "right", "mtu", "1280")
        self.addCleanup(self.router.roadctl, "link", "set", "right", "mtu", "1500")
        trace = self.from_a("tracepath", "-n", "-m", "5", B, timeout=60).stdout
        self.assertRegex(trace, r"pmtu 1280")
        self.assertRegex(trace, rf"{re.escape(B)}.*reached")
        done = self.ping(B, "-c", "1", "-M", "do", "-s", "1400", check=False)
        self.assertRegex(done.stdout + done.stderr, r"(Frag needed and DF set|mtu ?= ?1280)")
        # Without DF the packet is fragmented, and reassembled by the host, whose link has the same
        # MTU.
        self.from_b("ip", "link", "set", "eth0", "mtu", "1280")
        self.addCleanup(self.from_b, "ip", "link", "set", "eth0", "mtu", "1500")
        self.assertEqual(received(self.ping(B, "-c", "2", "-i", "0.2", "-M", "dont", "-s", "1400")),
                         2)

    def test_a_new_mac_is_announced_and_no_ping_is_lost(self):
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.02", "-c", "100",
                                   B)
        fresh = "02:00:00:00:77:01"
        self.addCleanup(self.router.roadctl, "link", "set", "left", "mac", "02:00:00:00:01:01")
        self.router.roadctl("link", "set", "left", "mac", fresh)
        self.ping(LEFT, "-c", "1", "-W", "2")
        self.assertIn(fresh, self.from_a("ip", "neigh", "show", LEFT).stdout)
        lost = re.search(r"(\d+) received", ping.communicate()[0])
        self.assertGreaterEqual(int(lost[1]), 95)

    def test_an_address_comes_and_goes(self):
        self.from_a("ip", "address", "add", "172.16.9.2/24", "dev", "eth0")
        self.addCleanup(self.from_a, "ip", "address", "del", "172.16.9.2/24", "dev", "eth0")
        done = self.ping("172.16.9.1", "-c", "1", "-W", "1", check=False)
        self.assertEqual(received(done), 0)
        self.router.roadctl("address", "add", "172.16.9.1/24", "port", "left")
        self.from_a("ip", "neigh", "flush", "dev", "eth0")
        self.assertEqual(received(self.ping("172.16.9.1", "-c", "2", "-i", "0.2")), 2)
        self.assertIn("172.16.9.0/24", self.router.roadctl("show", "routes").stdout)
        self.router.roadctl("address", "del", "172.16.9.1/24", "port", "left")
        self.from_a("ip", "neigh", "flush", "dev", "eth0")
        done = self.ping("172.16.9.1", "-c", "1", "-W", "1", check=False)
        self.assertEqual(received(done), 0)
        self.assertEqual(received(self.ping(B, "-c", "1")), 1)

    def test_down_and_up(self):
        self.router.roadctl("link", "set", "right", "down")
        done = self.ping(B, "-c", "1", "-W", "1", check=False)
        self.assertIn("Unreachable", done.stdout)
        done = self.ping(RIGHT, "-c", "1", "-W", "1", check=False)
        self.assertEqual(received(done), 0)
        self.router.roadctl("link", "set", "right", "up")
        self.assertTrue(eventually(
            lambda: received(self.ping(B, "-c", "1", "-W", "1", check=False)) == 1, 5))

    def test_a_wrong_change_is_refused_with_its_reason(self):
        for words, reason in (
                (("link", "set", "left", "mtu", "67"), "68"),
                (("link", "set", "nowhere", "up"), "no port 'nowhere'"),
                (("link", "set", "left", "mac", "01:00:00:00:00:01"), "no station's"),
                (("address", "add", f"{LEFT}/24", "port", "left"), "has 192.168.1.1/24 already"),
                (("address", "del", "10.9.9.9/24", "port", "left"), "no address 10.9.9.9/24"),
                (("address", "add", "10.9.9.9", "port", "left"), "is not an IPv4 address")):
            done = self.router.roadctl(*words, check=False)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(reason, done.stderr, words)

    def test_a_neighbor_changes_its_mac_under_traffic(self):
        ping = self.topology.spawn(self.topology.b, "ping", "-n", "-q", "-i", "0.02", "-c", "150",
                                   A)
        self.addCleanup(self.from_a, "ip", "link", "set", "eth0", "address", A_MAC)
        self.from_a("sysctl", "-qw", "net.ipv4.conf.all.arp_notify=1",
                    "net.ipv4.conf.eth0.arp_notify=1")
        self.from_a("ip", "link", "set", "eth0", "address", "02:00:00:00:01:99")
        self.assertTrue(eventually(lambda: any(
            row["mac"] == "02:00:00:00:01:99" for row in self.router.show("neighbors")), 5))
        got = re.search(r"(\d+) received", ping.communicate()[0])
        self.assertGreaterEqual(int(got[1]), 100)
