#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Linux kernel's forwarding on veth, compared with Ringroad on the same veth and on memory ports."""

import contextlib
import statistics
import subprocess
import sys
import time
from pathlib import Path

import forward
import report
import traffic
from forwarders import GATEWAY, GATEWAY_MAC, PORT_MACS, ForwarderError, Ringroad, Setup
import program

CASE = "d1-r256"
LINUX = "linux-veth"
SPACES = ("rrbench-generator", "rrbench-router", "rrbench-sink")
IN_MAC = "02:00:00:00:00:01"


def run(*words, check: bool = True) -> str:
    done = subprocess.run(list(map(str, words)), check=check, text=True, stdout=subprocess.PIPE,
                          stderr=None if check else subprocess.DEVNULL)
    return done.stdout


def inside(space: str, *words) -> str:
    return run("ip", "netns", "exec", space, *words)


class Wires:
    """Three network namespaces in a row: a generator, the router's two interfaces, a sink."""

    def __enter__(self):
        self.remove()
        generator, router, sink = SPACES
        for space in SPACES:
            run("ip", "netns", "add", space)
        for near, near_space, far, far_space in (("in", router, "host-in", generator),
                                                 ("out", router, "host-out", sink)):
            run("ip", "link", "add", near, "netns", near_space, "type", "veth", "peer", "name", far,
                "netns", far_space)
            for name, space in ((near, near_space), (far, far_space)):
                inside(space, "ip", "link", "set", name, "up")
                # With GRO the far end's frames are received by NAPI, which XDP frames require.
                inside(space, "ethtool", "-K", name, "gro", "on")
        inside(router, "ip", "link", "set", "in", "address", IN_MAC)
        inside(sink, "ip", "link", "set", "host-out", "address", GATEWAY_MAC)
        return self

    def __exit__(self, *_):
        self.remove()

    @staticmethod
    def remove() -> None:
        for space in SPACES:
            run("ip", "netns", "del", space, check=False)

    @staticmethod
    def received() -> int:
        return int(inside(SPACES[2], "cat", "/sys/class/net/host-out/statistics/rx_packets"))


def plain_frame() -> bytes:
    return traffic.frame(bytes.fromhex(IN_MAC.replace(":", "")), traffic.NETWORK + 2, 0, 60)


@contextlib.contextmanager
def generator(core: int, frames: list[bytes]):
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", SPACES[0], "taskset", "-c",
         str(core), sys.executable, Path(__file__).with_name("xdp_generator.py"), "host-in",
         *(frame.hex() for frame in frames)])
    try:
        yield
        if process.poll() is not None:
            raise ForwarderError(f"the generator ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()


def rate(core: int, frames: list[bytes] | None = None) -> float:
    """Packets a second that reach the sink: the median of several windows."""
    with generator(core, frames or [plain_frame()]):
        time.sleep(forward.WARM_UP)
        rates = []
        for _ in range(forward.WINDOWS):
            before, begin = Wires.received(), time.monotonic()
            time.sleep(forward.WINDOW)
            rates.append((Wires.received() - before) / (time.monotonic() - begin))
    if not statistics.median(rates):
        raise ForwarderError("nothing arrived")
    return statistics.median(rates)


def linux(setup: Setup, frames: list[bytes] | None = None) -> float:
    router = SPACES[1]
    with Wires():
        inside(router, "sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
               "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.in.rp_filter=0")
        inside(router, "ip", "address", "add", "10.98.0.1/24", "dev", "in")
        inside(router, "ip", "address", "add", "10.99.0.1/24", "dev", "out")
        inside(router, "ip", "neighbor", "add", GATEWAY, "lladdr", GATEWAY_MAC, "dev", "out")
        for prefix in setup.routes:
            inside(router, "ip", "route", "add", prefix, "via", GATEWAY)
        if setup.ruleset:
            rules = setup.scratch / "rules.nft"
            rules.write_text(setup.ruleset)
            inside(router, "nft", "-f", rules)
        # One thread forwards; another one receives for the sink.
        for space, name, core in ((router, "in", setup.cores.worker),
                                  (SPACES[2], "host-out", setup.cores.control)):
            inside(space, "sh", "-c", f"echo 1 >/sys/class/net/{name}/threaded")
            for thread in run("pgrep", f"^napi/{name}-").split():
                run("taskset", "-p", "-c", core, thread)
                run("renice", "-n", "-20", "-p", thread)
        return rate(setup.cores.control, frames)


class OnVeth(Ringroad):
    """The router on the interfaces between which the kernel has forwarded."""

    def command(self) -> list:
        return ["ip", "netns", "exec", SPACES[1], *super().command()]

    def forwards(self) -> bool:
        """Only tests whether the router answers: no packets are sent to it yet."""
        self.counters()
        return True


class VethSetup(Setup):
    def devices(self) -> list[str]:
        return ["net_af_packet0,iface=in", "net_af_packet1,iface=out"]

    @property
    def mac(self) -> str:
        return IN_MAC


def ringroad_on_veth(setup: Setup) -> float:
    with Wires():
        with OnVeth("ringroad-veth", VethSetup(**vars(setup))):
            return rate(setup.cores.control)


def ringroad_on_memory(setup: Setup) -> float:
    return forward.measure(Ringroad("ringroad-memory", setup))


def main() -> None:
    benchmark = program.Benchmark(program.parser("kernel").parse_args())
    options, build = benchmark.options, benchmark.build
    benchmark.leave_worker_core()
    about = benchmark.machine(worker_core=benchmark.cores.worker)
    table = traffic.Subnets(256)
    pcap = build / "kernel.pcap"
    traffic.write_pcap(pcap, PORT_MACS["pcap"], table.destinations(1024))
    setup = Setup(pcap, table.routes(), 2, 1, benchmark.cores, not options.no_huge, options.root,
                  build)
    subjects = {"ringroad-memory": ringroad_on_memory, "ringroad-veth": ringroad_on_veth,
                LINUX: linux}
    measured = {name: report.Measurement(CASE, name, "mpps", LINUX, False) for name in subjects}
    for number in range(1, options.rounds + 1):
        for name, measure in subjects.items():
            try:
                measured[name].values.append(measure(setup) / 1e6)
            except (ForwarderError, OSError, subprocess.SubprocessError) as error:
                sys.exit(f"{name}: {error}")
            print(f"round {number}/{options.rounds} {name}: {measured[name].values[-1]:.2f} Mpps",
                  file=sys.stderr)
    for row in benchmark.write(about, list(measured.values())):
        print(f"{row['subject']:16} {row['median']:8.2f} Mpps ({row['min']:.2f} to {row['max']:.2f})"
              f"  {row['ratio']:.1f} times {LINUX}")


if __name__ == "__main__":
    main()
