"""The parts of a condition that are false, and the values that made them so, in words.

* Of an ``and`` the false parts alone are told, of an ``or`` all of it. A value that is missing is said to be missing.
* A fact of the lead that may be personal is withheld. What a rep has is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import one_line
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Contains,
    Membership,
    Named,
    Not,
    SetRelation,
    walk,
)
from leadroute.rules.describe import describe, listed, operand_in_words, value_in_words
from leadroute.rules.evaluation import Registry, Test, compile_condition, reader
from leadroute.rules.fields import HARMLESS, Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, SignalStat

Fact: TypeAlias = tuple[str, str]
"""What people call a field, and its value behind ``is`` or ``are``."""

_Words: TypeAlias = Callable[[Lead, Rep | None, datetime | None], str]


@lru_cache(maxsize=4_096)
def _leaves(condition: Condition, registry: Registry) -> tuple[tuple[Condition, Test], ...]:
    """The parts of a condition that it needs all of, with their tests; itself when it has no parts."""
    if isinstance(condition, Named):
        return _leaves(condition.condition, registry)
    if isinstance(condition, And):
        return tuple(leaf for part in condition.parts for leaf in _leaves(part, registry))
    return ((condition, compile_condition(condition, registry)),)


def false_parts(
    condition: Condition, registry: Registry, lead: Lead, rep: Rep | None, now: datetime | None
) -> Iterator[Condition]:
    """Yield the parts of a false condition that are false themselves; itself when it has no parts."""
    for part, test in _leaves(condition, registry):
        if _is_false(test, lead, rep, now):
            yield part


def _is_false(test: Test, lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
    try:
        return not test(lead, rep, now)
    except Exception:  # noqa: BLE001 - it was not asked, because another was false before it, and a predicate may rely on that
        return False


def facts_of(
    condition: Condition, lead: Lead, rep: Rep | None, now: datetime | None, whose: str = ""
) -> tuple[Fact, ...]:
    """What lead and rep have in the fields that a condition reads."""
    nodes = [node for node in walk(condition) if isinstance(node, Field | SignalStat | Entry)]
    inside = {node.of for node in nodes if isinstance(node, Entry)}
    asked = dict.fromkeys(node for node in nodes if node not in inside)
    return tuple(_fact(node, lead, rep, now, whose) for node in asked)


def _fact(
    asked: Operand, lead: Lead, rep: Rep | None, now: datetime | None, whose: str = ""
) -> Fact:
    name = operand_in_words(asked, whose).removeprefix("the rep's ")
    return name, " ".join(_value(asked, lead, rep, now))


def _value(asked: Operand, lead: Lead, rep: Rep | None, now: datetime | None) -> tuple[str, str]:
    value = reader(asked, Kind.ANY)(lead, rep, now)
    several = isinstance(value, frozenset | Mapping)
    verb = "are" if several else "is"
    if value is None or (several and not value):
        return verb, "not known"
    if isinstance(asked, Field) and asked.entity == "lead":
        text = several or isinstance(value, str)
        if text if asked.custom else asked.name not in HARMLESS:
            return verb, "withheld"
    return verb, value_in_words(value)


@lru_cache(maxsize=1_024)
def unmet(condition: Condition, registry: Registry) -> _Words:
    """Return the function that says why a rep does not meet a requirement, for a sales manager."""
    parts = [(test, _words(part, registry)) for part, test in _leaves(condition, registry)]

    def say(lead: Lead, rep: Rep | None, now: datetime | None) -> str:
        found = [words(lead, rep, now) for test, words in parts if _is_false(test, lead, rep, now)]
        return one_line("; and ".join(found))

    return say


def _words(part: Condition, registry: Registry) -> _Words:
    """The function that says why one part is false."""
    if isinstance(part, Constant):
        return lambda _lead, _rep, _now: "the rule takes no rep at all"
    short = _short(part)
    return _generic(part, registry) if short is None else partial(_briefly, *short)


def _generic(part: Condition, registry: Registry) -> _Words:
    rule = f"the rule requires that {describe(part, registry.predicates)}"

    def words(lead: Lead, rep: Rep | None, now: datetime | None) -> str:
        facts = [" ".join(fact) for fact in facts_of(part, lead, rep, now, "the lead's ")]
        return f"{listed(facts, 'and')}; {rule}" if facts else rule

    return words


def _briefly(
    asked: Operand, form: str, other: Operand | str, lead: Lead, rep: Rep | None, now: Any
) -> str:
    if not isinstance(other, str | Const):
        name = operand_in_words(other, "the lead's ")
        other = f"{name} ({_value(other, lead, rep, now)[1]})"
    wanted = form.format(value_in_words(other.value) if isinstance(other, Const) else other)
    return f"{' '.join(_fact(asked, lead, rep, now))}; the rule asks for {wanted}"


_Short: TypeAlias = tuple[Operand, str, Operand | str]
"""What is asked of the rep, the form of what the rule asks for, and what stands in that form."""


def _short(part: Condition, *, negated: bool = False) -> _Short | None:
    """Take a question about one field of the rep apart; ``None`` for any other."""
    found: _Short | None = None
    match part:
        case Not(part=inner):
            return _short(inner, negated=True)
        case Comparison(left=asked, op=op, right=other):
            op = _NEGATIVE[op] if negated else op
            if not _of_rep(asked):
                asked, op, other = other, _MIRROR.get(op, op), asked
            timed = Kind.INSTANT in (asked.kind, other.kind)
            found = asked, (_TIMES if timed else _BOUNDS)[op], other
        case Membership(operand=asked, values=(_, *_) as values):
            form = "anything but {}" if part.negated is not negated else "{}"
            found = asked, form, listed(map(value_in_words, values))
        case Contains(container=asked, item=other):
            found = asked, "anybody without {}" if part.negated is not negated else "{}", other
        case SetRelation(relation="covers", left=asked, right=other) if not negated:
            found = asked, "all of {}", other
    return found if found is not None and _of_rep(found[0]) and _beside(found[2]) else None


def _of_rep(asked: Operand) -> bool:
    return isinstance(asked, Entry) or (isinstance(asked, Field) and asked.entity == "rep")


def _beside(other: Operand | str) -> bool:
    """Whether this can stand in a short form: words, a literal, or a fact of the lead."""
    return isinstance(other, str | Const | SignalStat) or (
        isinstance(other, Field) and other.entity == "lead"
    )


_BOUNDS: Final = {
    "==": "{}",
    "!=": "anything but {}",
    "<": "less than {}",
    "<=": "{} or less",
    ">": "more than {}",
    ">=": "{} or more",
}
_TIMES: Final = {
    **_BOUNDS,
    "<": "a time before {}",
    "<=": "{} or earlier",
    ">": "a time after {}",
    ">=": "{} or later",
}
_NEGATIVE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
