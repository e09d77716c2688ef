"""Scores as values: what can be added, weighted and made conditional.

* A scorer gives a rep between 0 and 1 point, or ``None`` when it cannot say. A scorer that cannot say takes no weight.
* ``a + b`` and ``3 * a`` build one flat sum of weighted terms; the score is the weighted mean of
  the terms that have an answer. So ``2 * (a + b)`` is ``2 * a + 2 * b``, as in arithmetic.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import repeat
from numbers import Integral, Real
from operator import add
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeAlias, TypeVar, cast, final

from attrs import NOTHING, field, fields, frozen

from leadroute.errors import (
    ConfigError,
    FieldTypeError,
    LeadrouteError,
    TruthError,
    UnknownFieldError,
)
from leadroute.model.guidance import example, guided
from leadroute.model.rep import Rep
from leadroute.rules.builders import FieldExpr
from leadroute.rules.conditions import Condition, as_condition
from leadroute.rules.describe import denied
from leadroute.rules.lexer import located
from leadroute.rules.parser import Reader
from leadroute.rules.routing_context import RoutingContext

Points: TypeAlias = Callable[[Rep], float | None]
"""Points of a rep between 0 and 1, or ``None`` for no answer."""


COUNTS: Final = frozenset(
    {"open", "used", "turns", "last_assigned", "won", "closed", "contacted", "free_since"}
)
"""The counts of a rep that a scorer may look at, besides credits."""


class _Scorers(type):
    """Refuses to calculate with a scorer that lacks its brackets."""

    def _refused(cls, _other: object) -> NoReturn:
        name = cls.__name__
        raise FieldTypeError(name, "without its brackets", f"called: {example(name)}")

    if not TYPE_CHECKING:  # pragma: no branch
        __add__ = __radd__ = __mul__ = __rmul__ = _refused


@frozen(slots=False)  # cached properties need a place for their values
class Scorer(metaclass=_Scorers):
    """A preference among reps: points between 0 and 1, with a reason.

    Subclasses are frozen attrs values. They implement ``bind`` and ``reason``; ``name`` is the
    name of the class.
    """

    name: ClassVar[str] = ""
    alone: ClassVar[bool] = False
    """Whether it puts some reps strictly before others, which a sum would undo."""
    sparing: ClassVar[bool] = False
    """Whether it is asked about no rep whose points would not count: what it calls is not ours."""
    reads: ClassVar[frozenset[str]] = COUNTS
    """The counts of a rep that it looks at, by their names in ``Snapshot``; all of them when it does not say."""

    def __init_subclass__(cls) -> None:
        cls.name = vars(cls).get("name", cls.__name__)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        guided(cls)
        cls.__repr__ = cls.__str__  # type: ignore[assignment, method-assign]

    def bind(self, context: RoutingContext) -> Points:
        """Return the function that gives the points of each rep.

        Args:
            context: The lead, the candidates, the counts and the instant.

        Returns:
            A function from rep to points between 0 and 1, or to ``None`` when there is no answer.
        """
        raise TypeError(f"{type(self).__name__} does not say how to score; define bind(situation)")

    def column(self, context: RoutingContext) -> list[float | None]:
        """Return the points of every rep, in their order.

        Args:
            context: The lead, the candidates, the counts and the instant.

        Complexity: O(reps), and next to nothing where ``depends`` tells they were computed.
        """
        key = self.depends(context)
        if key is None:
            points = self.bind(context)
            return [points(rep) for rep in context.reps]
        found: list[float | None] | None = context.crew.kept.get((self, key))
        if found is None:
            found = context.crew.column((self, key), _bound_late(self, context))
        return found

    def depends(self, context: RoutingContext) -> Hashable | None:
        """Return everything that the points depend on besides the rep.

        ``None`` when that is too much to occur again.

        Leads for which it is equal give each rep the same points, whatever the counts and the instant. ``None`` means
        that there is no such thing, so the points are computed for every lead.
        """
        return None

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the reason for the points of a rep, in words."""
        return str(self)

    @property
    def terms(self) -> tuple[WeightedScorer, ...]:
        """The weighted terms that this score is the mean of."""
        return (WeightedScorer(1, self),)

    @property
    def inner(self) -> tuple[Scorer, ...]:
        """The scores inside this one; empty for a plain scorer."""
        return ()

    @property
    def random(self) -> bool:
        """True when the points depend on the rep's luck."""
        return any(scorer.random for scorer in self.inner)

    @property
    def takes_turns(self) -> bool:
        """True when it reads the turns of the pool.

        Then a lead that it places counts as a turn.
        """
        return any(scorer.takes_turns for scorer in self.inner)

    @cached_property
    def spares(self) -> bool:
        """``True`` when it is not asked about reps whose points cannot count."""
        return any(scorer.sparing for scorer in self.walk())

    @property
    def counters(self) -> frozenset[str]:
        """The counts that it and its parts look at."""
        plain = (scorer.reads for scorer in self.walk() if not scorer.inner)
        return frozenset().union(*plain)

    def is_turn(self, context: RoutingContext, rep: Rep) -> bool:
        """Return whether the lead is a turn when this rep takes it.

        It is not when the lead is theirs already, or where no part that takes turns has a say.
        """
        return any(scorer.is_turn(context, rep) for scorer in self.inner) and not any(
            scorer.owns(context, rep) for scorer in self.inner
        )

    def owns(self, context: RoutingContext, rep: Rep) -> bool:
        """Return whether the lead goes to the rep as its owner."""
        return any(scorer.owns(context, rep) for scorer in self.inner)

    def walk(self) -> Iterator[Scorer]:
        """Yield this score and all scores inside it.

        The whole comes before its parts. O(nodes).
        """
        yield self
        for scorer in self.inner:
            yield from scorer.walk()

    def __add__(self, other: object) -> Scorer:
        if isinstance(other, Scorer):
            return _sum_of(self.terms + other.terms)
        if other == 0 and not isinstance(other, bool):
            return self
        if isinstance(other, type):
            return NotImplemented
        found = f"{other!r:.40}"
        raise FieldTypeError(
            f"what is added to {self}", found, f"a scorer; weights multiply: 2 * {self}"
        )

    __radd__ = __add__

    def __mul__(self, weight: object) -> Scorer:
        if isinstance(weight, bool) or not isinstance(weight, Real | Decimal):
            raise FieldTypeError(f"the weight of {self}", f"{weight!r:.40}", "a number")
        factor = int(weight) if isinstance(weight, Integral) else float(weight)
        return _sum_of(
            tuple(WeightedScorer(term.weight * factor, term.scorer) for term in self.terms)
        )

    __rmul__ = __mul__

    def when(self, condition: Condition) -> Scorer:
        """The same score, without an answer while ``condition`` is false.

        Raises:
            FieldTypeError: ``condition`` is something else.
        """
        try:
            guard = as_condition(condition)
        except TruthError:
            problem = f"of type {type(condition).__name__}"
            remedy = "a condition, such as LEAD.country == 'US'"
            raise FieldTypeError("condition", problem, remedy) from None
        return _sum_of(
            tuple(WeightedScorer(term.weight, Guarded(term.scorer, guard)) for term in self.terms)
        )

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return f"{self.name}({', '.join(self._arguments())})"

    def _arguments(self) -> list[str]:
        placed, named, positional = [], [], True
        for attribute in fields(type(self)):
            value = getattr(self, attribute.name)
            if attribute.default is not NOTHING and value == attribute.default:
                positional = positional and attribute.kw_only
            elif positional and not attribute.kw_only:
                placed.append(literal(value))
            else:
                named.append(f"{attribute.name}={literal(value)}")
        return placed + named


def literal(value: object) -> str:
    """An argument of a scorer, as a policy file has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal, value))}]"
    return str(value) if isinstance(value, Scorer) else repr(value)


def _weight(given: Any) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 <= given < 1e15:
        raise ConfigError(f"the weight {given!r:.60} of a scorer must be a number, 0 or more")
    whole = int(given)
    return whole if whole == given else float(given)


@final
@frozen
class WeightedScorer(Scorer):
    """One scorer with its weight."""

    name = ""
    weight: float = field(converter=_weight)
    scorer: Scorer

    def __attrs_post_init__(self) -> None:
        if self.weight != 1:
            _refuse_alone(self.scorer, "weighted")

    @property
    def inner(self) -> tuple[Scorer, ...]:
        """The scorer."""
        return (self.scorer,)

    @property
    def terms(self) -> tuple[WeightedScorer, ...]:
        """This term alone."""
        return (self,)

    def bind(self, context: RoutingContext) -> Points:
        """The points of the scorer; one term alone needs no weighing."""
        return self.scorer.bind(context)

    def column(self, context: RoutingContext) -> list[float | None]:
        """The points of the scorer."""
        return self.scorer.column(context)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The scorer's reason."""
        return self.scorer.reason(context, rep)

    def __str__(self) -> str:
        return f"{self.weight} * {self.scorer}" if self.weight != 1 else str(self.scorer)


@final
@frozen
class Sum(Scorer):
    """The weighted mean of several terms; terms without an answer take no weight."""

    name = ""
    parts: tuple[WeightedScorer, ...]

    def __attrs_post_init__(self) -> None:
        for term in self.parts:
            _refuse_alone(term.scorer, "added")

    @property
    def inner(self) -> tuple[Scorer, ...]:
        """The terms."""
        return self.parts

    @property
    def terms(self) -> tuple[WeightedScorer, ...]:
        """The terms, in the order they were written."""
        return self.parts

    def bind(self, context: RoutingContext) -> Points:
        """The weighted mean of the terms that have an answer; ``None`` when none has. O(terms) a rep."""
        bound = [(term.weight, term.scorer.bind(context)) for term in self.parts]

        def points(rep: Rep) -> float | None:
            return mean((weight, score(rep)) for weight, score in bound)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """The weighted mean of the terms' columns."""
        return self._means([term.scorer.column(context) for term in self.parts])

    @cached_property
    def _means(self) -> Callable[[Columns], list[float | None]]:
        return averaging([term.weight for term in self.parts], None)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The reasons of all terms."""
        return "; ".join(term.reason(context, rep) for term in self.parts)

    def __str__(self) -> str:
        return " + ".join(map(str, self.parts))


@final
@frozen
class Guarded(Scorer):
    """A scorer that has no answer while a condition is false."""

    name = ""
    scorer: Scorer
    condition: Condition

    def __attrs_post_init__(self) -> None:
        _refuse_alone(self.scorer, "guarded")

    @property
    def inner(self) -> tuple[Scorer, ...]:
        """The scorer."""
        return (self.scorer,)

    def bind(self, context: RoutingContext) -> Points:
        """The scorer's points where the condition holds, else ``None``."""
        score, test = self.scorer.bind(context), context.test_of(self.condition)
        lead, now = context.lead, context.instant

        def points(rep: Rep) -> float | None:
            return score(rep) if test(lead, rep, now) else None

        return points

    def is_turn(self, context: RoutingContext, rep: Rep) -> bool:
        """As the scorer says, where the condition holds."""
        return self._holds(context, rep) and self.scorer.is_turn(context, rep)

    def owns(self, context: RoutingContext, rep: Rep) -> bool:
        """As the scorer says, where the condition holds."""
        return self._holds(context, rep) and self.scorer.owns(context, rep)

    def _holds(self, context: RoutingContext, rep: Rep) -> bool:
        test = context.test_of(self.condition)
        return test(context.lead, rep, context.instant)

    def column(self, context: RoutingContext) -> list[float | None]:
        """The scorer's points where the condition holds; the scorer is not asked about the other reps."""
        holds = context.holds(self.condition)
        if all(holds):
            return self.scorer.column(context)
        if not any(holds):
            return [None] * len(holds)
        return column_where(self.scorer, context, holds)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The scorer's reason, or that the condition does not hold."""
        if self._holds(context, rep):
            return self.scorer.reason(context, rep)
        return f"does not count here: {denied(self.condition, context.registry.predicates)}"

    def __str__(self) -> str:
        return f"{self.scorer}.when({self.condition})"


def column_where(
    scorer: Scorer, context: RoutingContext, asked: Sequence[bool]
) -> list[float | None]:
    """The points of the reps who are asked about, ``None`` for the others.

    The others are asked about too where that cannot show: not where code of yours would be called,
    and where it fails only those who count are asked again.
    """
    if not scorer.spares:
        try:
            found = scorer.column(context)
        except FieldTypeError:
            pass
        else:
            if all(asked):
                return found
            return [points if held else None for points, held in zip(found, asked, strict=True)]
    score = scorer.bind(context)
    return [score(rep) if held else None for rep, held in zip(context.reps, asked, strict=True)]


def _bound_late(scorer: Scorer, context: RoutingContext) -> Points:
    """The points of a scorer that is bound when it is first asked, which may be never."""
    bound: list[Points] = []

    def points(rep: Rep) -> float | None:
        if not bound:
            bound.append(scorer.bind(context))
        return bound[0](rep)

    return points


def mean(
    weighted: Iterable[tuple[float, float | None]], total: float = 0.0, weights: float = 0.0
) -> float | None:
    """The weighted mean of the points that are known, or ``None`` without any of weight."""
    for weight, points in weighted:
        if points is not None:
            total += weight * points
            weights += weight
    return total / weights if weights else None


Columns: TypeAlias = Sequence[Sequence[float | None]]
T = TypeVar("T")


def averaging(weights: Sequence[float], unknown: T) -> Callable[[Columns], list[float | T]]:
    """The function from columns to their weighted mean, row by row, with the numbers that ``mean`` gives.

    Args:
        weights: The weights of the columns.
        unknown: The mean of a row without any points of weight.
    """
    whole = 0.0
    for weight in weights:
        whole += weight
    weight, second, *_ = *weights, 0

    def means(columns: Columns) -> list[float | T]:
        first, *others = columns
        if not whole:
            return [unknown] * len(first)
        try:  # quicker than to look for a None beforehand
            if not others and whole == 1:
                return [*map(add, repeat(0.0), first)]
            if len(others) == 1:  # the frequent cases, in one go
                both = zip(first, others[0], strict=True)
                if second == 1:
                    return [(weight * one + other) / whole for one, other in both]  # type: ignore[operator]
                return [(weight * one + second * other) / whole for one, other in both]  # type: ignore[operator]
            totals = [weight * points for points in first]  # type: ignore[operator]
            for each, column in zip(weights[1:], others, strict=True):
                rows = zip(totals, column, strict=True)
                totals = [total + each * points for total, points in rows]  # type: ignore[operator]
            return [total / whole for total in totals]
        except TypeError:
            return _means_of_known(weights, columns, unknown)

    return means


def _means_of_known(weights: Sequence[float], columns: Columns, unknown: T) -> list[float | T]:
    count = len(columns[0])
    totals, known = [0.0] * count, [0.0] * count
    for weight, column in zip(weights, columns, strict=True):
        holes = column.count(None)
        if not holes:
            full = cast("Sequence[float]", column)
            totals = [total + weight * points for total, points in zip(totals, full, strict=True)]
            known = [each + weight for each in known]
        elif holes < count:
            totals = [
                total if points is None else total + weight * points
                for total, points in zip(totals, column, strict=True)
            ]
            known = [
                each if points is None else each + weight
                for each, points in zip(known, column, strict=True)
            ]
    return [total / each if each else unknown for total, each in zip(totals, known, strict=True)]


def _refuse_alone(scorer: Scorer, what: str) -> None:
    if scorer.alone:
        raise ConfigError(
            f"{scorer.name}() stands alone and cannot be {what}; write {scorer.name}(...) around the sum"
        )


def guards(score: Scorer | None) -> Iterator[Condition]:
    """The conditions under which the parts of a score count, however deep."""
    for scorer in () if score is None else score.walk():
        if isinstance(scorer, Guarded):
            yield scorer.condition


def _sum_of(terms: tuple[WeightedScorer, ...]) -> Scorer:
    if len(terms) > 1:
        return Sum(terms)
    (term,) = terms
    return term.scorer if term.weight == 1 else term


def parse_score(
    text: str,
    scorers: Mapping[str, Callable[..., Scorer]],
    *,
    definitions: Mapping[str, Condition] | None = None,
    custom: Mapping[str, str] | None = None,
) -> Scorer:
    """The score that a text stands for; the inverse of ``str(score)``.

    Args:
        text: An expression of scorers, ``+``, ``*`` by a number, and ``.when(condition)``.
        scorers: The scorers by name.
        definitions: Conditions that ``.when()`` may use by name.
        custom: The kinds of custom attributes, as for ``parse``.

    Returns:
        The same score that the Python form gives. O(length).

    Raises:
        UnknownFieldError: A scorer is not registered; the message suggests the nearest.
        ExpressionError: The text is not in the language; see line, column and remedy.

    Example:
        >>> from leadroute import free_capacity, skill_match
        >>> known = {"skill_match": skill_match, "free_capacity": free_capacity}
        >>> score = parse_score("3 * skill_match('industry') + free_capacity()", known)
        >>> score == 3 * skill_match("industry") + free_capacity()
        True
    """
    reader = Reader.of(text, definitions, custom, none=True)
    return reader.walked(_Score(reader, scorers).score)


@frozen
class _Score:
    reader: Reader
    scorers: Mapping[str, Callable[..., Scorer]]

    def score(self, node: ast.expr) -> Scorer:
        """The score that a node stands for."""
        found = self._part(node)
        if isinstance(found, Scorer):
            return found
        raise self.reader.refusal(node, "a number alone is not a score; multiply a scorer with it")

    def _part(self, node: ast.expr) -> Scorer | float:
        match node:
            case ast.BinOp(op=ast.Add()):
                left, right = self.score(node.left), self.score(node.right)
                return self.reader.build(node, lambda: left + right)
            case ast.BinOp(op=ast.Mult()):
                return self._weighted(node)
            case ast.Call(func=ast.Attribute(attr="when") as function):
                return self._guarded(node, function)
            case ast.Call(func=ast.Name(id=name)):
                return self._called(node, name)
            case ast.Constant(value=bool() | str() | None) | ast.UnaryOp(operand=ast.Call()):
                pass
            case ast.Constant() | ast.UnaryOp(op=ast.USub()):
                return self.reader.number(node)
            case ast.Name() if node.id in self.scorers:
                raise self.reader.refusal(node, f"a scorer is called: write {node.id}()")
        raise self.reader.refusal(
            node,
            "a score is made of scorers, +, * by a number, and .when(condition); "
            "invert(...) is the opposite preference",
        )

    def _weighted(self, node: ast.BinOp) -> Scorer | float:
        match self._part(node.left), self._part(node.right):
            case (Scorer() as scorer, int() | float() as weight) | (
                int() | float() as weight,
                Scorer() as scorer,
            ):
                return self.reader.build(node, lambda: weight * scorer)
            case (int() | float() as left, int() | float() as right):
                return left * right
        raise self.reader.refusal(
            node, "a scorer is multiplied by a number, such as 3 * free_capacity()"
        )

    def _guarded(self, node: ast.Call, function: ast.Attribute) -> Scorer:
        scorer = self.score(function.value)
        if len(node.args) != 1 or node.keywords:
            raise self.reader.refusal(
                node, "when() takes one condition, such as lead.country == 'US'"
            )
        condition = self.reader.condition(node.args[0])
        return self.reader.build(node, scorer.when, condition)

    def _is_score(self, node: ast.expr) -> bool:
        match node:
            case ast.BinOp():
                return self._is_score(node.left) or self._is_score(node.right)
            case ast.Call(func=ast.Attribute(attr="when")):
                return True
            case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
                return name in self.scorers
        return False

    def _called(self, node: ast.Call, name: str) -> Scorer:
        make = self.scorers.get(name)
        if make is None:
            unknown = UnknownFieldError("scorer", name, self.scorers)
            raise located(unknown, self.reader.text, self.reader.position(node))
        positional = [self._literal(argument) for argument in node.args]
        named = {str(keyword.arg): self._literal(keyword.value) for keyword in node.keywords}
        return self.reader.build(node, _made, name, make, positional, named)

    def _literal(self, node: ast.expr) -> Any:
        if self._is_score(node):
            return self.score(node)
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        found = self.reader.term(node)
        if isinstance(found, FieldExpr):
            raise self.reader.refusal(
                node, "a scorer takes literals only, such as skill_match('industry')"
            )
        return tuple(found) if isinstance(found, list) else found


def _made(
    name: str, make: Callable[..., Scorer], positional: list[Any], named: Mapping[str, Any]
) -> Scorer:
    try:
        found = make(*positional, **named)
    except LeadrouteError as error:
        raise error if isinstance(error, ConfigError) else ConfigError(str(error)) from None
    except TypeError as error:
        problem = str(error).replace(".__init__()", "()")
        raise ConfigError(f"{name}() cannot be called like this: {problem}") from None
    if not isinstance(found, Scorer):
        raise ConfigError(f"{name}() made no scorer, but a value of type {type(found).__name__}")
    return found
