"""Engines and URLs that a store over SQLAlchemy takes, and what it says of all others."""

import asyncio
import sys

import pytest
from sqlalchemy.orm import Session

from leadroute import Lead, Rep, Router, Rule
from leadroute.errors import ConfigError
from leadroute.offers import AsyncDispatcher
from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from tests.stores import sql


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("://me:sesame@h/d", "this is no URL of SQLAlchemy; write one like postgresql+psycopg://"),
        ("postgresql://me:sesame@h:door/d", "this is no URL of SQLAlchemy; write one like"),
        (
            "nosuch://me:sesame@h/d?password=sesame",
            "nosuch has no store; take PostgreSQL, MariaDB, MySQL or SQLite",
        ),
        (
            "oracle://me:sesame@h/d",
            "oracle has no store; take PostgreSQL, MariaDB, MySQL or SQLite",
        ),
        (
            "mysql+mysqldb://me:sesame@h/d",
            "the driver mysqldb of mysql is not one that is tested; take",
        ),
        ("sqlite://me:sesame@h/d", "sqlite+pysqlite://me:***@h/d: Invalid SQLite URL"),
        (
            "postgresql+asyncpg://me:sesame@h/d",
            "the driver asyncpg of postgresql is for asyncio; take psycopg, by a URL that starts with",
        ),
    ],
)
def test_url_that_cannot_be_used(url, told):
    """A URL of no database, or of a driver that does not fit, is refused with what to write and no password."""
    with pytest.raises(ConfigError) as refusal:
        SqlAlchemyStore(url)
    assert str(refusal.value).startswith(told)
    assert "sesame" not in str(refusal.value)


def test_psycopg_with_asyncio(postgresql):
    """The driver psycopg serves the async store too."""
    sql.made("postgresql")
    sql.empty("postgresql")

    async def submitted():
        async with AsyncSqlAlchemyStore(sql.url_of("postgresql", "psycopg")) as store:
            desk = AsyncDispatcher(Router(rules=[Rule("all")]), [Rep("ada")], store)
            return await desk.submit(Lead("L-1"))

    assert asyncio.run(submitted()).rep_id == "ada"


def test_isolation_of_an_engine(mariadb):
    """A session's store knows whether it sees the commits of others from the options of the engine."""
    sql.made("mariadb")
    engine = sql.shared_engine("mariadb")
    for level, sees in (("READ COMMITTED", True), ("REPEATABLE READ", False)):
        with Session(engine.execution_options(isolation_level=level)) as session:
            assert SqlAlchemyStore(engine).bind(session).sees_commits is sees


def test_without_greenlet(monkeypatch):
    """SQLAlchemy without greenlet is told as the extra that is missing."""
    for name in [name for name in sys.modules if name.startswith("leadroute.stores.sqlalchemy")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy.ext.asyncio", None)
    with pytest.raises(ImportError, match=r"needs an extra: pip install 'leadroute\[sqlalchemy\]'"):
        __import__("leadroute.stores.sqlalchemy")
