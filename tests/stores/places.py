"""The stores that every behavior is tested on, and how their hosts open transactions."""

import multiprocessing
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from leadroute.stores import (
    AsyncThread,
    CreatesTables,
    MemoryStore,
    SqliteStore,
    SqliteTransaction,
    TellsTime,
)
from leadroute.testing import store_contract
from tests.stores import sql
from tests.stores.hosts import django_atomic, sqlalchemy_session

if hasattr(os, "fork"):  # the helper of the contract imports it all once, not in every process
    multiprocessing.set_forkserver_preload(["tests.stores.sql", "leadroute.testing.contract"])


def memory():
    """A store in memory."""
    return nullcontext(MemoryStore())


def threaded():
    """A store in memory, whose calls run in threads and are awaited."""
    return nullcontext(AsyncThread(MemoryStore()))


@contextmanager
def sqlite() -> Iterator[SqliteStore]:
    """A store in a file, without the wait for the disk."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteStore(Path(folder, "a.db"), synchronous="normal") as store,
    ):
        yield store


@contextmanager
def joined() -> Iterator[SqliteTransaction]:
    """A store inside one open transaction of a host, with another prefix."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN IMMEDIATE")
        store = SqliteTransaction(db, prefix="crm")
        store.create()
        yield store


def bound(open_host):
    """Return how to make a store inside the transaction of a host's framework."""

    @contextmanager
    def make_store() -> Iterator[SqliteTransaction]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.db")
            with SqliteStore(path, synchronous="normal") as store, open_host(path) as host:
                yield store.bind(host)

    return make_store


@contextmanager
def transaction(store):
    """A transaction on a connection of sqlite3 to the file of a store."""
    with closing(sqlite3.connect(store._path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


@contextmanager
def nested(db):
    """A savepoint inside it."""
    db.execute("SAVEPOINT host")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK TO host")
        db.execute("RELEASE host")
        raise
    db.execute("RELEASE host")


def reopen(store):
    """Return what opens the file of a store again."""
    return partial(SqliteStore, store._path, synchronous="normal")


STORES = {
    "memory": memory,
    "sqlite": sqlite,
    "joined": joined,
    "sqlalchemy": bound(sqlalchemy_session),
    "django": bound(django_atomic),
}
"""Ways to make a store, by name."""

HOSTS = ("joined", "sqlalchemy", "django")
"""Those inside one transaction of a host, which is not for many threads."""


def _engine(kind, name, prefix="leadroute"):
    """The contract of a store on an engine, awaited or not; create() would make the function of a plain one."""
    is_async = name.startswith("async")
    abilities = {CreatesTables: prefix != "plain", TellsTime: kind != "sqlite"}
    return store_contract(
        (sql.AWAITED if is_async else sql.OWN)[name],
        abilities=[ability for ability, has_it in abilities.items() if has_it],
        transaction=sql.transaction,
        nested=sql.nested,
        reopen=partial(sql.reopen, kind, sql.KINDS[kind][is_async], prefix),
    )


TEN = {
    "memory": store_contract(memory),
    "sqlite": store_contract(
        sqlite,
        abilities=(CreatesTables,),
        transaction=transaction,
        nested=nested,
        reopen=reopen,
    ),
    "sqlite_bound": store_contract(joined, abilities=(CreatesTables,), threads=False),
    **{
        name: _engine(kind, name)
        for kind, name in (
            ("sqlite", "sqlalchemy_sqlite"),
            ("postgresql", "postgresql"),
            ("mariadb", "mariadb"),
            ("postgresql", "async_postgresql"),
            ("mariadb", "async_mariadb"),
            ("sqlite", "async_sqlite"),
        )
    },
    "async_thread": store_contract(threaded),
}
"""The contract of the ten stores that a release stands for."""

MORE = {
    **{name: store_contract(STORES[name], threads=False) for name in ("sqlalchemy", "django")},
    "postgresql_plain": _engine("postgresql", "postgresql_plain", "plain"),
    **{name: store_contract(make, threads=False) for name, make in sql.BOUND.items()},
}
"""The contract of stores that are like one of them in most."""
