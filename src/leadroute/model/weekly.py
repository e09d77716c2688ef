"""Weekly windows in a time zone, as open time.

The rules of this module:

* Local time becomes an instant as RFC 5545 says, which is ``fold=0``: a time that a gap skips is read with the offset
  from before the gap, and a time that occurs twice is its first occurrence.
* A window that ends before it begins, because a gap lies between, is empty. A date that the zone skips altogether, as
  Samoa skipped 30 December 2011, has no windows.
* No zone changes its clocks and changes them back within three days (a test asks all of them). So where the offset is
  the same every third day, it is the same in between, and the zone need not be asked for every window.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from leadroute.model.opening_hours import DAY_SECONDS, NEVER, Day, Week
from leadroute.model.timeline import (
    EARLIEST,
    EPOCH,
    HORIZON,
    LATEST,
    SPAN,
    Line,
    Stretch,
    cut,
    merge,
    whole,
)

__all__ = ["Weekly", "local_micros", "weekly"]

_SECOND = 1_000_000
_DAY = DAY_SECONDS * _SECOND
_STRIDE = 3
_EPOCH_DAY = EPOCH.toordinal()
_LAST_DAY = date.max.toordinal()


def local_micros(zone: ZoneInfo, ordinal: int, seconds: int) -> int:
    """The instant of a local time: ``seconds`` after the midnight that begins the date ``ordinal``."""
    days, second = divmod(seconds, DAY_SECONDS)
    return _plain(ordinal, seconds) - whole(_offset(zone, ordinal + days, second))


def _plain(ordinal: int, seconds: int) -> int:
    return ((ordinal - _EPOCH_DAY) * DAY_SECONDS + seconds) * _SECOND


def _offset(zone: ZoneInfo, ordinal: int, seconds: int = 0, fold: int = 0) -> timedelta:
    local = datetime.fromordinal(min(ordinal, _LAST_DAY)) + timedelta(0, seconds)
    return zone.utcoffset(local.replace(fold=fold)) or timedelta(0)


@lru_cache(maxsize=2048)
def _dates(zone: ZoneInfo, number: int) -> tuple[tuple[int, int | None], ...]:
    """The dates whose windows may reach a block, each with its midnight where the offset is steady, else ``None``."""
    first = max(_EPOCH_DAY + number * SPAN // _DAY - 3, 1)
    last = min(_EPOCH_DAY + (number + 1) * SPAN // _DAY + 2, _LAST_DAY)
    probes = range(first, last + 1 + 2 * _STRIDE, _STRIDE)
    offsets = [whole(_offset(zone, ordinal)) for ordinal in probes]
    found: list[tuple[int, int | None]] = []
    for ordinal in range(first, last + 1):
        here = (ordinal - first) // _STRIDE
        if offsets[here] == offsets[here + 1] == offsets[here + 2]:
            found.append((ordinal, _plain(ordinal, 0) - offsets[here]))
        elif _offset(zone, ordinal, fold=1) - _offset(zone, ordinal) < timedelta(days=1):
            found.append((ordinal, None))
    return tuple(found)


class Weekly(Line):
    """Weekly windows in a zone, with closed dates and dates that have windows of their own."""

    __slots__ = ("_exceptions", "_holidays", "_regular", "_week", "_zone")

    def __init__(
        self, week: Week, zone: ZoneInfo, holidays: Container[date], exceptions: Mapping[date, Day]
    ) -> None:
        self._week = week
        self._zone = zone
        self._holidays = holidays
        self._exceptions = exceptions
        self._regular = not exceptions and holidays == frozenset()
        if week == NEVER:
            days = [day.toordinal() - _EPOCH_DAY for day, windows in exceptions.items() if windows]
            super().__init__(
                (min(days, default=0) - 3) * _DAY // SPAN,
                (max(days) + 3) * _DAY // SPAN if days else -HORIZON,
            )
        else:
            super().__init__(EARLIEST // SPAN, LATEST // SPAN)

    def _build(self, number: int) -> Iterable[Stretch]:
        zone = self._zone
        found = []
        for ordinal, midnight in _dates(zone, number):
            for opens, closes in self._windows(ordinal):
                if midnight is not None:
                    found.append((midnight + opens * _SECOND, midnight + closes * _SECOND))
                else:
                    found.append(
                        (local_micros(zone, ordinal, opens), local_micros(zone, ordinal, closes))
                    )
        return cut(merge(found), max(number * SPAN, EARLIEST), min((number + 1) * SPAN, LATEST))

    def _windows(self, ordinal: int) -> Day:
        usual = self._week[(ordinal - 1) % 7]
        if self._regular:
            return usual
        day = date.fromordinal(ordinal)
        windows = self._exceptions.get(day)
        if windows is not None:
            return windows
        return () if usual and day in self._holidays else usual


@lru_cache(maxsize=4096)
def weekly(
    week: Week, zone: str, holidays: Container[date], exceptions: Mapping[date, Day]
) -> Weekly:
    """The line of these windows; equal ones share one line, so that a team's reps share its blocks."""
    return Weekly(week, ZoneInfo(zone), holidays, exceptions)
