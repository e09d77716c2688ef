"""The holidays of a whole policy, and the reps as they work around them.

The rules of this module:

* A holiday closes the schedule of every rep who has one, unless the schedule overrides the date.
* Combined schedules are closed part by part, so that each part keeps its overrides. What is open because something
  else is closed has no dates of its own: it is closed from midnight to midnight, in its zone.
* A rep without a schedule is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from leadroute.errors import ConfigError
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.validation import FrozenDict
from leadroute.model.working_hours import AllOf, AnyOf, Hours

__all__ = ["holiday_dates", "observing"]


def holiday_dates(given: Iterable[date]) -> frozenset[date]:
    """A converter for holidays.

    Raises:
        ConfigError: Something is no date, or a calendar has no dates because it works them out when it is asked.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise ConfigError(f"holidays are {given!r:.60}; write a list of dates")
    found = frozenset(given)
    if not found and isinstance(given, Mapping) and type(given) not in (dict, FrozenDict):
        kind = type(given).__name__
        problem = f"holidays are a {kind} without dates, which works them out when it is asked"
        raise ConfigError(
            f"{problem}; name the years, as in country_holidays('NL', years=range(2026, 2031))"
        )
    if not all(type(day) is date for day in found):
        raise ConfigError("holidays hold something that is no date; write dates, without a time")
    return found


def observing(reps: tuple[Rep, ...], holidays: frozenset[date]) -> tuple[Rep, ...]:
    """The reps with these holidays in their schedules. O(reps), and nothing without holidays.

    Example:
        >>> (ada,) = observing(
        ...     (Rep("ada", schedule="mon-fri 09:00-17:00"),), frozenset({date(2026, 12, 25)})
        ... )
        >>> str(ada.schedule)
        'mon-fri 09:00-17:00; holidays 2026-12-25; in UTC'
    """
    if not holidays:
        return reps
    return tuple(
        rep if rep.hours is None else rep.with_changes(schedule=_closed_on(rep.hours, holidays))
        for rep in reps
    )


@lru_cache(maxsize=4_096)
def _closed_on(hours: Hours, holidays: frozenset[date]) -> Hours:
    if isinstance(hours, Schedule):
        return hours.closed_on(holidays)
    if isinstance(hours, AllOf | AnyOf):
        return type(hours)(tuple(_closed_on(part, holidays) for part in hours.parts))
    return hours & Schedule("always", hours.zone, holidays=holidays)
