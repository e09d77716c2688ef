"""Scorers that the host writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import field, frozen

from leadroute.errors import FactTypeError
from leadroute.model.rep import Rep
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["HostScorer", "scorer"]

HostFunction: TypeAlias = Callable[..., float | None]


@frozen(repr=False)
class HostScorer(Scorer):
    """A scorer made from a function of the host; made by ``@scorer``.

    Args:
        function: Takes (situation, rep) and the arguments, and gives points between 0 and 1 or ``None``.
        arguments: What it was called with in the policy.
    """

    function: HostFunction
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def name(self) -> str:  # type: ignore[override]
        """The function's name."""
        return self.function.__name__

    def bind(self, situation: Situation) -> Points:
        """The function, with its points checked."""
        function, arguments, keywords = self.function, self.arguments, dict(self.keywords)

        def points(rep: Rep) -> float | None:
            found = function(situation, rep, *arguments, **keywords)
            if found is not None and not 0 <= found <= 1:
                raise FactTypeError(
                    f"{self} for rep {rep.id!r}", f"{found!r:.40}", "between 0 and 1, or None"
                )
            return found

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The first line of the function's docstring, else its name."""
        said = (self.function.__doc__ or self.name).strip()
        return said.splitlines()[0].rstrip(".")

    def _arguments(self) -> list[str]:
        return [*map(repr, self.arguments), *(f"{name}={value!r}" for name, value in self.keywords)]

    def __repr__(self) -> str:
        return str(self)


def scorer(function: HostFunction) -> Callable[..., HostScorer]:
    """Make a scorer out of a function of (situation, rep, ...).

    Args:
        function: Gives points between 0 and 1, or ``None`` for no answer. The first line of its docstring is the
            reason that people read. It must depend on its arguments alone.

    Returns:
        What a policy calls: it takes the further arguments of the function and gives a scorer. Hand it to
        ``load_policy(..., scorers={...})`` to use it in a file.

    Example:
        >>> @scorer
        ... def speaks(situation, rep, tag):
        ...     "Speaks the language asked for."
        ...     return 1.0 if tag in rep.languages else 0.0
        >>> str(2 * speaks("de"))
        "2 * speaks('de')"
    """

    def called(*arguments: Any, **keywords: Any) -> HostScorer:
        return HostScorer(function, arguments, tuple(sorted(keywords.items())))

    called.__name__ = called.__qualname__ = function.__name__
    called.__doc__ = function.__doc__
    return called
