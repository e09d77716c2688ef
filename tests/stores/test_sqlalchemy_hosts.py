"""The stores over SQLAlchemy in transactions of hosts: six hosts, and what happens to their transactions."""

import multiprocessing
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import PendingRollbackError

from leadroute.errors import ConflictError, TransactionRequiredError, TransientError
from leadroute.offers.change import Add, Change, Emit, Once, Put
from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from tests.stores import sql
from tests.stores.sql_hosts import HOSTS, MORE, Host, host_of, sell, sold

LONGEST = 60
SIX = pytest.mark.parametrize("name", HOSTS)
NINE = pytest.mark.parametrize("name", [*HOSTS, *MORE])


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


def goes_on(host, connection, name):
    """Say that the transaction of a host reads, writes, and keeps what it wrote."""
    assert connection.execute(text("SELECT 1")).scalar() == 1
    sell(connection, name)
    connection.commit()
    assert name in sold(host.kind)


@NINE
def test_rollback_of_the_host_takes_all(name):
    """What the host rolls back is gone, its rows and the store's; what it commits stays, both."""
    with opened(name) as host:
        with host.session() as session:
            sell(session, "lost")
            add_one(host.bind(session))
            assert host.bind(session).counts() == {"a": 1}
            assert sql.made(host.kind, host.prefix).counts() == {}
            session.rollback()
        assert sold(host.kind) == []
        assert host.store.counts() == {}
        with host.session() as session:
            sell(session, "kept")
            add_one(host.bind(session))
            session.commit()
        assert sold(host.kind) == ["kept"]
        assert host.store.counts() == {"a": 1}


@SIX
def test_rollback_of_a_first_write(name):
    """A change that is the first thing in a transaction, or follows only reads, is rolled back too."""
    with opened(name) as host, host.connection() as connection:
        for has_read in (False, True):
            if has_read:
                connection.execute(text("SELECT count(*) FROM deal"))
            add_one(host.bind(connection))
            connection.rollback()
            assert host.store.counts() == {}
        add_one(host.bind(connection))
        connection.commit()
        assert host.store.counts() == {"a": 1}


@NINE
def test_nested_transaction_takes_its_changes_with_it(name):
    """A nested transaction that is rolled back undoes what was committed inside; the outer one keeps its own."""
    with opened(name) as host, host.session() as session:
        store = host.bind(session)
        add_one(store, name="first")
        nested = session.begin_nested()
        add_one(store, name="second")
        with pytest.raises(ConflictError):
            add_one(store, hi=2, name="third")
        nested.rollback()
        assert store.counts() == {"a": 1}
        with_it = session.begin_nested()
        add_one(store, "b", name="fourth")
        with_it.commit()
        goes_on(host, session, "deal")
        assert host.store.counts() == {"a": 1, "b": 1}


@SIX
@pytest.mark.parametrize("savepoint", ["host", "leadroute"])
def test_savepoint_of_the_host_stays_its_own(name, savepoint):
    """A savepoint that the host has made by hand outlives changes and conflicts, whatever it is called."""
    with opened(name) as host, host.connection() as connection:
        sell(connection, "before")
        connection.execute(text(f"SAVEPOINT {savepoint}"))
        store = host.bind(connection)
        add_one(store)
        with pytest.raises(ConflictError):
            add_one(store, name="d", hi=1)
        sell(connection, "after")
        connection.execute(text(f"ROLLBACK TO SAVEPOINT {savepoint}"))
        connection.execute(text(f"RELEASE SAVEPOINT {savepoint}"))
        assert store.counts() == {}
        goes_on(host, connection, "last")
        assert sold(host.kind) == ["before", "last"]


WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND datname = current_database()",
    "mariadb": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
}


def until_somebody_waits(kind):
    """Wait until a connection waits for a lock."""
    engine = sql.shared_engine(kind).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while not connection.exec_driver_sql(WAITING[kind]).scalar():
            threading.Event().wait(0.11)  # MariaDB tells the state ten times a second


@contextmanager
def rival_that_waits(host):
    """Another transaction, which has the counter "a" and waits for the host, which has the deal "mine".

    It is not the one that the database ends: it is patient, or has written more.
    """
    patient = ["SET LOCAL deadlock_timeout = '60s'"]
    if host.kind == "mariadb":
        patient = [f"INSERT INTO deal VALUES ('{number}', 0)" for number in range(50)]
    counter = f"UPDATE {host.prefix}_counter SET n = n + 1"  # noqa: S608
    with other(host.kind, *patient, counter) as rival:

        def wait():
            rival.exec_driver_sql("UPDATE deal SET n = 2 WHERE id = 'mine'")
            rival.rollback()

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            until_somebody_waits(host.kind)
            yield
        finally:
            thread.join(LONGEST)


def add_in_deadlock(host, connection):
    """Add one to a counter that a transaction has which waits for this one; gives the error."""
    with host.connection() as first:
        sell(first, "mine")
        add_one(host.bind(first), name="row")
        first.commit()
    sell(connection, "earlier")
    connection.execute(text("UPDATE deal SET n = 1 WHERE id = 'mine'"))
    with rival_that_waits(host):
        try:
            with pytest.raises(TransientError) as failed:
                add_one(host.bind(connection))
            if host.kind == "postgresql":
                goes_on(host, connection, "later")
        finally:
            if host.kind == "mariadb":
                with pytest.raises(PendingRollbackError):
                    sell(connection, "later")
            connection.rollback()
    return failed.value


@NINE
def test_deadlock(name):
    """A deadlock is told; PostgreSQL lets the host go on, and of what MariaDB has undone no half is committed.

    SQLite has none: who finds it busy can go on, and do the same again.
    """
    options = {"connect_args": {"timeout": 0}} if "sqlite" in name else {}
    with opened(name, **options) as host, host.connection() as connection:
        if host.kind == "sqlite":
            with other("sqlite"), pytest.raises(TransientError, match="locked"):
                add_one(host.bind(connection))
            add_one(host.bind(connection))
            goes_on(host, connection, "later")
            return
        assert "deadlock" in str(add_in_deadlock(host, connection)).lower()
        kept = ["earlier", "later", "mine"] if host.kind == "postgresql" else ["mine"]
        assert sold(host.kind) == kept
        add_one(host.bind(connection))
        connection.commit()
        assert host.store.counts() == {"a": 2}
