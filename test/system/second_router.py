# SPDX-License-Identifier: BSD-3-Clause
"""A second router in the same namespace, at the far end of one of the first router's devices."""
import shutil
import tempfile

from topology import Router, merged


class SecondRouter:
    """A mixin for topologies; it must precede the topology among the base classes."""

    def add_second(self, **overrides):
        directory = self.directory / "second"
        directory.mkdir()
        config = self.config(**merged({"engine": {"socket": str(directory / "router.sock")}}, overrides))
        self.second = Router(directory, config, self.middle)

    def start_second(self):
        self.second.start()
        self.second.wait_ready()

    def tear_down(self):
        if self.second.running():
            self.second.kill()
        super().tear_down()


def on_one_wire(test_class, devices):
    """Returns the device strings of both ends; their socket is in a folder that is removed with the
    class."""
    folder = tempfile.mkdtemp(prefix="ringroad-wire-")
    test_class.addClassCleanup(shutil.rmtree, folder)
    return [device.format(f"{folder}/wire") for device in devices]
