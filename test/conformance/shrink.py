"""From a stream of packets that fails to the fewest that still do."""
import time

SECONDS = 10.0


def shrink(frames, fails):
    """Lists of frames, each of which fails by itself; `fails(frames)` tries one."""
    singles = [[frame] for frame in frames if len(frames) > 1 and fails([frame])]
    return singles or [delta_debug(frames, fails)]


def delta_debug(frames, fails):
    """Zeller's ddmin: drops one part after another, in ever smaller parts."""
    deadline = time.monotonic() + SECONDS
    parts = 2
    while len(frames) >= 2 and time.monotonic() < deadline:
        size = -(-len(frames) // parts)
        for start in range(0, len(frames), size):
            rest = frames[:start] + frames[start + size:]
            if rest and fails(rest):
                frames, parts = rest, max(parts - 1, 2)
                break
        else:
            if parts >= len(frames):
                break
            parts = min(2 * parts, len(frames))
    return frames
