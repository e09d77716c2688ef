"""Conditions as nested closures: the straightforward evaluator, and the reference for every faster one.

The rules of this module:

* A tree is compiled once; judging a lead calls closures and walks no tree. Nothing is generated or evaluated as code.
* A question about a missing value is answered with false.
* What a host's predicate returns is checked: true or false, and nothing that merely looks like it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol, TypeAlias

from attrs import field, frozen

from leadroute.errors import ConfigError, FactTypeError, UnknownFieldError
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict, aware
from leadroute.rules.condition import And, Comparison, Condition, Constant, Named, Not, Or
from leadroute.rules.fields import Kind
from leadroute.rules.freemail import FREE_MAIL
from leadroute.rules.glob import glob
from leadroute.rules.operand import Const
from leadroute.rules.questions import (
    Check,
    Contains,
    FreeMail,
    Membership,
    Presence,
    SetRelation,
    TextTest,
)
from leadroute.rules.readers import TYPES, described, reader
from leadroute.rules.reading import reads

__all__ = ["PLAIN", "Environment", "Predicate", "Test", "compile_condition", "judge"]

Test: TypeAlias = Callable[[Lead, Rep | None, datetime | None], bool]
"""A compiled condition: lead, rep and instant to true or false."""


class Predicate(Protocol):
    """A predicate of the host's own: called with the lead, the rep if there is one, the instant if there is one."""

    def __call__(
        self, lead: Lead, rep: Rep | None, now: datetime | None, /, *arguments: Any
    ) -> bool:
        """Whether it holds."""


@frozen(eq=False)
class Environment:
    """What conditions need from the host.

    Args:
        predicates: The predicates that ``check(name)`` may ask, by name.
        free_mail: Domains of free mailboxes, for ``is_free_mail``.
    """

    predicates: Mapping[str, Predicate] = field(factory=FrozenDict, converter=FrozenDict)
    free_mail: Container[str] = FREE_MAIL


PLAIN: Final = Environment()
"""No predicates, and the bundled list of free mailboxes."""


def compile_condition(condition: Condition, environment: Environment = PLAIN) -> Test:
    """The condition as a function ``test(lead, rep, now)``.

    Args:
        condition: The condition.
        environment: The host's predicates and free mailboxes.

    Returns:
        A function that judges one lead in time linear in the condition. ``rep`` and ``now`` may be ``None`` when the
        condition does not ask about them.

    Raises:
        UnknownFieldError: A predicate is not registered; the message suggests the nearest.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> test = compile_condition(LEAD.country.in_(["US", "CA"]))
        >>> test(Lead("L-1", country="ca"), None, None)
        True
    """
    return _CONDITIONS[type(condition)](condition, environment)


def judge(
    condition: Condition, lead: Lead, rep: Rep | None = None, now: datetime | None = None
) -> bool:
    """Judge one lead; see ``Condition.test``."""
    test, needs_rep, needs_now = _compiled(condition)
    if needs_rep and rep is None:
        raise ConfigError(f"`{condition}` asks about a rep; give test() a rep")
    if needs_now and now is None:
        raise ConfigError(f"`{condition}` asks about time; give test() now=, an aware datetime")
    return test(lead, rep, None if now is None else aware(now))


@lru_cache(maxsize=4_096)
def _compiled(condition: Condition) -> tuple[Test, bool, bool]:
    asked = reads(condition)
    return compile_condition(condition), bool(asked.rep), asked.now


def _all(condition: And, environment: Environment) -> Test:
    tests = tuple(compile_condition(part, environment) for part in condition.parts)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        for part in tests:
            if not part(lead, rep, now):
                return False
        return True

    return test


def _any(condition: Or, environment: Environment) -> Test:
    tests = tuple(compile_condition(part, environment) for part in condition.parts)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        for part in tests:
            if part(lead, rep, now):
                return True
        return False

    return test


def _not(condition: Not, environment: Environment) -> Test:
    part = compile_condition(condition.part, environment)
    return lambda lead, rep, now: not part(lead, rep, now)


def _constant(condition: Constant, _environment: Environment) -> Test:
    value = condition.value
    return lambda lead, rep, now: value


_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _comparison(condition: Comparison, _environment: Environment) -> Test:
    left, right, compare = condition.left, condition.right, _COMPARE[condition.op]
    if left.kind is Kind.ANY and right.kind is Kind.ANY:
        return _alike(condition)
    kind = right.kind if left.kind is Kind.ANY else left.kind
    read, other = reader(left, kind), reader(right, kind)
    if isinstance(right, Const):
        literal = right.value

        def against(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
            value = read(lead, rep, now)
            return value is not None and bool(compare(value, literal))

        return against

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        a = read(lead, rep, now)
        b = other(lead, rep, now)
        return a is not None and b is not None and bool(compare(a, b))

    return test


def _alike(condition: Comparison) -> Test:
    """A comparison of two attributes, whose kinds are known only when a lead comes."""
    compare, ordered = _COMPARE[condition.op], condition.op not in ("==", "!=")
    read, other = reader(condition.left, Kind.ANY), reader(condition.right, Kind.ANY)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        a, b = read(lead, rep, now), other(lead, rep, now)
        if a is None or b is None:
            return False
        kind = _kind_of(a)
        if kind is not _kind_of(b):
            raise FactTypeError(
                str(condition.right), described(b), f"{kind.expected}, as {condition.left} is"
            )
        if ordered and kind in (Kind.FLAG, Kind.NAMES):
            raise FactTypeError(str(condition.left), kind.expected, "something that has an order")
        return bool(compare(a, b))

    return test


def _kind_of(value: object) -> Kind:
    if isinstance(value, bool):
        return Kind.FLAG
    return next(kind for kind, types in TYPES.items() if isinstance(value, types))


def _membership(condition: Membership, _environment: Environment) -> Test:
    values = condition.values
    kind = Const(values[0]).kind if values else Kind.ANY
    read, among, negated = reader(condition.operand, kind), frozenset(values), condition.negated

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        return value is not None and (value in among) is not negated

    return test


def _contains(condition: Contains, _environment: Environment) -> Test:
    container, negated = condition.container, condition.negated
    read, item = reader(container, container.kind), reader(condition.item, Kind.TEXT)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        whole, part = read(lead, rep, now), item(lead, rep, now)
        if whole is None or part is None:
            return False
        if not isinstance(whole, str | frozenset | Mapping):
            raise FactTypeError(str(container), described(whole), "text or a set of names")
        return (part in whole) is not negated

    return test


def _text_test(condition: TextTest, _environment: Environment) -> Test:
    read, text, op = reader(condition.operand, Kind.TEXT), condition.text, condition.op
    if op == "like":
        like = glob(text)
        found: Callable[[str], bool] = like
    elif op == "startswith":
        found = lambda value: value.startswith(text)  # noqa: E731 - one of three, side by side
    else:
        found = lambda value: value.endswith(text)  # noqa: E731 - one of three, side by side

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        return value is not None and found(value)

    return test


def _presence(condition: Presence, _environment: Environment) -> Test:
    read, present = reader(condition.operand, Kind.ANY), condition.present

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        empty = value is None or (isinstance(value, str | frozenset | Mapping) and not value)
        return empty is not present

    return test


def _set_relation(condition: SetRelation, _environment: Environment) -> Test:
    left, right = reader(condition.left, Kind.NAMES), reader(condition.right, Kind.NAMES)
    covering = condition.relation == "covers"

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        a, b = left(lead, rep, now), right(lead, rep, now)
        if a is None or b is None:
            return False
        return bool(a >= b) if covering else not a.isdisjoint(b)

    return test


def _free_mail(condition: FreeMail, environment: Environment) -> Test:
    read, free = reader(condition.operand, Kind.TEXT), environment.free_mail

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        return value is not None and value.rpartition("@")[2].lower() in free

    return test


def _check(condition: Check, environment: Environment) -> Test:
    predicate = environment.predicates.get(condition.name)
    if predicate is None:
        raise UnknownFieldError("predicate", condition.name, sorted(environment.predicates))
    arguments = condition.arguments

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        answer = predicate(lead, rep, now, *arguments)
        if not isinstance(answer, bool):
            raise FactTypeError(f"the answer of {condition}", described(answer), "True or False")
        return answer

    return test


_CONDITIONS: Final[Mapping[type, Callable[[Any, Environment], Test]]] = {
    And: _all,
    Or: _any,
    Not: _not,
    Constant: _constant,
    Named: lambda condition, environment: compile_condition(condition.condition, environment),
    Comparison: _comparison,
    Membership: _membership,
    Contains: _contains,
    TextTest: _text_test,
    Presence: _presence,
    SetRelation: _set_relation,
    FreeMail: _free_mail,
    Check: _check,
}
