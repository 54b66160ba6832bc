# SPDX-License-Identifier: BSD-3-Clause
"""A separate Debian in a folder, made once by mmdebstrap from the archive that this machine's apt uses.

Machine runs single commands in it; booted.py boots its systemd.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "package-test"
# Files that change when any package is installed or removed.
CHURN = ("/etc/ld.so.cache", "/etc/.pwd.lock", "/run", "/tmp", "/var/cache", "/var/lib/dpkg", "/var/log",
         "/etc/group-", "/etc/gshadow-", "/etc/passwd-", "/etc/shadow-", "/etc/subgid-", "/etc/subuid-")

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
               "LC_ALL": "C.UTF-8"}


class Skipped(Exception):
    """The machine lacks something that the test needs."""


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
    """Returns those lines of this machine's sources.list that are Debian's own, for this codename."""
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


def debian(codename, purpose, packages, *hooks, seconds=400):
    """Returns the archive of a Debian with these packages, after these customize hooks of mmdebstrap."""
    name = hashlib.sha256(f"{packages} {hooks}".encode()).hexdigest()[:12]
    archive = CACHE / f"{codename}-{purpose}-{name}.tar"
    if archive.exists():
        return archive
    if not shutil.which("mmdebstrap"):
        raise Skipped("a clean Debian is made by mmdebstrap, which is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{codename}-{purpose}-*"):
        old.unlink()
    half = archive.with_suffix(".new.tar")
    try:
        run("mmdebstrap", "--variant=minbase", "--include=" + ",".join(packages),
            '--aptopt=APT::Install-Recommends "false"',
            *(f"--customize-hook={hook}" for hook in hooks),
            codename, half, "-", input=sources(codename), timeout=seconds)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        raise Skipped(f"no Debian {codename} could be made: {error}") from error
    half.rename(archive)
    return archive


class Machine:
    """A separate Debian in a folder. Commands run in it as root, in a mount namespace; nothing runs in it
    between them.

    `shared` is a folder that appears in it at the same path.
    """

    def __init__(self, archive, shared=None):
        self.shared = shared
        self.root = CACHE / f"root-{os.getpid()}"
        self.root.mkdir()
        run("tar", "--extract", "--file", archive, "--directory", self.root, "--numeric-owner",
            "--xattrs", "--exclude=./dev/*")

    def close(self):
        shutil.rmtree(self.root)

    def run(self, command, seconds=120):
        # ip-netns requires that / is a mount point.
        mounts = ["mount --bind . .", 'cd "$PWD"', "mount -t proc proc proc", "mount -t sysfs sys sys",
                  "mount -t tmpfs run run", "mount --rbind /dev dev"]
        if self.shared:
            mounts.append(f"mkdir -p .{self.shared}; mount --bind {self.shared} .{self.shared}")
        return run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec",
                   "; ".join([*mounts, 'exec chroot . sh -ec "$0"']), command,
                   cwd=self.root, timeout=seconds, env=ENVIRONMENT)

    def files(self):
        """Returns {path: content}, without files that always change; only files in /etc have content."""
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


def check(condition, said):
    if not condition:
        raise AssertionError(said)
