"""The stores over SQLAlchemy in transactions of hosts: six hosts, and what happens to their transactions."""

import multiprocessing
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.pool import NullPool

from leadroute.errors import ConfigError, ConflictError, TransactionRequiredError, TransientError
from leadroute.offers.change import Add, Emit, Put
from leadroute.stores.sqlalchemy import SqlAlchemyStore
from tests.stores import sql
from tests.stores.sql_hosts import (
    HOSTS,
    MORE,
    Host,
    add_one,
    change,
    end_connection,
    opened,
    other,
    sell,
    sold,
    until_somebody_waits,
)

LONGEST = 60
SIX = pytest.mark.parametrize("name", HOSTS)
NINE = pytest.mark.parametrize("name", [*HOSTS, *MORE])


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


@contextmanager
def rival_that_waits(host):
    """Another transaction, which has the counter "a" and waits for the host, which has the deal "mine".

    It is not the one that the database ends: it is patient, or has written more.
    """
    patient = ["SET LOCAL deadlock_timeout = '60s'"]
    if host.kind == "mariadb":
        patient = [f"INSERT INTO deal VALUES ('{number}', 0)" for number in range(50)]
    counter = f"UPDATE {host.prefix}_counter SET n = n + 1"
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


@NINE
def test_host_goes_on_after_a_conflict(name):
    """Each kind of conflict leaves the host's transaction as it was before the change, and it goes on."""
    with opened(name) as host, host.session() as session:
        store = host.bind(session)
        sell(session, "earlier")
        store.commit(change(Put("r", "{}", 0), Emit("L", 1, "offered", "{}", 0)))
        refused = [
            change(Add("x", 1), Add("a", 1, hi=0), name="limit"),
            change(Add("x", 1), Put("r", "{}", 0), name="version"),
            change(Add("x", 1), Emit("L", 1, "offered", "{}", 0), name="log"),
            change(Add("x", 1), name="c"),
        ]
        for each in refused:
            with pytest.raises(ConflictError):
                store.commit(each)
            assert session.execute(text("SELECT 1")).scalar() == 1
        add_one(store, name="after")
        goes_on(host, session, "later")
        assert sold(host.kind) == ["earlier", "later"]
        assert host.store.counts() == {"a": 1}


@SIX
def test_pool_of_one_connection_is_enough(name):
    """Bound, the store asks for no second connection; on the engine it has none between two calls."""
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 1}
    with opened(name, **options) as host:
        for number in range(3):
            with host.session() as session:
                sell(session, f"{number}")
                add_one(host.bind(session), name=f"bound-{number}")
                assert host.pool.checkedout() == 1
                session.commit()
            assert host.pool.checkedout() == 0
            add_one(host.store, name=f"own-{number}")
            with pytest.raises(ConflictError):
                add_one(host.store, name=f"own-{number}")
            assert host.pool.checkedout() == 0
        assert host.store.counts() == {"a": 6}


@SIX
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fork_does_not_share_connections(name):
    """A child that uses the parent's store gets connections of its own; the parent's transaction goes on."""
    with opened(name) as host, host.connection() as connection:
        add_one(host.store)  # a connection waits in the pool
        store = host.bind(connection)
        if host.kind != "sqlite":
            add_one(store, "parent", name="parent")

        def in_child():
            host.is_forked()
            add_one(host.store, "child", name="own")
            with host.session() as session:
                add_one(host.bind(session), "child", name="bound")
                session.commit()

        process = multiprocessing.get_context("fork").Process(target=in_child)
        process.start()
        process.join(LONGEST)
        assert process.exitcode == 0
        if host.kind == "sqlite":
            add_one(store, "parent", name="parent")
        goes_on(host, connection, "parent")
        assert host.store.counts() == {"a": 1, "child": 2, "parent": 1}


forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["tests.stores.sql_hosts"])


def create_tables(barrier, url, prefix, options):
    """Make the tables in a process of its own, at the same moment as others."""
    host = Host.at(url, prefix, **options)
    barrier.wait(LONGEST)
    host.store.create()
    add_one(host.store, name=prefix + str(multiprocessing.current_process().pid))
    host.close()


@SIX
@pytest.mark.slow
def test_eight_processes_create_the_tables(name):
    """Eight processes that make the tables at once all find them whole."""
    kind, driver = HOSTS[name]
    sql.made(kind)
    prefix = sql.new_prefix()
    options = {"connect_args": {"ssl_disabled": True}} if driver == "pymysql" else {}
    arguments = (forked.Barrier(8), sql.url_of(kind, driver), prefix, options)
    processes = [forked.Process(target=create_tables, args=arguments) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LONGEST)
    assert [process.exitcode for process in processes] == [0] * 8
    assert SqlAlchemyStore(sql.shared_engine(kind), prefix=prefix).counts() == {"a": 8}


LIMITS = {
    "postgresql": {
        "lock": "SET LOCAL lock_timeout = 50",
        "run": "SET LOCAL statement_timeout = 50",
    },
    "mariadb": {"lock": "SET innodb_lock_wait_timeout = 1", "run": "SET max_statement_time = 0.05"},
    "sqlite": {},
}
"""Statements that limit how long one waits for a lock, and how long one runs."""


def lets_go_on(host, limit):
    """Whether a database lets a transaction go on after a limit on a statement."""
    return limit == "lock" or host.kind == "mariadb" or host.prefix == "plain"


def add_too_slowly(host, limit):
    """Add one to a counter that another transaction has, with a limit on the wait."""
    with host.connection() as connection:
        sell(connection, f"earlier-{limit}")
        connection.execute(text(LIMITS[host.kind][limit]))
        counter = f"UPDATE {host.prefix}_counter SET n = n + 1"
        with other(host.kind, counter), pytest.raises(TransientError):
            add_one(host.bind(connection))
        if lets_go_on(host, limit):
            goes_on(host, connection, f"later-{limit}")
        else:
            with pytest.raises(DBAPIError):
                connection.execute(text("SELECT 1"))
        connection.rollback()


def trace(host, connection, seen):
    """Let a function see each statement on the driver's connection of SQLite."""
    if host.is_async:
        raw = host.run(connection.target.get_raw_connection()).driver_connection
        host.run(raw.set_trace_callback(lambda statement: seen(raw._conn, statement)))
    else:
        raw = connection.connection.driver_connection
        raw.set_trace_callback(lambda statement: seen(raw, statement))


def add_interrupted(host):
    """Interrupt the change in the middle; SQLite undoes the whole transaction."""

    def interrupt(driver, statement):
        if "INTO leadroute_counter" in statement:
            driver.interrupt()

    with host.connection() as connection:
        sell(connection, "earlier")
        trace(host, connection, interrupt)
        with pytest.raises(sqlite3.OperationalError, match="interrupted") as failed:
            add_one(host.bind(connection))
        assert "undone your whole transaction" in failed.value.__notes__[0]
        with pytest.raises(PendingRollbackError):
            sell(connection, "later")
        connection.rollback()
    assert sold("sqlite") == []


@NINE
def test_statement_that_takes_too_long(name):
    """A wait or a run that the database ends is told; the host goes on, or nothing of it is committed."""
    with opened(name) as host:
        add_one(host.store, name="row")
        for limit in LIMITS[host.kind]:
            add_too_slowly(host, limit)
        if host.kind == "sqlite":
            add_interrupted(host)
        assert sold(host.kind) == sorted(
            f"{when}-{limit}"
            for when in ("earlier", "later")
            for limit in LIMITS[host.kind]
            if lets_go_on(host, limit)
        )
        with host.connection() as connection:
            add_one(host.bind(connection))
            connection.commit()
        assert host.store.counts() == {"a": 2}


NUMBER = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}


def lose_file(name, path):
    """Let a host be in a session when the folder of its file is gone, and come back."""
    url = f"sqlite+{HOSTS[name][1]}:///{path / 'sub' / 'a.db'}"
    (path / "sub").mkdir()
    with closing(Host.at(url, poolclass=NullPool)) as host:
        host.store.create()
        (path / "sub").rename(path / "gone")
        with host.session() as session:
            with pytest.raises(ConfigError, match=r"a\.db: unable to open database file"):
                add_one(host.bind(session))
            (path / "gone").rename(path / "sub")
            session.rollback()
            add_one(host.bind(session))
            session.commit()
        assert host.store.counts() == {"a": 1}


@NINE
def test_connection_that_is_lost(name, tmp_path):
    """A host whose connection or file is lost is told; nothing of it is committed, and it can begin again."""
    if "sqlite" in name:
        lose_file(name, tmp_path)
        return
    with opened(name) as host, host.session() as session:
        sell(session, "earlier")
        end_connection(host.kind, session.execute(text(NUMBER[host.kind])).scalar())
        with pytest.raises(TransientError, match="the connection broke"):
            add_one(host.bind(session))
        with pytest.raises((PendingRollbackError, DBAPIError)):
            sell(session, "later")
        session.rollback()
        add_one(host.bind(session))
        goes_on(host, session, "again")
        assert sold(host.kind) == ["again"]
        assert host.store.counts() == {"a": 1}


@NINE
def test_serializable_transaction(name):
    """In a transaction that shows one snapshot a conflict is one that passes, and the host goes on.

    A transaction of SQLite has the file for itself: what it is told is never old.
    """
    with opened(name) as host, host.connection(isolation_level="SERIALIZABLE") as connection:
        store = host.bind(connection)
        sell(connection, "earlier")
        told = ConflictError if host.kind == "sqlite" else TransientError
        with pytest.raises(told):
            add_one(store, hi=0)
        if host.kind == "postgresql":
            add_one(host.store, name="meanwhile")
            with pytest.raises(TransientError, match="serialize"):
                add_one(store)
        goes_on(host, connection, "later")
        assert sold(host.kind) == ["earlier", "later"]
        add_one(host.bind(connection), "b")
        connection.commit()
        assert host.store.counts(["b"]) == {"b": 1}


@SIX
def test_autocommit_is_refused(name):
    """A connection that commits each statement has no transaction, though SQLAlchemy says it is in one."""
    with opened(name) as host, host.connection(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT 1"))
        assert connection.in_transaction()
        with pytest.raises(TransactionRequiredError, match="its driver is in autocommit"):
            add_one(host.bind(connection))
        connection.rollback()
        assert host.store.counts() == {}
