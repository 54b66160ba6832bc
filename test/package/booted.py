# SPDX-License-Identifier: BSD-3-Clause
"""A separate Debian, booted with its own systemd, on this machine's kernel."""
import os
import subprocess
import time

from debian import ENVIRONMENT, Machine, Skipped, check, run

# The mounts that systemd expects in a container: https://systemd.io/CONTAINER_INTERFACE. /sys and /proc/sys
# are read-only, so udev and sysctl.d cannot change this machine.
BOOT = """
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
mkdir dev/net dev/pts dev/shm
for node in null zero full random urandom tty net/tun; do
  touch dev/$node
  mount --bind /dev/$node dev/$node
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=755 run run
mount -t tmpfs tmp tmp
pivot_root . mnt
umount -l /mnt
exec env -i container=ringroad-test PATH="$PATH" /lib/systemd/systemd --log-target=journal \
  --show-status=no systemd.unit=multi-user.target systemd.mask=e2scrub_reap.service
"""
# A hierarchy of version 2 can be mounted anywhere, even if the machine also uses controllers of version 1.
# systemd owns everything below its group, which is the root of its namespace.
ENTER = """
mount --bind . .
cd "$PWD"
mount -t cgroup2 cgroup2 sys
mkdir "sys/$1"
echo 0 >"sys/$1/cgroup.procs"
umount sys
exec unshare --cgroup --pid --net --ipc --uts --fork --kill-child sh -ec "$0"
"""


class Booted(Machine):
    """Runs commands as root, beside the services. The Debian has a network of its own."""

    def __init__(self, archive):
        super().__init__(archive)
        self.group = f"ringroad-test-{os.getpid()}"
        self.output = self.root / "boot.log"
        with open(self.output, "wb") as output:
            # The process is killed when this program ends in any way.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "sh", "-ec", ENTER, BOOT,
                 self.group], cwd=self.root, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        try:
            self.wait_until_booted(60)
        except Skipped:
            super().close()
            raise
        except BaseException:
            self.close()
            raise

    def wait_until_booted(self, seconds):
        deadline = time.monotonic() + seconds
        state = "starting"
        while state not in ("running", "degraded"):
            if self.process.poll() is not None:
                self.remove_group()
                raise Skipped("no systemd starts in namespaces here: "
                              f"{self.output.read_text().strip()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"systemd is {state} after {seconds} s")
            time.sleep(0.1)
            try:
                state = self.run("systemctl is-system-running || true").strip()
            except AssertionError:
                pass  # systemctl does not work yet

    def run(self, command, seconds=60):
        # The child of the waiting process is systemd, once its shell has executed it.
        init = run("pgrep", "--parent", self.process.pid).strip()
        return run("nsenter", "--target", init, "--all", "sh", "-ec", command, timeout=seconds,
                   stdin=subprocess.DEVNULL, env=ENVIRONMENT)

    def close(self):
        self.process.kill()
        self.process.wait()
        removed = self.remove_group()
        super().close()
        check(removed, f"the control group {self.group} is left")

    def remove_group(self):
        # The last processes of the group may take a moment to end.
        remove = """mount -t cgroup2 cgroup2 sys
for _ in $(seq 50); do
  find "sys/$0" -depth -type d -exec rmdir {} + 2>/dev/null || true
  [ -e "sys/$0" ] || exit 0
  sleep 0.1
done
exit 1"""
        return subprocess.run(["unshare", "--mount", "sh", "-ec", remove, self.group], cwd=self.root,
                              capture_output=True, check=False).returncode == 0
