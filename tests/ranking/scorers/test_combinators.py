"""Scores made of scores."""

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking.scorers.world import inner, situations

from leadroute import (
    REP,
    Lead,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    free_capacity,
    round_robin,
    skill_match,
)
from leadroute.model.validation import FrozenDict
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import (
    at_least,
    clamp,
    fair_share,
    first_of,
    invert,
    max_of,
    owner,
    tiers,
    workload,
)

ADA = Rep("ada", level=4, skills={"health": 0.5}, capacity=10)
BOB = Rep("bob", level=1, capacity=10)
HEALTH = Lead("L-1", industry="health")


def points(score, rep, lead=HEALTH, **counts):
    """The points of a rep among the two."""
    return score.bind(RoutingContext(lead, (ADA, BOB), "p", Snapshot(**counts)))(rep)


def reason(score, rep, lead=HEALTH, **counts):
    """The reason for them."""
    return score.reason(RoutingContext(lead, (ADA, BOB), "p", Snapshot(**counts)), rep)


def test_the_best_of_several_counts():
    """max_of gives the best points and their reason; parts without an answer do not count."""
    score = max_of(skill_match("industry"), free_capacity())
    assert points(score, ADA, open={"ada": 8}) == 0.5
    assert points(score, BOB, open={"bob": 8}) == 0.2
    assert reason(score, ADA, open={"ada": 8}) == "health at level 0.5"
    silent = max_of(skill_match("industry", unknown=None))
    assert points(silent, BOB) is None
    assert reason(silent, BOB) == "no skills are known"


def test_the_first_answer_counts():
    """first_of gives the first answer, and all reasons when there is none."""
    score = first_of(owner(), skill_match("industry", unknown=None))
    assert points(score, ADA) == 0.5
    assert reason(score, ADA) == "health at level 0.5"
    owned = Lead("L-1", owner_id="bob")
    assert (points(score, ADA, owned), points(score, BOB, owned)) == (0, 1)
    assert points(score, BOB) is None
    assert reason(score, BOB) == "the owner of the lead is not in the pool; no skills are known"


def test_tiers_come_strictly_one_after_the_other():
    """The worst of a tier stands before the best of the next one; who is in none comes last."""
    senior = workload(1).when(REP.level >= 3)
    score = tiers(senior, free_capacity().when(REP.level >= 1))
    assert points(score, ADA, open={"ada": 10**9}) > points(score, BOB)
    assert reason(score, BOB) == "tier 2 of 2: 0 open of 10"
    assert points(tiers(senior), BOB) == 0.0
    assert reason(tiers(senior), BOB) == "in none of 1 tier"


@given(inner, inner, situations())
def test_tiers_order_by_tier_and_then_by_points(first, second, context):
    """With tiers, a rep stands before another exactly if their tier is earlier, or the points in it are more."""
    bound = [score.bind(context) for score in (first, second)]
    whole = tiers(first, second).bind(context)

    def place(rep):
        found = [score(rep) for score in bound]
        tier = next((number for number, each in enumerate(found) if each is not None), 2)
        return -tier, 0.0 if tier == 2 else found[tier]

    for one in context.reps:
        for other in context.reps:
            if place(one)[0] > place(other)[0]:
                assert whole(one) > whole(other)
            elif place(one) >= place(other):
                assert whole(one) >= whole(other)


def test_points_are_kept_between_bounds():
    """Clamp keeps points between two bounds, invert turns them around, at_least drops the low ones."""
    assert points(clamp(free_capacity(), 0.25, 0.75), ADA) == 0.75
    assert points(clamp(free_capacity(), 0.25), ADA, open={"ada": 10}) == 0.25
    assert points(clamp(skill_match("industry", unknown=None)), BOB) is None
    assert points(invert(free_capacity()), ADA, open={"ada": 3}) == pytest.approx(0.3)
    assert points(invert(skill_match("industry", unknown=None)), BOB) is None
    assert reason(invert(free_capacity()), ADA) == "the less the better: 0 open of 10"
    assert points(at_least(free_capacity(), 0.5), ADA, open={"ada": 5}) == 0.5
    assert points(at_least(free_capacity(), 0.5), ADA, open={"ada": 6}) is None
    assert points(at_least(skill_match("industry", unknown=None), 0), BOB) is None
    assert reason(clamp(free_capacity()), ADA) == "0 open of 10"


@given(inner, situations())
def test_inverting_twice_changes_nothing(score, context):
    """invert(invert(s)) gives the points of s, up to rounding."""
    once, twice = score.bind(context), invert(invert(score)).bind(context)
    for rep in context.reps:
        assert once(rep) is None if twice(rep) is None else abs(once(rep) - twice(rep)) < 1e-12


def routed(score, weights, leads):
    """Route leads one after the other, with their turns; the turns taken, and the points given up."""
    team = Roster(
        [
            Rep(name, weight=weight, skills={"health": 1 / number})
            for number, (name, weight) in enumerate(weights.items(), 1)
        ]
    )
    router = Router(rules=[Rule("all", score=score)])
    turns, costs, ahead = dict.fromkeys(weights, 0), [], 0.0
    for _ in range(leads):
        ranking = router.rank(
            HEALTH, team, snapshot=Snapshot(turns=FrozenDict({"everyone": dict(turns)}))
        )
        turns[ranking.best.rep_id] += 1
        costs.append(ranking.fairness_cost)
        total = sum(turns.values())
        shares = {name: total * weight / sum(weights.values()) for name, weight in weights.items()}
        ahead = max(ahead, *(turns[name] - shares[name] for name in weights))
    return turns, costs, ahead


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers(1, 6), min_size=1),
    st.integers(1, 4),
)
def test_nobody_gets_further_ahead_than_the_bound(weights, ahead):
    """With fair_share(score, k), nobody is ever more than k leads ahead of their share, however good their score."""
    _, _, furthest = routed(fair_share(skill_match("industry"), ahead), weights, 40)
    assert furthest <= ahead + 1e-6


def test_the_points_given_up_for_fairness_are_on_record():
    """Without the bound the best gets everything; with it, every decision says what it cost."""
    weights = {"a": 1, "b": 1}
    assert routed(skill_match("industry"), weights, 10)[:2] == ({"a": 10, "b": 0}, [0.0] * 10)
    turns, costs, _ = routed(fair_share(skill_match("industry"), 2), weights, 10)
    assert turns == {"a": 7, "b": 3}
    assert costs == [0, 0, 0, 0, 0.5, 0, 0.5, 0, 0.5, 0]


def test_a_bound_says_who_is_held_back():
    """The reason says how far the lead would put the rep ahead of, or behind, their share."""
    score, ahead = fair_share(free_capacity(), 1), {"turns": FrozenDict({"p": {"ada": 3}})}
    assert (
        reason(score, ADA, **ahead)
        == "0 open of 10; held back: 2.0 turns ahead of their share with this lead"
    )
    assert (
        reason(score, BOB, **ahead) == "0 open of 10; 1.0 turns behind their share with this lead"
    )
    assert points(score, ADA, **ahead) < points(score, BOB, open={"bob": 10}, **ahead)


def test_a_bound_stands_with_reps_of_weight_0_alone():
    """Reps without weight have no share, which is no error."""
    rep = Rep("ada", weight=0)
    context = RoutingContext(HEALTH, (rep,), "p")
    assert fair_share(free_capacity()).bind(context)(rep) == 1.0


def test_nobody_gives_up_nothing():
    """A decision without candidates gives up nothing, and nobody has a propensity."""
    ranking = Router(rules=[Rule("all", score=fair_share(free_capacity()))]).rank(
        HEALTH, Roster([Rep("ada", active=False)])
    )
    assert (ranking.fairness_cost, dict(ranking.propensities)) == (0.0, {})


def test_conditions_deep_inside_a_score_are_checked_when_the_router_is_built():
    """A condition under max_of is found like any other."""
    score = max_of(free_capacity().when(REP.level > 1), round_robin())
    assert [str(each) for each in score.walk()] == [
        "max_of(free_capacity().when(rep.level > 1), round_robin())",
        "free_capacity().when(rep.level > 1)",
        "free_capacity()",
        "round_robin()",
    ]
    assert attrs.evolve(Router(rules=[Rule("all", score=score)])).rules[0].score == score


def test_nothing_is_given_up_for_fairness_where_nobody_is():
    """A ranking without a rep has no cost of fairness, also when it is copied."""
    router = Router(rules=[Rule("all", score=fair_share(free_capacity(), 1))])
    found = router.rank(Lead("L-1"), [Rep("ada", active=False)])
    assert pickle.loads(pickle.dumps(found)).fairness_cost == found.fairness_cost == 0
