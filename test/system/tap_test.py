# SPDX-License-Identifier: BSD-3-Clause
"""A port on net_tap: the router's namespace itself is host a, behind the tap."""
import pathlib
import unittest

from topology import A, B, LEFT, RouterTestCase, Topology, inside, received, run

TAP = "rr-tap"


class TapTopology(Topology):
    def build(self):
        super().build()
        with inside(self.middle):
            # Host a's address is in this namespace too; only packets through the tap are meant for
            # it.
            for scope in ("all", "default", "rr-right"):
                pathlib.Path(f"/proc/sys/net/ipv4/conf/{scope}/rp_filter").write_text("1")

    def give_the_tap_an_address(self):
        run("ip", "-n", self.middle, "link", "set", TAP, "up")
        run("ip", "-n", self.middle, "address", "add", f"{A}/24", "dev", TAP)
        run("ip", "-n", self.middle, "route", "add", "default", "via", LEFT)


class Tap(RouterTestCase):
    @classmethod
    def setUpClass(cls):
        if not pathlib.Path("/dev/net/tun").exists():
            raise unittest.SkipTest("no /dev/net/tun")
        cls.topology = TapTopology(
            ports={"left": {"device": f"net_tap0,iface={TAP}"}}).__enter__()
        cls.router = cls.topology.router
        cls.topology.give_the_tap_an_address()

    def test_pings_cross_from_the_tap_to_the_wire_and_back(self):
        for target in (LEFT, B):
            done = self.ping(target, "-q", "-i", "0.01", "-c", "100", host=self.topology.middle)
            self.assertEqual(received(done), 100, done.stdout)
