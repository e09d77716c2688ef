"""The driver's connection under one of SQLAlchemy's, on which the statements of a store run.

Statements go to the driver's own cursor: it is twice as fast, and psycopg can be told there not to
prepare them, which PgBouncer needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from leadroute.offers.change import Change, Event, Record

Row = tuple[Any, ...]


class Database:
    """Rows and counts of statements, each bound by position."""

    def __init__(self, connection: Connection, *, is_own: bool) -> None:
        self.is_own = is_own
        self.driver: Any = connection.connection  # SQLAlchemy's, which passes all on
        dialect = connection.dialect
        plain = dialect.driver == "psycopg" and not dialect.is_async
        self._options = {"prepare": False} if plain else {}
        self._cursor: Any = self.driver.cursor()

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
        self._cursor.execute(statement, bound, **self._options)
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
