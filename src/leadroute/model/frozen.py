"""A mapping that does not change, so that the values which hold one can be frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

__all__ = ["FrozenDict", "frozen_counts", "frozen_words"]

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A ``dict`` that refuses to change; hashable and picklable.

    Example:
        >>> skills = FrozenDict({"healthcare": 0.9})
        >>> skills["healthcare"] = 1.0
        Traceback (most recent call last):
        ...
        TypeError: this mapping is frozen; build a new one, such as FrozenDict({**old, key: value})
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return FrozenDict, (dict(self),)

    def __repr__(self) -> str:
        return f"FrozenDict({super().__repr__()})"

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError(
            "this mapping is frozen; build a new one, such as FrozenDict({**old, key: value})"
        )

    __setitem__ = _refuse
    __delitem__ = _refuse
    __ior__ = _refuse
    clear = _refuse
    pop = _refuse
    popitem = _refuse
    setdefault = _refuse
    update = _refuse


def frozen_counts(given: Mapping[str, int]) -> FrozenDict[str, int]:
    """Counts by name, frozen; an attrs converter."""
    return FrozenDict(given)


def frozen_words(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """Words by name, frozen; an attrs converter."""
    return FrozenDict(given)
