"""A clock that moves only when you move it."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadroute.model.duration import parse_duration
from leadroute.model.validation import aware


class ManualClock:
    """A :class:`~leadroute.clock.Clock` for tests and replays.

    Args:
        start: The first instant, an aware datetime.

    Raises:
        FieldTypeError: The instant is not an aware datetime.

    Example:
        >>> from datetime import UTC
        >>> clock = ManualClock(datetime(2025, 3, 4, 9, 0, tzinfo=UTC))
        >>> clock.advance("5m").isoformat()
        '2025-03-04T09:05:00+00:00'
    """

    def __init__(self, start: datetime) -> None:
        self._now = aware(start, "start")

    def now(self) -> datetime:
        """Return the instant that the clock stands at, in UTC."""
        return self._now

    def advance(self, duration: timedelta | str) -> datetime:
        """Move forward by a duration, and return the new instant.

        A duration is ``"5m"`` or a ``timedelta``.
        """
        self._now += parse_duration(duration)
        return self._now

    def set(self, instant: datetime) -> datetime:
        """Move to an instant, forward or back; return it in UTC."""
        self._now = aware(instant, "instant")
        return self._now

    def __repr__(self) -> str:
        return f"ManualClock({self._now.isoformat()})"
