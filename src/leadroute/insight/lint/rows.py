"""Conditions as rows: for each thing that is looked at, the set of values with which the condition holds.

The rules of this module:

* A condition is the union of its rows, and a row is a box: every key has its set of values, and all must hold.
* What is no simple constraint (a comparison of two fields, a predicate of the host) is a key of its own, true or false.
  Equal questions are equal keys, and different ones count as independent: we prove less, and nothing false.
* A condition with more than ``MOST_ROWS`` rows counts as one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, TypeAlias

from leadroute.insight.lint.values import ANYTHING, MISSING, Values, among, beginning, related
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Membership,
    Named,
    Not,
    Or,
    Presence,
    TextTest,
)
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, SignalStat

__all__ = ["MOST_ROWS", "Key", "Row", "both", "rows", "universe", "without"]

MOST_ROWS = 64

Key: TypeAlias = tuple[Operand | Condition, Kind]
"""What is looked at, and as what kind."""

Row: TypeAlias = Mapping[Key, Values]
"""A box: the values of each key with which it holds. A key that is not there may have any value."""

_FLAGS = among([False, True])
_AT_LEAST_0 = related(">=", 0)
_LEVEL = related(">=", 0) & related("<=", 1)
_BOUNDS: Mapping[tuple[str, str], Values] = {
    ("lead", "id"): Values(ANYTHING.stretches),
    ("lead", "employees"): Values(_AT_LEAST_0.stretches, missing=True),
    ("lead", "budget"): Values(_AT_LEAST_0.stretches, missing=True),
    ("lead", "score"): Values(_LEVEL.stretches, missing=True),
    ("lead", "completeness"): Values(_LEVEL.stretches, missing=True),
    ("rep", "id"): Values(ANYTHING.stretches),
    ("rep", "level"): Values(_AT_LEAST_0.stretches, missing=True),
    ("rep", "capacity"): Values(_AT_LEAST_0.stretches, missing=True),
    ("rep", "weight"): _AT_LEAST_0,
    ("rep", "active"): _FLAGS,
}
_KNOWN_KINDS = (Kind.TEXT, Kind.NUMBER, Kind.INSTANT, Kind.FLAG)


def universe(key: Key) -> Values:
    """Every value that a key can have at all."""
    asked, kind = key
    if isinstance(asked, Condition):
        return _FLAGS
    if isinstance(asked, Field) and not asked.custom:
        return _BOUNDS.get((asked.entity, asked.name), ANYTHING)
    if isinstance(asked, SignalStat) and asked.stat != "last":
        return _AT_LEAST_0
    if isinstance(asked, Entry):
        return Values(_LEVEL.stretches, missing=True)
    return Values(_FLAGS.stretches, missing=True) if kind is Kind.FLAG else ANYTHING


class _TooMany(Exception):
    """A condition has more rows than are worth looking at."""


def rows(*conditions: Condition | None) -> tuple[Row, ...]:
    """The rows of all the conditions together; none when they can never hold at once.

    Args:
        conditions: Conditions that shall all hold; ``None`` always does.

    Example:
        >>> from leadroute import LEAD
        >>> len(rows(LEAD.country.in_(["US", "CA"]) | (LEAD.budget > 5)))
        2
        >>> rows((LEAD.budget > 5) & (LEAD.budget < 3))
        ()
    """
    parts = [_rows_of(condition) for condition in conditions if condition is not None]
    try:
        return tuple(_product(parts))
    except _TooMany:
        return tuple(
            _product([_one(condition) for condition in conditions if condition is not None])
        )


def _rows_of(condition: Condition) -> list[Row]:
    try:
        return _branch(condition, holds=True)
    except _TooMany:
        return _one(condition)


def _one(condition: Condition) -> list[Row]:
    """The condition as one question."""
    return [{(condition, Kind.FLAG): among([True])}]


def _branch(condition: Condition, *, holds: bool) -> list[Row]:
    if isinstance(condition, Named):
        return _branch(condition.condition, holds=holds)
    if isinstance(condition, Not):
        return _branch(condition.part, holds=not holds)
    if isinstance(condition, Constant):
        return [{}] if condition.value is holds else []
    if isinstance(condition, And | Or):
        parts = [_branch(part, holds=holds) for part in condition.parts]
        joined = isinstance(condition, And) is holds
        return _product(parts) if joined else _union(parts)
    key, values = _asked(condition)
    every = universe(key)
    values = (values if holds else ~values) & every
    if values == every:
        return [{}]
    return [{key: values}] if values else []


def _union(parts: Iterable[list[Row]]) -> list[Row]:
    return _few(row for part in parts for row in part)


def _product(parts: Iterable[list[Row]]) -> list[Row]:
    found: list[Row] = [{}]
    for part in parts:
        joined = (both(one, other) for one, other in product(found, part))
        found = _few(row for row in joined if row is not None)
    return found


def _few(given: Iterator[Row]) -> list[Row]:
    found: list[Row] = []
    for row in given:
        if len(found) == MOST_ROWS:
            raise _TooMany
        if row not in found:
            found.append(row)
    return found


def both(one: Row, other: Row) -> Row | None:
    """What two rows have in common; ``None`` when that is nothing. O(keys)."""
    found = dict(one)
    for key, values in other.items():
        common = found[key] & values if key in found else values
        if not common:
            return None
        found[key] = common
    return found


def without(row: Row, other: Row) -> list[Row]:
    """What is in one row and not in the other, in rows that have nothing in common.

    Empty when the other covers all of it; the row itself when they have nothing in common. O(keys).
    """
    found: list[Row] = []
    inside = dict(row)
    for key, values in other.items():
        mine = inside[key] if key in inside else universe(key)
        common = mine & values
        if not common:
            return [row]
        if beyond := mine & ~values:
            found.append({**inside, key: beyond})
        inside[key] = common
    return found


def _asked(condition: Condition) -> tuple[Key, Values]:
    read = _SIMPLE.get(type(condition))
    found = None if read is None else read(condition)
    return found or ((condition, Kind.FLAG), among([True]))


def _comparison(condition: Comparison) -> tuple[Key, Values] | None:
    if not isinstance(condition.right, Const):
        return None
    key = (condition.left, condition.right.kind)
    return key, related(condition.op, condition.right.value)


def _membership(condition: Membership) -> tuple[Key, Values]:
    listed = condition.values
    kind = Const(listed[0]).kind if listed else condition.operand.kind
    values = among(listed)
    if condition.negated:
        values = Values((~values).stretches)
    return (condition.operand, kind), values


def _presence(condition: Presence) -> tuple[Key, Values] | None:
    asked = condition.operand
    plain = isinstance(asked, SignalStat) or (isinstance(asked, Field) and not asked.custom)
    if not plain or asked.kind not in _KNOWN_KINDS:
        return None
    return (asked, asked.kind), ~MISSING if condition.present else MISSING


def _text(condition: TextTest) -> tuple[Key, Values] | None:
    if condition.op != "startswith":
        return None
    return (condition.operand, Kind.TEXT), beginning(condition.text)


_SIMPLE: Mapping[type, Callable[[Any], tuple[Key, Values] | None]] = {
    Comparison: _comparison,
    Membership: _membership,
    Presence: _presence,
    TextTest: _text,
}
