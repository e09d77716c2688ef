"""What the commands promise of a store that is named by a URL."""

import csv
import json
import sys
from contextlib import closing

import pytest
from tests import servers
from tests.servers.server import connect, execute

from leadroute.cli.store import file_of, unseen
from leadroute.stores.sqlalchemy import SqlAlchemyStore

FIELDS = ("lead_id", "status", "rep")


def rows(ended):
    """The rows that `route` has printed, without the reasons."""
    return [tuple(row[name] for name in FIELDS) for row in csv.DictReader(ended.out.splitlines())]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request, tmp_path):
    """The address of an empty database, as a user writes it: without the driver where one is advised."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crm.db'}"
        return
    with servers.new_database(request.getfixturevalue(request.param)) as server:
        driver = "psycopg" if request.param == "postgresql" else "pymysql"
        yield server.url(driver).replace(f"+{driver}", "")


@pytest.fixture
def database(postgresql):
    """An empty database in PostgreSQL."""
    with servers.new_database(postgresql) as server:
        yield server


def test_a_file_and_a_database_are_used_alike(leadroute, given, url):
    """`route`, a second run, `explain` and `report` print the same whatever keeps the placements."""
    printed = []
    for store in ("crm.file", url):
        for words in (
            ("route", *given, "--store", store, "--accept"),
            ("route", *given, "--store", store),
            ("explain", *given, "--lead", "L-1", "--store", store),
            ("report", "--store", store, "--json"),
        ):
            ended = leadroute(*words)
            assert ended.code == 0, ended
            printed.append(ended.out)
    assert printed[:4] == printed[4:]
    assert json.loads(printed[-1])["statuses"] == {"disqualified": 1, "accepted": 2}


def test_tables_are_made_by_route_alone(leadroute, given, database):
    """A database without tables is refused by a command that reads, with the command that makes them."""
    url = database.url("psycopg")
    ended = leadroute("report", "--store", url)
    place = f"postgresql+psycopg://leadroute:***@127.0.0.1:{database.port}/{database.database}"
    told = f"leadroute: {place}: holds no leads yet; `leadroute route` makes the tables\n"
    assert (ended.code, ended.err) == (2, told)
    assert execute(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    assert leadroute("route", *given, "--store", url).code == 0
    assert leadroute("report", "--store", url).out.startswith("3 leads\n")


@pytest.fixture
def guest(database):
    """An address whose user may read and write, and make nothing."""
    execute(database, "CREATE ROLE guest LOGIN PASSWORD 'sesame'")
    yield database.url("psycopg").replace(f"leadroute:{database.password}@", "guest:sesame@")
    execute(database, "DROP OWNED BY guest")
    execute(database, "DROP ROLE guest")


def test_rights(leadroute, given, database, guest):
    """Without the right to make tables `route` says so, and works where they are there."""
    ended = leadroute("route", *given, "--store", guest)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("leadroute: postgresql+psycopg://guest:***@127.0.0.1:")
    assert ended.err.endswith(": permission denied for schema public\n")
    with closing(SqlAlchemyStore(database.url("psycopg"))) as store:
        store.create()
    rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest"
    execute(database, f"GRANT {rights}")
    execute(database, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO guest")
    ended = leadroute("route", *given, "--store", guest)
    assert (ended.code, rows(ended)[0]) == (0, ("L-1", "offered", "ada"))
    execute(database, "REVOKE ALL ON leadroute_record FROM guest")
    ended = leadroute("report", "--store", guest)
    assert ended.code == 2
    assert ended.err.endswith(": permission denied for table leadroute_record\n")


def test_server_that_cannot_be_reached(leadroute, given):
    """A server that does not answer is named, with the reason and without the password."""
    for url in ("postgresql://me:sesame@127.0.0.1:1/crm", "mysql://me:sesame@127.0.0.1:1/crm"):
        ended = leadroute("route", *given, "--store", url)
        assert (ended.code, ended.out) == (2, "")
        assert "://me:***@127.0.0.1:1/crm: " in ended.err
        assert "refused" in ended.err
        assert "sesame" not in ended.err
        assert ended.err.count("\n") == 1


def test_wrong_password(leadroute, database):
    """A password that is refused is not repeated."""
    url = database.url("psycopg").replace(database.password, "se%20same")
    ended = leadroute("report", "--store", url)
    assert ended.code == 2
    assert "password authentication failed" in ended.err
    assert "same" not in ended.err


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "://me:sesame@h/d",
            "--store: this is no URL of SQLAlchemy; write one like postgresql+psycopg:",
        ),
        (
            "postgresql://me:sesame@h:door/d",
            "--store: this is no URL of SQLAlchemy; write one like",
        ),
        ("nosuch://me:sesame@h/d", "--store: nosuch has no store; take PostgreSQL, MariaDB, MySQL"),
        ("oracle://me:sesame@h/d", "--store: oracle has no store; take PostgreSQL, MariaDB, MySQL"),
        (
            "mysql+mysqldb://me:sesame@h/d",
            "--store: the driver mysqldb of mysql is not one that is tested; take",
        ),
        (
            "postgresql+asyncpg://me:sesame@h/d",
            "--store: the driver asyncpg of postgresql is for asyncio; take psycopg",
        ),
        (
            "sqlite://me:sesame@h/d",
            "--store: sqlite+pysqlite://me:***@h/d: Invalid SQLite URL: sqlite+pysql",
        ),
    ],
)
def test_url_that_cannot_be_used(leadroute, given, url, told):
    """A URL that names no database, or a driver that no command can use, is refused with what to write."""
    ended = leadroute("route", *given, "--store", url)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("leadroute: " + told)
    assert "sesame" not in ended.err


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("postgresql://me:sesame@h/d", "psycopg", "psycopg"),
        ("mariadb://me:sesame@h/d", "pymysql", "pymysql"),
        ("postgresql://me:sesame@h/d", "sqlalchemy", "sqlalchemy"),
    ],
)
def test_missing_driver(leadroute, given, monkeypatch, url, module, extra):
    """A driver that is not installed is named with the command that brings it."""
    if module == "sqlalchemy":
        for name in [name for name in sys.modules if name.startswith("leadroute.stores.sqlalch")]:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    ended = leadroute("route", *given, "--store", url)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f" needs an extra: pip install 'leadroute[{extra}]'\n")
    assert "sesame" not in ended.err


def test_server_that_fails_at_work(leadroute, given, database):
    """A database that goes away ends the command with a sentence, and the next run goes on."""
    url = database.url("psycopg")
    leadroute("route", *given, "--store", url)
    execute(database, "ALTER TABLE leadroute_record RENAME TO away")
    ended = leadroute("report", "--store", url)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "the tables leadroute_* are not there" in ended.err
    execute(database, "ALTER TABLE away RENAME TO leadroute_record")
    with closing(connect(database)) as locking:
        locking.autocommit = False
        locking.execute("LOCK TABLE leadroute_record")
        ended = leadroute("report", "--store", f"{url}?options=-c%20lock_timeout%3D1")
    assert (ended.code, ended.out) == (2, "")
    place = f"postgresql+psycopg://leadroute:***@127.0.0.1:{database.port}/{database.database}"
    assert ended.err.startswith(f"leadroute: {place}: canceling statement due to lock timeout")
    assert ended.err.endswith("; run the same command again: what is done stays\n")
    assert leadroute("report", "--store", url).out.startswith("3 leads\n")


def test_file_of_a_url_is_a_file(leadroute, given, files):
    """A file that is named by a URL must be there for a command that reads, and is never the output."""
    url = f"sqlite:///{files / 'none.db'}"
    ended = leadroute("report", "--store", url)
    assert (ended.code, ended.err.endswith("none.db: No such file or directory\n")) == (2, True)
    assert not (files / "none.db").exists()
    leadroute("route", *given, "--store", url)
    ended = leadroute("route", *given, "--store", url, "--output", "none.db")
    assert ended.code == 2
    assert "--output is the file of --store" in ended.err


def test_words_of_the_parser_hold_no_password(leadroute):
    """A URL behind a misspelt option is repeated without its password."""
    ended = leadroute("report", "--store", "a.db", "--stor", "postgresql://me:sesame@h/d")
    assert ended.code == 2
    assert "unrecognized arguments: --stor postgresql://me:***@h/d\n" in ended.err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:a@b/c@h/d and more", "postgresql://me:***@h/d and more"),
        ("postgresql:/me:secret@h/d", "postgresql:/me:***@h/d"),
        ("mysql://h/d?user=me&password=secret&x=1", "mysql://h/d?user=me&password=***&x=1"),
        ("postgresql://me@h/d", "postgresql://me@h/d"),
        ("https://example.com/a:b", "https://example.com/a:b"),
        ("C:/folder/a:b", "C:/folder/a:b"),
    ],
)
def test_passwords_are_not_seen(text, shown):
    """What stands between user and host, or behind `password=`, is never printed."""
    assert unseen(text) == shown


def test_files_of_stores():
    """A name without `://` is a file, and a URL of SQLite names one."""
    named = {name: str(file_of(name)) for name in ("a.db", "sqlite:///a.db?x=1", "sqlite+x:////b")}
    assert named == {"a.db": "a.db", "sqlite:///a.db?x=1": "a.db", "sqlite+x:////b": "/b"}
    assert [file_of(name) for name in ("sqlite://", "mysql://h/d")] == [None, None]
