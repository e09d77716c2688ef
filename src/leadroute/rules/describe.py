"""Conditions in plain words, for people who do not read code: reasons, reports, diagrams.

Words of the rep say so. Words of the lead do where they meet words of the rep; elsewhere they do
not, because most conditions are about the lead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from leadroute.model.duration import format_duration
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Contains,
    FreeMail,
    Membership,
    Named,
    Not,
    Or,
    PredicateCall,
    Presence,
    SetRelation,
    TextTest,
    reads,
)
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.operand import (
    Age,
    Arithmetic,
    Const,
    DomainOf,
    Entry,
    Field,
    Now,
    Operand,
    SignalStat,
)


def describe(condition: Condition) -> str:
    """The condition in plain words. O(nodes).

    Example:
        >>> from leadroute.rules.builders import LEAD, REP
        >>> describe((LEAD.annual_revenue >= 1_000_000) & LEAD.country.in_(["US", "CA"]))
        'annual revenue is at least 1,000,000 and country is US or CA'
        >>> describe(LEAD.language.in_(REP.languages))
        "the rep's languages include the lead's language"
    """
    return _CONDITIONS[type(condition)](condition)


def _listed(values: Iterable[str], last: str = "or") -> str:
    *most, final = values
    return f"{', '.join(most)} {last} {final}" if most else final


_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def duration_in_words(duration: timedelta) -> str:
    """A duration as people say it."""
    if not duration or duration % timedelta(seconds=1):
        return format_duration(duration)
    left, parts = int(duration.total_seconds()), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' * (count != 1)}")
    return " ".join(parts)


def value_in_words(value: Any) -> str:
    """Return a value in plain words, such as ``1,000``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, timedelta):
        minus = "minus " if value < timedelta(0) else ""
        return f"{minus}{duration_in_words(abs(value))}"
    if isinstance(value, tuple):
        return _listed(value, "and") if value else "nothing"
    return str(value)


def _field(operand: Field, whose: str) -> str:
    label = operand.name if operand.custom else FIELDS[operand.entity][operand.name].label
    return f"{whose}{label}" if operand.entity == "lead" else f"the rep's {label}"


def _arithmetic(operand: Arithmetic, whose: str) -> str:
    word = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}[operand.op]
    sides = [
        f"({operand_in_words(side, whose)})"
        if isinstance(side, Arithmetic)
        else operand_in_words(side, whose)
        for side in (operand.left, operand.right)
    ]
    return f" {word} ".join(sides)


_OPERANDS: Final[Mapping[type, Callable[[Any, str], str]]] = {
    Field: _field,
    Entry: lambda operand, _whose: f"the rep's level in {operand.key}",
    SignalStat: lambda operand, _whose: {
        "total": f"the total of {operand.signal} signals",
        "count": f"the number of {operand.signal} signals",
        "last": f"the last {operand.signal} signal",
    }[operand.stat],
    Now: lambda _operand, _whose: "now",
    Age: lambda operand, whose: f"the age of {operand_in_words(operand.of, whose)}",
    DomainOf: lambda operand, whose: f"the domain of {operand_in_words(operand.of, whose)}",
    Const: lambda operand, _whose: value_in_words(operand.value),
    Arithmetic: _arithmetic,
}


def operand_in_words(operand: Operand, whose: str = "") -> str:
    """Return one side of a question in plain words, such as ``the last demo signal``."""
    return _OPERANDS[type(operand)](operand, whose)


def _sides(condition: Condition, left: Operand, right: Operand) -> tuple[str, str]:
    """Both sides of a question; what is the lead's says so where the rep is meant as well."""
    whose = "the lead's " if reads(condition).rep else ""
    return operand_in_words(left, whose), operand_in_words(right, whose)


_RELATIONS: Final = {
    "==": "is",
    "!=": "is known and is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_TIMES: Final = {
    **_RELATIONS,
    "<": "is before",
    "<=": "is at or before",
    ">": "is after",
    ">=": "is at or after",
}


def _comparison(condition: Comparison) -> str:
    timed = Kind.INSTANT in (condition.left.kind, condition.right.kind)
    relation = (_TIMES if timed else _RELATIONS)[condition.op]
    left, right = _sides(condition, condition.left, condition.right)
    return f"{left} {relation} {right}"


def _membership(condition: Membership) -> str:
    relation = "is known and is not" if condition.negated else "is"
    listed = (
        _listed(map(value_in_words, condition.values)) if condition.values else "one of nothing"
    )
    return f"{operand_in_words(condition.operand)} {relation} {listed}"


def _contains(condition: Contains) -> str:
    plural = condition.container.kind in (Kind.NAMES, Kind.LEVELS)
    verb = (
        ("include" if plural else "contains")
        if not condition.negated
        else ("are known and do not include" if plural else "is known and does not contain")
    )
    container, item = _sides(condition, condition.container, condition.item)
    return f"{container} {verb} {item}"


_TEXTS: Final = {"startswith": "starts with", "endswith": "ends with", "like": "is like"}
_JOINTS: Final[Mapping[type, str]] = {And: " and ", Or: " or "}


def _joined(condition: And | Or) -> str:
    parts = [
        f"({describe(part)})" if isinstance(part, And | Or) else describe(part)
        for part in condition.parts
    ]
    return _JOINTS[type(condition)].join(parts)


def _relation(condition: SetRelation) -> str:
    left, right = _sides(condition, condition.left, condition.right)
    if condition.relation == "overlaps":
        return f"{left} and {right} have something in common"
    return f"{left} include all of {right}"


def _predicate(condition: PredicateCall) -> str:
    with_ = (
        f" with {_listed(map(value_in_words, condition.arguments), 'and')}"
        if condition.arguments
        else ""
    )
    return f"the predicate {condition.name!r} holds{with_}"


_CONDITIONS: Final[Mapping[type, Callable[[Any], str]]] = {
    And: _joined,
    Or: _joined,
    Not: lambda condition: f"it is not so that ({describe(condition.part)})",
    Constant: lambda condition: "always" if condition.value else "never",
    Named: lambda condition: condition.name,
    Comparison: _comparison,
    Membership: _membership,
    Contains: _contains,
    TextTest: lambda condition: (
        f"{operand_in_words(condition.operand)} {_TEXTS[condition.op]} {condition.text!r}"
    ),
    Presence: lambda condition: (
        f"{operand_in_words(condition.operand)} is {'known' if condition.present else 'missing'}"
    ),
    SetRelation: _relation,
    FreeMail: lambda condition: (
        f"{operand_in_words(condition.operand)} is with a provider of free mailboxes"
    ),
    PredicateCall: _predicate,
}
