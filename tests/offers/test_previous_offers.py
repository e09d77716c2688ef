"""Whoever was asked is not asked again, however many there were."""

import json

import pytest
from tests.offers.world import START, desk, outcomes

from leadroute import Lead, Rep, Router, Rule
from leadroute.model.keys import asked_key, placement_key
from leadroute.offers.change import MAX_DATA
from leadroute.offers.events import Declined, Offered, Received
from leadroute.offers.placement import KEPT_OFFERS, Status
from leadroute.offers.state_machine import move
from leadroute.plain import document

ALL = Router(rules=[Rule("all", accept_within="5m")])


@pytest.mark.parametrize("reps", [450, pytest.param(700, marks=pytest.mark.slow)])
def test_everybody_declines(reps):
    """Each rep is asked once, the document stays small, and the last decline leads to the catch-all."""
    team = [Rep(f"rep {n:05} of the team that answers this desk") for n in range(reps)]
    here = desk(*team, router=ALL)
    placed, asked = here.submit(Lead("L-1")), set()
    while placed.status is Status.OFFERED:
        assert placed.rep_id not in asked
        asked.add(placed.rep_id)
        placed = here.decline("L-1", placed.rep_id, "busy")
    assert len(asked) == reps
    assert placed.status is Status.CATCH_ALL
    assert KEPT_OFFERS <= len(placed.previous_offers) < 2 * KEPT_OFFERS
    assert placed.earlier_offers + len(placed.previous_offers) == reps
    records = placed.earlier_offers // KEPT_OFFERS
    keys = [asked_key("L-1", number) for number in range(records)]
    kept = here.store.get([*keys, placement_key("L-1")])
    assert len(kept) == records + 1
    assert max(len(record.data.encode()) for record in kept.values()) < MAX_DATA
    ids = {rep_id for key in keys for rep_id in json.loads(kept[key].data)["reps"]}
    assert ids | placed.previous_offers.keys() == asked


def test_document_stays_small_for_ten_thousand_offers():
    """However many offers end, the document of the placement stays below its limit, and none is lost count of."""
    placed = move(None, Received(START), "L-1")
    for number in range(10_000):
        rep_id = f"rep {number:05} {'x' * 60}"
        offered = Offered(START, rep_id, "r", "p", START, 0.0, token=f"{number:032x}")
        placed = move(move(placed, offered, "L-1"), Declined(START, rep_id, "busy"), "L-1")
    assert placed.earlier_offers + len(placed.previous_offers) == 10_000
    assert len(document(placed).encode()) < MAX_DATA
    assert rep_id in placed.previous_offers


def test_last_offers_are_kept_with_what_became_of_them():
    """A placement tells how each offer ended and when."""
    here = desk("ada", "bob", "cy", router=ALL)
    here.submit(Lead("L-1"))
    here.clock.advance("1m")
    here.decline("L-1", "ada")
    here.clock.advance("5m")
    here.sweep()
    placed = here.placement("L-1")
    assert outcomes(placed) == {"ada": "declined", "bob": "timed_out"}
    assert placed.previous_offers["bob"].at == here.clock.now()
    assert [each.times for each in placed.previous_offers.values()] == [1, 1]
