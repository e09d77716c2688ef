"""Whose turn it is, and who has waited longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import ceil, fsum
from typing import Final

from attrs import field, frozen

from leadroute.model.duration import parse_duration
from leadroute.model.instants import from_micros, to_micros
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.parameters import lasting
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["SCALE", "Level", "Standing", "least_recent", "reached", "rotation", "standings"]

_MICROSECOND = timedelta(microseconds=1)


SCALE: Final = 1_000_000
"""The level of a rotation is kept as a whole number of these parts of a turn at weight 1."""

_ROUNDING: Final = 1e-6


@frozen
class Standing:
    """Where a rep stands in a rotation.

    Args:
        place: The lowest goes next: (turns + 1/2) / weight, which is Webster's divisor method.
        missed: The turns that the rep missed by being away, which are not made up.
    """

    place: float
    missed: int = 0


@frozen
class Level:
    """How far a rotation has come, for whoever is behind it.

    Args:
        reached: The lowest place of those who have been there.
        entry: Where those who were away come in.
    """

    reached: float
    entry: float

    @classmethod
    def of(cls, level: int, present: float) -> Level:
        """The level at which the candidates of a pool stand.

        Args:
            level: Where the rep stood who was given the last turn, in parts of ``SCALE``.
            present: The weight of all who are not behind it.
        """
        lowest = reached(level)
        return cls(lowest, lowest + (1 / present if present else 0))

    def standing(self, turns: int, weight: float) -> Standing:
        """Where a rep of some weight above 0 stands who has taken so many turns."""
        if (turns + 0.5) / weight >= self.reached:
            return Standing((turns + 0.5) / weight)
        missed = max(0, self.turns(weight) - turns)
        return Standing((turns + missed + 0.5) / weight, missed)

    def turns(self, weight: float) -> int:
        """The turns with which those of a weight come in who were away."""
        return ceil(self.entry * weight - 0.5)


def reached(level: int) -> float:
    """The lowest place that is not behind a level."""
    return level / SCALE - _ROUNDING


def standings(reps: Iterable[Rep], turns: Mapping[str, int], level: int) -> Mapping[str, Standing]:
    """Where each candidate with a weight stands in the rotation of their pool. O(reps).

    Whoever could take every lead is never behind the level, because the rotation always goes to the one who is
    furthest behind. So a rep who is behind it was away, off, full or not yet there, and enters level with the others.

    Args:
        reps: The candidates.
        turns: The turns that each has taken, by rep id.
        level: Where the rep stood who was given the last turn, in parts of ``SCALE``.

    Example:
        >>> found = standings([Rep("old"), Rep("new")], {"old": 10}, 95 * SCALE // 10)
        >>> found["old"], found["new"]
        (Standing(place=10.5, missed=0), Standing(place=10.5, missed=10))
    """
    sharing = [rep for rep in reps if rep.weight]
    taken = {rep.id: turns.get(rep.id, 0) for rep in sharing}
    lowest = reached(level)
    present = (rep.weight for rep in sharing if (taken[rep.id] + 0.5) / rep.weight >= lowest)
    stands = Level.of(level, fsum(present))
    return {rep.id: stands.standing(taken[rep.id], rep.weight) for rep in sharing}


@frozen
class rotation(Scorer):
    """Whose turn it is in the pool, by weight.

    Formula: the candidates are put in the order of (turns taken + 1/2) / weight (Webster's divisor method); the
    first gets 1, the last 0, those between get evenly spaced points, and equals get the same. A turn is taken by an
    offer and given back when the offer is declined or runs out, so in the end it moves on accept. A rep who was away
    enters level with the others: what they missed is not made up, and a newcomer is not flooded.

    Example:
        >>> str(rotation())
        'rotation()'
    """

    name = "rotation"

    @property
    def takes_turns(self) -> bool:
        """It is about nothing else."""
        return True

    def bind(self, situation: Situation) -> Points:
        """Put the candidates in order once. O(n log n) a lead, O(1) a rep."""
        return _in_order(situation)

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many turns were taken, and for what weight."""
        taken = situation.turns.get(rep.id, 0)
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        return f"{taken} turns taken{weight}"


def _in_order(situation: Situation) -> Points:
    found = standings(situation.reps, situation.turns, situation.level)
    places = {rep_id: standing.place for rep_id, standing in found.items()}
    order = sorted(set(places.values()))
    last = max(1, len(order) - 1)
    points_at = {at: 1.0 - position / last for position, at in enumerate(order)}

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
