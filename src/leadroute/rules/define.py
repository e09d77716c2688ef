"""Tables of named conditions, which may use one another in any order.

The rules of this module:

* A definition is parsed when another one, or the caller, first asks for it.
* A circle is an error that shows the circle; an error inside a definition names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leadroute.errors import ConfigError
from leadroute.rules.condition import ALWAYS, Condition, Named
from leadroute.rules.parse import parse

__all__ = ["parse_definitions"]


def parse_definitions(
    texts: Mapping[str, str], *, custom: Mapping[str, str] | None = None
) -> dict[str, Condition]:
    """The conditions of a table of definitions, which may use one another in any order.

    Args:
        texts: The expressions by name.
        custom: As for ``parse``.

    Returns:
        The conditions by name, for ``parse(..., defines=...)``.

    Raises:
        ConfigError: Definitions use one another in a circle, or a name is a word of the language.

    Example:
        >>> found = parse_definitions(
        ...     {"ours": "big and lead.country == 'US'", "big": "lead.employees > 500"}
        ... )
        >>> found["ours"]
        <And big and lead.country == 'US'>
    """
    found = _Definitions(texts, custom)
    return {name: found[name] for name in texts}


class _Definitions(Mapping[str, Condition]):
    """Definitions that are parsed when they are asked for."""

    def __init__(self, texts: Mapping[str, str], custom: Mapping[str, str] | None) -> None:
        self._texts = texts
        self._custom = custom
        self._found: dict[str, Condition] = {}
        self._open: list[str] = []

    def __getitem__(self, name: str) -> Condition:
        if name in self._open:
            circle = " -> ".join((*self._open[self._open.index(name) :], name))
            raise ConfigError(f"definitions use one another in a circle: {circle}; break it")
        if name not in self._found:
            self._open.append(name)
            try:
                text = self._texts[name]
                self._found[name] = parse(text, defines=self, custom=self._custom)
                Named(name, ALWAYS)
            except ConfigError as error:
                raise error.at(name) from None
            finally:
                self._open.pop()
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
