# SPDX-License-Identifier: BSD-3-Clause
"""The router as a systemd service: its notifications, and its requirements for the unit."""
import os
import re
import socket
import time
import unittest

from topology import CORES, ROOT, Topology, inside

UNIT = (ROOT / "deploy" / "ringroad.service.in").read_text()


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1))
        self.heard = []  # (monotonic seconds, message)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def listen(self, seconds, until=None):
        """Returns true as soon as `until` was received."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self.heard.append((time.monotonic(), self.socket.recv(4096).decode()))
            except TimeoutError:
                break
            if self.heard[-1][1] == until:
                return True
        return False

    def count(self, state):
        return sum(told == state for _, told in self.heard)


class Notify(unittest.TestCase):
    def start(self, topology, manager, **environment):
        topology.router.start("env", f"NOTIFY_SOCKET={manager.name}",
                              *(f"{name}={value}" for name, value in environment.items()))
        self.assertTrue(manager.listen(30, until="READY=1"), topology.router.log())

    def test_it_tells_that_it_is_ready_that_it_works_and_that_it_stops(self):
        topology = Topology()
        self.addCleanup(topology.tear_down)
        topology.build()
        with Manager(str(topology.directory / "notify")) as manager:
            self.start(topology, manager, WATCHDOG_USEC=400_000)
            self.assertIn("ringroad: ready", topology.router.log())
            manager.listen(1.5)
            times = [when for when, told in manager.heard if told == "WATCHDOG=1"]
            # Two messages in each watchdog interval, and not many more.
            self.assertGreaterEqual(len(times), 5, manager.heard)
            self.assertLessEqual(len(times), 9, manager.heard)
            for before, after in zip(times, times[1:]):
                self.assertLess(after - before, 0.4)
            self.assertIsNone(topology.router.stop())
            self.assertTrue(manager.listen(1, until="STOPPING=1"), manager.heard)
            self.assertEqual(manager.count("READY=1"), 1)

    def test_the_watchdog_of_another_process_is_not_fed(self):
        topology = Topology()
        self.addCleanup(topology.tear_down)
        topology.build()
        with inside(topology.middle):  # an abstract name belongs to the namespace
            manager = Manager("@manager")
        with manager:
            self.start(topology, manager, WATCHDOG_USEC=100_000, WATCHDOG_PID=1)
            manager.listen(0.5)
            self.assertEqual(manager.count("WATCHDOG=1"), 0)


class Privileges(unittest.TestCase):
    def test_the_units_capabilities_are_enough_to_forward(self):
        wanted = re.search(r"^AmbientCapabilities=(.*)$", UNIT, re.M)[1].split()
        plus = ",".join("+" + name.removeprefix("CAP_").lower() for name in wanted)
        topology = Topology()
        self.addCleanup(topology.tear_down)
        topology.build()
        os.chown(topology.directory, 65534, 65534)  # as with RuntimeDirectory=, the folder belongs to the user
        topology.router.start("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                              f"--bounding-set=-all,{plus}", f"--inh-caps=-all,{plus}",
                              f"--ambient-caps=-all,{plus}", "--no-new-privs")
        topology.router.wait_ready()
        self.assertTrue(topology.router.show("ports"))  # root may use the socket too
        ping = topology.execute(topology.a, "ping", "-n", "-c", "3", "-i", "0.2", "192.168.2.2")
        self.assertIn(" 0% packet loss", ping.stdout)
        topology.router.roadctl("link", "set", "left", "mtu", "1400")
        self.assertIsNone(topology.router.stop())


class Cores(unittest.TestCase):
    def test_a_worker_may_have_a_core_that_the_process_was_not_started_on(self):
        # As with isolcpus=: no process runs on such a core unless it sets its affinity.
        if len(CORES) < 2:
            self.skipTest("needs two cores")
        topology = Topology()
        self.addCleanup(topology.tear_down)
        topology.build()
        topology.router.start("taskset", "--cpu-list", str(CORES[0]))
        topology.router.wait_ready()
        self.assertEqual([row["core"] for row in topology.router.show("workers")], [CORES[-1]])
