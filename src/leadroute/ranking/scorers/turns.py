"""Whose turn it is, and who has waited longest."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from leadroute.model.duration import parse_duration
from leadroute.model.instants import from_micros, to_micros
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.parameters import lasting
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["least_recent", "rotation"]

_MICROSECOND = timedelta(microseconds=1)


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
        return situation.once(rotation, lambda: _in_order(situation))

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many turns were taken, and for what weight."""
        taken = situation.turns.get(rep.id, 0)
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        return f"{taken} turns taken{weight}"


def place_of(turns: int, rep: Rep) -> float:
    """Where a rep of weight above 0 stands in the rotation; the smallest comes first."""
    return (turns + 0.5) / rep.weight


def _in_order(situation: Situation) -> Points:
    turns = situation.turns
    places = {rep.id: place_of(turns.get(rep.id, 0), rep) for rep in situation.reps if rep.weight}
    order = sorted(set(places.values()))
    last = max(1, len(order) - 1)
    points_at = {place: 1.0 - position / last for position, place in enumerate(order)}

    def points(rep: Rep) -> float:
        return points_at[places[rep.id]] if rep.id in places else 0.0

    return points


@frozen
class least_recent(Scorer):
    """How long ago the rep last got a lead.

    Formula: idle / (idle + half), with idle the time since the last lead; 1 for a rep who never got one.

    Args:
        half: The time since the last lead that gives half a point, such as ``"1d"``.

    Raises:
        ConfigError: ``half`` is no duration.

    Example:
        >>> str(least_recent("4h"))
        "least_recent('4h')"
    """

    name = "least_recent"
    half: str = field(default="1d", converter=lasting)

    def bind(self, situation: Situation) -> Points:
        """Read the clock once. O(1) a rep."""
        last, now = situation.snapshot.last_assigned, to_micros(situation.now)
        half = parse_duration(self.half) // _MICROSECOND

        def points(rep: Rep) -> float:
            if rep.id not in last:
                return 1.0
            idle = max(0, now - last[rep.id])
            return idle / (idle + half)

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """When the last lead was."""
        last = situation.snapshot.last_assigned.get(rep.id)
        return (
            "no lead so far"
            if last is None
            else f"last lead at {from_micros(last):%Y-%m-%d %H:%M %Z}"
        )
