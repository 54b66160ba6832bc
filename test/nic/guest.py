# SPDX-License-Identifier: BSD-3-Clause
"""An emulated machine with network cards, in which the router connects two hosts.

    host a 192.168.1.2 -- tap -- card 0 [guest: router] card 1 -- tap -- 192.168.2.2 host b
"""
import fcntl
import json
import os
import re
import shlex
import socket
import struct
import subprocess
import time
import unittest
from typing import NamedTuple

import image
from topology import Router, RouterTestCase, Topology, eventually, inside, merged, run

TUNSETIFF = 0x400454ca
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
MEMORY_MB = 640


class Card(NamedTuple):
    device: str        # the name in qemu
    driver: str        # the name in DPDK
    bound_to: str      # the kernel driver through which DPDK uses the card
    options: str = ""  # options of the device in qemu
    cpus: int = 2
    nodes: int = 1     # NUMA nodes: 1, or one for each card

    def buses(self, i):
        """Returns the PCI bus of the i-th card's root port, and the number of the first bus behind it."""
        return (f"far{i}", 16 * (i + 1) + 1) if self.nodes > 1 else ("pcie.0", i + 1)

    def address(self, i):
        return f"0000:{self.buses(i)[1]:02x}:00.0"


class StandsStill(AssertionError):
    """The guest's shell does not answer, or its kernel reports a processor that makes no progress. During
    the boot this is a fault of the emulation, which occasionally loses a processor's timer."""


# The messages of Linux's watchdogs about such a processor (kernel/rcu/tree_stall.h,
# kernel/watchdog.c).
STALL = re.compile(r"self-detected stall|detected stalls on CPUs|kthread starved|soft lockup|blocked for more than")
# These, and qemu's own end: its processors race with a change of the memory map (iotlb_to_section).
FOREIGN_FAULT = re.compile(rf"qemu-system-x86_64: .*Assertion.*|{STALL.pattern}")


class Guest:
    """One qemu process, with its shell and its monitor."""

    def __init__(self, directory, card, taps, namespace):
        self.card = card
        self.console = directory / "console.log"
        self.paths = {name: directory / name for name in ("shell", "qmp")}
        self.sockets = {}
        self.commands = 0
        program, environment = image.qemu()
        with_iommu = card.bound_to == "vfio-pci"
        command = [
            program, "-nodefaults", "-no-reboot", "-display", "none", "-machine", "q35",
            # The processor must support x86-64-v3, for which the router is built.
            "-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-smp", str(card.cpus), "-m", str(MEMORY_MB),
            "-serial", f"file:{self.console}",
            "-serial", f"unix:{self.paths['shell']},server=on,wait=off",
            "-qmp", f"unix:{self.paths['qmp']},server=on,wait=off",
            "-kernel", image.kernel(directory), "-initrd", directory / "initramfs",
            # A guest that waits for its core would miss the ticks with which it tests its timer.
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check hugepages="
                       + ",".join(f"{i}:{96 // card.nodes}" for i in range(card.nodes))
                       + (" intel_iommu=on" if with_iommu else "")]
        for i in range(card.nodes if card.nodes > 1 else 0):
            command += ["-object", f"memory-backend-ram,id=memory{i},size={MEMORY_MB // card.nodes}M",
                        "-numa", f"node,nodeid={i},cpus={i},memdev=memory{i}",
                        "-device", f"pxb-pcie,id={card.buses(i)[0]},bus=pcie.0,addr={i + 16},"
                                   f"bus_nr={card.buses(i)[1] - 1},numa_node={i}"]
        if (image.UNPACKED / "usr/share/qemu").exists():
            for part in ("usr/share/qemu", "usr/share/seabios"):
                command += ["-L", image.UNPACKED / part]
        if with_iommu:
            command += ["-device", "intel-iommu,intremap=on,caching-mode=on"]
        for i, tap in enumerate(taps):
            command += ["-netdev", f"tap,id=net{i},fd={tap}",
                        "-device", f"pcie-root-port,id=root{i},bus={card.buses(i)[0]},"
                                   f"chassis={i + 1},slot={i + 1},addr={i + 4}",
                        "-device", self.device(i)]
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{namespace}", *map(str, command)], env=environment,
            stdin=subprocess.DEVNULL, stdout=open(directory / "qemu.log", "w"),
            stderr=subprocess.STDOUT, pass_fds=taps)

    def device(self, i):
        """Returns qemu's arguments for one card."""
        return (f"{self.card.device},id=card{i},netdev=net{i},bus=root{i},romfile=,"
                f"mac=02:00:00:00:0{i + 1}:01{self.card.options}")

    def connect(self, name):
        def try_it():
            self.sockets[name] = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            return self.sockets[name].connect_ex(str(self.paths[name])) == 0
        if not eventually(try_it, 10):
            raise AssertionError(f"qemu did not start: {self.log()}")

    def wait_up(self, seconds=120):
        self.connect("qmp")
        self.qmp("qmp_capabilities", greeting=True)
        self.connect("shell")
        if b"up" not in self.read_until(re.compile(rb"up\r?\n"), seconds):
            raise AssertionError(f"the guest did not come up: {self.log()}")

    def log(self):
        return "\n".join(path.read_text(errors="replace") for path in
                         (self.console.with_name("qemu.log"), self.console) if path.exists())

    def read_until(self, end, seconds):
        deadline = time.monotonic() + seconds
        got = b""
        while not end.search(got):
            self.sockets["shell"].settimeout(max(0.01, deadline - time.monotonic()))
            try:
                some = self.sockets["shell"].recv(65536)
            except OSError:
                some = b""
            if not some:
                raise StandsStill(f"the guest's shell says {got!r} and no more: {self.log()}")
            got += some
        return got

    def shell(self, command, check=True, seconds=60):
        """Runs a command line in the guest and returns its CompletedProcess."""
        self.commands += 1
        got = b"\n@again@\n"
        while got.endswith(b"\n@again@\n"):
            try:
                self.sockets["shell"].sendall(b"%d %s\n" % (len(command), command.encode()))
            except OSError as error:
                raise StandsStill(f"the guest's shell is gone: {error}\n{self.log()}") from error
            got = self.read_until(re.compile(rb"\n@(%d \d+|again)@\n$" % self.commands), seconds)
        # The answer to an earlier command that timed out may come first.
        output, status = re.search(r"(?:.*\n@\d+ \d+@\n)?(.*)\n@\d+ (\d+)@\n$",
                                   got.decode(errors="replace"), re.DOTALL).groups()
        if check and status != "0":
            raise AssertionError(f"{command}: exit {status}\n{output}")
        return subprocess.CompletedProcess(command, int(status), output, output)

    def qmp(self, command, greeting=False, **arguments):
        monitor = self.sockets["qmp"]
        monitor.settimeout(10)
        if greeting:
            monitor.recv(65536)
        monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        answer = b""
        while True:
            answer += monitor.recv(65536)
            for line in answer.splitlines():
                if line.endswith(b"}") and (b'"return"' in line or b'"error"' in line):
                    told = json.loads(line)
                    if "error" in told:
                        raise AssertionError(f"{command} {arguments}: {told['error']}")
                    return told["return"]

    def bind(self, cards):
        for module in image.MODULES:
            self.shell(f"! [ -e /modules/{module}.ko ] || insmod /modules/{module}.ko")
        for i in range(cards):
            device = f"/sys/bus/pci/devices/{self.card.address(i)}"
            self.shell(f"echo {self.card.bound_to} > {device}/driver_override && "
                       f"echo {self.card.address(i)} > /sys/bus/pci/drivers_probe && "
                       f"[ -e {device}/driver ]")

    def kill(self):
        for one in self.sockets.values():
            one.close()
        self.process.kill()
        self.process.wait()


class GuestRouter(Router):
    """The router in the guest, controlled through the guest's shell."""

    def __init__(self, directory, config, namespace, card):
        super().__init__(directory, config, namespace)
        self.card = card
        self.guest = None
        self.taps = []

    def start(self, *prefix):
        image.initramfs(self.directory / "initramfs",
                        **{"router.yaml": self.config_path.read_bytes()})
        self.guest = Guest(self.directory, self.card, self.taps, self.namespace)
        self.guest.wait_up()
        self.guest.bind(len(self.taps))
        self.run()

    def run(self, path="/router.yaml"):
        """Starts the router in the guest."""
        self.guest.shell("rm -f /status; { ringroad run " + path + " >/router.log 2>&1; "
                         "echo $? >/status; } </dev/null &")

    def log(self):
        return self.guest.shell("cat /router.log", check=False).stdout if self.guest else ""

    def running(self):
        return self.guest is not None and self.guest.process.poll() is None

    def wait_ready(self, seconds=120):
        eventually(lambda: "ringroad: ready" in self.log() or self.ended(), seconds)
        if "ringroad: ready" not in self.log():
            console = self.guest.log()
            raise (StandsStill if STALL.search(console) else AssertionError)(
                f"the router did not become ready:\n{self.log()}\n{console}")

    def ended(self):
        return self.guest.shell("cat /status 2>/dev/null", check=False).stdout.strip()

    def kill(self):
        self.guest.kill()

    def stop(self):
        self.guest.shell("killall -TERM ringroad", check=False)
        status = eventually(self.ended, 15)
        if not status:
            return f"did not stop within 15 s of SIGTERM:\n{self.log()}\n{self.guest.log()}"
        return self.complaint(int(status))

    def roadctl(self, *words, check=True):
        words = shlex.join(["roadctl", "--socket", str(self.socket_path), *map(str, words)])
        return self.guest.shell(words, check=check)


class NicTopology(Topology):
    """The hosts at the far ends of two taps, with the guest between them."""

    def __init__(self, card, ipv6=False, **overrides):
        self.card = card
        super().__init__(ipv6, **overrides)
        self.router = GuestRouter(self.directory, self.config(**overrides), self.middle, card)

    def config(self, **overrides):
        ours = {"engine": {"workers": [1], "control": 0, "socket": "/run/ringroad/ringroad.sock",
                           "memory": {"hugepages": "on", "size": "160MiB", "buffers": 16384}},
                "ports": {name: {"device": self.card.address(i)}
                          for i, name in enumerate(("left", "right"))}}
        return super().config(**merged(ours, overrides))

    def link(self, host, router_interface, host_mac, router_mac):
        with inside(host):
            tap = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
        self.router.taps.append(tap)
        run("ip", "-n", host, "link", "set", "eth0", "address", host_mac, "up")

    def tear_down(self):
        super().tear_down()
        for tap in self.router.taps:
            os.close(tap)


class NicTestCase(RouterTestCase):
    """A class of tests with one kind of card in the guest."""

    card = None

    @classmethod
    def setUpClass(cls):
        if image.qemu() is None or not image.UNPACKED.exists():
            raise unittest.SkipTest("there is no qemu of 8.0 or newer, or no kernel for a guest: "
                                    "scripts/install.sh nic fetches them")
        for attempt in (1, 2):
            cls.topology = NicTopology(cls.card, cls.ipv6, **cls.overrides)
            try:
                cls.topology.__enter__()
                break
            except StandsStill:
                if attempt == 2:
                    raise
        cls.router = cls.topology.router
        cls.guest = cls.router.guest
        # A card negotiates for half a second after its start, and drops packets until then.
        if not eventually(lambda: all(port["link"] == "up" for port in cls.router.show("ports")), 20):
            raise AssertionError(f"no link: {cls.router.show('ports')}")
        cls.free_at_start = cls.free_buffers()

    def echo_replies(self):
        """Returns the echo replies that host a received, as its kernel counts them."""
        if self.ipv6:
            return int(re.search(r"Icmp6InEchoReplies\s+(\d+)", self.from_a("cat", "/proc/net/snmp6").stdout)[1])
        names, values = [line.split() for line in self.from_a("cat", "/proc/net/snmp").stdout
                         .splitlines() if line.startswith("Icmp:")]
        return int(values[names.index("InEchoReps")])

    def check_pings(self, count, *options):
        """Sends `count` pings through the router; none may be lost. ping itself stops waiting for the last
        replies after two round trips, which is too soon for an emulated machine that shares its core."""
        before = self.echo_replies()
        self.ping(self.b, "-q", "-c", str(count), *options, check=False, timeout=90)
        eventually(lambda: self.echo_replies() - before >= count, 3)
        self.assertEqual(self.echo_replies() - before, count, self.router.drops())

    @classmethod
    def free_buffers(cls):
        return cls.router.show("memory")["pools"][0]["free"]

    def pinned(self):
        """Returns the number of buffers that are in use, beyond those in use before the first packet."""
        return self.free_at_start - self.free_buffers()
