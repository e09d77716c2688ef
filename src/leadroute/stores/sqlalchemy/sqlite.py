"""SQLite under SQLAlchemy: the statements of SqliteStore, on the driver's cursor."""

from __future__ import annotations

from collections.abc import Sequence

from leadroute.offers.change import Record
from leadroute.stores.sqlalchemy.database import Database
from leadroute.stores.sqlite_statements import Tables


def begin_for_host(db: Database) -> None:
    """Begin the host's transaction, which SQLAlchemy has begun and the driver perhaps not.

    A SAVEPOINT without a BEGIN is a transaction of its own, and its release a commit.
    """
    if not db.driver.driver_connection.in_transaction:
        db.execute("BEGIN IMMEDIATE")


class Sqlite(Tables):
    """The statements on the tables with one prefix, in transactions that they are given."""

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
        """Mark the host's transaction."""
        begin_for_host(db)
        db.execute("SAVEPOINT leadroute_change")
        return True

    def find(  # type: ignore[override]
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
            return super().find(db, statuses, owner, upto, after, limit, first)
        db.execute("BEGIN")  # several statements that see the same
        try:
            return super().find(db, statuses, owner, upto, after, limit, first)
        finally:
            self.rollback(db)

    def trim(self, db: Database, before: int, limit: int) -> int:
        """See :meth:`Store.trim`."""
        return self.forget(db, self.outdated(db, before, limit))
