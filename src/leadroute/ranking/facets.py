"""The part of a score that depends on the lead: classes of reps with the same points.

The rules of this module:

* A ``Facet`` is something a lead may ask for that a rep has or has not. Every rep's facets are known beforehand, and do
  not change.
* For one lead each term splits the reps into shares with the same points. A share that is not ``exact`` holds reps with
  fewer points too. A share says which facets make it; who has them is for whoever keeps the bits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.fit import SAME_COUNTRY, skill_match, territory_match
from leadroute.rules.fields import FIELDS
from leadroute.rules.scorer import Scorer

__all__ = ["Cut", "Facet", "Facets", "Share", "Split", "asked", "depends"]

Facet: TypeAlias = Hashable

_SKILLED: Final = "skilled"
_PLACED: Final = "placed"
_FINEST: Final = 8
_COARSE: Final = {1: 9, 2: 4}


class Cut(NamedTuple):
    """Who has one of some facets and none of others.

    Args:
        some: Of these a rep has one or more; everybody when empty.
        none: Of these a rep has none.
    """

    some: tuple[Facet, ...] = ()
    none: tuple[Facet, ...] = ()


class Share(NamedTuple):
    """Reps with the same points from one term.

    Args:
        points: Their points, the most when not ``exact``; ``None`` for no answer.
        cuts: Who they are: those in all of these.
        exact: Whether all of them have the very same points.
    """

    points: float | None
    cuts: tuple[Cut, ...]
    exact: bool = True


class Split(NamedTuple):
    """How one term splits the reps.

    Args:
        shares: The shares.
        shape: Their points, and whether these are exact: what can be said of the shares without knowing the reps.
        points: For each share, what gives its points for the number of any rep.
    """

    shares: list[Share]
    shape: tuple[tuple[float | None, bool], ...]
    points: list[Callable[[int], float | None]]


def depends(scorer: Scorer) -> bool:
    """Whether the scorer's points come in a few classes for every lead."""
    return isinstance(scorer, skill_match | territory_match)


def asked(scorer: Scorer) -> Callable[[Lead], Hashable]:
    """What of a lead decides how the scorer splits the reps."""
    if not isinstance(scorer, skill_match):
        return attrgetter("region", "country")
    if FIELDS["lead"].keys() >= {*scorer.titles}:
        return attrgetter(*scorer.titles)
    return scorer.asked


class Facets:
    """What leads may ask for, as far as some scorers look at it.

    Args:
        scorers: The scorers whose points depend on the lead.
        reps: The reps.

    Complexity: O(skills and places of all reps) to build.
    """

    __slots__ = ("_counts", "_places", "_reps", "_skills", "_tops", "held")

    def __init__(self, scorers: Iterable[Scorer], reps: Sequence[Rep]) -> None:
        kinds = {type(scorer) for scorer in scorers}
        self._skills, self._places = skill_match in kinds, territory_match in kinds
        levels: dict[str, set[float]] = {}
        for rep in reps if self._skills else ():
            for skill, level in rep.skills.items():
                levels.setdefault(skill, set()).add(level)
        self._tops = {skill: _tops(sorted(found)) for skill, found in levels.items()}
        self.held = [tuple(self._of(rep)) for rep in reps]
        """The facets of each rep."""
        self._reps = len(reps)
        self._counts = Counter(facet for held in self.held for facet in held)

    def _of(self, rep: Rep) -> Iterator[Facet]:
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

    def split(self, scorer: Scorer, lead: Lead) -> Split:
        """How the scorer splits the reps for this lead, without shares that nobody can be in."""
        by = (
            self._by_skill(scorer, lead)
            if isinstance(scorer, skill_match)
            else self._by_place(lead)
        )
        shares = list(by)
        shape = tuple((share.points, share.exact) for share in shares)
        return Split(shares, shape, [partial(_given, share.points) for share in shares])

    def _by_skill(self, scorer: skill_match, lead: Lead) -> Iterator[Share]:
        asked = scorer.asked(lead)
        if not asked:
            yield Share(None, ())
            return
        yield from self._without(_SKILLED)
        limit = _COARSE.get(len(asked), 2)
        options = [_merged(list(self._levels(skill, scorer.at_least)), limit) for skill in asked]
        for picked in product(*options):
            levels = [share.points or 0.0 for share in picked]
            points = min(levels) if scorer.need == "all" else sum(levels) / len(levels)
            cuts = tuple(cut for share in picked for cut in share.cuts)
            yield Share(points, cuts, all(share.exact for share in picked))

    def _levels(self, skill: str, at_least: float) -> Iterator[Share]:
        tops, exact = self._tops.get(skill, ((), True))
        for number in range(len(tops) - 1, -1, -1):
            points = tops[number] if tops[number] >= at_least else 0.0
            yield Share(points, (Cut((("level", skill, number),)),), exact)
        held = "skill", skill
        if self._counts[held] < self._counts[_SKILLED]:
            yield Share(0.0, (Cut((_SKILLED,), (held,)),))

    def _by_place(self, lead: Lead) -> Iterator[Share]:
        if lead.region is None and lead.country is None:
            yield Share(None, ())
            return
        near, same = ("region", lead.region), ("country", lead.country)
        if self._counts[near]:
            yield Share(1.0, (Cut((near,)),))
        if self._counts[same]:
            yield Share(SAME_COUNTRY, (Cut((same,), (near,)),))
        yield Share(0.0, (Cut((_PLACED,), (near, same)),))
        yield from self._without(_PLACED)

    def _without(self, facet: Facet) -> Iterator[Share]:
        if self._counts[facet] < self._reps:
            yield Share(None, (Cut((), (facet,)),))


def _given(points: float | None, _number: int) -> float | None:
    return points


def _tops(levels: list[float]) -> tuple[tuple[float, ...], bool]:
    if len(levels) <= _FINEST:
        return tuple(levels), True
    last = len(levels) - 1
    return tuple(levels[last * step // _FINEST] for step in range(1, _FINEST + 1)), False


def _merged(found: list[Share], limit: int) -> list[Share]:
    while len(found) > limit:
        one, other = found[-3], found[-2]
        some = one.cuts[0].some + other.cuts[0].some
        found[-3:-1] = [Share(one.points, (Cut(some),), exact=False)]
    return found
