"""The candidates of one rule, laid out so that the best few are found without asking everybody.

The rules of this module:

* The order says what a rep can reach at most. It may be old: who lost something keeps the place, who won something gets
  a higher one.
* What is the same for every lead is worked out when something changes, so that no lead has to wait for it.
* When the order has become so stale that too many are asked in vain, it is settled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

from leadroute.model.lead import Lead
from leadroute.model.outcomes import Record
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.asking import Asking, Asks
from leadroute.ranking.bands import EVEN, Band, Bands, Steps
from leadroute.ranking.classes import Class, Splitting
from leadroute.ranking.eligibility import Obstacle, gate
from leadroute.ranking.facets import depends
from leadroute.ranking.layout import Layout
from leadroute.ranking.live import Key, Totals
from leadroute.ranking.looks import Looks
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.host import HostScorer
from leadroute.ranking.scorers.turns import Standing, rotation
from leadroute.ranking.search import SLACK, Found, search
from leadroute.ranking.terms import NOBODY, Asker, Live, Rate, Standard, standard
from leadroute.rules.condition import ALWAYS
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Scorer
from leadroute.rules.situation import Situation

__all__ = ["Lane"]

_FREE: Final = 32


class _Moment(NamedTuple):
    """What is the same for every lead until something changes.

    Args:
        askers: Who answers for each term; ``None`` where it hangs on the lead.
        steps: The reps by their points from the rotation.
        drift: What may have to be added to what the layout says.
        totals: What all candidates have won and closed.
    """

    askers: list[Asker | None]
    steps: Steps
    drift: float
    totals: Totals


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
        self.weights = tuple(float(term.weight) for term in terms)
        self.scorers: tuple[Scorer, ...] = tuple(term.scorer for term in terms)
        self._lead_terms: list[tuple[float, Scorer]] = []
        self._terms: list[tuple[float, Standard]] = []
        self.takes_turns = rule.score is not None and rule.score.takes_turns
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
        self._asking = Asking(
            self.scorers, self.weights, self.reps, self._leading, self._turning, self._standing
        )
        self._splitting = Splitting(self._lead_terms, self.reps)
        self._looks = Looks(self.reps)
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
        self._states = [[term.state(rep) for rep in self.reps] for _, term in self._terms]
        states = [*zip(*self._states, strict=True)] if self._states else [()] * len(self.reps)
        entries = [
            (-self._bound(state), state, last.get(rep.id, -1), rep.id, number)
            for number, (rep, state) in enumerate(zip(self.reps, states, strict=True))
        ]
        self._lasts = [entry[2] for entry in entries]
        self.facts = [self.live.facts(rep) for rep in self.reps]
        self._bands, used = Bands(self.live.order), set[Band]()
        bands = []
        for number in range(len(self.reps)):
            bands.append(self._band(number, used))
            used.add(bands[-1] or EVEN)
        self._layout = Layout(sorted(entries), self._splitting.facets.held, bands)
        points, counted = self.live.order.points, self._counted
        self._asking.settle(self._states, lambda number: points(counted[number][0]))  # type: ignore[index]  # a candidate
        self._debt = 0
        self._moment: _Moment | None = None
        answering = [weight for weight, term in self._terms if term.answers()]
        self._splitting.settle(self._turn_weight + sum(answering))

    def _state(self, number: int) -> list[object]:
        return [states[number] for states in self._states]

    def _bound(self, state: Iterable[object]) -> float:
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

        What follows for all others, in the rotation and in the average close rate, is worked out here, so that no lead
        has to wait for it. O(n log n) when a close rate is worth another strength now.
        """
        number = self.number.get(rep_id)
        if number is not None:
            self._rise()
            self._move(number, rep_id)
            self._looked()

    def _move(self, number: int, rep_id: str) -> None:
        rep = self.reps[number]
        self.facts[number] = self.live.facts(rep)
        self._recount(number)
        granted = self.live.granted(rep)
        if granted:
            self._looks.plan(number, self._now, granted)
        state = [term.state(rep) for _, term in self._terms]
        last = self.live.snapshot.last_assigned.get(rep_id, -1)
        if (state, last) == (self._state(number), self._lasts[number]):
            return
        self._lasts[number] = last
        for states, each in zip(self._states, state, strict=True):
            states[number] = each
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
            self._moment = None
            self._layout.put(number, self._band(number, self._layout.bands))

    def _count(self, number: int, able: bool) -> bool:
        rep, old = self.reps[number], self._counted[number]
        record = self.live.records.get(rep.id)
        won, closed = (int(record.won), int(record.closed)) if record else (0, 0)
        new = (self.live.key(rep, self._now), won, closed) if able else None
        if new == old:
            return False
        self._counted[number] = new
        if self.takes_turns:
            self.live.order.replace(number, old and old[0], new and new[0])
        if (old and old[1:]) != (new and new[1:]):
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
        if self.takes_turns and level != self._level:
            self._level, self._moment = level, None
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
            return self._walk(lead, count, now)
        with self._without(tried):
            return self._walk(lead, count, now)

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

    def _walk(self, lead: Lead, count: int, now: datetime | None) -> tuple[list[Found], Totals]:
        askers, steps, drift, totals = self._moment or self._looked()
        asking, hosted, splits = self._asking, self._hosted, self._splitting.splits(lead)
        bound: list[Asks] = []

        def asks(of: Class) -> Asks:
            if of.exact and not hosted:
                return asking.classed(askers, splits, of)
            if not bound:
                bound.append(asking.bound(askers, self._situation(lead, now)))
            return bound[0]

        found, asked, sinking = search(
            count,
            self._splitting.classes(splits),
            splits,
            self._layout,
            steps,
            drift,
            asks,
            self._lasts,
            self.ids,
        )
        for number in sinking:
            self._moment = None
            self._layout.sink(number, self._bound(self._state(number)))
        self._debt += max(0, asked - _FREE - 2 * count)
        if self._debt > len(self.ids):
            self.settle()
        return found, totals

    def _looked(self) -> _Moment:
        for _, term in self._drifting:
            if term.look():
                self.settle()
        drift = sum([weight * term.drift() for weight, term in self._drifting]) + SLACK
        self._moment = found = _Moment(
            self._asking.current(), self._steps(), drift, self.live.totals.copy()
        )
        return found

    def _steps(self) -> Steps:
        if self._turn_weight:
            found = self._bands.steps(self._layout.bands, self._turn_weight)
            if found[0]:
                return found
        return (0.0,), (self._layout.able,), (True,)
