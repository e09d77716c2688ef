"""The first rows of many leads: column by column, with the work shared between leads that are alike.

The rules of this module:

* A lead has one token for each plane: the value itself where few values occur, elsewhere the number of the set of rows
  that the value leaves alive, so that values which no rule tells apart count as one.
* Planes whose tokens come in few combinations stand in one block. The rows of a block are met once for each
  combination, and once for each lead between the blocks.
* What is remembered is bounded. Leads are taken in portions, so nothing grows with their number but the answers.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from typing import Any, Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.rules.look import look
from leadroute.rules.plane import Plane
from leadroute.rules.rows import Key

__all__ = ["firsts"]

PORTION: Final = 256
"""How many leads are taken at a time; few, so that they are still near when the next column is read."""

SAMPLE: Final = 2_048
"""How many leads show which planes go together."""

SHARE: Final = 4
"""How many leads of the sample share a combination of a block, at least and on the average."""

VALUES: Final = 1 << 16
"""About how many values of a field are remembered."""

BITS: Final = 1 << 27
"""About how many bits of rows a block remembers."""


def firsts(
    planes: Mapping[Key, Plane], answers: Sequence[int | None], leads: Sequence[Lead]
) -> Iterator[int | None]:
    """The answer of the first row alive, for each lead. O(leads x planes), and less for the rows.

    Args:
        planes: The plane of each field.
        answers: What the first row alive means, by the length of the rows alive in bits.
        leads: The leads.
    """
    if not planes:
        yield from (answers[-1] for _ in leads)
        return
    blocks = _blocks(planes, leads[:SAMPLE], BITS // len(answers))
    rest = iter(leads)
    while portion := list(islice(rest, PORTION)):
        alive = reduce(
            lambda left, right: map(operator.and_, left, right),
            (block.alive(portion) for block in blocks),
        )
        yield from map(answers.__getitem__, map(int.bit_length, alive))


class _Values:
    """The values themselves as the tokens of a plane."""

    def __init__(self, key: Key, plane: Plane) -> None:
        self._look, self.rows = look(key), plane.alive

    def tokens(self, portion: Sequence[Lead]) -> Iterator[Any]:
        """The token of each lead."""
        return map(self._look, portion)


class _Classes(dict[Any, int]):
    """From a value to the number of the set of rows that it leaves alive, found when first asked for."""

    def __init__(self, key: Key, plane: Plane) -> None:
        super().__init__()
        self._look, self._plane = look(key), plane
        self._numbers: dict[int, int] = {}
        self._rows: list[int] = []
        self.rows = self._rows.__getitem__
        told = [value for value in (*plane.table, *plane.breaks) if isinstance(value, str)]
        self._head = max(map(len, told)) + 1 if told else None
        """So many characters of a text say where it stands among the texts that the plane tells apart."""

    def __missing__(self, value: Any) -> int:
        rows = self._plane.alive(value)
        number = self[value] = self._numbers.setdefault(id(rows), len(self._rows))
        if number == len(self._rows):
            self._rows.append(rows)
        return number

    def tokens(self, portion: Sequence[Lead]) -> Iterator[int]:
        """The token of each lead."""
        if len(self) > VALUES:
            self.clear()
        head = self._head
        values = map(self._look, portion)
        if head is None:
            return map(self.__getitem__, values)
        return map(self.__getitem__, [text and text[:head] for text in values])


_Field: TypeAlias = _Values | _Classes


class _Block(dict[Any, int]):
    """From a combination of tokens to the rows that all of them leave alive."""

    def __init__(self, fields: Sequence[_Field], most: int) -> None:
        super().__init__()
        self._fields, self._most = fields, most

    def __missing__(self, combination: tuple[Any, ...]) -> int:
        met = (field.rows(token) for field, token in zip(self._fields, combination, strict=True))
        found = self[combination] = reduce(operator.and_, met)
        return found

    def alive(self, portion: Sequence[Lead]) -> Iterator[int]:
        """The rows alive for each lead."""
        if len(self) > self._most:
            self.clear()
        tokens = [field.tokens(portion) for field in self._fields]
        if len(tokens) == 1:
            return map(self._fields[0].rows, tokens[0])
        return map(self.__getitem__, zip(*tokens, strict=True))


def _blocks(planes: Mapping[Key, Plane], sample: Sequence[Lead], most: int) -> list[_Block]:
    """The planes in blocks, by what a sample of the leads shows."""
    few = min(most, len(sample) // SHARE)
    found: list[tuple[int, _Field, list[Any]]] = []
    for key, plane in planes.items():
        field: _Field = _Values(key, plane)
        tokens = list(field.tokens(sample))
        if plane.breaks or len(set(tokens)) > few:
            field = _Classes(key, plane)
            tokens = list(field.tokens(sample))
        found.append((len(set(tokens)), field, tokens))
    blocks: list[tuple[list[_Field], list[Any]]] = []
    for _, field, tokens in sorted(found, key=operator.itemgetter(0), reverse=True):
        for fields, columns in blocks:  # noqa: B007 - the one found is used behind the loop
            if len(set(zip(*columns, tokens, strict=True))) <= few:
                break
        else:
            fields, columns = [], []
            blocks.append((fields, columns))
        fields.append(field)
        columns.append(tokens)
    return [_Block(fields, most) for fields, _ in blocks]
