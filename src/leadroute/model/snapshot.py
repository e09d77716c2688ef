"""What a decision knows besides the policy, the lead and the reps: the counts of one instant.

A decision reads one snapshot and nothing else, so that it can be made again later and come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from attrs import fields, frozen

from leadroute.errors import FactTypeError
from leadroute.model.frozen import FrozenDict
from leadroute.model.grants import Grants
from leadroute.model.kinds import must_be
from leadroute.model.outcomes import Outcomes
from leadroute.model.presence import Presence
from leadroute.model.values import shown

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
        granted: Turns given to reps beside their share, or withheld, by pool and rep id.

    Raises:
        FactTypeError: Something is of the wrong kind, or a count is no number.

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
    granted: Mapping[str, Grants] = FrozenDict()

    def __attrs_post_init__(self) -> None:
        for name in _COUNTS:
            _must_map(name, getattr(self, name))
        for name in _PLAIN:
            _must_count(name, getattr(self, name))
        for pool, turns in self.turns.items():
            _must_map(f"turns[{pool!r}]", turns)
            _must_count(f"turns[{pool!r}]", turns)
        must_be(Outcomes, outcomes=self.outcomes)


_COUNTS = tuple(each.name for each in fields(Snapshot) if each.name != "outcomes")
_PLAIN = ("open", "used", "levels", "last_assigned", "won", "closed")


def _must_map(name: str, given: object) -> None:
    if not isinstance(given, dict):
        must_be(Mapping, **{name: given})


def _must_count(name: str, counts: Mapping[str, int]) -> None:
    """Refuse what is no number; O(counts), at the pace of a set."""
    if not counts or set(map(type, counts.values())) == {int}:
        return
    for of, count in counts.items():
        if not isinstance(count, int | float) or not isfinite(count):
            expected = "a number"
            if name == "last_assigned":
                expected = "microseconds since 1970, such as leadroute.model.instants.to_micros(at)"
            raise FactTypeError(f"{name}[{of!r}]", shown(count), expected)
