"""Scorers that you write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias

from attrs import field, frozen

from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.rep import Rep
from leadroute.model.validation import shown
from leadroute.rules.operand import constant
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer, literal

__all__ = ["HostScorer", "scorer"]

P = ParamSpec("P")
HostFunction: TypeAlias = Callable[..., float | None]


@frozen
class HostScorer(Scorer):
    """A scorer made from a function of yours; made by ``@scorer``.

    Args:
        function: Takes (situation, rep) and the arguments, and gives points between 0 and 1 or ``None``.
        arguments: What it was called with in the policy.
        keywords: What it was called with by name, sorted.
        maker: What the policy called; a pickle refers to it by its name.
    """

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
        """The function, with its points checked."""
        function, arguments, keywords = self.function, self.arguments, dict(self.keywords)

        def points(rep: Rep) -> float | None:
            found = function(context, rep, *arguments, **keywords)
            if found is None or (type(found) in (int, float) and 0 <= found <= 1):
                return found
            who = f"the answer of {self} for rep {rep.id!r}"
            raise FieldTypeError(who, shown(found), "a number from 0 to 1, or None")

        return points

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The first line of the function's docstring, else its name."""
        said = (self.function.__doc__ or self.name).strip()
        return said.splitlines()[0].rstrip(".")

    @property
    def written(self) -> bool:
        """Whether its arguments can stand in a policy file: text, numbers, true, false, lists of these, and scorers."""
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
    function: Callable[Concatenate[RoutingContext, Rep, P], float | None],
) -> Callable[P, HostScorer]:
    """Make a scorer out of a function of (situation, rep, ...).

    Args:
        function: Gives points between 0 and 1, or ``None`` for no answer. The first line of its docstring is the
            reason that people read. It must depend on its arguments alone.

    Returns:
        What a policy calls: it takes the further arguments of the function and gives a scorer. Hand it to
        ``load_policy(..., scorers={...})`` to use it in a file.

    Example:
        >>> @scorer
        ... def speaks(context, rep, tag):
        ...     "Speaks the language asked for."
        ...     return 1.0 if tag in rep.languages else 0.0
        >>> str(2 * speaks("de"))
        "2 * speaks('de')"
    """

    @wraps(function)
    def called(*arguments: P.args, **keywords: P.kwargs) -> HostScorer:
        placed = tuple(map(_fixed, arguments))
        named = tuple((name, _fixed(keywords[name])) for name in sorted(keywords))
        return HostScorer(function, placed, named, maker=called)

    return called
