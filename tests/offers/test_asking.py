"""What people ask of a dispatcher: which leads a rep has, what is to be done next, and who got what."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.test_lifting import old_offers
from tests.offers.world import START, desk
from tests.profiles import examples

from leadroute import LEAD, Lead, Rep, Router, Rule
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.offers.placement import Status
from leadroute.stores import Change, Put

RULES = Router(
    rules=[
        Rule("large", when=LEAD.employees > 5, accept_within="20m"),
        Rule("small", accept_within="5m"),
    ]
)


def office(leads=9):
    """Leads of two rules in several statuses, of two reps with room for three."""
    here = desk(Rep("ada", capacity=3), Rep("bob", capacity=3), router=RULES)
    for n in range(leads):
        here.submit(Lead(f"L-{n}", employees=n, priority=n % 3))
        here.clock.advance("1s")
    for n in range(4):
        rep_id = here.placement(f"L-{n}").rep_id
        if rep_id is not None and n % 2:
            here.accept(f"L-{n}", rep_id)
    return here


def test_leads_of_a_rep_are_those_offered_and_owned():
    """Whatever their status; leads of others, and those that wait, are not among them."""
    here = office()
    for rep_id in ("ada", "bob"):
        mine = here.placements(rep_id=rep_id)
        assert mine
        assert {each.lead_id for each in mine} == {
            f"L-{n}" for n in range(9) if here.placement(f"L-{n}").rep_id == rep_id
        }
        offered = here.placements(rep_id=rep_id, status="offered")
        assert {each.status for each in offered} <= {Status.OFFERED}
        accepted = here.placements(rep_id=rep_id, status=Status.ACCEPTED)
        assert {*offered, *accepted} == {*mine}
    assert here.placements(rep_id="nobody") == ()


@given(
    st.integers(1, 12),
    st.none() | st.sampled_from(["ada", "bob"]),
    st.none() | st.sampled_from([*Status]),
    st.none() | st.sampled_from(["large", "small"]),
)
@examples(40)
def test_pages_give_everything_once(limit, rep_id, status, rule):
    """Pages of any size, behind the last placement of the one before, give what one page gives."""
    here = OFFICE
    asked = {"rep_id": rep_id, "status": status, "rule": rule}
    whole = here.placements(**asked, limit=1_000)
    found, after = [], None
    while page := here.placements(**asked, after=after, limit=limit):
        assert len(page) <= limit
        found += page
        after = page[-1]
    assert tuple(found) == whole
    expected = [here.placement(f"L-{n}") for n in range(9)]
    expected = [p for p in expected if rule is None or p.rule == rule]
    expected = [p for p in expected if status is None or p.status is status]
    assert {*whole} == {p for p in expected if rep_id is None or p.rep_id == rep_id}


OFFICE = office()


def test_leads_of_a_rule_are_told_apart():
    """A page of one rule leaves out the leads of the others, and goes on until it is full."""
    assert [each.rule for each in OFFICE.placements(rule="large", limit=2)] == ["large"] * 2
    assert {each.rule for each in OFFICE.placements(rule="small")} == {"small"}


def test_worklist_says_what_to_do_next():
    """By priority, then by what is due first, then by age, each with its next step and its end."""
    here = desk(Rep("ada"), router=RULES)
    for lead_id, fields in (
        ("offered", {}),
        ("large", {"employees": 9}),
        ("owned", {}),
        ("met", {}),
        ("urgent", {"priority": 5, "employees": 9}),
    ):
        here.submit(Lead(lead_id, **fields))
    for lead_id in ("owned", "met"):
        here.accept(lead_id, "ada")
    here.record_contact("met")
    items = here.worklist("ada")
    assert [(item.placement.lead_id, item.action) for item in items] == [
        ("urgent", "answer"),
        ("offered", "answer"),
        ("large", "answer"),
        ("met", "report"),
        ("owned", "contact"),
    ]
    assert items[1].due == START + timedelta(minutes=5)
    assert str(items[1]).startswith("answer until 2026-01-01 09:05:00 UTC: lead offered is offered")
    assert str(items[4]) == "contact: lead owned is accepted by ada"
    assert here.worklist("bob") == ()


def test_offers_of_an_older_release_are_on_the_list():
    """They have no record of their own, and are found all the same."""
    here = desk(Rep("ada"))
    here.submit(Lead("L-1"))
    old_offers(here, "L-1")
    assert [item.action for item in here.worklist("ada")] == ["answer"]
    assert [each.lead_id for each in here.placements(rep_id="ada")] == ["L-1"]


def test_what_cannot_be_read_is_left_out():
    """A broken document, or an offer whose lead is gone, hides no other lead."""
    here = desk(Rep("ada"))
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    broken = Put("placement/broken", "{", 0, "accepted", "ada")
    orphan = Put("offer/gone/ada", "{}", 0, "offer", "ada")
    here.store.commit(Change("broken", [broken, orphan]))
    assert [each.lead_id for each in here.placements(rep_id="ada")] == ["L-1"]
    assert len(here.worklist("ada")) == 1


def test_sweep_says_which_lead_went_to_whom():
    """Each lead that moved, as it stood then."""
    here = desk(*[Rep(rep, capacity=1) for rep in ("ada", "bob")])
    for n in range(3):
        here.submit(Lead(f"L-{n}", received_at=START))
    here.clock.advance("5m")
    swept = here.sweep()
    moved = {each.lead_id: each for each in swept.placements}
    assert moved == {lead_id: here.placement(lead_id) for lead_id in moved}
    assert {"L-0", "L-1"} <= {*moved}
    assert "placements" not in repr(swept)


def test_bad_input():
    """A page below one, an unknown status and an id that is no text are refused."""
    here = evolve(OFFICE)
    for limit in (0, -1, True, "5"):
        with pytest.raises(ConfigError, match="write how many at most, from 1 up"):
            here.placements(limit=limit)
    with pytest.raises(ValueError, match="'lost' is not a valid Status"):
        here.placements(status="lost")
    for call in (here.worklist, lambda given: here.placements(rep_id=given)):
        with pytest.raises(FieldTypeError, match="rep_id"):
            call(5)
