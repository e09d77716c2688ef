"""How good a lead is, and whether that came true.

The rules of this module:

* Fit is what the lead is (explicit): conditions with points. Engagement is what it did (implicit): signals that decay.
* What is not known takes no part, and how much was known is part of the result: a high score from three facts out of
  ten says so. A criterion is known when what is known decides it: one half of an ``or`` that holds is enough.
* Where nothing that speaks for a lead can be judged, fit is not known: that nothing speaks against it is no praise.
* A class is a threshold on the score, with the time in which a lead of the class must be contacted.
* A model that was fitted elsewhere may take the place of the blend. Fit and engagement are then still worked out,
  because they are the reasons that people read.
* A prediction is a probability, an outcome is yes or no. Nothing is assumed about how the predictions were made.
* A figure that the data cannot give is ``None``: the rank of one class alone, or the slope where nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from math import exp, exp2, isfinite, log
from typing import Any, Final, Protocol, TypeVar

from attrs import field, frozen
from attrs.converters import optional

from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError
from leadroute.model.duration import parse_duration
from leadroute.model.lead import Lead
from leadroute.model.validation import FrozenDict, aware, must_be, shown
from leadroute.ranking.scorers.parameters import lasting, positive, share, word
from leadroute.rules.conditions import And, Condition, Named, Not, Or, Presence, reads
from leadroute.rules.evaluation import (
    Lists,
    Predicates,
    Registry,
    compile_condition,
    registry_of,
)
from leadroute.rules.operand import Field

__all__ = [
    "Bin",
    "Calibration",
    "EngagementSignal",
    "FitCriterion",
    "LeadGrade",
    "LeadScore",
    "LeadScoring",
    "Logistic",
    "Predictor",
    "calibration",
]


T = TypeVar("T")

_compiled = lru_cache(maxsize=4_096)(compile_condition)


class Predictor(Protocol):
    """What scikit-learn classifiers and pipelines do."""

    def predict_proba(self, rows: Sequence[Sequence[float]]) -> Any:
        """For each row of features, the probabilities of no and yes."""
        ...


def _when(given: Any) -> Condition:
    if not isinstance(given, Condition):
        raise ConfigError(f"{given!r:.60} is no condition; write one such as LEAD.budget > 5_000")
    if reads(given).rep:
        raise ConfigError(f"{given} asks about the rep; a lead is scored before there is one")
    return given


def _points(given: Any) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not given or not abs(given) < 1e15:
        raise ConfigError(f"{given!r:.60} are no points; write a number other than 0")
    return int(given) if given == int(given) else float(given)


@frozen
class FitCriterion:
    """One explicit criterion.

    Args:
        name: What it is called in reasons and features.
        when: A condition on the lead.
        points: What it adds when the condition holds; below 0 for what speaks against the lead.

    Raises:
        ConfigError: The condition asks about the rep, or the points are 0.

    Example:
        >>> from leadroute import LEAD
        >>> FitCriterion("student", LEAD.role == "student", -40).points
        -40
    """

    name: str = field(converter=word)
    when: Condition = field(converter=_when)
    points: float = field(default=1, converter=_points)


@frozen
class EngagementSignal:
    """One kind of signal that shows interest.

    Args:
        kind: The kind of signal, which is also its name in features.
        points: What each unit of its value adds while it is new; above 0.
        half_life: The age at which it counts half, such as ``"7d"``.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> EngagementSignal("pricing", 0.01, "1d")
        EngagementSignal(kind='pricing', points=0.01, half_life='1d')
    """

    kind: str = field(converter=word)
    points: float = field(default=1, converter=positive)
    half_life: str = field(default="1w", converter=lasting)


def _sla(given: str | timedelta) -> timedelta:
    return parse_duration(given)


@frozen
class LeadGrade:
    """A class of leads by score.

    Args:
        name: What it is called, such as ``hot``.
        at_least: The score from which on a lead belongs to it, 0 to 1.
        sla: The time in which such a lead must be contacted; ``None`` for no limit.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(LeadGrade("hot", 0.7, "5m").sla)
        '0:05:00'
    """

    name: str = field(converter=word)
    at_least: float = field(converter=share)
    sla: timedelta | None = field(default=None, converter=optional(_sla))


def _log_odds(given: Any) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not isfinite(given) or not abs(given) < 1e15:
        raise ConfigError(f"{given!r:.60} is no coefficient; write a number of log-odds")
    return float(given)


def _coefficients(given: Any) -> Mapping[str, float]:
    if not isinstance(given, Mapping):
        raise ConfigError(f"{given!r:.60} are no coefficients; write such as {{'large': 1.2}}")
    return FrozenDict({word(name): _log_odds(each) for name, each in given.items()})


@frozen
class Logistic:
    """A logistic model as plain coefficients.

    Formula: 1 / (1 + exp(-(intercept + sum of coefficient * feature))).

    Args:
        intercept: The log-odds of a lead without any feature.
        coefficients: The log-odds that each feature adds, by name; a feature that is not named adds nothing.

    Raises:
        ConfigError: One of them is no number.

    Example:
        >>> Logistic(0, {"large": 2}).probability({"large": 1})
        0.8807970779778823
    """

    intercept: float = field(converter=_log_odds)
    coefficients: Mapping[str, float] = field(converter=_coefficients)

    def probability(self, features: Mapping[str, float]) -> float:
        """The probability for a lead with these features."""
        odds = self.intercept + sum(
            weight * features.get(name, 0.0) for name, weight in self.coefficients.items()
        )
        return 1 / (1 + exp(-max(-700.0, min(700.0, odds))))


@frozen
class LeadScore:
    """What a lead is worth, and how sure that is.

    Args:
        lead_id: The lead.
        score: From 0 to 1; ``None`` when neither part is known, unless a model says it.
        fit: The explicit part, 0 to 1; ``None`` when nothing that speaks for the lead can be judged, and nothing
            speaks against it.
        engagement: The implicit part, 0 to 1; ``None`` when there was no such signal so far.
        completeness: The share of the points of fit that could be judged, 0 to 1.
        priority: The class, or ``None`` when the score is not known, or below all of them.
        reasons: What counted, in words.
    """

    lead_id: str
    score: float | None
    fit: float | None
    engagement: float | None
    completeness: float
    priority: LeadGrade | None
    reasons: tuple[str, ...]

    @property
    def sla(self) -> timedelta | None:
        """The time in which the lead must be contacted; ``None`` for no limit."""
        return None if self.priority is None else self.priority.sla

    def __str__(self) -> str:
        said = "not known" if self.score is None else f"{self.score:.2f}"
        named = "" if self.priority is None else f" ({self.priority.name})"
        known = f", {self.completeness:.0%} of the facts known"
        return f"lead {self.lead_id}: {said}{named}{known}" + "".join(
            f"\n  {each}" for each in self.reasons
        )


def _fits(given: Iterable[FitCriterion]) -> tuple[FitCriterion, ...]:
    return _each(FitCriterion, given)


def _heats(given: Iterable[EngagementSignal]) -> tuple[EngagementSignal, ...]:
    return _each(EngagementSignal, given)


def _classes(given: Iterable[LeadGrade]) -> tuple[LeadGrade, ...]:
    found = _each(LeadGrade, given)
    return tuple(sorted(found, key=lambda each: -each.at_least))


def _each(kind: type[T], given: Iterable[T]) -> tuple[T, ...]:
    found = tuple(given)
    for each in found:
        if not isinstance(each, kind):
            raise ConfigError(f"{each!r:.60} is no {kind.__name__}; write {kind.__name__}(...)")
    return found


@frozen(kw_only=True)
class LeadScoring:
    """How leads are scored.

    Formulas: fit = clip(points that hold / points above 0 that could hold, 0, 1), over the criteria that can be judged,
    and not known when none of them is above 0, unless all criteria there are speak against a lead;
    engagement = h / (h + half) with h = sum of points * value * 2 ** (-age / half_life);
    score = blend * fit + (1 - blend) * engagement, where a part that is not known takes no weight; with a model, its
    probability.

    Args:
        fit: The explicit criteria.
        engagement: The kinds of signals that count.
        blend: How much fit counts beside engagement, 0 to 1.
        half: The heat that gives half of full engagement; above 0.
        classes: The priority classes.
        model: A ``Logistic``, or anything with ``predict_proba``; its features are, in this order, 1 or 0 for each
            criterion of ``fit`` and the heat of each kind of ``engagement``.
        predicates: The functions that ``predicate(name)`` in a condition calls, by name, as for ``Router``.
        lists: The lists that replace the bundled ones, by name, as for ``Router``.

    Raises:
        ConfigError: A part is of the wrong kind, two share a name, or two classes begin at the same score.
        UnknownFieldError: A coefficient of a ``Logistic`` names none of the features.

    Example:
        >>> from datetime import UTC
        >>> from leadroute import LEAD
        >>> scoring = LeadScoring(
        ...     fit=[
        ...         FitCriterion("large", LEAD.employees >= 500, 30),
        ...         FitCriterion("in Europe", LEAD.country.in_(["DE", "FR"]), 10),
        ...     ],
        ...     classes=[LeadGrade("hot", 0.7, "5m"), LeadGrade("warm", 0.3, "4h")],
        ... )
        >>> print(scoring.score(Lead("L-1", employees=800), datetime(2026, 1, 5, tzinfo=UTC)))
        lead L-1: 1.00 (hot), 75% of the facts known
          +30 large
    """

    fit: tuple[FitCriterion, ...] = field(default=(), converter=_fits)
    engagement: tuple[EngagementSignal, ...] = field(default=(), converter=_heats)
    blend: float = field(default=0.5, converter=share)
    half: float = field(default=1, converter=positive)
    classes: tuple[LeadGrade, ...] = field(default=(), converter=_classes)
    model: Logistic | Predictor | None = None
    predicates: Predicates = field(default=None, eq=False, repr=False)
    lists: Lists = field(default=None, eq=False, repr=False)
    _registry: Registry = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_registry", registry_of(self.predicates, self.lists))
        names = [*(each.name for each in self.fit), *(each.kind for each in self.engagement)]
        for kind, found in (("parts", names), ("classes", [each.name for each in self.classes])):
            twice = sorted({name for name in found if found.count(name) > 1})
            if twice:
                raise ConfigError(f"two {kind} are named {twice[0]!r}; give each a name of its own")
        for above, below in pairwise(self.classes):
            if above.at_least == below.at_least:
                both = f"the classes {above.name!r} and {below.name!r} begin at {above.at_least:g}"
                raise ConfigError(f"{both}; give each a score of its own")
        given = self.model
        if isinstance(given, Logistic):
            for name in given.coefficients:
                if name not in names:
                    raise UnknownFieldError("feature", name, names)
        if not (given is None or isinstance(given, Logistic) or hasattr(given, "predict_proba")):
            raise ConfigError("model has no predict_proba; write Logistic(intercept, coefficients)")

    def score(self, lead: Lead, now: datetime) -> LeadScore:
        """What a lead is worth at an instant. O(criteria + signals).

        Raises:
            FieldTypeError: ``lead`` is none, ``now`` is naive, a condition met a fact of the wrong type, or the model
                gave no probability.
        """
        must_be(Lead, lead=lead)
        now = aware(now)
        held = self._held(lead, now)
        heats = self._heats(lead, now)
        judged = [each for each in self.fit if held[each.name] is not None]
        fit = _fitness(judged, held, favour=any(each.points > 0 for each in self.fit))
        heat = sum(found for found in heats.values() if found is not None)
        engagement = (
            None if all(found is None for found in heats.values()) else heat / (heat + self.half)
        )
        whole = sum(abs(each.points) for each in self.fit)
        known = sum(abs(each.points) for each in judged)
        score = (
            self._blended(fit, engagement) if self.model is None else self._modelled(held, heats)
        )
        return LeadScore(
            lead.id,
            score,
            fit,
            engagement,
            known / whole if whole else 1.0,
            next(
                (each for each in self.classes if score is not None and score >= each.at_least),
                None,
            ),
            (
                *(f"{each.points:+g} {each.name}" for each in judged if held[each.name]),
                *(f"{found:+.3g} {kind}" for kind, found in heats.items() if found),
            ),
        )

    def features(self, lead: Lead, now: datetime) -> Mapping[str, float]:
        """What a model sees of a lead, by name, in the order of its columns.

        Raises:
            FieldTypeError: ``now`` is naive, or a condition met a fact of the wrong type.
        """
        must_be(Lead, lead=lead)
        now = aware(now)
        return _features(self._held(lead, now), self._heats(lead, now))

    def _held(self, lead: Lead, now: datetime) -> dict[str, bool | None]:
        return {each.name: _verdict(each.when, lead, now, self._registry) for each in self.fit}

    def _heats(self, lead: Lead, now: datetime) -> dict[str, float | None]:
        found: dict[str, float | None] = dict.fromkeys(each.kind for each in self.engagement)
        by_kind = {each.kind: each for each in self.engagement}
        for signal in lead.signals:
            heat = by_kind.get(signal.kind)
            if heat is not None and signal.at <= now:
                ages = (now - signal.at) / parse_duration(heat.half_life)
                added = heat.points * signal.value * exp2(-min(ages, 2000.0))
                found[signal.kind] = (found[signal.kind] or 0.0) + added
        return found

    def _blended(self, fit: float | None, engagement: float | None) -> float | None:
        if fit is None or engagement is None:
            return engagement if fit is None else fit
        return self.blend * fit + (1 - self.blend) * engagement

    def _modelled(
        self, held: Mapping[str, bool | None], heats: Mapping[str, float | None]
    ) -> float:
        features = _features(held, heats)
        if isinstance(self.model, Logistic):
            return self.model.probability(features)
        return _yes(self.model.predict_proba([list(features.values())]))  # type: ignore[union-attr]


def _features(
    held: Mapping[str, bool | None], heats: Mapping[str, float | None]
) -> Mapping[str, float]:
    return FrozenDict(
        {
            **{name: float(bool(holds)) for name, holds in held.items()},
            **{kind: heat or 0.0 for kind, heat in heats.items()},
        }
    )


def _fitness(
    judged: Sequence[FitCriterion], held: Mapping[str, bool | None], *, favour: bool
) -> float | None:
    """The share of the points reached; ``favour`` says whether any criterion at all speaks for a lead."""
    possible = sum(each.points for each in judged if each.points > 0)
    reached = sum(each.points for each in judged if held[each.name])
    if possible:
        return max(0.0, min(1.0, reached / possible))
    if reached < 0:
        return 0.0
    return 1.0 if judged and not favour else None


def _verdict(when: Condition, lead: Lead, now: datetime, registry: Registry) -> bool | None:
    """Whether a condition holds, or ``None`` where that hangs on what is not known of the lead (Kleene 1938)."""
    match when:
        case Named():
            return _verdict(when.condition, lead, now, registry)
        case Not():
            found = _verdict(when.part, lead, now, registry)
            return None if found is None else not found
        case And() | Or():
            decisive, unknown = isinstance(when, Or), False
            for part in when.parts:
                found = _verdict(part, lead, now, registry)
                if found is decisive:
                    return decisive
                unknown = unknown or found is None
            return None if unknown else not decisive
    if isinstance(when, Presence) or all(_present(each, lead) for each in _needed(when)):
        return _compiled(when, registry)(lead, None, now)
    return None


@lru_cache(maxsize=4_096)
def _needed(when: Condition) -> frozenset[Field]:
    return reads(when).lead


def _present(asked: Field, lead: Lead) -> bool:
    if asked.custom:
        return asked.name in lead.attributes
    return getattr(lead, asked.name) is not None


def _yes(answer: Any) -> float:
    """The probability of yes in the answer of ``predict_proba`` for one row."""
    try:
        ((_, yes),) = answer
        found = float(yes)
    except (TypeError, ValueError):
        found = -1.0
    if not 0 <= found <= 1:
        expected = "a row with the probabilities of no and yes, each from 0 to 1"
        raise FieldTypeError("the answer of the model", shown(answer), expected)
    return found


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
    """How far predictions may be believed.

    Args:
        count: How many there were, without those that abstained.
        rate: The share that came true.
        brier: The mean squared error (Brier 1950); 0 is perfect.
        skill: 1 - brier / (rate * (1 - rate)): the share of the error saved beside always predicting the rate.
        slope: Of the outcomes on the log-odds of the predictions (Cox 1958): 1 is right, below 1 is too bold.
        intercept: The log-odds missing on average; 0 is right, below 0 is too high.
        auc: The probability that a random yes was predicted higher than a random no, equals counting half.
        bins: The tenths of the scale that have predictions.
        abstained: How many were ``None``, as the score of a lead is of whom nothing is known.
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
        lines = [
            f"{self.count} {noun}, {self.rate:.1%} came true{left_out}",
            f"{error}, {line}",
        ]
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
        FieldTypeError: There are none, a prediction is no probability, or an outcome neither yes nor no.

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
    centre = sum(odds) / len(odds)
    slope = intercept = 0.0
    for _ in range(_STEPS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for x, (_, happened) in zip(odds, known, strict=True):
            z = intercept + slope * (x - centre)
            p = 1 / (1 + exp(-max(-_WIDEST, min(_WIDEST, z))))
            w, error, away = p * (1 - p), happened - p, x - centre
            g0, g1 = g0 + error, g1 + error * away
            h00, h01, h11 = h00 + w, h01 + w * away, h11 + w * away * away
        determinant = h00 * h11 - h01 * h01
        if determinant <= _EDGE * h00 * h11 or not isfinite(determinant):
            return None, None  # all predictions alike, or they part yes from no completely
        step0, step1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        intercept, slope = intercept + step0, slope + step1
        if abs(step0) + abs(step1) < _EDGE:
            return slope, intercept - slope * centre
    return None, None
