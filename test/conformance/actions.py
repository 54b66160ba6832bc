# SPDX-License-Identifier: BSD-3-Clause
"""The actions of a step, which are applied to both networks."""
from typing import NamedTuple


class Frame(NamedTuple):
    """A frame that the router receives."""

    wire: int  # index, from 0
    raw: bytes
    what: str


class At(NamedTuple):
    """Waits until this many seconds after the first At of the step, unless they have passed."""

    seconds: float


class Change(NamedTuple):
    """A configuration change, after all frames sent before it were processed."""

    ip: tuple  # lines for ip -batch
    roadctl: tuple  # of tuples of words


SYNC = At(0)  # earlier frames are processed before the next one is sent
FORGET = Change(("neighbor flush all",), (("neighbor", "flush"),))
