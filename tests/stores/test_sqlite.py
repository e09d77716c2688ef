"""The SQLite store: the file, the host's transaction, waiting, and what people read with SQL."""

import gc
import os
import sqlite3
import threading
import warnings
from contextlib import closing
from datetime import UTC, datetime
from shutil import copyfile
from unittest import mock

import pytest

from leadroute import Dispatcher, Lead, Rep, Router, Rule
from leadroute.errors import (
    ConfigError,
    ConflictError,
    TransactionRequiredError,
    TransientError,
    UnknownOutcomeError,
)
from leadroute.offers.change import Add, Change, Emit, Once, Put, Raise
from leadroute.stores import SqliteStore, SqliteTransaction, sqlite
from leadroute.stores.sqlite_hosts import StoreConnection
from leadroute.stores.sqlite_statements import Tables
from leadroute.testing import ManualClock
from leadroute.testing.contract.common import Contract
from tests.offers.world import placements as placements_of
from tests.stores.test_written import KEPT

ROUTE = Change(
    "c-1",
    (
        Once("submit:1", "L-1"),
        Put("placement/L-1", '{"a": 1}', 0, "offered", "ada", 500),
        Put("pii/L-1", "{}", 0),
        Add("rep/open/ada", 1, hi=2),
        Raise("rep/last/ada", 400),
        Emit("L-1", 1, "offered", "{}", 400),
    ),
)


@pytest.fixture
def host(path):
    """The host's own connection to the same file, as the driver makes it."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        yield connection


def test_a_file_keeps_what_was_committed(path):
    """What one store committed another one reads, after the first was closed."""
    with SqliteStore(path) as first:
        first.commit(ROUTE)
    with SqliteStore(str(path)) as second:
        assert second.counts() == {"rep/last/ada": 400, "rep/open/ada": 1}
        assert [event.change for event in second.events()] == ["c-1"]
        assert repr(second) == f"SqliteStore({str(path)!r}, prefix='leadroute')"


def _failing_commit(code, *, done):
    """Make the next connections of stores fail at COMMIT, after it was done or before."""

    class Failing(sqlite3.Cursor):
        def execute(self, statement, *bound):
            if statement != "COMMIT":
                return super().execute(statement, *bound)
            if done:
                super().execute(statement)
            error = sqlite3.OperationalError("told to fail")
            error.sqlite_errorcode = code
            raise error

    def cursor(connection):
        return Failing(connection)

    return mock.patch.object(StoreConnection, "cursor", cursor)


@pytest.mark.parametrize("done", [True, False])
def test_a_commit_that_breaks_says_that_its_outcome_is_not_known(store, done):
    """The events of the change show whether it was done, and the store goes on."""
    failing = _failing_commit(sqlite3.SQLITE_IOERR, done=done)
    with failing, pytest.raises(UnknownOutcomeError) as caught:
        store.commit(ROUTE)
    assert caught.value.reason == "told to fail"
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert [event.n for event in store.events(change="c-1")] == ([1] if done else [])
    store.commit(Change("c-2", (Put("placement/L-2", "{}", 0),)))


def test_a_commit_that_is_busy_has_not_happened(store):
    """Nothing of it is left behind, not even a lock, and the same change can be sent again."""
    with _failing_commit(sqlite3.SQLITE_BUSY, done=False), pytest.raises(TransientError):
        store.commit(ROUTE)
    assert (store.counts(), store.events()) == ({}, [])
    store.commit(ROUTE)


def test_the_file_is_durable(store, path):
    """The file is in WAL mode and every connection waits for the disk, unless told otherwise."""

    def pragma(opened, name):
        return opened._read(lambda cursor: cursor.execute(f"PRAGMA {name}").fetchone()[0])

    assert (pragma(store, "journal_mode"), pragma(store, "synchronous")) == ("wal", 2)
    with SqliteStore(path, synchronous="normal") as faster:
        assert pragma(faster, "synchronous") == 1
    assert pragma(store, "integrity_check") == "ok"


def test_people_read_the_views(store, host):
    """They have the words of the field, ids as they were given, and an owner only after acceptance."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    reps = [Rep("a/da", capacity=1), Rep("b%b", capacity=1)]
    router = Router(rules=[Rule("all", accept_within="5m")])
    desk = Dispatcher(router, reps, store, ManualClock(start))
    for number, lead_id in enumerate(("1/a", "2%b", "3", "4")):
        desk.submit(Lead(lead_id, priority=number, received_at=start))
    owner = desk.accept("1/a", desk.placement("1/a").rep_id).owner
    other = desk.placement("2%b").rep_id
    placements = (
        "SELECT lead_id, status, owner, rule, reason_code, priority FROM leadroute_placement"
    )
    assert host.execute(f"{placements} ORDER BY lead_id").fetchall() == [
        ("1/a", "accepted", owner, "all", None, 0),
        ("2%b", "offered", None, "all", None, 1),
        ("3", "waiting", None, "all", "none_available", 2),
        ("4", "waiting", None, "all", "none_available", 3),
    ]
    due = host.execute("SELECT lead_id FROM leadroute_placement WHERE due IS NOT NULL").fetchall()
    assert due == [("2%b",)]
    offers = host.execute("SELECT lead_id, rep_id, expires_at FROM leadroute_offer").fetchall()
    assert offers == [("2%b", other, "2026-01-05T09:05:00+00:00")]
    lines = host.execute("SELECT lead_id, place FROM leadroute_line ORDER BY place").fetchall()
    assert lines == [("4", 1), ("3", 2)]
    loads = host.execute("SELECT rep_id, open FROM leadroute_load").fetchall()
    assert sorted(loads) == [("a/da", 1), ("b%b", 1)]


def test_views_read_placements_of_an_older_release(tmp_path):
    """An upgraded file has owners and ids in the views before any lead has changed."""
    path = tmp_path / "crm.db"
    copyfile(KEPT, path)
    with SqliteStore(path) as store:
        found = placements_of(store)
        host = sqlite3.connect(path)
        rows = host.execute("SELECT lead_id, status, owner FROM leadroute_placement").fetchall()
        host.close()
    assert {lead_id: (status, owner) for lead_id, status, owner in rows} == {
        each.lead_id: (each.status.value, each.owner) for each in found.values()
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": ":memory:"}, "a SqliteStore needs a file; for a store in memory write"),
        ({"path": ""}, "a SqliteStore needs a file"),
        ({"synchronous": "off"}, "synchronous is 'off'; write 'full' or 'normal'"),
        ({"busy_timeout": "soon"}, "'soon' is not a duration"),
        ({"prefix": "Crm"}, "'Crm' cannot be the prefix of tables; write a lower-case letter"),
        ({"prefix": ""}, "'' cannot be the prefix"),
        ({"prefix": "a" * 31}, "cannot be the prefix"),
        ({"prefix": "1a"}, "cannot be the prefix"),
        ({"prefix": "a b"}, "cannot be the prefix"),
        ({"prefix": 'a"; DROP TABLE x; --'}, "cannot be the prefix"),
        ({"prefix": "a'"}, "cannot be the prefix"),
        ({"prefix": "é"}, "cannot be the prefix"),
        ({"prefix": "a\n"}, "cannot be the prefix"),
        ({"prefix": "a.b"}, "cannot be the prefix"),
    ],
)
def test_options_that_cannot_work_are_refused(path, options, message):
    """A bad option is refused before anything is opened, and the message says what to write."""
    with pytest.raises(ConfigError) as refusal:
        SqliteStore(**{"path": path, **options})
    assert message in str(refusal.value)
    assert not path.exists()


def test_two_prefixes_share_a_file(path):
    """Stores with different prefixes see nothing of each other."""
    with SqliteStore(path, prefix="a") as one, SqliteStore(path, prefix="b" * 30) as other:
        one.commit(ROUTE)
        assert other.counts() == {}
        other.commit(ROUTE)


@pytest.mark.parametrize(
    ("schema", "remedy"),
    [
        (1, "name a new file, or open this one with the release of leadroute that made it"),
        (4, "install the release of leadroute that made them, or newer"),
    ],
)
def test_tables_of_another_release_are_refused(store, path, host, schema, remedy):
    """Another schema is refused with file, number and remedy, and no connection is left open."""
    host.execute("UPDATE leadroute_schema SET version = ?", (schema,))
    host.commit()
    with pytest.raises(ConfigError) as refusal:
        SqliteStore(path)
    problem = f"the tables leadroute_* have schema {schema}; this release reads 2 to 3"
    assert str(refusal.value) == f"{path}: {problem}; {remedy}"
    assert host.execute("SELECT version FROM leadroute_schema").fetchall() == [(schema,)]


def test_creating_goes_on_where_it_was_interrupted(store, host):
    """Tables without their version are completed; complete ones are left alone."""
    host.execute("DELETE FROM leadroute_schema")
    host.commit()
    store.create()
    store.create()
    assert host.execute("SELECT version FROM leadroute_schema").fetchall() == [(3,)]


def test_a_folder_that_is_missing_is_named(tmp_path):
    """A path at which no database can be opened is refused, and the path is named."""
    with pytest.raises(
        ConfigError, match=r"crm\.db: unable to open database file; name a database"
    ):
        SqliteStore(tmp_path / "missing" / "crm.db")


def test_a_file_that_is_no_database_is_named(path):
    """A file of something else is refused and untouched."""
    letter = b"this is not a database, it is a letter" * 100
    path.write_bytes(letter)
    with pytest.raises(ConfigError, match=r"crm\.db: file is not a database; name a database"):
        SqliteStore(path)
    assert path.read_bytes() == letter


def test_a_closed_store_is_closed(path):
    """Closing twice is fine, using after it is refused."""
    store = SqliteStore(path)
    store.close()
    store.close()
    with pytest.raises(ConfigError, match=r"is closed; make another"):
        store.counts()


def test_a_forgotten_store_warns(path):
    """A store that was never closed says so, and closes what it had open."""
    store = SqliteStore(path)
    (connection,) = store._pool[1]
    with pytest.warns(ResourceWarning, match="was not closed"):  # noqa: PT031 - del is the test
        del store
        gc.collect()
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")


def test_a_closed_store_leaves_no_warning(path):
    """Nothing leaks from a store that was closed, from many threads too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with SqliteStore(path) as store:
            threads = [threading.Thread(target=store.counts) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        del store
        gc.collect()


def test_a_connection_in_use_is_closed_when_its_call_ends(path):
    """Closing the store in the middle of a call leaves nothing open."""
    store = SqliteStore(path)

    def close(cursor):
        store.close()
        return cursor.execute("SELECT 1").fetchone()

    assert store._read(close) == (1,)
    assert not store._pool[1]


def test_connections_are_used_again(store):
    """Calls one after the other need one connection."""
    for number in range(5):
        Contract(store).done(Add("a", 1, hi=3)) if number < 3 else store.get(["a"])
    with pytest.raises(ConflictError):
        Contract(store).done(Add("a", 1, hi=3))
    assert len(store._pool[1]) == 1
    assert not any(connection.in_transaction for connection in store._pool[1])


def test_an_idle_store_holds_no_lock(store, host):
    """After any read or write others may write, and the log can be written back."""
    store.commit(ROUTE)
    store.events(), store.find(), store.counts(), store.get(["placement/L-1"]), store.trim(0)
    assert host.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    host.execute("BEGIN EXCLUSIVE")


def test_a_writer_that_does_not_end_makes_the_store_give_up(path, host):
    """When patience ends the store was busy: nothing happened, and the same change may be sent again."""
    with SqliteStore(path, busy_timeout="3ms") as store:
        host.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError) as busy:
            store.commit(ROUTE)
        assert str(busy.value) == (
            "the store was busy (database is locked: a connection of this process is in a transaction on it, and "
            "nobody has committed since; if that is your transaction, join it with store.bind(connection)); nothing "
            "was written: send the same change again"
        )
        assert store.counts() == {}
        host.rollback()
        store.commit(ROUTE)


def test_the_store_asks_again_at_an_even_pace(path, host):
    """It waits 0.2 to 1 ms between two questions, as long as its patience lasts."""
    pauses = []

    def sleep(pause):
        pauses.append(pause)
        if len(pauses) == 12:
            host.rollback()

    with SqliteStore(path) as store, mock.patch.object(sqlite.time, "sleep", sleep):
        host.execute("BEGIN IMMEDIATE")
        store.commit(ROUTE)
    assert len(pauses) == 12
    assert (min(pauses), max(pauses)) == (0.0002, 0.001)


class Interrupted(Tables):
    """Tables that are interrupted after their last statement."""

    def apply(self, cursor, change):
        super().apply(cursor, change)
        raise KeyboardInterrupt


def test_an_interrupt_undoes_the_commit(store):
    """A KeyboardInterrupt in the middle of a commit leaves nothing behind, and the store works on."""
    sound, store._tables = store._tables, Interrupted("leadroute")
    with pytest.raises(KeyboardInterrupt):
        store.commit(ROUTE)
    store._tables = sound
    assert (store.counts(), store.events(), store.find()) == ({}, [], [])
    store.commit(ROUTE)


def test_a_connection_that_cannot_be_set_up_is_closed(path):
    """Opening fails as a whole."""
    with SqliteStore(path) as store:
        store._synchronous = "PRAGMA synchronous = "
        store._pool[1].pop().close()
        with pytest.raises(sqlite3.OperationalError):
            store.counts()


def test_any_driver_error_undoes_the_commit(store, host):
    """An error that is not about the file passes through as it is, and nothing of the change stays."""
    host.execute(
        "CREATE TRIGGER no AFTER INSERT ON leadroute_outbox BEGIN SELECT RAISE(FAIL, 'no'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="no"):
        store.commit(ROUTE)
    assert (store.counts(), store.find(), store.events()) == ({}, [], [])


def test_a_host_and_leadroute_commit_together(store, host):
    """In the host's transaction the host's rows and leadroute's are seen together."""
    host.execute("CREATE TABLE deal (id TEXT)")
    host.execute("BEGIN IMMEDIATE")
    bound = store.bind(host)
    assert repr(bound) == "<SqliteTransaction on the tables leadroute_*>"
    host.execute("INSERT INTO deal VALUES ('d')")
    bound.commit(ROUTE)
    assert bound.counts(prefix="rep/open/") == {"rep/open/ada": 1}
    assert store.counts() == {}
    host.commit()
    assert store.counts(["rep/open/ada"]) == {"rep/open/ada": 1}


@pytest.mark.parametrize("isolation", [None, "", "DEFERRED", "IMMEDIATE"])
def test_a_hosts_rollback_undoes_the_first_write(store, path, isolation):
    """With every setting of the driver, leadroute's first write goes back with the host's transaction."""
    with closing(sqlite3.connect(path, isolation_level=isolation)) as host:
        host.execute("BEGIN IMMEDIATE")
        store.bind(host).commit(ROUTE)
        assert host.in_transaction
        host.rollback()
    assert (store.counts(), store.find(), store.events()) == ({}, [], [])
    assert store.get(["once/submit:1"]) == {}


@pytest.mark.parametrize("isolation", [None, "", "DEFERRED", "IMMEDIATE"])
def test_a_write_outside_a_transaction_is_refused(store, path, isolation):
    """Without an open transaction a commit is refused with what to write; a read is fine."""
    with closing(sqlite3.connect(path, isolation_level=isolation)) as host:
        bound = store.bind(host)
        assert bound.counts() == {}
        for write in (lambda: bound.commit(ROUTE), lambda: bound.trim(0), bound.create):
            with pytest.raises(TransactionRequiredError) as refusal:
                write()
            assert str(refusal.value) == (
                "SqliteTransaction is bound to a connection that is not in a transaction; "
                'execute "BEGIN IMMEDIATE" on the connection first'
            )
        assert not host.in_transaction
    assert store.counts() == {}


def test_a_refused_change_leaves_the_hosts_transaction_alone(store, host):
    """A ConflictError undoes the change and nothing of the host's; the host may go on and commit."""
    host.execute("CREATE TABLE deal (id TEXT)")
    host.execute("BEGIN IMMEDIATE")
    host.execute("INSERT INTO deal VALUES ('d')")
    bound = store.bind(host)
    bound.commit(ROUTE)
    with pytest.raises(ConflictError):
        bound.commit(ROUTE)
    host.execute("INSERT INTO deal VALUES ('e')")
    host.commit()
    assert host.execute("SELECT count(*) FROM deal").fetchone() == (2,)
    assert store.counts(["rep/open/ada"]) == {"rep/open/ada": 1}


def test_an_interrupt_in_the_hosts_transaction_undoes_the_change(store, host):
    """Whatever is raised, the host's transaction stands as before the commit."""
    host.execute("BEGIN IMMEDIATE")
    bound = store.bind(host)
    bound._tables = Interrupted("leadroute")
    with pytest.raises(KeyboardInterrupt):
        bound.commit(ROUTE)
    assert host.in_transaction
    assert bound.counts() == {}


def test_a_transaction_that_the_database_ended_is_left_alone(store, host):
    """Where SQLite itself rolled back, the error passes through and nothing more is tried."""

    class Ended(Tables):
        def apply(self, cursor, change):
            cursor.execute("ROLLBACK")
            raise MemoryError

    host.execute("BEGIN IMMEDIATE")
    bound = store.bind(host)
    bound._tables = Ended("leadroute")
    with pytest.raises(MemoryError):
        bound.commit(ROUTE)
    assert not host.in_transaction


def test_a_stale_read_makes_the_hosts_first_write_transient(store, host):
    """After BEGIN, a read and another's commit SQLite refuses to write; leadroute does not retry."""
    host.execute("BEGIN")
    bound = store.bind(host)
    assert bound.counts() == {}
    store.commit(ROUTE)
    with pytest.raises(TransientError):
        Contract(bound).done(Add("a", 1))
    host.rollback()
    assert store.counts(["a"]) == {}


def test_a_hosts_row_factory_does_not_matter(store, host):
    """A connection that gives rows of its own kind can be bound."""
    host.row_factory = lambda cursor, row: {"columns": len(row)}
    host.execute("BEGIN IMMEDIATE")
    bound = store.bind(host)
    bound.commit(ROUTE)
    assert bound.get(["placement/L-1"])["placement/L-1"].owner == "ada"
    assert bound.events(lead="L-1")[0].n == 1


def test_savepoints_of_the_host_hold_leadroutes_commits(store, host):
    """A rollback to the host's own savepoint takes leadroute's commits with it."""
    host.execute("BEGIN IMMEDIATE")
    bound = store.bind(host)
    Contract(bound).done(Add("a", 1))
    host.execute("SAVEPOINT mine")
    Contract(bound).done(Add("a", 1))
    host.execute("ROLLBACK TO mine")
    host.commit()
    assert store.counts() == {"a": 1}


def test_the_prefix_of_a_store_is_that_of_its_transactions(path):
    """A bound store works on the same tables."""
    with SqliteStore(path, prefix="crm") as store, closing(sqlite3.connect(path)) as host:
        host.execute("BEGIN IMMEDIATE")
        store.bind(host).commit(ROUTE)
        host.commit()
        assert store.counts(["rep/open/ada"]) == {"rep/open/ada": 1}
        with pytest.raises(ConfigError, match="no such table: leadroute_counter; make the tables"):
            SqliteTransaction(host).counts()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_fork_opens_its_own_connections(store):
    """A child process uses none of its parent's connections, and both work on."""
    store.commit(Change("c", (Add("a", 1), Once("c"))))
    before = list(store._pool[1])
    with mock.patch.object(sqlite.os, "getpid", return_value=-1):
        store.commit(Change("d", (Add("a", 1), Once("d"))))
        assert store._pool[0] == -1
        assert not set(before) & set(store._pool[1])
    inherited = sqlite._inherited.pop(0)
    assert list(inherited) == before
    store.commit(Change("e", (Add("a", 1), Once("e"))))
    assert store.counts() == {"a": 3}
    for abandoned in (inherited, *sqlite._inherited):
        while abandoned:
            abandoned.pop().close()
    sqlite._inherited.clear()


def test_a_host_may_make_the_tables_in_its_transaction(host):
    """Tables made in the host's transaction go back with it, and making them twice is fine."""
    bound = SqliteTransaction(host)
    for end in (host.rollback, host.commit):
        host.execute("BEGIN IMMEDIATE")
        bound.create()
        bound.create()
        bound.commit(ROUTE)
        end()
    assert host.execute("SELECT version FROM leadroute_schema").fetchall() == [(3,)]
    assert bound.counts(["rep/open/ada"]) == {"rep/open/ada": 1}


def plans(store, ask):
    """The plans of the statements that a question uses, on tables with statistics of many rows."""
    statements = []

    def work(cursor):
        cursor.connection.set_trace_callback(statements.append)
        ask(store)
        cursor.connection.set_trace_callback(None)
        wanted = [text for text in statements if text.lstrip().startswith("SELECT")]
        return [
            " | ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {text}"))
            for text in wanted
        ]

    (connection,) = store._pool[1]
    return work(connection.cursor())


def test_a_commit_reads_nothing_but_what_a_conflict_found(store):
    """What nothing stands against is written without a query; a conflict asks what stands there."""

    def over(store):
        with pytest.raises(ConflictError):
            store.commit(Change("c-2", (Put("r", "", 0), Add("rep/open/ada", 5, hi=2))))

    assert plans(store, lambda s: s.commit(ROUTE)) == []
    assert len(plans(store, over)) == 1


@pytest.mark.parametrize(
    ("ask", "plan"),
    [
        (
            lambda s: s.find(status="offered", upto=9),
            "USING INDEX leadroute_record_status (status=? AND ",
        ),
        (
            lambda s: s.find(status="waiting"),
            "USING INDEX leadroute_record_status (status=? AND ",
        ),
        (
            lambda s: s.find(status="accepted", owner="ada"),
            "USING INDEX leadroute_record_owner (owner=? AND ",
        ),
        (lambda s: s.find(owner="ada"), "USING INDEX leadroute_record_owner (owner=? AND "),
        (lambda s: s.get(["a", "b"]), "USING INDEX sqlite_autoindex_leadroute_record_1 (key=?)"),
        (lambda s: s.counts(["a", "b"]), "USING PRIMARY KEY (key=?)"),
        (lambda s: s.counts(prefix="rep/"), "USING PRIMARY KEY (key>? AND key<?)"),
        (
            lambda s: s.counts(prefix="rep/", after="rep/open/ada", limit=9),
            "USING PRIMARY KEY (key>? AND key<?)",
        ),
        (lambda s: s.events(after=7), "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)"),
        (
            lambda s: s.events(lead="L"),
            "USING INDEX sqlite_autoindex_leadroute_event_1 (lead=? AND n>?)",
        ),
        (
            lambda s: s.events(pending_at=7),
            "SEARCH o USING INTEGER PRIMARY KEY (rowid>?) | CORRELATED SCALAR SUBQUERY",
        ),
        (
            lambda s: s.events(lead="L", pending_at=7),
            "SEARCH o USING INDEX leadroute_outbox_lead (lead=? AND n>?)",
        ),
        (
            lambda s: s.events(change="c"),
            "USING INDEX leadroute_event_change (change=? AND rowid>?)",
        ),
        (lambda s: s.find(upto=9), "USING INDEX leadroute_record_due ((due,key)>(?,?) AND due<?)"),
    ],
)
def test_every_question_is_answered_from_an_index(store, ask, plan):
    """No question of the router scans a table or sorts."""
    (found,) = plans(store, ask)
    assert plan in found
    assert "SCAN" not in found
    assert "TEMP B-TREE" not in found
