# SPDX-License-Identifier: BSD-3-Clause
"""Packets that no router forwards: each is counted under its own reason, and none reaches the far side."""
from frames import ICMP, IP, Raw, carries, datagram, ethernet, frame, is_icmp_error
from scapy.utils import checksum
from topology import LEFT, RouterTestCase

COUNT = 7
MARK = "never-forward"


def with_ip(**fields):
    """Returns a valid frame with these IP header fields, and a correct checksum."""
    return frame(MARK, **fields)


def with_broken_checksum():
    packet = IP(bytes(datagram(MARK)))
    packet.chksum ^= 0x1111
    return ethernet() / packet


def with_options(*octets):
    """Returns a valid frame with these raw IP options: a multiple of four octets."""
    raw = bytearray(bytes(datagram(MARK)))
    raw[20:20] = octets
    raw[0] += len(octets) // 4
    raw[2:4] = len(raw).to_bytes(2, "big")
    raw[10:12] = b"\0\0"
    raw[10:12] = checksum(bytes(raw[:20 + len(octets)])).to_bytes(2, "big")
    return ethernet(type=0x0800) / Raw(bytes(raw))


def cut(length):
    """Returns the first octets of a valid frame."""
    return bytes(frame(MARK, size=200))[:length]


CASES = {
    "a broadcast frame around a unicast packet":
        ("l2_broadcast", ethernet(dst="ff:ff:ff:ff:ff:ff") / datagram(MARK)),
    "a multicast frame around a unicast packet":
        ("l2_broadcast", ethernet(dst="01:00:5e:00:00:01") / datagram(MARK)),
    "another station's frame": ("other_host", ethernet(dst="02:00:00:00:99:99") / datagram(MARK)),
    "a wrong header checksum": ("ip_bad_checksum", with_broken_checksum()),
    "a total length beyond the frame": ("ip_truncated", with_ip(len=500)),
    "a frame that ends inside the IP header": ("ip_truncated", cut(14 + 12)),
    "a frame that ends inside the packet": ("ip_truncated", cut(14 + 60)),
    "version 5": ("ip_bad_version", with_ip(version=5)),
    "version 6 under the EtherType of IPv4": ("ip_bad_version", with_ip(version=6)),
    "a header of four words": ("ip_bad_version", with_ip(ihl=4)),
    "a header length beyond the packet": ("ip_truncated", with_ip(ihl=15, size=20)),
    "a total length below the header": ("ip_bad_length", with_ip(len=10)),
    "an option that is longer than the options": ("ip_bad_options", with_options(7, 39, 4, 0, 0, 0, 0, 0)),
    "an option of length zero": ("ip_bad_options", with_options(7, 0, 4, 0)),
    "loose source route": ("source_route", with_options(131, 7, 4, 192, 168, 2, 2, 0)),
    "strict source route": ("source_route", with_options(137, 7, 4, 192, 168, 2, 2, 0)),
    "source in 0/8": ("martian_source", with_ip(src="0.1.2.3")),
    "source 0.0.0.0": ("martian_source", with_ip(src="0.0.0.0")),
    "loopback source": ("martian_source", with_ip(src="127.0.0.1")),
    "multicast source": ("martian_source", with_ip(src="224.0.0.1")),
    "reserved source": ("martian_source", with_ip(src="240.0.0.1")),
    "broadcast source": ("martian_source", with_ip(src="255.255.255.255")),
    "the router's own address as source": ("martian_source", with_ip(src=LEFT)),
    "loopback destination": ("martian_destination", with_ip(dst="127.0.0.1")),
    "destination in 0/8": ("martian_destination", with_ip(dst="0.1.2.3")),
    "reserved destination": ("martian_destination", with_ip(dst="240.0.0.1")),
    "limited broadcast": ("broadcast", with_ip(dst="255.255.255.255")),
    "the far subnet's broadcast": ("broadcast", with_ip(dst="192.168.2.255")),
    "the near subnet's broadcast": ("broadcast", with_ip(dst="192.168.1.255")),
    "an unknown group": ("multicast", with_ip(dst="239.1.1.1")),
    "an unknown EtherType": ("unknown_ethertype", ethernet(type=0x1234) / Raw(MARK)),
    "IPv6, not routed": ("unknown_ethertype", ethernet(type=0x86DD) / Raw(MARK)),
    "an 802.3 frame with a length": ("llc", ethernet(type=64) / Raw(MARK.ljust(64))),
    "an echo reply that nobody waits for":
        ("icmp_ignored", ethernet() / IP(src="192.168.1.2", dst=LEFT) / ICMP(type=0) / Raw(MARK)),
}


# As Linux's ip_options_compile() does, the router tells the sender where the option is wrong.
ANSWERED = {"an option of length zero", "an option that is longer than the options"}


class NeverForwarded(RouterTestCase):
    """One test for each case of the table above."""

    def check(self, reason, bad, answered):
        inside_wire = self.topology.wire(self.topology.a)
        outside_wire = self.topology.wire(self.topology.b)
        with self.drops_rise_by(**{reason: COUNT}):
            inside_wire.send(bad, COUNT)
            # Forwarded packets keep their order: when this one arrives, the others have been
            # processed.
            inside_wire.send(frame("good"))
            out = []
            self.assertIsNotNone(outside_wire.wait(
                lambda raw: out.append(raw) or carries("good")(raw)), "a good packet was lost")
        self.assertEqual([raw for raw in out if carries(MARK)(raw)], [])
        back = [raw for _, raw in inside_wire.frames(0.05)
                if is_icmp_error(raw) and carries(MARK)(raw)]
        if answered:
            self.assertEqual({raw[34] for raw in back}, {12}, "parameter problems, to be limited")
        else:
            self.assertEqual(back, [], "an ICMP error answered it")


def add_cases():
    for name, (reason, bad) in CASES.items():
        def test(self, reason=reason, bad=bad, answered=name in ANSWERED):
            self.check(reason, bad, answered)
        method = "test_" + "".join(c if c.isalnum() else "_" for c in name.lower())
        setattr(NeverForwarded, method, test)


add_cases()
