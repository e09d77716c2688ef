"""Open hours and the questions they answer, whatever they are made of.

* Stretches are half-open: at its closing time a schedule is closed.
* ``None`` answers "when?" with "never": not within the next hundred years.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from leadroute.errors import FieldError, FieldTypeError, LeadrouteError, ValidationError
from leadroute.model.duration import Within, later
from leadroute.model.timeline import Either, Every, Line, Outside, instant, meet, micros

T = TypeVar("T")

_MICROSECOND = timedelta(microseconds=1)
_OPENINGS = 64  # how many openings are compared one by one before two hours are intersected


class Hours:
    """Anything open at some instants and closed at others: a ``Schedule``, or a combination."""

    __slots__ = ()

    @property
    @abstractmethod
    def line(self) -> Line:
        """The open time as numbers."""

    @property
    @abstractmethod
    def zone(self) -> ZoneInfo:
        """The zone in which its days are counted; of a combination, that of its first part."""

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at ``at``. The opening instant is open, the closing instant is not.

        Raises:
            FieldTypeError: ``at`` is naive.
        """
        return self.line.is_open(micros(at, "at"))

    def next_open(self, after: datetime) -> datetime | None:
        """The first open instant from ``after`` on, maybe itself; ``None`` when there is none.

        Raises:
            FieldTypeError: ``after`` is naive.
        """
        found = self.line.next_open(micros(after, "after"))
        return None if found is None else instant(found)

    def next_close(self, after: datetime) -> datetime | None:
        """The end of the open stretch around ``after``, or of the next one when it is closed.

        ``None`` when it never opens, or opens and never closes.

        Raises:
            FieldTypeError: ``after`` is naive.
        """
        found = self.line.next_close(micros(after, "after"))
        return None if found is None else instant(found)

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """The open time from ``start`` to ``end``, as it elapses; zero when ``end`` is not later.

        Raises:
            FieldTypeError: ``start`` or ``end`` is naive.
        """
        return timedelta(microseconds=self.line.measure(micros(start, "start"), micros(end, "end")))

    def add_working_time(self, start: datetime, duration: timedelta) -> datetime | None:
        """The first instant by which ``duration`` of open time has passed since ``start``.

        Work that ends exactly at closing time ends then, not at the next opening. A duration of
        zero ends at ``start``, open or not. ``None`` when so much open time never comes.

        Args:
            start: An aware datetime.
            duration: Zero or more, as it elapses: an hour is 3,600 seconds at any change of clocks.

        Raises:
            FieldTypeError: ``start`` is naive, or ``duration`` is no timedelta.
            ValidationError: ``duration`` is negative.

        Complexity: O(log n) in the stretches of a year, plus one step for each year between.
        """
        if not isinstance(duration, timedelta):
            expected = "a timedelta, such as timedelta(hours=2)"
            raise FieldTypeError("duration", f"of type {type(duration).__name__}", expected)
        amount = (duration.days * 86_400 + duration.seconds) * 1_000_000 + duration.microseconds
        if amount < 0:
            raise ValidationError(
                "add_working_time",
                "",
                (FieldError("duration", f"is {duration}; write zero or more"),),
            )
        found = self.line.advance(micros(start, "start"), amount)
        return None if found is None else instant(found)

    def windows(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches between ``start`` and ``end``, in order, merged and cut at both.

        Raises:
            FieldTypeError: ``start`` or ``end`` is naive.
        """
        first, last = micros(start, "start"), micros(end, "end")
        return (
            (instant(opens), instant(closes)) for opens, closes in self.line.stretches(first, last)
        )

    def __and__(self, other: Hours) -> AllOf:
        if not isinstance(other, Hours):
            return NotImplemented
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __invert__(self) -> Closed:
        return Closed(self)

    def __or__(self, other: Hours) -> AnyOf:
        if not isinstance(other, Hours):
            return NotImplemented
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))


def _parts(hours: Hours, kind: type[AllOf | AnyOf]) -> tuple[Hours, ...]:
    return hours.parts if isinstance(hours, kind) else (hours,)


def _checked(parts: Iterable[Hours]) -> tuple[Hours, ...]:
    if not isinstance(parts, Iterable):
        raise FieldTypeError("parts", f"of type {type(parts).__name__}", "schedules")
    found: tuple[Any, ...] = tuple(parts)
    strangers = [part for part in found if not isinstance(part, Hours)]
    if strangers:
        raise FieldTypeError("parts", f"of type {type(strangers[0]).__name__}", "schedules")
    if not found:
        raise ValidationError(
            "Hours", "", (FieldError("parts", "is empty; combine one schedule or more"),)
        )
    return found


every = lru_cache(maxsize=1024)(Every)
either = lru_cache(maxsize=1024)(Either)
outside = lru_cache(maxsize=1024)(Outside)


class _Combined(Hours):
    __slots__ = ()

    parts: tuple[Hours, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the first part."""
        return self.parts[0].zone

    def __reduce__(self) -> tuple[Callable[..., Hours], tuple[tuple[Hours, ...]]]:
        return type(self), (self.parts,)


@frozen(cache_hash=True)
class AllOf(_Combined):
    """Open when all parts are: a rep's hours within the team's, or the rep's and the lead's."""

    parts: tuple[Hours, ...] = field(converter=_checked)
    line: Line = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "line", every(tuple(part.line for part in self.parts)))

    def __str__(self) -> str:
        return " & ".join(f"({part})" for part in self.parts)


@frozen(cache_hash=True)
class AnyOf(_Combined):
    """Open when any of its parts is: the hours in which a rep of a team works."""

    parts: tuple[Hours, ...] = field(converter=_checked)
    line: Line = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "line", either(tuple(part.line for part in self.parts)))

    def __str__(self) -> str:
        return " | ".join(f"({part})" for part in self.parts)


@frozen(cache_hash=True)
class Closed(Hours):
    """Open when ``hours`` is closed: ``office & ~quiet`` leaves the quiet hours out."""

    hours: Hours
    line: Line = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        _checked([self.hours])
        object.__setattr__(self, "line", outside(self.hours.line))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of what is turned around."""
        return self.hours.zone

    def __str__(self) -> str:
        return f"~({self.hours})"

    def __reduce__(self) -> tuple[Callable[..., Closed], tuple[Hours]]:
        return Closed, (self.hours,)


def overlap(left: Hours, right: Hours, start: datetime, end: datetime) -> timedelta:
    """How long both are open between ``start`` and ``end``. O(stretches); nothing is kept."""
    first, last = micros(start, "start"), micros(end, "end")
    both = meet(list(left.line.stretches(first, last)), list(right.line.stretches(first, last)))
    return sum((closes - opens for opens, closes in both), 0) * _MICROSECOND


def meeting(left: Hours, right: Hours, after: datetime) -> datetime | None:
    """The first instant from ``after`` on at which both are open; ``None`` when there is none."""
    at = micros(after, "after")
    for _ in range(_OPENINGS):
        opens = left.line.next_open(at)
        meets = None if opens is None else right.line.next_open(opens)
        if meets is None or meets == opens:
            return None if meets is None else instant(meets)
        at = meets
    return AllOf((left, right)).next_open(instant(at))


def unless_failing(ask: Callable[[], T], failing: Callable[[Exception], T]) -> T:
    """What hours answer, or what stands for it when a calendar of yours fails.

    Holidays may be any container, so any exception may come out of it. Those of leadroute itself pass through.
    """
    try:
        return ask()
    except LeadrouteError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        return failing(error)


def deadline(start: datetime, within: Within, hours: Hours | None) -> datetime:
    """Return the instant at which so much time has passed, on the clock or in these hours.

    Working time of somebody without hours, whose hours never come, or whose calendar fails, passes
    on the clock: an end that never came would hold the lead forever.

    Args:
        start: The beginning.
        within: How much time.
        hours: Whose working time counts; ``None`` is open at any time.

    Raises:
        FieldTypeError: ``start`` is naive.
    """
    if isinstance(within, timedelta):
        return later(start, within)
    last = later(start, within.duration)
    if hours is None:
        return last
    return (
        unless_failing(partial(hours.add_working_time, start, within.duration), lambda _e: None)
        or last
    )
