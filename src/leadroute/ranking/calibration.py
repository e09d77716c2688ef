"""Whether predictions came true."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import exp, isfinite, log
from typing import Final

from attrs import frozen

from leadroute.errors import FieldTypeError
from leadroute.model.validation import shown

_EDGE: Final = 1e-9
_STEPS: Final = 100
_WIDEST: Final = 50.0


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
            p = 1 / (1 + exp(-max(-_WIDEST, min(_WIDEST, z))))
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
