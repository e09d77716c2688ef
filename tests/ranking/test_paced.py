"""Reps who get no further lead that waits for now."""

from datetime import UTC, datetime, timedelta

from leadroute import Lead, Rep, Router, Rule, Snapshot
from leadroute.model.duration import to_micros

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ROUTER = Router(rules=[Rule("all")])


def test_reasons_of_reps_who_are_paced():
    """A rep within the gap hears when the next lead comes, and one with open offers that they must answer."""
    until = NOW + timedelta(seconds=20)
    counts = Snapshot(paced={"ada": to_micros(until), "bob": 0})
    reps = [Rep("ada"), Rep("bob"), Rep("cat")]
    ranking = ROUTER.rank(Lead("L-1"), reps, now=NOW, snapshot=counts)
    assert [each.rep_id for each in ranking.assignments] == ["cat"]
    found = {each.rep_id: (each.code, each.reason) for each in ranking.rejections}
    assert found == {
        "ada": ("backlog_gap", "gets the next lead that waits at 09:00:20 UTC"),
        "bob": ("backlog_burst", "has to answer the last offers of leads that waited"),
    }


def test_decision_is_due_when_the_first_gap_ends():
    """Where all reps are paced, the lead waits until the first of them is not."""
    ends = {"ada": NOW + timedelta(seconds=20), "bob": NOW + timedelta(seconds=7)}
    counts = Snapshot(paced={rep_id: to_micros(at) for rep_id, at in ends.items()})
    ranking = ROUTER.rank(Lead("L-1"), [Rep("ada"), Rep("bob")], now=NOW, snapshot=counts)
    assert (ranking.outcome, ranking.resumes_at) == ("none_available", ends["bob"])


def test_gap_that_is_over_stops_nobody():
    """At the instant at which the gap ends the rep can take a lead."""
    ends = {"ada": NOW + timedelta(seconds=20)}
    counts = Snapshot(paced={rep_id: to_micros(at) for rep_id, at in ends.items()})
    ranking = ROUTER.rank(Lead("L-1"), [Rep("ada")], now=ends["ada"], snapshot=counts)
    assert ranking.best.rep_id == "ada"
