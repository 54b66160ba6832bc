# SPDX-License-Identifier: BSD-3-Clause
"""A trunk to a Linux host: its VLAN devices, priority tags, unconfigured tags."""
import select
import struct
import unittest

from scapy.layers.l2 import Dot1Q

from frames import Ether, frame
from topology import A_MAC, B_MAC, LEFT_MAC, RIGHT_MAC, Ipv6, RouterTestCase, received, run

SOL_PACKET, PACKET_AUXDATA = 263, 8
VLANS = {
    "left.100": {"addresses": ["10.0.100.1/24", "2001:db8:100::1/64"], "egress_qos": {"6": 5}},
    "left.200": {},
    "left.200.7": {"addresses": ["10.0.7.1/24", "2001:db8:7::1/64"]},
}


def kernel_has_vlans():
    done = run("ip", "link", "add", "link", "lo", "name", "rr-probe", "type", "vlan", "id", "2",
               check=False)
    run("ip", "link", "del", "rr-probe", check=False)
    return done.returncode == 0


class Networks:
    """Of the VLANs: the address of the router and of host a in VLAN 100, and in VLAN 7 inside VLAN 200."""

    router_100, tagged = "10.0.100.1", "10.0.100.2"
    router_7, inner = "10.0.7.1", "10.0.7.2"


class NetworksIpv6(Ipv6):
    router_100, tagged = "2001:db8:100::1", "2001:db8:100::2"
    router_7, inner = "2001:db8:7::1", "2001:db8:7::2"


@unittest.skipUnless(kernel_has_vlans(), "this kernel has no VLAN devices (module 8021q)")
class Trunk(Networks, RouterTestCase):
    """Host a has VLAN 100 besides its untagged network, and VLAN 7 inside VLAN 200."""

    overrides = {"vlans": VLANS}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for link, name, vlan in (("eth0", "v100", 100), ("eth0", "v200", 200), ("v200", "v7", 7)):
            cls.on_a("ip", "link", "add", "link", link, "name", name, "type", "vlan", "id", vlan)
            cls.on_a("ip", "link", "set", name, "up")
            cls.on_a("ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        for address, name in ((cls.tagged, "v100"), (cls.inner, "v7")):
            if cls.ipv6:
                cls.topology.enable_ipv6(cls.topology.a, name)
            cls.on_a("ip", "address", "add", f"{address}/{64 if cls.ipv6 else 24}", "dev", name)

    @classmethod
    def on_a(cls, *command):
        return cls.topology.execute(cls.topology.a, *map(str, command))

    def test_a_host_in_a_vlan_reaches_the_router(self):
        for target in (self.router_100, self.router_7):
            for size in ("56", "1452", "1472", "8000"):
                done = self.ping(target, "-c", "2", "-i", "0.2", "-s", size)
                self.assertEqual(received(done), 2, (target, size))

    def test_a_host_beyond_reaches_each_vlan(self):
        for target in (self.tagged, self.inner, self.a):
            done = self.ping(target, "-c", "3", "-i", "0.2", "-s", "1468", host=self.topology.b)
            self.assertEqual(received(done), 3, target)


class TrunkIpv6(NetworksIpv6, Trunk):
    """The same over IPv6."""


class Tags(Networks, RouterTestCase):
    """Frames as they are on the link."""

    overrides = {"vlans": VLANS}
    ethertype = b"\x08\x00"

    def test_a_priority_tag_is_no_vlan(self):
        outside = self.topology.wire(self.topology.b)
        plain = frame("priority", dst=self.b)
        tagged = Ether(dst=plain[Ether].dst, src=plain[Ether].src) / Dot1Q(vlan=0, prio=6) / \
            plain[Ether].payload
        self.topology.wire(self.topology.a).send(tagged)
        raw = outside.wait(lambda raw: b"priority" in raw)
        self.assertIsNotNone(raw)
        self.assertEqual(raw[12:14], self.ethertype)

    def test_an_unknown_vlan_is_dropped_with_its_reason(self):
        inside = self.topology.wire(self.topology.a)
        plain = frame("unknown", dst=self.b)
        with self.drops_rise_by(vlan_unknown=3):
            for tags in (Dot1Q(vlan=99), Dot1Q(vlan=200) / Dot1Q(vlan=8),
                         Dot1Q(vlan=100) / Dot1Q(vlan=7)):
                inside.send(Ether(dst=LEFT_MAC, src=plain[Ether].src) / tags /
                            plain[Ether].payload)

    def test_tags_carry_the_priority_of_the_band(self):
        self.router.roadctl("neighbor", "add", self.tagged, "port", "left.100", "mac", A_MAC)
        inside = self.topology.wire(self.topology.a)
        # The kernel reports a tag separately from the frame.
        inside.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        out = frame("prio", src=self.b, dst=self.tagged, tos=0x10)
        out[Ether].dst, out[Ether].src = RIGHT_MAC, B_MAC
        self.topology.wire(self.topology.b).send(out)
        while select.select([inside.socket], [], [], 3)[0]:
            raw, beside, _, _ = inside.socket.recvmsg(65536, 256)
            if b"prio" in raw:
                auxdata = next(data for level, kind, data in beside
                               if (level, kind) == (SOL_PACKET, PACKET_AUXDATA))
                tci = struct.unpack("IIIHHHH", auxdata[:20])[5]
                self.assertEqual((tci >> 13, tci & 0xfff), (5, 100))
                return
        self.fail("the packet did not come")

    def test_a_tagged_packet_is_forwarded(self):
        outside = self.topology.wire(self.topology.b)
        plain = frame("tagged", src=self.tagged, dst=self.b)
        self.topology.wire(self.topology.a).send(
            Ether(dst=LEFT_MAC, src=A_MAC) / Dot1Q(vlan=100) / plain[Ether].payload)
        raw = outside.wait(lambda raw: b"tagged" in raw)
        self.assertIsNotNone(raw)
        self.assertEqual(raw[12:14], self.ethertype)

    def test_show_ports_has_the_sub_interfaces(self):
        ports = {port["name"]: port for port in self.router.show("ports")}
        self.assertEqual(ports["left.200.7"]["vlan"],
                         {"link": "left.200", "tags": [{"protocol": "802.1Q", "id": 200},
                                                       {"protocol": "802.1Q", "id": 7}]})
        self.assertIn("left.100", self.router.roadctl("show", "ports").stdout)


class TagsIpv6(NetworksIpv6, Tags):
    """The same for packets of IPv6."""

    ethertype = b"\x86\xdd"
