"""Column maps from TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.columns import ColumnMap, as_columns

_KEYS = ("preset", "columns")


def load_columns(path: str | Path) -> ColumnMap:
    """Read a column map from a TOML file: a ``preset``, and a table ``[columns]`` of fields by headers.

    Args:
        path: The file.

    Raises:
        ConfigError: The file is not such a map.
        OSError: The file cannot be opened.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not TOML that can be read: {error}", str(path)) from None
    for key in found:
        if key not in _KEYS:
            raise UnknownFieldError("column map", key, _KEYS)
    try:
        return ColumnMap(found.get("columns", {}), found.get("preset", ""))
    except ConfigError as error:
        raise error.at(str(path)) from None


def columns_of(given: ColumnMap | Mapping[str, str] | str | Path | None) -> ColumnMap:
    """Return the map that is meant: as ``as_columns``, or the path of a TOML file."""
    named: Any = str(given) if isinstance(given, Path) else given
    if isinstance(named, str) and named.lower().endswith(".toml"):
        return load_columns(named)
    return as_columns(named)
