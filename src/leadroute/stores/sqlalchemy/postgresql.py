"""The SQL of PostgreSQL: a function that takes a whole change, and one statement for each question.

* The function is given the change as JSON, does each kind of operation in one statement, and undoes
  its own part when a guard fails, so that a transaction of a host goes on.
* Rows are locked in canonical order: once-keys, checked records, written records, outbox, counters,
  log; within each by key. So two changes never wait for each other.
* Without the right to make functions one statement takes the same JSON; which guard failed is looked
  up afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from attrs import evolve

from leadroute.errors import TransientError
from leadroute.offers.change import ONCE, Change, Record
from leadroute.stores.rows import (
    NEVER,
    bounds_of,
    due_and_key,
    next_prefix,
    record_of,
)
from leadroute.stores.sqlalchemy.database import Database, Log
from leadroute.stores.sqlalchemy.drivers import reads_again
from leadroute.stores.sqlalchemy.parts import LEAST, MOST, Parts, as_json, document

_ONCE = 'a (k text COLLATE "C", v text, f text)'
_CHECK = 'a (k text COLLATE "C", v bigint, w boolean)'
_WRITE = 'a (k text COLLATE "C", e bigint, s text, o text, d bigint, t text)'
_OUT = "a (i bigint, u bigint, n bigint, r text)"
_ADD = 'a (k text COLLATE "C", d bigint, l bigint, h bigint)'
_RAISE = 'a (k text COLLATE "C", t bigint)'
_EMIT = 'a (l text COLLATE "C", n bigint, y text, t text, a bigint, d boolean)'

FUNCTION = f"""
CREATE OR REPLACE FUNCTION leadroute_commit_3(given text) RETURNS text
LANGUAGE plpgsql
SET enable_seqscan TO off SET plan_cache_mode TO force_generic_plan
AS $function$
DECLARE
    j CONSTANT jsonb := given::jsonb;
    what text := '';
    bad text;
BEGIN
    BEGIN
        IF j ? 'once' THEN
            what := 'duplicate';
            INSERT INTO leadroute_once (key, value, fingerprint, at)
            SELECT k, v, f, (j->>'at')::bigint FROM jsonb_to_recordset(j->'once') AS {_ONCE}
            ORDER BY k;
        END IF;
        what := 'version';
        IF j ? 'check' THEN
            WITH asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(j->'check') AS {_CHECK}),
            held AS MATERIALIZED (
                SELECT key, version FROM leadroute_record
                WHERE key = ANY (ARRAY(SELECT k FROM asked WHERE NOT w)) ORDER BY key FOR SHARE)
            SELECT k INTO bad FROM asked LEFT JOIN held ON held.key = k
            WHERE v <> coalesce(held.version, (
                SELECT version FROM leadroute_record r WHERE w AND r.key = k), 0)
            ORDER BY k LIMIT 1;
            IF FOUND THEN RAISE SQLSTATE 'LR001'; END IF;
        END IF;
        IF j ? 'new' THEN
            INSERT INTO leadroute_record (key, version, status, owner, due, data)
            SELECT k, 1, s, o, d, t FROM jsonb_to_recordset(j->'new') AS {_WRITE} ORDER BY k;
        END IF;
        IF j ? 'put' OR j ? 'drop' THEN
            WITH asked AS MATERIALIZED (
                SELECT k, e FROM jsonb_to_recordset(j->'put') AS {_WRITE}
                UNION ALL SELECT k, e FROM jsonb_to_recordset(j->'drop') AS {_WRITE}),
            held AS MATERIALIZED (
                SELECT key, version FROM leadroute_record
                WHERE key = ANY (ARRAY(SELECT k FROM asked)) ORDER BY key FOR UPDATE)
            SELECT k INTO bad FROM asked LEFT JOIN held ON held.key = k
            WHERE held.version IS DISTINCT FROM e ORDER BY k LIMIT 1;
            IF FOUND THEN RAISE SQLSTATE 'LR001'; END IF;
        END IF;
        IF j ? 'put' THEN
            UPDATE leadroute_record SET version = e + 1, status = s, owner = o, due = d, data = t
            FROM (
                SELECT * FROM jsonb_to_recordset(j->'put') AS {_WRITE}
                LIMIT jsonb_array_length(j->'put')) AS a  -- a hint: few, so by the index
            WHERE key = k;
        END IF;
        IF j ? 'drop' THEN
            DELETE FROM leadroute_record WHERE key = ANY (ARRAY(
                SELECT k FROM jsonb_to_recordset(j->'drop') AS {_WRITE}));
        END IF;
        IF j ? 'ack' OR j ? 'defer' THEN
            what := 'gone';
            WITH asked AS MATERIALIZED (
                SELECT i FROM jsonb_to_recordset(j->'ack') AS {_OUT}
                UNION ALL SELECT i FROM jsonb_to_recordset(j->'defer') AS {_OUT}),
            held AS MATERIALIZED (
                SELECT event_id FROM leadroute_outbox
                WHERE event_id = ANY (ARRAY(SELECT i FROM asked)) ORDER BY event_id FOR UPDATE)
            SELECT i INTO bad FROM asked
            WHERE i NOT IN (SELECT event_id FROM held) ORDER BY i LIMIT 1;
            IF FOUND THEN RAISE SQLSTATE 'LR001'; END IF;
            DELETE FROM leadroute_outbox WHERE event_id = ANY (ARRAY(
                SELECT i FROM jsonb_to_recordset(j->'ack') AS {_OUT}));
            UPDATE leadroute_outbox SET until = u, attempts = a.n, error = r
            FROM (
                SELECT * FROM jsonb_to_recordset(j->'defer') AS {_OUT}
                LIMIT jsonb_array_length(j->'defer')) AS a
            WHERE event_id = i;
        END IF;
        what := 'limit';
        IF j ? 'add' THEN
            WITH asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(j->'add') AS {_ADD}),
            after AS (
                INSERT INTO leadroute_counter AS c (key, n) SELECT k, d FROM asked ORDER BY k
                ON CONFLICT (key) DO UPDATE SET n = CASE
                    WHEN j->'up' ? excluded.key THEN greatest(c.n, excluded.n)
                    ELSE c.n + excluded.n END
                RETURNING c.key, c.n)
            SELECT k INTO bad FROM asked JOIN after ON after.key = k
            WHERE l IS NOT NULL AND n - d NOT BETWEEN l AND h ORDER BY k LIMIT 1;
            IF FOUND THEN RAISE SQLSTATE 'LR001'; END IF;
        END IF;
        IF j ? 'raise' THEN
            WITH asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(j->'raise') AS {_RAISE})
            INSERT INTO leadroute_counter AS c (key, n) SELECT k, greatest(0, t) FROM asked ORDER BY k
            ON CONFLICT (key) DO UPDATE SET n = (SELECT t FROM asked WHERE k = excluded.key)
            WHERE c.n < (SELECT t FROM asked WHERE k = excluded.key);
        END IF;
        IF j ? 'emit' THEN
            what := 'log';
            WITH asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(j->'emit') AS {_EMIT}),
            fresh AS (
                INSERT INTO leadroute_event (lead, n, type, at, change, data)
                SELECT l, n, y, a, j->>'id', t FROM asked ORDER BY l, n RETURNING id, lead, n)
            INSERT INTO leadroute_outbox (event_id, until, attempts, error, lead, n)
            SELECT id, least(a, 0), 0, '', l, fresh.n FROM fresh
            JOIN asked ON l = lead AND asked.n = fresh.n WHERE d;
        END IF;
        RETURN '';
    EXCEPTION
        WHEN SQLSTATE 'LR001' THEN NULL;
        WHEN unique_violation THEN
            SELECT k INTO bad FROM (
                SELECT k FROM jsonb_to_recordset(j->'once') AS {_ONCE}
                JOIN leadroute_once ON key = k WHERE what = 'duplicate'
                UNION ALL SELECT k FROM jsonb_to_recordset(j->'new') AS {_WRITE}
                JOIN leadroute_record ON key = k WHERE what = 'version'
                UNION ALL SELECT k FROM (
                    SELECT k, e FROM jsonb_to_recordset(j->'put') AS {_WRITE}
                    UNION ALL SELECT k, e FROM jsonb_to_recordset(j->'drop') AS {_WRITE}) AS a
                LEFT JOIN leadroute_record ON key = k
                WHERE what = 'version' AND version IS DISTINCT FROM e
                UNION ALL SELECT l FROM jsonb_to_recordset(j->'emit') AS {_EMIT}
                JOIN leadroute_event e ON e.lead = l AND e.n = a.n WHERE what = 'log') AS a
            ORDER BY k LIMIT 1;
            IF NOT FOUND THEN RETURN '["transient", "another change came between"]'; END IF;
        WHEN numeric_value_out_of_range THEN
            SELECT k INTO bad FROM jsonb_to_recordset(j->'add') AS {_ADD}
            LEFT JOIN leadroute_counter c ON c.key = k
            WHERE coalesce(n, 0) NOT BETWEEN l AND h ORDER BY k LIMIT 1;
            IF NOT FOUND THEN RETURN '["transient", "a counter has changed"]'; END IF;
        WHEN serialization_failure OR deadlock_detected OR lock_not_available THEN
            RETURN json_build_array('transient', SQLERRM);
    END;
    RETURN json_build_array(what, bad, CASE what
        WHEN 'duplicate' THEN (SELECT to_json(value) FROM leadroute_once WHERE key = bad)
        WHEN 'version' THEN
            to_json(coalesce((SELECT version FROM leadroute_record WHERE key = bad), 0))
        WHEN 'limit' THEN to_json(coalesce((SELECT n FROM leadroute_counter WHERE key = bad), 0))
        WHEN 'log' THEN (SELECT to_json(max(n)) FROM leadroute_event WHERE lead = bad)
    END, current_setting('transaction_isolation'));
END
$function$
"""


class _Part(NamedTuple):
    """What a statement has for a kind of operation: rows of JSON, what they do, and what must hold then."""

    tables: str
    guard: str
    given: tuple[str, ...]
    compared: tuple[str, ...] = ()


_KINDS: Mapping[tuple[str, ...], _Part] = {
    ("once",): _Part(
        f"""
once_done AS (
    INSERT INTO leadroute_once (key, value, fingerprint, at)
    SELECT k, v, f, %s::text::bigint FROM jsonb_to_recordset(%s::text::jsonb) AS {_ONCE}
    RETURNING 1)""",
        "(SELECT count(*) FROM once_done) > 0",
        ("at", "once"),
    ),
    ("check",): _Part(
        f"""
check_asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::text::jsonb) AS {_CHECK}),
check_held AS MATERIALIZED (
    SELECT key, version FROM leadroute_record
    WHERE key = ANY (ARRAY(SELECT k FROM check_asked WHERE NOT w)) ORDER BY key FOR SHARE),
checked AS (
    SELECT 1 FROM check_asked LEFT JOIN check_held ON key = k
    WHERE v = coalesce(version, (
        SELECT version FROM leadroute_record r WHERE w AND r.key = k), 0))""",
        "(SELECT count(*) FROM checked) = (SELECT count(*) FROM check_asked)",
        ("check",),
    ),
    ("new",): _Part(
        f"""
new_done AS (
    INSERT INTO leadroute_record (key, version, status, owner, due, data)
    SELECT k, 1, s, o, d, t FROM jsonb_to_recordset(%s::text::jsonb) AS {_WRITE}
    RETURNING 1)""",
        "(SELECT count(*) FROM new_done) > 0",
        ("new",),
    ),
    ("put", "drop"): _Part(
        f"""
put_asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::text::jsonb) AS {_WRITE}),
drop_asked AS MATERIALIZED (SELECT k, e FROM jsonb_to_recordset(%s::text::jsonb) AS {_WRITE}),
held AS MATERIALIZED (
    SELECT key, version FROM leadroute_record
    WHERE key = ANY (ARRAY(SELECT k FROM put_asked UNION ALL SELECT k FROM drop_asked))
    ORDER BY key FOR UPDATE),
put_done AS (
    UPDATE leadroute_record r SET version = e + 1, status = s, owner = o, due = d, data = t
    FROM put_asked JOIN held ON held.key = k AND held.version = e
    WHERE r.key = k AND r.version = e RETURNING 1),
drop_done AS (
    DELETE FROM leadroute_record r USING drop_asked JOIN held ON held.key = k AND held.version = e
    WHERE r.key = k AND r.version = e RETURNING 1)""",
        (
            "(SELECT count(*) FROM put_done) = (SELECT count(*) FROM put_asked) "
            "AND (SELECT count(*) FROM drop_done) = (SELECT count(*) FROM drop_asked)"
        ),
        ("put", "drop"),
    ),
    ("ack", "defer"): _Part(
        f"""
ack_asked AS MATERIALIZED (SELECT i FROM jsonb_to_recordset(%s::text::jsonb) AS {_OUT}),
ack_done AS (
    DELETE FROM leadroute_outbox WHERE event_id = ANY (ARRAY(SELECT i FROM ack_asked)) RETURNING 1),
defer_asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::text::jsonb) AS {_OUT}),
defer_done AS (
    UPDATE leadroute_outbox o SET until = u, attempts = a.n, error = r
    FROM defer_asked a WHERE event_id = i RETURNING 1)""",
        (
            "(SELECT count(*) FROM ack_done) = (SELECT count(*) FROM ack_asked) "
            "AND (SELECT count(*) FROM defer_done) = (SELECT count(*) FROM defer_asked)"
        ),
        ("ack", "defer"),
    ),
    ("add",): _Part(
        f"""
added AS (
    INSERT INTO leadroute_counter AS c (key, n)
    SELECT k, d FROM jsonb_to_recordset(%s::text::jsonb) AS {_ADD}
    ON CONFLICT (key) DO UPDATE SET n = CASE
        WHEN %s::text::jsonb ? excluded.key THEN greatest(c.n, excluded.n)
        ELSE c.n + excluded.n END
    RETURNING key, n)""",
        """(SELECT bool_and(coalesce(
    n BETWEEN (%s::text::jsonb->key->0)::bigint AND (%s::text::jsonb->key->1)::bigint, true))
    FROM added)""",
        ("add", "up"),
        ("bounds", "bounds"),
    ),
    # With additions, and what is out of bounds becomes NULL, which the column refuses.
    ("raise",): _Part(
        f"""
add_asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::text::jsonb) AS {_ADD}),
raise_asked AS (
    SELECT k, d AS t FROM add_asked WHERE l IS NULL
    UNION ALL SELECT * FROM jsonb_to_recordset(%s::text::jsonb) AS {_RAISE}),
counted AS MATERIALIZED (
    SELECT coalesce(a.k, r.k) AS k, coalesce(d, 0) AS d, coalesce(l, -9223372036854775807) AS l,
        coalesce(h, 9223372036854775807) AS h, t
    FROM (SELECT * FROM add_asked WHERE l IS NOT NULL) AS a FULL JOIN raise_asked r ON a.k = r.k),
written AS (
    INSERT INTO leadroute_counter AS c (key, n) SELECT k, greatest(d, t) FROM counted ORDER BY k
    ON CONFLICT (key) DO UPDATE SET n = (
        SELECT greatest(c.n + d, t) FROM counted WHERE k = excluded.key AND c.n BETWEEN l AND h)
    RETURNING key, xmax = 0 AS is_new),
count_done AS (SELECT 1 FROM counted JOIN written ON key = k WHERE NOT is_new OR 0 BETWEEN l AND h)""",
        "(SELECT count(*) FROM count_done) = (SELECT count(*) FROM counted)",
        ("add", "raise"),
    ),
    ("emit",): _Part(
        f"""
emit_done AS (
    INSERT INTO leadroute_event (lead, n, type, at, change, data)
    SELECT l, n, y, a.a, %s::text, t FROM jsonb_to_recordset(%s::text::jsonb) AS {_EMIT}
    RETURNING id, lead, n, at)""",
        "(SELECT count(*) FROM emit_done) > 0",
        ("id", "emit"),
    ),
    ("deliver",): _Part(
        f"""
sent AS (
    INSERT INTO leadroute_outbox (event_id, until, attempts, error, lead, n)
    SELECT id, least(at, 0), 0, '', lead, e.n FROM emit_done e
    JOIN jsonb_to_recordset(%s::text::jsonb) AS {_EMIT} ON l = lead AND a.n = e.n RETURNING 1)""",
        "(SELECT count(*) FROM sent) > 0",
        ("deliver",),
    ),
}
"""What a statement has for each of the kinds in a change, in canonical order: in another, two deadlock."""


class Statements:
    """The one statement that takes a change, for want of the function; one for all changes of the same kinds.

    It is planned each time, which is most of its time, so it has nothing that a change does not ask
    for, and reads each kind of operation from JSON of its own.

    Args:
        sql: Puts the prefix and schema into a statement, and the driver's form of places.
    """

    def __init__(self, sql: Callable[[str], str]) -> None:
        self._sql = sql
        self._made: dict[frozenset[str], tuple[str, tuple[str, ...]]] = {}

    def of(self, told: dict[str, Any]) -> tuple[str, list[object]]:
        """The statement, and what it is given.

        Args:
            told: The document of the change.
        """
        if sent := [row for row in told.get("emit", ()) if row["d"]]:
            told["deliver"] = sent
        kinds = frozenset(told)
        if kinds not in self._made:
            self._made[kinds] = self._make(kinds)
        statement, names = self._made[kinds]
        return statement, [_given(told, name) for name in names]

    def _make(self, kinds: frozenset[str]) -> tuple[str, tuple[str, ...]]:
        wanted = kinds - {"add"} if "raise" in kinds else kinds
        used = [part for names, part in _KINDS.items() if not wanted.isdisjoint(names)]
        tables = ",".join(part.tables for part in used)
        guards = " AND ".join(part.guard for part in used)
        statement = f"WITH {tables}\nSELECT 1 / CASE WHEN {guards} THEN 1 ELSE 0 END"
        names = [name for part in used for name in part.given]
        names += [name for part in used for name in part.compared]
        return self._sql(statement), tuple(names)


def _given(told: Mapping[str, Any], name: str) -> str | None:
    """One thing that a statement is given; rows come in canonical order, in which they are written."""
    if name == "id":
        return str(told["id"])
    if name == "at":
        return None if told["at"] is None else str(told["at"])
    if name == "bounds":
        bounded = [row for row in told["add"] if "l" in row]
        return as_json({row["k"]: _after(row) for row in bounded})
    rows = told.get(name, [])
    return as_json(sorted(rows, key=_ORDER[name]) if name in _ORDER else rows)


def _after(row: Mapping[str, int]) -> tuple[int, int]:
    """Where a counter may stand after an addition."""
    delta = row["d"]
    return max(row["l"] + delta, LEAST), min(row["h"] + delta, MOST)


_ORDER: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("once", "new", "add"), itemgetter("k")),
    "emit": itemgetter("l", "n"),
}
"""What is inserted as it comes, by its place; of all else the rows are found and locked in order first."""


VIEWS = (
    """CREATE OR REPLACE VIEW leadroute_placement AS
        SELECT d->>'lead_id' AS lead_id, status,
            CASE WHEN status IN ('accepted', 'contacted', 'closed', 'withdrawn') THEN
                coalesce(d->>'owner', d->>'rep_id') END AS owner,
            d->>'rule' AS rule, d->>'pool' AS pool, d->>'reason_code' AS reason_code,
            d->>'outcome' AS outcome, coalesce((d->>'priority')::bigint, 0) AS priority,
            d->>'received_at' AS received_at, nullif(due, 9223372036854775807) AS due, version, data
        FROM (SELECT *, data::jsonb AS d FROM leadroute_record
            WHERE key >= 'placement/' AND key < 'placement0') AS r""",
    """CREATE OR REPLACE VIEW leadroute_offer AS
        SELECT data::jsonb->>'lead_id' AS lead_id, o->>'rep_id' AS rep_id, o->>'pool' AS pool,
            o->>'made_at' AS made_at, o->>'expires_at' AS expires_at
        FROM leadroute_record, jsonb_array_elements(data::jsonb->'offers') AS o
        WHERE key >= 'placement/' AND key < 'placement0'""",
    """CREATE OR REPLACE VIEW leadroute_line AS
        SELECT substr(status, 6) AS line, data::jsonb->>'lead' AS lead_id,
            row_number() OVER (PARTITION BY status ORDER BY key) AS place
        FROM leadroute_record WHERE key >= 'wait/' AND key < 'wait0'""",
    """CREATE OR REPLACE VIEW leadroute_load AS
        SELECT replace(replace(substr(key, 10), '%2F', '/'), '%25', '%') AS rep_id, n AS open
        FROM leadroute_counter WHERE key >= 'rep/open/' AND key < 'rep/open0'""",
)
_COLUMNS = "key, version, data, status, owner, due"
_RECORDS = f"SELECT {_COLUMNS} FROM leadroute_record WHERE key = ANY (%s)"
_BOTH = (
    f"SELECT {_COLUMNS}, '' FROM leadroute_record WHERE key = ANY (%s) UNION ALL "
    f"SELECT '{ONCE}' || key, 1, value, '', '', {NEVER}, fingerprint FROM leadroute_once "
    "WHERE key = ANY (%s)"
)
_COUNTS = "SELECT key, n FROM leadroute_counter WHERE key = ANY (%s) AND n <> 0"
_COUNTS_IN = (
    "SELECT key, n FROM leadroute_counter WHERE key >= %s AND key > %s AND key < %s AND n <> 0 "
    "ORDER BY key LIMIT %s"
)
_PAGE = (
    f"SELECT {_COLUMNS} FROM leadroute_record "
    "WHERE (due, key) > (%s, %s) AND due <= %s{} ORDER BY due, key LIMIT %s"
)
_BY_OWNER = "status || ''"  # no index has it, so the one of owners is taken: two are read whole
_OF_EACH = f"SELECT r.* FROM unnest(%s::text[]) AS s (wanted) CROSS JOIN LATERAL ({_PAGE}) AS r"
_TRIM = """
WITH onces AS (
    DELETE FROM leadroute_once WHERE key = ANY (ARRAY(
        SELECT key FROM leadroute_once WHERE at < %s ORDER BY key LIMIT %s)) RETURNING 1),
events AS (
    DELETE FROM leadroute_event WHERE id = ANY (ARRAY(
        SELECT id FROM leadroute_event e WHERE at < %s
        AND NOT EXISTS (SELECT 1 FROM leadroute_outbox WHERE event_id = e.id)
        AND NOT EXISTS (SELECT 1 FROM leadroute_event k WHERE k.lead = e.lead AND k.n < e.n
            AND (k.at >= %s OR EXISTS (SELECT 1 FROM leadroute_outbox WHERE event_id = k.id)))
        ORDER BY id LIMIT %s - (SELECT count(*) FROM onces))) RETURNING 1),
zeros AS (
    DELETE FROM leadroute_counter WHERE n = 0 AND key = ANY (ARRAY(
        SELECT key FROM leadroute_counter WHERE n = 0 ORDER BY key
        LIMIT %s - (SELECT count(*) FROM onces) - (SELECT count(*) FROM events))) RETURNING 1)
SELECT (SELECT count(*) FROM onces) + (SELECT count(*) FROM events) + (SELECT count(*) FROM zeros)
"""
_CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class Postgresql(Log):
    """The statements on the tables with one prefix and schema.

    Args:
        sql: Puts the prefix and schema into a statement, and the driver's form of places.
        function: Whether the tables have their function.
    """

    def __init__(self, sql: Callable[[str], str], *, function: bool) -> None:
        self.function = function
        self._sql = sql
        self._commit = sql("SELECT leadroute_commit_3(%s)")
        self._whole = Statements(sql)
        self._records, self._both = sql(_RECORDS), sql(_BOTH)
        self._counts, self._counts_in = sql(_COUNTS), sql(_COUNTS_IN)
        narrowed = {
            (False, False): "",
            (True, False): " AND status = %s",
            (False, True): " AND owner = %s",
            (True, True): f" AND {_BY_OWNER} = %s AND owner = %s",
        }
        self._find = {key: sql(_PAGE.replace("{}", more)) for key, more in narrowed.items()}
        self._of_each = {
            owned: sql(_OF_EACH.replace("{}", f" AND {more}"))
            for owned, more in (
                (False, "status = wanted"),
                (True, f"{_BY_OWNER} = wanted AND owner = %s"),
            )
        }

        super().__init__(sql, "change", "JOIN")
        self._trim = sql(_TRIM)
        self._onces = sql("SELECT key, value FROM leadroute_once WHERE key = ANY (%s)")
        self._waiting = sql("SELECT event_id FROM leadroute_outbox WHERE event_id = ANY (%s)")
        self._taken = sql("SELECT n FROM leadroute_event WHERE lead = %s AND n >= %s")

    def begin(self, db: Database) -> None:
        """Each statement is a transaction."""

    def commit(self, db: Database) -> None:
        """Each statement is a transaction, unless the driver cannot."""
        if not db.driver.autocommit:
            db.driver.commit()

    def rollback(self, db: Database) -> None:
        """Each statement is a transaction, unless the driver cannot."""
        if not db.driver.autocommit:
            db.driver.rollback()

    def savepoint(self, db: Database) -> bool:
        """The function needs none."""
        if not self.function:
            db.execute("SAVEPOINT leadroute_change")
        return not self.function

    def apply(self, db: Database, change: Change) -> None:
        """Do a change in one statement."""
        told = document(change)
        if not self.function:
            statement, given = self._whole.of(told)
            db.rows(statement, *given)
            return
        ((answer,),) = db.rows(self._commit, as_json(told))
        if not answer:
            return
        kind, *rest = json.loads(answer)
        if kind == "transient":
            raise TransientError(rest[0])
        key, current, level = rest
        if not reads_again(level):  # nobody can decide again in one snapshot: the host must
            raise TransientError(f"{kind} of {key!r}, in a transaction that is {level}")
        raise Parts.of(change).refused(kind, key, current)

    def refusal(self, db: Database, change: Change) -> Exception:
        """Look up why the one statement failed, which has been undone."""
        parts = Parts.of(change)
        keys = [op.key for op in parts.checks] + [op.key for op in parts.writes]
        onces: dict[str, str] = dict(db.rows(self._onces, [op.key for op in parts.onces]))
        versions = {key: record.version for key, record in self.get(db, keys).items()}
        waiting = {mark for (mark,) in db.rows(self._waiting, parts.entries)}
        counters = self.counts(db, [each.key for each in parts.sums], "", "", None)
        taken = {
            op.lead: [n for (n,) in db.rows(self._taken, op.lead, op.n)]
            for op in reversed(parts.emits)  # the first of a lead is what counts
        }
        found = parts.first_refused(onces, versions, waiting, counters, taken)
        return found or TransientError("another change came between")

    def get(self, db: Database, keys: Sequence[str]) -> dict[str, Record]:
        """See :meth:`Store.get`."""
        records = [key for key in keys if not key.startswith(ONCE)]
        if len(records) == len(keys):
            found = {row[0]: record_of(row) for row in db.rows(self._records, records)}
        else:
            onces = [key.removeprefix(ONCE) for key in keys if key.startswith(ONCE)]
            found = {}
            for *row, fingerprint in db.rows(self._both, records, onces):
                record = record_of(tuple(row))
                found[row[0]] = evolve(record, fingerprint=fingerprint) if fingerprint else record
        return {key: found[key] for key in keys if key in found}

    def counts(
        self, db: Database, keys: Sequence[str] | None, prefix: str, after: str, limit: int | None
    ) -> dict[str, int]:
        """See :meth:`Store.counts`."""
        if keys is None:
            return dict(db.rows(self._counts_in, prefix, after, next_prefix(prefix), limit))
        found: dict[str, int] = dict(db.rows(self._counts, list(keys)))
        return {key: found[key] for key in keys if key in found}

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
        start, end = bounds_of(after, upto)
        most = limit if first is None else min(first, limit)
        owners = [] if owner is None else [owner]
        if statuses is not None and len(statuses) != 1:
            statement = self._of_each[owner is not None]
            rows = db.rows(statement, list(statuses), *start, end, *owners, most)
            rows.sort(key=due_and_key)
        else:
            statement = self._find[statuses is not None, owner is not None]
            rows = db.rows(statement, *start, end, *(statuses or ()), *owners, most)
        return [record_of(row) for row in rows[:limit]]

    def trim(self, db: Database, before: int, limit: int) -> int:
        """See :meth:`Store.trim`."""
        ((forgotten,),) = db.rows(self._trim, before, limit, before, before, limit, limit)
        return int(forgotten)

    def clock(self, db: Database) -> int:
        """The present by the clock of the server, in microseconds."""
        ((now,),) = db.rows(_CLOCK)
        return int(now)
