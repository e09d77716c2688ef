"""What is looked at: one router, perhaps a roster, and what follows from both.

The rules of this module:

* Everything is worked out once and shared by the checks.
* What the host brings may fail: a calendar, or a predicate that makes a pool. It fails here once, by name, and whoever
  it belongs to is left out of the other checks.
* Places are written as in ``rule[2].when``, counted from 0, as in the errors of a policy file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial

from attrs import define

from leadroute.insight.lint.rows import Row, rows
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.working_hours import unless_failing
from leadroute.ranking.router import Router
from leadroute.rules.condition import Condition
from leadroute.rules.evaluation import compile_condition
from leadroute.rules.rule import Rule, whole_of
from leadroute.rules.scorer import guards

__all__ = ["Subject"]

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
