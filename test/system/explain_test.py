# SPDX-License-Identifier: BSD-3-Clause
"""`roadctl explain` beside what the router does: packets of words, of hexadecimal digits and of files."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from scapy.layers.inet import UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.packet import Raw

from frames import Ether, carries, datagram, ethernet, frame, is_icmp_error
from ipv6_test import A6, B6, LEFT6, Ipv6TestCase
from topology import A, A_MAC, B, B_MAC, LEFT, LEFT_MAC, RouterTestCase, eventually, received

NOBODY = "192.168.2.77"


class Explain(RouterTestCase):
    def setUp(self):
        self.assertEqual(received(self.ping(B, "-c", "1", "-W", "5")), 1)
        self.wire = self.topology.wire(self.topology.a)
        self.addCleanup(self.wire.close)
        folder = tempfile.TemporaryDirectory(prefix="ringroad-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def explain(self, *words):
        done = self.router.roadctl("--json", "explain", "from", "left", *map(str, words))
        return json.loads(done.stdout)

    def text(self, *words):
        return self.router.roadctl("explain", "from", "left", *map(str, words)).stdout

    def test_a_packet_that_is_forwarded(self):
        answer = self.explain(A, B, "proto", "udp", "sport", 4000, "dport", 4001)
        self.assertEqual((answer["verdict"], answer["reason"], answer["icmp"]), ("forward", None, None))
        self.assertEqual({key: answer["egress"][key] for key in ("port", "via", "mac", "bytes")},
                         {"port": "right", "via": B, "mac": B_MAC, "bytes": 98})
        text = self.text(A, B)
        self.assertTrue(text.startswith("forward by right to 192.168.2.2, 98 bytes\n"), text)
        self.assertIn("192.168.2.2 matches 192.168.2.", text)

    def test_a_new_user_sees_in_one_command_why_a_ping_fails(self):
        self.assertEqual(received(self.ping("172.16.0.1", "-c", "1", "-W", "1", check=False)), 0)
        text = self.text(A, "172.16.0.1")
        self.assertTrue(text.startswith("drop (no_route)\n"), text)
        self.assertIn("172.16.0.1 matches no route", text)
        self.assertIn("its sender is told: ICMP network unreachable (type 3, code 0)", text)

    def test_the_errors_are_those_that_come(self):
        for words, packet, kind, code in (
                (("ttl", 1), frame("spent", ttl=1), 11, 0),
                (("length", 1500, "df"), None, 3, 4)):
            with self.subTest(words):
                if kind == 3:
                    self.router.roadctl("link", "set", "right", "mtu", "1000")
                    self.addCleanup(self.router.roadctl, "link", "set", "right", "mtu", "1500")
                    packet = frame("long", size=1400, flags="DF")
                icmp = self.explain(A, B, *words)["icmp"]
                self.assertEqual((icmp["type"], icmp["code"], icmp["to"], icmp["from"], icmp["sent"]),
                                 (kind, code, A, LEFT, True))
                self.wire.send(packet)
                self.assertTrue(self.wire.wait(lambda raw: is_icmp_error(raw, kind, code)))
        self.assertEqual(icmp["mtu"], 1000)

    def test_a_neighbor_that_does_not_answer(self):
        answer = self.explain(A, NOBODY)
        self.assertEqual((answer["verdict"], answer["egress"]["waits"]), ("forward", True))
        neighbors = json.loads(self.router.roadctl("--json", "show", "neighbors").stdout)
        self.assertNotIn(NOBODY, [one["address"] for one in neighbors])
        self.wire.send(frame("lost", dst=NOBODY))
        self.assertTrue(eventually(lambda: "is FAILED: it did not answer ARP" in self.text(A, NOBODY), 10))

    def test_the_router_s_own_address(self):
        answer = self.explain(A, LEFT)
        self.assertEqual(answer["verdict"], "deliver")
        self.assertEqual((answer["icmp"]["type"], answer["icmp"]["to"]), (0, A))
        closed = self.explain(A, LEFT, "proto", "udp", "dport", 9)
        self.assertEqual((closed["verdict"], closed["reason"], closed["icmp"]["code"]),
                         ("drop", "port_closed", 3))

    def test_a_frame_in_hexadecimal_and_nothing_counted(self):
        before = self.router.roadctl("--json", "show", "drops").stdout
        raw = bytes(ethernet(dst="02:00:00:00:09:09") / datagram("other"))
        self.assertEqual(self.explain("--frame", raw.hex())["reason"], "other_host")
        spoiled = bytearray(bytes(frame("spoiled")))
        spoiled[24] ^= 0xff
        self.assertEqual(self.explain("--frame", spoiled.hex(":"))["reason"], "ip_bad_checksum")
        self.assertEqual(self.router.roadctl("--json", "show", "drops").stdout, before)
        self.assertIsNone(self.wire.wait(carries("spoiled"), 0.2))

    def test_a_frame_of_a_file(self):
        from scapy.utils import wrpcap  # pylint: disable=import-outside-toplevel
        path = self.folder / "two.pcap"
        wrpcap(str(path), [frame("one"), frame("two", ttl=1)])
        self.assertEqual(self.explain("--pcap", path)["verdict"], "forward")
        self.assertEqual(self.explain("--pcap", path, "--number", 2)["reason"], "ttl_exceeded")
        missing = self.router.roadctl("explain", "from", "left", "--pcap", path, "--number", "3", check=False)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("there is no frame 3", missing.stderr)

    @unittest.skipUnless(shutil.which("tcpdump"), "tcpdump is not installed")
    def test_a_frame_that_tcpdump_captured(self):
        path = self.folder / "tcpdump.pcap"
        process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.topology.a}", "tcpdump", "-U", "-c", "1", "-w", path,
             "-i", "eth0", "icmp and dst 172.16.0.1"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        process.stderr.readline()
        time.sleep(0.5)
        self.ping("172.16.0.1", "-c", "1", "-W", "1", check=False)
        process.communicate(timeout=10)
        answer = self.explain("--pcap", path)
        self.assertEqual((answer["reason"], answer["icmp"]["type"]), ("no_route", 3))

    def test_mistakes_are_told(self):
        for words, status, said in (
                (("from", "lfet", A, B), 1, "did you mean 'left'?"),
                (("from", "left", A), 2, "DST is missing"),
                ((A, B), 2, "explain from PORT SRC DST"),
                (("from", "left", "300.0.0.1", B), 1, "'300.0.0.1' is not an IPv4 address"),
                (("from", "left", "--frame", "zz"), 1, "hexadecimal digits"),
                (("from", "left", A, B, "--frame", "00"), 2, "only 'from PORT' goes with it"),
                (("from", "left", "--pcap", "/nonexistent"), 2, "/nonexistent")):
            with self.subTest(words):
                done = self.router.roadctl("explain", *words, check=False)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(said, done.stderr)

    def test_the_mac_says_whom_the_frame_is_for(self):
        self.assertEqual(self.explain(A, B, "mac", "02:00:00:00:09:09")["reason"], "other_host")
        self.assertEqual(self.explain(A, B, "mac", "ff:ff:ff:ff:ff:ff")["reason"], "l2_broadcast")
        self.assertEqual(Ether(bytes.fromhex(self.explain(A, B)["sends"][0]["frame"])).src[:9],
                         LEFT_MAC[:9])


class ExplainIpv6(Ipv6TestCase):
    """The same for IPv6: what is said beside what comes."""

    def setUp(self):
        self.assertEqual(received(self.ping6(B6, "-c", "1", "-W", "5")), 1)
        self.wire = self.topology.wire(self.topology.a)
        self.addCleanup(self.wire.close)

    def explain(self, *words):
        return json.loads(self.router.roadctl("--json", "explain", "from", "left", *map(str, words)).stdout)

    def text(self, *words):
        return self.router.roadctl("explain", "from", "left", *map(str, words)).stdout

    @staticmethod
    def packet(dst=B6, hlim=64, size=26):
        return (Ether(src=A_MAC, dst=LEFT_MAC) / IPv6(src=A6, dst=dst, hlim=hlim) / UDP(sport=4000, dport=4001)
                / Raw(b"." * size))

    @staticmethod
    def is_icmp6(kind, code=0):
        return lambda raw: raw[12:14] == b"\x86\xdd" and raw[20] == 58 and raw[54] == kind and raw[55] == code

    def test_a_packet_that_is_forwarded(self):
        answer = self.explain(A6, B6, "proto", "udp", "sport", 4000, "dport", 4001)
        self.assertEqual((answer["verdict"], answer["reason"], answer["icmp"]), ("forward", None, None))
        self.assertEqual({key: answer["egress"][key] for key in ("port", "via", "mac", "bytes")},
                         {"port": "right", "via": B6, "mac": B_MAC, "bytes": 118})
        text = self.text(A6, B6, "tclass", 184, "flowlabel", 4660)
        self.assertTrue(text.startswith(f"forward by right to {B6}, 118 bytes\n"), text)
        self.assertIn("traffic class 0xb8, flow label 0x01234, ICMPv6", text)
        self.assertIn("hop limit is 63 now", text)

    def test_the_errors_are_those_that_come(self):
        self.router.roadctl("link", "set", "right", "mtu", "1400")
        self.addCleanup(self.router.roadctl, "link", "set", "right", "mtu", "1500")
        for words, packet, kind, code in (
                ((A6, B6, "hoplimit", 1), self.packet(hlim=1), 3, 0),
                ((A6, "2001:db8:77::1"), self.packet(dst="2001:db8:77::1"), 1, 0),
                ((A6, LEFT6, "proto", "udp", "dport", 4001), self.packet(dst=LEFT6), 1, 4),
                ((A6, B6, "length", 1500), self.packet(size=1452), 2, 0)):
            with self.subTest(words):
                icmp = self.explain(*words)["icmp"]
                self.assertEqual((icmp["type"], icmp["code"], icmp["to"], icmp["from"], icmp["sent"]),
                                 (kind, code, A6, LEFT6, True))
                self.wire.send(packet)
                self.assertTrue(self.wire.wait(self.is_icmp6(kind, code)))
        self.assertEqual(icmp["mtu"], 1400)

    def test_a_neighbor_that_does_not_answer(self):
        nobody = "2001:db8:2::77"
        answer = self.explain(A6, nobody)
        self.assertEqual((answer["verdict"], answer["egress"]["waits"]), ("forward", True))
        text = self.text(A6, nobody)
        self.assertIn(f"to {nobody}, 118 bytes, once it answers neighbor solicitations\n", text)
        self.assertIn("a neighbor solicitation from fe80::", text)
        self.assertIn("to ff02::1:ff00:77", text)
        self.assertNotIn(nobody, [one["address"] for one in self.router.show("neighbors")])
        self.wire.send(self.packet(dst=nobody))
        self.assertTrue(eventually(
            lambda: "is FAILED: it did not answer neighbor solicitations" in self.text(A6, nobody), 10))

    def test_what_is_for_the_router(self):
        answer = self.explain(A6, LEFT6)
        self.assertEqual(answer["verdict"], "deliver")
        self.assertEqual((answer["icmp"]["type"], answer["icmp"]["to"]), (129, A6))
        closed = self.explain(A6, LEFT6, "proto", "tcp", "dport", 9)
        self.assertEqual((closed["verdict"], closed["reason"]), ("drop", "port_closed"))
        self.assertIn("TCP reset", closed["sends"][0]["what"])
        asked = bytes(Ether(src=A_MAC, dst="33:33:ff:00:00:01") / IPv6(src=A6, dst="ff02::1:ff00:1", hlim=255)
                      / ICMPv6ND_NS(tgt=LEFT6) / ICMPv6NDOptSrcLLAddr(lladdr=A_MAC))
        answer = self.explain("--frame", asked.hex())
        self.assertEqual((answer["verdict"], answer["icmp"]["type"]), ("deliver", 136))
        self.assertIn(f"neighbor advertisement (type 136, code 0), about {LEFT6}", answer["sends"][0]["what"])

    def counters_change(self):
        before = self.router.roadctl("--json", "show", "counters").stdout
        self.explain(A6, LEFT6)
        self.explain(A6, B6, "hoplimit", 1)
        self.explain("--frame", bytes(Ether(src=A_MAC, dst=LEFT_MAC) / IPv6(src=A6, dst=LEFT6)
                                      / ICMPv6EchoRequest(data=b"." * 1400)).hex())
        return self.router.roadctl("--json", "show", "counters").stdout != before

    def test_nothing_is_counted(self):
        # The hosts look for their neighbors when they like, and each time that is counted.
        self.assertTrue(eventually(lambda: not self.counters_change()))


if __name__ == "__main__":
    unittest.main()
