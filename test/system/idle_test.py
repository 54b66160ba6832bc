"""A worker that sleeps while nothing arrives, and what that costs the first packet."""
import pathlib
import re
import time

from topology import B, LEFT, RouterTestCase, received


class Sleep:
    """The tests; a class beside says how the worker sleeps."""

    idle = None

    def worker(self):
        return self.router.show("workers")[0]

    def thread_seconds(self):
        """Of the worker's thread."""
        for task in pathlib.Path(f"/proc/{self.router.process.pid}/task").iterdir():
            if "worker" in (task / "comm").read_text():
                fields = (task / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / 100
        raise AssertionError("there is no worker's thread")

    def check_first_packets(self, target):
        """Pings so far apart that each finds the worker asleep. The shortest is the one that shared its core
        with nobody."""
        before = self.worker()["wakes"]
        done = self.ping(target, "-c", "30", "-i", "0.05")
        self.assertEqual(received(done), 30)
        times = [float(ms) for ms in re.findall(r"time=([\d.]+) ms", done.stdout)]
        self.assertLess(min(times), 1, times)
        if self.idle == "interrupt":
            # Ended by the packet, not by the clock.
            self.assertGreaterEqual(self.worker()["wakes"] - before, 25)

    def test_an_idle_worker_leaves_its_core(self):
        time.sleep(0.2)
        before, since = self.thread_seconds(), time.monotonic()
        time.sleep(3)
        share = (self.thread_seconds() - before) / (time.monotonic() - since)
        self.assertLess(share, 0.03 if self.idle == "interrupt" else 0.2)
        self.assertEqual(self.worker()["idle"], self.idle)

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


class Pause(Sleep, RouterTestCase):
    overrides = {"engine": {"idle": "pause"}}
    idle = "pause"
