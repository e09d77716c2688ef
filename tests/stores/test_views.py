"""The views for people who read the tables with SQL: the same columns and values in every database."""

from datetime import UTC, datetime

import pytest

from leadroute import Dispatcher, Lead, Rep, Router, Rule
from leadroute.testing import ManualClock
from tests.stores import sql

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
NINE, PAST = "2026-01-05T09:00:00+00:00", "2026-01-05T09:05:00+00:00"
DUE = int(START.timestamp() + 300) * 1_000_000
IDS = ("L 1", "L/2%", "100%25", "é'\"\\", "\U0001f600")
EXPECTED = {
    "SELECT lead_id, status, owner, rule, pool, reason_code, outcome, received_at, due, version "
    "FROM leadroute_placement ORDER BY version, due, lead_id": {
        ("100%25", "offered", None, "große/Kunden", "everyone", None, None, NINE, DUE, 1),
        ("L 1", "accepted", "ada/1 %", "große/Kunden", "everyone", None, None, NINE, None, 2),
        ("L/2%", "closed", "bob", "null", "everyone", None, "won", NINE, None, 3),
        ("no money", "disqualified", None, None, None, "disqualified", None, NINE, None, 1),
        ("nobody", "catch_all", None, None, None, "none_eligible", None, NINE, None, 1),
        ("é'\"\\", "offered", None, "große/Kunden", "everyone", None, None, NINE, DUE, 1),
        (
            "\U0001f600",
            "waiting",
            None,
            "große/Kunden",
            None,
            "none_available",
            None,
            NINE,
            None,
            1,
        ),
    },
    "SELECT lead_id, rep_id, pool, made_at, expires_at FROM leadroute_offer": {
        ("100%25", "ada/1 %", "everyone", NINE, PAST),
        ("é'\"\\", "bob", "everyone", NINE, PAST),
    },
    "SELECT lead_id, place FROM leadroute_line": {("\U0001f600", 1), ("later", 2)},
    "SELECT count(DISTINCT line), min(length(line)) > 0 FROM leadroute_line": {(1, 1)},
    "SELECT rep_id, open FROM leadroute_load": {("ada/1 %", 2), ("bob", 1)},
}
"""What each question is answered; no row but that of a second lead that waits is left out."""
COLUMNS = {
    "placement": "lead_id status owner rule pool reason_code outcome priority received_at due version data",
    "offer": "lead_id rep_id pool made_at expires_at",
    "line": "line lead_id place",
    "load": "rep_id open",
}


def work(store):
    """Accept a lead, close one, leave two with offers, let two wait, send one to the catch-all, refuse one."""
    router = Router(
        qualify="lead.budget > 0",
        catch_all="desk",
        rules=[
            Rule("große/Kunden", when="lead.employees > 100", accept_within="5m"),
            Rule("null", when="lead.employees > 10"),
            Rule("nobody", require="rep.level > 9"),
        ],
    )
    clock = ManualClock(START)
    team = [Rep("ada/1 %", capacity=2), Rep("bob", capacity=1)]
    desk = Dispatcher(router, team, store, clock)
    for number, lead_id in enumerate(IDS):
        lead = Lead(lead_id, budget=1, employees=20 if number == 1 else 500, priority=number)
        placed = desk.submit(lead)
        if number in (0, 1):
            desk.accept(lead_id, placed.rep_id)
        if number == 1:
            desk.feedback(lead_id, "won")
    desk.submit(Lead("later", budget=1, employees=500, priority=2))
    desk.submit(Lead("no money", budget=0))
    desk.submit(Lead("nobody", budget=1, employees=1))


@pytest.fixture(params=sql.KINDS)
def ask(request):
    """Ask one kind of database by SQL, after a dispatcher worked in it."""
    if request.param != "sqlite":
        request.getfixturevalue(request.param)
    store = sql.made(request.param)
    sql.empty(request.param)
    work(store)

    def rows(question):
        with sql.shared_engine(request.param).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(question)]

    yield rows
    sql.empty(request.param)


def test_views_read_alike(ask):
    """Ids are as the host wrote them, an owner is there after acceptance alone, and a due that never comes is NULL."""
    for question, expected in EXPECTED.items():
        found = [row for row in ask(question) if row[:2] != ("later", "waiting")]
        assert (question, {*found}) == (question, expected)
        assert len(found) == len(expected)


def test_priority_is_that_of_the_lead(ask):
    """The view of placements has the priority of each lead, 0 where it has none."""
    rows = ask("SELECT lead_id, priority FROM leadroute_placement")
    expected = {**{lead_id: number for number, lead_id in enumerate(IDS)}, "later": 2}
    assert dict(rows) == {**expected, "no money": 0, "nobody": 0}


@pytest.mark.parametrize("kind", sql.KINDS)
def test_columns_are_the_same(kind, request):
    """Each view has the same columns, in the same order, in every database."""
    if kind != "sqlite":
        request.getfixturevalue(kind)
    sql.made(kind)
    with sql.shared_engine(kind).connect() as connection:
        for view, columns in COLUMNS.items():
            shown = connection.exec_driver_sql(f"SELECT * FROM leadroute_{view}")
            assert [*shown.keys()] == columns.split()
