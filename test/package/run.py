#!/usr/bin/python3
"""Installs the Debian package into a Debian of its own, runs the demo there, and takes it off again.

run.py [--codename NAME] [PACKAGE.deb]: of the Debian that this machine runs, and scripts/package.sh's
package, where nothing else is said. The Debian is made once, by mmdebstrap from the archive that this
machine's apt uses, and kept with what the package depends on in build/package-test. Beside it runs
nothing of it: a namespace of its own has /proc, /sys and /run.

The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "package-test"
# What the demo calls. sysusers alone: nothing here starts services, and the package must bear that.
TOOLS = "iproute2 iputils-ping traceroute iperf3 ethtool procps systemd-standalone-sysusers"
# What installing and removing any package changes.
CHURN = ("/etc/ld.so.cache", "/etc/.pwd.lock", "/run", "/tmp", "/var/cache", "/var/lib/dpkg", "/var/log",
         "/etc/group-", "/etc/gshadow-", "/etc/passwd-", "/etc/shadow-", "/etc/subgid-", "/etc/subuid-")


class Skipped(Exception):
    """That cannot be had here."""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


def this_codename():
    return run("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME").strip()


def sources(codename):
    """Lines of sources.list: those of this machine's that are Debian's own, for that codename."""
    wanted = "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)|$(SIGNED_BY)"
    here = this_codename()
    lines = set()
    for line in run("apt-get", "indextargets", "--format", wanted, "Created-By: Packages").splitlines():
        uri, name, component, origin, key = line.split("|")
        if origin == "Debian" and component == "main" and (codename == here or name == here):
            signed = f"[signed-by={key}] " if key.startswith("/") else ""
            lines.add(f"deb {signed}{uri} {name.replace(here, codename, 1)} main")
    if not lines:
        raise Skipped("this machine's apt knows no archive of Debian")
    return "\n".join(sorted(lines)) + "\n"


def dependencies(package):
    return run("dpkg-deb", "--field", package, "Depends").strip()


def debian(codename, wanted):
    """The archive of a Debian in which `wanted`, in the words of Depends, is installed."""
    name = hashlib.sha256(f"{codename} {TOOLS} {wanted}".encode()).hexdigest()[:12]
    archive = CACHE / f"{codename}-{name}.tar"
    if archive.exists():
        return archive
    if not shutil.which("mmdebstrap"):
        raise Skipped("a clean Debian is made by mmdebstrap, which is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{codename}-*"):
        old.unlink()
    half = archive.with_suffix(".new.tar")
    try:
        run("mmdebstrap", "--variant=minbase", "--include=" + TOOLS.replace(" ", ","),
            '--aptopt=APT::Install-Recommends "false"',
            f'--customize-hook=chroot "$1" apt-get -qq -y satisfy "{wanted}"',
            codename, half, "-", input=sources(codename), timeout=400)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        raise Skipped(f"no Debian {codename} could be made: {error}") from error
    half.rename(archive)
    return archive


class Machine:
    """A Debian of its own in a folder; commands run in it as root of a namespace of mounts."""

    def __init__(self, archive):
        self.root = CACHE / f"root-{os.getpid()}"
        self.root.mkdir()
        run("tar", "--extract", "--file", archive, "--directory", self.root, "--numeric-owner",
            "--xattrs", "--exclude=./dev/*")

    def close(self):
        shutil.rmtree(self.root)

    def run(self, command):
        # ip-netns wants / to be a mount.
        mounts = ("mount --bind . .; cd \"$PWD\"; mount -t proc proc proc; mount -t sysfs sys sys; "
                  "mount -t tmpfs run run; mount --rbind /dev dev; exec chroot . sh -c \"$0\"")
        return run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", mounts, command,
                   cwd=self.root, timeout=120,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})

    def files(self):
        """{path: what it is, and contents of what may be edited}, but for what always changes."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            inside = "/" + str(pathlib.Path(folder).relative_to(self.root)).strip(".")
            folders[:] = [name for name in folders
                          if os.path.join(inside, name) not in CHURN and not os.path.islink(
                              os.path.join(folder, name))]
            for name in folders + names:
                path = pathlib.Path(folder, name)
                where = os.path.join(inside, name)
                if where not in CHURN:
                    edited = where.startswith("/etc/") and path.is_file() and not path.is_symlink()
                    found[where] = path.read_bytes() if edited else b""
        return found

    def has(self, path):
        return os.path.lexists(self.root / path.lstrip("/"))


def difference(before, after):
    return ([f"left: {path}" for path in sorted(after.keys() - before.keys())] +
            [f"gone: {path}" for path in sorted(before.keys() - after.keys())] +
            [f"changed: {path}" for path in sorted(before.keys() & after.keys())
             if before[path] != after[path]])


def check(condition, said):
    if not condition:
        raise AssertionError(said)


def installs(machine, package):
    """It installs with what it says it depends on, into a Debian without systemd."""
    shutil.copy(package, machine.root / "tmp" / "ringroad.deb")
    machine.run("dpkg --install /tmp/ringroad.deb")
    check("ringroad" in machine.run("getent passwd ringroad"), "its user is not there")
    check(machine.has("/etc/systemd/system/multi-user.target.wants/ringroad.service"),
          "the service is not enabled")
    check(not machine.has("/etc/ringroad/ringroad.yaml"), "ports are taken that nobody named")
    machine.run("ringroad check /etc/ringroad/ringroad.yaml.example")
    machine.run("ringroad check /usr/share/doc/ringroad/examples/af-packet.yaml")
    machine.run("ringroad-bind status")


def demo_runs(machine, _):
    """The demo does, on the drivers that it depends on."""
    shown = machine.run("ringroad-demo --once")
    check("5 packets transmitted, 5 received" in shown, shown)
    check("buffers back: 16384 of 16384" in shown, shown)


def remove_keeps_configuration(machine, _):
    """Removing it takes all but the configuration."""
    machine.run("cp /etc/ringroad/ringroad.yaml.example /etc/ringroad/ringroad.yaml; "
                "dpkg --remove ringroad")
    check(machine.has("/etc/ringroad/ringroad.yaml.example"), "the example is gone")
    check(not machine.has("/usr/bin/ringroad"), "the program is still there")


def installs_again(machine, _):
    """It comes back after it was removed, enabled as before."""
    machine.run("dpkg --install /tmp/ringroad.deb")
    check(machine.has("/etc/systemd/system/multi-user.target.wants/ringroad.service"),
          "the service is not enabled again")
    check(not machine.has("/etc/systemd/system/ringroad.service"), "the service is still masked")
    machine.run("dpkg --install /tmp/ringroad.deb")  # an upgrade


def purge_leaves_nothing(machine, before):
    """Purging it takes everything."""
    machine.run("dpkg --purge ringroad; rm /tmp/ringroad.deb")
    left = difference(before, machine.files())
    check(not left, "\n".join(left))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--codename", default=this_codename())
    parser.add_argument("package", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    steps = [installs, demo_runs, remove_keeps_configuration, installs_again, purge_leaves_nothing]
    counts = {"ok": 0, "FAIL": 0, "SKIP": 0}
    machine = None
    try:
        if os.geteuid() != 0:
            raise Skipped("only root may make a Debian in a folder")
        package = arguments.package or ROOT / run(ROOT / "scripts/package.sh").splitlines()[-1]
        machine = Machine(debian(arguments.codename, dependencies(package)))
        before = machine.files()
        for step in steps:
            started = time.monotonic()
            step(machine, before if step is purge_leaves_nothing else package)
            counts["ok"] += 1
            print(f"ok   {step.__doc__} {time.monotonic() - started:.1f} s", flush=True)
    except Skipped as reason:
        counts["SKIP"] = len(steps)
        print(f"SKIPPED: package: {reason}")
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        counts["FAIL"] = 1  # those that follow build on it
        print(f"FAIL {step.__doc__ if counts['ok'] else 'package'}\n{error}")
    finally:
        if machine:
            machine.close()
    skipped = f", {counts['SKIP']} skipped" if counts["SKIP"] else ""
    print(f"{counts['ok']} passed, {counts['FAIL']} failed{skipped}")
    sys.exit(1 if counts["FAIL"] else 0)


if __name__ == "__main__":
    main()
