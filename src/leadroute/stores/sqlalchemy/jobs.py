"""What a store asks of a connection, as jobs that know nothing of threads or asyncio.

A job is a function of one of SQLAlchemy's connections. A store calls it, or lets SQLAlchemy run it
over a driver of asyncio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from sqlite3 import DatabaseError
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.engine import Dialect as EngineDialect
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from leadroute.errors import ConfigError, ConflictError, TransientError, UnknownOutcomeError
from leadroute.offers.change import Change
from leadroute.stores.sqlalchemy import drivers
from leadroute.stores.sqlalchemy.database import Database, Dialect
from leadroute.stores.sqlalchemy.mysql import Mysql
from leadroute.stores.sqlalchemy.postgresql import Postgresql
from leadroute.stores.sqlalchemy.sqlite import Sqlite, begin_for_host
from leadroute.stores.sqlalchemy.tables import MARIADB, MYSQL, Names, add_tables, finish_tables
from leadroute.stores.sqlite_statements import SCHEMA, create, schema_of

T = TypeVar("T")
Job = Callable[[Connection], T]
Work = Callable[[Dialect, Database], T]

_LEVEL = "current_setting('default_transaction_isolation')"
_LATEST = "read committed"


class Tables:
    """The tables of one store, on whatever connection: what is written and how, found out at the first use."""

    def __init__(self, prefix: str, schema: str | None, dialect: EngineDialect) -> None:
        self.family = drivers.family(dialect.name)
        self.has_clock = self.family != "sqlite"
        self.names = Names.of(prefix, schema, self.family)
        self.driver = dialect.driver
        self._dialect: Dialect | None = None
        self._level: str | None = None

    def __str__(self) -> str:
        return self.names.head

    def sql(self, statement: str) -> str:
        """The statement on these tables, with places as the driver has them."""
        named = self.names.within(statement)
        if self.driver != "asyncpg":
            return named
        head, *parts = named.split("%s")
        return head + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))

    def dialect(self, connection: Connection, db: Database) -> Dialect:
        """How these tables are used, once they are known to be there."""
        if self._dialect is None:
            self._dialect = self._found(connection, db)
            if db.is_own and self.family == "mysql":
                db.driver.rollback()  # the transaction that the question has begun
        if db.is_own and self.family == "postgresql":
            self._require_level(db)
        return self._dialect

    def _found(self, connection: Connection, db: Database) -> Dialect:
        if self.family == "sqlite":
            require_schema(schema_of(db, self.names.prefix), str(self))
            return Sqlite(self.names.prefix)
        if self.family == "mysql":
            require_schema(self._version(db), str(self))
            return Mysql(self.sql, returning=bool(getattr(connection.dialect, "is_mariadb", False)))
        look = self.sql(f"SELECT to_regclass(%s)::text, to_regprocedure(%s)::text, {_LEVEL}")
        schema, function = (self.sql(f"leadroute_{name}") for name in ("schema", "commit_3(text)"))
        ((there, made, level),) = db.rows(look, schema, function)
        if db.is_own:
            self._level = level
        if there is None:
            raise drivers.missing(str(self))
        require_schema(self._version(db), str(self))
        return Postgresql(self.sql, function=made is not None)

    def _require_level(self, db: Database) -> None:
        """Refuse a server whose statements, as transactions of their own, do not see what was committed last."""
        if self._level != _LATEST:  # what a host's connection has says nothing of the store's own
            ((self._level,),) = db.rows(f"SELECT {_LEVEL}")
        if self._level != _LATEST:
            raise ConfigError(
                f"the server's default_transaction_isolation is {self._level!r}; a store on an engine of "
                "its own needs 'read committed': set it for the role or the database, or bind the store"
            )

    def _version(self, db: Database) -> int | None:
        ((found,),) = db.rows(self.sql("SELECT max(version) FROM leadroute_schema"))
        return None if found is None else int(found)


def require_schema(found: int | None, tables: str) -> None:
    """Refuse tables of another release."""
    if found is None:
        raise drivers.missing(tables)
    if found > SCHEMA:
        raise ConfigError(
            f"the tables {tables}* have schema {found}; this release reads {SCHEMA}: install the "
            "release of leadroute that made them, or newer"
        )
    if found < SCHEMA:
        raise ConfigError(
            f"the tables {tables}* have schema {found}; this release reads {SCHEMA}: bring them up to "
            "date with store.create()"
        )


@contextmanager
def _told(connection: Connection, tables: Tables, *, unknown: bool) -> Iterator[None]:
    """Raise the errors of a driver as those of a store.

    Args:
        connection: Where they come from; one that is broken is not used again.
        tables: Whose they are.
        unknown: Whether a connection that broke leaves open what was written.
    """
    errors: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except (errors.Error, OSError) as error:
        broken = isinstance(error, OSError) or connection.dialect.is_disconnect(
            error, connection.connection, None
        )  # asyncpg's command_timeout is an OSError too, and it still works
        if broken:
            connection.invalidate(error)
            kind = UnknownOutcomeError if unknown else TransientError
            raise kind(f"the connection broke: {type(error).__name__}") from error
        told: Exception | None
        if isinstance(error, DatabaseError):
            told = drivers.of_file(error, connection.engine)
        else:
            told = drivers.explained(error, str(tables))
        if told is None:
            raise
        raise told from error


def own_read(tables: Tables, work: Work[T]) -> Job[T]:
    """Read, on a connection of the store's own."""

    def job(connection: Connection) -> T:
        with _told(connection, tables, unknown=False), _at_once(connection, tables):
            db = Database(connection, is_own=True)
            return work(tables.dialect(connection, db), db)

    return job


@contextmanager
def _at_once(connection: Connection, tables: Tables) -> Iterator[None]:
    """Let each statement on PostgreSQL commit itself: it is a flag of the driver, and no round trip."""
    if tables.family != "postgresql" or drivers.needs_transaction(connection):
        yield
        return
    driver: Any = connection.connection
    before = driver.autocommit
    driver.dbapi_connection.autocommit = True
    try:
        yield
    finally:
        if not connection.invalidated:
            driver.dbapi_connection.autocommit = before


def own_write(tables: Tables, work: Work[T], change: Change | None) -> Job[T]:
    """Write all or nothing, on a connection of the store's own."""

    def job(connection: Connection) -> T:
        with _told(connection, tables, unknown=False), _at_once(connection, tables):
            return _written(connection, tables, work, change)

    return job


def _written(connection: Connection, tables: Tables, work: Work[T], change: Change | None) -> T:
    db = Database(connection, is_own=True)
    dialect = tables.dialect(connection, db)
    at_once = isinstance(dialect, Postgresql)

    def undo() -> None:
        if not connection.invalidated:
            dialect.rollback(db)

    with _told(connection, tables, unknown=at_once):
        dialect.begin(db)
        answer = _done(dialect, db, work, change, undo)
    with _told(connection, tables, unknown=True):
        dialect.commit(db)
    return answer


def bound_read(tables: Tables, work: Work[T]) -> Job[T]:
    """Read, inside the transaction of the host."""

    def job(connection: Connection) -> T:
        with _told(connection, tables, unknown=False):
            db = Database(connection, is_own=False)
            return work(tables.dialect(connection, db), db)

    return job


class _Mark:
    """A mark in the transaction of the host, and whether the database has undone more than back to it."""

    def __init__(self) -> None:
        self._db: Database | None = None
        self.is_lost = False

    def set(self, dialect: Dialect, db: Database) -> None:
        """Mark the transaction, where the dialect needs it."""
        self._db = db if dialect.savepoint(db) else None

    def undo(self) -> None:
        """Go back to the mark; without it the transaction is lost."""
        if self._db is not None:
            self.is_lost = True
            self._db.execute("ROLLBACK TO SAVEPOINT leadroute_change")
            self.is_lost = False
            self.release()

    def release(self) -> None:
        """Take the mark away."""
        if self._db is not None:
            self._db.execute("RELEASE SAVEPOINT leadroute_change")

    def tell(self, connection: Connection, error: BaseException) -> None:
        """Let no statement of the host commit half: SQLAlchemy refuses all until it rolls back."""
        if self.is_lost and not connection.invalidated:
            error.add_note("The database has undone your whole transaction: roll it back.")
            if not isinstance(connection.engine.pool, SingletonThreadPool | StaticPool):
                connection.invalidate()  # in memory the connection is the database


def bound_write(tables: Tables, work: Work[T], change: Change | None) -> Job[T]:
    """Write all or nothing inside the transaction of the host, which goes on."""

    def job(connection: Connection) -> T:
        mark = _Mark()
        try:
            with _told(connection, tables, unknown=False):
                return _marked(connection, tables, work, change, mark)
        except BaseException as error:
            mark.tell(connection, error)
            raise

    return job


def _marked(
    connection: Connection, tables: Tables, work: Work[T], change: Change | None, mark: _Mark
) -> T:
    db = Database(connection, is_own=False)
    dialect = tables.dialect(connection, db)
    mark.set(dialect, db)
    try:
        answer = _done(dialect, db, work, change, mark.undo)
    except ConflictError as conflict:
        if drivers.reads_again(level_of(connection)):
            raise
        raise TransientError(f"{conflict}, in a transaction that shows one snapshot") from None
    mark.release()
    return answer


def _done(
    dialect: Dialect,
    db: Database,
    work: Work[T],
    change: Change | None,
    undo: Callable[[], None],
) -> T:
    """Do the work, or undo it; where one statement failed because of a guard, say which."""
    try:
        return work(dialect, db)
    except BaseException as error:
        with suppress(
            Exception
        ):  # a server that ends a deadlock has undone all of it, the mark too
            undo()
        if change is not None and isinstance(dialect, Postgresql) and drivers.was_undone(error):
            raise dialect.refusal(db, change) from None
        raise


def clock(dialect: Any, db: Database) -> int:
    """Ask for the present by the clock of the server, in microseconds."""
    found: int = dialect.clock(db)
    return found


def level_of(connection: Connection) -> str | None:
    """The isolation level of a connection as SQLAlchemy knows it; ``None`` where reads are never old."""
    if connection.dialect.name == "sqlite":
        return None
    options = connection.get_execution_options()
    found = options.get("isolation_level") or connection.default_isolation_level
    return None if found is None else str(found)


def create_all(tables: Tables, connection: Connection) -> None:
    """Make what is missing, one process at a time."""
    kind, names = tables.family, tables.names
    with _told(connection, tables, unknown=False):
        if kind == "sqlite":
            _create_sqlite(tables, connection)
        elif kind == "mysql":
            lock = f"leadroute {names.schema or ''}.{names.prefix}"[:64]
            connection.exec_driver_sql("SELECT GET_LOCK(%s, 60)", (lock,))
            try:
                _create_server(tables, connection)
                connection.commit()
            finally:
                connection.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (lock,))
        else:
            with connection.begin():
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('leadroute'))")
                _create_server(tables, connection)


def create_within(tables: Tables, connection: Connection) -> None:
    """Make what is missing in the transaction of the host."""
    with _told(connection, tables, unknown=False):
        if tables.family == "mysql":
            raise ConfigError(
                "MariaDB and MySQL commit at each CREATE, and so your transaction; make the tables "
                "with the store on an engine, or in a migration"
            )
        if tables.family == "sqlite":
            db = Database(connection, is_own=False)
            begin_for_host(db)
            create(db, tables.names.prefix)
        else:
            _create_server(tables, connection)


def _create_sqlite(tables: Tables, connection: Connection) -> None:
    db = Database(connection, is_own=True)
    if schema_of(db, tables.names.prefix) == SCHEMA:
        return
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("BEGIN IMMEDIATE")
    create(db, tables.names.prefix)
    db.execute("COMMIT")


def _create_server(tables: Tables, connection: Connection) -> None:
    names, metadata = tables.names, MetaData()
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    collation = MARIADB if is_mariadb else MYSQL
    add_tables(metadata, prefix=names.prefix, schema=names.schema, collation=collation)
    if connection.dialect.has_table(connection, f"{names.prefix}_schema", schema=names.schema):
        statement = names.within("SELECT max(version) FROM leadroute_schema")
        found = connection.exec_driver_sql(statement).scalar()
        require_schema(SCHEMA if found is None else found, str(tables))
        metadata.create_all(connection)  # what an attempt that was cut off has left out
        finish_tables(connection, prefix=names.prefix, schema=names.schema)
    else:
        metadata.create_all(connection)


def purge(tables: Tables) -> Job[bool]:
    """Empty the log of a file of SQLite; a server is not asked."""

    def work(_dialect: Dialect, db: Database) -> bool:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    return own_read(tables, work) if tables.family == "sqlite" else lambda _connection: False
