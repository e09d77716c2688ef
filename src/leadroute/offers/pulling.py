"""Leads that reps ask for: the next one, a list, and a place in line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import define, frozen

from leadroute.errors import InvalidTransitionError
from leadroute.model.duration import format_duration, to_micros
from leadroute.model.keys import lead_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import must_be, one_line
from leadroute.offers import requests
from leadroute.offers.change import Event, Record
from leadroute.offers.events import (
    Assigned,
    CatchAll,
    Disqualified,
    Forgotten,
    Offered,
    Waiting,
    Withdrawn,
)
from leadroute.offers.lines import entry_key, entry_status
from leadroute.offers.placement import FAILED, Placement
from leadroute.offers.previews import as_seen
from leadroute.offers.requests import PAGE, Steps
from leadroute.offers.serving import LineSteps, Walk
from leadroute.offers.state_machine import state_of
from leadroute.offers.steps import UNREADABLE
from leadroute.plain import loads
from leadroute.ranking.eligibility import Ineligibility

NO_LEAD_WAITS: Final = "no_lead_waits"
"""The reason code when no lead waits that the rep could ever take."""

_OF_THE_REP: Final = frozenset(
    (
        "inactive",
        "zero_weight",
        "off_hours",
        "not_present",
        "paused",
        "cooling_down",
        "wrapping_up",
    )
)
"""The reasons that hold for every lead."""

_OF_THE_LEAD: Final = frozenset(
    (
        "requirement_not_met",
        "outside_territory",
        "too_far",
        "already_offered",
        "too_few_shared_hours",
        "outside_calling_hours",
        "not_in_pool",
    )
)
"""The reasons that may differ between the leads of a mixed line."""

LEAST_SERVICES: Final = 20
"""Of how many services a wait is estimated, at least."""

_ENOUGH: Final = 400
"""Of how many services it is estimated, where the log has them."""

_FURTHEST: Final = 10_000
"""How many events of the log are read for them, at most."""

_LEAVES: Final = frozenset(
    each.kind for each in (Waiting, Offered, Assigned, CatchAll, Disqualified, Withdrawn, Forgotten)
)
"""The events by which a lead joins a line or leaves it."""


@frozen
class NextLead:
    """The answer to a rep who asks for a lead.

    Args:
        placement: The lead, which is offered to the rep now; ``None`` when there is none for them.
        reason_code: The reason why there is none: ``no_lead_waits``, ``claims_per_hour``,
            ``lapsed_claims``, or a code of ``leadroute.eligibility``; empty when there is one.
        reason: The same in words.

    Example:
        >>> print(NextLead(None, "no_lead_waits", "no lead waits for 'ada'"))
        no lead waits for 'ada'
    """

    placement: Placement | None
    reason_code: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return self.reason if self.placement is None else str(self.placement)


@frozen
class AvailableLead:
    """A lead that waits and that a rep may claim.

    Args:
        lead_id: The lead.
        rule: The rule that matched; ``None`` when it is not known.
        grade: The name of its grade; ``None`` when it has none.
        score: The lead score, 0 to 1; ``None`` when it is not known.
        received_at: When it came in.
        preview: What a rep may see of it before they accept it.
    """

    lead_id: str
    rule: str | None
    grade: str | None
    score: float | None
    received_at: datetime
    preview: Lead


@frozen
class LinePosition:
    """The place of a lead in its line.

    Args:
        place: Its place, from 1: the next to be served.
        waits: How long it may wait from now; ``None`` while fewer than 20 services were seen.
        services: How many leads of the line were served lately.
        over: The time that this took, with leads waiting; each place takes one such share.
    """

    place: int
    waits: timedelta | None
    services: int
    over: timedelta

    def __str__(self) -> str:
        if self.waits is None:
            return f"number {self.place} in line"
        waits = format_duration(timedelta(seconds=round(self.waits.total_seconds())))
        over = format_duration(timedelta(seconds=round(self.over.total_seconds())))
        return f"number {self.place} in line, about {waits} ({self.services} leads in {over})"


@define(eq=False)
class PullSteps:
    """The steps of reps who ask for leads, on top of those with waiting lines."""

    lines: LineSteps

    def next_for(self, rep_id: str) -> Steps[NextLead]:
        """Give a rep the best waiting lead that they may take. O(lines of the rep)."""
        taken, refusal = yield from self._open_to(rep_id, 1, look=False)
        if taken:
            return NextLead(taken[0])
        name, refusal = one_line(rep_id), refusal or _never(self._rep(rep_id))
        if refusal is None:
            return NextLead(None, NO_LEAD_WAITS, f"no lead waits for {name!r}")
        return NextLead(None, refusal.code, f"{name!r} {refusal.reason}")

    def available_leads(self, rep_id: str, limit: int) -> Steps[tuple[AvailableLead, ...]]:
        """The waiting leads that a rep may claim, best first."""
        requests.check_limit(limit, " leads")
        found, _ = yield from self._open_to(rep_id, limit, look=True)
        facts = yield from requests.get([lead_key(placed.lead_id) for placed in found])
        return tuple([self._available(placed, facts) for placed in found])

    def _available(self, placed: Placement, facts: Mapping[str, Record]) -> AvailableLead:
        lead_id, graded = placed.lead_id, (placed.lead_grade, placed.lead_score)
        terms = self.lines.leads.desk_of(placed.policy_version).router.terms(placed.rule)
        record = facts.get(lead_key(lead_id))  # it may have been forgotten meanwhile
        lead = Lead(lead_id) if record is None else loads(Lead, record.data, lead_id)
        seen = as_seen(lead, placed, terms.preview, None)
        return AvailableLead(lead_id, placed.rule, *graded, placed.received_at, seen)

    def claim(self, lead_id: str, rep_id: str) -> Steps[Placement]:
        """Give a waiting lead to a rep who has chosen it."""
        rep = self._rep(rep_id)
        claimed = yield from self.lines.leads.claimed(lead_id, rep.id)
        placed, refusal = claimed.placement, claimed.refusal
        if refusal is not None:
            why = f"{one_line(rep.id)!r} {refusal.reason}"
            raise InvalidTransitionError(lead_id, "claim", rep.id, why)
        if claimed.free or placed.owner == rep.id or placed.offer_to(rep.id) is not None:
            return placed
        raise InvalidTransitionError(lead_id, "claim", rep.id, state_of(placed))

    def position(self, lead_id: str) -> Steps[LinePosition | None]:
        """The place of a lead in its line, and how long it may wait."""
        leads = self.lines.leads
        placed, _ = yield from leads.known(lead_id, leads.books())
        if not placed.line:
            return None
        place = yield from _place(placed)
        if place is None:
            return None
        services, over = yield from _services(placed, leads.now())
        waits = None if services < LEAST_SERVICES else place * over / services
        return LinePosition(place, waits, services, over)

    def _rep(self, rep_id: str) -> Rep:
        must_be(str, rep_id=rep_id)
        return self.lines.leads.desk.roster[rep_id]

    def _open_to(
        self, rep_id: str, most: int, *, look: bool
    ) -> Steps[tuple[list[Placement], Ineligibility | None]]:
        """So many waiting leads that a rep may take, best first, and the first reason against one."""
        rep, first = self._rep(rep_id), None
        found = list[Placement]()
        walk = Walk((yield from self.lines.waiting(frozenset((rep.id,)))))
        while len(found) < most and (entry := (yield from walk.next())) is not None:
            lead_id, line = entry
            try:
                claimed = yield from self.lines.leads.claimed(lead_id, rep.id, line.id, look=look)
            except UNREADABLE:
                continue  # a sweep names it
            if claimed.free:
                found.append(claimed.placement)
            elif claimed.refusal is not None:  # else somebody was faster
                code = claimed.refusal.code
                first = first or claimed.refusal
                if code in _OF_THE_REP:
                    break
                if code != FAILED and not (line.mixed and code in _OF_THE_LEAD):
                    walk.leave(line)
        return found, first


def _never(rep: Rep) -> Ineligibility | None:
    """Why a rep is in no line at all."""
    if not rep.active:
        return Ineligibility("inactive", "is not active")
    return None if rep.weight else Ineligibility("zero_weight", "has weight 0")


def _place(placed: Placement) -> Steps[int | None]:
    """The number of the entries up to that of a lead; ``None`` when it is there no more."""
    own, before, last = entry_key(placed), 0, None
    while True:
        page = yield from requests.find(status=entry_status(placed.line), after=last, limit=PAGE)
        for number, record in enumerate(page, before + 1):
            if record.key >= own:
                return number if record.key == own else None
        if len(page) < PAGE:
            return None
        before, last = before + len(page), page[-1]


def _services(placed: Placement, now: datetime) -> Steps[tuple[int, timedelta]]:
    """How many leads of a line were served lately, and for how long leads waited in it meanwhile.

    The log is read backwards, a page at a time, until enough services were seen. The id of a line is
    a digest, so that an event with it in its document is about this line.
    """
    newest = upto = yield from requests.newest_event()
    seen, services = list[Event](), 0
    while upto > 0 and newest - upto < _FURTHEST and services < _ENOUGH:
        page = yield from requests.events(after=max(0, upto - PAGE), limit=PAGE)
        page = [event for event in page if event.id <= upto]
        services += sum(
            [event.type == Offered.kind and placed.line in event.data for event in page]
        )
        seen = [*page, *seen]
        upto -= PAGE
    return services, _waited(placed, seen, to_micros(now))


def _waited(placed: Placement, seen: Sequence[Event], now: int) -> timedelta:
    """For how long leads waited in the line of one, as far as some events tell."""
    if not seen:
        return timedelta(0)
    start, since, stretches = seen[0].at, dict[str, int](), list[tuple[int, int]]()
    for event in seen:
        if event.type in _LEAVES:
            joined, named = since.pop(event.lead, None), placed.line in event.data
            if joined is None and named and event.type == Offered.kind:
                joined = start
            if joined is not None:
                stretches.append((joined, event.at))
            if named and event.type == Waiting.kind:
                since[event.lead] = event.at
    since.setdefault(placed.lead_id, start)
    return _together([*stretches, *[(at, now) for at in since.values()]])


def _together(stretches: Sequence[tuple[int, int]]) -> timedelta:
    """The length of stretches of time that may overlap."""
    whole = end = 0
    for since, until in sorted(stretches):
        whole += max(0, until - max(since, end))
        end = max(end, until)
    return timedelta(microseconds=whole)
