"""What the lint looks at, and the leads that it invents.

The rules of this module:

* A lead is put together from one row, and counts for nothing until it was judged: the caller says what must hold.
* The same row gives the same lead.
* A predicate of the host may fail on an invented lead. Then the lead shows nothing.
* Everything is worked out once and shared by the checks.
* What the host brings may fail: a calendar, or a predicate that makes a pool. It fails here once, by name, and whoever
  it belongs to is left out of the other checks.
* Places are written as in ``rule[2].when``, counted from 0, as in the errors of a policy file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from attrs import define, field

from leadroute.errors import LeadrouteError
from leadroute.insight.lint.rows import Key, Row, rows
from leadroute.insight.lint.values import Cut, Values
from leadroute.model.countries import COUNTRIES
from leadroute.model.lead import Lead, Signal, with_score
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.validation import Refused
from leadroute.model.working_hours import unless_failing
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.router import Router
from leadroute.rules.conditions import Condition, Contains, FreeMail, SetRelation, TextTest
from leadroute.rules.evaluation import compile_condition
from leadroute.rules.fields import FIELDS, SCORE_FIELDS, Kind
from leadroute.rules.operand import Age, Const, DomainOf, Field, SignalStat
from leadroute.rules.rule import Rule, whole_of
from leadroute.rules.scorer import guards

__all__ = ["Subject", "candidates", "invented", "shown_by"]


_TEXTS = ("example", "another", "third")
_USUAL: Mapping[str, tuple[str, ...]] = {
    "country": ("US", "DE", *sorted(COUNTRIES)),
    "language": ("en", "de", "fr", "es"),
    "timezone": ("UTC", "Europe/Berlin"),
    "email": ("someone@example.com", "someone@example.net", "someone@example.org"),
    "domain": ("example.com", "example.net", "example.org"),
}
_STEPS: Mapping[Kind, Any] = {
    Kind.NUMBER: 1,
    Kind.DURATION: timedelta(minutes=1),
    Kind.INSTANT: timedelta(minutes=1),
}


def shown_by(rows: Iterable[Row], now: datetime, holds: Callable[[Lead], bool]) -> Lead | None:
    """The first lead invented from one of the rows of which ``holds`` is true; ``None`` when there is none."""
    for row in rows:
        lead = invented(row, now)
        if lead is not None and _judged(holds, lead):
            return lead
    return None


def _judged(holds: Callable[[Lead], bool], lead: Lead) -> bool:
    try:
        return holds(lead)
    except Exception:  # noqa: BLE001 - the predicates of a host may raise anything
        return False


def invented(row: Row, now: datetime) -> Lead | None:
    """A lead that is likely to be in the row, or ``None`` when no values can be found.

    Args:
        row: What the lead should be like.
        now: The instant that ages are counted from.
    """
    draft = _Draft(now)
    for key, values in row.items():
        if values.missing:
            continue
        if not draft.put(key, values):
            return None
    try:
        return draft.lead()
    except LeadrouteError:
        return None


@define
class _Draft:
    """A lead in the making."""

    now: datetime
    fields: dict[str, Any] = field(factory=dict)
    attributes: dict[str, Any] = field(factory=dict)
    stats: dict[str, dict[str, Any]] = field(factory=dict)

    def put(self, key: Key, values: Values) -> bool:
        """Give the lead a value of these; false when there is none."""
        asked, kind = key
        if isinstance(asked, Condition):
            if True in values:
                self.answer(asked)
            return True
        name = asked.name if isinstance(asked, Field) and not asked.custom else ""
        if isinstance(asked, DomainOf):
            name = "domain"
        found = next(candidates(values, kind, name, self.now), None)
        if found is None:
            return False
        if isinstance(asked, Age):
            asked, found = asked.of, self.now - found
        if isinstance(asked, DomainOf):
            asked, found = asked.of, f"someone@{found}"
        if isinstance(asked, Field) and asked.entity == "lead":
            self._set(asked, found)
        elif isinstance(asked, SignalStat):
            self.stats.setdefault(asked.signal, {})[asked.stat] = found
        return True

    def answer(self, asked: Condition) -> None:
        """Make the lead one of which a question is true, where that is easy."""
        if isinstance(asked, TextTest):
            text = asked.text.replace("*", "").replace("?", "x")
            text = f"someone{text}" if text.startswith("@") else text
            self._offer(asked.operand, text)
        elif isinstance(asked, FreeMail):
            self._offer(asked.operand, "someone@gmail.com")
        elif isinstance(asked, Contains) and isinstance(asked.item, Const) and not asked.negated:
            text = asked.item.value
            self._offer(asked.container, text if asked.container.kind is Kind.TEXT else {text})
        elif isinstance(asked, SetRelation):
            sides = (asked.left, asked.right)
            names = {n for side in sides if isinstance(side, Const) for n in side.value}
            for side in sides:
                self._offer(side, names)

    def _offer(self, operand: object, value: Any) -> None:
        if isinstance(operand, DomainOf):
            operand, value = operand.of, f"someone@{value}"
        if not isinstance(operand, Field) or operand.entity != "lead":
            return
        known = self.attributes.get(operand.name)
        if isinstance(known, set) and isinstance(value, set):
            value = known | value
        self._set(operand, value)

    def _set(self, operand: Field, value: Any) -> None:
        (self.attributes if operand.custom else self.fields)[operand.name] = value

    def lead(self) -> Lead:
        """The lead.

        Raises:
            LeadrouteError: Its values do not go together.
        """
        signals = [
            each for kind, stats in self.stats.items() for each in self._signals(kind, stats)
        ]
        facts = {name: each for name, each in self.fields.items() if name not in SCORE_FIELDS}
        lead = Lead(
            facts.pop("id", "example"),
            **facts,
            signals=signals,
            attributes=self.attributes,
        )
        score = {name: each for name, each in self.fields.items() if name in SCORE_FIELDS}
        return with_score(lead, LeadScore(lead.id, **score)) if score else lead

    def _signals(self, kind: str, stats: Mapping[str, Any]) -> Iterator[Signal]:
        total = stats.get("total", 0)
        count = math.ceil(stats.get("count", 1 if total or "last" in stats else 0))
        last = stats.get("last", self.now)
        for number in range(min(count, 1_000)):
            yield Signal(kind, last, 0 if number else total)


def candidates(values: Values, kind: Kind, name: str, now: datetime) -> Iterator[Any]:
    """Values of a set that a field can have, the plainest first; not all of them."""
    usual = _USUAL.get(name, _TEXTS) if kind is Kind.TEXT else ()
    found = [
        *usual,
        *(value for low, high in values.stretches for value in _within(low, high, kind, now)),
    ]
    clean = FIELDS["lead"][name].clean if name in FIELDS["lead"] else None
    for value in dict.fromkeys(found):
        if value not in values:
            continue
        try:
            if clean is None or clean(value) == value:
                yield value
        except Refused:
            continue


def _within(low: Cut | None, high: Cut | None, kind: Kind, now: datetime) -> Iterator[Any]:
    """Values in a stretch, or near its ends."""
    ends = [cut[0] for cut in (low, high) if cut is not None]
    yield from ends
    if kind is Kind.TEXT:
        yield from (f"{end}{more}" for end in ends for more in ("0", "a"))
    step = _STEPS.get(kind)
    if step is None:
        return
    try:
        if kind is Kind.NUMBER and ends:
            yield math.floor(ends[0]) + 1
        if len(ends) == 2:
            yield ends[0] + (ends[1] - ends[0]) / 2
        yield from (end + sign for end in ends for sign in (step, -step))
    except OverflowError:
        return
    if not ends:
        yield {Kind.NUMBER: 1, Kind.INSTANT: now}.get(kind, step)


_YEAR = timedelta(weeks=53)
_SOME_MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)


@define(slots=False)
class Subject:
    """One policy under the eyes of the lint.

    Args:
        router: The policy.
        roster: The reps that it shall be used with; ``None`` when that is not known.
        now: The instant to judge as of; ``None`` when that is not known.
    """

    router: Router
    roster: Roster | None = None
    now: datetime | None = None

    @property
    def instant(self) -> datetime:
        """The instant at which invented leads are judged."""
        return self.now or _SOME_MONDAY

    @cached_property
    def qualified(self) -> tuple[Row, ...]:
        """The leads that qualify."""
        return rows(whole_of(self.router.qualify))

    @cached_property
    def taken(self) -> tuple[tuple[Row, ...], ...]:
        """For each rule the leads that fulfil its condition, whatever other rules do."""
        return tuple(rows(rule.when) for rule in self.router.rules)

    @cached_property
    def reached(self) -> tuple[tuple[Row, ...], ...]:
        """For each rule the leads that qualify and fulfil its condition."""
        return tuple(rows(whole_of(self.router.qualify), rule.when) for rule in self.router.rules)

    def qualifies(self, lead: Lead) -> bool:
        """Whether a lead qualifies."""
        qualify = whole_of(self.router.qualify)
        return qualify is None or self.holds(qualify, lead)

    def holds(self, condition: Condition, lead: Lead, rep: Rep | None = None) -> bool:
        """Whether a condition holds for a lead, and a rep where it asks about one."""
        return compile_condition(condition, self.router.environment)(lead, rep, self.instant)

    def active(self, pool: str | None) -> tuple[Rep, ...]:
        """The active members of a pool."""
        return tuple(rep for rep in self.members(pool) if rep.active)

    def punctual(self, pool: str | None) -> tuple[Rep, ...]:
        """The active members of a pool whose calendars answer."""
        return tuple(rep for rep in self.active(pool) if rep.id not in self.failing_calendars)

    def members(self, pool: str | None) -> tuple[Rep, ...]:
        """The members of a pool, active or not; nobody where its condition fails."""
        if pool in self.failing_pools:
            return ()
        return self.router.members(pool, self.roster or Roster(), self.instant)

    @cached_property
    def failing_pools(self) -> Mapping[str, str]:
        """The pools whose condition a predicate of the host's makes fail, with the kind of error."""
        roster = self.roster or Roster()
        asked = {
            pool.name: partial(self.router.members, pool.name, roster, self.instant)
            for pool in self.router.pools
        }
        return {name: error for name, ask in asked.items() if (error := _failing(ask))}

    @cached_property
    def failing_calendars(self) -> Mapping[str, str]:
        """The active reps whose calendar fails within a year, with the kind of error."""
        first, last = self.instant, self.instant + _YEAR
        return {
            rep.id: error
            for rep in self.active(None)
            if rep.hours is not None
            if (error := _failing(partial(rep.hours.open_between, first, last)))
        }

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition of the policy, with its place."""
        qualify = whole_of(self.router.qualify)
        if qualify is not None:
            yield "qualify", qualify
        if self.router.lead_scoring is not None:
            for number, criterion in enumerate(self.router.lead_scoring.fit):
                yield f"lead_scoring.fit[{number}].when", criterion.when
        for number, pool in enumerate(self.router.pools):
            if pool.where is not None:
                yield f"pool[{number}].where", pool.where
        for number, rule in enumerate(self.router.rules):
            yield from rule_conditions(f"rule[{number}]", rule)


def _failing(ask: Callable[[], object]) -> str:
    """The kind of error that something of the host's fails with; empty when it answers."""

    def answers() -> str:
        ask()
        return ""

    return unless_failing(answers, lambda error: type(error).__name__)


def rule_conditions(place: str, rule: Rule) -> Iterator[tuple[str, Condition]]:
    """Every condition of a rule, with its place."""
    if rule.when is not None:
        yield f"{place}.when", rule.when
    if rule.require is not None:
        yield f"{place}.require", rule.require
    for guard in guards(rule.score):
        yield f"{place}.score", guard
