"""What a lead is worth, as a value; and conditions on it in three values: true, false, or not known (Kleene 1938)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias

from attrs import frozen

from leadroute.model.duration import Within, format_within
from leadroute.model.lead import Lead
from leadroute.rules.conditions import (
    MIRRORED,
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


@frozen
class LeadScore:
    """The worth of a lead, and how much of it is known.

    Args:
        lead_id: The lead.
        score: From 0 to 1; ``None`` when neither part is known, or the model gave none.
        fit: The explicit part, 0 to 1; ``None`` when nothing that speaks for the lead can be
            judged, and nothing speaks against it.
        engagement: The implicit part, 0 to 1; ``None`` when there was no such signal so far.
        completeness: The share of the points of fit that could be judged, 0 to 1.
        grade: The name of the grade; ``None`` when the score is not known, or below all of them.
        respond_within: The time within which the grade wants the lead contacted; ``None`` for no deadline.
        priority: The priority of the grade; ``None`` when it has none.
        parts: What counted, as name and points: what holds of the lead, then its signals.
        note: What went wrong with the model; empty otherwise.
    """

    lead_id: str
    score: float | None = None
    fit: float | None = None
    engagement: float | None = None
    completeness: float | None = None
    grade: str | None = None
    respond_within: Within | None = None
    priority: int | None = None
    parts: tuple[tuple[str, float], ...] = ()
    note: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The parts that counted, in words; written when read."""
        said = tuple([f"{_signed(points)} {name}" for name, points in self.parts])
        return (*said, self.note) if self.note else said

    @property
    def headline(self) -> str:
        """The score, grade, deadline and share of known facts, in one line.

        Example:
            >>> from datetime import timedelta
            >>> within = timedelta(minutes=5)
            >>> LeadScore("L-1", 0.76, grade="hot", respond_within=within).headline
            '0.76 (hot, respond within 5m)'
        """
        said = "not known" if self.score is None else f"{self.score:.2f}"
        within = self.respond_within
        deadline = "" if within is None else f", respond within {format_within(within)}"
        named = "" if self.grade is None else f" ({self.grade}{deadline})"
        sure = "" if self.completeness is None else f", {self.completeness:.0%} of the facts known"
        return f"{said}{named}{sure}"

    def __str__(self) -> str:
        return "\n  ".join((f"lead {self.lead_id}: {self.headline}", *self.reasons))


def _signed(points: float) -> str:
    return f"{points:+g}" if points == int(points) else f"{points:+.3g}"


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
            return asked.name, partial(COMPARISONS[MIRRORED[condition.op]], value)
        case Membership(operand=Field(custom=False) as asked, negated=False):
            return asked.name, frozenset(condition.values).__contains__
    return None


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
