# SPDX-License-Identifier: BSD-3-Clause
"""Rows, a description of the machine, the table for readers and the JSON for programs."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

NOISY = 0.10
NAMED_AS_NOISY = 8
# Metrics in millions a second, which are shown in a column instead of a line of their own.
RATES = ("mpps", "mlookups_per_second")


@dataclass
class Measurement:
    """One subject in one case: a value for each round."""

    case: str
    subject: str
    metric: str
    peer: str
    lower_is_better: bool = True
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        return (max(self.values) - min(self.values)) / self.median

    def row(self, peers: dict) -> dict:
        peer = peers.get((self.case, self.metric, self.peer))
        ratio = None
        if peer is not None:
            # The ratio is computed for each round: a disturbance of the machine affects both.
            ratio = statistics.median(theirs / ours for ours, theirs
                                      in zip(self.values, peer.values))
            ratio = ratio if self.lower_is_better else 1 / ratio
        return {"case": self.case, "subject": self.subject, "metric": self.metric,
                "median": round(self.median, 3), "min": round(min(self.values), 3),
                "max": round(max(self.values), 3), "runs": len(self.values), "peer": self.peer,
                "ratio": None if ratio is None else round(ratio, 3)}


def clock(build: Path, core: int) -> tuple[float, float]:
    """The frequency of the TSC, and the speed of this core relative to it."""
    program = build / "clock"
    subprocess.run(["cc", "-O2", Path(__file__).with_name("clock.c"), "-o", program], check=True)
    output = subprocess.run(["taskset", "-c", str(core), program], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    hz, speed = output.split()
    return float(hz), float(speed)


def machine(tsc_hz: float, core_speed: float, **more) -> dict:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").open()
                  if line.startswith("model name")), platform.machine())
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True)
    return {"cpu": model, "cores": os.cpu_count(), "tsc_hz": round(tsc_hz),
            "core_cycles_per_tsc_cycle": core_speed, "kernel": platform.release(),
            "dpdk": dpdk.stdout.strip(), "load_average": round(os.getloadavg()[0], 2),
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **more}


def rows(measurements: list[Measurement]) -> list[dict]:
    peers = {(m.case, m.metric, m.subject): m for m in measurements}
    return [m.row(peers) for m in measurements]


def write_json(path: Path, about: dict, table: list[dict]) -> None:
    # The file is replaced only when complete, because another script may be reading it.
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"machine": about, "rows": table}, indent=1) + "\n")
    partial.replace(path)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10000 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def aligned(lines: list[list[str]], to_the_left: int) -> list[str]:
    """Aligns the first columns to the left, the numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return ["  ".join(cell.ljust(width) if column < to_the_left else cell.rjust(width)
                      for column, (cell, width) in enumerate(zip(line, widths)))
            for line in lines]


def print_table(table: list[dict]) -> None:
    """Prints one line for each row, with its rate in the same line."""
    rates = {(row["case"], row["subject"]): row["median"] for row in table
             if row["metric"] in RATES}
    peers = {row["peer"] for row in table}
    lines = [["case", "subject", "metric", "median", "min", "max", "spread %", "runs", "millions/s",
              f"ratio to {peers.pop() if len(peers) == 1 else 'peer'}"]]
    for row in table:
        if row["metric"] in RATES:
            continue
        spread = 100 * (row["max"] - row["min"]) / row["median"] if row["median"] else 0
        rate = rates.get((row["case"], row["subject"])) if "cycles_per" in row["metric"] else None
        lines.append([row["case"], row["subject"], row["metric"], number(row["median"]),
                      number(row["min"]), number(row["max"]), f"{spread:.1f}", str(row["runs"]),
                      "-" if rate is None else number(rate),
                      "-" if row["ratio"] is None else f"{row['ratio']:.2f}"])
    for index, words in enumerate(aligned(lines, 3)):
        if index > 1 and lines[index][0] != lines[index - 1][0]:
            print()
        print(words)


def warn_of_noise(measurements: list[Measurement]) -> list[Measurement]:
    """Prints warnings about measurements whose rounds differ too much, and returns these."""
    noisy = [m for m in measurements if m.spread > NOISY and m.metric not in RATES]
    noisy.sort(key=lambda m: m.spread, reverse=True)
    for m in noisy[:NAMED_AS_NOISY]:
        print(f"warning: {m.case} {m.subject}: rounds differ by {m.spread:.0%}", file=sys.stderr)
    if len(noisy) > NAMED_AS_NOISY:
        print(f"warning: and {len(noisy) - NAMED_AS_NOISY} more of {len(measurements)}, by less",
              file=sys.stderr)
    if noisy:
        print("warning: something else runs on this machine, or its cores change their speed: "
              "take these numbers again when it is quiet", file=sys.stderr)
    return noisy


def refuse_to_publish(noisy: list[Measurement]) -> None:
    if noisy:
        sys.exit(f"not drawn: rounds of {len(noisy)} figures differ by more than {NOISY:.0%}")
