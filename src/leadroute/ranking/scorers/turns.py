"""Whose turn it is."""

from __future__ import annotations

from attrs import frozen

from leadroute.model.rep import Rep
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["rotation"]


@frozen
class rotation(Scorer):
    """Whose turn it is in the pool, by weight.

    Formula: the candidates are put in the order of (turns taken + 1/2) / weight (Webster's divisor method); the
    first gets 1, the last 0, those between get evenly spaced points, and equals get the same. A turn is taken by an
    offer and given back when the offer is declined or runs out, so in the end it moves on accept.

    Example:
        >>> str(rotation())
        'rotation()'
    """

    name = "rotation"

    def bind(self, situation: Situation) -> Points:
        """Put the candidates in order once. O(n log n) a lead, O(1) a rep."""
        places = {rep.id: _place(situation, rep) for rep in situation.reps if rep.weight}
        order = sorted(set(places.values()))
        last = max(1, len(order) - 1)
        points_at = {place: 1.0 - position / last for position, place in enumerate(order)}

        def points(rep: Rep) -> float:
            return points_at[places[rep.id]] if rep.id in places else 0.0

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many turns were taken, and for what weight."""
        taken = situation.turns.get(rep.id, 0)
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        return f"{taken} turns taken{weight}"


def _place(situation: Situation, rep: Rep) -> float:
    return (situation.turns.get(rep.id, 0) + 0.5) / rep.weight
