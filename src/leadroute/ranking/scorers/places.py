"""How near a rep is to a lead, on the map and on the clock.

A time zone is never guessed: where a lead may be in several, only the hours that suit all of them count.
"""

from __future__ import annotations

from functools import partial
from math import asin, cos, radians, sin, sqrt
from typing import Any

from attrs import field, frozen
from attrs.converters import optional

from leadroute.errors import ConfigError, ValidationError
from leadroute.model.distance import EARTH_KM, distance_km
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import OFFICE, Shared, shared_hours
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.working_hours import unless_failing
from leadroute.ranking.scorers.parameters import points_or_none, positive, share, word
from leadroute.ranking.scorers.seniority import alike
from leadroute.rules.fields import number_of
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer


@frozen
class distance(Scorer):
    """The nearness of the rep to the lead.

    Formula: half / (half + d), with d the great-circle distance in kilometers by the haversine formula (Sinnott 1984)
    on a sphere of radius 6371.0088 km. A rep whose place is not known, or is not a place on earth, gets ``unknown``. No
    answer when the lead's is not known.

    Args:
        half: The distance in kilometers that gives half a point; above 0.
        latitude: The attribute with the latitude in degrees, of lead and rep alike.
        longitude: The attribute with the longitude in degrees.
        unknown: The points of a rep whose place is not known, from 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(distance(100))
        'distance(100)'
    """

    name = "distance"
    reads = frozenset[str]()
    half: float = field(default=50, converter=positive)
    latitude: str = field(default="lat", converter=word)
    longitude: str = field(default="lon", converter=word)
    unknown: float | None = field(default=0, converter=optional(share), kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Read the lead's place once. O(1) a rep."""
        there, unknown = self._place(context.lead), points_or_none(self.unknown)

        def points(rep: Rep) -> float | None:
            if there is None:
                return None
            here = self._place(rep)
            if here is None:
                return unknown
            return self.half / (self.half + distance_km(here, there))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Compute the points of all reps at once. O(reps)."""
        there, unknown, half = self._place(context.lead), points_or_none(self.unknown), self.half
        if there is None:
            return [None] * len(context.reps)
        lat2, lon2 = map(radians, there)
        cos2, across = cos(lat2), 2 * EARTH_KM
        key = (distance, self.latitude, self.longitude)
        return [
            unknown
            if here is None
            else half
            / (
                half
                + across
                * asin(
                    sqrt(
                        min(
                            1.0,
                            sin((lat2 - here[0]) / 2) ** 2
                            + here[2] * cos2 * sin((lon2 - here[1]) / 2) ** 2,
                        )
                    )
                )
            )
            for here in context.column(key, self._on_earth)
        ]

    def _on_earth(self, rep: Rep) -> tuple[float, float, float] | None:
        """The rep's place in radians, and the cosine of its latitude."""
        here = self._place(rep)
        if here is None:
            return None
        latitude, longitude = map(radians, here)
        return latitude, longitude, cos(latitude)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the distance in kilometers, in words."""
        here, there = self._place(rep), self._place(context.lead)
        if there is None:
            return "the lead's place is not known"
        if here is None:
            return "the rep's place is not known"
        return f"{distance_km(here, there):.0f} km away"

    def knows(self, rep: Rep) -> bool:
        """Return whether the rep's place is known."""
        return self._place(rep) is not None

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
    except ValidationError as error:
        raise ConfigError(f"{week!r:.60} are not weekly hours: {error}") from None
    return week


@frozen
class timezone_overlap(Scorer):
    """The share of the lead's working hours that the rep works.

    Formula: the time in the next seven days in which both are open, over the time in which the lead is. The lead's
    hours are ``week`` in the lead's zone, which is given, or follows from region, country or dial code; where that
    leaves several zones, the hours that suit all of them. A rep without a schedule works ``week`` in their own zone.
    A rep with neither schedule nor zone, or whose own calendar fails, gets ``unknown``. No answer when
    nothing is known of the lead's zone.

    Args:
        week: The lead's working hours, such as ``"mon-fri 09:00-17:00"``.
        unknown: The points of a rep whose hours are not known, from 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: ``week`` cannot be read, or ``unknown`` is not between 0 and 1.

    Example:
        >>> str(timezone_overlap())
        'timezone_overlap()'
    """

    name = "timezone_overlap"
    reads = frozenset[str]()
    week: str = field(default=OFFICE, converter=_week)
    unknown: float | None = field(default=0, converter=optional(share), kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Compute the lead's hours once.

        O(windows of a week) for every schedule of a rep.
        """
        shared, unknown = self._shared(context), points_or_none(self.unknown)
        if shared is None or not shared.whole:
            return _no_answer

        def points(rep: Rep) -> float | None:
            found = unless_failing(partial(shared.share, rep), lambda _error: None)
            return unknown if found is None else found

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Work the lead's hours out once, and ask each schedule once. O(reps)."""
        points = self.bind(context)
        first, kinds = alike(context, timezone_overlap, _hours_of)
        found = {kind: points(first[kind]) for kind in set(kinds)}
        return [found[kind] for kind in kinds]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the shared hours and the lead's hours, in words."""
        shared = self._shared(context)
        if shared is None:
            return "the lead's time zone is not known"
        return unless_failing(
            partial(shared.reason, rep),
            lambda error: f"the rep's calendar fails with {type(error).__name__}",
        )

    def _shared(self, context: RoutingContext) -> Shared | None:
        return context.once(
            ("shared hours", self.week),
            lambda: shared_hours(context.lead, self.week, context.instant),
        )


def _hours_of(rep: Rep) -> object:
    """What the rep's working hours hang on."""
    return rep.timezone if rep.hours is None else rep.hours


def _no_answer(_rep: Rep) -> None:
    return None
