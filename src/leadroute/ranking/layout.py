"""Reps in the order of a bound, as bits: the best of any set of reps is its highest bit.

The rules of this module:

* Every rep sits in a slot. The bound of a rep never exceeds the ceiling of the slot, and ceilings rise with the slots.
* Reps in equal states fill a cell of neighbouring slots, the one who goes first in the highest. A rep who changed
  since the layout was settled is loose: of them only the ceiling is known.
* The slots are seen through windows. The highest one is small, because the best are mostly in it and small numbers are
  cut fast; each further one is wider.
* Some slots are spare, between the reps, above and below them all, so that a rep who rises or falls finds one without
  moving anybody else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import reduce
from math import inf
from operator import or_
from typing import Any, Final, TypeAlias

from sortedcontainers import SortedList

from leadroute.ranking.bands import Band
from leadroute.ranking.facets import Cut

__all__ = ["Entry", "Layout"]

Entry: TypeAlias = tuple[float, Hashable, int, str, int]
"""The bound negated, the state, when last assigned, the id and the number of a rep."""

_ABOVE: Final = 16
_WINDOW: Final = 4_096
_WIDER: Final = 8
_EVERY: Final = 4
_FEW: Final = 12


class Layout:
    """Slots for reps, and a set of bits for each facet.

    Args:
        entries: The reps in their order, the best first.
        facets: The facets of each rep, by number.
        bands: The band of each rep who can take a lead, by number; ``None`` for the others.

    Complexity: O(reps * facets) to build; O(facets * reps / 64) to move one rep.
    """

    __slots__ = (
        "_facets",
        "_spare",
        "able",
        "bands",
        "bits",
        "ceilings",
        "floor",
        "held",
        "loose",
        "loosened",
        "reps",
        "slots",
        "windows",
    )

    def __init__(
        self,
        entries: Sequence[Entry],
        facets: Sequence[tuple[Hashable, ...]],
        bands: Sequence[Band | None],
    ) -> None:
        below = len(entries) // _EVERY
        size = below + len(entries) + len(entries) // _EVERY + _ABOVE
        self.windows = list(_windows(size))
        """The lowest slot of each window and a bit for each of its slots, the highest window first."""
        self.ceilings = [inf] * size
        self.reps = [-1] * size
        self.floor = [0] * size
        """The lowest slot of the cell, by slot."""
        self.loosened = bytearray(size)
        self.slots = [0] * len(entries)
        self.loose = 0
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
        self.bits = self._bits_of(facets)
        self.held = [*bands]
        """The band of each rep, by number."""
        self.bands: dict[Band, int] = self._bits_of(
            [() if each is None else (each,) for each in bands]
        )
        self.able = reduce(or_, self.bands.values(), 0)

    def _mark_cells(self, entries: Sequence[Entry]) -> None:
        below: Entry | None = None
        for entry in reversed(entries):
            slot = self.slots[entry[-1]]
            alike = below is not None and below[1] == entry[1]
            self.floor[slot] = self.floor[self.slots[below[-1]]] if alike and below else slot
            below = entry

    def cut(self, cuts: Iterable[Cut], window: int) -> int:
        """Those in a window who are in all of these, and perhaps cannot take a lead.

        O(facets * slots of the window / 64).
        """
        low, found = self.windows[window]
        bits = self.bits
        for some, none in cuts:
            if some:
                held = bits.get(some[0], 0)
                for facet in some[1:]:
                    held |= bits.get(facet, 0)
                found &= held >> low if low else held
            for facet in none:
                held = bits.get(facet, 0)
                found ^= found & (held >> low if low else held)
        return found

    def view(self, holding: Sequence[int], window: int) -> Sequence[int]:
        """Who of each of these is in a window or above it, from its lowest slot on. O(slots of the window / 64)."""
        low, _ = self.windows[window]
        return [held >> low for held in holding] if low else holding

    def _bits_of(self, held: Iterable[Iterable[Hashable]]) -> dict[Any, int]:
        members: dict[Hashable, list[int]] = {}
        for number, each in enumerate(held):
            for facet in each:
                members.setdefault(facet, []).append(self.slots[number])
        return {facet: _bits(slots, len(self.reps)) for facet, slots in members.items()}

    def put(self, number: int, band: Band | None) -> None:
        """The rep is in this band now; ``None`` is for who cannot take a lead. O(reps / 64)."""
        old, bit = self.held[number], 1 << self.slots[number]
        self.held[number] = band
        if (old is None) != (band is None):
            self.able ^= bit
        for each in (old, band):
            if each is not None:
                self._toggle(each, bit)

    def put_all(self, numbers: Iterable[int], band_of: Callable[[int], Band | None]) -> None:
        """The same for several reps who can take a lead before and after. O(reps)."""
        wanted = [(number, band_of(number)) for number in numbers]
        found = [(number, band) for number, band in wanted if band != self.held[number]]
        if len(found) <= _EVERY:
            for number, band in found:
                self.put(number, band)
            return
        changed: dict[Band, list[int]] = {}
        for number, band in found:
            for each in filter(None, (self.held[number], band)):
                changed.setdefault(each, []).append(self.slots[number])
            self.held[number] = band
        for each, slots in changed.items():
            self._toggle(each, _bits(slots, len(self.reps)))

    def _toggle(self, band: Band, bits: int) -> None:
        bits ^= self.bands.get(band, 0)
        if bits:
            self.bands[band] = bits
        else:
            self.bands.pop(band, None)

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
        for facet in self._facets[number]:
            self.bits[facet] ^= flipped
        band = self.held[number]
        if band is not None:
            self.able ^= flipped
            self.bands[band] ^= flipped
        if self.loosened[old]:
            self.loosened[old] = 0
            self.loose ^= 1 << old
        self.reps[old], self.reps[new], self.slots[number] = -1, number, new
        self._spare.add(old)

    def _loosen(self, slot: int) -> None:
        if not self.loosened[slot]:
            self.loosened[slot] = 1
            self.loose ^= 1 << slot


def _windows(size: int) -> Iterator[tuple[int, int]]:
    high, width = size, _WINDOW
    while high:
        low = high - width if high > width * _WIDER else 0
        yield low, (1 << high - low) - 1
        high, width = low, width * _WIDER


def _bits(slots: Sequence[int], size: int) -> int:
    if len(slots) <= _FEW:
        return reduce(or_, [1 << slot for slot in slots])
    held = bytearray(size // 8 + 1)
    for slot in slots:
        held[slot >> 3] |= 1 << (slot & 7)
    return int.from_bytes(held, "little")
