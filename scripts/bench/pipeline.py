#!/usr/bin/env python3
"""What a packet costs in one worker, the ports' share taken off: runs bench-pipeline on a quiet core."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from forwarders import before_others


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench.sh pipeline")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--table", type=Path)
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--allow-missing", action="store_true")
    options = parser.parse_args()
    table = options.table or options.root.parent / "shared/data/internet-prefixes.txt.gz"
    # One of bench-pipeline's rounds is a hundredth of one of the others'.
    command = ["setpriv", "--pdeathsig", "KILL", options.root / "build/release/app/bench/bench-pipeline",
               "--core", str(max(os.sched_getaffinity(0))), "--rounds", str(100 * options.rounds)]
    if table.exists():
        command += ["--table", table]
    for case in options.case:
        command += ["--case", case]
    if options.no_huge:
        command.append("--no-huge")
    before_others(os.getpid())
    sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
