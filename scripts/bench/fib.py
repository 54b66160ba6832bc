#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Route lookup, loading and updates: Ringroad's trie compared with rte_fib and rte_lpm, in turns."""

import argparse
import sys
from pathlib import Path

import fib_picture
import report
import program

CYCLES = "cycles_per_lookup"
RATE = "mlookups_per_second"


def arguments() -> argparse.Namespace:
    parser = program.parser("fib", "table", "case", "subject", "picture")
    parser.add_argument("--lpm", action="store_true")
    options = parser.parse_args()
    options.table = program.internet_table(options)
    if not options.table.is_file():
        parser.error(f"there is no {options.table}: name a file of prefixes with --table")
    return options


def with_rates(found: list[report.Measurement], tsc_hz: float) -> list[report.Measurement]:
    both = []
    for m in found:
        both.append(m)
        if m.metric == CYCLES:
            both.append(report.Measurement(m.case, m.subject, RATE, m.peer, False,
                                           [tsc_hz / cycles / 1e6 for cycles in m.values]))
    return both


def transparent_hugepages() -> str:
    """Without them the trie uses 4 KiB pages and has TLB misses."""
    path = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    chosen = path.read_text().split("[")[1].split("]")[0] if path.exists() else "never"
    if chosen == "never":
        print(f"warning: {path} says never: the trie has 4 KiB pages, DPDK's tables have not",
              file=sys.stderr)
    return chosen


def main() -> None:
    options = arguments()
    benchmark = program.Benchmark(options)
    more = [options.table, *(["--lpm"] if options.lpm else [])]
    if benchmark.cores.control == benchmark.cores.worker:
        print("warning: one core only: no reader is measured beside a writer", file=sys.stderr)
    else:
        more += ["--writer-core", benchmark.cores.control]
    pages = {} if options.no_huge else {"transparent_hugepages": transparent_hugepages()}
    machine, found = benchmark.measured(*more)
    about = benchmark.machine(core=benchmark.cores.worker, **pages, **machine)
    found = with_rates(found, benchmark.tsc_hz)
    table = benchmark.write(about, found)
    report.print_table(table)
    report.warn_of_noise([m for m in found if m.metric == CYCLES])
    if options.picture:
        benchmark.write_picture(fib_picture.draw(about, table))


if __name__ == "__main__":
    main()
