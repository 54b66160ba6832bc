#!/usr/bin/python3
"""Builds the sources in a Debian 13 (DPDK 24.11, g++ 14); runs the demo, the unit and the dataplane tests there.

debian13.py [-j N]: the builds are kept in build/debian13 and build/debian13-tests. The programs are
compiled as they are released, for the warnings; the tests with little optimization, for the time.
The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import argparse
import hashlib
import os
import subprocess
import sys
import time

from debian import ROOT, Machine, Skipped, debian

PROGRAMS = ROOT / "build" / "debian13"
TESTS = ROOT / "build" / "debian13-tests"
# Optimizing little, the compiler sees ghosts.
FAST = "-Doptimization=1 -Dcpp_args=-Wno-maybe-uninitialized"


def build(folder, options, jobs):
    return (f"cd {ROOT}; [ -e {folder}/build.ninja ] || meson setup {folder} -Dbench=false {options}; "
            f"ninja -C {folder} -j {jobs} -k 0 --quiet")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-j", type=int, default=1, dest="jobs")
    jobs = parser.parse_args().jobs
    commands = {
        "compile the programs": build(PROGRAMS, "-Dtests=false", jobs),
        "compile the tests": build(TESTS, FAST, jobs),
        "demo": f"RINGROAD={PROGRAMS}/app/ringroad/ringroad ROADCTL={PROGRAMS}/app/roadctl/roadctl "
                f"{ROOT}/scripts/demo.sh --once",
        "unit": f"cd {ROOT}; scripts/run_suite.py {TESTS} unit",
        "dataplane": f"cd {ROOT}; scripts/run_suite.py {TESTS} dataplane",
    }
    passed = failed = skipped = 0
    machine = None
    try:
        if os.geteuid() != 0:
            raise Skipped("only root may make a Debian in a folder")
        install = ROOT / "scripts" / "install.sh"
        version = hashlib.sha256(install.read_bytes()).hexdigest()[:12]
        archive = debian("trixie", "build", ["python3"], f"copy-in {install} /root",
                         f'chroot "$1" bash /root/install.sh run  # {version}', seconds=1200)
        machine = Machine(archive, shared=ROOT)
        for name, command in commands.items():
            started = time.monotonic()
            try:
                last = machine.run(command, seconds=3600).rstrip().rpartition("\n")[2]
            except AssertionError as error:
                if name.startswith("compile"):  # the others build on it
                    raise
                failed += 1
                print(f"FAIL {name}: {error}", flush=True)
                continue
            passed += 1
            print(f"ok   {name} {time.monotonic() - started:.0f} s: {last}", flush=True)
    except Skipped as reason:
        skipped = len(commands)
        print(f"SKIPPED: Debian 13: {reason}")
    except (AssertionError, subprocess.SubprocessError) as error:
        failed += 1
        print(f"FAIL {error}")
    finally:
        if machine:
            machine.close()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
