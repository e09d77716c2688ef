"""How much room a rep has."""

from __future__ import annotations

from itertools import repeat
from operator import attrgetter

from attrs import field, frozen

from leadroute.model.rep import Rep
from leadroute.ranking.scorers.parameters import positive
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["headroom", "workload"]


@frozen
class headroom(Scorer):
    """The share of the rep's capacity that is free.

    Formula: (capacity - open) / capacity, from 0 to 1. Without a capacity there is always room: 1.

    Example:
        >>> str(headroom())
        'headroom()'
    """

    name = "headroom"
    reads = frozenset({"open"})

    def bind(self, situation: Situation) -> Points:
        """Read the open counts. O(1) a rep."""
        open_now = situation.snapshot.open

        def points(rep: Rep) -> float:
            if rep.capacity is None:
                return 1.0
            if rep.capacity == 0:
                return 0.0
            return max(0.0, (rep.capacity - max(0, open_now.get(rep.id, 0))) / rep.capacity)

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Read the open counts. O(reps)."""
        most = situation.column("capacity", attrgetter("capacity"))
        opened = map(situation.snapshot.open.get, situation.ids, repeat(0))
        return [
            (whole - busy) / whole if whole and 0 <= busy <= whole else _at_an_end(whole, busy)
            for whole, busy in zip(most, opened, strict=True)
        ]

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How much is open, of how much."""
        limit = "no limit" if rep.capacity is None else str(rep.capacity)
        return f"{situation.snapshot.open.get(rep.id, 0)} open of {limit}"


def _at_an_end(whole: int | None, busy: float) -> float:
    """The free share without a capacity, of none at all, or of counts that are out of its bounds."""
    return float(whole is None or (whole > 0 and busy < 0))


@frozen
class workload(Scorer):
    """How little the rep has open, whatever their capacity.

    Formula: half / (half + open / weight), so that a rep of weight 2 with ten open leads counts as one of weight 1
    with five. A rep of weight 0 gets 0.

    Args:
        half: How many open leads give half a point; above 0.

    Raises:
        ConfigError: ``half`` is not above 0.

    Example:
        >>> str(workload(20))
        'workload(20)'
    """

    name = "workload"
    reads = frozenset({"open"})
    half: float = field(default=10, converter=positive)

    def bind(self, situation: Situation) -> Points:
        """Read the open counts. O(1) a rep."""
        open_now, half = situation.snapshot.open, self.half

        def points(rep: Rep) -> float:
            busy = half * rep.weight
            return busy / (busy + max(0, open_now.get(rep.id, 0))) if busy else 0.0

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Read the open counts. O(reps)."""
        opened, half = situation.snapshot.open.get, self.half
        room = situation.column((workload, half), lambda rep: (rep.id, half * rep.weight))
        return [
            free / (free + (busy if (busy := opened(rep_id, 0)) > 0 else 0)) if free else 0.0
            for rep_id, free in room
        ]

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How much is open, and for what weight."""
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        return f"{situation.snapshot.open.get(rep.id, 0)} open{weight}"
