# SPDX-License-Identifier: BSD-3-Clause
"""The boot files of a guest: a kernel, and an initramfs with the router, DPDK's drivers and a busybox."""
import lzma
import os
import pathlib
import re
import shutil
import stat
import struct
import subprocess

from topology import ROADCTL, RINGROAD, ROOT

UNPACKED = ROOT / "build" / "nic" / "root"
LIBRARIES = UNPACKED / "usr" / "lib" / "x86_64-linux-gnu"
# Loaded in this order, if the kernel has them as modules.
MODULES = ("uio", "uio_pci_generic", "irqbypass", "vfio", "vfio_virqfd", "iommufd",
           "vfio_iommu_type1", "vfio-pci-core", "vfio-pci")
DRIVERS = ("bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_virtio", "net_vmxnet3",
           "net_af_packet", "net_tap")

# Commands arrive on the second serial line, one on each line behind its length; their output returns on it,
# followed by a line with their number and exit status. An emulated serial line loses characters if the
# guest waits for its core: what is not as long as it says is asked for again.
INIT = r"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
# EAL loads no driver from below a directory that everybody may write.
chmod 755 /
mkdir -p /proc /sys /dev /run/ringroad /tmp /var/run
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/hugepages /dev/shm
mount -t hugetlbfs huge /dev/hugepages
ip link set lo up
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty raw -echo
echo up
number=0
while read -r length line; do
  if [ "${#line}" != "$length" ]; then
    echo "
@again@"
    continue
  fi
  number=$((number + 1))
  eval "$line" </dev/null
  echo "
@$number $?@"
done
"""


def qemu():
    """Returns (program, environment) of a qemu that emulates igb, or None."""
    ours = UNPACKED / "usr" / "bin" / "qemu-system-x86_64"
    program = str(ours) if ours.exists() else shutil.which("qemu-system-x86_64")
    if not program:
        return None
    environment = dict(os.environ)
    if ours.exists():
        environment["LD_LIBRARY_PATH"] = f"{UNPACKED}/lib/x86_64-linux-gnu:{LIBRARIES}"
    has = subprocess.run([program, "-device", "help"], env=environment, text=True,
                         capture_output=True, check=False).stdout
    return (program, environment) if 'name "igb"' in has else None


def kernel(directory):
    """Returns the kernel's file, unpacked if possible: unpacking takes seconds in an emulated guest, and
    qemu starts an ELF kernel by its PVH entry."""
    packed = next((UNPACKED / "boot").glob("vmlinuz-*"), None)
    if packed is None:
        return None
    image = packed.read_bytes()
    setup_sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = (setup_sectors + 1) * 512 + offset
    try:
        unpacked = lzma.LZMADecompressor().decompress(image[payload:payload + length])
    except lzma.LZMAError:
        return packed
    (directory / "vmlinux").write_bytes(unpacked)
    return directory / "vmlinux"


class Initramfs:
    """A cpio archive ("newc", the kernel's Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self.entries = {}  # path: (mode, content)

    def directory(self, path):
        for parent in [*reversed(pathlib.PurePath(path).parents), pathlib.PurePath(path)]:
            if str(parent) not in (".", "/"):
                self.entries.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))

    def add(self, path, content, mode=0o755):
        self.directory(pathlib.PurePath(path).parent)
        self.entries[path] = (stat.S_IFREG | mode, content)

    def copy(self, source):
        """Adds a file of the host under its own path. A link stays a link: EAL panics if it finds a driver
        under two names."""
        source = pathlib.Path(source)
        # /lib and similar folders are links too, which the guest need not have.
        path = str(source.parent.resolve() / source.name).lstrip("/")
        if path in self.entries:
            return
        if source.is_symlink():
            self.directory(pathlib.PurePath(path).parent)
            self.entries[path] = (stat.S_IFLNK | 0o777, os.readlink(source).encode())
            self.copy(source.parent / os.readlink(source))
        else:
            self.add(path, source.read_bytes())

    def copy_program(self, source, path=None):
        """Adds a program or library, and the libraries that it needs."""
        if path:
            self.add(path, source.read_bytes())
        else:
            self.copy(source)
        listed = subprocess.run(["ldd", str(source)], text=True, capture_output=True, check=True)
        for library in re.findall(r"(/\S+) \(0x", listed.stdout):
            self.copy(library)

    def write(self, path):
        with open(path, "wb") as archive:
            for inode, (name, (mode, content)) in enumerate(self.entries.items(), 1):
                self.write_entry(archive, inode, name, mode, content)
            self.write_entry(archive, 0, "TRAILER!!!", 0, b"")

    @staticmethod
    def write_entry(archive, inode, name, mode, content):
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        for part in (header + name.encode() + b"\0", content):
            archive.write(part + bytes(-len(part) % 4))


def initramfs(path, **files):
    """Writes an initramfs with the files of every guest and these files: {name in /: content}."""
    image = Initramfs()
    image.add("init", INIT.encode())
    image.add("bin/busybox", (UNPACKED / "bin" / "busybox").read_bytes())
    image.copy_program(RINGROAD, "bin/ringroad")
    image.copy_program(ROADCTL, "bin/roadctl")
    # ldd does not show the path by which the loader is requested.
    image.directory("lib64")
    image.entries["lib64/ld-linux-x86-64.so.2"] = (
        stat.S_IFLNK | 0o777, str(pathlib.Path("/lib64/ld-linux-x86-64.so.2").resolve()).encode())
    image.copy(pathlib.Path("/lib64/ld-linux-x86-64.so.2").resolve())
    image.directory("lib")
    for driver in DRIVERS:
        for name in pathlib.Path("/usr/lib/x86_64-linux-gnu/dpdk").glob(f"pmds-*/librte_{driver}.so*"):
            image.copy_program(name)
    image.entries["lib/x86_64-linux-gnu"] = (stat.S_IFLNK | 0o777, b"../usr/lib/x86_64-linux-gnu")
    for module in MODULES:
        for source in UNPACKED.glob(f"lib/modules/*/kernel/drivers/**/{module}.ko*"):
            content = source.read_bytes()
            image.add(f"modules/{module}.ko",
                      lzma.decompress(content) if source.suffix == ".xz" else content)
        for source in UNPACKED.glob(f"lib/modules/*/kernel/virt/**/{module}.ko*"):
            content = source.read_bytes()
            image.add(f"modules/{module}.ko",
                      lzma.decompress(content) if source.suffix == ".xz" else content)
    for name, content in files.items():
        image.add(name, content)
    image.write(path)
