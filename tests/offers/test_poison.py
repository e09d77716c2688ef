"""A lead that cannot be read, judged or written holds up no other."""

import json
from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.test_failures import MOODY, RAISED, newer, rewritten
from tests.offers.world import START, desk

from leadroute import Lead, Rep, Router, Rule
from leadroute.errors import LeadNotFoundError, NewerFormatError, ValidationError
from leadroute.model.keys import lead_key, placement_key
from leadroute.offers.placement import Status
from leadroute.stores import Change, Drop

ROOMY = Rep("zoe", capacity=10_000)
BAD = ("erased", "newer", "newer lead", "broken", "unknown rule", *RAISED)


def erased(store, lead_id):
    """Drop the document of a lead."""
    key = lead_key(lead_id)
    store.commit(Change(f"erase {lead_id}", [Drop(key, store.get([key])[key].version)]))


def poisoned(good, bad=BAD):
    """Leads that are offered, some of which are spoiled before their offers end, and a desk that passes them on."""
    here = desk(Rep("ada", capacity=10_000), router=Router(rules=[Rule("r", accept_within="5m")]))
    half = good // 2
    for lead_id in (*[f"A-{n}" for n in range(half)], *bad, *[f"B-{n}" for n in range(half)]):
        here.submit(Lead(lead_id))
    if "erased" in bad:
        erased(here.store, "erased")
    for name, key in (("newer", placement_key), ("newer lead", lead_key)):
        if name in bad:
            rewritten(here.store, key(name), newer, name)
    if "broken" in bad:
        rewritten(here.store, placement_key("broken"), lambda _data: "{", "broken")
    if "unknown rule" in bad:
        rule = lambda data: json.dumps({**json.loads(data), "rule": "gone"})  # noqa: E731
        rewritten(here.store, placement_key("unknown rule"), rule, "rule")
    here.clock.advance("5m")
    return evolve(here, router=MOODY, roster=[Rep("ada", capacity=10_000), ROOMY])


@pytest.mark.parametrize("good", [40, pytest.param(300, marks=pytest.mark.slow)])
def test_poisoned_leads_hold_up_no_other(good):
    """Among many due leads: the others are passed on in the same sweep, and each bad one is named once."""
    here = poisoned(good)
    swept = here.sweep()
    assert swept.offered == good + 1, "the lead of a rule that is gone finds another rule"
    kinds = {each.lead_id: type(each.error) for each in swept.errors}
    assert len(swept.errors) == len(kinds)
    assert kinds == {
        "erased": LeadNotFoundError,
        "newer": NewerFormatError,
        "newer lead": NewerFormatError,
        "broken": ValidationError,
        **{lead_id: type(error) for lead_id, error in RAISED.items()},
    }
    assert all(here.placement(f"A-{n}").rep_id == "zoe" for n in range(good // 2))
    for lead_id in ("erased", "newer lead", *RAISED):
        placed = here.placement(lead_id)
        assert (placed.status, placed.failures) == (Status.WAITING, 1)
        assert placed.error == kinds[lead_id].__name__
    left = {each.lead_id for each in here.sweep().errors}
    assert left == {"newer", "broken"}, "what cannot be written is due still, the others wait"


def test_what_cannot_be_written_uses_up_no_limit():
    """With sixty leads of a newer release at the head, a sweep of two serves two."""
    bad = [f"newer {n:02}" for n in range(60)]
    here = poisoned(4, bad)
    for lead_id in bad:
        rewritten(here.store, placement_key(lead_id), newer, lead_id)
    swept = here.sweep(limit=2)
    assert (swept.offered, len(swept.errors)) == (2, 60) or swept.offered == 2
    assert here.sweep(limit=2).offered == 2
    assert here.sweep(limit=2).offered == 0


def test_poison_in_a_line_is_read_past():
    """One that cannot be judged leaves its line, and one that cannot be read is stepped over."""
    here = desk(Rep("ada", capacity=1), router=Router(rules=[Rule("r")]))
    here.accept("busy", here.submit(Lead("busy")).rep_id)
    for n, lead_id in enumerate(("broken", "key", "erased", "good")):
        here.submit(Lead(lead_id, received_at=START + timedelta(seconds=n)))
    rewritten(here.store, placement_key("broken"), lambda _data: "{", "broken")
    erased(here.store, "erased")
    moody = evolve(here, router=MOODY)
    assert moody.feedback("busy", "won").status is Status.CLOSED
    assert moody.placement("good").rep_id == "ada"
    assert moody.placement("key").reason_code == "decision_failed"
