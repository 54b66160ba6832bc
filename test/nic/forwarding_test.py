# SPDX-License-Identifier: BSD-3-Clause
"""Cards of every kind carry real traffic through the router, and let it sleep without traffic."""
import re
import time

from guest import Card, NicTestCase
from topology import Ipv6, eventually, received

IOMMU = ",iommu_platform=on,disable-legacy=on"


class Forwarding:
    """The tests; subclasses name the card."""

    overrides = {"engine": {"idle": "interrupt"}}
    idle = "interrupt"  # how the worker sleeps: "timed" if the card's interrupts do not work
    pings = 1000
    pins = 0       # buffers of sent packets that the driver keeps until it sends more
    tells = False  # whether the device reports sent packets, descriptor by descriptor

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve_iperf()
        # Enough packets to find out whether interrupts work.
        cls.topology.execute(cls.topology.a, "ping", "-n", "-q", "-c", "20", "-i", "0.1", cls.b, check=False)

    def test_the_driver_is_the_one_meant(self):
        self.assertEqual([port["driver"] for port in self.router.show("ports")],
                         [self.card.driver] * 2)

    def test_flood_pings_lose_nothing(self):
        self.check_pings(self.pings, "-f")

    def test_full_frames_and_what_must_be_cut_arrive(self):
        for size in ("1472", "4000"):
            self.check_pings(20, "-i", "0.02", "-s", size)

    def test_tcp_moves_bytes_both_ways(self):
        for options in ([], ["-R"]):
            self.assertGreater(self.iperf(*options)["sum_received"]["bytes"], 100_000, options)
        # If the device reports what it has sent, its ring was kept short.
        self.assertEqual([bool(queue.get("byte_limit")) for queue in self.router.show("bands")],
                         [self.tells] * 2)

    def test_traceroute_shows_the_router(self):
        done = self.from_a("traceroute", "-6" if self.ipv6 else "-4", "-n", "-q", "2", "-w", "2", "-I", self.b)
        hops = [line.split()[1] for line in done.stdout.splitlines()[1:]]
        self.assertEqual(hops, [self.left, self.b])
        self.assertEqual(received(self.ping(self.a, "-c", "1", host=self.topology.b)), 1)

    def test_an_idle_port_gives_its_buffers_back(self):
        self.ping(self.b, "-q", "-f", "-c", "200")
        self.assertTrue(eventually(lambda: self.pinned() <= self.pins, 1), self.pinned())

    def worker(self):
        return self.router.show("workers")[0]

    def test_no_packet_is_lost_between_looking_and_sleeping(self):
        before = self.worker()
        self.check_pings(1000, "-i", "0.004")
        after = self.worker()
        self.assertEqual(after["idle"], self.idle, after)
        if self.idle != "pause":
            self.assertGreater(after["sleeps"], before["sleeps"] + 100)
        if self.idle == "interrupt":
            self.assertGreater(after["wakes"], before["wakes"] + 100)

    def shortest_trip(self, *options):
        """Returns the shortest round trip in ms; longer ones are caused by sharing a core."""
        done = self.ping(self.b, *options, timeout=90)
        return min(float(ms) for ms in re.findall(r"time=([\d.]+) ms", done.stdout))

    def test_the_first_packet_after_a_lull_waits_less_than_a_millisecond(self):
        awake = self.shortest_trip("-c", "200", "-i", "0.002")
        waits = []
        while not waits or (min(waits) >= 1 and len(waits) < 3):
            waits.append(self.shortest_trip("-c", "20", "-i", "0.1") - awake)
        self.assertLess(min(waits), 1, waits)

    def thread_seconds(self):
        """Returns the CPU time of the worker's thread, as the guest's kernel counts it."""
        lines = self.guest.shell("cat /proc/$(pidof ringroad)/task/*/stat").stdout.splitlines()
        fields = next(line for line in lines if "worker" in line).rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def test_an_idle_worker_leaves_its_core(self):
        most = {"interrupt": 0.03, "timed": 0.6}.get(self.idle, 1.1)
        shares = []
        # The guest's kernel counts too much time if its core is taken away in the meantime.
        while not shares or (min(shares) >= most and len(shares) < 4):
            before, since = self.thread_seconds(), time.monotonic()
            time.sleep(2)
            shares.append((self.thread_seconds() - before) / (time.monotonic() - since))
        self.assertLess(min(shares), most, shares)


class IgbVfio(Forwarding, NicTestCase):
    card = Card("igb", "net_e1000_igb", "vfio-pci")
    pings = 10_000
    tells = True


class IgbIpv6(Ipv6, IgbVfio):
    """The same over IPv6."""


class IgbUio(Forwarding, NicTestCase):
    card = Card("igb", "net_e1000_igb", "uio_pci_generic")
    idle = "timed"
    tells = True


class E1000e(Forwarding, NicTestCase):
    card = Card("e1000e", "net_e1000_em", "vfio-pci")
    idle = "timed"
    pins = 2 * 512
    tells = True


class Vmxnet3(Forwarding, NicTestCase):
    card = Card("vmxnet3", "net_vmxnet3", "vfio-pci")
    pins = 2 * 512


class Virtio(Forwarding, NicTestCase):
    card = Card("virtio-net-pci", "net_virtio", "vfio-pci", IOMMU)
    pins = 2 * 256
