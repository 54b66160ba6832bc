#!/usr/bin/env python3
"""One core forwarding minimal frames: Ringroad against DPDK's own forwarders, in turns."""

import argparse
import itertools
import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import report
import traffic
from forwarders import PORT_MAC, SUBJECTS, Cores, Forwarder, ForwarderError, Setup, before_others
from program import end_on_signals

PEER = "l3fwd-lpm"
WARM_UP = 0.5
WINDOW = 0.25
WINDOWS = 5


@dataclass(frozen=True)
class Case:
    name: str
    destinations: int
    ports: int
    subnets: int | None = 256  # a route each; none: the Internet table
    without: tuple[str, ...] = ()  # subjects


CASES = [
    Case("d64k-r256", 64000, 2),
    Case("d1k-r256", 1024, 2),
    Case("d64k-r64k", 64000, 2, 65536),
    # rte_lpm looks through all rules of a length for each that it adds: that would take minutes.
    Case("d64k-internet", 64000, 2, None, ("l3fwd-lpm",)),
    Case("d64k-r256-loop", 64000, 1),
]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench.sh forward")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES])
    parser.add_argument("--subject", action="append", choices=SUBJECTS)
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--table", type=Path, help="a file of prefixes: the Internet table")
    parser.add_argument("--allow-missing", action="store_true")
    options = parser.parse_args()
    options.table = options.table or options.root.parent / "shared/data/internet-prefixes.txt.gz"
    return options


def present_subjects(options: argparse.Namespace) -> list[str]:
    present = []
    for subject in options.subject or SUBJECTS:
        program = SUBJECTS[subject].program(options.root)
        if program.exists():
            present.append(subject)
            continue
        print(f"*** {subject} IS MISSING: there is no {program}", file=sys.stderr)
        if not options.allow_missing:
            sys.exit("build it (scripts/build.sh release), or measure the others: --allow-missing")
    if not present:
        sys.exit("nothing to measure")
    return present


def measure(forwarder: Forwarder) -> float:
    """Packets a second in one launch: the median of its windows, deaf to a neighbour's burst."""
    with forwarder:
        time.sleep(WARM_UP)
        samples = [forwarder.sample()]
        for _ in range(WINDOWS):
            time.sleep(WINDOW)
            samples.append(forwarder.sample())
    begin, end = samples[0], samples[-1]
    received, sent = end.received - begin.received, end.sent - begin.sent
    if sent < 0.97 * received:
        raise ForwarderError(f"sent {sent} of {received} packets")
    # The worker is the thread that ran most: it never sleeps.
    ran = max(spent - begin.ran.get(thread, 0) for thread, spent in end.ran.items())
    share = ran / (end.seconds - begin.seconds)
    if share < 0.97:
        print(f"warning: {forwarder.name} had its core for {share:.0%} of the time",
              file=sys.stderr)
    return statistics.median((after.sent - before.sent) / (after.seconds - before.seconds)
                             for before, after in itertools.pairwise(samples))


def run_case(case: Case, subjects: list[str], options: argparse.Namespace, cores: Cores,
             tsc_hz: float) -> list[report.Measurement]:
    build = options.root / "build/bench"
    pcap = build / f"{case.name}.pcap"
    table = traffic.Subnets(case.subnets) if case.subnets else traffic.File(options.table)
    traffic.write_pcap(pcap, PORT_MAC, table.destinations(case.destinations))
    setup = Setup(pcap, table.routes(), case.ports, cores, not options.no_huge, options.root, build)
    subjects = [subject for subject in subjects if subject not in case.without]
    cycles = {s: report.Measurement(case.name, s, "cycles_per_packet", PEER) for s in subjects}
    mpps = {s: report.Measurement(case.name, s, "mpps", PEER, False) for s in subjects}
    for number in range(1, options.rounds + 1):
        for subject in subjects:
            forwarder = SUBJECTS[subject](subject, setup)
            try:
                rate = measure(forwarder)
            except ForwarderError as error:
                sys.exit(f"{case.name}: {subject}: {error}\n{forwarder.log_tail()}")
            cycles[subject].values.append(tsc_hz / rate)
            mpps[subject].values.append(rate / 1e6)
            print(f"{case.name} round {number}/{options.rounds} {subject}: "
                  f"{tsc_hz / rate:.1f} cycles a packet", file=sys.stderr)
    return [m for subject in subjects for m in (cycles[subject], mpps[subject])]


def main() -> None:
    end_on_signals()
    options = arguments()
    build = options.root / "build/bench"
    build.mkdir(parents=True, exist_ok=True)
    subjects = present_subjects(options)
    usable = sorted(os.sched_getaffinity(0))
    cores = Cores(usable[0], usable[-1])
    if cores.control == cores.worker:
        print("warning: one core only: control and worker share it", file=sys.stderr)
    else:
        os.sched_setaffinity(0, set(usable) - {cores.worker})
    before_others(os.getpid())
    tsc_hz, speed = report.clock(build, cores.worker)
    about = report.machine(tsc_hz, speed, worker_core=cores.worker, hugepages=not options.no_huge)

    measurements = []
    for case in CASES:
        if case.subnets is None and not options.table.exists():
            print(f"skipping {case.name}: there is no {options.table}", file=sys.stderr)
        elif options.case is None or case.name in options.case:
            measurements += run_case(case, subjects, options, cores, tsc_hz)

    table = report.rows(measurements)
    report.write_json(build / "forward.json", about, table)
    report.print_table(table)
    report.warn_of_noise(measurements)


if __name__ == "__main__":
    main()
