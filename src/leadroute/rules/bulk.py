"""The first rows of many leads: column by column, with the work shared between leads that are alike.

The rules of this module:

* A value counts only as its class in the plane: the number of the set of rows that it leaves alive.
* Planes whose classes come in few combinations stand in one block. The rows of a block are met once for each
  combination, and once for each lead between the blocks.
* Leads are taken in portions, so that nothing grows with their number but the answers.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from typing import Any, Final

from leadroute.model.lead import Lead
from leadroute.rules.look import Look
from leadroute.rules.plane import Plane

__all__ = ["firsts"]

PORTION: Final = 4_096
"""How many leads are taken at a time."""

SHARE: Final = 4
"""How many leads of a portion share a combination of a block, at least and on the average."""


def firsts(
    looks: Sequence[tuple[Look, Plane]], answers: Sequence[int | None], leads: Iterable[Lead]
) -> Iterator[int | None]:
    """The answer of the first row alive, for each lead. O(leads x planes), and less for the rows.

    Args:
        looks: How to read a lead for each plane, and the plane.
        answers: What the first row alive means, by the length of the rows alive in bits.
        leads: The leads.
    """
    if not looks:
        yield from (answers[-1] for _ in leads)
        return
    classes = [_Classes(plane) for _, plane in looks]
    blocks: list[_Block] = []
    rest = iter(leads)
    while portion := list(islice(rest, PORTION)):
        columns = [
            list(map(of.__getitem__, map(look, portion)))
            for of, (look, _) in zip(classes, looks, strict=True)
        ]
        blocks = blocks or _blocks(columns, classes)
        alive = reduce(
            lambda left, right: map(operator.and_, left, right),
            (block.alive(columns) for block in blocks),
        )
        yield from map(answers.__getitem__, map(int.bit_length, alive))


class _Classes(dict[Any, int]):
    """From a value to its class in a plane, found when first asked for; ``rows`` has the rows of each class."""

    def __init__(self, plane: Plane) -> None:
        super().__init__()
        self._plane, self._numbers = plane, dict[int, int]()
        self.rows: list[int] = []

    def __missing__(self, value: Any) -> int:
        rows = self._plane.alive(value)
        number = self._numbers.setdefault(id(rows), len(self.rows))
        if number == len(self.rows):
            self.rows.append(rows)
        self[value] = number
        return number


class _Block(dict[tuple[int, ...], int]):
    """From a combination of classes to the rows that all of them leave alive."""

    def __init__(self, places: Sequence[int], rows: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.places, self._rows = places, rows

    def __missing__(self, combination: tuple[int, ...]) -> int:
        met = (rows[number] for rows, number in zip(self._rows, combination, strict=True))
        found = self[combination] = reduce(operator.and_, met)
        return found

    def alive(self, columns: Sequence[Sequence[int]]) -> Iterator[int]:
        """The rows alive for each lead."""
        return map(self.__getitem__, zip(*(columns[i] for i in self.places), strict=True))


def _blocks(columns: Sequence[Sequence[int]], classes: Sequence[_Classes]) -> list[_Block]:
    """The planes in blocks, by what a first portion of leads shows."""
    most = len(columns[0]) // SHARE
    places: list[list[int]] = []
    for place in sorted(range(len(columns)), key=lambda place: len(classes[place].rows)):
        for block in places:
            if len(set(zip(*(columns[i] for i in (*block, place)), strict=True))) <= most:
                block.append(place)
                break
        else:
            places.append([place])
    return [_Block(block, [classes[i].rows for i in block]) for block in places]
