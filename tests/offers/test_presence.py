"""What the dispatcher makes of the host's presence, and of contacts."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from tests.offers.world import START, Racing, desk

from leadroute import Lead, Presence, Rep, Router, Rule, Status
from leadroute.errors import FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.model.keys import contact_key
from leadroute.offers.state_machine import rebuild

ALL = Router(rules=[Rule("all", accept_within="5m")], wrap_up="2m", offline_grace="30s")


def test_presence_is_read_at_every_decision():
    """The mapping is the host's own: what changes in it counts from the next decision on."""
    presence = {"ada": Presence("busy", START), "zoe": Presence("available", START)}
    d = evolve(desk("ada", router=ALL), presence=presence)
    assert d.submit(Lead("L-1")).status is Status.WAITING
    presence["ada"] = presence["ada"].becomes("available", START)
    kept = d.snapshot()
    assert d.sweep(early=True).offered == 1
    presence.clear()
    assert [*kept.presence] == ["ada"]
    assert d.snapshot().presence == {}


def test_presence_of_another_type():
    """Something else than a Presence is refused, and the rep is named."""
    d = evolve(desk("ada", router=ALL), presence={"ada": "busy"})
    with pytest.raises(FieldTypeError) as caught:
        d.submit(Lead("L-1"))
    assert str(caught.value) == (
        "the presence of rep 'ada' is of type str; it must be a Presence, such as Presence('busy', since)"
    )


def test_wrap_up_after_a_contact():
    """A rep who reached a lead gets the next one when the wrap-up is over, and not a moment before."""
    d = desk(Rep("ada"), router=ALL)
    d.submit(Lead("L-1"))
    d.accept("L-1", "ada")
    d.record_contact("L-1")
    assert d.snapshot().contacted == {"ada": to_micros(START)}
    free = START + timedelta(minutes=2)
    assert d.submit(Lead("L-2")).resumes_at == free
    assert d.next_wakeup() == free
    d.clock.set(free - timedelta(microseconds=1))
    assert d.sweep().offered == 0
    d.clock.set(free)
    assert d.sweep().offered == 1
    d.decline("L-2", "ada")
    assert d.placement("L-2").status is Status.CATCH_ALL


def test_a_race_between_a_contact_and_an_offer():
    """A rep who reached a lead while the offer was decided is left alone: the commit is refused, and decided again."""
    store = Racing()
    d = desk(Rep("ada"), Rep("bob", schedule="fri 10:00-11:00"), router=ALL, store=store)
    rival = evolve(d, store=store.store)
    rival.submit(Lead("L-1"))
    rival.accept("L-1", "ada")
    store.rivals.append(lambda: rival.record_contact("L-1"))
    assert d.submit(Lead("L-2")).resumes_at == START + timedelta(minutes=2)
    d.clock.advance("2m")
    assert d.sweep().offered == 1
    offered = d.history("L-2")[-1]
    assert offered.limits == {contact_key("ada"): to_micros(START)}
    assert rebuild("L-2", d.history("L-2")) == d.placement("L-2")


def test_who_is_offered_a_lead_anyway_is_not_left_alone():
    """An offer that is made whoever is there asks nothing of the last contact, whenever that was."""
    ignore_availability = evolve(ALL, fallback={"none_available": "ignore_availability"})
    store = Racing()
    d = desk(Rep("ada"), router=ignore_availability, store=store)
    rival = evolve(d, store=store.store)
    for lead_id in ("L-1", "L-2"):
        rival.submit(Lead(lead_id))
        rival.accept(lead_id, "ada")
    rival.record_contact("L-1")
    store.rivals.append(lambda: rival.record_contact("L-2"))
    placement = d.submit(Lead("L-3"))
    assert (placement.status, d.history("L-3")[-1].ignore_availability) == (Status.OFFERED, True)


def test_a_wrap_up_before_1970():
    """A clock that stands near the beginning of time leaves nobody alone for a contact that never was."""
    early = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    assert desk(Rep("ada"), router=ALL, start=early).submit(Lead("L-1")).rep_id == "ada"


def test_the_last_contact_is_only_raised():
    """A clock that steps back does not take a later contact away."""
    d = desk(Rep("ada"), router=ALL)
    for lead_id, minutes in (("L-1", 0), ("L-2", 10), ("L-3", -5)):
        d.clock.set(START + timedelta(minutes=minutes))
        d.assign(d.submit(Lead(lead_id)).lead_id, "ada", by="manager")
        d.record_contact(lead_id)
    assert d.snapshot().contacted == {"ada": to_micros(START + timedelta(minutes=10))}


def test_presence_must_be_a_mapping():
    """A dispatcher is not built with anything else, so that no lead is the first to find out."""
    expected = (
        "presence is of type list; it must be a mapping such as {'ada': Presence('busy', since)}"
    )
    with pytest.raises(FieldTypeError) as caught:
        evolve(desk("ada", router=ALL), presence=[("ada", Presence("busy", START))])
    assert str(caught.value) == expected
