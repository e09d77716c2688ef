"""The reps in classes: those of one class get the same points from every term that depends on the lead.

The rules of this module:

* A class is one share of each term. How many classes there are and what they give hangs on the shape of the shares
  alone, so leads of one shape have the same classes.
* What was worked out is kept for so many leads, and worked out again after that.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import accumulate, groupby
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias, TypeVar

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.ranking.facets import Facets, Split, asked
from leadroute.rules.scorer import Scorer

__all__ = ["Class", "Classes", "Splitting"]

K = TypeVar("K")
V = TypeVar("V")


class Class(NamedTuple):
    """Reps with the same points from every term that depends on the lead.

    Args:
        gained: What these terms give, each times its weight.
        divisor: The weight of all terms with an answer, also of those that do not depend on the lead.
        picked: The position of each of them, and which of its shares it is.
        following: What they give the next best class of the same divisor, if there is one.
        exact: Whether all in it get the very same; else ``gained`` is the most.
        points: What each of the terms gives.
        answered: The weight of those of them with an answer.
    """

    gained: float
    divisor: float
    picked: tuple[tuple[int, int], ...] = ()
    following: float | None = None
    exact: bool = True
    points: tuple[float | None, ...] = ()
    answered: float = 0.0

    def within(self, weight: float, share: int, points: float | None, exact: bool) -> Class:
        """Those of them who are in this share of one more term."""
        given, counts = (0.0, 0.0) if points is None else (weight * points, weight)
        return self._replace(
            gained=self.gained + given,
            divisor=self.divisor + counts,
            picked=(*self.picked, (len(self.picked), share)),
            exact=self.exact and exact,
            points=(*self.points, points),
            answered=self.answered + counts,
        )


Classes: TypeAlias = tuple[list[Class], list[int]]
"""Classes, those of one weight together and the best of them first; and where each weight begins."""

_KEPT: Final = 1_024


class Splitting:
    """How leads split the reps.

    Args:
        terms: The terms that depend on the lead, with their weights.
        reps: The reps.

    Attributes:
        facets: The facets of the reps.
    """

    __slots__ = ("_asked", "_shapes", "_splits", "_terms", "_weight", "facets")

    def __init__(self, terms: Sequence[tuple[float, Scorer]], reps: Sequence[Rep]) -> None:
        self.facets = Facets([scorer for _, scorer in terms], reps)
        self._asked = [(place, asked(scorer)) for place, (_, scorer) in enumerate(terms)]
        self._terms, self._weight = terms, 0.0
        self._splits: dict[Hashable, Split] = {}
        self._shapes: dict[Hashable, Classes] = {}

    def settle(self, weight: float) -> None:
        """All other terms with an answer have this weight together."""
        self._weight = weight
        self._shapes.clear()

    def splits(self, lead: Lead) -> list[Split]:
        """How each term splits the reps for this lead."""
        known, found = self._splits, []
        for place, asked_of in self._asked:
            key = place, asked_of(lead)
            split = known.get(key)
            if split is None:
                split = _room(known)[key] = self.facets.split(self._terms[place][1], lead)
            found.append(split)
        return found

    def classes(self, splits: Iterable[Split]) -> Classes:
        """How all terms together split them. O(classes * log(classes)) the first time that splits have this shape."""
        shape = tuple([split.shape for split in splits])
        known = self._shapes.get(shape)
        if known is None:
            known = _room(self._shapes)[shape] = self._combined(shape)
        return known

    def _combined(self, shape: Iterable[Iterable[tuple[float | None, bool]]]) -> Classes:
        found = [Class(0.0, self._weight)]
        for (weight, _), shares in zip(self._terms, shape, strict=True):
            found = [
                each.within(weight, number, points, exact)
                for number, (points, exact) in enumerate(shares)
                for each in found
            ]
        found = [each if each.divisor else each._replace(divisor=1.0) for each in found]
        found.sort(key=attrgetter("divisor", "gained"), reverse=True)
        groups = [[*alike] for _, alike in groupby(found, attrgetter("divisor"))]
        chained = [
            each._replace(following=after and after.gained)
            for alike in groups
            for each, after in zip(alike, [*alike[1:], None], strict=True)
        ]
        return chained, [*accumulate(map(len, groups), initial=0)][:-1]


def _room(kept: dict[K, V]) -> dict[K, V]:
    if len(kept) == _KEPT:
        kept.clear()
    return kept
