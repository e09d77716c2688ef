"""Stores for tests: one that counts what is asked of it, and one that fails when told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from leadroute.offers.change import Change
from leadroute.offers.store import Store

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
        >>> from leadroute.stores import Change, MemoryStore
        >>> store = FailingStore(MemoryStore())
        >>> store.fail(1, TransientError("busy"))
        >>> store.commit(Change("c-1", ()))
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

    def _committed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def commit(change: Change) -> Any:
            self.commits += 1
            error, written = self._failures.get(self.commits, (None, True))
            answer = call(change) if written else None
            if error is not None:
                raise error
            return answer

        return commit
