"""What is left to chance, and its propensities."""

import pickle
from collections import Counter

import pytest
from hypothesis import given
from tests.profiles import examples
from tests.ranking.scorers.world import scores, situations

from leadroute import Lead, Rep, Roster, Router, Rule, Snapshot, free_capacity
from leadroute.ranking.scorers.exploration import propensities
from leadroute.rules.routing_context import CHANCES, RoutingContext
from leadroute.scorers import close_rate, explore, random_tiebreak, tiers

TEAM = Roster([Rep(name, capacity=10) for name in ("ada", "bob", "cy")])
RECORD = Snapshot(won={"ada": 30, "bob": 2, "cy": 10}, closed={"ada": 100, "bob": 4, "cy": 100})


def ranked(score, lead_id="L-1", snapshot=RECORD):
    """The ranking of a lead by a score."""
    return Router(rules=[Rule("all", score=score)]).rank(Lead(lead_id), TEAM, snapshot=snapshot)


def test_chance_is_the_same_whenever_it_is_asked():
    """A decision with chance in it comes out the same again, and differs from lead to lead."""
    again = [str(ranked(explore(20), f"L-{n}")) for n in range(20)]
    assert again == [str(ranked(explore(20), f"L-{n}")) for n in range(20)]
    assert len({ranked(explore(20), f"L-{n}").best.rep_id for n in range(20)}) > 1


@examples(50)
@given(scores, situations())
def test_propensities_add_up_to_one(score, context):
    """Somebody comes first: the propensities of all candidates add up to 1."""
    found = propensities(score, context)
    assert set(found) == {rep.id for rep in context.reps}
    assert all(0 <= each <= 1 for each in found.values())
    assert sum(found.values()) == pytest.approx(1 if context.reps else 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "score",
    [
        explore(20),
        explore(20) + 0.5 * close_rate(20),
        tiers(random_tiebreak()),
        2 * random_tiebreak(),
    ],
    ids=str,
)
def test_propensities_are_the_frequencies_of_the_choice(score):
    """Over many leads each rep comes first as often as the propensity says."""
    leads = 2_000
    firsts = Counter(ranked(score, f"L-{n}").best.rep_id for n in range(leads))
    found = ranked(score).propensities
    for rep_id, propensity in found.items():
        error = (propensity * (1 - propensity) / leads) ** 0.5
        assert abs(firsts[rep_id] / leads - propensity) < 4 * error + 1e-9


def test_a_score_without_chance_is_certain():
    """Without chance the best has propensity 1 and the others 0."""
    found = ranked(free_capacity(), snapshot=Snapshot(open={"ada": 3})).propensities
    assert dict(found) == {"ada": 0.0, "bob": 1.0, "cy": 0.0}
    assert ranked(None).propensities["ada"] == 1.0


def test_a_weight_of_0_leaves_nothing_to_chance():
    """A random term of weight 0 takes no part, in the ranking and in the propensities alike."""
    found = ranked(0 * random_tiebreak()).propensities
    assert dict(found) == {"ada": 1.0, "bob": 0.0, "cy": 0.0}


def test_propensities_survive_pickling():
    """A ranking that comes out of a pickle still knows its propensities."""
    ranking = ranked(explore(20))
    assert pickle.loads(pickle.dumps(ranking)).propensities == ranking.propensities


def test_little_is_known_of_the_new():
    """Of two reps with the same rate, the one with the shorter record draws from the wider range."""
    context = RoutingContext(Lead("L-1"), tuple(TEAM), "p", RECORD)

    def width(rep_id):
        low, high = close_rate(20).estimate(context, TEAM[rep_id]).interval()
        return high - low

    assert width("bob") > width("ada")
    assert ranked(explore(20)).propensities["bob"] > 0.1


def test_without_any_record_everyone_has_the_same_chance():
    """Before the first outcome exploring is a fair lottery, up to equal lots."""
    found = ranked(explore(), snapshot=Snapshot()).propensities
    assert all(abs(each - 1 / 3) < 1 / CHANCES for each in found.values())


def test_a_stranger_draws_too():
    """A rep who is not among the candidates has a rate as well, that of nobody known."""
    context = RoutingContext(Lead("L-1"), (), "p")
    assert 0 < explore().bind(context)(Rep("eve")) < 1


def test_chance_says_what_it_drew():
    """The reasons give the draw and its range."""
    parts = {
        str(each.scorer): each.reason for each in ranked(explore(20) + random_tiebreak()).best.terms
    }
    assert parts["random_tiebreak()"].startswith("drew 0.")
    assert "from a rate likely between" in parts["explore(20)"]


@pytest.mark.slow
def test_lots_are_spread_evenly():
    """Over many leads, a rep draws each grain of each lot about equally often."""
    rep, leads = Rep("ada"), 20_480
    drawn = Counter(RoutingContext(Lead(f"L-{n}"), (), "p").luck(rep) for n in range(leads))
    expected = leads / 1_024
    chi_square = sum((count - expected) ** 2 / expected for count in drawn.values())
    assert len(drawn) == 1_024
    assert chi_square < 1_190  # 1,023 degrees of freedom: beyond the 99.98th percentile


@pytest.mark.slow
def test_a_draw_prefers_nobody():
    """Whatever their ids, ten reps without any record come first about equally often, as the propensities say."""
    router = Router(rules=[Rule("all", score=random_tiebreak())])
    team, leads = Roster([Rep(f"rep-{n}") for n in range(10)]), 5_000
    first = Counter(router.rank(Lead(f"L-{n}"), team).best.rep_id for n in range(leads))
    chi_square = sum((count - leads / 10) ** 2 / (leads / 10) for count in first.values())
    assert chi_square < 32  # 9 degrees of freedom: beyond the 99.98th percentile
    chances = [router.rank(Lead(f"L-{n}"), team).propensities for n in range(200)]
    assert all(sum(each.values()) == pytest.approx(1) for each in chances)
    assert all(abs(chance - 0.1) < 0.02 for each in chances for chance in each.values())
    for rep_id in first:
        assert abs(sum(each[rep_id] for each in chances) / 200 - 0.1) < 0.0015
