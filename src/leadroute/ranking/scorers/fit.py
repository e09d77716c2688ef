"""How well a rep suits a lead: skills and places.

The rules of this module:

* What is not known of the lead gives no answer. What is known of the rep and does not fit gives 0.
* What is not known of the rep gives ``unknown``, which is 0 unless a policy says otherwise: a rep of whom less is known
  must not be ahead of one who fits.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

from attrs import field as parameter
from attrs import frozen
from attrs.converters import optional

from leadroute.model.languages import meeting
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.territory import BACKUP, OVERLAY, OWNER
from leadroute.model.territory_index import Match
from leadroute.ranking.scorers.parameters import choice, points_or_none, share
from leadroute.rules.fields import text_titles, texts_of
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer

__all__ = ["language", "same_country", "skill_match", "territory_match"]

SAME_COUNTRY = 0.5
"""The points for covering the lead's country, where covering its region or postal area gives 1."""


def _titles(given: Any) -> str | tuple[str, ...]:
    found = text_titles(given)
    return found[0] if len(found) == 1 else found


def _need(given: Literal["some", "all"]) -> str:
    return choice(given, "some", "all")


@frozen
class skill_match(Scorer):
    r"""The rep's level in the skills that the lead calls for.

    Formula: the mean of the rep's levels, 0 to 1, in the skills named by the lead; a skill that the rep lacks, or has
    below ``at_least``, is level 0. With ``need="all"`` the lowest of the levels counts, so that one missing skill
    gives 0. A rep of whom no skills are known gets ``unknown``. No answer when the lead does not say.

    Args:
        field: The field of the lead that names the skill: ``industry``, ``product``, ``language``; an attribute with a
            set of skills, such as ``lead['needs']``; or a list of these.
        need: ``"some"`` when skills are preferred, ``"all"`` when each is required.
        at_least: The level below which a skill does not count.
        unknown: The points of a rep of whom no skills are known, from 0 to 1; ``None`` for no answer.

    Raises:
        UnknownFieldError: The lead has no such text field.
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(3 * skill_match("industry"))
        "3 * skill_match('industry')"
        >>> str(skill_match(["industry", "lead['needs']"], "all"))
        'skill_match([\'industry\', "lead[\'needs\']"], \'all\')'
    """

    name = "skill_match"
    reads = frozenset[str]()
    field: str | tuple[str, ...] = parameter(converter=_titles)
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
        return ", ".join([f"{skill} at level {self._told(rep, skill)}" for skill in skills])

    @property
    def titles(self) -> tuple[str, ...]:
        """The fields of the lead that name skills."""
        return (self.field,) if isinstance(self.field, str) else self.field

    def asked(self, lead: Lead) -> tuple[str, ...]:
        """The skills that the lead calls for."""
        if isinstance(self.field, str):
            found = texts_of(lead, self.field)
            if len(found) < 2:
                return tuple(found)
        skills = (skill for title in self.titles for skill in texts_of(lead, title))
        return tuple(dict.fromkeys(skills))

    def _told(self, rep: Rep, skill: str) -> str:
        level = rep.skills.get(skill, 0.0)
        short = f", below {self.at_least:g}" if level < self.at_least else ""
        return f"{level:g}{short}"

    def _level(self, rep: Rep, skill: str) -> float:
        level = rep.skills.get(skill, 0.0)
        return level if level >= self.at_least else 0.0


@frozen
class territory_match(Scorer):
    """A preference for reps of the lead's territory.

    Formula, where the router has territories that hold the lead and have a rep: in the most specific one, 1 for its
    owner, 0.75 for an overlay and 0.5 for a backup; in another one half of that; else 0. Where it has none:

    Formula: 1 when the rep covers the lead's region, 0.5 when they cover its country, else 0. A rep who covers no named
    place gets ``unknown``. No answer when the lead has neither.

    Args:
        unknown: The points of a rep who covers no named place, from 0 to 1; ``None`` for no answer. It is not asked
            about where the lead is in a territory that has a rep.

    Raises:
        ConfigError: ``unknown`` is not between 0 and 1.

    Example:
        >>> str(territory_match())
        'territory_match()'
    """

    name = "territory_match"
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
    """The territories of the lead that have a rep, as ``RoutingContext.staffed``; who is where is remembered."""
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


@frozen
class same_country(Scorer):
    """A preference for reps who cover the lead's country.

    Formula: 1 when they do, else 0. A rep of whom no countries are known gets ``unknown``. No answer when the lead has
    no country.

    Args:
        unknown: The points of a rep of whom no countries are known, from 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: ``unknown`` is not between 0 and 1.

    Example:
        >>> str(same_country())
        'same_country()'
    """

    name = "same_country"
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


@frozen
class language(Scorer):
    """The match of the rep's languages with the lead's language.

    Formula: 1 for the very language tag or one that it is a variant of (``de`` for ``de-AT``), ``near`` for the same
    language in another variant (``pt-BR`` and ``pt-PT``, after the lookup of RFC 4647), else 0. A rep of whom no
    languages are known gets ``unknown``. No answer when the lead's language is not known.

    Args:
        near: The points for another variant of the language.
        unknown: The points of a rep of whom no languages are known, from 0 to 1; ``None`` for no answer.

    Raises:
        ConfigError: ``near`` or ``unknown`` is not between 0 and 1.

    Example:
        >>> str(language())
        'language()'
    """

    name = "language"
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
