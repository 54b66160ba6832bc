#!/usr/bin/env python3
"""What a port's bands cost a packet, beside DPDK's rte_sched; how long packets wait in them."""

import argparse
import os
import sys
from pathlib import Path

import bands_picture
import report
from forwarders import before_others
from program import end_on_signals, measured

CYCLES = "cycles_per_packet"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench.sh bands")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--subject", action="append", default=[])
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--picture", action="store_true")
    parser.add_argument("--allow-missing", action="store_true")
    return parser.parse_args()


def print_delays(table: list[dict]) -> None:
    """A line a discipline and load: the median and the 99.9th percentile of each band."""
    cells: dict[str, dict[tuple[str, str], float]] = {}
    for row in table:
        if row["case"].startswith("delay-"):
            cells.setdefault(row["case"], {})[row["subject"], row["metric"]] = row["median"]
    if not cells:
        return
    bands = [f"band-{band}" for band in range(3)]
    metrics = ["delay_p50_us", "delay_p99.9_us"]
    lines = [["case"] + [f"{band} {metric[6:]}" for band in bands for metric in metrics]]
    for case, found in cells.items():
        values = [found.get((band, metric)) for band in bands for metric in metrics]
        lines.append([case] + ["-" if value is None else report.number(value) for value in values])
    widths = [max(map(len, column)) for column in zip(*lines)]
    print()
    for line in lines:
        print("  ".join(cell.rjust(width) if column else cell.ljust(width)
                        for column, (cell, width) in enumerate(zip(line, widths))))


def main() -> None:
    end_on_signals()
    options = arguments()
    build = options.root / "build/bench"
    build.mkdir(parents=True, exist_ok=True)
    core = sorted(os.sched_getaffinity(0))[-1]
    before_others(os.getpid())
    tsc_hz, speed = report.clock(build, core)

    result = measured("bench-bands", options, core)
    about = report.machine(tsc_hz, speed, core=core, hugepages=not options.no_huge,
                           **result["machine"])
    # What the ring alone costs is not a rival of anybody.
    found = [report.Measurement(m["case"], m["subject"], m["metric"],
                                "" if m["subject"] == "none" else m["peer"],
                                m["lower_is_better"], m["values"])
             for m in result["measurements"]]
    table = report.rows(found)
    report.write_json(build / "bands.json", about, table)
    cycles = [row for row in table if row["metric"] == CYCLES]
    if cycles:
        report.print_table(cycles)
    print_delays(table)
    report.warn_of_noise([m for m in found if m.metric == CYCLES and m.subject != "none"])
    if options.picture:
        picture = options.root / "docs/bands.svg"
        picture.write_text(bands_picture.draw(table))
        print(f"drew {picture}", file=sys.stderr)


if __name__ == "__main__":
    main()
