"""What a sweep did, and deciding again after losing a race."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import random
from time import monotonic, sleep
from typing import Final, TypeVar

from attrs import frozen

from leadroute.errors import ConflictError


@frozen
class FailedLead:
    """A lead whose decision failed, with what went wrong.

    Args:
        lead_id: The lead.
        error: The exception, of leadroute or of a scorer, predicate or calendar of yours.
        rule: The name of the rule that matched; ``None`` when it is not known.
    """

    lead_id: str
    error: Exception
    rule: str | None = None

    def __str__(self) -> str:
        rule = f"rule {self.rule!r}, " if self.rule else ""
        said = str(self.error) or type(self.error).__name__
        return said if said.startswith("rule ") else f"{rule}lead {self.lead_id!r}: {said}"


@frozen
class SweepResult:
    """The result of one sweep.

    Args:
        timed_out: Offers that had run out.
        offered: Leads that were offered to a rep.
        catch_all: Leads that went to the catch-all.
        next_wakeup: When time alone can give the next sweep something to do; as ``Dispatcher.next_wakeup``.
        errors: Leads whose decision failed, such as after a mistake in a new policy, or whose
            documents cannot be read. They hold up no other lead. They wait, and are decided again
            after 30 seconds, then twice as long each time, up to an hour.
    """

    timed_out: int = 0
    offered: int = 0
    catch_all: int = 0
    next_wakeup: datetime | None = None
    errors: tuple[FailedLead, ...] = ()


T = TypeVar("T")

PATIENCE: Final = 30.0
"""For how many seconds a step is decided again, before the ``ConflictError`` reaches the host."""

_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05


def persistently(step: Callable[[], T]) -> T:
    """Run a step until it loses no race, and return its result."""
    pause, until = _FIRST_PAUSE, monotonic() + PATIENCE
    while True:
        try:
            return step()
        except ConflictError:
            if monotonic() >= until:
                raise
        sleep(pause * random())  # noqa: S311 - a pause is no secret
        pause = min(2 * pause, _LONGEST_PAUSE)
