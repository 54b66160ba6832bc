#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long a packet takes through one worker, at several loads, and for the first packet after a lull."""

import report
import program


def main() -> None:
    benchmark = program.Benchmark(program.parser("latency", "case").parse_args())
    machine, found = benchmark.measured()
    table = benchmark.write(benchmark.machine(core=benchmark.cores.worker, **machine), found)
    report.print_table(table)


if __name__ == "__main__":
    main()
