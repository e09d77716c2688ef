"""How much of a difference between reps is real: shrinkage of rates toward the average.

* Every rep's rate is taken to come from one beta distribution around the average of all. Its ``strength`` (kappa) says
  how many leads the average is worth: large when reps hardly differ, small when they differ much.
* The strength is estimated from the reps' own counts by the largest marginal likelihood of the
  beta-binomial model (Griffiths 1973). Where the counts cannot tell, the larger strength wins: no
  difference is made out of nothing.
* An average that was estimated is worth no more in an interval than the trials it was estimated
  from: three wins of three are no certainty.
* Quantiles are those of a normal distribution on the log-odds scale that has the mean and the variance of the log-odds
  of the beta posterior: digamma(a) - digamma(b), and trigamma(a) + trigamma(b).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import erf, exp, lgamma, log, sqrt
from operator import sub
from typing import Final, NamedTuple, TypeAlias

from attrs import field, frozen

MOST: Final = 1e6
"""The largest strength: a rep's own record then counts for nothing in any real number of leads."""

Counts: TypeAlias = tuple[float, float]  # successes and trials of one rep

_GRID: Final = tuple(10 ** (step / 10) for step in range(61))
_FLAT: Final = 1e-6
_WIDEST: Final = 700.0


@frozen(slots=False)  # one is made for every lead, and without slots in half the time
class Prior:
    """What is known of a rep before looking at their own record.

    Args:
        mean: The average rate of all.
        strength: How many trials the average is worth.
        trials: How many trials both were estimated from; ``None`` when the strength was given.
    """

    mean: float
    strength: float
    trials: float | None = field(default=None, repr=False)

    @property
    def backing(self) -> float:
        """How many trials the average is worth in an interval: no more than it was estimated from.

        The rates of reps vary by mean * (1 - mean) / strength around the average, and the average itself by
        mean * (1 - mean) / trials around what it is estimated to be. The variances add up.
        """
        return self.strength if self.trials is None else 1 / (1 / self.strength + 1 / self.trials)

    @property
    def spread(self) -> float:
        """The standard deviation of the true rates between reps."""
        return sqrt(self.mean * (1 - self.mean) / (self.strength + 1))

    def shrunk(self, successes: float, trials: float) -> float:
        """A rep's rate: (successes + strength * mean) / (trials + strength), the posterior mean."""
        return (successes + self.strength * self.mean) / (trials + self.strength)


def prior_of(counts: Iterable[Counts], strength: float | None = None) -> Prior | None:
    """Return the prior that fits the counts of all reps.

    ``None`` when there are no trials.

    Args:
        counts: Successes and trials of each rep; successes do not exceed trials.
        strength: The weight of the average in trials; estimated from the counts when ``None``.

    Complexity: O(reps), and O(different counts) for an estimate, which is remembered.

    Example:
        >>> alike = prior_of([(63, 100), (61, 100), (65, 100), (64, 100)])
        >>> round(alike.mean, 4), alike.strength
        (0.6325, 1000000.0)
        >>> prior_of([(20, 100), (80, 100), (50, 100), (35, 100)]).strength < 20
        True
    """
    known = [(won, closed) for won, closed in counts if closed > 0]
    trials = sum(closed for _, closed in known)
    if not trials:
        return None
    mean = min(1.0, sum(won for won, _ in known) / trials)
    if strength is None:
        return Prior(mean, likeliest(Spread.of(known), mean), trials)
    return Prior(mean, strength)


Tallied: TypeAlias = tuple[tuple[float, int], ...]
"""Numbers in ascending order, and how many reps have each."""


class Spread(NamedTuple):
    """How many reps have how many successes, failures and trials: all that the likelihood asks."""

    won: Tallied
    lost: Tallied
    closed: Tallied

    @classmethod
    def of(cls, counts: Iterable[Counts]) -> Spread:
        """The spread of the counts of some reps. O(reps)."""
        won, closed = zip(*counts, strict=True)
        lost = map(sub, closed, won)
        return cls.tallied(Counter(won), Counter(lost), Counter(closed))

    @classmethod
    def tallied(
        cls, won: Mapping[float, int], lost: Mapping[float, int], closed: Mapping[float, int]
    ) -> Spread:
        """The same from how many reps have each number. O(numbers * log(numbers))."""
        return cls(*(tuple(sorted(each.items())) for each in (won, lost, closed)))


@lru_cache(maxsize=1_024)
def likeliest(spread: Spread, mean: float) -> float:
    """The strength of the largest marginal likelihood, for reps who win this share together."""
    if not 0 < mean < 1:
        return MOST
    found = [
        _risen(mean * each, spread.won)
        + _risen((1 - mean) * each, spread.lost)
        - _risen(mean * each + (1 - mean) * each, spread.closed)
        for each in _GRID
    ]
    best = max(found)
    return max(
        each for each, likelihood in zip(_GRID, found, strict=True) if likelihood >= best - _FLAT
    )


def _risen(start: float, tallied: Tallied) -> float:
    """The sum of lgamma(start + number) - lgamma(start); differences first, then the sum."""
    before = lgamma(start)
    return sum([count * (lgamma(start + number) - before) for number, count in tallied])


@frozen
class Estimate:
    """What is known of a rep's rate: the posterior on the log-odds scale."""

    center: float
    width: float

    def quantile(self, share: float) -> float:
        """The rate below which the true rate lies with probability ``share``, between 0 and 1."""
        return _rate(self.center + self.width * _normal_quantile(share))

    def interval(self, confidence: float = 0.9) -> tuple[float, float]:
        """The rates between which the true rate lies with this probability."""
        tail = (1 - confidence) / 2
        low, high = _normal_quantile(tail), _normal_quantile(1 - tail)
        return _rate(self.center + self.width * low), _rate(self.center + self.width * high)


def _rate(odds: float) -> float:
    """The rate of these log-odds."""
    return 1 / (1 + exp(min(_WIDEST, max(-_WIDEST, -odds))))


def posterior(successes: float, trials: float, prior: Prior | None) -> Estimate:
    """What is known of a rep's rate after looking at their record.

    Half a success and half a failure are added (Jeffreys 1946), so that the answer is finite for
    every record. Without a prior they are all that there is besides the record.
    """
    mean, strength = (0.5, 0.0) if prior is None else (prior.mean, prior.backing)
    a = 0.5 + successes + strength * mean
    b = 0.5 + max(0.0, trials - successes) + strength * (1 - mean)
    (center, variance), (other, more) = _log_moments(a), _log_moments(b)
    return Estimate(center - other, sqrt(variance + more))


def _log_moments(x: float) -> tuple[float, float]:
    """Mean and variance of the log of a gamma variable: digamma and trigamma of lgamma.

    Abramowitz and Stegun 6.3.5, 6.3.18, 6.4.6 and 6.4.12, to 1e-10.
    """
    mean = variance = 0.0
    while x < 10:
        mean -= 1 / x
        variance += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    mean += log(x) - 0.5 / x
    mean -= square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    variance += square * (1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30))) / x
    return mean, variance + 1 / x + square / 2


@lru_cache(maxsize=4_096)
def _normal_quantile(share: float) -> float:
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1 + erf(middle / sqrt(2))) / 2 < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2
