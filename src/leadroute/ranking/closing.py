"""The holidays of a whole policy, and the reps as they work around them.

The rules of this module:

* A holiday closes the schedule of every rep who has one, unless the schedule overrides the date.
* A rep without a ``Schedule`` is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from leadroute.errors import ConfigError
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule

__all__ = ["holiday_dates", "observing"]


def holiday_dates(given: Iterable[date]) -> frozenset[date]:
    """A converter for holidays.

    Raises:
        ConfigError: Something is no date.
    """
    found = frozenset(given)
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
        rep.with_changes(schedule=_closed_on(rep.schedule, holidays))
        if isinstance(rep.schedule, Schedule)
        else rep
        for rep in reps
    )


@lru_cache(maxsize=4_096)
def _closed_on(schedule: Schedule, holidays: frozenset[date]) -> Schedule:
    return schedule.closed_on(holidays)
