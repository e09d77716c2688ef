"""The clock of a lead beside that of a rep: what is known of it, and how much of the working week they share.

The rules of this module:

* A time zone is never guessed: where a lead may be in several, only the hours that suit all of them count.
* A rep without a schedule works the asked hours in their own zone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from attrs import field, frozen

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.values import known
from leadroute.model.working_hours import Hours, overlap
from leadroute.model.zones import ZoneGuess, calling_hours, zones_of

__all__ = ["OFFICE", "Shared", "clock_of", "lead_hours", "shared_hours"]

OFFICE = "mon-fri 09:00-17:00"
"""The working hours of a lead of whom nothing else is said."""

_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_hours = lru_cache(maxsize=4_096)(calling_hours)


def clock_of(lead: Lead) -> ZoneGuess:
    """What is known of the lead's time zone.

    Example:
        >>> clock_of(Lead("L-1", country="DE")).zone
        'Europe/Berlin'
    """
    return zones_of(lead.country, lead.region, lead.phone, lead.timezone)


def lead_hours(lead: Lead, week: str = OFFICE) -> Hours | None:
    """Weekly hours on the lead's own clock; ``None`` when nothing is known of it.

    Raises:
        InvalidValue: ``week`` cannot be read.
    """
    return _hours(week, clock_of(lead))


@frozen
class Shared:
    """How much of the lead's working hours in the seven days from an instant reps work too.

    Args:
        hours: The lead's working hours.
        week: The same as weekly hours, for reps without a schedule.
        now: The instant.
    """

    hours: Hours
    week: str
    now: datetime
    whole: timedelta = field(init=False)
    _found: dict[Hours, timedelta] = field(factory=dict, init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        whole = self.hours.open_between(self.now, self.now + _WEEK)
        object.__setattr__(self, "whole", whole)

    def share(self, rep: Rep) -> float | None:
        """Between 0 and 1; ``None`` when the rep's hours are not known, or the lead has none in these days."""
        own = self._of(rep)
        if own is None or not self.whole:
            return None
        return self._together(own) / self.whole

    def reason(self, rep: Rep) -> str:
        """How many hours they share, of how many.

        Complexity: O(stretches of a week), once for every schedule.
        """
        own = self._of(rep)
        if own is None:
            return "the rep's time zone is not known"
        hours, whole = self._together(own) / _HOUR, self.whole / _HOUR
        return f"{hours:.0f} of the lead's {whole:.0f} working hours in the next week"

    def _of(self, rep: Rep) -> Hours | None:
        if rep.hours is not None or rep.timezone is None:
            return rep.hours
        return Schedule(self.week, ZoneInfo(rep.timezone))

    def _together(self, own: Hours) -> timedelta:
        if own not in self._found:
            self._found[own] = overlap(self.hours, own, self.now, self.now + _WEEK)
        return self._found[own]


def shared_hours(lead: Lead, week: str, now: datetime | None) -> Shared | None:
    """The comparison for one lead; ``None`` when nothing is known of the lead's time zone.

    Args:
        lead: The lead.
        week: Its working hours, such as ``"mon-fri 09:00-17:00"``.
        now: When the seven days begin, aware.

    Raises:
        InvalidValue: ``week`` cannot be read.
        FactTypeError: The lead's zone is known, and nobody said what time it is.

    Example:
        >>> from datetime import UTC
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> shared = shared_hours(Lead("L-1", country="DE"), OFFICE, monday)
        >>> shared.reason(Rep("ada", schedule="mon-fri 09:00-17:00", timezone="Europe/London"))
        "35 of the lead's 40 working hours in the next week"
    """
    hours = lead_hours(lead, week)
    return None if hours is None else Shared(hours, week, known(now))
