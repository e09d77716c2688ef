"""The file that a release of schema 2 left behind is read by this one."""

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from leadroute import Dispatcher, SqliteStore, Status
from leadroute.events import KINDS, rebuild
from leadroute.formats import loads
from leadroute.testing import ManualClock
from tests.offers.world import placements
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
        events = [loads(KINDS[each.type], each.data) for each in store.events(lead=lead_id)]
        assert rebuild(lead_id, events) == placement
        held.update(placement.reservations)
    kinds = ("rep/open/", "segment/", "cap/")
    assert {key: n for key, n in store.counts().items() if key.startswith(kinds)} == held
    return found


def test_leads_of_the_file_stand_where_they_stood(store):
    """There is a lead in every status that is stored, and their log leads to their placements."""
    found = checked(store)
    stands = {lead_id: placement.status for lead_id, placement in found.items()}
    assert {*stands.values()} == {*Status} - {Status.RECEIVED}
    assert stands["L-offered"] is Status.OFFERED
    assert found["L-poor"].reason == "did not pass 'budget'"
    assert found["L-waiting"].reason == "nobody is available now"
    assert found["L-odd"].reason == "nobody is eligible"
    assert found["L-declined"].previous_offers == {"bob": "declined"}


def test_work_on_the_file_goes_on(store):
    """A live offer of the file can be accepted, its counters go on, and its credited turns pay."""
    desk = Dispatcher(ROUTER, TEAM, store, ManualClock(NOW), track_outcomes_by=["country"])
    accepted = desk.accept("L-offered", "bob")
    assert accepted.status is Status.ACCEPTED
    assert desk.snapshot().turn_credits["seniors"]["ada"][0].turns == 2
    assert desk.tracked().total("bob").won == 1
    assert desk.feedback("L-offered", "lost").status is Status.CLOSED
    checked(store)


def test_file_is_what_this_release_writes(tmp_path):
    """The kept file and a new one hold the same records, counters and events: the program is the file's."""
    write(tmp_path / "new.db")
    shutil.copy(KEPT, tmp_path / "kept.db")
    told = []
    for name in ("kept.db", "new.db"):
        with SqliteStore(tmp_path / name) as opened:
            records = {record.key: record.data for record in opened.find(limit=500)}
            events = [(each.lead, each.n, each.type, each.data) for each in opened.events()]
            told.append((records, opened.counts(), events))
    assert told[0] == told[1]
