# SPDX-License-Identifier: BSD-3-Clause
"""The live screen of roadctl: what it shows, its keys, a terminal that changes its size, a router that dies."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from topology import B, ROADCTL, RouterTestCase, Topology, run


class Screen:
    """What a VT100 would show of the bytes that were written to it."""

    SEQUENCE = re.compile(rb"\x1b(?:\[([?>]?)([\d;]*)([A-Za-z])|[()][A-Z0-9]|[=>78MDE])")

    def __init__(self, columns, lines):
        self.resize(columns, lines)

    def resize(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.cells = [[" "] * columns for _ in range(lines)]
        self.row = self.column = 0
        self.region = (0, lines - 1)

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def write(self, data):
        """Returns the bytes of an incomplete sequence at the end."""
        at = 0
        while at < len(data):
            if data[at] == 0x1b:
                found = self.SEQUENCE.match(data, at)
                if not found:
                    if len(data) - at < 20:
                        return data[at:]
                    raise AssertionError(f"unknown sequence {data[at:at + 20]!r}")
                if found[3]:
                    self.control(found[3].decode(), [int(n or 0) for n in found[2].split(b";")])
                elif found[0] == b"\x1bM":
                    self.reverse_index()
                at = found.end()
                continue
            self.put(chr(data[at]))
            at += 1
        return b""

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.index()
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character == "\t":
            self.column = min(self.column // 8 * 8 + 8, self.columns - 1)
        elif character >= " ":
            self.cells[self.row][min(self.column, self.columns - 1)] = character
            self.column += 1

    def index(self):
        top, bottom = self.region
        if self.row == bottom:
            self.cells.insert(bottom + 1, [" "] * self.columns)
            del self.cells[top]
        else:
            self.row = min(self.row + 1, self.lines - 1)

    def reverse_index(self):
        top, bottom = self.region
        if self.row == top:
            del self.cells[bottom]
            self.cells.insert(top, [" "] * self.columns)
        else:
            self.row = max(self.row - 1, 0)

    def control(self, kind, numbers):
        first = max(numbers[0], 1)
        if kind == "H":
            self.row = min(first, self.lines) - 1
            self.column = min(max(numbers[1], 1) if len(numbers) > 1 else 1, self.columns) - 1
        elif kind in "AB":
            self.row = min(max(self.row + (first if kind == "B" else -first), 0), self.lines - 1)
        elif kind in "CD":
            self.column = min(max(self.column + (first if kind == "C" else -first), 0), self.columns - 1)
        elif kind in "KJ":
            cursor = self.row * self.columns + self.column
            begin, end = {0: (cursor, None), 1: (0, cursor + 1), 2: (0, None)}[numbers[0]]
            if kind == "K":
                begin = max(begin, self.row * self.columns)
                end = min(end or 1 << 30, (self.row + 1) * self.columns)
            for i in range(begin, min(end or 1 << 30, self.lines * self.columns)):
                self.cells[i // self.columns][i % self.columns] = " "
        elif kind == "r":
            bottom = numbers[1] if len(numbers) > 1 and numbers[1] else self.lines
            self.region = (first - 1, min(bottom, self.lines) - 1)
            self.row = self.column = 0
        elif kind not in "mhl":
            raise AssertionError(f"unknown control {kind}")


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *command, columns=80, lines=24):
        self.screen = Screen(columns, lines)
        self.rest = b""
        self.master, slave = pty.openpty()
        self.set_size(columns, lines)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        env={**os.environ, "TERM": "vt100"})
        os.close(slave)

    def set_size(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns, lines):
        self.read(0.1)
        self.screen.resize(columns, lines)
        self.set_size(columns, lines)
        self.process.send_signal(signal.SIGWINCH)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read(self, seconds):
        """Reads for that time, or until nothing more follows what came."""
        while select.select([self.master], [], [], seconds)[0]:
            try:
                self.rest = self.screen.write(self.rest + os.read(self.master, 65536))
            except OSError:  # the other side is closed
                return
            seconds = 0.05

    def wait_for(self, pattern, seconds=8.0, absent=False):
        """Reads until the screen matches, or, with `absent`, does not."""
        deadline = time.monotonic() + seconds
        while (re.search(pattern, self.screen.text(), re.M) is None) != absent:
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} {'stays' if absent else 'is not'} on the screen:\n{self.screen.text()}")
            self.read(0.1)
        return self.screen.text()

    def end(self):
        """Returns the exit status."""
        deadline = time.monotonic() + 8
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.1)
        if self.process.poll() is None:
            self.process.kill()
        return self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


class Top(RouterTestCase):
    def terminal(self, **size):
        terminal = Terminal(ROADCTL, "--socket", self.router.socket_path, "top", **size)
        self.addCleanup(terminal.close)
        return terminal

    def test_rates_and_drops_are_shown_as_they_happen(self):
        terminal = self.terminal()
        screen = terminal.wait_for(r"^left +up ")
        self.assertRegex(screen.splitlines()[0], r"^ringroad 0\.\d+\.\d+ .*up 00:")
        self.assertRegex(screen, r"(?m)^CORE +BUSY %")
        # Not -w: with a deadline ping(8) ends at the first error, which is that of the time to live.
        pings = [self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.01", "-c", "3000", *ttl, B)
                 for ttl in ([], ["-t", "1"])]
        try:
            terminal.wait_for(r"^left +up +[1-9]\d+ ")
            terminal.wait_for(r"^ttl_exceeded +[1-9]\d* +\d+ +the time to live ran out")
            terminal.wait_for(r"^right +\d +\d+ ")  # its band
        finally:
            for ping in pings:
                ping.kill()
        terminal.wait_for(r"^left +up +0 ")
        terminal.wait_for(r"^ttl_exceeded +0 +[1-9]\d* ")
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_keys(self):
        terminal = self.terminal()
        terminal.wait_for(r"^left +up ")
        terminal.type("s")
        terminal.wait_for("sorted by received packets$")
        terminal.type("sss")
        terminal.wait_for("sorted by", absent=True)
        terminal.type("/rig\r")
        terminal.wait_for(r"^left ", absent=True)
        screen = terminal.wait_for(r"^right +up ")
        self.assertIn("only 'rig'", screen)
        terminal.type("/\r")
        terminal.wait_for(r"^left ")
        terminal.type("h")
        terminal.wait_for("^  q +quit$")
        terminal.type("x")
        terminal.wait_for("^left ")
        terminal.type("b")
        terminal.wait_for(r"^left +2 +0 +0 ")
        terminal.type(" ")
        terminal.wait_for("stopped$")
        terminal.type(" ")
        terminal.wait_for("stopped$", absent=True)
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_a_small_screen_scrolls_and_a_large_one_is_used(self):
        terminal = self.terminal(columns=60, lines=6)
        terminal.wait_for("^PORT +LINK")
        terminal.type("\x1bOB" * 3)
        terminal.wait_for("^PORT +LINK", absent=True)
        terminal.resize(120, 40)
        screen = terminal.wait_for("^PORT +LINK")
        self.assertIn("q quit", terminal.wait_for("^q quit").splitlines()[39])
        self.assertIn("CYCLES/packet", screen)
        terminal.process.send_signal(signal.SIGTERM)
        self.assertEqual(terminal.end(), 0)

    def test_once_prints_one_page_for_scripts(self):
        self.ping(B, "-c", "1")
        page = self.router.roadctl("top", "--once").stdout
        self.assertRegex(page, r"(?m)^left +up ")
        self.assertLessEqual(max(map(len, page.splitlines())), 80)
        self.assertNotIn("\x1b", page)
        answer = json.loads(self.router.roadctl("--json", "top", "--once").stdout)
        self.assertEqual(set(answer), {"router", "ports", "bands", "drops"})
        self.assertEqual([port["name"] for port in answer["ports"]], ["left", "right"])

    def test_it_needs_a_terminal(self):
        done = self.router.roadctl("top", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--once", done.stderr)


class Dead(unittest.TestCase):
    def test_a_router_that_dies_and_comes_back(self):
        with Topology() as topology:
            terminal = Terminal(ROADCTL, "--socket", topology.router.socket_path, "top")
            try:
                terminal.wait_for(r"^left +up ")
                topology.router.kill()
                screen = terminal.wait_for("^no router at ")
                self.assertIn("left", screen)  # what it last said
                topology.router.start()
                topology.router.wait_ready()
                terminal.wait_for("^ringroad 0.* up 00:00:0")
                with topology.router.stopped():
                    terminal.wait_for("does not answer|hung up|no router", 12)
                terminal.wait_for("^ringroad 0.* up 00:")
                terminal.type("q")
                self.assertEqual(terminal.end(), 0)
            finally:
                terminal.close()

    def test_without_a_router_one_page_is_refused(self):
        done = run(ROADCTL, "--socket", "/nonexistent/socket", "top", "--once", check=False)
        self.assertEqual(done.returncode, 3)
