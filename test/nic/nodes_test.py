# SPDX-License-Identifier: BSD-3-Clause
"""A machine with two NUMA nodes and a card at each."""
from guest import Card, NicTestCase


class Nodes(NicTestCase):
    card = Card("igb", "net_e1000_igb", "vfio-pci", nodes=2)

    def test_each_port_fills_buffers_of_its_own_node(self):
        self.assertEqual([port["node"] for port in self.router.show("ports")], [0, 1])
        pools = self.router.show("memory")["pools"]
        self.assertEqual([(pool["name"], pool["node"]) for pool in pools],
                         [("packets-node0", 0), ("packets-node1", 1)])
        for pool in pools:
            # At least the buffers of an RX ring are in use.
            self.assertGreater(pool["size"] - pool["free"], 500, pools)

    def test_they_lie_where_the_kernel_says(self):
        pages = self.guest.shell("grep huge /proc/$(pidof ringroad)/numa_maps").stdout
        self.assertRegex(pages, r"\bN0=\d")
        self.assertRegex(pages, r"\bN1=\d")

    def test_packets_cross_between_the_nodes(self):
        self.check_pings(200, "-i", "0.005")

    def test_a_worker_of_the_other_node_is_told_of(self):
        warnings = [line for line in self.router.log().splitlines() if "NUMA node" in line]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("port left is at NUMA node 0, core 1", warnings[0])
