"""The upkeep of a SQLite file: what is wrong with it, and a copy of it while others write.

* ``problems`` looks at what the store itself promises: sound pages, complete tables, values of the right
  kinds, logs without gaps, an outbox that fits the log, documents that the views can read. What the
  documents mean, and whether counters fit them, is for ``Dispatcher.audit``.
* A copy is made under another name beside its own and renamed at the end, so that there is never half of one.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection, Cursor, DatabaseError, OperationalError, connect
from typing import Final

from leadroute.errors import ConfigError
from leadroute.stores.sqlite_errors import DAMAGED, code_of, explained
from leadroute.stores.sqlite_hosts import StoreConnection
from leadroute.stores.sqlite_statements import SCHEMA, TABLES, VIEWS, named, schema_of

_MOST: Final = 100
_STEP: Final = 256  # pages between two looks at the signals of the process
_BESIDE: Final = ("-wal", "-shm", "-journal")

_LOOKS = ("PRAGMA integrity_check", "SELECT integrity_check FROM pragma_integrity_check LIMIT 1")
_NAME = re.compile(r"CREATE (TABLE|INDEX|VIEW) IF NOT EXISTS (\w+)")
_RIGHT_KINDS = {
    "SELECT key FROM leadroute_record": "text key status owner data, integer due, integer version 1",
    "SELECT key FROM leadroute_counter": "text key, integer n",
    "SELECT key FROM leadroute_once": "text key value fingerprint, integer at?",
    "SELECT id FROM leadroute_event": "text lead type change data, integer at, integer n 1",
    "SELECT event_id FROM leadroute_outbox": "text error lead, integer until?, integer n 1, integer attempts 0",
}
"""The kinds of the columns; ``?`` may be NULL, and a number is the least that there is."""

_RULES = {
    """SELECT event_id FROM leadroute_outbox
        WHERE event_id NOT IN (SELECT id FROM leadroute_event)""": (
        "event {} waits in the outbox and is not in the log"
    ),
    """SELECT o.event_id, o.n, o.lead, e.n, e.lead FROM leadroute_outbox o
        JOIN leadroute_event e ON e.id = o.event_id WHERE o.n <> e.n OR o.lead <> e.lead""": (
        "event {} waits in the outbox as number {} of lead {!r}, and is number {} of lead {!r}"
    ),
    """SELECT lead, count(*), min(n), max(n) FROM leadroute_event
        GROUP BY lead HAVING count(*) <> max(n) - min(n) + 1""": (
        "the log of lead {!r} has {} of the numbers {} to {}"
    ),
    """SELECT DISTINCT lead FROM (SELECT lead, id, lag(id) OVER (PARTITION BY lead ORDER BY n) AS earlier
        FROM leadroute_event) WHERE earlier > id""": (
        "the log of lead {!r} is out of order: a later number has an earlier id"
    ),
    """SELECT key FROM leadroute_record WHERE (key >= 'placement/' AND key < 'placement0'
        OR key >= 'wait/' AND key < 'wait0') AND NOT json_valid(data)""": (
        "the document of record {!r} is not JSON"
    ),
}
"""What finds a breach of a rule, and the sentence that says so."""


def _wrong_kinds() -> Iterator[tuple[str, str]]:
    for select, columns in _RIGHT_KINDS.items():
        right = []
        for group in columns.split(", "):
            kind, *names = group.split()
            least = f" AND {names[0]} >= {names.pop()}" if names[-1].isdigit() else ""
            for name in names:
                column = name.rstrip("?")
                null = f"{column} IS NULL OR " if name.endswith("?") else ""
                right.append(f"({null}typeof({column}) = '{kind}'{least})")
        table = select.split()[-1]
        said = f"{{!r}} in {table} has a value that the store never writes"
        yield f"{select} WHERE NOT ({' AND '.join(right)})", said


def problems(cursor: Cursor, prefix: str) -> tuple[str, ...]:
    """What is wrong with the file and the tables with a prefix, in one transaction; empty when all is well."""
    found = dict.fromkeys(_damage(cursor))  # each once, in their order
    tables = [*_tables(cursor, prefix)]
    found |= dict.fromkeys(tables)
    if not tables:
        for statement, said in (*_wrong_kinds(), *_RULES.items()):
            found |= dict.fromkeys(_breaches(cursor, prefix, statement, said))
    return tuple(found)


def _damage(cursor: Cursor) -> Iterator[str]:
    """The damage of pages and indexes, as SQLite reports it."""
    rows: list[tuple[str]] = []
    # What breaks off has told the damage of the pages in its first row, which the driver loses with an error.
    for look in _LOOKS:
        try:
            rows += cursor.execute(look).fetchall()
            break
        except DatabaseError as error:
            if code_of(error) not in DAMAGED:
                raise
            rows.append((str(error),))
    for line in "\n".join(text for (text,) in rows).splitlines():
        if line != "ok" and not line.startswith("***"):
            yield f"the file is damaged: {line}"


def _tables(cursor: Cursor, prefix: str) -> Iterator[str]:
    """The tables, indexes and views that are missing or not of this release."""
    try:
        found = schema_of(cursor, prefix)
        there = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master")}
    except ConfigError as error:
        yield str(error)
        return
    if found != SCHEMA:
        yield f"the tables {prefix}_* are not there or not complete; make them with create()"
        return
    for kind, name in _NAME.findall(named(prefix, "\n".join((*TABLES, *VIEWS)))):
        if name not in there:
            yield f"the {kind.lower()} {name} is missing; put a backup in the place of the file"


def _breaches(cursor: Cursor, prefix: str, statement: str, said: str) -> Iterator[str]:
    try:
        rows = cursor.execute(named(prefix, f"{statement} LIMIT {_MOST}")).fetchall()
    except DatabaseError as error:
        if code_of(error) in DAMAGED:
            yield f"the file is damaged: {error}"
        elif isinstance(error, OperationalError) and "no such column" in str(error):
            yield f"the tables {prefix}_* are not those of this release: {error}"
        else:
            raise
    else:
        yield from (named(prefix, said).format(*row) for row in rows)


def file_named(path: object) -> str:
    """The name of a file that a caller gives, as SQLite takes it."""
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f"path is {path!r:.60}; write the name of a file")
    name = os.fsdecode(path)
    if "\0" in name or name.startswith("file:"):
        problem = "holds a NUL character" if "\0" in name else "is a URI"
        raise ConfigError(f"path {problem}: {name!r:.60}; write the name of a file")
    return name


def require_new(target: Path, own: Path) -> None:
    """Refuse to make a backup where something is, or could not be."""
    place = str(target)
    if target.is_dir():
        raise ConfigError("is a folder; name a file in it", place)
    if not target.parent.is_dir():
        raise ConfigError(f"there is no folder {target.parent}; make it first", place)
    owned = [own, *(own.with_name(own.name + end) for end in _BESIDE)]
    if target in owned or (target.exists() and target.samefile(own)):
        raise ConfigError("belongs to the store itself; name another file for the backup", place)
    if target.exists() and target.stat().st_size:
        raise ConfigError("is there already and not empty; name a new file", place)
    for beside in (target.with_name(target.name + end) for end in _BESIDE):
        if beside.exists():
            problem = f"an older database has left {beside.name} beside it, which would be read into the backup"
            raise ConfigError(f"{problem}; delete that first", place)


def copy_file(cursor: Cursor, target: Path, own: Path) -> None:
    """Copy the file of a cursor, as its transaction sees it, to a place where nothing is."""
    cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on nothing moves
    try:
        number, name = tempfile.mkstemp(".part", f"{target.name}.", target.parent)
        os.close(number)
        part = Path(name)
        try:
            shutil.copymode(own, part)
            _copy(cursor.connection, part, target)
            require_new(target, own)
            part.replace(target)
        finally:
            for end in ("", *_BESIDE):
                part.with_name(part.name + end).unlink(missing_ok=True)
    except OSError as error:
        remedy = "give this process the right to write in this folder, and room on its disk"
        raise ConfigError(f"{error.strerror}; {remedy}", str(target)) from error


def _copy(source: Connection, part: Path, target: Path) -> None:
    """Copy in steps, so that an interrupt is heard. The open read keeps writers from starting it anew."""
    try:
        with closing(connect(part, isolation_level=None, factory=StoreConnection)) as copy:
            source.backup(copy, pages=_STEP, progress=lambda *_: None)
            copy.execute("PRAGMA journal_mode = WAL").fetchall()
    except DatabaseError as error:
        if code_of(error) in DAMAGED:
            raise  # it is the source that cannot be read
        with explained(lambda: str(target)):
            raise
