# SPDX-License-Identifier: BSD-3-Clause
"""Priority bands on a port that is slower than its traffic."""
import re
import statistics
import time

from frames import frame
from topology import Ipv6, RouterTestCase, eventually

URGENT, BULK = 0x10, 0x08  # Linux assigns these to bands 0 and 2


class Bands(RouterTestCase):
    overrides = {
        "schedulers": {"slow": {"bands": 3, "limit": 1000, "rate": "2Mbit", "burst": "4KiB"}},
        "ports": {"right": {"scheduler": "slow"}},
    }

    def bands(self):
        rows = [row for row in self.router.show("bands") if row["port"] == "right"]
        return {band["band"]: band for row in rows for band in row["bands"]}

    def test_urgent_packets_overtake_bulk_and_each_band_keeps_its_order(self):
        self.ping(self.b, "-c", "1", "-W", "2")
        wire = self.topology.wire(self.topology.b)
        sender = self.topology.wire(self.topology.a)
        before = self.bands()
        sent = ([("bulk", i, BULK) for i in range(100)] +
                [("urgent", i, URGENT) for i in range(20)] +
                [("bulk", i, BULK) for i in range(100, 150)])
        frames = [bytes(frame(f"{kind}-{i:03}", dst=self.b, tos=tos, size=1000)) for kind, i, tos in sent]
        started = time.monotonic()
        for one in frames:
            sender.send(one)

        order, ended = [], 0
        for when, raw in wire.frames(3):
            mark = re.search(rb"(bulk|urgent)-(\d{3})", raw)
            if mark:
                order.append((mark[1].decode(), int(mark[2])))
                ended = when
                if len(order) == 170:
                    break
        self.assertEqual([n for kind, n in order if kind == "bulk"], list(range(150)))
        self.assertEqual([n for kind, n in order if kind == "urgent"], list(range(20)))
        first = order.index(("urgent", 0))
        last = order.index(("urgent", 19))
        self.assertEqual(last - first, 19, "bulk went out between urgent packets")
        self.assertLess(last, 100, "the urgent did not overtake")

        # Without the burst, at 2 Mbit/s.
        expected = (170 * len(frames[0]) - 4096) * 8 / 2e6
        self.assertGreater(ended - started, 0.95 * expected, "faster than its rate")
        self.assertLess(ended - started, 2 * expected)  # a busy machine may be late

        self.assertTrue(eventually(lambda: self.bands()[2]["sent_packets"] -
                                   before[2]["sent_packets"] == 150))
        after = self.bands()
        others = after[0]["sent_packets"] - before[0]["sent_packets"] - 20
        self.assertTrue(0 <= others <= (3 if self.ipv6 else 0), others)  # neighbor discovery is IPv6 too
        self.assertEqual([band["dropped"] for band in after.values()], [0, 0, 0])
        self.assertEqual([band["queued"] for band in after.values()], [0, 0, 0])


class BandsIpv6(Ipv6, Bands):
    """The same by the traffic class of IPv6."""


class BandLimit(RouterTestCase):
    overrides = {
        "schedulers": {"tiny": {"bands": 3, "limit": 10, "rate": "100kbit", "burst": "2KiB"}},
        "ports": {"right": {"scheduler": "tiny"}},
    }

    def test_a_band_keeps_its_limit_and_counts_what_does_not_fit(self):
        self.ping(self.b, "-c", "1", "-W", "2")
        wire = self.topology.wire(self.topology.b)
        dropped_before = self.router.drops().get("band_full", 0)
        self.topology.wire(self.topology.a).send(frame("tail", dst=self.b, tos=BULK, size=1000), 100)
        arrived = sum(b"tail" in raw for _, raw in wire.frames(1.5))
        dropped = self.router.drops().get("band_full", 0) - dropped_before
        self.assertEqual(arrived + dropped, 100)
        self.assertTrue(10 <= arrived <= 14, arrived)  # the limit, the burst, and packets sent meanwhile


class Shaped(RouterTestCase):
    overrides = {
        "schedulers": {"slow": {"rate": "20Mbit", "burst": "16KiB", "limit": 100}},
        "ports": {"right": {"scheduler": "slow"}},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve_iperf()

    def test_tcp_gets_the_rate_and_voice_does_not_wait_behind_it(self):
        voice = ("ping", "-i", "0.02", "-Q", "0x10", "-s", "160", self.b)
        self.ping(self.b, "-c", "1", "-W", "2")
        idle = round_trips(self.from_a(*voice, "-c", "50").stdout)
        ping = self.topology.spawn(self.topology.a, *voice, "-c", "100")
        end = self.iperf(seconds=4)
        loaded = round_trips(ping.communicate(timeout=20)[0])
        rate = end["sum_received"]["bits_per_second"]
        # 1448 of a frame's 1514 octets are payload, of IPv6 1428.
        self.assertLess(rate, 20e6 * (1428 if self.ipv6 else 1448) / 1514 * 1.02)
        self.assertGreater(rate, 20e6 * 0.85)
        self.assertEqual(len(loaded), 100, "a voice packet was lost")
        # A queue of 100 full frames takes 60 ms; a voice packet waits for one of them, 0.6 ms.
        self.assertLess(statistics.median(loaded), statistics.median(idle) + 5)
        row = next(row for row in self.router.show("bands") if row["port"] == "right")
        self.assertGreater(row["overlimits"], 0)


class ShapedIpv6(Ipv6, Shaped):
    """The same over IPv6."""


def round_trips(said):
    """Returns the round trips in ms from the output of ping."""
    return [float(time) for time in re.findall(r"time=([\d.]+) ms", said)]
