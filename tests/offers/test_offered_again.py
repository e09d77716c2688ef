"""A rep who is offered a lead again in the change that ends their offer keeps one record of it."""

from tests.offers.world import START, audit, desk, team

from leadroute import Lead, Rep
from leadroute.model.keys import offer_key
from leadroute.offers.change import Change, Drop, Once


def test_rep_is_offered_the_lead_again_at_once():
    """Rerouted, a lead may come back to the same rep, again and again, and be answered as ever."""
    d = desk(Rep("ada"))
    d.submit(Lead("L-1"))
    for version in (2, 3):
        assert d.reroute("L-1").rep_id == "ada"
        assert d.store.get([offer_key("L-1", "ada")])[offer_key("L-1", "ada")].version == version
        audit(d.store, ["L-1"])
        assert d.audit().discrepancies == ()
    assert d.decline("L-1", "ada").status.value == "catch_all"
    audit(d.store, ["L-1"])


def test_record_that_is_lost_is_mended_as_a_new_one():
    """The audit mends the record of an offer whatever version it had, and the answer finds it."""
    d = desk(*team("ada"))
    d.submit(Lead("L-1", received_at=START))
    d.reroute("L-1")
    key = offer_key("L-1", "ada")
    d.store.commit(Change("lose", [Once("lose"), Drop(key, 2)]))
    assert [fault.kind for fault in d.audit(repair=True).discrepancies] == ["offer"]
    assert d.accept("L-1", "ada").owner == "ada"
    assert d.store.get([key]) == {}
