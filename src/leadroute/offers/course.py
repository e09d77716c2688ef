"""The course of one decision of the dispatcher: rounds of the pool, and the end of waiting.

A lead is offered in the pool of its rule, a round after the other. Once its total time is over, it is
too old to wait, or its line is full, it goes to a named place instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from leadroute.model.duration import Within, WorkingTime, later
from leadroute.model.validation import FrozenDict
from leadroute.model.working_hours import Hours, deadline
from leadroute.offers.counts import Books, Desk
from leadroute.offers.deadlines import pool_hours
from leadroute.offers.judging import Begun, Chosen, Failed, Judged, begin, finish, goes_on, in_line
from leadroute.offers.lines import Line, length_key, order_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.requests import Steps
from leadroute.ranking.decide import Decided
from leadroute.ranking.deciding import at_end, ended_ranking
from leadroute.ranking.eligibility import Ineligibility
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.rules.offer_kind import PULL, SUGGEST
from leadroute.rules.rule import WAIT
from leadroute.rules.terms import of_grade


class Bounds(NamedTuple):
    """Until when a lead is offered, and until when it may wait.

    Args:
        total: The end of new offers; ``None`` is without end.
        age: The end of waiting; ``None`` is without end.
    """

    total: datetime | None = None
    age: datetime | None = None

    @property
    def first(self) -> datetime | None:
        """The instant after which the lead is not waiting any more."""
        return min((at for at in self if at is not None), default=None)

    def over(self, now: datetime) -> Outcome | None:
        """The bound that was reached, if any."""
        if self.total is not None and self.total <= now:
            return Outcome.TOTAL_TIME_OVER
        return Outcome.TOO_OLD if self.age is not None and self.age <= now else None


UNBOUND: Final = Bounds()
BY_HAND: Final = (PULL, SUGGEST)
"""The kinds of offers with which nobody is asked."""


class Course(NamedTuple):
    """A decision, and how far the lead has come.

    Args:
        judged: The decision.
        line: Where the lead would wait; ``None`` when it would not.
        asked: What became of the offers of this round, by rep id.
        round: The number of the round.
        bounds: Until when the lead is offered, and may wait.
        ended: Why it may wait no longer; ``None`` where it may.
        behind: Whether it joins those who wait in its line, though there was a rep for it.
        longest: How many leads the line may hold; ``None`` is without limit.
        line_order: What orders it in its line; ``None`` is its age.
    """

    judged: Judged
    line: Line | None
    asked: Mapping[str, str] = FrozenDict()
    round: int = 1
    bounds: Bounds = UNBOUND
    ended: Outcome | None = None
    behind: bool = False
    longest: int | None = None
    line_order: int | None = None


def bounds_of(placed: Placement, rule: str | None, desk: Desk, now: datetime) -> Bounds:
    """Until when a lead is offered under a rule, and may wait; since it came in, or its search began anew."""
    terms = desk.router.terms(rule)
    if terms.total_within is None and terms.max_age is None:
        return UNBOUND
    total, age = [of_grade(each, placed.lead_grade) for each in (terms.total_within, terms.max_age)]
    since, hours = placed.restarted_at or placed.received_at, _hours((total, age), rule, desk, now)
    return Bounds(
        None if total is None else deadline(since, total, hours),
        None if age is None else deadline(since, age, hours),
    )


def _hours(
    within: Iterable[Within | None], rule: str | None, desk: Desk, now: datetime
) -> Hours | None:
    """The hours in which a rep of the pool works; ``None`` for any time, or where they are not known."""
    if rule is not None and any(isinstance(each, WorkingTime) for each in within):
        with suppress(Exception):  # of your predicates: then the time passes on the clock
            return pool_hours(desk, desk.router.rule(rule), now)
    return None


def pause_until(before: Placement, pause: timedelta, desk: Desk, now: datetime) -> datetime | None:
    """The end of a pause between two offers, which is not behind the end of waiting.

    ``None`` when there is nothing to wait for.
    """
    until, first = later(now, pause), bounds_of(before, before.rule, desk, now).first
    if first is None or until <= first:
        return until
    return first if first > now else None


def run(begun: Begun, before: Placement, asked: Mapping[str, str], books: Books) -> Steps[Course]:
    """Decide about a lead, in the next round where everybody was asked in this one."""
    number, router = before.round, books.desk.router
    judged, line = in_line(begun, (yield from finish(begun, books)), books)
    if asked and begun.rule is not None and number < (router.terms(begun.rule.name).rounds or 1):
        out = _still_out(before, books.now)
        anew = yield from _next_round(begun, judged, out, books)
        if anew is not None:
            (judged, line), asked, number = anew, out, number + 1
    rule = _rule_of(judged)
    terms, bounds = router.terms(rule), bounds_of(before, rule, books.desk, books.now)
    longest = terms.max_waiting if before.status is Status.RECEIVED else None
    length, asks = 0, isinstance(judged, Chosen) and before.status is Status.RECEIVED
    if line is not None and (asks or longest is not None):
        length = (yield from books.counts([length_key(line.id)])).get(length_key(line.id), 0)
    behind = length > 0 and not _by_hand(judged) and isinstance(judged, Chosen)
    order = None
    if begun.rule is not None:
        order = order_of(begun.lead, before.received_at, router.terms(begun.rule.name).backlog)
    ended = bounds.over(books.now)
    waits = behind or _waits(judged, line, before, books.now)
    if ended is Outcome.TOO_OLD and not (waits or before.line):
        ended = None  # it is offered at once, and does not wait
    if ended is None and waits and longest is not None and length >= longest:
        ended = Outcome.LINE_FULL
    if ended is not None:
        judged, behind = (yield from _at_end(judged, ended, begun, books)), False
    return Course(judged, line, asked, number, bounds, ended, behind, longest, order)


def of_offer(chosen: Chosen, before: Placement, books: Books) -> Course:
    """The course of a lead for which a rep asks, or that one more rep is asked about."""
    bounds = bounds_of(before, chosen.decided.rule.name, books.desk, books.now)
    ended = bounds.over(books.now)
    return Course(chosen, None, round=before.round, bounds=bounds, ended=ended)


def too_late(ended: Outcome) -> Ineligibility:
    """Why a rep cannot have a lead that may wait no longer."""
    return Ineligibility(ended.value, f"comes too late: {ended.reason}")


def _still_out(before: Placement, now: datetime) -> Mapping[str, str]:
    """Those whom no round asks again yet, because they said when they may be."""
    every = before.previous_offers.items()
    return FrozenDict(
        {
            rep: each.outcome
            for rep, each in every
            if each.retry_at is not None and each.retry_at > now
        }
    )


def _next_round(
    begun: Begun, judged: Judged, out: Mapping[str, str], books: Books
) -> Steps[tuple[Judged, Line | None] | None]:
    """The decision in the next round; ``None`` as long as this one goes on."""
    if not _everybody_was_asked(judged, begun):
        return None
    anew = begin(begun.lead, out, books)
    found = yield from finish(anew, books)
    return None if _everybody_was_asked(found, begun) else in_line(anew, found, books)


def _everybody_was_asked(judged: Judged, begun: Begun) -> bool:
    """Whether nobody may take the lead, now or later, in the pool of the rule that matched."""
    found = judged.decided if isinstance(judged, Chosen) else judged
    if begun.rule is None or not isinstance(found, Decided):
        return False
    own = [
        each
        for each in (*found.other_pools, found)
        if each.is_own and each.rule.name == begun.rule.name
    ]
    return all(each.outcome is Outcome.NONE_ELIGIBLE for each in own)


def _rule_of(judged: Judged) -> str | None:
    """The name of the rule under which a lead was decided."""
    if isinstance(judged, Ranking):
        return None
    if isinstance(judged, Failed):
        return judged.rule
    return (judged.decided if isinstance(judged, Chosen) else judged).rule.name


def _waits(judged: Judged, line: Line | None, before: Placement, now: datetime) -> bool:
    """Whether a lead waits after a decision: for a rep, or for a person who assigns it."""
    if isinstance(judged, Chosen):
        return _by_hand(judged)
    if line is None or isinstance(judged, Failed):
        return False
    ruled = not isinstance(judged, Ranking)
    return judged.fallback_step == WAIT or (ruled and before.next_return(now) is not None)


def _by_hand(judged: Judged) -> bool:
    """Whether nobody is asked about a lead for which there are reps."""
    return isinstance(judged, Chosen) and judged.decided.terms_of_offer.kind in BY_HAND


def _at_end(judged: Judged, ended: Outcome, begun: Begun, books: Books) -> Steps[Judged]:
    """Decide about a lead that may wait no longer."""
    if isinstance(judged, Ranking):
        return ended_ranking(judged, ended)
    found = judged.decided if isinstance(judged, Chosen) else judged
    if not isinstance(found, Decided):
        return found
    work = at_end(found, books.desk.roster, ended)
    by_hand = found.terms_of_offer.kind in BY_HAND  # which is a way to wait
    return (yield from goes_on(work, begun, books, 1 if by_hand else None))
