"""A call that is canceled while the database makes it wait."""

import asyncio

import pytest
from sqlalchemy import text

from leadroute.stores import Add, Change, Once
from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from tests.stores import sql

WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND datname = current_database()",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO leadroute_counter%'",
}


async def until_it_waits(kind):
    """Wait until a statement waits for a lock."""
    engine = sql.shared_engine(kind)
    for _ in range(2_000):
        with engine.connect() as connection:
            if connection.execute(text(WAITING[kind])).scalar():
                return
        await asyncio.sleep(0.005)
    raise AssertionError("nothing waits")


@pytest.mark.parametrize("kind", WAITING)
def test_canceled_commit(kind):
    """A canceled commit writes all or nothing, and the one connection of the pool serves the next call."""
    sql.made(kind)
    sql.empty(kind)

    async def canceled():
        engine = sql.engine_of(
            kind, sql.KINDS[kind][1], pool_size=1, max_overflow=0, pool_timeout=5
        )
        store = AsyncSqlAlchemyStore(engine)
        await store.commit(Change("a", (Once("a"), Add("n", 1))))
        with sql.shared_engine(kind).begin() as host:
            host.exec_driver_sql("UPDATE leadroute_counter SET n = n")
            task = asyncio.create_task(store.commit(Change("b", (Once("b"), Add("n", 10)))))
            await until_it_waits(kind)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await store.commit(Change("c", (Once("c"), Add("n", 100))))
        found = await store.get(["once/a", "once/b", "once/c"])
        counts = await store.counts()
        await engine.dispose()
        return sorted(found), counts

    found, counts = asyncio.run(canceled())
    assert (found, counts) in [
        (["once/a", "once/c"], {"n": 101}),
        (["once/a", "once/b", "once/c"], {"n": 111}),
    ]


def test_interrupt(monkeypatch):
    """After an interrupt in the middle of an answer the next call does not read what is left of it."""
    pymysql = pytest.importorskip("pymysql.connections")
    sql.made("mariadb")
    sql.empty("mariadb")
    store = SqlAlchemyStore(sql.engine_of("mariadb", pool_size=1, max_overflow=0))
    store.commit(Change("a", (Once("a"), Add("n", 1))))

    def interrupted(_connection, unbuffered=False):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pymysql.Connection, "_read_query_result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.events()
    try:
        assert store.counts(prefix="") == {"n": 1}
    finally:
        store._engine.engine.dispose()
