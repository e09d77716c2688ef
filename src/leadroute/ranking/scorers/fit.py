"""How well a rep suits a lead: skills and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.atlas import Match
from leadroute.model.distance import distance_km, position_of
from leadroute.model.rep import Rep
from leadroute.model.territory import BACKUP, OVERLAY, OWNER
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["nearness", "skill_match", "territory_match"]

SAME_COUNTRY = 0.5
"""The points for covering the lead's country, where covering its region or postal area gives 1."""


def _text_field(given: Any) -> str:
    known = tuple(name for name, spec in FIELDS["lead"].items() if spec.kind is Kind.TEXT)
    if given not in known:
        raise UnknownFieldError("lead", str(given), known)
    return str(given)


def positive(given: Any) -> float:
    """A number above 0, for the parameters of scorers.

    Raises:
        ConfigError: It is none.
    """
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 < given < 1e15:
        raise ConfigError(f"{given!r:.60} must be a number above 0")
    return int(given) if given == int(given) else float(given)


@frozen
class skill_match(Scorer):
    """The rep's level in the skill that the lead calls for.

    Formula: the rep's level, 0 to 1, in the skill named by the lead's ``field``; 0 when the rep has skills but not
    this one. No answer when the lead does not say, or nothing is known of the rep's skills.

    Args:
        field: The field of the lead that names the skill: ``industry``, ``product``, ``language`` ...

    Raises:
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(3 * skill_match("industry"))
        "3 * skill_match('industry')"
    """

    name = "skill_match"
    field: str = field(converter=_text_field)

    def bind(self, situation: Situation) -> Points:
        """Look the skill up once for the lead. O(1) a rep."""
        skill = getattr(situation.lead, self.field)

        def points(rep: Rep) -> float | None:
            return rep.skills.get(skill, 0.0) if rep.skills else None

        return points if skill is not None else _no_answer

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The skill and the rep's level in it."""
        skill = getattr(situation.lead, self.field)
        if skill is None:
            return f"the lead has no {self.field}"
        if not rep.skills:
            return "no skills are known"
        return f"{skill} at level {rep.skills.get(skill, 0.0):g}"


@frozen
class territory_match(Scorer):
    """Whether the lead is in the rep's territory.

    Formula, where the router has territories that hold the lead and have a rep: in the most specific one, 1 for its
    owner, 0.75 for an overlay and 0.5 for a backup; in another one half of that; else 0.

    Formula where it has none: 1 when the rep covers the lead's region, 0.5 when they cover its country, else 0. No
    answer when the lead has neither, or the rep covers no named place.

    Example:
        >>> str(territory_match())
        'territory_match()'
    """

    name = "territory_match"

    def bind(self, situation: Situation) -> Points:
        """Look the lead's place up once. O(territories of the lead) a rep."""
        staffed = tuple(situation.staffed())
        if staffed:
            return lambda rep: _part(staffed, rep)[0]
        region, country = situation.lead.region, situation.lead.country
        if region is None and country is None:
            return _no_answer

        def points(rep: Rep) -> float | None:
            if region in rep.regions:
                return 1.0
            if country in rep.countries:
                return SAME_COUNTRY
            return 0.0 if rep.regions or rep.countries else None

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """Which territory or place is covered, and how closely."""
        staffed = tuple(situation.staffed())
        if staffed:
            return _part(staffed, rep)[1]
        region, country = situation.lead.region, situation.lead.country
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


def _part(staffed: Sequence[Match], rep: Rep) -> tuple[float, str]:
    for match in staffed:
        role = match.territory.role(rep)
        if role is not None:
            share = 1.0 if match is staffed[0] else 0.5
            return share * ROLES[role], f"{role} of {match}"
    return 0.0, f"has no part in {staffed[0].territory.name}"


@frozen
class nearness(Scorer):
    """How near the rep is to the lead, for work on site.

    Formula: 1 - distance / ``km``, not below 0, by the attributes ``lat`` and ``lon`` of both. No answer when one of
    them has none.

    Args:
        km: The distance that gives no points any more, above 0.

    Raises:
        ConfigError: ``km`` is no number above 0.

    Example:
        >>> str(nearness(80))
        'nearness(80)'
    """

    name = "nearness"
    km: float = field(converter=positive)

    def bind(self, situation: Situation) -> Points:
        """Read the lead's position once. O(1) a rep."""
        there = position_of(situation.lead.attributes)

        def points(rep: Rep) -> float | None:
            here = position_of(rep.attributes)
            if there is None or here is None:
                return None
            return max(0.0, 1 - distance_km(here, there) / self.km)

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How far away the rep is."""
        there, here = position_of(situation.lead.attributes), position_of(rep.attributes)
        if there is None or here is None:
            return f"the {'lead' if there is None else 'rep'} has no lat and lon"
        return f"{distance_km(here, there):.0f} km away"


def _no_answer(_rep: Rep) -> None:
    return None
