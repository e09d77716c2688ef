"""Stores over SQLAlchemy on real servers, for tests: own, bound, and awaited."""

import atexit
import itertools
import tempfile
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import cache, partial
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from tests import servers

KINDS = {
    "postgresql": ("psycopg", "asyncpg"),
    "mariadb": ("pymysql", "asyncmy"),
    "sqlite": ("pysqlite", "aiosqlite"),
}
"""Each database, and its drivers for threads and for asyncio."""

ASYNC = [driver for _, driver in KINDS.values()]

TABLES = ("record", "counter", "once", "event", "outbox")


@cache
def place(kind):
    """A database of this process; for SQLite a folder."""
    kept = ExitStack()
    atexit.register(end, kept)
    if kind == "sqlite":
        return Path(kept.enter_context(tempfile.TemporaryDirectory()))
    server = servers.postgresql() if kind == "postgresql" else servers.mariadb()
    return kept.enter_context(servers.new_database(server))


def end(kept):
    """Drop what a process has kept; where it runs all tests itself, the server has gone before it."""
    with suppress(Exception):
        kept.close()


def url_of(kind, driver=None):
    """The address of this process's database."""
    driver = driver or KINDS[kind][0]
    if kind == "sqlite":
        return f"sqlite+{driver}:///{place(kind) / 'a.db'}"
    return place(kind).url(driver)


def engine_of(kind, driver=None, **options):
    """An engine to this process's database."""
    url = url_of(kind, driver)
    if kind == "mariadb" and driver in (None, "pymysql"):
        options.setdefault("connect_args", {"ssl_disabled": True})  # else 50 ms a connection
    is_async = driver in ASYNC
    engine = (create_async_engine if is_async else create_engine)(url, **options)
    if kind == "sqlite":
        event.listen(engine.sync_engine if is_async else engine, "connect", _hasty)
    return engine


def _hasty(driver, _record):
    """Do not wait for the disk."""
    cursor = driver.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


@cache
def shared_engine(kind, driver=None):
    """The engine of this process."""
    return engine_of(kind, driver)


@cache
def made(kind, prefix="leadroute"):
    """Make the tables once in a process; the store is empty only as long as nobody used it."""
    store = SqlAlchemyStore(shared_engine(kind), prefix=prefix)
    store.create()
    if prefix == "plain":
        with shared_engine(kind).begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION plain_commit_3(text)")
    return SqlAlchemyStore(shared_engine(kind), prefix=prefix)


def empty(kind, prefix="leadroute"):
    """Delete all rows; it is faster than to make the tables again."""
    with shared_engine(kind).begin() as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"DELETE FROM {prefix}_{table}")


def own(kind, prefix="leadroute"):
    """Return how to make an empty store on an engine."""

    @contextmanager
    def make_store():
        store = made(kind, prefix)
        empty(kind, prefix)
        yield store

    return make_store


def bound(kind, prefix="leadroute"):
    """Return how to make an empty store in a transaction of a host, which rolls back."""

    @contextmanager
    def make_store():
        store = made(kind, prefix)
        empty(kind, prefix)
        level = {} if kind == "sqlite" else {"isolation_level": "READ COMMITTED"}
        with shared_engine(kind).connect() as connection:
            yield store.bind(connection.execution_options(**level))
            connection.rollback()

    return make_store


def awaited(kind):
    """Return how to make an empty store whose calls are awaited."""

    @asynccontextmanager
    async def make_store():
        made(kind)
        empty(kind)
        engine = engine_of(kind, KINDS[kind][1])
        try:
            yield AsyncSqlAlchemyStore(engine)
        finally:
            await engine.dispose()

    return make_store


def transaction(store):
    """A transaction of a host on the engine of a store, awaited or not."""
    engine = store._engine.engine
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    return engine.begin()


def nested(connection):
    """A nested transaction of a host."""
    return connection.begin_nested()


def reopen(kind, driver, prefix, store):
    """Return what opens the tables again, in whatever process."""
    kinds = {True: AsyncSqlAlchemyStore, False: SqlAlchemyStore}
    return partial(kinds[driver in ASYNC], url_of(kind, driver), prefix=prefix)


_numbers = itertools.count(1)


def new_prefix():
    """A prefix that no other test of this process has."""
    return f"p{next(_numbers)}"


OWN = {
    "sqlalchemy_sqlite": own("sqlite"),
    "postgresql": own("postgresql"),
    "postgresql_plain": own("postgresql", "plain"),
    "mariadb": own("mariadb"),
}
"""Stores on an engine; the plain one has no function in the database."""

BOUND = {
    "bound_sqlite": bound("sqlite"),
    "bound_postgresql": bound("postgresql"),
    "bound_postgresql_plain": bound("postgresql", "plain"),
    "bound_mariadb": bound("mariadb"),
}
"""Stores in the transaction of a host."""

AWAITED = {
    "async_sqlite": awaited("sqlite"),
    "async_postgresql": awaited("postgresql"),
    "async_mariadb": awaited("mariadb"),
}
"""Stores whose calls are awaited; each makes an async context manager."""
