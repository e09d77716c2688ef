"""How fast a store commits, and what that costs over the bare driver running the same SQL.

Usage: python benchmarks/stores.py [--quick] [--json]

One change routes one lead: a once-key, two records, two bounded counters, one mark and two events.
Three times are measured:

- the SQLite store, with synchronous NORMAL, where the statements weigh most, and with FULL;
- the same statements, recorded once from the store and replayed on a bare sqlite3 connection;
- the memory store.

Store and driver take turns in one process, in short runs on files of their own, and the medians are
compared. The bar is S1: a commit takes at most 1.5 times the bare driver's time.
"""

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

from telling import at_most, figures, options, tell

from leadroute.offers.change import Add, Change, Emit, Once, Put, Raise
from leadroute.stores import MemoryStore, SqliteStore
from leadroute.stores.sqlite_statements import Tables

RATIO = 1.5
DATA = json.dumps({"offers": [{"rep": "ada", "token": "t" * 32, "made_at": 1, "expires_at": 2}]})


def route(number: int) -> Change:
    """The change that routes one lead."""
    lead, rep = f"L-{number}", f"rep-{number % 50}"
    return Change(
        f"c-{number}",
        (
            Once(f"submit:{number}", lead, "f" * 64),
            Put(f"placement/{lead}", DATA, 0, "offered", rep, number),
            Put(f"pii/{lead}", DATA, 0),
            Add(f"rep/open/{rep}", 1, hi=10**9),
            Add(f"rep/day/{rep}", 1, hi=10**9),
            Raise(f"rep/last/{rep}", number),
            Emit(lead, 1, "submitted", "{}", number),
            Emit(lead, 2, "offered", DATA, number),
        ),
    )


class Recording:
    """A cursor that keeps every statement with its values and answers as the real one does."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.cursor = cursor
        self.statements: list[tuple[str, tuple[object, ...]]] = []

    def execute(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        """Run and keep a statement."""
        self.statements.append((statement, values))
        return self.cursor.execute(statement, values)

    @property
    def lastrowid(self) -> int | None:
        """The row that the last statement inserted."""
        return self.cursor.lastrowid


def recorded(changes: list[Change], path: Path) -> list[list[tuple[str, tuple[object, ...]]]]:
    """The statements of each change, as the store runs them on an empty file."""
    SqliteStore(path).close()
    tables, lists = Tables("leadroute"), []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for change in changes:
            recording = Recording(connection.cursor())
            tables.apply(recording, change)
            lists.append(recording.statements)
        connection.execute("ROLLBACK")
    return lists


def by_store(changes: list[Change], path: Path, synchronous: str) -> float:
    """Microseconds a commit of the store."""
    with SqliteStore(path, synchronous=synchronous) as store:
        start = perf_counter()
        for change in changes:
            store.commit(change)
        return (perf_counter() - start) / len(changes) * 1e6


def by_driver(changes: list[list], path: Path, synchronous: str) -> float:
    """Microseconds a transaction of the bare driver, reading what the store reads."""
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        start = perf_counter()
        for statements in changes:
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                cursor.execute(statement, values).fetchone()
            cursor.execute("COMMIT")
        return (perf_counter() - start) / len(changes) * 1e6


def in_memory(changes: list[Change]) -> float:
    """Microseconds a commit of the memory store."""
    store = MemoryStore()
    start = perf_counter()
    for change in changes:
        store.commit(change)
    return (perf_counter() - start) / len(changes) * 1e6


def measure(rounds: int, size: int) -> dict[str, list[dict[str, object]]]:
    """Measure in turns and judge the bar."""
    changes = [route(number) for number in range(size)]
    found: dict[str, float] = {"rounds": rounds}
    with tempfile.TemporaryDirectory() as folder:
        files = (Path(folder, f"{number}.db") for number in range(10**6))
        statements = recorded(changes, next(files))
        for synchronous in ("normal", "full"):
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(by_store(changes, next(files), synchronous))
                theirs.append(by_driver(statements, next(files), synchronous))
            found[f"sqlite_{synchronous}_us"] = median(ours)
            found[f"driver_{synchronous}_us"] = median(theirs)
            found[f"ratio_{synchronous}"] = median(ours) / median(theirs)
    found["memory_us"] = median(in_memory(changes) for _ in range(rounds))
    bars = [
        at_most(
            f"S1: commit over the bare driver, {synchronous}",
            round(found[f"ratio_{synchronous}"], 2),
            RATIO,
        )
        for synchronous in ("normal", "full")
    ]
    return {"figures": figures(found), "bars": bars}


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where every bar holds."""
    chosen = options(__doc__, "3 rounds of 300, not 15 of 1000").parse_args(arguments)
    return tell(measure(3, 300) if chosen.quick else measure(15, 1000), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
