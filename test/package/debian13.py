#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds the sources in a Debian 13 (DPDK 24.11, g++ 14), and runs the demo and tests of them there:
unit, dataplane and package.

debian13.py [-j N]: the builds are kept in build/debian13 and build/debian13-tests. The programs are
compiled like a release, to see its warnings; the tests with little optimization, to save time.
The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import argparse
import hashlib
import os
import subprocess
import sys
import time

from debian import ROOT, Machine, Skipped, debian, run

PROGRAMS = "build/debian13"
TESTS = "build/debian13-tests"
# With little optimization the compiler gives false warnings.
FAST = "-Doptimization=1 -Dcpp_args=-Wno-maybe-uninitialized"


def build(folder, options, jobs):
    return (f"[ -e {folder}/build.ninja ] || meson setup {folder} -Dbench=false {options}; "
            f"ninja -C {folder} -j {jobs} -k 0 --quiet")


def commands(jobs):
    """Returns the commands that run in the Debian, by name."""
    return {
        "compile the programs": build(PROGRAMS, "-Dprefix=/usr -Dtests=false", jobs),
        "compile the tests": build(TESTS, FAST, jobs),
        "demo": f"RINGROAD={PROGRAMS}/app/ringroad/ringroad ROADCTL={PROGRAMS}/app/roadctl/roadctl "
                "scripts/demo.sh --once",
        "unit": f"scripts/run_suite.py {TESTS} unit",
        "dataplane": f"scripts/run_suite.py {TESTS} dataplane",
        "build the package": f"scripts/package.sh {PROGRAMS}",
    }


def try_package():
    """Tests the package in other Debians than the one that built it."""
    package = next((ROOT / PROGRAMS / "package").glob("*.deb"))
    return run(ROOT / "test/package/run.py", "--codename", "trixie", package, timeout=1800)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-j", type=int, default=1, dest="jobs")
    steps = commands(parser.parse_args().jobs)
    passed = failed = skipped = 0
    machine = None

    def attempt(name, step):
        nonlocal passed, failed
        started = time.monotonic()
        try:
            last = step().rstrip().rpartition("\n")[2]
        except (AssertionError, OSError, StopIteration, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAIL {name}: {error}", flush=True)
            return False
        passed += 1
        print(f"ok   {name} {time.monotonic() - started:.0f} s: {last}", flush=True)
        return True

    try:
        if os.geteuid() != 0:
            raise Skipped("only root may make a Debian in a folder")
        install = ROOT / "scripts" / "install.sh"
        version = hashlib.sha256(install.read_bytes()).hexdigest()[:12]
        archive = debian("trixie", "build", ["python3"], f"copy-in {install} /root",
                         f'chroot "$1" bash /root/install.sh package  # {version}', seconds=1200)
        machine = Machine(archive, shared=ROOT)
        for name, command in steps.items():
            right = attempt(name, lambda command=command: machine.run(f"cd {ROOT}; {command}", seconds=3600))
            if not right and name.startswith("compile"):
                break  # the others build on it
        else:
            attempt("package", try_package)
    except Skipped as reason:
        skipped = len(steps) + 1
        print(f"SKIPPED: Debian 13: {reason}")
    finally:
        if machine:
            machine.close()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
