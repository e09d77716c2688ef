"""The driver's connection under one of SQLAlchemy's, on which the statements of a store run.

Statements go to the driver's own cursor: it is twice as fast, and psycopg can be told there not to
prepare them, which PgBouncer needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from leadroute.offers.change import Change, Event, Record
from leadroute.stores.rows import event_of
from leadroute.stores.sqlalchemy.drivers import sqlite_mode

Row = tuple[Any, ...]


class Database:
    """Rows and counts of statements, each bound by position."""

    def __init__(self, connection: Connection, *, is_own: bool) -> None:
        self.is_own = is_own
        self.driver: Any = connection.connection  # SQLAlchemy's, which passes all on
        dialect = connection.dialect
        psycopg = dialect.driver == "psycopg"
        self._options = {"prepare": False} if psycopg and not dialect.is_async else {}
        self._prepares: Any = (
            self.driver.driver_connection if psycopg and dialect.is_async else None
        )
        self._cursor: Any = self.driver.cursor()
        if is_own and dialect.name == "sqlite" and sqlite_mode(self.driver) is False:
            self._cursor.execute("ROLLBACK")  # what the driver begins by itself

    @property
    def rowcount(self) -> int:
        """How many rows the last statement wrote."""
        found: int = self._cursor.rowcount
        return found

    @property
    def lastrowid(self) -> int:
        """The id of the row that the last statement made."""
        found: int = self._cursor.lastrowid
        return found

    def execute(self, statement: str, bound: object = ()) -> Database:
        """Run a statement; its rows can be read from what is returned."""
        if self._prepares is None:
            self._cursor.execute(statement, bound, **self._options)
            return self
        before = self._prepares.prepare_threshold  # SQLAlchemy's cursor passes no option on
        self._prepares.prepare_threshold = None
        try:
            self._cursor.execute(statement, bound)
        finally:
            self._prepares.prepare_threshold = before
        return self

    def fetchone(self) -> Any:
        """The next row; ``None`` behind the last."""
        return self._cursor.fetchone()

    def fetchall(self) -> list[Row]:
        """The rows that are left."""
        return list(self._cursor.fetchall())

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetchall())

    def rows(self, statement: str, *bound: object) -> list[Row]:
        """Run a statement that gives rows."""
        return self.execute(statement, bound).fetchall()


class Dialect(Protocol):
    """How one kind of database does what a store is asked."""

    def begin(self, db: Database) -> None:
        """Begin a transaction of the store's own, unless one statement is one."""

    def commit(self, db: Database) -> None:
        """End it."""

    def rollback(self, db: Database) -> None:
        """Undo it."""

    def savepoint(self, db: Database) -> bool:
        """Mark the host's transaction; returns whether there is a mark to go back to."""

    def apply(self, db: Database, change: Change) -> None:
        """Do a change; raises for the first guard that fails, and the caller undoes the rest."""

    def get(self, db: Database, keys: Sequence[str]) -> dict[str, Record]:
        """See :meth:`Store.get`."""

    def counts(
        self, db: Database, keys: Sequence[str] | None, prefix: str, after: str, limit: int | None
    ) -> dict[str, int]:
        """See :meth:`Store.counts`."""

    def find(
        self,
        db: Database,
        statuses: Sequence[str] | None,
        owner: str | None,
        upto: int | None,
        after: Record | None,
        limit: int,
        first: int | None,
    ) -> list[Record]:
        """See :meth:`Store.find`."""

    def events(
        self,
        db: Database,
        after: int,
        limit: int,
        lead: str | None,
        pending_at: int | None,
        change: str | None,
    ) -> list[Event]:
        """See :meth:`Store.events`."""

    def trim(self, db: Database, before: int, limit: int) -> int:
        """See :meth:`Store.trim`."""


_EVENTS = (
    "SELECT e.id, e.lead, e.n, e.type, e.data, e.at, e.{0}, o.until, o.attempts, o.error "
    "FROM {1} ON o.event_id = e.id WHERE {2} LIMIT %s"
)
_LOG = "leadroute_event e LEFT JOIN leadroute_outbox o"
_FIRST = "NOT EXISTS (SELECT 1 FROM leadroute_outbox b WHERE b.lead = o.lead AND b.n < o.n)"


class Log:
    """The questions to the log, which PostgreSQL and MariaDB are asked alike.

    Args:
        sql: Puts the prefix and schema into a statement, and the driver's form of places.
        change: The column of that name, which is a word of MariaDB's.
        join: How the outbox is joined to the log, so that it is read first.
    """

    def __init__(self, sql: Callable[[str], str], change: str, join: str) -> None:
        waiting = f"leadroute_outbox o {join} leadroute_event e"

        def events(source: str, wanted: str) -> str:
            return sql(_EVENTS.format(change, source, wanted))

        self._statements = {
            (False, False): events(_LOG, "e.id > %s ORDER BY e.id"),
            (False, True): events(
                waiting, f"o.event_id > %s AND o.until <= %s AND {_FIRST} ORDER BY o.event_id"
            ),
            (True, False): events(_LOG, "e.n > %s AND e.lead = %s ORDER BY e.n"),
            (True, True): events(
                waiting, f"o.n > %s AND o.until <= %s AND o.lead = %s AND {_FIRST} ORDER BY o.n"
            ),
        }
        self._of_change = events(_LOG, f"e.id > %s AND e.{change} = %s ORDER BY e.id")

    def events(
        self,
        db: Database,
        after: int,
        limit: int,
        lead: str | None,
        pending_at: int | None,
        change: str | None,
    ) -> list[Event]:
        """See :meth:`Store.events`."""
        wanted = [value for value in (pending_at, lead, change) if value is not None]
        statement = self._statements[lead is not None, pending_at is not None]
        if change is not None:
            statement = self._of_change
        return [event_of(row) for row in db.rows(statement, after, *wanted, limit)]
