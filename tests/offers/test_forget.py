"""A lead is forgotten: nothing of it is left in any row or byte, and everything else goes on."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from tests.offers.world import START, audit, desk

from leadroute import LEAD, REP, Lead, Rep, Router, Rule, Signal, SqliteStore, free_capacity
from leadroute.errors import (
    ConfigError,
    FieldTypeError,
    InvalidTransitionError,
    LeadNotFoundError,
    ValidationError,
)
from leadroute.events import Forgotten, Received, rebuild
from leadroute.offers.placement import Status
from leadroute.stores import MemoryStore, sqlite
from leadroute.stores.sqlite_hosts import StoreConnection

MARK = "Zmarkerq"
KEPT = Path(__file__).parents[1] / "data" / "schema-2.sqlite"
ANN = Lead(
    "L-1",
    name=f"{MARK} Ann",
    email=f"{MARK}@example.com",
    phone="+49 151 9876543",
    company=f"{MARK} GmbH",
    domain=f"{MARK}.example",
    postal_code="79583",
    role=f"{MARK} boss",
    current_solution=f"{MARK} CRM",
    account_id=f"{MARK}-7",
    signals=[Signal("visit", START)],
    attributes={"note": f"{MARK} likes tea", "accounts": [f"{MARK}-8"]},
    country="DE",
    received_at=START,
)
MARKS = (MARK, MARK.lower(), "9876543", "79583")
PERSONAL = Router(
    rules=[
        Rule(
            "personal",
            when=LEAD.email.is_present(),
            require=(REP["accounts"] == LEAD.account_id) | (REP["notes"] != LEAD["note"]),
            score=free_capacity(),
            accept_within="5m",
        ),
        Rule("all", accept_within="5m"),
    ]
)


@pytest.fixture(params=["memory", "file"])
def here(request, tmp_path):
    """A desk with two reps who have room for one lead each, over memory and over a file."""
    reps = [Rep(rep, capacity=1, caps="5/day", attributes={"notes": "x"}) for rep in ("ada", "bob")]
    if request.param == "memory":
        yield desk(*reps, router=PERSONAL)
        return
    with SqliteStore(tmp_path / "crm.db", synchronous="normal") as store:
        yield desk(*reps, router=PERSONAL, store=store)


def waits(here):
    """A lead that waits behind two others."""
    here.submit(Lead("A", received_at=START))
    here.submit(Lead("B", received_at=START))
    here.submit(ANN)


def is_offered(here):
    """A lead that is offered."""
    here.submit(ANN)


def was_declined(here):
    """A lead that one rep declined, with the other."""
    here.decline("L-1", here.submit(ANN).rep_id)


def is_owned(here):
    """A lead that was accepted."""
    here.accept("L-1", here.submit(ANN).rep_id)


def was_contacted(here):
    """A lead whose owner has reached it."""
    is_owned(here)
    here.record_contact("L-1")


def is_closed(here):
    """A lead that was won."""
    was_contacted(here)
    here.feedback("L-1", "won", value=5)


def was_withdrawn(here):
    """A lead that was ended by hand."""
    is_owned(here)
    here.withdraw("L-1", "spam")


def was_enriched(here):
    """A lead of which more became known."""
    is_offered(here)
    here.update(evolve(ANN, industry="retail"))


LIVES = [
    waits,
    is_offered,
    was_declined,
    is_owned,
    was_contacted,
    is_closed,
    was_withdrawn,
    was_enriched,
]
each_life = pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)


def leads_of(here):
    """The ids of all leads."""
    return {event.lead for event in here.store.events(limit=10_000)}


def texts_of(store):
    """Everything that a store holds, as text, but the record of a lead itself."""
    records = store.find(limit=10_000)
    told = [repr(record) for record in records if not record.key.startswith("lead/")]
    return [*told, *map(repr, store.events(limit=10_000)), *map(repr, store.counts().items())]


@each_life
def test_personal_data_stands_in_the_record_of_the_lead_alone(here, life):
    """No other row, event or counter holds a value of it, whatever the policy reads."""
    tracking = evolve(here, track_outcomes_by=["country", "lead['plan']"])
    life(tracking)
    for text in texts_of(here.store):
        assert not [mark for mark in MARKS if mark in text], text


@each_life
def test_lead_is_forgotten_in_every_state(here, life):
    """Nothing of it is left but its id and its number of steps; work is given back, results stay counted."""
    life(here)
    before, counted = here.placement("L-1"), here.snapshot()
    found = here.forget("L-1")
    assert str(found) == "lead L-1 is forgotten"
    assert (found.complete, found.placement) == (True, here.placement("L-1"))
    placed = found.placement
    assert (placed.status, placed.steps) == (Status.FORGOTTEN, before.steps + 1)
    assert (placed.owner, placed.offers, placed.due, placed.rep_id) == (None, (), None, None)
    assert placed.reason == "it was forgotten"
    assert str(placed) == "lead L-1 is forgotten: it was forgotten"
    assert here.decision("L-1") is None
    assert here.worklist(before.rep_id or "ada") == () or life is waits
    assert isinstance(here.history("L-1")[-1], Forgotten)
    after = here.snapshot()
    assert (after.won, after.closed, after.contacted) == (
        counted.won,
        counted.closed,
        counted.contacted,
    )
    audit(here.store, leads_of(here))
    steps = here.placement("L-1").steps
    assert here.forget("L-1") == found
    assert here.placement("L-1").steps == steps


@each_life
def test_forgotten_lead_is_refused_by_name(here, life):
    """Each call on it says that it is forgotten, and a sweep passes it by."""
    life(here)
    here.forget("L-1")
    for act in (
        lambda: here.accept("L-1", "ada"),
        lambda: here.decline("L-1", "ada"),
        lambda: here.assign("L-1", "ada", by="boss"),
        lambda: here.withdraw("L-1"),
        lambda: here.reopen("L-1"),
        lambda: here.release("L-1"),
        lambda: here.record_contact("L-1"),
        lambda: here.feedback("L-1", "lost"),
        lambda: here.update(ANN),
    ):
        with pytest.raises(InvalidTransitionError, match="it is forgotten"):
            act()
    here.clock.advance("1d")
    assert here.sweep(early=True).errors == ()
    assert [placed.lead_id for placed in here.placements(status="forgotten")] == ["L-1"]


@each_life
def test_same_id_is_a_new_lead(here, life):
    """It is decided as if it had never been there, by the policy or by hand, and its log goes on."""
    life(here)
    here.forget("L-1")
    for _ in range(2):
        again = here.submit(Lead("L-1", received_at=START + timedelta(days=1)))
        assert again.received_at == START + timedelta(days=1)
        assert again.previous_offers == {}
        assert here.submit(Lead("L-1")) == again
        here.forget("L-1")
    assert here.submit(Lead("L-1"), to="ada").owner == "ada"
    history = here.history("L-1")
    assert sum(isinstance(event, Received) for event in history) == 4
    assert rebuild("L-1", history) == here.placement("L-1")
    audit(here.store, leads_of(here))


def test_forgetting_serves_who_waits(here):
    """A rep whom it freed has the next lead in the same call."""
    for lead_id in ("A", "B", "C"):
        here.submit(Lead(lead_id, received_at=START))
    here.forget("A")
    assert here.placement("C").status is Status.OFFERED


def test_caps_and_turns_stay(here):
    """A lead that was accepted has been had: its cap and its turn stay counted, also in its next life."""
    is_owned(here)
    rep_id = here.placement("L-1").owner
    before = here.snapshot()
    here.forget("L-1")
    here.submit(Lead("L-1"), to=rep_id)
    here.forget("L-1")
    after = here.snapshot()
    caps = {key: n for key, n in before.used.items() if key.startswith("cap/")}
    assert {key: n for key, n in after.used.items() if key.startswith("cap/")} == {
        key: 2 * n for key, n in caps.items()
    }
    assert after.turns == before.turns


def test_unknown_lead_is_not_forgotten(here):
    """It is refused by name."""
    with pytest.raises(LeadNotFoundError, match="no placement for lead 'L-9'"):
        here.forget("L-9")


@pytest.mark.parametrize("call", ["forget", "reopen", "reevaluate", "withdraw", "decision"])
def test_lead_is_named_by_its_id(call):
    """A number, or the lead itself, is refused with what to write."""
    here = desk("ada")
    for given in (5, Lead("L-1")):
        with pytest.raises(FieldTypeError, match="lead_id is of type"):
            getattr(here, call)(given)


def careless(monkeypatch):
    """Let every new connection begin as SQLite is built by default: what is deleted stays in the file."""

    class Careless(StoreConnection):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)
            self.execute("PRAGMA secure_delete = OFF").fetchall()

    monkeypatch.setattr(sqlite, "StoreConnection", Careless)


def left_in(path, marks=MARKS):
    """The marks that stand anywhere in the bytes of a file or its log."""
    found = b"".join(each.read_bytes() for each in path.parent.glob(path.name + "*"))
    return [mark for mark in marks if mark.encode() in found]


@each_life
def test_no_byte_is_left_in_the_file(tmp_path, monkeypatch, life):
    """Neither in the file nor in its log, whatever the connections are by default."""
    careless(monkeypatch)
    path = tmp_path / "crm.db"
    with SqliteStore(path, synchronous="normal") as store:
        here = desk(*[Rep(rep, capacity=1) for rep in ("ada", "bob")], store=store)
        life(here)
        assert left_in(path)
        assert here.forget("L-1").complete
        assert left_in(path) == []
    assert left_in(path) == []


def test_reader_hinders_it_and_is_told(tmp_path, monkeypatch):
    """While a reader needs the older copy the result says so; forgetting again finishes it."""
    careless(monkeypatch)
    path = tmp_path / "crm.db"
    with SqliteStore(path, synchronous="normal", busy_timeout="10ms") as store:
        here = desk("ada", store=store)
        is_offered(here)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM leadroute_record").fetchall()
        found = here.forget("L-1")
        assert not found.complete
        assert str(found) == (
            "lead L-1 is forgotten; older copies may be left in the files of the store: "
            "forget it again once readers and your transaction are done; a server has its VACUUM"
        )
        assert left_in(path)
        reader.execute("COMMIT")
        reader.close()
        assert here.forget("L-1").complete
        assert left_in(path) == []


def test_own_transaction_is_told(tmp_path):
    """Inside a transaction of the host the rows go with its commit, and the log with the next call."""
    with SqliteStore(tmp_path / "crm.db", synchronous="normal") as store:
        here = desk("ada", store=store)
        is_offered(here)
        connection = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        assert not evolve(here, store=store.bind(connection)).forget("L-1").complete
        connection.execute("COMMIT")
        connection.close()
        assert here.forget("L-1").complete


def test_what_an_older_release_dropped_goes_with_the_upgrade(tmp_path, monkeypatch):
    """Opening its file once leaves no trace of what it had deleted."""
    path = tmp_path / "crm.db"
    shutil.copy(KEPT, path)
    old = sqlite3.connect(path, isolation_level=None)
    old.execute("PRAGMA secure_delete = OFF").fetchall()
    row = ("lead/gone", f"{MARK} likes tea " * 200)
    old.execute(
        "INSERT INTO leadroute_record (key, version, status, owner, due, data) VALUES (?, 1, '', '', 0, ?)",
        row,
    )
    old.execute("DELETE FROM leadroute_record WHERE key = 'lead/gone'")
    old.close()
    assert left_in(path) == [MARK]
    careless(monkeypatch)
    with SqliteStore(path, synchronous="normal") as store:
        assert store.purge()
        assert left_in(path) == []


@pytest.mark.parametrize(
    "field", ["email", "name", "phone", "account_id", "postal_code", "company", "domain", "role"]
)
def test_outcomes_are_not_counted_by_what_may_be_personal(field):
    """A counter is never erased, so what may tell who somebody is cannot be a part of its name."""
    with pytest.raises(ConfigError, match=r"personal|lead has no field"):
        evolve(desk("ada"), track_outcomes_by=[field])


def test_refused_field_is_told_what_to_take():
    """The message names the fields that may stand in a counter."""
    with pytest.raises(ConfigError) as refused:
        evolve(desk("ada"), track_outcomes_by=["postal_code"])
    assert str(refused.value) == (
        "postal_code is a fact that may be personal, and outcomes are counted for ever; name one of "
        "channel, country, grade, industry, language, product, region, source, timezone"
    )


def test_value_too_large_to_count_is_refused_and_the_lead_can_be_closed():
    """Whatever was tried before, a value that can be counted closes the lead."""
    here = evolve(desk("ada"), track_outcomes_by=[])
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    for value in (1e300, -1e13, 1e12 + 1):
        with pytest.raises(ValidationError, match=r"FeedbackGiven .L-1.: value is .*; write "):
            here.feedback("L-1", "won", value=value)
    assert here.feedback("L-1", "won", value=1e12).status is Status.CLOSED
    assert here.tracked().total("ada").won == 1


def test_memory_is_a_store_without_files():
    """There is nothing to overwrite."""
    here = desk("ada", store=MemoryStore())
    is_offered(here)
    assert here.forget("L-1").complete
