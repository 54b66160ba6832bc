#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends the same packets through the Linux kernel and through Ringroad and compares every wire.

Then it does so with random rulesets of the firewall, as the category `rulesets`, and with conversations that are
tracked and translated, as the category `conversations`. The last line is `N passed, N failed`, of categories.
"""
import argparse
import gc
import os
import random
import sys
import time

import changes6
import control
import conversations
import firewall
import fragments
import headers6  # pylint: disable=unused-import
import ingress  # pylint: disable=unused-import
import ipv6  # pylint: disable=unused-import
import link
import local  # pylint: disable=unused-import
import local6
import mixed  # pylint: disable=unused-import
import neighbor
import neighbor6  # pylint: disable=unused-import
import options  # pylint: disable=unused-import
import ports
import transit6  # pylint: disable=unused-import
import vlan  # pylint: disable=unused-import
import worlds
from actions import FORGET, Frame
from categories import CATEGORIES
from compare import compare
from error_limit import UnlimitedErrors
from explained import explain, rows
from show import report, signature
from shrink import delta_debug, shrink

BATCH = 64
# How a stream is repeated for routers that keep state from it.
AGAIN = {"arp": link.forgotten, "reassembly": fragments.Renumbered(),
         "discovery6": link.forgotten, "reassembly6": local6.Renumbered6(),
         "routes": control.undone, "redirect": control.others,
         "addresses": lambda step: [*control.undone(step), FORGET],
         "mtu": lambda step: [*step, ports.USUAL],
         "route_changes6": control.undone, "redirect6": changes6.others6,
         "address_changes6": lambda step: [*control.undone(step), FORGET],
         "mtu6": lambda step: [*step, changes6.USUAL6]}
# These categories wait, so they run only in every Nth turn, with this many hosts.
RARE = {"neighbor": 10, "neighbor6": 10}
HOSTS = 64
# Not streams of packets, but other runs: firewall.py, conversations.py.
RULESETS, CONVERSATIONS = "rulesets", "conversations"
REPORTS = 12  # for each category, each of a different kind


def ended(step):
    return local6.ended6(fragments.ended(step))


class Tally:
    """The row of a category."""

    def __init__(self):
        self.packets = self.frames = self.matches = self.explained = self.failures = 0
        self.kinds = {}  # of packets that failed, with their number


class Run:
    """Runs the steps of all categories, in turn."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.ids = rows()
        chosen = [name for name in (*CATEGORIES, RULESETS, CONVERSATIONS) if arguments.category in name]
        self.tallies = {name: Tally() for name in chosen
                        if name == arguments.category or arguments.category not in chosen}
        self.others = [compare_all for name, compare_all, number in (
            (RULESETS, firewall.compare_rulesets, arguments.rulesets),
            (CONVERSATIONS, conversations.compare_conversations, arguments.conversations))
            if self.tallies.pop(name, None) is not None and number > 0]
        self.explained = dict.fromkeys(self.ids.values(), 0)

    def steps(self):
        """Yields (category, frames) in batches, with categories in turn; the same for the same seed."""
        sources = {name: random.Random(f"{self.arguments.seed} {name}") for name in self.tallies}
        left = self.arguments.packets if self.tallies else 0
        turn = 0
        while left > 0:
            for name in self.tallies:
                if left <= 0 or turn % RARE.get(name, 1):
                    continue
                size = HOSTS if name in RARE else min(BATCH, left)
                step = list(CATEGORIES[name](sources[name], size))
                left -= sum(isinstance(action, Frame) for action in step)
                yield name, ended(step)
            turn += 1

    def run(self, pair):
        for name, frames in self.steps():
            failed = self.judge(pair, name, frames)
            if failed and not self.arguments.keep_going:
                return

    def try_out(self, pair, frames):
        """Runs one step. Returns (matches, {row of differences.md: how often}, failures)."""
        matches, differences = compare(*pair.step(frames))
        failures, explained = [], {}
        for difference in differences:
            if row := explain(difference, self.ids):
                explained[row] = explained.get(row, 0) + 1
            else:
                failures.append(difference)
        return matches, explained, failures

    def judge(self, pair, name, frames):
        """Counts the outcome of a step. Returns whether it failed."""
        tally = self.tallies[name]
        matches, explained, failures = self.try_out(pair, frames)
        if failures and name in RARE:  # timers may have been late on a busy machine
            matches, explained, failures = self.try_out(pair, frames)
        for row, times in explained.items():
            self.explained[row] += times
        tally.packets += sum(isinstance(action, Frame) for action in frames)
        tally.frames += matches + sum(explained.values()) + len(failures)
        tally.matches += matches
        tally.explained += sum(explained.values())
        tally.failures += len(failures)
        if failures and len(tally.kinds) < REPORTS and {*map(signature, failures)} - {*tally.kinds}:
            self.find_out(pair, name, frames, failures)
        return bool(failures)

    def find_out(self, pair, name, step, failures):
        """Prints the failures, one for each kind."""
        again = AGAIN.get(name, list)

        def try_again(some):
            return self.try_out(pair, ended(again(some)))[2]

        if name in RARE:  # takes too long to repeat; its parts are independent
            streams = neighbor.plots(step, failures)
        else:
            found = [delta_debug(step, try_again)] if name in AGAIN else shrink(step, try_again)
            streams = ((few, try_again(few) or failures) for few in found)
        kinds = self.tallies[name].kinds
        for few, failed in streams:
            kind = signature(failed[0])
            if kind not in kinds:
                report(name, few, failed)
            kinds[kind] = kinds.get(kind, 0) + 1

    def table(self, others):
        print(f"{'category':16} {'packets':>9} {'frames':>9} {'matches':>9} {'explained':>9} "
              f"{'failures':>9}")
        for name, row in self.tallies.items():
            print(f"{name:16} {row.packets:9} {row.frames:9} {row.matches:9} {row.explained:9} "
                  f"{row.failures:9}")
        for other in others:
            print(other.row())
        for row, count in self.explained.items():
            if count:
                print(f"differences.md {row}: {count}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--rulesets", type=int, default=0, help="of the firewall, random ones [none]")
    parser.add_argument("--conversations", type=int, default=150, help="tracked and translated [%(default)s]")
    parser.add_argument("--seed", type=int, default=1812)
    parser.add_argument("--category", default="",
                        help="only the one of this name, or those with this word in theirs")
    parser.add_argument("--keep-going", action="store_true", help="past the first failure")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run.py: this makes network namespaces: run it as root")
    started = time.monotonic()
    worlds.topology.clear_leftovers()
    gc.freeze()
    run = Run(arguments)
    complaint, others = None, []
    with UnlimitedErrors(), worlds.Pair() as pair:
        run.run(pair)
        for compare_all in run.others:
            others += filter(None, [compare_all(pair, run.ids, arguments)])
        complaint = pair.ringroad.finish()
    run.table(others)
    failed = sum(row.failures > 0 for row in run.tallies.values()) + sum(other.failed > 0 for other in others)
    if complaint:
        print(f"the router at its end: {complaint}")
        failed += 1
    passed = sum(row.packets > 0 and not row.failures for row in run.tallies.values())
    passed += sum(other.passed > 0 and not other.failed for other in others)
    print(f"{sum(row.packets for row in run.tallies.values())} packets each, seed "
          f"{arguments.seed}, {time.monotonic() - started:.1f} s")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
