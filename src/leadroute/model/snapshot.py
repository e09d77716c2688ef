"""What a decision knows besides the policy, the lead and the reps: the counts of one instant.

A decision reads one snapshot and nothing else, so that it can be made again later and come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from leadroute.errors import FactTypeError
from leadroute.model.frozen import FrozenDict
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep

__all__ = ["Situation", "Snapshot"]

_NONE: FrozenDict[str, int] = FrozenDict()


@frozen
class Snapshot:
    """The counts of one instant. What is missing counts as 0, or as never.

    Args:
        open: Leads that each rep has open now, by rep id.
        used: Leads counted against a cap so far, by ``Cap.key``.
        turns: Turns that each rep has taken in each pool, by pool and rep id.
        last_assigned: When each rep last got a lead, by rep id, in microseconds since 1970 (UTC).
        won: Deals each rep has won, by rep id.
        closed: Deals of each rep that have ended, won or not, by rep id.

    Example:
        >>> Snapshot(open={"ada": 3}).open.get("ada")
        3
    """

    open: Mapping[str, int] = _NONE
    used: Mapping[str, int] = _NONE
    turns: Mapping[str, Mapping[str, int]] = FrozenDict()
    last_assigned: Mapping[str, int] = _NONE
    won: Mapping[str, int] = _NONE
    closed: Mapping[str, int] = _NONE


@frozen
class Situation:
    """Everything that scorers and requirements may look at for one lead.

    Args:
        lead: The lead to place.
        reps: The reps between whom the score decides, in the order of their ids.
        pool: The name of the pool whose rotation counts.
        snapshot: The counts of this instant.
        instant: The instant of the decision; ``None`` when the caller gave none.
    """

    lead: Lead
    reps: tuple[Rep, ...]
    pool: str
    snapshot: Snapshot = field(factory=Snapshot)
    instant: datetime | None = None

    @property
    def now(self) -> datetime:
        """The instant of the decision.

        Raises:
            FactTypeError: Nobody said what time it is.
        """
        if self.instant is None:
            raise FactTypeError(
                "now", "not known", "given: rank(lead, roster, now=...), or a lead with received_at"
            )
        return self.instant

    @property
    def turns(self) -> Mapping[str, int]:
        """The turns taken in this pool, by rep id."""
        return self.snapshot.turns.get(self.pool, _NONE)
