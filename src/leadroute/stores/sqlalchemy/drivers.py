"""What differs from driver to driver: which ones there are, what their errors mean, and autocommit."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection

from leadroute.errors import ConfigError, TransientError

DRIVERS: dict[str, dict[bool, tuple[str, ...]]] = {
    "postgresql": {False: ("psycopg", "psycopg2"), True: ("asyncpg", "psycopg")},
    "mysql": {False: ("pymysql",), True: ("asyncmy",)},
    "sqlite": {False: ("pysqlite",), True: ("aiosqlite",)},
}
"""The drivers of each database, those for threads and those for asyncio; the first is what is advised."""

EXTRAS = ("aiosqlite", "asyncmy", "asyncpg", "psycopg", "pymysql")
"""The extras that bring a driver, each with the name of its package."""

_BUSY = {
    *("40001", "40P01", "55P03", "57014", "53300"),  # PostgreSQL: a race, a wait, too many
    *(1213, 1205, 1020, 1040),  # MariaDB and MySQL
    *(1969, 3024, 1317),  # a statement that took too long, or was ended by somebody
}
_NO_TABLE = {"42P01", "3F000", 1146}
_UNDONE = {"22012", "22003", "23502"}
_UNREACHABLE = re.compile(
    "refused|timed? ?out|reset|closed|starting up|shutting down|recovery|too many|no such file",
    re.IGNORECASE,
)


def family(dialect: str) -> str:
    """The name of the dialect whose SQL is written: MariaDB's is that of MySQL."""
    return "mysql" if dialect == "mariadb" else dialect


def require_driver(kind: str, driver: str, *, is_async: bool) -> None:
    """Refuse a database or a driver that no such store can work with."""
    known = DRIVERS.get(family(kind))
    if known is None:
        names = "PostgreSQL, MariaDB, MySQL or SQLite"
        raise ConfigError(f"{kind} has no store; take {names}, or write a store for it")
    if driver not in known[is_async]:
        advised = known[is_async][0]
        why = "has no asyncio" if is_async else "is for asyncio"
        problem = why if driver in known[not is_async] else "is not one that is tested"
        raise ConfigError(
            f"the driver {driver} of {kind} {problem}; take {advised}, by a URL that starts with "
            f"{kind}+{advised}://"
        )


def code_of(error: BaseException) -> object:
    """The code of a driver's error: SQLSTATE, or the server's number."""
    if error.args and isinstance(error.args[0], int):
        return error.args[0]
    return getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)


def was_undone(error: BaseException) -> bool:
    """Whether the one statement of PostgreSQL failed because of a guard."""
    return code_of(error) in _UNDONE


def is_unreachable(error: BaseException) -> bool:
    """Whether an error of connecting may pass by itself."""
    return bool(_UNREACHABLE.search(str(error)))


def explained(error: Exception, tables: str) -> Exception | None:
    """The error of a store for that of a driver after which nothing was written; ``None`` is no such."""
    code = code_of(error)
    if code in _BUSY:
        return TransientError(_line(error))
    return missing(tables) if code in _NO_TABLE else None


def missing(tables: str) -> ConfigError:
    """The error about tables that are not there."""
    return ConfigError(f"the tables {tables}* are not there; make them with store.create()")


def _line(error: BaseException) -> str:
    """What a driver says, in one line: its number, if it has one, is said before."""
    told = error.args[-1] if error.args else error
    return str(told).strip().splitlines()[0][:200] if str(told).strip() else type(error).__name__


def is_autocommit(connection: Connection) -> bool:
    """Whether each statement commits itself. The driver is asked: SQLAlchemy says "in a transaction" of any."""
    driver: Any = connection.connection
    if connection.dialect.name == "sqlite":
        return driver.isolation_level is None and not driver.driver_connection.in_transaction
    if family(connection.dialect.name) == "mysql":
        return bool(driver.get_autocommit())
    return bool(driver.autocommit)


def extra_of(module: str) -> str:
    """The extra of leadroute that brings a driver."""
    return module if module in EXTRAS else "sqlalchemy"
