"""A store in a SQLite file, by the standard library alone.

* The file is in WAL mode: readers never wait, and one writer works at a time. Good for one machine,
  at some thousand commits a second.
* A write starts with BEGIN IMMEDIATE, so its guards see the latest state. SQLite's own waiting is unfair under load, so
  the store asks again at an even pace, until its patience ends in ``TransientError``.
* A connection is opened when one is needed, used by one thread at a time, kept for the next call,
  and never carried over a fork. No transaction, not even a read, outlives the call that needed it.
* A write that waits a second while nobody commits looks for your own transaction in its way, which
  would never end.
"""

from __future__ import annotations

import os
import time
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_FULL,
    Connection,
    Cursor,
    DatabaseError,
    OperationalError,
    connect,
)
from typing import Literal, TypeVar

from leadroute.errors import (
    ConfigError,
    ConflictError,
    TransactionRequiredError,
    TransientError,
    UnknownOutcomeError,
)
from leadroute.model.duration import parse_duration
from leadroute.offers.change import Change, Event, Record
from leadroute.offers.store import one_page_of_counts, page_size, statuses_of
from leadroute.stores.rows import Closes
from leadroute.stores.sqlite_errors import DAMAGED, code_of, explained
from leadroute.stores.sqlite_hosts import (
    HostConnection,
    StoreConnection,
    cursor_of,
    host_of,
    in_the_way,
    require_tables,
)
from leadroute.stores.sqlite_statements import (
    SCHEMA,
    Tables,
    create,
    file_of,
    schema_of,
    valid_prefix,
)
from leadroute.stores.sqlite_upkeep import copy_file, file_named, problems, require_new

_T = TypeVar("_T")

_PAUSES = (0.0002, 0.0004, 0.0006, 0.0008, 0.001)
_STANDSTILL = 1.0
_FORGOTTEN = (
    "a connection of this process is in a transaction on it, and nobody has committed since; if that "
    "is your transaction, join it with store.bind(connection)"
)
_SYNCHRONOUS = {"full": "PRAGMA synchronous = FULL", "normal": "PRAGMA synchronous = NORMAL"}
_ERASE = "PRAGMA secure_delete = ON"
_inherited: list[deque[Connection]] = []
"""Connections of a parent process: kept, because closing them would disturb the parent's locks."""


def _commit(cursor: Cursor) -> None:
    try:
        cursor.execute("COMMIT")
    except DatabaseError as error:
        if code_of(error) in (SQLITE_BUSY, SQLITE_FULL):  # then it is certain that nothing happened
            raise
        raise UnknownOutcomeError(str(error)) from error


class _Sqlite(ABC):
    """The six methods over two ways to reach the tables: to read, and to write all or nothing."""

    _tables: Tables
    is_bound = False
    sees_commits = True

    @abstractmethod
    def _read(self, work: Callable[[Cursor], _T]) -> _T: ...

    @abstractmethod
    def _snapshot(self, work: Callable[[Cursor], _T]) -> _T:
        """Read by several statements that see the same commits."""

    @abstractmethod
    def _write(self, work: Callable[[Cursor], _T]) -> _T: ...

    def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none; see :meth:`Store.commit`."""
        self._write(lambda cursor: self._tables.apply(cursor, change))

    def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """The records that exist among ``keys``; see :meth:`Store.get`."""
        return self._read(lambda cursor: self._tables.get(cursor, keys))

    def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Counters by key or prefix, without those at 0; see :meth:`Store.counts`."""
        one_page_of_counts(keys, prefix, after, limit)
        return self._read(lambda cursor: self._tables.counts(cursor, keys, prefix, after, limit))

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
        """Records by (due, key), from an index for each question; see :meth:`Store.find`."""
        statuses = statuses_of(status, first)
        most = page_size(limit)
        several = statuses is not None and len(statuses) > 1
        look = self._snapshot if several else self._read
        return look(
            lambda cursor: self._tables.find(cursor, statuses, owner, upto, after, most, first)
        )

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
        change: str | None = None,
    ) -> list[Event]:
        """Pages of the log; see :meth:`Store.events`."""
        return self._read(
            lambda cursor: self._tables.events(cursor, after, limit, lead, pending_at, change)
        )

    def trim(self, before: int, limit: int = 1000) -> int:
        """Forget what is older and no longer needed; see :meth:`Store.trim`. The search holds no lock."""
        outdated = self._read(lambda cursor: self._tables.outdated(cursor, before, limit))
        return self._write(lambda cursor: self._tables.forget(cursor, outdated))


class SqliteStore(_Sqlite, Closes):
    """A store in a SQLite file, its own or yours.

    Making one creates the tables that are missing; any number of processes may do so at once.

    Args:
        path: The file. A database in memory is refused: every connection would see another one.
        prefix: The prefix of all table names.
        synchronous: ``full`` survives a loss of power; ``normal`` is faster and may then lose the last commits.
        busy_timeout: The time to wait for other writers before ``TransientError``; one second where
            nobody commits and a connection of your own process is in a transaction on the file.

    Raises:
        ConfigError: The file is not a database or cannot be opened, an option cannot be used, or
            the tables were made by a newer release.

    Example:
        >>> with SqliteStore(folder / "crm.db") as store:  # doctest: +SKIP
        ...     store.counts(prefix="rep/open/")
        {}
    """

    _closed = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        prefix: str = "leadroute",
        synchronous: Literal["full", "normal"] = "full",
        busy_timeout: timedelta | str = "30s",
    ) -> None:
        self._pool: tuple[int, deque[Connection]] = (os.getpid(), deque())
        self._path = file_named(path)
        if self._path in ("", ":memory:"):
            raise ConfigError(
                "a SqliteStore needs a file; for a store in memory write MemoryStore()"
            )
        if synchronous not in _SYNCHRONOUS:
            raise ConfigError(f"synchronous is {synchronous!r:.60}; write 'full' or 'normal'")
        self._file = Path(self._path).absolute()  # the folder of the process may change
        self._synchronous = _SYNCHRONOUS[synchronous]
        self._busy_timeout = parse_duration(busy_timeout).total_seconds()
        self._prefix = valid_prefix(prefix)
        self._tables = Tables(prefix)
        self._closed = False
        self._identity: tuple[int, int] | None = None
        try:
            self.create()
            self._identity = self._found()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"SqliteStore({self._path!r}, prefix={self._prefix!r})"

    def create(self) -> None:
        """Create missing tables, and update those of an older release.

        You can call it again, and from many processes at once.
        """
        found = self._read(lambda cursor: schema_of(cursor, self._prefix))
        if found != SCHEMA:
            self._read(lambda cursor: cursor.execute("PRAGMA journal_mode = WAL").fetchall())
            if found is not None:  # an older release left what it deleted in the file
                self._read(lambda cursor: cursor.execute("VACUUM"))
            self._write(lambda cursor: create(cursor, self._prefix))

    def purge(self) -> bool:
        """Take what was deleted out of the log of the file.

        Deleted rows are overwritten at once, but the write-ahead log keeps older copies until its
        next checkpoint, which this is.

        Returns:
            Whether nothing is left; ``False`` while a reader needs an older copy.
        """
        try:
            look = "PRAGMA wal_checkpoint(TRUNCATE)"
            busy, *_ = self._read(lambda cursor: cursor.execute(look).fetchone())
        except TransientError:
            return False
        return not busy

    def check(self) -> tuple[str, ...]:
        """Look for damage in the file and its tables.

        It reads the whole file, while others go on writing. ``Dispatcher.audit`` compares the leads with
        their logs and the counters, which a store knows nothing of.

        Returns:
            What is wrong, a sentence each and at most 100 of a kind; empty when all is well.

        Raises:
            ConfigError: The file is gone or cannot be opened.
        """
        try:
            return self._snapshot(lambda cursor: problems(cursor, self._prefix))
        except ConfigError as error:
            if isinstance(error.__cause__, DatabaseError) and code_of(error.__cause__) in DAMAGED:
                return (str(error),)
            raise

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the file, with all its tables, while others go on writing.

        The copy has what was committed when it began, and can be opened as a store.

        Args:
            path: A file that is not there yet, or is empty.

        Raises:
            ConfigError: Something is there already, or the copy cannot be written; nothing of it stays.
        """
        target = Path(file_named(path)).absolute()
        self._require_file()
        require_new(target, self._file)
        self._snapshot(lambda cursor: copy_file(cursor, target, self._file))

    def bind(self, connection: HostConnection) -> SqliteTransaction:
        """Return the store inside the open transaction of your connection.

        Args:
            connection: A sqlite3 connection to the file of the store, SQLAlchemy's ``Session`` or ``Connection``, or
                Django's ``connection``. Only sqlite3's own may begin its transaction later.

        Raises:
            ConfigError: It is to another database, or a setting, which the message names, makes its transaction unreal.
            TransactionRequiredError: SQLAlchemy or Django has not begun a transaction.
        """
        self._require_file()
        return SqliteTransaction(connection, prefix=self._prefix, path=self._path)

    def close(self) -> None:
        """Close every connection.

        One in use is closed when its call ends. You can call it again.
        """
        self._closed = True
        idle = self._idle()
        while idle:
            idle.pop().close()

    def __del__(self) -> None:
        if not self._closed:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=1, source=self)
            self.close()

    def _found(self) -> tuple[int, int] | None:
        """The file that the path leads to now; ``None`` for none."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _require_file(self) -> None:
        """Refuse to go on in a file that nobody finds anymore: what is written to it would be lost."""
        if self._closed:
            raise ConfigError(f"{self!r} is closed; make another")
        if self._identity is not None and self._identity != self._found():
            problem = "the file was deleted, moved or replaced after it was opened"
            remedy = "put it back, or close this store and make another"
            raise ConfigError(f"{problem}; {remedy}", self._path)

    def _name(self) -> str:
        return self._path

    def _idle(self) -> deque[Connection]:
        """The connections of this process that nobody uses."""
        pid, idle = self._pool
        if pid != os.getpid():
            _inherited.append(idle)
            idle = deque()
            self._pool = (os.getpid(), idle)
        return idle

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection for one call. After an error but ConflictError it is closed."""
        self._require_file()
        try:
            connection = self._idle().pop()
        except IndexError:
            connection = self._open()
        try:
            yield connection
        except BaseException as error:
            if not isinstance(error, ConflictError):
                connection.close()
                raise
            connection.execute("ROLLBACK")
            self._keep(connection)
            raise
        self._keep(connection)

    def _open(self) -> Connection:
        connection = connect(
            self._file,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            factory=StoreConnection,
        )
        try:
            self._patiently(lambda: connection.execute(self._synchronous))
            self._patiently(lambda: connection.execute(_ERASE).fetchall())
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep(self, connection: Connection) -> None:
        self._idle().append(connection)
        if self._closed:
            self.close()

    def _patiently(self, step: Callable[[], _T], seconds: float | None = None) -> _T:
        """Take a step that others may block, at an even pace until it is done or patience ends."""
        deadline = time.monotonic() + (self._busy_timeout if seconds is None else seconds)
        attempt = 0
        while True:
            try:
                return step()
            except OperationalError as error:
                if code_of(error) != SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
            time.sleep(_PAUSES[attempt % len(_PAUSES)])
            attempt += 1

    def _begin(self, cursor: Cursor) -> None:
        """Begin to write, unless a transaction of this process stands still in the way."""

        def begin() -> object:
            return cursor.execute("BEGIN IMMEDIATE")

        def commits() -> object:
            return cursor.execute("PRAGMA data_version").fetchone()

        first = min(_STANDSTILL, self._busy_timeout)
        before: object = None
        for seconds in (0, first):
            try:
                self._patiently(begin, seconds)
            except OperationalError as error:
                if code_of(error) != SQLITE_BUSY:
                    raise
                now = self._patiently(commits)
                if now == before and in_the_way(str(self._file)):
                    raise TransientError(f"{error}: {_FORGOTTEN}") from error
                before = now
            else:
                return
        self._patiently(begin, self._busy_timeout - first)

    def _read(self, work: Callable[[Cursor], _T]) -> _T:
        with explained(self._name), self._connection() as connection:
            return self._patiently(lambda: work(connection.cursor()))

    def _snapshot(self, work: Callable[[Cursor], _T]) -> _T:
        def together(cursor: Cursor) -> _T:
            cursor.execute("BEGIN")
            try:
                return work(cursor)
            finally:
                if cursor.connection.in_transaction:  # an error of the disk may have ended it
                    cursor.execute("ROLLBACK")

        return self._read(together)

    def _write(self, work: Callable[[Cursor], _T]) -> _T:
        with explained(self._name), self._connection() as connection:
            cursor = connection.cursor()
            self._begin(cursor)
            answer = work(cursor)
            _commit(cursor)
            return answer


class SqliteTransaction(_Sqlite):
    """A store inside your transaction, which commits or rolls back with it.

    Reads work at any time. A write asks for an open transaction, because without one the driver
    would commit it. Begin with BEGIN IMMEDIATE; after a plain BEGIN and a read, SQLite may refuse
    the first write for ever.

    Args:
        connection: Your connection, as for :meth:`SqliteStore.bind`. Its settings stay as they are.
        prefix: The prefix of all table names.
        path: The file that must be the connection's and have the tables; empty, and nothing is said of the tables.

    Raises:
        ConfigError: The connection cannot be used; the message names the setting.
        TransactionRequiredError: SQLAlchemy or Django has not begun a transaction.
    """

    is_bound = True
    sees_commits = False  # its transaction has the file for itself

    def __init__(
        self, connection: HostConnection, *, prefix: str = "leadroute", path: str = ""
    ) -> None:
        self._prefix = valid_prefix(prefix)
        self._host = host_of(connection)
        self._tables = Tables(prefix)
        if path:
            self._read(lambda cursor: require_tables(cursor, prefix, path))

    def __repr__(self) -> str:
        return f"<SqliteTransaction on the tables {self._prefix}_*>"

    def purge(self) -> bool:
        """Return False: what your transaction deletes is gone once it has committed."""
        return False

    def create(self) -> None:
        """Create missing tables, or update old ones, in your transaction."""
        self._write(lambda cursor: create(cursor, self._prefix))

    def _read(self, work: Callable[[Cursor], _T]) -> _T:
        if not self._host.is_current():
            raise TransactionRequiredError(type(self).__name__, "bind again in each transaction")
        with explained(self._name):
            return work(cursor_of(self._host.driver))

    def _name(self) -> str:
        return file_of(cursor_of(self._host.driver)) or "a database in memory"

    def _snapshot(self, work: Callable[[Cursor], _T]) -> _T:
        return self._read(work)

    def _write(self, work: Callable[[Cursor], _T]) -> _T:
        connection = self._host.driver
        if self._host.is_current() and not connection.in_transaction:
            remedy = 'execute "BEGIN IMMEDIATE" on the connection first'
            raise TransactionRequiredError(type(self).__name__, remedy)
        self._read(lambda cursor: cursor.execute("SAVEPOINT leadroute"))
        try:
            answer = self._read(work)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO leadroute")
                connection.execute("RELEASE leadroute")
            raise
        connection.execute("RELEASE leadroute")
        return answer
