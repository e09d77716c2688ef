"""A clock that moves only when it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leadroute.errors import FieldTypeError
from leadroute.model.duration import parse_duration

__all__ = ["ManualClock"]


def _aware(argument: str, instant: datetime) -> datetime:
    if not isinstance(instant, datetime):
        raise FieldTypeError(argument, type(instant).__name__, "an aware datetime")
    if instant.utcoffset() is None:
        raise FieldTypeError(
            argument,
            "a datetime without a time zone",
            "aware, such as datetime(2025, 3, 4, tzinfo=UTC)",
        )
    return instant.astimezone(UTC)


class ManualClock:
    """A :class:`~leadroute.clock.Clock` for tests and replays.

    Args:
        start: The first instant, an aware datetime.

    Raises:
        FieldTypeError: The instant is not an aware datetime.

    Example:
        >>> clock = ManualClock(datetime(2025, 3, 4, 9, 0, tzinfo=UTC))
        >>> clock.advance("5m").isoformat()
        '2025-03-04T09:05:00+00:00'
        >>> clock.now() == clock()
        True
    """

    def __init__(self, start: datetime) -> None:
        self._now = _aware("start", start)

    def now(self) -> datetime:
        """The instant that the clock stands at, in UTC."""
        return self._now

    __call__ = now

    def advance(self, duration: timedelta | str) -> datetime:
        """Move forward by a duration such as ``"5m"`` or a ``timedelta``; returns the new instant."""
        self._now += parse_duration(duration)
        return self._now

    def set(self, instant: datetime) -> datetime:
        """Move to an instant, forward or back; returns it in UTC."""
        self._now = _aware("instant", instant)
        return self._now

    def __repr__(self) -> str:
        return f"ManualClock({self._now.isoformat()})"
