"""The deadlines of a lead and its follow-ups: when they are due, and what happens then.

A deadline counts from when the lead came in, or from when it was first decided under a policy that
sets one. It is set once: another decision, owner or grade does not begin it anew. Where it passes
in working time, acceptance tells whose hours count, and only what has not rung yet is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from leadroute.model.duration import Within, WorkingTime, length_of
from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict
from leadroute.model.working_hours import AnyOf, Hours, deadline
from leadroute.offers.counts import Books, Desk
from leadroute.offers.events import (
    Accepted,
    Assigned,
    CatchAll,
    DeadlineMissed,
    DeadlineWarned,
    FollowUpDue,
    LeadEvent,
    Offered,
    Rerouted,
    Waiting,
)
from leadroute.offers.placement import Placement, Status
from leadroute.offers.state_machine import move
from leadroute.ranking.router import Router
from leadroute.rules.deadline_terms import BreachStep
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.terms import Terms, of_grade

_WARNING: Final = "_warning"
_NONE: Final[Mapping[str, datetime]] = FrozenDict()
HoursOf = Callable[[], Hours | None]


def decided(
    events: Sequence[LeadEvent], placed: Placement, rule: Rule | None, books: Books
) -> Sequence[LeadEvent]:
    """The events of a decision, with the deadlines that it sets, and the clocks of an owner."""
    first = events[0]
    if not isinstance(first, Offered | Waiting | CatchAll):
        return events
    clocks, last = first_clocks(placed, rule, books), events[-1]
    if clocks:
        first = evolve(first, clocks=clocks)
        if isinstance(first, CatchAll) and rule is not None:
            first = evolve(first, rule=rule.name)
        events = (first, *events[1:])
    if isinstance(last, Accepted):
        after = move(placed, events[0], placed.lead_id)
        events = (*events[:-1], accepted(last, after, books.desk, books.now))
    return events


def accepted(event: Accepted, before: Placement, desk: Desk, now: datetime) -> Accepted:
    """An acceptance with the clocks of the new owner."""
    terms = desk.router.terms(before.rule)
    clocks = _owner_clocks(before, terms, desk.working(event.rep_id), desk.router, now)
    return evolve(event, clocks=clocks) if clocks else event


def assigned(event: Assigned, before: Placement, rule: Rule | None, books: Books) -> Assigned:
    """An assignment with the clocks of the new owner, under the rule that is for the lead now."""
    desk, router = books.desk, books.desk.router
    rep, terms = desk.working(event.rep_id), router.terms(event.rule)
    first = first_clocks(before, rule, books, lambda: None if rep is None else rep.hours)
    clocks = {**first, **_owner_clocks(before, terms, rep, router, event.at)}
    return evolve(event, clocks=clocks) if clocks else event


def first_clocks(
    placed: Placement, rule: Rule | None, books: Books, hours_of: HoursOf | None = None
) -> Mapping[str, datetime]:
    """The deadlines that the first decision about a lead sets; nothing where it has some already."""
    if placed.timed_from is not None:
        return _NONE
    desk, now = books.desk, books.now
    terms = desk.router.terms(None if rule is None else rule.name)
    allowed = _allowed(placed, terms, desk.router)
    if not allowed:
        return _NONE
    start = placed.received_at if placed.status is Status.RECEIVED else now
    return _clocks(allowed, terms, start, hours_of or (lambda: pool_hours(desk, rule, now)))


def _owner_clocks(
    before: Placement, terms: Terms, rep: Rep | None, router: Router, now: datetime
) -> dict[str, datetime]:
    """The clocks that a new owner sets: deadlines in their hours, and follow-ups."""
    hours, found = None if rep is None else rep.hours, dict[str, datetime]()
    if before.timed_from is not None:
        allowed = _allowed(before, terms, router)
        if any(isinstance(each, WorkingTime) for these in allowed.values() for each in these):
            anew = _clocks(allowed, terms, before.timed_from, lambda: hours)
            found = {name: at for name, at in anew.items() if name in before.clocks}
    for number, within in enumerate(terms.follow_up or (), 1):
        found[f"follow_up/{number}"] = deadline(now, within, hours)
    return found


def _allowed(placed: Placement, terms: Terms, router: Router) -> dict[str, list[Within]]:
    """The times that each deadline allows; of several the earlier counts."""
    grade, found = placed.lead_grade, dict[str, list[Within]]()
    if placed.contacted_at is None:
        respond = of_grade(terms.respond_within, grade), _within_of_grade(router, grade)
        found["respond"] = [within for within in respond if within is not None]
    close = of_grade(terms.close_within, grade)
    found["close"] = [] if close is None else [close]
    return {name: each for name, each in found.items() if each}


def _within_of_grade(router: Router, name: str | None) -> Within | None:
    grade = None if router.lead_scoring is None else router.lead_scoring.grade(name)
    return None if grade is None else grade.respond_within


def _clocks(
    allowed: Mapping[str, list[Within]], terms: Terms, start: datetime, hours_of: HoursOf
) -> dict[str, datetime]:
    """The instants of deadlines and of their warnings."""
    working = any(isinstance(each, WorkingTime) for these in allowed.values() for each in these)
    hours, found = hours_of() if working else None, dict[str, datetime]()
    for name, withins in allowed.items():
        at, within = min(((deadline(start, each, hours), each) for each in withins), key=_instant)
        found[name] = at
        for number, early in enumerate(terms.warn_before or (), 1):
            if early < length_of(within):
                shorter = _shortened(within, early)
                found[f"{name}{_WARNING}/{number}"] = deadline(start, shorter, hours)
    return found


def _instant(each: tuple[datetime, Within]) -> datetime:
    return each[0]


def _shortened(within: Within, by: timedelta) -> Within:
    return WorkingTime(within.duration - by) if isinstance(within, WorkingTime) else within - by


def pool_hours(desk: Desk, rule: Rule | None, now: datetime) -> Hours | None:
    """The hours in which any rep of the pool of a rule works; ``None`` when one of them works at any time.

    O(reps of the pool).
    """
    pool = EVERYONE if rule is None else rule.pool or EVERYONE
    hours = {rep.hours for rep in desk.router.working(desk.router.members(pool, desk.roster, now))}
    found = [each for each in hours if each is not None]
    if not found or len(found) < len(hours):
        return None
    return found[0] if len(found) == 1 else AnyOf(sorted(found, key=str))


def due_events(before: Placement, router: Router, now: datetime) -> list[LeadEvent]:
    """What happens to a lead because deadlines or follow-ups are due."""
    steps = router.terms(before.rule).on_breach or ()
    events = [*_due(before, steps, now)]
    missed = any(isinstance(event, DeadlineMissed) for event in events)
    owner = before.owner
    if missed and owner is not None and any(step.action == "reassign" for step in steps):
        events.append(Rerouted(now, "deadline", (owner,)))
    return events


def _due(before: Placement, steps: tuple[BreachStep, ...], now: datetime) -> Iterator[LeadEvent]:
    owner = before.owner
    for at, name in sorted((at, name) for name, at in before.clocks.items() if at <= now):
        kind, _, number = name.partition("/")
        of = kind.removesuffix(_WARNING)
        if kind == "follow_up":
            yield FollowUpDue(now, str(owner), int(number), at)
        elif of in ("respond", "close"):
            ends = before.respond_by if of == "respond" else before.close_by
            if of != kind:
                yield DeadlineWarned(now, of, int(number), ends or at, owner)
            else:
                yield DeadlineMissed(now, of, at, owner, _told(steps, owner))


def _told(steps: tuple[BreachStep, ...], owner: str | None) -> tuple[str, ...]:
    """Those who are to be told of a missed deadline, each once."""
    named = (owner if step.action == "remind" else step.to for step in steps)
    return tuple(dict.fromkeys(each for each in named if each))
