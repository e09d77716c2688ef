"""Deciding again after losing a race.

The rules of this module: a step reads, decides and commits, so that a ``Conflict`` means that nothing has happened. It
is taken again from its reading on, and nothing waits in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from leadroute.errors import Conflict

__all__ = ["persistently"]

T = TypeVar("T")

ATTEMPTS: Final = 50
"""How often a step is decided again, before the ``Conflict`` reaches the host."""


def persistently(step: Callable[[], T]) -> T:
    """What a step gives, once it has lost no race.

    Raises:
        Conflict: Others were faster every time.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return step()
        except Conflict:
            continue
    return step()
