"""What a decision knows besides the policy, the lead and the reps: the counts of one instant.

A decision reads one snapshot and nothing else, so that it can be made again later and come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from attrs import fields, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.rep import Presence
from leadroute.model.track_record import TrackRecords
from leadroute.model.turn_credit import TurnCredits
from leadroute.model.validation import FrozenDict, must_be, shown

__all__ = ["Snapshot"]

_NONE: FrozenDict[str, int] = FrozenDict()
_NOBODY: FrozenDict[str, Presence] = FrozenDict()
_NO_OUTCOMES = TrackRecords()


@guided
@frozen(repr=False)
class Snapshot:
    """The counts at one instant. Missing ones are 0, or never.

    Args:
        open: Leads that each rep has open now, by rep id.
        used: Leads counted against a cap so far, by ``Cap.key``.
        turns: Turns that each rep has taken in each pool, by pool and rep id.
        last_assigned: When each rep last got a lead, by rep id, in microseconds since 1970 (UTC). Of two who got theirs
            at one instant, the later has a higher number.
        won: Deals each rep has won, by rep id.
        closed: Deals of each rep that have ended, won or not, by rep id.
        track_records: The results of each rep's leads by segment and week, for the scorers that learn.
        contacted: The last contact of each rep by rep id, in microseconds since 1970 (UTC).
        presence: The presence of each rep, by rep id; it is not checked for a rep who is missing.
        turn_credits: Turns given to reps beside their share, or withheld, by pool and rep id.
        credits: What was shared out to each rep less the turns taken, by pool and rep id, in parts of a turn
            (``UNIT``). Of a pool that is not in it the turns alone are known, and every lead so far counts as shared
            out among the candidates.

    What is handed in is copied, so that a decision and its reasons are about the same counts.

    Raises:
        FieldTypeError: Something is of the wrong kind, or a count is not a number.

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
    track_records: TrackRecords = _NO_OUTCOMES
    contacted: Mapping[str, int] = _NONE
    presence: Mapping[str, Presence] = _NOBODY
    turn_credits: Mapping[str, TurnCredits] = FrozenDict()
    credits: Mapping[str, Mapping[str, int]] = FrozenDict()

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        for name in _MAPPINGS:
            given = getattr(self, name)
            if type(given) is not FrozenDict:  # leadroute alone makes those, of counts that are
                object.__setattr__(self, name, _copied(name, given))
        if not isinstance(self.track_records, TrackRecords):
            must_be(TrackRecords, track_records=self.track_records)

    def read(self, need: Any) -> Snapshot:
        """Return the counts for some candidates.

        A snapshot returns itself; a store reads the counters of these candidates.
        """
        return self


_MAPPINGS = tuple(each.name for each in fields(Snapshot) if each.name != "track_records")
_PLAIN = ("open", "used", "last_assigned", "won", "closed")
_BY_POOL = ("turns", "credits")
_NESTED = (*_BY_POOL, "turn_credits")


def _copied(name: str, given: Any) -> FrozenDict[str, Any]:
    """A copy that does not change; of what does not change itself, no copy is needed."""
    if not isinstance(given, dict):
        must_be(Mapping, **{name: given})
    if name not in _NESTED:
        if name in _PLAIN:
            _must_count(name, given)
        return FrozenDict(given)
    for pool, counts in given.items():
        must_be(Mapping, **{f"{name}[{pool!r}]": counts})
        if name in _BY_POOL:
            _must_count(f"{name}[{pool!r}]", counts)
    return FrozenDict({pool: FrozenDict(counts) for pool, counts in given.items()})


def _must_count(name: str, counts: Mapping[str, int]) -> None:
    """Refuse what is no number; O(counts), at the pace of a set."""
    if not counts or set(map(type, counts.values())) == {int}:
        return
    for of, count in counts.items():
        if not isinstance(count, int | float) or not isfinite(count):
            expected = "a number"
            if name == "last_assigned":
                expected = "microseconds since 1970, such as leadroute.model.duration.to_micros(at)"
            raise FieldTypeError(f"{name}[{of!r}]", shown(count), expected)
