# SPDX-License-Identifier: BSD-3-Clause
"""The programs under test: how each is started, how its counters are read, and how it is stopped."""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

EAL_RUNTIME = Path("/var/run/dpdk")
BUFFERS = 80000  # net_pcap holds one for each packet of its file, at most 64,000
GATEWAY = "10.99.0.2"
GATEWAY6 = "2001:db8:99::2"
GATEWAY_MAC = "02:00:00:00:00:99"
# The MAC address that the first port of each has or is given; frames are addressed to it.
PORT_MACS = {"pcap": "02:70:63:61:70:00", "memif": "02:70:63:61:70:00",
             "vhost": "56:48:4f:53:54:00"}

serial = itertools.count()


def before_others(pid: int) -> None:
    """If Linux schedules sessions as groups (autogroup), nice values count only within a session."""
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        autogroup.write_text("-20")


class ForwarderError(Exception):
    pass


@dataclass(frozen=True)
class Cores:
    control: int
    worker: int


@dataclass(frozen=True)
class Setup:
    """The settings of one case, the same for every forwarder."""

    pcap: Path
    routes: list[str]
    ports: int  # 1: packets leave by the port that received them; 2: they leave by the other port
    workers: int  # cores that forward, each with its own RX queue
    cores: Cores
    huge: bool
    root: Path
    scratch: Path
    # The source of the packets: the file itself, or another process that reads it, through shared
    # memory.
    transport: str = "pcap"
    ruleset: str = ""  # of the firewall, in the language of nft(8)

    @property
    def mac(self) -> str:
        return PORT_MACS[self.transport]

    @property
    def wire(self) -> Path:
        """The socket through which the two processes find each other."""
        return self.scratch / f"{self.transport}.sock"

    def devices(self) -> list[str]:
        # no-rx: net_null would otherwise return a generated frame for each one that is polled for.
        return [{"pcap": self.source(),
                 "memif": f"net_memif0,role=server,socket={self.wire},socket-abstract=no,"
                          f"mac={self.mac}",
                 "vhost": f"net_vhost0,iface={self.wire}"}[self.transport],
                "net_null0,no-rx=1"][: self.ports]

    def source(self) -> str:
        return f"net_pcap0,{f'rx_pcap={self.pcap},' * self.workers}infinite_rx=1"

    def far_end(self) -> str:
        """The device of the generator, for a transport with another process."""
        return {"memif": f"net_memif0,role=client,socket={self.wire},socket-abstract=no",
                "vhost": f"net_virtio_user0,path={self.wire}"}[self.transport]

    def worker_cores(self) -> list[int]:
        """The last core comes first; if there are too few, a worker shares the control thread's core."""
        return [self.cores.worker - i for i in range(self.workers)]


@dataclass(frozen=True)
class Sample:
    seconds: float
    received: int
    sent: int
    ran: dict[str, float]  # CPU seconds of each thread


class Forwarder:
    """One running process. `with Forwarder(...)` stops it in any case."""

    def __init__(self, name: str, setup: Setup):
        self.name = name
        self.setup = setup
        self.process: subprocess.Popen | None = None
        self.generator: subprocess.Popen | None = None
        tag = f"ringroad-bench-{os.getpid()}-{next(serial)}"
        self.prefix = tag
        self.log = setup.scratch / f"{name}.log"

    def __enter__(self):
        # setpriv: the process ends with this script, even if the script is killed. taskset: this
        # script avoids the worker's core, but its children must not inherit this.
        cores = self.setup.cores
        wrapper = ["setpriv", "--pdeathsig", "KILL", "taskset", "-c",
                   f"{cores.control},{cores.worker}"]
        # Not used if a worker shares the control thread's core, because the control thread would
        # get no CPU time.
        alone = self.setup.workers == 1
        if alone:
            wrapper += ["nice", "-n", "-20"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*wrapper, *map(str, self.command())],
                                            stdin=subprocess.PIPE, stdout=log, stderr=log,
                                            start_new_session=True)
        if alone:
            before_others(self.process.pid)
        try:
            if self.setup.transport != "pcap":
                self.generator = self.start_generator()
            self.wait_until_forwarding()
            mac = self.input_mac().lower()
            if mac != self.setup.mac:
                raise ForwarderError(f"frames are addressed to {self.setup.mac}, its port is {mac}")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start_generator(self) -> subprocess.Popen:
        """Starts the generator on the core that the forwarder's worker does not use."""
        deadline = time.monotonic() + 20
        while not self.setup.wire.exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise ForwarderError(f"there is no {self.setup.wire}")
            time.sleep(0.05)
        core = self.setup.cores.control
        arguments = ["--lcores", f"0@{core},1@{core}", "--no-pci", "--in-memory",
                     "--single-file-segments", "--file-prefix", self.prefix + "-generator",
                     "--vdev", self.setup.source(), "--vdev", self.setup.far_end(), "--",
                     "--forward-mode=io", "--no-flush-rx", "--port-topology=paired",
                     "--total-num-mbufs=80000"]
        with open(self.log.with_suffix(".generator.log"), "wb") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", str(core),
                 Testpmd.program(self.setup.root), *arguments],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)

    def stop(self) -> None:
        if self.generator is not None:
            self.generator.kill()
            self.generator.wait()
            self.generator.stdin.close()
            shutil.rmtree(EAL_RUNTIME / (self.prefix + "-generator"), ignore_errors=True)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdin.close()
        shutil.rmtree(EAL_RUNTIME / self.prefix, ignore_errors=True)
        if self.setup.transport != "pcap":
            self.setup.wire.unlink(missing_ok=True)

    def wait_until_forwarding(self, limit: float = 60.0) -> None:
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ForwarderError(f"exited with {self.process.returncode}")
            try:
                if self.forwards():
                    return
            except (OSError, ValueError, KeyError, subprocess.SubprocessError):
                pass  # the forwarder is not listening yet
            time.sleep(0.05)
        raise ForwarderError(f"forwarded nothing in {limit:.0f} s")

    def forwards(self) -> bool:
        return self.counters()[1] > 0

    def sample(self) -> Sample:
        before = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
        try:
            received, sent = self.counters()
        except (OSError, subprocess.SubprocessError) as error:
            raise ForwarderError(f"does not answer: {error}") from error
        after = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        ran = {t.name: int((t / "schedstat").read_text().split()[0]) / 1e9 for t in tasks}
        return Sample((before + after) / 2, received, sent, ran)

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def command(self) -> list:
        raise NotImplementedError

    def counters(self) -> tuple[int, int]:
        """Packets received by the first port and sent by the last."""
        raise NotImplementedError

    def input_mac(self) -> str:
        raise NotImplementedError

    def dropped(self) -> int:
        """As far as the forwarder reports it."""
        return 0


class Peer(Forwarder):
    """A DPDK application, queried through EAL's telemetry socket."""

    connection: socket.socket | None = None

    def eal(self, lcores: str) -> list[str]:
        arguments = ["--lcores", lcores, "--no-pci", "--file-prefix", self.prefix]
        arguments += ["--in-memory"] if self.setup.huge else ["--no-huge", "-m", "1024"]
        for device in self.setup.devices():
            arguments += ["--vdev", device]
        return arguments

    def ask(self, question: str) -> dict:
        if self.connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.settimeout(2)
            connection.connect(str(EAL_RUNTIME / self.prefix / "dpdk_telemetry.v2"))
            connection.recv(1024)  # its greeting
            self.connection = connection
        self.connection.send(question.encode())
        return json.loads(self.connection.recv(16384))[question.split(",")[0]]

    def counters(self) -> tuple[int, int]:
        sent = self.ask(f"/ethdev/stats,{self.setup.ports - 1}")["opackets"]
        return self.ask("/ethdev/stats,0")["ipackets"], sent

    def input_mac(self) -> str:
        return self.ask("/ethdev/info,0")["mac_addr"]

    def stop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        super().stop()


class Testpmd(Peer):
    @staticmethod
    def program(_: Path) -> Path:
        return Path(shutil.which("dpdk-testpmd") or "/usr/bin/dpdk-testpmd")

    def command(self) -> list:
        cores = self.setup.cores
        topology = "paired" if self.setup.ports == 2 else "loop"
        return [self.program(self.setup.root),
                *self.eal(f"0@{cores.control},1@{cores.worker}"), "--",
                f"--forward-mode={self.name.removeprefix('testpmd-')}", "--no-flush-rx",
                f"--port-topology={topology}", f"--total-num-mbufs={BUFFERS}"]


class L3fwd(Peer):
    @staticmethod
    def program(root: Path) -> Path:
        return root / "build/bench/l3fwd/l3fwd"

    def command(self) -> list:
        ports = self.setup.ports
        # It does not start without a route of each family.
        routes = {4: [], 6: []}
        for prefix in self.setup.routes:
            routes[6 if ":" in prefix else 4].append(prefix)
        rules, rules6 = (self.setup.scratch / name for name in ("l3fwd-rules.cfg", "l3fwd-rules6.cfg"))
        for file, prefixes, other in ((rules, routes[4], "192.0.2.0/24"), (rules6, routes[6], "2001:db8:1::/64")):
            file.write_text("".join(f"R{prefix} {ports - 1}\n" for prefix in prefixes or [other]))
        # l3fwd sizes its pool by its rings. --parse-ptype: these ports do not report packet types.
        tx_ring = 32768 if ports == 1 else 1024
        queues = ",".join(f"({port},0,1)" for port in range(ports))
        return [self.program(self.setup.root), *self.eal(f"1@{self.setup.cores.worker}"), "--",
                "-p", hex((1 << ports) - 1), "-P", "--lookup", self.name.removeprefix("l3fwd-"),
                "--config", queues, "--parse-ptype", "--rx-queue-size", "32768",
                "--tx-queue-size", tx_ring, f"--rule_ipv4={rules}", f"--rule_ipv6={rules6}"]


class Ringroad(Forwarder):
    @staticmethod
    def program(root: Path) -> Path:
        return root / "build/release/app/ringroad/ringroad"

    def command(self) -> list:
        setup = self.setup
        self.socket = setup.scratch / "ringroad.sock"
        names = ["in", "out"][: setup.ports]
        # With one port, the source is in none of the port's subnets, so that no redirect is sent
        # (RFC 1812 5.2.7.2).
        addresses = [["10.98.0.1/24", "2001:db8:98::1/64"],
                     ["10.99.0.1/24", "2001:db8:99::1/64"]][-setup.ports :]
        routes = setup.scratch / "routes.txt"
        routes.write_text("\n".join(setup.routes))
        configuration = {
            "engine": {
                "workers": setup.worker_cores(),
                "control": setup.cores.control,
                "memory": {"hugepages": "on" if setup.huge else "off", "size": "512MiB",
                           "buffers": BUFFERS + 8192},
                "socket": str(self.socket),
            },
            "ports": {
                name: {"device": device, "addresses": both}
                for name, device, both in zip(names, setup.devices(), addresses)
            },
            "routes": [{"file": str(routes), "via": [GATEWAY, GATEWAY6]}],
            "nd": {"dad_transmits": 0},  # packets are counted from the first moment on
            "neighbors": [{"address": gateway, "port": names[-1], "mac": GATEWAY_MAC}
                          for gateway in (GATEWAY, GATEWAY6)],
            **({"firewall": {"rules": setup.ruleset}} if setup.ruleset else {}),
        }
        path = setup.scratch / "ringroad.yaml"
        path.write_text(json.dumps(configuration, indent=1))  # JSON is YAML
        return [self.program(setup.root), "run", path]

    def show(self, what: str) -> list[dict]:
        roadctl = self.setup.root / "build/release/app/roadctl/roadctl"
        return json.loads(subprocess.run(
            [roadctl, "--socket", self.socket, "--json", "show", what], check=True, timeout=5,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)

    def ports(self) -> list[dict]:
        return sorted(self.show("ports"), key=lambda port: port["name"])  # "in" before "out"

    def dropped(self) -> int:
        return sum(row["packets"] for row in self.show("drops"))

    def counters(self) -> tuple[int, int]:
        ports = self.ports()
        return ports[0]["rx_packets"], ports[-1]["tx_packets"]

    def input_mac(self) -> str:
        return self.ports()[0]["mac"]

    def stop(self) -> None:
        super().stop()
        self.socket.unlink(missing_ok=True)
        if self.process.returncode != 0:
            print(f"warning: ringroad ended with {self.process.returncode}, not 0\n"
                  f"{self.log_tail()}", flush=True)


SUBJECTS: dict[str, type[Forwarder]] = {
    "ringroad": Ringroad,
    "l3fwd-lpm": L3fwd,
    "l3fwd-fib": L3fwd,
    "testpmd-mac": Testpmd,
    "testpmd-io": Testpmd,
}
