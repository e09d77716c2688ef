"""How much room a rep has."""

from __future__ import annotations

from attrs import frozen

from leadroute.model.rep import Rep
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["headroom"]


@frozen
class headroom(Scorer):
    """The share of the rep's capacity that is free.

    Formula: (capacity - open) / capacity, not below 0. Without a capacity there is always room: 1.

    Example:
        >>> str(headroom())
        'headroom()'
    """

    name = "headroom"

    def bind(self, situation: Situation) -> Points:
        """Read the open counts. O(1) a rep."""
        open_now = situation.snapshot.open

        def points(rep: Rep) -> float:
            if rep.capacity is None:
                return 1.0
            if rep.capacity == 0:
                return 0.0
            return max(0.0, (rep.capacity - open_now.get(rep.id, 0)) / rep.capacity)

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How much is open, of how much."""
        limit = "no limit" if rep.capacity is None else str(rep.capacity)
        return f"{situation.snapshot.open.get(rep.id, 0)} open of {limit}"
