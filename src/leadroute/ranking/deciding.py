"""From the rule that matched to the ranking: who may, who scores how much, and in which order.

The rules of this module:

* Every rep is judged by every criterion, and every rep who may take the lead by every term of the score.
* The sort key is (-score, when last assigned with never first, id). Nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter

from attrs import evolve

from leadroute.model.clocks import lead_hours
from leadroute.model.hours import Hours, meeting, unless_failing
from leadroute.model.presence import Pauses
from leadroute.model.rep import Rep
from leadroute.ranking.chance import given_up, propensities
from leadroute.ranking.eligibility import NO_PAUSES, gate, notes_of
from leadroute.ranking.ranking import Assignment, Outcome, Part, Ranking, Rejection
from leadroute.ranking.scorers.algebra import fair_share
from leadroute.ranking.tally import Tally
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Scorer, Term, mean
from leadroute.rules.situation import Situation

__all__ = ["ranked"]


def ranked(
    rule: Rule,
    situation: Situation,
    tried: Mapping[str, str],
    tally: Tally,
    window: timedelta,
    version: str,
    top: int | None = None,
    *,
    pauses: Pauses = NO_PAUSES,
    anyway: bool = False,
) -> Ranking:
    """The ranking of the reps of a situation under the rule that matched. O(reps x terms).

    Args:
        rule: The rule that matched.
        situation: The lead, the reps of its pool, the counts and the instant.
        tried: What became of earlier offers of this lead, by rep id.
        tally: What the lead counts against.
        window: How long an offer stands.
        version: The version of the policy.
        top: How many assignments to give, the best first; ``None`` gives all.
        pauses: For how long a contact, or a connection that dropped, still counts.
        anyway: Whether it is no matter who is at work.

    Raises:
        FactTypeError: The requirement or a score met a fact of the wrong type.
    """
    able, rejected, rejections = [], [], []
    obstacles = gate(rule, situation, tried, tally, pauses=pauses, anyway=anyway)
    for rep in situation.reps:
        found = obstacles(rep)
        if found:
            rejected.append(rep)
            rejections.append(Rejection(rep.id, rep.label, found))
        else:
            able.append(rep)
    calling = None if anyway or rule.calling is None else lead_hours(situation.lead, rule.calling)
    among = evolve(situation, reps=tuple(able), absent=tuple(rejected))
    score = rule.score
    return Ranking(
        situation.lead.id,
        _outcome(situation.reps, able, rejections),
        rule.name,
        situation.pool,
        _sorted_assignments(score, among, top),
        tuple(rejections),
        at=situation.instant,
        resumes_at=None if able else _resumes_at(situation, calling, rejected, rejections),
        window=window,
        version=version,
        anyway=anyway,
        notes=notes_of(rule, situation.lead),
        chances=partial(propensities, score, among) if score and score.random else None,
        cost=partial(given_up, score, among) if isinstance(score, fair_share) else None,
    )


def _outcome(members: tuple[Rep, ...], able: list[Rep], rejections: list[Rejection]) -> Outcome:
    if able:
        return Outcome.RANKED
    if not members:
        return Outcome.EMPTY_POOL
    if any(rejection.passing for rejection in rejections):
        return Outcome.NOBODY_AVAILABLE
    return Outcome.NOBODY_ELIGIBLE


def _resumes_at(
    situation: Situation, calling: Hours | None, rejected: list[Rep], rejections: list[Rejection]
) -> datetime | None:
    openings = []
    for rep, rejection in zip(rejected, rejections, strict=True):
        if rejection.passing:
            waits = [obstacle.until for obstacle in rejection.obstacles if obstacle.until]
            opening = _together(rep.hours, calling, max(waits)) if waits else situation.instant
            openings.append(opening)
    return min((opening for opening in openings if opening is not None), default=None)


def _together(own: Hours | None, calling: Hours | None, at: datetime) -> datetime:
    """The first instant from ``at`` on at which the rep works and the lead may be called."""
    if own is None or calling is None:
        return at
    return unless_failing(lambda: meeting(own, calling, at), lambda _error: None) or at


def _sorted_assignments(
    score: Scorer | None, situation: Situation, top: int | None
) -> tuple[Assignment, ...]:
    terms = () if score is None else score.terms
    bound = [term.scorer.bind(situation) for term in terms]
    weights = [term.weight for term in terms]
    last = situation.snapshot.last_assigned
    keyed = []
    for rep in situation.reps:
        points = tuple([points_of(rep) for points_of in bound])
        total = mean(zip(weights, points, strict=True)) or 0.0
        keyed.append((-total, last.get(rep.id, -1), rep.id, rep, points))
    keyed.sort(key=itemgetter(0, 1, 2))
    return _assignments(terms, keyed[:top], situation)


def _assignments(
    terms: tuple[Term, ...],
    ordered: Iterable[tuple[float, int, str, Rep, tuple[float | None, ...]]],
    situation: Situation,
) -> tuple[Assignment, ...]:
    """The assignments of (score negated, when last assigned, id, rep, points of each term), best first."""
    return tuple(
        [
            Assignment(
                rep.id, rep.label, rank, -negative, partial(_parts, terms, points, situation, rep)
            )
            for rank, (negative, _, _, rep, points) in enumerate(ordered, 1)
        ]
    )


def _parts(
    terms: tuple[Term, ...], points: tuple[float | None, ...], situation: Situation, rep: Rep
) -> tuple[Part, ...]:
    return tuple(
        [
            Part(term.scorer, term.weight, given, situation, rep)
            for term, given in zip(terms, points, strict=True)
        ]
    )
