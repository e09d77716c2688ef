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

from attrs import define, field

__all__ = ["Auction"]

LONG_LIST = 24  # a longer list of reps is cut
SHORT_LIST = 16  # to so many
PATIENCE = 16  # so many bids for each lead, then the step doubles

_FAR = 1 << 300
_Picker = Callable[[Sequence[int]], tuple[int, ...]]
_Quote = tuple[_Picker, Sequence[int], Sequence[int], int]


@define(eq=False)
class Auction:
    """A market in which every place starts at nothing and is sold to who bids most.

    Args:
        values: One row per lead, one whole number per rep, 0 or more; ``None`` marks a pair that is out. Every lead
            has an option, and all leads can be placed at once.
        places: Places per rep, at least one each.
        top: The highest value.

    Attributes:
        prices: What a place with each rep costs at present.
        rep_of: The rep of each lead after the sale.
    """

    values: Sequence[Sequence[int | None]]
    places: Sequence[int]
    top: int
    prices: list[int] = field(init=False)
    rep_of: list[int] = field(init=False, factory=list)
    _everyone: tuple[Sequence[int], _Picker] = field(init=False)
    _quotes: list[_Quote] = field(init=False, factory=list)
    _doubtful: list[int] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        everyone = range(len(self.places))
        self.prices = [0] * len(everyone)
        self._everyone = everyone, _picker(everyone)

    def _quote(self, row: Sequence[int | None]) -> _Quote:
        """The reps that are worth most to a lead now, and the worth below which the others are."""
        reps, pick = self._everyone
        if None in row:
            reps = [rep for rep, value in enumerate(row) if value is not None]
            pick = _picker(reps)
        values: Sequence[int] = pick(row)  # type: ignore[arg-type]
        if len(reps) <= LONG_LIST:
            return pick, values, reps, -_FAR
        net = list(map(sub, values, pick(self.prices)))
        threshold = sorted(net)[-SHORT_LIST]
        reps = [rep for rep, worth in zip(reps, net, strict=True) if worth >= threshold]
        pick = _picker(reps)
        return pick, pick(row), reps, threshold  # type: ignore[arg-type]

    def sell(self, step: int) -> None:
        """Sell every lead a place, in steps of ``step`` (at least 1): the finer, the nearer to the optimum."""
        prices, spread = self.prices, 2 * self.top + 2
        quotes = self._quotes = list(map(self._quote, self.values))
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
                pick, values, reps, threshold = quotes[bidder]
                net = list(map(sub, values, pick(prices)))
                best = max(net)
                at = net.index(best)
                net[at] = best - spread
                second = max(net)
                if second < threshold:
                    quotes[bidder] = self._quote(self.values[bidder])
                    dropped.append(bidder)
                    continue
                rep = reps[at]
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
            row, rep = self.values[lead], self.rep_of[lead]
            pick, values, _, threshold = self._quotes[lead]
            best = max(map(sub, values, pick(prices)))
            if best < threshold:
                pick, values, _, _ = self._quote(row)
                best = max(map(sub, values, pick(prices)))
            total += best - row[rep] + prices[rep]
        return total


def _picker(reps: Sequence[int]) -> _Picker:
    """A function that reads the columns of some reps from a row."""
    if len(reps) > 1:
        return itemgetter(*reps)
    return lambda row: tuple(map(row.__getitem__, reps))
