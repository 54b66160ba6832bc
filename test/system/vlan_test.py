"""A trunk to a Linux host: its VLAN devices, priority tags, tags of nobody."""
import subprocess

from frames import frame
from scapy.all import Dot1Q, Ether
from topology import A, B, B_MAC, LEFT_MAC, RouterTestCase, received

TAGGED = "10.0.100.2"


class Trunk(RouterTestCase):
    """Host a has VLAN 100 beside its untagged network, and VLAN 7 within 200."""

    overrides = {"vlans": {
        "left.100": {"addresses": ["10.0.100.1/24"], "egress_qos": {"6": 5}},
        "left.200": {},
        "left.200.7": {"addresses": ["10.0.7.1/24"], "mtu": 1496},
    }}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        a = cls.topology.a

        def ip(*words):
            cls.topology.execute(a, "ip", *words)

        ip("link", "add", "link", "eth0", "name", "v100", "type", "vlan", "id", "100")
        ip("link", "add", "link", "eth0", "name", "v200", "type", "vlan", "id", "200")
        ip("link", "add", "link", "v200", "name", "v7", "type", "vlan", "id", "7")
        for name in ("v100", "v200", "v7"):
            ip("link", "set", name, "up")
            cls.topology.execute(a, "ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off",
                                 "gro", "off")
        ip("link", "set", "v7", "mtu", "1496")
        ip("address", "add", f"{TAGGED}/24", "dev", "v100")
        ip("address", "add", "10.0.7.2/24", "dev", "v7")
        cls.topology.execute(cls.topology.b, "ip", "route", "replace", "default", "via",
                             "192.168.2.1")

    def test_a_host_in_a_vlan_reaches_the_router(self):
        for target in ("10.0.100.1", "10.0.7.1"):
            for size in ("56", "1472", "8000"):
                done = self.ping(target, "-c", "2", "-i", "0.2", "-s", size)
                self.assertEqual(received(done), 2, (target, size))

    def test_a_host_beyond_reaches_each_vlan(self):
        for target in (TAGGED, "10.0.7.2", A):
            done = self.ping(target, "-c", "3", "-i", "0.2", "-s", "1468", host=self.topology.b)
            self.assertEqual(received(done), 3, target)

    def test_tcp_goes_from_vlan_to_port(self):
        server = self.topology.spawn(self.topology.b, "iperf3", "-s", "-1", "-B", B)
        self.addCleanup(server.kill)
        self.from_a("ip", "route", "replace", B, "via", "10.0.100.1", "src", TAGGED)
        self.addCleanup(self.from_a, "ip", "route", "del", B)
        for _ in range(20):
            try:
                done = self.from_a("iperf3", "-c", B, "-B", TAGGED, "-n", "2M", timeout=30)
                break
            except AssertionError:
                continue
            except subprocess.TimeoutExpired:
                raise
        self.assertIn("receiver", done.stdout)

    def test_a_priority_tag_is_no_vlan(self):
        outside = self.topology.wire(self.topology.b)
        plain = frame("priority")
        tagged = Ether(dst=plain[Ether].dst, src=plain[Ether].src) / Dot1Q(vlan=0, prio=6) / \
            plain[Ether].payload
        self.topology.wire(self.topology.a).send(tagged)
        raw = outside.wait(lambda raw: b"priority" in raw)
        self.assertIsNotNone(raw)
        self.assertEqual(raw[12:14], b"\x08\x00")

    def test_an_unknown_vlan_is_dropped_with_its_reason(self):
        inside = self.topology.wire(self.topology.a)
        plain = frame("unknown")
        with self.drops_rise_by(vlan_unknown=3):
            for tags in (Dot1Q(vlan=99), Dot1Q(vlan=200) / Dot1Q(vlan=8),
                         Dot1Q(vlan=100) / Dot1Q(vlan=7)):
                inside.send(Ether(dst=LEFT_MAC, src=plain[Ether].src) / tags /
                            plain[Ether].payload)

    def test_tags_carry_the_priority_of_the_band(self):
        inside = self.topology.wire(self.topology.a)
        # The kernel shows a tag to a socket of its own only beside the frame.
        inside.socket.setsockopt(263, 8, 1)  # PACKET_AUXDATA
        self.ping(TAGGED, "-c", "1", host=self.topology.b)
        out = frame("prio", src=B, dst=TAGGED, tos=0x10)
        out[Ether].dst, out[Ether].src = "02:00:00:00:02:01", B_MAC
        self.topology.wire(self.topology.b).send(out)
        import select
        import struct
        while select.select([inside.socket], [], [], 3)[0]:
            raw, ancillary, _, _ = inside.socket.recvmsg(65536, 256)
            if b"prio" in raw:
                aux = next(data for level, kind, data in ancillary if (level, kind) == (263, 8))
                tci = struct.unpack("IIIHHHH", aux[:20])[5]
                self.assertEqual((tci >> 13, tci & 0xfff), (5, 100))
                return
        self.fail("the packet did not come")

    def test_show_ports_has_the_sub_interfaces(self):
        ports = {port["name"]: port for port in self.router.show("ports")}
        self.assertEqual(ports["left.200.7"]["vlan"],
                         {"link": "left.200", "tags": [{"protocol": "802.1Q", "id": 200},
                                                       {"protocol": "802.1Q", "id": 7}]})
        self.assertIn("left.100", self.router.roadctl("show", "ports").stdout)
