"""The tables of the store as SQLAlchemy and Alembic see them, and what a database has beside them."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BLANK_SCHEMA,
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import SchemaItem

from leadroute.errors import ConfigError
from leadroute.offers.change import MAX_KEY
from leadroute.stores.sqlalchemy import mysql, postgresql
from leadroute.stores.sqlalchemy.drivers import code_of, family
from leadroute.stores.sqlite_statements import SCHEMA, VIEWS, valid_prefix

MARIADB = "utf8mb4_nopad_bin"
MYSQL = "utf8mb4_0900_bin"

_NOT_ALLOWED = "42501"
_SCHEMA = re.compile("[a-z_][a-z0-9_]{0,62}")
_VIEWS = {"postgresql": postgresql.VIEWS, "mysql": mysql.VIEWS, "sqlite": VIEWS}


@frozen
class Names:
    """Where the tables are: their prefix and schema, both checked, since they stand in statements."""

    prefix: str
    schema: str | None
    dialect: str

    @classmethod
    def of(cls, prefix: str, schema: str | None, dialect: str) -> Names:
        """Check a prefix and a schema."""
        valid_prefix(prefix)
        if schema is not None and not (isinstance(schema, str) and _SCHEMA.fullmatch(schema)):
            shape = "a lower-case letter or _, then at most 62 lower-case letters, digits or _"
            raise ConfigError(f"{schema!r:.60} cannot be the schema of tables; write {shape}")
        if schema is not None and dialect == "sqlite":
            raise ConfigError("SQLite has no schemas; leave schema out, or use a prefix")
        return cls(prefix, schema, dialect)

    @property
    def head(self) -> str:
        """What stands before the name of each table."""
        if self.schema is None:
            return f"{self.prefix}_"
        quote = '"' if self.dialect == "postgresql" else "`"
        return f"{quote}{self.schema}{quote}.{self.prefix}_"

    def within(self, statement: str) -> str:
        """The statement on these tables; an index is named without its schema."""
        named = statement.replace("leadroute_", self.head)
        return named.replace(f"INDEX ({self.head}", f"INDEX ({self.prefix}_")


def add_tables(
    metadata: MetaData,
    *,
    prefix: str = "leadroute",
    schema: str | None = None,
    collation: str = MARIADB,
) -> None:
    """Add the tables of a store to your MetaData, so that Alembic knows them.

    ``metadata.create_all`` then makes all that a store needs. In a migration, which makes tables
    only, call :func:`finish_tables` after them.

    Args:
        metadata: Where they are added.
        prefix: The prefix of all table names.
        schema: The schema that they are in; ``None`` is the connection's own.
        collation: Read by MySQL and MariaDB alone: how keys are compared. MySQL 8 has
            ``utf8mb4_0900_bin`` for it.

    Raises:
        ConfigError: The prefix or the schema cannot be one.

    Example:
        >>> metadata = MetaData()
        >>> add_tables(metadata, prefix="crm")
        >>> sorted(metadata.tables)[:3]
        ['crm_counter', 'crm_event', 'crm_once']
    """
    Names.of(prefix, schema, "")
    if not re.fullmatch("[a-z0-9_]+", collation):
        raise ConfigError(f"{collation!r:.60} is no collation; write {MARIADB!r} or {MYSQL!r}")
    # A schema of the MetaData itself is that of the host's tables.
    options: dict[str, Any] = {"schema": schema or BLANK_SCHEMA}
    for name in ("mysql", "mariadb"):
        options |= {f"{name}_engine": "InnoDB", f"{name}_charset": "utf8mb4"}
        options[f"{name}_collate"] = collation

    made = [
        Table(f"{prefix}_{name}", metadata, *parts, **options, **more)
        for name, (parts, more) in (_state(prefix) | _log(prefix)).items()
    ]

    @event.listens_for(made[-1], "after_create")
    def finish(_table: Table, connection: Connection, **_options: Any) -> None:
        finish_tables(connection, prefix=prefix, schema=schema)


_Tables = dict[str, tuple[list[SchemaItem], dict[str, Any]]]
"""The parts of each table, and what else a database is told."""


def _state(prefix: str) -> _Tables:
    """The tables of what stands now."""
    record: list[SchemaItem] = [
        _key("key", primary_key=True),
        _number("version"),
        _key("status"),
        _key("owner"),
        _number("due"),
        _text("data"),
        Index(f"{prefix}_record_status", "status", "due", "key"),
        Index(f"{prefix}_record_owner", "owner", "due", "key"),
        Index(f"{prefix}_record_due", "due", "key"),
    ]
    counter: list[SchemaItem] = [_key("key", primary_key=True), _number("n")]
    once: list[SchemaItem] = [
        _key("key", primary_key=True),
        _text("value"),
        _key("fingerprint"),
        _number("at", nullable=True),
    ]
    small = {"sqlite_with_rowid": False}
    return {
        "record": (record, {}),
        # Half of each page stays free, so that a counter is counted on in its own page.
        "counter": (counter, {"postgresql_with": {"fillfactor": 50}, **small}),
        "once": (once, small),
    }


def _log(prefix: str) -> _Tables:
    """The tables of what has happened, and the version of them all, which is made last."""
    happened: list[SchemaItem] = [
        _number("id", primary_key=True, autoincrement=True),
        _key("lead"),
        _number("n"),
        _key("type"),
        _number("at"),
        _key("change"),
        _text("data"),
        UniqueConstraint("lead", "n", name=f"{prefix}_event_lead"),
        Index(f"{prefix}_event_change", "change"),
    ]
    outbox: list[SchemaItem] = [
        _number("event_id", primary_key=True, autoincrement=False),
        _number("until", nullable=True),
        _number("attempts"),
        _text("error"),
        _key("lead"),
        _number("n"),
        Index(f"{prefix}_outbox_lead", "lead", "n"),
    ]
    version = Column("version", Integer, primary_key=True, autoincrement=False)
    return {
        "event": (happened, {"sqlite_autoincrement": True}),
        "outbox": (outbox, {}),
        "schema": ([version], {}),
    }


def finish_tables(
    connection: Connection, *, prefix: str = "leadroute", schema: str | None = None
) -> None:
    """Make what a store has beside its tables: a function, views, and the mark of their version.

    In a migration of Alembic call it after the tables are made: ``finish_tables(op.get_bind())``.
    You can call it again. Without the right to make functions PostgreSQL goes on without one, only
    slower.

    Args:
        connection: Yours, in your transaction.
        prefix: The prefix of all table names.
        schema: The schema that they are in.

    Raises:
        ConfigError: The prefix or the schema cannot be one.
    """
    dialect = family(connection.dialect.name)
    names = Names.of(prefix, schema, dialect)
    if dialect == "postgresql":
        _make_function(connection, names)
    stamp = f"INSERT INTO leadroute_schema (version) VALUES ({SCHEMA})"  # noqa: S608 - our number
    for statement in (*_VIEWS[dialect], "DELETE FROM leadroute_schema", stamp):
        _execute(connection, names.within(statement))


def _execute(connection: Connection, statement: str) -> None:
    """Execute a statement without parameters, in which a ``%`` is one."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _make_function(connection: Connection, names: Names) -> None:
    """Make the function that takes a change, if that is allowed."""
    try:
        with connection.begin_nested():
            _execute(connection, names.within(postgresql.FUNCTION))
    except DBAPIError as error:
        if error.orig is None or code_of(error.orig) != _NOT_ALLOWED:
            raise


_KEY = (
    String(MAX_KEY)
    .with_variant(String(MAX_KEY, collation="C"), "postgresql")
    .with_variant(Text(), "sqlite")
)
_TEXT = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def _key(name: str, **options: Any) -> Column[str]:
    return Column(name, _KEY, **{"nullable": False, **options})


def _text(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False)


def _number(name: str, **options: Any) -> Column[int]:
    return Column(name, _NUMBER, **{"nullable": False, **options})
