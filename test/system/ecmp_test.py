# SPDX-License-Identifier: BSD-3-Clause
"""A route by two gateways: flows are spread, each stays with its gateway, and a lost link leaves them the other."""
from failover_test import C, C6, TwoWays, change
from frames import frame
from topology import B, B6, Ipv6, RouterTestCase, eventually


class Ecmp(RouterTestCase):
    to, gateways, far = "60.0.0.0/8", (B, C), "60.0.0.{}"
    flows = 40

    @classmethod
    def make_topology(cls):
        return TwoWays(cls.ipv6, routes=[{"to": cls.to, "nexthops": [{"via": via} for via in cls.gateways]}])

    def setUp(self):
        self.source = self.topology.wire(self.topology.a)
        self.far_ends = {name: self.topology.wire(namespace)
                         for name, namespace in (("b", self.topology.b), ("c", self.topology.c))}

    def by(self, mark):
        """Sends a packet of each flow, and returns the set of flows that came to each host."""
        frames = [frame(f"{mark}-{i:03}", dst=self.far.format(i + 1)) for i in range(self.flows)]
        self.send_all(self.source, frames)
        came = {}
        for name, wire in self.far_ends.items():
            came[name] = {raw[raw.index(mark.encode()):][:len(mark) + 4][-3:]
                          for _, raw in wire.frames(0.5) if mark.encode() in raw}
        return came

    def test_flows_are_spread_and_stay(self):
        first = self.by("first")
        self.assertEqual(len(first["b"]) + len(first["c"]), self.flows)
        for name in first:
            self.assertGreater(len(first[name]), self.flows // 5, first)
        self.assertEqual(self.by("again"), first)

    def test_a_lost_link_leaves_all_flows_the_other_gateway(self):
        before = self.by("whole")
        self.addCleanup(change, self.topology.middle, "rr-third", up=True)
        change(self.topology.middle, "rr-third", up=False)
        self.assertTrue(eventually(lambda: len(self.by("lame")["b"]) == self.flows))
        change(self.topology.middle, "rr-third", up=True)
        self.assertTrue(eventually(lambda: self.by("back") == before, 8))


class EcmpIpv6(Ipv6, Ecmp):
    """The same for IPv6."""

    to, gateways, far = "2001:db8:60::/48", (B6, C6), "2001:db8:60::{:x}"
