"""Hosts of the stores over SQLAlchemy: their engines, connections and sessions, sync and async alike."""

import asyncio
import inspect
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from functools import cache

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    AsyncSessionTransaction,
    AsyncTransaction,
    create_async_engine,
)
from sqlalchemy.orm import Session

from leadroute.offers.change import Add, Change, Once
from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from tests.stores import sql

HOSTS = {
    "sqlite": ("sqlite", "pysqlite"),
    "async_sqlite": ("sqlite", "aiosqlite"),
    "postgresql": ("postgresql", "psycopg"),
    "async_postgresql": ("postgresql", "asyncpg"),
    "mariadb": ("mariadb", "pymysql"),
    "async_mariadb": ("mariadb", "asyncmy"),
}
"""Each host, with its database and driver."""

MORE = {
    "psycopg2": ("postgresql", "psycopg2"),
    "postgresql_plain": ("postgresql", "psycopg", "plain"),
    "async_postgresql_plain": ("postgresql", "asyncpg", "plain"),
}
"""Hosts over another driver, and without the function in PostgreSQL."""

_OF_ASYNCIO = (AsyncTransaction, AsyncSessionTransaction)


class Blocking:
    """An object of asyncio, whose methods give what there is to wait for."""

    def __init__(self, target, run):
        self.target = target
        self._run = run

    def __getattr__(self, name):
        found = getattr(self.target, name)
        return self._blocking(found) if callable(found) else found

    def _blocking(self, method):
        def call(*args, **kwargs):
            answer = self._run(method(*args, **kwargs))
            return Blocking(answer, self._run) if isinstance(answer, _OF_ASYNCIO) else answer

        return call


async def _awaited(found):
    return await found


@cache
def deals(kind):
    """Make the host's own table once in a process."""
    with sql.shared_engine(kind).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE deal (id VARCHAR(50) PRIMARY KEY, n INT)")


class Host:
    """A program that has an engine, a store and a table of its own.

    Args:
        kind: The database.
        engine: Its engine.
        prefix: The prefix of the store's tables.
    """

    def __init__(self, kind, engine, prefix="leadroute"):
        self.kind = kind
        self.prefix = prefix
        self.engine = engine
        self.is_async = isinstance(engine, AsyncEngine)
        self._runner = asyncio.Runner() if self.is_async else None
        made = AsyncSqlAlchemyStore if self.is_async else SqlAlchemyStore
        self.on_engine = made(engine, prefix=prefix)
        self.store = self._blocking(self.on_engine)

    @classmethod
    def at(cls, url, prefix="leadroute", **options):
        """A host with an engine to a URL."""
        url = make_url(url)
        kind = {"mysql": "mariadb"}.get(url.get_backend_name(), url.get_backend_name())
        is_async = url.get_driver_name() in ("asyncpg", "asyncmy", "aiosqlite")
        return cls(
            kind, (create_async_engine if is_async else create_engine)(url, **options), prefix
        )

    def is_forked(self):
        """Go on in a child process, in a loop of its own."""
        self._of_parent, self._runner = self._runner, asyncio.Runner() if self.is_async else None

    def run(self, found):
        """Wait for what there is to wait for."""
        return self._runner.run(_awaited(found)) if inspect.isawaitable(found) else found

    def _blocking(self, target):
        return Blocking(target, self.run) if self.is_async else target

    @property
    def pool(self):
        """The pool of the engine."""
        return self.engine.pool

    @contextmanager
    def connection(self, **options):
        """A connection; it ends without a commit."""
        opened = self._blocking(self.run(self.engine.connect()))
        try:
            if options:
                opened.execution_options(**options)
            yield opened
        finally:
            opened.close()

    @contextmanager
    def session(self):
        """A session; it ends without a commit."""
        made = AsyncSession if self.is_async else Session
        opened = self._blocking(made(self.engine))
        try:
            yield opened
        finally:
            opened.close()

    def bind(self, host):
        """The store in the transaction of a connection or session."""
        if not self.is_async:
            return self.on_engine.bind(host)
        return self._blocking(self.on_engine.bind(host.target))

    def close(self):
        """Close all connections."""
        self.run(self.engine.dispose())
        if self._runner:
            self._runner.close()


@contextmanager
def host_of(kind, driver, prefix="leadroute", **options):
    """A host whose store and table are empty."""
    sql.made(kind, prefix)
    sql.empty(kind, prefix)
    deals(kind)
    with sql.shared_engine(kind).begin() as connection:
        connection.exec_driver_sql("DELETE FROM deal")
    host = Host(kind, sql.engine_of(kind, driver, **options), prefix)
    try:
        yield host
    finally:
        host.close()


def sell(host, name):
    """Write a row of the host's own; ``host`` is a connection or session."""
    host.execute(text("INSERT INTO deal VALUES (:name, 0)"), {"name": name})


def sold(kind):
    """The rows of the host's own that are committed."""
    with sql.shared_engine(kind).connect() as connection:
        return [name for (name,) in connection.exec_driver_sql("SELECT id FROM deal ORDER BY id")]


def opened(name, **options):
    """The host of a name."""
    kind, driver, *prefix = (HOSTS | MORE)[name]
    if kind == "mariadb":
        options.setdefault("isolation_level", "READ COMMITTED")
    return host_of(kind, driver, *prefix, **options)


def change(*ops, name="c"):
    """A change of these operations and a once-key."""
    return Change(name, (Once(name), *ops))


def add_one(store, key="a", name="c", **bounds):
    """Add one to a counter."""
    store.commit(change(Add(key, 1, **bounds), name=name))


@contextmanager
def other(kind, *statements):
    """Another connection, in a transaction in which it has run statements."""
    with sql.shared_engine(kind).connect() as connection:
        if kind == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for statement in statements:
            connection.exec_driver_sql(statement)
        yield connection


WAITING = {
    "postgresql": "SELECT pid FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND datname = current_database()",
    "mariadb": "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
    "JOIN information_schema.processlist ON id = trx_mysql_thread_id "
    "WHERE trx_state = 'LOCK WAIT' AND db = database()",
}


def until_somebody_waits(kind):
    """Wait until a connection waits for a lock; gives its number."""
    engine = sql.shared_engine(kind).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while True:
            threading.Event().wait(0.11)  # MariaDB tells the state ten times a second
            if waiting := connection.exec_driver_sql(WAITING[kind]).scalar():
                return waiting


KILL = {"postgresql": "SELECT pg_terminate_backend({}, 5000)", "mariadb": "KILL {}"}


def end_connection(kind, number):
    """End a connection to a server."""
    with sql.shared_engine(kind).connect() as connection:
        connection.exec_driver_sql(KILL[kind].format(number))


class Wire:
    """A way to a server that can be cut in the middle of a statement.

    Args:
        port: The port of the server.
    """

    def __init__(self, port):
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._ends.append((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source, target):
        with suppress(OSError):
            while told := source.recv(65536):
                target.sendall(told)
            target.shutdown(socket.SHUT_WR)

    def cut(self, *, hard):
        """End every connection for the client, by a reset or an end; a server that works does not notice."""
        for client, _ in self._ends:
            if hard:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.shutdown(socket.SHUT_RD if hard else socket.SHUT_RDWR)
            client.close()

    def close(self):
        """Close what is left."""
        self._listener.close()
        for ends in self._ends:
            for end in ends:
                end.close()
