#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts what a packet costs a worker, in instructions, and compares with test/instructions.json.

Instructions do not depend on what else the machine does: more than 2 % above what is kept fails, and says in
which function they are. With --keep the figures become those that are kept.

The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
KEPT = ROOT / "test/instructions.json"
PROGRAM = ROOT / "build/release/app/bench/bench-pipeline"
PACKETS = 16384
TOLERANCE = 0.02
# The name of each figure, and the arguments of bench-pipeline.
CASES = {
    "256 routes, bursts of 64": ["--case", "a", "--burst", "64"],
    "256 routes, bursts of 32": ["--case", "a", "--burst", "32"],
    "65,536 routes, bursts of 64": ["--case", "b", "--burst", "64"],
    "one packet in eight odd": ["--case", "odd", "--burst", "64"],
    "IPv6, 256 routes, bursts of 64": ["--case", "6a", "--burst", "64"],
    "half of it IPv6, bursts of 64": ["--case", "mix", "--burst", "64"],
}


def count(arguments):
    """Counts only the loops that forward. Returns (instructions a packet, the same by function)."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"{folder}/callgrind.out"
        subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
             "--toggle-collect=ringroad::worker::Worker::poll_once()", PROGRAM, "--no-huge",
             "--packets", str(PACKETS), *arguments],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        report = subprocess.run(["callgrind_annotate", profile], check=True, stdout=subprocess.PIPE,
                                text=True).stdout
    total = re.search(r"^([\d,]+) .*PROGRAM TOTALS", report, re.MULTILINE)[1]
    rows = re.findall(r"^ *([\d,]+) \([ \d.]+%\)  [^:]+:(.*?) \[", report, re.MULTILINE)
    number = lambda text: round(int(text.replace(",", "")) / PACKETS, 1)
    return number(total), {name[:100]: number(figure) for figure, name in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="write test/instructions.json")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print(f"SKIPPED: instructions are counted by valgrind, which is not here\n"
              f"0 passed, 0 failed, {len(CASES)} skipped")
        return 0
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    found = {}
    failed = 0
    for name, arguments in CASES.items():
        found[name], functions = count(arguments)
        before = kept.get(name)
        grown = before is None or found[name] > before * (1 + TOLERANCE)
        print(f"{name}: {found[name]} instructions a packet, {before} kept"
              f"{'  FAILED' if grown and not options.keep else ''}")
        if grown and not options.keep:
            failed += 1
            print("\n".join(f"  {figure:7.1f} {function}" for function, figure in functions.items()))
        elif before and found[name] < before * (1 - TOLERANCE):
            print("  fewer: keep them, with scripts/check_instructions.py --keep")
    if options.keep:
        KEPT.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
