"""Where leads are, on the map and on the clock, against what the rules ask.

The rules of this module:

* A rule is judged by leads whose country, region, zone and the like the rule itself spells out. Nothing is guessed
  about others.
* Territories are compared with each other up to ``MOST_TERRITORIES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

from leadroute.insight.lint.analysis import Subject, shown_by
from leadroute.insight.lint.finding import Finding
from leadroute.insight.lint.roster_checks import MOST_LEADS, people, spelled
from leadroute.model.borders import overlaps
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import lead_hours
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.territory_index import TerritoryIndex
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.rules.operand import Field

__all__ = ["MOST_TERRITORIES", "calls", "shared", "territories", "unheld", "unmet"]

MOST_TERRITORIES: Final = 1_000
"""How many territories are compared with each other: the worst case is their square."""

_PLACES: Final = frozenset(
    Field("lead", name)
    for name in ("country", "region", "timezone", "industry", "language", "postal_code", "domain")
)


def territories(subject: Subject) -> Iterator[Finding]:
    """Territories between which nothing but their names decides. O(territories squared) in the worst case."""
    territory_index = subject.router.territories
    if len(territory_index) > MOST_TERRITORIES:
        explanation = f"{len(territory_index)} territories were not compared with each other"
        remedy = f"compare fewer than {MOST_TERRITORIES} with leadroute.model.borders.overlaps"
        yield Finding("LR403", "territory", explanation, remedy)
        return
    for found in overlaps(territory_index):
        explanation, _, remedy = str(found).rpartition("; ")
        yield Finding("LR401", "territory", explanation, remedy)


def unheld(subject: Subject) -> Iterator[Finding]:
    """Rules that ask for the lead's territory, and leads of theirs that are in none with a rep of the pool."""
    territory_index = subject.router.territories
    for number, rule in enumerate(subject.router.rules):
        members = subject.active(rule.pool)
        if not rule.in_territory or not members:
            continue
        lead = _shown(subject, number, partial(_unheld, territory_index, members))
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads that are in no territory with a rep of its pool"
            )
            remedy = "add a territory, give it a rep, or narrow the rule"
            yield Finding("LR402", f"rule[{number}].in_territory", explanation, remedy, lead)


def _unheld(territory_index: TerritoryIndex, members: Sequence[Rep], lead: Lead) -> bool:
    held = (match.territory.role(rep) for match in territory_index.lookup(lead) for rep in members)
    return not any(held)


def calls(subject: Subject) -> Iterator[Finding]:
    """Calling hours that no instant fulfils, for any lead or for some."""
    for number, rule in enumerate(subject.router.rules):
        if rule.calling_hours is None:
            continue
        place = f"rule[{number}].calling_hours"
        if Schedule(rule.calling_hours, "UTC").next_open(subject.instant) is None:
            explanation = f"rule {rule.name!r} never lets its leads be called"
            yield Finding("LR404", place, explanation, "widen the hours, or leave them out")
            continue
        lead = _shown(subject, number, partial(_never, subject.instant, rule.calling_hours))
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads that can never be called, because no hour suits all of the clocks "
                "that they may have"
            )
            yield Finding("LR404", place, explanation, "widen the hours, or narrow the rule", lead)


def _never(now: datetime, calling_hours: str, lead: Lead) -> bool:
    hours = lead_hours(lead, calling_hours)
    return hours is not None and hours.next_open(now) is None


def unmet(subject: Subject) -> Iterator[Finding]:
    """Leads that may be called at hours at which nobody of the pool ever works. O(rules x schedules)."""
    for number, rule in enumerate(subject.router.rules):
        own = {rep.hours for rep in subject.punctual(rule.pool)}
        working = [hours for hours in own if hours is not None and _comes(hours, subject.instant)]
        if rule.calling_hours is None or None in own or not working:
            continue
        lead = _shown(
            subject, number, partial(_unmet, subject.instant, rule.calling_hours, working)
        )
        if lead is not None:
            explanation = f"rule {rule.name!r} takes leads that may be called only when nobody of its pool ever works"
            remedy = "widen the hours, or name a pool that works then"
            yield Finding("LR406", f"rule[{number}].calling_hours", explanation, remedy, lead)


def _comes(hours: Hours, now: datetime) -> bool:
    return hours.next_open(now) is not None


def _unmet(now: datetime, calling_hours: str, working: Sequence[Hours], lead: Lead) -> bool:
    hours = lead_hours(lead, calling_hours)
    if hours is None or not _comes(hours, now):
        return False
    return all(_never_meet(own, hours, now) for own in working)


def _never_meet(own: Hours, hours: Hours, now: datetime) -> bool:
    return unless_failing(lambda: meeting(own, hours, now) is None, lambda _error: False)


def shared(subject: Subject) -> Iterator[Finding]:
    """Reps whose hours are not known, under a rule that requires some of them."""
    for number, rule in enumerate(subject.router.rules):
        if rule.min_shared_hours is None:
            continue
        unknown = [
            rep for rep in subject.active(rule.pool) if rep.hours is None and rep.timezone is None
        ]
        if unknown:
            asks = f"rule {rule.name!r} requires shared hours"
            explanation = f"{people(unknown)} without schedule and time zone, and {asks}"
            remedy = "give them a schedule, or a time zone"
            yield Finding("LR405", f"rule[{number}].min_shared_hours", explanation, remedy)


def _shown(subject: Subject, number: int, holds: Callable[[Lead], bool]) -> Lead | None:
    """A lead that comes to this rule, whose place the rule spells out, and of which this holds."""
    rule = subject.router.rules[number]

    def shows(lead: Lead) -> bool:
        mine = subject.qualifies(lead) and subject.router.match(lead, subject.instant) is rule
        return mine and holds(lead)

    for row in subject.reached[number]:
        places = frozenset(asked for asked, _ in row if asked in _PLACES)
        rows = islice(spelled(row, places), MOST_LEADS) if places else ()
        lead = shown_by(rows, subject.instant, shows)
        if lead is not None:
            return lead
    return None
