"""Stores over SQLAlchemy, for PostgreSQL, MariaDB, MySQL and SQLite; the extra ``sqlalchemy`` brings it."""

from __future__ import annotations

from leadroute.errors import MissingExtraError

try:
    import sqlalchemy.ext.asyncio  # noqa: F401 - it needs greenlet too
except ImportError as error:
    raise MissingExtraError("a store over SQLAlchemy", "sqlalchemy") from error

from leadroute.stores.sqlalchemy.store import (
    AsyncSqlAlchemyStore,
    AsyncSqlAlchemyTransaction,
    SqlAlchemyStore,
    SqlAlchemyTransaction,
)
from leadroute.stores.sqlalchemy.tables import add_tables, finish_tables

__all__ = [
    "AsyncSqlAlchemyStore",
    "AsyncSqlAlchemyTransaction",
    "SqlAlchemyStore",
    "SqlAlchemyTransaction",
    "add_tables",
    "finish_tables",
]
