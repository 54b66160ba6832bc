# SPDX-License-Identifier: BSD-3-Clause
"""A scan of absent hosts, whose packets wait for replies that never come, beside flows to known hosts."""
import ipaddress
import os
import socket
import time

from frames import frame
from topology import B, Ipv6, RouterTestCase, inside, run

KNOWN_EACH = 2  # ms


class Scan(RouterTestCase):
    # 16,384 buffers; the packets sent in three seconds would hold more.
    milliseconds = 4000  # longer than the three seconds of requests to a host
    each_ms = 8
    known = [B]
    absent = [f"192.168.2.{number}" for number in range(3, 253)]

    def scan(self):
        return [bytes(frame("absent", dst=host)) for host in self.absent]

    def receiver(self):
        """Returns a function that returns how many more datagrams host b received."""
        with inside(self.topology.b):
            receiver = socket.socket(socket.AF_INET6 if self.ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("", 4001))
        receiver.setblocking(False)
        self.addCleanup(receiver.close)

        def count():
            more = 0
            try:
                while receiver.recv(2048):
                    more += 1
            except BlockingIOError:
                return more

        return count

    def test_known_hosts_lose_nothing_while_absent_ones_are_scanned(self):
        for host in self.known:
            self.ping(host, "-c", "1", "-W", "2")
        sender = self.topology.wire(self.topology.a)
        scan = self.scan()
        known = [bytes(frame("to-a-known-host", dst=host)) for host in self.known]
        count = self.receiver()
        begin, sent, arrived = time.monotonic(), 0, 0
        for tick in range(self.milliseconds):
            time.sleep(max(0.0, begin + tick / 1000 - time.monotonic()))
            for i in range(self.each_ms):
                sender.send(scan[(tick * self.each_ms + i) % len(scan)])
            if tick % KNOWN_EACH == 0:
                sender.send(known[sent % len(known)])
                sent += 1
                arrived += count()
        time.sleep(0.5)
        arrived += count()
        # Packets that a busy machine's kernel lost before they reached the router do not count.
        missed = sum(port["rx_missed"] for port in self.router.show("ports"))
        print(f"{self.id()}: {self.milliseconds * self.each_ms} scanned, {arrived} of {sent} arrived, {missed} missed, "
              f"{time.monotonic() - begin:.0f} s", flush=True)
        self.assertLessEqual(sent - arrived, missed)
        memory = self.router.show("memory")
        holders = {holder["name"]: holder for holder in memory["holders"]}
        self.assertLessEqual(holders["neighbors"]["buffers"], holders["neighbors"]["share"])
        self.assertGreater(memory["pools"][0]["low_water"], memory["reserve_buffers"])
        self.assertLessEqual(len(self.router.show("neighbors")), 1024)  # gc_thresh
        for host in self.known:
            self.assertIn(host, [row["address"] for row in self.router.show("neighbors")])
        self.check_drops(self.router.drops())

    def check_drops(self, drops):
        self.assertGreater(drops["neighbor_memory"] + drops.get("neighbor_queue_full", 0), 0)


class ScanIpv6(Ipv6, Scan):
    """As many addresses of a /64 as there is time for, each once, beside flows to 100 hosts. The variable
    RINGROAD_SCAN gives another number of addresses."""

    scanned = int(os.environ.get("RINGROAD_SCAN", 64_000))
    each_ms = 16
    milliseconds = scanned // each_ms
    known = [f"2001:db8:2::1:{number:x}" for number in range(1, 101)]
    absent = [f"2001:db8:2::{number >> 16:x}:{number & 0xffff:x}" for number in range(0x20000, 0x20000 + scanned)]

    def scan(self):
        """Returns a frame to each absent host; of them only the destinations differ."""
        raw = bytes(frame("absent", dst=self.absent[0]))
        return [raw[:38] + ipaddress.ip_address(host).packed + raw[54:] for host in self.absent]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for host in cls.known:
            run("ip", "-n", cls.topology.b, "address", "add", f"{host}/64", "dev", "eth0", "nodad")

    def check_drops(self, drops):
        self.assertGreater(drops["neighbor_table_full"], 0)
