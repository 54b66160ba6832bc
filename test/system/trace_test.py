# SPDX-License-Identifier: BSD-3-Clause
"""Traces and captures of real traffic; tshark reads the captures."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from frames import frame
from topology import ROADCTL, Ipv6, RouterTestCase, eventually, received


class Tapping(RouterTestCase):
    """Starts commands that tap the router."""

    # Filters, and what tshark calls the fields.
    echo, spent = "icmp", "ip[8] == 1"
    time_exceeded = "ICMP time exceeded (type 11, code 0)"
    kind, hop_limit, request, reply = "icmp.type", "ip.ttl", "8", "0"
    overhead = 42  # of an echo request

    def start(self, *words):
        """Starts roadctl, and returns once the router records."""
        process = subprocess.Popen([ROADCTL, "--socket", self.router.socket_path, *map(str, words)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertRegex(process.stderr.readline(), "^(tracing|capturing)")
        return process

    def end(self, process):
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, said)
        return output, said

    def setUp(self):
        self.assertEqual(received(self.ping(self.b, "-c", "1", "-W", "5")), 1)


class Trace(Tapping):
    def test_a_ping_is_traced_there_and_back(self):
        trace = self.start("--json", "trace", "-n", "2", self.echo, "and", "host", self.b)
        self.assertEqual(received(self.ping(self.b, "-c", "1", "-W", "2")), 1)
        packets = json.loads(trace.communicate(timeout=30)[0])
        self.assertEqual([(one["port"], one["verdict"], one["egress"]) for one in packets],
                         [("left", "forward", "right"), ("right", "forward", "left")])
        for one in packets:
            self.assertEqual([step["stage"] for step in one["steps"]],
                             ["rx", "input", "route", "forward", "output", "bands", "tx"])
            self.assertGreater(one["cycles"], 0)

    def test_the_text_says_why_a_packet_was_dropped(self):
        trace = self.start("trace", "port", "left", *self.spent.split())
        self.topology.wire(self.topology.a).send(frame("spent", dst=self.b, ttl=1))
        self.ping(self.b, "-c", "1", "-W", "2", "-t", "1", check=False)
        text, _ = self.end(trace)
        self.assertIn("drop (ttl_exceeded)", text)
        self.assertIn(self.time_exceeded, text)

    def test_a_wrong_filter_is_refused_with_its_place(self):
        done = self.router.roadctl("trace", "tcp", "and", "nonsense", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("after 'tcp', at 'and'", done.stderr)
        self.assertIn("pcap-filter(7)", done.stderr)

    def test_an_unknown_port_s_name_is_taken_for_a_filter(self):
        done = self.router.roadctl("trace", "port", "nowhere", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nowhere", done.stderr)


class TappingIpv6(Ipv6):
    """Neighbor discovery is ICMPv6 too, so that echo needs its types."""

    echo, spent = "(ip6[40] == 128 or ip6[40] == 129)", "ip6[7] == 1"
    time_exceeded = "ICMPv6 hop limit exceeded (type 3, code 0)"
    kind, hop_limit, request, reply = "icmpv6.type", "ipv6.hlim", "128", "129"
    overhead = 62


class TraceIpv6(TappingIpv6, Trace):
    """The same over IPv6."""

    def test_the_text_has_addresses_and_the_hop_limit(self):
        trace = self.start("trace", "-n", "1", "port", "left", "udp", "port", "53")
        self.from_a("python3", "-c", "import socket\n"
                    f"socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('{self.b}', 53))")
        text, _ = trace.communicate(timeout=30)
        self.assertIn(f"IPv6 header valid, from {self.a} to {self.b}, hop limit 64, traffic class 0x00, flow label",
                      text)
        self.assertIn(f"next hop {self.b} on right", text)
        self.assertIn("hop limit is 63 now", text)


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
class Capture(Tapping):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="ringroad-test-")
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "capture.pcapng"

    @staticmethod
    def read(file, *fields):
        """Returns the fields of each packet as tshark reads them."""
        columns = [word for name in fields for word in ("-e", name)]
        done = subprocess.run(["tshark", "-r", file, "-T", "fields", *columns], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def test_a_ping_is_captured_at_both_ports_with_direction_and_fate(self):
        capture = self.start("capture", "any", self.file, self.echo, "and", "host", self.b)
        self.assertEqual(received(self.ping(self.b, "-c", "2", "-W", "2", "-i", "0.01")), 2)
        _, said = self.end(capture)
        self.assertIn("8 packets captured, 0 lost", said)
        rows = self.read(self.file, "frame.interface_name", "frame.packet_flags_direction",
                         self.kind, "frame.comment")
        self.assertEqual(len(rows), 8)
        for row in (("left", "0x00000001", self.request, "forward: to right"),
                    ("right", "0x00000002", self.request, ""),
                    ("right", "0x00000001", self.reply, "forward: to left"),
                    ("left", "0x00000002", self.reply, "")):
            self.assertEqual(rows.count(row), 2, (row, rows))

    def test_drops_alone_with_their_reason(self):
        capture = self.start("capture", "left", self.file, "--drops")
        self.assertEqual(received(self.ping(self.b, "-c", "1", "-W", "2")), 1)
        self.ping(self.b, "-c", "1", "-W", "2", "-t", "1", check=False)
        self.end(capture)
        rows = self.read(self.file, self.hop_limit, "frame.comment")
        self.assertTrue(any(ttl.startswith("1") and comment.startswith("drop: ttl_exceeded")
                            for ttl, comment in rows), rows)
        self.assertFalse(any(comment == "" for _, comment in rows), rows)

    def test_a_capture_into_a_pipe_is_read_as_it_comes(self):
        capture = self.start("capture", "left", "-", "-n", "2", self.echo)
        reader = subprocess.Popen(["tshark", "-r", "-"], stdin=capture.stdout, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        capture.stdout.close()
        self.assertEqual(received(self.ping(self.b, "-c", "1", "-W", "2")), 1)
        self.assertEqual(len(reader.communicate(timeout=60)[0].splitlines()), 2)

    def test_statistics_and_stamps_are_there(self):
        capture = self.start("capture", "any", self.file, "-s", "60")
        self.assertEqual(received(self.ping(self.b, "-c", "3", "-W", "2", "-i", "0.01", "-s", "400")), 3)
        self.end(capture)
        lengths = self.read(self.file, "frame.len", "frame.cap_len", "frame.time_epoch", self.kind)
        length = str(400 + self.overhead)
        self.assertIn((length, "60"), {row[:2] for row in lengths})
        stamps = [float(row[2]) for row in lengths if row[3] == self.request and row[0] == length]
        self.assertGreater(max(stamps), min(stamps))
        for row in lengths:  # nanoseconds
            self.assertEqual(len(row[2].partition(".")[2]), 9)
        done = subprocess.run(["capinfos", "-M", self.file], check=True, text=True,
                              stdout=subprocess.PIPE)
        self.assertRegex(done.stdout, r"Number of stat entries\s+= 1")
        self.assertIn("rr-left", done.stdout)

    def test_a_full_disk_ends_the_capture_with_its_count(self):
        done = self.router.roadctl("capture", "any", "/dev/full", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)

    def test_files_are_rotated(self):
        capture = self.start("capture", "any", self.file, "--rotate", "1")
        self.ping(self.b, "-c", "600", "-f", "-s", "1400", "-q", check=False, timeout=60)
        _, said = self.end(capture)
        files = sorted(self.file.parent.glob("*.pcapng"))
        self.assertGreater(len(files), 2)
        packets = 0
        for file in files:
            self.assertLess(file.stat().st_size, 1_000_001)
            packets += len(self.read(file, "frame.number"))
        self.assertIn(f"{packets} packets captured", said)


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
class CaptureIpv6(TappingIpv6, Capture):
    """The same over IPv6."""


class Killed(Tapping):
    """A router of its own: taps without a client record until they are given up."""

    def test_a_client_that_is_killed_leaves_no_tap_behind(self):
        for _ in range(8):  # as many as there may be at a time
            capture = self.start("capture", "any", "/dev/null")
            capture.kill()
            capture.wait()
        refused = self.router.roadctl("trace", "-n", "1", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("8 traces and captures run already", refused.stderr)

        def captures():
            done = self.router.roadctl("capture", "any", "/dev/full", check=False)
            return "No space left" in done.stderr

        self.assertTrue(eventually(captures, 20))
