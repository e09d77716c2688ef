"""The file that a release of schema 2 left behind is upgraded and goes on."""

import json
import pickle
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from leadroute import Dispatcher, Lead, SqliteStore, Status
from leadroute.errors import NewerFormatError, ValidationError
from leadroute.events import event_of, rebuild
from leadroute.formats import loads
from leadroute.model.duration import to_micros
from leadroute.model.keys import free_key, placement_key
from leadroute.offers.transitions import holds
from leadroute.stores import Change, Put, SqliteTransaction
from leadroute.testing import ManualClock
from tests.offers.world import outcomes, placements
from tests.stores.written import ROUTER, START, TEAM, write

KEPT = Path(__file__).parents[1] / "data" / "schema-2.sqlite"
NOW = START + timedelta(minutes=4)


@pytest.fixture(params=["kept", "written"])
def store(request, tmp_path):
    """The file that is kept, in a copy, and one that this release writes."""
    path = tmp_path / "crm.db"
    if request.param == "kept":
        shutil.copy(KEPT, path)
    else:
        write(path)
    with SqliteStore(path) as opened:
        yield opened


def checked(store):
    """Return the placements, which their events lead to, and whose reservations are what is counted."""
    found, held = placements(store), Counter()
    for lead_id, placement in found.items():
        events = [*map(event_of, store.events(lead=lead_id))]
        assert rebuild(lead_id, events) == placement
        held.update(holds(placement))
    kinds = ("rep/open/", "segment/", "cap/")
    assert {key: n for key, n in store.counts().items() if key.startswith(kinds)} == held
    return found


def test_leads_of_the_file_stand_where_they_stood(store):
    """There is a lead in every status that is stored, and their log leads to their placements."""
    found = checked(store)
    stands = {lead_id: placement.status for lead_id, placement in found.items()}
    assert {*stands.values()} == {*Status} - {
        Status.RECEIVED,
        Status.WITHDRAWN,
        Status.FORGOTTEN,
    }
    assert stands["L-offered"] is Status.OFFERED
    assert found["L-poor"].reason == "did not pass 'budget'"
    assert found["L-waiting"].reason == "nobody is available now"
    assert found["L-odd"].reason == "nobody is eligible"
    assert outcomes(found["L-declined"]) == {"bob": "declined"}


def test_work_on_the_file_goes_on(store):
    """A live offer of the file can be accepted, its counters go on, and its credited turns pay."""
    desk = Dispatcher(ROUTER, TEAM, store, ManualClock(NOW), track_outcomes_by=["country"])
    accepted = desk.accept("L-offered", "bob")
    assert accepted.status is Status.ACCEPTED
    assert desk.snapshot().turn_credits["seniors"]["ada"][0].turns == 2
    assert desk.tracked().total("bob").won == 1
    assert desk.feedback("L-offered", "lost").status is Status.CLOSED
    checked(store)


def content(path):
    """Return the records, events and counters of a file, but for the counters that schema 2 did not have."""
    with SqliteStore(path) as opened:
        stand = {
            lead_id: (each.status, each.rep_id, each.rule, holds(each), outcomes(each), each.reason)
            for lead_id, each in placements(opened).items()
        }
        events = [(each.lead, each.n, each.type) for each in opened.events()]
        later = opened.counts(prefix="waiting/") | opened.counts(prefix=free_key(""))
        return stand, {key: n for key, n in opened.counts().items() if key not in later}, events


def test_file_holds_what_this_release_writes(tmp_path):
    """The kept file and a new one hold the same leads, counters and events: the program is the file's."""
    write(tmp_path / "new.db")
    shutil.copy(KEPT, tmp_path / "kept.db")
    assert content(tmp_path / "kept.db") == content(tmp_path / "new.db")


def test_who_is_free_longest_is_kept_from_now_on(tmp_path):
    """In the kept file nobody has become free so far; whoever does so in this release is told."""
    shutil.copy(KEPT, tmp_path / "kept.db")
    with SqliteStore(tmp_path / "kept.db") as opened:
        desk = Dispatcher(ROUTER, TEAM, opened, ManualClock(NOW))
        assert desk.snapshot().free_since == {}
        desk.decline("L-offered", "bob")
        assert desk.snapshot().free_since == {"bob": to_micros(NOW)}


def test_lead_of_the_file_is_passed_on(tmp_path):
    """What an older release offered runs out, is declined and waits as if this one had offered it."""
    shutil.copy(KEPT, tmp_path / "kept.db")
    with SqliteStore(tmp_path / "kept.db") as opened:
        clock = ManualClock(NOW)
        desk = Dispatcher(ROUTER, TEAM, opened, clock)
        offer = desk.placement("L-offered").offers[0]
        assert offer == desk.placement("L-offered").offers[0], "its token follows from the document"
        assert desk.decline("L-offered", "bob", token=offer.token).rep_id == "ada"
        assert opened.find(status="offer", owner="ada")[0].key == "offer/L-offered/ada"
        assert desk.sweep().errors == ()
        waiting = desk.placement("L-waiting")
        assert (waiting.due, waiting.resumes_at) == (START + timedelta(days=5), None)
        clock.set(START + timedelta(days=5))
        assert desk.sweep().errors == ()
        assert desk.placement("L-waiting").rep_id == "dan"
        desk.assign("L-late", "cy", by="manager")
        checked(opened)


def test_tables_of_the_file_are_upgraded(tmp_path):
    """An upgraded file has the tables and indexes of a new one, and events in the order of each lead."""
    shutil.copy(KEPT, tmp_path / "kept.db")
    write(tmp_path / "new.db")
    shapes = []
    for name in ("kept.db", "new.db"):
        with SqliteStore(tmp_path / name) as opened:
            pending = [(each.lead, each.n) for each in opened.events(pending_at=0)]
        with closing(sqlite3.connect(tmp_path / name)) as host:
            columns = host.execute("SELECT name FROM pragma_table_info('leadroute_outbox')")
            indexes = host.execute("SELECT name FROM sqlite_master ORDER BY name")
            waiting = host.execute("SELECT * FROM leadroute_outbox ORDER BY event_id")
            version = host.execute("SELECT version FROM leadroute_schema")
            shapes.append([pending, *map(list, (columns, indexes, waiting, version))])
    assert shapes[0] == shapes[1]
    assert shapes[0][-1] == [(3,)]
    assert len(dict(shapes[0][0])) == len(shapes[0][0])  # one event of each lead


def test_file_is_upgraded_in_a_transaction_of_its_user(tmp_path):
    """A bound store upgrades in the caller's transaction, which may still be rolled back."""
    shutil.copy(KEPT, tmp_path / "kept.db")
    with closing(sqlite3.connect(tmp_path / "kept.db")) as host:
        for end, version in ((host.rollback, 2), (host.commit, 3)):
            host.execute("BEGIN IMMEDIATE")
            SqliteTransaction(host).create()
            end()
            found = host.execute("SELECT version FROM leadroute_schema").fetchall()
            assert found == [(version,)]
    with SqliteStore(tmp_path / "kept.db") as opened:
        checked(opened)


def test_document_of_a_newer_release_is_named(store):
    """A placement, lead or event that a newer release wrote is told apart from a broken one, and nothing is written."""
    desk = Dispatcher(ROUTER, TEAM, store, ManualClock(NOW))
    key = placement_key("L-offered")
    record = store.get([key])[key]
    newer = json.dumps({**json.loads(record.data), "format": 3, "mood": "good"})
    put = Put(key, newer, record.version, record.status, record.owner, record.due)
    store.commit(Change("newer", [put]))
    message = (
        "Placement of lead 'L-offered' is stored in format 3; this release reads up to format 2: "
        "update leadroute"
    )
    for ask in (
        lambda: desk.placement("L-offered"),
        lambda: desk.accept("L-offered", "bob"),
        lambda: desk.submit(Lead("L-offered")),
    ):
        with pytest.raises(NewerFormatError) as refusal:
            ask()
        assert str(refusal.value) == message
        assert pickle.loads(pickle.dumps(refusal.value)).args == refusal.value.args
    assert store.get([key])[key].data == newer


@pytest.mark.parametrize("found", ["1", True, 0, None, 1.5])
def test_format_that_is_none_is_refused(found):
    """A format that no release writes is a fault of the document, not a newer release."""
    with pytest.raises(ValidationError, match=r"format is .*; write 2, or leave it out"):
        loads(Lead, json.dumps({"id": "L-1", "format": found}))
