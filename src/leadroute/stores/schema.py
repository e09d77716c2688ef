"""The tables of a SQLite store: their shape, their version and their names.

The rules of this module:

* All names start with one validated prefix. It is the only thing that is ever put into a statement.
* ``create`` may run any number of times, and by any number of processes at once, each in its own transaction.
* Tables of a newer release are refused, never touched.
* A record that is never due keeps the greatest integer as its due time, so that one index gives every line in order.
  The views show it as NULL. They carry the domain's names, for people who read the database with SQL.
"""

from __future__ import annotations

import re
from sqlite3 import Cursor

from leadroute.errors import ConfigError

__all__ = ["SCHEMA", "create", "named", "up_to_date", "valid_prefix"]

SCHEMA = 1
"""The version of the tables that this release reads and writes."""

_PREFIX = re.compile("[a-z][a-z0-9_]{0,29}")

_TABLES = (
    "CREATE TABLE IF NOT EXISTS leadroute_schema (version INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS leadroute_record (
        key TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, status TEXT NOT NULL,
        owner TEXT NOT NULL, due INTEGER NOT NULL, data TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS leadroute_record_status ON leadroute_record (status, due, key)",
    "CREATE INDEX IF NOT EXISTS leadroute_record_owner ON leadroute_record (owner, due, key)",
    """CREATE TABLE IF NOT EXISTS leadroute_counter (
        key TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS leadroute_once (
        key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, fingerprint TEXT NOT NULL,
        at INTEGER) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS leadroute_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT, lead TEXT NOT NULL, n INTEGER NOT NULL,
        type TEXT NOT NULL, at INTEGER NOT NULL, change TEXT NOT NULL, data TEXT NOT NULL,
        UNIQUE (lead, n))""",
    """CREATE TABLE IF NOT EXISTS leadroute_outbox (
        event_id INTEGER PRIMARY KEY, until INTEGER, attempts INTEGER NOT NULL,
        error TEXT NOT NULL)""",
    """CREATE VIEW IF NOT EXISTS leadroute_placement AS
        SELECT substr(key, 11) AS lead_id, status, owner, nullif(due, 9223372036854775807) AS due,
            version, data
        FROM leadroute_record WHERE key >= 'placement/' AND key < 'placement0'""",
    """CREATE VIEW IF NOT EXISTS leadroute_load AS
        SELECT substr(key, 10) AS rep_id, n AS open
        FROM leadroute_counter WHERE key >= 'rep/open/' AND key < 'rep/open0'""",
)


def valid_prefix(prefix: str) -> str:
    """The prefix itself.

    Raises:
        ConfigError: It is not a lower-case identifier of at most 30 characters.
    """
    if not _PREFIX.fullmatch(prefix):
        shape = "a lower-case letter, then at most 29 lower-case letters, digits or _"
        raise ConfigError(f"{prefix!r:.60} cannot be the prefix of tables; write {shape}")
    return prefix


def named(prefix: str, statement: str) -> str:
    """The statement on the tables with this prefix.

    Example:
        >>> named("crm", "SELECT n FROM leadroute_counter")
        'SELECT n FROM crm_counter'
    """
    return statement.replace("leadroute_", f"{prefix}_")


def up_to_date(cursor: Cursor, prefix: str) -> bool:
    """Whether the tables are there, at the version that this release knows.

    Raises:
        ConfigError: A newer release made them.
    """
    known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    if cursor.execute(known, (f"{prefix}_schema",)).fetchone() == (0,):
        return False
    statement = named(prefix, "SELECT max(version) FROM leadroute_schema")
    (version,) = cursor.execute(statement).fetchone()
    if version is not None and version > SCHEMA:
        problem = f"the tables {prefix}_* have schema {version}, and this release knows {SCHEMA}"
        raise ConfigError(f"{problem}; install the release of leadroute that made them, or newer")
    return bool(version == SCHEMA)


def create(cursor: Cursor, prefix: str) -> None:
    """Make what is missing, inside the transaction that the cursor is in.

    Raises:
        ConfigError: A newer release made the tables.
    """
    if not up_to_date(cursor, prefix):
        for statement in _TABLES:
            cursor.execute(named(prefix, statement))
        stamp = named(prefix, "INSERT INTO leadroute_schema (version) VALUES (?)")
        cursor.execute(stamp, (SCHEMA,))
