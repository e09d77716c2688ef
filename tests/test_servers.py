import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from tests import servers
from tests.servers import kinds
from tests.servers.server import Unavailable, execute

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("postgresql", "mariadb", "pgbouncer")
NOWHERE = servers.Server("postgresql", 1, "ann", "secret", "postgres")

ASKING = """
import os
import sys

import pytest

@pytest.mark.parametrize("number", range(4))
def test_ask(number, postgresql, mariadb, pgbouncer):
    ports = (postgresql.port, mariadb.port, pgbouncer.port)
    words = ["ASKED", os.environ["LEADROUTE_RUN"], *map(str, ports), str(os.getpid())]
    os.write(2, f"{' '.join(words)}\\n".encode())  # in one piece: the workers share the stream
    WAIT
    assert number
"""


@pytest.fixture(params=KINDS)
def server(request):
    """A server of each kind."""
    return request.getfixturevalue(request.param)


def first(engine, statement):
    """Return the first value that a statement gives in a connection of its own."""
    with engine.connect() as connection:
        return connection.execute(text(statement)).scalar()


@pytest.mark.parametrize(
    ("kind", "driver"),
    [
        ("postgresql", "psycopg"),
        ("postgresql", "psycopg2"),
        ("pgbouncer", "psycopg"),
        ("pgbouncer", "psycopg2"),
        ("mariadb", "pymysql"),
    ],
)
def test_driver_connects(request, kind, driver):
    """A server answers to each driver, in the database that was made."""
    with servers.new_database(request.getfixturevalue(kind)) as place:
        engine = create_engine(place.url(driver))
        name = "DATABASE()" if kind == "mariadb" else "current_database()"
        assert first(engine, f"SELECT {name}") == place.database
        engine.dispose()


@pytest.mark.parametrize(
    ("kind", "driver"),
    [("postgresql", "asyncpg"), ("postgresql", "psycopg"), ("mariadb", "asyncmy")],
)
def test_asynchronous_driver_connects(request, kind, driver):
    """A server answers to the drivers of asyncio."""

    async def ask(url):
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            answer = await connection.execute(text("SELECT 1"))
        await engine.dispose()
        return answer.scalar()

    with servers.new_database(request.getfixturevalue(kind)) as place:
        assert asyncio.run(ask(place.url(driver))) == 1


def test_two_databases_are_apart(server):
    """What is written to one database is not seen in another."""
    with servers.new_database(server) as one, servers.new_database(server) as two:
        execute(one, "CREATE TABLE leads (id INT PRIMARY KEY)")
        execute(two, "CREATE TABLE leads (id INT PRIMARY KEY)")
        execute(one, "INSERT INTO leads VALUES (1)")
        assert [*map(len, (execute(place, "SELECT * FROM leads") for place in (one, two)))] == [
            1,
            0,
        ]


def test_database_is_dropped_while_it_is_used(server):
    """A transaction that a test has left open does not keep its database."""
    with servers.new_database(server) as place:
        execute(place, "CREATE TABLE leads (id INT PRIMARY KEY)")
        engine = create_engine(place.url("pymysql" if server.kind == "mariadb" else "psycopg"))
        left = engine.connect()
        left.execute(text("INSERT INTO leads VALUES (1)"))
    with pytest.raises(DBAPIError):
        left.execute(text("SELECT * FROM leads"))
    left.invalidate()
    left.close()
    engine.dispose()
    listed = "SHOW DATABASES" if server.kind == "mariadb" else "SELECT datname FROM pg_database"
    assert (place.database,) not in execute(server, listed)


def test_password_is_not_shown():
    """A server in a report of a test keeps its password to itself."""
    assert "secret" not in repr(NOWHERE)
    assert NOWHERE.url("asyncpg") == "postgresql+asyncpg://ann:secret@127.0.0.1:1/postgres"


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A run on a machine without servers."""
    monkeypatch.setenv(servers.RUN, str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(kinds, "SYSTEM", "")
    monkeypatch.setattr(kinds, "WHEEL", "leadroute_has_no_such_wheel")
    monkeypatch.setattr(kinds, "DEBIAN", tmp_path)
    return monkeypatch


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_missing_server_is_told(bare, kind, required):
    """Where a server is missing, the test is skipped or fails, with the command that brings the server."""
    bare.setenv(servers.NEED, "required" if required else "")
    ask = getattr(servers, kind)
    package = "pgserver" if kind == "postgresql" else kind
    if kind == "pgbouncer":
        bare.setattr(servers, "postgresql", lambda: NOWHERE)
    outcome = pytest.fail.Exception if required else pytest.skip.Exception
    for _ in range(2):  # the second answer is the one that is remembered
        with pytest.raises(outcome, match=f"here: (pip|apt-get) install .*{package}"):
            ask()


def test_server_that_does_not_start_is_told():
    """The reason is what the server wrote before it ended."""
    command = ["sh", "-c", "echo no room for me; exit 1"]
    run = servers.begin_run()
    try:
        with pytest.raises(Unavailable, match="sh does not start: no room for me"):
            servers.start(run.folder, "odd", lambda folder: kinds.Plan(command, "", 15, NOWHERE))
    finally:
        run.end()
    assert not run.folder.exists()


def test_wheel_in_a_closed_folder_is_copied(monkeypatch, tmp_path):
    """An account that may not enter the folder of the wheel gets a copy that it may run."""
    programs = tmp_path / "closed" / kinds.WHEEL / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (programs / "initdb").write_text("#!/bin/sh\n", encoding="utf-8")
    (programs / "initdb").chmod(0o755)
    assert kinds.reachable(programs, tmp_path, "") == programs

    def refuse(*_arguments):
        raise PermissionError

    monkeypatch.setattr(kinds, "run", refuse)
    copied = kinds.reachable(programs, tmp_path, "")
    assert copied.is_relative_to(tmp_path / "wheel")
    assert os.access(copied / "initdb", os.X_OK)


def asking(folder, wait, *arguments):
    """Start a run of tests that ask for every server and wait then."""
    file = folder / "test_asking.py"
    file.write_text(ASKING.replace("WAIT", wait), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    plugins = ["-p", "xdist.plugin", "-p", "tests.servers.plugin"]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the others take seconds to load
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-s", *plugins, *arguments, str(file)],
        cwd=folder,
        encoding="utf-8",
        env=os.environ | alone | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def gone(line):
    """Tell whether the servers and the folder are gone that a run of tests has named."""
    _, folder, *ports, _ = line.split()
    places = [servers.Server("postgresql", int(port), "", "", "") for port in ports]
    return not Path(folder).exists() and not any(map(listens, places))


def listens(server):
    """Tell whether somebody listens on the port of a server."""
    try:
        kinds.socket.create_connection((server.host, server.port), 1).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_workers_share_the_servers_and_leave_none(tmp_path, postgresql, mariadb, pgbouncer):
    """Each worker sees the same servers, which have ended with the run although a test failed."""
    run = asking(tmp_path, "", "-n2")
    printed, asked = run.communicate(timeout=120)
    lines = [line for line in asked.splitlines() if line.startswith("ASKED")]
    assert (run.returncode, len(lines)) == (1, 4), printed + asked
    assert "1 failed, 3 passed" in printed
    assert len({line.split()[-1] for line in lines}) == 2
    assert len({line.rpartition(" ")[0] for line in lines}) == 1
    assert gone(lines[0])


@pytest.mark.slow
def test_servers_of_a_killed_run_stop(tmp_path, postgresql, mariadb, pgbouncer):
    """A run that is killed leaves no server."""
    with asking(tmp_path, "sys.__stdin__.read()", "-n0") as run:
        line = next(line for line in run.stderr if line.startswith("ASKED"))
        assert not gone(line)
        run.kill()
    assert servers.wait(lambda: gone(line), 30)
