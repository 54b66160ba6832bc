#!/usr/bin/env python3
"""Route lookup, loading and changes: Ringroad's trie against rte_fib and rte_lpm, in turns."""

import argparse
import os
import sys
from pathlib import Path

import fib_picture
import report
from forwarders import before_others
from program import end_on_signals, measured

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
    end_on_signals()
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

    more = [options.table, *(["--lpm"] if options.lpm else [])]
    if writer_core is not None:
        more += ["--writer-core", writer_core]
    result = measured("bench-fib", options, core, *more)
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
