# SPDX-License-Identifier: BSD-3-Clause
"""Reduces a failing stream of packets to the fewest that still fail."""
import time

from actions import At

SECONDS = 10.0


def shrink(frames, fails):
    """Returns lists of frames, each of which fails by itself; `fails(frames)` tests one."""
    singles = [[frame] for frame in frames if len(frames) > 1 and fails([frame])]
    return singles or [delta_debug(frames, fails)]


def delta_debug(actions, fails):
    """Zeller's ddmin: removes one part after another, in ever smaller parts; At actions stay."""
    deadline = time.monotonic() + SECONDS
    kept, parts = [i for i, action in enumerate(actions) if not isinstance(action, At)], 2

    def stream(wanted):
        wanted = set(wanted)
        return [action for i, action in enumerate(actions)
                if i in wanted or isinstance(action, At)]

    while len(kept) >= 2 and time.monotonic() < deadline:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size:]
            if rest and fails(stream(rest)):
                kept, parts = rest, max(parts - 1, 2)
                break
        else:
            if parts >= len(kept):
                break
            parts = min(2 * parts, len(kept))
    return stream(kept)
