"""Caps: how many leads may be taken in a period, as values and as text.

* After k of n days, ceil(limit * k / n) leads are allowed in all. Fractions are carried, so 14 a month is 14.
* On one day, at most ``burst`` leads are allowed, however much has been missed before.
* A cap is a set of counters with a bound each. A lead is added to all of them or to none, and the
  bound is checked inside that write, so that no number of processes can pass it.
* Which counters a lead counts on depends on the instant of the offer alone. They are recorded with
  the lead and given back as recorded, not recomputed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from attrs import field, frozen
from attrs.converters import optional

from leadroute.errors import ConfigError, FieldError, ValidationError
from leadroute.model.duration import format_duration, from_micros, parse_duration, to_micros
from leadroute.model.given import Refused, shown
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.keys import key
from leadroute.model.schedule import Schedule
from leadroute.model.validation import aware, clean_fields, cleaned, flag, ident, must_be, whole
from leadroute.model.working_hours import AllOf, AnyOf, Hours

_HOUR: Final = timedelta(hours=1)
_MICROSECOND: Final = timedelta(microseconds=1)


def hour_end(now: datetime, zone: tzinfo) -> datetime:
    """When the local hour of ``now`` ends: on the clock, or where the clocks change before that."""
    local = now.astimezone(zone)
    left = _HOUR - timedelta(0, local.second, local.microsecond, minutes=local.minute)
    offset = local.utcoffset()
    start = now.astimezone(UTC)

    def changed(micros: int) -> bool:
        return (start + micros * _MICROSECOND).astimezone(zone).utcoffset() != offset

    return start + _MICROSECOND * bisect_left(range(left // _MICROSECOND), True, key=changed)


def midnight(day: date, zone: tzinfo, now: datetime) -> datetime:
    """When a date begins that has not begun at ``now``."""
    local = datetime.combine(day, time(), zone)
    first = local.astimezone(UTC)
    return first if first > now else local.replace(fold=1).astimezone(UTC)


EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)


def allowance(limit: int, day: int, days: int) -> int:
    """Return the leads that a paced cap allows by a day.

    By the ``day``-th of ``days`` days it allows ceil(limit * day / days) in all.

    Args:
        limit: The limit of the period, 0 or more.
        day: The number of days that have begun, 0 to ``days``.
        days: The days of the period, 1 or more.

    Example:
        >>> [allowance(14, day, 30) for day in (1, 2, 3, 4, 5, 30)]
        [1, 1, 2, 2, 3, 14]
    """
    return -(-limit * day // days)


def burst(limit: int, days: int) -> int:
    """Return the default limit of a paced cap for one day.

    It is one more than the pace: ceil(limit / days) + 1.

    Example:
        >>> burst(30, 22), burst(14, 22), burst(60, 20)
        (3, 2, 4)
    """
    return -(-limit // days) + 1 if limit else 0


def longest_gap(limit: int, days: int) -> int:
    """Return the most days between two leads of a paced cap.

    When every day has enough leads it is ceil(days / limit).

    Args:
        limit: The limit of the period, 1 or more.
        days: The days of the period, 1 or more; of two different periods, the larger.

    Example:
        >>> longest_gap(14, 30), longest_gap(1, 22), longest_gap(60, 30)
        (3, 22, 1)
    """
    return -(-days // limit)


def span(per: str, day: date) -> tuple[date, date]:
    """The first date of the week, month or quarter of ``day``, and the first date after it."""
    if per == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(weeks=1)
    months = 3 if per == "quarter" else 1
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    return first, (first + timedelta(days=31 * months)).replace(day=1)


def workdays(hours: Hours | None) -> frozenset[int]:
    """The days of the week, Monday 0, on which weekly hours open; every day without any."""
    return _opening(hours) or EVERY_DAY


def _opening(hours: Hours | None) -> frozenset[int]:
    if isinstance(hours, Schedule):
        return frozenset([day for day, windows in enumerate(hours.week) if windows])
    if isinstance(hours, AllOf):
        return frozenset.intersection(*map(_opening, hours.parts))
    if isinstance(hours, AnyOf):
        return frozenset.union(*map(_opening, hours.parts))
    return EVERY_DAY


def next_workday(day: date, weekdays: frozenset[int]) -> date:
    """The first date after ``day`` on one of these days of the week, one at least."""
    return next(
        later for later in (day + _DAY * n for n in range(1, 8)) if later.weekday() in weekdays
    )


@lru_cache(maxsize=8_192)
def workdays_between(first: date, end: date, weekdays: frozenset[int]) -> int:
    """How many dates from ``first`` to before ``end`` are on these days of the week. O(1)."""
    weeks, rest = divmod((end - first).days, 7)
    start = first.weekday()
    return weeks * len(weekdays) + sum([(start + day) % 7 in weekdays for day in range(rest)])


Period: TypeAlias = Literal["hour", "day", "week", "month", "quarter"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
PACED = ("week", "month", "quarter")

STEPS = 12  # A rolling cap moves on in steps of one twelfth of its length

_LENGTHS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "quarter": timedelta(days=90),
}
_THIS = {per: "today" if per == "day" else f"this {per}" for per in PERIODS}
_ROLLING = {
    "hour": "in the last hour",
    "day": "in the last 24 hours",
    "week": "in the last 7 days",
    "month": "in the last 30 days",
    "quarter": "in the last 90 days",
}
_DAILY = " day"
_LONGEST_NAME = 40
_SHAPE = re.compile(r"(\d{1,18}) *(?:per|/) *([a-z]+)", re.ASCII)
_REMEDY = "write it like '5 per day' or '30 per month, paced'"


def _period(given: Any) -> str:
    if given not in PERIODS:
        raise Refused(f"is {shown(given)}; write one of {', '.join(PERIODS)}")
    return str(given)


def _name(given: Any) -> str:
    found = ident(given)
    if len(key(found)) > _LONGEST_NAME or set(found) & set(",;"):
        problem = f"write at most {_LONGEST_NAME} characters, without ',' and ';'"
        raise Refused(f"is {shown(given)}, which cannot name the leads of a cap; {problem}")
    return found


def _ramp(given: Any) -> timedelta:
    try:
        return parse_duration(given)
    except ConfigError as error:
        raise error.at("ramp") from None


@frozen
class Bound:
    """One counter of a cap, and the most that it may stand at."""

    key: str
    most: int
    hard: bool


@guided
@frozen(cache_hash=True, repr=False)
class Cap:
    """At most ``limit`` leads in each period.

    Args:
        limit: 0 or more; 0 means none at all.
        per: ``hour``, ``day``, ``week`` (from Monday), ``month`` or ``quarter``, of the calendar in the rep's zone.
        paced: Spread it over the days that the rep works; for a week, a month or a quarter.
        rolling: Count back from any instant, not from the start of the period: 1 hour, 24 hours, 7,
            30 or 90 days. Counted in twelfths of that, so that room comes back at most a twelfth
            later than to the second.
        soft: Only prefer reps who are below it (``cap_remaining()``), and exclude no rep.
        burst: The most on one day, 1 or more; by default one more than the pace. For paced caps.
        ramp: For reps with ``joined_at``: grow evenly from 1 to ``limit`` over such as ``"8w"``.
        source: Count only leads from this source.
        pool: Count only leads that were placed through this pool.
        segment: Count only leads of this segment (``Rule.segment``).

    Raises:
        ValidationError: A field was refused, or fields do not go together.
        ConfigError: The ramp cannot be read.

    Example:
        >>> str(Cap(30, "month", paced=True, source="webinar"))
        '30 per month, paced, source webinar'
        >>> Cap.parse("20 per week, ramp 8w").ramp
        datetime.timedelta(days=56)
    """

    limit: int = field(metadata={"clean": whole(0)})
    per: Period = field(metadata={"clean": _period})
    paced: bool = cleaned(flag, default=False)
    rolling: bool = cleaned(flag, default=False)
    soft: bool = cleaned(flag, default=False)
    burst: int | None = cleaned(whole(1))
    ramp: timedelta | None = field(default=None, converter=optional(_ramp))
    source: str | None = cleaned(_name)
    pool: str | None = cleaned(_name)
    segment: str | None = cleaned(_name)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        faults = tuple(self._faults())
        if faults:
            raise ValidationError("Cap", "", faults)

    def _faults(self) -> Iterator[FieldError]:
        if self.paced and self.rolling:
            yield FieldError(
                "rolling", "and paced exclude each other; a paced cap has no bursts to roll"
            )
        if self.paced and self.per not in PACED:
            yield FieldError(
                "paced", f"spreads over days; cap the {self.per} itself, or pace a week"
            )
        if self.burst is not None and not self.paced:
            yield FieldError(
                "burst", "is for paced caps; write paced=True, or a second cap per day"
            )
        if self.ramp == timedelta(0):
            yield FieldError("ramp", "is 0s; leave it out")
        if len(self._narrowed) > 1:
            names = " and ".join(name for name, _ in self._narrowed)
            yield FieldError(
                names, "are both given; a cap counts by one of source, pool and segment"
            )

    @property
    def _narrowed(self) -> list[tuple[str, str]]:
        given = (("source", self.source), ("pool", self.pool), ("segment", self.segment))
        return [(name, value) for name, value in given if value is not None]

    @property
    def period_in_words(self) -> str:
        """The period that counts now, in words.

        Example:
            >>> Cap(5, "day").period_in_words, Cap(5, "week", rolling=True).period_in_words
            ('today', 'in the last 7 days')
        """
        return (_ROLLING if self.rolling else _THIS)[self.per]

    @property
    def narrowed_in_words(self) -> str:
        """The leads that count, in brackets; empty when all leads count."""
        return "".join(f" ({name} {value})" for name, value in self._narrowed)

    def __str__(self) -> str:
        words = [f"{self.limit} per {self.per}"]
        words += [name for name in ("paced", "rolling", "soft") if getattr(self, name)]
        if self.burst is not None:
            words.append(f"burst {self.burst}")
        if self.ramp is not None:
            words.append(f"ramp {format_duration(self.ramp)}")
        return ", ".join(words + [f"{name} {value}" for name, value in self._narrowed])

    @classmethod
    def parse(cls, text: str) -> Cap:
        """Return the cap that ``str`` wrote.

        Args:
            text: ``5 per day`` (or ``5/day``), then any of ``paced``, ``rolling``, ``soft``, ``burst 3``, ``ramp 8w``
                and one of ``source ...``, ``pool ...``, ``segment ...``, with commas between.

        Raises:
            ConfigError: It cannot be read.
            ValidationError: A part of it is refused.
            FieldTypeError: It is not text.
        """
        must_be(str, text=text)
        head, *rest = text.split(",")
        shape = _SHAPE.fullmatch(head.strip().lower())
        if shape is None:
            raise ConfigError(f"{text!r:.60} is not a cap; {_REMEDY}")
        given: dict[str, Any] = {"per": shape[2]}
        for part in rest:
            name, _, value = part.strip().partition(" ")
            read = _WORDS.get(name)
            if read is None or (read is _yes) == bool(value) or name in given:
                raise ConfigError(f"{part.strip()!r:.40} cannot stand in a cap; {_REMEDY}")
            given[name] = read(value.strip())
        return cls(int(shape[1]), **given)

    def counts(self, source: str | None, pool: str | None, segment: str | None) -> bool:
        """Return whether a lead of this source, pool and segment counts."""
        return (
            self.source in (None, source)
            and self.pool in (None, pool)
            and self.segment in (None, segment)
        )

    @property
    def label(self) -> str:
        """The name of the counter; caps with the same label share it."""
        narrowed = "".join([f" {name}={value}" for name, value in self._narrowed])
        return f"{'rolling ' * self.rolling}{self.per}{narrowed}"

    def is_daily(self, counter: str) -> bool:
        """Return whether a counter of ``bounds`` is that of one day."""
        return f"/{key(self.label + _DAILY)}/" in counter

    def period(self, now: datetime, zone: tzinfo) -> str:
        """Return the name of the calendar period of ``now``.

        For example ``2026-03`` for a month.

        Example:
            >>> from datetime import UTC
            >>> Cap(5, "week").period(datetime(2026, 1, 1, tzinfo=UTC), UTC)
            '2026-W01'
        """
        _must_be_when(now, zone)
        return _NAMES[self.per](now.astimezone(zone))

    def at(self, now: datetime, since: datetime | None = None) -> int:
        """Return the limit at an instant.

        It is lower during the ramp of a rep who joined at ``since``.

        Example:
            >>> from datetime import UTC
            >>> joined = datetime(2026, 1, 1, tzinfo=UTC)
            >>> Cap(20, "week", ramp="8w").at(joined + timedelta(weeks=2), joined)
            5
        """
        if self.ramp is None or since is None or not self.limit:
            return self.limit
        if aware(now) >= aware(since, "since") + self.ramp:
            return self.limit
        whole_ramp, elapsed = self.ramp // _MICROSECOND, (now - since) // _MICROSECOND
        return max(1, -(-self.limit * elapsed // whole_ramp))

    def bounds(
        self,
        holder: str,
        now: datetime,
        zone: tzinfo,
        hours: Hours | None = None,
        since: datetime | None = None,
    ) -> tuple[Bound, ...]:
        """Return the counters of a lead that is offered now.

        Each comes with the highest value that it may have then.

        Args:
            holder: Whose counters: the beginning of their keys.
            now: The instant of the offer, aware.
            zone: The zone whose calendar counts.
            hours: The rep's hours, over whose days a paced cap is spread; ``None`` is every day.
            since: The start of the rep, for the ramp.

        Example:
            >>> from datetime import UTC
            >>> noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
            >>> for bound in Cap(30, "month", paced=True).bounds("cap/ada", noon, UTC):
            ...     print(bound.key, bound.most)
            cap/ada/month/2026-03 10
            cap/ada/month day/2026-03-10 2
        """
        _must_be_when(now, zone)
        limit, hard = self.at(now, since), not self.soft
        if self.rolling:
            step = _LENGTHS[self.per] // STEPS // _MICROSECOND
            last = to_micros(now) // step
            windows = range(last - STEPS, last + 1)
            return tuple(Bound(self._key(holder, str(first)), limit, hard) for first in windows)
        counter = self._key(holder, self.period(now, zone))
        if not self.paced:
            return (Bound(counter, limit, hard),)
        today = now.astimezone(zone).date()
        first, end = span(self.per, today)
        weekdays = workdays(hours)
        days = workdays_between(first, end, weekdays)
        begun = workdays_between(first, today + _DAY, weekdays)
        most_today = burst(limit, days) if self.burst is None else min(self.burst, limit)
        return (
            Bound(counter, allowance(limit, begun, days), hard),
            Bound(self._key(holder, today.isoformat(), _DAILY), most_today, hard),
        )

    def turns(
        self, now: datetime, zone: tzinfo, hours: Hours | None = None, since: datetime | None = None
    ) -> tuple[datetime, ...]:
        """Return when each counter of ``bounds`` may allow more leads.

        It assumes that no lead is given back.

        It is the end of a period, a later working day of a paced cap, a step of a rolling one, or a step of a ramp.
        Never too late; too early where the next working day allows no more than this one.

        Args:
            now: The instant, aware.
            zone: The zone whose calendar counts.
            hours: The rep's hours.
            since: The start of the rep, for the ramp.

        Example:
            >>> from datetime import UTC
            >>> friday = datetime(2026, 3, 13, 12, tzinfo=UTC)
            >>> from leadroute.model.schedule import Schedule
            >>> office = Schedule("mon-fri 09:00-17:00", "UTC")
            >>> for at in Cap(30, "month", paced=True).turns(friday, UTC, office):
            ...     print(at)
            2026-03-16 00:00:00+00:00
            2026-03-14 00:00:00+00:00
        """
        _must_be_when(now, zone)
        grows = self._grows(now, since)
        ends = self._ends(now, zone, hours)
        return tuple(ends) if grows is None else tuple(min(end, grows) for end in ends)

    def _ends(self, now: datetime, zone: tzinfo, hours: Hours | None) -> Iterator[datetime]:
        if self.rolling:
            step = _LENGTHS[self.per] // STEPS // _MICROSECOND
            last = to_micros(now) // step
            yield from (from_micros((first + 1) * step) for first in range(last, last + STEPS + 1))
        elif self.per == "hour":
            yield hour_end(now, zone)
        else:
            today = now.astimezone(zone).date()
            tomorrow = today + _DAY
            end = tomorrow if self.per == "day" else span(self.per, today)[1]
            if self.paced:
                begins = next_workday(today, workdays(hours))
                yield midnight(min(begins, end), zone, now)
                yield midnight(tomorrow, zone, now)
            else:
                yield midnight(end, zone, now)

    def _grows(self, now: datetime, since: datetime | None) -> datetime | None:
        """When the ramp lets one more through; ``None`` when it is over, or there is none."""
        most = self.at(now, since)
        if most == self.limit or self.ramp is None or since is None:
            return None
        return since + (most * (self.ramp // _MICROSECOND) // self.limit + 1) * _MICROSECOND

    def _key(self, holder: str, period: str, more: str = "") -> str:
        return f"{holder}/{key(self.label + more, period)}"


_NAMES: Mapping[str, Callable[[datetime], str]] = {
    "hour": lambda local: local.strftime("%Y-%m-%dT%H%z"),
    "day": lambda local: local.date().isoformat(),
    "week": lambda local: _week(local.date()),
    "month": lambda local: local.date().isoformat()[:7],
    "quarter": lambda local: f"{local.year:04}-Q{(local.month + 2) // 3}",
}


def _must_be_when(now: datetime, zone: tzinfo) -> None:
    """Refuse an instant without a zone, which would be read on the clock of this machine."""
    if not isinstance(now, datetime) or now.tzinfo is None:
        aware(now)
    if not isinstance(zone, tzinfo):
        must_be(tzinfo, zone=zone)


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _yes(_nothing: str) -> bool:
    return True


def _whole(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise ConfigError(f"{written!r:.40} is not a whole number; {_REMEDY}")
    return int(written)


_WORDS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("paced", "rolling", "soft"), _yes),
    "burst": _whole,
    **dict.fromkeys(("ramp", "source", "pool", "segment"), str),
}


def as_caps(given: str | Mapping[str, int] | Iterable[Cap | str]) -> Sequence[Cap]:
    """Caps as they were given: tells type checkers what the cleaner takes."""
    return cast("Sequence[Cap]", given)


def caps(given: Any) -> tuple[Cap, ...]:
    """A cleaner for caps: ``Cap`` values or text, one text, or a mapping like ``{"day": 5}``."""
    given = [given] if isinstance(given, str) else given
    wanted = "write caps such as [Cap(5, 'day')], ['5 per day'] or {'day': 5}"
    try:
        if isinstance(given, Mapping):
            found = tuple(Cap(limit, per) for per, limit in given.items())
        elif isinstance(given, Iterable):
            found = tuple(Cap.parse(cap) if isinstance(cap, str) else cap for cap in given)
        else:
            raise Refused(f"is {shown(given)}; {wanted}")
    except ValidationError as error:
        raise Refused("; ".join(map(str, error.faults))) from None
    except ConfigError as error:
        raise Refused(f"hold one that cannot be read: {error}") from None
    if not all(isinstance(cap, Cap) for cap in found):
        raise Refused(f"are not all caps; {wanted}")
    seen: set[tuple[str, bool]] = set()
    for cap in found:
        if (cap.label, cap.soft) in seen:
            raise Refused(f"have two limits per {cap.label}; keep the lower one")
        seen.add((cap.label, cap.soft))
    return tuple(
        sorted(found, key=lambda cap: (PERIODS.index(cap.per), cap.label, cap.soft, cap.limit))
    )
