# SPDX-License-Identifier: BSD-3-Clause
"""Draws the picture of a FIB benchmark: cycles a lookup, one panel for each stream, one bar for each
subject. SVG."""

from picture import BAR, GAP, MARGIN, OURS, bar_color, document, headed, text

FAMILIES = [("v4", "IPv4"), ("v6", "IPv6")]
STREAMS = [
    ("pipeline", "as in a pipeline: 1,000,000 destinations"),
    ("routed", "random over prefixes"),
    ("zipf", "Zipf over prefixes"),
    ("uniform", "uniform over the address space"),
    ("sequential", "sequential"),
    ("dependent", "one by one, each after the last"),
]
COLUMNS = 3
PANEL_WIDTH, LABEL_WIDTH, VALUE_WIDTH = 360, 124, 40
HEADING = 30


def panel(x: float, y: float, title: str, rows: list[dict]) -> list[str]:
    room = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH - 24
    longest = max(row["median"] for row in rows)
    parts = [text(x, y + 14, title, font_weight="600")]
    for index, row in enumerate(rows):
        top = y + HEADING - 6 + index * (BAR + GAP)
        length = max(1, room * row["median"] / longest)
        ours = {"font_weight": "600"} if bar_color(row) == OURS else {}
        middle = top + BAR - 4
        parts += [
            text(x + LABEL_WIDTH - 6, middle, row["subject"], 11, text_anchor="end", **ours),
            f'<rect x="{x + LABEL_WIDTH:g}" y="{top:g}" width="{length:.1f}" height="{BAR}" rx="2"'
            f' fill="{bar_color(row)}"/>',
            text(x + LABEL_WIDTH + length + 5, middle, f"{row['median']:.1f}", 11, **ours),
        ]
    return parts


def draw(machine: dict, table: list[dict]) -> str:
    cycles: dict[str, list[dict]] = {}
    for row in table:
        if row["metric"] == "cycles_per_lookup":
            cycles.setdefault(row["case"], []).append(row)
    width = 2 * MARGIN + COLUMNS * PANEL_WIDTH
    body, y = headed("TSC cycles a route lookup; shorter is better", describe(machine)), MARGIN + 38
    for family, title in FAMILIES:
        panels = [(words, cycles[f"{family}-{stream}"]) for stream, words in STREAMS
                  if f"{family}-{stream}" in cycles]
        if not panels:
            continue
        y += 38
        count = machine.get(f"{title.lower()}_prefixes")
        body.append(text(MARGIN, y, title + (f", {count:,.0f} prefixes" if count else ""), 14,
                         font_weight="600"))
        y += 12
        for first in range(0, len(panels), COLUMNS):
            line = panels[first : first + COLUMNS]
            for column, (words, rows) in enumerate(line):
                body += panel(MARGIN + column * PANEL_WIDTH, y, words, rows)
            y += HEADING + max(len(rows) for _, rows in line) * (BAR + GAP) + 12
    height = y + MARGIN - 12
    return document(width, height, body)


def describe(machine: dict) -> str:
    pages = "2 MiB pages" if machine["hugepages"] else "4 KiB pages"
    return f"{machine['cpu']}, one core, {pages}, DPDK {machine['dpdk']}; bulk lookups of 32, " \
           "medians of interleaved rounds"
