"""A messy CRM export, from four CSV files and a policy to placed leads."""

from collections import Counter
from pathlib import Path

import pytest

from leadroute import Dispatcher, MemoryStore, Status, load_policy
from leadroute.offers.state_machine import rebuild
from tests.real import maven
from tests.shared import shared_path

POLICY = Path(__file__).with_name("maven.toml")


@pytest.fixture(scope="module")
def export():
    """The export, read once."""
    return maven.read(shared_path("data/maven_crm"))


@pytest.fixture(scope="module")
def dispatched(export):
    """A dispatcher to which every lead of the export was submitted, each offer accepted at once."""
    dispatcher = Dispatcher(load_policy(POLICY), export.roster, MemoryStore())
    for lead in export.leads:
        placement = dispatcher.submit(lead)
        if placement.status is Status.OFFERED:
            dispatcher.accept(lead.id, placement.rep_id)
    return dispatcher


@pytest.fixture(scope="module")
def placements(export, dispatched):
    """Where each lead of the export is then, in the order of the export."""
    return [dispatched.placement(lead.id) for lead in export.leads]


def test_every_row_becomes_a_lead_or_a_rep(export):
    """None of the 8,800 rows and 35 agents is dropped, not even the five agents without deals."""
    assert len(export.leads) == len({lead.id for lead in export.leads}) == 8_800
    assert len(export.roster) == 35
    assert sum(not rep.skills for rep in export.roster) == 5


def test_every_repair_is_listed(export):
    """The traps of the data set are all met, counted and listed with file and line."""
    assert Counter(repair.what for repair in export.repairs) == {
        "GTXPro is spelled GTX Pro": 1_480,
        "has no account": 1_425,
        "has no date": 500,
        "technolgy is spelled technology": 12,
        "Philipines is spelled Philippines": 1,
    }
    assert export.repairs[0].line > 1
    assert {lead.product for lead in export.leads} >= {"GTX Pro"}
    assert "GTXPro" not in {lead.product for lead in export.leads}


def test_every_lead_is_in_exactly_one_place(export, placements):
    """Every lead is accepted, waiting or with the catch-all; the counts add up to the export."""
    statuses = Counter(placement.status for placement in placements)
    assert statuses.total() == 8_800
    assert set(statuses) <= {Status.ACCEPTED, Status.WAITING, Status.CATCH_ALL}
    assert all(placement.owner in export.roster for placement in placements if placement.owner)


def test_every_rule_is_used(export, dispatched, placements):
    """Each of the seven rules of the policy places leads, and each only with reps that it allows."""
    rules = Counter(placement.rule for placement in placements)
    assert set(rules) == {rule.name for rule in dispatched.router.rules}
    for placement in placements:
        rep = export.roster.get(placement.owner or "")
        if rep is not None and placement.rule == "enterprise":
            assert rep.level == 3
        if rep is not None and placement.rule == "abroad":
            assert rep.attributes["office"] == "East"


def test_no_rep_is_over_capacity(export, dispatched, placements):
    """No rep has more open than their capacity, and the counters equal what the placements hold."""
    held, counted = Counter(placement.owner for placement in placements), dispatched.snapshot().open
    for rep in export.roster:
        assert held[rep.id] <= maven.CAPACITY
        assert counted.get(rep.id, 0) == held[rep.id]


def test_the_log_rebuilds_every_placement(export, dispatched):
    """Each placement is nothing but its events put together."""
    for lead in export.leads[::97]:
        assert rebuild(lead.id, dispatched.history(lead.id)) == dispatched.placement(lead.id)
