"""The two methods behind the batch: an auction comes near the optimum, moves along cheapest chains finish and prove it.

* In the auction a lead bids for a place with the rep who is worth most to it after the price. The bid is as high as the
  lead can bear: what that rep is worth above its second best, plus ``step``. A full rep drops its lowest bid, and the
  lead behind it bids again, after all others that wait.
* A rep with a place to spare costs nothing, and prices never fall. So in the end no lead would gain more than the last
  step by moving, and the prices prove how near the optimum is.
* The graph of the chains has one node per rep, not per lead: the edge from a to b costs what the cheapest move of one
  of a's leads to b would lose. There are few reps, so the graph is small however many leads there are.
* ``worth[lead][rep]`` is a whole number, ``None`` for a pair that is out. A rep's price never makes an edge negative
  (complementary slackness); prices that satisfy this prove that the assignment is optimal.

Methods: D. P. Bertsekas, "The auction algorithm: a distributed relaxation method for the assignment problem" (1988),
with the places of one rep as similar objects (Bertsekas and Castañon, 1989). Ahuja, Magnanti, Orlin, "Network Flows"
(1993), chapter 9, contracted to the reps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from heapq import heappush, heapreplace
from itertools import chain, compress
from math import inf
from operator import add, itemgetter, or_, sub
from typing import TypeAlias

from attrs import define, field

Worth = Sequence[Sequence[int | None]]


@define(eq=False)
class Network:
    """Who holds which lead, and what the cheapest move between each two reps costs.

    Args:
        worth: One row per lead, one column per rep.
        spare: Free places per rep.
        prices: What a place with each rep is worth, at first 0.

    Attributes:
        leads: Who holds which leads.
        far: More than any chain of moves can lose: what a move that is out costs.
    """

    worth: Worth
    spare: list[int]
    prices: list[int]
    leads: list[set[int]] = field(init=False)
    far: int = field(init=False)
    _moves: dict[int, list[int]] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.leads = [set() for _ in self.spare]
        largest = max(map(abs, filter(None, chain.from_iterable(self.worth))), default=0)
        self.far = 8 * (largest + 1) * (len(self.spare) + 1) ** 2

    def losses(self, lead: int, rep: int) -> list[int]:
        """What is lost when ``rep`` gives ``lead`` to each rep."""
        row = self.worth[lead]
        own: int = row[rep]  # type: ignore[assignment]
        if None in row:
            return [self.far if value is None else own - value for value in row]
        return list(map(own.__sub__, row))  # type: ignore[arg-type]

    def moves(self, rep: int) -> list[int]:
        """The cheapest loss with which ``rep`` can free a place, per receiving rep; kept."""
        found = self._moves.get(rep)
        if found is None:
            found = [self.far] * len(self.spare)
            rows = [self.losses(lead, rep) for lead in self.leads[rep]]
            if rows:
                found = list(map(min, *rows)) if len(rows) > 1 else rows[0]
            self._moves[rep] = found
        return found

    def give(self, lead: int, rep: int) -> None:
        """Put a lead that nobody holds with ``rep``."""
        self.leads[rep].add(lead)
        known = self._moves.get(rep)
        if known is not None:
            self._moves[rep] = list(map(min, known, self.losses(lead, rep)))

    def take(self, lead: int, rep: int) -> None:
        """Take a lead from ``rep``."""
        known = self.moves(rep)
        held = self.leads[rep]
        held.remove(lead)
        for other, loss in enumerate(self.losses(lead, rep)):
            if loss == known[other] != self.far:
                known[other] = min(
                    (self._loss(kept, rep, other) for kept in held), default=self.far
                )

    def _loss(self, lead: int, rep: int, other: int) -> int:
        row = self.worth[lead]
        value = row[other]
        return self.far if value is None else row[rep] - value  # type: ignore[operator]

    def cheapest(self, rep: int, other: int) -> int:
        """The lead behind the cheapest move from ``rep`` to ``other``; the first of equals."""
        loss = self.moves(rep)[other]
        return min(lead for lead in self.leads[rep] if self._loss(lead, rep, other) == loss)

    def assignment(self) -> list[int]:
        """The rep of every lead."""
        rep_of = [0] * len(self.worth)
        for rep, held in enumerate(self.leads):
            for lead in held:
                rep_of[lead] = rep
        return rep_of

    def insert(self, lead: int) -> None:
        """Place one more lead by the cheapest chain of moves, and keep the prices right.

        Some rep with a spare place must be within reach.
        """
        prices, spare = self.prices, self.spare
        row = self.worth[lead]
        net = [-self.far if value is None else value - prices[rep] for rep, value in enumerate(row)]
        best = max(net)
        far = [best - worth for worth in net]
        before = [-1] * len(far)
        left = set(range(len(far)))
        done: list[int] = []
        while not spare[end := min(left, key=far.__getitem__)]:
            left.discard(end)
            done.append(end)
            start = far[end] - prices[end]
            moves = self.moves(end)
            for rep in left:
                length = start + moves[rep] + prices[rep]
                if length < far[rep]:
                    far[rep] = length
                    before[rep] = end
        for rep in done:
            prices[rep] += far[end] - far[rep]
        spare[end] -= 1
        while (giver := before[end]) >= 0:
            moved = self.cheapest(giver, end)
            self.take(moved, giver)
            self.give(moved, end)
            end = giver
        self.give(lead, end)

    def improve(self) -> None:
        """Turn every improving cycle; then no move gains at the prices, and the lowest is 0.

        A rep with a spare place can also free a place for nothing, so their price ends at 0.
        """
        onward = [-1] * len(self.prices)
        while sum(self._reroute(rep, onward) for rep in range(len(self.prices))):
            pass
        lowest = min(self.prices)
        self.prices = [price - lowest for price in self.prices]

    def _reroute(self, rep: int, onward: list[int]) -> bool:
        """Lower a rep's price to that of the cheapest way out, and turn the cycle it closes."""
        prices = self.prices
        through = list(map(add, self._exits(rep), prices))
        lowest = min(through)
        if lowest >= prices[rep]:
            return False
        prices[rep] = lowest
        onward[rep] = through.index(lowest)
        cycle = _cycle(rep, onward)
        if cycle:
            self._turn(cycle)
            onward[:] = [-1] * len(onward)
        return True

    def _exits(self, rep: int) -> list[int]:
        moves = self.moves(rep)
        return [min(loss, 0) for loss in moves] if self.spare[rep] else moves

    def _turn(self, cycle: list[int]) -> None:
        """Move one lead, or one spare place, along every edge of a cycle."""
        edges = list(zip(cycle, cycle[1:] + cycle[:1], strict=True))
        idle = [bool(self.spare[giver]) and self.moves(giver)[taker] >= 0 for giver, taker in edges]
        moved = [
            -1 if nothing else self.cheapest(giver, taker)
            for (giver, taker), nothing in zip(edges, idle, strict=True)
        ]
        for (giver, taker), lead in zip(edges, moved, strict=True):
            if lead < 0:
                self.spare[giver] -= 1
                self.spare[taker] += 1
            else:
                self.take(lead, giver)
                self.give(lead, taker)


def _cycle(start: int, onward: Sequence[int]) -> list[int]:
    """The cycle that ``onward`` closes through ``start``; empty when it ends elsewhere."""
    chain = [start]
    while (following := onward[chain[-1]]) != start:
        if following < 0:
            return []
        chain.append(following)
    return chain


def place(worth: Worth, places: Sequence[int], order: Iterable[int]) -> Network:
    """The optimal placement of all leads, built lead by lead."""
    network = Network(worth, list(places), [0] * len(places))
    for lead in order:
        network.insert(lead)
    return network


def polish(
    worth: Worth, places: Sequence[int], rep_of: Sequence[int], prices: Sequence[int]
) -> Network:
    """The optimal placement reached from any placement of all leads."""
    network = Network(worth, list(places), list(prices))
    for lead, rep in enumerate(rep_of):
        network.leads[rep].add(lead)
        network.spare[rep] -= 1
    network.improve()
    return network


def shortfall(worth: Worth, places: Sequence[int]) -> tuple[int, list[int]]:
    """How many leads must be left out at best, and the full reps that cause it (a minimum cut)."""
    everyone = (1 << len(places)) - 1
    bits = [1 << rep for rep in range(len(places))]
    options = [
        sum(compress(bits, [value is not None for value in row])) if None in row else everyone
        for row in worth
    ]
    spare = list(places)
    held: list[set[int]] = [set() for _ in places]
    left, stuck = 0, 0
    for lead, mask in enumerate(options):
        found, before = _way(mask & ~stuck, spare, held, options)
        if found < 0:
            left += 1
            stuck |= sum(1 << rep for rep in before)
            continue
        spare[found] -= 1
        while (giver := before[found]) >= 0:
            moved = next(kept for kept in held[giver] if options[kept] >> found & 1)
            held[giver].remove(moved)
            held[found].add(moved)
            found = giver
        held[found].add(lead)
    return left, [rep for rep in range(len(places)) if stuck >> rep & 1]


def _way(
    mask: int, spare: Sequence[int], held: Sequence[set[int]], options: Sequence[int]
) -> tuple[int, dict[int, int]]:
    """The nearest rep with a spare place, or -1, and from whom each rep on the way is reached."""
    before: dict[int, int] = {}
    queue = deque([(-1, mask)])
    seen = 0
    while queue:
        giver, fresh = queue.popleft()
        fresh &= ~seen
        seen |= fresh
        reached = []
        while fresh:
            rep = fresh.bit_length() - 1
            fresh ^= 1 << rep
            before[rep] = giver
            if spare[rep]:
                return rep, before
            reached.append(rep)
        for rep in reached:
            queue.append((rep, reduce(or_, map(options.__getitem__, held[rep]), 0)))
    return -1, before


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
