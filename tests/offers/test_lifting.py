"""Documents of format 1 are read as this release writes them, and their leads go on."""

import json
from datetime import timedelta

import pytest
from tests.offers.world import START, audit, desk, outcomes

from leadroute import Lead, Placement, Rep
from leadroute.errors import NewerFormatError
from leadroute.model.keys import open_key, placement_key
from leadroute.offers.events import Offered, Waiting
from leadroute.offers.lifting import event_of, placement_of
from leadroute.offers.placement import Offer, PreviousOffer, Status
from leadroute.stores import Add, Change, Emit, Event, Put, Record

AT = START.isoformat()
END = (START + timedelta(minutes=5)).isoformat()
OLD = {"lead_id": "L-1", "steps": 2, "received_at": AT}


def read(**given):
    """The placement in a document of format 1."""
    return placement_of(Record("placement/L-1", 1, json.dumps({**OLD, **given})), "L-1")


def test_offer():
    """Rep, end, turn and units become one offer, whose token follows from the document."""
    given = {
        "status": "offered",
        "rep_id": "ada",
        "pool": "p",
        "rule": "r",
        "offered_at": AT,
        "due": END,
        "order": 7,
        "reservations": {"rep/open/ada": 1},
        "release_on": "contact",
        "previous_offers": {"bob": "declined"},
    }
    placed = read(**given)
    (offer,) = placed.offers
    assert (offer.rep_id, offer.pool, offer.order, offer.release_on) == ("ada", "p", 7, "contact")
    assert (placed.due, placed.rep_id, placed.owner) == (START + timedelta(minutes=5), "ada", None)
    assert placed.previous_offers == {"bob": PreviousOffer("declined", START)}
    assert not offer.recorded
    assert read(**given).offers[0].token == offer.token != ""
    event = {"at": AT, "rep_id": "ada", "rule": "r", "pool": "p", "expires_at": END, "score": 1}
    logged = event_of(Event(1, "L-1", 2, "offered", json.dumps(event), 0, "c"))
    assert isinstance(logged, Offered)
    assert logged.token == offer.token


def test_other_statuses():
    """Who waits is decided again when its time comes; an owner and the catch-all stay."""
    waiting = read(status="waiting", due=AT)
    assert (waiting.clocks, waiting.line, waiting.due) == ({"retry": START}, "", START)
    owned = read(status="accepted", rep_id="ada", accepted_at=AT, due=END, offered_at=AT)
    assert (owned.owner, owned.clocks) == ("ada", {"shift": START + timedelta(minutes=5)})
    assert read(status="closed", rep_id="ada").owner == "ada"
    assert read(status="catch_all", rep_id="desk").catch_all == "desk"
    assert read(status="disqualified", reason_code="disqualified").rep_id is None
    event = json.dumps({"at": AT, "reason_code": "none_available", "rule": "r", "until": END})
    logged = event_of(Event(1, "L-1", 2, "waiting", event, 0, "c"))
    assert logged == Waiting(START, "none_available", "r", START + timedelta(minutes=5))


def test_newer_format():
    """A document of a newer release is told by its lead and format."""
    with pytest.raises(NewerFormatError, match="Placement of lead 'L-1' is stored in format 9"):
        read(status="waiting", format=9)


def old_offers(here, *lead_ids):
    """Turn leads that are offered into what an older release has stored of them."""
    for number, lead_id in enumerate(lead_ids):
        key = placement_key(lead_id)
        record = here.store.get([key])[key]
        placed = here.placement(lead_id)
        (offer,) = placed.offers
        turn = json.loads(record.data)["offers"][0].get("turn")
        old = {
            "lead_id": lead_id,
            "status": "offered",
            "steps": placed.steps,
            "received_at": placed.received_at.isoformat(),
            "rep_id": offer.rep_id,
            "rule": placed.rule,
            "pool": offer.pool,
            "offered_at": offer.made_at.isoformat(),
            "due": offer.expires_at.isoformat(),
            "order": offer.order,
            "reservations": dict(offer.reservations),
            "policy_version": placed.policy_version,
            **({} if turn is None else {"turn": turn}),
        }
        put = Put(key, json.dumps(old), record.version, "offered", offer.rep_id, record.due)
        side = here.store.get([f"offer/{lead_id}/{offer.rep_id}"])
        from leadroute.stores import Drop

        drops = [Drop(name, each.version) for name, each in side.items()]
        here.store.commit(Change(f"old {number}", [put, *drops]))


def test_old_offers_end_like_new_ones():
    """They are found by their rep, give back what they hold, and leave no record that never was."""
    here = desk(Rep("ada", capacity=5), Rep("bob", capacity=1))
    for lead_id in ("L-1", "L-2", "L-3", "L-4"):
        here.submit(Lead(lead_id))
        here.clock.advance("1s")
    old_offers(here, "L-1", "L-2", "L-3", "L-4")
    held = {lead: here.placement(lead).rep_id for lead in ("L-1", "L-2", "L-3", "L-4")}
    last = [lead for lead, rep in held.items() if rep == "ada"][-1]
    earlier = here.snapshot().last_assigned["ada"]
    declined = here.decline(last, "ada")
    assert outcomes(declined) == {"ada": "declined"}
    assert here.snapshot().last_assigned["ada"] < earlier
    first = next(lead for lead, rep in held.items() if rep == "ada")
    assert here.accept(first, "ada").owner == "ada"
    here.clock.advance("5m")
    assert here.sweep().errors == ()
    for lead_id in held:
        assert here.placement(lead_id).status in (
            Status.ACCEPTED,
            Status.OFFERED,
            Status.WAITING,
            Status.CATCH_ALL,
        )
    open_of = {k: n for k, n in here.store.counts(prefix="rep/open/").items() if n}
    assert open_of.get(open_key("ada"), 0) <= 5
    assert open_of.get(open_key("bob"), 0) <= 1


def test_unreadable_offer_of_an_older_release_is_passed_over():
    """Another lead's broken document does not stop a decline."""
    here = desk(Rep("ada", capacity=5), Rep("bob"))
    here.submit(Lead("L-1"))
    broken = Put(placement_key("L-9"), "{", 0, "offered", "ada", None)
    here.store.commit(Change("broken", [broken, Emit("L-9", 1, "received", "{}", 0), Add("x", 1)]))
    rep_id = here.placement("L-1").rep_id
    assert here.decline("L-1", rep_id).rep_id not in (None, rep_id)


def test_values_are_told_apart():
    """Equality looks at what the log knows: not at when an old offer ended, nor at whether it has a record."""
    one = Offer("t", "ada", "p", START, START)
    assert one == Offer("t", "ada", "p", START, START, recorded=False)
    assert isinstance(read(status="waiting"), Placement)
    assert audit(desk("ada").store, set()) == {}
