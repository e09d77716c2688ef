"""How good a lead is: what it is, what it did, and the grade that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import compress, pairwise
from math import exp, exp2, fsum, isfinite
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from attrs import field, frozen
from attrs.converters import optional

from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError
from leadroute.model.duration import Within, length_of, parse_duration, parse_within
from leadroute.model.given import Refused, shown
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.lead import Lead, with_score
from leadroute.model.validation import FrozenDict, aware, ident, known, must_be, whole
from leadroute.ranking.lead_score import LeadScore, Verdict, compile_verdict, plain_question
from leadroute.ranking.scorers.parameters import lasting, positive, share, word
from leadroute.rules.conditions import Condition, reads
from leadroute.rules.evaluation import Lists, Predicates, Registry, registry_of
from leadroute.rules.fields import SCORE_FIELDS, plain_literal

T = TypeVar("T")


class Predictor(Protocol):
    """A model of your own, such as a scikit-learn classifier."""

    def predict_proba(self, rows: Sequence[Sequence[float]]) -> Any:
        """Return for each row of features the probabilities of no and yes."""
        ...


def read_when(given: Any) -> Condition:
    """A converter for the condition of a criterion."""
    if not isinstance(given, Condition):
        raise ConfigError(
            f"{given!r:.60} is not a condition; write one such as LEAD.budget > 5_000"
        )
    asked = reads(given)
    if asked.rep:
        raise ConfigError(f"{given} asks about the rep; a lead is scored before there is one")
    circle = sorted(str(each) for each in asked.lead if is_score(each))
    if circle:
        problem = f"asks {circle[0]}, which the lead scoring itself works out: that is a circle"
        raise ConfigError(f"{problem}; ask about facts or signals of the lead")
    return given


def is_score(asked: Any) -> bool:
    """Tell whether a field of the lead is one that the lead scoring fills."""
    return not asked.custom and asked.entity == "lead" and asked.name in SCORE_FIELDS


def read_points(given: Any) -> float:
    """A converter for points: a number other than 0."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not given or not abs(given) < _LARGEST:
        raise ConfigError(f"points are {given!r:.60}; write a number other than 0, such as 20")
    return _plain(given)


def _plain(given: float) -> float:
    return int(given) if given == int(given) else float(given)


@guided
@frozen
class FitCriterion:
    """One explicit criterion: what the lead is.

    Args:
        name: The name in reasons and features, unique.
        when: A condition on the lead.
        points: What it adds when the condition holds; below 0 speaks against it. Default 1.

    Raises:
        ConfigError: The condition asks about the rep or about the lead score, or the points are 0.

    Example:
        >>> from leadroute import LEAD
        >>> FitCriterion("student", LEAD.role == "student", -40).points
        -40
    """

    name: str = field(converter=word)
    when: Condition = field(converter=read_when)
    points: float = field(default=1, converter=read_points)


@guided
@frozen
class EngagementSignal:
    """One kind of signal that shows interest: what the lead did.

    Args:
        signal: The kind of signal, which is also its name in features.
        points: What each unit of its value adds while it is new; above 0. Default 1.
        half_life: The age at which it counts half, such as ``"7d"``; above 0. Default ``"1w"``.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> EngagementSignal("pricing", 0.01, "1d")
        EngagementSignal(signal='pricing', points=0.01, half_life='1d')
    """

    signal: str = field(converter=word)
    points: float = field(default=1, converter=positive)
    half_life: str = field(default="1w", converter=lasting)


@frozen(kw_only=True)
class SourcePoints:
    """Points for where a lead came from, or how it arrived.

    They count as part of fit. A lead has one source and one channel, so of those listed the best can be reached.

    Args:
        source: The source, such as ``paid search``; either this or ``channel``.
        channel: The channel, such as ``phone``.
        points: What it adds to fit; below 0 for what speaks against the lead. Default 1.

    Raises:
        ConfigError: Both or none of source and channel are given, or the points are 0.

    Example:
        >>> SourcePoints(source="paid search", points=20).name
        'source paid search'
    """

    source: str | None = field(default=None, converter=optional(plain_literal))
    channel: str | None = field(default=None, converter=optional(plain_literal))
    points: float = field(default=1, converter=read_points)

    def __attrs_post_init__(self) -> None:
        if (self.source is None) is (self.channel is None):
            raise ConfigError("names both source and channel, or none; write one of the two")

    @property
    def field(self) -> str:
        """The field of the lead: ``source`` or ``channel``."""
        return "channel" if self.source is None else "source"

    @property
    def value(self) -> str:
        """The source or the channel."""
        return str(self.channel if self.source is None else self.source)

    @property
    def name(self) -> str:
        """The name in reasons and features."""
        return f"{self.field} {self.value}"


def _named(given: Any) -> str:
    try:
        return ident(word(given))
    except Refused as refused:
        raise ConfigError(f"the name {refused}") from None


def read_respond_within(given: str | Within) -> Within:
    """A converter for the time within which a grade wants its leads contacted."""
    found = parse_within(given)
    if not length_of(found):
        raise ConfigError("respond_within is 0s; write a time such as '5m', or leave it out")
    return found


def read_priority(given: Any) -> int:
    """A converter for the priority of a grade."""
    try:
        found: int = whole()(given)
    except Refused as refused:
        raise ConfigError(f"priority {refused}") from None
    return found


@guided
@frozen
class LeadGrade:
    """A grade of leads by score.

    Args:
        name: What it is called, such as ``hot``; unique, up to 80 characters.
        at_least: The score from which on a lead belongs to it, 0 to 1; the highest counts.
        respond_within: The time within which to contact it, such as ``"5m"`` or ``"4h working"``;
            ``None`` (default) for no deadline.
        priority: Its priority, unless the lead brings one; higher first. ``None`` (default) for 0.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(LeadGrade("hot", 0.7, "5m").respond_within)
        '0:05:00'
    """

    name: str = field(converter=_named)
    at_least: float = field(converter=share)
    respond_within: Within | None = field(default=None, converter=optional(read_respond_within))
    priority: int | None = field(default=None, converter=optional(read_priority))


def _log_odds(given: Any) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not isfinite(given) or not abs(given) < _LARGEST:
        raise ConfigError(f"{given!r:.60} is not a coefficient; write a number of log-odds")
    return _plain(given)


def _coefficients(given: Any) -> Mapping[str, float]:
    if not isinstance(given, Mapping):
        raise ConfigError(f"{given!r:.60} are not coefficients; write such as {{'large': 1.2}}")
    return FrozenDict({word(name): _log_odds(each) for name, each in given.items()})


@frozen
class Logistic:
    """A logistic model as plain coefficients.

    Formula: 1 / (1 + exp(-(intercept + sum of coefficient * feature))).

    Args:
        intercept: The log-odds of a lead without any feature.
        coefficients: The log-odds that each feature adds, by name; others add nothing.

    Raises:
        ConfigError: One of them is not a number.

    Example:
        >>> Logistic(0, {"large": 2}).probability({"large": 1})
        0.8807970779778823
    """

    intercept: float = field(converter=_log_odds)
    coefficients: Mapping[str, float] = field(converter=_coefficients)

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability for a lead with these features."""
        odds = self.intercept + fsum(
            weight * features.get(name, 0.0) for name, weight in self.coefficients.items()
        )
        return 1 / (1 + exp(-max(-700.0, min(700.0, odds))))


@frozen
class NamedModel:
    """A model of your own, with its name in policy files.

    Args:
        name: The name; ``load_policy(..., models={name: predictor})`` finds the model by it.
        predictor: Anything with ``predict_proba``. Not part of equality.

    Raises:
        ConfigError: ``predictor`` has no ``predict_proba``.
    """

    name: str = field(converter=_named)
    predictor: Predictor = field(eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not callable(getattr(self.predictor, "predict_proba", None)):
            raise ConfigError(
                f"the model {self.name!r} has no predict_proba; hand in a classifier, or write "
                "Logistic(intercept, coefficients)"
            )

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability for a lead with these features.

        Raises:
            FieldTypeError: The answer is not a probability.
        """
        return _yes(self.predictor.predict_proba([list(features.values())]))


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


def _model(given: Any) -> Logistic | NamedModel | None:
    if given is None or isinstance(given, Logistic | NamedModel):
        return given
    return NamedModel(type(given).__name__, given)


def _each(kind: type[T], given: Iterable[T]) -> tuple[T, ...]:
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, kind):
            raise ConfigError(f"{each!r:.60} is not a {kind.__name__}; write {kind.__name__}(...)")
    return found


def _fit(given: Iterable[FitCriterion]) -> tuple[FitCriterion, ...]:
    return _each(FitCriterion, given)


def _engagement(given: Iterable[EngagementSignal]) -> tuple[EngagementSignal, ...]:
    return _each(EngagementSignal, given)


def _sources(given: Iterable[SourcePoints]) -> tuple[SourcePoints, ...]:
    return _each(SourcePoints, given)


def _grades(given: Iterable[LeadGrade]) -> tuple[LeadGrade, ...]:
    return tuple(sorted(_each(LeadGrade, given), key=lambda each: -each.at_least))


@guided
@frozen(kw_only=True, slots=False, repr=False)  # a cached property needs a place for its value
class LeadScoring:
    """The scoring of leads by fit and engagement, with grades.

    Fit is what a lead is, and engagement is what it did.

    Formulas: fit = clip(points that hold / points above 0 that could hold, 0, 1), over what can be
    judged of the lead; not known when nothing that speaks for a lead can be judged and nothing
    speaks against it; engagement = h / (h + half) with h = sum of points * value * 2 ** (-age /
    half_life); score = blend * fit + (1 - blend) * engagement, where a part that is not known takes
    no weight; with a model, its probability. A criterion is judged when what is known decides it:
    one half of an ``or`` that holds is enough.

    Args:
        fit: The explicit criteria.
        engagement: The kinds of signals that count.
        sources: The points of sources and channels, which count as part of fit.
        blend: How much fit counts beside engagement, 0 to 1; default 0.5.
        half: The heat that gives half of full engagement; above 0, default 1.
        grades: The grades, in any order.
        model: A ``Logistic``, or anything with ``predict_proba``, in place of the blend; ``None``
            (default) for none. Its features are, in this order, 1 or 0 for each of ``fit`` and
            ``sources``, and the heat of each kind of ``engagement``. Name it with ``NamedModel``
            for a policy file.
        predicates: The functions that ``predicate(name)`` calls; a router brings its own.
        lists: The lists that replace the bundled ones, by name; a router brings its own.

    Raises:
        ConfigError: A part is of the wrong kind, a name stands twice, or two grades begin alike.
        UnknownFieldError: A coefficient of a ``Logistic`` names none of the features.

    Example:
        >>> from datetime import UTC
        >>> from leadroute import LEAD
        >>> scoring = LeadScoring(
        ...     fit=[
        ...         FitCriterion("large", LEAD.employees >= 500, 30),
        ...         FitCriterion("in Europe", LEAD.country.in_(["DE", "FR"]), 10),
        ...     ],
        ...     grades=[LeadGrade("hot", 0.7, "5m"), LeadGrade("warm", 0.3, "4h")],
        ... )
        >>> print(scoring.score(Lead("L-1", employees=800), datetime(2026, 1, 5, tzinfo=UTC)))
        lead L-1: 1.00 (hot, respond within 5m), 75% of the facts known
          +30 large
    """

    fit: tuple[FitCriterion, ...] = field(default=(), converter=_fit)
    engagement: tuple[EngagementSignal, ...] = field(default=(), converter=_engagement)
    sources: tuple[SourcePoints, ...] = field(default=(), converter=_sources)
    blend: float = field(default=0.5, converter=share)
    half: float = field(default=1, converter=positive)
    grades: tuple[LeadGrade, ...] = field(default=(), converter=_grades)
    model: Logistic | NamedModel | None = field(default=None, converter=_model)
    predicates: Predicates = field(default=None, eq=False, repr=False)
    lists: Lists = field(default=None, eq=False, repr=False)
    registry: Registry = field(init=False, eq=False, repr=False)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "registry", registry_of(self.predicates, self.lists))
        _refuse_twice("parts", self.names)
        _refuse_twice("grades", [each.name for each in self.grades])
        for above, below in pairwise(self.grades):
            if above.at_least == below.at_least:
                both = f"the grades {above.name!r} and {below.name!r} begin at {above.at_least:g}"
                raise ConfigError(f"{both}; give each a score of its own")
        if isinstance(self.model, Logistic):
            for name in self.model.coefficients:
                if name not in self.names:
                    raise UnknownFieldError("feature", name, self.names)

    def __getstate__(self) -> dict[str, Any]:
        return {name: each for name, each in vars(self).items() if name != "_plan"}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of criteria, sources and signals, as ``features`` orders them."""
        criteria = [each.name for each in self.fit] + [each.name for each in self.sources]
        return (*criteria, *(each.signal for each in self.engagement))

    def grade(self, name: str | None) -> LeadGrade | None:
        """Return the grade of a name; ``None`` when there is none."""
        return next((grade for grade in self.grades if grade.name == name), None)

    def score(self, lead: Lead, now: datetime) -> LeadScore:
        """Return what a lead is worth at an instant. O(criteria + signals).

        Args:
            lead: The lead.
            now: The instant, aware; signals after it do not count.

        Raises:
            FieldTypeError: ``lead`` or ``now`` is something else, or a condition met a fact of the wrong type.
        """
        if not isinstance(lead, Lead):
            must_be(Lead, lead=lead)
        return self.judge(lead, aware(now))

    def scored(self, lead: Lead, now: datetime | None) -> Lead:
        """Return the lead with its score, for conditions that read ``lead.score``."""
        return with_score(lead, self.judge(lead, now))

    def judge(self, lead: Lead, now: datetime | None) -> LeadScore:
        """Return the score at an instant that was checked before.

        Raises:
            FieldTypeError: The instant is needed and not known, or a fact has the wrong type.
        """
        plan = self._plan
        if now is None:
            plan.refuse_unknown_time(lead)
        held, heats = plan.held(lead, now), plan.heats(lead, now)
        fit, completeness, parts = plan.fitness(lead, held)
        engagement = None
        if heats:
            heat = fsum(heats.values())
            engagement = heat / (heat + self.half)
            parts += [part for part in heats.items() if part[1]]
        score, note = self._blended(fit, engagement), ""
        if self.model is not None:
            score, note = self._modelled(self.model, lead, held, heats)
        name, within, priority = self._graded(score)
        of_parts = (score, fit, engagement, completeness)
        return LeadScore(lead.id, *of_parts, name, within, priority, tuple(parts), note)

    def _blended(self, fit: float | None, engagement: float | None) -> float | None:
        if fit is None or engagement is None:
            return engagement if fit is None else fit
        return self.blend * fit + (1 - self.blend) * engagement

    def features(self, lead: Lead, now: datetime) -> Mapping[str, float]:
        """Return the inputs of a model by name, in column order.

        Args:
            lead: The lead.
            now: The instant, aware.

        Raises:
            FieldTypeError: ``now`` is naive, or a condition met a fact of the wrong type.
        """
        must_be(Lead, lead=lead)
        now, plan = aware(now), self._plan
        return self._features(lead, plan.held(lead, now), plan.heats(lead, now))

    def _features(
        self, lead: Lead, held: Sequence[bool | None], heats: Mapping[str, float]
    ) -> Mapping[str, float]:
        came = [getattr(lead, each.field) == each.value for each in self.sources]
        warm = [heats.get(each.signal, 0.0) for each in self.engagement]
        columns = [*(float(bool(each)) for each in (*held, *came)), *warm]
        return FrozenDict(zip(self.names, columns, strict=True))

    def _modelled(
        self,
        model: Logistic | NamedModel,
        lead: Lead,
        held: Sequence[bool | None],
        heats: Mapping[str, float],
    ) -> tuple[float | None, str]:
        features = self._features(lead, held, heats)
        if isinstance(model, Logistic):
            return model.probability(features), ""
        try:
            return model.probability(features), ""
        except FieldTypeError as error:
            return None, f"the model {model.name!r} gave no score: {error}"
        except Exception as error:  # noqa: BLE001 - a model of the caller's own may raise anything, and no lead is lost by it
            return None, f"the model {model.name!r} gave no score: it raised {type(error).__name__}"

    def _graded(self, score: float | None) -> tuple[str | None, Within | None, int | None]:
        if score is not None:
            for grade in self.grades:
                if score >= grade.at_least:
                    return grade.name, grade.respond_within, grade.priority
        return None, None, None

    def prepared(self) -> LeadScoring:
        """Compile the scoring, so that its errors are raised now; return it.

        Raises:
            ConfigError: A criterion asks for a predicate that is not registered.
        """
        _ = self._plan
        return self

    @cached_property
    def _plan(self) -> _Plan:
        return _Plan(self)


def _refuse_twice(kind: str, names: Sequence[str]) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"two {kind} are named {name!r}; give each a name of its own")


class _Origin(NamedTuple):
    """The points of the sources, or of the channels."""

    get: Callable[[Lead], str | None]
    points: Mapping[str | None, tuple[str, float]]
    top: float
    most: float


class _Plan:
    """What scoring reads at every lead, worked out once."""

    __slots__ = tuple(
        "add could favors judges kinds origins parts points questions read timed whole".split()
    )

    def __init__(self, scoring: LeadScoring) -> None:
        compiled = tuple(_verdicts(scoring))
        asked = [plain_question(each.when) for each in scoring.fit]
        plain = [each or ("id", bool) for each in asked]  # the id stands for what is judged alone
        # Two names or more make attrgetter return a tuple.
        self.read = attrgetter(*(name for name, _ in plain), "id", "id")
        self.questions = tuple(test for _, test in plain)
        self.judges = tuple(
            (place, judge)
            for place, (judge, plain) in enumerate(zip(compiled, asked, strict=True))
            if plain is None
        )
        self.points = tuple(float(each.points) for each in scoring.fit)
        self.parts = tuple((each.name, float(each.points)) for each in scoring.fit)
        self.origins = tuple(_origins(scoring.sources))
        listed = [*self.points, *(each.points for each in scoring.sources)]
        # Added up the same in any order: whole numbers are exact, and fsum rounds once.
        self.add = sum if all(each == int(each) for each in listed) else fsum
        self.could = self.add([each for each in self.points if each > 0])
        self.whole = self.add([*map(abs, self.points), *(each.most for each in self.origins)])
        self.favors = bool(self.could) or any(each.top > 0 for each in self.origins)
        self.kinds = {
            each.signal: (each.points, parse_duration(each.half_life).total_seconds())
            for each in scoring.engagement
        }
        self.timed = any(reads(each.when).now for each in scoring.fit)

    def refuse_unknown_time(self, lead: Lead) -> None:
        """Refuse to score without an instant a lead whose score depends on it."""
        if self.timed or any(each.kind in self.kinds for each in lead.signals):
            known(None)

    def held(self, lead: Lead, now: datetime | None) -> list[bool | None]:
        """Whether each criterion holds; ``None`` where that is not known."""
        found = [
            None if value is None else test(value)
            for value, test in zip(self.read(lead), self.questions, strict=False)
        ]
        for place, judge in self.judges:
            found[place] = judge(lead, now)
        return found

    def fitness(
        self, lead: Lead, held: Sequence[bool | None]
    ) -> tuple[float | None, float, list[tuple[str, float]]]:
        """The share of the points reached, the share that could be judged, and what counted."""
        could, judged = self.could, self.whole
        if None in held or self.origins:
            points = [
                each for each, holds in zip(self.points, held, strict=True) if holds is not None
            ]
            origins = [origin for origin in self.origins if origin.get(lead) is not None]
            could = self.add([each for each in points if each > 0] + [each.top for each in origins])
            judged = self.add([*map(abs, points), *(each.most for each in origins)])
        parts = [*compress(self.parts, held)]
        for origin in self.origins:
            part = origin.points.get(origin.get(lead))
            if part is not None:
                parts.append(part)
        completeness = judged / self.whole if self.whole else 1.0
        reached = self.add([part[1] for part in parts])
        if could:
            return max(0.0, min(1.0, reached / could)), completeness, parts
        if reached < 0:
            return 0.0, completeness, parts
        return 1.0 if judged and not self.favors else None, completeness, parts

    def heats(self, lead: Lead, now: datetime | None) -> dict[str, float]:
        """The heat of each kind of signal that there was so far."""
        found: dict[str, float] = {}
        if now is None:
            return found
        kind_of = self.kinds.get
        for signal in lead.signals:
            name = signal.kind
            kind = kind_of(name)
            if kind is None or (at := signal.at) > now:
                continue
            points, half_life = kind
            added = points * signal.value * exp2((at - now).total_seconds() / half_life)
            found[name] = found[name] + added if name in found else added
        return found


def _verdicts(scoring: LeadScoring) -> Iterator[Verdict]:
    for each in scoring.fit:
        try:
            yield compile_verdict(each.when, scoring.registry)
        except ConfigError as error:
            raise error.at(f"lead_scoring.fit {each.name!r}") from None


def _origins(sources: Sequence[SourcePoints]) -> Iterator[_Origin]:
    for name in ("source", "channel"):
        listed = [each for each in sources if each.field == name]
        if listed:
            points = [float(each.points) for each in listed]
            table: dict[str | None, tuple[str, float]] = {
                each.value: (each.name, float(each.points)) for each in listed
            }
            yield _Origin(attrgetter(name), table, max(0.0, *points), max(map(abs, points)))


_LARGEST: Final = 1e15
