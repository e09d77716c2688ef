"""The stores over SQLAlchemy: on an engine, or inside a transaction of the host.

* Everything that is said to a database is written once, for a connection that blocks: SQLAlchemy
  runs the same over the drivers of asyncio.
* On an engine a store has one connection at a time, and none between two calls. PostgreSQL gets each
  change as one statement that commits itself, so that a connection that breaks meanwhile leaves one
  question only: whether it was done.
* Inside a transaction a store never begins, commits or retries.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from sqlite3 import DatabaseError
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.engine import Dialect as EngineDialect
from sqlalchemy.exc import DBAPIError, UnboundExecutionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from leadroute.errors import (
    ConfigError,
    TransactionRequiredError,
    TransientError,
)
from leadroute.offers.change import Change, Event, Record
from leadroute.offers.store import one_page_of_counts, one_question, page_size, statuses_of
from leadroute.stores.rows import Closes
from leadroute.stores.sqlalchemy import drivers, jobs
from leadroute.stores.sqlalchemy.jobs import Job, Tables, Work

T = TypeVar("T")


def _get(keys: Sequence[str]) -> Work[dict[str, Record]]:
    return lambda dialect, db: dialect.get(db, keys)


def _counts(
    keys: Sequence[str] | None, prefix: str, after: str, limit: int | None
) -> Work[dict[str, int]]:
    one_page_of_counts(keys, prefix, after, limit)
    return lambda dialect, db: dialect.counts(db, keys, prefix, after, limit)


def _find(
    status: str | Sequence[str] | None,
    owner: str | None,
    upto: int | None,
    after: Record | None,
    limit: int,
    first: int | None,
) -> Work[list[Record]]:
    statuses, most = statuses_of(status, first), page_size(limit)
    return lambda dialect, db: dialect.find(db, statuses, owner, upto, after, most, first)


def _events(
    after: int, limit: int, lead: str | None, pending_at: int | None, change: str | None
) -> Work[list[Event]]:
    one_question(change, lead, pending_at)
    most = page_size(limit)
    return lambda dialect, db: dialect.events(db, after, most, lead, pending_at, change)


def _trim(before: int, limit: int) -> Work[int]:
    most = page_size(limit)
    return lambda dialect, db: dialect.trim(db, before, most)


class _OnTables:
    """A store on tables, which can tell the time where their server can."""

    tables: Tables
    clock: Any
    _clock: Any

    def _use(self, tables: Tables) -> None:
        self.tables = tables
        if tables.has_clock:
            self.clock = self._clock


class _Store(_OnTables, ABC):
    """The six methods of a store that blocks."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on the tables {self.tables}*>"

    @abstractmethod
    def _read(self, work: Work[T]) -> T: ...

    @abstractmethod
    def _write(self, work: Work[T], change: Change | None = None) -> T: ...

    def _clock(self) -> int:
        return self._read(jobs.clock)

    def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none; see :meth:`Store.commit`."""
        self._write(lambda dialect, db: dialect.apply(db, change), change)

    def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``; see :meth:`Store.get`."""
        return self._read(_get(keys))

    def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Return counters by key or prefix, without those at 0; see :meth:`Store.counts`."""
        return self._read(_counts(keys, prefix, after, limit))

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
        """Return records by (due, key), from an index; see :meth:`Store.find`."""
        return self._read(_find(status, owner, upto, after, limit, first))

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
        change: str | None = None,
    ) -> list[Event]:
        """Return a page of the log; see :meth:`Store.events`."""
        return self._read(_events(after, limit, lead, pending_at, change))

    def trim(self, before: int, limit: int = 1000) -> int:
        """Delete what is older and no longer needed; see :meth:`Store.trim`."""
        return self._write(_trim(before, limit))


class _AsyncStore(_OnTables, ABC):
    """The six methods of a store whose calls are awaited."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on the tables {self.tables}*>"

    @abstractmethod
    async def _read(self, work: Work[T]) -> T: ...

    @abstractmethod
    async def _write(self, work: Work[T], change: Change | None = None) -> T: ...

    async def _clock(self) -> int:
        return await self._read(jobs.clock)

    async def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none; see :meth:`AsyncStore.commit`."""
        await self._write(lambda dialect, db: dialect.apply(db, change), change)

    async def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``; see :meth:`AsyncStore.get`."""
        return await self._read(_get(keys))

    async def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Return counters by key or prefix, without those at 0; see :meth:`AsyncStore.counts`."""
        return await self._read(_counts(keys, prefix, after, limit))

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
        """Return records by (due, key), from an index; see :meth:`AsyncStore.find`."""
        return await self._read(_find(status, owner, upto, after, limit, first))

    async def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
        change: str | None = None,
    ) -> list[Event]:
        """Return a page of the log; see :meth:`AsyncStore.events`."""
        return await self._read(_events(after, limit, lead, pending_at, change))

    async def trim(self, before: int, limit: int = 1000) -> int:
        """Delete what is older and no longer needed; see :meth:`AsyncStore.trim`."""
        return await self._write(_trim(before, limit))


_TWINS: dict[type[object], str] = {
    Engine: "SqlAlchemyStore",
    AsyncEngine: "AsyncSqlAlchemyStore",
}
"""The store for each kind of engine."""


class _Engine:
    """An engine of SQLAlchemy, made from a URL or the host's."""

    def __init__(self, given: Any, kind: type[Any], make: Callable[..., Any]) -> None:
        self.is_ours = isinstance(given, str | URL)
        engine = given
        if self.is_ours:
            engine = drivers.made(given, make, is_async=kind is AsyncEngine)
        if not isinstance(engine, kind):
            shape = f"an {kind.__name__} of SQLAlchemy or a URL"
            twin = _TWINS.get(type(engine))
            other = f", or take {twin}" if twin else ""
            raise ConfigError(f"{type(given).__name__} is no engine for it; give {shape}{other}")
        is_async = kind is AsyncEngine
        drivers.require_driver(engine.dialect.name, engine.dialect.driver, is_async=is_async)
        self.engine = engine
        self._pid = os.getpid()

    def tables(self, prefix: str, schema: str | None) -> Tables:
        """The tables of a store on this engine."""
        return Tables(prefix, schema, self.engine.dialect)

    def forked(self) -> bool:
        """Whether this is another process than before, which must not use the parent's connections."""
        if self._pid == os.getpid():
            return False
        self._pid = os.getpid()
        return True


class SqlAlchemyStore(_Store, Closes):
    """A store over an engine of SQLAlchemy, to PostgreSQL, MariaDB, MySQL or SQLite.

    Each call takes a connection of the engine's pool and gives it back; a pool of one is enough.
    The tables must be there: make them with :meth:`create`, or with your migrations
    (:func:`add_tables`).

    Args:
        engine: Your engine, or a URL such as ``postgresql+psycopg://user@host/database``.
        schema: The schema of the tables; ``None`` is the connection's own.
        prefix: The prefix of all table names.

    Raises:
        ConfigError: The engine, its driver, the schema or the prefix cannot be used.
        MissingExtraError: The driver is not installed.

    Example:
        >>> with SqlAlchemyStore("sqlite://") as store:
        ...     store.create()
        ...     store.counts(prefix="rep/open/")
        {}
    """

    clock: Callable[[], int]
    """The present by the clock of the server, in microseconds; SQLite has none and no such method."""

    def __init__(
        self, engine: Engine | URL | str, *, schema: str | None = None, prefix: str = "leadroute"
    ) -> None:
        self._engine = _Engine(engine, Engine, create_engine)
        self._use(self._engine.tables(prefix, schema))

    def _run(self, job: Job[T]) -> T:
        if self._engine.forked():
            self._engine.engine.dispose(close=False)
        with self._connected() as connection:
            return job(connection)

    def _connected(self) -> Connection:
        try:
            return cast("Connection", self._engine.engine.connect())
        except Exception as error:
            raise _unconnected(error, self._engine.engine) from error

    def _read(self, work: Work[T]) -> T:
        return self._run(jobs.own_read(self.tables, work))

    def _write(self, work: Work[T], change: Change | None = None) -> T:
        return self._run(jobs.own_write(self.tables, work, change))

    def create(self) -> None:
        """Create missing tables, and update those of an older release.

        You can call it again, and from many processes at once.

        Raises:
            ConfigError: The tables were made by a newer release.
        """
        self._run(lambda connection: jobs.create_all(self.tables, connection))

    def purge(self) -> bool:
        """Take what was deleted out of the files of the database, as far as it lets itself be told.

        Returns:
            Whether nothing is left. A server overwrites what was deleted at a time of its own, by
            VACUUM for instance, so the answer is ``False``.
        """
        return self._run(jobs.purge(self.tables))

    def bind(self, host: Connection | Session) -> SqlAlchemyTransaction:
        """Return the store inside the transaction of your connection or session."""
        return SqlAlchemyTransaction(host, _of=self)

    def close(self) -> None:
        """Close every connection of an engine that was made from a URL; yours stays open."""
        if self._engine.is_ours:
            self._engine.engine.dispose()


class AsyncSqlAlchemyStore(_AsyncStore):
    """A store over an async engine of SQLAlchemy; all else is as in :class:`SqlAlchemyStore`.

    Args:
        engine: Your engine, or a URL such as ``postgresql+asyncpg://user@host/database``.
        schema: The schema of the tables; ``None`` is the connection's own.
        prefix: The prefix of all table names.

    Raises:
        ConfigError: The engine, its driver, the schema or the prefix cannot be used.
        MissingExtraError: The driver is not installed.
    """

    clock: Callable[[], Coroutine[Any, Any, int]]

    def __init__(
        self,
        engine: AsyncEngine | URL | str,
        *,
        schema: str | None = None,
        prefix: str = "leadroute",
    ) -> None:
        self._engine = _Engine(engine, AsyncEngine, create_async_engine)
        self._use(self._engine.tables(prefix, schema))

    async def _run(self, job: Job[T]) -> T:
        if self._engine.forked():
            await self._engine.engine.dispose(close=False)
        connection = await self._connected()
        try:
            return cast("T", await connection.run_sync(job))
        finally:
            await connection.close()

    async def _connected(self) -> AsyncConnection:
        try:
            return cast("AsyncConnection", await self._engine.engine.connect())
        except Exception as error:
            raise _unconnected(error, self._engine.engine) from error

    async def _read(self, work: Work[T]) -> T:
        return await self._run(jobs.own_read(self.tables, work))

    async def _write(self, work: Work[T], change: Change | None = None) -> T:
        return await self._run(jobs.own_write(self.tables, work, change))

    async def create(self) -> None:
        """Create missing tables, and update those of an older release."""
        await self._run(lambda connection: jobs.create_all(self.tables, connection))

    async def purge(self) -> bool:
        """Take what was deleted out of the files; see :meth:`SqlAlchemyStore.purge`."""
        return await self._run(jobs.purge(self.tables))

    def bind(self, host: AsyncConnection | AsyncSession) -> AsyncSqlAlchemyTransaction:
        """Return the store inside the transaction of your connection or session."""
        return AsyncSqlAlchemyTransaction(host, _of=self)

    async def close(self) -> None:
        """Close every connection of an engine that was made from a URL; yours stays open."""
        if self._engine.is_ours:
            await self._engine.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _unconnected(error: Exception, engine: Any) -> Exception:
    """The error of a connection that was not made: one that may pass, or the error itself.

    SQLAlchemy wraps what a driver raises, but not what asyncpg does while it connects.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, DatabaseError):
        return drivers.of_file(cause, engine) or error
    if isinstance(cause, ConnectionError | TimeoutError) or drivers.is_unreachable(cause):
        return TransientError(f"no connection: {type(cause).__name__}")
    return error


class _Host:
    """A connection or session of the host, and the transaction in which the store was first used."""

    def __init__(self, host: Any, kinds: tuple[type[Any], ...], other: str) -> None:
        if not isinstance(host, kinds):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise ConfigError(f"{type(host).__name__} cannot be bound; give a {names}{other}")
        self.host = host
        self._began: Any = None
        self.dialect = _dialect_of(host)
        is_async = AsyncSession in kinds
        drivers.require_driver(self.dialect.name, self.dialect.driver, is_async=is_async)

    def connected(self, host: Connection | Session, name: str) -> Connection:
        """The connection, in the same transaction as ever.

        Like any statement on it, the first use begins the transaction that SQLAlchemy begins by
        itself.
        """
        if isinstance(host, Connection) and host.closed:
            raise TransactionRequiredError(name, "bind again in each transaction")
        if isinstance(host, Session):
            current = host.get_transaction()
            connection = _connection_of(host)
            now: Any = current or host.get_transaction()
        else:
            connection = host
            now = host.get_transaction() or host.begin()
        if self._began is None:
            self._began = now
        if now is not self._began or not now.is_active:
            raise TransactionRequiredError(name, "bind again in each transaction")
        if drivers.is_autocommit(connection):
            remedy = "its driver is in autocommit: leave isolation_level at the default"
            raise TransactionRequiredError(name, remedy)
        return connection

    @property
    def sees_commits(self) -> bool:
        """Whether reading again shows what others have committed since."""
        if self.dialect.name == "sqlite":
            return False  # its transaction has the file for itself
        where = self.host.get_bind() if hasattr(self.host, "get_bind") else self.host
        asked = getattr(where, "get_execution_options", None)
        options: Any = asked() if asked else {}
        level = options.get("isolation_level") or self.dialect.default_isolation_level
        if level is None:  # nobody has connected yet
            return self.dialect.name == "postgresql"
        return drivers.reads_again(level)


def _connection_of(session: Session) -> Connection:
    """The connection of a session, which it takes at its first use."""
    try:
        return session.connection()
    except DBAPIError as error:
        raise _unconnected(error, session.get_bind().engine) from error


def _dialect_of(host: Any) -> EngineDialect:
    try:
        found = host.get_bind() if hasattr(host, "get_bind") else host
    except UnboundExecutionError:
        problem = f"this {type(host).__name__} has no engine"
        raise ConfigError(f"{problem}; make it with one, or bind its connection()") from None
    dialect: EngineDialect = found.dialect
    return dialect


class _Bound:
    """A store in the transaction of a host."""

    is_bound = True
    _host: _Host

    @property
    def sees_commits(self) -> bool:
        """Whether reading again shows what others have committed since."""
        return self._host.sees_commits


class SqlAlchemyTransaction(_Bound, _Store):
    """A store inside your transaction, which commits or rolls back with it.

    It never begins, commits or retries. A conflict, a race or a wait that the database ends leaves
    your transaction usable, where the database lets it; the error says what happened.

    Args:
        host: Your connection or session.
        schema: The schema of the tables; ``None`` is the connection's own.
        prefix: The prefix of all table names.

    Raises:
        ConfigError: It is neither, or its driver, the schema or the prefix cannot be used.
    """

    def __init__(
        self,
        host: Connection | Session,
        *,
        schema: str | None = None,
        prefix: str = "leadroute",
        _of: SqlAlchemyStore | None = None,
    ) -> None:
        is_async = isinstance(host, AsyncConnection | AsyncSession)
        other = ", or take AsyncSqlAlchemyTransaction" if is_async else ""
        self._host = _Host(host, (Connection, Session), other)
        self.origin: _Store = _of or self
        """The store that this one was bound from, whose clock it shares."""
        self._use(_tables_of(_of, self._host, prefix, schema))

    clock: Callable[[], int]

    def _run(self, job: Job[T]) -> T:
        return job(self._host.connected(self._host.host, type(self).__name__))

    def _read(self, work: Work[T]) -> T:
        return self._run(jobs.bound_read(self.tables, work))

    def _write(self, work: Work[T], change: Change | None = None) -> T:
        return self._run(jobs.bound_write(self.tables, work, change))

    def create(self) -> None:
        """Create missing tables in your transaction.

        Raises:
            ConfigError: MariaDB and MySQL would commit it.
        """
        self._run(lambda connection: jobs.create_within(self.tables, connection))

    def purge(self) -> bool:
        """Return False: what your transaction deletes is gone once it has committed."""
        return False


class AsyncSqlAlchemyTransaction(_Bound, _AsyncStore):
    """A store inside the transaction of your async connection or session.

    All else is as in :class:`SqlAlchemyTransaction`.

    Args:
        host: Your connection or session.
        schema: The schema of the tables; ``None`` is the connection's own.
        prefix: The prefix of all table names.

    Raises:
        ConfigError: It is neither, or its driver, the schema or the prefix cannot be used.
    """

    def __init__(
        self,
        host: AsyncConnection | AsyncSession,
        *,
        schema: str | None = None,
        prefix: str = "leadroute",
        _of: AsyncSqlAlchemyStore | None = None,
    ) -> None:
        is_sync = isinstance(host, Connection | Session)
        other = ", or take SqlAlchemyTransaction" if is_sync else ""
        self._host = _Host(host, (AsyncConnection, AsyncSession), other)
        self.origin: _AsyncStore = _of or self
        self._use(_tables_of(_of, self._host, prefix, schema))

    clock: Callable[[], Coroutine[Any, Any, int]]

    async def _run(self, job: Job[T]) -> T:
        name = type(self).__name__
        found: T = await self._host.host.run_sync(
            lambda host: job(self._host.connected(host, name))
        )
        return found

    async def _read(self, work: Work[T]) -> T:
        return await self._run(jobs.bound_read(self.tables, work))

    async def _write(self, work: Work[T], change: Change | None = None) -> T:
        return await self._run(jobs.bound_write(self.tables, work, change))

    async def create(self) -> None:
        """Create missing tables in your transaction."""
        await self._run(lambda connection: jobs.create_within(self.tables, connection))

    async def purge(self) -> bool:
        """Return False: what your transaction deletes is gone once it has committed."""
        return False


def _tables_of(
    origin: _Store | _AsyncStore | None, host: _Host, prefix: str, schema: str | None
) -> Tables:
    """The tables of the store that is bound, or those that are named."""
    tables = Tables(prefix, schema, host.dialect) if origin is None else origin.tables
    if tables.family != drivers.family(host.dialect.name):
        kinds = f"{host.dialect.name}, and the store is in {tables.family}"
        raise ConfigError(f"the connection is to {kinds}; bind one to the database of the store")
    return tables
