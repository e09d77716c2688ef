"""The part of a score that depends on the lead: classes of reps with the same points, as sets of bits.

The rules of this module:

* A ``Facet`` is something a lead may ask for that a rep has or has not. Every rep's facets are known beforehand.
* For one lead each term splits the reps into shares with the same points. A share that is not ``exact`` holds reps with
  fewer points too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple, TypeAlias

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.fit import SAME_COUNTRY, skill_match, territory_match
from leadroute.rules.scorer import Scorer

__all__ = ["Facet", "Facets", "Share", "depends"]

Facet: TypeAlias = Hashable
Bits: TypeAlias = Mapping[Facet, int]

ALL: Final = "all"
_SKILLED: Final = "skilled"
_PLACED: Final = "placed"
_FINEST: Final = 8
_COARSE: Final = {1: 9, 2: 4}


class Share(NamedTuple):
    """Reps with the same points from one term.

    Args:
        points: Their points, the most when not ``exact``; ``None`` for no answer.
        bits: Who they are.
        exact: Whether all of them have the very same points.
    """

    points: float | None
    bits: int
    exact: bool = True


def depends(scorer: Scorer) -> bool:
    """Whether the scorer's points come in a few classes for every lead."""
    return isinstance(scorer, skill_match | territory_match)


class Facets:
    """What leads may ask for, as far as some scorers look at it.

    Args:
        scorers: The scorers whose points depend on the lead.
        reps: The reps.

    Complexity: O(skills and places of all reps) to build.
    """

    __slots__ = ("_places", "_skills", "_tops")

    def __init__(self, scorers: Iterable[Scorer], reps: Iterable[Rep]) -> None:
        kinds = {type(scorer) for scorer in scorers}
        self._skills, self._places = skill_match in kinds, territory_match in kinds
        levels: dict[str, set[float]] = {}
        for rep in reps if self._skills else ():
            for skill, level in rep.skills.items():
                levels.setdefault(skill, set()).add(level)
        self._tops = {skill: _tops(sorted(found)) for skill, found in levels.items()}

    def of(self, rep: Rep) -> Iterator[Facet]:
        """The facets of a rep."""
        yield ALL
        if self._skills and rep.skills:
            yield _SKILLED
            for skill, level in rep.skills.items():
                yield "skill", skill
                yield "level", skill, bisect_left(self._tops[skill][0], level)
        if self._places and (rep.regions or rep.countries):
            yield _PLACED
            for region in rep.regions:
                yield "region", region
            for country in rep.countries:
                yield "country", country

    def asked(self, scorer: Scorer, lead: Lead) -> Hashable:
        """What of the lead decides how the scorer splits the reps."""
        if isinstance(scorer, skill_match):
            return scorer.asked(lead)
        return lead.region, lead.country

    def shares(self, scorer: Scorer, lead: Lead, bits: Bits) -> list[Share]:
        """How the scorer splits the reps for this lead, without empty shares. O(shares) operations on bits."""
        found = _by_place(lead, bits)
        if isinstance(scorer, skill_match):
            found = self._by_skill(scorer, lead, bits)
        return [share for share in found if share.bits]

    def _by_skill(self, scorer: skill_match, lead: Lead, bits: Bits) -> Iterator[Share]:
        everyone, skilled = bits.get(ALL, 0), bits.get(_SKILLED, 0)
        asked = scorer.asked(lead)
        if not asked:
            yield Share(None, everyone)
            return
        yield Share(None, everyone ^ skilled)
        limit = _COARSE.get(len(asked), 2)
        options = [
            _merged(list(self._levels(skill, scorer.at_least, skilled, bits)), limit)
            for skill in asked
        ]
        if len(options) == 1:
            yield from options[0]
            return
        for picked in product(*options):
            levels = [share.points or 0.0 for share in picked]
            points = min(levels) if scorer.need == "all" else sum(levels) / len(levels)
            together = skilled
            for share in picked:
                together &= share.bits
            yield Share(points, together, all(share.exact for share in picked))

    def _levels(self, skill: str, at_least: float, skilled: int, bits: Bits) -> Iterator[Share]:
        tops, exact = self._tops.get(skill, ((), True))
        for number in range(len(tops) - 1, -1, -1):
            points = tops[number] if tops[number] >= at_least else 0.0
            yield Share(points, bits.get(("level", skill, number), 0), exact)
        yield Share(0.0, skilled ^ bits.get(("skill", skill), 0))


def _tops(levels: list[float]) -> tuple[tuple[float, ...], bool]:
    if len(levels) <= _FINEST:
        return tuple(levels), True
    last = len(levels) - 1
    return tuple(levels[last * step // _FINEST] for step in range(1, _FINEST + 1)), False


def _merged(shares: list[Share], limit: int) -> list[Share]:
    found = [share for share in shares if share.bits]
    while len(found) > limit:
        one, other = found[-3], found[-2]
        found[-3:-1] = [Share(one.points, one.bits | other.bits, exact=False)]
    return found


def _by_place(lead: Lead, bits: Bits) -> Iterator[Share]:
    region, country = lead.region, lead.country
    everyone, placed = bits.get(ALL, 0), bits.get(_PLACED, 0)
    if region is None and country is None:
        yield Share(None, everyone)
        return
    near = bits.get(("region", region), 0)
    same = bits.get(("country", country), 0)
    yield Share(1.0, near)
    yield Share(SAME_COUNTRY, same ^ (same & near))
    yield Share(0.0, placed ^ (placed & (near | same)))
    yield Share(None, everyone ^ placed)
