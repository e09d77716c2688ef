"""What columns remember of a team from lead to lead: what some of its reps have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from leadroute.rules.routing_context import RoutingContext

__all__ = ["alike"]

T = TypeVar("T")


def alike(
    context: RoutingContext, key: Hashable, value_of: Callable[[Any], Hashable]
) -> tuple[list[Any], list[int]]:
    """The first rep of each kind, and the number of each rep's kind: reps of one kind share what is asked of it.

    Args:
        context: Whose reps.
        key: As for ``RoutingContext.column``.
        value_of: From a rep to what makes the kind.

    Example:
        >>> from leadroute import Lead, Rep
        >>> team = Rep("ada", level=1), Rep("bob", level=2), Rep("cy", level=1)
        >>> first, kinds = alike(
        ...     RoutingContext(Lead("L-1"), team, "p"), "level", lambda rep: rep.level
        ... )
        >>> [rep.id for rep in first], kinds
        (['ada', 'bob'], [0, 1, 0])
    """
    first: list[Any] = []
    numbers: dict[Hashable, int] = {}

    def numbered(rep: Any) -> tuple[list[Any], int]:
        value = value_of(rep)
        number = numbers.get(value)
        if number is None:
            number = numbers[value] = len(first)
            first.append(rep)
        return first, number

    found = context.column(key, numbered)
    return (found[0][0] if found else []), [number for _, number in found]
