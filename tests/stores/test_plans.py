"""How each database reads 50,000 rows: by an index and in its order, never all of a table, never sorted."""

import json
from functools import cache
from itertools import product

import pytest
from psycopg import ClientCursor
from sqlalchemy import text

from leadroute.offers.change import ONCE, Change, Put, Record
from leadroute.stores.sqlalchemy import SqlAlchemyStore
from leadroute.stores.sqlalchemy.database import Database
from tests import servers
from tests.stores import sql

pytestmark = pytest.mark.slow

PREFIX = "plans"
ROWS = 50_000
NUMBERS = {
    "postgresql": f"(SELECT i FROM generate_series(0, {ROWS - 1}) AS i) AS g",
    "mariadb": f"(SELECT seq AS i FROM seq_0_to_{ROWS - 1}) AS g",
    "sqlite": (
        "(WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g "
        f"WHERE i < {ROWS - 1}) SELECT i FROM g) AS g"
    ),
}
STATUS = (
    "CASE i % 16 WHEN 0 THEN 'offered' WHEN 1 THEN 'accepted' WHEN 2 THEN 'held' "
    "WHEN 3 THEN 'contacted' ELSE 'closed' END"
)
LEADS = 10_000
FEW = ROWS / 20
FILL = {
    "record": (
        (
            f"'placement/' || i, 1, {STATUS}, 'rep-' || (i % 300), "
            "CASE WHEN i % 4 = 3 THEN 9223372036854775807 ELSE i END, '{}'"
        ),
        "`key`, version, status, owner, due, data",
        "",
    ),
    "counter": ("'rep/open/' || i, i % 5", "`key`, n", ""),
    "once": ("'o' || i, 'x', '', i", "`key`, value, fingerprint, at", ""),
    "event": (
        f"i + 1, 'L-' || (i % {LEADS}), (i - i % {LEADS}) / {LEADS} + 1, 'offered', i, 'c-' || i, '{{}}'",
        "id, lead, n, type, at, `change`, data",
        "",
    ),
    "outbox": (
        (
            f"i + 1, CASE WHEN i % 2 = 1 THEN 0 ELSE 90000 END, 0, '', 'L-' || (i % {LEADS}), "
            f"(i - i % {LEADS}) / {LEADS} + 1"
        ),
        "event_id, until, attempts, error, lead, n",
        " WHERE i % 10 IN (1, 4)",
    ),
}
"""For each table what its rows are, its columns, and which numbers have one."""


@cache
def filled(kind):
    """A store with so many rows in each table."""
    store = SqlAlchemyStore(sql.shared_engine(kind), prefix=PREFIX)
    store.create()
    sql.empty(kind, PREFIX)
    with sql.shared_engine(kind).begin() as connection:
        if kind == "mariadb":
            connection.exec_driver_sql(
                "SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')"
            )
        for table, (values, columns, where) in FILL.items():
            named = columns if kind == "mariadb" else columns.replace("`", "")
            statement = f"INSERT INTO {PREFIX}_{table} ({named}) SELECT {values} FROM {NUMBERS[kind]}{where}"
            connection.execute(text(statement))
    engine = sql.shared_engine(kind).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        word = "ANALYZE" if kind == "postgresql" else "ANALYZE TABLE"
        for table in sql.TABLES if kind != "sqlite" else ():
            connection.exec_driver_sql(f"{word} {PREFIX}_{table}").close()
    store.counts(["warm"])  # what is asked once, at the first use
    return store


@pytest.fixture(params=sql.KINDS)
def kind(request):
    """Each database."""
    return request.param


@pytest.fixture
def plans(kind, monkeypatch):
    """A function that gives what is wrong with the plans of all that a read has asked."""
    store = filled(kind)
    asked = []
    execute = Database.execute

    def noted(db, statement, bound=()):
        asked.append((statement, bound))
        return execute(db, statement, bound)

    def wrong_with(read):
        asked.clear()
        with monkeypatch.context() as patch:
            patch.setattr(Database, "execute", noted)
            read(store)
        selects = [
            each for each in asked if each[0].lstrip().startswith(("SELECT", "(SELECT", "WITH"))
        ]
        assert selects
        return [each for question in selects for each in FAULTS[kind](*question)]

    return wrong_with


def explain(kind, *statements):
    """The rows of the last of some statements, each with what is bound."""
    with sql.shared_engine(kind).connect() as connection:
        cursor = connection.connection.cursor()
        for statement, bound in statements:
            cursor.execute(statement, bound)
        return list(cursor.fetchall())


def faults_of_sqlite(statement, bound):
    """What scans a table or sorts in a plan of SQLite."""
    lines = [row[3] for row in explain("sqlite", (f"EXPLAIN QUERY PLAN {statement}", bound))]
    bad = [line for line in lines if line.startswith(("SCAN", "USE TEMP"))]
    return [(each, statement, bound) for each in bad if each != "SCAN CONSTANT ROW"]


def nodes(plan):
    """Every object in a plan as JSON."""
    if isinstance(plan, list):
        for each in plan:
            yield from nodes(each)
    elif isinstance(plan, dict):
        yield plan
        for each in plan.values():
            yield from nodes(each)


def faults_of_mariadb(statement, bound):
    """What scans a table or sorts in a plan of MariaDB."""
    ((plan,),) = explain("mariadb", (f"EXPLAIN FORMAT=JSON {statement}", bound))
    found = []
    for node in nodes(json.loads(plan)):
        if node.get("access_type") in ("ALL", "index") and "<union" not in node["table_name"]:
            found.append(f"{node['access_type']} {node['table_name']}")
        found += [key for key in node if key in ("filesort", "temporary_table")]
    return [(each, statement, bound) for each in found]


def faults_of_postgresql(statement, bound):
    """What scans a table or sorts in a plan of PostgreSQL: with the values, and the one for any value."""
    plans = {
        "with values": explain("postgresql", (f"EXPLAIN (FORMAT JSON) {statement}", bound)),
        "generic": explained_for_any(statement, bound),
    }
    found = []
    for name, ((plan,),) in plans.items():
        for node in nodes(plan):
            what = node.get("Node Type", "")
            if what == "Seq Scan" or ("Sort" in what and sorted_rows(node) > FEW):
                found.append((f"{what} {node.get('Relation Name', '')} {name}", statement, bound))
    return found


def sorted_rows(node):
    """How many rows PostgreSQL expects to sort: it likes to collect a few by a bitmap of their index."""
    return max(each["Plan Rows"] for each in node["Plans"])


def explained_for_any(statement, bound):
    """The plan of a prepared statement, as asyncpg has them, that is made for no values in particular."""
    head, *parts = statement.split("%s")
    numbered = head + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))
    with sql.shared_engine("postgresql").connect() as connection:
        cursor = ClientCursor(connection.connection.driver_connection)
        cursor.execute("SET LOCAL plan_cache_mode TO force_generic_plan")
        cursor.execute(f"PREPARE asked AS {numbered}")
        places = ", ".join(["%s"] * len(bound))
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked({places})", bound)
        found = cursor.fetchall()
        cursor.execute("DEALLOCATE asked")
    return found


FAULTS = {
    "postgresql": faults_of_postgresql,
    "mariadb": faults_of_mariadb,
    "sqlite": faults_of_sqlite,
}


@pytest.mark.parametrize("many", [1, 3, 60, 700])
def test_gets_records_by_their_keys(plans, many):
    """Records and once-keys are looked up."""
    records = [f"placement/{number * 7}" for number in range(many)]
    onces = [f"{ONCE}o{number}" for number in range(many)]
    assert plans(lambda store: store.get(records)) == []
    assert plans(lambda store: store.get(records + onces)) == []


@pytest.mark.parametrize("many", [1, 3, 60, 700])
def test_gets_counters_by_their_keys(plans, many):
    """Counters are looked up."""
    keys = [f"rep/open/{number * 7}" for number in range(many)]
    assert plans(lambda store: store.counts(keys)) == []


@pytest.mark.parametrize("prefix", ["", "rep/", "rep/open/", "rep/open/77", "none"])
@pytest.mark.parametrize("limit", [1, 100, 1000])
def test_pages_through_counters(plans, prefix, limit):
    """A page of counters comes from the index, from its first on and behind a key."""
    assert plans(lambda store: store.counts(prefix=prefix, limit=limit)) == []
    assert plans(lambda store: store.counts(prefix=prefix, limit=limit, after="rep/open/5")) == []


def test_reads_the_counters_of_a_prefix(plans):
    """All counters of a small prefix come from the index."""
    assert plans(lambda store: store.counts(prefix="rep/open/777")) == []


PLACES = (
    None,
    Record("placement/20000", 1, "{}", due=20_000),
    Record("placement/7", 1, "{}", due=None),
)


@pytest.mark.parametrize("owner", [None, "rep-7", "nobody"])
@pytest.mark.parametrize(
    "status",
    [None, "offered", "closed", "none", ["offered", "held"], ["closed", "accepted", "none"]],
    ids=str,
)
@pytest.mark.parametrize("first", [None, 1, 20])
def test_finds_records_in_the_order_of_an_index(plans, status, owner, first):
    """Each line of records is read in its order, from any place and up to any time."""
    if first is not None and not isinstance(status, list):
        first = None
    for upto, after, limit in product((None, 30_000), PLACES, (1, 100, 1000)):
        asked = {"status": status, "owner": owner, "first": first}
        asked |= {"upto": upto, "after": after, "limit": limit}
        assert plans(lambda store, asked=asked: store.find(**asked)) == []


@pytest.mark.parametrize("after", [0, 20_000, 49_990])
@pytest.mark.parametrize("limit", [1, 100, 500])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"lead": "L-77"},
        {"pending_at": 50_000},
        {"pending_at": 100_000},
        {"pending_at": 50_000, "lead": "L-71"},
        {"change": "c-77"},
    ],
    ids=str,
)
def test_reads_the_log_in_its_order(plans, asked, after, limit):
    """Every page of the log comes from an index, in its order."""
    assert plans(lambda store: store.events(after=after, limit=limit, **asked)) == []


def test_mariadb_reads_by_its_indexes_in_another_schema():
    """The hints of MariaDB name an index as it is named where the tables are in a schema of their own."""
    schema = f"{sql.place('mariadb').database}_b"
    server = sql.place("mariadb")
    servers.execute(server, f"CREATE DATABASE {schema}")
    try:
        store = SqlAlchemyStore(sql.shared_engine("mariadb"), schema=schema)
        store.create()
        store.commit(Change("c", (Put("lead/1", "{}", 0, status="a", owner="b", due=1),)))
        for asked in ({}, {"status": "a"}, {"owner": "b"}, {"status": ["a", "c"], "owner": "b"}):
            assert [record.key for record in store.find(**asked)] == ["lead/1"]
    finally:
        servers.execute(server, f"DROP DATABASE {schema}")
