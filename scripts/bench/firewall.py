#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The firewall: Ringroad on memory ports, and the Linux kernel's nft on veth, with the same rules."""

import dataclasses
import itertools
import random
import subprocess
import sys
from dataclasses import dataclass

import forward
import kernel
import program
import report
import traffic
from forwarders import PORT_MACS, ForwarderError, Ringroad, Setup

FLOWS = 1000  # between memory ports; on veth there is one
INSIDE = 198 << 24 | 19 << 16  # 198.19.0.0/16, the other half of RFC 2544's range
TRANSLATED = 203 << 24 | 113 << 8 | 1  # 203.0.113.1
PORT = 1024  # of the first flow
NETWORKS = traffic.Subnets(256)


def random_rules(count: int):
    """Rules that match none of the packets."""
    chosen = random.Random(count)
    for _ in range(count):
        yield (f"ip saddr 10.{chosen.randrange(256)}.{chosen.randrange(256)}.{chosen.randrange(256)} "
               f"ip daddr {traffic.text(traffic.NETWORK + chosen.randrange(1 << 16), 32)[:-3]} "
               f"udp sport {chosen.randrange(1, 1024)} udp dport {chosen.randrange(1, 65536)} drop")


def random_prefixes(count: int) -> str:
    chosen = random.Random(count)
    return ", ".join(traffic.text(10 << 24 | number << 8, 24)
                     for number in chosen.sample(range(1 << 16), count))


def forward_chain(rules, more: str = "") -> str:
    return "\n".join(["table ip filter {", more, "chain forward {",
                      "type filter hook forward priority filter; policy drop;", *rules, "}", "}"])


TWENTY = ["ct state established,related accept", "ct state invalid drop", *random_rules(17), "accept"]
NAT = f"""
table ip nat {{
  chain post {{
    type nat hook postrouting priority srcnat
    ip saddr {traffic.text(INSIDE, 16)} snat to {traffic.text(TRANSLATED, 32)[:-3]}
  }}
}}
"""


@dataclass(frozen=True)
class Case:
    name: str
    shows: str
    ruleset: str = ""
    answers: bool = False     # each flow has packets in both directions
    translates: bool = False

    def flow(self, number: int, mac: str) -> list[bytes]:
        octets = bytes.fromhex(mac.replace(":", ""))
        here, there, port = INSIDE + number, traffic.NETWORK + number, PORT + number
        frames = [traffic.frame(octets, there, 0, 60, here, (port, 53))]
        if self.answers:
            frames.append(traffic.frame(octets, TRANSLATED if self.translates else here, 0, 60, there, (53, port)))
        return frames


CASES = [
    Case("none", "no ruleset"),
    Case("rules-10", "10 rules of addresses and ports", forward_chain([*random_rules(9), "accept"])),
    Case("rules-1000", "1,000 rules of 5-tuples", forward_chain([*random_rules(999), "accept"])),
    Case("set-10000", "a set of 10,000 prefixes",
         forward_chain(["ip saddr @blocked drop", "accept"],
                       "set blocked { type ipv4_addr; flags interval; elements = { "
                       f"{random_prefixes(10000)} }}\n}}")),
    Case("established", "20 rules, the first for established connections", forward_chain(TWENTY), True),
    Case("translated", "and source translation", forward_chain(TWENTY) + NAT, True, True),
]


def ringroad(setup: Setup, case: Case) -> float:
    # Answers come in a later burst than what they answer.
    flows = [case.flow(number, PORT_MACS["pcap"]) for number in range(FLOWS)]
    traffic.write_frames(setup.pcap, itertools.chain.from_iterable(zip(*flows)))
    return forward.measure(Ringroad("ringroad", setup))


def linux(setup: Setup, case: Case) -> float:
    return kernel.linux(setup, case.flow(0, kernel.IN_MAC))


SUBJECTS = {"ringroad": ringroad, "linux-nft": linux}


def main() -> None:
    benchmark = program.Benchmark(program.parser("firewall", "case", "subject").parse_args())
    options, build = benchmark.options, benchmark.build
    benchmark.leave_worker_core()
    about = benchmark.machine(worker_core=benchmark.cores.worker)
    cases = [case for case in CASES if not options.case or case.name in options.case]
    subjects = [name for name in SUBJECTS if not options.subject or name in options.subject]
    if not cases or not subjects:
        sys.exit("nothing measured: no case or no subject is called that")
    plain = Setup(build / "firewall.pcap", [*NETWORKS.routes(), traffic.text(INSIDE, 16)], 2, 1, benchmark.cores,
                  not options.no_huge, options.root, build)
    measured = {(case.name, name): report.Measurement(case.name, name, "mpps", "linux-nft", False)
                for case in cases for name in subjects}
    for number in range(1, options.rounds + 1):
        for case in cases:
            for name in subjects:
                try:
                    value = SUBJECTS[name](dataclasses.replace(plain, ruleset=case.ruleset), case) / 1e6
                except (ForwarderError, OSError, subprocess.SubprocessError) as error:
                    sys.exit(f"{case.name} {name}: {error}")
                measured[case.name, name].values.append(value)
                print(f"round {number}/{options.rounds} {case.name} {name}: {value:.2f} Mpps", file=sys.stderr)
    shows = {case.name: case.shows for case in cases}
    for row in benchmark.write(about, list(measured.values())):
        ratio = "" if row["ratio"] is None else f"  {row['ratio']:.1f} times linux-nft"
        print(f"{row['case']:12} {row['subject']:10} {row['median']:8.2f} Mpps ({row['min']:.2f} to {row['max']:.2f})"
              f"{ratio}  {shows[row['case']] if row['subject'] == 'ringroad' else ''}".rstrip())


if __name__ == "__main__":
    main()
