"""What a step does to both worlds."""
from typing import NamedTuple


class Frame(NamedTuple):
    """A frame that comes in."""

    wire: int  # from 0
    raw: bytes
    what: str


class Wait(NamedTuple):
    """Time passes."""

    seconds: float


class Change(NamedTuple):
    """An operator does something, once all that was sent before is dealt with."""

    ip: tuple  # lines for ip -batch
    roadctl: tuple  # of tuples of words


SYNC = Wait(0)  # what was sent is dealt with before the next is sent
FORGET = Change(("neighbor flush all",), (("neighbor", "flush"),))
