"""The connections of a host: sqlite3's own, SQLAlchemy's and Django's.

* Neither SQLAlchemy nor Django is imported; their objects are known by their methods.
* A framework that says "in a transaction" is not believed: SQLite itself must have begun it. A
  SAVEPOINT without a BEGIN is a transaction of its own, and its release is a commit.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection, Cursor, ProgrammingError
from typing import Any, Protocol

from attrs import frozen

from leadroute.errors import ConfigError, TransactionRequiredError
from leadroute.stores.sqlite_statements import SCHEMA, file_of, schema_of

_STORE = "SqliteTransaction"
_SQLALCHEMY = (
    'the engine leaves BEGIN to sqlite3, which comes too late or never; at its event "connect" set isolation_level = '
    'None on the driver\'s connection, at "begin" run BEGIN IMMEDIATE, and do not use AUTOCOMMIT'
)
_DJANGO = "Django leaves BEGIN to sqlite3; leave AUTOCOMMIT at True and use transaction.atomic()"


class _Session(Protocol):
    def get_bind(self, *args: Any, **kwargs: Any) -> Any: ...


class _Connection(Protocol):
    def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any: ...


class _Wrapper(Protocol):
    def ensure_connection(self) -> Any: ...


HostConnection = Connection | _Session | _Connection | _Wrapper
"""A sqlite3 connection, SQLAlchemy's ``Session`` or ``Connection``, or Django's ``connection``."""


class StoreConnection(Connection):
    """A connection that a store has opened for itself."""


@frozen
class Host:
    """The driver's connection under a host's, and whether it is still the host's."""

    driver: Connection
    is_current: Callable[[], bool]


def host_of(given: Any) -> Host:
    """Return the driver's connection of a host, in a transaction when a framework manages it."""
    if isinstance(given, Connection):
        host = Host(given, lambda: True)
    elif hasattr(given, "ensure_connection"):
        host = _django(given)
    elif hasattr(given, "get_bind") or hasattr(given, "exec_driver_sql"):
        host = _sqlalchemy(given)
    else:
        kinds = "a sqlite3 connection, SQLAlchemy's Session or Connection, or Django's connection"
        raise ConfigError(f"{type(given).__name__} cannot be bound; give {kinds}")
    if cursor_of(host.driver).execute("SELECT 'text'").fetchone() != ("text",):
        raise ConfigError("the connection's text_factory does not give str; leave it at str")
    return host


def _only_sqlite(name: str) -> None:
    if name != "sqlite":
        problem = f"the connection is to {name}, and the store is in SQLite"
        raise ConfigError(f"{problem}; bind a connection to the file of the store")


def _sqlite3(driver: object) -> Connection:
    if not isinstance(driver, Connection):
        kind = type(driver).__module__
        raise ConfigError(f"the connection is one of {kind}; use the driver sqlite3 (pysqlite)")
    return driver


def _is_real(driver: Connection) -> bool:
    """Return whether SQLite is in a transaction that only COMMIT or ROLLBACK can end."""
    modern = getattr(driver, "autocommit", None) is False
    return driver.in_transaction and (modern or driver.isolation_level is None)


def _django(wrapper: Any) -> Host:
    _only_sqlite(wrapper.vendor)
    wrapper.ensure_connection()
    driver = _sqlite3(wrapper.connection)
    if not wrapper.in_atomic_block:
        raise TransactionRequiredError(_STORE, "bind inside `with transaction.atomic():`")
    if not _is_real(driver):
        raise ConfigError(_DJANGO)
    return Host(driver, lambda: wrapper.connection is driver)


def _sqlalchemy(given: Any) -> Host:
    if hasattr(given, "sync_session") or hasattr(given, "sync_connection"):
        kind = type(given).__name__
        raise ConfigError(f"{kind} cannot be bound; use a Session or Connection with sqlite3")
    is_session = hasattr(given, "get_bind")
    _only_sqlite((given.get_bind() if is_session else given).dialect.name)
    connection = given.connection() if is_session else given
    transaction = connection.get_transaction()
    if transaction is None:
        raise TransactionRequiredError(_STORE, "bind inside `with connection.begin():`")
    driver = _sqlite3(connection.connection.driver_connection)
    if not _is_real(driver):
        raise ConfigError(_SQLALCHEMY)
    if not is_session:
        return Host(driver, lambda: bool(transaction.is_active))
    # A session sends its SAVEPOINT only when it is asked for the connection.
    return Host(driver, lambda: transaction.is_active and given.connection() is connection)


def cursor_of(connection: Connection) -> Cursor:
    """Return a cursor that gives rows as they are, whatever the host has set."""
    cursor = Cursor(connection)
    cursor.row_factory = None
    return cursor


def require_tables(cursor: Cursor, prefix: str, path: str) -> None:
    """Refuse a connection to another database than a store's."""
    file = file_of(cursor)
    if not file or not Path(file).exists() or not Path(file).samefile(path):
        problem = f"the connection is to {file or 'a database in memory'}"
        raise ConfigError(f"{problem}, and the store is in {path}; bind one to the same file")
    if schema_of(cursor, prefix) != SCHEMA:
        raise ConfigError(f"the tables {prefix}_* are gone; make them with store.create()", file)


def in_the_way(path: str) -> bool:
    """Return whether a connection of this process, and not of a store, is in a transaction on a file.

    One that belongs to another thread is left out where sqlite3 says so.
    """
    return any(
        # The type is asked, because a proxy among all objects may not like to be asked itself.
        issubclass(type(found), Connection)
        and not isinstance(found, StoreConnection)
        and _is_on(found, path)
        for found in gc.get_objects()
    )


def _is_on(connection: Connection, path: str) -> bool:
    try:
        file = file_of(cursor_of(connection)) if connection.in_transaction else ""
    except ProgrammingError:  # closed, or another thread's
        return False
    return bool(file) and Path(file).exists() and Path(file).samefile(path)
