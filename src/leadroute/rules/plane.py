"""One field of an index: from a value to the rows that it leaves alive, as the bits of one integer.

The rules of this module:

* Row ``r`` of ``n`` is bit ``n - 1 - r``, so the first row alive is the highest bit; ``int.bit_length`` finds it.
* A value that is listed, or behaves unlike its neighbours, has an entry in a table; all others are found by bisection
  between the breaks. A plane without breaks is one look into a dictionary.
* A plane is never changed; ``spliced`` gives another one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from attrs import frozen

from leadroute.rules.columns import Column
from leadroute.rules.span import Span, span_of

__all__ = ["Plane", "bits", "splice"]


def bits(rows: Iterable[int], size: int) -> int:
    """The integer that has the bits of these rows of ``size``. O(rows + size).

    Example:
        >>> bin(bits([0, 2], 4))
        '0b1010'
    """
    if not rows:
        return 0
    found = bytearray(size // 8 + 1)
    for row in rows:
        found[row >> 3] |= 128 >> (row & 7)
    return int.from_bytes(found, "big") >> (8 - size % 8)


def splice(mask: int, low: int, width: int, new: int, new_width: int) -> int:
    """``mask`` with ``width`` bits from ``low`` up replaced by the ``new_width`` bits of ``new``. O(size).

    Example:
        >>> bin(splice(0b110011, 2, 2, 0b111, 3))
        '0b1111111'
    """
    upper = mask >> (low + width)
    return ((upper << new_width | new) << low) | (mask & ((1 << low) - 1))


@frozen(eq=False)
class Plane:
    """The rows alive for each value of one field. Build it with ``Plane.of``.

    Args:
        table: The rows of listed values, and of ``None`` for a missing one.
        breaks: The values at which the rows of unlisted values change, ascending.
        segments: The rows of unlisted values: below the first break, from it on, from the second on, and so on.
    """

    table: Mapping[Any, int]
    breaks: Sequence[Any]
    segments: Sequence[int]

    @classmethod
    def of(cls, size: int, column: Column) -> Plane:
        """The plane of ``size`` rows.

        Args:
            size: How many rows there are.
            column: What the rows ask. Those that ask nothing take every value.

        Returns:
            The plane, in O(rows asked + size x values / 64) steps of the machine.

        Example:
            >>> plane = Plane.of(3, [("==", "US", [0, 1])])
            >>> bin(plane.alive("US")), bin(plane.alive("DE"))
            ('0b111', '0b1')
        """
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
        """The rows that both planes leave alive. O(values told apart)."""
        told = {*self.table, *other.table}
        table = {value: self.alive(value) & other.alive(value) for value in told}
        breaks = sorted({*self.breaks, *other.breaks})
        segments = [self.segments[0] & other.segments[0]]
        for value in breaks:
            mine = self.segments[bisect_right(self.breaks, value)]
            segments.append(mine & other.segments[bisect_right(other.breaks, value)])
        return Plane(table, breaks, segments)

    def density(self, size: int) -> float:
        """Which part of the rows a value leaves alive, over all values that are told apart."""
        told = [*self.table.values(), *self.segments]
        return sum(map(int.bit_count, told)) / (len(told) * max(size, 1))

    def spares_last(self) -> bool:
        """Whether the last row takes every value."""
        return all(rows & 1 for rows in (*self.table.values(), *self.segments))

    def spliced(self, low: int, width: int, spans: Sequence[Span | None]) -> Plane:
        """The plane with ``width`` rows from the bit ``low`` up replaced by rows with these spans.

        Args:
            low: The lowest bit of the rows that go.
            width: How many rows go.
            spans: The spans of the rows that come, the first row first; ``None`` takes every value.
        """
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
