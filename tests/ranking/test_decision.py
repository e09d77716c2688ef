"""The record of a decision: complete, stable bytes, made again, and what changed when it comes out otherwise."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples

from leadroute import (
    LEAD,
    Fallback,
    Lead,
    Outcome,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    Snapshot,
    free_capacity,
    scorer,
    skill_match,
)
from leadroute.errors import ValidationError
from leadroute.model.schedule import TimeOff
from leadroute.model.snapshot import ALL, Record, TrackRecords
from leadroute.plain import dumps, loads
from leadroute.ranking.decision_record import DecisionRecord, decide, rerun
from leadroute.scorers import explore, fair_share
from leadroute.testing.strategies import instants, leads, rosters, routers

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TEAM = Roster(
    [
        Rep("ada", name="Ada", skills={"oil": 0.5}, capacity=4),
        Rep("bob", capacity=2),
        Rep("cem", capacity=0, schedule="mon-fri 13:00-17:00"),
    ]
)
ROUTER = Router(
    rules=[
        Rule(
            "all",
            score=3 * skill_match("industry", unknown=None) + free_capacity(),
            accept_within="7m",
        )
    ]
)
LEAD_1 = Lead("L-1", industry="oil", email="ada@example.com")
COUNTS = Snapshot(open={"ada": 1}, last_assigned={"ada": 5})


def decided(lead=LEAD_1, team=TEAM, router=ROUTER, **given):
    """A decision at noon."""
    return decide(router, lead, team, **{"now": NOON, "snapshot": COUNTS, **given})


def test_every_rep_is_in_it():
    """Who came first, who was beaten and who was left out, each with points, reasons and obstacles."""
    decision = decided()
    assert decision.rep_id == "bob"
    assert [each.rep_id for each in decision.candidates] == ["bob", "ada"]
    bob, ada = decision.candidates
    assert (bob.score, bob.propensity, bob.last_assigned) == (1.0, 1.0, None)
    assert (ada.label, ada.propensity, ada.last_assigned) == ("Ada", 0.0, 5)
    assert [str(points) for points in ada.terms] == [
        "skill_match('industry', unknown=None) 0.50 x3: oil at level 0.5",
        "free_capacity() 0.75: 1 open of 4",
    ]
    assert (
        str(bob.terms[0]) == "skill_match('industry', unknown=None) no answer: no skills are known"
    )
    (cem,) = decision.rejections
    assert [obstacle.code for obstacle in cem.obstacles] == ["off_hours", "at_capacity"]
    assert (decision.at, decision.rule, decision.pool) == (NOON, "all", "everyone")
    assert (decision.policy_version, decision.accept_within) == (
        ROUTER.version,
        timedelta(minutes=7),
    )
    assert str(decision).splitlines() == [
        "Lead L-1 went to bob (rule 'all'), 2026-01-05 12:00:00 UTC",
        "  1. bob  1.00",
        "       skill_match('industry', unknown=None) no answer: no skills are known",
        "       free_capacity() 1.00: 0 open of 2",
        "  2. Ada  0.56",
        "       skill_match('industry', unknown=None) 0.50 x3: oil at level 0.5",
        "       free_capacity() 0.75: 1 open of 4",
        "  Not eligible:",
        "     cem  is not working until Mon 2026-01-05 13:00 UTC; has a capacity of 0",
        f"  Policy version {ROUTER.version}",
    ]


def test_it_says_what_broke_a_tie():
    """Equal scores are put in order by who was assigned least recently, then by id; the record says which it was."""
    router = Router(rules=[Rule("all", score=free_capacity())])
    team = Roster([Rep("a"), Rep("b")])
    assert decided(team=team, router=router, snapshot=Snapshot()).tie_break == "id"
    tied = decided(team=team, router=router, snapshot=Snapshot(last_assigned={"a": 9, "b": 3}))
    assert (tied.rep_id, tied.tie_break) == ("b", "last assigned")
    assert "  Equal scores, put in order by: last assigned" in str(tied)
    assert decided().tie_break == ""
    assert decided(team=Roster([Rep("a")]), router=router).tie_break == ""


def test_nobody():
    """A decision for nobody says why, and is the same record again."""
    router = Router(rules=[Rule("all")], qualify=LEAD.budget > 0)
    decision = decide(router, LEAD_1, TEAM)
    assert decision.outcome is Outcome.DISQUALIFIED
    assert decision.rep_id is None
    assert str(decision).splitlines()[:2] == [
        "Lead L-1 went to nobody, at a time nobody said",
        "  Because disqualified: not true that budget is more than 0",
    ]
    assert str(rerun(decision, router, LEAD_1, TEAM)) == (
        "lead L-1: the same decision again, for nobody"
    )
    empty = decide(Router(rules=[]), LEAD_1, TEAM)
    assert "  Because no rule matched" in str(empty).splitlines()


def test_the_other_pools_are_kept():
    """A lead that went on to another pool, to somebody anyway, or to nobody: every pool that was asked is told."""
    pools = [Pool("day", reps={"ada"}), Pool("night", reps={"bob"})]
    rule = Rule(
        "all", pool="day", fallback=Fallback(none_available=["pool night", "ignore_availability"])
    )
    router = Router(rules=[rule], pools=pools)
    asleep = Rep("ada", schedule="mon-fri 20:00-22:00")
    moved = decide(router, LEAD_1, Roster([asleep, Rep("bob")]), now=NOON)
    assert (moved.rep_id, moved.pool) == ("bob", "night")
    assert [(each.pool, each.outcome) for each in moved.other_pools] == [
        ("day", Outcome.NONE_AVAILABLE)
    ]
    assert "  Pool 'day': nobody is available now" in str(moved).splitlines()
    assert "     ada  is not working until Mon 2026-01-05 20:00 UTC" in str(moved).splitlines()
    ignore_availability = decide(
        router, LEAD_1, Roster([asleep, Rep("bob", active=False)]), now=NOON
    )
    assert (ignore_availability.rep_id, ignore_availability.ignore_availability) == ("ada", True)
    assert "  Though nobody was available" in str(ignore_availability).splitlines()
    nobody = decide(router, LEAD_1, Roster([]), now=NOON)
    assert nobody.fallback_step == "catch_all"
    assert "  Then: catch_all" in str(nobody).splitlines()
    for decision in (moved, ignore_availability, nobody):
        assert loads(DecisionRecord, dumps(decision)) == decision


def test_notes_are_kept():
    """What is not known of the lead's clock is part of the record."""
    router = Router(rules=[Rule("all", calling_hours="mon-fri 09:00-17:00")])
    decision = decide(router, LEAD_1, TEAM, now=NOON)
    assert len(decision.notes) == 1
    assert f"  Note: {decision.notes[0]}" in str(decision).splitlines()
    assert loads(DecisionRecord, dumps(decision)) == decision


def test_chance_and_fairness_are_kept():
    """The propensity of every rep and the points given up for fairness are part of the record."""
    lucky = Router(rules=[Rule("all", score=explore(5))])
    track_records = TrackRecords.of((rep, ALL, 2900, Record(won=3, closed=9)) for rep in ("a", "b"))
    team = Roster([Rep("a"), Rep("b")])
    drawn = decided(team=team, router=lucky, snapshot=Snapshot(track_records=track_records))
    assert sum(each.propensity for each in drawn.candidates) == pytest.approx(1)
    assert all(0.3 < each.propensity < 0.7 for each in drawn.candidates)
    bounded = Router(rules=[Rule("all", score=fair_share(free_capacity(), 1))])
    ahead = Snapshot(turns={"everyone": {"a": 9}}, open={"b": 1})
    busy = Roster([Rep("a", capacity=2), Rep("b", capacity=2)])
    held = decided(team=busy, router=bounded, snapshot=ahead)
    assert (held.rep_id, held.fairness_cost) == ("b", 0.5)


def test_it_is_stored_as_json():
    """The text is JSON with sorted keys, reads back to an equal record, and gives the same bytes again."""
    decision = decided()
    text = dumps(decision)
    assert loads(DecisionRecord, text) == decision
    assert dumps(loads(DecisionRecord, text)) == text
    stored = json.loads(text)
    assert list(stored) == sorted(stored)
    assert stored["accept_within"] == "7m"
    assert "example.com" not in text, "the lead's personal data is not in it"
    with pytest.raises(ValidationError, match=r"(?s)outcome.*accept_within"):
        loads(DecisionRecord, text.replace('"7m"', '"soon"').replace('"assignable"', '"lucky"'))


def test_the_same_again_after_storage():
    """A stored decision that is made again from the same inputs gives the same bytes."""
    stored = loads(DecisionRecord, dumps(decided()))
    again = rerun(stored, ROUTER, LEAD_1, TEAM, snapshot=COUNTS)
    assert again.same
    assert again.changed == ()
    assert dumps(again.after) == dumps(stored)
    assert str(again) == "lead L-1: the same decision again, for bob"


@pytest.mark.parametrize(
    ("given", "changed", "said"),
    [
        (
            {"router": evolve(ROUTER, accept_within="9m")},
            ("policy",),
            "lead L-1: still bob; changed since: the policy, from version {} to {}",
        ),
        (
            {"lead": Lead("L-1", industry="gas", email="ada@example.com")},
            ("lead",),
            "lead L-1: still bob; changed since: the lead",
        ),
        (
            {"roster": TEAM.replace(Rep("bob", capacity=0))},
            ("roster",),
            "lead L-1: Ada instead of bob; changed since: the roster",
        ),
        (
            {"snapshot": Snapshot(), "previous_offers": {"bob": "declined"}},
            ("snapshot", "previous_offers"),
            "lead L-1: Ada instead of bob; changed since: the snapshot, the earlier offers",
        ),
        (
            {"roster": Roster([])},
            ("roster",),
            "lead L-1: nobody instead of bob; changed since: the roster",
        ),
    ],
)
def test_it_says_what_changed(given, changed, said):
    """When the policy or an input is another one, the second decision says which, and whom it gives the lead to."""
    given = {"router": ROUTER, "lead": LEAD_1, "roster": TEAM, "snapshot": COUNTS, **given}
    again = rerun(decided(), **given)
    assert not again.same
    assert again.changed == changed
    assert str(again) == said.format(ROUTER.version, given["router"].version)


def test_it_says_when_nothing_known_changed():
    """The same inputs under the same policy with another result point at what the host brings."""
    moods = [0.0, 1.0]

    @scorer
    def moody(context, rep):
        """A scorer that does not keep to the rules."""
        return moods[0] if rep.id == "bob" else 0.5

    router = Router(rules=[Rule("all", score=moody())])
    before = decided(router=router)
    moods.reverse()
    again = rerun(before, router, LEAD_1, TEAM, snapshot=COUNTS)
    assert again.changed == ()
    assert str(again) == (
        "lead L-1: the same inputs give another decision, bob instead of Ada; "
        "something else changed: leadroute, or a scorer, predicate or list of yours"
    )


def test_equal_inputs_have_equal_digests():
    """How a number or an instant is written changes no digest."""
    east = timezone(timedelta(hours=3))
    one = Lead("L-1", budget=5, attributes={"seen": NOON, "x": 2})
    other = Lead("L-1", budget=5.0, attributes={"seen": NOON.astimezone(east), "x": 2.0})
    assert one == other
    assert decided(one).inputs == decided(other).inputs
    assert decided(one) == decided(other, now=NOON.astimezone(east))
    back = NOON + timedelta(days=1)
    off, same = (
        Roster([Rep("a", schedule=Schedule("mon-sun 09:00-17:00", "UTC", time_off=[away]))])
        for away in (TimeOff(NOON, back), TimeOff(NOON.astimezone(east), back.astimezone(east)))
    )
    assert off == same
    assert decided(team=off).inputs == decided(team=same).inputs


@examples(150)
@given(
    leads(),
    rosters(),
    routers(),
    instants,
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
    st.randoms(use_true_random=False),
)
def test_made_again_it_is_the_same_bytes(lead, roster, router, now, counts, chance):
    """For any lead, team and policy: stored and made again, with the reps in any order, it is the same text."""
    snapshot = Snapshot(open=counts, turns={"everyone": counts}, last_assigned=counts)
    decision = decide(router, lead, roster, now=now, snapshot=snapshot)
    text = dumps(decision)
    shuffled = list(roster)
    chance.shuffle(shuffled)
    again = rerun(loads(DecisionRecord, text), router, lead, Roster(shuffled), snapshot=snapshot)
    assert again.same
    assert dumps(again.after) == text
    ranking = router.rank(lead, roster, now=now, snapshot=snapshot)
    assert decision.rep_id == (ranking.best.rep_id if ranking.best else None)
    assert len(decision.candidates) == len(ranking.assignments)
    assert decision.rejections == ranking.rejections
