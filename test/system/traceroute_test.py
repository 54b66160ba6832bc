# SPDX-License-Identifier: BSD-3-Clause
"""The router is the first hop."""
import re

from topology import Ipv6, RouterTestCase


class Traceroute(RouterTestCase):
    address = r"\d+\.\d+\.\d+\.\d+"

    def hops(self, *options, target=None, host=None):
        done = self.topology.execute(host or self.topology.a, "traceroute", "-6" if self.ipv6 else "-4", "-n",
                                     "-q", "2", "-w", "2", *options, target or self.b)
        lines = done.stdout.splitlines()[1:]
        return [re.findall(self.address, line) for line in lines]

    def test_udp_probes_show_both_hops(self):
        self.assertEqual(self.hops(), [[self.left], [self.b]])

    def test_icmp_probes_show_both_hops(self):
        self.assertEqual(self.hops("-I"), [[self.left], [self.b]])

    def test_the_other_side_sees_the_other_address(self):
        self.assertEqual(self.hops("-I", target=self.a, host=self.topology.b), [[self.right], [self.a]])

    def test_a_trace_to_the_router_ends_at_the_router(self):
        self.assertEqual(self.hops("-I", target=self.right), [[self.right]])


class TracerouteIpv6(Ipv6, Traceroute):
    """The same over IPv6."""

    address = r"2001:db8:[0-9a-f:]+"

    def test_tcp_probes_show_both_hops(self):
        self.assertEqual(self.hops("-T", "-p", "9"), [[self.left], [self.b]])
