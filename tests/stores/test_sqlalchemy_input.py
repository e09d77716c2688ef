"""Stores over SQLAlchemy tell what is wrong with an engine, a URL, a connection or the tables, and what to do."""

import asyncio
import socket
import sqlite3
import sys
import tomllib
import traceback
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from leadroute.errors import (
    ConfigError,
    ConflictError,
    MissingExtraError,
    TransactionRequiredError,
    TransientError,
    ValidationError,
)
from leadroute.offers.change import Add, Change, Put
from leadroute.stores.sqlalchemy import (
    AsyncSqlAlchemyStore,
    AsyncSqlAlchemyTransaction,
    SqlAlchemyStore,
    SqlAlchemyTransaction,
    add_tables,
    finish_tables,
)
from leadroute.stores.sqlalchemy.drivers import EXTRAS
from leadroute.stores.sqlite_statements import SCHEMA
from tests.stores import sql

ROOT = Path(__file__).parents[2]
KINDS = pytest.mark.parametrize("kind", sql.KINDS)
DRIVERS = [
    ("postgresql", "psycopg"),
    ("postgresql", "psycopg2"),
    ("postgresql", "asyncpg"),
    ("mariadb", "pymysql"),
    ("mariadb", "asyncmy"),
    ("sqlite", "pysqlite"),
    ("sqlite", "aiosqlite"),
]
AWAITED = ("asyncpg", "asyncmy", "aiosqlite")
CHANGE = Change("c", (Put("lead/1", "{}", 0),))
SECRET = "hunter2-is-secret"


def told_all(error):
    """Everything that a log would show of an error: its causes, their texts and their values."""
    return "".join(traceback.format_exception(error)) + repr(error)


def closing_engine(engine):
    """Close the connections of an engine at the end."""

    class Closes:
        close = staticmethod(engine.dispose)

    return closing(Closes)


@pytest.mark.parametrize("store", [SqlAlchemyStore, AsyncSqlAlchemyStore])
@pytest.mark.parametrize("url", ["", "crm.db", "postgresql//x", "://", "postgresql+://"])
def test_refuses_what_is_no_url(store, url):
    """What SQLAlchemy cannot read as a URL is refused with an example of one."""
    with pytest.raises(ConfigError, match=r"^this is no URL of SQLAlchemy; write one like postgr"):
        store(url)


@pytest.mark.parametrize("kind", ["oracle", "mssql", "cockroachdb", "duckdb"])
def test_refuses_other_databases(kind):
    """A database without a store is refused by its name, with those that have one."""
    with pytest.raises(ConfigError) as caught:
        SqlAlchemyStore(f"{kind}://me@host/db")
    assert str(caught.value) == (
        f"{kind} has no store; take PostgreSQL, MariaDB, MySQL or SQLite, or write a store for it"
    )


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
@pytest.mark.parametrize("driver", ["mysqldb", "mysqlconnector", "aiomysql"])
@pytest.mark.parametrize(
    ("store", "advised"), [(SqlAlchemyStore, "pymysql"), (AsyncSqlAlchemyStore, "asyncmy")]
)
def test_refuses_drivers_that_are_not_tested(kind, driver, store, advised):
    """Such a driver is refused by its name, before it is looked for, with the one to take."""
    with pytest.raises(ConfigError) as caught:
        store(f"{kind}+{driver}://me@host/db")
    assert str(caught.value) == (
        f"the driver {driver} of {kind} is not one that is tested; take {advised}, by a URL that "
        f"starts with {kind}+{advised}://"
    )


@pytest.mark.parametrize(
    ("store", "url", "advised"),
    [
        (SqlAlchemyStore, "postgresql+asyncpg://host/db", "is for asyncio; take psycopg,"),
        (SqlAlchemyStore, "mysql+asyncmy://host/db", "is for asyncio; take pymysql,"),
        (SqlAlchemyStore, "sqlite+aiosqlite://", "is for asyncio; take pysqlite,"),
        (AsyncSqlAlchemyStore, "postgresql+psycopg2://host/db", "has no asyncio; take asyncpg,"),
        (AsyncSqlAlchemyStore, "mariadb+pymysql://host/db", "has no asyncio; take asyncmy,"),
        (AsyncSqlAlchemyStore, "sqlite+pysqlite://", "has no asyncio; take aiosqlite,"),
    ],
)
def test_refuses_drivers_of_the_other_sort(store, url, advised):
    """A driver for threads is refused by the store for asyncio, and the reverse."""
    with pytest.raises(ConfigError, match=advised):
        store(url)


@pytest.mark.parametrize(
    ("store", "url", "module", "extra"),
    [
        (SqlAlchemyStore, "postgresql://host/db", "psycopg", "psycopg"),
        (SqlAlchemyStore, "postgresql+psycopg2://host/db", "psycopg2", "psycopg2"),
        (SqlAlchemyStore, "mysql://host/db", "pymysql", "pymysql"),
        (SqlAlchemyStore, "mariadb://host/db", "pymysql", "pymysql"),
        (AsyncSqlAlchemyStore, "postgresql://host/db", "asyncpg", "asyncpg"),
        (AsyncSqlAlchemyStore, "mariadb://host/db", "asyncmy", "asyncmy"),
        (AsyncSqlAlchemyStore, "sqlite://", "aiosqlite", "aiosqlite"),
    ],
)
def test_names_the_extra_of_a_missing_driver(monkeypatch, store, url, module, extra):
    """Where a driver is not installed, the error has the command that brings it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"needs an extra: pip install") as caught:
        store(url)
    assert caught.value.extra == extra
    assert f"pip install 'leadroute[{extra}]'" in str(caught.value)


def test_each_driver_has_its_extra():
    """The extra that an error names is one that can be installed, and brings the driver."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for _, driver in DRIVERS[:-2] + DRIVERS[-1:]:
        assert driver in EXTRAS
        assert any(each.startswith(driver) for each in extras[driver])


@pytest.mark.parametrize("given", [None, 7, object(), ["sqlite://"]])
@pytest.mark.parametrize("store", [SqlAlchemyStore, AsyncSqlAlchemyStore])
def test_refuses_what_is_no_engine(store, given):
    """Anything else than an engine or a URL is refused by the name of its type."""
    with pytest.raises(ConfigError, match=f"^{type(given).__name__} is no engine for it; give an "):
        store(given)


def test_refuses_engines_of_the_other_sort():
    """Each store names the store that an engine of the other sort is for."""
    blocking, awaited = create_engine("sqlite://"), create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(ConfigError, match=r"^Engine is no engine .*, or take SqlAlchemyStore$"):
        AsyncSqlAlchemyStore(blocking)
    with pytest.raises(ConfigError, match=r"^AsyncEngine .*, or take AsyncSqlAlchemyStore$"):
        SqlAlchemyStore(awaited)


@pytest.mark.parametrize("prefix", ['a"', "a'; DROP TABLE x", "a`", "", "A", "1a", "a" * 31])
def test_refuses_prefixes_that_cannot_stand_in_a_statement(prefix):
    """A prefix is refused everywhere before it reaches a statement."""
    with pytest.raises(ConfigError, match="cannot be the prefix of tables; write a lower-case"):
        SqlAlchemyStore("sqlite://", prefix=prefix)
    with pytest.raises(ConfigError, match="cannot be the prefix of tables"):
        add_tables(sa.MetaData(), prefix=prefix)
    with create_engine("sqlite://").connect() as connection:
        with pytest.raises(ConfigError, match="cannot be the prefix of tables"):
            SqlAlchemyTransaction(connection, prefix=prefix)
        with pytest.raises(ConfigError, match="cannot be the prefix of tables"):
            finish_tables(connection, prefix=prefix)


@pytest.mark.parametrize("prefix", [None, 7, b"crm"])
def test_refuses_prefixes_that_are_no_text(prefix):
    """A prefix of another type is a mistake that is told as one."""
    with pytest.raises(ConfigError, match="cannot be the prefix of tables"):
        SqlAlchemyStore("sqlite://", prefix=prefix)


@pytest.mark.parametrize("schema", ['s"', "s.t", "S", "", "s`", 7, "s" * 64])
def test_refuses_schemas_that_cannot_stand_in_a_statement(schema):
    """A schema is refused before it reaches a statement."""
    with pytest.raises(ConfigError, match="cannot be the schema of tables; write a lower-case"):
        SqlAlchemyStore("postgresql+psycopg://host/db", schema=schema)
    with pytest.raises(ConfigError, match="cannot be the schema of tables"):
        add_tables(sa.MetaData(), schema=schema)


def test_refuses_a_schema_on_sqlite():
    """SQLite has none, which is said with what to do."""
    with pytest.raises(
        ConfigError, match=r"^SQLite has no schemas; leave schema out, or use a pre"
    ):
        SqlAlchemyStore("sqlite://", schema="crm")


def test_refuses_a_collation_that_cannot_stand_in_a_statement():
    """A collation is refused before it reaches a statement."""
    with pytest.raises(ConfigError, match="is no collation; write 'utf8mb4_nopad_bin' or"):
        add_tables(sa.MetaData(), collation="x; DROP TABLE y")


@KINDS
def test_tells_that_the_tables_are_missing(kind):
    """Reading and writing without tables say that there are none and how to make them."""
    prefix = sql.new_prefix()
    store = SqlAlchemyStore(sql.shared_engine(kind), prefix=prefix)
    for use in (lambda: store.get(["a"]), lambda: store.commit(CHANGE), lambda: store.trim(0)):
        with pytest.raises(ConfigError) as caught:
            use()
        assert str(caught.value) == (
            f"the tables {prefix}_* are not there; make them with store.create()"
        )
    store.create()
    store.commit(CHANGE)
    assert store.get(["lead/1"])


@KINDS
def test_missing_tables_leave_the_transaction_usable(kind):
    """A host that asks a store without tables goes on in the same transaction."""
    with sql.shared_engine(kind).connect() as connection:
        store = SqlAlchemyTransaction(connection, prefix=sql.new_prefix())
        for use in (lambda: store.get(["a"]), lambda: store.commit(CHANGE)):
            with pytest.raises(ConfigError, match="are not there"):
                use()
            assert connection.execute(text("SELECT 1")).scalar() == 1


@pytest.mark.parametrize(("kind", "schema"), [("postgresql", "nowhere"), ("mariadb", "nowhere")])
def test_a_schema_that_is_not_there_is_told(kind, schema):
    """Tables in a schema that does not exist are missing tables."""
    store = SqlAlchemyStore(sql.shared_engine(kind), schema=schema)
    with pytest.raises(ConfigError, match="are not there"):
        store.counts()
    with sql.shared_engine(kind).connect() as connection:
        with pytest.raises(ConfigError, match="are not there"):
            store.bind(connection).counts()
        assert connection.execute(text("SELECT 1")).scalar() == 1


@KINDS
def test_refuses_tables_that_went_missing(kind):
    """Tables that are dropped behind the back of a store are told of, too."""
    prefix = sql.new_prefix()
    store = SqlAlchemyStore(sql.shared_engine(kind), prefix=prefix)
    store.create()
    assert store.counts() == {}
    with sql.shared_engine(kind).begin() as connection:
        cascade = "" if kind == "sqlite" else " CASCADE"
        connection.execute(text(f"DROP TABLE {prefix}_counter{cascade}"))
    with pytest.raises(ConfigError, match=r"create\(\)"):
        store.counts()


@KINDS
@pytest.mark.parametrize(
    ("version", "remedy"),
    [(SCHEMA + 1, "install the release of leadroute that made them, or newer"), (1, None)],
)
def test_refuses_tables_of_another_release(kind, version, remedy):
    """Tables of a newer or an older release are refused with both versions, own and bound."""
    prefix, engine = sql.new_prefix(), sql.shared_engine(kind)
    SqlAlchemyStore(engine, prefix=prefix).create()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {prefix}_schema SET version = {version}"))
    store = SqlAlchemyStore(engine, prefix=prefix)
    with engine.connect() as connection:
        uses = (lambda: store.get(["a"]), store.bind(connection).counts, store.create)
        for use in uses[: 3 if remedy else 2]:
            with pytest.raises(ConfigError, match=f"have schema {version}; this release") as caught:
                use()
            assert str(SCHEMA) in str(caught.value)
            assert remedy is None or remedy in str(caught.value)


@pytest.mark.parametrize(("kind", "driver"), DRIVERS)
def test_refuses_a_connection_in_autocommit(kind, driver):
    """A host whose connection commits each statement by itself is told so, and nothing is written."""
    sql.made(kind)
    sql.empty(kind)
    error = in_autocommit(kind, driver, isolation_level="AUTOCOMMIT")
    assert "its driver is in autocommit: leave isolation_level at the default" in str(error)
    assert sql.made(kind).get(["lead/1"]) == {}


def in_autocommit(kind, driver, before=None, **options):
    """The error of a commit on a connection whose driver is in autocommit."""
    engine = sql.engine_of(kind, driver, **options)
    if driver not in AWAITED:
        with closing_engine(engine), engine.connect() as connection:
            if before:
                before(connection)
            with pytest.raises(TransactionRequiredError) as caught:
                SqlAlchemyTransaction(connection).commit(CHANGE)
            with Session(connection) as session, pytest.raises(TransactionRequiredError):
                SqlAlchemyTransaction(session).counts()
            return caught.value

    async def run():
        try:
            async with engine.connect() as connection:
                if before:
                    await connection.run_sync(before)
                with pytest.raises(TransactionRequiredError) as caught:
                    await AsyncSqlAlchemyTransaction(connection).commit(CHANGE)
            async with AsyncSession(engine) as session:
                if before:
                    await (await session.connection()).run_sync(before)
                with pytest.raises(TransactionRequiredError):
                    await AsyncSqlAlchemyTransaction(session).counts()
            return caught.value
        finally:
            await engine.dispose()

    return asyncio.run(run())


def hidden(kind):
    """Put the driver itself into autocommit, of which SQLAlchemy does not know."""

    def before(connection):
        driver = connection.connection.dbapi_connection
        if kind == "mariadb":
            driver.autocommit(True)
        elif kind == "postgresql":
            driver.autocommit = True
        else:
            driver.isolation_level = None

    return before


@pytest.mark.parametrize(("kind", "driver"), DRIVERS)
def test_asks_the_driver_for_autocommit(kind, driver):
    """Autocommit that was set on the driver alone, without SQLAlchemy's knowledge, is found as well."""
    sql.made(kind)
    sql.empty(kind)
    in_autocommit(kind, driver, hidden(kind))
    assert sql.made(kind).get(["lead/1"]) == {}


class Autocommit(sqlite3.Connection):
    """A connection with ``autocommit=True``, as Python 3.12 has it."""

    autocommit = True
    isolation_level = ""

    def __init__(self, *given, **named):
        super().__init__(*given, **named | {"isolation_level": None})

    def commit(self):
        """Nothing: it does so by itself."""

    rollback = commit


class AlwaysOpen(Autocommit):
    """A connection with ``autocommit=False``, which is always in a transaction."""

    autocommit = False

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.execute("BEGIN")

    def commit(self):
        """Commit, and begin."""
        sqlite3.Connection.commit(self)
        self.execute("BEGIN")

    def rollback(self):
        """Roll back, and begin."""
        sqlite3.Connection.rollback(self)
        self.execute("BEGIN")


@pytest.mark.parametrize("driver", ["pysqlite", "aiosqlite"])
def test_knows_the_newer_autocommit_of_sqlite(driver):
    """The attribute that Python 3.12 has for autocommit is asked too."""
    sql.made("sqlite")
    sql.empty("sqlite")
    in_autocommit("sqlite", driver, connect_args={"factory": Autocommit})
    assert sql.made("sqlite").get(["lead/1"]) == {}


@pytest.mark.parametrize("mode", [Autocommit, AlwaysOpen])
def test_an_engine_may_have_either_autocommit_of_sqlite(tmp_path, mode):
    """A store on an engine commits, refuses, reads, forgets and purges whatever mode the driver is in."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = create_engine(url, connect_args={"factory": mode})
    with closing_engine(engine):
        store = SqlAlchemyStore(engine)
        store.create()
        for number in range(3):
            change = Change("c", (Put(f"lead/{number}", "{}", 0, status="a", due=number),))
            store.commit(change)
            with pytest.raises(ConflictError):
                store.commit(change)
        assert len(store.find(status=["a", "b"])) == 3
        assert store.trim(0) == 0
        assert store.purge() is True
    with SqlAlchemyStore(url) as reopened:
        assert len(reopened.find(status="a")) == 3


def test_a_host_may_have_a_transaction_that_is_always_open(tmp_path):
    """A store inside a transaction that the driver begins by itself commits and rolls back with it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}", connect_args={"factory": AlwaysOpen})
    with closing_engine(engine):
        store = SqlAlchemyStore(engine)
        store.create()
        with engine.begin() as connection:
            store.bind(connection).commit(CHANGE)
        with engine.connect() as connection:
            store.bind(connection).commit(Change("c", (Put("lead/2", "{}", 0),)))
        assert list(store.get(["lead/1", "lead/2"])) == ["lead/1"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Put("a\0b", "{}", 0),
        lambda: Put("a", "{}", 0, status="\0"),
        lambda: Add("a\0", 1),
        lambda: Change("c\0", ()),
    ],
)
def test_no_store_is_given_a_nul(make):
    """A NUL, which PostgreSQL cannot keep, is refused before there is a change to commit."""
    with pytest.raises(ValidationError, match="NUL"):
        make()


@pytest.mark.parametrize("given", [None, 7, object(), "sqlite://"])
def test_refuses_to_bind_what_is_no_connection(given):
    """Anything that is neither a connection nor a session is refused by the name of its type."""
    kind = type(given).__name__
    with SqlAlchemyStore("sqlite://") as store, pytest.raises(ConfigError) as caught:
        store.bind(given)
    assert str(caught.value) == f"{kind} cannot be bound; give a Connection or Session"
    with pytest.raises(ConfigError) as caught:
        AsyncSqlAlchemyStore("sqlite://").bind(given)
    assert str(caught.value) == f"{kind} cannot be bound; give a AsyncConnection or AsyncSession"


def test_refuses_to_bind_the_other_sort():
    """A connection or session of the other sort is refused with the class for it."""
    awaited = create_async_engine("sqlite+aiosqlite://")
    other = "take AsyncSqlAlchemyTransaction$"
    with pytest.raises(ConfigError, match=f"^AsyncConnection cannot be bound; .*{other}"):
        SqlAlchemyTransaction(awaited.connect())
    with pytest.raises(ConfigError, match=f"^AsyncSession cannot be bound; .*{other}"):
        SqlAlchemyTransaction(AsyncSession(awaited))
    engine = create_engine("sqlite://")
    with (
        engine.connect() as connection,
        Session(engine) as session,
    ):
        for host in (connection, session):
            with pytest.raises(ConfigError, match=r"or take SqlAlchemyTransaction$"):
                AsyncSqlAlchemyTransaction(host)


def test_refuses_a_session_without_a_database():
    """A session that knows no engine is refused with what it lacks."""
    for make, bind in (
        (Session, SqlAlchemyTransaction),
        (AsyncSession, AsyncSqlAlchemyTransaction),
    ):
        with pytest.raises(ConfigError, match="no engine"):
            bind(make())


def test_refuses_to_bind_an_engine():
    """An engine is no connection, and the message says what is."""
    with pytest.raises(ConfigError, match=r"^Engine cannot be bound; give a Connection or Session"):
        SqlAlchemyTransaction(create_engine("sqlite://"))


def test_refuses_a_connection_to_another_kind_of_database():
    """A store is not bound to a connection whose SQL is another."""
    store = SqlAlchemyStore(create_engine("postgresql+psycopg://host/db"))
    with create_engine("sqlite://").connect() as connection, pytest.raises(ConfigError) as caught:
        store.bind(connection)
    assert str(caught.value) == (
        "the connection is to sqlite, and the store is in postgresql; bind one to the database of "
        "the store"
    )


@KINDS
def test_binds_a_connection_of_another_driver(kind):
    """A host's connection may have another driver than the store, whose statements it writes in its own form."""
    store = sql.made(kind)
    sql.empty(kind)
    other = {"postgresql": "psycopg2", "mariadb": "pymysql", "sqlite": "pysqlite"}[kind]
    engine = sql.engine_of(kind, other)
    with closing_engine(engine), engine.begin() as connection:
        store.bind(connection).commit(CHANGE)
    assert store.get(["lead/1"])


@KINDS
def test_is_bound_to_one_transaction(kind):
    """After the host's commit or rollback the store is not used in the next transaction."""
    store = sql.made(kind)
    sql.empty(kind)
    with sql.shared_engine(kind).connect() as connection:
        for end in (connection.commit, connection.rollback):
            bound = store.bind(connection)
            bound.counts()
            end()
            for use in (bound.counts, lambda bound=bound: bound.commit(CHANGE)):
                with pytest.raises(TransactionRequiredError, match="bind again in each transacti"):
                    use()
            connection.rollback()
        store.bind(connection).commit(CHANGE)
    with Session(sql.shared_engine(kind)) as session:
        bound = store.bind(session)
        bound.counts()
        session.commit()
        with pytest.raises(TransactionRequiredError, match="bind again in each transaction"):
            bound.counts()


@KINDS
def test_a_connection_that_is_closed_is_told(kind):
    """A store on a connection or session that its host has closed says to bind again."""
    store = sql.made(kind)
    with sql.shared_engine(kind).connect() as connection:
        bound, unused = store.bind(connection), store.bind(connection)
        bound.counts()
    for each in (bound, unused):
        with pytest.raises(TransactionRequiredError, match="bind again in each transaction"):
            each.counts()


def test_mariadb_makes_no_tables_in_a_transaction():
    """MariaDB would commit the host's transaction, so it is refused and nothing is made."""
    prefix = sql.new_prefix()
    with sql.shared_engine("mariadb").connect() as connection:
        store = SqlAlchemyTransaction(connection, prefix=prefix)
        with pytest.raises(ConfigError, match=r"^MariaDB and MySQL commit at each CREATE"):
            store.create()
        assert not sa.inspect(connection).has_table(f"{prefix}_record")


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_makes_tables_in_a_transaction(kind):
    """Tables that are made in a host's transaction are gone with its rollback."""
    prefix, engine = sql.new_prefix(), sql.shared_engine(kind)
    with engine.connect() as connection:
        store = SqlAlchemyTransaction(connection, prefix=prefix)
        store.create()
        store.commit(CHANGE)
        assert store.get(["lead/1"])
        connection.rollback()
    assert not sa.inspect(engine).has_table(f"{prefix}_record")


def nowhere():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


UNREACHABLE = [
    (SqlAlchemyStore, "postgresql+psycopg"),
    (SqlAlchemyStore, "postgresql+psycopg2"),
    (SqlAlchemyStore, "mysql+pymysql"),
    (AsyncSqlAlchemyStore, "postgresql+asyncpg"),
    (AsyncSqlAlchemyStore, "postgresql+psycopg"),
    (AsyncSqlAlchemyStore, "mysql+asyncmy"),
]


def error_of(store, *, make=False):
    """The error of a store's first call."""
    method = store.create if make else store.counts

    async def awaited():
        await method()

    use = method if isinstance(store, SqlAlchemyStore) else lambda: asyncio.run(awaited())
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the caller looks at it
        use()
    return caught.value


@pytest.mark.parametrize("make", [False, True])
@pytest.mark.parametrize(("store", "driver"), UNREACHABLE)
def test_a_server_that_does_not_answer_may_do_so_later(store, driver, make):
    """A server that is not reachable is an error that may pass, and no password is told."""
    url = f"{driver}://me:{SECRET}@127.0.0.1:{nowhere()}/db"
    opened = store(url)
    error = error_of(opened, make=make)
    assert isinstance(error, TransientError)
    assert "(no connection: " in str(error)
    assert SECRET not in told_all(error)
    assert SECRET not in repr(opened)


@pytest.mark.parametrize(("kind", "driver"), [each for each in DRIVERS if each[0] != "sqlite"])
def test_a_wrong_password_is_not_told(kind, driver):
    """The error of a password that the server refuses does not pass by itself, and does not show it."""
    url = sa.make_url(sql.url_of(kind, driver)).set(password=SECRET)
    store = (AsyncSqlAlchemyStore if driver in AWAITED else SqlAlchemyStore)(url)
    error = error_of(store)
    assert not isinstance(error, TransientError)
    assert SECRET not in told_all(error)
    assert SECRET not in repr(store)


@pytest.mark.parametrize(
    "url",
    [
        "oracle://me:{}@host/db",
        "mysql+mysqldb://me:{}@host/db",
        "postgresql+asyncpg://me:{}@host/db",
        "postgresql//me:{}@host/db",
        "postgresql://me:{}@host:port/db",
    ],
)
def test_no_refusal_of_a_url_tells_its_password(url):
    """A URL that is refused is not shown with its password, nor are the causes."""
    with pytest.raises(ConfigError) as caught:
        SqlAlchemyStore(url.format(SECRET))
    assert SECRET not in told_all(caught.value)


@pytest.mark.parametrize("place", [f"me:{SECRET}@host/db", f"host/db?password={SECRET}"])
def test_a_missing_driver_does_not_tell_the_password(monkeypatch, place):
    """The error of a driver that is not installed names the URL without its password."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"^a URL of postgresql\+psycopg needs") as caught:
        SqlAlchemyStore(f"postgresql+psycopg://{place}")
    assert SECRET not in told_all(caught.value)


def test_a_pool_that_is_empty_too_long_may_pass():
    """A store that gets no connection of a busy pool says that the same may work later."""
    engine = sql.engine_of("postgresql", pool_size=1, max_overflow=0, pool_timeout=0.01)
    sql.made("postgresql")
    with closing_engine(engine), engine.connect():
        store = SqlAlchemyStore(engine)
        for use in (store.counts, store.create):
            with pytest.raises(TransientError, match="no connection: TimeoutError"):
                use()
