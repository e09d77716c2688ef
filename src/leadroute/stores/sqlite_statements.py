"""The SQL of the SQLite store: its tables and its statements.

* All names start with one validated prefix. It is the only thing that is ever put into a statement.
* ``create`` upgrades the tables of an older release. Those from before schema 2, or of a newer
  release, are refused, never touched.
* A record that is never due keeps the greatest integer as its due time, so that one index gives
  every line in order. The views show it as NULL. They carry the domain's names, for people who read
  the database with SQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from sqlite3 import OperationalError
from typing import Any, Protocol

from leadroute.errors import ConfigError, ConflictError
from leadroute.offers.change import (
    ONCE,
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Event,
    Once,
    Put,
    Raise,
    Record,
    ordered,
)
from leadroute.offers.store import one_question, page_size
from leadroute.stores.rows import NEVER, bounds_of, due_and_key, event_of, next_prefix, record_of


class Cursor(Protocol):
    """What the statements are run on: a cursor of sqlite3, or one like it."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement wrote."""

    @property
    def lastrowid(self) -> int | None:
        """The id of the row that the last statement made."""

    def execute(self, statement: str, bound: Any = ..., /) -> Cursor:
        """Run a statement; its rows are read from what is returned."""

    def fetchone(self) -> Any:
        """The next row; ``None`` behind the last."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


SCHEMA = 3  # the version of the tables that this release reads and writes

_PREFIX = re.compile("[a-z][a-z0-9_]{0,29}")

TABLES = (
    "CREATE TABLE IF NOT EXISTS leadroute_schema (version INTEGER NOT NULL PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS leadroute_record (
        key TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, status TEXT NOT NULL,
        owner TEXT NOT NULL, due INTEGER NOT NULL, data TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS leadroute_record_status ON leadroute_record (status, due, key)",
    "CREATE INDEX IF NOT EXISTS leadroute_record_owner ON leadroute_record (owner, due, key)",
    "CREATE INDEX IF NOT EXISTS leadroute_record_due ON leadroute_record (due, key)",
    """CREATE TABLE IF NOT EXISTS leadroute_counter (
        key TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS leadroute_once (
        key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, fingerprint TEXT NOT NULL,
        at INTEGER) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS leadroute_event (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, lead TEXT NOT NULL, n INTEGER NOT NULL,
        type TEXT NOT NULL, at INTEGER NOT NULL, change TEXT NOT NULL, data TEXT NOT NULL,
        CONSTRAINT leadroute_event_lead UNIQUE (lead, n))""",
    "CREATE INDEX IF NOT EXISTS leadroute_event_change ON leadroute_event (change)",
    """CREATE TABLE IF NOT EXISTS leadroute_outbox (
        event_id INTEGER NOT NULL PRIMARY KEY, until INTEGER, attempts INTEGER NOT NULL,
        error TEXT NOT NULL, lead TEXT NOT NULL, n INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS leadroute_outbox_lead ON leadroute_outbox (lead, n)",
)
"""The tables and indexes, as ``add_tables`` gives them to Alembic, which finds no difference."""

VIEWS = (
    """CREATE VIEW IF NOT EXISTS leadroute_placement AS
        SELECT json_extract(data, '$.lead_id') AS lead_id, status,
            CASE WHEN status IN ('accepted', 'contacted', 'closed', 'withdrawn') THEN
                coalesce(json_extract(data, '$.owner'), json_extract(data, '$.rep_id')) END AS owner,
            json_extract(data, '$.rule') AS rule,
            json_extract(data, '$.pool') AS pool, json_extract(data, '$.reason_code') AS reason_code,
            json_extract(data, '$.outcome') AS outcome,
            coalesce(json_extract(data, '$.priority'), 0) AS priority,
            json_extract(data, '$.received_at') AS received_at,
            nullif(due, 9223372036854775807) AS due, version, data
        FROM leadroute_record WHERE key >= 'placement/' AND key < 'placement0'""",
    """CREATE VIEW IF NOT EXISTS leadroute_offer AS
        SELECT json_extract(r.data, '$.lead_id') AS lead_id,
            json_extract(o.value, '$.rep_id') AS rep_id, json_extract(o.value, '$.pool') AS pool,
            json_extract(o.value, '$.made_at') AS made_at,
            json_extract(o.value, '$.expires_at') AS expires_at
        FROM leadroute_record AS r, json_each(r.data, '$.offers') AS o
        WHERE r.key >= 'placement/' AND r.key < 'placement0'""",
    """CREATE VIEW IF NOT EXISTS leadroute_line AS
        SELECT substr(status, 6) AS line, json_extract(data, '$.lead') AS lead_id,
            row_number() OVER (PARTITION BY status ORDER BY key) AS place
        FROM leadroute_record WHERE key >= 'wait/' AND key < 'wait0'""",
    """CREATE VIEW IF NOT EXISTS leadroute_load AS
        SELECT replace(replace(substr(key, 10), '%2F', '/'), '%25', '%') AS rep_id, n AS open
        FROM leadroute_counter WHERE key >= 'rep/open/' AND key < 'rep/open0'""",
)
"""Views that carry the words of the field, with ids as they were given."""

_UPGRADES = {
    2: (
        "ALTER TABLE leadroute_outbox ADD COLUMN lead TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE leadroute_outbox ADD COLUMN n INTEGER NOT NULL DEFAULT 0",
        """UPDATE leadroute_outbox SET
            lead = (SELECT lead FROM leadroute_event WHERE id = event_id),
            n = (SELECT n FROM leadroute_event WHERE id = event_id)""",
        "DROP VIEW IF EXISTS leadroute_placement",
        "DROP VIEW IF EXISTS leadroute_load",
    )
}
"""From each schema to the next; indexes that are new are made as in a new file."""


def valid_prefix(prefix: str) -> str:
    """The prefix itself."""
    if not (isinstance(prefix, str) and _PREFIX.fullmatch(prefix)):
        shape = "a lower-case letter, then at most 29 lower-case letters, digits or _"
        raise ConfigError(f"{prefix!r:.60} cannot be the prefix of tables; write {shape}")
    return prefix


def named(prefix: str, statement: str) -> str:
    """The statement on the tables with this prefix."""
    return statement.replace("leadroute_", f"{prefix}_")


def schema_of(cursor: Cursor, prefix: str) -> int | None:
    """The version of the tables; ``None`` where they are not there, or not complete."""
    known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    if cursor.execute(known, (f"{prefix}_schema",)).fetchone() == (0,):
        return None
    statement = named(prefix, "SELECT max(version) FROM leadroute_schema")
    try:
        found: int | None = cursor.execute(statement).fetchone()[0]
    except OperationalError as error:
        if "no such column" not in str(error):
            raise
        problem = f"the table {prefix}_schema is of another program ({error})"
        raise ConfigError(f"{problem}; choose another prefix or file", file_of(cursor)) from None
    if found is None or found == SCHEMA or found in _UPGRADES:
        return found
    if not isinstance(found, int):
        problem = f"the table {prefix}_schema is of another program (its version is no number)"
        raise ConfigError(f"{problem}; choose another prefix or file", file_of(cursor))
    problem = f"the tables {prefix}_* have schema {found}; this release reads {min(_UPGRADES)} to {SCHEMA}"
    remedy = (
        "install the release of leadroute that made them, or newer"
        if found > SCHEMA
        else "name a new file, or open this one with the release of leadroute that made it"
    )
    raise ConfigError(f"{problem}; {remedy}", file_of(cursor))


def file_of(cursor: Cursor) -> str:
    """Return the file of the main database; empty for one in memory."""
    return str(cursor.execute("PRAGMA database_list").fetchone()[2])


def create(cursor: Cursor, prefix: str) -> None:
    """Make what is missing and upgrade what is old, inside the transaction of the cursor."""
    found = schema_of(cursor, prefix)
    if found == SCHEMA:
        return
    upgrade = (step for old in range(found or SCHEMA, SCHEMA) for step in _UPGRADES[old])
    for statement in (*upgrade, *TABLES, *VIEWS, "DELETE FROM leadroute_schema"):
        cursor.execute(named(prefix, statement))
    stamp = named(prefix, "INSERT INTO leadroute_schema (version) VALUES (?)")
    cursor.execute(stamp, (SCHEMA,))


Outdated = tuple[list[str | int], list[str | int], list[str | int]]
"""What may be forgotten: once-keys, events, counters."""

_MANY = 512
_ALL = -1  # a LIMIT that is none

_ONCE = (
    "INSERT INTO leadroute_once (key, value, fingerprint, at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_VALUE = "SELECT value FROM leadroute_once WHERE key = ?"
_VERSION = "SELECT version FROM leadroute_record WHERE key = ?"
_INSERT = (
    "INSERT INTO leadroute_record (key, version, status, owner, due, data) "
    "VALUES (?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_UPDATE = (
    "UPDATE leadroute_record SET version = version + 1, status = ?, owner = ?, due = ?, data = ? "
    "WHERE key = ? AND version = ?"
)
_DROP = "DELETE FROM leadroute_record WHERE key = ? AND version = ?"
_ACK = "DELETE FROM leadroute_outbox WHERE event_id = ?"
_DEFER = "UPDATE leadroute_outbox SET until = ?, attempts = ?, error = ? WHERE event_id = ?"
_ADD = (
    "INSERT INTO leadroute_counter (key, n) VALUES (:key, :delta) ON CONFLICT (key) "
    "DO UPDATE SET n = n + :delta WHERE n + :delta BETWEEN :low AND :high"
)
_ADD_TO_PRESENT = (
    "UPDATE leadroute_counter SET n = n + :delta "
    "WHERE key = :key AND n + :delta BETWEEN :low AND :high"
)
_RAISE = (
    "INSERT INTO leadroute_counter (key, n) VALUES (:key, max(0, :to)) ON CONFLICT (key) "
    "DO UPDATE SET n = :to WHERE n < :to"
)
_COUNT = "SELECT n FROM leadroute_counter WHERE key = ?"
_EMIT = (
    "INSERT INTO leadroute_event (lead, n, type, at, change, data) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_DELIVER = (
    "INSERT INTO leadroute_outbox (event_id, until, attempts, error, lead, n) "
    "VALUES (?, min(?, 0), 0, '', ?, ?)"
)
_LAST = "SELECT max(n) FROM leadroute_event WHERE lead = ?"

_RECORDS = "SELECT key, version, data, status, owner, due FROM leadroute_record WHERE key IN "
_ONCES = "SELECT key, value, fingerprint FROM leadroute_once WHERE key IN "
_COUNTS = "SELECT key, n FROM leadroute_counter WHERE n <> 0 AND key IN "
_COUNTS_IN = (
    "SELECT key, n FROM leadroute_counter WHERE key {} ? AND key < ? AND n <> 0 "
    "ORDER BY key LIMIT ?"
)
_FIND = (
    "SELECT key, version, data, status, owner, due FROM leadroute_record "
    "WHERE (due, key) > (?, ?) AND due <= ?{} ORDER BY due, key LIMIT ?"
)
_EVENTS = (
    "SELECT e.id, e.lead, e.n, e.type, e.data, e.at, e.change, o.until, o.attempts, o.error "
    "FROM {} ON o.event_id = e.id WHERE {} LIMIT ?"
)
_LOG = "leadroute_event e LEFT JOIN leadroute_outbox o"
_FIRST = "NOT EXISTS (SELECT 1 FROM leadroute_outbox b WHERE b.lead = o.lead AND b.n < o.n)"
_WAITING = "leadroute_outbox o CROSS JOIN leadroute_event e"

_OLD_ONCES = "SELECT key FROM leadroute_once WHERE at < ? ORDER BY key LIMIT ?"
_OLD_EVENTS = (
    "SELECT id FROM leadroute_event e WHERE at < :before "
    "AND NOT EXISTS (SELECT 1 FROM leadroute_outbox WHERE event_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM leadroute_event k WHERE k.lead = e.lead AND k.n < e.n "
    "AND (k.at >= :before OR EXISTS (SELECT 1 FROM leadroute_outbox WHERE event_id = k.id))) "
    "ORDER BY id LIMIT :most"
)
_ZEROS = "SELECT key FROM leadroute_counter WHERE n = 0 ORDER BY key LIMIT ?"
_FORGET = (
    "DELETE FROM leadroute_once WHERE key = ?",
    "DELETE FROM leadroute_event WHERE id = ?",
    "DELETE FROM leadroute_counter WHERE key = ? AND n = 0",
)


def _batches(keys: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Placeholders and keys for ``IN``, in few sizes, so that few statements are ever prepared."""
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), _MANY):
        batch = wanted[start : start + _MANY]
        size = 1 << (len(batch) - 1).bit_length()
        yield f"({', '.join('?' * size)})", batch + batch[-1:] * (size - len(batch))


class Tables:
    """The statements on the tables with one prefix, each inside its cursor's transaction."""

    def __init__(self, prefix: str) -> None:
        sql = partial(named, prefix)
        self._once, self._value = sql(_ONCE), sql(_VALUE)
        self._version, self._insert = sql(_VERSION), sql(_INSERT)
        self._update, self._drop = sql(_UPDATE), sql(_DROP)
        self._ack, self._defer = sql(_ACK), sql(_DEFER)
        self._add, self._add_to_present = sql(_ADD), sql(_ADD_TO_PRESENT)
        self._raise, self._count = sql(_RAISE), sql(_COUNT)
        self._emit, self._deliver, self._last = sql(_EMIT), sql(_DELIVER), sql(_LAST)
        self._records, self._onces = sql(_RECORDS), sql(_ONCES)
        self._counts = sql(_COUNTS)
        self._counts_from, self._counts_behind = (
            sql(_COUNTS_IN.format(is_)) for is_ in (">=", ">")
        )
        self._find = {
            (False, False): sql(_FIND.replace("{}", "")),
            (True, False): sql(_FIND.replace("{}", " AND status = ?")),
            (False, True): sql(_FIND.replace("{}", " AND owner = ?")),
            (True, True): sql(_FIND.replace("{}", " AND +status = ? AND owner = ?")),
        }

        def events(source: str, wanted: str) -> str:
            return sql(_EVENTS.replace("{}", source, 1).replace("{}", wanted))

        self._events = {
            (False, False): events(_LOG, "e.id > ? ORDER BY e.id"),
            (False, True): events(
                _WAITING, f"o.event_id > ? AND o.until <= ? AND {_FIRST} ORDER BY o.event_id"
            ),
            (True, False): events(_LOG, "e.n > ? AND e.lead = ? ORDER BY e.n"),
            (True, True): events(
                _WAITING, f"o.n > ? AND o.until <= ? AND o.lead = ? AND {_FIRST} ORDER BY o.n"
            ),
        }
        self._of_change = events(_LOG, "e.id > ? AND e.change = ? ORDER BY e.id")
        self._old_onces, self._old_events, self._zeros = map(sql, (_OLD_ONCES, _OLD_EVENTS, _ZEROS))
        self._forget = tuple(map(sql, _FORGET))
        self._moves = self._by_kind()

    def _by_kind(self) -> dict[type, Callable[[Cursor, Any], None]]:
        """What applies an operation of each kind but Once and Emit, which need their change."""
        return {
            Check: self._checked,
            Put: self._put,
            Drop: self._dropped,
            Ack: self._acked,
            Defer: self._deferred,
            Add: self._added,
            Raise: self._raised,
        }

    def apply(self, cursor: Cursor, change: Change) -> None:
        """Apply the operations one by one; the caller undoes them when one raises ConflictError."""
        ops = ordered(change)
        dated = max((op.at for op in ops if type(op) is Emit), default=None)
        for op in ops:
            if isinstance(op, Emit):
                self._emitted(cursor, op, change.id)
            elif isinstance(op, Once):
                self._kept(cursor, op, dated)
            else:
                self._moves[type(op)](cursor, op)

    def _kept(self, cursor: Cursor, op: Once, at: int | None) -> None:
        if not cursor.execute(self._once, (op.key, op.value, op.fingerprint, at)).rowcount:
            (value,) = cursor.execute(self._value, (op.key,)).fetchone()
            raise ConflictError("duplicate", op.key, value)

    def _standing_version(self, cursor: Cursor, key: str) -> int:
        row = cursor.execute(self._version, (key,)).fetchone()
        return 0 if row is None else int(row[0])

    def _checked(self, cursor: Cursor, op: Check) -> None:
        if (version := self._standing_version(cursor, op.key)) != op.version:
            raise ConflictError("version", op.key, version)

    def _put(self, cursor: Cursor, op: Put) -> None:
        due = NEVER if op.due is None else op.due
        if op.expect:
            row = (op.status, op.owner, due, op.data, op.key, op.expect)
            written = cursor.execute(self._update, row).rowcount
        else:
            new = (op.key, op.status, op.owner, due, op.data)
            written = cursor.execute(self._insert, new).rowcount
        if not written:
            raise ConflictError("version", op.key, self._standing_version(cursor, op.key))

    def _dropped(self, cursor: Cursor, op: Drop) -> None:
        if not cursor.execute(self._drop, (op.key, op.expect)).rowcount:
            raise ConflictError("version", op.key, self._standing_version(cursor, op.key))

    def _acked(self, cursor: Cursor, op: Ack) -> None:
        if not cursor.execute(self._ack, (op.id,)).rowcount:
            raise ConflictError("gone", str(op.id))

    def _deferred(self, cursor: Cursor, op: Defer) -> None:
        if not cursor.execute(self._defer, (op.until, op.attempts, op.error, op.id)).rowcount:
            raise ConflictError("gone", str(op.id))

    def _standing(self, cursor: Cursor, key: str) -> int:
        row = cursor.execute(self._count, (key,)).fetchone()
        return 0 if row is None else int(row[0])

    def _added(self, cursor: Cursor, op: Add) -> None:
        low, high = op.bounds
        statement = self._add if low <= op.delta <= high else self._add_to_present
        bound = {"key": op.key, "delta": op.delta, "low": low, "high": high}
        if not cursor.execute(statement, bound).rowcount:
            raise ConflictError("limit", op.key, self._standing(cursor, op.key))

    def _raised(self, cursor: Cursor, op: Raise) -> None:
        cursor.execute(self._raise, {"key": op.key, "to": op.to})

    def _emitted(self, cursor: Cursor, op: Emit, change: str) -> None:
        row = (op.lead, op.n, op.type, op.at, change, op.data)
        if not cursor.execute(self._emit, row).rowcount:
            (last,) = cursor.execute(self._last, (op.lead,)).fetchone()
            raise ConflictError("version", op.lead, last)
        if op.deliver:
            cursor.execute(self._deliver, (cursor.lastrowid, op.at, op.lead, op.n))

    def get(self, cursor: Cursor, keys: Sequence[str]) -> dict[str, Record]:
        """See :meth:`Store.get`."""
        found: dict[str, Record] = {}
        for places, batch in _batches(key for key in keys if not key.startswith(ONCE)):
            for row in cursor.execute(self._records + places, batch):
                found[row[0]] = record_of(row)
        onces = (key.removeprefix(ONCE) for key in keys if key.startswith(ONCE))
        for places, batch in _batches(onces):
            for key, value, fingerprint in cursor.execute(self._onces + places, batch):
                found[ONCE + key] = Record(ONCE + key, 1, value, fingerprint=fingerprint)
        return {key: found[key] for key in keys if key in found}

    def counts(
        self,
        cursor: Cursor,
        keys: Sequence[str] | None,
        prefix: str,
        after: str,
        limit: int | None,
    ) -> dict[str, int]:
        """See :meth:`Store.counts`."""
        if keys is None:
            statement = self._counts_from if after < prefix else self._counts_behind
            end, most = next_prefix(prefix), _ALL if limit is None else limit
            return dict(cursor.execute(statement, (max(prefix, after), end, most)))
        found: dict[str, int] = {}
        for places, batch in _batches(keys):
            found.update(cursor.execute(self._counts + places, batch))
        return {key: found[key] for key in keys if key in found}

    def find(
        self,
        cursor: Cursor,
        statuses: Sequence[str] | None,
        owner: str | None,
        upto: int | None,
        after: Record | None,
        limit: int,
        first: int | None,
    ) -> list[Record]:
        """See :meth:`Store.find`."""
        start, end = bounds_of(after, upto)
        most = limit if first is None else min(first, limit)
        owners = [] if owner is None else [owner]
        statement = self._find[statuses is not None, owner is not None]
        # One statement that is prepared once, run for each status: each reads its index, and no more.
        rows = [
            row
            for wanted in ([[]] if statuses is None else [[each] for each in statuses])
            for row in cursor.execute(statement, (*start, end, *wanted, *owners, most))
        ]
        if statuses is not None and len(statuses) > 1:
            rows.sort(key=due_and_key)
        return [record_of(row) for row in rows[:limit]]

    def events(
        self,
        cursor: Cursor,
        after: int,
        limit: int,
        lead: str | None,
        pending_at: int | None,
        change: str | None,
    ) -> list[Event]:
        """See :meth:`Store.events`."""
        one_question(change, lead, pending_at)
        wanted = [value for value in (pending_at, lead, change) if value is not None]
        statement = self._events[lead is not None, pending_at is not None]
        if change is not None:
            statement = self._of_change
        return [
            event_of(row) for row in cursor.execute(statement, (after, *wanted, page_size(limit)))
        ]

    def outdated(self, cursor: Cursor, before: int, limit: int) -> Outdated:
        """What :meth:`Store.trim` may forget. It stays so, but a counter may be used again."""
        left = page_size(limit)
        onces = [key for (key,) in cursor.execute(self._old_onces, (before, left))]
        left -= len(onces)
        aged = cursor.execute(self._old_events, {"before": before, "most": left})
        events = [event for (event,) in aged]
        left -= len(events)
        return onces, events, [key for (key,) in cursor.execute(self._zeros, (left,))]

    def forget(self, cursor: Cursor, outdated: Outdated) -> int:
        """Delete it; returns how much of it was still there and needed no more."""
        forgotten = 0
        for statement, keys in zip(self._forget, outdated, strict=True):
            for key in keys:
                forgotten += cursor.execute(statement, (key,)).rowcount
        return forgotten
