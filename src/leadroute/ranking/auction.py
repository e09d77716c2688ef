"""Sell the places of the reps to the leads: the fast way to place many leads at once.

The rules of this module:

* A lead bids for a place with the rep who is worth most to it after the price. The bid is as high as the lead can
  bear: what that rep is worth above its second best, plus ``step``. A full rep drops its lowest bid, and the lead
  behind it bids again, after all others that wait.
* A rep with a place to spare costs nothing, and prices never fall. So in the end no lead would gain more than the last
  step by moving, and the prices prove how near the optimum is.
* Where many leads outbid each other by a step at a time, the step doubles: a war of prices ends soon, and the slack
  tells what it cost.
* A lead reads a short list of reps: whoever is outside it was below its threshold once and has not become more
  attractive since.
* The market must be able to place every lead: whoever cannot be placed is sold a place with "nobody" by the caller.

Method: D. P. Bertsekas, "The auction algorithm: a distributed relaxation method for the assignment problem" (1988),
with the places of one rep as similar objects (Bertsekas and Castañon, 1989).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush, heapreplace
from operator import itemgetter, sub
from typing import TypeAlias

from attrs import define, field

__all__ = ["Auction", "Option", "options"]

LONG_LIST = 24  # a longer list of reps is cut
SHORT_LIST = 16  # to so many
PATIENCE = 16  # so many bids for each lead, then the step doubles

_FAR = 1 << 300

Reader: TypeAlias = Callable[[Sequence[int]], tuple[int, ...]]
Option: TypeAlias = tuple[Reader, Sequence[int], Sequence[int], int]
"""How to read the numbers of some reps, what each is worth to a lead, who they are, and the worth below which all
others were when the list was made."""


def options(rows: Sequence[Sequence[int | None]]) -> list[Option]:
    """Who could take each lead, and what it is worth with them.

    Args:
        rows: One row per lead, one whole number per rep, 0 or more; ``None`` marks a pair that is out.
    """
    everyone = range(len(rows[0])) if rows else range(0)
    read = _reader(everyone)
    return [
        _option(row) if None in row else (read, row, everyone, -_FAR)  # type: ignore[misc]
        for row in rows
    ]


def _option(row: Sequence[int | None]) -> Option:
    reps = [rep for rep, value in enumerate(row) if value is not None]
    read = _reader(reps)
    return read, read(row), reps, -_FAR  # type: ignore[arg-type]


def _reader(reps: Sequence[int]) -> Reader:
    if len(reps) > 1:
        return itemgetter(*reps)
    return lambda row: tuple(row[rep] for rep in reps) * 2


@define(eq=False)
class Auction:
    """A market in which every place starts at nothing and is sold to who bids most.

    Args:
        leads: The options of every lead, at least one each. All leads can be placed at once.
        places: Places per rep, at least one each.
        top: The highest value.

    Attributes:
        prices: What a place with each rep costs at present.
        rep_of: The rep of each lead after the sale.
    """

    leads: Sequence[Option]
    places: Sequence[int]
    top: int
    prices: list[int] = field(init=False)
    rep_of: list[int] = field(init=False, factory=list)
    _quotes: list[Option] = field(init=False, factory=list)
    _doubtful: list[int] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self.prices = [0] * len(self.places)

    def _quote(self, option: Option) -> Option:
        """The reps that are worth most to a lead now."""
        read, values, reps, _ = option
        if len(reps) == 1:
            return read, [*values, values[0] - 2 * self.top - 2], [*reps, *reps], -_FAR
        if len(reps) <= LONG_LIST:
            return option
        net = list(map(sub, values, read(self.prices)))
        threshold = sorted(net)[-SHORT_LIST]
        near = [at for at, worth in enumerate(net) if worth >= threshold]
        reps, values = [reps[at] for at in near], [values[at] for at in near]
        return _reader(reps), values, reps, threshold

    def sell(self, step: int) -> None:
        """Sell every lead a place, in steps of ``step`` (at least 1): the finer, the nearer to the optimum."""
        prices = self.prices
        quotes = self._quotes = list(map(self._quote, self.leads))
        bits = len(quotes).bit_length()
        mask = (1 << bits) - 1
        sold: list[list[int]] = [[] for _ in self.places]
        free = list(self.places)
        waiting: Sequence[int] = range(len(quotes))
        patience = left = PATIENCE * len(quotes)
        while waiting:
            dropped: list[int] = []
            left -= len(waiting)
            if left < 0:
                step *= 2
                left = patience
            for bidder in waiting:
                read, values, reps, threshold = quotes[bidder]
                net = list(map(sub, values, read(prices)))
                second, best = sorted(net)[-2:]
                if second < threshold:
                    quotes[bidder] = self._quote(self.leads[bidder])
                    dropped.append(bidder)
                    continue
                rep = reps[net.index(best)]
                bid = prices[rep] + best - second + step
                heap = sold[rep]
                if free[rep]:
                    free[rep] -= 1
                    heappush(heap, bid << bits | bidder)
                    if free[rep]:
                        continue
                else:
                    dropped.append(heapreplace(heap, bid << bits | bidder) & mask)
                prices[rep] = heap[0] >> bits
            waiting = dropped
        self.rep_of = [0] * len(quotes)
        self._doubtful = []
        for rep, heap in enumerate(sold):
            sure = prices[rep] + step << bits
            for bid in heap:
                self.rep_of[bid & mask] = rep
                if bid < sure:
                    self._doubtful.append(bid & mask)

    def slack(self) -> int:
        """How much the bound on the optimum that the prices prove lies above the assignment.

        It is what the leads would gain, added up, if each could have the rep it likes best at these prices. A lead
        that bid a step more than its place costs now would gain nothing: its second best is worth less by so much.
        """
        prices = self.prices
        total = 0
        for lead in self._doubtful:
            read, values, reps, threshold = self._quotes[lead]
            net = list(map(sub, values, read(prices)))
            own, best = net[reps.index(self.rep_of[lead])], max(net)
            if best < threshold:
                read, values, _, _ = self.leads[lead]
                best = max(map(sub, values, read(prices)))
            total += best - own
        return total
