"""The part of a score that is the same for every lead: what each rep brings along.

The rules of this module:

* A term reads a rep's ``state`` from the live counts, and says the ``most`` points that this state can give as things
  stood when it was last settled. For a ``Rate``, ``drift`` is what has to be added to that today.
* Reps in equal states have equal points, whatever the lead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeAlias

from attrs import field, frozen

from leadroute.model.grants import Grant, counting
from leadroute.model.lead import Lead
from leadroute.model.outcomes import NOTHING, Record
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.live import Key, Order, Totals
from leadroute.ranking.scorers.evidence import Learning
from leadroute.ranking.scorers.host import HostScorer
from leadroute.ranking.scorers.load import headroom, workload
from leadroute.ranking.scorers.outcomes import close_rate
from leadroute.ranking.shrinkage import Prior
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["NOBODY", "Asker", "Facts", "Live", "Rate", "Standard", "standard"]

NOBODY = Lead("nobody")

State: TypeAlias = Any
Facts: TypeAlias = tuple[Rep, int, int, Record, tuple[Grant, ...]]
States: TypeAlias = Sequence[Sequence[State]]
"""The state of each rep by number, for one term after the other."""
Asker: TypeAlias = Callable[[int], float | None]
"""The points of one term for the rep of a number."""


@frozen(eq=False)
class Live:
    """The counts of this moment and what follows from them for the candidates of one rule.

    Args:
        pool: The pool whose rotation counts.
        snapshot: The counts; its mappings change under way.
        records: What each rep has won and closed, by rep id.
        order: Where the candidates stand in the rotation.
        totals: What the candidates have won and closed together.
    """

    pool: str
    snapshot: Snapshot
    records: Mapping[str, Record]
    order: Order = field(factory=Order)
    totals: Totals = field(factory=Totals)

    def turns(self, rep: Rep) -> int:
        """The turns that the rep has taken in the pool."""
        turns = self.snapshot.turns.get(self.pool)
        return turns.get(rep.id, 0) if turns else 0

    def granted(self, rep: Rep) -> tuple[Grant, ...]:
        """The turns given to the rep in the pool, or withheld."""
        granted = self.snapshot.granted.get(self.pool)
        return granted.get(rep.id, ()) if granted else ()

    def key(self, rep: Rep, now: datetime | None) -> Key:
        """What the rep's points in the rotation hang on, besides the others."""
        turns, granted = self.turns(rep), self.granted(rep)
        if not granted or now is None:
            return turns, rep.weight, 0
        return turns, rep.weight, sum(grant.turns for grant in counting(granted, now))

    def facts(self, rep: Rep) -> Facts:
        """What the reasons are written from: the rep, leads open, turns taken, the record, and the turns granted."""
        opened, record = self.snapshot.open.get(rep.id, 0), self.records.get(rep.id, NOTHING)
        return rep, opened, self.turns(rep), record, self.granted(rep)

    @property
    def level(self) -> int:
        """How far the rotation has come."""
        return self.snapshot.levels.get(self.pool, 0)

    def tell(self, situation: Situation, scorer: Scorer) -> None:
        """What the scorer would otherwise work out from all candidates."""
        if isinstance(scorer, close_rate):
            prior = partial(self.totals.prior, scorer.strength)
            situation.once((Learning, None, None), lambda: self.records)
            situation.once((close_rate, scorer), prior)


class Standard(Protocol):
    """A term of the score that is the same for every lead."""

    def asker(self, states: States, place: int) -> Asker | None:
        """The points as things stand now, the very ones of the scorer; ``None`` when they hang on the lead.

        Args:
            states: The states of each rep, by number, for one term after the other.
            place: Which of them are those of this term.
        """
        ...

    def settle(self) -> None:
        """Take things as they stand now for the reference."""
        ...

    def state(self, rep: Rep) -> State:
        """What the rep's points hang on; it can be compared and sorted."""
        ...

    def most(self, state: State) -> float:
        """The most points that this state gives, by the reference."""
        ...

    def answers(self) -> bool:
        """Whether there is an answer, for everybody or for nobody."""
        ...


class _Fixed:
    """Points that hang on the rep's own counts alone."""

    def __init__(self, points: Callable[[Rep], float]) -> None:
        self._points = points

    def asker(self, states: States, place: int) -> Asker | None:
        """The state itself."""
        return states[place].__getitem__

    def settle(self) -> None:
        """There is nothing to refer to."""

    def state(self, rep: Rep) -> State:
        """The points themselves."""
        return self._points(rep)

    def most(self, state: State) -> float:
        """The points themselves."""
        return float(state)

    def answers(self) -> bool:
        """Always."""
        return True


class _Hosted(_Fixed):
    """Points of a host's scorer, of which only the bound is known."""

    def asker(self, states: States, place: int) -> Asker | None:
        """Nobody knows what they hang on."""
        return None

    def state(self, rep: Rep) -> State:
        """The bound, and who it is for: no two reps are alike."""
        return self._points(rep), rep.id

    def most(self, state: State) -> float:
        """The bound."""
        return float(state[0])


class Rate:
    """Points of a close rate."""

    def __init__(self, live: Live, strength: float | None) -> None:
        self._live, self._strength = live, strength
        self.settle()

    def asker(self, states: States, place: int) -> Asker | None:
        """The rate of the record, shrunk to the average of this moment."""
        if self._current is None:
            return _nothing
        shrunk, records = self._current.shrunk, states[place]
        return lambda number: min(1.0, shrunk(*records[number]))

    def _prior(self) -> Prior | None:
        return self._live.totals.prior(self._strength)

    def settle(self) -> None:
        """Remember the average."""
        self._reference = self._current = self._prior()

    def state(self, rep: Rep) -> State:
        """The rep's own record."""
        record = self._live.records.get(rep.id)
        return (record.won, record.closed) if record else (0, 0)

    def most(self, state: State) -> float:
        """The points of the record by the average of the reference."""
        reference = self._reference
        return 0.0 if reference is None else min(1.0, reference.shrunk(*state))

    def drift(self) -> float:
        """What the average has risen: nobody gains more than that."""
        before, current = self._reference, self._current
        return 0.0 if before is None or current is None else max(0.0, current.mean - before.mean)

    def answers(self) -> bool:
        """Once any candidate has closed anything."""
        return self._reference is not None

    def look(self) -> bool:
        """Look at the average of this moment.

        Returns:
            Whether it cannot be told from the reference: there is an answer for once, or none any more, or the counts
            speak for another strength.
        """
        before, current = self._reference, self._prior()
        self._current = current
        if before is None or current is None:
            return before is not current
        return before.strength != current.strength


def _nothing(_number: int) -> None:
    return None


def standard(scorer: Scorer, live: Live) -> Standard | str:
    """The scorer as a term that is the same for every lead, or why it is none."""
    if isinstance(scorer, headroom | workload):
        points: Points = scorer.bind(Situation(NOBODY, (), live.pool, live.snapshot))
        return _Fixed(points)  # type: ignore[arg-type]  # these two always have an answer
    if isinstance(scorer, HostScorer) and scorer.bound is not None:
        return _Hosted(scorer.most)
    if not isinstance(scorer, close_rate):
        return f"{scorer} has no bound"
    if scorer.by is not None or scorer.half_life is not None or live.snapshot.outcomes:
        return f"{scorer} reads outcomes by segment or week"
    if not all(map(_whole, live.records.values())):
        return f"{scorer} reads counts that are no whole numbers"
    return Rate(live, scorer.strength)


def _whole(record: Record) -> bool:
    return record.won % 1 == record.closed % 1 == 0
