"""Writing TOML, for tables of text, numbers, flags, and lists and inline tables of them.

The rules of this module:

* What is written reads back as the same data, byte for byte the same for equal data.
* Text is written in double quotes; in single ones, as it is, where that saves escapes.
* The equals signs of a table stand below one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["write_toml"]

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_UNSAFE = re.compile(r'[\x00-\x1f"\\\x7f]')
_VERBATIM = re.compile(r"""[^\x00-\x1f'\x7f]*["\\][^\x00-\x1f'\x7f]*""")
_SHORT = {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}


def write_toml(document: Mapping[str, Any]) -> str:
    """A document as TOML.

    Args:
        document: Values first, then tables (mappings) and arrays of tables (lists of mappings), by name.

    Example:
        >>> print(write_toml({"format": 1, "rule": [{"name": "rest", "window": "5m"}]}), end="")
        format = 1
        <BLANKLINE>
        [[rule]]
        name   = "rest"
        window = "5m"
    """
    values, blocks = {}, []
    for name, value in document.items():
        if isinstance(value, Mapping):
            blocks.append((f"[{_key(name)}]", value))
        elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            blocks.extend((f"[[{_key(name)}]]", each) for each in value)
        else:
            values[name] = value
    parts = ["".join(_lines(values))]
    parts += [f"{title}\n{''.join(_lines(table))}" for title, table in blocks]
    return "\n".join(parts)


def _lines(table: Mapping[str, Any]) -> Iterable[str]:
    keys = [_key(name) for name in table]
    width = max(map(len, keys), default=0)
    for key, value in zip(keys, table.values(), strict=True):
        yield f"{key:<{width}} = {_value(value)}\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return (
            f"{{ {', '.join(f'{_key(name)} = {_value(each)}' for name, each in value.items())} }}"
        )
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(value: str) -> str:
    if _VERBATIM.fullmatch(value):
        return f"'{value}'"
    return f'"{_UNSAFE.sub(_escaped, value)}"'


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    return _SHORT.get(char, f"\\u{ord(char):04x}")
