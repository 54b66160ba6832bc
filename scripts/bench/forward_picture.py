# SPDX-License-Identifier: BSD-3-Clause
"""Draws the picture of a forward benchmark: cycles a packet, one panel for each case, one bar for each
subject. SVG."""

from picture import BAR, GAP, INK, MARGIN, QUIET, bar_color, document, headed, text

HEADING = 44
PANEL, LABEL, VALUE, COLUMNS = 380, 96, 90, 2


def panel(x: float, y: float, title: str, shows: str, rows: list[dict], most: float) -> list[str]:
    parts = [text(x, y + 14, title, 13, font_weight="600"), text(x, y + 30, shows, 11, QUIET)]
    scale = (PANEL - LABEL - VALUE) / most
    for index, row in enumerate(rows):
        top = y + HEADING + index * (BAR + GAP)
        left, middle = x + LABEL, top + BAR / 2
        low, high = (left + scale * min(row[bound], most) for bound in ("min", "max"))
        parts += [
            text(left - 6, top + 12, row["subject"], 12, text_anchor="end"),
            f'<rect x="{left:g}" y="{top:g}" width="{scale * row["median"]:.1f}" height="{BAR}" '
            f'fill="{bar_color(row)}"/>',
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle:g}" y2="{middle:g}" '
            f'stroke="{INK}"/>',
            text(left + scale * min(row["max"], most) + 6, top + 12,
                 f'{row["median"]:.1f}' + (f' ({row["ratio"]:.2f})' if row["ratio"] else ""))]
    return parts


def draw(table: list[dict], cases: dict) -> str:
    rows = [row for row in table if row["metric"] == "cycles_per_packet"]
    names = list(dict.fromkeys(row["case"] for row in rows))
    most = max(row["median"] for row in rows) * 1.1
    body = headed("Cycles a packet, one core", "median, least and most; in brackets the ratio to "
                  "the better l3fwd; more is better")
    y = MARGIN + 56
    for first in range(0, len(names), COLUMNS):
        height = 0
        for column, name in enumerate(names[first:first + COLUMNS]):
            own = [row for row in rows if row["case"] == name]
            body += panel(MARGIN + column * (PANEL + MARGIN), y, name, cases[name].shows, own,
                          most)
            height = max(height, HEADING + len(own) * (BAR + GAP) + MARGIN)
        y += height
    width = MARGIN + COLUMNS * (PANEL + MARGIN)
    return document(width, y, body)
