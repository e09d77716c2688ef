"""The reps in classes: those of one class get the same points from every term that depends on the lead.

The rules of this module:

* A class is one share of each term. How many classes there are and what they give hangs on the shape of the shares
  alone, so leads of one shape have the same classes.
* What was worked out is kept for so many leads, and worked out again after that.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from operator import itemgetter
from typing import Final, TypeAlias, TypeVar

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.ranking.facets import Facets, Split
from leadroute.rules.scorer import Scorer

__all__ = ["Class", "Classes", "Splitting"]

K = TypeVar("K")
V = TypeVar("V")

Class: TypeAlias = tuple[float, float, tuple[int, ...], bool]
"""What the terms give, the weight of all terms with an answer, which share of each term it is, and whether all in it
get the very same."""
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

    __slots__ = ("_shapes", "_splits", "_terms", "_weight", "facets")

    def __init__(self, terms: Sequence[tuple[float, Scorer]], reps: Sequence[Rep]) -> None:
        self.facets = Facets([scorer for _, scorer in terms], reps)
        self._terms, self._weight = terms, 0.0
        self._splits: dict[Hashable, Split] = {}
        self._shapes: dict[Hashable, Classes] = {}

    def settle(self, weight: float) -> None:
        """All other terms with an answer have this weight together."""
        self._weight = weight
        self._shapes.clear()

    def splits(self, lead: Lead) -> list[Split]:
        """How each term splits the reps for this lead."""
        facets, known, found = self.facets, self._splits, []
        for position, (_, scorer) in enumerate(self._terms):
            key = position, facets.asked(scorer, lead)
            split = known.get(key)
            if split is None:
                split = _room(known)[key] = facets.split(scorer, lead)
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
        found: list[Class] = [(0.0, self._weight, (), True)]
        for (each, _), shares in zip(self._terms, shape, strict=True):
            found = [
                (gained, weight, (*picked, number), exact and same)
                if points is None
                else (gained + each * points, weight + each, (*picked, number), exact and same)
                for number, (points, same) in enumerate(shares)
                for gained, weight, picked, exact in found
            ]
        found = [(gained, weight or 1.0, picked, exact) for gained, weight, picked, exact in found]
        found.sort(key=itemgetter(1, 0), reverse=True)
        return found, [n for n, each in enumerate(found) if not n or found[n - 1][1] != each[1]]


def _room(kept: dict[K, V]) -> dict[K, V]:
    if len(kept) == _KEPT:
        kept.clear()
    return kept
