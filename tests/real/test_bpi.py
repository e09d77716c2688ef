"""Real loan applications through the dispatcher, in their own order and at their own times."""

from collections import Counter, defaultdict
from datetime import datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from leadroute import Status
from leadroute.offers.events import KINDS, Accepted, Offered
from leadroute.offers.state_machine import rebuild
from leadroute.plain import loads
from tests.profiles import scaled
from tests.real import bpi
from tests.shared import shared_path

pytestmark = pytest.mark.slow
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture(scope="module")
def cases():
    """The first 2,000 of the 8,766 applications, in the order of time; more of them in `nightly`."""
    found = bpi.read(shared_path("data/bpi2012_loan/cases.csv"))
    assert len(found) == 8_766
    return found[: scaled(2_000)]


@pytest.fixture(scope="module")
def replay(cases):
    """The whole replay, run once, with its dispatcher and the log by lead."""
    replay = bpi.Replay(cases, bpi.team(cases))
    dispatcher = replay.run()
    log = defaultdict(list)
    after = 0
    while page := replay.store.events(after=after, limit=5_000):
        for event in page:
            log[event.lead].append(loads(KINDS[event.type], event.data))
        after = page[-1].id
    return replay, dispatcher, log


def office_is_open(at: datetime) -> bool:
    """Whether the office works at this instant, told from the wall clock alone."""
    local = at.astimezone(AMSTERDAM)
    if local.weekday() == 5:
        return time(10) <= local.time() < time(17)
    return local.weekday() < 5 and time(9) <= local.time() < time(21)


def test_every_application_ends_in_exactly_one_state(cases, replay):
    """At the end each lead is closed or with the catch-all, and none is lost."""
    _, dispatcher, _ = replay
    ends = Counter(dispatcher.placement(case.id).status for case in cases)
    assert ends.total() == len(cases)
    assert set(ends) == {Status.CLOSED, Status.CATCH_ALL}


def test_no_agent_was_over_capacity_at_any_instant(replay):
    """After no step of the replay did an agent have more open than five, and some had five."""
    record, _, _ = replay
    assert max(record.most_open.values()) == bpi.CAPACITY
    assert record.store.counts(prefix="rep/open/") == {}


def test_no_offer_was_made_outside_the_working_hours(cases, replay):
    """Every offer in the log lies in the hours of the office, told by the wall clock and not by the library."""
    _, _, log = replay
    offers = [event for events in log.values() for event in events if isinstance(event, Offered)]
    assert len(offers) > len(cases)
    assert not [offer for offer in offers if not office_is_open(offer.at)]


def test_an_offer_was_accepted_when_the_real_agent_touched_the_application(cases, replay):
    """Each acceptance happens at the real first touch, within five minutes of its offer."""
    _, _, log = replay
    touched = {case.id: case.touched for case in cases}
    for lead_id, events in log.items():
        for offer, answer in pairwise(events):
            if isinstance(answer, Accepted):
                assert answer.at == touched[lead_id]
                assert isinstance(offer, Offered)
                assert offer.at <= answer.at < offer.expires_at


def test_the_log_rebuilds_every_placement(cases, replay):
    """The events of a lead put together are the placement in the store, for every lead."""
    _, dispatcher, log = replay
    for case in cases:
        assert rebuild(case.id, log[case.id]) == dispatcher.placement(case.id)
