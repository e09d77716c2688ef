"""Reading operands: closures from lead, rep and instant to a value.

The rules of this module:

* A reader returns the value of an operand, or ``None`` when it is missing.
* Values of standard fields were checked by the model; only attributes are checked here, against what the condition
  needs.
* Messages never repeat a text out of an attribute, because it may be personal.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from leadroute.errors import FactTypeError
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.rules.fields import Kind
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
    calculate,
)

__all__ = ["TYPES", "Read", "described", "reader"]

Read: TypeAlias = Callable[[Lead, Rep | None, datetime | None], Any]
"""From lead, rep and instant to the value of an operand, or ``None``."""

TYPES: Final[Mapping[Kind, Any]] = {
    Kind.TEXT: str,
    Kind.NUMBER: (int, float),
    Kind.INSTANT: datetime,
    Kind.FLAG: bool,
    Kind.NAMES: frozenset,
}


def reader(operand: Operand, kind: Kind) -> Read:
    """The function that reads the operand; an attribute is checked to be of ``kind``."""
    read: Read = _OPERANDS[type(operand)](operand)
    if not (isinstance(operand, Field) and operand.custom) or kind is Kind.ANY:
        return read
    types, flag = TYPES.get(kind, ()), kind is Kind.FLAG

    def checked(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        value = read(lead, rep, now)
        if value is None or (isinstance(value, types) and isinstance(value, bool) is flag):
            return value
        raise FactTypeError(str(operand), described(value), kind.expected)

    return checked


def described(value: object) -> str:
    """A value in a message: its type, and itself unless it may be personal.

    Example:
        >>> described("Jo Doe"), described(3)
        ('a text of 6 characters', 'the number 3')
    """
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, bool | datetime):
        return str(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a set of names" if isinstance(value, frozenset) else f"of type {type(value).__name__}"


def _field(operand: Field) -> Read:
    name = operand.name
    if operand.custom:
        if operand.entity == "lead":
            return lambda lead, rep, now: lead.attributes.get(name)
        return lambda lead, rep, now: rep.attributes.get(name)  # type: ignore[union-attr]
    get = operator.attrgetter(name)
    if operand.entity == "lead":
        return lambda lead, rep, now: get(lead)
    return lambda lead, rep, now: get(rep)


def _entry(operand: Entry) -> Read:
    read, key = _field(operand.of), operand.key
    return lambda lead, rep, now: read(lead, rep, now).get(key)


def _signal(operand: SignalStat) -> Read:
    kind = operand.signal

    def total(lead: Lead, _rep: Rep | None, _now: datetime | None) -> Any:
        return sum(signal.value for signal in lead.signals if signal.kind == kind)

    def count(lead: Lead, _rep: Rep | None, _now: datetime | None) -> Any:
        return sum(1 for signal in lead.signals if signal.kind == kind)

    def last(lead: Lead, _rep: Rep | None, _now: datetime | None) -> Any:
        return max((signal.at for signal in lead.signals if signal.kind == kind), default=None)

    return {"total": total, "count": count, "last": last}[operand.stat]


def _age(operand: Age) -> Read:
    read = reader(operand.of, Kind.INSTANT)

    def passed(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        since = read(lead, rep, now)
        return None if since is None else now - since

    return passed


def _domain_of(operand: DomainOf) -> Read:
    read = reader(operand.of, Kind.TEXT)

    def domain(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        address = read(lead, rep, now)
        return None if address is None else address.rpartition("@")[2].lower() or None

    return domain


def _const(operand: Const) -> Read:
    value = frozenset(operand.value) if isinstance(operand.value, tuple) else operand.value
    return lambda lead, rep, now: value


def _arithmetic(operand: Arithmetic) -> Read:
    op = operand.op
    left, right = map(reader, (operand.left, operand.right), operand.kinds)

    def outcome(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        a = left(lead, rep, now)
        b = right(lead, rep, now)
        return None if a is None or b is None else calculate(op, a, b)

    return outcome


_OPERANDS: Final[Mapping[type, Callable[[Any], Read]]] = {
    Field: _field,
    Entry: _entry,
    SignalStat: _signal,
    Now: lambda _operand: lambda lead, rep, now: now,
    Age: _age,
    DomainOf: _domain_of,
    Const: _const,
    Arithmetic: _arithmetic,
}
