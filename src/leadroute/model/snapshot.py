"""What a decision knows besides the policy, the lead and the reps: the counts of one instant.

A decision reads one snapshot and nothing else, so that it can be made again later and come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import fields, frozen

from leadroute.model.frozen import FrozenDict
from leadroute.model.kinds import must_be
from leadroute.model.outcomes import Outcomes
from leadroute.model.presence import Presence

__all__ = ["Snapshot"]

_NONE: FrozenDict[str, int] = FrozenDict()
_NOBODY: FrozenDict[str, Presence] = FrozenDict()
_NO_OUTCOMES = Outcomes()


@frozen
class Snapshot:
    """The counts of one instant. What is missing counts as 0, or as never.

    Args:
        open: Leads that each rep has open now, by rep id.
        used: Leads counted against a cap so far, by ``Cap.key``.
        turns: Turns that each rep has taken in each pool, by pool and rep id.
        levels: How far the rotation of each pool has come, by pool, in millionths of a turn at weight 1.
        last_assigned: When each rep last got a lead, by rep id, in microseconds since 1970 (UTC).
        won: Deals each rep has won, by rep id.
        closed: Deals of each rep that have ended, won or not, by rep id.
        outcomes: What became of each rep's leads by segment and week, for the scorers that learn from it.
        contacted: When each rep last reached a lead, by rep id, in microseconds since 1970 (UTC).
        presence: Whether each rep is at work this minute, by rep id; who is not in it is not asked about.

    Raises:
        FactTypeError: Something is of the wrong kind.

    Example:
        >>> Snapshot(open={"ada": 3}).open.get("ada")
        3
    """

    open: Mapping[str, int] = _NONE
    used: Mapping[str, int] = _NONE
    turns: Mapping[str, Mapping[str, int]] = FrozenDict()
    levels: Mapping[str, int] = _NONE
    last_assigned: Mapping[str, int] = _NONE
    won: Mapping[str, int] = _NONE
    closed: Mapping[str, int] = _NONE
    outcomes: Outcomes = _NO_OUTCOMES
    contacted: Mapping[str, int] = _NONE
    presence: Mapping[str, Presence] = _NOBODY

    def __attrs_post_init__(self) -> None:
        for name in _COUNTS:
            must_be(Mapping, **{name: getattr(self, name)})
        must_be(Outcomes, outcomes=self.outcomes)


_COUNTS = tuple(each.name for each in fields(Snapshot) if each.name != "outcomes")
