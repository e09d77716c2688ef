"""The table of moves and the calls allow several open offers of one lead; the first who accepts has it."""

from datetime import timedelta

import pytest
from tests.offers.world import START, also_offered, audit, desk, outcomes

from leadroute import Lead, Rep
from leadroute.errors import NotOfferedError
from leadroute.model.keys import placement_key
from leadroute.offers.events import Offered, OfferWithdrawn
from leadroute.offers.placement import Status


def offered_to(here, *rep_ids):
    """Submit a lead and offer it to further reps beside the first."""
    first = here.submit(Lead("L-1"))
    for number, rep_id in enumerate(rep_ids, 1):
        also_offered(here, "L-1", rep_id, number)
    return first


def crew():
    """A lead that is offered to three reps."""
    here = desk("ada", "bob", "cy", "dan")
    offered_to(here, "bob", "cy")
    return here


def test_first_who_accepts_has_it():
    """The others are withdrawn in the same change, and give back what they held."""
    here = crew()
    placed = here.placement("L-1")
    assert str(placed) == "lead L-1 is offered to ada and 2 more until 2026-01-01 09:05:00 UTC"
    assert [each.rep_id for each in placed.offers] == ["ada", "bob", "cy"]
    assert here.store.counts(prefix="rep/open/") == {
        "rep/open/ada": 1,
        "rep/open/bob": 1,
        "rep/open/cy": 1,
    }
    accepted = here.accept("L-1", "bob", token="token bob")
    assert (accepted.owner, accepted.offers) == ("bob", ())
    assert here.store.counts(prefix="rep/open/") == {"rep/open/bob": 1}
    assert here.store.find(status="offer") == []
    withdrawn = [event for event in here.history("L-1") if isinstance(event, OfferWithdrawn)]
    assert [event.rep_id for event in withdrawn] == ["ada", "cy"]
    assert outcomes(accepted) == {"ada": "lost_race", "cy": "lost_race"}
    with pytest.raises(NotOfferedError, match="'bob' has had it since"):
        here.accept("L-1", "ada")


def test_one_decline_leaves_the_other_offers_open():
    """The lead is decided again only when nobody is left."""
    here = crew()
    assert [each.rep_id for each in here.decline("L-1", "bob").offers] == ["ada", "cy"]
    assert here.placement("L-1").status is Status.OFFERED
    assert [each.rep_id for each in here.decline("L-1", "ada").offers] == ["cy"]
    last = here.decline("L-1", "cy")
    assert [each.rep_id for each in last.offers] == ["dan"]
    assert here.store.counts(prefix="rep/open/") == {"rep/open/dan": 1}


def test_offers_run_out_one_by_one():
    """A placement is due at the first end of its offers, and a sweep ends those that are over."""
    here = crew()
    for minute, left in ((5, ["bob", "cy"]), (6, ["cy"]), (7, ["dan"])):
        assert here.placement("L-1").due == START + timedelta(minutes=minute)
        here.clock.set(START + timedelta(minutes=minute))
        here.sweep()
        assert [each.rep_id for each in here.placement("L-1").offers] == left
    assert here.placement("L-1").previous_offers.keys() == {"ada", "bob", "cy"}


def test_assignment_by_hand_ends_all_offers():
    """Everybody gives back what they held, and the log says who has the lead now."""
    here = crew()
    assert here.assign("L-1", "dan", by="boss").owner == "dan"
    assert here.store.counts(prefix="rep/open/") == {"rep/open/dan": 1}
    assert here.store.find(status="offer") == []


def test_stale_token_changes_nothing():
    """An answer to an offer that has ended is refused, though the rep has another one now."""
    here = desk(Rep("ada"))
    first = here.submit(Lead("L-1")).offers[0].token
    for answer in (here.accept, here.decline):
        with pytest.raises(NotOfferedError, match="the token is of another offer, which has ended"):
            answer("L-1", "ada", token=f"{first}x")
    assert isinstance(here.history("L-1")[-1], Offered)
    assert here.accept("L-1", "ada", token=first).owner == "ada"
    assert here.accept("L-1", "ada", token=first).owner == "ada"
    audit(here.store, {"L-1"})
    assert placement_key("L-1") in {r.key for r in here.store.find(owner="ada")}
