"""Making the tables: again, and without the right to make functions."""

import pytest
import sqlalchemy as sa

from leadroute.errors import ConflictError
from leadroute.offers.change import Add, Change, Emit, Put
from leadroute.stores.sqlalchemy import SqlAlchemyStore, SqlAlchemyTransaction
from tests import servers
from tests.stores import sql

KINDS = pytest.mark.parametrize("kind", sql.KINDS)
CHANGE = Change("c", (Put("lead/1", "{}", 0), Add("n", 2, hi=3), Emit("1", 1, "made", "{}", 5)))


def works(store):
    """Whether a store writes, refuses and reads."""
    store.commit(CHANGE)
    with pytest.raises(ConflictError):
        store.commit(CHANGE)
    assert store.counts() == {"n": 2}


@KINDS
def test_create_again_keeps_what_is_there(kind):
    """A second call changes nothing, from the same store or another."""
    prefix, engine = sql.new_prefix(), sql.shared_engine(kind)
    store = SqlAlchemyStore(engine, prefix=prefix)
    store.create()
    works(store)
    store.create()
    SqlAlchemyStore(engine, prefix=prefix).create()
    assert store.counts() == {"n": 2}
    with engine.connect() as connection:
        versions = connection.execute(sa.text(f"SELECT count(*) FROM {prefix}_schema")).scalar()
    assert versions == 1


@pytest.fixture
def humble():
    """A URL to a database of PostgreSQL in whose functions a role has no part, and the owner's URL."""
    server = servers.postgresql()
    with servers.new_database(server) as place:
        owner = sa.create_engine(place.url("psycopg"), isolation_level="AUTOCOMMIT")
        role = f"humble_{place.database[2:12]}"
        with owner.connect() as connection:
            for statement in (
                f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
                f"GRANT CREATE, USAGE ON SCHEMA public TO {role}",
                "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
            ):
                connection.execute(sa.text(statement))
        url = owner.url.set(username=role, password="x")
        yield url.render_as_string(hide_password=False)
        with owner.connect() as connection:
            connection.execute(sa.text(f"DROP OWNED BY {role}"))
            connection.execute(sa.text(f"DROP ROLE {role}"))
        owner.dispose()


def functions(engine):
    """How many functions of stores there are."""
    with engine.connect() as connection:
        look = "SELECT count(*) FROM pg_proc WHERE proname LIKE '%commit_3'"
        return connection.exec_driver_sql(look.replace("%", "%%")).scalar()


def test_goes_on_without_the_right_to_make_functions(humble):
    """Where PostgreSQL allows no function, create() makes the rest, twice, and the store works."""
    engine = sa.create_engine(humble)
    store = SqlAlchemyStore(engine)
    store.create()
    store.create()
    works(store)
    assert functions(engine) == 0
    engine.dispose()


def test_a_transaction_goes_on_without_the_right_to_make_functions(humble):
    """The refusal of the function leaves the host's transaction usable."""
    engine = sa.create_engine(humble)
    with engine.begin() as connection:
        store = SqlAlchemyTransaction(connection)
        store.create()
        works(store)
    assert SqlAlchemyStore(engine).counts() == {"n": 2}
    assert functions(engine) == 0
    engine.dispose()
