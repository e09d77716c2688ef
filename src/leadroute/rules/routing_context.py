"""What a scorer or a requirement may look at: a lead, its candidates, counts and instant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import compress, repeat
from typing import Any, Final, TypeVar

from attrs import Factory, evolve, field, frozen

from leadroute.model.duration import digest
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot, TurnCredit, balances, counting
from leadroute.model.territory_index import Match
from leadroute.model.validation import FrozenDict, known
from leadroute.rules.conditions import Condition
from leadroute.rules.evaluation import PLAIN, Registry, Test, compile_condition, lead_values

T = TypeVar("T")

ZEROS: Final = repeat(0)
"""What a counter stands at that is not there; without end, for ``map(counts.get, keys, ZEROS)``."""

CHANCES: Final = 64
"""How many equally likely lots there are: finite, so that a propensity is exact."""
_GRAINS: Final = 16
"""How finely reps with the same lot are told apart."""

_compiled = lru_cache(maxsize=4_096)(compile_condition)
_UNKNOWN: Final = object()
_NO_TURNS: FrozenDict[str, int] = FrozenDict()


class Crew:
    """Some reps, and what is kept of them: whatever depends on them and on nothing that changes."""

    __slots__ = ("_part", "_parts", "_take", "_whole", "ids", "kept", "reps")

    def __init__(
        self,
        reps: tuple[Rep, ...],
        whole: Crew | None = None,
        part: Sequence[bool] = (),
        take: Callable[[int], None] | None = None,
    ) -> None:
        self.reps, self._whole, self._part, self._take = reps, whole, part, take
        ids = (rep.id for rep in reps) if whole is None else compress(whole.ids, part)
        self.ids: tuple[str, ...] = tuple(ids)
        self.kept: dict[Hashable, Any] = {}
        self._parts: dict[bytes, Crew] = {}

    def column(self, key: Hashable, value_of: Callable[[Rep], T]) -> list[T]:
        """Return the value of each rep, computed when it is first asked for."""
        found: list[T] | None = self.kept.get(key)
        if found is None:
            if self._whole is None:
                found = [value_of(rep) for rep in self.reps]
            else:
                found = [*compress(self._whole.column(key, value_of), self._part)]
            self._keep(key, found, len(found))
        return found

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """Return what depends on these reps alone and not on each by itself, computed when it is first asked for."""
        try:
            found: T = self.kept[key]
        except KeyError:
            found = work()
            self._keep(key, found, len(self.reps))
        return found

    def part(self, part: Sequence[bool]) -> Crew:
        """Return some of the reps: those who were asked for before are the same crew."""
        if False not in part:
            return self
        key = bytes(part)
        found = self._parts.get(key)
        if found is None:
            found = Crew(tuple(compress(self.reps, part)), self, part, self._take)
            if len(self._parts) >= _MOST_PARTS:
                self._parts.clear()
            self._parts[key] = found
            if self._take is not None:
                self._take(100 + len(part) + 2 * len(found.reps))
        return found

    def _keep(self, key: Hashable, found: Any, values: int) -> None:
        self.kept[key] = found
        if self._take is not None:
            self._take(50 + values)


_MOST_PARTS: Final = 64
"""For how many combinations of reps a part is kept."""


@frozen(slots=False)  # one or two are made for every lead, and without slots in half the time
class RoutingContext:
    """The inputs of scorers and requirements for one lead.

    Args:
        lead: The lead to place.
        reps: The reps between whom the score decides, in the order of their ids.
        pool: The name of the pool whose turns count.
        snapshot: The counts of this instant.
        instant: The instant of the decision; ``None`` when the caller gave none.
        matches: The territories that the lead is in, most specific first.
        registry: The predicates and lists of the policy.
        absent: The members of the pool who cannot take the lead, or a function that finds them when asked.
        lot: The lot of every rep, 0 up to ``CHANCES``, to see what chance could have given; ``None`` draws them.
        crew: The ``reps`` with what is kept of them from lead to lead; made when not given.
        open: The leads that each of ``reps`` has open now, where they were read already.
    """

    lead: Lead
    reps: tuple[Rep, ...]
    pool: str
    snapshot: Snapshot = field(factory=Snapshot)
    instant: datetime | None = None
    registry: Registry = PLAIN
    matches: tuple[Match, ...] = ()
    _absent: tuple[Rep, ...] | Callable[[], tuple[Rep, ...]] = field(
        default=(), eq=False, repr=False
    )
    lot: int | None = None
    crew: Crew = field(
        default=Factory(lambda self: Crew(self.reps), takes_self=True), eq=False, repr=False
    )
    _open: list[int] | None = field(default=None, eq=False, repr=False)
    _known: dict[Hashable, Any] = field(factory=dict, init=False, eq=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy elsewhere remembers nothing, and knows who is absent."""
        given = (self.lead, self.reps, self.pool, self.snapshot, self.instant, self.registry)
        return RoutingContext, (*given, self.matches, self.absent, self.lot)

    @property
    def now(self) -> datetime:
        """The instant of the decision.

        Raises:
            FieldTypeError: The time was not given.
        """
        return known(self.instant)

    @property
    def turns(self) -> Mapping[str, int]:
        """The turns taken in this pool, by rep id."""
        return self.snapshot.turns.get(self.pool, _NO_TURNS)

    @property
    def balances(self) -> Mapping[str, int]:
        """The turn credits of this pool, by rep id.

        Turns that were taken away count below 0.

        Raises:
            FieldTypeError: A rep has turn credits, and the time was not given.
        """
        granted = self.snapshot.turn_credits.get(self.pool)
        if not granted:
            return _NO_TURNS
        return self.once(balances, lambda: balances(granted, self.now))

    def turn_credits(self, rep: Rep) -> Iterator[TurnCredit]:
        """Return the turn credits of a rep that count now."""
        granted = self.snapshot.turn_credits.get(self.pool, {}).get(rep.id, ())
        return counting(granted, self.now) if granted else iter(())

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of ``reps``."""
        return self.crew.ids

    @property
    def column(self) -> Callable[[Hashable, Callable[[Rep], T]], list[T]]:
        """``crew.column``: the value of each of ``reps``, kept from lead to lead."""
        return self.crew.column

    @property
    def open(self) -> list[int]:
        """The leads that each of ``reps`` has open now."""
        if self._open is not None:
            return self._open
        return [*map(self.snapshot.open.get, self.crew.ids, ZEROS)]

    @property
    def absent(self) -> tuple[Rep, ...]:
        """The members of the pool who cannot take the lead."""
        return self._absent() if callable(self._absent) else self._absent

    def holds(self, condition: Condition) -> list[bool]:
        """Return whether a condition is true, for each of ``reps``.

        Raises:
            FieldTypeError: It met a fact of the wrong type.
        """
        test, values = self.test_of(condition), lead_values(condition, self.registry)
        lead, now = self.lead, self.instant
        if values is None:
            return [test(lead, rep, now) for rep in self.reps]
        return self.crew.column((condition, values(lead)), lambda rep: test(lead, rep, now))

    def staffed(self) -> Iterator[Match]:
        """The territories of the lead with a rep among ``reps``.

        The most specific one comes first.
        """
        for match in self.matches:
            if any(match.territory.role(rep) for rep in self.reps):
                yield match

    def test_of(self, condition: Condition) -> Test:
        """Return the condition as a function, compiled once.

        Its arguments are lead, rep and now.
        """
        return _compiled(condition, self.registry)

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """Return the result of ``work``, computed once for this context.

        It must not depend on lots.

        Args:
            key: What it is, such as the scorer that asks.
            work: A pure function of this context.
        """
        found: Any = self._known.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._known[key] = work()
        return found  # type: ignore[no-any-return]

    def luck(self, rep: Rep) -> float:
        """Return the rep's luck with this lead, from 0 to 1.

        A higher lot gives a higher number.

        The lot is one of ``CHANCES`` equally likely ones. Where in the lot the number is, one of 16
        grains, is known beforehand for a rep and a lead, and keeps reps with the same lot from
        being put in order by their ids. Both are drawn from the ids of lead and rep alone
        (SHA-256), so they are the same whenever they are asked for, and nobody else's luck changes
        them.
        """
        lot, grain = _drawn(self.lead.id, rep.id)
        if self.lot is not None:
            lot = self.lot
        return (lot * _GRAINS + grain + 0.5) / (CHANCES * _GRAINS)

    def with_lot(self, lot: int) -> RoutingContext:
        """The same situation, had every rep drawn this lot."""
        found = evolve(self, lot=lot)
        found._known.update(self._known)  # noqa: SLF001 - one situation to another of its kind
        return found


@lru_cache(maxsize=4_096)
def _drawn(lead_id: str, rep_id: str) -> tuple[int, int]:
    drawn = digest(f"{lead_id}\0{rep_id}")
    return divmod(int.from_bytes(drawn[:8], "big") % (CHANCES * _GRAINS), _GRAINS)
