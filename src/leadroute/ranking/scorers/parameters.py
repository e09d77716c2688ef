"""How the parameters of scorers are checked: one converter per kind of parameter.

Whole numbers stay whole, durations become text, lists become tuples: equal scorers print alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any

from attrs import Attribute

from leadroute.errors import ConfigError
from leadroute.model.duration import format_duration, parse_duration
from leadroute.rules.fields import text_titles

_LARGEST = 1e15


def positive(given: Any) -> float:
    """A number above 0."""
    return _number(given, "above 0", lambda number: number > 0)


def not_negative(given: Any) -> float:
    """A number, 0 or more."""
    return _number(given, "from 0 on", lambda number: number >= 0)


def share(given: Any) -> float:
    """A number from 0 to 1."""
    return _number(given, "from 0 to 1", lambda number: 0 <= number <= 1)


def points_or_none(given: float | None) -> float | None:
    """Points as scorers give them, for a parameter that may be ``None``."""
    return None if given is None else float(given)


def _number(given: Any, span: str, holds: Callable[[float], bool]) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not holds(given) or not given < _LARGEST:
        raise ConfigError(f"{given!r:.60} must be a number {span}")
    return int(given) if given == int(given) else float(given)


def numbers(given: Any) -> tuple[float, ...]:
    """Numbers, 0 or more each; one alone may stand without a list."""
    listed = given if isinstance(given, list | tuple) else (given,)
    return tuple(map(not_negative, listed))


def ascending(given: Any) -> tuple[float, ...]:
    """One number or more, 0 or more each, each above the one before."""
    found = numbers(given)
    if not found or any(later <= earlier for earlier, later in pairwise(found)):
        raise ConfigError(f"{list(found)!r:.60} must be numbers that ascend, such as [10, 50]")
    return found


def lasting(given: str | timedelta) -> str:
    """A duration above 0 in its text form."""
    found = parse_duration(given)
    if not found:
        raise ConfigError("a half-life of 0s would forget everything; write one such as '7d'")
    return format_duration(found)


def word(given: Any) -> str:
    """Text that is not empty."""
    if not isinstance(given, str) or not given.strip():
        raise ConfigError(f"{given!r:.60} must be text that is not empty")
    return given


def words(given: Any) -> tuple[str, ...]:
    """Texts, none of them twice; one alone may stand without a list."""
    listed = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else given
    found = tuple(map(word, listed))
    if not found or len(set(found)) < len(found):
        raise ConfigError(f"{list(found)!r:.60} must be one text or more, none of them twice")
    return found


def yes_or_no(_scorer: object, parameter: Attribute[bool], given: object) -> None:
    """A validator: true or false, and nothing that merely looks like it."""
    if type(given) is not bool:
        raise ConfigError(f"{parameter.name}={given!r:.40} must be True or False")


def titles(given: Any) -> str | tuple[str, ...]:
    """Fields of the lead that hold text; one alone stands without a list."""
    found = text_titles(given)
    return found[0] if len(found) == 1 else found


def choice(given: Any, *known: str) -> str:
    """One of a few words."""
    if given not in known:
        raise ConfigError(f"{given!r:.60} must be one of {', '.join(map(repr, known))}")
    return str(given)
