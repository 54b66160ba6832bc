# SPDX-License-Identifier: BSD-3-Clause
"""A scan of absent hosts, whose packets wait for replies that never come, beside flows to known hosts."""
import time

from frames import frame
from topology import B, RouterTestCase

ABSENT = [f"192.168.2.{number}" for number in range(3, 253)]
SECONDS = 4  # longer than the three seconds of requests to a host
EACH_MS = 8
KNOWN_EACH = 2  # ms


class Scan(RouterTestCase):
    # 16,384 buffers; the packets sent in three seconds would hold more.
    def test_known_hosts_lose_nothing_while_250_absent_ones_are_scanned(self):
        self.ping(B, "-c", "1", "-W", "2")
        wire = self.topology.wire(self.topology.b)
        sender = self.topology.wire(self.topology.a)
        scan = [bytes(frame("absent", dst=host)) for host in ABSENT]
        known = bytes(frame("to-a-known-host"))
        begin, sent = time.monotonic(), 0
        for tick in range(SECONDS * 1000):
            time.sleep(max(0.0, begin + tick / 1000 - time.monotonic()))
            for i in range(EACH_MS):
                sender.send(scan[(tick * EACH_MS + i) % len(scan)])
            if tick % KNOWN_EACH == 0:
                sender.send(known)
                sent += 1
        arrived = sum(b"to-a-known-host" in raw for _, raw in wire.frames(1))
        # Packets that a busy machine's kernel lost before they reached the router do not count.
        missed = sum(port["rx_missed"] for port in self.router.show("ports"))
        self.assertLessEqual(sent - arrived, missed)
        memory = self.router.show("memory")
        holders = {holder["name"]: holder for holder in memory["holders"]}
        self.assertLessEqual(holders["neighbors"]["buffers"], holders["neighbors"]["share"])
        self.assertGreater(memory["pools"][0]["low_water"], memory["reserve_buffers"])
        drops = self.router.drops()
        self.assertGreater(drops["neighbor_memory"] + drops.get("neighbor_queue_full", 0), 0)
