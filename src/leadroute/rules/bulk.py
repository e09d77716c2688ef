"""The first rows of many leads at once: column by column, with the work shared between leads that are alike.

The rules of this module:

* Leads that no plane tells apart have the same answer, so values are replaced by their class in the plane: the number
  of the distinct set of rows that they leave alive.
* Planes are taken together in blocks that have few combinations of classes for the number of leads. Rows are met once
  for each combination of a block, and once for each lead between the blocks.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.rules.look import Look
from leadroute.rules.plane import Plane

__all__ = ["firsts"]

SHARE: Final = 16
"""How many leads should share a combination of a block, if they were spread evenly."""


def firsts(
    looks: Sequence[tuple[Look, Plane]], answers: Sequence[int | None], leads: Sequence[Lead]
) -> list[int | None]:
    """The answer of the first row alive, for each lead.

    Args:
        looks: How to read a lead for each plane, and the plane.
        answers: What the first row alive means, by the length of the rows alive in bits.
        leads: The leads.
    """
    everything = (1 << (len(answers) - 1)) - 1
    columns = sorted(
        (_column(look, plane, leads) for look, plane in looks), key=lambda column: len(column[1])
    )
    blocks: list[list[_Column]] = []
    most = len(leads) // SHARE
    combinations = 1
    for column in columns:
        combinations *= len(column[1])
        if not blocks or combinations > most:
            blocks.append([])
            combinations = len(column[1])
        blocks[-1].append(column)
    alive: Iterable[int] = [everything] * len(leads)
    if blocks:
        alive = _met(blocks[0])
        for block in blocks[1:]:
            alive = map(operator.and_, alive, _met(block))
    return list(map(answers.__getitem__, map(int.bit_length, alive)))


_Column: TypeAlias = tuple[Sequence[int], Sequence[int]]
"""The class of each lead in one plane, and the rows that each class leaves alive."""


def _column(look: Look, plane: Plane, leads: Sequence[Lead]) -> _Column:
    values = list(map(look, leads))
    numbers: dict[int, int] = {}
    rows: list[int] = []
    classes: dict[Hashable, int] = {}
    for value in set(values):
        found = plane.alive(value)
        number = numbers.setdefault(id(found), len(rows))
        if number == len(rows):
            rows.append(found)
        classes[value] = number
    return list(map(classes.__getitem__, values)), rows


def _met(block: Sequence[_Column]) -> Iterable[int]:
    """The rows that all planes of a block leave alive, for each lead."""
    combined = list(zip(*(classes for classes, _ in block), strict=True))
    of = [rows for _, rows in block]
    met = {}
    for combination in set(combined):
        found = of[0][combination[0]]
        for rows, number in zip(of[1:], combination[1:], strict=True):
            found &= rows[number]
        met[combination] = found
    return map(met.__getitem__, combined)
