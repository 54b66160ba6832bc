# SPDX-License-Identifier: BSD-3-Clause
"""The client of a memif: works in shared memory as DPDK's own driver does, but starts without taking a second.

The messages are those of memif.h of libmemif (version 2.0): 128 bytes each, packed.
"""
import mmap
import os
import socket
import struct

VERSION = 2 << 8
ACK, HELLO, INIT, ADD_REGION, ADD_RING, CONNECT, CONNECTED = range(1, 8)
TO_SERVER = 1  # a flag of a ring
COOKIE = 0x3E31F20
HEAD, TAIL, DESCRIPTORS = 6, 64, 128  # offsets in a ring
MESSAGE_BYTES = 128


class MemifClient:
    """One connection; its ring to the server can be filled repeatedly with one frame."""

    def __init__(self, path, frame, log2_ring_size=10, buffer_bytes=2048):
        self.size = 1 << log2_ring_size
        ring_bytes = DESCRIPTORS + 16 * self.size
        first_buffer = -(-2 * ring_bytes // 4096) * 4096
        total = first_buffer + 2 * self.size * buffer_bytes
        self.file = os.memfd_create("memif", os.MFD_ALLOW_SEALING)
        os.ftruncate(self.file, total)
        self.memory = mmap.mmap(self.file, total)
        for ring in range(2):
            self._make_ring(ring * ring_bytes, first_buffer + ring * self.size * buffer_bytes, buffer_bytes,
                            frame if ring == 0 else b"")
        self.events = [os.eventfd(0), os.eventfd(0)]
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self._expect(HELLO)
        self._ask(INIT, struct.pack("=HIB24s32s", VERSION, 0, 0, b"", b"client"))
        self._ask(ADD_REGION, struct.pack("=HQ", 0, total), self.file)
        for ring in range(2):
            self._ask(ADD_RING, struct.pack("=HHHIBH", 0 if ring else TO_SERVER, 0, 0, ring * ring_bytes,
                                            log2_ring_size, 0), self.events[ring])
        self._send(CONNECT, struct.pack("=32s", b"client"))
        self._expect(CONNECTED)

    def _make_ring(self, offset, buffers, buffer_bytes, frame):
        # No interrupt is needed, because both ends poll.
        struct.pack_into("=IHH", self.memory, offset, COOKIE, 1, 0)
        for i in range(self.size):
            begin = buffers + i * buffer_bytes
            struct.pack_into("=HHIII", self.memory, offset + DESCRIPTORS + 16 * i, 0, 0,
                             len(frame) or buffer_bytes, begin, 0)
            self.memory[begin:begin + len(frame)] = frame

    def _send(self, kind, body, descriptor=None):
        message = (struct.pack("=H", kind) + body).ljust(MESSAGE_BYTES, b"\0")
        socket.send_fds(self.socket, [message], [] if descriptor is None else [descriptor])

    def _expect(self, kind):
        answer = self.socket.recv(MESSAGE_BYTES)
        if not answer or struct.unpack_from("=H", answer)[0] != kind:
            raise AssertionError(f"memif: {answer!r} where message {kind} was expected")

    def _ask(self, kind, body, descriptor=None):
        self._send(kind, body, descriptor)
        self._expect(ACK)

    def fill(self):
        """Makes the ring full of frames for the server."""
        tail, = struct.unpack_from("=H", self.memory, TAIL)
        struct.pack_into("=H", self.memory, HEAD, (tail + self.size) & 0xffff)

    def close(self):
        self.socket.close()
        for descriptor in (*self.events, self.file):
            os.close(descriptor)
        self.memory.close()
