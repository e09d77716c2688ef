"""Scorers that you write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import wraps
from inspect import signature
from numbers import Real
from typing import Any, Concatenate, ParamSpec, TypeAlias

from attrs import field, frozen

from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.given import shown
from leadroute.model.rep import Rep
from leadroute.model.validation import one_line
from leadroute.rules.describe import docline
from leadroute.rules.operand import constant
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer, literal

P = ParamSpec("P")
Answer: TypeAlias = float | tuple[float | None, str] | None
HostFunction: TypeAlias = Callable[..., Answer]


@frozen
class HostScorer(Scorer):
    """A scorer made from a function of yours; made by ``@scorer``."""

    sparing = True

    function: HostFunction
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    _maker: Callable[..., HostScorer] = field(kw_only=True, eq=False)

    @property
    def name(self) -> str:  # type: ignore[override]
        """The function's name."""
        return self.function.__name__

    @property
    def takes_turns(self) -> bool:
        """It is not known what the function reads, so its leads count as turns."""
        return True

    def is_turn(self, context: RoutingContext, rep: Rep) -> bool:
        """Always, as it is not known what the function reads."""
        return True

    def bind(self, context: RoutingContext) -> Points:
        """The function, with its points checked; its answers are kept for ``reason``."""
        answers, function = self._answers(context), self.function
        arguments, keywords = self.arguments, dict(self.keywords)

        def points(rep: Rep) -> float | None:
            try:
                found = function(context, rep, *arguments, **keywords)
            except Exception as error:
                error.add_note(f"{self}, lead {context.lead.id!r}, rep {rep.id!r}")
                raise
            if found is None or (type(found) is float and 0 <= found <= 1):  # as nearly all
                answers[rep.id] = found
                return found
            answers[rep.id] = pair = self._pair(found, rep)
            return pair[0]

        return points

    def _answers(self, context: RoutingContext) -> dict[str, Answer]:
        # The scorer is kept beside its answers, so that no other takes over its identity.
        kept: tuple[HostScorer, dict[str, Answer]]
        kept = context.once((HostScorer, id(self), context.lot), lambda: (self, {}))
        return kept[1]

    def _pair(self, found: Any, rep: Rep) -> tuple[float | None, str]:
        """Points with their reason on one line, empty without one; anything else is refused."""
        pair = type(found) is tuple and len(found) == 2 and isinstance(found[1], str)
        points, said = found if pair else (found, "")
        if isinstance(points, Real | Decimal) and not isinstance(points, int):
            with suppress(
                ValueError, OverflowError
            ):  # a NaN that signals, a fraction of huge parts
                points = float(points)
        if points is None or (type(points) in (int, float) and 0 <= points <= 1):
            return points, one_line(said.strip())
        who = f"the answer of {self} for rep {rep.id!r}"
        expected = "a number from 0 to 1 or None, alone or with a text: (points, 'reason')"
        raise FieldTypeError(who, shown(found), expected)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The reason that came with the points; else the function's docstring, where there are points.

        The docstring says what gives points, so it is no fact about a rep who has none.
        """
        answers = self._answers(context)
        if rep.id not in answers:
            self.bind(context)(rep)
        found = answers[rep.id]
        points, said = found if isinstance(found, tuple) else (found, "")
        if said:
            return said
        if not points:
            return "has no answer" if points is None else "gives no points"
        return docline(self.function) or self.name

    @property
    def written(self) -> bool:
        """Whether its arguments can stand in a policy file: plain values, lists and scorers."""
        return all(map(_readable, (*self.arguments, *(value for _, value in self.keywords))))

    def _arguments(self) -> list[str]:
        named = (f"{name}={literal(value)}" for name, value in self.keywords)
        return [*map(literal, self.arguments), *named]

    def __reduce__(self) -> tuple[Any, ...]:
        return _called, (self._maker, self.arguments, dict(self.keywords))


def _fixed(given: Any) -> Any:
    """A list as a policy file gives it: a tuple, which does not change."""
    return tuple(map(_fixed, given)) if isinstance(given, list | tuple) else given


def _readable(given: Any) -> bool:
    if isinstance(given, Scorer):
        return all(each.written for each in given.walk() if isinstance(each, HostScorer))
    plain = given if isinstance(given, tuple) else (given,)
    return bool(plain) and all(map(_plain, plain))


def _plain(given: Any) -> bool:
    if type(given) not in (str, bool, int, float):
        return False
    try:
        constant(given)
    except ConfigError:
        return False
    return True


def _called(
    maker: Callable[..., HostScorer], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> HostScorer:
    return maker(*arguments, **keywords)


def scorer(
    function: Callable[Concatenate[RoutingContext, Rep, P], Answer],
) -> Callable[P, HostScorer]:
    """Make a scorer out of a function of (context, rep, ...).

    Args:
        function: Gives points between 0 and 1, or ``None`` for no answer; or a pair of these points
            and the reason that people read. Without a reason, people read the first line of its
            docstring beside points above 0. It must depend on its arguments alone.

    Returns:
        A function for policies: it takes the further arguments of ``function``, raises
        ``ConfigError`` when they do not fit, and returns a scorer. Hand
        it to ``load_policy(..., scorers={...})`` to use it in a file.

    Example:
        >>> @scorer
        ... def speaks(context, rep, tag):
        ...     known = ", ".join(sorted(rep.languages)) or "no known language"
        ...     return float(tag in rep.languages), f"speaks {known}"
        >>> str(2 * speaks("de"))
        "2 * speaks('de')"
    """
    parameters = None
    with suppress(ValueError, TypeError):  # some functions in C have no signature
        parameters = signature(function)

    @wraps(function)
    def called(*arguments: P.args, **keywords: P.kwargs) -> HostScorer:
        if parameters is not None:
            try:
                parameters.bind(None, None, *arguments, **keywords)
            except TypeError as error:
                name = getattr(function, "__name__", "the scorer")
                problem = f"{name}() cannot be called like this: {error}"
                raise ConfigError(
                    f"{problem}; a scorer is a function of (context, rep, ...)"
                ) from None
        placed = tuple(map(_fixed, arguments))
        named = tuple((name, _fixed(keywords[name])) for name in sorted(keywords))
        return HostScorer(function, placed, named, maker=called)

    return called
