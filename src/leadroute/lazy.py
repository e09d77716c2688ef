"""Names that a module brings only when they are asked for."""

import sys
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass, isfunction, unwrap
from typing import Any, get_type_hints


def by_name(homes: Mapping[str, str]) -> dict[str, str]:
    """Return the module of each name, from the names of each module."""
    return {name: home for home, names in homes.items() for name in names.split()}


def on_demand(
    module: str, names: Iterable[str], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a module that loads some of its names late."""

    @cache  # Python asks for a late name at every look, and the annotations are made once
    def get(name: str) -> Any:
        if name in homes:
            return _annotated(getattr(import_module(homes[name]), name))
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get, lambda: list(names)


def _annotated(thing: Any) -> Any:
    """Return a thing with its annotations as types, because ``help`` shows texts in quotes."""
    kinds = [kind for kind in getattr(thing, "__mro__", ()) if isclass(kind)]
    homes = [sys.modules.get(getattr(owner, "__module__", "")) for owner in (thing, *kinds)]
    # A constructor has the annotations of its converters, which may be from any module.
    others = [each for name, each in sys.modules.items() if name.startswith("leadroute.")]
    names = ChainMap(*(vars(home) for home in (*homes, *others) if home is not None))
    for member in (thing, *(each for kind in kinds for each in vars(kind).values())):
        function = unwrap(getattr(member, "__func__", member))
        if isfunction(function) and any(
            isinstance(each, str) for each in function.__annotations__.values()
        ):
            function.__annotations__ = get_type_hints(function, localns=names)
    return thing
