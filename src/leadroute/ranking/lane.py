"""The candidates of one rule, laid out so that the best few are found without asking everybody.

The rules of this module:

* The score of a rep is worked out by the scorers themselves, in the order of the terms. What is kept here only says
  whom to ask first, and when nobody else can be among the best.
* A class of reps has the same points from all terms that depend on the lead. The class that can reach most is asked
  next, its highest rep first (the threshold algorithm of Fagin, Lotem and Naor 2003, over classes).
* When the order has become so stale that too many are asked in vain, it is settled anew.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from math import inf
from typing import Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.model.outcomes import Record
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.asking import Asking
from leadroute.ranking.bands import EVEN, Band, Bands, Step
from leadroute.ranking.classes import Splitting
from leadroute.ranking.eligibility import Obstacle, gate
from leadroute.ranking.facets import depends
from leadroute.ranking.layout import Layout
from leadroute.ranking.live import Key, Totals
from leadroute.ranking.looks import Looks
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.host import HostScorer
from leadroute.ranking.scorers.turns import Standing, rotation
from leadroute.ranking.terms import NOBODY, Asker, Live, Rate, Standard, standard
from leadroute.rules.condition import ALWAYS
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Scorer, mean
from leadroute.rules.situation import Situation

__all__ = ["Found", "Lane"]

Found: TypeAlias = tuple[float, int, str, int, tuple[float | None, ...]]
"""The score negated, when last assigned, the id; the rep's number, and the points of each term."""

_SLACK: Final = 1e-9
"""More than rounding can add to a score of at most 1."""
_FREE: Final = 32
_PATIENCE: Final = 6


class Lane:
    """The candidates of one rule.

    Args:
        rule: The rule, with a score.
        pool: The name of its pool.
        members: The members of the pool.
        snapshot: The counts; its mappings change under way, and ``refresh`` says for whom.
        records: What each rep has won and closed, by rep id; it changes likewise.
        router: The policy.
        now: The instant up to which schedules and caps are looked at.

    Raises:
        FactTypeError: A condition or a bound of the host met a value of the wrong type.
    """

    def __init__(
        self,
        rule: Rule,
        pool: str,
        members: tuple[Rep, ...],
        snapshot: Snapshot,
        records: Mapping[str, Record],
        router: Router,
        now: datetime | None,
    ) -> None:
        self.live = Live(pool, snapshot, records)
        self.refusal = ""
        self._rule, self._router, self._now = rule, router, now
        self._environment = router.environment
        self._members = members
        terms = rule.score.terms if rule.score else ()
        self.weights = tuple(term.weight for term in terms)
        self.scorers: tuple[Scorer, ...] = tuple(term.scorer for term in terms)
        self._lead_terms: list[tuple[float, Scorer]] = []
        self._terms: list[tuple[float, Standard]] = []
        self._takes_turns = rule.score is not None and rule.score.takes_turns
        self._turn_weight = 0.0
        self._leading: list[int] = []
        self._standing: list[tuple[int, Standard]] = []
        self._turning: list[int] = []
        for position, (weight, scorer) in enumerate(zip(self.weights, self.scorers, strict=True)):
            if depends(scorer):
                self._lead_terms.append((weight, scorer))
                self._leading.append(position)
                continue
            if isinstance(scorer, rotation):
                self._turn_weight += weight
                self._turning.append(position)
                continue
            term = standard(scorer, self.live)
            if isinstance(term, str):
                self.refusal = term
                return
            self._standing.append((position, term))
            self._terms.append((weight, term))
        if not any(self.weights):
            self.refusal = "the rule has no score with weight"
            return
        self._drifting = [(weight, term) for weight, term in self._terms if isinstance(term, Rate)]
        self._hosted = any(isinstance(scorer, HostScorer) for scorer in self.scorers)
        self._start()

    def _start(self) -> None:
        require = self._rule.require
        meets = self._bare(None).test_of(ALWAYS if require is None else require)
        self.reps = tuple(
            rep for rep in self._members if meets(NOBODY, rep, None) and rep.active and rep.weight
        )
        self.ids = [rep.id for rep in self.reps]
        self.number = {rep.id: number for number, rep in enumerate(self.reps)}
        self._asking = Asking(self.scorers, self.reps, self._leading, self._turning, self._standing)
        self._splitting = Splitting(self._lead_terms, self.reps)
        self._looks = Looks(self.reps)
        self._weights = len({rep.weight for rep in self.reps})
        self._counted: list[tuple[Key, int, int] | None] = [None] * len(self.reps)
        self._among: tuple[tuple[Rep, ...], tuple[Rep, ...]] | None = None
        self._obstacles = self._gate()
        self._level = self.live.level
        self.live.order.rise(self._level)
        for number, rep in enumerate(self.reps):
            self._count(number, able=not self._obstacles(rep))
            self._looks.plan(number, self._now, self.live.granted(rep))
        self.settle()

    @property
    def timed(self) -> bool:
        """Whether who can take a lead, or whose turn it is, changes with time alone."""
        return bool(self._looks.timed)

    def settle(self) -> None:
        """Lay the reps out anew. O(n log n)."""
        for _, term in self._terms:
            term.settle()
        last = self.live.snapshot.last_assigned
        self._states = [tuple(term.state(rep) for _, term in self._terms) for rep in self.reps]
        entries = [
            (-self._bound(state), state, last.get(rep.id, -1), rep.id, number)
            for number, (rep, state) in enumerate(zip(self.reps, self._states, strict=True))
        ]
        self._lasts = [entry[2] for entry in entries]
        self.facts = [self.live.facts(rep) for rep in self.reps]
        self._bands, used = Bands(self.live.order, self._weights), set[Band]()
        bands = []
        for number in range(len(self.reps)):
            bands.append(self._band(number, used))
            used.add(bands[-1] or EVEN)
        self._layout = Layout(sorted(entries), self._splitting.facets.held, bands)
        points, counted = self.live.order.points, self._counted
        self._asking.settle(self._states, lambda number: points(counted[number][0]))  # type: ignore[index]  # a candidate
        self._debt = 0
        answering = [weight for weight, term in self._terms if term.answers()]
        self._splitting.settle(self._turn_weight + sum(answering))

    def _bound(self, state: tuple[object, ...]) -> float:
        return sum(
            weight * term.most(each)
            for (weight, term), each in zip(self._terms, state, strict=True)
        )

    def _bare(self, now: datetime | None) -> Situation:
        live = self.live
        return Situation(NOBODY, (), live.pool, live.snapshot, now, self._environment)

    def _situation(self, lead: Lead, now: datetime | None) -> Situation:
        reps, absent = self._sides() if self._hosted else ((), ())
        live = self.live
        return Situation(
            lead, reps, live.pool, live.snapshot, now, self._environment, absent=absent
        )

    def _sides(self) -> tuple[tuple[Rep, ...], tuple[Rep, ...]]:
        if self._among is None:
            able = {
                rep.id
                for rep, counted in zip(self.reps, self._counted, strict=True)
                if counted is not None
            }
            self._among = (
                tuple(rep for rep in self._members if rep.id in able),
                tuple(rep for rep in self._members if rep.id not in able),
            )
        return self._among

    def refresh(self, rep_id: str) -> None:
        """The counts of this rep have changed. O(log n), and O(n / 64) operations of the machine on bits.

        What follows for the rotation is settled here, so that no lead has to wait for it.
        """
        number = self.number.get(rep_id)
        if number is not None:
            self._rise()
            self._move(number, rep_id)
            self._steps()

    def _move(self, number: int, rep_id: str) -> None:
        rep = self.reps[number]
        self.facts[number] = self.live.facts(rep)
        self._recount(number)
        granted = self.live.granted(rep)
        if granted:
            self._looks.plan(number, self._now, granted)
        state = tuple([term.state(rep) for _, term in self._terms])
        last = self.live.snapshot.last_assigned.get(rep_id, -1)
        if (state, last) == (self._states[number], self._lasts[number]):
            return
        self._states[number], self._lasts[number] = state, last
        if not self._layout.change(number, self._bound(state)):
            self.settle()

    def advance(self, now: datetime) -> None:
        """Time has passed, or is another: look at those whose schedule or cap can have changed."""
        before, self._now = self._now, now
        if not self.timed:
            return
        self._obstacles = self._gate()
        for number in self._looks.due(before, now):
            self._recount(number)
            self._looks.plan(number, now, self.live.granted(self.reps[number]))

    def _gate(self) -> Callable[[Rep], tuple[Obstacle, ...]]:
        bare = self._bare(self._now)
        tally = self._router.tally(NOBODY, self._rule, self.live.pool, self._now)
        return gate(self._rule, bare, {}, tally)

    def _recount(self, number: int) -> None:
        self._enter(number, able=not self._obstacles(self.reps[number]))

    def _enter(self, number: int, able: bool) -> None:
        if self._count(number, able=able):
            self._layout.put(number, self._band(number, self._layout.bands))

    def _count(self, number: int, able: bool) -> bool:
        rep, old = self.reps[number], self._counted[number]
        record = self.live.records.get(rep.id)
        won, closed = (int(record.won), int(record.closed)) if record else (0, 0)
        new = (self.live.key(rep, self._now), won, closed) if able else None
        if new == old:
            return False
        self._counted[number] = new
        if self._takes_turns:
            self.live.order.replace(number, old and old[0], new and new[0])
        if old is not None:
            self.live.totals.add(old[1], old[2], -1)
        if new is not None:
            self.live.totals.add(new[1], new[2])
        if (old is None) != (new is None):
            self._among = None
        return True

    def _band(self, number: int, used: Container[Band]) -> Band | None:
        counted = self._counted[number]
        if counted is None:
            return None
        return self._bands.of(counted[0], used) if self._turn_weight else EVEN

    def _rise(self) -> None:
        level = self.live.level
        if self._takes_turns and level != self._level:
            self._level = level
            fallen = self.live.order.rise(level)
            if fallen and self._turn_weight:
                used = self._layout.bands
                self._layout.put_all(fallen, lambda number: self._band(number, used))

    def best(
        self, lead: Lead, count: int, now: datetime | None, tried: Iterable[str]
    ) -> tuple[list[Found], Totals]:
        """The best candidates for a lead, best first.

        Args:
            lead: The lead.
            count: How many, 1 or more.
            now: The instant of the decision; ``advance`` has seen it.
            tried: Ids of reps who are left out.

        Returns:
            They, and what all candidates for this lead have won and closed together.
        """
        self._rise()
        if not tried:
            return self._settled_walk(lead, count, now), self.live.totals.copy()
        with self._without(tried):
            return self._settled_walk(lead, count, now), self.live.totals.copy()

    def standing(self, rep: Rep, tried: Iterable[str]) -> Standing:
        """Where the rep stands in the rotation, with those left out who had the lead before."""
        self._rise()
        with self._without(tried):
            return self.live.order.standing(self.live.key(rep, self._now))

    @contextmanager
    def _without(self, tried: Iterable[str]) -> Iterator[None]:
        numbers = [self.number[rep_id] for rep_id in tried if rep_id in self.number]
        left_out = [number for number in numbers if self._counted[number] is not None]
        for number in left_out:
            self._enter(number, able=False)
        try:
            yield
        finally:
            for number in left_out:
                self._enter(number, able=True)

    def _settled_walk(self, lead: Lead, count: int, now: datetime | None) -> list[Found]:
        for _, term in self._drifting:
            if term.stale():
                self.settle()
        return self._walk(lead, count, now)

    def _walk(  # noqa: C901 - the one loop that every lead runs through; calls would cost more than it does
        self, lead: Lead, count: int, now: datetime | None
    ) -> list[Found]:
        points = self._asking.current()
        splits = self._splitting.splits(lead)
        classes, firsts = self._splitting.classes(splits)
        layout, lasts, ids = self._layout, self._lasts, self.ids
        ceilings, in_slot, loosened = layout.ceilings, layout.reps, layout.loosened
        weights = self.weights
        steps = self._steps()
        drift = sum([weight * term.drift() for weight, term in self._drifting]) + _SLACK
        most = steps[0][0] + ceilings[layout.able.bit_length() - 1] + drift
        heap = [
            (-(classes[first][0] + most) / classes[first][1] - _SLACK, first, -1, 0)
            for first in firsts
        ]
        heapify(heap)
        runs: dict[tuple[int, int], tuple[int, int]] = {}
        bases: dict[int, tuple[int, float]] = {}
        askers: dict[int, list[Asker]] = {}
        bound: list[Asker] | None = None
        found: list[Found] = []
        sinking: list[int] = []
        asked, worst = 0, inf
        while heap:
            reach, number, step, mask = heap[0]
            if reach > worst:
                break
            gained, divisor, picked, exact = classes[number]
            if step < 0:
                after = number + 1
                if after < len(classes) and classes[after][1] == divisor:
                    reach = -(classes[after][0] + most) / divisor - _SLACK
                    heappush(heap, (reach, after, -1, 0))
                if exact and not self._hosted:
                    askers[number] = self._asking.classed(points, splits, picked)
                shares = [split.shares[share] for split, share in zip(splits, picked, strict=True)]
                base, step = layout.cut(shares), 0
                bases[number] = base, gained + drift + ceilings[base.bit_length() - 1]
            if not mask:
                base, highest = bases[number]
                while step < len(steps) and not (mask := base & steps[step][1]):
                    step += 1
                if not mask:
                    heappop(heap)
                    continue
                top = gained + drift + steps[step][0] + ceilings[mask.bit_length() - 1]
                heapreplace(heap, (-top / divisor - _SLACK, number, step, mask))
                if step + 1 < len(steps):
                    reach = -(highest + steps[step + 1][0]) / divisor - _SLACK
                    heappush(heap, (reach, number, step + 1, 0))
                continue
            slot = mask.bit_length() - 1
            asked += 1
            if number not in askers:
                if bound is None:
                    bound = self._asking.bound(points, self._situation(lead, now))
                askers[number] = bound
            rep = in_slot[slot]
            scores = tuple([ask(rep) for ask in askers[number]])
            score = mean(zip(weights, scores, strict=True)) or 0.0
            entry = -score, lasts[rep], ids[rep], rep, scores
            if asked <= count or entry < found[-1]:
                insort(found, entry)
                if asked >= count:
                    del found[count:]
                    worst = found[-1][0]
            mask ^= 1 << slot
            if loosened[slot]:
                loosened[slot] += 1
                if loosened[slot] > _PATIENCE:
                    sinking.append(rep)
            elif exact and layout.floor[slot] < slot and steps[step][2]:
                floor = layout.floor[slot]
                run, length = runs.get((number, step), (-1, 0))
                length = length + 1 if run == floor else 1
                runs[number, step] = floor, length
                if length >= count:
                    mask &= layout.loose | (1 << floor) - 1
            if mask:
                top = gained + drift + steps[step][0] + ceilings[mask.bit_length() - 1]
                heapreplace(heap, (-top / divisor - _SLACK, number, step, mask))
            else:
                heappop(heap)
        for number in sinking:
            layout.sink(number, self._bound(self._states[number]))
        self._debt += max(0, asked - _FREE - 2 * count)
        if self._debt > len(ids):
            self.settle()
        return found

    def _steps(self) -> list[Step]:
        if self._turn_weight:
            found = self._bands.steps(self._layout.bands, self._turn_weight)
            if found:
                return found
        return [(0.0, self._layout.able, True)]
