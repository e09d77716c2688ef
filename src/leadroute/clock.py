"""Where the present comes from: one call that gives an aware UTC instant.

Nothing in leadroute asks the operating system for the time except :class:`SystemClock`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

from attrs import frozen

__all__ = ["Clock", "SystemClock"]


@runtime_checkable
class Clock(Protocol):
    """Anything that can tell the present instant."""

    def now(self) -> datetime:
        """The present as an aware datetime in UTC."""
        ...


class SystemClock:
    """The clock of the machine.

    Example:
        >>> SystemClock().now().tzinfo
        datetime.timezone.utc
    """

    __slots__ = ()

    def now(self) -> datetime:
        """The present as an aware datetime in UTC."""
        return datetime.now(UTC)

    def __repr__(self) -> str:
        return "SystemClock()"


@frozen
class _Calling:
    """A clock that calls a function."""

    now: Callable[[], datetime]


def as_clock(given: Any) -> Any:
    """Turn a function that returns the present into a clock; anything else stays as it is."""
    return _Calling(given) if callable(given) and not hasattr(given, "now") else given
