# SPDX-License-Identifier: BSD-3-Clause
"""Draws the picture of a bands benchmark: how long packets wait, one panel for each discipline. SVG."""

import math

from picture import MARGIN, QUIET, document, headed, text

PANELS = [
    ("pfifo", "pfifo: one queue for all"),
    ("pfifo_fast", "pfifo_fast: three strict bands"),
    ("drr", "drr: band 0 strict, 1 and 2 share as 2 to 1"),
]
BANDS = [("band-0", "band 0, 10 % of what comes", "#0b6e99"),
         ("band-1", "band 1, 40 %", "#c4620a"),
         ("band-2", "band 2, 50 %", "#6b4fa0")]
WIDTH, HEIGHT, GAP, AXIS = 320, 260, 30, 52  # inside of a panel; gap; space for the scale
LEAST_US, MOST_US = 0.3, 100_000.0
LEAST_LOAD, MOST_LOAD = 0.5, 2.0
GRID = "#e3e7ea"
SCALE = [(1, "1 us"), (10, "10 us"), (100, "100 us"), (1_000, "1 ms"), (10_000, "10 ms"),
         (100_000, "100 ms")]


def across(load: float) -> float:
    return WIDTH * (load - LEAST_LOAD) / (MOST_LOAD - LEAST_LOAD)


def down(delay_us: float) -> float:
    share = math.log(max(delay_us, LEAST_US) / LEAST_US) / math.log(MOST_US / LEAST_US)
    return HEIGHT * (1 - share)


def line(points: list[tuple[float, float]], color: str, dashes: str = "") -> str:
    places = " ".join(f"{across(load):.1f},{down(delay):.1f}" for load, delay in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="2"{dashed}/>'


def panel(title: str, delays: dict, with_scale: bool) -> list[str]:
    parts = [text(0, -12, title, 13, font_weight="600")]
    for delay, words in SCALE:
        y = down(delay)
        parts.append(f'<line x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
        if with_scale:
            parts.append(text(-8, y + 4, words, 11, QUIET, text_anchor="end"))
    for load in (0.5, 1.0, 1.5, 2.0):
        x = across(load)
        color = QUIET if load == 1 else GRID
        parts.append(f'<line x1="{x:g}" x2="{x:g}" y1="0" y2="{HEIGHT}" stroke="{color}"/>')
        parts.append(text(x, HEIGHT + 16, f"{load:g}x", 11, QUIET, text_anchor="middle"))
    # The first band is drawn on top: where all bands wait equally long, it would otherwise be
    # hidden.
    for band, _, color in reversed(BANDS):
        for metric, dashes in (("delay_p50_us", ""), ("delay_p99.9_us", "5 4")):
            points = sorted((load, delay) for (subject, name, load), delay in delays.items()
                            if (subject, name) == (band, metric))
            if points:
                parts.append(line(points, color, dashes))
    return parts


def legend(y: float) -> list[str]:
    parts, x = [], MARGIN + AXIS
    for _, words, color in BANDS:
        parts.append(f'<line x1="{x}" x2="{x + 22}" y1="{y - 4}" y2="{y - 4}" stroke="{color}"'
                     ' stroke-width="2"/>')
        parts.append(text(x + 28, y, words, 12))
        x += 60 + 7 * len(words)
    parts.append(text(x, y, "solid: median; dashed: 99.9th percentile", 12, QUIET))
    return parts


def draw(table: list[dict]) -> str:
    width = 2 * MARGIN + AXIS + len(PANELS) * WIDTH + (len(PANELS) - 1) * GAP
    height = MARGIN + 104 + HEIGHT + 30 + MARGIN
    body = headed("How long packets wait before a shaped port",
                  "by load; 1 Gbit/s with Ethernet's overhead, frames of 64, 576 and 1514 bytes, "
                  "Poisson arrivals, 1000 packets a band; on a simulated clock, a worker's round "
                  "each microsecond")
    body += legend(MARGIN + 62)
    for index, (name, title) in enumerate(PANELS):
        delays = {}
        for row in table:
            if row["case"].startswith(f"delay-{name}-"):
                load = float(row["case"].rsplit("-", 1)[1].rstrip("x"))
                delays[row["subject"], row["metric"], load] = row["median"]
        x = MARGIN + AXIS + index * (WIDTH + GAP)
        body += [f'<g transform="translate({x} {MARGIN + 104})">',
                 *panel(title, delays, index == 0), "</g>"]
    return document(width, height, body)
