# SPDX-License-Identifier: BSD-3-Clause
"""Every command in a document is run, here or by another suite, or is listed below with the reason why not.

A new command that is neither run nor listed fails, and so does an entry below that no document contains.
"""
import gzip
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import unittest

import documents
from topology import CORES, RINGROAD, ROADCTL, ROOT, eventually, run

# Some commands are started with additional arguments at the end (ping) or the beginning (the
# programs); all others are run unchanged.
WRAPPERS = {
    "sudo": 'exec "$@"',
    "ringroad": f'exec {RINGROAD} "$@"',
    "roadctl": f'exec {ROADCTL} "$@"',
    "ringroad-bind": f'exec {ROOT}/scripts/bind.sh "$@"',
    "ping": 'exec /usr/bin/ping -c 2 -i 0.2 -w 10 "$@"',
}

# Run in a room with a router that is configured as in the README.
WITH_ROUTER = r"(sudo )?roadctl (?!explain from \S+ --|trace|capture|wireshark|reload|confirm|top|firewall load|.*--watch).*"
# Run in the root of the sources.
ALONE = (
    r"sudo scripts/install\.sh package",
    r"sudo ringroad-bind status",
    r"ringroad check FILE",
    r"cat /sys/devices/system/cpu/isolated",
    r"lscpu \| grep NUMA",
)
# Run by a suite of scripts/test.sh, by a file of test/system, or by scripts/test.sh itself.
ELSEWHERE = {
    r"(sudo )?(\./)?scripts/test\.sh( --quick| --only \w+)?": "test.sh",
    r"scripts/build\.sh (debug|release( \S+)?)": "test.sh",
    r"sudo \./scripts/run\.sh": "demo",
    r"sudo ringroad-demo --once": "package",
    # "|" also separates the forms of a command, so that a pipe is taken for one.
    r"roadctl (trace|capture|wireshark)( .*)?": "trace_test",
    r"roadctl show .* --watch .*": "roadctl_test",
    r"roadctl (reload|confirm)( .*)?": "reload_test",
    r"roadctl firewall load FILE( --check)?": "firewall_test",
    r"curl '?http://127\.0\.0\.1:9411/.*|test/system/run\.py http_test\.Scale": "http_test",
    r"roadctl top( .*)?": "top_test",
    r"roadctl explain from \S+ --(pcap|frame) .*": "explain_test",
    r"clang-format-19 -i FILE": "format",
    r"ringroad check (router|/etc/ringroad/ringroad)\.yaml": "cli_test",
    r"scripts/package\.sh && sudo apt install \S+": "package",
    r"(sudo )?meson install( -C build/release --no-rebuild)?": "package",
    r"(sudo )?scripts/install\.sh nic|sudo test/nic/run\.py .*": "nic",
    r"sudo test/conformance/run\.py": "conformance",
    r"sudo systemctl enable --now ringroad|systemctl (start|reload|(restart|reload) ringroad)|"
    r"systemctl reset-failed ringroad; systemctl start ringroad|journalctl -u ringroad": "package",
    r"sudo ringroad-bind (bind|unbind|hugepages) .*|ringroad-bind hugepages|scripts/bind\.sh (bind|hugepages) .*|"
    r"systemctl enable ringroad-bind@.*": "bind_test",
}
# Not run by a test, with the reason:
CANNOT = {
    r"sudo \./scripts/run\.sh router\.yaml": "a NIC: its router.yaml has one",
    r"(sudo )?(\./)?(scripts/)?bench\.sh.*": "tens of minutes on a machine that is otherwise idle",
    r"sudo test/conformance/run\.py --packets 1000000": "an hour",
    r"sudo test/conformance/(run\.py --category (rulesets|conversations) .*|listings\.py( .*)?)": "minutes, and known differences",
    r"sudo test/conformance/run\.py --category options .*": "minutes: 20,000 packets more than conformance's",
    r"build/release/test/unit/unit-fib '\[\.long\]' .*": "minutes of a core",
    r"sudo systemd-sysusers .* && sudo udevadm .* && sudo systemctl .*": "changes the machine that it runs on",
    r"ssh -L .*": "a second machine",
    r"systemctl edit ringroad": "an editor, and somebody at it",
    r"dpdk-testpmd .* -a 0000:03:00\.\d .*": "a second machine with NICs",
    r"pktgen .*": "a second machine with NICs, and a program that Debian has not",
    r"lspci -vv -s 03:00\.0 \| grep LnkSta": "a NIC",
    r"dmesg \| grep .*|ls /sys/kernel/iommu_groups|ls -l /dev/vfio": "an IOMMU",
    r"cpupower .*": "a processor whose clock can be set",
    r"ethtool -L eth1 combined 1": "a NIC of several queues",
}
# Lines of blocks that are not commands.
PICTURES = (r"host rr-demo-a|192\.168\.1\.2  ---.*|provider 203.*", r"router\.yaml:\d+:\d+: .*",
            r"GRUB_CMDLINE_LINUX=.*", r"set 0 dst mac .*", r'(\w+: )?\{".*\}',
            r"nothing --packet-->.*|\| 3 broadcasts|v 1 s apart|FAILED <---.*")
# Commands in the comments of configurations, run with the router of that file (Configurations,
# below).
BESIDE_ITS_ROUTER = r"ip .*|ping .*|dpdk-testpmd --no-pci .*"

# Configurations that a machine without their hardware cannot run.
NOT_RUN = {"two-nics.yaml": "two NICs"}
# The interfaces that af-xdp.yaml expects.
INTERFACES = {"af-xdp.yaml": ("eth1", "eth2")}


def matches(pattern, text):
    return re.fullmatch(pattern, text) is not None


def run_beside_its_router(command):
    name = re.match(r"config/(.*\.yaml):", command.place)
    return name and name[1] not in NOT_RUN and matches(BESIDE_ITS_ROUTER, command.text)


class Room:
    """A network namespace and a /run of its own, in which commands run as they are in a document."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="ringroad-test-")
        self.path = pathlib.Path(self.directory.name)
        programs = self.path / "bin"
        programs.mkdir()
        for name, text in WRAPPERS.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        # It ends with this process, because the pipe that it reads from is closed then.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c",
             "mount -t tmpfs tmpfs /run && mkdir /run/ringroad && ip link set lo up && echo && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.router = None

    def inside(self, command):
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--mount", f"--wd={self.path}", "bash", "-c",
                command]

    def run(self, command, check=True):
        return run(*self.inside(command), check=check, env=self.environment)

    def spawn(self, command, log):
        with open(self.path / log, "w") as output:
            return subprocess.Popen(self.inside(f"exec {command}"), env=self.environment, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=subprocess.STDOUT)

    def veth(self, *interfaces):
        for name in interfaces:
            self.run(f"ip link add {name} type veth peer name host-{name}; ip link set {name} up; "
                     f"ip link set host-{name} up")

    def start_router(self, text):
        (self.path / "running.yaml").write_text(text)
        self.router = self.spawn("ringroad run running.yaml", "router.log")
        eventually(lambda: "ringroad: ready" in self.log() or self.router.poll() is not None, 30)
        if self.router.poll() is not None or "ringroad: ready" not in self.log():
            raise AssertionError(f"the router did not become ready:\n{self.log()}")

    def log(self):
        return (self.path / "router.log").read_text()

    def stop_router(self):
        self.router.terminate()
        if self.router.wait(15) != 0 or "buffers back" not in self.log():
            raise AssertionError(f"exit {self.router.returncode}:\n{self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.router and self.router.poll() is None:
            self.router.kill()
            self.router.wait()
        self.holder.communicate()
        self.directory.cleanup()


def configuration_of_the_readme():
    """Returns the README's YAML, and the same adapted to a machine without its NIC and with fewer cores."""
    shown = re.search(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)[1]
    text = shown
    for old, new in (("workers: [1, 2] ", f"workers: [{CORES[-1]}] "), ("control: 0 ", f"control: {CORES[0]} "),
                     ("device: 0000:03:00.0 ", "device: net_af_packet1,iface=eth0 "),
                     ("\nports:", "  memory: {hugepages: off, size: 256MiB, buffers: 16384}\n  idle: pause\n\nports:")):
        if old not in text:
            raise AssertionError(f"the README's configuration has no {old!r} any more")
        text = text.replace(old, new)
    return shown, text


class Commands(unittest.TestCase):
    def test_each_is_run_or_is_known_not_to_be(self):
        fates = [WITH_ROUTER, *ALONE, *ELSEWHERE, *CANNOT, *PICTURES]
        commands = list(documents.commands())
        self.assertGreater(len(commands), 80)
        self.assertEqual([str(command) for command in commands if not run_beside_its_router(command) and
                          not any(matches(fate, command.text) for fate in fates)], [])
        self.assertEqual([fate for fate in fates
                          if not any(matches(fate, command.text) for command in commands)], [])

    def test_what_is_said_to_run_them_is_there(self):
        suites = re.search(r"^all=\((.*?)\)", (ROOT / "scripts" / "test.sh").read_text(), re.M | re.S)[1].split()
        for where in set(ELSEWHERE.values()) - {"test.sh"}:
            self.assertTrue(where in suites or (ROOT / "test" / "system" / f"{where}.py").exists(), where)

    def test_each_script_knows_what_it_is_asked_for(self):
        usage = run(ROOT / "scripts" / "bench.sh", "--help").stdout
        test_script = (ROOT / "scripts" / "test.sh").read_text()
        suites = re.search(r"^all=\((.*?)\)", test_script, re.M | re.S)[1].split()
        build_script = (ROOT / "scripts" / "build.sh").read_text()
        for command in documents.commands():
            with self.subTest(str(command)):
                if asked := re.search(r"bench\.sh (\w+)", command.text):
                    self.assertRegex(usage, rf"(?m)^  {asked[1]} ")
                if asked := re.search(r"test\.sh --only (\w+)", command.text):
                    self.assertIn(asked[1], suites)
                if asked := re.search(r"build\.sh (\w+)", command.text):
                    self.assertRegex(build_script, rf"(?m)^  (?:\w+ \| )*{asked[1]}(?: \| \w+)*\)")
                if script := re.search(r"(?:^|[ /])((?:scripts|test)/[\w/]+\.(?:sh|py))", command.text):
                    self.assertTrue(os.access(ROOT / script[1], os.X_OK), script[1])

    def test_every_kind_of_build_is_built(self):
        # Kinds with one label are one build.
        labels = [set(label.split(" | ")) for label in
                  re.findall(r"^  (\w+(?: \| \w+)*)\)", (ROOT / "scripts" / "build.sh").read_text(), re.M)]
        built = set(re.findall(r"\bkind=(\w+)", (ROOT / "scripts" / "test.sh").read_text()))
        self.assertIn({"debug"}, labels)
        self.assertLessEqual(built, set.union(*labels))
        self.assertEqual([label for label in labels if not label & built], [])

    def test_those_that_need_no_router(self):
        with Room() as room:
            for command in documents.commands():
                if any(matches(fate, command.text) for fate in ALONE):
                    with self.subTest(str(command)):
                        text = command.text.replace("FILE", "config/tap.yaml")
                        room.run(f"cd {ROOT} && {text}")

    def test_those_that_ask_a_router(self):
        with Room() as room:
            room.veth("eth0", "eth1")
            room.start_router(configuration_of_the_readme()[1])
            with gzip.open(room.path / "prefixes.txt.gz", "wt") as prefixes:
                prefixes.writelines(f"100.64.{i}.0/24\n" for i in range(256))
            for command in documents.commands():
                if matches(WITH_ROUTER, command.text):
                    with self.subTest(str(command)):
                        self.assertTrue(room.run(command.text).stdout or " show " not in command.text)
            room.stop_router()

    def test_the_readmes_mistake_is_reported_as_it_says(self):
        said = re.search(r"^    (router\.yaml:.*)$", (ROOT / "README.md").read_text(), re.M)[1]
        text = configuration_of_the_readme()[0].replace(
            "type: blackhole}\n", "type: blackhole}\n  - {to: 10.67.0.0/16, via: 10.0.0.300}\n")
        with Room() as room:
            (room.path / "router.yaml").write_text(text)
            done = room.run("ringroad check router.yaml", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual((done.stdout + done.stderr).splitlines()[0], said)

    def test_the_control_sockets_example_is_so(self):
        lines = re.findall(r'^    (\{".*\})$', (ROOT / "lib" / "control" / "verbs" / "README.md").read_text(), re.M)
        self.assertGreaterEqual(len(lines), 4)
        with Room() as room, socket.socket(socket.AF_UNIX) as connection:
            room.veth("eth0", "eth1")
            room.start_router(configuration_of_the_readme()[1])
            connection.connect(f"/proc/{room.router.pid}/root/run/ringroad/ringroad.sock")
            answers = connection.makefile()
            for request, answer in zip(lines[::2], lines[1::2]):
                connection.sendall(request.encode() + b"\n")
                self.assertEqual(json.loads(answers.readline()), json.loads(answer), request)
            room.stop_router()


class Configurations(unittest.TestCase):
    """Each file of config/ is run unchanged, together with the commands in its comments."""

    def test_each_can_be_run_or_is_known_not_to_be(self):
        names = {path.name for path in documents.configurations()}
        self.assertLessEqual(set(NOT_RUN) | set(INTERFACES), names)
        if len(CORES) < 2 or CORES[:2] != [0, 1]:
            self.skipTest("they want cores 0 and 1")
        for path in documents.configurations():
            if path.name not in NOT_RUN:
                with self.subTest(path.name), Room() as room:
                    self.run_it(room, path)

    def run_it(self, room, path):
        beside = [command.text for command in documents.commands_of_configuration(path)
                  if run_beside_its_router(command)]
        peers = [text for text in beside if text.startswith("dpdk-testpmd")]
        before = [text for text in beside if path.name != "tap.yaml" and text not in peers]
        room.veth(*INTERFACES.get(path.name, ()))
        for text in before:
            done = room.run(text, check=False)
            # A kernel without VLAN support is accepted; the router's part works anyway.
            self.assertTrue(done.returncode == 0 or "Unknown device type" in done.stderr, f"{text}: {done.stderr}")
        for rules in path.parent.glob("*.nft"):
            (room.path / rules.name).write_text(rules.read_text())
        room.start_router(path.read_text())
        for text in beside:
            if text not in before and text not in peers:
                room.run(text)
        ports = json.loads(room.run("roadctl --json show ports").stdout)
        self.assertEqual([port["name"] for port in ports if "vlan" not in port],
                         re.findall(r"(?m)^  (\w+):.*\n    device:", path.read_text()))
        for text in peers:
            self.run_peer(room, text)
        room.stop_router()

    def run_peer(self, room, command):
        """Runs a program until it is told to stop: both ports have a link meanwhile."""
        if run("sh", "-c", "command -v dpdk-testpmd", check=False).returncode != 0:
            self.skipTest("no dpdk-testpmd here: scripts/install.sh bench")
        peer = room.spawn(command, "peer.log")
        try:
            def links():
                return {port["link"] for port in json.loads(room.run("roadctl --json show ports").stdout)}
            self.assertTrue(eventually(lambda: links() == {"up"} or peer.poll() is not None, 30))
            time.sleep(0.5)
            self.assertIsNone(peer.poll(), (room.path / "peer.log").read_text())
        finally:
            peer.terminate()
            peer.wait(20)
