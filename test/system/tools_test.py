# SPDX-License-Identifier: BSD-3-Clause
"""The router beside the programs that other IPv6 networks run: ndisc6, rdisc6, radvd."""
import re
import shutil
import unittest

from topology import (A6, B6, LEFT6, LEFT_LINK_LOCAL, LEFT_MAC, Ipv6, RouterTestCase, Topology, eventually, inside,
                      received)

BEYOND = "2001:db8:abcd::1"


def needs(program, package):
    return unittest.skipUnless(shutil.which(program), f"{program} is missing: it is in Debian's package {package}")


@needs("rdisc6", "ndisc6")
class Discovery(Ipv6, RouterTestCase):
    overrides = {"ports": {"left": {"router_advertisements": {
        "interval": "600s", "lifetime": "1800s", "preference": "high", "managed": True, "reachable": "30s",
        "prefixes": ["2001:db8:1::/64"], "dns": ["2001:db8::53"], "search": ["example.org"]}}}}

    def test_ndisc6_finds_each_address_and_no_other(self):
        for target, status in ((LEFT6, 0), (LEFT_LINK_LOCAL, 0), ("2001:db8:1::77", 2)):
            done = self.from_a("ndisc6", "-1", "-r", "2", "-w", "500", target, "eth0", check=False)
            self.assertEqual(done.returncode, status, (target, done.stdout))
            if not status:
                self.assertIn(f"Target link-layer address: {LEFT_MAC.upper()}", done.stdout)

    def test_rdisc6_is_told_what_is_configured(self):
        told = re.sub(r" +", " ", self.from_a("rdisc6", "-1", "eth0").stdout)
        for line in ("Hop limit : 64", "Stateful address conf. : Yes", "Router preference : high",
                     "Router lifetime : 1800", "Reachable time : 30000", "Prefix : 2001:db8:1::/64",
                     "On-link : Yes", "Autonomous address conf.: Yes", f"Source link-layer address: {LEFT_MAC.upper()}",
                     "Recursive DNS server : 2001:db8::53", "DNS search list : example.org",
                     f"from {LEFT_LINK_LOCAL}"):
            self.assertIn(line, told)


class Upstream(Topology):
    """Host b is a router with radvd, behind which is an address; the router's port to it takes what radvd tells."""

    def build(self):
        super().build()
        with inside(self.b):
            self.execute(self.b, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
            self.enable_ipv6(self.b, "lo")
        self.execute(self.b, "ip", "address", "add", f"{BEYOND}/128", "dev", "lo")
        (self.directory / "radvd.conf").write_text("""interface eth0 {
            AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 30;
            AdvDefaultPreference high; AdvReachableTime 20000; AdvLinkMTU 1400;
            prefix 2001:db8:2::/64 { AdvValidLifetime 300; AdvPreferredLifetime 200; };
            route 2001:db8:99::/48 { AdvRouteLifetime 60; };
        };\n""")
        self.radvd = self.spawn(self.b, "radvd", "-n", "-d", "1", "-m", "stderr", "-C", self.directory / "radvd.conf",
                                "-p", self.directory / "radvd.pid")


@needs("radvd", "radvd")
class Radvd(Ipv6, RouterTestCase):
    overrides = {"ports": {"right": {"addresses": ["192.168.2.1/24"], "accept_ra": True}},
                 "nd": {"dad_transmits": 1}}
    own = "2001:db8:2::ff:fe00:201"

    @classmethod
    def make_topology(cls):
        return Upstream(ipv6=True, **cls.overrides)

    def routes(self, prefix):
        return [row for row in self.router.show("routes") if row["prefix"] == prefix]

    def test_a_port_is_configured_by_radvd_and_radvd_takes_it_back(self):
        self.assertTrue(eventually(lambda: self.routes("default") and self.routes("2001:db8:99::/48"), 15),
                        self.router.log())
        (default,) = self.routes("default")
        self.assertEqual((default["metric"], default["protocol"], default["nexthops"][0]["via"]),
                         (1024, "ra", "fe80::ff:fe00:202"))
        self.assertTrue(eventually(
            lambda: received(self.ping(self.own, "-c", "1", "-W", "1", check=False, host=self.topology.b)) == 1, 5))
        self.topology.execute(self.topology.b, "ip", "-6", "route", "add", "2001:db8:1::/64", "via", self.own)
        for target in (B6, BEYOND):
            self.assertEqual(received(self.ping(target, "-c", "3", "-i", "0.2", "-W", "2")), 3, target)
        # The link's MTU is what radvd says, for IPv6 alone; an operator's configuration has none of it all.
        port = next(port for port in self.router.show("ports") if port["name"] == "right")
        self.assertEqual((port["mtu"], port["mtu_ipv6"]), (1500, 1400))
        tried = self.ping(BEYOND, "-c", "1", "-s", "1400", "-M", "do", "-W", "2", check=False)
        self.assertIn("mtu=1400", tried.stdout)
        self.assertNotIn("fe80::ff:fe00:202", self.router.roadctl("show", "config").stdout)
        self.topology.radvd.terminate()  # radvd's last advertisement has a lifetime of zero
        self.assertTrue(eventually(lambda: not self.routes("default"), 5))
        self.assertEqual(received(self.ping(A6, "-c", "1", "-W", "2", host=self.topology.b)), 1)
