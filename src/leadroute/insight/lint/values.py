"""Sets of values of one ordered kind, such as "from 10 up to and without 50, or missing".

The rules of this module:

* A set is a sorted row of stretches, and whether "missing" belongs to it. Numbers, texts, instants, durations and
  flags all have an order, so one kind of set does for all of them.
* An end of a stretch is a cut: just before a value, or just after it. So open and closed ends need no cases.
* Order is taken to be dense. A set that no whole number fits in counts as not empty: we prove less, and nothing false.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from attrs import frozen

__all__ = ["ANYTHING", "MISSING", "Cut", "Values", "among", "beginning", "related"]

Cut: TypeAlias = tuple[Any, int]
"""A place in the order: ``(value, 0)`` just before the value, ``(value, 1)`` just after it."""

Stretch: TypeAlias = tuple[Cut | None, Cut | None]
"""From one cut to another; ``None`` is without end."""


@frozen
class Values:
    """A set of values, and whether "missing" is in it.

    Args:
        stretches: Sorted, apart from one another, none of them empty.
        missing: Whether a missing value belongs to the set.

    Example:
        >>> teens = related(">=", 13) & related("<", 20)
        >>> 13 in teens, 20 in teens, 20 in ~teens, bool(teens & related(">", 30))
        (True, False, True, False)
    """

    stretches: tuple[Stretch, ...]
    missing: bool = False

    def __bool__(self) -> bool:
        return self.missing or bool(self.stretches)

    def __contains__(self, value: object) -> bool:
        if value is None:
            return self.missing
        before, after = (value, 0), (value, 1)
        return any(
            (low is None or low <= before) and (high is None or after <= high)
            for low, high in self.stretches
        )

    def __and__(self, other: Values) -> Values:
        found = []
        for low, high in self.stretches:
            for start, end in other.stretches:
                first, last = _later(low, start), _earlier(high, end)
                if first is None or last is None or first < last:
                    found.append((first, last))
        return Values(tuple(found), self.missing and other.missing)

    def __invert__(self) -> Values:
        found: list[Stretch] = []
        start: Cut | None = None
        for low, high in self.stretches:
            if low is not None:
                found.append((start, low))
            start = high
            if high is None:
                break
        else:
            found.append((start, None))
        return Values(tuple(found), not self.missing)

    @property
    def points(self) -> tuple[Any, ...] | None:
        """The values one by one, when there are so few; ``None`` when a stretch has more than one."""
        found = []
        for low, high in self.stretches:
            if low is None or high is None or low[0] != high[0]:
                return None
            found.append(low[0])
        return tuple(found)

    @property
    def named(self) -> tuple[Any, ...]:
        """The values that stand alone, without those between two others."""
        return tuple(low[0] for low, high in self.stretches if low and high and low[0] == high[0])


ANYTHING = Values(((None, None),), missing=True)
"""Every value, and missing."""
MISSING = Values((), missing=True)
"""Missing alone."""


def _later(one: Cut | None, other: Cut | None) -> Cut | None:
    return one if other is None else other if one is None else max(one, other)


def _earlier(one: Cut | None, other: Cut | None) -> Cut | None:
    return one if other is None else other if one is None else min(one, other)


def among(values: Iterable[Any]) -> Values:
    """These values alone. O(n log n)."""
    return Values(tuple(((value, 0), (value, 1)) for value in sorted(set(values))))


def related(op: str, value: Any) -> Values:
    """The values that stand in a relation to another, such as ``related("<", 10)``. Missing is none of them."""
    before, after = (value, 0), (value, 1)
    stretches: dict[str, tuple[Stretch, ...]] = {
        "==": ((before, after),),
        "!=": ((None, before), (after, None)),
        "<": ((None, before),),
        "<=": ((None, after),),
        ">": ((after, None),),
        ">=": ((before, None),),
    }
    return Values(stretches[op])


def beginning(prefix: str) -> Values:
    """The texts that begin with a prefix.

    Example:
        >>> found = beginning("90")
        >>> "90" in found, "90210" in found, "91" in found
        (True, True, False)
    """
    rest = prefix.rstrip("\U0010ffff")
    end = (rest[:-1] + chr(ord(rest[-1]) + 1), 0) if rest else None
    return Values((((prefix, 0), end),))
