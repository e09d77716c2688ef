"""Events wait until they are acknowledged, in order for each lead, and one that fails holds back its own lead alone."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from tests.offers.world import START, Late, desk

from leadroute import Lead, Rep
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.events import Offered

LATER = START + timedelta(minutes=10)


def publishing(*reps, store=None, **given):
    """A dispatcher whose events wait for delivery."""
    return evolve(desk(*reps, store=store), publish=True, **given)


def test_nothing_waits_unless_it_is_asked_for(store):
    """By default no event waits, and the log can be trimmed to its end."""
    here = desk("ada", "bob", store=store)
    here.submit(Lead("L-1"))
    here.decline("L-1", here.placement("L-1").rep_id)
    assert here.outbox() == ()
    assert len(here.history("L-1")) == 4
    assert store.trim(10**18) >= 4
    assert store.events() == []
    assert here.placement("L-1").rep_id is not None


def test_events_of_a_lead_come_in_order(store):
    """The first event that waits is given until it is acknowledged; acknowledging twice is harmless."""
    here = publishing("ada", store=store)
    here.submit(Lead("L-1"))
    (first,) = here.outbox()
    assert (first.lead_id, first.number, first.event.kind, first.attempts) == (
        "L-1",
        1,
        "received",
        0,
    )
    assert here.outbox() == (first,)
    here.ack(first)
    here.ack(first)
    (second,) = here.outbox()
    assert isinstance(second.event, Offered)
    here.ack(second)
    assert here.outbox() == ()


def test_deferred_event_holds_back_its_own_lead_alone(store):
    """It comes again at its time, with its attempts and its error, before the later ones of its lead."""
    here = publishing("ada", "bob", store=store)
    for lead_id in ("L-1", "L-2"):
        here.submit(Lead(lead_id))
    failing, _ = here.outbox()
    deferred = here.defer(failing, LATER, "x" * 2_000)
    assert (deferred.attempts, len(deferred.error), deferred.dead) == (1, 1_000, False)
    assert {each.lead_id for each in here.outbox()} == {"L-2"}
    here.clock.set(LATER)
    again = next(each for each in here.outbox() if each.lead_id == "L-1")
    assert (again.number, again.attempts, again.error) == (1, 1, "x" * 1_000)


def test_event_that_fails_too_often_is_a_dead_letter(store):
    """It waits for a person, holds back its lead, and can be delivered again or given up."""
    here = publishing("ada", "bob", store=store, max_attempts=2)
    for lead_id in ("L-1", "L-2"):
        here.submit(Lead(lead_id))
    failing = here.defer(here.outbox()[0], START, "refused")
    (current, _) = here.outbox()
    assert current == failing
    dead = here.defer(current, START, "refused again")
    assert dead.dead
    assert {each.lead_id for each in here.outbox()} == {"L-2"}
    assert here.dead_letters() == (dead,)
    here.deliver_again(dead)
    assert here.dead_letters() == ()
    assert here.outbox()[0].attempts == 0
    for _ in range(2):
        dead = here.defer(here.outbox()[0], START, "no")
    here.ack(dead)
    here.ack(dead)
    assert here.dead_letters() == ()
    assert here.outbox()[0].number == 2
    with pytest.raises(ConfigError, match="is no dead letter; it is delivered by itself"):
        here.deliver_again(here.outbox()[0])


@pytest.mark.parametrize("number", [60, pytest.param(1_000, marks=pytest.mark.slow)])
def test_failing_leads_hold_back_nobody_else(store, number):
    """Six writers, and a receiver that fails for five leads: nothing is lost, and only these are held back."""
    here = publishing(*[Rep(f"r{n}") for n in range(6)], max_attempts=3, store=store)
    leads = [f"L-{n}" for n in range(number)]
    poisoned = {f"L-{n}" for n in range(0, 50, 10)}

    def live(lead_id):
        placed = here.submit(Lead(lead_id))
        here.accept(lead_id, placed.rep_id)
        here.feedback(lead_id, "won")

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(live, leads))
    told = defaultdict(list)
    while waiting := here.outbox(limit=7):
        for each in waiting:
            if each.lead_id in poisoned:
                here.defer(each, here.clock.now(), "refused")
            else:
                told[each.lead_id].append(each.number)
                here.ack(each)
    assert told.keys() == {*leads} - poisoned
    assert all(numbers == [1, 2, 3, 4] for numbers in told.values())
    assert {each.lead_id for each in here.dead_letters()} == poisoned
    assert len(here.dead_letters(limit=2)) == 2


def test_cursor_over_ids_would_lose_events():
    """An event that becomes visible behind a newer id is passed by a cursor, and never by the outbox."""
    store = Late()
    here = publishing("ada", "bob", store=store)
    here.submit(Lead("L-1"))
    store.hidden = {1, 2}
    here.submit(Lead("L-2"))
    cursor, by_cursor = 0, []
    for visible in (store.hidden, set()):
        store.hidden = visible
        page = store.events(after=cursor)
        by_cursor += page
        cursor = page[-1].id if page else cursor
    assert len(by_cursor) == 2
    told = []
    while waiting := here.outbox():
        for each in waiting:
            told.append((each.lead_id, each.number))
            here.ack(each)
    assert sorted(told) == [("L-1", 1), ("L-1", 2), ("L-2", 1), ("L-2", 2)]


def test_bad_input():
    """A limit below 1, a naive time and another kind of event are refused, with what to write."""
    here = publishing("ada")
    here.submit(Lead("L-1"))
    (event,) = here.outbox()
    for call in (here.outbox, here.dead_letters):
        for limit in (0, True, "2"):
            with pytest.raises(ConfigError, match="write how many at most, from 1 up"):
                call(limit)
    with pytest.raises(FieldTypeError, match="until"):
        here.defer(event, datetime(2026, 1, 1), "no")  # noqa: DTZ001 - that is what is wrong
    with pytest.raises(FieldTypeError, match="error"):
        here.defer(event, LATER, 5)
    for call in (here.ack, here.deliver_again):
        with pytest.raises(FieldTypeError, match="event"):
            call(event.id)
    with pytest.raises(ConfigError, match="max_attempts is 0; write a number from 1 up"):
        publishing("ada", max_attempts=0)
    with pytest.raises(FieldTypeError, match="max_attempts"):
        publishing("ada", max_attempts="20")
    assert here.outbox() == (event,)
