"""A backlog given out at once: within every limit, only to who may, the best there is, and explained by prices."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples

from leadroute import (
    LEAD,
    REP,
    Lead,
    Outcome,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    free_capacity,
    round_robin,
    skill_match,
)
from leadroute.batch import assign_batch
from leadroute.errors import ConfigError, ValidationError
from leadroute.ranking.batch.assign import Option
from leadroute.ranking.eligibility import used_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MATCH = Router(rules=[Rule("all", score=skill_match("industry"))])
ADA = Rep("ada", skills={"oil": 0.9, "gas": 0.8}, capacity=1)
BOB = Rep("bob", skills={"oil": 0.7}, capacity=1)
OIL, GAS = Lead("L-1", industry="oil"), Lead("L-2", industry="gas")


def test_the_leads_together_are_worth_the_most():
    """The lead that another rep serves nearly as well makes room for the one that nobody else can serve."""
    batch = assign_batch(MATCH, [OIL, GAS], Roster([ADA, BOB]))
    assert batch.owners == {"L-1": "bob", "L-2": "ada"}
    assert batch.points == pytest.approx(1.5)
    assert (batch.greedy_placed, batch.greedy_points) == (2, pytest.approx(0.9))
    assert batch.gap_to_greedy == pytest.approx(0.4)
    assert batch.exact


def test_prices_explain_who_gets_what():
    """Each lead is where it is worth most after the price, and says what the next best would have been."""
    batch = assign_batch(MATCH, [OIL, GAS], Roster([ADA, BOB]))
    oil, gas = batch.placed
    assert (oil.chosen, oil.runner_up) == (Option("bob", 0.7, 0.0), Option("ada", 0.9, 0.2))
    assert (gas.rule, gas.pool, gas.priority) == ("all", "everyone", 0)
    assert gas.assignment.reason == "skill_match('industry') 0.80: gas at level 0.8"
    assert gas.assignment.rep_id == gas.rep_id == "ada"
    assert str(batch).splitlines() == [
        "2 of 2 leads placed, worth 1.50 together",
        "one after the other: 2 leads, worth 0.90",
        "  L-1 to bob: worth 0.70, the place costs 0.00; next best ada: worth 0.90, the place costs 0.20",
        "  L-2 to ada: worth 0.80, the place costs 0.20; next best bob: worth 0.00, the place costs 0.00",
    ]


def test_it_says_who_is_left_and_why():
    """Not qualified, no rule, nobody who may, or every place better used: each lead that stays says which."""
    router = Router(
        qualify=LEAD.budget > 0,
        rules=[
            Rule("us", when=LEAD.country == "US", score=skill_match("industry")),
            Rule("senior", when=LEAD.country == "DE", require=REP.level >= 9),
        ],
    )
    given_leads = [
        Lead("free", country="US", industry="oil"),
        Lead("de", budget=1, country="DE"),
        Lead("fr", budget=1, country="FR"),
        Lead("good", budget=1, country="US", industry="oil"),
        Lead("worse", budget=1, country="US", industry="gas"),
    ]
    batch = assign_batch(router, given_leads, Roster([ADA]))
    assert batch.owners == {"good": "ada"}
    assert [str(each) for each in batch.left] == [
        "de stays: nobody is eligible",
        "fr stays: no rule matched",
        "free stays: disqualified: not true that budget is more than 0",
        "worse stays: every place that it could have goes to another lead: ada",
    ]
    assert batch.left[-1].outcome is Outcome.ASSIGNABLE
    assert batch.left[-1].full == ("ada",)
    assert batch.placed[0].runner_up is None
    assert str(batch.placed[0]) == "good to ada: worth 0.90, the place costs 0.80"


def test_nothing_to_give_out():
    """Without leads the answer is empty, and so is its gap."""
    batch = assign_batch(MATCH, [], Roster([ADA]))
    assert (batch.placed, batch.left, batch.points, batch.gap_to_greedy) == ((), (), 0.0, 0.0)


def test_the_objective_is_the_hosts():
    """What a lead is worth can be anything from the lead and its assignment, such as money."""
    leads = [Lead("small", industry="oil", budget=10), Lead("large", industry="gas", budget=90)]
    batch = assign_batch(
        MATCH,
        leads,
        Roster([ADA]),
        objective=lambda lead, assignment: assignment.score * lead.budget,
    )
    assert batch.owners == {"large": "ada"}
    assert batch.points == pytest.approx(72)
    assert batch.placed[0].chosen.price == pytest.approx(9)


@pytest.mark.parametrize("worth", [-1, float("nan"), float("inf"), True, "much"])
def test_an_objective_must_give_numbers(worth):
    """Anything but a finite number from 0 on is refused, with the lead and the rep."""
    with pytest.raises(ConfigError, match=r"lead 'L-1' with rep 'ada'; give a number, 0 or more"):
        assign_batch(MATCH, [OIL], Roster([ADA]), objective=lambda lead, assignment: worth)


def test_most_spreads_the_leads():
    """A rotation cannot see the other leads of the batch; a bound on leads per rep spreads them."""
    router = Router(rules=[Rule("all", score=round_robin())])
    leads = [Lead(f"L-{n}") for n in range(4)]
    team = Roster([Rep("a"), Rep("b")])
    spread = assign_batch(router, leads, team, most=2)
    assert sorted(spread.owners.values()) == ["a", "a", "b", "b"]
    assert assign_batch(router, leads, team, most=0).placed == ()
    for wrong in (-1, True, 1.5):
        with pytest.raises(ConfigError, match=r"most is .*; write a whole number, 0 or more"):
            assign_batch(router, leads, team, most=wrong)


def test_a_lead_is_given_once():
    """The same lead twice is refused, with its id."""
    with pytest.raises(ValidationError, match=r"hold 'L-1' twice; give every lead once"):
        assign_batch(MATCH, [OIL, OIL], Roster([ADA]))


def test_a_cap_over_all_reps_holds():
    """The leads of all reps together stay within the router's caps."""
    router = Router(rules=[Rule("all", score=free_capacity())], caps=["3 per day"])
    leads = [Lead(f"L-{n}") for n in range(5)]
    batch = assign_batch(router, leads, Roster([Rep("a"), Rep("b")]), now=NOON)
    assert len(batch.placed) == 3
    assert not batch.exact
    assert len(assign_batch(router, leads[:3], Roster([Rep("a")]), now=NOON).placed) == 3


def test_leads_of_different_size_fill_the_places():
    """Where leads take different room the places are filled in rounds, never worse than one after the other."""
    router = Router(
        rules=[
            Rule("large", when=LEAD.employees > 100, capacity_cost=2, score=free_capacity()),
            Rule("small", score=free_capacity()),
        ]
    )
    leads = [Lead(f"large-{n}", employees=500) for n in range(2)] + [
        Lead(f"small-{n}") for n in range(3)
    ]
    batch = assign_batch(router, leads, Roster([Rep("a", capacity=5), Rep("b", capacity=2)]))
    assert len(batch.placed) == 5
    assert not batch.exact


def test_greedy_is_taken_where_it_is_better():
    """Rounds look at what a place is worth; where one lead after the other places more, that is the answer."""
    router = Router(
        rules=[
            Rule("huge", when=LEAD.employees > 100, capacity_cost=3, score=free_capacity()),
            Rule("small", score=skill_match("industry")),
        ]
    )
    small = [Lead(f"a-{n}", industry="oil") for n in range(3)]
    team = Roster([Rep("a", capacity=3, skills={"oil": 0.5})])
    batch = assign_batch(router, [Lead("b-huge", employees=500), *small], team)
    assert batch.owners == {"a-0": "a", "a-1": "a", "a-2": "a"}
    assert (batch.greedy_placed, batch.gap_to_greedy) == (3, 0.0)
    assert batch.placed[0].chosen == Option("a", 0.5, None)
    assert str(batch.placed[0]) == "a-0 to a: worth 0.50"


def test_gap_and_engine_are_passed_on():
    """A near-optimal answer says that it is not exact; engines refuse priorities, as ``solve`` does."""
    near = assign_batch(MATCH, [OIL, GAS], Roster([ADA, BOB]), gap=0.1)
    assert not near.exact
    assert near.points >= 0.9 * 1.5
    urgent = [Lead("L-1", industry="oil", priority=1), GAS]
    with pytest.raises(ConfigError, match="leave out gap and engine"):
        assign_batch(MATCH, urgent, Roster([ADA, BOB]), gap=0.1)


SKILLS = st.dictionaries(st.sampled_from(["oil", "gas"]), st.sampled_from([0.2, 0.5, 0.9]))


@st.composite
def backlogs(draw, sizes=False):
    """Leads of some priorities, a team with limits of every kind, and counts."""
    number = draw(st.integers(0, 5))
    leads = [
        Lead(
            f"L-{n}",
            industry=draw(st.sampled_from(["oil", "gas", None])),
            source=draw(st.sampled_from(["web", "ads"])),
            priority=draw(st.sampled_from([None, 0, 1])),
            employees=draw(st.sampled_from([None, 5, 500])),
            received_at=NOON - timedelta(minutes=draw(st.integers(0, 3))),
        )
        for n in range(number)
    ]
    caps = st.sampled_from([(), ("2 per day",), ("1 per day, source ads",), ("3 per week, soft",)])
    reps = [
        Rep(
            rep_id,
            skills=draw(SKILLS),
            capacity=draw(st.sampled_from([None, 0, 1, 2, 3])),
            caps=draw(caps) if sizes else (),
            capacity_by_segment=draw(st.sampled_from([{}, {"large": 2}])) if sizes else {},
            active=draw(st.sampled_from([True, True, False])),
        )
        for rep_id in draw(st.sampled_from(["a", "ab", "abc"]))
    ]
    large = Rule(
        "large",
        when=LEAD.employees > 100,
        capacity_cost=2 if sizes else 1,
        score=skill_match("industry"),
        pool="some",
    )
    router = Router(
        qualify=LEAD.industry.is_present(),
        rules=[large, Rule("rest", score=2 * skill_match("industry") + free_capacity())],
        pools=[Pool("some", reps={"a", "b"})],
        caps=draw(st.sampled_from([(), ("3 per day",)])) if sizes else (),
    )
    snapshot = Snapshot(open={"a": draw(st.integers(0, 2))})
    return router, leads, Roster(reps), snapshot


def assert_allowed(router, leads, roster, snapshot, batch):
    """Only who may take a lead gets it, and no limit is passed, counted anew from the counts."""
    added = {}
    by_id = {lead.id: lead for lead in leads}
    assert sorted([*batch.owners, *(each.lead_id for each in batch.left)]) == sorted(by_id)
    for placed in batch.placed:
        lead, rep = by_id[placed.lead_id], roster[placed.rep_id]
        ranking = router.rank(lead, roster, now=NOON, snapshot=snapshot)
        assert rep.id in {each.rep_id for each in ranking.assignments}
        rule = router.rule(placed.rule)
        for key, units, most, used in {
            (charge.key, charge.units, charge.most, used_of(charge, rep, snapshot))
            for charge in router.charges(lead, rule, placed.pool, NOON).for_rep(rep)
            if charge.hard and charge.most is not None
        }:
            added[key] = added.get(key, 0) + units
            assert used + added[key] <= most, f"{key} is passed"


def merit(leads, worth_of):
    """How many leads are placed and their points, the highest priority first."""
    return [
        (
            len(
                found := [
                    worth_of[lead.id]
                    for lead in leads
                    if (lead.priority or 0) == priority and lead.id in worth_of
                ]
            ),
            round(sum(found), 4),
        )
        for priority in sorted({lead.priority or 0 for lead in leads}, reverse=True)
    ]


@examples(150)
@given(backlogs(sizes=True), st.randoms(use_true_random=False))
def test_limits_hold_whatever_they_are(backlog, chance):
    """Capacity in units, buckets, caps of a rep and over all reps: none is passed, in whatever order leads come."""
    router, leads, roster, snapshot = backlog
    batch = assign_batch(router, leads, roster, now=NOON, snapshot=snapshot)
    assert_allowed(router, leads, roster, snapshot, batch)
    shuffled = list(leads)
    chance.shuffle(shuffled)
    assert assign_batch(router, shuffled, roster, now=NOON, snapshot=snapshot) == batch


@examples(100)
@given(backlogs())
def test_brute_force_finds_nothing_better(backlog):
    """Class by class, the highest priority first: as many leads as possible, then as many points as possible."""
    router, leads, roster, snapshot = backlog
    batch = assign_batch(router, leads, roster, now=NOON, snapshot=snapshot)
    assert batch.exact
    assert_allowed(router, leads, roster, snapshot, batch)
    scores = [
        {
            each.rep_id: each.score
            for each in router.rank(lead, roster, now=NOON, snapshot=snapshot).assignments
        }
        for lead in leads
    ]
    best = []
    for chosen in product(*([None, *options] for options in scores)):
        if any(
            rep.capacity is not None
            and chosen.count(rep.id)
            and snapshot.open.get(rep.id, 0) + chosen.count(rep.id) > rep.capacity
            for rep in roster
        ):
            continue
        worth = {
            lead.id: options[rep_id]
            for lead, options, rep_id in zip(leads, scores, chosen, strict=True)
            if rep_id is not None
        }
        best = max(best, merit(leads, worth))
    found = {each.lead_id: each.chosen.worth for each in batch.placed}
    assert merit(leads, found) == [
        (count, pytest.approx(points, abs=1e-3)) for count, points in best
    ]
    for each in batch.placed:
        if each.runner_up is not None:
            chosen, other = each.chosen, each.runner_up
            assert chosen.worth - chosen.price >= other.worth - other.price - 1e-5


@examples(100)
@given(backlogs(sizes=True))
def test_it_is_never_worse_than_one_after_the_other(backlog):
    """In every class, from the highest on, at least as many leads and points as greedy has."""
    router, leads, roster, snapshot = backlog
    batch = assign_batch(router, leads, roster, now=NOON, snapshot=snapshot)
    taken, worth = {}, {}
    ordered = sorted(leads, key=lambda each: (-(each.priority or 0), each.received_at, each.id))
    for lead in ordered:
        ranking = router.rank(lead, roster, now=NOON, snapshot=snapshot)
        for each in ranking.assignments:
            rule, rep = router.rule(ranking.rule), roster[each.rep_id]
            charged = {
                charge.key: charge
                for charge in router.charges(lead, rule, ranking.pool, NOON).for_rep(rep)
                if charge.hard and charge.most is not None
            }
            if any(
                charge.refuses(used_of(charge, rep, snapshot) + taken.get(key, 0))
                for key, charge in charged.items()
            ):
                continue
            for key, charge in charged.items():
                taken[key] = taken.get(key, 0) + charge.units
            worth[lead.id] = each.score
            break
    found = {each.lead_id: each.chosen.worth for each in batch.placed}
    assert len(worth) == batch.greedy_placed
    assert sum(worth.values()) == pytest.approx(batch.greedy_points)
    assert merit(leads, found) >= merit(leads, worth)


def test_the_priority_of_a_rule_counts_where_the_lead_has_none():
    """Of two leads and one place the one whose rule has the higher priority gets it."""
    rules = [Rule("oil", when=LEAD.industry == "oil", priority=1), Rule("rest")]
    leads = [Lead("L-1", industry="gas"), Lead("L-2", industry="oil"), Lead("L-3", priority=2)]
    found = assign_batch(Router(rules=rules), leads, [Rep("ada", capacity=1)])
    assert dict(found.owners) == {"L-3": "ada"}
    assert [(each.lead_id, each.priority) for each in found.left] == [("L-2", 1), ("L-1", 0)]
