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

import argparse
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

from leadroute.offers.change import Add, Change, Emit, Once, Put, Raise
from leadroute.stores import MemoryStore, SqliteStore
from leadroute.stores.tables import Tables

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
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = (Path(folder, f"{number}.db") for number in range(10**6))
        statements = recorded(changes, next(files))
        for synchronous in ("normal", "full"):
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(by_store(changes, next(files), synchronous))
                theirs.append(by_driver(statements, next(files), synchronous))
            figures[f"sqlite_{synchronous}_us"] = median(ours)
            figures[f"driver_{synchronous}_us"] = median(theirs)
            figures[f"ratio_{synchronous}"] = median(ours) / median(theirs)
    figures["memory_us"] = median(in_memory(changes) for _ in range(rounds))
    named = [{"name": name, "value": round(value, 2)} for name, value in figures.items()]
    bars = [
        {
            "name": f"S1: commit over the bare driver, {synchronous}",
            "bound": RATIO,
            "value": round(figures[f"ratio_{synchronous}"], 2),
            "ok": figures[f"ratio_{synchronous}"] <= RATIO,
        }
        for synchronous in ("normal", "full")
    ]
    return {"figures": [{"name": "rounds", "value": rounds}, *named], "bars": bars}


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 rounds of 300, not 15 of 1000")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    result = measure(3, 300) if options.quick else measure(15, 1000)
    if options.json:
        print(json.dumps(result))
    else:
        for figure in result["figures"]:
            print(f"{figure['name']:<18} {figure['value']}")
        for held in result["bars"]:
            verdict = "ok" if held["ok"] else "FAILED"
            print(f"{verdict:<6} {held['name']}: {held['value']} <= {held['bound']}")
    return 0 if all(held["ok"] for held in result["bars"]) else 1


if __name__ == "__main__":
    sys.exit(main())
