"""Policies that build on another file: ``extends = "base.toml"``.

The rules of this module:

* The base is named by a relative path without ``..``, and stands beside the file or below it. A circle is refused, and
  so are more than ``MOST_FILES`` files.
* A value of the file replaces that of the base. Tables are joined key by key.
* Of lists such as ``[[rule]]``, an entry takes the place of the base's entry with its name. Entries with a new name go
  before those of the base, so that its last rule stays last.
* ``qualify`` replaces the base's ``[[qualification]]``, and the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from leadroute.errors import ConfigError
from leadroute.formats.document import format_of, read_document, read_text
from leadroute.formats.parts import Part, Parts

__all__ = ["MOST_FILES", "read_extended"]

MOST_FILES: Final = 8
"""How many files one policy may be made of."""

_EITHER: Final = {"qualify": "qualification", "qualification": "qualify"}


def read_extended(source: str | Path, format: str | None = None) -> Parts:  # noqa: A002 - the host's word
    """A policy file, joined with the files that it extends.

    Args:
        source: The path of the file.
        format: ``toml`` or ``json``; by the ending of the path when not given. Bases go by their endings.

    Raises:
        ConfigError: A file cannot be read as a whole, or names no base that it may name.
        OSError: A file cannot be opened.
    """
    path, seen = Path(source), list[Path]()
    parts = list[Part]()
    given: Any = ""
    while given is not None:
        seen.append(path.resolve())
        found = format_of(path, None if parts else format)
        text = read_text(path)
        document = read_document(text, found, str(path))
        given = document.pop("extends", None)
        parts.append(Part(str(path), text, found, document))
        if given is not None:
            path = _base(path, given, parts[-1])
            _refuse_long(seen, path, parts[0].at("extends"))
    joined: dict[str, Any] = {}
    for part in reversed(parts):
        joined = _joined(joined, part.document)
    return Parts(tuple(parts), joined)


def _base(path: Path, given: Any, part: Part) -> Path:
    named = PurePosixPath(given) if isinstance(given, str) else PurePosixPath("/")
    drive = isinstance(given, str) and any(char in given for char in ":\\\0")
    if named.is_absolute() or ".." in named.parts or drive or not named.name:
        problem = "names no file beside this one or below it; write one such as 'base.toml'"
        raise ConfigError(problem, part.at("extends"))
    return path.parent / named


def _refuse_long(seen: list[Path], path: Path, place: str) -> None:
    if path.resolve() in seen:
        names = " -> ".join(each.name for each in (*seen, path))
        raise ConfigError(f"runs in a circle: {names}; break it", place)
    if len(seen) >= MOST_FILES:
        raise ConfigError(f"joins more than {MOST_FILES} files; join some of them", place)


def _joined(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    replaced = {other for key, other in _EITHER.items() if key in document}
    joined = {key: value for key, value in base.items() if key not in replaced}
    for key, value in document.items():
        joined[key] = _value(base.get(key), value)
    return joined


def _value(base: Any, value: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(value, Mapping):
        return {**base, **value}
    if _entries(base) and _entries(value):
        names = {each.get("name") for each in base}
        own = {each.get("name"): each for each in value if each.get("name") in names}
        new = [each for each in value if each.get("name") not in names]
        return [*new, *(own.get(each.get("name"), each) for each in base)]
    return value


def _entries(given: Any) -> bool:
    """Whether something is a list of tables with names that can be compared."""
    return isinstance(given, list) and all(
        isinstance(each, Mapping) and isinstance(each.get("name", ""), str) for each in given
    )
