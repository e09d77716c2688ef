"""A store that blocks, made awaitable: each call runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from leadroute.errors import ConfigError
from leadroute.offers.change import Change, Event, Record
from leadroute.offers.store import Store, is_async
from leadroute.offers.store_clock import tells_time

T = TypeVar("T")


class AsyncThread:
    """A store whose calls run in threads and are awaited.

    It makes any store one for an ``AsyncDispatcher``.

    Args:
        store: The store; it must be usable by many threads, as every store is.

    Raises:
        ConfigError: The store is async already.

    Example:
        >>> from leadroute.stores import MemoryStore
        >>> store = AsyncThread(MemoryStore())
        >>> asyncio.run(store.counts(prefix="rep/"))
        {}
    """

    clock: Callable[[], Coroutine[Any, Any, int]]
    """Tells the time of the database; there only when the store has this ability."""

    def __init__(self, store: Store) -> None:
        if is_async(store):
            raise ConfigError(f"{type(store).__name__} is an async store; use it as it is")
        self._store = store
        if tells_time(store):
            self.clock = partial(_in_thread, store.clock)

    def __repr__(self) -> str:
        return f"AsyncThread({self._store!r})"

    @property
    def origin(self) -> object:
        """The store, or the one that it was bound from."""
        return getattr(self._store, "origin", self._store)

    @property
    def is_bound(self) -> bool:
        """True inside the transaction of a host."""
        return getattr(self._store, "is_bound", False)

    @property
    def sees_commits(self) -> bool:
        """True when reading again shows the commits of others."""
        return getattr(self._store, "sees_commits", True)

    async def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none."""
        await _in_thread(partial(self._store.commit, change))

    async def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``, in their order."""
        return await _in_thread(partial(self._store.get, keys))

    async def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Return the counters of ``keys``, or a page of those with ``prefix``."""
        counts = self._store.counts
        return await _in_thread(partial(counts, keys, prefix=prefix, after=after, limit=limit))

    async def find(self, **asked: Any) -> list[Record]:
        """Return the records with some statuses, of an owner, or due."""
        return await _in_thread(partial(self._store.find, **asked))

    async def events(self, **asked: Any) -> list[Event]:
        """Return a page of the log, or of one lead or change."""
        return await _in_thread(partial(self._store.events, **asked))

    async def trim(self, before: int, limit: int = 1000) -> int:
        """Delete entries older than ``before`` that are not needed anymore."""
        return await _in_thread(partial(self._store.trim, before, limit))

    async def purge(self) -> bool:
        """Overwrite what was deleted, as far as the store has files.

        Returns:
            Whether nothing of it is left.
        """
        work = getattr(self._store, "purge", None)
        return True if work is None else await _in_thread(work)


async def _in_thread(call: Callable[[], T]) -> T:
    """Await a call in a thread. A cancellation waits for its end, so that nothing goes on unseen."""
    task = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it is taken note of: the cancellation is what the caller hears
        raise
