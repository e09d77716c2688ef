"""When a rep, a team or a lead can be reached: weekly windows in a time zone, and exceptions.

* What a date's windows are is decided once: an override if there is one, else none on a holiday,
  else the weekly ones. So a holiday closes the shift that opens on it, and not the end of the shift
  that opened the evening before.
* Time off is taken out of whatever is left. Dates of time off run from local midnight to local
  midnight, as an all-day entry of a calendar does; instants run from the first up to the last.
* A schedule is a frozen value: equal text makes equal schedules, and
  ``Schedule.parse(text_of(schedule)) == schedule``. Where the holidays are not a finite collection,
  ``text_of`` refuses, and ``str`` is for people only.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from attrs import field, frozen

from leadroute.errors import FieldError, FieldTypeError, ValidationError
from leadroute.model.given import Refused
from leadroute.model.guidance import guided
from leadroute.model.timeline import (
    Day,
    Line,
    Stretch,
    Week,
    Without,
    format_day,
    format_week,
    local_micros,
    micros,
    parse_day,
    parse_week,
    weekly,
)
from leadroute.model.validation import FrozenDict, aware, clean_fields, must_be, timezone
from leadroute.model.working_hours import Hours

_OFF_FORMS = "a date, two dates, or two aware datetimes"


@frozen(init=False)
class TimeOff:
    """One absence: whole dates, the last included, or from one instant up to another."""

    start: date
    end: date

    def __init__(self, start: date, end: date | None = None) -> None:
        first: Any = start
        last: Any = start if end is None else end
        if end is None and isinstance(start, datetime):
            raise _refused(
                "end", "is missing; an absence that starts at an instant ends at another"
            )
        if not (isinstance(first, date) and isinstance(last, date)):
            raise _refused(
                "start", f"and end are {first!r:.40} and {last!r:.40}; write {_OFF_FORMS}"
            )
        if isinstance(first, datetime) != isinstance(last, datetime):
            raise _refused(
                "start", f"is {first} and end is {last}; write {_OFF_FORMS}, not one of each"
            )
        if isinstance(first, datetime) and isinstance(last, datetime):
            first, last = aware(first, "start"), aware(last, "end")
        if last < first:
            raise _refused("end", f"is {last}, before the start {first}; swap them")
        self.__attrs_init__(first, last)

    def stretch(self, zone: ZoneInfo) -> Stretch:
        """The absence in microseconds since 1970, for dates that are local to ``zone``."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return micros(self.start, "start"), micros(self.end, "end")
        return local_micros(zone, self.start.toordinal(), 0), local_micros(
            zone, self.end.toordinal() + 1, 0
        )

    def __str__(self) -> str:
        one_date = self.start == self.end and not isinstance(self.start, datetime)
        return _iso(self.start) if one_date else f"{_iso(self.start)}..{_iso(self.end)}"

    @classmethod
    def parse(cls, text: str) -> TimeOff:
        """The absence that ``str`` wrote: a date, or two dates or instants with ``..`` between."""
        must_be(str, text=text)
        first, dots, last = text.partition("..")
        try:
            return cls(_moment(first), _moment(last) if dots else None)
        except ValueError as error:
            if isinstance(error, ValidationError):
                raise
            raise _refused("text", f"is {text!r:.60}; write '2026-07-01..2026-07-14'") from None


def _refused(name: str, problem: str) -> ValidationError:
    return ValidationError("TimeOff", "", (FieldError(name, problem),))


def _iso(moment: date) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _moment(text: str) -> date:
    plain = text.strip()
    return date.fromisoformat(plain) if len(plain) == 10 else datetime.fromisoformat(plain.upper())


class _Either:
    """Dates of which at least one of two collections knows."""

    def __init__(self, *given: Container[date]) -> None:
        self._given = given

    def __contains__(self, day: object) -> bool:
        return any(day in dates for dates in self._given)


class Lazy:
    """Holidays asked date by date, such as those of ``holidays``; equal only to themselves."""

    __slots__ = ("dates",)

    def __init__(self, dates: Container[date]) -> None:
        self.dates = dates

    def __contains__(self, day: object) -> bool:
        return day in self.dates

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lazy) and self.dates is other.dates

    def __hash__(self) -> int:
        return id(self.dates)

    def __repr__(self) -> str:
        return f"Lazy({type(self.dates).__name__})"


def _zone(given: Any) -> ZoneInfo:
    found = timezone(given.key if isinstance(given, ZoneInfo) else given)
    if found is None:
        raise Refused("is missing; write an IANA time zone such as 'Europe/Berlin'")
    return ZoneInfo(found)


def _day(given: Any) -> date:
    if isinstance(given, datetime):
        raise Refused(
            f"has the datetime {given}; write a date, because a holiday is local to the zone"
        )
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise Refused(
            f"has {given!r:.40} for a date; write datetime.date(2026, 12, 25) or '2026-12-25'"
        ) from None


def _holidays(given: Any) -> frozenset[date] | Lazy:
    if isinstance(given, Lazy):
        return given
    if type(given) in (frozenset, set, list, tuple, dict, FrozenDict):
        return frozenset(map(_day, given))
    if isinstance(given, Container) and not isinstance(given, str | bytes):
        return Lazy(given)
    raise Refused(
        f"is {given!r:.60}; write a collection of dates, or anything that answers 'date in holidays'"
    )


def _overrides(given: Any) -> FrozenDict[date, Day]:
    if not isinstance(given, Mapping):
        raise Refused(f"is {given!r:.60}; write a mapping from dates to windows, None for closed")
    found = {_day(day): parse_day(windows) for day, windows in given.items()}
    return FrozenDict(sorted(found.items()))


def _time_off(given: Any) -> tuple[TimeOff, ...]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise Refused(f"is {given!r:.60}; write a list, each item {_OFF_FORMS}")
    found = []
    for item in given:
        try:
            found.append(_absence(item))
        except (ValidationError, TypeError) as error:
            raise Refused(f"has {item!r:.80}: {error}") from None
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda off: (isinstance(off.start, datetime), off.start, off.end),
        )
    )


def _absence(item: Any) -> TimeOff:
    if isinstance(item, TimeOff):
        return item
    if isinstance(item, str):
        return TimeOff.parse(item)
    if not isinstance(item, list | tuple):
        return TimeOff(item)
    if len(item) not in (1, 2):
        raise Refused(f"has {len(item)} values for one absence; write {_OFF_FORMS}")
    return TimeOff(*item)


@guided
@frozen(init=False, repr=False)
class Schedule(Hours):
    """The hours of a rep, a team, a pool or a lead.

    Args:
        week: Text such as ``"mon-fri 09:00-12:00,13:00-17:00; sat 10:00-17:00"``, ``"always"`` or
            ``"never"``, or a mapping such as ``{"mon-fri": [("09:00", "17:00")]}``. ``22:00-06:00``
            runs past midnight.
        zone: The IANA time zone in which those times are meant.
        holidays: Local dates that are closed: a collection of dates, or anything that answers ``date in holidays``,
            such as ``holidays.country_holidays("NL")``, whose answers must not change.
        overrides: Windows that replace those of one date, holiday or not; ``None`` closes it.
        time_off: Absences: dates, pairs of dates (the last included) or instants, or ``TimeOff``.

    Raises:
        ValidationError: An argument cannot be read; every fault is listed.

    Example:
        >>> from datetime import UTC, date, datetime, timedelta
        >>> office = Schedule(
        ...     "mon-fri 09:00-17:00",
        ...     "Europe/Amsterdam",
        ...     overrides={date(2026, 12, 24): "09:00-13:00"},
        ... )
        >>> office.add_working_time(datetime(2026, 12, 24, 11, 30, tzinfo=UTC), timedelta(hours=1))
        datetime.datetime(2026, 12, 25, 8, 30, tzinfo=datetime.timezone.utc)
        >>> str(office)
        'mon-fri 09:00-17:00; 2026-12-24 09:00-13:00; in Europe/Amsterdam'
    """

    week: Week = field(metadata={"clean": parse_week})
    zone: ZoneInfo = field(eq=str, metadata={"clean": _zone})
    holidays: frozenset[date] | Lazy = field(metadata={"clean": _holidays})
    overrides: FrozenDict[date, Day] = field(metadata={"clean": _overrides})
    time_off: tuple[TimeOff, ...] = field(metadata={"clean": _time_off})
    line: Line = field(init=False, eq=False, repr=False)
    _hash: int | None = field(init=False, default=None, eq=False, repr=False)

    def __init__(
        self,
        week: str | Mapping[str, Any] | Week,
        zone: str | ZoneInfo,
        *,
        holidays: Container[Any] = frozenset(),
        overrides: Mapping[Any, Any] = FrozenDict(),
        time_off: Iterable[Any] = (),
    ) -> None:
        given: tuple[Any, ...] = (week, zone, holidays, overrides, time_off)
        self.__attrs_init__(*given)
        clean_fields(self)
        line: Line = weekly(self.week, self.zone.key, self.holidays, self.overrides)
        if self.time_off:
            line = Without(line, [off.stretch(self.zone) for off in self.time_off])
        object.__setattr__(self, "line", line)

    def __repr__(self) -> str:
        return f"<Schedule {self}>"

    def __hash__(self) -> int:
        # Kept, because candidates are grouped by their hours and a week takes long to hash.
        if self._hash is None:
            told = (self.week, self.zone.key, self.holidays, self.overrides, self.time_off)
            object.__setattr__(self, "_hash", hash(told))
        return cast("int", self._hash)

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same local time ``days`` dates later.

        These days have 23 or 25 hours when the clocks change.

        A local time that does not exist on that date, or occurs twice, is read as RFC 5545 says.

        Args:
            start: An aware datetime.
            days: A whole number; below 0 goes back.

        Raises:
            FieldTypeError: ``start`` is naive, or ``days`` no whole number.
            ValidationError: The date lies outside the years 1 to 9999.
        """
        micros(start, "start")
        if type(days) is not int:
            raise FieldTypeError("days", f"of type {type(days).__name__}", "a whole number")
        try:
            local = start.astimezone(self.zone)
            there = local + timedelta(days=days)
            return there.replace(fold=local.fold if days == 0 else 0).astimezone(UTC)
        except OverflowError:
            problem = f"leads from {start.date()} out of the years 1 to 9999; write fewer"
            raise ValidationError("add_days", "", (FieldError("days", problem),)) from None

    def closed_on(self, dates: frozenset[date]) -> Schedule:
        """Return the schedule with these dates as holidays too.

        Overrides take precedence, as for all holidays.

        Example:
            >>> office = Schedule("mon-fri 09:00-17:00", "UTC").closed_on(
            ...     frozenset({date(2026, 12, 25)})
            ... )
            >>> str(office)
            'mon-fri 09:00-17:00; holidays 2026-12-25; in UTC'
        """
        must_be(frozenset, dates=dates)
        known = self.holidays
        both = known | dates if isinstance(known, frozenset) else Lazy(_Either(known, dates))
        return Schedule(
            self.week, self.zone, holidays=both, overrides=self.overrides, time_off=self.time_off
        )

    @classmethod
    def parse(cls, text: str, zone: str = "") -> Schedule:
        """Return the schedule that ``str`` wrote.

        Args:
            text: Items with ``;`` between: weekly windows, ``2026-12-24 09:00-13:00``,
                ``2026-12-25 closed``, ``holidays 2026-01-01,2026-05-05``,
                ``off 2026-07-01..2026-07-14`` and ``in Europe/Amsterdam``.
            zone: The zone when the text names none.

        Raises:
            ValidationError: It cannot be read.
            FieldTypeError: It is not text.
        """
        must_be(str, text=text)
        week: list[str] = []
        holidays: list[str] = []
        overrides: dict[str, str] = {}
        time_off: list[str] = []
        zones: list[str] = []
        twice: list[str] = []
        for item in filter(None, map(str.strip, text.split(";"))):
            head, _, rest = item.partition(" ")
            if head == "in":
                zones.append(rest)
            elif head == "holidays":
                holidays += (day.strip() for day in rest.split(","))
            elif head == "off":
                time_off += rest.split(",")
            elif rest and head[0].isdigit():
                twice += [head] * (head in overrides)
                overrides[head] = rest
            else:
                week.append(item)
        faults = [
            FieldError("overrides", f"has {day} twice; join its windows by ','") for day in twice
        ]
        if len(zones) > 1:
            faults.append(FieldError("zone", f"is given twice, {' and '.join(zones)}; keep one"))
        if faults:
            raise ValidationError("Schedule", "", tuple(faults))
        zone = zones[0] if zones else zone
        return cls("; ".join(week), zone, holidays=holidays, overrides=overrides, time_off=time_off)

    def __str__(self) -> str:
        items = [format_week(self.week)]
        items += [f"{day} {format_day(windows)}" for day, windows in self.overrides.items()]
        if isinstance(self.holidays, Lazy):
            items.append(f"holidays of {self.holidays!r}")
        elif self.holidays:
            items.append(f"holidays {','.join(map(str, sorted(self.holidays)))}")
        if self.time_off:
            items.append(f"off {','.join(map(str, self.time_off))}")
        return "; ".join([*items, f"in {self.zone}"])

    def __reduce__(self) -> tuple[Callable[..., Schedule], tuple[Any, ...]]:
        return _restored, (self.week, self.zone.key, self.holidays, self.overrides, self.time_off)


def _restored(week: Week, zone: str, holidays: Any, overrides: Any, time_off: Any) -> Schedule:
    return Schedule(week, zone, holidays=holidays, overrides=overrides, time_off=time_off)


def text_of(hours: Hours) -> str:
    """The text of hours, from which ``Schedule.parse`` makes them again."""
    if not isinstance(hours, Schedule):
        raise Refused(
            "is a combination, which has no text; write its parts, and combine them after reading"
        )
    if isinstance(hours.holidays, Lazy):
        kind = type(hours.holidays.dates).__name__
        remedy = (
            "give the dates, such as holidays=set(country_holidays('NL', years=range(2026, 2031)))"
        )
        raise Refused(
            f"has holidays that a {kind} tells date by date, so they have no text; {remedy}"
        )
    return str(hours)
