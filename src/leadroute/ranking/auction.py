"""Sell the places of the reps to the leads: the fast way to place many leads at once.

The rules of this module:

* A lead bids for a place with the rep who is worth most to it after the price. The bid is as high as the lead can
  bear: what that rep is worth above its second best, plus ``step``. A full rep drops its lowest bid, and the lead
  behind it bids again.
* Spare places are taken by *fillers*, bidders to whom every rep is worth nothing. In the end every place is sold, so
  that a rep below capacity needs no rule of its own.
* When a round ends, no lead would gain more than ``step`` by moving. Rounds go from coarse steps to fine ones.
* Prices never fall, not even between rounds. A lead therefore reads a short list of reps: whoever is outside it was
  below its threshold once and has not become more attractive since.
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

SHORT_LIST = 16

_FAR = 1 << 300
_Quote = tuple[Callable[[Sequence[int]], tuple[int, ...]], list[int], Sequence[int], int]

# A list that is always below its threshold, so that it is replaced before it is used.
_UNREAD: _Quote = (itemgetter(0, 0), [0, 0], [0, 0], _FAR)


@define(eq=False)
class Auction:
    """A market in which leads and places are sold against each other, round by round.

    Args:
        values: One row per lead, one whole number per rep, 0 or more; ``None`` marks a pair that is out. Every lead
            has an option, and all leads can be placed at once.
        places: Places per rep, at least one each.

    Attributes:
        prices: What a place with each rep costs at present.
        rep_of: The rep of each lead after the last round.
    """

    values: Sequence[Sequence[int | None]]
    places: Sequence[int]
    prices: list[int] = field(init=False)
    rep_of: list[int] = field(init=False, factory=list)
    _quotes: list[_Quote] = field(init=False)
    _spread: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.prices = [0] * len(self.places)
        self._spread = 2 * max(max(filter(None, row), default=0) for row in self.values) + 2
        self._quotes = [_UNREAD] * len(self.values)

    def _quote(self, row: Sequence[int | None]) -> _Quote:
        """The reps that are worth most to a lead now, and the worth below which the others are."""
        reps: Sequence[int] = range(len(row))
        if None in row:
            reps = [rep for rep in reps if row[rep] is not None]
        values = [value for value in map(row.__getitem__, reps) if value is not None]
        threshold = -_FAR
        if len(reps) > SHORT_LIST + 4:
            net = list(map(sub, values, map(self.prices.__getitem__, reps)))
            threshold = sorted(net)[-SHORT_LIST]
            near = [at for at, worth in enumerate(net) if worth >= threshold]
            reps = [reps[at] for at in near]
            values = [values[at] for at in near]
        if len(reps) == 1:
            only = reps[0]
            return lambda prices: (prices[only],), values, reps, threshold
        return itemgetter(*reps), values, reps, threshold

    def sell(self, step: int) -> None:
        """Sell every place afresh, at the standing prices, in steps of ``step`` (at least 1).

        Afterwards ``rep_of`` gives a rep to every lead, and no lead would gain more than ``step`` elsewhere.
        """
        quotes, prices, spread = self._quotes, self.prices, self._spread
        leads = len(self.values)
        bits = leads.bit_length()
        mask = (1 << bits) - 1
        sold: list[list[int]] = [[] for _ in self.places]
        free = list(self.places)
        fillers = sum(free) - leads
        waiting = list(range(leads - 1, -1, -1))
        while waiting or fillers:
            if waiting:
                bidder = waiting.pop()
                pick, values, reps, threshold = quotes[bidder]
                net = list(map(sub, values, pick(prices)))
                best = max(net)
                at = net.index(best)
                net[at] = best - spread
                second = max(net)
                if second < threshold:
                    quotes[bidder] = self._quote(self.values[bidder])
                    waiting.append(bidder)
                    continue
                rep = reps[at]
                bid = prices[rep] + best - second + step
            else:
                bidder = leads
                fillers -= 1
                lowest = min(prices)
                rep = prices.index(lowest)
                bid = min(prices[:rep] + prices[rep + 1 :], default=lowest) + step
            heap = sold[rep]
            if free[rep]:
                free[rep] -= 1
                heappush(heap, bid << bits | bidder)
            else:
                dropped = heapreplace(heap, bid << bits | bidder) & mask
                if dropped == leads:
                    fillers += 1
                else:
                    waiting.append(dropped)
            if not free[rep]:
                prices[rep] = heap[0] >> bits
        self.rep_of = [0] * leads
        for rep, heap in enumerate(sold):
            for bidder in {bid & mask for bid in heap} - {leads}:
                self.rep_of[bidder] = rep

    def slack(self) -> int:
        """How much a bound on the optimum lies above the assignment of the last round, at most.

        The bound is the dual one: what the places cost, and the best net worth of every lead at these prices.
        """
        prices = self.prices
        spare = list(self.places)
        total = 0
        for lead, rep in enumerate(self.rep_of):
            row = self.values[lead]
            pick, values, _, threshold = self._quotes[lead]
            best = max(map(sub, values, pick(prices)))
            if best < threshold:
                self._quotes[lead] = pick, values, _, _ = self._quote(row)
                best = max(map(sub, values, pick(prices)))
            total += best - row[rep] + prices[rep]
            spare[rep] -= 1
        lowest = min(prices)
        return total + sum(
            (price - lowest) * left for price, left in zip(prices, spare, strict=True)
        )
