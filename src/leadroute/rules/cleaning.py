"""Cleaners of what rules, their steps and pools take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from leadroute.errors import ConfigError, LeadrouteError, TruthError, ValidationError
from leadroute.model.given import Refused, shown
from leadroute.model.schedule import Schedule
from leadroute.model.validation import FrozenDict, ident, number
from leadroute.rules.builders import FieldExpr
from leadroute.rules.conditions import Condition, as_condition
from leadroute.rules.parser import parse


def condition(given: Any) -> Condition:
    """A cleaner for conditions, their text, and flags such as ``LEAD["vip"]``."""
    if isinstance(given, str):
        try:
            return parse(given)
        except LeadrouteError as error:
            raise Refused(f"cannot be read: {error}") from None
    remedy = "write a condition such as LEAD.country == 'US'"
    if isinstance(given, list | tuple):
        raise Refused(f"is a {type(given).__name__}; join conditions with &: (a) & (b)")
    if isinstance(given, bool):
        raise Refused(
            f"is {given}, as `is`, `in` and the fields of one lead give; {remedy} or LEAD.email.is_missing()"
        )
    if callable(given):
        raise Refused(
            f"is a function; {remedy}, or predicate('name') and Router(predicates={{'name': function}})"
        )
    try:
        return as_condition(given)
    except TruthError:
        raise Refused(f"is {shown(given)}; {remedy}") from None


ConditionLike: TypeAlias = Condition | FieldExpr | str
"""A condition, a flag such as ``LEAD["vip"]``, or the text of a condition."""


def given_condition(given: ConditionLike | None) -> Condition | None:
    """A condition as it was given: tells type checkers what the cleaner takes."""
    return cast("Condition | None", given)


def pool_name(given: Any) -> str:
    """A cleaner for the name of a pool."""
    if not isinstance(given, str):
        remedy = "write the name of a pool, and Router(pools=[Pool('west', reps={'ada', 'bob'})])"
        raise Refused(f"is of type {type(given).__name__}; {remedy}")
    return ident(given)


def weekly(given: Any) -> str:
    """A cleaner for weekly hours."""
    if not isinstance(given, str):
        raise Refused(f"is {shown(given)}; write weekly hours such as 'mon-fri 09:00-20:00'")
    try:
        Schedule(given, "UTC")
    except ValidationError as error:
        raise Refused("; ".join(fault.problem for fault in error.faults)) from None
    return given


def share(given: Any) -> float:
    """A cleaner for shares above 0."""
    found: float = number(0, 1)(given)
    if not found:
        raise Refused("is 0; write a share above 0 and at most 1, or leave it out")
    return found


def read_ignored(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """Codes of the lint with the reason why each is silenced."""
    if not isinstance(given, Mapping):
        raise ConfigError(f'is a {type(given).__name__}; write {{"LR004": "reason"}}')
    for code, reason in given.items():
        if not isinstance(code, str) or not isinstance(reason, str) or not reason.strip():
            raise ConfigError(
                f'{code!r:.40} is silenced without a reason; write {{"LR004": "reason"}}'
            )
    return FrozenDict(given)
