"""What became of the leads that each rep had, as counts that can be added up in any order.

* A ``Record`` holds whole numbers as counted. Records add up field by field, so it never matters in
  which order, or in how many parts, they were counted.
* Counts may be set right afterwards, so one week may hold less than nothing. Who judges by a total
  takes what is ``possible``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import exp2
from typing import Final, TypeAlias

from attrs import Factory, asdict, astuple, evolve, field, fields_dict, frozen

from leadroute.model.duration import to_micros
from leadroute.model.keys import key, parts
from leadroute.model.validation import FrozenDict

ALL: Final = ""
"""The segment that every lead belongs to."""

UNIT: Final = 1_000_000
"""Logarithms and their squares are counted in millionths, so that they are whole numbers."""

_WEEK: Final = timedelta(weeks=1)
_PREFIX: Final = "outcome"


@frozen(repr=False)
class Record:
    """The results of some leads, as counts.

    They are whole numbers, and fractions after old weeks count less.

    Args:
        offered: Offers made.
        accepted: Offers accepted.
        declined: Offers declined.
        ignored: Offers that ran out without an answer.
        closed: Leads that ended, won or not.
        won: Leads that were won.
        value: What the won leads were worth, in hundredths of your currency.
        sized: Won leads whose worth is known and above 0.
        log_size: The sum of their log(worth), in millionths.
        log_size_squared: The sum of their log(worth) squared, in millionths.
        reached: Leads that were contacted.
        log_response: The sum of log(1 + seconds from offer to contact), in millionths.

    Example:
        >>> Record(offered=2, accepted=1) + Record(offered=1)
        Record(offered=3, accepted=1)
    """

    offered: float = 0
    accepted: float = 0
    declined: float = 0
    ignored: float = 0
    closed: float = 0
    won: float = 0
    value: float = 0
    sized: float = 0
    log_size: float = 0
    log_size_squared: float = 0
    reached: float = 0
    log_response: float = 0

    def __add__(self, other: Record) -> Record:
        return Record(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, factor: float) -> Record:
        return Record(*(count * factor for count in astuple(self)))

    def __repr__(self) -> str:
        counted = (f"{name}={count}" for name, count in asdict(self).items() if count)
        return f"Record({', '.join(counted)})"


NOTHING: Final = Record()

_COUNTS: Final = ("offered", "accepted", "declined", "ignored", "closed", "won", "sized", "reached")


def possible(record: Record) -> Record:
    """The nearest record that can be: no count below 0, and what was won is closed."""
    below = {name: 0 for name in _COUNTS if getattr(record, name) < 0}
    if below or record.closed < record.won:
        found = evolve(record, **below)
        return evolve(found, closed=max(found.closed, found.won))
    return record


Weeks: TypeAlias = Mapping[int, Record]


def week_of(instant: datetime) -> int:
    """Return the week of an aware instant, counted since 1970.

    Example:
        >>> from datetime import UTC
        >>> week_of(datetime(1970, 1, 8, tzinfo=UTC))
        1
    """
    return to_micros(instant) // (_WEEK // timedelta(microseconds=1))


def segment_key(field: str, value: str) -> str:
    """The name of the segment of the leads that have this value in this field."""
    return key(field, value)


@frozen
class TrackRecords:
    """The records of all reps, by segment, rep id and week.

    Args:
        weeks: The records; what is missing is nothing.

    Example:
        >>> track_records = TrackRecords.of([("ada", ALL, 2900, Record(won=3, closed=5))])
        >>> track_records.total("ada").won, track_records.total("bob").won
        (3, 0)
    """

    weeks: Mapping[str, Mapping[str, Weeks]] = Factory(FrozenDict)
    _totals: dict[tuple[str, str, int, timedelta | None], Record] = field(
        factory=dict, init=False, eq=False, repr=False
    )

    @classmethod
    def of(cls, cells: Iterable[tuple[str, str, int, Record]]) -> TrackRecords:
        """Return the records of (rep id, segment, week, record) rows.

        Rows of the same place are added up. O(cells).
        """
        found: dict[str, dict[str, dict[int, Record]]] = {}
        for rep_id, segment, week, record in cells:
            by_week = found.setdefault(segment, {}).setdefault(rep_id, {})
            by_week[week] = by_week.get(week, NOTHING) + record
        return cls(
            FrozenDict(
                (
                    segment,
                    FrozenDict((rep_id, FrozenDict(by_week)) for rep_id, by_week in reps.items()),
                )
                for segment, reps in found.items()
            )
        )

    def cells(self) -> Iterable[tuple[str, str, int, Record]]:
        """The (rep id, segment, week, record) rows."""
        for segment, reps in self.weeks.items():
            for rep_id, by_week in reps.items():
                for week, record in by_week.items():
                    yield rep_id, segment, week, record

    def __add__(self, other: TrackRecords) -> TrackRecords:
        return TrackRecords.of([*self.cells(), *other.cells()])

    def __bool__(self) -> bool:
        return bool(self.weeks)

    def total(
        self,
        rep_id: str,
        segment: str = ALL,
        *,
        now: datetime | None = None,
        half_life: timedelta | None = None,
    ) -> Record:
        """Return the record of a rep in a segment over all weeks.

        Args:
            rep_id: The rep.
            segment: A segment made by ``segment_key``; all leads when not given.
            now: The instant of the decision; needed for ``half_life``.
            half_life: The age, in whole weeks, at which an outcome counts half; ``None`` for never.

        Complexity: O(weeks with outcomes) the first time in a week, then O(1).
        """
        by_week = self.weeks.get(segment, _NO_REPS).get(rep_id, _NO_WEEKS)
        if not by_week:
            return NOTHING
        ages = now is not None and half_life is not None
        place = (rep_id, segment, week_of(now) if now and ages else 0, half_life if ages else None)
        if place not in self._totals:
            self._totals[place] = _sum(by_week, place[2], place[3])
        return self._totals[place]

    def counters(self) -> dict[str, int]:
        """The counts by the counter keys of a store.

        Example:
            >>> TrackRecords.of([("ada", ALL, 2900, Record(won=3))]).counters()
            {'outcome/ada//2900/won': 3}
        """
        return {
            key(_PREFIX, rep_id, segment, str(week), name): int(count)
            for rep_id, segment, week, record in self.cells()
            for name, count in asdict(record).items()
            if count
        }

    @classmethod
    def from_counters(cls, counters: Mapping[str, int]) -> TrackRecords:
        """Return the records in the counters of a store.

        Other counters are ignored.
        """
        cells = []
        for counter, count in counters.items():
            kind, *place = parts(counter)
            if kind == _PREFIX and len(place) == 4 and place[3] in fields_dict(Record):
                rep_id, segment, week, name = place
                cells.append((rep_id, segment, int(week), Record(**{name: count})))
        return cls.of(cells)


def _sum(by_week: Weeks, this_week: int, half_life: timedelta | None) -> Record:
    if half_life is None:
        return sum(by_week.values(), NOTHING)
    rate = _WEEK / half_life
    return sum(
        (record * exp2(-max(0, this_week - week) * rate) for week, record in by_week.items()),
        NOTHING,
    )


_NO_REPS: FrozenDict[str, Weeks] = FrozenDict()
_NO_WEEKS: FrozenDict[int, Record] = FrozenDict()
