"""Reps in the order of a bound, as bits: the best of any set of reps is its highest bit.

The rules of this module:

* Every rep sits in a slot. The bound of a rep never exceeds the ceiling of the slot, and ceilings rise with the slots.
* Reps in equal states fill a cell of neighbouring slots, the one who goes first in the highest. A rep who changed
  since the layout was settled is loose: of them only the ceiling is known.
* Some slots are spare, between the reps, above and below them all, so that a rep who rises or falls finds one without
  moving anybody else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from math import inf
from typing import Final, TypeAlias

from sortedcontainers import SortedList

from leadroute.ranking.facets import Share

__all__ = ["Entry", "Layout"]

Entry: TypeAlias = tuple[float, Hashable, int, str, int]
"""The bound negated, the state, when last assigned, the id and the number of a rep."""

_ABOVE: Final = 16
_EVERY: Final = 4


class Layout:
    """Slots for reps, and a set of bits for each facet.

    Args:
        entries: The reps in their order, the best first.
        facets: The facets of each rep, by number.

    Complexity: O(reps * facets) to build; O(facets * reps / 64) to move one rep.
    """

    __slots__ = (
        "_facets",
        "_spare",
        "able",
        "bits",
        "ceilings",
        "floor",
        "loose",
        "loosened",
        "reps",
        "slots",
        "splits",
    )

    def __init__(self, entries: Sequence[Entry], facets: Sequence[tuple[Hashable, ...]]) -> None:
        below = len(entries) // _EVERY
        size = below + len(entries) + len(entries) // _EVERY + _ABOVE
        self.ceilings = [inf] * size
        self.reps = [-1] * size
        self.floor = [0] * size
        """The lowest slot of the cell, by slot."""
        self.loosened = bytearray(size)
        self.slots = [0] * len(entries)
        self.able = self.loose = 0
        self._facets = facets
        spare = [*range(below), *range(size - _ABOVE, size)]
        lowest = -entries[-1][0] if entries else 0.0
        self.ceilings[:below] = [min(lowest, lowest * n / below) for n in range(below)]
        slot = size - _ABOVE
        for position, (bound, _, _, _, number) in enumerate(entries, 1):
            slot -= 1
            self.ceilings[slot], self.reps[slot], self.slots[number] = -bound, number, slot
            if not position % _EVERY:
                slot -= 1
                self.ceilings[slot] = -bound
                spare.append(slot)
        self._spare = SortedList(spare)
        self._mark_cells(entries)
        members: dict[Hashable, list[int]] = {}
        for number, held in enumerate(facets):
            for facet in held:
                members.setdefault(facet, []).append(self.slots[number])
        self.bits = {facet: _bits(found, size) for facet, found in members.items()}
        self.splits: dict[Hashable, list[Share]] = {}
        """What was worked out from the bits; forgotten when they change."""

    def _mark_cells(self, entries: Sequence[Entry]) -> None:
        below: Entry | None = None
        for entry in reversed(entries):
            slot = self.slots[entry[-1]]
            alike = below is not None and below[1] == entry[1]
            self.floor[slot] = self.floor[self.slots[below[-1]]] if alike and below else slot
            below = entry

    def admit(self, numbers: Iterable[int]) -> None:
        """These reps, and no others, can take a lead."""
        self.able = _bits([self.slots[number] for number in numbers], len(self.reps))

    def flip(self, number: int) -> None:
        """The rep can take a lead now, or no longer can. O(reps / 64)."""
        self.able ^= 1 << self.slots[number]

    def change(self, number: int, bound: float) -> bool:
        """The rep's state is another one; whether there was room to keep the order."""
        slot = self.slots[number]
        if bound > self.ceilings[slot]:
            position = self._spare.bisect_left(bisect_left(self.ceilings, bound))
            if position == len(self._spare):
                return False
            self._move(number, slot, self._spare.pop(position))
        self._loosen(self.slots[number])
        return True

    def sink(self, number: int, bound: float) -> None:
        """The rep was asked time and again since it changed: move it down to where it belongs, if there is room."""
        slot = self.slots[number]
        self.loosened[slot] = 1
        position = self._spare.bisect_left(bisect_left(self.ceilings, bound))
        if position < len(self._spare) and self._spare[position] < slot:
            self._move(number, slot, self._spare.pop(position))
            self._loosen(self.slots[number])

    def _move(self, number: int, old: int, new: int) -> None:
        flipped = 1 << old | 1 << new
        self.splits.clear()
        for facet in self._facets[number]:
            self.bits[facet] ^= flipped
        if self.able >> old & 1:
            self.able ^= flipped
        if self.loosened[old]:
            self.loosened[old] = 0
            self.loose ^= 1 << old
        self.reps[old], self.reps[new], self.slots[number] = -1, number, new
        self._spare.add(old)

    def _loosen(self, slot: int) -> None:
        if not self.loosened[slot]:
            self.loosened[slot] = 1
            self.loose ^= 1 << slot


def _bits(slots: Iterable[int], size: int) -> int:
    held = bytearray(size // 8 + 1)
    for slot in slots:
        held[slot >> 3] |= 1 << (slot & 7)
    return int.from_bytes(held, "little")
