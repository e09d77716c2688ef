"""The points of a rep from each term of a score, asked by the rep's number.

The rules of this module:

* A term that hangs on counts answers from what is kept of them. One that hangs on the lead answers by the class of the
  rep, or, where a class is not exact, by its own scorer.
* Only what drifts with the records of all reps together is looked up again for each lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from leadroute.model.rep import Rep
from leadroute.ranking.facets import Split
from leadroute.ranking.terms import Asker, Rate, Standard, States
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["Asking"]


class Asking:
    """Who answers for each term.

    Args:
        scorers: The scorer of each term.
        reps: The reps by number.
        leading: The positions of the terms that hang on the lead.
        turning: The positions of the rotations.
        standing: The position of every other term, with what is kept of it.
    """

    __slots__ = ("_leading", "_points", "_reps", "_scorers", "_standing", "_states", "_turning")

    def __init__(
        self,
        scorers: Sequence[Scorer],
        reps: Sequence[Rep],
        leading: Sequence[int],
        turning: Sequence[int],
        standing: Sequence[tuple[int, Standard]],
    ) -> None:
        self._scorers, self._reps = scorers, reps
        self._leading, self._turning, self._standing = leading, turning, standing

    def settle(self, states: States, turns: Asker) -> None:
        """Answer from these states, and for rotations from ``turns``."""
        self._states = states
        self._points: list[Asker | None] = [None] * len(self._scorers)
        for place, (position, term) in enumerate(self._standing):
            self._points[position] = term.asker(states, place)
        for position in self._turning:
            self._points[position] = turns

    def current(self) -> list[Asker | None]:
        """Who answers as things stand; ``None`` where it hangs on the lead. To be read before the next call."""
        for place, (position, term) in enumerate(self._standing):
            if isinstance(term, Rate):
                self._points[position] = term.asker(self._states, place)
        return self._points

    def classed(
        self, points: Sequence[Asker | None], splits: Sequence[Split], picked: Sequence[int]
    ) -> list[Asker]:
        """Who answers for the reps of an exact class, where no scorer is a host's own."""
        found = [*points]
        for position, split, share in zip(self._leading, splits, picked, strict=True):
            found[position] = split.points[share]
        return found  # type: ignore[return-value]  # nothing else hangs on the lead

    def bound(self, points: Sequence[Asker | None], situation: Situation) -> list[Asker]:
        """Who answers for any rep."""
        reps = self._reps
        return [
            known or partial(_asked, scorer.bind(situation), reps)
            for known, scorer in zip(points, self._scorers, strict=True)
        ]


def _asked(points: Points, reps: Sequence[Rep], number: int) -> float | None:
    return points(reps[number])
