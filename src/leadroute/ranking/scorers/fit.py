"""How well a rep suits a lead: skills, places, distance and hours.

What is not known of the rep gives ``unknown``, which is 0 unless a policy says otherwise: a rep of
whom less is known must not be ahead of one who fits.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from math import asin, cos, radians, sin, sqrt
from typing import Any, Literal

from attrs import field, frozen
from attrs import field as parameter
from attrs.converters import optional

from leadroute.errors import ConfigError, ValidationError
from leadroute.model.geography import meeting
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import OFFICE, Shared, shared_hours
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.territory import BACKUP, EARTH_KM, OVERLAY, OWNER, distance_km
from leadroute.model.territory_index import Match
from leadroute.model.working_hours import unless_failing
from leadroute.ranking.scorers.parameters import (
    choice,
    points_or_none,
    positive,
    share,
    titles,
    word,
)
from leadroute.ranking.scorers.seniority import alike
from leadroute.rules.fields import CONTACT, number_of, texts_of
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer

SAME_COUNTRY = 0.5
"""The points for covering the lead's country, where covering its region or postal area gives 1."""


def _need(given: Literal["some", "all"]) -> str:
    return choice(given, "some", "all")


@frozen(cache_hash=True)  # a key for every lead
class skill_match(Scorer):
    r"""The rep's level in the skills that the lead calls for.

    Formula: the mean of the rep's levels, 0 to 1, in the skills named by the lead; a skill that the
    rep lacks, or has below ``at_least``, is level 0. With ``need="all"`` the lowest of the levels
    counts, so that one missing skill gives 0. A rep of whom no skills are known gets ``unknown``.
    No answer when the lead does not say.

    Args:
        field: The field of the lead that names the skill: ``industry``, ``product``, ``language``;
            an attribute with a set of skills, such as ``lead['needs']``; or a list of these.
        need: ``"some"`` when skills are preferred, ``"all"`` when each is required.
        at_least: The level below which a skill does not count.
        unknown: The points of a rep without known skills, from 0 to 1; ``None`` for no answer.

    Raises:
        UnknownFieldError: The lead has no such text field.
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(3 * skill_match("industry"))
        "3 * skill_match('industry')"
        >>> str(skill_match(["industry", "lead['needs']"], "all"))
        'skill_match([\'industry\', "lead[\'needs\']"], \'all\')'
    """

    reads = frozenset[str]()
    field: str | tuple[str, ...] = parameter(converter=titles)
    need: str = parameter(default="some", converter=_need)
    at_least: float = parameter(default=0, converter=share)
    unknown: float | None = parameter(default=0, converter=optional(share), kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Look up the skills of the lead once.

        O(skills asked for) for a rep.
        """
        skills = self.asked(context.lead)
        if not skills:
            return _no_answer
        level, lowest, count = self._level, self.need == "all", len(skills)
        unknown = points_or_none(self.unknown)
        if count == 1:
            (only,) = skills
            return lambda rep: level(rep, only) if rep.skills else unknown

        def points(rep: Rep) -> float | None:
            if not rep.skills:
                return unknown
            levels = [level(rep, skill) for skill in skills]
            return min(levels) if lowest else sum(levels) / count

        return points

    def depends(self, context: RoutingContext) -> Hashable | None:
        """The skills asked for."""
        return self.asked(context.lead)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The skills and the rep's level in each."""
        skills = context.once((skill_match, self.field), lambda: self.asked(context.lead))
        if not skills:
            return f"the lead has no {' or '.join(self.titles)}"
        if not rep.skills:
            return "no skills are known"
        shown = CONTACT.isdisjoint(self.titles)  # what names a lead stands in no text
        return ", ".join(
            [
                f"{skill if shown else 'a skill'} at level {self._told(rep, skill)}"
                for skill in skills
            ]
        )

    @property
    def titles(self) -> tuple[str, ...]:
        """The fields of the lead that name skills."""
        return (self.field,) if isinstance(self.field, str) else self.field

    def asked(self, lead: Lead) -> tuple[str, ...]:
        """The skills that the lead calls for."""
        if isinstance(self.field, str):
            return texts_of(lead, self.field)
        skills = (skill for title in self.titles for skill in texts_of(lead, title))
        return tuple(dict.fromkeys(skills))

    def _told(self, rep: Rep, skill: str) -> str:
        level = rep.skills.get(skill, 0.0)
        short = f", below {self.at_least:g}" if level < self.at_least else ""
        return f"{level:g}{short}"

    def _level(self, rep: Rep, skill: str) -> float:
        level = rep.skills.get(skill, 0.0)
        return level if level >= self.at_least else 0.0


@frozen(cache_hash=True)  # a key for every lead
class territory_match(Scorer):
    """A preference for reps of the lead's territory.

    Formula, where the router has territories that hold the lead and have a rep: in the most
    specific one, 1 for its owner, 0.75 for an overlay and 0.5 for a backup; in another one half of
    that; else 0. Where it has none:

    Formula: 1 when the rep covers the lead's region, 0.5 when they cover its country, else 0. A rep
    who covers no named place gets ``unknown``. No answer when the lead has neither.

    Args:
        unknown: The points of a rep who covers no named place, from 0 to 1; ``None`` for no answer.
            It is not asked about where the lead is in a territory that has a rep.

    Raises:
        ConfigError: ``unknown`` is not between 0 and 1.

    Example:
        >>> str(territory_match())
        'territory_match()'
    """

    reads = frozenset[str]()
    unknown: float | None = parameter(default=0, converter=optional(share), kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Read the lead's place once. O(1) a rep."""
        staffed = _staffed(context)
        if staffed:
            return lambda rep: _part(staffed, rep)[0]
        region, country = context.lead.region, context.lead.country
        if region is None and country is None:
            return _no_answer
        unknown = points_or_none(self.unknown)

        def points(rep: Rep) -> float | None:
            if region in rep.regions:
                return 1.0
            if country in rep.countries:
                return SAME_COUNTRY
            return 0.0 if rep.regions or rep.countries else unknown

        return points

    def depends(self, context: RoutingContext) -> Hashable | None:
        """Return the territories of the lead that have a rep.

        Without any, return its region and country.
        """
        staffed = _staffed(context)
        if staffed:
            return tuple([match.territory for match in staffed])
        return context.lead.region, context.lead.country

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Which place is covered, and how closely."""
        staffed = _staffed(context)
        if staffed:
            found = _part(staffed, rep)[1]
            if found is None:
                return f"has no part in {staffed[0].territory.name}"
            return f"{found.territory.role(rep)} of {found}"
        region, country = context.lead.region, context.lead.country
        if region is None and country is None:
            return "the lead has no region and no country"
        if region in rep.regions:
            return f"covers the region {region}"
        if country in rep.countries:
            return f"covers the country {country}"
        if not (rep.regions or rep.countries):
            return "no places are known"
        return f"does not cover {' '.join(filter(None, (country, region)))}"


ROLES: Mapping[str, float] = {OWNER: 1.0, OVERLAY: 0.75, BACKUP: 0.5}
"""The points for a part in a territory."""


def _staffed(context: RoutingContext) -> tuple[Match, ...]:
    """The territories of the lead that have a rep, as ``RoutingContext.staffed``; kept."""
    return tuple(
        [
            match
            for match in context.matches
            if any(context.column((territory_match, match.territory), match.territory.role))
        ]
    )


def _part(staffed: Sequence[Match], rep: Rep) -> tuple[float, Match | None]:
    """The points for the first territory that the rep has a part in, and that territory."""
    for match in staffed:
        role = match.territory.role(rep)
        if role is not None:
            share_of = 1.0 if match is staffed[0] else 0.5
            return share_of * ROLES[role], match
    return 0.0, None


@frozen(cache_hash=True)  # a key for every lead
class same_country(Scorer):
    """A preference for reps who cover the lead's country.

    Formula: 1 when they do, else 0. A rep of whom no countries are known gets ``unknown``. No
    answer when the lead has no country.

    Args:
        unknown: The points of a rep without known countries, 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: ``unknown`` is not between 0 and 1.

    Example:
        >>> str(same_country())
        'same_country()'
    """

    reads = frozenset[str]()
    unknown: float | None = parameter(default=0, converter=optional(share), kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Read the lead's country once. O(1) a rep."""
        country, unknown = context.lead.country, points_or_none(self.unknown)
        if country is None:
            return _no_answer

        def points(rep: Rep) -> float | None:
            return float(country in rep.countries) if rep.countries else unknown

        return points

    def depends(self, context: RoutingContext) -> Hashable | None:
        """The lead's country."""
        return (context.lead.country,)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return whether the rep covers the country, in words."""
        country = context.lead.country
        if country is None:
            return "the lead has no country"
        if not rep.countries:
            return "no countries are known"
        return f"{'covers' if country in rep.countries else 'does not cover'} {country}"


@frozen(cache_hash=True)  # a key for every lead
class language(Scorer):
    """The match of the rep's languages with the lead's language.

    Formula: 1 for the very language tag or one that it is a variant of (``de`` for ``de-AT``),
    ``near`` for the same language in another variant (``pt-BR`` and ``pt-PT``, after the lookup of
    RFC 4647), else 0. A rep of whom no languages are known gets ``unknown``. No answer when the
    lead's language is not known.

    Args:
        near: The points for another variant of the language.
        unknown: The points of a rep without known languages, 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: ``near`` or ``unknown`` is not between 0 and 1.

    Example:
        >>> str(language())
        'language()'
    """

    reads = frozenset[str]()
    near: float = parameter(default=0.8, converter=share)
    unknown: float | None = parameter(default=0, converter=optional(share), kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Read the lead's language once. O(languages of the rep) a rep."""
        asked, unknown = context.lead.language, points_or_none(self.unknown)
        if asked is None:
            return _no_answer
        tags = meeting(asked)

        def points(rep: Rep) -> float | None:
            if not rep.languages:
                return unknown
            if not rep.languages.isdisjoint(tags):
                return 1.0
            return self.near if _variants(asked, rep) else 0.0

        return points

    def depends(self, context: RoutingContext) -> Hashable | None:
        """The lead's language."""
        return (context.lead.language,)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Which language, and whether it is spoken."""
        asked = context.lead.language
        if asked is None:
            return "the lead's language is not known"
        if not rep.languages:
            return "no languages are known"
        if spoken := [tag for tag in meeting(asked) if tag in rep.languages]:
            return f"speaks {spoken[0]}"
        variants = _variants(asked, rep)
        return f"speaks {' '.join(variants)}, near {asked}" if variants else f"no {asked}"


def _variants(asked: str, rep: Rep) -> list[str]:
    root = asked.partition("-")[0]
    return sorted(spoken for spoken in rep.languages if spoken.partition("-")[0] == root)


def _no_answer(_rep: Rep) -> None:
    return None


@frozen
class distance(Scorer):
    """The nearness of the rep to the lead.

    Formula: half / (half + d), with d the great-circle distance in kilometers by the haversine
    formula (Sinnott 1984) on a sphere of radius 6371.0088 km. A rep whose place is not known, or is
    not a place on earth, gets ``unknown``. No answer when the lead's is not known.

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

    Formula: the time in the next seven days in which both are open, over the time in which the lead
    is. The lead's hours are ``week`` in the lead's zone, which is given, or follows from region,
    country or dial code; where that leaves several zones, the hours that suit all of them. A rep
    without a schedule works ``week`` in their own zone. A rep with neither schedule nor zone, or
    whose own calendar fails, gets ``unknown``. No answer when nothing is known of the lead's zone.

    Args:
        week: The lead's working hours, such as ``"mon-fri 09:00-17:00"``.
        unknown: The points of a rep whose hours are not known, from 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: ``week`` cannot be read, or ``unknown`` is not between 0 and 1.

    Example:
        >>> str(timezone_overlap())
        'timezone_overlap()'
    """

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
    """The parts of a rep on which the working hours depend."""
    return rep.timezone if rep.hours is None else rep.hours
