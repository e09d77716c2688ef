"""The benchmark of the stores runs, compares what it times, and its bars that are no times hold."""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
import store_ways as by
import store_work as work
import stores

from leadroute.offers.change import Add
from leadroute.stores import SqliteStore

BENCHMARKS = Path(stores.__file__).parent
SMALL = """
import sys, stores
stores.by.Rank.rules = 200
stores.QUICK = stores.Sizes(rounds=1, seconds=0.02, processes=(1, 2), past=200, many=2)
sys.exit(stores.main(["--quick", "--json"]))
"""
posix = pytest.mark.skipif(os.name != "posix", reason="the servers need a POSIX system")


@pytest.fixture
def place(tmp_path):
    """Where files of SQLite are."""
    return stores.Place("sqlite", "", str(tmp_path), "normal")


def ways():
    """The ways on SQLite."""
    given = work.offers(3)
    return {
        "bare": by.way(by.BareSqlite, "bare", given),
        "store": by.way(by.OwnSqlite, "store", given),
        "sqlalchemy": by.way(by.Own, "sqlalchemy", given),
    }


def test_ways_keep_the_same(place):
    """By hand and by a store all rows are the same, and there are rows."""
    stores.agree(ways(), place)
    records, counters, events = stores.rows(place, "bare")
    assert [len(records), len(events)] == [4 * 30, 2 * 30]
    assert {key for key, _ in counters} > {"order", "rep/open/rep 000", "rep/last/rep 002"}


def test_planted_difference(place, monkeypatch):
    """Nothing is timed that leaves out what others keep."""
    monkeypatch.setattr(by, "RAISE", by.RAISE.replace("excluded.n", "excluded.n - 1"))
    with pytest.raises(SystemExit, match="store does not keep what bare keeps"):
        stores.agree(ways(), place)


def test_changes_are_those_of_submit():
    """A template is what `submit` commits for each rep, and another lead gets the same with its own id."""
    given = work.offers(3)
    takes = [[op.key for op in each.ops if isinstance(op, Add) and op.delta > 0] for each in given]
    assert [keys[0] for keys in takes] == [f"rep/open/rep {number:03}" for number in range(3)]
    made = work.change(given, 7)
    assert [type(op) for op in made.ops] == [type(op) for op in given[1].ops]
    assert work.NAME not in str(made)


def test_a_hundred_in_one_change(tmp_path):
    """Many assignments in one change leave what single ones do."""
    given = work.assignments(5)
    one, many = (SqliteStore(tmp_path / f"{name}.db") for name in ("one", "many"))
    for number in range(20):
        one.commit(work.change(given, number))
    many.commit(work.together(given, range(20)))
    assert one.counts(prefix="") == many.counts(prefix="")
    assert one.find() == many.find()
    for each in (one, many):
        each.close()


def test_slices_end(place):
    """A way stops when its time is over or no item is left, and tells how many it did."""
    one = ways()["bare"](place, count())
    assert one.run(one.items(5), 60)[0] == 5
    assert one.run(one.items(50), 0)[0] == 1
    one.close()


@posix
def test_missing_servers_fail(monkeypatch):
    """Without a server the bars say so, and fail."""
    from tests import servers

    def durable(kind):
        raise servers.Unavailable(f"there is no {kind} here")

    monkeypatch.setattr(servers, "durable", durable)
    report = stores.Report(stores.QUICK)
    stores.on_servers(report)
    assert [(bar["name"], bar["ok"]) for bar in report.bars] == [
        ("mariadb", False),
        ("postgresql", False),
    ]


@pytest.mark.slow
@posix
def test_whole():
    """With --json figures and bars are one object; round trips and conflicts do not depend on the machine."""
    done = subprocess.run(
        [sys.executable, "-c", SMALL],
        capture_output=True,
        check=False,
        cwd=BENCHMARKS,
        encoding="utf-8",
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    bars = {bar["name"]: bar["ok"] for bar in found["bars"]}
    steady = [name for name in bars if name.startswith("trips_")] + ["2_hot_function_conflicts"]
    assert len(steady) == 7
    assert all(bars[name] for name in steady), found["bars"]
    assert "submit_past_to_submit_nothing_time" in bars
    assert done.returncode == (0 if all(bars.values()) else 1)
