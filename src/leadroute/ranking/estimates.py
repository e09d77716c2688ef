"""How much of a difference between reps is real, and whether predictions came true.

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
from itertools import groupby
from math import erf, exp, isfinite, lgamma, log, sqrt
from operator import sub
from typing import Final, NamedTuple, TypeAlias

from attrs import field, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.given import shown

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


_EDGE: Final = 1e-9
_STEPS: Final = 100
_STEEPEST: Final = 50.0


@frozen
class Bin:
    """The predictions of one tenth of the scale.

    Args:
        low: Where the tenth begins.
        count: How many predictions lie in it.
        predicted: Their mean.
        happened: The share of them that came true.
    """

    low: float
    count: int
    predicted: float
    happened: float


@frozen
class Calibration:
    """The agreement of predictions with what happened.

    Args:
        count: How many there were, without those that abstained.
        rate: The share that came true.
        brier: The mean squared error (Brier 1950); 0 is perfect.
        skill: 1 - brier / (rate * (1 - rate)): the share of error saved beside the plain rate.
        slope: Of the outcomes on the log-odds (Cox 1958): 1 is right, below 1 is too bold.
        intercept: The log-odds missing on average; 0 is right, below 0 is too high.
        auc: The probability that a random yes was predicted above a random no; equals count half.
        bins: The tenths of the scale that have predictions.
        abstained: How many were ``None``, such as the score of a lead about which nothing is known.
    """

    count: int
    rate: float
    brier: float
    skill: float | None
    slope: float | None
    intercept: float | None
    auc: float | None
    bins: tuple[Bin, ...]
    abstained: int = 0

    def __str__(self) -> str:
        def shown_as(figure: float | None) -> str:
            return "-" if figure is None else f"{figure:.3f}"

        error = f"Brier {self.brier:.4f}, skill {shown_as(self.skill)}, AUC {shown_as(self.auc)}"
        line = f"slope {shown_as(self.slope)}, intercept {shown_as(self.intercept)}"
        left_out = f"; {self.abstained} abstained" if self.abstained else ""
        noun = "prediction" if self.count == 1 else "predictions"
        lines = [f"{self.count} {noun}, {self.rate:.1%} came true{left_out}", f"{error}, {line}"]
        lines += [
            f"  {each.low:.1f}-{each.low + 0.1:.1f}  {each.count:6}  predicted {each.predicted:.1%}, "
            f"happened {each.happened:.1%}"
            for each in self.bins
        ]
        return "\n".join(lines)


def calibration(pairs: Iterable[tuple[float | None, bool]]) -> Calibration:
    """Hold predictions against what came of them.

    Args:
        pairs: Predicted probability from 0 to 1, and whether it came true. ``None`` in the place of the probability
            abstains: such a pair is counted and left out. One pair with a probability or more.

    Raises:
        FieldTypeError: There are none, a prediction is not a probability, or an outcome is neither yes nor no.

    Complexity: O(n log n).

    Example:
        >>> found = calibration([(0.9, True), (0.8, True), (0.3, False), (0.1, False)])
        >>> f"{found.brier:.4f}", found.auc
        ('0.0375', 1.0)
    """
    given = [(predicted, _outcome(happened)) for predicted, happened in pairs]
    known = [(_probability(each), happened) for each, happened in given if each is not None]
    if not known:
        raise FieldTypeError("pairs", "empty", "one pair of prediction and outcome, or more")
    known.sort()
    count, yes = len(known), sum(happened for _, happened in known)
    rate = yes / count
    brier = sum((predicted - happened) ** 2 for predicted, happened in known) / count
    variance = rate * (1 - rate)
    slope, intercept = _recalibrated(known) if 0 < yes < count else (None, None)
    return Calibration(
        count,
        rate,
        brier,
        1 - brier / variance if variance else None,
        slope,
        intercept,
        _auc(known, yes) if 0 < yes < count else None,
        tuple(_bins(known)),
        len(given) - len(known),
    )


def _outcome(given: object) -> bool:
    if given in (0, 1):  # and so True and False, of numpy too
        return bool(given)
    raise FieldTypeError("an outcome", shown(given), "True or False; leave out what is still open")


def _probability(given: float) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 <= given <= 1:
        raise FieldTypeError("a prediction", shown(given), "a probability from 0 to 1")
    return float(given)


def _auc(known: list[tuple[float, bool]], yes: int) -> float:
    """The Mann-Whitney statistic over all pairs of a yes and a no; ``known`` is sorted."""
    below = wins = 0.0
    for _, group in groupby(known, key=lambda pair: pair[0]):
        track_records = [happened for _, happened in group]
        hits = sum(track_records)
        misses = len(track_records) - hits
        wins += hits * (below + misses / 2)
        below += misses
    return wins / (yes * (len(known) - yes))


def _bins(known: list[tuple[float, bool]]) -> Iterable[Bin]:
    for tenth, group in groupby(known, key=lambda pair: min(9, int(pair[0] * 10))):
        found = list(group)
        yield Bin(
            tenth / 10,
            len(found),
            sum(predicted for predicted, _ in found) / len(found),
            sum(happened for _, happened in found) / len(found),
        )


def _recalibrated(known: list[tuple[float, bool]]) -> tuple[float | None, float | None]:
    """Slope and intercept of a logistic regression on the log-odds, by Newton's method."""
    odds = [log(max(_EDGE, each) / max(_EDGE, 1 - each)) for each, _ in known]
    center = sum(odds) / len(odds)
    slope = intercept = 0.0
    for _ in range(_STEPS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for x, (_, happened) in zip(odds, known, strict=True):
            z = intercept + slope * (x - center)
            p = 1 / (1 + exp(-max(-_STEEPEST, min(_STEEPEST, z))))
            w, error, away = p * (1 - p), happened - p, x - center
            g0, g1 = g0 + error, g1 + error * away
            h00, h01, h11 = h00 + w, h01 + w * away, h11 + w * away * away
        determinant = h00 * h11 - h01 * h01
        if determinant <= _EDGE * h00 * h11 or not isfinite(determinant):
            return None, None  # all predictions alike, or they part yes from no completely
        step0, step1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        intercept, slope = intercept + step0, slope + step1
        if abs(step0) + abs(step1) < _EDGE:
            return slope, intercept - slope * center
    return None, None
