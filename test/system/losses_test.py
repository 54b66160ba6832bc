# SPDX-License-Identifier: BSD-3-Clause
"""Every packet that one end sends is received by the other or counted by Ringroad: for each device,
under each overload."""
import pathlib
import shutil
import socket
import tempfile
import time
import unittest

from scapy.utils import wrpcap

from frames import frame
from second_router import SecondRouter, on_one_wire
from tap_test import TAP, TapTopology
from topology import (A, A_MAC, B, B_MAC, RouterTestCase, Topology, eventually,
                      received)

NEIGHBORS = [{"address": A, "port": "left", "mac": A_MAC},
             {"address": B, "port": "right", "mac": B_MAC}]
MARK = "counted"
LOSSES = ("rx_missed", "rx_no_buffer", "rx_errors", "tx_errors")


def lost(router):
    """Returns lost packets by port and kind of loss, or by drop reason."""
    lost_at = {f"{port['name']}.{how}": port[how] for port in router.show("ports")
               for how in LOSSES if how in port}
    return lost_at | router.drops()


class Balance:
    """Counts the packets of one test that were sent, received at the other end, and lost between."""

    def __init__(self, test, send, wire, routers):
        self.test, self.send_one, self.wire, self.routers = test, send, wire, routers
        self.sent = self.received = 0
        self.before = [lost(router) for router in routers]

    def send(self, one, count=1):
        raw = bytes(one)
        for _ in range(count):
            try:
                self.send_one(raw)
            except OSError:  # dropped on the way to the router's interface, which counts it
                pass
        self.sent += count

    def losses(self):
        rise = {}
        for router, before in zip(self.routers, self.before):
            for where, packets in lost(router).items():
                if packets != before.get(where, 0):
                    rise[where] = rise.get(where, 0) + packets - before.get(where, 0)
        return rise

    def unaccounted(self):
        self.received += sum(MARK.encode() in raw for _, raw in self.wire.frames(0.3))
        return self.sent - self.received - sum(self.losses().values())

    def check(self, *names, seconds=8):
        """Checks that every packet is accounted for, and that each of these counters is above 0."""
        eventually(lambda: self.unaccounted() == 0, seconds)
        self.test.assertEqual(self.unaccounted(), 0, (self.sent, self.received, self.losses()))
        for name in names:
            self.test.assertGreater(self.losses().get(name, 0), 0, (name, self.losses()))


class DeviceTests:
    """The overloads that any device can have; left and right are of the same family."""

    family = ""
    overrides = {}

    @classmethod
    def setUpClass(cls):
        devices = {side: {"device": f"net_{cls.family}{number},iface=rr-{side}"}
                   for number, side in enumerate(("left", "right"))}
        cls.overrides = {"ports": devices, "neighbors": NEIGHBORS, **cls.overrides}
        super().setUpClass()

    def balance(self):
        sender = self.topology.wire(self.topology.a)
        return Balance(self, sender.socket.send, self.topology.wire(self.topology.b), [self.router])

    def set_interface(self, namespace, interface, *words):
        self.topology.execute(namespace, "ip", "link", "set", interface, *words)

    def test_a_router_that_is_stopped_names_what_it_missed(self):
        balance = self.balance()
        with self.router.stopped():
            balance.send(frame(MARK), 3000)
        balance.check("left.rx_missed")

    def test_no_link(self):
        balance = self.balance()
        self.set_interface(self.topology.b, "eth0", "down")
        balance.send(frame(MARK), 200)
        time.sleep(0.5)
        self.set_interface(self.topology.b, "eth0", "up")
        balance.wire.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # clears the error of the interface
        # Packets that the kernel kept are sent together with the next one.
        eventually(lambda: self.router.show("ports")[1]["link"] == "up")
        balance.send(frame(MARK), 5)
        balance.check()

    def test_an_interface_whose_mtu_is_below_the_port_s(self):
        balance = self.balance()
        self.set_interface(self.topology.middle, "rr-right", "mtu", "1000")
        self.addCleanup(self.set_interface, self.topology.middle, "rr-right", "mtu", "1500")
        for size in (100, 1400):
            balance.send(frame(MARK, size=size, flags="DF"), 50)
        balance.check()
        self.assertGreaterEqual(balance.received, 50)

    def test_a_frame_longer_than_the_interface_takes(self):
        balance = self.balance()
        self.set_interface(self.topology.a, "eth0", "mtu", "3000")
        self.addCleanup(self.set_interface, self.topology.a, "eth0", "mtu", "1500")
        balance.send(frame(MARK, size=2000), 20)
        balance.check("left.rx_errors")

    def test_a_far_end_that_takes_less_than_the_port(self):
        balance = self.balance()
        self.set_interface(self.topology.b, "eth0", "mtu", "1000")
        self.addCleanup(self.set_interface, self.topology.b, "eth0", "mtu", "1500")
        for _ in range(3):
            for size in (1400, 100, 1200):
                balance.send(frame(MARK, size=size, flags="DF"), 20)
            balance.check("right.tx_errors")
        self.assertEqual(balance.received, 60)


class AfPacket(DeviceTests, RouterTestCase):
    family = "af_packet"


class AfXdp(DeviceTests, RouterTestCase):
    family = "af_xdp"


class TwoTags(RouterTestCase):
    """A frame of full MTU with two 802.1Q tags, which a packet socket does not accept."""

    overrides = {"vlans": {"right.200": {}, "right.200.7": {"addresses": ["10.0.7.1/24"]}},
                 "neighbors": [*NEIGHBORS, {"address": "10.0.7.2", "port": "right.200.7",
                                            "mac": B_MAC}]}

    def test_what_the_kernel_refuses_is_no_packet_that_was_sent(self):
        sender, wire = self.topology.wire(self.topology.a), self.topology.wire(self.topology.b)
        balance = Balance(self, sender.socket.send, wire, [self.router])
        before = self.router.show("ports")[1]
        for size in (1472, 1468, 1464):
            balance.send(frame(MARK, dst="10.0.7.2", size=size), 30)
        balance.check("right.tx_errors")
        self.assertEqual(balance.received, 60)
        after = self.router.show("ports")[1]
        self.assertEqual(after["device_losses"]["kernel_refused"], 30)
        self.assertEqual(after["tx_packets"] - before["tx_packets"], 90)
        self.assertEqual(after["tx_completed"] - before["tx_completed"], 60)


class NoBuffers(RouterTestCase):
    """A band holds all packets, so the devices have no buffers for reception."""

    overrides = {
        "engine": {"memory": {"buffers": 4096}},
        "ports": {"right": {"scheduler": "slow"}},
        "schedulers": {"slow": {"rate": "64kbit", "limit": 100000}},
        "neighbors": NEIGHBORS,
    }

    def test_what_came_without_a_buffer_is_named(self):
        sender, wire = self.topology.wire(self.topology.a), self.topology.wire(self.topology.b)
        balance = Balance(self, sender.socket.send, wire, [self.router])
        balance.send(frame(MARK), 8000)
        time.sleep(0.5)
        self.router.roadctl("link", "set", "right", "down")
        balance.check("port_down")


class Tap(RouterTestCase):
    @classmethod
    def setUpClass(cls):
        if not pathlib.Path("/dev/net/tun").exists():
            raise unittest.SkipTest("no /dev/net/tun")
        cls.topology = TapTopology(neighbors=NEIGHBORS, ports={
            "left": {"device": f"net_tap0,iface={TAP}"}}).__enter__()
        cls.router = cls.topology.router
        cls.topology.give_the_tap_an_address()

    def balance(self):
        sender = self.topology.wire(self.topology.middle, TAP)
        mac = self.router.show("ports")[0]["mac"]
        return Balance(self, sender.socket.send, self.topology.wire(self.topology.b),
                       [self.router]), frame(MARK, to=mac)

    def test_a_router_that_is_stopped_names_what_it_missed(self):
        balance, counted = self.balance()
        with self.router.stopped():
            balance.send(counted, 3000)
        balance.check("left.rx_missed")


class BackToBack(SecondRouter, Topology):
    """Two routers with a device between them: host a, the first, the second, host b."""

    def __init__(self, first, second):
        via = {"first": ("192.168.1.0/24", "10.0.0.1"), "second": ("192.168.2.0/24", "10.0.0.2")}
        super().__init__(
            ports={"right": {"device": first, "addresses": ["10.0.0.1/24"]}},
            routes=[dict(zip(("to", "via"), via["second"]))],
            neighbors=NEIGHBORS[:1])
        self.add_second(
            ports={"left": {"device": second, "addresses": ["10.0.0.2/24"]}},
            routes=[dict(zip(("to", "via"), via["first"]))],
            neighbors=NEIGHBORS[1:])

    def __enter__(self):
        super().__enter__()
        self.start_second()
        return self


class BetweenTests:
    """The second router is stopped: packets that the device does not accept wait in the first router's
    bands."""

    devices = None

    @classmethod
    def setUpClass(cls):
        cls.topology = BackToBack(*on_one_wire(cls, cls.devices)).__enter__()
        cls.router = cls.topology.router

    def setUp(self):
        self.assertTrue(eventually(lambda: received(self.ping(B, "-c", "1", "-W", "1",
                                                              check=False)) == 1, 20))

    @classmethod
    def tearDownClass(cls):
        try:
            complaint = cls.topology.second.stop()
        finally:
            super().tearDownClass()
        if complaint:
            raise AssertionError(complaint)

    def balance(self):
        sender = self.topology.wire(self.topology.a)
        return Balance(self, sender.socket.send, self.topology.wire(self.topology.b),
                       [self.router, self.topology.second])

    def test_the_other_end_is_stopped(self):
        balance = self.balance()
        before = self.router.drops().get("band_full", 0)

        # The first router may miss any of these packets, so more are sent until its band is full.
        def fills_the_band():
            balance.send(frame(MARK), 500)
            return self.router.drops().get("band_full", 0) > before

        with self.topology.second.stopped():
            self.assertTrue(eventually(fills_the_band))
        balance.check("band_full")

    def test_completed_never_goes_backwards(self):
        balance = self.balance()
        balance.send(frame(MARK), 100)
        balance.check()
        before = self.router.show("ports")[1]["tx_completed"]
        self.assertGreaterEqual(before, 100)
        self.assertIsNone(self.topology.second.stop())
        try:
            self.assertTrue(eventually(lambda: self.router.show("ports")[1]["link"] == "down"))
            self.assertGreaterEqual(self.router.show("ports")[1]["tx_completed"], before)
        finally:
            self.topology.start_second()
        self.setUp()
        self.assertGreater(self.router.show("ports")[1]["tx_completed"], before)


class Memif(BetweenTests, RouterTestCase):
    devices = ("net_memif0,role=server,socket={},socket-abstract=no",
               "net_memif0,role=client,socket={},socket-abstract=no")


class Vhost(BetweenTests, RouterTestCase):
    devices = ("net_vhost0,iface={}", "net_virtio_user0,path={}")


class Files(RouterTestCase):
    """Sends a file of frames at full speed into a band that may hold all of them."""

    FRAMES = 8000
    PCAP_MAC = "02:70:63:61:70:00"  # the driver's MAC address

    @classmethod
    def setUpClass(cls):
        cls.files = tempfile.mkdtemp(prefix="ringroad-files-")
        cls.addClassCleanup(shutil.rmtree, cls.files)
        wrpcap(f"{cls.files}/in.pcap", [frame(MARK, to=cls.PCAP_MAC)] * cls.FRAMES)
        device = f"net_pcap0,rx_pcap={cls.files}/in.pcap,tx_pcap={cls.files}/out.pcap"
        cls.overrides = {**NoBuffers.overrides,
                         "ports": {"left": {"device": device}, "right": {"scheduler": "slow"}}}
        super().setUpClass()

    def test_what_the_band_gave_up_is_named(self):
        self.router.roadctl("link", "set", "right", "down")

        def all_there():
            right = self.router.show("ports")[1]
            self.losses = lost(self.router)
            # Host b may have sent ARP requests for the router's MAC, which were answered.
            cache = self.router.show("memory")["arp_cache"]
            answers = cache["rcv_probes_mcast"] + cache["rcv_probes_ucast"]
            self.accounted = right["tx_completed"] + sum(self.losses.values()) - answers
            return self.accounted == self.FRAMES

        eventually(all_there)
        self.assertEqual(self.accounted, self.FRAMES, self.losses)
        self.assertGreater(self.losses["band_memory"], 0)


class Null(RouterTestCase):
    """Sends to a device that accepts all packets."""

    overrides = {"ports": {"right": {"device": "net_null0"}}, "neighbors": NEIGHBORS}

    def test_all_that_it_was_given_is_completed(self):
        self.topology.wire(self.topology.a).send(frame(MARK), 3000)

        def all_there():
            self.accounted = self.router.show("ports")[1]["tx_completed"] + sum(
                lost(self.router).values())
            return self.accounted == 3000

        eventually(all_there)
        self.assertEqual(self.accounted, 3000, lost(self.router))
