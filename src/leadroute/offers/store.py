"""What a store must do: six methods, the meaning of each, and three abilities that it may have.

The rules of every store (:mod:`leadroute.testing.contract` proves them):

1. All or nothing: after a raise nothing is visible, in any table.
2. Guards look at the latest committed state, never at a snapshot.
3. Operations apply in canonical order (:mod:`leadroute.offers.change`), and the first that fails is the one reported.
4. ``ConflictError``: a guard failed, read and decide again. ``TransientError``: the store was busy, send the same
   change again. In both cases nothing happened. ``UnknownOutcomeError``: the connection broke during
   COMMIT, so the change happened or not; look for its id by ``events(change=id)``. Where it emits
   nothing, send it again: then the guard of another operation tells. ``ConfigError``: a person must
   act first, as with a damaged file. A driver's other errors pass through as they are.
5. Keys are compared exactly, and are in the order of code points. Records are paged by (due, key),
   events by id or number, counters by key; what comes or goes between two pages neither repeats nor
   hides anything else. A counter at 0 is on no page.
6. An event waits until it is acknowledged, and is pending when it is the first of its lead that
   waits, so that the events of a lead are delivered in order. A dead letter waits for a person and
   holds back its own lead alone. The id of an event is a page mark, never a cursor of delivery.
7. Reads may lag, but what a store has committed itself it reads back.
8. A store never begins or ends a transaction that it did not start, and never retries inside one.
   It never decides and never logs.
9. A store may be used by many threads and survives a fork.
10. A store inside the transaction of a host says so by ``is_bound = True``, and by ``sees_commits =
    True`` where reading again shows what others have committed since. Its ``origin`` is the store
    that it was bound from.
11. What not every store can do is an ability with a protocol of its own: ``CreatesTables``,
    ``BindsToTransaction`` and ``TellsTime``. Each is asked for by ``isinstance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import iscoroutinefunction
from typing import Any, Protocol, runtime_checkable

from leadroute.errors import ConfigError
from leadroute.offers.change import Change, Event, Record


def page_size(limit: int) -> int:
    """Return the limit of a page, as every store checks it.

    Raises:
        ConfigError: It is no whole number from 0 up.
    """
    if type(limit) is not int or limit < 0:
        raise ConfigError(f"limit is {limit!r}; write how many at most, from 0 up")
    return limit


def statuses_of(status: str | Sequence[str] | None, first: int | None) -> list[str] | None:
    """Return the statuses that ``find`` is asked for, each once.

    ``None`` is any status.

    Raises:
        ConfigError: ``first`` is below 1, or there is no status.
    """
    if first is not None and (status is None or type(first) is not int or first < 1):
        raise ConfigError(
            f"first is {first!r:.40}; write how many of each status at most, from 1 up, with status="
        )
    if status is None:
        return None
    return [status] if isinstance(status, str) else list(dict.fromkeys(status))


def one_question(change: str | None, *others: object) -> None:
    """Refuse a change with anything else that narrows ``events``.

    Raises:
        ConfigError: Another of the values is not ``None``.
    """
    if change is not None and any(other is not None for other in others):
        raise ConfigError("events takes a change, or a lead and pending_at, not both")


def one_page_of_counts(
    keys: Sequence[str] | None, prefix: str, after: str, limit: int | None
) -> None:
    """Refuse keys with a prefix or its page in ``counts``.

    Raises:
        ConfigError: Both were given, or the limit is no whole number from 0 up.
    """
    if keys is not None and (prefix or after or limit is not None):
        raise ConfigError("counts takes keys, or a prefix with its page (after, limit), not both")
    if limit is not None:
        page_size(limit)


@runtime_checkable
class Store(Protocol):
    """The protocol of a store for placements, counters and events."""

    def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none.

        Raises:
            ConflictError: A guard failed; nothing happened.
            TransientError: The store was busy; nothing happened.
        """
        ...

    def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``, in their order.

        ``once/<key>`` reads a once-key.
        """
        ...

    def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Return the counters of ``keys``, or a page of those with ``prefix``.

        Those of ``keys`` come in their order, the others by key, in the order of code points.

        A counter that stands at 0 is left out, and takes no room on a page: it cannot be
        distinguished from one that was never touched.

        Args:
            keys: The counters; ``None`` is all with the prefix.
            prefix: How the key begins; an empty one is any.
            after: The last key of the page before; only greater keys follow.
            limit: The most counters; ``None`` is all.

        Raises:
            ConfigError: Keys were given with a prefix, ``after`` or a limit, or the limit is below 0.
        """
        ...

    def find(
        self,
        *,
        status: str | Sequence[str] | None = None,
        owner: str | None = None,
        upto: int | None = None,
        after: Record | None = None,
        limit: int = 100,
        first: int | None = None,
    ) -> list[Record]:
        """Return the records with some statuses, of an owner, or due.

        They are in the order of (due, key); records that are never due come last.

        Args:
            status: Only records with exactly one of these statuses; ``None`` is any.
            owner: Only records with exactly this owner; ``None`` is any.
            upto: Only records due at or before this instant, in microseconds; leaves out those never due.
            after: The last record of the page before. Paging goes by the due time and key that it had there, so a
                record that has moved since is neither skipped nor shown twice at its old place.
            limit: The most records.
            first: The most records of each status, behind ``after``; ``None`` is without limit.

        Raises:
            ConfigError: ``first`` is below 1, or there is no status.
        """
        ...

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
        change: str | None = None,
    ) -> list[Event]:
        """Return a page of the log, or of one lead or change.

        Args:
            after: The last id of the page before; with ``lead``, the last number.
            limit: The most events.
            lead: Only this lead's log.
            pending_at: Only events that wait in the outbox and may be delivered at this instant, in
                microseconds. An event may be delivered as soon as it is committed, whatever the
                clocks of its writers say, and after a Defer from its ``until`` on; but never while
                an earlier event of its lead waits.
            change: Only events of the change with this id, which shows that it was committed.

        Raises:
            ConfigError: ``change`` was given with ``lead`` or ``pending_at``.
        """
        ...

    def trim(self, before: int, limit: int = 1000) -> int:
        """Delete entries older than ``before`` that are not needed anymore.

        ``before`` is in microseconds; at most ``limit`` entries are deleted.

        In this order: once-keys, by key; events that are not in the outbox, by id, as long as no
        earlier event of the same lead is kept, so that what is left of a log has no gap; counters
        that stand at 0, by key.

        Returns:
            How many things were forgotten; less than ``limit`` when there is no more.
        """
        ...


@runtime_checkable
class AsyncStore(Protocol):
    """The protocol of a store whose calls are awaited.

    Each means what it means in ``Store``.
    """

    async def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none."""
        ...

    async def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``, in their order."""
        ...

    async def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Return the counters of ``keys``, or a page of those with ``prefix``."""
        ...

    async def find(
        self,
        *,
        status: str | Sequence[str] | None = None,
        owner: str | None = None,
        upto: int | None = None,
        after: Record | None = None,
        limit: int = 100,
        first: int | None = None,
    ) -> list[Record]:
        """Return the records with some statuses, of an owner, or due."""
        ...

    async def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
        change: str | None = None,
    ) -> list[Event]:
        """Return a page of the log, or of one lead or change."""
        ...

    async def trim(self, before: int, limit: int = 1000) -> int:
        """Delete entries older than ``before`` that are not needed anymore."""
        ...


@runtime_checkable
class CreatesTables(Protocol):
    """The ability of a store to create its own tables."""

    def create(self) -> None:
        """Create missing tables, and update those of an older release.

        It may be called again, and by many processes at once. An async store awaits it.
        """
        ...


@runtime_checkable
class BindsToTransaction(Protocol):
    """The ability of a store to work inside your transaction."""

    def bind(self, transaction: Any, /) -> Store:
        """Return the store inside a transaction, which never begins, commits or retries.

        It is a store of the same kind: an async store returns an async one, and this call is not awaited.

        Args:
            transaction: Your connection or session; each store says which it takes.
        """
        ...


@runtime_checkable
class TellsTime(Protocol):
    """The ability of a store to tell its database's time."""

    def clock(self) -> int:
        """Return the time by the database's own clock.

        It is in microseconds since 1970, UTC, and the present in the middle of a transaction too. An
        async store awaits it.
        """
        ...


def is_async(store: object) -> bool:
    """Whether the calls of a store are awaited: protocols compare names alone."""
    return iscoroutinefunction(getattr(store, "commit", None))
