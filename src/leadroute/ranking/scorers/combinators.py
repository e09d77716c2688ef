"""Scores made of scores: the best of several, the first answer, tiers, bounds and fairness.

``tiers`` and ``fair_share`` put some reps strictly before others. That would be lost in a weighted
mean, so they stand alone: they cannot be added to, weighted or guarded, and only ``fair_share`` may
hold ``tiers``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final, final

from attrs import field, frozen

from leadroute.errors import ConfigError
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.parameters import not_negative, share
from leadroute.ranking.scorers.round_robin import dues
from leadroute.rules.describe import plural
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer, column_where


def _scorers(name: str, given: Iterable[Any], *, alone: bool = False) -> tuple[Scorer, ...]:
    found = tuple(given)
    if not found:
        raise ConfigError(f"{name}() needs a scorer or more, such as {name}(free_capacity())")
    for each in found:
        if not isinstance(each, Scorer):
            raise ConfigError(f"{name}() takes scorers, and {each!r:.60} is none")
        if each.alone and not alone:
            raise ConfigError(f"{each.name}() stands alone; {name}() cannot hold it")
    return found


@frozen(init=False)
class _Several(Scorer):
    """What the nodes over several scores share."""

    scorers: tuple[Scorer, ...]

    def __init__(self, *scorers: Scorer) -> None:
        self.__attrs_init__(_scorers(self.name, scorers))

    @property
    def inner(self) -> tuple[Scorer, ...]:
        """The parts, in the order they were written."""
        return self.scorers

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The reason of the part that decides; of all, when none has an answer."""
        decides = self._deciding(context, rep)
        if decides is not None:
            return decides.reason(context, rep)
        return "; ".join(scorer.reason(context, rep) for scorer in self.scorers)

    def is_turn(self, context: RoutingContext, rep: Rep) -> bool:
        """As the part that decides says: a turn is taken only where it had a say."""
        decides = self._deciding(context, rep)
        return decides is not None and decides.is_turn(context, rep)

    def owns(self, context: RoutingContext, rep: Rep) -> bool:
        """As the part that decides says."""
        decides = self._deciding(context, rep)
        return decides is not None and decides.owns(context, rep)

    def _deciding(self, context: RoutingContext, rep: Rep) -> Scorer | None:
        for scorer in self.scorers:
            if scorer.bind(context)(rep) is not None:
                return scorer
        return None

    def _layers(self, context: RoutingContext) -> Iterator[list[float | None]]:
        """The column of each part in turn, for the reps of whom no part before had an answer.

        Every part is asked, because one that cannot be asked is a fault wherever it stands.
        """
        open_places = [True] * len(context.reps)
        for scorer in self.scorers:
            found = column_where(scorer, context, open_places)
            yield found
            open_places = [
                still and points is None for still, points in zip(open_places, found, strict=True)
            ]

    def _arguments(self) -> list[str]:
        return list(map(str, self.scorers))


@final
@frozen(init=False)
class max_of(_Several):
    """The highest points among several scores.

    Formula: max of the points that are known.

    Args:
        scorers: One score or more.

    Raises:
        ConfigError: There is none, or something is not a score.

    Example:
        >>> from leadroute import free_capacity, round_robin
        >>> str(max_of(free_capacity(), round_robin()))
        'max_of(free_capacity(), round_robin())'
    """

    def bind(self, context: RoutingContext) -> Points:
        """Bind every part once. O(parts) a rep."""
        bound = [scorer.bind(context) for scorer in self.scorers]

        def points(rep: Rep) -> float | None:
            known = (found for score in bound if (found := score(rep)) is not None)
            return max(known, default=None)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """The best of the parts' columns. O(parts * reps)."""
        best, *others = [scorer.column(context) for scorer in self.scorers]
        for column in others:
            best = [
                one if other is None or (one is not None and one >= other) else other
                for one, other in zip(best, column, strict=True)
            ]
        return best

    def _deciding(self, context: RoutingContext, rep: Rep) -> Scorer | None:
        found = [(scorer.bind(context)(rep), scorer) for scorer in self.scorers]
        known = [(points, scorer) for points, scorer in found if points is not None]
        return max(known, key=lambda pair: pair[0])[1] if known else None


@final
@frozen(init=False)
class first_of(_Several):
    """The points of the first score with an answer.

    Formula: the points of the first that are known. ``first_of(owner(), round_robin())``: the owner
    of the account, and the turns where no rep owns it.

    Args:
        scorers: One score or more, the preferred one first.

    Raises:
        ConfigError: There is none, or something is not a score.

    Example:
        >>> from leadroute import free_capacity, skill_match
        >>> str(first_of(skill_match("industry"), free_capacity()))
        "first_of(skill_match('industry'), free_capacity())"
    """

    def bind(self, context: RoutingContext) -> Points:
        """Bind every part once. O(parts) a rep."""
        bound = [scorer.bind(context) for scorer in self.scorers]

        def points(rep: Rep) -> float | None:
            known = (found for score in bound if (found := score(rep)) is not None)
            return next(known, None)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """The first answer in the parts' columns. O(parts * reps)."""
        found, *others = self._layers(context)
        for column in others:
            found = [
                other if one is None else one for one, other in zip(found, column, strict=True)
            ]
        return found


@final
@frozen(init=False)
class tiers(_Several):
    """Reps of an earlier tier strictly before reps of a later one.

    Inside a tier the points decide.

    A rep belongs to the first score that has an answer for them; guards make the tiers:
    ``tiers(round_robin().when(rep.level >= 3), round_robin())``. Who belongs to no tier comes last, with 0.

    Formula: with n tiers, a rep of tier i (from 0) with p points gets (n - 1 - i + (1 + p) / 2) /
    n, so that a tier lies above (n - i - 1/2) / n and the next one ends half a step below it.

    Args:
        scorers: The score of each tier, the first tier first.

    Raises:
        ConfigError: There is none, or something is not a score.

    Example:
        >>> from leadroute import REP, free_capacity
        >>> str(tiers(free_capacity().when(REP.level >= 3), free_capacity()))
        'tiers(free_capacity().when(rep.level >= 3), free_capacity())'
    """

    alone: ClassVar[bool] = True

    def bind(self, context: RoutingContext) -> Points:
        """Bind every tier once. O(tiers) a rep."""
        bound = [scorer.bind(context) for scorer in self.scorers]
        count = len(bound)

        def points(rep: Rep) -> float:
            for position, score in enumerate(bound, 1):
                found = score(rep)
                if found is not None:
                    return (count - position + (1 + found) / 2) / count
            return 0.0

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Return the first tier with an answer. O(tiers * reps)."""
        count = len(self.scorers)
        found: list[float | None] = [0.0] * len(context.reps)
        for position, column in enumerate(self._layers(context), 1):
            found = [
                so_far if points is None else (count - position + (1 + points) / 2) / count
                for so_far, points in zip(found, column, strict=True)
            ]
        return found

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The tier, and the reason inside it."""
        decides = self._deciding(context, rep)
        if decides is None:
            return f"in none of {plural(len(self.scorers), 'tier')}"
        number = self.scorers.index(decides) + 1
        return f"tier {number} of {len(self.scorers)}: {decides.reason(context, rep)}"


@frozen
class _One(Scorer):
    """What the nodes over one score share."""

    scorer: Scorer = field(kw_only=False)

    def __attrs_post_init__(self) -> None:
        _scorers(self.name, (self.scorer,), alone=self.alone)

    @property
    def inner(self) -> tuple[Scorer, ...]:
        """The part."""
        return (self.scorer,)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The part's reason."""
        return self.scorer.reason(context, rep)


@final
@frozen
class clamp(_One):
    """The points of a score, kept between two bounds.

    Formula: min(high, max(low, points)).

    Args:
        scorer: The score.
        low: The fewest points.
        high: The most points; not below ``low``.

    Raises:
        ConfigError: A bound is not between 0 and 1, or ``high`` is below ``low``.

    Example:
        >>> from leadroute import free_capacity
        >>> str(clamp(free_capacity(), high=0.5))
        'clamp(free_capacity(), high=0.5)'
    """

    low: float = field(default=0, converter=share)
    high: float = field(default=1, converter=share)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.high < self.low:
            raise ConfigError(f"clamp() has high={self.high} below low={self.low}; swap them")

    def bind(self, context: RoutingContext) -> Points:
        """Bind the part once. O(1) a rep."""
        score, low, high = self.scorer.bind(context), self.low, self.high

        def points(rep: Rep) -> float | None:
            found = score(rep)
            return None if found is None else min(high, max(low, found))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """The part's column, kept between the bounds. O(reps)."""
        low, high = self.low, self.high
        return [
            None
            if points is None
            else low
            if points <= low
            else high  # noqa: FURB136 - twice as fast as min() and max()
            if points >= high
            else points
            for points in self.scorer.column(context)
        ]


@final
@frozen
class invert(_One):
    """The opposite preference.

    Formula: 1 - points.

    Args:
        scorer: The score.

    Example:
        >>> from leadroute import free_capacity
        >>> str(invert(free_capacity()))
        'invert(free_capacity())'
    """

    def bind(self, context: RoutingContext) -> Points:
        """Bind the part once. O(1) a rep."""
        score = self.scorer.bind(context)

        def points(rep: Rep) -> float | None:
            found = score(rep)
            return None if found is None else 1.0 - found

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """The part's column, turned around. O(reps)."""
        return [None if points is None else 1.0 - points for points in self.scorer.column(context)]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The part's reason, turned around."""
        return f"the less the better: {self.scorer.reason(context, rep)}"


@final
@frozen
class at_least(_One):
    """The points of a score that reach a bound, else no answer.

    It makes a tier out of a scorer.

    Formula: the points where points >= bound, else no answer.
    ``tiers(at_least(deal_size_fit(), 0.1), round_robin())`` puts reps whose deals are of another size strictly last.

    Args:
        scorer: The score.
        bound: The fewest points that count; 1 means full points only.

    Raises:
        ConfigError: The bound is not between 0 and 1.

    Example:
        >>> from leadroute import free_capacity
        >>> str(at_least(free_capacity(), 0.2))
        'at_least(free_capacity(), 0.2)'
    """

    bound: float = field(converter=share)

    def bind(self, context: RoutingContext) -> Points:
        """Bind the part once. O(1) a rep."""
        score, bound = self.scorer.bind(context), self.bound

        def points(rep: Rep) -> float | None:
            found = score(rep)
            return found if found is not None and found >= bound else None

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """The part's column where it reaches the bound. O(reps)."""
        bound = self.bound
        return [
            points if points is not None and points >= bound else None
            for points in self.scorer.column(context)
        ]


@final
@frozen
class fair_share(_One):
    """A limit of fairness around a score.

    No rep gets further ahead of their share than ``ahead`` leads.

    A rep whom this lead would put further ahead comes strictly after every rep whom it would not,
    however good their score. ``Ranking.fairness_cost`` is the score that this gives up.

    Formula: with c turns of credit and weight w of the candidates' W, this lead would put the rep 1
    - w / W - c leads ahead of their share. A rep within ``ahead`` gets (1 + p) / 2 for p points of
    the score; the others come below them, the least ahead first: of n different distances, the i-th
    (from 0) gets (n - 1 - i + p / 2) / (2 * n). While every rep takes every lead, one of them is
    always within the bound. A bound below 1 could not be kept: the rep who takes the first lead is
    ahead by it.

    Args:
        scorer: The score.
        ahead: The most leads that a rep may be ahead of their share; 1 or more, 2 by default.

    Raises:
        ConfigError: ``ahead`` is not a number, or below 1.

    Example:
        >>> from leadroute import skill_match
        >>> str(fair_share(skill_match("industry"), 3))
        "fair_share(skill_match('industry'), 3)"
    """

    alone: ClassVar[bool] = True
    ahead: float = field(default=2, converter=not_negative)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.ahead < 1:
            problem = f"cannot keep ahead={self.ahead}: the rep who takes a lead is ahead by it"
            raise ConfigError(f"fair_share() {problem}; write 1 or more, or round_robin() alone")

    @property
    def takes_turns(self) -> bool:
        """Shares are counted in turns."""
        return True

    def bind(self, context: RoutingContext) -> Points:
        """Read the credits once.

        O(candidates log candidates) for a lead, O(1) for a rep.
        """
        points = dict(zip(context.ids, self.column(context), strict=True))
        return lambda rep: points.get(rep.id, 0.0)

    def column(self, context: RoutingContext) -> list[float | None]:
        """Look at the credits once. O(candidates log candidates)."""
        found = [points or 0.0 for points in self.scorer.column(context)]
        shares = dues(context)
        due, turn = shares.due(), shares.turn
        least = turn - (self.ahead + _SLACK) * turn
        beyond = sorted({each for each in due if each < least})
        steps = {each: number for number, each in enumerate(beyond)}
        return [
            (1 + points) / 2 if each >= least else (steps[each] + points / 2) / (2 * len(beyond))
            for each, points in zip(due, found, strict=True)
        ]

    def is_turn(self, context: RoutingContext, rep: Rep) -> bool:
        """Always: shares are counted in turns."""
        return True

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the reason, and the distance of the rep from their share."""
        leads = dues(context).ahead(context.reps.index(rep)) - _SLACK
        held = "held back: " if leads > self.ahead else ""
        side = f"{leads:.1f} turns ahead of" if leads >= 0 else f"{-leads:.1f} turns behind"
        return f"{self.scorer.reason(context, rep)}; {held}{side} their share with this lead"


_SLACK: Final = 1e-6
"""What shares that are rounded to parts of a turn may add to a lead ahead of a share."""
