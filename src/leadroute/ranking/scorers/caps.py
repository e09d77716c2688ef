"""How much of a rep's caps is left."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from leadroute.model.limits import Cap
from leadroute.model.rep import Rep
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["cap_room"]


@frozen
class cap_room(Scorer):
    """The share of the rep's caps that is left: what soft caps are for.

    Formula: (limit - used) / limit, not below 0, of the cap of which least is left; of a paced cap, what is allowed by
    now. A cap of 0 leaves nothing. No answer when the rep has no caps.

    Example:
        >>> str(cap_room())
        'cap_room()'
    """

    name = "cap_room"

    def bind(self, situation: Situation) -> Points:
        """O(caps) a rep."""

        def points(rep: Rep) -> float | None:
            return min((share for share, _, _ in _left(situation, rep)), default=None)

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The cap of which least is left, and what is used of it."""
        found = min(_left(situation, rep), key=lambda left: left[0], default=None)
        return "no caps" if found is None else f"{found[1]} used of {found[2]}"


def _left(situation: Situation, rep: Rep) -> Iterator[tuple[float, int, Cap]]:
    for cap in rep.caps:
        for bound in rep.bounds(cap, situation.now):
            used = situation.snapshot.used.get(bound.key, 0)
            yield max(0.0, 1 - used / bound.most) if bound.most else 0.0, used, cap
