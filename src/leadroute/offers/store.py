"""What a store must do: six methods, and the meaning of each.

The rules of every store (:mod:`leadroute.testing.contract` proves them):

1. All or nothing: after a raise nothing is visible, in any table.
2. Guards look at the latest committed state, never at a snapshot.
3. Operations apply in canonical order (:mod:`leadroute.offers.change`), and the first that fails is the one reported.
4. ``ConflictError``: a guard failed, read and decide again. ``TransientError``: the store was busy, send the same
   change again. In both cases nothing happened. A driver's own errors pass through as they are.
5. Keys are compared exactly.
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
11. A store over a server may tell the server's time (``TellsTime``). Dispatchers then go by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Protocol, runtime_checkable

from leadroute.errors import ConfigError
from leadroute.offers.change import Change, Event, Record


def page_size(limit: int) -> int:
    """The limit of a page, as every store checks it."""
    if type(limit) is not int or limit < 0:
        raise ConfigError(f"limit is {limit!r}; write how many at most, from 0 up")
    return limit


def statuses_of(status: str | Sequence[str] | None, first: int | None) -> list[str] | None:
    """The statuses that are asked for, each once; ``None`` is any."""
    if first is not None and (status is None or type(first) is not int or first < 1):
        raise ConfigError(
            f"first is {first!r:.40}; write how many of each status at most, from 1 up, with status="
        )
    if status is None:
        return None
    return [status] if isinstance(status, str) else list(dict.fromkeys(status))


def one_question(change: str | None, *others: object) -> None:
    """Refuse a change together with anything else that narrows a page of events."""
    if change is not None and any(other is not None for other in others):
        raise ConfigError("events takes a change, or a lead and pending_at, not both")


@runtime_checkable
class Store(Protocol):
    """The protocol of a store for placements, counters and events."""

    def commit(self, change: Change) -> Mapping[str, int]:
        """Apply every operation of the change, or none.

        Returns:
            The value of each counter named by an Add or a Raise, after the change.

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

    def counts(self, keys: Sequence[str] | None = None, prefix: str = "") -> dict[str, int]:
        """Return the counters of ``keys``, or those with ``prefix``.

        Those of ``keys`` come in their order, the others by key.

        A counter that stands at 0 is left out: it cannot be distinguished from one that was never touched.

        Raises:
            ConfigError: Both were given.
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

    async def commit(self, change: Change) -> Mapping[str, int]:
        """Apply every operation of the change, or none."""
        ...

    async def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``, in their order."""
        ...

    async def counts(self, keys: Sequence[str] | None = None, prefix: str = "") -> dict[str, int]:
        """Return the counters of ``keys``, or those with ``prefix``."""
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
class TellsTime(Protocol):
    """The ability of a store to tell the time of its database."""

    def clock(self) -> int:
        """Return the time of the database in microseconds since 1970.

        It is the present, also in the middle of a transaction. An async store has ``async def clock()``.
        """
        ...


def is_async(store: object) -> bool:
    """Whether the calls of a store are awaited: protocols compare names alone."""
    return iscoroutinefunction(getattr(store, "commit", None))
