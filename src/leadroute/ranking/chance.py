"""What chance and fairness had to do with a decision: propensities, and the score given up.

The rules of this module:

* Every rep draws one of ``CHANCES`` equally likely lots, independently of the others. A rep's score under each lot is
  worked out, so the propensities are exact: no sampling, no estimate.
* Equal scores are put in order as the router does: who got a lead least recently, then by id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import TypeAlias

from leadroute.model.frozen import FrozenDict
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.algebra import fair
from leadroute.rules.scorer import Scorer, mean
from leadroute.rules.situation import CHANCES, Situation

__all__ = ["given_up", "propensities"]

Place: TypeAlias = tuple[float, int, str]
"""Where a rep stands in the order: the smallest first."""


def propensities(score: Scorer, situation: Situation) -> Mapping[str, float]:
    """The probability with which each candidate comes first, by rep id; together they are 1.

    Args:
        score: What was preferred, with chance in it.
        situation: The lead and its candidates.

    Complexity: O(lots * reps) points, and O(lots * reps * reps * log(lots)) comparisons at most.
    """
    last = situation.snapshot.last_assigned
    places: dict[str, list[Place]] = {rep.id: [] for rep in situation.reps}
    for lot in range(CHANCES):
        points = _total(score, situation.with_lot(lot))
        for rep in situation.reps:
            places[rep.id].append((-points(rep), last.get(rep.id, -1), rep.id))
    for each in places.values():
        each.sort()
    return FrozenDict({rep_id: _first(rep_id, places) for rep_id in places})


def _first(rep_id: str, places: Mapping[str, list[Place]]) -> float:
    chance = 0.0
    others = [theirs for other, theirs in places.items() if other != rep_id]
    for place in places[rep_id]:
        beats = 1.0
        for theirs in others:
            beats *= (CHANCES - bisect_left(theirs, place)) / CHANCES
            if not beats:
                break
        chance += beats / CHANCES
    return chance


def given_up(score: fair, situation: Situation) -> float:
    """How many points were given up for fairness: the best of any candidate, less those of who came first.

    Args:
        score: What was preferred, with a bound on unfairness.
        situation: The lead and its candidates.

    Complexity: O(candidates).
    """
    if not situation.reps:
        return 0.0
    bounded, free = _total(score, situation), _total(score.scorer, situation)
    last = situation.snapshot.last_assigned
    chosen = min(situation.reps, key=lambda rep: (-bounded(rep), last.get(rep.id, -1), rep.id))
    return max(map(free, situation.reps)) - free(chosen)


def _total(score: Scorer, situation: Situation) -> Callable[[Rep], float]:
    bound = [(term.weight, term.scorer.bind(situation)) for term in score.terms]
    return lambda rep: mean((weight, points(rep)) for weight, points in bound) or 0.0
