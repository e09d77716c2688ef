"""Paced caps: a limit per period, spread over the days of the period.

The rules of this module:

* The days are those on which the rep's weekly hours open. Holidays, leave and extra days do not move the pace: what is
  missed on them is made up for later, a little a day.
* After k of n days, ceil(limit * k / n) leads are allowed in all. Fractions are carried, so 14 a month is 14.
* On one day, at most ``burst`` leads are allowed, however much has been missed before.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from leadroute.model.schedule import Schedule
from leadroute.model.working_hours import AllOf, AnyOf, Hours

__all__ = [
    "allowance",
    "burst",
    "longest_gap",
    "next_workday",
    "span",
    "workdays",
    "workdays_between",
]

EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)


def allowance(limit: int, day: int, days: int) -> int:
    """How many leads are allowed in all by the ``day``-th of ``days`` days: ceil(limit * day / days).

    Args:
        limit: The limit of the period, 0 or more.
        day: How many days have begun, 0 to ``days``.
        days: The days of the period, 1 or more.

    Example:
        >>> [allowance(14, day, 30) for day in (1, 2, 3, 4, 5, 30)]
        [1, 1, 2, 2, 3, 14]
    """
    return -(-limit * day // days)


def burst(limit: int, days: int) -> int:
    """The most leads on one day, unless the cap says otherwise: one more than the pace, ceil(limit / days) + 1.

    Example:
        >>> burst(30, 22), burst(14, 22), burst(60, 20)
        (3, 2, 4)
    """
    return -(-limit // days) + 1 if limit else 0


def longest_gap(limit: int, days: int) -> int:
    """The most days from one lead to the next, where every day brings enough: ceil(days / limit).

    Args:
        limit: The limit of the period, 1 or more.
        days: The days of the period, 1 or more; of two different periods, the larger.

    Example:
        >>> longest_gap(14, 30), longest_gap(1, 22), longest_gap(60, 30)
        (3, 22, 1)
    """
    return -(-days // limit)


def span(per: str, day: date) -> tuple[date, date]:
    """The first date of the week, month or quarter of ``day``, and the first date after it.

    Example:
        >>> span("quarter", date(2026, 11, 21))
        (datetime.date(2026, 10, 1), datetime.date(2027, 1, 1))
    """
    if per == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(weeks=1)
    months = 3 if per == "quarter" else 1
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    return first, (first + timedelta(days=31 * months)).replace(day=1)


def workdays(hours: Hours | None) -> frozenset[int]:
    """The days of the week, Monday 0, on which weekly hours open; every day when there are no such days.

    Example:
        >>> sorted(workdays(Schedule("mon-fri 09:00-17:00", "UTC")))
        [0, 1, 2, 3, 4]
    """
    return _opening(hours) or EVERY_DAY


def _opening(hours: Hours | None) -> frozenset[int]:
    if isinstance(hours, Schedule):
        return frozenset(day for day, windows in enumerate(hours.week) if windows)
    if isinstance(hours, AllOf):
        return frozenset.intersection(*map(_opening, hours.parts))
    if isinstance(hours, AnyOf):
        return frozenset.union(*map(_opening, hours.parts))
    return EVERY_DAY


def next_workday(day: date, weekdays: frozenset[int]) -> date:
    """The first date after ``day`` on one of these days of the week, of which there is one at least.

    Example:
        >>> next_workday(date(2026, 3, 13), frozenset({0, 1, 2, 3, 4}))
        datetime.date(2026, 3, 16)
    """
    return next(
        later for later in (day + _DAY * n for n in range(1, 8)) if later.weekday() in weekdays
    )


@lru_cache(maxsize=8_192)
def workdays_between(first: date, end: date, weekdays: frozenset[int]) -> int:
    """How many dates from ``first`` to the day before ``end`` are on one of these days of the week. O(1).

    Example:
        >>> workdays_between(date(2026, 3, 1), date(2026, 4, 1), frozenset({0, 1, 2, 3, 4}))
        22
    """
    weeks, rest = divmod((end - first).days, 7)
    start = first.weekday()
    return weeks * len(weekdays) + sum((start + day) % 7 in weekdays for day in range(rest))
