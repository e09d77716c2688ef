"""The check and the backup of a SQLite file."""

import sqlite3
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from unittest import mock

import pytest

from leadroute import Dispatcher, Lead, Rep, Router, Rule
from leadroute.errors import ConfigError
from leadroute.offers.change import Add, Change, Emit
from leadroute.stores import SqliteStore, sqlite_upkeep
from leadroute.testing import ManualClock
from tests.stores.test_sqlite import ROUTE
from tests.stores.test_sqlite_errors import _no_file_larger_than, _overwrite

LEFT = "-wal -shm -journal"


def desk(store):
    """A dispatcher with two reps on a store."""
    router = Router(rules=[Rule("all", accept_within="5m")])
    reps = [Rep("ada", capacity=30), Rep("bob", capacity=30)]
    return Dispatcher(
        router, reps, store, ManualClock(datetime(2026, 1, 5, 9, tzinfo=UTC)), publish=True
    )


def work(here, first, leads=40):
    """Submit leads, answer some of them, and deliver some events."""
    for number in range(first, first + leads):
        offered = here.submit(Lead(f"L-{number}"))
        if offered.rep_id and number % 3:
            here.accept(offered.lead_id, offered.rep_id)
        if number % 2:
            here.ack(here.outbox(limit=1)[0])


@pytest.fixture
def busy(path):
    """A store that a dispatcher has worked on."""
    with SqliteStore(path, synchronous="normal") as store:
        work(desk(store), 0)
        yield store


def mend(store, statement):
    """Do to the tables what the store never does."""
    store._read(lambda cursor: cursor.execute(statement).fetchall())


def test_sound_file(busy):
    """Nothing is wrong with a file that was only used, trimmed too, and the check changes nothing."""
    before = busy.events(limit=1000)
    assert busy.check() == ()
    assert busy.events(limit=1000) == before
    busy.trim(2**60)
    assert busy.check() == ()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "INSERT INTO leadroute_outbox VALUES (999, 0, 0, '', 'L-1', 1)",
            "event 999 waits in the outbox and is not in the log",
        ),
        (
            "INSERT INTO leadroute_outbox VALUES (1, 0, 0, '', 'L-0', 7)",
            "event 1 waits in the outbox as number 7 of lead 'L-0', and is number 1 of lead 'L-0'",
        ),
        (
            "UPDATE leadroute_event SET n = 9 WHERE id = 4",
            "the log of lead 'L-1' has 3 of the numbers 1 to 9",
        ),
        (
            "UPDATE leadroute_event SET id = id + 1000 WHERE lead = 'L-1' AND n = 1",
            "the log of lead 'L-1' is out of order: a later number has an earlier id",
        ),
        (
            "UPDATE leadroute_record SET data = substr(data, 9) WHERE key = 'placement/L-1'",
            "the document of record 'placement/L-1' is not JSON",
        ),
        (
            "UPDATE leadroute_record SET version = 0 WHERE key = 'lead/L-1'",
            "'lead/L-1' in leadroute_record has a value that the store never writes",
        ),
        (
            "UPDATE leadroute_counter SET n = 'x' WHERE key = 'rep/open/ada'",
            "'rep/open/ada' in leadroute_counter has a value that the store never writes",
        ),
        (
            "INSERT INTO leadroute_outbox VALUES (1, 0, -1, '', 'L-0', 1)",
            "1 in leadroute_outbox has a value that the store never writes",
        ),
        (
            "INSERT INTO leadroute_once VALUES ('k', x'00', '', NULL)",
            "'k' in leadroute_once has a value that the store never writes",
        ),
        (
            "DROP INDEX leadroute_record_due",
            "the index leadroute_record_due is missing; put a backup in the place of the file",
        ),
        (
            "DROP TABLE leadroute_outbox",
            "the table leadroute_outbox is missing; put a backup in the place of the file",
        ),
        (
            "DELETE FROM leadroute_schema",
            "the tables leadroute_* are not there or not complete; make them with create()",
        ),
    ],
)
def test_broken_tables(busy, statement, sentence):
    """Each thing that does not fit is told in a sentence."""
    mend(busy, statement)
    assert sentence in busy.check()


def test_columns_of_another_program(busy):
    """Tables with other columns are told, each once."""
    mend(busy, "DROP TABLE leadroute_once")
    mend(busy, "CREATE TABLE leadroute_once (name TEXT)")
    told = "the tables leadroute_* are not those of this release: no such column: key"
    assert busy.check() == (told,)


def test_schema_of_a_newer_release(busy, path):
    """The check of a file that a newer release has changed meanwhile names both versions."""
    mend(busy, "UPDATE leadroute_schema SET version = 4")
    (told,) = busy.check()
    assert told == (
        f"{path}: the tables leadroute_* have schema 4; this release reads 2 to 3; install the "
        "release of leadroute that made them, or newer"
    )


def test_damaged_pages(busy, path):
    """Each damaged page is told and raises nothing, as long as SQLite can say so."""
    busy.purge()
    busy._idle().pop().close()
    _overwrite(path, 4096 * 12, 4096 * 3)
    found = busy.check()
    assert "the file is damaged: Page 13: btreeInitPage() returns error code 11" in found
    assert all(each.startswith("the file is damaged: ") for each in found)
    _overwrite(path, 200, 4096)
    assert any("malformed" in each for each in busy.check())
    _overwrite(path, 0, 100)
    busy._idle().pop().close()
    (told,) = busy.check()
    assert told.startswith(f"{path}: file is not a database; name a database, or a new file;")


def test_check_of_two_prefixes(busy, path):
    """A store looks at its own tables alone."""
    mend(busy, "DELETE FROM leadroute_event WHERE id = 1")
    with SqliteStore(path, prefix="crm") as other:
        other.commit(ROUTE)
        assert other.check() == ()
        mend(other, "DROP INDEX crm_record_due")
        assert other.check() == (
            "the index crm_record_due is missing; put a backup in the place of the file",
        )


@contextmanager
def writing(store):
    """Another thread works on the store until the block ends, and has begun."""
    begun, ended = threading.Event(), threading.Event()

    def go_on():
        here, first = desk(store), 1000
        while not ended.is_set():
            work(here, first, 3)
            first += 3
            begun.set()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        assert begun.wait(30)
        yield
    finally:
        ended.set()
        thread.join()


def test_backup_while_others_write(busy, tmp_path):
    """The copy is whole and sound, holds what was committed when it began, and works as a store."""
    copies = [tmp_path / f"copy-{number}.db" for number in range(3)]
    with writing(busy):
        for copy in copies:
            busy.backup(copy)
    log = busy.events(limit=100_000)
    for copy in copies:
        with SqliteStore(copy) as store:
            assert store.check() == ()
            here = desk(store)
            assert here.audit(limit=100_000).discrepancies == ()
            kept = store.events(limit=100_000)
            moved = {event.id for event in kept}
            as_sent = [(e.id, e.lead, e.n, e.data) for e in log if e.id in moved]
            assert [(e.id, e.lead, e.n, e.data) for e in kept] == as_sent
            assert len(kept) == kept[-1].id < len(log)
            work(here, 5000, 3)
            journal = store._read(lambda c: c.execute("PRAGMA journal_mode").fetchone())
            assert journal == ("wal",)
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("crm.db")}
    assert left == {copy.name for copy in copies}


def test_backup_has_the_tables_of_the_host(busy, path, tmp_path):
    """All that is in the file is copied, to an empty file too, with the rights of the file."""
    path.chmod(0o600)
    mend(busy, "CREATE TABLE deal (id TEXT)")
    copy = tmp_path / "copy.db"
    copy.touch()
    busy.backup(str(copy))
    with closing(sqlite3.connect(copy)) as host:
        assert host.execute("SELECT count(*) FROM deal").fetchone() == (0,)
    assert copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crm.db", r"crm\.db: belongs to the store itself; name another file for the backup"),
        ("link.db", r"link\.db: belongs to the store itself; name another"),
        ("crm.db-wal", r"crm\.db-wal: belongs to the store itself; name another"),
        ("full.db", r"full\.db: is there already and not empty; name a new file"),
        ("missing/a.db", r"a\.db: there is no folder .*missing; make it first"),
        ("folder", r"folder: is a folder; name a file in it"),
        ("old.db", r"old\.db: an older database has left old\.db-wal beside it, .*delete that"),
    ],
)
def test_place_of_a_backup_that_cannot_be(busy, tmp_path, name, message):
    """A backup never takes the place of something, and says which file it would have been."""
    (tmp_path / "link.db").symlink_to(tmp_path / "crm.db")
    (tmp_path / "full.db").write_text("mine")
    (tmp_path / "old.db-wal").touch()
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    assert len(before) == 7
    with pytest.raises(ConfigError, match=message):
        busy.backup(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "full.db").read_text() == "mine"
    assert busy.check() == ()


@pytest.mark.parametrize("path_given", [3, None, b"a\0", "file:a.db"])
def test_name_of_a_backup_that_is_none(busy, path_given):
    """What is no name of a file is refused."""
    with pytest.raises(ConfigError, match="write the name of a file"):
        busy.backup(path_given)


def test_backup_on_a_disk_without_room(busy, tmp_path):
    """A copy that cannot be written leaves nothing behind, and the message names its place."""
    copy = tmp_path / "copy.db"
    with (
        _no_file_larger_than(8192),
        pytest.raises(ConfigError, match=r"copy\.db: (disk I/O error|database or disk is full);"),
    ):
        busy.backup(copy)
    with (
        mock.patch.object(sqlite_upkeep.tempfile, "mkstemp", side_effect=PermissionError(13, "no")),
        pytest.raises(ConfigError, match=r"copy\.db: no; give this process the right to write in"),
    ):
        busy.backup(copy)
    assert [each for each in tmp_path.iterdir() if each.name.startswith("copy")] == []


def test_backup_of_a_damaged_file(busy, path, tmp_path):
    """A file that cannot be read is not copied, and it is the one that is named."""
    busy.purge()
    busy._idle().pop().close()
    _overwrite(path, 0, 100)
    with pytest.raises(ConfigError, match=r"crm\.db: file is not a database; name a database"):
        busy.backup(tmp_path / "copy.db")
    assert [each for each in tmp_path.iterdir() if each.name.startswith("copy")] == []


def test_backup_that_is_interrupted(busy, tmp_path):
    """An interrupt in the middle leaves nothing behind, and the store goes on."""
    with (
        mock.patch.object(sqlite_upkeep.Path, "replace", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        busy.backup(tmp_path / "copy.db")
    assert [each for each in tmp_path.iterdir() if each.name.startswith("copy")] == []
    busy.commit(Change("c-9", (Emit("M-9", 1, "a", "{}", 0), Add("a", 1))))


@pytest.mark.parametrize("call", [lambda s, p: s.check(), lambda s, p: s.backup(p / "copy.db")])
def test_check_and_backup_of_a_file_that_is_gone(busy, path, tmp_path, call):
    """Both say that the file is gone; a closed store says that it is closed."""
    path.rename(tmp_path / "moved.db")
    with pytest.raises(ConfigError, match=r"crm\.db: the file was deleted, moved or replaced"):
        call(busy, tmp_path)
    busy.close()
    with pytest.raises(ConfigError, match="is closed; make another"):
        call(busy, tmp_path)
