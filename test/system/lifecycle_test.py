# SPDX-License-Identifier: BSD-3-Clause
"""Start, stop, crash and restart."""
import json
import os
import pathlib
import re
import signal
import socket
import stat
import time
import unittest

from frames import frame
from topology import B, CORES, LEFT, RINGROAD, RouterTestCase, Topology, eventually, inside, received, run


class Restart(RouterTestCase):
    def test_it_works_at_once_after_kill_9(self):
        for _ in range(2):
            self.assertEqual(received(self.ping(B, "-c", "1", "-W", "2")), 1)
            self.router.kill()
            self.assertTrue(os.path.exists(self.router.socket_path), "the socket stays behind")
            self.router.start()
            self.router.wait_ready()
            done = self.ping(B, "-q", "-i", "0.01", "-c", "20")
            self.assertEqual(received(done), 20, done.stdout)

    def test_only_its_owner_may_use_the_socket(self):
        mode = os.stat(self.router.socket_path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_a_second_router_at_the_same_socket_is_refused(self):
        done = self.topology.execute(self.topology.middle, RINGROAD, "run",
                                     self.router.config_path, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(self.router.socket_path), done.stderr)
        # There is no other output, so DPDK was not started and no device was touched.
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(received(self.ping(LEFT, "-c", "1", "-W", "2")), 1)
        self.assertTrue(self.router.show("ports"))

    def test_the_ready_line_counts_what_runs(self):
        line = re.search(r"ringroad: ready .*", self.router.log())[0]
        self.assertRegex(line, r"^ringroad: ready ports=2 workers=1 routes=\d+ in \d+\.\d+ ?s$")


class Neighbors(unittest.TestCase):
    """Other users of packet sockets in the router's namespace."""

    SOL_PACKET, PACKET_FANOUT = 263, 18

    def test_a_fanout_group_of_another_s_is_in_nobody_s_way(self):
        topology = Topology(engine={"workers": CORES[-2:]})
        started = topology.router.start
        self.addCleanup(topology.tear_down)

        def start():
            started("sh", "-c", 'kill -STOP $$; exec "$@"', "-")
            process = topology.router.process
            self.assertTrue(eventually(lambda: "(stopped)" in pathlib.Path(
                f"/proc/{process.pid}/status").read_text()))
            with inside(topology.middle):
                for interface in socket.if_nameindex():
                    taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                    self.addCleanup(taken.close)
                    taken.bind(("lo", 3))
                    # The driver derives the number of its group in the same way.
                    taken.setsockopt(self.SOL_PACKET, self.PACKET_FANOUT, (process.pid ^ interface[0]) & 0xffff)
            process.send_signal(signal.SIGCONT)

        topology.router.start = start
        with topology:
            self.assertEqual([port["rx_queues"] for port in topology.router.show("ports")], [2, 2])
            done = topology.execute(topology.a, "ping", "-n", "-q", "-c", "20", "-i", "0.01", B)
            self.assertEqual(received(done), 20, done.stdout)


class Shutdown(unittest.TestCase):
    def check_stop(self, topology):
        started = time.monotonic()
        self.assertIsNone(topology.router.stop())
        self.assertLess(time.monotonic() - started, 5)
        self.assertFalse(os.path.exists(topology.router.socket_path))
        # DPDK's folder, whose name contains the process id.
        self.assertFalse(os.path.exists(f"/var/run/dpdk/ringroad-{topology.router.process.pid}"))

    def test_sigterm_under_traffic_gives_every_buffer_back(self):
        with Topology() as topology:
            flood = topology.spawn(topology.a, "ping", "-n", "-q", "-f", B)
            absent = topology.spawn(topology.a, "ping", "-n", "-q", "-f", "192.168.2.88")
            self.assertTrue(eventually(lambda: any(
                port["tx_packets"] > 200 for port in topology.router.show("ports"))))
            self.check_stop(topology)
            for child in (flood, absent):
                child.send_signal(signal.SIGINT)

    def test_sigterm_with_a_shaped_backlog_gives_every_buffer_back(self):
        shaped = {"schedulers": {"slow": {"rate": "100kbit", "burst": "4KiB"}},
                  "ports": {"right": {"scheduler": "slow"}}}
        with Topology(**shaped) as topology:
            topology.execute(topology.a, "ping", "-n", "-c", "1", "-W", "2", B)
            topology.wire(topology.a).send(frame("backlog", size=1000), 200)
            self.assertTrue(eventually(lambda: any(
                band["queued"] > 100 for row in topology.router.show("bands")
                for band in row["bands"])))
            self.check_stop(topology)

    def test_sigint_stops_it_too(self):
        with Topology() as topology:
            topology.router.process.send_signal(signal.SIGINT)
            topology.router.process.wait(10)
            self.check_stop(topology)


class Refusals(unittest.TestCase):
    """The reason why the router does not start is printed, with the documented exit status."""

    def start(self, topology, *prefix):
        topology.build()
        return topology.execute(topology.middle, *prefix, RINGROAD, "run",
                                topology.router.config_path, check=False)

    def refused(self, statuses, *texts, prefix=(), **overrides):
        topology = Topology(**overrides)
        try:
            if prefix:
                # A user who may read the file, but may not open ports.
                os.chmod(topology.directory, 0o777)
                os.chmod(topology.router.config_path, 0o644)
            done = self.start(topology, *prefix)
        finally:
            topology.tear_down()
        self.assertIn(done.returncode, statuses, done.stderr)
        for text in texts:
            self.assertRegex(done.stderr, text)

    def test_a_device_that_does_not_exist(self):
        self.refused((1,), "rr-absent", ports={
            "left": {"device": "net_af_packet0,iface=rr-absent"}})

    def test_a_pci_device_that_does_not_exist(self):
        self.refused((1,), "0000:7f:1f.7", ports={"left": {"device": "0000:7f:1f.7"}})

    def test_a_user_who_is_not_root(self):
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                  "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs")
        self.refused((2,), r"root|privilege|permission|CAP_", prefix=nobody)

    def test_a_core_that_does_not_exist(self):
        self.refused((2,), r"core", engine={"workers": [max(CORES) + 900]})


class NoHost(unittest.TestCase):
    def test_a_port_whose_cable_is_out_does_not_keep_the_other_from_working(self):
        with Topology() as topology:
            run("ip", "-n", topology.b, "link", "set", "eth0", "down")
            done = topology.execute(topology.a, "ping", "-n", "-c", "2", "-i", "0.2", LEFT)
            self.assertEqual(received(done), 2)
            run("ip", "-n", topology.b, "link", "set", "eth0", "up")
            run("ip", "-n", topology.b, "route", "replace", "default", "via", "192.168.2.1")
            self.assertTrue(eventually(lambda: received(topology.execute(
                topology.a, "ping", "-n", "-c", "1", "-W", "1", B, check=False)) == 1, 10))
            self.assertTrue(json.dumps(topology.router.show("ports")))
            self.assertIsNone(topology.router.stop())
