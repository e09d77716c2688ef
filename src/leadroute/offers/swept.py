"""What one sweep did, for whoever drives time."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from leadroute.errors import FactTypeError

__all__ = ["Swept"]


@frozen
class Swept:
    """What one sweep did.

    Args:
        timed_out: Offers that had run out.
        offered: Leads that were offered to a rep.
        caught: Leads that went to the catch-all.
        next_due: When time alone can give the next sweep something to do; as ``Dispatcher.next_due``.
        errors: Leads that cannot be judged, such as after a mistake in a new policy. They wait on, and are judged again
            by the next sweep.
    """

    timed_out: int = 0
    offered: int = 0
    caught: int = 0
    next_due: datetime | None = None
    errors: tuple[FactTypeError, ...] = ()
