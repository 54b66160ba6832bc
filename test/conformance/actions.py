# SPDX-License-Identifier: BSD-3-Clause
"""What a step does to both worlds."""
from typing import NamedTuple


class Frame(NamedTuple):
    """A frame that comes in."""

    wire: int  # from 0
    raw: bytes
    what: str


class At(NamedTuple):
    """Time passes until so many seconds after the step's first of these; nothing, if they have."""

    seconds: float


class Change(NamedTuple):
    """An operator does something, once all that was sent before is dealt with."""

    ip: tuple  # lines for ip -batch
    roadctl: tuple  # of tuples of words


SYNC = At(0)  # what was sent is dealt with before the next is sent
FORGET = Change(("neighbor flush all",), (("neighbor", "flush"),))
