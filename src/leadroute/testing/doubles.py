"""For tests: a clock that moves only when you move it, a store that counts, and one that fails when told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from leadroute.model.duration import parse_duration
from leadroute.model.validation import aware
from leadroute.offers.change import Change
from leadroute.offers.store import Store


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


METHODS: Final = ("commit", "get", "counts", "find", "events", "trim")


class _Wrapped:
    """A store around another one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._store!r})"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._asked(name, found) if name in METHODS else found

    def _asked(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        raise AttributeError(name)


class CountingStore(_Wrapped):
    """A store that counts the requests to it, for your tests.

    Args:
        store: The store that answers.

    Attributes:
        requests: The names of the methods that were called, in order.

    Example:
        >>> from leadroute.stores import MemoryStore
        >>> store = CountingStore(MemoryStore())
        >>> _ = store.get(["lead/L-1"]), store.counts(prefix="rep/")
        >>> store.requests
        ['get', 'counts']
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.requests: list[str] = []

    def _asked(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.requests.append(name)
            return call(*arguments, **options)

        return counted


class FailingStore(_Wrapped):
    """A store that fails at the commits that you name.

    Args:
        store: The store that answers otherwise.

    Attributes:
        commits: How many commits there were.

    Example:
        >>> from leadroute.errors import TransientError
        >>> from leadroute.stores import Change, MemoryStore, Once
        >>> store = FailingStore(MemoryStore())
        >>> store.fail(1, TransientError("busy"))
        >>> store.commit(Change("c-1", (Once("k"),)))
        Traceback (most recent call last):
            ...
        leadroute.errors.TransientError: the store was busy (busy); nothing was written: send the same change again
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.commits = 0
        self._failures: dict[int, tuple[BaseException, bool]] = {}

    def fail(
        self, number: int, error: BaseException, *, when: Literal["before", "after"] = "before"
    ) -> None:
        """Fail at a commit.

        Args:
            number: Which one, counted from the making of the store, from 1 up.
            error: What is raised.
            when: ``before`` nothing was written, or ``after`` all of it was: the answer is lost.
        """
        self._failures[number] = error, when == "after"

    def _asked(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return self._committed(call) if name == "commit" else call

    def _committed(self, call: Callable[..., Any]) -> Callable[[Change], None]:
        def commit(change: Change) -> None:
            self.commits += 1
            error, written = self._failures.get(self.commits, (None, True))
            if written:
                call(change)
            if error is not None:
                raise error

        return commit
