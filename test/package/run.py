#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Installs the Debian package into a Debian of its own, runs the demo there, and takes it off again;
then into another that has booted its systemd, and tries the service there: service.py.

run.py [--codename NAME] [PACKAGE.deb]: by default the Debian is the release that this machine runs, and
the package is the one that scripts/package.sh makes of build/release. The Debian is kept, with the
dependencies of the package, in build/package-test: debian.py.

The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

import service
from booted import Booted
from debian import ROOT, Machine, Skipped, check, debian, run, this_codename

# The programs that the demo calls. Of systemd only sysusers is there: nothing in this Debian starts services,
# and the package must work without.
TOOLS = ("iproute2", "iputils-ping", "traceroute", "iperf3", "ethtool", "procps",
         "systemd-standalone-sysusers")


def difference(before, after):
    return ([f"left: {path}" for path in sorted(after.keys() - before.keys())] +
            [f"gone: {path}" for path in sorted(before.keys() - after.keys())] +
            [f"changed: {path}" for path in sorted(before.keys() & after.keys())
             if before[path] != after[path]])


def installs(machine, package):
    """It installs with what it says it depends on, into a Debian without systemd."""
    machine.before = machine.files()
    shutil.copy(package, machine.root / "tmp" / "ringroad.deb")
    machine.run("dpkg --install /tmp/ringroad.deb")
    version = machine.run("dpkg-query --show --showformat '${Version}' ringroad")
    said = machine.run("ringroad --version")
    check(f"ringroad {version} " in said, f"the package is {version}, the program {said}")
    check("ringroad" in machine.run("getent passwd ringroad"), "its user is not there")
    check(machine.has("/etc/systemd/system/multi-user.target.wants/ringroad.service"),
          "the service is not enabled")
    check(not machine.has("/etc/ringroad/ringroad.yaml"), "ports are taken that nobody named")
    machine.run("ringroad check /etc/ringroad/ringroad.yaml.example")
    machine.run("ringroad check /usr/share/doc/ringroad/examples/af-packet.yaml")
    machine.run("ringroad-bind status")
    for path in ("man/man8/ringroad.8.gz", "man/man8/roadctl.8.gz", "man/man5/ringroad.yaml.5.gz",
                 "man/man8/ringroad-bind.8.gz", "man/man8/ringroad-demo.8.gz", "doc/ringroad/deploy.md",
                 "bash-completion/completions/roadctl", "zsh/vendor-completions/_roadctl",
                 "fish/vendor_completions.d/roadctl.fish"):
        check(machine.has(f"/usr/share/{path}"), f"no {path}")


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


def purge_leaves_nothing(machine, _):
    """Purging it takes everything."""
    machine.run("dpkg --purge ringroad; rm /tmp/ringroad.deb")
    left = difference(machine.before, machine.files())
    check(not left, "\n".join(left))


STEPS = [installs, demo_runs, remove_keeps_configuration, installs_again, purge_leaves_nothing]


def steps_of(name, make, steps, package):
    """Runs steps that build on each other on one machine; returns (passed, failed, skipped)."""
    machine, passed, doing = None, 0, name
    try:
        if os.geteuid() != 0:
            raise Skipped("only root may make a Debian in a folder")
        machine = make()
        for step in steps:
            started = time.monotonic()
            doing = step.__doc__
            step(machine, package)
            passed += 1
            print(f"ok   {doing} {time.monotonic() - started:.1f} s", flush=True)
    except Skipped as reason:
        print(f"SKIPPED: {name}: {reason}")
        return passed, 0, len(steps) - passed
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"FAIL {doing}\n{error}", flush=True)
        return passed, 1, 0
    finally:
        if machine:
            machine.close()
    return passed, 0, 0


def packaged():
    """Returns the package of the programs that the other tests used."""
    run(ROOT / "scripts/build.sh", "release", "installed")
    return ROOT / run(ROOT / "scripts/package.sh", "build/release").splitlines()[-1]


def lintian(codename, package):
    """Checks the package with lintian, Debian's own checker; returns (passed, failed, skipped)."""
    try:
        if not shutil.which("lintian"):
            raise Skipped("it is not installed")
        if codename != this_codename():
            raise Skipped(f"this machine's knows Debian {this_codename()}, and not {codename}")
        started = time.monotonic()
        run("lintian", "--allow-root", "--fail-on", "error,warning", package)
        print(f"ok   lintian finds nothing {time.monotonic() - started:.1f} s", flush=True)
        return 1, 0, 0
    except Skipped as reason:
        print(f"SKIPPED: lintian: {reason}")
        return 0, 0, 1
    except AssertionError as error:
        print(f"FAIL lintian finds nothing\n{error}", flush=True)
        return 0, 1, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--codename", default=this_codename())
    parser.add_argument("package", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    package = arguments.package or packaged()
    needed = run("dpkg-deb", "--field", package, "Depends").strip()

    def with_what_it_needs(purpose, tools):
        return debian(arguments.codename, purpose, tools,
                      f'chroot "$1" apt-get -qq -y satisfy "{needed}"')

    counts = [
        lintian(arguments.codename, package),
        steps_of("package", lambda: Machine(with_what_it_needs("package", TOOLS)), STEPS, package),
        steps_of("service", lambda: Booted(with_what_it_needs("boot", service.TOOLS)), service.STEPS,
                 package)]
    passed, failed, skipped = map(sum, zip(*counts))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
