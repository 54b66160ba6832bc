# SPDX-License-Identifier: BSD-3-Clause
"""A shared-memory port whose other process connects and leaves."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

from frames import frame
from memif_client import MemifClient
from topology import CORES, RouterTestCase, eventually

TIMES = 300
FRAME = bytes(frame("for-somebody", size=1400))


def take_turns(core):
    """Occupies the core half of the time, in turns, with priority over all other processes."""
    os.sched_setaffinity(0, [core])
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    while True:
        until = time.monotonic() + 0.0005
        while time.monotonic() < until:
            pass
        time.sleep(0.0005)


class ComesAndGoes(RouterTestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="ringroad-memif-")
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.path = f"{folder}/wire"
        cls.overrides = {"ports": {"memif": {"device": f"net_memif0,role=server,socket={cls.path},"
                                                       "socket-abstract=no", "addresses": ["10.0.0.1/24"]}}}
        super().setUpClass()

    # The driver unmaps the rings while its worker may be using one, because another process has
    # interrupted it there.
    def test_a_client_that_leaves_while_its_frames_are_received(self):
        other = subprocess.Popen([sys.executable, __file__, str(CORES[-1])])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        before = self.router.show("ports")[-1]["rx_packets"]
        for _ in range(TIMES):
            client = MemifClient(self.path, FRAME)
            for _ in range(10):
                client.fill()
                time.sleep(0.0001)
            client.close()
            self.assertTrue(self.router.running(), self.router.log())
        self.assertTrue(eventually(lambda: self.router.show("ports")[-1]["link"] == "down"))
        self.assertGreater(self.router.show("ports")[-1]["rx_packets"], before + TIMES)


if __name__ == "__main__":
    take_turns(int(sys.argv[1]))
