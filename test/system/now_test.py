# SPDX-License-Identifier: BSD-3-Clause
"""What the router reports of the last second: rates, load, drops, and the whole of it on one screen."""
import hashlib
import re
import time

from topology import A, B, ROADCTL, RouterTestCase, eventually, run


class Now(RouterTestCase):
    overrides = {"engine": {"idle": "interrupt"}}

    def port(self, name):
        return next(port for port in self.router.show("ports") if port["name"] == name)

    def worker(self):
        return self.router.show("workers")[0]

    def test_rates_are_of_the_last_second(self):
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.005", "-s", "1000", "-w", "4", B)
        try:
            time.sleep(2.5)
            port = self.port("left")
            # 200 requests a second, or what the machine has time for.
            self.assertGreater(port["rx_packets_per_second"], 50)
            self.assertLess(port["rx_packets_per_second"], 250)
            # An ARP message of 42 bytes may be among them.
            self.assertAlmostEqual(port["rx_bits_per_second"] / port["rx_packets_per_second"] / 8, 1042, delta=40)
            band = self.router.show("bands", "right")[0]
            self.assertGreater(band["sent_packets_per_second"], 50)
        finally:
            ping.wait(10)
        self.assertTrue(eventually(lambda: self.port("left")["rx_packets_per_second"] == 0, 4))
        self.assertGreater(self.port("left")["rx_packets"], 200)

    def test_a_worker_that_only_sleeps_between_pings_is_not_busy(self):
        """An average since the start once had 2.6 million cycles a packet after 19 packets: the sleeps."""
        done = self.ping(B, "-c", "25", "-i", "0.1")
        self.assertIn(" 0% packet loss", done.stdout)
        worker = self.worker()
        self.assertGreater(worker["packets_per_second"], 0)
        self.assertLess(worker["busy_percent"], 10)
        self.assertGreater(worker["idle_percent"], 80)
        self.assertTrue(eventually(lambda: self.worker()["cycles_per_packet"] is None, 4))
        self.assertEqual(self.worker()["busy_percent"], 0)

    def test_drops_of_the_last_second_and_minute_by_port(self):
        before = self.router.drops().get("ttl_exceeded", 0)
        for _ in range(3):
            self.ping(B, "-c", "1", "-t", "1", "-W", "0.2", check=False)
        drop = next(row for row in self.router.show("drops") if row["reason"] == "ttl_exceeded")
        self.assertEqual(drop["packets"], before + 3)
        self.assertEqual(drop["last_minute"], before + 3)
        self.assertEqual(self.port("left")["drops"]["ttl_exceeded"], before + 3)
        self.assertIn("ttl_exceeded", self.router.roadctl("show", "ports").stdout)
        row = next(row for row in self.router.show()["drops_last_minute"] if row["reason"] == "ttl_exceeded")
        self.assertEqual(row["packets"], before + 3)
        self.assertIn("time to live", row["meaning"])

    def test_the_router_is_shown_on_one_screen(self):
        self.ping(B, "-c", "2", "-i", "0.2")
        self.ping(B, "-c", "1", "-t", "1", "-W", "0.2", check=False)
        shown = self.router.show()
        self.assertEqual(shown["config"]["path"], str(self.router.config_path))
        self.assertEqual(shown["config"]["hash"],
                         hashlib.sha256(self.router.config_path.read_bytes()).hexdigest())
        version = run(ROADCTL, "--version").stdout
        self.assertIn(shown["version"], version)
        self.assertIn(shown["commit"], version)
        self.assertRegex(shown["dpdk"], r"^\d+\.\d+")
        self.assertLess(shown["uptime_seconds"], 600)
        self.assertEqual([(port["name"], port["link"]) for port in shown["ports"]],
                         [("left", "up"), ("right", "up")])
        self.assertEqual(sum(shown["neighbors"].values()), 2)
        self.assertEqual(shown["routes"]["ipv4"], len([route for route in self.router.show("routes")
                                                       if route["table"] != "local"]))
        screen = self.router.roadctl("show").stdout.splitlines()
        self.assertLessEqual(len(screen), 24)
        self.assertLessEqual(max(map(len, screen)), 80)
        self.assertRegex(screen[0], rf"^ringroad {re.escape(shown['version'])} .*up 00:0\d:\d\d$")
        self.assertTrue(any("ttl_exceeded" in line for line in screen))

    def test_delays_can_be_measured_anew(self):
        def samples():
            return sum(band["delay_ns"]["samples"] for band in self.router.show("bands", "right")[0]["bands"])
        self.router.roadctl("bands", "delays", "on")
        self.addCleanup(self.router.roadctl, "bands", "delays", "off")
        self.ping(B, "-c", "5", "-i", "0.05")
        self.assertGreaterEqual(samples(), 5)
        self.router.roadctl("bands", "delays", "reset", "right")
        # An ARP message may be one, then and later.
        self.assertLessEqual(samples(), 1)
        self.topology.execute(self.topology.b, "ping", "-n", "-c", "1", A)
        self.assertIn(samples(), (1, 2, 3))

    def test_a_reload_changes_the_configuration_that_is_shown(self):
        before = self.router.config_path.read_text()
        self.addCleanup(self.router.roadctl, "reload", str(self.router.config_path))
        other = self.router.directory / "other.yaml"
        other.write_text(before.replace("{", "{\n", 1))
        self.router.roadctl("reload", str(other))
        self.assertEqual(self.router.show()["config"],
                         {"path": str(other), "hash": hashlib.sha256(other.read_bytes()).hexdigest()})
