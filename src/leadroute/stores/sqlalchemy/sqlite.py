"""SQLite under SQLAlchemy: the statements of SqliteStore, on the driver's cursor."""

from __future__ import annotations

from collections.abc import Sequence

from leadroute.offers.change import Change, Event, Record
from leadroute.stores.sqlalchemy.database import Database
from leadroute.stores.sqlite_statements import Tables


class Sqlite:
    """The statements on the tables with one prefix."""

    def __init__(self, prefix: str) -> None:
        self._tables = Tables(prefix)

    def begin(self, db: Database) -> None:
        """Begin to write at once, so that guards see the latest state; what is deleted is overwritten."""
        db.execute("PRAGMA secure_delete = ON").fetchall()
        db.execute("BEGIN IMMEDIATE")

    def commit(self, db: Database) -> None:
        """Commit, by a statement: with ``autocommit=True`` the driver's own commit does nothing."""
        db.execute("COMMIT")

    def rollback(self, db: Database) -> None:
        """Roll back, by a statement."""
        db.execute("ROLLBACK")

    def savepoint(self, db: Database) -> bool:
        """Mark the host's transaction, which the driver may not have begun yet.

        A SAVEPOINT without a BEGIN is a transaction of its own, and its release a commit.
        """
        if not db.driver.driver_connection.in_transaction:
            db.execute("BEGIN IMMEDIATE")
        db.execute("SAVEPOINT leadroute_change")
        return True

    def apply(self, db: Database, change: Change) -> None:
        """Do a change, operation after operation."""
        self._tables.apply(db, change)

    def get(self, db: Database, keys: Sequence[str]) -> dict[str, Record]:
        """See :meth:`Store.get`."""
        return self._tables.get(db, keys)

    def counts(
        self, db: Database, keys: Sequence[str] | None, prefix: str, after: str, limit: int | None
    ) -> dict[str, int]:
        """See :meth:`Store.counts`."""
        return self._tables.counts(db, keys, prefix, after, limit)

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
        if not db.is_own or statuses is None or len(statuses) < 2:
            return self._tables.find(db, statuses, owner, upto, after, limit, first)
        db.execute("BEGIN")  # several statements that see the same
        try:
            return self._tables.find(db, statuses, owner, upto, after, limit, first)
        finally:
            self.rollback(db)

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
        return self._tables.events(db, after, limit, lead, pending_at, change)

    def trim(self, db: Database, before: int, limit: int) -> int:
        """See :meth:`Store.trim`."""
        return self._tables.forget(db, self._tables.outdated(db, before, limit))
