# SPDX-License-Identifier: BSD-3-Clause
"""Every received packet is sent, answered, or dropped for a counted reason."""
import random

from frames import ICMP, IP, Raw, datagram, ethernet, frame, is_icmp_error, parse
from topology import (A, A_MAC, B, B_MAC, LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, RouterTestCase,
                      eventually)


class Conservation(RouterTestCase):
    overrides = {
        "routes": [{"to": "10.1.0.0/16", "type": "blackhole"}],
        # No host sends ARP requests, so the test accounts for every frame on the links.
        "neighbors": [{"address": A, "port": "left", "mac": A_MAC},
                      {"address": B, "port": "right", "mac": B_MAC}],
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for host, gateway, mac in ((cls.topology.a, LEFT, LEFT_MAC),
                                   (cls.topology.b, RIGHT, RIGHT_MAC)):
            cls.topology.execute(host, "ip", "neighbor", "replace", gateway, "lladdr", mac, "dev",
                                 "eth0", "nud", "permanent")

    def totals(self):
        ports = self.router.show("ports")
        return {key: sum(port[key] for port in ports)
                for key in ("rx_packets", "tx_packets", "rx_missed", "rx_no_buffer")}

    def test_the_counters_account_for_every_packet(self):
        wire = self.topology.wire(self.topology.a)
        kinds = [
            frame("good"), frame("large", size=1400), frame("hop", ttl=1),
            frame("nowhere", dst="10.9.9.9"), frame("hole", dst="10.1.2.3"),
            frame("version", version=5), frame("group", dst="239.1.2.3"),
            frame("source", src="127.0.0.1"), frame("closed", dst=RIGHT),
            ethernet(type=0x1234) / Raw(b"x" * 50),
            ethernet(dst="ff:ff:ff:ff:ff:ff") / datagram("everybody"),
            ethernet() / IP(src=A, dst=LEFT) / ICMP(type=8) / Raw(b"echo"),
            ethernet() / IP(src=A, dst=B) / ICMP(type=8) / Raw(b"echo"),
        ]
        chosen = random.Random(1812).choices([bytes(kind) for kind in kinds], k=3000)
        before, drops_before = self.totals(), sum(self.router.drops().values())
        self.send_all(wire, chosen)

        counts = [self.totals()]

        def at_rest():
            counts.append(self.totals())
            return counts[-1] == counts[-2]

        back = list(wire.frames(1.0))
        errors = sum(is_icmp_error(raw) and parse(raw)[IP].src in (LEFT, RIGHT) for _, raw in back)
        self.assertTrue(eventually(at_rest))
        got = {key: counts[-1][key] - before[key] for key in before}
        dropped = sum(self.router.drops().values()) - drops_before
        self.assertEqual((got["rx_missed"], got["rx_no_buffer"]), (0, 0))
        self.assertGreater(dropped, 1000)
        self.assertGreater(errors, 300)
        # Replies replace echo requests; ICMP errors are sent in addition.
        self.assertEqual(got["rx_packets"] - dropped, got["tx_packets"] - errors, (got, errors))
