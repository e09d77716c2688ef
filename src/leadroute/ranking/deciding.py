"""A decision from start to end: in the pool of the rule, at its next steps, then by its fallback."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from attrs import evolve

from leadroute.errors import say_where
from leadroute.model.lead import Lead
from leadroute.model.rep import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory_index import Match
from leadroute.ranking.candidates import CandidateSet
from leadroute.ranking.decide import Decided, Policy
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.rules.rule import (
    CATCH_ALL,
    EVERYONE,
    IGNORE_AVAILABILITY,
    NEXT_RULE,
    WAIT,
    Rule,
    first_back,
    pool_of,
)

_Sets: TypeAlias = Mapping[tuple[str, str, int], CandidateSet]
Question: TypeAlias = tuple[
    Policy, Rule, Roster, Lead, datetime | None, Mapping[str, str], tuple[Match, ...], _Sets
]
"""Policy, rule, roster, lead, instant, previous offers by rep id, the lead's territories, candidates that are kept."""

Deciding: TypeAlias = Generator[Decided, Snapshot, Decided]
"""A decision under way: it yields what needs counts and is sent them."""


class Matched(NamedTuple):
    """A lead with its rule, whose decision waits for counts."""

    rule: Rule
    deciding: Deciding


def decide(question: Question, snapshot: Snapshot, ended: Outcome | None = None) -> Decided:
    """Decide about a lead under the rule that matched, on counts that are all there.

    Args:
        question: The lead, and what there is for it.
        snapshot: The counts.
        ended: Why it may wait no longer; ``None`` where it may.
    """
    try:
        found = _own(question).settle(snapshot)
        if found.place < 0:  # mostly there is somebody, without the cost of a generator
            found = _on(_elsewhere(found, question), snapshot)
        return found if ended is None else _on(at_end(found, question[2], ended), snapshot)
    except StopIteration as error:
        stopped = RuntimeError("generator raised StopIteration")  # as ``deciding`` says it
        say_where(stopped, question[1].name, question[3].id)
        raise stopped from error
    except Exception as error:
        say_where(error, question[1].name, question[3].id)
        raise


def _on(work: Deciding, snapshot: Snapshot) -> Decided:
    """Take a decision to its end on counts that are all there."""
    try:
        next(work)
        while True:
            work.send(snapshot)
    except StopIteration as done:
        found: Decided = done.value
        return found


def deciding(question: Question) -> Deciding:
    """Decide about a lead under the rule that matched, in its pool or in others it names."""
    own = _own(question)
    own.settle((yield own))
    return own if own.place >= 0 else (yield from _elsewhere(own, question))


def _own(question: Question) -> Decided:
    """The decision in the rule's own pool."""
    router, rule, roster, lead, now, previous_offers, matches, sets = question
    pool = rule.pool or EVERYONE
    found = sets.get((rule.name, pool, rule.step)) or router.candidate_set(rule, pool, roster, now)
    return Decided(router, rule, pool, found, lead, now, previous_offers, matches)


def _elsewhere(own: Decided, question: Question) -> Deciding:
    """Decide where the rule's own pool found nobody: by its next steps, then by its fallback.

    The next step opens at once where nobody may take the lead at all.
    """
    before = list[Decided]()
    while own.place < 0 and own.rule.later and own.outcome is not Outcome.NONE_AVAILABLE:
        before.append(own)
        question = _under(own.rule.later[0], question)
        own = _own(question)
        own.settle((yield own))
    found = own if own.place >= 0 else (yield from _by_fallback(own, question))
    if before:
        found.other_pools = (*before, *found.other_pools)
    return found


def _by_fallback(own: Decided, question: Question) -> Deciding:
    """Take the steps of the fallback in order, unless a step of the rule is still to come.

    The first step that finds a rep is the last. ``ignore_availability`` asks every pool that was
    asked so far again, in that order. A pool is asked once, however often the steps name it.
    """
    router, rule, roster, lead, now, previous_offers, matches, _ = question
    given = lead, now, previous_offers, matches
    asked, answers = {own.pool: own}, [own]
    if rule.later:
        return _without_rep(asked, answers, WAIT)
    for step in rule.fallback.steps(own.outcome.value, router.fallback):
        if end := _end(step, answers, now):
            return _without_rep(asked, answers, end)
        following = router.rule_after(rule.name, lead, now) if step == NEXT_RULE else None
        if following is not None:
            return (yield from _passed_on(asked, answers, _under(following, question)))
        everybody = step == IGNORE_AVAILABILITY
        for each in _pools_of(step, asked):
            members = router.candidate_set(rule, each, roster, now)
            found = Decided(router, rule, each, members, *given, ignore_availability=everybody)
            found.settle((yield found))
            if found.place >= 0:
                found.other_pools = tuple(asked.values())
                return found
            asked.setdefault(each, found)
            answers.append(found)
    late = any(each.outcome is Outcome.NONE_AVAILABLE for each in answers)
    return _without_rep(asked, answers, WAIT if late else CATCH_ALL)


def _under(rule: Rule, question: Question) -> Question:
    """The same question under another rule, or another step of it."""
    return question[0], rule, *question[2:]


def _resumes_at(answers: Iterable[Decided]) -> datetime | None:
    return min([each.resumes_at for each in answers if each.resumes_at], default=None)


def _end(step: str, answers: Iterable[Decided], now: datetime | None) -> str:
    """The end that a step is, ``wait`` or ``catch_all``; empty when the next one is taken."""
    within = first_back(step)
    if within is None:
        return step if step in (WAIT, CATCH_ALL) else ""
    at = _resumes_at(answers)
    return "" if at is None or now is None or at - now > within else WAIT


def _pools_of(step: str, asked: Mapping[str, Decided]) -> list[str]:
    """The pools that a step asks: those that were asked so far, or another one."""
    if step == IGNORE_AVAILABILITY:
        return [*asked]
    named = pool_of(step)
    return [] if named is None or named in asked else [named]


def _passed_on(
    asked: Mapping[str, Decided], answers: Iterable[Decided], question: Question
) -> Deciding:
    """Let another rule judge the lead; it says which one left the lead to it."""
    own = next(iter(asked.values()))
    found = yield from deciding(question)
    found.other_pools = (*asked.values(), *found.other_pools)
    found.passed_on = (own.rule.name, *found.passed_on)
    if found.place < 0:
        found.resumes_at = _resumes_at([*answers, found])
    return found


def at_end(found: Decided, roster: Roster, ended: Outcome) -> Deciding:
    """Decide about a lead that may wait no longer: in the pools of its fallback, and never in its own.

    Args:
        found: What was decided about it so far.
        roster: The reps there are.
        ended: Why it may wait no longer.
    """
    own = found.in_own_pool()
    own.end(ended)
    asked = {own.pool: own}
    for step in own.steps("cannot_wait"):
        for pool in _pools_of(step, asked):
            other = own.in_pool(pool, roster)
            other.settle((yield other))
            if other.place >= 0:
                other.other_pools, other.passed_on = tuple(asked.values()), own.passed_on
                return other
            asked[pool] = other
    return _without_rep(asked, (), CATCH_ALL)


def ended_ranking(found: Ranking, ended: Outcome) -> Ranking:
    """A decision without a rule about a lead that may wait no longer."""
    if found.outcome is not Outcome.NO_RULE_MATCHED:
        return found
    return evolve(found, outcome=ended, fallback_step=CATCH_ALL)


def _without_rep(asked: Mapping[str, Decided], answers: Sequence[Decided], step: str) -> Decided:
    """The decision of the rule's own pool, with the last step and the first instant to decide again."""
    own, *others = asked.values()
    own.resumes_at = _resumes_at(answers)
    own.other_pools, own.fallback_step = tuple(others), step
    return own
