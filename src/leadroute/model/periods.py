"""Where the hours and dates of a calendar end, as instants.

The rules of this module:

* An end is the first instant of what follows, after the instant that was asked about.
* A midnight that a change of the clocks skips is the change itself; of one that comes twice, the next to come counts.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

__all__ = ["hour_end", "midnight"]

_HOUR: Final = timedelta(hours=1)
_MICROSECOND: Final = timedelta(microseconds=1)


def hour_end(now: datetime, zone: tzinfo) -> datetime:
    """When the local hour of ``now`` ends: on the clock, or where the clocks change before that.

    Args:
        now: An aware datetime.
        zone: The zone whose hours are meant.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> before = datetime(2026, 4, 4, 14, 50, tzinfo=UTC)
        >>> for _ in range(2):
        ...     before = hour_end(before, ZoneInfo("Australia/Lord_Howe"))
        ...     print(before)
        2026-04-04 15:00:00+00:00
        2026-04-04 15:30:00+00:00
    """
    local = now.astimezone(zone)
    left = _HOUR - timedelta(0, local.second, local.microsecond, minutes=local.minute)
    offset = local.utcoffset()
    start = now.astimezone(UTC)

    def changed(micros: int) -> bool:
        return (start + micros * _MICROSECOND).astimezone(zone).utcoffset() != offset

    return start + _MICROSECOND * bisect_left(range(left // _MICROSECOND), True, key=changed)


def midnight(day: date, zone: tzinfo, now: datetime) -> datetime:
    """When a date begins that has not begun at ``now``.

    Args:
        day: A later date than that of ``now`` in the zone.
        zone: The zone whose dates are meant.
        now: An aware datetime.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> now = datetime(2026, 3, 1, tzinfo=UTC)
        >>> str(midnight(date(2026, 4, 1), ZoneInfo("Europe/Berlin"), now))
        '2026-03-31 22:00:00+00:00'
    """
    local = datetime.combine(day, time(), zone)
    first = local.astimezone(UTC)
    return first if first > now else local.replace(fold=1).astimezone(UTC)
