"""What a scorer or a requirement may look at: one lead, its candidates, the counts and the instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from attrs import field, frozen

from leadroute.model.atlas import Match
from leadroute.model.frozen import FrozenDict
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.model.values import known
from leadroute.rules.closures import PLAIN, Environment, Test, compile_condition
from leadroute.rules.condition import Condition

__all__ = ["Situation"]

_compiled = lru_cache(maxsize=4_096)(compile_condition)
_NO_TURNS: FrozenDict[str, int] = FrozenDict()


@frozen
class Situation:
    """Everything that scorers and requirements may look at for one lead.

    Args:
        lead: The lead to place.
        reps: The reps between whom the score decides, in the order of their ids.
        pool: The name of the pool whose rotation counts.
        snapshot: The counts of this instant.
        instant: The instant of the decision; ``None`` when the caller gave none.
        matches: The territories that the lead is in, most specific first.
        environment: The predicates and lists that the host brings for conditions.
    """

    lead: Lead
    reps: tuple[Rep, ...]
    pool: str
    snapshot: Snapshot = field(factory=Snapshot)
    instant: datetime | None = None
    environment: Environment = PLAIN
    matches: tuple[Match, ...] = ()

    @property
    def now(self) -> datetime:
        """The instant of the decision.

        Raises:
            FactTypeError: Nobody said what time it is.
        """
        return known(self.instant)

    @property
    def turns(self) -> Mapping[str, int]:
        """The turns taken in this pool, by rep id."""
        return self.snapshot.turns.get(self.pool, _NO_TURNS)

    def staffed(self) -> Iterator[Match]:
        """The territories of the lead that have a rep among ``reps``, most specific first."""
        for match in self.matches:
            if any(match.territory.role(rep) for rep in self.reps):
                yield match

    def test_of(self, condition: Condition) -> Test:
        """The condition as a function of (lead, rep, now); compiled once and remembered."""
        return _compiled(condition, self.environment)
