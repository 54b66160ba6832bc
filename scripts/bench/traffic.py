# SPDX-License-Identifier: BSD-3-Clause
"""The input of the forwarders: a pcap file of UDP frames, and the routes that cover their destinations."""

import gzip
import ipaddress
import random
import struct

NETWORK = 198 << 24 | 18 << 16  # 198.18.0.0/16, from the range that RFC 2544 reserves for benchmarks
MANY = 16 << 24  # 16.0.0.0/8
NETWORK6 = 0x2001_0002 << 96  # 2001:2::/48, the same range of IPv6 (RFC 5180)
MANY6 = 0x2400 << 112  # 2400::/16
SOURCE = 10 << 24 | 98 << 16 | 9
SOURCE6 = ipaddress.IPv6Address("2001:db8:98::9").packed
# Frames without FCS, which is added on the wire: 64, 1518, and the mix called IMIX. One of IPv6 and UDP has
# 62 octets at least.
SIZES = {"64": [60], "imix": [60] * 7 + [566] * 4 + [1514], "1518": [1514]}
SOURCE_MAC = bytes.fromhex("020000000009")


def checksum(header: bytes) -> int:
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(destination_mac: bytes, destination: int, identification: int, size: int, source: int = SOURCE,
          ports: tuple[int, int] = (1024, 1024)) -> bytes:
    length = size - 14
    fields = [0x45, 0, length, identification, 0, 64, 17, 0, source, destination]
    fields[7] = checksum(struct.pack("!BBHHHBBHII", *fields))
    ip = struct.pack("!BBHHHBBHII", *fields)
    udp = struct.pack("!HHHH", *ports, length - 20, 0)
    return (destination_mac + SOURCE_MAC + b"\x08\x00" + ip + udp).ljust(size, b"\0")


def frame6(destination_mac: bytes, destination: int, size: int) -> bytes:
    size = max(size, 62)
    length = size - 54
    ip = struct.pack("!IHBB", 6 << 28, length, 17, 64) + SOURCE6 + destination.to_bytes(16, "big")
    # Its checksum is that of the receiver to check.
    return destination_mac + SOURCE_MAC + b"\x86\xdd" + (ip + struct.pack("!HHHH", 1024, 1024, length, 1)).ljust(
        size - 14, b"\0")


def write_pcap(path, destination_mac: str, destinations, sizes: str = "64") -> None:
    mac = bytes.fromhex(destination_mac.replace(":", ""))
    mixed = random.Random(7)
    write_frames(path, (frame6(mac, destination, mixed.choice(SIZES[sizes])) if destination >> 32
                        else frame(mac, destination, index & 0xFFFF, mixed.choice(SIZES[sizes]))
                        for index, destination in enumerate(destinations)))


def write_frames(path, frames) -> None:
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for index, data in enumerate(frames):
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


class Subnets6:
    """The given number of adjacent /64s, or /48s where they are many."""

    def __init__(self, count: int):
        self.first, self.length = (NETWORK6, 64) if count == 256 else (MANY6, 48)
        self.count = count

    def routes(self) -> list[str]:
        return [f"{ipaddress.IPv6Address(self.first + (subnet << 128 - self.length))}/{self.length}"
                for subnet in range(self.count)]

    def destinations(self, count: int) -> list[int]:
        chosen = random.Random(2544)
        return [self.first | chosen.getrandbits(128 - self.length) |
                chosen.randrange(self.count) << 128 - self.length for _ in range(count)]


class Both:
    """Two tables, and a destination of either at random."""

    def __init__(self, *tables):
        self.tables = tables

    def routes(self) -> list[str]:
        return [route for table in self.tables for route in table.routes()]

    def destinations(self, count: int) -> list[int]:
        chosen = random.Random(8200)
        streams = [iter(table.destinations(count)) for table in self.tables]
        return [next(chosen.choice(streams)) for _ in range(count)]


class File:
    """A gzip file with one prefix on each line, of which those of one family are used."""

    def __init__(self, path, family: int = 4):
        self.path = path
        self.family = family

    def routes(self) -> list[str]:
        with gzip.open(self.path, "rt") as lines:
            return [line.strip() for line in lines if (":" in line) == (self.family == 6)]

    def destinations(self, count: int) -> list[int]:
        """Addresses in random prefixes, the same in every run."""
        chosen = random.Random(2544)
        bits = 128 if self.family == 6 else 32
        found = []
        for prefix in chosen.choices(self.routes(), k=count):
            address, length = prefix.split("/")
            found.append(int(ipaddress.ip_address(address)) +
                         chosen.randrange(1 << (bits - int(length))))
        return found
