"""Stores behind PgBouncer that lends a connection for one transaction: no statement is kept on it."""

import asyncio
import atexit
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from uuid import uuid4

import pytest
from attrs import evolve
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from leadroute.errors import ConflictError
from leadroute.offers.change import Add, Change, Once
from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from leadroute.testing.contract import store_contract
from leadroute.testing.doubles import METHODS
from tests import servers
from tests.stores import sql

ASYNCPG = {
    "connect_args": {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"p_{uuid4()}",
    }
}
"""What SQLAlchemy's documentation has for asyncpg behind PgBouncer."""


def added(name, counter):
    """A change of its own name that adds 1 to a counter."""
    return Change(name, (Add(counter, 1), Once(name)))


@cache
def place():
    """The database of this process, through PgBouncer."""
    return evolve(servers.pgbouncer(), database=sql.place("postgresql").database)


@cache
def engine():
    """An engine through PgBouncer, with nothing set."""
    made = create_engine(place().url("psycopg"))
    kept = ExitStack()
    kept.callback(made.dispose)
    atexit.register(kept.close)
    return made


@contextmanager
def own():
    """An empty store on an engine."""
    sql.made("postgresql")
    sql.empty("postgresql")
    yield SqlAlchemyStore(engine())


@contextmanager
def plain():
    """An empty store on an engine, without the function."""
    sql.made("postgresql", "plain")
    sql.empty("postgresql", "plain")
    yield SqlAlchemyStore(engine(), prefix="plain")


class Waited:
    """A store whose calls are awaited, as one that blocks."""

    def __init__(self, store, run):
        self._store, self._run = store, run

    def __getattr__(self, name):
        if name not in METHODS:
            return getattr(self._store, name)
        return lambda *given, **named: self._run(getattr(self._store, name)(*given, **named))


@contextmanager
def over_asyncpg():
    """An empty store over asyncpg."""
    sql.made("postgresql")
    sql.empty("postgresql")
    with asyncio.Runner() as runner:
        found = create_async_engine(place().url("asyncpg"), **ASYNCPG)
        yield Waited(AsyncSqlAlchemyStore(found), runner.run)
        runner.run(found.dispose())


CASES = [  # what is bound has one connection of the server to itself, for all of a transaction
    pytest.param(check, id=f"{name}-{case}")
    for name, make_store in (("own", own), ("plain", plain), ("asyncpg", over_asyncpg))
    for case, check in store_contract(make_store)
    if not case.startswith(("many_threads", "threads", "each_step"))  # one loop is not for threads
]


@pytest.mark.slow
@pytest.mark.parametrize("check", CASES)
def test_keeps_the_contract(check):
    """A store keeps the contract through PgBouncer, over psycopg as it is or asyncpg without caches."""
    check()


def test_no_statement_is_prepared():
    """The same read and write many times, on few connections of many clients, is never refused."""
    with own() as store:
        others = [create_engine(place().url("psycopg")) for _ in range(3)]
        for number in range(30):
            each = SqlAlchemyStore(others[number % 3])
            each.commit(added(f"c-{number}", "n"))
            assert each.counts(["n"]) == {"n": number + 1}
        for other in others:
            other.dispose()
        assert store.counts() == {"n": 30}


def test_goes_with_the_transaction_of_a_host():
    """In a host's transaction changes are seen, refused and rolled back with it, and stay when it commits."""
    for end in ("rollback", "commit"):
        with own() as store, engine().connect() as connection:
            inside = store.bind(connection)
            inside.commit(added("c", "n"))
            with pytest.raises(ConflictError):
                inside.commit(added("c", "n"))
            assert inside.counts(["n"]) == {"n": 1}
            getattr(connection, end)()
            assert store.counts(["n"]) == ({"n": 1} if end == "commit" else {})


def test_makes_the_tables():
    """create() works through PgBouncer as well, where its lock is one of the transaction."""
    prefix = sql.new_prefix()
    with own():
        store = SqlAlchemyStore(engine(), prefix=prefix)
        store.create()
        store.create()
        store.commit(added("c", "n"))
        assert store.counts() == {"n": 1}


@asynccontextmanager
async def awaited():
    """An empty store over asyncpg, set as its documentation says."""
    sql.made("postgresql")
    sql.empty("postgresql")
    found = create_async_engine(place().url("asyncpg"), **ASYNCPG)
    try:
        yield found
    finally:
        await found.dispose()


def test_asyncpg_works_as_its_documentation_says():
    """With the caches of statements off, own and bound stores over asyncpg work through PgBouncer."""

    async def run():
        async with awaited() as found:
            store = AsyncSqlAlchemyStore(found)
            for number in range(30):
                await store.commit(added(f"c-{number}", "n"))
            async with found.begin() as connection:
                inside = store.bind(connection)
                await inside.commit(added("d", "n"))
                assert await inside.counts(["n"]) == {"n": 31}
            async with found.connect() as connection:
                await store.bind(connection).commit(added("e", "n"))
            return await store.counts(prefix="")

    assert asyncio.run(run()) == {"n": 31}


def test_asyncpg_of_many_tasks_shares_few_connections():
    """Many tasks at once, each with statements of its own, do not take each other's."""

    async def run():
        async with awaited() as found:
            store = AsyncSqlAlchemyStore(found)
            changes = [added(f"c-{number}", f"n/{number}") for number in range(40)]
            await asyncio.gather(*map(store.commit, changes))
            return len(await store.counts(prefix="n/"))

    assert asyncio.run(run()) == 40


def test_asyncpg_refuses_within_a_transaction():
    """A refusal leaves nothing behind, and the store goes on, with the function and without."""

    async def run(prefix):
        async with awaited() as found:
            sql.made("postgresql", prefix)
            sql.empty("postgresql", prefix)
            store = AsyncSqlAlchemyStore(found, prefix=prefix)
            await store.commit(added("c", "n"))
            with pytest.raises(ConflictError) as caught:
                await store.commit(added("c", "n"))
            await store.commit(added("d", "n"))
            return caught.value.kind, await store.counts(["n"]), await store.trim(0)

    for prefix in ("leadroute", "plain"):
        assert asyncio.run(run(prefix)) == ("duplicate", {"n": 2}, 0)


def test_psycopg_for_asyncio_needs_nothing_set():
    """With asyncio psycopg prepares no statement either, however often it is the same."""

    async def run():
        sql.made("postgresql")
        sql.empty("postgresql")
        engines = [create_async_engine(place().url("psycopg")) for _ in range(3)]
        stores = [AsyncSqlAlchemyStore(found) for found in engines]
        for number in range(12):
            changes = [
                store.commit(added(f"{number}-{of}", f"n/{of}")) for of, store in enumerate(stores)
            ]
            await asyncio.gather(*changes)
            await asyncio.gather(*(store.counts(["n/0"]) for store in stores))
        for found in engines:
            await found.dispose()

    asyncio.run(run())
    assert sql.made("postgresql").counts(prefix="n/") == {"n/0": 12, "n/1": 12, "n/2": 12}
