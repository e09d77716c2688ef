"""Deciding again after losing a race.

The rules of this module: a step reads, decides and commits, so that a ``Conflict`` means that nothing has happened. It
is taken again from its reading on, after a pause of random length, so that those who collided do not collide again.
"""

from __future__ import annotations

from collections.abc import Callable
from random import random
from time import monotonic, sleep
from typing import Final, TypeVar

from leadroute.errors import Conflict

__all__ = ["persistently"]

T = TypeVar("T")

PATIENCE: Final = 30.0
"""For how many seconds a step is decided again, before the ``Conflict`` reaches the host."""

_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05


def persistently(step: Callable[[], T]) -> T:
    """What a step gives, once it has lost no race.

    Raises:
        Conflict: Others were faster for as long as ``PATIENCE``.
    """
    pause, until = _FIRST_PAUSE, monotonic() + PATIENCE
    while True:
        try:
            return step()
        except Conflict:
            if monotonic() >= until:
                raise
        sleep(pause * random())  # noqa: S311 - a pause is no secret
        pause = min(2 * pause, _LONGEST_PAUSE)
