# SPDX-License-Identifier: BSD-3-Clause
"""Cards whose cable is pulled, and cards that are changed while they forward."""
import statistics
import time

from flow import Flow
from guest import Card, NicTestCase
from topology import A, B, LEFT, eventually, received


class Link(NicTestCase):
    card = Card("igb", "net_e1000_igb", "vfio-pci")
    overrides = {"engine": {"idle": "interrupt"}, "arp": {"notify": True},
                 "routes": [{"to": "10.9.0.0/16", "via": B}, {"to": "10.9.0.0/16", "via": A, "metric": 2}]}

    def port(self, name):
        return next(port for port in self.router.show("ports") if port["name"] == name)

    def pings(self):
        return received(self.ping(B, "-c", "1", "-W", "1", check=False)) == 1

    def test_a_pulled_cable_takes_routes_and_neighbors_with_it(self):
        self.assertTrue(eventually(self.pings, 5))
        self.assertIn(B, [row["address"] for row in self.router.show("neighbors")])
        self.guest.qmp("set_link", name="card1", up=False)
        self.addCleanup(self.guest.qmp, "set_link", name="card1", up=True)
        self.assertTrue(eventually(lambda: self.port("right")["link"] == "down", 5))
        done = self.ping(B, "-c", "1", "-W", "2", check=False)
        self.assertIn("Unreachable", done.stdout)
        self.assertNotIn(B, [row["address"] for row in self.router.show("neighbors")])
        self.assertEqual(received(self.ping(LEFT, "-c", "2", "-i", "0.2")), 2)
        self.guest.qmp("set_link", name="card1", up=True)
        self.assertTrue(eventually(lambda: self.port("right")["link"] == "up", 10))
        self.assertTrue(eventually(self.pings, 10))

    def test_the_next_metric_is_used_at_once(self):
        self.assertTrue(eventually(self.pings, 5))
        flow = Flow(self.topology.wire(self.topology.a).socket, "10.9.1.1", interval=0.005)
        self.addCleanup(flow.stop)
        for name, namespace in (("a", self.topology.a), ("b", self.topology.b)):
            flow.listen(name, namespace, "eth0")
        flow.start()
        self.addCleanup(self.guest.qmp, "set_link", name="card1", up=True)
        took = []
        for _ in range(5):
            moment = time.monotonic()
            self.assertTrue(eventually(lambda: flow.first_after("b", moment), 10))
            moment = time.monotonic()
            self.guest.qmp("set_link", name="card1", up=False)
            self.assertTrue(eventually(lambda: flow.first_after("a", moment), 10))
            took.append(flow.first_after("a", moment) - moment)
            self.guest.qmp("set_link", name="card1", up=True)
        print(f"{self.id()}: {' '.join(f'{1000 * seconds:.1f}' for seconds in took)} ms", flush=True)
        self.assertLess(statistics.median(took), 0.05, took)

    def test_down_and_up_again_and_again_loses_no_buffer(self):
        self.assertTrue(eventually(self.pings, 5))
        self.guest.shell("i=0; while [ $i -lt 20 ]; do roadctl link set right down && "
                         "roadctl link set right up || break; i=$((i+1)); done; [ $i = 20 ]",
                         seconds=60)
        self.assertTrue(eventually(lambda: self.port("right")["link"] == "up", 10))
        self.assertTrue(eventually(self.pings, 10))
        self.assertTrue(eventually(lambda: self.pinned() <= 0, 3), self.pinned())

    def test_another_mac_and_mtu_take_effect(self):
        fresh = "02:00:00:00:77:01"
        old = self.port("left")["mac"]
        self.router.roadctl("link", "set", "left", "mac", fresh)
        self.addCleanup(self.router.roadctl, "link", "set", "left", "mac", old)
        self.assertTrue(eventually(self.pings, 5))
        self.assertIn(fresh, self.from_a("ip", "neigh", "show", LEFT).stdout)
        self.router.roadctl("link", "set", "right", "mtu", "1280")
        self.addCleanup(self.router.roadctl, "link", "set", "right", "mtu", "1500")
        done = self.ping(B, "-c", "1", "-M", "do", "-s", "1400", check=False)
        self.assertRegex(done.stdout + done.stderr, r"(Frag needed and DF set|mtu ?= ?1280)")
        self.from_a("ip", "route", "flush", "cache")

    def test_the_driver_s_own_counters_are_shown(self):
        self.assertTrue(eventually(self.pings, 5))
        counters = self.port("left")["device_counters"]
        self.assertGreater(counters["rx_good_packets"], 0)
        self.assertGreater(counters["tx_good_packets"], 0)


class Unplugged(NicTestCase):
    card = Card("igb", "net_e1000_igb", "vfio-pci")

    def test_a_card_is_unplugged_under_traffic_and_the_other_goes_on(self):
        self.ping(B, "-c", "2", "-i", "0.2", check=False)
        flood = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-f", "-w", "6", B)
        self.guest.qmp("device_del", id="card1")
        self.assertTrue(eventually(lambda: "unplugged" in self.router.log(), 10))
        flood.communicate()
        self.assertEqual(next(port["link"] for port in self.router.show("ports")
                              if port["name"] == "right"), "down")
        self.assertEqual(received(self.ping(LEFT, "-q", "-c", "20", "-i", "0.02")), 20)
        self.assertIn("Unreachable", self.ping(B, "-c", "1", "-W", "2", check=False).stdout)
        self.assertTrue(eventually(lambda: "0000:02:00.0" not in self.guest.shell(
            "ls /sys/bus/pci/devices").stdout, 10))
        refused = self.router.roadctl("link", "set", "right", "mtu", "1400", check=False)
        self.assertIn("unplugged", refused.stdout)
