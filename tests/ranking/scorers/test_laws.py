"""What holds for every scorer, whatever is known of lead, reps and outcomes."""

import pickle
import re
from math import isclose

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples
from tests.ranking.scorers.world import plain, scores, situations

from leadroute import Rep, free_capacity, scorers
from leadroute.errors import ConfigError, LeadrouteError
from leadroute.rules.routing_context import Crew
from leadroute.rules.scorer import Scorer, parse_score
from leadroute.scorers import BUILT_IN


@examples(200)
@given(scores, situations())
def test_points_are_between_nothing_and_one(score, context):
    """Every score gives each rep points from 0 to 1 or no answer, and a reason in words."""
    points = score.bind(context)
    for rep in context.reps:
        found = points(rep)
        assert found is None or 0 <= found <= 1
        assert score.reason(context, rep)
        assert "lead's None" not in score.reason(context, rep)


@examples(200)
@given(scores, situations(impossible=True))
def test_counts_that_cannot_be_give_points_all_the_same(score, context):
    """More won than closed, and less than nothing open: points are from 0 to 1, and a reason is given."""
    points = score.bind(context)
    for rep in context.reps:
        found = points(rep)
        assert found is None or 0 <= found <= 1
        assert score.reason(context, rep)


@examples(100)
@given(scores, situations(), st.randoms(use_true_random=False))
def test_the_order_of_reps_changes_no_points(score, context, random):
    """Whatever the order in which the candidates stand, each gets the same points."""
    shuffled = list(context.reps)
    random.shuffle(shuffled)
    reps = tuple(shuffled)
    other = attrs.evolve(
        context, reps=reps, crew=Crew(reps)
    )  # what is kept of a crew is in its order
    before, after = score.bind(context), score.bind(other)
    for rep in context.reps:
        one, two = before(rep), after(rep)
        assert one == two or isclose(one, two, rel_tol=1e-12)


@examples(200)
@given(scores)
def test_printing_and_parsing_are_inverses(score):
    """The text of any score is read back as the same score, with the same text and hash."""
    again = parse_score(str(score), BUILT_IN)
    assert (again, str(again), hash(again)) == (score, str(score), hash(score))


@given(scores, situations())
def test_scores_and_situations_survive_pickling(score, context):
    """A score and a situation come out of a pickle as they went in, and score alike."""
    points = score.bind(context)
    found = [points(rep) for rep in context.reps]
    again, there = pickle.loads(pickle.dumps((score, context)))
    assert again == score
    points = again.bind(there)
    assert [points(rep) for rep in there.reps] == found


@given(plain, situations())
def test_a_scorer_without_an_answer_takes_no_weight(score, context):
    """Adding a scorer that has no answer for a rep leaves the rep's score as it was."""
    alone = free_capacity().bind(context)
    both = (free_capacity() + 5 * score).bind(context)
    points = score.bind(context)
    for rep in context.reps:
        if points(rep) is None:
            assert both(rep) == alone(rep)


@given(scores)
def test_every_part_of_a_score_can_be_walked(score):
    """Walking a score starts with itself and visits every scorer that its text names."""
    seen = list(score.walk())
    assert seen[0] is score
    named = {name for name in BUILT_IN if re.search(rf"\b{name}\(", str(score))}
    assert {each.name for each in seen} - {""} == named


def test_every_built_in_scorer_is_known_by_its_name():
    """What a policy file may name is exactly what the package exports, under the same name."""
    public = {name: getattr(scorers, name) for name in scorers.__all__}
    named = {name for name, each in public.items() if isinstance(each, type) and name.islower()}
    assert set(BUILT_IN) == named
    assert all(scorer.name == name for name, scorer in BUILT_IN.items())


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_scorer_states_its_formula(name):
    """The docstring of every scorer has its formula and an example."""
    assert "Formula" in BUILT_IN[name].__doc__
    assert "Example" in BUILT_IN[name].__doc__


def test_a_scorer_of_the_host_says_how_it_scores():
    """A scorer that does not define bind() is refused with the remedy, and has its text as reason."""
    with pytest.raises(TypeError, match="does not say how to score; define bind"):
        Scorer().bind(None)
    assert Scorer().reason(None, Rep("ada")) == "()"


REFUSED = [
    ("skill_match('industri')", "did you mean 'industry'?"),
    ("skill_match('email')", "lead has no field 'email'"),
    ("skill_match([])", "the list of fields is empty"),
    ("skill_match(3)", "lead has no field '3'"),
    ("skill_match('industry', 'any')", "'any' must be one of 'some', 'all'"),
    ("skill_match('industry', at_least=2)", "2 must be a number from 0 to 1"),
    ("skill_match('industry', unknown='no')", "'no' must be a number from 0 to 1"),
    ("skill_match(None)", "lead has no field 'None'"),
    ("free_capacity().when(lead.budget == None)", "None cannot be compared"),
    ("None * free_capacity()", "a score is made of scorers"),
    ("None", "a score is made of scorers"),
    ("language(-1)", "must be a number from 0 to 1"),
    ("distance(0)", "0 must be a number above 0"),
    ("distance(latitude=' ')", "' ' must be text that is not empty"),
    ("timezone_overlap('at noon')", "'at noon' are not weekly hours"),
    ("owner('nobody')", "'nobody' must be one of 'anyone', 'team', 'manager'"),
    ("workload(True)", "True must be a number above 0"),
    ("least_recent('0s')", "a half-life of 0s would forget everything"),
    ("least_recent('soon')", "'soon' is not a duration"),
    ("longest_idle('0s')", "a half-life of 0s would forget everything"),
    ("longest_idle(15)", "15 is not a duration"),
    ("close_rate(0)", "0 must be a number above 0"),
    ("close_rate(by='budget')", "lead has no field 'budget'"),
    ("accept_rate(2)", "2 must be a number from 0 to 1"),
    ("tier('industry', [1])", "lead has no field 'industry'"),
    ("tier('budget', [])", "must be numbers that ascend"),
    ("tier('budget', [2, 1])", "[2, 1] must be numbers that ascend, such as [10, 50]"),
    ("tier('budget', [1, 2], [3])", "tier() has 2 bands and 1 steps of the rep"),
    ("tier('budget', [1], [3], [4])", "tier() takes levels or wins, not both"),
    ("graduation(['a'])", "'a' must be a number from 0 on"),
    ("intent([])", "must be one text or more, none of them twice"),
    ("intent(['a', 'a'])", "none of them twice"),
    ("intent(3)", "3 must be text that is not empty"),
    ("intent(['a', 'b'], 1, '1d', [1])", "intent() has 2 kinds and 1 weights; write one each"),
    ("intent('a', 1, ['1d', '2d'])", "intent() has 1 kinds and 2 half_life; write one each"),
    ("source_urgency(['a'], [1, 0])", "source_urgency() has 1 sources and 2 urgencies"),
    ("source_urgency(['a'], [2])", "2 must be a number from 0 to 1"),
    ("max_of()", "max_of() needs a scorer or more, such as max_of(free_capacity())"),
    ("first_of(3)", "first_of() takes scorers, and 3 is none"),
    ("max_of(free_capacity)", "a scorer is called: write free_capacity()"),
    ("clamp(free_capacity(), 0.5, 0.1)", "clamp() has high=0.1 below low=0.5; swap them"),
    ("clamp(free_capacity(), 2)", "2 must be a number from 0 to 1"),
    ("invert('a')", "invert() takes scorers, and 'a' is none"),
    ("fair_share(free_capacity(), -1)", "-1 must be a number from 0 on"),
    ("fair_share(free_capacity(), 0)", "fair_share() cannot keep ahead=0"),
    ("fair_share(free_capacity(), 0.5)", "write 1 or more, or round_robin() alone"),
    ("tiers(free_capacity()) + round_robin()", "tiers() stands alone and cannot be added"),
    ("2 * tiers(free_capacity())", "tiers() stands alone and cannot be weighted"),
    (
        "fair_share(free_capacity()).when(lead.budget > 1)",
        "fair_share() stands alone and cannot be guarded",
    ),
    ("max_of(tiers(free_capacity()))", "tiers() stands alone; max_of() cannot hold it"),
    ("invert(fair_share(free_capacity()))", "fair_share() stands alone; invert() cannot hold it"),
    ("tiers(fair_share(free_capacity()))", "fair_share() stands alone; tiers() cannot hold it"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_a_parameter_that_cannot_be_right_is_refused(text, message):
    """A scorer with a parameter that cannot work is refused when it is built, with the remedy."""
    with pytest.raises(ConfigError) as caught:
        parse_score(text, BUILT_IN)
    assert message in str(caught.value)
    assert isinstance(caught.value, LeadrouteError)
