"""What scorers read from outcomes: the records of the candidates in the segments that a lead belongs to.

The rules of this module:

* A scorer that learns from outcomes says of which leads (``by``), and how fast they age (``half_life``).
* A lead that has no value in a field of ``by`` belongs to no segment of it. Several values, or several fields, add up.
* The counts ``won`` and ``closed`` of a snapshot stand in where no outcomes are given: they are all leads of all time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from attrs.converters import optional

from leadroute.model.duration import parse_duration
from leadroute.model.outcomes import ALL, NOTHING, Record, possible, segment_key
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.scorers.parameters import lasting
from leadroute.rules.naming import text_titles, texts_of
from leadroute.rules.scorer import Scorer
from leadroute.rules.situation import Situation

__all__ = ["Learning", "counted"]


def counted(snapshot: Snapshot, rep_id: str) -> Record:
    """What a rep has won and closed by the plain counts of a snapshot."""
    won, closed = snapshot.won.get(rep_id, 0), snapshot.closed.get(rep_id, 0)
    record = Record(won=won, closed=closed)
    return record if 0 <= won <= closed else possible(record)


def _by(given: Any) -> str | tuple[str, ...] | None:
    found = None if given is None else text_titles(given)
    return found[0] if found is not None and len(found) == 1 else found


@frozen
class Learning(Scorer):
    """What the scorers share that learn from outcomes.

    Args:
        by: The field of the lead, or a list of fields, that says which leads are similar; all leads when not given.
        half_life: The age at which an outcome counts half, in whole weeks; ``None`` counts all alike.
    """

    by: str | tuple[str, ...] | None = field(default=None, converter=_by, kw_only=True)
    half_life: str | None = field(default=None, converter=optional(lasting), kw_only=True)

    def records(self, situation: Situation) -> Mapping[str, Record]:
        """The record of every candidate by rep id, worked out once. O(candidates * weeks)."""
        return situation.once((Learning, self.by, self.half_life), lambda: self._records(situation))

    def answers(self, situation: Situation) -> bool:
        """Whether anything can be known: the lead belongs to a segment, and there are outcomes or counts."""
        snapshot = situation.snapshot
        if self.by is None:
            return bool(snapshot.outcomes or snapshot.closed)
        return bool(snapshot.outcomes and self._segments(situation))

    def record(self, situation: Situation, rep: Rep) -> Record:
        """The record of one candidate."""
        return self.records(situation).get(rep.id, NOTHING)

    def about(self, situation: Situation) -> str:
        """Which leads the record is about, as the end of a phrase; empty for all."""
        if self.by is None:
            return ""
        named = [value for title in self._fields for value in texts_of(situation.lead, title)]
        return f" in {', '.join(named)}" if named else " in leads like this"

    @property
    def _fields(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else self.by or ()

    def _records(self, situation: Situation) -> Mapping[str, Record]:
        snapshot = situation.snapshot
        if not snapshot.outcomes and self.by is None:
            return {rep.id: counted(snapshot, rep.id) for rep in situation.reps}
        half_life = None if self.half_life is None else parse_duration(self.half_life)
        now = None if half_life is None else situation.now
        segments = self._segments(situation)
        return {
            rep.id: possible(
                sum(
                    (
                        snapshot.outcomes.total(rep.id, segment, now=now, half_life=half_life)
                        for segment in segments
                    ),
                    NOTHING,
                )
            )
            for rep in situation.reps
        }

    def _segments(self, situation: Situation) -> tuple[str, ...]:
        if self.by is None:
            return (ALL,)
        return tuple(
            segment_key(title, value)
            for title in self._fields
            for value in texts_of(situation.lead, title)
        )
