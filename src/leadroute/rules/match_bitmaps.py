"""Bitmaps over rules by the values of a field.

* A look never raises. An attribute of another kind than the plane's is as good as missing there;
  whether it makes a rule raise is watched apart.
* Row ``r`` of ``n`` is bit ``n - 1 - r``: the first row alive is the highest bit.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, Final, NamedTuple, TypeAlias

from attrs import frozen

from leadroute.model.lead import Lead
from leadroute.rules.conditions import And, Comparison, Condition, Membership, TextTest, joined
from leadroute.rules.evaluation import TYPES, reader
from leadroute.rules.fields import Kind
from leadroute.rules.match_constraints import (
    Demand,
    Key,
    Span,
    field_key,
    field_span,
    outline,
    span_of,
)
from leadroute.rules.operand import Const, DomainOf, Field

Look: TypeAlias = Callable[[Lead], Any]  # from a lead to its value in one plane

_KINDS: Final[Mapping[type, Kind]] = {
    str: Kind.TEXT,
    bool: Kind.FLAG,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    datetime: Kind.INSTANT,
    frozenset: Kind.NAMES,
}


def kind_of(value: object) -> Kind:
    """The kind of an attribute's value."""
    found = _KINDS.get(type(value))
    return found or next(kind for kind, types in TYPES.items() if isinstance(value, types))


def look(key: Key) -> Look:
    """How a lead is read for the plane of a key."""
    name = key.name
    if key.form == "field":
        return operator.attrgetter(name)
    if key.form == "domain":
        read = reader(DomainOf(Field("lead", name)), Kind.TEXT)
        return lambda lead: read(lead, None, None)
    if key.form == "known":
        return lambda lead: lead.attributes.get(name) not in _EMPTY
    kind = Kind(key.form)

    def attribute(lead: Lead) -> Any:
        value = lead.attributes.get(name)
        return value if value is not None and kind_of(value) is kind else None

    return attribute


_EMPTY: Final[tuple[object, ...]] = (None, "", frozenset())


def bits(rows: Iterable[int], size: int) -> int:
    """The integer that has the bits of these rows of ``size``. O(rows + size)."""
    if not rows:
        return 0
    found = bytearray(size // 8 + 1)
    for row in rows:
        found[row >> 3] |= 128 >> (row & 7)
    return int.from_bytes(found, "big") >> (8 - size % 8)


def splice(mask: int, low: int, width: int, new: int, new_width: int) -> int:
    """``mask`` with ``width`` bits from ``low`` up replaced by ``new_width`` bits of ``new``."""
    upper = mask >> (low + width)
    return ((upper << new_width | new) << low) | (mask & ((1 << low) - 1))


@frozen(eq=False)
class Plane:
    """The rows alive for each value of one field. Build it with ``Plane.of``.

    Args:
        table: The rows of listed values, and of ``None`` for a missing one.
        breaks: The values at which the rows of unlisted values change, ascending.
        segments: The rows of unlisted values: below the first break, from it on, and so on.
    """

    table: Mapping[Any, int]
    breaks: Sequence[Any]
    segments: Sequence[int]

    @classmethod
    def of(cls, size: int, column: Column) -> Plane:
        """The plane of ``size`` rows."""
        return reduce(Plane.meet, [cls._flat(size, *layer) for layer in _layers(column)])

    @classmethod
    def _flat(cls, size: int, column: Column, named: Iterable[int]) -> Plane:
        """The plane of a column that names no row twice."""
        free = ((1 << size) - 1) ^ bits(named, size)
        gaps, absents = list[int](), list[int]()
        listed: dict[Any, list[int]] = defaultdict(list)
        at: dict[Any, list[int]] = defaultdict(list)
        behind: dict[Any, list[int]] = defaultdict(list)
        for form, literal, rows in column:
            if form == "==":
                listed[literal].extend(rows)
            elif form == "in":
                for value in literal:
                    listed[value].extend(rows)
            else:
                span = span_of(form, literal)
                gaps += rows if span.inside else ()
                absents += rows if span.missing else ()
                for value, after in span.cuts:
                    (behind if after else at)[value].extend(rows)
        gap = free | bits(gaps, size)
        table: dict[Any, int] = {None: free | bits(absents, size)}
        breaks, segments = [], [gap]
        for value in sorted({*listed, *at, *behind}):
            exact = gap ^ bits(at.get(value, ()), size)
            beyond = exact ^ bits(behind.get(value, ()), size)
            exact |= bits(listed.get(value, ()), size)
            if beyond != gap:
                breaks.append(value)
                segments.append(beyond)
                gap = beyond
            if exact != gap:
                table[value] = exact
        return cls(table, breaks, segments)

    def alive(self, value: Any) -> int:
        """The rows that a value leaves alive. O(log breaks)."""
        found = self.table.get(value)
        return self.segments[bisect_right(self.breaks, value)] if found is None else found

    def meet(self, other: Plane) -> Plane:
        """The rows that both planes leave alive. O(different values)."""
        told = {*self.table, *other.table}
        table = {value: self.alive(value) & other.alive(value) for value in told}
        breaks = sorted({*self.breaks, *other.breaks})
        segments = [self.segments[0] & other.segments[0]]
        for value in breaks:
            mine = self.segments[bisect_right(self.breaks, value)]
            segments.append(mine & other.segments[bisect_right(other.breaks, value)])
        return Plane(table, breaks, segments)

    def density(self, size: int) -> float:
        """Which part of the rows a value leaves alive, over all different values."""
        told = [*self.table.values(), *self.segments]
        return sum(map(int.bit_count, told)) / (len(told) * max(size, 1))

    def spares_last(self) -> bool:
        """Whether the last row takes every value."""
        return all(rows & 1 for rows in (*self.table.values(), *self.segments))

    def spliced(self, low: int, width: int, spans: Sequence[Span | None]) -> Plane:
        """The plane with ``width`` rows from bit ``low`` up replaced by rows with these spans."""
        table, breaks, segments = dict(self.table), list(self.breaks), list(self.segments)
        for span in filter(None, spans):
            for value in dict.fromkeys(value for value, _ in span.cuts):
                _tell_apart(value, span, table, breaks, segments)
        count = len(spans)

        def change(mask: int, answers: Iterable[bool]) -> int:
            new = 0
            for answer in answers:
                new = new << 1 | answer
            return splice(mask, low, width, new, count)

        for value, mask in table.items():
            held = (
                span is None or (span.missing if value is None else span.holds(value))
                for span in spans
            )
            table[value] = change(mask, held)
        segments[0] = change(segments[0], (span is None or span.inside for span in spans))
        for place, value in enumerate(breaks, 1):
            held = (span is None or span.beyond(value) for span in spans)
            segments[place] = change(segments[place], held)
        return Plane(table, breaks, segments)


def _layers(column: Column) -> list[tuple[Column, set[int]]]:
    """The column in parts that name no row twice, each with the rows that it names."""
    named = set[int]().union(*(rows for _, _, rows in column))
    if len(named) == sum(len(rows) for _, _, rows in column):
        return [(column, named)]
    layers: list[tuple[list[Any], set[int]]] = []
    for asked in column:
        rows = asked[2]
        layer = next((layer for layer in layers if layer[1].isdisjoint(rows)), None)
        if layer is None:
            layer = ([], set())
            layers.append(layer)
        layer[0].append(asked)
        layer[1].update(rows)
    return list(layers)


def _tell_apart(
    value: Any, span: Span, table: dict[Any, int], breaks: list[Any], segments: list[int]
) -> None:
    """Make room for a span that changes at a value."""
    place = bisect_left(breaks, value)
    below = span.inside is not bool(bisect_left(span.cuts, (value, False)) & 1)
    at, beyond = span.holds(value), span.beyond(value)
    if below is not beyond and (place == len(breaks) or breaks[place] != value):
        breaks.insert(place, value)
        segments.insert(place + 1, segments[place])
    if at is not beyond:
        table.setdefault(value, segments[bisect_right(breaks, value)])


Column: TypeAlias = Sequence[tuple[str, Any, Sequence[int]]]
"""What rows ask about one field: form and literal of a question, for ``span_of``, and the rows.

A row may be named more than once; then it takes what all of its questions take. Those that are not named take all."""


class Columns(NamedTuple):
    """What an index is made of.

    Args:
        rows: The position of the condition behind each row, ascending.
        fields: What the rows ask about each field.
        residues: What is left to judge of each condition; ``None`` means that its rows say it all.
        demands: For each demand, the first row of each condition that makes it.
        asking_rep: The positions of the conditions that ask about the rep.
    """

    rows: Sequence[int]
    fields: Mapping[Key, Column]
    residues: Sequence[Condition | None]
    demands: Mapping[Demand, Sequence[int]]
    asking_rep: Sequence[int]


def columns(conditions: Iterable[Condition]) -> Columns:
    """The columns of an ordered list of conditions. O(questions asked)."""
    rows: list[int] = []
    residues: list[Condition | None] = []
    demands: dict[Demand, list[int]] = defaultdict(list)
    asking_rep: list[int] = []
    plain: dict[_Question, list[int]] = defaultdict(list)
    boxed: dict[tuple[Key, Span], list[int]] = defaultdict(list)
    for position, condition in enumerate(conditions):
        parts = condition.parts if isinstance(condition, And) else (condition,)
        questions = _questions(parts)
        row = len(rows)
        if len(questions) == len(parts):
            for question in questions:
                plain[question].append(row)
            rows.append(position)
            residues.append(None)
            continue
        found = outline(joined(And, *parts[len(questions) :]))
        taken = range(row, row + len(found.boxes))
        for question in questions:
            plain[question].extend(taken)
        for at, box in zip(taken, found.boxes, strict=True):
            for leaf in box.items():
                boxed[leaf].append(at)
        for demand in found.demands:
            demands[demand].append(row)
        rows.extend(position for _ in taken)
        residues.append(found.residue)
        if found.asks_rep:
            asking_rep.append(position)
    return Columns(rows, _by_field(plain, boxed), residues, demands, asking_rep)


def _by_field(
    plain: Mapping[_Question, Sequence[int]], boxed: Mapping[tuple[Key, Span], Sequence[int]]
) -> Mapping[Key, Column]:
    fields: dict[Key, list[tuple[str, Any, Sequence[int]]]] = defaultdict(list)
    for (name, form, literal), rows in plain.items():
        fields[field_key(name)].append((form, literal, rows))
    for (key, span), rows in boxed.items():
        fields[key].append(("span", span, rows))
    return fields


def spans_of_rows(column: Column) -> dict[int, Span]:
    """The span of each row that a column names. O(rows named)."""
    spans: dict[int, Span] = {}
    for form, literal, rows in column:
        span = span_of(form, literal)
        for row in rows:
            spans[row] = spans[row].meet(span) if row in spans else span
    return spans


_Question: TypeAlias = tuple[str, str, Any]
"""The name of a standard field of the lead, the form of the question, and the literal."""


def _questions(parts: Iterable[Condition]) -> list[_Question]:
    """The plain questions that a conjunction begins with."""
    found = []
    literal: Any
    for part in parts:
        if isinstance(part, Comparison) and isinstance(part.right, Const):
            operand, form, literal = part.left, part.op, part.right.value
        elif isinstance(part, Membership):
            operand, form, literal = part.operand, "not in" if part.negated else "in", part.values
        elif isinstance(part, TextTest) and part.op == "startswith":
            operand, form, literal = part.operand, part.op, part.text
        else:
            break
        if not isinstance(operand, Field) or operand.custom or operand.entity != "lead":
            break
        if operand.name == "language":
            form, literal = "span", field_span("language", form, literal)
        found.append((operand.name, form, literal))
    return found
