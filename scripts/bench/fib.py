#!/usr/bin/env python3
"""Route lookup, loading and changes: Ringroad's trie against rte_fib and rte_lpm, in turns."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import fib_picture
import report
from forwarders import EAL_RUNTIME, before_others

CYCLES = "cycles_per_lookup"
RATE = "mlookups_per_second"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench.sh fib")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--subject", action="append", default=[])
    parser.add_argument("--lpm", action="store_true")
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--picture", action="store_true")
    parser.add_argument("--allow-missing", action="store_true")
    options = parser.parse_args()
    if options.table is None:
        options.table = options.root.parent / "shared/data/internet-prefixes.txt.gz"
    if not options.table.is_file():
        parser.error(f"there is no {options.table}: name a file of prefixes with --table")
    return options


def measure(options: argparse.Namespace, core: int, writer_core: int | None) -> dict:
    """Runs the program that measures; what it prints as JSON."""
    program = options.root / "build/release/app/bench/bench-fib"
    if not program.exists():
        sys.exit(f"there is no {program}: scripts/build.sh release builds it")
    file_prefix = f"ringroad-bench-{os.getpid()}"
    command = ["setpriv", "--pdeathsig", "KILL", program, options.table,
               "--core", core, "--rounds", options.rounds, "--file-prefix", file_prefix]
    if writer_core is not None:
        command += ["--writer-core", writer_core]
    for flag in ("lpm", "no_huge"):
        if getattr(options, flag):
            command.append("--" + flag.replace("_", "-"))
    for option in ("case", "subject"):
        for name in getattr(options, option):
            command += ["--" + option, name]
    try:
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE) as process:
            before_others(process.pid)
            try:
                output = process.communicate()[0]
            except BaseException:
                process.terminate()
                raise
    finally:
        shutil.rmtree(EAL_RUNTIME / file_prefix, ignore_errors=True)
    if process.returncode != 0:
        sys.exit(f"bench-fib ended with {process.returncode}")
    return json.loads(output)


def measurements(measured: list[dict], tsc_hz: float) -> list[report.Measurement]:
    found = []
    for m in measured:
        found.append(report.Measurement(m["case"], m["subject"], m["metric"], m["peer"],
                                        m["lower_is_better"], m["values"]))
        if m["metric"] == CYCLES:
            rates = [tsc_hz / cycles / 1e6 for cycles in m["values"]]
            found.append(report.Measurement(m["case"], m["subject"], RATE, m["peer"], False,
                                            rates))
    return found


def transparent_hugepages() -> str:
    """Without them the trie has 4 KiB pages, and misses the TLB."""
    path = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    chosen = path.read_text().split("[")[1].split("]")[0] if path.exists() else "never"
    if chosen == "never":
        print(f"warning: {path} says never: the trie has 4 KiB pages, DPDK's tables have not",
              file=sys.stderr)
    return chosen


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    options = arguments()
    build = options.root / "build/bench"
    build.mkdir(parents=True, exist_ok=True)
    usable = sorted(os.sched_getaffinity(0))
    core, writer_core = usable[-1], usable[0]
    if core == writer_core:
        print("warning: one core only: no reader is measured beside a writer", file=sys.stderr)
        writer_core = None
    before_others(os.getpid())
    tsc_hz, speed = report.clock(build, core)
    pages = {} if options.no_huge else {"transparent_hugepages": transparent_hugepages()}

    result = measure(options, core, writer_core)
    if not result["measurements"]:
        sys.exit("nothing measured: no case or no subject is called that")
    about = report.machine(tsc_hz, speed, core=core, hugepages=not options.no_huge, **pages,
                           **result["machine"])
    found = measurements(result["measurements"], tsc_hz)
    table = report.rows(found)
    report.write_json(build / "fib.json", about, table)
    report.print_table(table)
    report.warn_of_noise([m for m in found if m.metric == CYCLES])
    if options.picture:
        picture = options.root / "docs/fib.svg"
        picture.parent.mkdir(exist_ok=True)
        picture.write_text(fib_picture.draw(about, table))
        print(f"drew {picture}", file=sys.stderr)


if __name__ == "__main__":
    main()
