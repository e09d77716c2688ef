"""The strict rotation of :mod:`leadroute.ranking.turns`, kept in order from turn to turn.

The rules of this module:

* :class:`Rotor` always names the rep that ``next_turn(turns, mode="strict")`` names; it is faster, not different.
* A rep waits until the share is nearly due, then is ready; among the ready the one whose share is over first takes the
  turn. Two heaps, one for each.
* Heap entries are whole numbers: a number of turns and, in the lowest bits, the rep, the heavier weight first.
* A rep who takes a turn out of order leaves an entry behind that is no longer true; it is dropped when it surfaces.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from math import gcd

from attrs import evolve

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.ranking.turns import UNIT, Member, Turns

__all__ = ["Rotor"]


class Rotor:
    """Takes turn after turn in O(log n).

    Args:
        turns: The state to start from; somebody must have a weight above 0.

    Raises:
        ConfigError: Every weight is 0.

    Example:
        >>> rotor = Rotor(Turns.of({"ada": 5, "bob": 1, "cy": 1}))
        >>> " ".join(rotor.take() for _ in range(7))
        'ada ada bob ada ada cy ada'
    """

    __slots__ = (
        "_bits",
        "_due",
        "_mask",
        "_names",
        "_offset",
        "_parts",
        "_places",
        "_ready",
        "_release",
        "_served",
        "_shares",
        "_start",
        "_total",
        "_unit",
        "_waiting",
        "_whole",
    )

    def __init__(self, turns: Turns) -> None:
        able = sorted(
            (
                (-share, member)
                for member, share in zip(turns.members, turns.shares(), strict=True)
                if share
            ),
            key=lambda pair: pair[0],
        )
        if not able:
            raise ConfigError("every weight of the rotation is 0; give somebody a weight above 0")
        total = sum(member.served for _, member in able)
        common = gcd(UNIT, total, *(member.served for _, member in able))
        self._start = turns
        self._names = [member.rep_id for _, member in able]
        self._places = {name: place for place, name in enumerate(self._names)}
        self._shares = [-share for share, _ in able]
        self._served = [member.served // common for _, member in able]
        self._unit = UNIT // common
        self._total = total // common
        self._whole = sum(self._shares)
        self._parts = max(2 * len(able) - 2, 1)
        self._bits = len(able).bit_length()
        self._mask = (1 << self._bits) - 1
        self._offset = self._total % self._unit
        self._due = [0] * len(able)
        self._release = [0] * len(able)
        self._ready: list[int] = []
        self._waiting: list[int] = []
        for place in range(len(able)):
            release = self._renew(place)
            if release <= self._total:
                self._ready.append(self._due[place])
            else:
                self._release[place] = release << self._bits | place
                self._waiting.append(self._release[place])
        heapify(self._ready)
        heapify(self._waiting)

    def peek(self) -> str:
        """Whose turn it is. O(1), plus O(log n) once for every turn that was taken out of order."""
        return self._names[self._front()]

    def take(self, rep_id: str | None = None) -> str:
        """Let the first, or ``rep_id``, take a turn. O(log n) amortised.

        Returns:
            Who took it.

        Raises:
            UnknownFieldError: The rep has no weight in this rotation.
        """
        ready, waiting, due = self._ready, self._waiting, self._due
        place = self._front() if rep_id is None else self._find(rep_id)
        first = ready[0] == due[place]
        self._total = total = self._total + self._unit
        self._served[place] += self._unit
        release = self._renew(place)
        if release <= total:
            (heapreplace if first else heappush)(ready, due[place])
            first = False
        else:
            self._release[place] = entry = release << self._bits | place
            heappush(waiting, entry)
        now_due = (total + 1) << self._bits
        while waiting and waiting[0] < now_due:
            entry = heappop(waiting)
            later = entry & self._mask
            if entry == self._release[later]:
                (heapreplace if first else heappush)(ready, due[later])
                first = False
        if first:
            heappop(ready)
        return self._names[place]

    def turns(self) -> Turns:
        """The state as a value. O(n)."""
        return Turns(
            evolve(member, taken=(self._served_by(member) - member.excused) // UNIT)
            for member in self._start.members
        )

    def _served_by(self, member: Member) -> int:
        place = self._places.get(member.rep_id)
        return member.served if place is None else self._served[place] * (UNIT // self._unit)

    def _find(self, rep_id: str) -> int:
        if rep_id not in self._places:
            raise UnknownFieldError("member", rep_id, self._names)
        return self._places[rep_id]

    def _front(self) -> int:
        ready, due, mask = self._ready, self._due, self._mask
        while (entry := ready[0]) != due[entry & mask]:
            heappop(ready)
        return entry & mask

    def _renew(self, place: int) -> int:
        """Work out when a rep's next share is over, and return when it is nearly due."""
        unit, parts = self._unit, self._parts
        taken = self._served[place] * parts
        divisor = self._shares[place] * parts
        over = self._whole * (taken + (parts - 1) * unit) - self._offset * divisor
        self._due[place] = -(-over // (divisor * unit)) << self._bits | place
        return -(-self._whole * (taken + unit) // divisor) - unit
