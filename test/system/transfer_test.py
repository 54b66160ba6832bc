# SPDX-License-Identifier: BSD-3-Clause
"""Real transfers: iperf3 and a file over HTTP."""
import hashlib
import os
import sys

from topology import Ipv6, RouterTestCase, eventually


class Transfer(RouterTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file = cls.topology.directory / "file"
        cls.file.write_bytes(os.urandom(10_000_000))
        cls.serve_iperf()
        cls.topology.spawn(cls.topology.b, sys.executable, "-m", "http.server", "--bind", cls.b, "--directory",
                           cls.topology.directory, "8000")
        if not eventually(lambda: cls.listens(8000), 10):
            raise AssertionError(f"nothing listens on {cls.b}:8000")

    def test_tcp_moves_bytes_to_b(self):
        self.assertGreater(self.iperf()["sum_received"]["bytes"], 1_000_000)

    def test_tcp_moves_bytes_to_a(self):
        self.assertGreater(self.iperf("-R")["sum_received"]["bytes"], 1_000_000)

    def test_udp_at_5_mbit_loses_nothing_to_b(self):
        self.check_udp(self.iperf("--udp", "--bitrate", "5M", "--length", "1400"))

    def test_udp_at_5_mbit_loses_nothing_to_a(self):
        self.check_udp(self.iperf("--udp", "--bitrate", "5M", "--length", "1400", "-R"))

    def check_udp(self, end):
        self.assertGreater(end["sum"]["packets"], 800)
        self.assertEqual(end["sum"]["lost_packets"], 0)

    def test_a_file_arrives_as_it_was_sent(self):
        got = self.topology.directory / "got"
        host = f"[{self.b}]" if ":" in self.b else self.b
        self.from_a("curl", "--silent", "--fail", "--max-time", "20", "--output", got, f"http://{host}:8000/file")
        self.assertEqual(hashlib.sha256(got.read_bytes()).hexdigest(),
                         hashlib.sha256(self.file.read_bytes()).hexdigest())


class TransferIpv6(Ipv6, Transfer):
    """The same over IPv6."""
