"""Rankings, batches and placements as plain data and as flat rows."""

import json
from datetime import UTC, datetime

import pytest

from leadroute import LEAD, Dispatcher, Lead, LeadScoring, MemoryStore, Rep, Roster, Router, Rule
from leadroute.batch import assign_batch
from leadroute.conditions import REP
from leadroute.lead_scoring import FitCriterion
from leadroute.model.validation import one_line

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEAM = Roster([Rep("ada", level=3), Rep("bob", level=1, capacity=1)])
ROUTER = Router(rules=[Rule("senior", require=REP.level >= 2)])


def test_a_ranking_as_plain_data():
    """A ranking is a dict that JSON holds, with every part of every score and every reason."""
    plain = ROUTER.rank(Lead("L-1"), TEAM, now=NOW).to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["lead_id"], plain["outcome"], plain["rule"]) == ("L-1", "assignable", "senior")
    assert plain["assignments"][0]["terms"][0]["reason"] == "0 turns taken"
    assert plain["rejections"][0]["obstacles"][0]["code"] == "requirement_not_met"


def test_a_ranking_as_rows():
    """There is a row for each rep; those who cannot take the lead have no rank and no score."""
    rows = ROUTER.rank(Lead("L-1"), TEAM, now=NOW).rows()
    assert [(row["rep_id"], row["rank"], row["score"]) for row in rows] == [
        ("ada", 1, 1.0),
        ("bob", None, None),
    ]
    assert len({tuple(row) for row in rows}) == 1


def test_a_batch_as_plain_data_and_rows():
    """A row for each lead, with whom it goes to and why; those that stay have the reason."""
    router = Router(rules=[Rule("all", require=REP.level < 2)])
    batch = assign_batch(router, [Lead("L-1"), Lead("L-2")], TEAM, now=NOW)
    plain = batch.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    placed, left = plain["leads"]
    assert {placed["lead_id"], left["lead_id"]} == {"L-1", "L-2"}
    assert (placed["rep_id"], placed["rule"]) == ("bob", "all")
    assert (left["rep_id"], left["worth"]) == (None, None)
    assert set(placed) == set(left)
    assert "stays" in str(batch)


def test_a_placement_as_plain_data():
    """A placement is a dict that JSON holds, with instants as text and without what the store counts."""
    placement = Dispatcher(ROUTER, TEAM, MemoryStore()).submit(Lead("L-1", received_at=NOW))
    plain = placement.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["status"], plain["rep_id"], plain["received_at"]) == (
        "offered",
        "ada",
        "2026-03-02T09:00:00+00:00",
    )
    assert "reservations" not in plain


@pytest.mark.parametrize("mark", ["\n", "\x1b", "\u2028", "\x9b"])
def test_names_stay_on_one_line(mark):
    """What a name holds breaks no line of a text."""
    assert one_line(f"a{mark}b") == "a?b"
    assert one_line("Zoë Łuk") == "Zoë Łuk"
    team = Roster([Rep(f"a{mark}da", name=f"Ada{mark}L")])
    ranking = Router(rules=[Rule("all")]).rank(Lead(f"L{mark}1"), team, now=NOW)
    assert str(ranking).splitlines()[0] == "Lead L?1 goes to Ada?L (rule 'all')"


def test_a_ranking_says_the_score_of_its_lead():
    """Where the policy scores leads, the plain data of a ranking has the score, its grade and what was known."""
    scoring = LeadScoring(fit=[FitCriterion("large", LEAD.employees >= 200, 30)])
    router = Router([Rule("all")], lead_scoring=scoring)
    plain = router.rank(Lead("L-1", employees=500), TEAM, now=NOW).to_dict()
    assert (plain["lead_score"], plain["completeness"]) == (1.0, 1.0)
