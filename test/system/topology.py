# SPDX-License-Identifier: BSD-3-Clause
"""Two hosts with the router between them, each in its own network namespace.

    host a 192.168.1.2 -- left 192.168.1.1 [router] right 192.168.2.1 -- 192.168.2.2 host b
           2001:db8:1::2 -- 2001:db8:1::1           2001:db8:2::1 -- 2001:db8:2::2, where IPv6 is asked for
"""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from contextlib import contextmanager

# Other tests import these from here too.
from namespaces import PREFIX, clear_leftovers, delete_namespace, eventually, inside, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RINGROAD_BUILD", ROOT / "build" / "release"))
RINGROAD = BUILD / "app" / "ringroad" / "ringroad"
ROADCTL = BUILD / "app" / "roadctl" / "roadctl"

A, B = "192.168.1.2", "192.168.2.2"
LEFT, RIGHT = "192.168.1.1", "192.168.2.1"
A6, B6 = "2001:db8:1::2", "2001:db8:2::2"
LEFT6, RIGHT6 = "2001:db8:1::1", "2001:db8:2::1"
LEFT_LINK_LOCAL = "fe80::ff:fe00:101"
RIGHT_LINK_LOCAL = "fe80::ff:fe00:201"
A_MAC, B_MAC = "02:00:00:00:01:02", "02:00:00:00:02:02"
LEFT_MAC, RIGHT_MAC = "02:00:00:00:01:01", "02:00:00:00:02:01"

CORES = sorted(os.sched_getaffinity(0))


class Wire:
    """Raw frames on an interface, in addition to the kernel's own processing."""

    SOL_PACKET = 263
    PACKET_IGNORE_OUTGOING = 23
    SO_RCVBUFFORCE = 33

    def __init__(self, namespace, interface="eth0"):
        with inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(self.SOL_PACKET, self.PACKET_IGNORE_OUTGOING, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, self.SO_RCVBUFFORCE, 8 << 20)
        self.socket.bind((interface, 3))

    def send(self, frame, count=1):
        raw = bytes(frame)
        for _ in range(count):
            self.socket.send(raw)

    def frames(self, seconds):
        """Yields every frame that arrives within that time, as (monotonic seconds, bytes)."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                yield time.monotonic(), self.socket.recv(65536)

    def wait(self, wanted, seconds=3.0):
        """Returns the first frame for which wanted(bytes) is true, or None."""
        return next((raw for _, raw in self.frames(seconds) if wanted(raw)), None)

    def close(self):
        self.socket.close()


class Router:
    """One ringroad process and its control socket."""

    def __init__(self, directory, config, namespace):
        self.directory = directory
        self.namespace = namespace
        self.log_path = directory / "router.log"
        self.config_path = directory / "router.yaml"
        self.socket_path = config["engine"]["socket"]
        self.config_path.write_text(json.dumps(config, indent=1))  # JSON is YAML
        self.process = None

    def start(self, *prefix):
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace}", *prefix, RINGROAD, "run",
                 self.config_path], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_ready(self, seconds=30):
        eventually(lambda: "ringroad: ready" in self.log() or self.process.poll() is not None,
                   seconds)
        if "ringroad: ready" not in self.log():
            raise AssertionError(f"the router did not become ready:\n{self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def running(self):
        return self.process is not None and self.process.poll() is None

    @contextmanager
    def stopped(self):
        """While this block runs, all threads of the router are stopped; each takes its own time to see
        the signal."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
            if not eventually(lambda: all(" T " in (task / "stat").read_text().rpartition(")")[2]
                                          for task in tasks.iterdir())):
                raise AssertionError("the router goes on although it was stopped")
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Stops the router as an operator does, and returns a complaint or None."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
                return f"did not stop within 15 s of SIGTERM:\n{self.log()}"
        return self.complaint(self.process.returncode)

    def complaint(self, status):
        """Returns what was wrong when the router ended, or None."""
        if status != 0:
            return f"exit {status}:\n{self.log()}"
        last = self.log().rstrip().rpartition("\n")[2]
        back = re.search(r"ringroad: stopped, buffers back: (\d+) of (\d+)", last)
        if not back or back[1] != back[2]:
            return f"its last line is {last!r}, not that all buffers are back:\n{self.log()}"
        return None

    def roadctl(self, *words, check=True):
        return run(ROADCTL, "--socket", self.socket_path, *words, check=check)

    def show(self, *words):
        return json.loads(self.roadctl("--json", "show", *words).stdout)

    def drops(self):
        """Returns packets by drop reason, without reasons at 0."""
        return {row["reason"]: row["packets"] for row in self.show("drops") if row["packets"]}


class Topology:
    """The namespaces, the links and the router; `with` removes all of them."""

    def __init__(self, ipv6=False, **overrides):
        self.ipv6 = ipv6
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ringroad-test-"))
        name = f"{PREFIX}{os.getpid()}-{self.directory.name.rpartition('-')[2]}"
        self.a, self.b, self.middle = f"{name}-a", f"{name}-b", f"{name}-r"
        self.wires = []
        self.children = []
        self.router = Router(self.directory, self.config(**overrides), self.middle)

    def config(self, **overrides):
        """Returns the router's configuration; a given section replaces the default one, a dict is
        merged into it."""
        config = {
            "engine": {
                "workers": [CORES[-1]], "control": CORES[0], "idle": "pause",
                "memory": {"hugepages": "off", "size": "128MiB", "buffers": 16384},
                "socket": str(self.directory / "router.sock"),
            },
            "ports": {
                "left": {"device": "net_af_packet0,iface=rr-left", "addresses": [f"{LEFT}/24"]},
                "right": {"device": "net_af_packet1,iface=rr-right", "addresses": [f"{RIGHT}/24"]},
            },
            # Tests of single errors share hosts; only the test of the limits needs limits.
            "icmp": {"rate": 0, "per_destination": "0s"},
            # A test that waits for a frame should not receive the two announcements of a port
            # instead.
            "arp": {"notify": False},
        }
        if self.ipv6:
            config["nd"] = {"dad_transmits": 0}
            for port, address in (("left", LEFT6), ("right", RIGHT6)):
                config["ports"][port]["addresses"].append(f"{address}/64")
        for section, value in overrides.items():
            if isinstance(value, dict):
                config[section] = merged(config.get(section, {}), value)
            else:
                config[section] = value
        return config

    def __enter__(self):
        try:
            self.build()
            self.router.start()
            self.router.wait_ready()
        except BaseException:
            self.tear_down()
            raise
        return self

    def __exit__(self, *_):
        self.tear_down()

    def build(self):
        for namespace in (self.a, self.b, self.middle):
            run("ip", "netns", "add", namespace)
            with inside(namespace):
                # IPv6 would send packets on its own, which would be counted as drops.
                for scope in ("all", "default"):
                    pathlib.Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")
                pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("0")
                run("ip", "link", "set", "lo", "up")
        self.link(self.a, "rr-left", A_MAC, LEFT_MAC)
        self.link(self.b, "rr-right", B_MAC, RIGHT_MAC)
        self.address(self.a, f"{A}/24", LEFT)
        self.address(self.b, f"{B}/24", RIGHT)
        if self.ipv6:
            self.address6(self.a, A6, LEFT6)
            self.address6(self.b, B6, RIGHT6)

    def link(self, host, router_interface, host_mac, router_mac):
        run("ip", "link", "add", "eth0", "netns", host, "address", host_mac, "type", "veth",
            "peer", "name", router_interface, "netns", self.middle, "address", router_mac)
        for namespace, interface in ((host, "eth0"), (self.middle, router_interface)):
            # A kernel that relies on offloads of checksums and segmentation would send incomplete
            # packets on a link without hardware.
            self.execute(namespace, "ethtool", "-K", interface,
                         "tx", "off", "tso", "off", "gso", "off", "gro", "off")
            run("ip", "-n", namespace, "link", "set", interface, "up")

    def address(self, namespace, address, gateway):
        run("ip", "-n", namespace, "address", "add", address, "dev", "eth0")
        run("ip", "-n", namespace, "route", "add", "default", "via", gateway)

    def enable_ipv6(self, namespace, interface="eth0"):
        with inside(namespace):
            # Linux would probe for its addresses, and forget them when its link goes down. It would repeat
            # the reports of its groups for a second, in which the router drops them during a test.
            for key, value in (("accept_dad", "0"), ("keep_addr_on_down", "1"),
                               ("mldv2_unsolicited_report_interval", "1"), ("disable_ipv6", "0")):
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{interface}/{key}").write_text(value)

    def address6(self, namespace, address, gateway):
        self.enable_ipv6(namespace)
        run("ip", "-n", namespace, "address", "add", f"{address}/64", "dev", "eth0", "nodad")
        run("ip", "-n", namespace, "-6", "route", "add", "default", "via", gateway)

    def tear_down(self):
        for wire in self.wires:
            wire.close()
        for child in self.children:
            if child.poll() is None:
                child.kill()
            if not child.stdout.closed:
                child.communicate()
        if self.router.running():
            self.router.kill()
        for namespace in (self.a, self.b, self.middle):
            delete_namespace(namespace)
        shutil.rmtree(self.directory, ignore_errors=True)

    def execute(self, namespace, *command, **options):
        return run("nsenter", f"--net=/run/netns/{namespace}", *command, **options)

    def spawn(self, namespace, *command):
        """Starts a command in the background; it is killed with the topology at the latest."""
        child = subprocess.Popen(["nsenter", f"--net=/run/netns/{namespace}", *map(str, command)],
                                 text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.children.append(child)
        return child

    def wire(self, namespace, interface="eth0"):
        self.wires.append(Wire(namespace, interface))
        return self.wires[-1]


def merged(base, over):
    """Returns a copy of `base` updated with `over`, merging inner dictionaries likewise; None removes a
    key."""
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def received(ping):
    """Returns the number of replies from the summary of a finished ping."""
    return int(re.search(r"(\d+) received", ping.stdout)[1])


class RouterTestCase(unittest.TestCase):
    """A class of tests that share one topology; `overrides` change its configuration. Tests that name the
    hosts and the router by these attributes hold for both families."""

    overrides = {}
    ipv6 = False
    a, b, left, right = A, B, LEFT, RIGHT

    @classmethod
    def setUpClass(cls):
        cls.topology = cls.make_topology().__enter__()
        cls.router = cls.topology.router

    @classmethod
    def make_topology(cls):
        return Topology(ipv6=cls.ipv6, **cls.overrides)

    @classmethod
    def tearDownClass(cls):
        try:
            complaint = cls.router.stop()
        finally:
            cls.topology.tear_down()
        if complaint:
            raise AssertionError(f"the router at its end: {complaint}")

    def from_a(self, *command, **options):
        return self.topology.execute(self.topology.a, *command, **options)

    def from_b(self, *command, **options):
        return self.topology.execute(self.topology.b, *command, **options)

    def ping(self, target, *options, host=None, check=True, timeout=30):
        return self.topology.execute(host or self.topology.a, "ping", "-n", *options, target,
                                     check=check, timeout=timeout)

    @classmethod
    def serve_iperf(cls):
        cls.topology.spawn(cls.topology.b, "iperf3", "--server", "--bind", cls.b)
        if not eventually(lambda: cls.listens(5201), 10):
            raise AssertionError(f"no iperf3 listens on {cls.b}")

    @classmethod
    def listens(cls, port):
        # This queries the kernel, because the server would treat a connection as a client.
        return cls.topology.execute(cls.topology.b, "ss", "-Hltn", f"sport = {port}").stdout

    def iperf(self, *options, seconds=2):
        """Returns iperf3's report at the end of a transfer from a to b."""
        def told():
            done = self.from_a("iperf3", "--json", "--client", self.b, "--time", str(seconds), *options,
                               timeout=60)
            nonlocal report
            report = json.loads(done.stdout)
            # A server that is still finishing with the previous client is busy, or resets the
            # connection.
            return "error" not in report or report["intervals"]

        report = {}
        eventually(told, 10)
        self.assertNotIn("error", report)
        return report["end"]

    def received_packets(self):
        return sum(port["rx_packets"] for port in self.router.show("ports"))

    def send_all(self, wire, frames, portion=100):
        """Sends in portions, each after the router has received the one before: the socket behind a port
        holds 512 frames, and a test that shares the worker's core could overrun it."""
        frames = [bytes(frame) for frame in frames]
        before = self.received_packets()
        for start in range(0, len(frames), portion):
            for frame in frames[start:start + portion]:
                wire.send(frame)
            done = before + min(start + portion, len(frames))
            self.assertTrue(eventually(lambda n=done: self.received_packets() >= n),
                            f"{self.received_packets()} of {done} were received")

    @contextmanager
    def drops_rise_by(self, **expected):
        """The block must raise these drop reasons by exactly these numbers, and no other reason."""
        before = self.router.drops()

        def risen():
            now = self.router.drops()
            return {reason: now[reason] - before.get(reason, 0)
                    for reason in now if now[reason] != before.get(reason, 0)}

        yield
        eventually(lambda: risen() == expected)
        self.assertEqual(risen(), expected)


class Ipv6:
    """A mixin for classes of tests: their hosts and their router have IPv6 too, and are named by their IPv6
    addresses. It must precede the class of tests among the base classes."""

    ipv6 = True
    a, b, left, right = A6, B6, LEFT6, RIGHT6
