"""The points of a rep from each term of a score, asked by the rep's number.

The rules of this module:

* A term that hangs on counts answers from what is kept of them. One that hangs on the lead answers by the class of the
  rep, or, where a class is not exact, by its own scorer.
* Where the terms that hang on the lead come first, what they give the reps of an exact class is known, and only the
  others are asked.
* Only what drifts with the records of all reps together is looked up again after a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

from leadroute.model.rep import Rep
from leadroute.ranking.classes import Class
from leadroute.ranking.facets import Split
from leadroute.ranking.terms import Asker, Rate, Standard, States
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["Asking", "Asks"]

Asks: TypeAlias = tuple[tuple[float | None, ...], float, float, tuple[float, ...], Sequence[Asker]]
"""How reps are asked: what the first terms give, which is known beforehand; that, each times its weight, together; the
weight of those of them with an answer; and of each other term the weight, and who answers for it."""


class Asking:
    """Who answers for each term.

    Args:
        scorers: The scorer of each term.
        weights: Its weight.
        reps: The reps by number.
        leading: The positions of the terms that hang on the lead.
        turning: The positions of the rotations.
        standing: The position of every other term, with what is kept of it.
    """

    __slots__ = (
        "_ahead",
        "_leading",
        "_points",
        "_rates",
        "_reps",
        "_scorers",
        "_standing",
        "_states",
        "_turning",
        "_weights",
    )

    def __init__(
        self,
        scorers: Sequence[Scorer],
        weights: tuple[float, ...],
        reps: Sequence[Rep],
        leading: Sequence[int],
        turning: Sequence[int],
        standing: Sequence[tuple[int, Standard]],
    ) -> None:
        self._scorers, self._weights, self._reps = scorers, weights, reps
        self._leading, self._turning, self._standing = leading, turning, standing
        self._rates = [
            (place, position, term)
            for place, (position, term) in enumerate(standing)
            if isinstance(term, Rate)
        ]
        self._ahead = len(leading) if [*leading] == [*range(len(leading))] else 0

    def settle(self, states: States, turns: Asker) -> None:
        """Answer from these states, and for rotations from ``turns``."""
        self._states = states
        self._points: list[Asker | None] = [None] * len(self._scorers)
        for place, (position, term) in enumerate(self._standing):
            self._points[position] = term.asker(states, place)
        for position in self._turning:
            self._points[position] = turns

    def current(self) -> list[Asker | None]:
        """Who answers as things stand; ``None`` where it hangs on the lead."""
        found = [*self._points]
        for place, position, term in self._rates:
            found[position] = term.asker(self._states, place)
        return found

    def classed(self, askers: Sequence[Asker | None], splits: Sequence[Split], of: Class) -> Asks:
        """How the reps of an exact class are asked, where no scorer is a host's own."""
        ahead = self._ahead
        if ahead:
            rest = askers[ahead:]
            return of.points, of.gained, of.answered, self._weights[ahead:], rest  # type: ignore[return-value]
        found = [*askers]
        for position, split, (_, share) in zip(self._leading, splits, of.picked, strict=True):
            found[position] = split.points[share]
        return (), 0.0, 0.0, self._weights, found  # type: ignore[return-value]  # nothing else hangs on the lead

    def bound(self, askers: Sequence[Asker | None], situation: Situation) -> Asks:
        """How any rep is asked."""
        reps = self._reps
        found = [
            known or partial(_asked, scorer.bind(situation), reps)
            for known, scorer in zip(askers, self._scorers, strict=True)
        ]
        return (), 0.0, 0.0, self._weights, found


def _asked(points: Points, reps: Sequence[Rep], number: int) -> float | None:
    return points(reps[number])
