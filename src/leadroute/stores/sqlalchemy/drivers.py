"""What differs from driver to driver: which ones there are, what their errors mean, and autocommit."""

from __future__ import annotations

import re
from collections.abc import Callable
from sqlite3 import DatabaseError
from typing import Any

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from leadroute.errors import ConfigError, LeadrouteError, MissingExtraError, TransientError
from leadroute.stores import sqlite_errors

DRIVERS: dict[str, dict[bool, tuple[str, ...]]] = {
    "postgresql": {False: ("psycopg", "psycopg2"), True: ("asyncpg", "psycopg")},
    "mysql": {False: ("pymysql",), True: ("asyncmy",)},
    "sqlite": {False: ("pysqlite",), True: ("aiosqlite",)},
}
"""The drivers of each database, those for threads and those for asyncio; the first is what is advised."""

EXTRAS = ("aiosqlite", "asyncmy", "asyncpg", "psycopg", "psycopg2", "pymysql")
"""The extras that bring a driver, each with the name of its package."""

_BUSY = {
    *("40001", "40P01", "55P03", "57014", "53300"),  # PostgreSQL: a race, a wait, too many
    *(1213, 1205, 1020, 1040),  # MariaDB and MySQL
    *(1969, 3024, 1317),  # a statement that took too long, or was ended by somebody
}
_NO_TABLE = {"42P01", "3F000", 1146}
_UNDONE = {"22012", "22003", "23502", "23505"}
_UNREACHABLE = re.compile(
    "refused|connect call failed|unreachable|no route|timed? ?out|reset|closed|temporary failure|"
    "starting up|shutting down|recovery|too many|no more connections|no such file",
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


def reads_again(level: str | None) -> bool:
    """Whether reading again at an isolation level shows what was committed since; ``None`` has none."""
    return level is None or level.upper() in ("READ COMMITTED", "READ UNCOMMITTED")


def was_undone(error: BaseException) -> bool:
    """Whether the one statement of PostgreSQL failed because of a guard."""
    return code_of(error) in _UNDONE


def of_file(error: DatabaseError, engine: Any) -> LeadrouteError | None:
    """The error of leadroute for one that sqlite3 has with its file; ``None`` is not about it."""
    return sqlite_errors.ours(error, lambda: engine.url.database or ":memory:")


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
        if sqlite_mode(driver) is True:
            return True
        return driver.isolation_level is None and not driver.driver_connection.in_transaction
    if family(connection.dialect.name) == "mysql":
        return bool(driver.get_autocommit())
    return bool(driver.autocommit)


def needs_transaction(connection: Connection) -> bool:
    """Whether statements of PostgreSQL run in transactions alone: asyncpg's without a cache, for PgBouncer.

    asyncpg prepares each statement and then runs it. Only a transaction keeps PgBouncer from sending
    the two to different servers.
    """
    driver: Any = connection.connection.dbapi_connection
    return getattr(driver, "_prepared_statement_cache", driver) is None


def sqlite_mode(driver: Any) -> object:
    """The attribute ``autocommit`` that sqlite3 has from Python 3.12 on: a number is as before it."""
    found = driver.driver_connection
    return getattr(getattr(found, "_conn", found), "autocommit", None)  # aiosqlite's has it inside


def made(given: str | URL, make: Callable[..., Any], *, is_async: bool) -> Any:
    """Make an engine from a URL, by the driver that is advised where it names none.

    The password of a URL is never told.

    Args:
        given: The URL.
        make: ``create_engine``, or its twin for asyncio.
        is_async: Which of the two.
    """
    url = _parsed(given)
    if url is None or url.drivername.endswith("+"):  # without the cause, which may show parts of it
        like = "postgresql+psycopg://user:password@host/database"
        raise ConfigError(f"this is no URL of SQLAlchemy; write one like {like}")
    kind = url.get_backend_name()
    known = DRIVERS.get(family(kind))
    if known is not None and "+" not in url.drivername:  # SQLAlchemy's default may be none of ours
        url = url.set(drivername=f"{kind}+{known[is_async][0]}")
    require_driver(kind, url.drivername.partition("+")[2], is_async=is_async)
    try:
        return make(url)
    except ModuleNotFoundError as error:
        extra = error.name if error.name in EXTRAS else "sqlalchemy"
        raise MissingExtraError(f"a URL of {url.drivername}", extra) from error
    except ArgumentError as error:
        raise ConfigError(f"{url.set(query={}).render_as_string()}: {error}") from error


def _parsed(given: str | URL) -> URL | None:
    """A URL taken apart; ``None`` is none, as where the port is no number."""
    try:
        return make_url(given)
    except (ArgumentError, ValueError):
        return None
