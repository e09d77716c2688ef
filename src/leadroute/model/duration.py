"""Durations, instants and digests as text and numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from attrs import frozen

from leadroute.errors import ConfigError


def digest(text: str) -> bytes:
    """The SHA-256 of a text in UTF-8."""
    from hashlib import sha256

    return sha256(text.encode()).digest()


_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "us": timedelta(microseconds=1),
}
# A capital M alone may be months, so only words and the other letters are read in any case.
_WORDS = (
    "weeks?|wks?|w",
    "days?|d",
    "hours?|hrs?|h",
    "minutes?|mins?|(?-i:m)",
    "seconds?|secs?|s",
    "milliseconds?|(?-i:ms)",
    "microseconds?|(?-i:us)",
)
_BETWEEN = r"(?:,?\s{0,3}(?:\band\s)?(?=\d)|$)"
_SHAPE = re.compile(
    "".join(rf"(?:(\d{{1,7}})\s{{0,3}}(?:{words}){_BETWEEN})?" for words in _WORDS),
    re.ASCII | re.IGNORECASE,
)
_LONGEST = timedelta(days=36_525)
_REMEDY = "write it like '90s', '5m', '1h30m', '2d', '1w' or '5 minutes'"


def parse_duration(value: str | timedelta) -> timedelta:
    """A duration from its text form; a ``timedelta`` passes through.

    Text has whole numbers of at most seven digits, each followed by ``w``, ``d``, ``h``, ``m``,
    ``s``, ``ms`` or ``us`` or by the word for it, such as ``1 hour and 30 minutes``; longest first.
    """
    if isinstance(value, timedelta):
        duration = value
    else:
        shape = _SHAPE.fullmatch(value.strip()) if type(value) is str else None
        if shape is None or not any(shape.groups()):
            raise ConfigError(f"{value!r:.60} is not a duration; {_REMEDY}")
        counts = zip(_UNITS.values(), shape.groups(), strict=True)
        duration = sum((unit * int(count) for unit, count in counts if count), timedelta(0))
    if not timedelta(0) <= duration <= _LONGEST:
        raise ConfigError(f"{value!r:.60} is out of range; a duration lies between 0 and 100 years")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text that reads back as ``duration``."""
    left, parts = duration, []
    for unit, size in _UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


@frozen
class WorkingTime:
    """A duration that passes in working hours alone.

    Args:
        duration: How much working time it is.

    Example:
        >>> from datetime import timedelta
        >>> str(WorkingTime(timedelta(minutes=15)))
        '15m working'
    """

    duration: timedelta

    def __str__(self) -> str:
        return f"{format_duration(self.duration)} working"


Within: TypeAlias = timedelta | WorkingTime
"""How long something may take, on the clock or in working hours."""

_WORKING = re.compile(r"\s{1,3}(?:of\s{1,3})?working(?:\s{1,3}time)?\s{0,3}$", re.IGNORECASE)


def parse_within(value: str | Within) -> Within:
    """Return a duration from its text form, in working time where it ends in ``working``.

    Example:
        >>> parse_within("15m working")
        WorkingTime(duration=datetime.timedelta(seconds=900))
    """
    if isinstance(value, WorkingTime):
        return WorkingTime(parse_duration(value.duration))
    if isinstance(value, str) and (found := _WORKING.search(value)):
        return WorkingTime(parse_duration(value[: found.start()]))
    return parse_duration(value)


def format_within(within: Within) -> str:
    """The shortest text that reads back as a duration, or as working time."""
    return str(within) if isinstance(within, WorkingTime) else format_duration(within)


def length_of(within: Within) -> timedelta:
    """The least time on the clock that it takes."""
    return within.duration if isinstance(within, WorkingTime) else within


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """An aware datetime as microseconds.

    Example:
        >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
        1000000
    """
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Microseconds as an aware datetime in UTC; the inverse of ``to_micros``.

    Example:
        >>> from_micros(1_000_000).isoformat()
        '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=micros)


def later(instant: datetime, duration: timedelta) -> datetime:
    """The instant so much later; the last one there is for a lead that a CRM dates 9999-12-31.

    Example:
        >>> later(datetime.max.replace(tzinfo=UTC), timedelta(hours=1)).year
        9999
    """
    try:
        return instant + duration
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
