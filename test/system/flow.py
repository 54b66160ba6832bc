# SPDX-License-Identifier: BSD-3-Clause
"""A flow through the router; each frame shows when it was sent."""
import select
import socket
import struct
import threading
import time

from frames import frame
from topology import Wire, inside


class Flow(threading.Thread):
    """Numbered frames from host a to a far address, and when and where each was received."""

    def __init__(self, source, far, interval=0.001):
        super().__init__(daemon=True)
        self.source = source
        self.interval = interval
        self.frame = bytes(frame("failover0000", dst=far, size=12))
        self.number = len(self.frame) - 4  # where a frame's number is
        self.sent = []
        self.wires = {}  # name: socket
        self.seen = {}   # name: [(when, number)]
        self.over = False

    def listen(self, name, namespace, interface):
        with inside(namespace):
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        wire.setsockopt(Wire.SOL_PACKET, Wire.PACKET_IGNORE_OUTGOING, 1)
        wire.bind((interface, 3))
        wire.setblocking(False)
        self.seen.setdefault(name, [])
        self.wires[name] = wire

    def receive(self, name):
        try:
            raw = self.wires[name].recv(2048)
        except OSError:  # the interface is down or deleted
            return
        if raw[self.number - 8:self.number] == b"failover":
            self.seen[name].append((time.monotonic(), struct.unpack_from("!I", raw, self.number)[0]))

    def run(self):
        due = time.monotonic()
        while not self.over:
            now = time.monotonic()
            if now >= due:
                self.sent.append(now)
                self.source.send(self.frame[:self.number] + struct.pack("!I", len(self.sent) - 1))
                due = max(due + self.interval, now)
            wires = {wire.fileno(): name for name, wire in list(self.wires.items())}
            ready = select.select(list(wires), [], [], max(0, due - time.monotonic()))[0]
            for descriptor in ready:
                self.receive(wires[descriptor])

    def first_after(self, name, moment):
        """Returns when the first frame sent after that moment was received there; None if none was."""
        return next((when for when, number in list(self.seen[name]) if self.sent[number] >= moment), None)

    def oldest(self, name, moment):
        """Returns the largest age of the frames received there after that moment."""
        return max((when - self.sent[number] for when, number in list(self.seen[name]) if when >= moment), default=0)

    def stop(self):
        self.over = True
        self.join()
        for wire in self.wires.values():
            wire.close()
