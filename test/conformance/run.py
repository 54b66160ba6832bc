#!/usr/bin/python3
"""Sends the same packets through the Linux kernel and through Ringroad and compares every wire.

The last line is `N passed, N failed`, of categories.
"""
import argparse
import gc
import os
import random
import sys
import time

import worlds
from categories import CATEGORIES
from compare import compare
from explained import explain, rows
from show import report

BATCH = 64


class Tally:
    """A category's row."""

    def __init__(self):
        self.packets = self.frames = self.matches = self.explained = self.failures = 0


class Run:
    """The steps of all categories, in turn."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.ids = rows()
        self.tallies = {name: Tally() for name in CATEGORIES
                        if not arguments.category or arguments.category in name}
        self.explained = dict.fromkeys(self.ids.values(), 0)

    def steps(self):
        """(category, frames) in batches, categories taking turns; the same for the same seed."""
        sources = {name: random.Random(f"{self.arguments.seed} {name}") for name in self.tallies}
        left = self.arguments.packets
        while left > 0:
            for name in self.tallies:
                size = min(BATCH, left)
                if size > 0:
                    yield name, list(CATEGORIES[name](sources[name], size))
                left -= size

    def run(self, pair):
        for name, frames in self.steps():
            failed = self.judge(name, frames, pair.step([frame[:2] for frame in frames]))
            if failed and not self.arguments.keep_going:
                return

    def judge(self, name, frames, outputs):
        """Counts a step's outcome; true: it failed."""
        tally = self.tallies[name]
        matches, differences = compare(*outputs)
        failures = []
        for difference in differences:
            if row := explain(difference, self.ids):
                self.explained[row] += 1
            else:
                failures.append(difference)
        tally.packets += len(frames)
        tally.frames += matches + len(differences)
        tally.matches += matches
        tally.explained += len(differences) - len(failures)
        tally.failures += len(failures)
        if failures:
            report(name, frames, failures)
        return bool(failures)

    def table(self):
        print(f"{'category':16} {'packets':>9} {'frames':>9} {'matches':>9} {'explained':>9} "
              f"{'failures':>9}")
        for name, row in self.tallies.items():
            print(f"{name:16} {row.packets:9} {row.frames:9} {row.matches:9} {row.explained:9} "
                  f"{row.failures:9}")
        for row, count in self.explained.items():
            if count:
                print(f"differences.md {row}: {count}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1812)
    parser.add_argument("--category", default="", help="only those with this word in their name")
    parser.add_argument("--keep-going", action="store_true", help="past the first failure")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run.py: this makes network namespaces: run it as root")
    started = time.monotonic()
    worlds.topology.clear_leftovers()
    gc.freeze()
    run = Run(arguments)
    complaint = None
    with worlds.Pair() as pair:
        os.sched_setaffinity(0, {worlds.topology.CORES[0]})  # what is sent keeps its order
        run.run(pair)
        complaint = pair.ringroad.finish()
    run.table()
    failed = sum(row.failures > 0 for row in run.tallies.values())
    if complaint:
        print(f"the router at its end: {complaint}")
        failed += 1
    passed = sum(row.packets > 0 and not row.failures for row in run.tallies.values())
    print(f"{sum(row.packets for row in run.tallies.values())} packets each, seed "
          f"{arguments.seed}, {time.monotonic() - started:.1f} s")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
