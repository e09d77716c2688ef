"""Conditions in three values: true, false, or not known of this lead (Kleene 1938)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Membership,
    Named,
    Not,
    Or,
    Presence,
    reads,
)
from leadroute.rules.evaluation import COMPARISONS, Registry, compile_condition
from leadroute.rules.operand import Const, Field

Verdict: TypeAlias = Callable[[Lead, datetime | None], bool | None]
"""A compiled condition on the lead: from lead and instant to true, false, or ``None``."""


def compile_verdict(condition: Condition, registry: Registry) -> Verdict:
    """Compile a condition on the lead so that it tells false from not known.

    One half of an ``or`` that holds is enough, as is one half of an ``and`` that does not.
    """
    match condition:
        case Named():
            return compile_verdict(condition.condition, registry)
        case Not():
            return _not(compile_verdict(condition.part, registry))
        case And() | Or():
            parts = tuple(compile_verdict(part, registry) for part in condition.parts)
            return _joined(parts, decisive=isinstance(condition, Or))
    plain = plain_question(condition)
    if plain is not None:
        return _answered(attrgetter(plain[0]), plain[1])
    test, asked_of = compile_condition(condition, registry), reads(condition).lead
    if isinstance(condition, Presence) or not asked_of:
        return lambda lead, now: test(lead, None, now)
    return _where_known(tuple(map(_reader, asked_of)), test)


def _not(part: Verdict) -> Verdict:
    def judge(lead: Lead, now: datetime | None) -> bool | None:
        found = part(lead, now)
        return None if found is None else not found

    return judge


def _joined(parts: tuple[Verdict, ...], *, decisive: bool) -> Verdict:
    def judge(lead: Lead, now: datetime | None) -> bool | None:
        unknown = False
        for part in parts:
            found = part(lead, now)
            if found is decisive:
                return decisive
            unknown = unknown or found is None
        return None if unknown else not decisive

    return judge


def plain_question(condition: Condition) -> tuple[str, Callable[[Any], bool]] | None:
    """Take a condition on one standard field apart: the field, and what to ask of a known value.

    The question is a function of C, so that a caller with many conditions asks them in a loop of
    its own without a call of Python for each.
    """
    match condition:
        case Comparison(left=Field(custom=False) as asked, right=Const(value=value)):
            return asked.name, partial(COMPARISONS[_TURNED[condition.op]], value)
        case Membership(operand=Field(custom=False) as asked, negated=False):
            return asked.name, frozenset(condition.values).__contains__
    return None


_TURNED: Final[Mapping[str, str]] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
"""What to ask with the literal on the left."""


def _answered(get: Callable[[Any], Any], test: Callable[[Any], bool]) -> Verdict:
    def judge(lead: Lead, _now: datetime | None) -> bool | None:
        value = get(lead)
        return None if value is None else test(value)

    return judge


def _reader(asked: Field) -> Callable[[Lead], Any]:
    name = asked.name
    if asked.custom:
        return lambda lead: lead.attributes.get(name)
    return attrgetter(name)


def _where_known(
    readers: tuple[Callable[[Lead], Any], ...], test: Callable[[Lead, None, datetime | None], bool]
) -> Verdict:
    def judge(lead: Lead, now: datetime | None) -> bool | None:
        for read in readers:
            if read(lead) is None:
                return None
        return test(lead, None, now)

    return judge
