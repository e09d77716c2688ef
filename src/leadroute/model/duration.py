"""Durations as people write them: ``90s``, ``5m``, ``1h30m``, ``2d``, ``1w``.

Reading and writing are inverses: ``parse_duration(format_duration(d)) == d`` for every whole microsecond.
"""

from __future__ import annotations

import re
from datetime import timedelta

from leadroute.errors import ConfigError

__all__ = ["format_duration", "parse_duration"]

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "us": timedelta(microseconds=1),
}
_SHAPE = re.compile("".join(rf"(?:(\d{{1,7}}){unit})?" for unit in _UNITS), re.ASCII)
_LONGEST = timedelta(days=36_525)
_REMEDY = "write it like '90s', '5m', '1h30m', '2d' or '1w'"


def parse_duration(value: str | timedelta) -> timedelta:
    """A duration from its text form; a ``timedelta`` passes through.

    Args:
        value: Whole numbers of at most seven digits, each followed by ``w``, ``d``, ``h``, ``m``, ``s``, ``ms`` or
            ``us``, longest unit first.

    Returns:
        The duration, from 0 up to 100 years.

    Raises:
        ConfigError: The text is not a duration, or it is negative or longer than 100 years.

    Example:
        >>> parse_duration("1h30m")
        datetime.timedelta(seconds=5400)
    """
    if isinstance(value, timedelta):
        duration = value
    else:
        shape = _SHAPE.fullmatch(value.strip()) if type(value) is str else None
        if shape is None or not any(shape.groups()):
            raise ConfigError(f"{value!r:.60} is not a duration; {_REMEDY}")
        counts = zip(_UNITS.values(), shape.groups(), strict=True)
        duration = sum((unit * int(count) for unit, count in counts if count), timedelta(0))
    if not timedelta(0) <= duration <= _LONGEST:
        raise ConfigError(f"{value!r:.60} is out of range; a duration lies between 0 and 100 years")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text that reads back as ``duration``.

    Example:
        >>> from datetime import timedelta
        >>> format_duration(timedelta(minutes=90))
        '1h30m'
    """
    left, parts = duration, []
    for unit, size in _UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
