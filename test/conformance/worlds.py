# SPDX-License-Identifier: BSD-3-Clause
"""The two networks: one forwarded by the Linux kernel, one by Ringroad."""
import contextlib
import errno
import os
import pathlib
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
# pylint: disable=wrong-import-position
import topology
from actions import Change, Frame
from markers import is_listener_report, marker, markers
from network import (ALL_WIRES, ALL_WIRES6, MARKER, OWN, ROUTES, ROUTES6, RP_FILTERS, TRUNK, VLANS,
                     VLANS6, neighbors, neighbors6)
from packets import dotted
from packets6 import text6

PACKET_AUXDATA = 8
VLAN_VALID = 0x10  # TP_STATUS_VLAN_VALID
PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}
SECONDS = 15.0  # the time limit for a marker, even on a busy machine


def colon(mac):
    return mac.hex(":")


def in_ms(timers):
    return {key.removesuffix("_ms"): f"{value}ms" for key, value in timers.items()}


class World:
    """Router ports p1, p2, ... in one namespace; the other ends of their links in another."""

    kind = None
    made = 0

    def __init__(self):
        World.made += 1
        name = f"{topology.PREFIX}{os.getpid()}-{self.kind[0]}{World.made}"
        self.ends, self.middle = f"{name}-e", f"{name}-r"
        self.wires = []
        self.round = 0
        self.poll = select.epoll()
        self.by_fd = {}
        self.sent = self.seen = 0  # frames, including markers

    def build(self):
        for namespace in (self.ends, self.middle):
            topology.run("ip", "netns", "add", namespace)
            with topology.inside(namespace):
                self.sysctl("net/ipv6/conf/all/disable_ipv6", 1)
                self.sysctl("net/ipv6/conf/default/disable_ipv6", 1)
                self.sysctl("net/ipv4/ip_forward", 0)
        links = list(self.links())
        self.batch(None, [f"link add {end} netns {self.ends} type veth peer name {port} "
                          f"netns {self.middle} address {colon(mac)}"
                          for end, port, mac, _ in links])
        for namespace, names in ((self.ends, [link[0] for link in links]),
                                 (self.middle, [link[1] for link in links])):
            for name in names:
                topology.run("nsenter", f"--net=/run/netns/{namespace}", "ethtool", "-K", name,
                             "tx", "off", "rx", "off", "sg", "off", "tso", "off", "gso", "off",
                             "gro", "off")
        # The ends of the links are silent: no address, no ARP.
        self.batch(self.ends, [f"link set {end} arp off up" for end, *_ in links])
        self.batch(self.middle, [f"link set {port} mtu {mtu} up" for _, port, _, mtu in links])
        for index, (end, *_) in enumerate(links):
            wire = topology.Wire(self.ends, end)
            wire.socket.setblocking(False)
            wire.socket.setsockopt(wire.SOL_PACKET, PACKET_AUXDATA, 1)
            self.by_fd[wire.socket.fileno()] = index
            self.wires.append(wire)
            self.poll.register(wire.socket, select.EPOLLIN)

    def links(self):
        """Yields (end, port, MAC address, MTU) of the veth pairs; first those of the links."""
        for wire in ALL_WIRES:
            yield f"w{wire.index}", wire.port, wire.router_mac, wire.mtu

    @staticmethod
    def sysctl(path, value):
        pathlib.Path("/proc/sys", path).write_text(str(value), encoding="ascii")

    @staticmethod
    def batch(namespace, lines):
        subprocess.run(["ip", *(["-n", namespace] if namespace else []), "-batch", "-"], check=True,
                       text=True, input="\n".join(lines), stdout=subprocess.DEVNULL)

    def start(self):
        """Starts the parts in which the networks differ."""

    def log(self):
        return ""

    def tear_down(self):
        for wire in self.wires:
            wire.close()
        self.poll.close()
        for namespace in (self.ends, self.middle):
            topology.delete_namespace(namespace)

    def send(self, frames):
        """Sends `frames`: (index of the link from 0, octets), in order."""
        sockets = [wire.socket for wire in self.wires]
        frames = list(frames)
        self.sent += len(frames)
        for frame in frames:
            try:
                sockets[frame[0]].send(frame[1])
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.sent -= 1  # the link does not accept a frame of that length

    def receive(self, index):
        """Receives the next frame. For a frame with a VLAN the socket reports the outer tag separately."""
        sock = self.wires[index].socket
        if index != TRUNK:
            return sock.recv(65536)
        raw, beside, _, _ = sock.recvmsg(65536, 64)
        status, tag, kind = struct.unpack("=I12xHH", beside[0][2])
        return raw[:12] + struct.pack("!HH", kind, tag) + raw[12:] if status & VLAN_VALID else raw

    def mark(self):
        """Sends one packet for each path through the router, on each link, after all earlier frames."""
        self.round = (self.round + 1) & 0xFFFF
        self.send(markers(self.round))

    def collect(self, quiet, got):
        """Waits for the markers and until no more frames arrive; adds the frames to the links' lists."""
        waiting = {(index, kind) for index in range(len(ALL_WIRES))
                   for kind in ("out", "echo", "arp")}
        deadline = time.monotonic() + SECONDS
        while True:
            ready = self.poll.poll(quiet if not waiting else 0.1)
            if not ready and not waiting:
                return
            if waiting and time.monotonic() > deadline:
                raise AssertionError(f"{self.kind}: markers did not come back: {sorted(waiting)}"
                                     f"\n{self.log()}")
            for fd, _ in ready:
                index = self.by_fd[fd]
                with contextlib.suppress(BlockingIOError):
                    while True:
                        raw = self.receive(index)
                        self.seen += 1
                        mark = marker(raw)
                        if mark is None and not is_listener_report(raw):
                            got[index if index < len(ALL_WIRES) else TRUNK].append(raw)
                        elif mark and mark[1] == self.round:
                            waiting.discard((index, mark[0]))


def sorted_out(frame):
    """Returns (link, octets) of a frame, on the link that represents its VLAN."""
    if frame[0] != TRUNK:
        return frame
    raw = frame[1]
    for vlan in reversed(VLANS):  # VLANs with two tags first
        end = 12 + len(vlan.octets)
        tags = zip(*[iter(struct.unpack_from(f"!{len(vlan.tags) * 2}H", raw.ljust(20), 12))] * 2)
        if tuple((kind, vid & 0xFFF) for kind, vid in tags) == vlan.tags:
            return len(ALL_WIRES) + vlan.number, raw[:12] + raw[end:]
    return frame


class LinuxWorld(World):
    """The reference. Each VLAN is a separate link here: frames with its tag are sent on it without the
    tag."""

    kind = "linux"

    def links(self):
        yield from super().links()
        for vlan in VLANS:
            yield f"v{vlan.number}", vlan.name, ALL_WIRES[TRUNK].router_mac, vlan.mtu

    def send(self, frames):
        super().send(sorted_out(frame) for frame in frames)

    def receive(self, index):
        raw = super().receive(index)
        if index < len(ALL_WIRES):
            return raw
        return raw[:12] + VLANS[index - len(ALL_WIRES)].octets + raw[12:]

    def start(self):
        with topology.inside(self.middle):
            for path, value in {
                    "ip_forward": 1, "icmp_ratelimit": 0, "icmp_ratemask": 0,
                    "conf/all/rp_filter": 0, "conf/all/send_redirects": 0,
            }.items():
                self.sysctl(f"net/ipv4/{path}", value)
            for _, port, _, _ in self.links():
                self.sysctl(f"net/ipv4/conf/{port}/rp_filter", 0)
                self.sysctl(f"net/ipv4/conf/{port}/send_redirects", 0)
            for wire in ALL_WIRES:
                self.sysctl(f"net/ipv4/conf/{wire.port}/send_redirects", int(wire.redirects))
                self.sysctl(f"net/ipv4/conf/{wire.port}/rp_filter", wire.rp_filter)
                self.set_timers(f"net/ipv4/neigh/{wire.port}", wire.timers)
            for vlan in VLANS:
                self.sysctl(f"net/ipv4/conf/{vlan.name}/forwarding", int(vlan.forwarding))
            self.sysctl("net/ipv6/icmp/ratelimit", 0)
            self.sysctl("net/ipv6/icmp/ratemask", 0)  # limits messages of type 0 alone: none
            self.sysctl("net/ipv6/auto_flowlabels", 0)
            self.sysctl("net/ipv6/conf/all/forwarding", 1)
            for name in (*(wire.port for wire in ALL_WIRES6), *(vlan.name for vlan in VLANS6)):
                self.sysctl(f"net/ipv6/conf/{name}/accept_dad", 0)
                # The random delay before an answer about an anycast address.
                self.sysctl(f"net/ipv6/neigh/{name}/proxy_delay", 0)
                self.sysctl(f"net/ipv6/conf/{name}/disable_ipv6", 0)
            for wire in ALL_WIRES6:
                self.set_timers(f"net/ipv6/neigh/{wire.port}", wire.timers6)
        lines = [f"address add {text} dev p{wire.index}"
                 for wire in ALL_WIRES for text in wire.addresses]
        lines += [f"address add {text} dev {vlan.name} {'nodad' if ':' in text else ''}"
                  for vlan in VLANS for text in vlan.addresses]
        lines += [f"neighbor add {dotted(host)} dev {port} lladdr {colon(mac)} nud permanent"
                  for port, host, mac in neighbors()]
        lines += [f"address add {text} dev {wire.port} nodad"
                  for wire in ALL_WIRES6 for text in wire.addresses6]
        lines += [f"neighbor add {text6(host)} dev {port} lladdr {colon(mac)} nud permanent"
                  for port, host, mac in neighbors6()]
        lines += [f"route add {hop.get('type', '')} {prefix}"
                  + (f" via {'inet6 ' * (':' in hop['via'])}{hop['via']}" if "via" in hop else "")
                  + (f" dev {hop['port']}" if "port" in hop else "")
                  + "".join(f" nexthop via {one['via']}" for one in hop.get("nexthops", ()))
                  for prefix, hop in (*ROUTES.items(), *ROUTES6.items())]
        self.batch(self.middle, lines)

    def set_timers(self, base, timers):
        self.sysctl(f"{base}/base_reachable_time_ms", timers["base_reachable_ms"])
        self.sysctl(f"{base}/retrans_time_ms", timers["retransmit_ms"])
        self.sysctl(f"{base}/delay_first_probe_time", timers["delay_first_probe_ms"] // 1000)


class RingroadWorld(World):
    """The network under test."""

    kind = "ringroad"

    def __init__(self):
        super().__init__()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ringroad-conformance-"))
        self.router = topology.Router(self.directory, self.config(), self.middle)

    def config(self):
        cores = topology.CORES
        return {
            "engine": {
                "workers": [cores[-1]], "control": cores[0], "idle": "pause",
                "memory": {"hugepages": "off", "size": "128MiB", "buffers": 16384},
                "socket": str(self.directory / "router.sock"),
            },
            "ports": {f"p{wire.index}": {
                "device": f"net_af_packet{wire.index},iface=p{wire.index}", "mtu": wire.mtu,
                "addresses": [*wire.addresses, *wire.addresses6], "send_redirects": wire.redirects,
                "rp_filter": RP_FILTERS[wire.rp_filter],
                "arp": in_ms(wire.timers), "nd": in_ms(wire.timers6)}
                for wire in ALL_WIRES},
            "routes": [{"to": prefix, **hop}
                       for prefix, hop in (*ROUTES.items(), *ROUTES6.items())],
            "vlans": {vlan.name: {
                "id": vlan.tags[-1][1], "link": vlan.link, "protocol": PROTOCOLS[vlan.tags[-1][0]],
                "mtu": vlan.mtu, "send_redirects": False, "forwarding": vlan.forwarding,
                "addresses": list(vlan.addresses)} for vlan in VLANS},
            "neighbors": [{"address": dotted(host), "port": port, "mac": colon(mac)}
                          for port, host, mac in neighbors()]
                         + [{"address": text6(host), "port": port, "mac": colon(mac)}
                            for port, host, mac in neighbors6()],
            "icmp": {"rate": 0, "per_destination": "0s"},
            "arp": {"notify": False},  # the default of arp_notify
            "nd": {"dad_transmits": 0},
        }

    def start(self):
        self.router.start()
        self.router.wait_ready()

    def log(self):
        return self.router.log()

    def finish(self):
        """Stops the router and returns a complaint about its counters or its buffers, or None."""
        self.mark()
        self.collect(0.05, [[] for _ in ALL_WIRES])
        complaint = self.unaccounted()
        return self.router.stop() or complaint

    def unaccounted(self):
        """Checks that every sent frame was received, and every transmitted frame was seen."""
        def total(key):
            return sum(port[key] for port in self.router.show("ports") if "vlan" not in port)

        if total("rx_packets") != self.sent:
            return (f"{self.sent} frames were sent, {total('rx_packets')} received, "
                    f"{total('rx_missed')} missed, {total('rx_no_buffer')} without a buffer")
        if total("tx_packets") != self.seen:
            return f"{total('tx_packets')} frames went out, {self.seen} were seen"
        return None

    def tear_down(self):
        if self.router.running():
            self.router.kill()
        super().tear_down()
        shutil.rmtree(self.directory, ignore_errors=True)


class Pair:
    """Both networks, in lockstep."""

    def __init__(self):
        self.linux, self.ringroad = LinuxWorld(), RingroadWorld()
        self.both = (self.linux, self.ringroad)
        self.cores = ()

    def __enter__(self):
        self.cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, topology.CORES)
        try:
            for world in self.both:
                world.build()
            for world in self.both:
                world.start()
            os.sched_setaffinity(0, {topology.CORES[0]})  # one core, so that frames keep their order
        except BaseException:
            self.tear_down()
            raise
        return self

    def __exit__(self, *_):
        self.tear_down()

    def tear_down(self):
        os.sched_setaffinity(0, self.cores)
        for world in self.both:
            world.tear_down()

    def step(self, actions):
        """Runs a step. Returns the output of each network, as a list for each link."""
        got = [[[] for _ in ALL_WIRES] for _ in self.both]
        frames = []
        began = None
        for action in actions:
            if isinstance(action, Frame):
                frames.append(action)
                continue
            self.exchange(frames, got)
            frames = []
            if isinstance(action, Change):
                self.change(action)
            else:
                began = began or time.monotonic()
                time.sleep(max(0, began + action.seconds - time.monotonic()))
        self.exchange(frames, got)
        return got

    def exchange(self, frames, got):
        for world in (self.ringroad, self.linux):
            world.send(frames)
            world.mark()
        # The kernel forwards before send() returns.
        self.linux.collect(0, got[0])
        self.ringroad.collect(0.002, got[1])

    def change(self, action):
        for words in action.roadctl:
            self.ringroad.router.roadctl(*words)
        self.linux.batch(self.linux.middle, action.ip)


assert all(own[3] != MARKER for own in OWN)
