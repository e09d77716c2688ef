"""Conditions in plain words, for people who do not read code: reasons, reports, diagrams.

* Words of the rep say so. Words of the lead do where they meet words of the rep; elsewhere they do not, because most
  conditions are about the lead. A predicate of yours says what the first line of its docstring says.
* What is false is told with the values that made it so: of an ``and`` the false parts alone, of an ``or`` all of it. A
  value that is missing is said to be missing.
* A fact of the lead that may be personal is withheld. What a rep has is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime, timedelta
from functools import lru_cache, partial
from inspect import isroutine
from typing import Any, Final, TypeAlias

from leadroute.model.duration import format_duration
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import one_line
from leadroute.rules.conditions import (
    MIRRORED,
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
    walk,
)
from leadroute.rules.evaluation import Registry, Test, compile_condition, reader
from leadroute.rules.fields import FIELDS, HARMLESS, Kind
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

_Predicates = Mapping[str, Callable[..., Any]]
_NO_PREDICATES: Final[_Predicates] = {}


def describe(condition: Condition, predicates: _Predicates = _NO_PREDICATES) -> str:
    """The condition in plain words. O(nodes).

    Args:
        condition: The condition.
        predicates: The predicates of the policy, whose docstrings are their words.

    Example:
        >>> from leadroute.rules.builders import LEAD, REP
        >>> describe((LEAD.annual_revenue >= 1_000_000) & LEAD.country.in_(["US", "CA"]))
        'annual revenue is at least 1,000,000 and country is US or CA'
        >>> describe(LEAD.language.in_(REP.languages))
        "the rep's languages include the lead's language"
    """
    return _CONDITIONS[type(condition)](condition, predicates)


def bracketed(condition: Condition, predicates: _Predicates = _NO_PREDICATES) -> str:
    """The condition in plain words, in brackets where a "not" before it could be misread."""
    words = describe(condition, predicates)
    return f"({words})" if isinstance(condition, And | Or) else words


def denied(condition: Condition, predicates: _Predicates = _NO_PREDICATES) -> str:
    """That the condition does not hold, in plain words.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> denied(LEAD.budget > 0), denied(LEAD.email.is_present())
        ('not true that budget is more than 0', 'e-mail is missing')
    """
    if isinstance(condition, Presence):
        return describe(~condition, predicates)
    return f"not true that {bracketed(condition, predicates)}"


def docline(function: Callable[..., Any]) -> str:
    """The first line of a function's docstring without its full stop; empty without one."""
    text = (function.__doc__ or "").strip() if isroutine(function) else ""
    return text.partition("\n")[0].rstrip(". ")


def plural(count: float, noun: str, form: str = ",") -> str:
    """A number with its noun, in the plural unless it is one."""
    number = format(count, form)
    return f"{number} {noun}{'s' * (number != '1')}"


def listed(values: Iterable[str], last: str = "or") -> str:
    """Texts in one line, such as ``US, CA or MX``."""
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
            parts.append(plural(count, unit))
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
        return listed(value, "and") if value else "nothing"
    if isinstance(value, Set | Mapping):
        found = sorted(value)
        more = [f"{len(found) - _MOST} more"] if len(found) > _MOST + 1 else []
        return listed([*found[:_MOST], *more] if more else found, "and")
    return str(value)


_MOST: Final = 6
"""How many names of a set are told, the others are counted."""


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


def _comparison(condition: Comparison, _predicates: _Predicates) -> str:
    timed = Kind.INSTANT in (condition.left.kind, condition.right.kind)
    relation = (_TIMES if timed else _RELATIONS)[condition.op]
    left, right = _sides(condition, condition.left, condition.right)
    return f"{left} {relation} {right}"


def _membership(condition: Membership, _predicates: _Predicates) -> str:
    relation = "is known and is not" if condition.negated else "is"
    values = [*map(value_in_words, condition.values)] or ["one of nothing"]
    return f"{operand_in_words(condition.operand)} {relation} {listed(values)}"


def _contains(condition: Contains, _predicates: _Predicates) -> str:
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


def _joined(condition: And | Or, predicates: _Predicates) -> str:
    parts = [bracketed(part, predicates) for part in condition.parts]
    return _JOINTS[type(condition)].join(parts)


def _relation(condition: SetRelation, _predicates: _Predicates) -> str:
    left, right = _sides(condition, condition.left, condition.right)
    if condition.relation == "overlaps":
        return f"{left} and {right} have something in common"
    return f"{left} include all of {right}"


def _predicate(condition: PredicateCall, predicates: _Predicates) -> str:
    with_ = (
        f" with {listed(map(value_in_words, condition.arguments), 'and')}"
        if condition.arguments
        else ""
    )
    said = docline(predicates[condition.name]) if condition.name in predicates else ""
    if not said:
        return f"the predicate {condition.name!r} holds{with_}"
    first = said[0] if said[1:2].isupper() else said[0].lower()
    return f"{first}{said[1:]}{with_}"


_CONDITIONS: Final[Mapping[type, Callable[[Any, _Predicates], str]]] = {
    And: _joined,
    Or: _joined,
    Not: lambda condition, predicates: (
        f"it is not so that ({describe(condition.part, predicates)})"
    ),
    Constant: lambda condition, _: "always" if condition.value else "never",
    Named: lambda condition, _: condition.name,
    Comparison: _comparison,
    Membership: _membership,
    Contains: _contains,
    TextTest: lambda condition, _: (
        f"{operand_in_words(condition.operand)} {_TEXTS[condition.op]} {condition.text!r}"
    ),
    Presence: lambda condition, _: (
        f"{operand_in_words(condition.operand)} is {'known' if condition.present else 'missing'}"
    ),
    SetRelation: _relation,
    FreeMail: lambda condition, _: (
        f"{operand_in_words(condition.operand)} is with a provider of free mailboxes"
    ),
    PredicateCall: _predicate,
}


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
                asked, op, other = other, MIRRORED[op], asked
            timed = Kind.INSTANT in (asked.kind, other.kind)
            found = asked, (_TIME_BOUNDS if timed else _BOUNDS)[op], other
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
_TIME_BOUNDS: Final = {
    **_BOUNDS,
    "<": "a time before {}",
    "<=": "{} or earlier",
    ">": "a time after {}",
    ">=": "{} or later",
}
_NEGATIVE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
