"""What a caller hands in, before it is read: plain Python for it, and whether it says that nothing is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from numbers import Number
from typing import Any, Final

LONGEST_TEXT: Final = 4_096


class Refused(Exception):
    """A cleaner's answer to a value that it cannot accept; the text completes "<field> ..."."""


def shown(given: Any) -> str:
    """Return what was given, as a message repeats it: at most 60 characters."""
    try:
        return f"{given!r:.60}"
    except ValueError:  # an int of more digits than Python prints
        return "too long to show"


def withheld(_given: Any) -> str:
    """Return what stands for personal data in a message."""
    return "withheld (personal data)"


_UNKNOWN: Final = frozenset(("-", "--", "n/a", "unknown", "none"))
_NO_VALUE: Final = frozenset(("NAType", "NaTType"))


def missing(value: Any, typed: bool) -> bool:
    """Return whether a value says that nothing is known."""
    if isinstance(value, str):
        word = value.strip()
        return not word or (typed and len(word) <= 7 and word.casefold() in _UNKNOWN)
    if value is None or type(value).__name__ in _NO_VALUE:
        return True
    if isinstance(value, Decimal):  # comparing a signaling NaN raises
        return value.is_nan()
    return isinstance(value, Number) and bool(value != value)  # NaN alone is not itself


def plain_value(given: Any) -> Any:
    """Return the plain value of an enum member, a scalar of numpy, or a mark for what is missing."""
    if isinstance(given, Enum):
        given = given.value
    if type(given).__module__ == "numpy" and getattr(given, "shape", None) == ():
        if type(given).__name__ == "datetime64":  # its nanoseconds would come out as a plain number
            given = given.astype("datetime64[us]")
        given = given.item()
    if isinstance(given, str):
        return given if type(given) is str else str.__str__(given)
    return None if missing(given, typed=False) else given


def composed(text: str) -> str:
    """Return a text in normal form C, so that an accented letter is one character however it was typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def text_of(given: Any, show: Callable[[Any], str] = shown) -> str:
    """Return text in normal form C without blanks around it; empty when nothing is known."""
    if type(given) is not str:
        given = plain_value(given)
        if given is None:
            return ""
        if not isinstance(given, str):
            raise Refused(f"is {show(given)} of type {type(given).__name__}; write text")
    if len(given) > LONGEST_TEXT:
        raise Refused(f"has {len(given)} characters; write at most {LONGEST_TEXT}")
    if "\0" in given or not (given.isascii() or _encodable(given)):
        raise Refused("holds a NUL or half a surrogate pair, which databases refuse; remove it")
    return composed(given).strip()


def _encodable(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


LONGEST_CACHED: Final = 80
"""Longer texts are read again each time, so that nothing large is kept."""


def typed_text(given: Any, show: Callable[[Any], str] = shown) -> str | None:
    """Return text for a field with a form of its own, or ``None`` when nothing is known; see ``missing``."""
    found = text_of(given, show)
    return None if missing(found, typed=True) else found
