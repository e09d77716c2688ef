"""The store inside transactions of sqlite3, SQLAlchemy and Django, and what of theirs is refused."""

import sqlite3
import threading
from contextlib import closing
from unittest import mock

import pytest
from django.db import transaction
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from leadroute.errors import ConfigError, TransactionRequiredError, TransientError
from leadroute.offers.change import Add
from leadroute.stores import SqliteStore, SqliteTransaction, sqlite, sqlite_hosts
from leadroute.testing.contract.common import Contract
from tests.stores.hosts import django_atomic, django_connection, engine_of, sqlalchemy_session

TOO_LATE = 'at its event "connect" set isolation_level = None on the driver\'s connection'


def add_one(store):
    """Commit a change that adds one to a counter."""
    Contract(store).done(Add("a", 1))


@pytest.fixture
def engine(path):
    """An engine whose transactions are real."""
    opened = engine_of(path)
    yield opened
    opened.dispose()


@pytest.fixture
def careless(path):
    """An engine as ``create_engine`` makes it."""
    opened = create_engine(f"sqlite:///{path}")
    yield opened
    opened.dispose()


class AsyncSession:
    """What SQLAlchemy's has; the real one needs another package."""

    sync_session = get_bind = None


class AsyncConnection:
    """What SQLAlchemy's has."""

    sync_connection = exec_driver_sql = None


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """The time of the store, without waiting."""
    made = Clock()
    monkeypatch.setattr(sqlite, "time", made)
    return made


def test_session_commits_and_rolls_back_with_its_host(store, engine):
    """What a session commits stays, and what it rolls back is gone, the first write too."""
    with Session(engine) as session, session.begin():
        add_one(store.bind(session))
        assert store.counts() == {}
    with Session(engine) as session:
        add_one(store.bind(session))
        session.rollback()
    assert store.counts() == {"a": 1}


def test_connection_of_sqlalchemy_is_bound(store, engine):
    """A connection and a scoped session are bound like a session."""
    with engine.begin() as connection:
        add_one(store.bind(connection))
    sessions = scoped_session(sessionmaker(engine))
    add_one(store.bind(sessions))
    sessions.commit()
    sessions.remove()
    assert store.counts() == {"a": 2}


def test_savepoint_of_a_session_takes_commits_with_it(store, engine):
    """A nested transaction that is rolled back undoes what was committed inside."""
    with Session(engine) as session, session.begin():
        bound = store.bind(session)
        add_one(bound)
        nested = session.begin_nested()
        add_one(bound)
        nested.rollback()
    assert store.counts() == {"a": 1}


def test_django_commits_and_rolls_back_with_its_host(store, path):
    """``atomic`` keeps and undoes the store's writes, inner blocks too."""
    with django_connection(path) as connection:
        with transaction.atomic():
            bound = store.bind(connection)
            add_one(bound)
            with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
                add_one(bound)
                raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
            add_one(store.bind(connection))
            raise ZeroDivisionError
    assert store.counts() == {"a": 1}


@pytest.mark.parametrize("first", [None, "INSERT INTO deal VALUES ('d')", "SAVEPOINT s"])
def test_session_without_a_real_transaction_is_refused(store, careless, first):
    """The engine's default is refused each time, also where a statement happens to have begun something."""
    with careless.begin() as connection:
        connection.execute(text("CREATE TABLE deal (id TEXT)"))
    with Session(careless) as session:
        if first:
            session.execute(text(first))
        with pytest.raises(ConfigError) as refused:
            store.bind(session)
        assert TOO_LATE in str(refused.value)


def test_autocommit_of_sqlalchemy_is_refused(store, engine, careless):
    """An engine that commits each statement has no transaction to join."""
    with careless.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.begin()
        with pytest.raises(ConfigError, match="do not use AUTOCOMMIT"):
            store.bind(connection)


def test_driver_that_always_is_in_a_transaction_is_accepted(store, careless):
    """``autocommit=False`` of Python 3.12 makes every transaction real."""

    class Modern(sqlite3.Connection):
        autocommit = False

    with mock.patch.object(sqlite_hosts, "_sqlite3") as driver:
        driver.return_value = mock.Mock(spec=Modern, in_transaction=True, autocommit=False)
        with careless.begin() as connection, closing(sqlite3.connect(":memory:")) as real:
            made = sqlite_hosts._sqlalchemy(connection)
            assert made.driver is driver.return_value
            assert not sqlite_hosts._is_real(real)


def test_connection_that_has_not_begun_is_refused(store, engine, path):
    """Outside a transaction SQLAlchemy and Django are told where to bind."""
    with (
        engine.connect() as connection,
        pytest.raises(TransactionRequiredError, match=r"bind inside `with connection.begin\(\):`"),
    ):
        store.bind(connection)
    with (
        django_connection(path) as connection,
        pytest.raises(
            TransactionRequiredError, match=r"bind inside `with transaction.atomic\(\):`"
        ),
    ):
        store.bind(connection)


def test_autocommit_that_django_has_off_is_refused(store, path):
    """With AUTOCOMMIT off sqlite3 begins too late, and Django does not say so."""
    with (
        django_connection(path, AUTOCOMMIT=False) as connection,
        transaction.atomic(),
        pytest.raises(ConfigError, match="leave AUTOCOMMIT at True and use"),
    ):
        store.bind(connection)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (lambda engine: engine, "Engine cannot be bound; give a sqlite3 connection, SQLAlchemy's"),
        (lambda engine: "crm.db", "str cannot be bound; give a sqlite3 connection"),
        (
            lambda engine: AsyncSession(),
            "AsyncSession cannot be bound; use a Session or Connection with sqlite3",
        ),
        (lambda engine: AsyncConnection(), "AsyncConnection cannot be bound"),
        (
            lambda engine: Session(mock.Mock(dialect=postgresql.dialect())),
            "the connection is to postgresql, and the store is in SQLite; bind a connection to",
        ),
        (
            lambda engine: mock.Mock(spec=["ensure_connection", "vendor"], vendor="mysql"),
            "the connection is to mysql, and the store is in SQLite",
        ),
    ],
)
def test_what_is_no_connection_to_sqlite_is_refused(store, engine, given, problem):
    """Another kind of object, and a connection to another database, are named at once."""
    with pytest.raises(ConfigError) as refused:
        store.bind(given(engine))
    assert str(refused.value).startswith(problem)


def test_another_driver_is_refused(store):
    """SQLAlchemy over another driver than sqlite3 is named by the module of its connection."""
    with pytest.raises(ConfigError, match="use the driver sqlite3"):
        sqlite_hosts._sqlite3(mock.Mock())


def test_texts_that_are_no_str_are_refused(store, path):
    """A connection that gives bytes cannot be read."""
    with closing(sqlite3.connect(path)) as host:
        host.text_factory = bytes
        with pytest.raises(ConfigError, match="text_factory does not give str; leave it at str"):
            store.bind(host)


def test_another_file_is_refused(store, tmp_path):
    """A connection to another database than the store's is refused, and both are named."""
    other = tmp_path / "other.db"
    for place in (other, ":memory:"):
        with (
            closing(sqlite3.connect(place)) as host,
            pytest.raises(ConfigError, match=r"crm\.db; bind one to the same file") as refused,
        ):
            store.bind(host)
        assert ("a database in memory" in str(refused.value)) is (place == ":memory:")


def test_tables_that_are_gone_are_named(store, path):
    """Tables that were dropped or made by another release are refused when the store is bound."""
    with closing(sqlite3.connect(path)) as host:
        host.execute("UPDATE leadroute_schema SET version = 7")
        with pytest.raises(ConfigError, match="the tables leadroute_\\* have schema 7"):
            store.bind(host)
        host.execute("DROP TABLE leadroute_schema")
        with pytest.raises(ConfigError, match="are gone; make them with"):
            store.bind(host)


def test_transaction_that_has_ended_is_not_used(store, engine, path):
    """A bound store says so when its transaction is over, even when the connection has begun another one."""
    with engine.connect() as connection:
        with connection.begin():
            bound = store.bind(connection)
            add_one(bound)
        with connection.begin():
            for work in (bound.counts, lambda: add_one(bound)):
                with pytest.raises(TransactionRequiredError, match="bind again in each transact"):
                    work()
    with django_connection(path) as connection:
        with transaction.atomic():
            bound = store.bind(connection)
        connection.close()
        with pytest.raises(TransactionRequiredError, match="bind again in each transaction"):
            bound.counts()
    assert store.counts() == {"a": 1}


@pytest.mark.parametrize("open_host", [sqlalchemy_session, django_atomic])
def test_forgotten_bind_says_so_after_a_second(store, path, clock, open_host):
    """A store that waits for its own caller says so, instead of waiting until its patience ends."""
    with open_host(path) as host:
        add_one(store.bind(host))
        with pytest.raises(TransientError, match=r"join it with store.bind\(connection\)"):
            add_one(store)
    assert clock.now == pytest.approx(1, abs=0.01)


def test_other_writers_are_waited_for(store, path, clock):
    """Another thread's transaction, which sqlite3 tells apart, is waited for as long as patience lasts."""
    begun, done = threading.Event(), threading.Event()

    def work():
        with closing(sqlite3.connect(path)) as host:
            host.execute("BEGIN IMMEDIATE")
            begun.set()
            done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    with pytest.raises(TransientError, match=r"busy \(database is locked\)"):
        add_one(store)
    done.set()
    thread.join()
    assert clock.now == pytest.approx(30, abs=0.1)


def test_commits_of_others_are_no_standstill(store, path, clock, monkeypatch):
    """While somebody commits, the own transaction is not what the store waits for; then the wait goes on."""
    with closing(sqlite3.connect(path, isolation_level=None)) as host:

        def sleep(seconds):
            clock.now += seconds
            if clock.now > 0.5 and not done:
                done.append(host.execute("COMMIT"))
                add_one(store_two)
                host.execute("BEGIN IMMEDIATE")
            if clock.now > 5 and host.in_transaction:
                host.execute("COMMIT")

        done = []
        with SqliteStore(path) as store_two:
            host.execute("BEGIN IMMEDIATE")
            monkeypatch.setattr(clock, "sleep", sleep)
            add_one(store)
    assert store.counts() == {"a": 2}


def test_another_error_of_begin_is_the_drivers(store):
    """Only a busy database is waited for."""
    store._read(lambda cursor: cursor.execute("BEGIN"))
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        add_one(store)


def test_own_connection_elsewhere_is_not_in_the_way(store, path, tmp_path):
    """Connections to other files, in no transaction, to files that are gone, and of stores do not count."""
    gone = tmp_path / "gone.db"
    with (
        closing(sqlite3.connect(path)) as idle,
        closing(sqlite3.connect(":memory:")) as memory,
        closing(sqlite3.connect(tmp_path / "other.db")) as other,
        closing(sqlite3.connect(gone)) as deleted,
    ):
        for host in (memory, other, deleted):
            host.execute("CREATE TABLE deal (id)")
            host.execute("BEGIN IMMEDIATE")
        gone.unlink()
        store._read(lambda cursor: cursor.execute("BEGIN"))
        assert not sqlite_hosts.in_the_way(str(path))
        idle.execute("BEGIN")
        assert sqlite_hosts.in_the_way(str(path))


def test_transaction_may_make_the_tables_of_a_session(path, engine):
    """Without a store's file nothing is said of the tables, so that a host can make them itself."""
    with Session(engine) as session, session.begin():
        bound = SqliteTransaction(session, prefix="crm")
        bound.create()
        add_one(bound)
    with SqliteStore(path, prefix="crm") as store:
        assert store.counts() == {"a": 1}
