#!/usr/bin/env python3
"""How long a packet takes through one worker, by load, and the first after a lull."""

import argparse
import os
from pathlib import Path

import report
from forwarders import before_others
from program import end_on_signals, measured


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench.sh latency")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--allow-missing", action="store_true")
    return parser.parse_args(namespace=argparse.Namespace(subject=[]))


def main() -> None:
    end_on_signals()
    options = arguments()
    build = options.root / "build/bench"
    build.mkdir(parents=True, exist_ok=True)
    core = sorted(os.sched_getaffinity(0))[-1]
    before_others(os.getpid())
    tsc_hz, speed = report.clock(build, core)
    result = measured("bench-latency", options, core)
    about = report.machine(tsc_hz, speed, core=core, hugepages=not options.no_huge,
                           **result["machine"])
    found = [report.Measurement(m["case"], m["subject"], m["metric"], "", True, m["values"])
             for m in result["measurements"]]
    table = report.rows(found)
    report.write_json(build / "latency.json", about, table)
    report.print_table(table)


if __name__ == "__main__":
    main()
