# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 between real hosts: reachability, neighbor discovery, errors, autoconfiguration."""
import re

from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import Ether

from topology import (A6, A_MAC, B6, B_MAC, LEFT6, LEFT_LINK_LOCAL, LEFT_MAC, RIGHT6, RIGHT_LINK_LOCAL,
                      Ipv6, RouterTestCase, Topology, eventually, received)


class Ipv6TestCase(Ipv6, RouterTestCase):
    @classmethod
    def execute(cls, host, *words):
        return cls.topology.execute(host, "ip", *words)

    def ping6(self, target, *options, **keywords):
        return self.ping(target, "-6", *options, **keywords)


class FirstPacket(Ipv6TestCase):
    def test_no_ping_is_lost_from_the_very_first_on(self):
        done = self.ping6(B6, "-q", "-i", "0.001", "-c", "1000")
        self.assertEqual(received(done), 1000, done.stdout)


class Ping(Ipv6TestCase):
    def test_the_router_answers_at_each_of_its_addresses(self):
        for target in (LEFT6, RIGHT6, f"{LEFT_LINK_LOCAL}%eth0", "ff02::1%eth0", "ff02::2%eth0", "2001:db8:1::"):
            done = self.ping6(target, "-q", "-i", "0.2", "-c", "2", "-W", "2")
            self.assertGreaterEqual(received(done), 2, done.stdout)

    def test_every_size_up_to_the_mtu_comes_back_whole_and_longer_ones_in_fragments(self):
        for size in (0, 1, 255, 1232, 1233, 1452, 1453, 5000):
            for target in (B6, LEFT6):
                done = self.ping6(target, "-c", "1", "-s", str(size), "-W", "2")
                self.assertEqual(received(done), 1, done.stdout)

    def test_one_hop_is_taken_off_the_hop_limit(self):
        self.assertIn("ttl=63", self.ping6(B6, "-c", "1", "-W", "2").stdout)
        self.assertIn("ttl=64", self.ping6(LEFT6, "-c", "1", "-W", "2").stdout)

    def test_tracing_tools_see_the_router(self):
        traced = self.from_a("traceroute", "-6", "-n", "-q", "1", "-w", "2", B6).stdout
        self.assertRegex(traced, rf"(?s) 1  {LEFT6}.* 2  {B6}")

    def test_absent_hosts_and_networks_are_answered_as_unreachable(self):
        done = self.ping6("2001:db8:2::77", "-c", "1", "-W", "5", check=False)
        self.assertIn("Address unreachable", done.stdout)
        done = self.ping6("2001:db8:77::1", "-c", "1", "-W", "2", check=False)
        self.assertIn("No route", done.stdout)

    def test_closed_ports_are_refused(self):
        code = ("import socket, sys\n"
                "s = socket.socket(socket.AF_INET6, int(sys.argv[1]))\n"
                "s.settimeout(3)\n"
                f"s.connect(('{LEFT6}', 9999))\n"
                "s.send(b'x')\n"
                "s.recv(1)\n")
        for kind in ("1", "2"):  # SOCK_STREAM, SOCK_DGRAM
            done = self.from_a("python3", "-c", code, kind, check=False)
            self.assertIn("ConnectionRefusedError", done.stderr)


class Ipv4ByIpv6(Ipv6TestCase):
    """IPv4 over a link on which neither side has an IPv4 address (RFC 8950)."""

    overrides = {"ports": {"left": {"addresses": ["192.168.1.1/24", f"{LEFT6}/64"]},
                           "right": {"addresses": [f"{RIGHT6}/64"]}},
                 "routes": [{"to": "10.8.0.0/16", "via": B6}],
                 "nd": {"dad_transmits": 0}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        b = cls.topology.b
        cls.execute(b, "-4", "address", "flush", "dev", "eth0")
        cls.execute(b, "link", "set", "lo", "up")
        for far in ("10.8.0.1", "10.9.0.1"):
            cls.execute(b, "address", "add", f"{far}/32", "dev", "lo")
        cls.execute(b, "route", "add", "192.168.1.0/24", "via", "inet6", RIGHT_LINK_LOCAL, "dev", "eth0")

    def link_local_of_b(self):
        shown = self.execute(self.topology.b, "-6", "address", "show", "dev", "eth0", "scope", "link").stdout
        return re.search(r"inet6 (fe80::[0-9a-f:]+)/64", shown)[1]

    def test_hosts_reach_each_other_and_the_first_packets_wait(self):
        done = self.ping("10.8.0.1", "-q", "-i", "0.01", "-c", "100")
        self.assertEqual(received(done), 100, done.stdout)
        self.assertIn("ttl=63", self.ping("10.8.0.1", "-c", "1", "-W", "2").stdout)
        self.assertEqual(received(self.ping("10.8.0.1", "-c", "1", "-s", "4000", "-W", "2")), 1)

    def test_a_link_local_gateway_is_added_as_ip_adds_it(self):
        gateway = self.link_local_of_b()
        self.router.roadctl("route", "add", "10.9.0.0/16", "via", "inet6", gateway, "dev", "right")
        self.assertEqual(received(self.ping("10.9.0.1", "-c", "3", "-i", "0.05", "-W", "2")), 3)
        shown = self.router.roadctl("route", "get", "10.9.0.1").stdout
        self.assertIn(f"via inet6 {gateway} dev right", shown)
        neighbors = {row["address"]: row for row in self.router.show("neighbors")}
        self.assertEqual(neighbors[gateway]["mac"], B_MAC)
        self.router.roadctl("route", "del", "10.9.0.0/16", "via", "inet6", gateway)
        done = self.ping("10.9.0.1", "-c", "1", "-W", "2", check=False)
        self.assertIn("Net Unreachable", done.stdout)


class Bottleneck(Ipv6TestCase):
    def test_path_mtu_discovery_passes_a_link_of_1280_bytes(self):
        self.router.roadctl("link", "set", "right", "mtu", "1280")
        self.execute(self.topology.b, "link", "set", "eth0", "mtu", "1280")
        traced = self.from_a("tracepath", "-6", "-n", B6).stdout
        self.assertIn("pmtu 1280", traced)
        done = self.ping6(B6, "-M", "do", "-s", "1400", "-c", "2", "-W", "2", check=False)
        self.assertRegex(done.stdout + done.stderr, "(?i)message too long|mtu.1280")


class Discovery(Ipv6TestCase):
    def test_an_advertisement_has_the_bits_and_the_addresses_of_rfc_4861(self):
        wire = self.topology.wire(self.topology.a)
        wire.send(Ether(src=A_MAC, dst="33:33:ff:00:00:01") / IPv6(src=A6, dst="ff02::1:ff00:1", hlim=255)
                  / ICMPv6ND_NS(tgt=LEFT6) / ICMPv6NDOptSrcLLAddr(lladdr=A_MAC))
        raw = wire.wait(lambda raw: raw[12:14] == b"\x86\xdd" and raw[54] == 136)
        self.assertIsNotNone(raw)
        self.assertEqual(raw[:6], bytes.fromhex(A_MAC.replace(":", "")))
        self.assertEqual(raw[21], 255)
        self.assertEqual(raw[58] & 0xe0, 0xe0)  # router, solicited, override
        self.assertEqual(raw[-6:], bytes.fromhex(LEFT_MAC.replace(":", "")))

    def test_a_solicitation_from_beyond_the_link_is_not_answered(self):
        wire = self.topology.wire(self.topology.a)
        before = self.router.drops().get("nd_invalid", 0)
        wire.send(Ether(src=A_MAC, dst=LEFT_MAC) / IPv6(src=A6, dst=LEFT6, hlim=64)
                  / ICMPv6ND_NS(tgt=LEFT6) / ICMPv6NDOptSrcLLAddr(lladdr=A_MAC))
        self.assertTrue(eventually(lambda: self.router.drops().get("nd_invalid", 0) == before + 1))
        self.assertIsNone(wire.wait(lambda raw: raw[12:14] == b"\x86\xdd" and raw[54] == 136, 0.5))

    def test_neighbors_are_listed_with_those_of_ipv4(self):
        self.ping6(B6, "-c", "1", "-W", "2")
        known = {row["address"]: row for row in self.router.show("neighbors")}
        self.assertEqual(known[B6]["mac"], B_MAC)
        self.assertEqual(known[B6]["port"], "right")


class BareHost(Topology):
    """Host a has IPv6, but no address that was given to it."""

    def address6(self, namespace, address, gateway):
        if namespace == self.a:
            self.enable_ipv6(namespace)
        else:
            super().address6(namespace, address, gateway)


class Autoconfiguration(Ipv6TestCase):
    """Host a gets its address and its default route from the router's advertisements."""

    overrides = {"ports": {"left": {"router_advertisements": {"interval": "4s", "prefixes": ["2001:db8:1::/64"]}}},
                 "nd": {"dad_transmits": 1}}

    @classmethod
    def make_topology(cls):
        return BareHost(ipv6=True, **cls.overrides)

    def test_a_host_needs_nothing_but_the_router(self):
        def address():
            shown = self.execute(self.topology.a, "-6", "address", "show", "dev", "eth0").stdout
            return "2001:db8:1::ff:fe00:102/64" in shown and "tentative" not in shown

        self.assertTrue(eventually(address, 25))
        routes = self.execute(self.topology.a, "-6", "route", "show", "default").stdout
        self.assertIn(f"via {LEFT_LINK_LOCAL}", routes)
        self.assertIn("proto ra", routes)
        done = self.ping6(B6, "-q", "-i", "0.2", "-c", "3", "-W", "2")
        self.assertEqual(received(done), 3, done.stdout)
