"""A file that cannot be used: each method says which file it is and what to do, and writes nothing."""

import resource
import sqlite3
from contextlib import closing, contextmanager

import pytest

from leadroute.errors import ConfigError, TransientError, UnknownOutcomeError
from leadroute.offers.change import Change, Emit, Put
from leadroute.stores import SqliteStore, SqliteTransaction
from leadroute.stores.sqlite_errors import explained
from tests.stores.test_sqlite import ROUTE

BIG = Change("big", tuple(Put(f"r/{n}", "x" * 60_000, 0) for n in range(4)))
NEXT = Change("c-2", (Emit("L-2", 1, "offered", "{}", 400),))
READS = {
    "get": lambda store: store.get(["placement/L-1"]),
    "counts": lambda store: store.counts(prefix=""),
    "find": lambda store: store.find(),
    "find_several": lambda store: store.find(status=["a", "b"]),
    "events": lambda store: store.events(),
}
WRITES = {
    "commit": lambda store: store.commit(NEXT),
    "trim": lambda store: store.trim(1_000_000),
    "create": lambda store: store.create(),
}
SAID = r"crm\.db: "


def _each(calls):
    return pytest.mark.parametrize("call", calls.values(), ids=calls)


@pytest.fixture
def used(path):
    """A store that has something in its file, with one connection that is kept."""
    with SqliteStore(path) as store:
        store.commit(ROUTE)
        store.purge()
        yield store


def _overwrite(path, at, length):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


@_each({name: WRITES[name] for name in ("commit", "trim")})
def test_file_that_is_read_only(used, call):
    """A write to a file that may not be written names the file and the rights that are missing."""
    used._idle()[0].execute("PRAGMA query_only = ON")
    message = SAID + "attempt to write a readonly database; give this process the right to write"
    with pytest.raises(ConfigError, match=message):
        call(used)
    assert [event.lead for event in used.events()] == ["L-1"]


def test_bound_connection_that_is_read_only(used, path):
    """A write over a connection with mode=ro says to leave that out; a read goes on."""
    uri = f"{path.as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as host:
        host.execute("BEGIN")
        bound = used.bind(host)
        for write in (WRITES["commit"], WRITES["trim"]):
            with pytest.raises(ConfigError, match=SAID + "attempt .*readonly.* leave out mode=ro"):
                write(bound)
        assert [event.lead for event in bound.events()] == ["L-1"]


@_each({**READS, "commit": WRITES["commit"], "create": WRITES["create"]})
def test_file_that_was_overwritten(used, path, call):
    """A file whose first page is gone is no database: each method says so, with file and remedy."""
    used._idle().pop().close()
    _overwrite(path, 0, 100)
    with pytest.raises(
        ConfigError, match=SAID + "file is not a database; name .*put a backup in its place"
    ):
        call(used)


@_each({**READS, **WRITES})
def test_file_with_damaged_pages(used, path, call):
    """Pages that cannot be read: each method that meets one says so, with file and remedy."""
    used._idle().pop().close()
    size = path.stat().st_size
    _overwrite(path, 4096, size - 4096)
    with pytest.raises(
        ConfigError, match=SAID + "database disk image is malformed; stop all writers, .* backup"
    ):
        call(used)


@_each(READS)
def test_bound_to_a_damaged_file(used, path, call):
    """A store on a connection of the host says the same of a damaged page."""
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        bound = used.bind(host)
        size = path.stat().st_size
    used._idle().pop().close()
    _overwrite(path, 4096, size - 4096)
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        bound = SqliteTransaction(host)
        with pytest.raises(ConfigError, match=SAID + "database disk image is malformed"):
            call(bound)


def test_text_that_is_no_text(used, path):
    """Bytes that are no UTF-8 are damage too."""
    used._read(lambda c: c.execute("UPDATE leadroute_record SET data = CAST(x'ff' AS TEXT)"))
    with pytest.raises(ConfigError, match=SAID + "Could not decode to UTF-8 .*put a backup"):
        used.find()


def test_disk_that_is_full(used):
    """Nothing of a change is written to a full disk, and the same change goes through afterwards."""
    pages = "PRAGMA max_page_count = {}"
    used._read(lambda cursor: cursor.execute(pages.format(1)).fetchall())
    with pytest.raises(
        ConfigError, match=SAID + "database or disk is full; nothing was written: make room"
    ):
        used.commit(BIG)
    assert [record.key for record in used.find(limit=9)] == ["placement/L-1", "pii/L-1"]
    used.commit(BIG)


def test_bound_to_a_full_disk(used, path):
    """The host hears of a full disk as an error of leadroute, and nothing of the change stays."""
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        host.execute("PRAGMA max_page_count = 1")
        host.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigError, match=SAID + "database or disk is full; nothing"):
            used.bind(host).commit(BIG)
    assert len(used.find()) == 2


@contextmanager
def _no_file_larger_than(size):
    """The system refuses to write files of this process beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_commit_on_a_disk_that_fails(used):
    """A COMMIT that the disk fails is of unknown outcome, and the store goes on when the disk does."""
    with _no_file_larger_than(1), pytest.raises(UnknownOutcomeError):
        used.commit(NEXT)
    assert used.events(change="c-2") == []
    used.commit(NEXT)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, TransientError, "send the same change again"),
        (sqlite3.SQLITE_LOCKED, TransientError, "send the same change again"),
        (sqlite3.SQLITE_PROTOCOL, TransientError, "send the same change again"),
        (sqlite3.SQLITE_IOERR_READ, ConfigError, "no.db: told; nothing was written: see what the"),
        (sqlite3.SQLITE_FULL, ConfigError, "no.db: told; nothing was written: make room"),
        (sqlite3.SQLITE_PERM, ConfigError, "no.db: told; give this process the right"),
        (sqlite3.SQLITE_READONLY_CANTLOCK, ConfigError, "no.db: told; give this process the right"),
        (sqlite3.SQLITE_CORRUPT_INDEX, ConfigError, "no.db: told; stop all writers"),
        (sqlite3.SQLITE_NOTADB, ConfigError, "no.db: told; name a database, or a new file"),
        (sqlite3.SQLITE_CANTOPEN, ConfigError, "no.db: told; name a database, or a new file in"),
        (sqlite3.SQLITE_CONSTRAINT, sqlite3.OperationalError, "told"),
        (sqlite3.SQLITE_ERROR, sqlite3.OperationalError, "told"),
    ],
)
def test_codes_of_sqlite(code, kind, message):
    """Each code is one error: busy is transient, what a person must mend has the remedy, others pass."""
    error = sqlite3.OperationalError("told")
    error.sqlite_errorcode = code
    with (
        pytest.raises(kind, match=message.replace(".", r"\.")) as caught,
        explained(lambda: "no.db"),
    ):
        raise error
    assert error in (caught.value, caught.value.__cause__)


@_each({**READS, **WRITES, "purge": lambda store: store.purge()})
def test_file_that_is_gone(used, path, call):
    """After the file was deleted nothing is written to where nobody finds it, and none is made anew."""
    for each in path.parent.iterdir():
        each.unlink()
    with pytest.raises(
        ConfigError,
        match=SAID + "the file was deleted, moved or replaced .*; put it back, or close this store",
    ):
        call(used)
    assert [*path.parent.iterdir()] == []
    with closing(sqlite3.connect(":memory:")) as host, pytest.raises(ConfigError, match="deleted"):
        used.bind(host)


def test_file_that_was_replaced_and_put_back(used, path, tmp_path):
    """Another file in its place is refused, and the store goes on when its own is back."""
    moved = path.rename(tmp_path / "moved.db")
    with SqliteStore(path), pytest.raises(ConfigError, match="moved or replaced"):
        used.counts()
    moved.replace(path)
    assert used.counts(["rep/open/ada"]) == {"rep/open/ada": 1}


def test_a_file_is_found_from_another_folder(path, tmp_path, monkeypatch):
    """A path is that of the folder in which the store was made."""
    monkeypatch.chdir(tmp_path)
    with SqliteStore(path.name) as store:
        (tmp_path / "other").mkdir()
        monkeypatch.chdir("other")
        store.commit(ROUTE)
        store._idle().pop().close()
        assert store.counts(["rep/open/ada"]) == {"rep/open/ada": 1}
        assert [*tmp_path.joinpath("other").iterdir()] == []


def test_file_that_cannot_be_opened_anymore(used, path):
    """Where the file is there, what stands in the way is its log or the number of open files."""
    used._idle().pop().close()
    path.with_name("crm.db-wal").mkdir()
    with pytest.raises(ConfigError, match=SAID + "unable to open database file; let this process"):
        used.counts()


def test_tables_of_another_program(path):
    """Tables of the same names with other columns are refused, with the file, and left alone."""
    with closing(sqlite3.connect(path)) as host:
        host.execute("CREATE TABLE leadroute_record (id INTEGER)")
        with pytest.raises(ConfigError, match=SAID + "no such column: status; make the tables"):
            SqliteStore(path)
        host.execute("CREATE TABLE leadroute_schema (version TEXT)")
        host.execute("INSERT INTO leadroute_schema VALUES ('two')")
        host.commit()
        with pytest.raises(ConfigError, match=SAID + "the table leadroute_schema is of another"):
            SqliteStore(path)
