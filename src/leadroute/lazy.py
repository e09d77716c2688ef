"""Names that a module brings only when they are asked for."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["on_demand"]


def on_demand(
    module: str, names: Iterable[str], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a module that loads some of its names late.

    Args:
        module: The name of the module.
        names: What the module shows: its ``__all__``.
        homes: The module in which each late name is defined.

    Returns:
        The functions that Python calls for a name that is not there yet, and for ``dir()``.

    Example:
        >>> late, shown = on_demand("here", ["pi"], {"pi": "math"})
        >>> round(late("pi"), 2), shown()
        (3.14, ['pi'])
    """

    def get(name: str) -> Any:
        if name in homes:
            return getattr(import_module(homes[name]), name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get, lambda: list(names)
