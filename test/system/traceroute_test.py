# SPDX-License-Identifier: BSD-3-Clause
"""The router is the first hop."""
import re

from topology import A, B, LEFT, RIGHT, RouterTestCase


class Traceroute(RouterTestCase):
    def hops(self, *options, target=B, host=None):
        done = self.topology.execute(host or self.topology.a, "traceroute", "-n", "-q", "2", "-w",
                                     "2", *options, target)
        lines = done.stdout.splitlines()[1:]
        return [re.findall(r"\d+\.\d+\.\d+\.\d+", line) for line in lines]

    def test_udp_probes_show_both_hops(self):
        self.assertEqual(self.hops(), [[LEFT], [B]])

    def test_icmp_probes_show_both_hops(self):
        self.assertEqual(self.hops("-I"), [[LEFT], [B]])

    def test_the_other_side_sees_the_other_address(self):
        self.assertEqual(self.hops("-I", target=A, host=self.topology.b), [[RIGHT], [A]])

    def test_a_trace_to_the_router_ends_at_the_router(self):
        self.assertEqual(self.hops("-I", target=RIGHT), [[RIGHT]])
