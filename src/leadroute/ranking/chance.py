"""What chance and fairness had to do with a decision: propensities, and the score given up.

The rules of this module:

* Every rep draws one of ``CHANCES`` equally likely lots, independently of the others. A rep's score under each lot is
  worked out, so the propensities are exact: no sampling, no estimate.
* Equal scores are put in order as the router does: who got a lead least recently, then by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict
from leadroute.ranking.scorers.combinators import fair_share
from leadroute.rules.scorer import Points, Scorer, mean
from leadroute.rules.situation import CHANCES, Situation

__all__ = ["given_up", "propensities"]

Place: TypeAlias = tuple[float, int, str]
"""Where a rep stands in the order: the smallest first."""

Bound: TypeAlias = Sequence[tuple[float, Points]]
"""The weights of the terms of a score, and what gives their points."""


def propensities(score: Scorer, situation: Situation) -> Mapping[str, float]:
    """The probability with which each candidate comes first, by rep id; together they are 1.

    Args:
        score: What was preferred, with chance in it.
        situation: The lead and its candidates.

    Complexity: O(lots * reps) points, and O(lots * reps * log(lots * reps)) comparisons.

    Example:
        >>> from leadroute import Lead, Rep
        >>> from leadroute.scorers import random_tiebreak
        >>> lead, team = Lead("L-1"), (Rep("ada"), Rep("bob"))
        >>> found = propensities(random_tiebreak(), Situation(lead, team, "everyone"))
        >>> sum(found.values())
        1.0
    """
    last = situation.snapshot.last_assigned
    places: list[Place] = []
    certain = {
        term: _kept(term.scorer.bind(situation), situation.reps)
        for term in score.terms
        if not term.random
    }
    for lot in range(CHANCES):
        at_lot = situation.with_lot(lot)
        bound = [
            (term.weight, certain[term] if term in certain else term.scorer.bind(at_lot))
            for term in score.terms
        ]
        places += [(-_total(bound, rep), last.get(rep.id, -1), rep.id) for rep in situation.reps]
    places.sort()
    return FrozenDict(_first({rep.id: 0.0 for rep in situation.reps}, places))


def _first(chances: dict[str, float], places: list[Place]) -> dict[str, float]:
    """Add up, from the best place on, the chance that a rep has it and that nobody has a better one."""
    left = dict.fromkeys(chances, CHANCES)
    nobody_better = 1.0
    for _, _, rep_id in places:
        own = left[rep_id]
        chances[rep_id] += nobody_better / own
        if own == 1:
            break
        left[rep_id] = own - 1
        nobody_better *= (own - 1) / own
    return chances


def given_up(score: fair_share, situation: Situation) -> float:
    """How many points were given up for fairness: the best of any candidate, less those of who came first.

    Args:
        score: What was preferred, with a bound on unfairness.
        situation: The lead and its candidates.

    Complexity: O(candidates).

    Example:
        Ada has had three leads, which is more than one ahead of her share.

        >>> from leadroute import Lead, Rep, Snapshot
        >>> from leadroute.scorers import skill_match
        >>> team = (Rep("ada", skills={"oil": 1.0}), Rep("bob", skills={"oil": 0.6}))
        >>> counts = Snapshot(turns={"everyone": {"ada": 3}})
        >>> score = fair_share(skill_match("industry"), ahead=1)
        >>> given_up(score, Situation(Lead("L-1", industry="oil"), team, "everyone", counts))
        0.4
    """
    if not situation.reps:
        return 0.0
    bounded, free = _bound(score, situation), _bound(score.scorer, situation)
    last = situation.snapshot.last_assigned
    chosen = min(
        situation.reps, key=lambda rep: (-_total(bounded, rep), last.get(rep.id, -1), rep.id)
    )
    return max(_total(free, rep) for rep in situation.reps) - _total(free, chosen)


def _bound(score: Scorer, situation: Situation) -> Bound:
    return [(term.weight, term.scorer.bind(situation)) for term in score.terms]


def _total(bound: Bound, rep: Rep) -> float:
    return mean((weight, points(rep)) for weight, points in bound) or 0.0


def _kept(points: Points, reps: Iterable[Rep]) -> Points:
    """The points that these reps have, worked out once."""
    found = {rep.id: points(rep) for rep in reps}
    return lambda rep: found[rep.id]
