# SPDX-License-Identifier: BSD-3-Clause
"""The part that all benchmarks share around their measurements."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import report
from forwarders import EAL_RUNTIME, Cores, before_others

# Options that only some benchmarks have.
MORE = {
    "case": {"action": "append", "default": []},
    "subject": {"action": "append", "default": []},
    "table": {"type": Path, "help": "a file of prefixes: the Internet table"},
    "picture": {"action": "store_true"},
}


def parser(name: str, *more: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"scripts/bench.sh {name}")
    parser.set_defaults(name=name)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--allow-missing", action="store_true")
    for option in more:
        parser.add_argument("--" + option, **MORE[option])
    return parser


def internet_table(options: argparse.Namespace) -> Path:
    return options.table or options.root.parent / "shared/data/internet-prefixes.txt.gz"


def command(options: argparse.Namespace, core: int, *arguments) -> list[str]:
    """The command line of the benchmark's program in app/bench."""
    program = options.root / f"build/release/app/bench/bench-{options.name}"
    if not program.exists():
        sys.exit(f"there is no {program}: scripts/build.sh release builds it")
    words = ["setpriv", "--pdeathsig", "KILL", program, *arguments,
             "--core", core, "--rounds", options.rounds]
    if options.no_huge:
        words.append("--no-huge")
    for option in ("case", "subject"):
        for chosen in getattr(options, option, []):
            words += ["--" + option, chosen]
    return list(map(str, words))


class Benchmark:
    """Stops its child processes on a signal; measures on the last core, with the highest priority."""

    def __init__(self, options: argparse.Namespace):
        # Raises an exception in the main thread, so that every `with` stops what it started.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        self.options = options
        self.build = options.root / "build/bench"
        self.build.mkdir(parents=True, exist_ok=True)
        usable = sorted(os.sched_getaffinity(0))
        self.cores = Cores(control=usable[0], worker=usable[-1])  # both are the same if there is only one core
        before_others(os.getpid())
        self.tsc_hz, self.speed = report.clock(self.build, self.cores.worker)

    def leave_worker_core(self) -> None:
        """Leaves the worker's core to the processes that this one starts there."""
        if self.cores.control != self.cores.worker:
            os.sched_setaffinity(0, os.sched_getaffinity(0) - {self.cores.worker})

    def machine(self, **more) -> dict:
        return report.machine(self.tsc_hz, self.speed, hugepages=not self.options.no_huge, **more)

    def measured(self, *arguments) -> tuple[dict, list[report.Measurement]]:
        """Runs the program that measures. Returns its description of the machine, and the measurements."""
        file_prefix = f"ringroad-bench-{os.getpid()}"
        words = command(self.options, self.cores.worker, *arguments, "--file-prefix", file_prefix)
        try:
            with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
                before_others(process.pid)
                try:
                    output = process.communicate()[0]
                except BaseException:
                    process.terminate()
                    raise
        finally:
            shutil.rmtree(EAL_RUNTIME / file_prefix, ignore_errors=True)
        if process.returncode != 0:
            sys.exit(f"bench-{self.options.name} ended with {process.returncode}")
        result = json.loads(output)
        if not result["measurements"]:
            sys.exit("nothing measured: no case or no subject is called that")
        return result["machine"], [report.Measurement(**m) for m in result["measurements"]]

    def write(self, about: dict, measurements: list[report.Measurement]) -> list[dict]:
        """Writes build/bench/NAME.json and returns its rows."""
        table = report.rows(measurements)
        report.write_json(self.build / f"{self.options.name}.json", about, table)
        return table

    def write_picture(self, drawing: str) -> None:
        picture = self.options.root / f"docs/{self.options.name}.svg"
        picture.write_text(drawing)
        print(f"drew {picture}", file=sys.stderr)
