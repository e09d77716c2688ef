"""Sell the places of the reps to the leads: the fast way to place many leads at once.

* A lead bids for a place with the rep who is worth most to it after the price. The bid is as high
  as the lead can bear: what that rep is worth above its second best, plus ``step``. A full rep
  drops its lowest bid, and the lead behind it bids again, after all others that wait.
* A rep with a place to spare costs nothing, and prices never fall. So in the end no lead would gain
  more than the last step by moving, and the prices prove how near the optimum is.

Method: D. P. Bertsekas, "The auction algorithm: a distributed relaxation method for the assignment
problem" (1988), with the places of one rep as similar objects (Bertsekas and Castañon, 1989).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush, heapreplace
from itertools import compress
from math import inf
from operator import itemgetter, sub
from typing import TypeAlias

from attrs import define, field

LONG_LIST = 24  # a longer list of reps is cut
SHORT_LIST = 16  # to so many
PATIENCE = 16  # so many bids for each lead, then the step doubles

_Reader: TypeAlias = Callable[[Sequence[int]], tuple[int, ...]]
Option: TypeAlias = tuple[_Reader, Sequence[int], Sequence[int], float]
"""How to read the prices of some reps, what each is worth to a lead, who they are, and the worth below which all others
were when the list was made."""


def options(rows: Sequence[Sequence[int | None]], top: int) -> list[Option]:
    """Who could take each lead, and what it is worth with them.

    A lead with one option gets that rep a second time, as worth far less than nothing, so that there is a second best.
    """
    everyone = range(len(rows[0]))
    read = itemgetter(*everyone)
    found: list[Option] = []
    for row in rows:
        if None in row or len(row) == 1:
            reps = list(compress(everyone, row))
            if len(reps) + row.count(None) < len(row):
                reps = [rep for rep in everyone if row[rep] is not None]
            if len(reps) == 1:
                worth: int = row[reps[0]]  # type: ignore[assignment]
                only = reps * 2
                found.append((itemgetter(*only), (worth, worth - 2 * top - 2), only, -inf))
            else:
                pick = itemgetter(*reps)
                found.append((pick, pick(row), reps, -inf))
        else:
            found.append((read, row, everyone, -inf))  # type: ignore[arg-type]
    return found


@define(eq=False)
class Auction:
    """A market in which every place starts at nothing and is sold to who bids most.

    Args:
        leads: The options of every lead, at least one each. All leads can be placed at once.
        places: Places per rep, at least one each.

    Attributes:
        prices: What a place with each rep costs at present.
        rep_of: The rep of each lead after the sale.
    """

    leads: Sequence[Option]
    places: Sequence[int]
    prices: list[int] = field(init=False)
    rep_of: list[int] = field(init=False, factory=list)
    _doubtful: list[int] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self.prices = [0] * len(self.places)

    def sell(self, step: int) -> None:
        """Sell every lead a place, in steps of ``step`` (at least 1): finer is nearer the best."""
        leads, prices = self.leads, self.prices
        bits = len(leads).bit_length()
        mask = (1 << bits) - 1
        sold, waiting = self._open(step, bits)
        free = [size - len(kept) for size, kept in zip(self.places, sold, strict=True)]
        quotes: list[Option | None] = [None] * len(leads)
        patience = left = PATIENCE * len(leads)
        while waiting:
            dropped: list[int] = []
            left -= len(waiting)
            if left < 0:
                step *= 2
                left = patience
            for bidder in waiting:
                quote = quotes[bidder]
                if quote is None:
                    quote = quotes[bidder] = self._quote(leads[bidder])
                read, values, reps, threshold = quote
                net = list(map(sub, values, read(prices)))
                second, best = sorted(net)[-2:]
                if second < threshold:
                    quotes[bidder] = None
                    dropped.append(bidder)
                    continue
                rep = reps[net.index(best)]
                bid = prices[rep] + best - second + step
                heap = sold[rep]
                if free[rep]:
                    free[rep] -= 1
                    heappush(heap, bid << bits | bidder)
                else:
                    dropped.append(heapreplace(heap, bid << bits | bidder) & mask)
                prices[rep] = prices[rep] if free[rep] else heap[0] >> bits
            waiting = dropped
        self._settle(sold, step, bits)

    def _open(self, step: int, bits: int) -> tuple[list[list[int]], list[int]]:
        """The bids that each rep keeps of the first round, the lowest first, and who is dropped."""
        bids: list[list[int]] = [[] for _ in self.places]
        for lead, (_, values, reps, _) in enumerate(self.leads):
            second, best = sorted(values)[-2:]
            bids[reps[values.index(best)]].append(best - second + step << bits | lead)
        dropped: list[int] = []
        mask = (1 << bits) - 1
        for rep, size in enumerate(self.places):
            bids[rep].sort()
            dropped += [bid & mask for bid in bids[rep][:-size]]
            bids[rep] = bids[rep][-size:]
            if len(bids[rep]) == size:
                self.prices[rep] = bids[rep][0] >> bits
        return bids, dropped

    def _settle(self, sold: Sequence[Sequence[int]], step: int, bits: int) -> None:
        """Read who got which place, and who bid too little to be sure that it is the best."""
        mask = (1 << bits) - 1
        self.rep_of = [0] * len(self.leads)
        for rep, kept in enumerate(sold):
            sure = self.prices[rep] + step << bits
            for bid in kept:
                self.rep_of[bid & mask] = rep
                if bid < sure:
                    self._doubtful.append(bid & mask)

    def _quote(self, option: Option) -> Option:
        """The reps that are worth most to a lead now."""
        read, values, reps, _ = option
        if len(reps) <= LONG_LIST:
            return option
        net = list(map(sub, values, read(self.prices)))
        threshold = sorted(net)[-SHORT_LIST]
        near = [at for at, worth in enumerate(net) if worth >= threshold]
        reps, values = [reps[at] for at in near], [values[at] for at in near]
        return itemgetter(*reps), values, reps, threshold

    def slack(self) -> int:
        """How much the bound on the optimum that the prices prove lies above the assignment.

        It is what the leads would gain, added up, if each could have the rep it likes best at these
        prices. A lead that bid a step more than its place costs now would gain nothing: its second
        best is worth less by so much.
        """
        prices = self.prices
        total = 0
        for lead in self._doubtful:
            read, values, reps, _ = self.leads[lead]
            net = list(map(sub, values, read(prices)))
            total += max(net) - net[reps.index(self.rep_of[lead])]
        return total
