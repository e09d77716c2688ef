"""How fast the stores keep changes, beside what is written by hand for the same tables.

Usage: python benchmarks/stores.py [--quick] [--json]

- PostgreSQL, at 1 and 8 processes: a store on its own engine, with the function in the database and without, one bound
  to a transaction of the host, and one over asyncpg; against the statements one by one in a transaction, and against
  one call of the function, by hand in the bare driver.
- SQLite: `SqliteStore` and SQLAlchemy against the statements in bare sqlite3, by the waits for the disk.
- One rep whom 8 processes give all leads, and a pool whose turns 8 processes share.
- A hundred assignments in one change against single ones, on PostgreSQL and MariaDB.
- An offer among a million placements of the past against one without (not with --quick).
- Matching 10,000 rules and ranking 100 reps against the offer by one call of the function.
- Round trips of `submit`, `accept` and `decline`, counted at the socket.

The changes are those that `submit` makes for a team of 20. The ways take turns in one run, in slices of at most half
a second; each bar is the median over 15 rounds of the ratio within a round. The servers are started for it, and wait
for the disk as in production; without one its bars fail.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the servers of the tests

import store_past
import store_trips
import store_ways as by
from attrs import frozen
from store_turns import in_turns
from store_ways import Place, way
from store_work import assignments, offers
from telling import at_least, at_most, figures, options, tell


@frozen
class Sizes:
    """How much is measured."""

    rounds: int
    seconds: float
    processes: tuple[int, ...]
    past: int
    many: int = 8


QUICK = Sizes(rounds=3, seconds=0.1, processes=(1,), past=0)
FULL = Sizes(rounds=15, seconds=0.5, processes=(1, 8), past=1_000_000)
SETTINGS = {
    "postgresql": "SELECT name, setting || coalesce(unit, '') FROM pg_settings WHERE name IN "
    "('fsync', 'synchronous_commit', 'full_page_writes', 'server_version', 'shared_buffers')",
    "mariadb": "SHOW VARIABLES WHERE variable_name IN "
    "('innodb_flush_log_at_trx_commit', 'innodb_flush_method', 'version')",
}
COLUMNS = {
    "record": "key, version, status, owner, due, data",
    "counter": "key, n",
    "event": "lead, n, type, at, change, data",
}
TRIPS = {"submit": 4, "accept": 2, "decline": 6}


def made(place, *prefixes, function=True):
    """Make tables with each prefix, and go without their function if asked."""
    for prefix in prefixes:
        store = by.store_of(place, prefix)
        store.create()
        if not function:
            with store._engine.engine.begin() as connection:
                connection.exec_driver_sql(f"DROP FUNCTION {prefix}_commit_3(text)")
        store._engine.engine.dispose()


def rows(place, prefix):
    """What is in the tables with a prefix, without the numbers that a database gives."""
    engine = by.engine_of(place, prefix)
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(
                f"SELECT {columns} FROM {prefix}_{table} ORDER BY 1, 2"
            ).all()
            for table, columns in COLUMNS.items()
        ]
    engine.dispose()
    return found


def agree(kinds, place):
    """Let each way keep the same changes, and compare all rows: nothing is timed that does something else."""
    expected = None
    for name, kind in kinds.items():
        one = kind(place, count(9 * 10**8))
        one.run(one.items(30), 60)
        one.close()
        found = rows(place, kind.prefix)
        if expected not in (None, found):
            raise SystemExit(f"{name} does not keep what {next(iter(kinds))} keeps")
        expected = found


class Report:
    """What was measured and judged."""

    def __init__(self, sizes):
        self.sizes = sizes
        self.told = {}
        self.bars = []

    def turns(self, kinds, place, processes):
        """Let ways take turns, and tell their rates."""
        found = in_turns(kinds, place, processes, self.sizes.rounds, self.sizes.seconds)
        for name in kinds:
            self.told[f"{processes}_{name}_per_second"] = round(found.rate(name), 1)
            if conflicts := found.told[name].get("conflicts"):
                self.told[f"{processes}_{name}_conflicts"] = conflicts
        return found

    def at_least(self, found, processes, bounds):
        """Judge ratios of rates by their least."""
        for (name, other), bound in bounds.items():
            value = found.ratio(name, other)
            self.bars.append(at_least(f"{processes}_{name}_to_{other}", value, bound))

    def missing(self, name, reason):
        """Fail the bars of what cannot be measured here."""
        bar = {"name": name, "value": str(reason), "bound": "measured", "ok": False}
        self.bars.append(bar)


def by_hand(report, place):
    """The stores on PostgreSQL against what is written by hand."""
    given = offers(20)
    made(place, "call", "statements", "own", "bound", "asyncpg_call", "asyncpg_own")
    made(place, "plain", function=False)
    kinds = {
        "statements": way(by.Statements, "statements", given),
        "call": way(by.Call, "call", given),
        "function": way(by.Own, "own", given),
        "plain": way(by.Own, "plain", given),
        "bound": way(by.Bound, "bound", given),
        "asyncpg": way(by.AsyncOwn, "asyncpg_own", given),
        "asyncpg_call": way(by.AsyncCall, "asyncpg_call", given),
    }
    bounds = {
        ("function", "statements"): 1.0,
        ("function", "call"): 0.6,
        ("plain", "statements"): 0.9,
        ("plain", "call"): 0.5,
        ("bound", "statements"): 0.8,
        ("asyncpg", "asyncpg_call"): 0.5,
    }
    agree(kinds, place)
    for processes in report.sizes.processes:
        found = report.turns(kinds, place, processes)
        report.at_least(found, processes, bounds)


def hot(report, place):
    """One rep whom many processes give all leads."""
    given, many = offers(20)[:1], report.sizes.many
    made(place, "hot_call", "hot_function")
    kinds = {
        "hot_call": way(by.Call, "hot_call", given),
        "hot_function": way(by.Own, "hot_function", given),
    }
    found = report.turns(kinds, place, many)
    report.at_least(found, many, {("hot_function", "hot_call"): 0.8})
    conflicts = found.told["hot_function"]["conflicts"]
    report.bars.append(at_most(f"{many}_hot_function_conflicts", conflicts, 0))


def shared_turns(report, place):
    """A pool whose turns, one record, many processes share."""
    made(place, "turns")
    many = report.sizes.many
    found = report.turns({"turns_submit": way(by.Submit, "turns", turns=True)}, place, many)
    told = found.told["turns_submit"]
    report.told[f"{many}_turns_decisions_worst"] = told["worst_decisions"]
    each = told["decisions"] / told["offers"]
    report.bars.append(at_most(f"{many}_turns_decisions_an_offer", each, 6))


def together(report, place, name, *, function=True):
    """A hundred assignments in one change against single ones."""
    prefix = f"together_{name}"
    made(place, prefix, function=function)
    kinds, pairs = {}, {}
    for size in (20, 100):
        given = assignments(size)
        one, many = f"{name}_{size}_reps_single", f"{name}_{size}_reps_hundred"
        kinds[one] = way(by.Own, prefix, given)
        kinds[many] = way(by.OwnTogether, prefix, given)
        pairs[many, one] = 5.0
    found = report.turns(kinds, place, 1)
    for (many, one), bound in pairs.items():
        ratio = by.OwnTogether.size * found.ratio(many, one)
        report.bars.append(at_least(f"{many}_assignments_to_{one}", ratio, bound))


def past(report, place):
    """An offer among many placements of the past."""
    if not report.sizes.past:
        return
    made(place, "past", "nothing")
    url, template = by.bare(place.url), assignments(20)[0]
    store_past.fill(url, "past", report.sizes.past, template)
    kinds = {
        "submit_past": way(by.Submit, "past"),
        "submit_nothing": way(by.Submit, "nothing"),
    }
    found = report.turns(kinds, place, 1)
    slower = found.ratio("submit_nothing", "submit_past")
    report.bars.append(at_most("submit_past_to_submit_nothing_time", slower, 1.3))


def deciding(report, place):
    """Matching and ranking against the commit of the offer."""
    made(place, "offer", "smallest")
    kinds = {
        "rank": way(by.Rank, ""),
        "offer": way(by.Call, "offer", offers(100)),
        "smallest": way(by.Smallest, "smallest", offers(20)),
        "disk": way(by.Disk, ""),
    }
    found = in_turns(kinds, place, 1, report.sizes.rounds, report.sizes.seconds)
    named = {
        "rank": "rank_10000_rules_100_reps_us",
        "offer": "offer_of_100_reps_by_call_us",
        "smallest": "one_row_commit_us",
        "disk": "fdatasync_8_kib_us",
    }
    report.told |= {told: found.microseconds(name) for name, told in named.items()}
    report.bars.append(at_most("rank_to_offer_by_call", found.ratio("offer", "rank"), 0.1))


def trips(report, place, server):
    """The round trips of whole calls."""
    made(place, "trips")
    for name, found in store_trips.counted(server, "trips").items():
        report.bars.append(at_most(name, found, TRIPS[name.rpartition("_")[2]]))


def sqlite(report, folder):
    """The stores on SQLite against bare sqlite3."""
    given = offers(20)
    for mode in ("normal", "full"):
        kinds = {
            f"sqlite_{mode}_bare": way(by.BareSqlite, "bare", given),
            f"sqlite_{mode}_store": way(by.OwnSqlite, "store", given),
            f"sqlite_{mode}_sqlalchemy": way(by.Own, "sqlalchemy", given),
        }
        bare, store, alchemy = kinds
        place = Place("sqlite", "", folder, mode)
        agree(kinds, place)
        found = report.turns(kinds, place, 1)
        if mode == "normal":
            report.at_least(found, 1, {(store, bare): 0.75, (alchemy, bare): 0.4})
        else:
            for name in (store, alchemy):
                report.told[f"1_{name}_to_{bare}"] = found.ratio(name, bare)


def on_servers(report):
    """All that takes a server."""
    from tests import servers

    def place_on(kind, kept):
        server = kept.enter_context(servers.new_database(servers.durable(kind)))
        for name, value in servers.execute(server, SETTINGS[kind]):
            report.told[f"{kind}_{name}"] = value
        driver = {"postgresql": "psycopg", "mariadb": "pymysql"}[kind]
        return server, Place(kind, server.url(driver), str(folder))

    with servers.running() as folder, ExitStack() as kept:
        try:
            _, place = place_on("mariadb", kept)
            together(report, place, "mariadb")
        except servers.Unavailable as error:
            report.missing("mariadb", error)
        try:
            server, place = place_on("postgresql", kept)
        except servers.Unavailable as error:
            report.missing("postgresql", error)
            return
        by_hand(report, place)
        hot(report, place)
        shared_turns(report, place)
        together(report, place, "function")
        together(report, place, "plain", function=False)
        deciding(report, place)
        past(report, place)
        trips(report, place, server)


def measure(sizes):
    """Measure everything, and judge it."""
    report = Report(sizes)
    with tempfile.TemporaryDirectory() as folder:
        sqlite(report, folder)
    if os.name == "posix":
        on_servers(report)
    else:
        report.missing("servers", "the servers need a POSIX system")
    return {"figures": figures(report.told), "bars": report.bars}


def main(arguments=None):
    """Measure, report, and return 0 where every bar holds."""
    quick = "3 rounds of shorter slices, no million placements"
    chosen = options(__doc__, quick).parse_args(arguments)
    return tell(measure(QUICK if chosen.quick else FULL), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
