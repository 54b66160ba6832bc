# SPDX-License-Identifier: BSD-3-Clause
"""The input of the forwarders: a pcap file of UDP frames, and the routes that cover their destinations."""

import gzip
import ipaddress
import random
import struct

NETWORK = 198 << 24 | 18 << 16  # 198.18.0.0/16, from the range that RFC 2544 reserves for benchmarks
MANY = 16 << 24  # 16.0.0.0/8
SOURCE = 10 << 24 | 98 << 16 | 9
# Frames without FCS, which is added on the wire: 64, 1518, and the mix called IMIX.
SIZES = {"64": [60], "imix": [60] * 7 + [566] * 4 + [1514], "1518": [1514]}
SOURCE_MAC = bytes.fromhex("020000000009")


def checksum(header: bytes) -> int:
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(destination_mac: bytes, destination: int, identification: int, size: int) -> bytes:
    length = size - 14
    fields = [0x45, 0, length, identification, 0, 64, 17, 0, SOURCE, destination]
    fields[7] = checksum(struct.pack("!BBHHHBBHII", *fields))
    ip = struct.pack("!BBHHHBBHII", *fields)
    udp = struct.pack("!HHHH", 1024, 1024, length - 20, 0)
    return (destination_mac + SOURCE_MAC + b"\x08\x00" + ip + udp).ljust(size, b"\0")


def write_pcap(path, destination_mac: str, destinations, sizes: str = "64") -> None:
    mac = bytes.fromhex(destination_mac.replace(":", ""))
    mixed = random.Random(7)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for index, destination in enumerate(destinations):
            data = frame(mac, destination, index & 0xFFFF, mixed.choice(SIZES[sizes]))
            file.write(struct.pack("<IIII", 0, index, len(data), len(data)) + data)


def text(network: int, length: int) -> str:
    return f"{ipaddress.IPv4Address(network)}/{length}"


class Subnets:
    """The given number of adjacent /24s."""

    def __init__(self, count: int):
        self.first = NETWORK if count == 256 else MANY
        self.count = count

    def routes(self) -> list[str]:
        return [text(self.first + (subnet << 8), 24) for subnet in range(self.count)]

    def destinations(self, count: int) -> list[int]:
        """Distinct addresses in random order, the same in every run."""
        return [self.first | host
                for host in random.Random(2544).sample(range(self.count << 8), count)]


class File:
    """A gzip file with one prefix on each line; IPv6 prefixes are skipped."""

    def __init__(self, path):
        self.path = path

    def routes(self) -> list[str]:
        with gzip.open(self.path, "rt") as lines:
            return [line.strip() for line in lines if ":" not in line]

    def destinations(self, count: int) -> list[int]:
        """Addresses in random prefixes, the same in every run."""
        chosen = random.Random(2544)
        found = []
        for prefix in chosen.choices(self.routes(), k=count):
            address, length = prefix.split("/")
            found.append(int(ipaddress.IPv4Address(address)) +
                         chosen.randrange(1 << (32 - int(length))))
        return found
