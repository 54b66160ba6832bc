# SPDX-License-Identifier: BSD-3-Clause
"""A host attacks the router with the tools of thc-ipv6, while others go on to communicate through it.

    host a, which attacks -- left [router] right -- host b
                                           third -- host c, with which b communicates
"""
import re
import shutil
import unittest

from failover_test import C6, TwoWays
from topology import B6, LEFT6, LEFT_LINK_LOCAL, Ipv6, RouterTestCase, eventually, received

SECONDS = 1
TABLE = 1024  # nd.gc_thresh, the hard limit

thc = unittest.skipUnless(shutil.which("atk6-denial6"), "atk6-* are missing: they are in Debian's package thc-ipv6")


class AttackTestCase(Ipv6, RouterTestCase):
    learns = 0  # routes, of advertisements

    @classmethod
    def make_topology(cls):
        return TwoWays(True, **cls.overrides)

    def endure(self, *attacks):
        """During each attack no packet of others is lost; after it the router is as before."""
        for host, target in ((self.topology.b, C6), (self.topology.a, B6)):
            self.ping(target, "-q", "-c", "2", "-i", "0.1", "-W", "2", host=host)
        routes = len(self.router.show("routes"))
        for attack in attacks:
            with self.subTest(attack):
                missed = self.missed()
                others = self.topology.spawn(self.topology.b, "ping", "-n", "-q", "-i", "0.01", "-c", SECONDS * 100, C6)
                self.from_a("timeout", "-s", "KILL", SECONDS, f"atk6-{attack.split()[0]}", *attack.split()[1:],
                            check=False)
                said = others.communicate(timeout=30)[0]
                lost = SECONDS * 100 - int(re.search(r"(\d+) received", said)[1])
                # Packets that a busy machine's kernel lost before they reached the router do not count.
                self.assertLessEqual(lost, self.missed() - missed, said)
                self.assertTrue(eventually(self.answers, 5), self.router.log())
                self.assertLessEqual(len(self.router.show("neighbors")), TABLE)
                self.assertLessEqual(len(self.router.show("routes")), routes + self.learns)
        memory = self.router.show("memory")
        self.assertGreater(memory["pools"][0]["low_water"], memory["reserve_buffers"])

    def missed(self):
        return sum(port["rx_missed"] for port in self.router.show("ports"))

    def answers(self):
        return all(received(self.ping(target, "-c", "1", "-W", "1", check=False)) == 1 for target in (LEFT6, B6))


@thc
class Attack(AttackTestCase):
    def test_neighbor_discovery(self):
        self.endure(f"flood_advertise6 eth0 {LEFT6}", f"flood_solicitate6 eth0 {LEFT6} {LEFT6}", "flood_rs6 -sS eth0",
                    "flood_router26 eth0", f"kill_router6 eth0 {LEFT_LINK_LOCAL}")

    def test_exhaustion(self):
        self.endure("ndpexhaust26 eth0 2001:db8:2::", "ndpexhaust26 -p -m eth0 2001:db8:2::",
                    f"thcsyn6 -ar eth0 {LEFT6} x", f"flood_unreach6 -R eth0 {LEFT6}")

    def test_groups(self):
        self.endure("flood_mld26 eth0", "flood_mldrouter6 eth0", f"smurf6 eth0 {LEFT6}", f"rsmurf6 eth0 {B6}")

    def test_extension_headers_and_fragments(self):
        self.endure(*(f"denial6 eth0 {LEFT6} {number}" for number in range(1, 8)),
                    f"fragmentation6 -fp -n 20 eth0 {LEFT6}", f"fragmentation6 -fp -n 20 eth0 {B6}")

    def test_malformed_packets(self):
        self.endure(f"fuzz_ip6 -a -x -I -F -S -D -H -J eth0 {LEFT6}", f"fuzz_ip6 -a -x -I -F -S -D -H -J eth0 {B6}",
                    f"fuzz_ip6 -a -x -2 eth0 {LEFT6}", f"fuzz_ip6 -a -x -3 eth0 {LEFT6}",
                    "fuzz_ip6 -a -x -7 -H -R eth0 ff02::1", f"exploit6 eth0 {LEFT6}")


@thc
class AttackWithAdvertisements(AttackTestCase):
    """The port by which the attacker comes takes addresses and routes from router advertisements."""

    overrides = {"ports": {"left": {"accept_ra": True}}}
    learns = 64

    def test_advertisements(self):
        self.endure("flood_router26 eth0", "flood_router26 -s eth0", "flood_router26 -F eth0",
                    "fake_router26 -n 1 -A 2001:db8:99::/64 -R 2001:db8:98::/48 -p high eth0",
                    f"kill_router6 eth0 {LEFT_LINK_LOCAL}")
