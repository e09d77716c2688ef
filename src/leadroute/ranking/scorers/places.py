"""How near a rep is to a lead, on the map and on the clock.

The rules of this module:

* A place is a pair of numbers, latitude and longitude in degrees, in the attributes of lead and rep.
* A time zone is never guessed: where a lead may be in several, only the hours that suit all of them count.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import field, frozen

from leadroute.errors import ConfigError, InvalidValue
from leadroute.model.clocks import OFFICE, Shared, shared_hours
from leadroute.model.distance import distance_km
from leadroute.model.hours import unless_failing
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.ranking.scorers.parameters import positive, word
from leadroute.rules.naming import number_of
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["distance", "timezone_overlap"]


@frozen
class distance(Scorer):
    """How near the rep is to the lead.

    Formula: half / (half + d), with d the great-circle distance in kilometres by the haversine formula (Sinnott 1984)
    on a sphere of radius 6371.0088 km. No answer when either place is not known, or is no place on earth.

    Args:
        half: The distance in kilometres that gives half a point; above 0.
        latitude: The attribute with the latitude in degrees, of lead and rep alike.
        longitude: The attribute with the longitude in degrees.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(distance(100))
        'distance(100)'
    """

    name = "distance"
    half: float = field(default=50, converter=positive)
    latitude: str = field(default="lat", converter=word)
    longitude: str = field(default="lon", converter=word)

    def bind(self, situation: Situation) -> Points:
        """Read the lead's place once. O(1) a rep."""
        there = self._place(situation.lead)

        def points(rep: Rep) -> float | None:
            here = self._place(rep)
            if here is None or there is None:
                return None
            return self.half / (self.half + distance_km(here, there))

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many kilometres lie between them."""
        here, there = self._place(rep), self._place(situation.lead)
        if there is None:
            return "the lead's place is not known"
        if here is None:
            return "the rep's place is not known"
        return f"{distance_km(here, there):.0f} km away"

    def _place(self, of: Lead | Rep) -> tuple[float, float] | None:
        entity = "lead" if isinstance(of, Lead) else "rep"
        latitude = number_of(of, f"{entity}['{self.latitude}']")
        longitude = number_of(of, f"{entity}['{self.longitude}']")
        if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
            return None
        return latitude, longitude


def _week(given: Any) -> str:
    week = word(given)
    try:
        Schedule(week, "UTC")
    except InvalidValue as error:
        raise ConfigError(f"{week!r:.60} are no weekly hours: {error}") from None
    return week


@frozen
class timezone_overlap(Scorer):
    """How much of the lead's working hours the rep works too.

    Formula: the time in the next seven days in which both are open, over the time in which the lead is. The lead's
    hours are ``week`` in the lead's zone, which is given, or follows from region, country or dial code; where that
    leaves several zones, the hours that suit all of them. A rep without a schedule works ``week`` in their own zone.
    No answer when nothing is known of the lead's zone, the rep has neither schedule nor zone, or the rep's calendar is
    the host's and fails.

    Args:
        week: The lead's working hours, such as ``"mon-fri 09:00-17:00"``.

    Raises:
        ConfigError: ``week`` cannot be read.

    Example:
        >>> str(timezone_overlap())
        'timezone_overlap()'
    """

    name = "timezone_overlap"
    week: str = field(default=OFFICE, converter=_week)

    def bind(self, situation: Situation) -> Points:
        """Work the lead's hours out once. O(stretches of a week) for every schedule that a rep has."""
        shared = self._shared(situation)
        if shared is None:
            return _no_answer
        return lambda rep: unless_failing(partial(shared.share, rep), lambda _error: None)

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many hours they share, of how many."""
        shared = self._shared(situation)
        if shared is None:
            return "the lead's time zone is not known"
        return unless_failing(
            partial(shared.reason, rep),
            lambda error: f"the rep's calendar fails with {type(error).__name__}",
        )

    def _shared(self, situation: Situation) -> Shared | None:
        return situation.once(
            ("shared hours", self.week),
            lambda: shared_hours(situation.lead, self.week, situation.instant),
        )


def _no_answer(_rep: Rep) -> None:
    return None
