"""A policy file as plain data: bytes to tables, with everything hostile refused before it costs anything.

The rules of this module:

* A file is at most ``LARGEST_FILE`` bytes of UTF-8, with or without a byte order mark, with any line ending.
* TOML is read by the standard library, JSON by ``leadroute.formats.json_rows``.
* An error names the file and, where it is known, the line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from leadroute.errors import ConfigError
from leadroute.formats.json_rows import Malformed, strict_json

__all__ = ["FORMATS", "LARGEST_FILE", "format_of", "read_document", "read_text"]

FORMATS = ("toml", "json")
"""The formats of a policy file."""

LARGEST_FILE = 2 << 20

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_KEY = re.compile(rf"^[ \t]*+\[*+[ \t]*+(?:{_PART}\.[ \t]*+){{8}}", re.MULTILINE)
_DEEP_INLINE = re.compile(rf"[{{,][ \t\n]*+(?:{_PART}\.[ \t]*+){{8}}")


def format_of(path: str | Path, format: str | None = None) -> str:  # noqa: A002 - the host's word for it
    """The format of a policy file: ``format``, else what the ending of its path says.

    Raises:
        ConfigError: There is no such format.

    Example:
        >>> format_of("policy.json"), format_of("policy.txt", "toml")
        ('json', 'toml')
    """
    found = Path(path).suffix.lower().removeprefix(".") if format is None else format
    if found not in FORMATS:
        remedy = "end the file's name with .toml or .json, or say format='toml' or format='json'"
        raise ConfigError(f"{found!r:.40} is no format of policies; {remedy}", str(path))
    return found


def read_text(path: str | Path) -> str:
    """The text of a policy file.

    Raises:
        ConfigError: The file is too large, or not UTF-8.
        OSError: The file cannot be read.
    """
    with Path(path).open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    _refuse_large(len(data), str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} is not UTF-8; save the file as UTF-8"
        raise ConfigError(problem, str(path)) from None


def read_document(text: str, format: str, name: str) -> dict[str, Any]:  # noqa: A002 - as above
    """The tables that a text describes.

    Args:
        text: The text of the file.
        format: ``toml`` or ``json``.
        name: What errors call the file.

    Raises:
        ConfigError: The text is too long, or not in the format.
    """
    _refuse_large(len(text), name)
    plain = text.removeprefix("\ufeff")
    try:
        found = _toml(plain) if format_of("", format) == "toml" else strict_json(plain)
    except Malformed as error:
        where = f"{name}: line {error.line}, column {error.column}" if error.line else name
        raise ConfigError(error.problem, where) from None
    if not isinstance(found, dict):
        raise ConfigError('holds no object; write {"format": 1, "rule": [...]}', name)
    return found


def _refuse_large(size: int, name: str) -> None:
    if size > LARGEST_FILE:
        raise ConfigError(f"is larger than {LARGEST_FILE >> 20} MiB; split it", name)


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # asked for rarely, and slow to import

    if deep := _DEEP_KEY.search(text) or _DEEP_INLINE.search(text):
        line = text.count("\n", 0, deep.end()) + 1
        raise Malformed("a key with so many dots is no key of a policy; shorten it", line, 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"is not TOML: {error}") from None
    except RecursionError:
        raise Malformed("is nested too deep; flatten it") from None
    except ValueError:
        raise Malformed("holds a number with thousands of digits; write it shorter") from None
