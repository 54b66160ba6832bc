# SPDX-License-Identifier: BSD-3-Clause
"""Tests scripts/bind.sh with a fake sysfs made of files; a thread plays the kernel."""
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import threading
import unittest

from topology import ROOT

BIND = ROOT / "scripts" / "bind.sh"
WAN, LAN, DISK = "0000:03:00.0", "0000:03:00.1", "0000:04:00.0"
# /proc/net/route has, in hexadecimal: Iface Destination Gateway Flags RefCnt Use Metric Mask ...
ROUTES = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
DEFAULT = "{} 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n"
SUBNET = "{} 0001A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
KERNELS_OWN = {"0x020000": "ixgbe", "0x010802": "nvme"}


class Machine:
    """A tree with two ports of an 82599 and a disk; `kernel` binds devices on writes to drivers_probe
    and unbind."""

    def __init__(self, iommu=True, unsafe_mode=True):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="ringroad-test-"))
        self.devices = self.root / "sys/bus/pci/devices"
        self.drivers = self.root / "sys/bus/pci/drivers"
        for driver in ("ixgbe", "nvme", "vfio-pci", "uio_pci_generic"):
            (self.drivers / driver).mkdir(parents=True)
            os.mkfifo(self.drivers / driver / "unbind")
        os.mkfifo(self.root / "sys/bus/pci/drivers_probe")
        self.pci(WAN, "0x020000", "wan0", group="17" if iommu else None)
        self.pci(LAN, "0x020000", "lan0", group="18" if iommu else None)
        self.pci(DISK, "0x010802", None, group="19" if iommu else None)
        self.write("proc/net/route", ROUTES)
        self.write("proc/net/ipv6_route", "")
        self.write("proc/mounts", "")
        if unsafe_mode:
            self.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n")
        for node in (0, 1):
            for size in ("2048kB", "1048576kB"):
                for name in ("nr_hugepages", "free_hugepages"):
                    self.write(f"sys/devices/system/node/node{node}/hugepages/hugepages-{size}/{name}",
                               "0\n")
        self.over = False
        self.kernel = threading.Thread(target=self.act_as_kernel, daemon=True)
        self.kernel.start()

    def close(self):
        self.over = True
        self.put("sys/bus/pci/drivers_probe", "end\n")
        self.kernel.join()
        shutil.rmtree(self.root)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def read(self, path):
        return (self.root / path).read_text()

    def put(self, path, text):
        with open(self.root / path, "w") as fifo:
            fifo.write(text)

    def pci(self, address, kind, interface, group):
        device = self.devices / address
        device.mkdir(parents=True)
        for name, text in {"class": kind, "vendor": "0x8086", "device": "0x10fb", "numa_node": "0",
                           "modalias": "pci:v00008086", "driver_override": "(null)"}.items():
            (device / name).write_text(text + "\n")
        (device / "driver").symlink_to(self.drivers / KERNELS_OWN[kind])
        if interface:
            (device / "net" / interface).mkdir(parents=True)
            net = self.root / "sys/class/net" / interface
            net.mkdir(parents=True)
            (net / "device").symlink_to(device)
        if group:
            members = self.root / "sys/kernel/iommu_groups" / group / "devices"
            members.mkdir(parents=True, exist_ok=True)
            (members / address).symlink_to(device)
            (device / "iommu_group").symlink_to(members.parent)

    def act_as_kernel(self):
        """Serves every unbind file and drivers_probe, as long as they may be written."""
        probe = self.root / "sys/bus/pci/drivers_probe"
        fifos = {path: os.open(path, os.O_RDWR) for path in (probe, *self.drivers.glob("*/unbind"))}
        poll = select.poll()
        for path, fd in fifos.items():
            poll.register(fd, select.POLLIN)
        names = {fd: path for path, fd in fifos.items()}
        while not self.over:
            for fd, _ in poll.poll():
                for address in os.read(fd, 4096).decode().split():
                    self.bind_or_unbind(names[fd] == probe, address)
        for fd in fifos.values():
            os.close(fd)

    def bind_or_unbind(self, probe, address):
        device = self.devices / address
        if not device.exists():
            return
        if not probe:
            (device / "driver").unlink()
            return
        wanted = (device / "driver_override").read_text().strip()
        wanted = wanted or KERNELS_OWN[(device / "class").read_text().strip()]
        if (self.drivers / wanted).exists():
            (device / "driver").symlink_to(self.drivers / wanted)

    def driver(self, address):
        link = self.devices / address / "driver"
        return link.readlink().name if link.is_symlink() else None


class BindTest(unittest.TestCase):
    def machine(self, **options):
        machine = Machine(**options)
        self.addCleanup(machine.close)
        return machine

    def bind_sh(self, machine, *words, path=None):
        environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"} if path else None
        return subprocess.run([BIND, "--root", machine.root, *words], text=True, timeout=30,
                              capture_output=True, check=False, env=environment)

    def works(self, machine, *words, **options):
        done = self.bind_sh(machine, *words, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def refused(self, machine, said, *words):
        drivers = [machine.driver(address) for address in (WAN, LAN, DISK)]
        done = self.bind_sh(machine, *words)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stderr, said)
        self.assertEqual([machine.driver(address) for address in (WAN, LAN, DISK)], drivers)


class Bind(BindTest):
    def test_a_port_goes_to_vfio_and_back(self):
        machine = self.machine()
        self.works(machine, "bind", WAN)
        self.assertEqual((machine.driver(WAN), machine.driver(LAN)), ("vfio-pci", "ixgbe"))
        self.assertIn("already", self.works(machine, "bind", WAN).stdout)
        self.works(machine, "unbind", WAN)
        self.assertEqual(machine.driver(WAN), "ixgbe")
        # No override is left that would bind it to vfio-pci at the next probe.
        self.assertEqual(machine.read(f"sys/bus/pci/devices/{WAN}/driver_override").strip(), "")

    def test_short_addresses_and_interfaces_name_devices_too(self):
        machine = self.machine()
        self.works(machine, "bind", "03:00.0", "lan0")
        self.assertEqual((machine.driver(WAN), machine.driver(LAN)), ("vfio-pci", "vfio-pci"))

    def test_another_driver_when_it_is_asked_for(self):
        machine = self.machine(iommu=False)
        done = self.works(machine, "bind", "--driver", "uio_pci_generic", WAN)
        self.assertEqual(machine.driver(WAN), "uio_pci_generic")
        self.assertIn("warning", done.stderr)
        self.works(machine, "bind", "--driver", "vfio-pci", "--no-iommu", WAN)
        self.assertEqual(machine.driver(WAN), "vfio-pci")

    def test_without_an_iommu_only_on_request_and_with_a_warning(self):
        machine = self.machine(iommu=False)
        self.refused(machine, r"VT-d.*--no-iommu", "bind", WAN)
        done = self.works(machine, "bind", "--no-iommu", WAN)
        self.assertRegex(done.stderr, "warning: no IOMMU: .*all of this machine's memory")
        self.assertEqual(machine.driver(WAN), "vfio-pci")
        unsafe = "sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
        self.assertEqual(machine.read(unsafe).strip(), "1")

    def test_a_kernel_whose_vfio_wants_an_iommu(self):
        machine = self.machine(iommu=False, unsafe_mode=False)
        self.refused(machine, "uio_pci_generic", "bind", "--no-iommu", WAN)

    def test_who_shares_the_iommu_group_is_named(self):
        machine = self.machine()
        members = machine.root / "sys/kernel/iommu_groups/17/devices"
        (members / DISK).symlink_to(machine.devices / DISK)
        done = self.works(machine, "bind", WAN)
        self.assertRegex(done.stderr, rf"warning: {DISK} \(nvme\) .*IOMMU group")

    def test_what_is_no_device_or_no_network_device_is_refused(self):
        machine = self.machine()
        self.refused(machine, "eth9", "bind", WAN, "eth9")  # the other device must be unchanged
        self.refused(machine, "no network device", "bind", DISK)
        self.refused(machine, "no driver igb_uio", "bind", "--driver", "igb_uio", WAN)
        self.assertEqual(self.bind_sh(machine, "bind", "--driver", "e1000", WAN).returncode, 2)


class InUse(BindTest):
    def test_the_interface_of_the_default_route_is_not_taken(self):
        machine = self.machine()
        machine.write("proc/net/route", ROUTES + DEFAULT.format("wan0"))
        self.refused(machine, r"in use \(wan0: default route\).*--force", "bind", WAN)
        self.works(machine, "bind", LAN)  # this port has no route
        self.works(machine, "bind", "--force", WAN)
        self.assertEqual(machine.driver(WAN), "vfio-pci")

    def test_nor_one_over_which_somebody_on_its_subnet_can_be_logged_in(self):
        machine = self.machine()
        machine.write("proc/net/route", ROUTES + SUBNET.format("lan0"))
        self.refused(machine, r"lan0: routes", "bind", LAN)

    def test_nor_one_that_ipv6_leaves_by(self):
        machine = self.machine()
        zero, tail = "0" * 32, "00000400 00000001 00000000 00000003"
        machine.write("proc/net/ipv6_route",
                      f"fe80{zero[4:]} 40 {zero} 00 {zero} {tail} lan0\n"  # every interface has this route
                      f"{zero} 00 {zero} 00 fe80{zero[4:]} {tail} wan0\n")
        self.refused(machine, "IPv6 default route", "bind", WAN)
        self.works(machine, "bind", LAN)

    def test_nor_one_below_a_bridge(self):
        machine = self.machine()
        (machine.root / "sys/class/net/lan0/upper_br0").symlink_to("../br0")
        self.refused(machine, "lan0: below br0", "bind", LAN)

    def test_nor_the_interface_of_a_virtio_device(self):
        machine = self.machine()
        device = machine.devices / WAN
        (device / "virtio0/net").mkdir(parents=True)
        (device / "net/wan0").rename(device / "virtio0/net/wan0")
        machine.write("proc/net/route", ROUTES + DEFAULT.format("wan0"))
        self.refused(machine, "default route", "bind", WAN)


class Status(BindTest):
    def test_it_shows_network_devices_with_driver_node_and_use(self):
        machine = self.machine()
        machine.write("proc/net/route", ROUTES + DEFAULT.format("wan0"))
        self.works(machine, "bind", LAN)
        lines = self.works(machine, "status").stdout.splitlines()
        rows = {line.split()[0]: line.split() for line in lines if line}
        self.assertEqual(rows[WAN], [WAN, "8086:10fb", "ixgbe", "0", "17", "wan0", "wan0:",
                                     "default", "route"])
        self.assertEqual(rows[LAN][2], "vfio-pci")
        self.assertNotIn(DISK, rows)


class Hugepages(BindTest):
    """`mount` is a script here, which records its arguments."""

    def setUp(self):
        self.bin = pathlib.Path(tempfile.mkdtemp(prefix="ringroad-test-"))
        self.addCleanup(shutil.rmtree, self.bin)
        (self.bin / "mount").write_text(f'#!/bin/sh\necho "$@" >>{self.bin}/mounted\n')
        (self.bin / "mount").chmod(0o755)

    def reserved(self, machine, node, size="2048kB"):
        return int(machine.read(
            f"sys/devices/system/node/node{node}/hugepages/hugepages-{size}/nr_hugepages"))

    def mounted(self):
        path = self.bin / "mounted"
        return path.read_text() if path.exists() else ""

    def test_on_every_node_and_mounted_where_nothing_is(self):
        machine = self.machine()
        self.works(machine, "hugepages", "1G", path=self.bin)
        self.assertEqual([self.reserved(machine, node) for node in (0, 1)], [512, 512])
        self.assertEqual(self.mounted(), f"-t hugetlbfs -o pagesize=2M hugetlbfs "
                                         f"{machine.root.resolve()}/dev/hugepages\n")

    def test_large_ones_on_one_node(self):
        machine = self.machine()
        machine.write("proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n")
        self.works(machine, "hugepages", "--size", "1G", "--node", "1", "4G", path=self.bin)
        self.assertEqual([self.reserved(machine, node, "1048576kB") for node in (0, 1)], [0, 4])
        self.assertIn("pagesize=1G", self.mounted())  # a mount with the other page size does not suffice

    def test_what_is_mounted_is_not_mounted_again(self):
        machine = self.machine()
        machine.write("proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n")
        self.works(machine, "hugepages", "64M", path=self.bin)
        self.assertEqual(self.mounted(), "")

    def test_a_kernel_that_finds_fewer_is_reported(self):
        machine = self.machine()
        folder = machine.root / "sys/devices/system/node/node0/hugepages/hugepages-2048kB"
        (folder / "nr_hugepages").unlink()
        (folder / "nr_hugepages").symlink_to("/dev/null")
        self.refused(machine, "found 0 of 512.*hugepagesz=2M", "hugepages", "1GiB")

    def test_amounts_and_nodes_that_make_no_sense(self):
        machine = self.machine()
        self.refused(machine, "no hugepages of 2M on node 7", "hugepages", "--node", "7", "1G")
        for words in (["hugepages"], ["hugepages", "many"], ["hugepages", "--size", "4M", "1G"],
                      ["hugepages", "1G", "--size"]):
            self.assertEqual(self.bind_sh(machine, *words).returncode, 2)
