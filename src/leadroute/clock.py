"""Where the present comes from: one call that gives an aware UTC instant.

Nothing in leadroute asks the operating system for the time of day except :class:`SystemClock`. A ``StoreClock`` asks a
database, and between two answers the monotonic clock, which knows no time of day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

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


if TYPE_CHECKING:
    from typing_extensions import TypeVar

    AnyClock_co = TypeVar("AnyClock_co", bound=Clock, covariant=True, default=Clock)
else:  # the default is for type checkers, who know it before Python 3.13 does
    from typing import TypeVar

    AnyClock_co = TypeVar("AnyClock_co", covariant=True)


def as_clock(given: AnyClock_co | Callable[[], datetime]) -> AnyClock_co:
    """Turn a function that returns the present into a clock; anything else stays as it is.

    Example:
        >>> as_clock(lambda: datetime(2026, 1, 5, tzinfo=UTC)).now().year
        2026
    """
    called = callable(given) and not hasattr(given, "now")
    return cast("AnyClock_co", _Calling(cast("Any", given)) if called else given)
