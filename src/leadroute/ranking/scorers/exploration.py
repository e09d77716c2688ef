"""What is left to chance, on purpose and on record, and with which probability.

* Chance is a hash of the lead's id and the rep's: the same decision made again comes out the same, anywhere.
* A rep's luck is one of a fixed number of equally likely lots, and every scorer of a score sees the
  same one. So the propensity of every choice can be computed exactly: ``Ranking.propensities``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from attrs import field, frozen
from attrs.converters import optional

from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict
from leadroute.ranking.estimates import Estimate, Prior, posterior
from leadroute.ranking.scorers.combinators import fair_share
from leadroute.ranking.scorers.parameters import positive
from leadroute.ranking.scorers.performance import Learning, close_rate
from leadroute.rules.routing_context import CHANCES, RoutingContext
from leadroute.rules.scorer import Points, Scorer, mean


@frozen
class random_tiebreak(Scorer):
    """A lot for each rep, always the same for this lead.

    Formula: the rep's luck with the lead. A small weight, such as ``0.001 * random_tiebreak()``,
    leaves the decision to the other scorers unless they are equal.

    Example:
        >>> str(0.001 * random_tiebreak())
        '0.001 * random_tiebreak()'
    """

    reads = frozenset[str]()

    @property
    def random(self) -> bool:
        """Always."""
        return True

    def bind(self, context: RoutingContext) -> Points:
        """Draw. O(1) a rep."""
        return context.luck

    def column(self, context: RoutingContext) -> list[float | None]:
        """Draw. O(reps), a SHA-256 each."""
        return _luck(context)  # type: ignore[return-value]  # every place has points

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The lot."""
        return f"drew {context.luck(rep):.2f} by lot"


@frozen
class explore(Learning):
    """A win rate that the rep may have, drawn by lot.

    It is Thompson sampling (1933), which lets new reps prove themselves.

    Formula: the quantile of the posterior of the rep's close rate (as ``close_rate``) at the rep's
    luck with the lead: reps of whom little is known draw from a wide range, others from about their
    rate. Without any outcomes everyone draws from the same range.

    Args:
        strength: As for ``close_rate``.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(explore(by="industry"))
        "explore(by='industry')"
    """

    reads = close_rate.reads
    strength: float | None = field(default=None, converter=optional(positive))

    @property
    def random(self) -> bool:
        """Always."""
        return True

    def bind(self, context: RoutingContext) -> Points:
        """Compute the posterior of each candidate once for the lead.

        O(candidates) for a lead, O(1) for a rep.
        """
        estimates = context.once((explore, self), lambda: self._estimates(context))
        unknown = posterior(0, 0, None)

        def points(rep: Rep) -> float:
            return estimates.get(rep.id, unknown).quantile(context.luck(rep))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Work the posterior of every different record out once. O(candidates)."""
        won, closed = self.columns(context, "won", "closed")
        known = _posteriors(self._rate.prior_of(won, closed))
        return [
            known[record].quantile(luck)
            for record, luck in zip(zip(won, closed, strict=True), _luck(context), strict=True)
        ]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the drawn rate and its range, in words."""
        estimate = self._rate.estimate(context, rep)
        low, high = estimate.interval(0.9)
        drawn = estimate.quantile(context.luck(rep))
        return f"drew {drawn:.0%} from a rate likely between {low:.0%} and {high:.0%}"

    @property
    def _rate(self) -> close_rate:
        return close_rate(self.strength, by=self.by, half_life=self.half_life)

    def _estimates(self, context: RoutingContext) -> dict[str, Estimate]:
        rate = self._rate
        return {rep.id: rate.estimate(context, rep) for rep in context.reps}


class _Posteriors(dict[tuple[float, float], Estimate]):
    """What is known of a rate by wins and trials; computed when it is first asked for."""

    __slots__ = ("_prior",)

    def __init__(self, prior: Prior | None) -> None:
        self._prior = prior

    def __missing__(self, record: tuple[float, float]) -> Estimate:
        found = self[record] = posterior(*record, self._prior)
        return found


_posteriors = lru_cache(maxsize=8)(_Posteriors)
"""The averages that were asked for last: one for all leads until an outcome is known."""


def _luck(context: RoutingContext) -> list[float]:
    """The luck of every rep, as ``RoutingContext.luck``; the lead's half is digested once."""
    if context.lot is not None:
        return [*map(context.luck, context.reps)]
    from hashlib import sha256  # loads OpenSSL; see leadroute.model.duration

    begun, found = sha256(f"{context.lead.id}\0".encode()), []
    for rep_id in context.column("id in UTF-8", lambda rep: rep.id.encode()):
        each = begun.copy()
        each.update(rep_id)
        found.append((int.from_bytes(each.digest()[:8], "big") % _LOTS + 0.5) / _LOTS)
    return found


_LOTS: Final = CHANCES * 16  # how many different draws there are: 16 grains for each chance


Place: TypeAlias = tuple[float, int, str]  # where a rep stands in the order: the smallest first

Bound: TypeAlias = Sequence[tuple[float, Points]]
"""The weights of the terms of a score, and what gives their points."""


def propensities(score: Scorer, context: RoutingContext) -> Mapping[str, float]:
    """The probability with which each candidate comes first, by rep id; together they are 1."""
    last = context.snapshot.last_assigned
    places: list[Place] = []
    certain = {
        term: _kept(term.scorer.bind(context), context.reps)
        for term in score.terms
        if not term.random
    }
    for term in score.terms:
        if term.random:
            term.scorer.bind(context)  # what does not depend on the lot is then known at each
    for lot in range(CHANCES):
        at_lot = context.with_lot(lot)
        bound = [
            (term.weight, certain[term] if term in certain else term.scorer.bind(at_lot))
            for term in score.terms
        ]
        places += [(-_total(bound, rep), last.get(rep.id, -1), rep.id) for rep in context.reps]
    places.sort()
    return FrozenDict(_first({rep.id: 0.0 for rep in context.reps}, places))


def _first(chances: dict[str, float], places: list[Place]) -> dict[str, float]:
    """Add up, from the best place on, the chance that a rep has it and nobody a better one."""
    left = dict.fromkeys(chances, CHANCES)
    nobody_better = 1.0
    for _, _, rep_id in places:
        own = left[rep_id]
        chances[rep_id] += nobody_better / own
        if own == 1:
            break
        left[rep_id] = own - 1
        nobody_better *= (own - 1) / own
    return chances


def fairness_cost(score: fair_share, context: RoutingContext) -> float:
    """How many points were given up for fairness: the best of any candidate, less the first's."""
    bounded, free = _bound(score, context), _bound(score.scorer, context)
    last = context.snapshot.last_assigned
    chosen = min(
        context.reps, key=lambda rep: (-_total(bounded, rep), last.get(rep.id, -1), rep.id)
    )
    return max(_total(free, rep) for rep in context.reps) - _total(free, chosen)


def _bound(score: Scorer, context: RoutingContext) -> Bound:
    return [(term.weight, term.scorer.bind(context)) for term in score.terms]


def _total(bound: Bound, rep: Rep) -> float:
    return mean((weight, points(rep)) for weight, points in bound) or 0.0


def _kept(points: Points, reps: Iterable[Rep]) -> Points:
    """The points that these reps have, computed once."""
    found = {rep.id: points(rep) for rep in reps}
    return lambda rep: found[rep.id]
