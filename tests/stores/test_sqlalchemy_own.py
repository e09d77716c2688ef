"""The stores over SQLAlchemy on an engine: its connections, what breaks them, and settings it must bear."""

import asyncio
import threading
from contextlib import closing, contextmanager, suppress

import pytest
from sqlalchemy import event, make_url
from sqlalchemy.exc import PendingRollbackError

from leadroute.errors import ConfigError, ConflictError, TransientError, UnknownOutcomeError
from leadroute.offers.change import Add, Emit, Put
from leadroute.stores.sqlalchemy.mysql import Mysql
from leadroute.stores.sqlalchemy.postgresql import Postgresql
from tests import servers
from tests.stores import sql
from tests.stores.sql_hosts import (
    HOSTS,
    MORE,
    Host,
    Wire,
    add_one,
    change,
    end_connection,
    opened,
    other,
    sell,
    sold,
    until_somebody_waits,
)

SIX = pytest.mark.parametrize("name", HOSTS)
NINE = pytest.mark.parametrize("name", [*HOSTS, *MORE])
ON_SERVERS = pytest.mark.parametrize(
    "name", [name for name in [*HOSTS, *MORE] if "sqlite" not in name]
)
OWN = {"postgresql": "pg_backend_pid()", "mariadb": "connection_id()"}


@pytest.mark.parametrize("setting", ["DATABASE {0}", "ROLE {1} IN DATABASE {0}"])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_server_that_shows_snapshots_is_refused(setting, driver):
    """Where transactions are not READ COMMITTED by default, the store says which setting it is about."""
    with servers.new_database(servers.postgresql()) as place:
        with closing(Host.at(place.url(driver))) as host:
            host.store.create()
        of = setting.format(place.database, place.user)
        servers.execute(place, f"ALTER {of} SET default_transaction_isolation = 'serializable'")
        with closing(Host.at(place.url(driver))) as host:
            for work in (host.store.counts, lambda: add_one(host.store)):
                with pytest.raises(ConfigError, match="default_transaction_isolation is 'serial"):
                    work()
            with host.connection(isolation_level="READ COMMITTED") as connection:
                add_one(host.bind(connection))
                connection.commit()
            with pytest.raises(ConfigError, match="bind the store"):
                add_one(host.store, name="own")
        with closing(Host.at(place.url(driver))) as host:
            with host.connection() as connection:
                assert host.bind(connection).counts() == {"a": 1}
            with pytest.raises(ConfigError, match="bind the store"):
                host.store.counts()


@NINE
@pytest.mark.parametrize("level", ["SERIALIZABLE", "AUTOCOMMIT"])
def test_isolation_of_the_engine_makes_no_difference(name, level):
    """On an engine with a level of its own a change is done whole or not at all, on the latest state."""
    with opened(name, isolation_level=level) as host:
        add_one(host.store)
        with pytest.raises(ConflictError):
            host.store.commit(change(Put("r", "{}", 0), Add("a", 1, hi=1), name="limit"))
        assert host.store.get(["r", "once/limit"]) == {}
        assert host.store.counts() == {"a": 1}


@NINE
def test_connection_is_given_back_as_it_was(name):
    """Each call takes one connection and gives it back clean: the host's own work is still a transaction."""
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 1}
    with opened(name, **options) as host:
        made = []
        engine = host.engine.sync_engine if host.is_async else host.engine
        event.listen(engine, "connect", lambda *_: made.append(1))
        store = host.store
        calls = [
            lambda: store.get(["r"]),
            store.counts,
            store.find,
            store.events,
            lambda: store.find(status=["x", "y"]),
            lambda: store.trim(0),
            lambda: store.commit(change(Add("a", 1), Emit("L", 1, "offered", "{}", 0))),
            lambda: store.commit(change(Add("a", 1))),
        ]
        for call in calls:
            with suppress(ConflictError):
                call()
            assert host.pool.checkedout() == 0
            with host.connection() as connection:
                sell(connection, "lost")
                connection.rollback()
            assert sold(host.kind) == []
        assert len(made) == 1
        assert store.counts() == {"a": 1}


@contextmanager
def waiting_commit(host):
    """A commit in a thread, which waits for a lock; gives what it raises, the thread, and the connection."""
    add_one(host.store, name="row")
    failed = []

    def work():
        try:
            add_one(host.store)
        except Exception as error:  # noqa: BLE001 -- the test says which one
            failed.append(error)

    thread = threading.Thread(target=work)
    try:
        with other(host.kind, f"UPDATE {host.prefix}_counter SET n = n + 1"):
            thread.start()
            number = until_somebody_waits(host.kind)
            yield failed, thread, number
    finally:
        thread.join()


@ON_SERVERS
def test_connection_that_breaks_in_a_commit(name):
    """A commit that loses its connection is not said to be done or undone; MariaDB's waits before it commits."""
    with opened(name) as host:
        with waiting_commit(host) as (failed, thread, number):
            end_connection(host.kind, number)
            thread.join()
        (error,) = failed
        assert isinstance(error, TransientError if host.kind == "mariadb" else UnknownOutcomeError)
        assert host.pool.checkedout() == 0
        add_one(host.store)
        assert host.store.counts() == {"a": 2}


@pytest.mark.parametrize("hard", [True, False])
@ON_SERVERS
def test_wire_that_is_cut_in_a_commit(name, hard):
    """A commit whose network fails may be done later, and is said to be unknown; again, it is not doubled."""
    kind, driver = (HOSTS | MORE)[name][:2]
    with closing(Wire(sql.place(kind).port)) as wire, opened(name) as host:
        url = make_url(sql.url_of(kind, driver)).set(port=wire.port)
        options = {"connect_args": {"ssl_disabled": True}} if driver == "pymysql" else {}
        with closing(Host.at(url, host.prefix, **options)) as far:
            with waiting_commit(far) as (failed, thread, _):
                wire.cut(hard=hard)
                thread.join()
            (error,) = failed
            assert isinstance(error, TransientError if kind == "mariadb" else UnknownOutcomeError)
            assert far.pool.checkedout() == 0
            if kind == "postgresql":
                until(lambda: host.store.counts() == {"a": 2})
            with suppress(ConflictError):
                add_one(far.store)
            assert host.store.counts() == {"a": 2}


@pytest.mark.parametrize("name", ["async_postgresql", "async_postgresql_plain"])
def test_limit_of_the_driver_leaves_the_outcome_open(name):
    """A command that asyncpg gives up may be done all the same; bound, it ends the host's transaction."""
    with opened(name, connect_args={"command_timeout": 0.3}) as host:
        add_one(host.store, name="row")
        with other(host.kind, f"UPDATE {host.prefix}_counter SET n = n + 1"):
            with pytest.raises(UnknownOutcomeError, match="TimeoutError"):
                add_one(host.store)
            with host.connection() as connection:
                sell(connection, "lost")
                with pytest.raises(TransientError, match="TimeoutError"):
                    add_one(host.bind(connection), name="bound")
                with pytest.raises(PendingRollbackError):
                    sell(connection, "later")
        with suppress(ConflictError):
            add_one(host.store)
        assert host.pool.checkedout() == 0
        assert host.store.counts() == {"a": 2}
        assert sold(host.kind) == []


def until(condition):
    """Wait for what a server does when it is able to."""
    while not condition():
        threading.Event().wait(0.01)


def broken_after_apply(monkeypatch):
    """Break the connection after the one statement of PostgreSQL, before its answer."""
    apply = Postgresql.apply

    def broken(dialect, db, given):
        ((number,),) = db.rows("SELECT pg_backend_pid()")
        apply(dialect, db, given)
        end_connection("postgresql", number)
        db.rows("SELECT 1")

    monkeypatch.setattr(Postgresql, "apply", broken)


def broken_before_commit(monkeypatch):
    """Break the connection before the COMMIT of MariaDB."""
    commit = Mysql.commit

    def broken(dialect, db):
        ((number,),) = db.rows("SELECT connection_id()")
        end_connection("mariadb", number)
        commit(dialect, db)

    monkeypatch.setattr(Mysql, "commit", broken)


@ON_SERVERS
def test_outcome_that_is_unknown_is_not_doubled(name, monkeypatch):
    """After a break at the very end of a commit, the same change again is done once in all."""
    with opened(name) as host:
        host.store.counts()
        with monkeypatch.context() as patched:
            is_postgresql = host.kind == "postgresql"
            (broken_after_apply if is_postgresql else broken_before_commit)(patched)
            with pytest.raises(UnknownOutcomeError):
                add_one(host.store)
        assert host.pool.checkedout() == 0
        if is_postgresql:
            with pytest.raises(ConflictError):
                add_one(host.store)
        else:
            add_one(host.store)
        assert host.store.counts() == {"a": 1}


@pytest.mark.parametrize("name", ["async_postgresql", "async_postgresql_plain", "async_mariadb"])
def test_cancelled_commit_leaves_a_clean_pool(name):
    """A commit that is cancelled gives its connection back, the next call is answered right, and nothing is doubled."""
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 5}
    with opened(name, **options) as host:
        add_one(host.store, name="row")
        store = host.on_engine

        async def cancelled():
            task = asyncio.ensure_future(store.commit(change(Add("a", 1))))
            await asyncio.to_thread(until_somebody_waits, host.kind)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return host.pool.checkedout(), await store.counts(), await store.find()

        with other(host.kind, f"UPDATE {host.prefix}_counter SET n = n + 1"):
            assert host.run(cancelled()) == (0, {"a": 1}, [])
        with suppress(ConflictError):
            add_one(host.store)
        assert host.store.counts() == {"a": 2}
