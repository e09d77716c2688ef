"""What a decision knows besides the policy, the lead and the reps: the counts of one instant, and past outcomes.

* A decision reads one snapshot and nothing else, so that it can be made again and come out the same.
* A ``Record`` holds whole numbers as counted. Records add up field by field, so it never matters in
  which order, or in how many parts, they were counted.
* Counts may be set right afterwards, so one week may hold less than nothing. Who judges by a total
  takes what is ``possible``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import exp2, isfinite
from typing import Any, Final, Literal, TypeAlias

from attrs import Factory, asdict, astuple, evolve, field, fields, fields_dict, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.model.given import Refused, shown
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.keys import key, parts
from leadroute.model.rep import Pause, Presence
from leadroute.model.validation import FrozenDict, clean_fields, ident, instant, must_be, whole

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
        unanswered: Follow-ups that became due because the rep gave no feedback.

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
    unanswered: float = 0

    def __add__(self, other: Record) -> Record:
        return Record(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, factor: float) -> Record:
        return Record(*(count * factor for count in astuple(self)))

    def __repr__(self) -> str:
        counted = (f"{name}={count}" for name, count in asdict(self).items() if count)
        return f"Record({', '.join(counted)})"


NOTHING: Final = Record()

_COUNTS: Final = (
    "offered",
    "accepted",
    "declined",
    "ignored",
    "closed",
    "won",
    "sized",
    "reached",
    "unanswered",
)


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


Reason: TypeAlias = Literal["make_up", "skip", "absence", "joiner"]
REASONS: Final[tuple[Reason, ...]] = ("make_up", "skip", "absence", "joiner")
"""What turns are given or withheld for."""

_WORDS: Final[Mapping[Reason, str]] = FrozenDict(
    {"make_up": "make-up", "skip": "skip", "absence": "absence", "joiner": "joiner"}
)
_MOST: Final = 1_000
_count = whole(-_MOST, _MOST)


def _turns(given: Any) -> int:
    found: int = _count(given)
    if not found:
        raise Refused("is 0; write how many turns are given, or below 0 how many are withheld")
    return found


def _reason(given: Any) -> Reason:
    for reason in REASONS:
        if given == reason:
            return reason
    raise Refused(f"is {shown(given)}; write one of {', '.join(REASONS)}")


@frozen
class TurnCredit:
    """Turns added to a rep in one pool, or taken away.

    Args:
        expires: The time at which it expires, aware.
        reason: ``make_up`` (a lead turned out to be void), ``skip`` (a rep was passed over, or
            passes), ``absence`` or ``joiner``.
        cause: The id of what led to it, usually a lead.
        turns: The number of turns, up to 1,000; below 0 they are taken away.

    Raises:
        ValidationError: A field was refused.

    Example:
        >>> from datetime import UTC
        >>> print(TurnCredit(datetime(2026, 5, 1, tzinfo=UTC), "make_up", "L-17"))
        has a make-up turn for L-17 until 2026-05-01 00:00 UTC
    """

    expires: datetime = field(metadata={"clean": instant})
    reason: Reason = field(metadata={"clean": _reason})
    cause: str = field(metadata={"clean": ident})
    turns: int = field(default=1, metadata={"clean": _turns})

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __str__(self) -> str:
        verb = "has" if self.turns > 0 else "owes"
        word, count = _WORDS[self.reason], abs(self.turns)
        some = f"{'an' if word == 'absence' else 'a'} {word} turn"
        many = some if count == 1 else f"{count} {word} turns"
        return f"{verb} {many} for {self.cause} until {self.expires:%Y-%m-%d %H:%M %Z}"


def soonest(credit: TurnCredit) -> tuple[datetime, str, str]:
    """What puts grants in the order in which they pay."""
    return credit.expires, credit.reason, credit.cause


TurnCredits: TypeAlias = Mapping[str, tuple[TurnCredit, ...]]
"""What the reps of a pool were granted, by rep id."""


def counting(credited: Iterable[TurnCredit], now: datetime) -> Iterator[TurnCredit]:
    """Those that are not over."""
    return (credit for credit in credited if now < credit.expires)


def balances(granted: TurnCredits, now: datetime) -> Mapping[str, int]:
    """The turns given less those withheld, of each rep who has any now."""
    found = {
        rep_id: sum(credit.turns for credit in counting(credited, now))
        for rep_id, credited in granted.items()
    }
    return {rep_id: turns for rep_id, turns in found.items() if turns}


def payments(credited: Iterable[TurnCredit], now: datetime) -> Mapping[TurnCredit, int]:
    """What the rep's next turn does to each grant: withheld ones are settled, given ones pay."""
    current = sorted(counting(credited, now), key=soonest)
    found = {credit: -credit.turns for credit in current if credit.turns < 0}
    price = 1 + sum(found.values())
    for credit in current:
        paid = min(price, credit.turns)
        if paid > 0:
            found[credit] = -paid
            price -= paid
    return found


def less(credited: Iterable[TurnCredit], paid: Mapping[TurnCredit, int]) -> tuple[TurnCredit, ...]:
    """What is left of grants after a turn."""
    return tuple(
        evolve(credit, turns=credit.turns + paid.get(credit, 0))
        for credit in credited
        if credit.turns + paid.get(credit, 0)
    )


_NONE: FrozenDict[str, int] = FrozenDict()
_NOBODY: FrozenDict[str, Presence] = FrozenDict()
_UNPAUSED: FrozenDict[str, Pause] = FrozenDict()
_NO_OUTCOMES = TrackRecords()


@guided
@frozen(repr=False)
class Snapshot:
    """The counts at one instant. Missing ones are 0, or never.

    Args:
        open: Leads that each rep has open now, by rep id.
        used: Leads counted against a cap so far, by ``Cap.key``.
        turns: Turns that each rep has taken in each pool, by pool and rep id.
        last_assigned: When each rep last got a lead, by rep id, in microseconds since 1970 (UTC).
            Of two who got theirs at one instant, the later has a higher number.
        won: Deals each rep has won, by rep id.
        closed: Deals of each rep that have ended, won or not, by rep id.
        track_records: The results of each rep's leads by segment and week, for scorers.
        contacted: The last contact of each rep by rep id, in microseconds since 1970 (UTC).
        presence: The presence of each rep, by rep id; it is not checked for a rep who is missing.
        turn_credits: Turns given to reps beside their share, or withheld, by pool and rep id.
        credits: What was shared out to each rep less the turns taken, by pool and rep id, in parts
            of a turn (``UNIT``). Of a pool that is not in it the turns alone are known, and every
            lead so far counts as shared out among the candidates.
        free_since: When each rep last gave back open work, by rep id, in microseconds since 1970
            (UTC).
        paused: The reps who are paused, by id; a pause that is over does not count.
        cooling: Until when each rep gets no offer after one ended, by rep id, in microseconds since
            1970 (UTC).
        missed: How many offers in a row each rep has missed, by rep id; counted where a rep or pool
            has ``pause_after_missed``.
        paced: Reps who get no further lead that waits now, with the instant at which that ends, in
            microseconds since 1970 (UTC); 0 where an answer ends it.

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
    free_since: Mapping[str, int] = _NONE
    paused: Mapping[str, Pause] = _UNPAUSED
    cooling: Mapping[str, int] = _NONE
    missed: Mapping[str, int] = _NONE
    paced: Mapping[str, int] = _NONE

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        for name in COUNTS:
            given = getattr(self, name)
            if type(given) is not FrozenDict:  # leadroute alone makes those, of counts that are
                object.__setattr__(self, name, _copied(name, given))
        if not isinstance(self.track_records, TrackRecords):
            must_be(TrackRecords, track_records=self.track_records)


COUNTS = tuple(each.name for each in fields(Snapshot) if each.name != "track_records")
"""What a snapshot holds by rep, by pool or by counter."""
_INSTANTS = ("last_assigned", "free_since", "cooling")
_PLAIN = ("open", "used", "won", "closed", "missed", "paced", *_INSTANTS)
_BY_POOL = ("turns", "credits")
_NESTED = (*_BY_POOL, "turn_credits")


def _copied(name: str, given: Any) -> FrozenDict[str, Any]:
    """A copy that does not change; of what does not change itself, no copy is needed."""
    if not isinstance(given, dict):
        must_be(Mapping, **{name: given})
    if name not in _NESTED:
        for rep_id, pause in given.items() if name == "paused" else ():
            must_be(Pause, **{f"paused[{rep_id!r:.90}]": pause})
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
            if name in _INSTANTS:
                expected = "microseconds since 1970, such as leadroute.model.duration.to_micros(at)"
            raise FieldTypeError(f"{name}[{of!r}]", shown(count), expected)
