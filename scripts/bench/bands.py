#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The cost of a packet in a port's bands, compared with DPDK's rte_sched, and how long packets wait in
them."""

import bands_picture
import report
import program

CYCLES = "cycles_per_packet"


def print_delays(table: list[dict]) -> None:
    """Prints a line for each discipline and load: the median and the 99.9th percentile of each band."""
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
    print("", *report.aligned(lines, 1), sep="\n")


def main() -> None:
    options = program.parser("bands", "case", "subject", "picture").parse_args()
    benchmark = program.Benchmark(options)
    machine, found = benchmark.measured()
    for m in found:
        if m.subject == "none":
            m.peer = ""  # the cost of the ring alone is not compared with others
    table = benchmark.write(benchmark.machine(core=benchmark.cores.worker, **machine), found)
    cycles = [row for row in table if row["metric"] == CYCLES]
    if cycles:
        report.print_table(cycles)
    print_delays(table)
    report.warn_of_noise([m for m in found if m.metric == CYCLES and m.subject != "none"])
    if options.picture:
        benchmark.write_picture(bands_picture.draw(table))


if __name__ == "__main__":
    main()
