# SPDX-License-Identifier: BSD-3-Clause
"""Several workers, each with its own queues on every card."""
import socket
import struct

from guest import Card, NicTestCase
from topology import A, B, inside, received


class Queues(NicTestCase):
    card = Card("igb", "net_e1000_igb", "vfio-pci", cpus=3)
    overrides = {"engine": {"workers": [1, 2]}}
    FLOWS = 64
    ROUNDS = 40

    def packets(self):
        return [worker["packets"] for worker in self.router.show("workers")]

    def test_each_worker_has_a_queue_on_every_port(self):
        self.assertEqual([(port["rx_queues"], port["tx_queues"])
                          for port in self.router.show("ports")], [(2, 2), (2, 2)])

    def test_flows_are_spread_and_stay_in_order(self):
        self.ping(B, "-c", "2", "-i", "0.2")
        with inside(self.topology.b):
            receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver.bind((B, 9000))
        receiver.settimeout(3)
        self.addCleanup(receiver.close)
        with inside(self.topology.a):
            senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                       for _ in range(self.FLOWS)]
        for i, sender in enumerate(senders):
            sender.bind((A, 10000 + i))
            self.addCleanup(sender.close)
        before = self.packets()
        last = [-1] * self.FLOWS
        for number in range(self.ROUNDS):
            for flow, sender in enumerate(senders):
                sender.sendto(struct.pack("!HI", flow, number), (B, 9000))
            for _ in senders:
                flow, got = struct.unpack("!HI", receiver.recv(100))
                self.assertGreater(got, last[flow], f"flow {flow}")
                last[flow] = got
        self.assertEqual(last, [self.ROUNDS - 1] * self.FLOWS)
        counts = [after - earlier for after, earlier in zip(self.packets(), before)]
        for count in counts:
            self.assertGreater(count, sum(counts) / 5, counts)

    def test_both_directions_of_a_flow_come_to_one_worker(self):
        before = self.packets()
        self.assertEqual(received(self.ping(B, "-q", "-c", "100", "-i", "0.005")), 100)
        counts = sorted(after - earlier for after, earlier in zip(self.packets(), before))
        self.assertGreater(counts[1], 190, counts)


class OneQueue(NicTestCase):
    """The driver promises two queues but has one: each worker sends through the other."""

    card = Card("e1000e", "net_e1000_em", "vfio-pci", cpus=3)
    overrides = {"engine": {"workers": [1, 2]}}

    def test_a_worker_without_a_queue_sends_by_the_one_that_has_it(self):
        self.assertEqual([(port["rx_queues"], port["tx_queues"])
                          for port in self.router.show("ports")], [(1, 1), (1, 1)])
        self.ping(B, "-c", "2", "-i", "0.2", check=False)
        self.check_pings(50, "-i", "0.05")
        for worker in self.router.show("workers"):
            self.assertGreater(worker["packets"], 40)
