"""What scorers read from outcomes: the records of the candidates in the segments that a lead belongs to.

The rules of this module:

* A scorer that learns from outcomes says of which leads (``by``), and how fast they age (``half_life``).
* A lead that has no value in a field of ``by`` belongs to no segment of it. Several values, or several fields, add up.
* The counts ``won`` and ``closed`` of a snapshot stand in where no outcomes are given: they are all leads of all time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import repeat
from operator import attrgetter, le
from typing import Any, Final
from weakref import ref

from attrs import field, frozen
from attrs.converters import optional

from leadroute.model.duration import from_micros, parse_duration
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.model.track_record import (
    ALL,
    NOTHING,
    Outcomes,
    Record,
    possible,
    segment_key,
    week_of,
)
from leadroute.ranking.scorers.parameters import lasting
from leadroute.rules.fields import text_titles, texts_of
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

    reads = frozenset[str]()
    by: str | tuple[str, ...] | None = field(default=None, converter=_by, kw_only=True)
    half_life: str | None = field(default=None, converter=optional(lasting), kw_only=True)

    def records(self, situation: Situation) -> Mapping[str, Record]:
        """The record of every candidate by rep id, worked out once. O(candidates * weeks)."""
        return situation.once((Learning, self.by, self.half_life), lambda: self._records(situation))

    def columns(self, situation: Situation, *names: str) -> list[list[float]]:
        """Some numbers of the records of every candidate, a list for each name. O(candidates).

        The records of outcomes are remembered for as long as the outcomes are used.
        """
        ids, outcomes = situation.ids, situation.snapshot.outcomes
        if not outcomes:
            return self._counted(situation.snapshot, ids, names)
        half_life = None if self.half_life is None else parse_duration(self.half_life)
        week = 0 if half_life is None else week_of(situation.now)
        segments = tuple([each for each in self._segments(situation) if each in outcomes.weeks])
        totals = _kept(outcomes).totals(segments, half_life, week)
        records = [totals[rep_id] for rep_id in ids]
        return [[*map(attrgetter(name), records)] for name in names]

    def _counted(
        self, snapshot: Snapshot, ids: list[str], names: tuple[str, ...]
    ) -> list[list[float]]:
        if self.by is not None or not {"won", "closed"}.intersection(names):
            return [[0] * len(ids) for _ in names]
        of_won, of_closed = snapshot.won.get, snapshot.closed.get
        won: list[float] = [*map(of_won, ids, repeat(0))]
        closed: list[float] = [*map(of_closed, ids, repeat(0))]
        if min(won, default=0) < 0 or not all(map(le, won, closed)):
            records = [counted(snapshot, rep_id) for rep_id in ids]
            won, closed = [each.won for each in records], [each.closed for each in records]
        known = {"won": won, "closed": closed}
        return [known[name] if name in known else [0] * len(ids) for name in names]

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


_WEEK: Final = timedelta(weeks=1) // timedelta(microseconds=1)
_MOST: Final = 1_000_000
"""How many records are kept for one value of outcomes."""


class _Totals(dict[str, Record]):
    """What became of the leads of each rep in some segments; added up when it is first asked for."""

    __slots__ = ("_total",)

    def __init__(self, total: Callable[[str], Record]) -> None:
        self._total = total

    def __missing__(self, rep_id: str) -> Record:
        found = self[rep_id] = self._total(rep_id)
        return found


class _Kept:
    """The records of one value of outcomes, which it does not keep alive."""

    __slots__ = ("_of", "_totals")

    def __init__(self, outcomes: ref[Outcomes]) -> None:
        self._of = outcomes
        self._totals: dict[tuple[tuple[str, ...], timedelta | None], tuple[int, _Totals]] = {}

    def totals(self, segments: tuple[str, ...], half_life: timedelta | None, week: int) -> _Totals:
        """The records in some segments, as they count in a week."""
        place = segments, half_life
        found = self._totals.get(place)
        if found is None or found[0] != week:
            if sum([len(totals) for _, totals in self._totals.values()]) > _MOST:
                self._totals.clear()
            start = None if half_life is None else from_micros(week * _WEEK)
            found = self._totals[place] = (
                week,
                _Totals(partial(self._total, segments, half_life, start)),
            )
        return found[1]

    def _total(
        self,
        segments: tuple[str, ...],
        half_life: timedelta | None,
        now: datetime | None,
        rep_id: str,
    ) -> Record:
        outcomes = self._of() or Outcomes()
        found = [
            outcomes.total(rep_id, segment, now=now, half_life=half_life) for segment in segments
        ]
        return possible(sum(found, NOTHING))


_KEPT: Final[dict[int, _Kept]] = {}


def _kept(outcomes: Outcomes) -> _Kept:
    """What is kept for outcomes, by their identity: they are too many to be compared."""
    place = id(outcomes)
    found = _KEPT.get(place)
    if found is None:
        # the entry goes with the outcomes, before their number can be given to anything else
        found = _KEPT[place] = _Kept(ref(outcomes, lambda _gone: _KEPT.pop(place, None)))
    return found
