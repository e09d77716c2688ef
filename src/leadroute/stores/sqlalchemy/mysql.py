"""The SQL of MariaDB and MySQL: one statement for each kind of operation, in a transaction.

* Rows are locked in canonical order, within each kind by key, so two changes seldom wait for each
  other; where they do, the server ends one, which is a TransientError.
* No INSERT IGNORE, which also cuts long texts: a key that is taken is an error, and is looked up.
* A guard of a counter is judged by the value after the addition: row counts cannot tell it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from leadroute.errors import TransientError
from leadroute.offers.change import ONCE, Change, Put, Record
from leadroute.stores.rows import (
    EARLIEST,
    NEVER,
    bounds_of,
    due_and_key,
    next_prefix,
    record_of,
)
from leadroute.stores.sqlalchemy.database import Database, Log, Row
from leadroute.stores.sqlalchemy.parts import Parts, Sum

_PLACEMENT = "`key` >= 'placement/' AND `key` < 'placement0'"


def _told(name: str) -> str:
    """A value of a document as text; a null of JSON is NULL, and the text "null" is not."""
    found = f"json_extract(data, '$.{name}')"
    return f"CASE WHEN json_type({found}) <> 'NULL' THEN json_unquote({found}) END"


VIEWS = (
    f"""CREATE OR REPLACE VIEW leadroute_placement AS
        SELECT {_told("lead_id")} AS lead_id, status,
            CASE WHEN status IN ('accepted', 'contacted', 'closed', 'withdrawn') THEN
                coalesce({_told("owner")}, {_told("rep_id")}) END AS owner,
            {_told("rule")} AS rule, {_told("pool")} AS pool,
            {_told("reason_code")} AS reason_code, {_told("outcome")} AS outcome,
            CAST(coalesce(json_extract(data, '$.priority'), 0) AS SIGNED) AS priority,
            {_told("received_at")} AS received_at,
            nullif(due, 9223372036854775807) AS due, version, data
        FROM leadroute_record WHERE {_PLACEMENT}""",
    f"""CREATE OR REPLACE VIEW leadroute_offer AS
        SELECT {_told("lead_id")} AS lead_id, o.rep_id, o.pool, o.made_at, o.expires_at
        FROM leadroute_record, JSON_TABLE(data, '$.offers[*]' COLUMNS (
            rep_id VARCHAR(190) PATH '$.rep_id', pool VARCHAR(190) PATH '$.pool',
            made_at VARCHAR(40) PATH '$.made_at', expires_at VARCHAR(40) PATH '$.expires_at')) AS o
        WHERE {_PLACEMENT}""",
    f"""CREATE OR REPLACE VIEW leadroute_line AS
        SELECT substr(status, 6) AS line, {_told("lead")} AS lead_id,
            row_number() OVER (PARTITION BY status ORDER BY `key`) AS place
        FROM leadroute_record WHERE `key` >= 'wait/' AND `key` < 'wait0'""",
    """CREATE OR REPLACE VIEW leadroute_load AS
        SELECT replace(replace(substr(`key`, 10), '%2F', '/'), '%25', '%') AS rep_id, n AS open
        FROM leadroute_counter WHERE `key` >= 'rep/open/' AND `key` < 'rep/open0'""",
)
"""The words of the field for people who read the tables."""

_COLUMNS = "`key`, version, data, status, owner, due"
_RECORDS = f"SELECT {_COLUMNS} FROM leadroute_record WHERE `key` IN {{}}"
_ONCES = "SELECT `key`, value, fingerprint FROM leadroute_once WHERE `key` IN {}"
_COUNTS = "SELECT `key`, n FROM leadroute_counter WHERE n <> 0 AND `key` IN {}"
_COUNTS_IN = (
    "SELECT `key`, n FROM leadroute_counter WHERE `key` >= %s AND `key` > %s AND `key` < %s "
    "AND n <> 0 ORDER BY `key` LIMIT %s"
)
_PAGE = (  # without the hint a part of a UNION reads and sorts the table, however few rows it gives
    f"SELECT {_COLUMNS} FROM leadroute_record FORCE INDEX (leadroute_record_{{line}}) "
    "WHERE {where} ORDER BY due, `key` LIMIT %s"
)
_KEEP = "INSERT INTO leadroute_once (`key`, value, fingerprint, at) VALUES "
_VALUES = (
    "SELECT `key`, value FROM leadroute_once WHERE `key` IN {} ORDER BY `key` LOCK IN SHARE MODE"
)
_SHARED = "SELECT `key`, version FROM leadroute_record WHERE `key` IN {} ORDER BY `key` LOCK IN SHARE MODE"
_HELD = "SELECT `key`, version FROM leadroute_record WHERE `key` IN {} ORDER BY `key` FOR UPDATE"
_WRITE = "INSERT INTO leadroute_record (`key`, version, status, owner, due, data) VALUES "
_AGAIN = (
    " ON DUPLICATE KEY UPDATE version = VALUES(version), status = VALUES(status), "
    "owner = VALUES(owner), due = VALUES(due), data = VALUES(data)"
)
_DROP = "DELETE FROM leadroute_record WHERE `key` IN {}"
_WAITS = "SELECT event_id, lead, n FROM leadroute_outbox WHERE event_id IN {} ORDER BY event_id FOR UPDATE"
_ACK = "DELETE FROM leadroute_outbox WHERE event_id IN {}"
_DEFER = "UPDATE leadroute_outbox SET until = %s, attempts = %s, error = %s WHERE event_id = %s"
_ADD = "INSERT INTO leadroute_counter (`key`, n) VALUES "
_SUM = " ON DUPLICATE KEY UPDATE n = n + VALUES(n)"
_RETURNING = " RETURNING `key`, n"
_AFTER = "SELECT `key`, n FROM leadroute_counter WHERE `key` IN {} FOR UPDATE"
_RAISE = " ON DUPLICATE KEY UPDATE n = GREATEST(n, VALUES(n))"
_RAISE_BELOW = "INSERT INTO leadroute_counter (`key`, n) VALUES (%s, 0) ON DUPLICATE KEY UPDATE n = GREATEST(n, %s)"
_EMIT = "INSERT INTO leadroute_event (lead, n, type, at, `change`, data) VALUES "
_DELIVER = (
    "INSERT INTO leadroute_outbox (event_id, until, attempts, error, lead, n) "
    "SELECT id, LEAST(at, 0), 0, '', lead, n FROM leadroute_event WHERE (lead, n) IN "
)
_TAKEN = "SELECT max(n) FROM leadroute_event WHERE lead = %s LOCK IN SHARE MODE"
_IS_TAKEN = "SELECT 1 FROM leadroute_event WHERE lead = %s AND n = %s LOCK IN SHARE MODE"

_OLD_ONCES = "SELECT `key` FROM leadroute_once WHERE at < %s ORDER BY `key` LIMIT %s"
_OLD_EVENTS = (
    "SELECT id FROM leadroute_event e WHERE at < %s "
    "AND NOT EXISTS (SELECT 1 FROM leadroute_outbox WHERE event_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM leadroute_event k WHERE k.lead = e.lead AND k.n < e.n "
    "AND (k.at >= %s OR EXISTS (SELECT 1 FROM leadroute_outbox WHERE event_id = k.id))) "
    "ORDER BY id LIMIT %s"
)
_ZEROS = "SELECT `key` FROM leadroute_counter WHERE n = 0 ORDER BY `key` LIMIT %s"
_FORGET = (
    "DELETE FROM leadroute_once WHERE `key` IN {}",
    "DELETE FROM leadroute_event WHERE id IN {}",
    "DELETE FROM leadroute_counter WHERE n = 0 AND `key` IN {}",
)
_CLOCK = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"

_DUPLICATE = 1062
_OUT_OF_RANGE = 1690
_ALL = 2**63 - 1
_ROWS = 500
"""How many rows one statement writes."""

_LINES = 50
"""How many lines one statement reads."""


def _places(keys: Sequence[object]) -> str:
    return f"({', '.join(['%s'] * len(keys))})"


def _code(error: Exception) -> object:
    return error.args[0] if error.args else None


class Mysql(Log):
    """The statements on the tables with one prefix and schema.

    Args:
        sql: Puts the prefix and schema into a statement.
        returning: Whether the server can return what an insert wrote, as MariaDB can.
    """

    def __init__(self, sql: Callable[[str], str], *, returning: bool) -> None:
        self._sql = sql
        self._returning = returning

        super().__init__(sql, "`change`", "STRAIGHT_JOIN")

    def begin(self, db: Database) -> None:
        """Let the next transaction see what was committed last, as guards must."""
        db.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        if db.driver.get_autocommit():  # the engine's level is AUTOCOMMIT
            db.execute("START TRANSACTION")

    def commit(self, db: Database) -> None:
        """Commit."""
        db.driver.commit()

    def rollback(self, db: Database) -> None:
        """Roll back."""
        db.driver.rollback()

    def savepoint(self, db: Database) -> bool:
        """Mark the host's transaction."""
        db.execute("SAVEPOINT leadroute_change")
        return True

    def _write(self, db: Database, head: str, rows: Sequence[Row], tail: str = "") -> None:
        """Write rows, some hundred in each statement."""
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            places = ", ".join([_places(part[0])] * len(part))
            bound = [value for row in part for value in row]
            db.execute(self._sql(f"{head}{places}{tail}"), bound)

    def _inserted(self, db: Database, head: str, rows: Sequence[Row]) -> bool:
        """Whether no row was there already."""
        try:
            self._write(db, head, rows)
        except Exception as error:
            if _code(error) != _DUPLICATE:
                raise
            return False
        return True

    def _known(self, db: Database, statement: str, keys: Sequence[object]) -> list[Row]:
        """Rows by key, in batches."""
        return [row for _ in self._among(db, statement, keys) for row in db.fetchall()]

    def _among(self, db: Database, statement: str, keys: Sequence[object]) -> Iterator[int]:
        """Run a statement for some hundred keys at a time; gives how many rows each wrote."""
        for start in range(0, len(keys), _ROWS):
            part = keys[start : start + _ROWS]
            yield db.execute(self._sql(statement.replace("{}", _places(part))), part).rowcount

    def apply(self, db: Database, change: Change) -> None:
        """Do a change, kind after kind."""
        parts = Parts.of(change)
        self._keep(db, parts)
        self._check(db, parts)
        self._put(db, parts)
        self._deliver(db, parts)
        self._count(db, parts)
        self._log(db, parts)

    def _keep(self, db: Database, parts: Parts) -> None:
        rows = [(op.key, op.value, op.fingerprint, parts.dated) for op in parts.onces]
        if not self._inserted(db, _KEEP, rows):
            taken = self._known(db, _VALUES, [op.key for op in parts.onces])
            raise parts.refused("duplicate", *min(taken, default=(parts.onces[0].key, "")))

    def _check(self, db: Database, parts: Parts) -> None:
        versions: dict[str, int] = dict(self._known(db, _SHARED, [op.key for op in parts.checks]))
        for op in parts.checks:
            if versions.get(op.key, 0) != op.version:
                raise parts.refused("version", op.key, versions.get(op.key, 0))

    def _put(self, db: Database, parts: Parts) -> None:
        new = self._inserted(db, _WRITE, [_row(op) for op in parts.new])
        wanted = {op.key: op.expect for op in parts.writes if op.expect or not new}
        versions: dict[str, int] = dict(self._known(db, _HELD, sorted(wanted)))
        for key, expected in sorted(wanted.items()):
            if versions.get(key, 0) != expected:
                raise parts.refused("version", key, versions.get(key, 0))
        if not new:
            raise TransientError("another change came between")
        self._write(db, _WRITE, [_row(op) for op in parts.changed], _AGAIN)
        sum(self._among(db, _DROP, [op.key for op in parts.drops]))

    def _deliver(self, db: Database, parts: Parts) -> None:
        wanted = parts.entries
        waits = {mark for mark, *_ in self._known(db, _WAITS, wanted)}
        for mark in wanted:
            if mark not in waits:
                raise parts.refused("gone", str(mark))
        sum(self._among(db, _ACK, [op.id for op in parts.acks]))
        for op in parts.defers:
            db.execute(self._sql(_DEFER), (op.until, op.attempts, op.error, op.id))

    def _count(self, db: Database, parts: Parts) -> None:
        for start in range(0, len(parts.sums), _ROWS):
            sums = parts.sums[start : start + _ROWS]
            for (key, after), each in zip(self._added(db, sums), sums, strict=True):
                before = after - each.delta
                if not each.low <= before <= each.high:
                    raise parts.refused("limit", key, before)
        at_least = [(key, to) for key, to in parts.raises if to >= 0]
        self._write(db, _ADD, at_least, _RAISE)
        for key, to in parts.raises:
            if to < 0:
                db.execute(self._sql(_RAISE_BELOW), (key, to))

    def _added(self, db: Database, sums: Sequence[Sum]) -> list[Row]:
        """Add, and give the counters as they stand afterwards, in the order of the keys."""
        rows, keys = [(each.key, each.delta) for each in sums], [each.key for each in sums]
        try:
            self._write(db, _ADD, rows, _SUM + _RETURNING if self._returning else _SUM)
        except Exception as error:
            if _code(error) != _OUT_OF_RANGE:
                raise
            return self._beyond(db, sums)
        found = db.fetchall() if self._returning else self._known(db, _AFTER, keys)
        after: dict[str, int] = dict(found)
        return [(key, after[key]) for key in keys]

    def _beyond(self, db: Database, sums: Sequence[Sum]) -> list[Row]:
        """The sums as they would be, of which one fits no column."""
        now: dict[str, int] = dict(self._known(db, _AFTER, [each.key for each in sums]))
        return [(each.key, now.get(each.key, 0) + each.delta) for each in sums]

    def _log(self, db: Database, parts: Parts) -> None:
        rows = [(op.lead, op.n, op.type, op.at, parts.id, op.data) for op in parts.emits]
        if not self._inserted(db, _EMIT, rows):
            for op in parts.emits:
                if db.rows(self._sql(_IS_TAKEN), op.lead, op.n):
                    ((last,),) = db.rows(self._sql(_TAKEN), op.lead)
                    raise parts.refused("log", op.lead, last)
            raise TransientError("another change came between")
        waiting = [(op.lead, op.n) for op in parts.emits if op.deliver]
        for start in range(0, len(waiting), _ROWS):
            part = waiting[start : start + _ROWS]
            places = ", ".join(["(%s, %s)"] * len(part))
            bound = [value for row in part for value in row]
            db.execute(self._sql(f"{_DELIVER}({places})"), bound)

    def get(self, db: Database, keys: Sequence[str]) -> dict[str, Record]:
        """See :meth:`Store.get`."""
        wanted = list(dict.fromkeys(keys))
        records = [key for key in wanted if not key.startswith(ONCE)]
        onces = [key.removeprefix(ONCE) for key in wanted if key.startswith(ONCE)]
        found = {row[0]: record_of(row) for row in self._known(db, _RECORDS, records)}
        for key, value, fingerprint in self._known(db, _ONCES, onces):
            found[ONCE + key] = Record(ONCE + key, 1, value, fingerprint=fingerprint)
        return {key: found[key] for key in wanted if key in found}

    def counts(
        self, db: Database, keys: Sequence[str] | None, prefix: str, after: str, limit: int | None
    ) -> dict[str, int]:
        """See :meth:`Store.counts`."""
        if keys is None:
            most = _ALL if limit is None else limit
            bound = (prefix, after, next_prefix(prefix), most)
            return dict(db.rows(self._sql(_COUNTS_IN), *bound))
        wanted = list(dict.fromkeys(keys))
        found: dict[str, int] = dict(self._known(db, _COUNTS, wanted))
        return {key: found[key] for key in wanted if key in found}

    def find(
        self,
        db: Database,
        statuses: Sequence[str] | None,
        owner: str | None,
        upto: int | None,
        after: Record | None,
        limit: int,
        first: int | None,
    ) -> list[Record]:
        """See :meth:`Store.find`."""
        most = limit if first is None else min(first, limit)
        start, end = bounds_of(after, upto)
        lines: list[dict[str, object]] = [{} if owner is None else {"owner": owner}]
        if statuses is not None:
            lines = [{"status": status} | lines[0] for status in statuses]
        page = _PAGE.replace("{line}", next(reversed(lines[0]), "due") if lines else "due")
        rows: list[Row] = []
        for first_line in range(0, len(lines), _LINES):
            asked = lines[first_line : first_line + _LINES]
            parts = [part for line in asked for part in _parts(line, start, end)]
            statement = " UNION ALL ".join(
                [f"({page.replace('{where}', where)})" for where, _ in parts]
            )
            bound = [value for _, values in parts for value in (*values, most)]
            rows += db.rows(self._sql(statement), *bound) if most else ()
        rows.sort(key=due_and_key)
        if first is not None:
            rows = _first_of_each(rows, first)
        return [record_of(row) for row in rows[:limit]]

    def trim(self, db: Database, before: int, limit: int) -> int:
        """See :meth:`Store.trim`."""
        onces = [key for (key,) in db.rows(self._sql(_OLD_ONCES), before, limit)]
        left = limit - len(onces)
        events = [mark for (mark,) in db.rows(self._sql(_OLD_EVENTS), before, before, left)]
        zeros = [key for (key,) in db.rows(self._sql(_ZEROS), left - len(events))]
        outdated = zip(_FORGET, (onces, events, zeros), strict=True)
        return sum(sum(self._among(db, statement, keys)) for statement, keys in outdated)

    def clock(self, db: Database) -> int:
        """The present by the clock of the server, in microseconds."""
        ((now,),) = db.rows(_CLOCK)
        return int(now)


def _parts(
    line: dict[str, object], start: tuple[int, str], end: int
) -> Iterator[tuple[str, list[object]]]:
    """The conditions of a page.

    No index serves ``(due, key) > (...)`` here, so what is due alike is a part of its own.
    """
    where = "".join(f"{name} = %s AND " for name in line)
    due, key = start
    yield f"{where}due > %s AND due <= %s", [*line.values(), due, end]
    if EARLIEST < due <= end:
        yield f"{where}due = %s AND `key` > %s", [*line.values(), due, key]


def _first_of_each(rows: list[Row], first: int) -> list[Row]:
    """At most so many rows of each status."""
    found: Counter[str] = Counter()
    kept = []
    for row in rows:
        found[row[3]] += 1
        if found[row[3]] <= first:
            kept.append(row)
    return kept


def _row(op: Put) -> Row:
    due = NEVER if op.due is None else op.due
    return op.key, op.expect + 1, op.status, op.owner, due, op.data
