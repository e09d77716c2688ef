"""Exact assignment by moving leads between reps along cheapest chains.

* The graph has one node per rep, not per lead: the edge from a to b costs what the cheapest move of one of a's leads
  to b would lose. There are few reps, so the graph is small however many leads there are.
* ``worth[lead][rep]`` is a whole number, ``None`` for a pair that is out. A rep's price never makes an edge negative
  (complementary slackness); prices that satisfy this prove that the assignment is optimal.

Method: Ahuja, Magnanti, Orlin, "Network Flows" (1993), chapter 9, contracted to the reps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain, compress
from operator import add, or_

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
