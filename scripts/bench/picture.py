# SPDX-License-Identifier: BSD-3-Clause
"""The part that the pictures of all benchmarks share: SVG."""

from xml.sax.saxutils import escape

BAR, GAP, MARGIN = 15, 5, 24  # of the bars; around the picture
OURS, OURS_TOO, PEER, OTHER = "#0b6e99", "#7db4cc", "#5f6b76", "#b4bdc5"
INK, QUIET = "#1c2329", "#5f6b76"


def text(x: float, y: float, words: str, size: int = 12, color: str = INK, **more) -> str:
    attributes = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{color}"{attributes}>' \
           f"{escape(words)}</text>"


def headed(title: str, about: str) -> list[str]:
    return [text(MARGIN, MARGIN + 16, title, 17, font_weight="600"),
            text(MARGIN, MARGIN + 38, about, 12, QUIET)]


def bar_color(row: dict) -> str:
    """The default version has a strong color, and so has the subject to which ratios refer."""
    if row["subject"].startswith("ringroad"):
        return OURS if row["subject"] == "ringroad" else OURS_TOO
    return PEER if row["subject"] == row["peer"] else OTHER


def document(width: float, height: float, body: list[str]) -> str:
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="system-ui, Helvetica, Arial, sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *body, "</svg>", ""])
