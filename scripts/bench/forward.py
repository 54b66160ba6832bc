#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding on one core: Ringroad compared with DPDK's own forwarders, in turns."""

import argparse
import itertools
import statistics
import sys
import time
from dataclasses import dataclass

import forward_picture
import report
import traffic
from forwarders import PORT_MACS, SUBJECTS, Forwarder, ForwarderError, Setup
import program

PEERS = ("l3fwd-lpm", "l3fwd-fib")  # ratios refer to the faster one in each case
WARM_UP = 0.5
WINDOW = 0.25
WINDOWS = 5


@dataclass(frozen=True)
class Case:
    name: str
    shows: str
    destinations: int
    ports: int = 2
    subnets: int | None = 256  # number of routes to a subnet; None: the Internet table
    frames: str = "64"
    huge: bool = True
    workers: int = 1
    transport: str = "pcap"
    without: tuple[str, ...] = ()  # excluded subjects
    families: tuple[int, ...] = (4,)  # of both, each packet has one at random

    def table(self, file):
        """The routes, and the destinations that they cover."""
        tables = [traffic.File(file, family) if self.subnets is None
                  else (traffic.Subnets6 if family == 6 else traffic.Subnets)(self.subnets)
                  for family in self.families]
        return tables[0] if len(tables) == 1 else traffic.Both(*tables)


OTHERS = ("l3fwd-lpm", "l3fwd-fib", "testpmd-mac", "testpmd-io")
CASES = [
    Case("d1k-r256", "the pipeline: all that is looked up is in the first cache", 1024),
    Case("d64k-r256", "packets from beyond the caches", 64000),
    Case("d64k-r64k", "and a table from beyond them", 64000, subnets=65536),
    # rte_lpm searches all rules of a length for each rule that it adds: this would take minutes.
    Case("d64k-internet", "a full table as the Internet has it", 64000, subnets=None,
         without=("l3fwd-lpm",)),
    Case("d64k-r256-loop", "one port: out again where it came in", 64000, ports=1),
    Case("d1k-r256-imix", "frames of 64, 570 and 1518 bytes, 7 to 4 to 1", 1024, frames="imix"),
    Case("d1k-r256-1518", "full frames, which the ports copy", 1024, frames="1518"),
    Case("d64k-internet-4k", "the full table without hugepages", 64000, subnets=None, huge=False,
         without=("l3fwd-lpm",)),
    Case("d1k-r256-w2", "two workers; per second of core time, as one shares its core", 1024,
         workers=2, without=OTHERS),
    Case("d1k-r256-v6", "IPv6, all in the first cache", 1024, families=(6,)),
    Case("d64k-r64k-v6", "IPv6, and a table from beyond the caches", 64000, subnets=65536, families=(6,)),
    Case("d64k-internet-v6", "IPv6, and a full table", 64000, subnets=None, families=(6,)),
    Case("d1k-r256-mix", "either family, at random", 1024, families=(4, 6)),
    Case("d1k-r256-memif", "from another process, through memif, which copies", 1024,
         transport="memif"),
    Case("d1k-r256-vhost", "the same, through vhost and virtio_user", 1024, transport="vhost"),
]


failures: list[str] = []


def arguments() -> argparse.Namespace:
    parser = program.parser("forward", "table", "picture")
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES])
    parser.add_argument("--subject", action="append", choices=SUBJECTS)
    options = parser.parse_args()
    options.table = program.internet_table(options)
    return options


def present_subjects(options: argparse.Namespace) -> list[str]:
    present = []
    for subject in options.subject or SUBJECTS:
        path = SUBJECTS[subject].program(options.root)
        if path.exists():
            present.append(subject)
            continue
        print(f"*** {subject} IS MISSING: there is no {path}", file=sys.stderr)
        if not options.allow_missing:
            sys.exit("build it (scripts/build.sh release), or measure the others: --allow-missing")
    if not present:
        sys.exit("nothing to measure")
    return present


def measure(forwarder: Forwarder) -> float:
    """Packets a second in one launch: the median of its windows, so that short disturbances do not
    count."""
    with forwarder:
        time.sleep(WARM_UP)
        samples = [forwarder.sample()]
        for _ in range(WINDOWS):
            time.sleep(WINDOW)
            samples.append(forwarder.sample())
        dropped = forwarder.dropped()
    if dropped > 0:
        raise ForwarderError(f"dropped {dropped} packets")
    begin, end = samples[0], samples[-1]
    received, sent = end.received - begin.received, end.sent - begin.sent
    if sent < 0.97 * received:
        raise ForwarderError(f"sent {sent} of {received} packets")
    # The workers are the threads with the most CPU time, because they never sleep.
    ran = sorted(spent - begin.ran.get(thread, 0) for thread, spent in end.ran.items())
    workers = forwarder.setup.workers
    if workers > 1:
        # One worker shares its core; this is the rate if none did.
        return sent / statistics.mean(ran[-workers:])
    share = ran[-1] / (end.seconds - begin.seconds)
    if share < 0.97:
        print(f"warning: {forwarder.name} had its core for {share:.0%} of the time",
              file=sys.stderr)
    return statistics.median((after.sent - before.sent) / (after.seconds - before.seconds)
                             for before, after in itertools.pairwise(samples))


def run_case(case: Case, subjects: list[str],
             benchmark: program.Benchmark) -> list[report.Measurement]:
    options, tsc_hz = benchmark.options, benchmark.tsc_hz
    pcap = benchmark.build / f"{case.name}.pcap"
    table = case.table(options.table)
    traffic.write_pcap(pcap, PORT_MACS[case.transport], table.destinations(case.destinations), case.frames)
    setup = Setup(pcap, table.routes(), case.ports, case.workers, benchmark.cores,
                  case.huge and not options.no_huge, options.root, benchmark.build, case.transport)
    print(f"{case.name}: {case.shows}", file=sys.stderr)
    subjects = [subject for subject in subjects if subject not in case.without]
    cycles = {s: report.Measurement(case.name, s, "cycles_per_packet", "") for s in subjects}
    mpps = {s: report.Measurement(case.name, s, "mpps", "", False) for s in subjects}
    for number in range(1, options.rounds + 1):
        for subject in list(subjects):
            forwarder = SUBJECTS[subject](subject, setup)
            try:
                rate = measure(forwarder)
            except ForwarderError as error:
                print(f"*** {case.name}: {subject}: {error}\n{forwarder.log_tail()}",
                      file=sys.stderr)
                failures.append(subject)
                subjects.remove(subject)
                continue
            cycles[subject].values.append(tsc_hz / rate)
            mpps[subject].values.append(rate / 1e6)
            print(f"{case.name} round {number}/{options.rounds} {subject}: "
                  f"{tsc_hz / rate:.1f} cycles a packet", file=sys.stderr)
    measured = [m for subject in subjects for m in (cycles[subject], mpps[subject])]
    peers = [subject for subject in PEERS if subject in subjects]
    for m in measured:
        m.peer = min(peers, key=lambda peer: cycles[peer].median, default="")
    return measured


def main() -> None:
    options = arguments()
    subjects = present_subjects(options)
    benchmark = program.Benchmark(options)
    if benchmark.cores.control == benchmark.cores.worker:
        print("warning: one core only: control and worker share it", file=sys.stderr)
    benchmark.leave_worker_core()
    about = benchmark.machine(worker_core=benchmark.cores.worker)

    measurements = []
    for case in CASES:
        if case.subnets is None and not options.table.exists():
            print(f"skipping {case.name}: there is no {options.table}", file=sys.stderr)
        elif options.case is None or case.name in options.case:
            measurements += run_case(case, subjects, benchmark)

    if not measurements:
        sys.exit("nothing measured")
    table = benchmark.write(about, measurements)
    report.print_table(table)
    noisy = report.warn_of_noise(measurements)
    if options.picture:
        report.refuse_to_publish(noisy)
        benchmark.write_picture(forward_picture.draw(table, {case.name: case for case in CASES}))
    if failures:
        sys.exit(f"{len(failures)} runs failed: {', '.join(failures)}")


if __name__ == "__main__":
    main()
