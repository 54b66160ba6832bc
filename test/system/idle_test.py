# SPDX-License-Identifier: BSD-3-Clause
"""A worker that sleeps without traffic, and the delay of the first packet."""
import concurrent.futures
import os
import pathlib
import re
import time

from namespaces import LIBC
from topology import B, CORES, LEFT, RouterTestCase, received


PR_SET_TIMERSLACK = 29


def share_of_bare_sleeps():
    """Returns the share of a core that a thread needs for sleeps of 50 us, as in a worker that pauses."""
    os.sched_setaffinity(0, [CORES[0]])  # which is not the worker's
    LIBC.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    before, since = time.thread_time(), time.monotonic()
    while time.monotonic() < since + 0.5:
        time.sleep(50e-6)
    return (time.thread_time() - before) / (time.monotonic() - since)


class Sleep:
    """The tests; subclasses define how the worker sleeps."""

    idle = None

    def worker(self):
        return self.router.show("workers")[0]

    def thread_seconds(self):
        """Returns the CPU time of the worker's thread."""
        for task in pathlib.Path(f"/proc/{self.router.process.pid}/task").iterdir():
            if "worker" in (task / "comm").read_text():
                fields = (task / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / 100
        raise AssertionError("there is no worker's thread")

    def check_first_packets(self, target):
        """Sends pings with intervals in which the worker falls asleep. The shortest round trip is the one
        during which no other process used the core."""
        before = self.worker()["wakes"]
        done = self.ping(target, "-c", "30", "-i", "0.05")
        self.assertEqual(received(done), 30)
        times = [float(ms) for ms in re.findall(r"time=([\d.]+) ms", done.stdout)]
        self.assertLess(min(times), 1, times)
        if self.idle == "interrupt":
            # The packet has ended the sleep, not the timer.
            self.assertGreaterEqual(self.worker()["wakes"] - before, 25)

    def check_share_of_core(self, seconds):
        time.sleep(0.2)
        before, since = self.thread_seconds(), time.monotonic()
        time.sleep(seconds)
        share = (self.thread_seconds() - before) / (time.monotonic() - since)
        self.assertLess(share, 0.03 if self.idle == "interrupt" else 0.2)

    def test_an_idle_worker_leaves_its_core(self):
        self.check_share_of_core(3)
        self.assertEqual(self.worker()["idle"], self.idle)

    def test_an_interface_that_is_down_wakes_nobody(self):
        self.set_right("down")
        self.addCleanup(self.ping, B, "-c", "1")
        self.addCleanup(self.set_right, "up")
        self.check_share_of_core(1)

    def set_right(self, state):
        self.topology.execute(self.topology.middle, "ip", "link", "set", "rr-right", state)

    def test_no_packet_is_lost_between_looking_and_sleeping(self):
        before = self.worker()
        done = self.ping(B, "-q", "-c", "1000", "-i", "0.002", timeout=60)
        self.assertEqual(received(done), 1000, done.stdout)
        self.assertGreater(self.worker()["sleeps"], before["sleeps"] + 100)

    def test_the_first_packet_waits_less_than_a_millisecond(self):
        self.check_first_packets(B)

    def test_the_control_thread_wakes_it_too(self):
        self.check_first_packets(LEFT)


class Interrupt(Sleep, RouterTestCase):
    overrides = {"engine": {"idle": "interrupt"}}
    idle = "interrupt"

    def seconds_of_all_threads(self):
        """Returns the time that the scheduler counts, which includes wakes shorter than a tick."""
        tasks = pathlib.Path(f"/proc/{self.router.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def test_an_idle_router_leaves_its_cores(self):
        time.sleep(0.2)
        before, since = self.seconds_of_all_threads(), time.monotonic()
        time.sleep(3)
        share = (self.seconds_of_all_threads() - before) / (time.monotonic() - since)
        self.assertLess(share, 0.03)


class Pause(Sleep, RouterTestCase):
    overrides = {"engine": {"idle": "pause"}}
    idle = "pause"

    def check_share_of_core(self, seconds):
        # A separate thread is used, so that its changed settings end with it.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            bare = pool.submit(share_of_bare_sleeps).result()
        if bare >= 0.2:
            self.skipTest(f"sleeps of 50 us alone take {bare:.0%} of a core on this machine")
        super().check_share_of_core(seconds)
