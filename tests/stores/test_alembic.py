"""The tables as Alembic sees them: nothing to change after create(), and a migration that makes a store."""

import contextlib
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations

from leadroute.offers.change import Add, Change, Emit, Put
from leadroute.stores import SqliteStore
from leadroute.stores.sqlalchemy import SqlAlchemyStore, add_tables, finish_tables
from leadroute.stores.sqlite_statements import SCHEMA
from tests import servers
from tests.stores import sql

KEPT = Path(__file__).parents[1] / "data" / "schema-2.sqlite"
WIDE = {"compare_type": True, "compare_server_default": True}
CHANGE = Change(
    "c", (Put("lead/1", "{}", 0), Add("rep/open/ada", 2), Emit("1", 1, "made", "{}", 5))
)
PLACES = [
    ("postgresql", "leadroute", None),
    ("postgresql", "crm_2", None),
    ("postgresql", "leadroute", "crm"),
    ("mariadb", "leadroute", None),
    ("mariadb", "crm_2", None),
    ("sqlite", "leadroute", None),
    ("sqlite", "crm_2", None),
]
EVERYWHERE = pytest.mark.parametrize(("kind", "prefix", "schema"), PLACES)


@contextlib.contextmanager
def empty_database(kind, folder, schema=None):
    """An engine to a database in which there is nothing but a schema."""
    with contextlib.ExitStack() as kept:
        if kind == "sqlite":
            url, options = f"sqlite:///{folder / 'a.db'}", {}
        else:
            server = servers.postgresql() if kind == "postgresql" else servers.mariadb()
            place = kept.enter_context(servers.new_database(server))
            url = place.url(sql.KINDS[kind][0])
            options = {"connect_args": {"ssl_disabled": True}} if kind == "mariadb" else {}
        engine = sa.create_engine(url, **options)
        kept.callback(engine.dispose)
        if schema:
            with engine.begin() as connection:
                connection.execute(sa.schema.CreateSchema(schema))
        yield engine


def metadata_of(prefix, schema):
    """What an application gives Alembic as its target."""
    metadata = sa.MetaData()
    add_tables(metadata, prefix=prefix, schema=schema)
    return metadata


def context_of(connection, **options):
    """How Alembic looks at a database."""
    return MigrationContext.configure(connection, opts=WIDE | options)


def works(engine, prefix, schema):
    """Whether a store writes and reads, with its views, and says so of its tables."""
    store = SqlAlchemyStore(engine, prefix=prefix, schema=schema)
    store.commit(CHANGE)
    assert store.counts() == {"rep/open/ada": 2}
    assert [event.lead for event in store.events()] == ["1"]
    head = f"{schema}.{prefix}" if schema else prefix
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT rep_id, open FROM {head}_load")).all()
        versions = connection.execute(sa.text(f"SELECT version FROM {head}_schema")).all()
        made = function_of(connection, head)
    assert rows == [("ada", 2)]
    assert versions == [(SCHEMA,)]
    assert made or engine.dialect.name != "postgresql"


def function_of(connection, head):
    """The function that PostgreSQL has beside the tables; ``None`` is no such."""
    if connection.dialect.name != "postgresql":
        return None
    look = sa.text("SELECT to_regprocedure(:name)::text")
    return connection.execute(look, {"name": f"{head}_commit_3(text)"}).scalar()


@EVERYWHERE
def test_finds_no_difference_after_create(tmp_path, kind, prefix, schema):
    """Alembic would change nothing in what create() has made, and drop nothing."""
    with empty_database(kind, tmp_path, schema) as engine:
        store = SqlAlchemyStore(engine, prefix=prefix, schema=schema)
        store.create()
        metadata = metadata_of(prefix, schema)
        with engine.connect() as connection:
            context = context_of(connection, include_schemas=bool(schema))
            assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("kind", sql.KINDS)
def test_notices_a_column_that_has_gone(tmp_path, kind):
    """The comparison is one that finds differences: tables of another shape are told."""
    with empty_database(kind, tmp_path) as engine:
        SqlAlchemyStore(engine).create()
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE leadroute_once DROP COLUMN at"))
        with engine.connect() as connection:
            found = compare_metadata(context_of(connection), metadata_of("leadroute", None))
        assert [each[0] for each in found] == ["add_column"]


@EVERYWHERE
def test_a_generated_migration_makes_a_store(tmp_path, kind, prefix, schema):
    """A migration that Alembic writes for an empty database, and finish_tables, give a store."""
    with empty_database(kind, tmp_path, schema) as engine:
        metadata = metadata_of(prefix, schema)
        with engine.begin() as connection:
            context = context_of(connection, include_schemas=bool(schema))
            upgrade = produce_migrations(context, metadata).upgrade_ops
            assert len(upgrade.ops) >= 6
            with Operations.context(context) as op:
                migrate(render_python_code(upgrade), op)
                finish_tables(op.get_bind(), prefix=prefix, schema=schema)
        works(engine, prefix, schema)
        with engine.connect() as connection:
            context = context_of(connection, include_schemas=bool(schema))
            assert compare_metadata(context, metadata) == []


def migrate(code, op):
    """Run the body of a migration as it stands in a file."""
    lines = "\n".join(line.strip("\n") for line in code.splitlines())
    names = {"op": op, "sa": sa}
    for dialect in ("mysql", "postgresql", "sqlite"):
        if f"{dialect}." in code:
            names[dialect] = __import__(f"sqlalchemy.dialects.{dialect}", fromlist=["*"])
    exec(f"def upgrade():\n    {lines}\nupgrade()", names)


@EVERYWHERE
def test_create_all_makes_everything(tmp_path, kind, prefix, schema):
    """An application's create_all makes the function, the views and the version as well, and again."""
    with empty_database(kind, tmp_path, schema) as engine:
        metadata = metadata_of(prefix, schema)
        for _ in range(2):
            metadata.create_all(engine)
        works(engine, prefix, schema)
        SqlAlchemyStore(engine, prefix=prefix, schema=schema).create()


@EVERYWHERE
def test_finish_tables_can_be_called_again(tmp_path, kind, prefix, schema):
    """A second call changes nothing, and there is one version."""
    with empty_database(kind, tmp_path, schema) as engine:
        metadata_of(prefix, schema).create_all(engine)
        with engine.begin() as connection:
            finish_tables(connection, prefix=prefix, schema=schema)
        works(engine, prefix, schema)


@pytest.mark.parametrize("kind", sql.KINDS)
def test_create_finishes_a_migration_that_was_not(tmp_path, kind):
    """Tables of a migration without finish_tables are refused, and create() makes the rest."""
    with empty_database(kind, tmp_path) as engine:
        metadata = metadata_of("leadroute", None)
        with engine.begin() as connection:
            context = context_of(connection)
            with Operations.context(context) as op:
                migrate(render_python_code(produce_migrations(context, metadata).upgrade_ops), op)
        store = SqlAlchemyStore(engine)
        with pytest.raises(ValueError, match=r"are not there; make them with store.create\(\)"):
            store.counts()
        store.create()
        works(engine, "leadroute", None)


def test_two_stores_share_a_metadata(tmp_path):
    """The tables of two prefixes stand in one MetaData, each with all that belongs to it."""
    with empty_database("sqlite", tmp_path) as engine:
        metadata = metadata_of("a", None)
        add_tables(metadata, prefix="b")
        metadata.create_all(engine)
        works(engine, "a", None)
        works(engine, "b", None)


def test_opens_a_file_of_the_other_store(tmp_path):
    """What SqliteStore has written is read and written over SQLAlchemy, and the reverse."""
    path = tmp_path / "a.db"
    with SqliteStore(path) as first:
        first.create()
        first.commit(CHANGE)
    with SqlAlchemyStore(f"sqlite:///{path}") as second:
        assert second.get(["lead/1"])["lead/1"].version == 1
        second.commit(Change("d", (Put("lead/1", "[]", 1),)))
    with SqliteStore(path) as third:
        assert third.get(["lead/1"])["lead/1"].data == "[]"
        assert third.check() == ()


def test_a_file_of_create_all_opens_with_the_other_store(tmp_path):
    """A file whose tables SQLAlchemy made is one that SqliteStore takes for its own."""
    path = tmp_path / "a.db"
    with empty_database("sqlite", tmp_path) as engine:
        metadata_of("leadroute", None).create_all(engine)
    with SqliteStore(path) as store:
        store.create()
        store.commit(CHANGE)
        assert store.counts() == {"rep/open/ada": 2}
        assert store.check() == ()


@pytest.mark.parametrize("bound", [False, True])
def test_upgrades_a_file_of_an_older_release(tmp_path, bound):
    """A file of schema 2 is refused until create() has brought it up to date, with what is in it."""
    path = tmp_path / "a.db"
    shutil.copy(KEPT, path)
    with SqlAlchemyStore(f"sqlite:///{path}") as store:
        with pytest.raises(ValueError, match=r"have schema 2; .* up to date with store.create\(\)"):
            store.counts()
        if bound:
            with store._engine.engine.begin() as connection:
                store.bind(connection).create()
        else:
            store.create()
        shown = [store.find(), store.counts(), store.events(), store.events(pending_at=2**60)]
        assert all(shown)
    shutil.copy(KEPT, tmp_path / "b.db")
    with SqliteStore(tmp_path / "b.db") as other:
        other.create()
        assert shown == [
            other.find(),
            other.counts(),
            other.events(),
            other.events(pending_at=2**60),
        ]


def test_drops_nothing_of_a_file_of_an_older_release(tmp_path):
    """In a file that create() has upgraded Alembic finds no table, column or index to drop or to add."""
    shutil.copy(KEPT, tmp_path / "a.db")
    with empty_database("sqlite", tmp_path) as engine:
        SqlAlchemyStore(engine).create()
        with engine.connect() as connection:
            found = compare_metadata(context_of(connection), metadata_of("leadroute", None))
    names = {(each[0] if isinstance(each, list) else each)[0] for each in found}
    assert names <= {"modify_nullable", "modify_default", "add_constraint"}


def test_a_schema_of_the_host_is_its_own():
    """A MetaData with a schema keeps it for the tables of the host; those of a store are where they are said to be."""
    metadata = sa.MetaData(schema="app")
    add_tables(metadata)
    add_tables(metadata, prefix="crm", schema="sales")
    assert {table.schema for table in metadata.tables.values()} == {None, "sales"}
