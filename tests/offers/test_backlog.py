"""Leads that wait: in which order they are served, and how fast at an opening."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.offers.world import START, audit, desk, submitted

from leadroute import Lead, Rep, Router, Rule, Signal
from leadroute.offers import Status

OPENING = datetime(2026, 1, 5, 9, tzinfo=UTC)


def served(backlog, **leads):
    """The ids of some leads in the order in which they are served, first in first given."""
    router = Router(rules=[Rule("all", backlog=backlog)])
    here = desk(Rep("ada", capacity=1), router=router)
    here.submit(Lead("busy"))
    here.accept("busy", "ada")
    for lead_id, (minutes, signals) in leads.items():
        seen = [Signal("visit", START + timedelta(minutes=at)) for at in signals]
        here.submit(Lead(lead_id, received_at=START + timedelta(minutes=minutes), signals=seen))
    found = []
    current = "busy"
    for _ in leads:
        here.feedback(current, "won")
        (offered,) = [p for p in here.placements(rep_id="ada") if p.status is Status.OFFERED]
        current = offered.lead_id
        found.append(current)
        here.accept(current, "ada")
    audit(here.store, ["busy", *leads])
    return found


@pytest.mark.parametrize(
    ("backlog", "order"),
    [
        (None, ["a", "b", "c"]),
        ("oldest", ["a", "b", "c"]),
        ("newest", ["c", "b", "a"]),
        ("freshest", ["a", "c", "b"]),
    ],
)
def test_order_of_a_backlog(backlog, order):
    """The oldest come first, or the newest, or those with the latest signal."""
    assert served(backlog, a=(0, [1, 30]), b=(10, []), c=(20, [5])) == order


def test_update_makes_a_lead_fresh():
    """A signal that becomes known moves a waiting lead to the front of a line with the freshest first."""
    here = desk(
        Rep("ada", capacity=0), Rep("bob"), router=Router(rules=[Rule("all", backlog="freshest")])
    )
    full = here.with_roster([Rep("ada", capacity=1)])
    full.submit(Lead("busy"))
    submitted(full, "a", "b")
    assert full.position("a").place == 2
    fresh = Signal("visit", START + timedelta(hours=1))
    full.update(Lead("a", received_at=START, signals=[fresh]))
    assert [full.position(lead_id).place for lead_id in ("a", "b")] == [1, 2]
    assert full.position("busy") is None
    audit(full.store, ["busy", "a", "b"])
