"""A sample of leads, prepared for being asked about by one policy after the other.

The rules of this module:

* A field is read when a policy first asks about it, once for each lead. What is kept is its distinct values, in order,
  and a column with the number of each lead's value.
* Fields whose values come in few combinations stand in one group, with the number of each lead's combination.
* Leads that are alike in the first group are taken one after the other, so that what was looked up is still near.
* A policy is asked once for each distinct value, and once for each combination of a group. Leads meet only what the
  groups say, so leads that are alike in a group share the work.
* What is remembered is bounded: a column takes at most 4 bytes a lead. There is one for each field that was asked
  about, one for each group and one for the order, with a bound on the combinations of a group and on the groupings.
"""

from __future__ import annotations

import operator
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import count, islice
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from leadroute.model.lead import Lead
from leadroute.rules.look import look
from leadroute.rules.plane import Plane
from leadroute.rules.rows import Key

__all__ = ["COMBINATIONS", "GROUPINGS", "PORTION", "SHARE", "Sample"]

SHARE: Final = 4
"""How many leads share a combination of a group, at least and on the average."""

COMBINATIONS: Final = 4_096
"""How many combinations a group may have."""

GROUPINGS: Final = 8
"""For how many sets of fields a sample remembers how they are grouped."""

PORTION: Final = 4_096
"""How many leads are taken at a time, so that what was looked up for them is still near when it is met."""


class _Told(NamedTuple):
    """What a sample knows of one field.

    Args:
        values: ``None`` and the distinct values of all leads, ascending.
        places: The place of each value among them.
        codes: The place of each lead's value.
    """

    values: Sequence[Any]
    places: Mapping[Any, int]
    codes: Sequence[int]

    @classmethod
    def of(cls, found: Sequence[Any]) -> _Told:
        """What the values of all leads tell."""
        values = [None, *sorted({*found} - {None})]
        places = {value: place for place, value in enumerate(values)}
        return cls(values, places, _packed(map(places.__getitem__, found), len(values)))

    def rows(self, plane: Plane) -> list[int]:
        """The rows that each value leaves alive. O(values + table + breaks x log values)."""
        found: list[int] = []
        for value, segment in zip(plane.breaks, plane.segments, strict=False):
            found += [segment] * (bisect_left(self.values, value, 1) - len(found))
        found += [plane.segments[-1]] * (len(self.values) - len(found))
        for value, rows in plane.table.items():
            if value in self.places:
                found[self.places[value]] = rows
        return found


class _Layout(NamedTuple):
    """How leads are met.

    Args:
        groups: The groups of fields, with the codes in the order in which the leads are taken.
        turns: When each lead is taken.
    """

    groups: Sequence[_Group]
    turns: Sequence[int]

    @classmethod
    def of(cls, groups: Sequence[_Group]) -> _Layout:
        """The layout that takes leads together that are alike in the first group."""
        first = groups[0].codes
        order = sorted(range(len(first)), key=first.__getitem__)
        turns = sorted(range(len(first)), key=order.__getitem__)
        return cls([group.taken(order) for group in groups], _packed(turns, len(first)))


class _Group(NamedTuple):
    """Fields whose values come in few combinations, or one field.

    Args:
        keys: The fields.
        parts: For each field, the place of its value in each combination.
        codes: The number of each lead's combination.
    """

    keys: tuple[Key, ...]
    parts: tuple[Sequence[int], ...]
    codes: Sequence[int]

    def taken(self, order: Iterable[int]) -> _Group:
        """The same group with the leads in another order."""
        codes = map(self.codes.__getitem__, order)
        return self._replace(codes=_packed(codes, len(self.parts[0])))

    def joined(self, other: _Group, most: int) -> _Group | None:
        """Both as one group; ``None`` when it would have more than ``most`` combinations."""
        numbers = defaultdict[tuple[int, int], int](count().__next__)
        pairs = zip(self.codes, other.codes, strict=True)
        codes: list[int] = []
        while portion := list(map(numbers.__getitem__, islice(pairs, PORTION))):
            codes += portion
            if len(numbers) > most:
                return None
        parts = [
            [part[pair[side]] for pair in numbers]
            for side, group in enumerate((self, other))
            for part in group.parts
        ]
        return _Group((*self.keys, *other.keys), tuple(parts), _packed(codes, len(numbers)))


def _in_order(leads: Iterable[Lead]) -> tuple[Lead, ...]:
    return tuple(leads)


@frozen(repr=False)
class Sample:
    """Leads that many policies are asked about: what their fields hold is read once and not for each policy.

    It is a value: the same leads, whatever was asked. Iterating gives the leads.

    Args:
        leads: The leads.

    Complexity: nothing is read until a policy asks. Then each field costs O(leads + values x log values) once, and
    a grouping of fields O(leads x fields) once.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> from leadroute.rules.match import Matcher
        >>> sample = Sample([Lead("L-1", country="us"), Lead("L-2", country="de"), Lead("L-3")])
        >>> old = Matcher([LEAD.country == "US", None])
        >>> new = Matcher([LEAD.country == "US", LEAD.country == "DE"])
        >>> old.first_of_each(sample, None), new.first_of_each(sample, None)
        ([0, 1, 1], [0, 1, None])
    """

    leads: tuple[Lead, ...] = field(converter=_in_order)
    _told: dict[Key, _Told] = field(init=False, factory=dict, eq=False)
    _layouts: dict[frozenset[Key], _Layout] = field(init=False, factory=dict, eq=False)

    def __len__(self) -> int:
        return len(self.leads)

    def __iter__(self) -> Iterator[Lead]:
        return iter(self.leads)

    def __repr__(self) -> str:
        return f"<Sample of {len(self)} leads>"

    def firsts(
        self, planes: Mapping[Key, Plane], answers: Sequence[int | None]
    ) -> list[int | None]:
        """The answer of the first row alive, for each lead. O(leads x groups), and less for the rows.

        Args:
            planes: The plane of each field.
            answers: What the first row alive means, by the length of the rows alive in bits.
        """
        if not planes:
            return [answers[-1]] * len(self)
        groups, turns = self._laid_out(frozenset(planes))
        tables = [
            list(_met([self._told_of(key).rows(planes[key]) for key in group.keys], group.parts))
            for group in groups
        ]
        found: list[int | None] = []
        for start in range(0, len(self), PORTION):
            codes = [group.codes[start : start + PORTION] for group in groups]
            found += map(answers.__getitem__, map(int.bit_length, _met(tables, codes)))
        return list(map(found.__getitem__, turns))

    def having(self, key: Key, values: Container[Any]) -> Iterator[int]:
        """The places of the leads whose value of a field is one of these. O(leads), or less when there is none."""
        known, _, codes = self._told_of(key)
        wanted = {code for code, value in enumerate(known) if value in values}
        return (place for place, code in enumerate(codes if wanted else ()) if code in wanted)

    def _told_of(self, key: Key) -> _Told:
        found = self._told.get(key)
        if found is None:
            found = self._told[key] = _Told.of(list(map(look(key), self.leads)))
        return found

    def _laid_out(self, keys: frozenset[Key]) -> _Layout:
        """The fields in groups, and the leads in the order of the first group."""
        found = self._layouts.get(keys)
        if found is None:
            if len(self._layouts) >= GROUPINGS:
                self._layouts.clear()
            found = self._layouts[keys] = _Layout.of(self._group(keys))
        return found

    def _group(self, keys: Iterable[Key]) -> list[_Group]:
        """The fields in groups: those with few values first, each with the first that it goes with."""
        most = min(len(self) // SHARE, COMBINATIONS)
        groups: list[_Group] = []
        for size, key in sorted((len(self._told_of(key).values), key) for key in keys):
            alone = _Group((key,), (range(size),), self._told_of(key).codes)
            for place, group in enumerate(groups if size <= most else ()):
                both = group.joined(alone, most)
                if both is not None:
                    groups[place] = both
                    break
            else:
                groups.append(alone)
        return groups


def _met(tables: Sequence[Sequence[int]], columns: Iterable[Sequence[int]]) -> Iterable[int]:
    """For each place of the columns, the rows that the entries of all tables leave alive."""
    entries: Iterator[Iterable[int]] = (
        [table[code] for code in codes] for table, codes in zip(tables, columns, strict=True)
    )
    return reduce(lambda left, right: map(operator.and_, left, right), entries)


def _packed(codes: Iterable[int], size: int) -> Sequence[int]:
    """Numbers below ``size`` in little memory."""
    if size <= 1 << 8:
        return bytes(codes)
    return array("H" if size <= 1 << 16 else "I", codes)
