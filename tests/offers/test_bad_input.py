"""What a user may get wrong: each is refused with what to do, and nothing is stored."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from tests.offers.world import START, audit, desk

from leadroute import Dispatcher, Lead, Rep, SqliteStore
from leadroute.errors import ConfigError, FieldTypeError, NotOfferedError, ValidationError
from leadroute.offers.placement import Status
from leadroute.testing import ManualClock


class Naive:
    """A clock without a zone."""

    def now(self):
        return datetime(2026, 1, 1, 9)  # noqa: DTZ001 - that is what is wrong with it


def test_naive_clock():
    """The clock must give aware instants; nothing is stored by one that does not."""
    here = desk("ada")
    broken = Dispatcher(here.router, here.roster, here.store, Naive())
    for call in (lambda: broken.submit(Lead("L-1")), broken.sweep, broken.next_wakeup):
        with pytest.raises(FieldTypeError, match=r"clock.now\(\)"):
            call()
    audit(here.store, set())


@pytest.mark.parametrize("token", [3, None, b"x"])
def test_token_of_another_kind(token):
    """A token is text."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    with pytest.raises(FieldTypeError, match="token is"):
        here.accept("L-1", "ada", token=token)
    assert here.placement("L-1").status is Status.OFFERED


def test_foreign_token():
    """The token of another lead's offer is refused, and an empty one is none."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    other = here.submit(Lead("L-2")).offers[0].token
    with pytest.raises(NotOfferedError, match="the token is of another offer, which has ended; it"):
        here.decline("L-1", "ada", token=other)
    assert here.accept("L-1", "ada", token="").owner == "ada"


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "2"])
def test_limit_below_one(limit):
    """A sweep moves one lead at least."""
    with pytest.raises(ConfigError, match=r"limit is .*; write how many leads at most, from 1 up"):
        desk("ada").sweep(limit=limit)


def test_foreign_schema_table(tmp_path):
    """A table of the same name with other columns is not touched, and the file is named."""
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as host:
        host.execute("CREATE TABLE leadroute_schema (owner TEXT)")
    with pytest.raises(ConfigError, match="leadroute_schema") as refusal:
        SqliteStore(path)
    assert "crm.db" in str(refusal.value)
    with closing(sqlite3.connect(path)) as host:
        assert host.execute("SELECT name FROM sqlite_master").fetchall() == [("leadroute_schema",)]


def test_read_only_file(tmp_path):
    """A file that cannot be written is named, with what to do."""
    with SqliteStore(tmp_path / "crm.db") as store:
        store._idle()[0].execute("PRAGMA query_only = ON")
        message = r"crm\.db: attempt to write a readonly database; give this process the right"
        with pytest.raises(ConfigError, match=message):
            desk("ada", store=store).submit(Lead("L-1"))


@pytest.mark.parametrize("path", ["crm\0.db", "file:crm?mode=memory", "file::memory:?cache=shared"])
def test_path_that_is_no_file(path, tmp_path, monkeypatch):
    """A NUL in a path and a database in memory by another name are refused, and no file is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"path .*; write the name of a file"):
        SqliteStore(path)
    assert [*tmp_path.iterdir()] == []


def test_last_year_there_is():
    """In the year 9999 a lead is offered, waits and is swept like in any other."""
    end = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    here = desk("ada", start=end)
    offered = here.submit(Lead("L-1"))
    assert offered.due == datetime.max.replace(tzinfo=UTC)
    assert here.submit(Lead("L-2", received_at=end)).status is Status.WAITING
    assert here.sweep().errors == ()
    here.accept("L-1", "ada")
    here.feedback("L-1", "won")
    assert here.placement("L-2").rep_id == "ada"


def test_long_lead_id_waits():
    """An id of 80 characters waits in a line, is served, and keeps its name; a longer one is refused."""
    long = "ü" * 80
    here = desk(Rep("ada", capacity=1))
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    assert here.submit(Lead(long)).status is Status.WAITING
    here.feedback("L-1", "won")
    assert here.placement(long).rep_id == "ada"
    audit(here.store, {"L-1", long})
    with pytest.raises(ValidationError, match=r"id has 180 characters .*; write at most 80"):
        here.submit(Lead("L" * 180))


def test_clock_that_is_none():
    """A clock is an object with ``now``; the error says which to take."""
    here = desk("ada")
    with pytest.raises(FieldTypeError, match="a Clock, such as SystemClock"):
        Dispatcher(here.router, here.roster, here.store, 3)
    assert ManualClock(START).now() == START
