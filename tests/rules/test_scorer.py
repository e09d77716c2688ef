import pickle
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from leadroute import (
    LEAD,
    REP,
    Lead,
    Rep,
    Roster,
    Router,
    Rule,
    close_rate,
    free_capacity,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Guarded, Scorer, Sum, WeightedScorer, mean
from leadroute.scorers import intent
from leadroute.testing.strategies import leads, reps, scorers

HERE = RoutingContext(Lead("L-1", industry="health", country="DE"), (), "everyone")
AT = datetime(2026, 1, 2, tzinfo=UTC)
weights = st.sampled_from([0, 0.5, 1, 2, 3])


ADA = Rep("ada", skills={"health": 0.5})


def points(score, context=HERE, rep=ADA):
    return score.bind(context)(rep)


@given(scorers(), scorers(), scorers())
def test_sums_are_flat(a, b, c):
    """However scores are grouped while adding, the sum is the same; sum() works."""
    assert (a + b) + c == a + (b + c) == sum([a, b, c])
    assert 0 + a == a == a + 0


@given(scorers(), scorers(), weights)
def test_weights_distribute(a, b, weight):
    """A weight before a sum is a weight before each of its terms."""
    assert weight * (a + b) == weight * a + weight * b == (a + b) * weight
    assert 1 * a == a


@given(scorers(), scorers())
def test_guards_distribute(a, b):
    """A guard behind a sum guards each of its terms, and keeps their weights."""
    guard = REP.level >= 3
    assert (a + b).when(guard) == a.when(guard) + b.when(guard)
    assert (2 * a).when(guard) == 2 * a.when(guard)


@given(scorers(), leads(), st.lists(reps(), min_size=1, max_size=4, unique_by=lambda r: r.id))
def test_points_lie_between_0_and_1(score, lead, found):
    """Whatever the score, a rep gets 0 to 1, or no answer; and there is a reason in words."""
    context = RoutingContext(lead, tuple(found), "everyone", instant=lead.received_at or AT)
    bound = score.bind(context)
    for rep in found:
        given_points = bound(rep)
        assert given_points is None or 0 <= given_points <= 1
        assert score.reason(context, rep)
        parts = [(term.weight, term.bind(context)(rep)) for term in score.terms]
        assert given_points == mean(parts) or len(parts) == 1


@given(scorers())
def test_scores_are_values(score):
    """Scores survive pickling, hash like their equals, and print what was written."""
    assert pickle.loads(pickle.dumps(score)) == score
    assert hash(pickle.loads(pickle.dumps(score))) == hash(score)
    assert str(score).count("(") >= 1


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (free_capacity(), "free_capacity()"),
        (
            3 * skill_match("industry") + free_capacity(),
            "3 * skill_match('industry') + free_capacity()",
        ),
        (0.5 * round_robin(), "0.5 * round_robin()"),
        (2.0 * round_robin(), "2 * round_robin()"),
        (close_rate(), "close_rate()"),
        (close_rate(50), "close_rate(50)"),
        (intent(half_life="3d"), "intent(half_life='3d')"),
        (intent("page", half=240), "intent('page', 240)"),
        (
            2 * intent().when(REP.level >= 3),
            "2 * intent().when(rep.level >= 3)",
        ),
    ],
)
def test_scores_print_as_they_are_written(score, text):
    """The text of a score is what a policy file would hold."""
    assert str(score) == text


def test_a_scorer_without_an_answer_takes_no_weight():
    """The mean runs over the terms that know something; nothing known is no answer."""
    unknown = skill_match("product")
    assert points(skill_match("industry") + 9 * unknown) == 0.5
    assert points(unknown + unknown) is None
    assert points(0 * skill_match("industry") + unknown) is None
    assert points(3 * skill_match("industry") + free_capacity()) == pytest.approx(0.625)


def test_a_guarded_scorer():
    """While the condition is false there is no answer, and the reason says so."""
    guarded = skill_match("industry").when(LEAD.country == "FR")
    assert points(guarded) is None
    assert guarded.reason(HERE, Rep("ada")) == "does not count here: not true that country is FR"
    held = skill_match("industry").when(LEAD.country == "DE")
    assert points(held) == 0.5
    assert isinstance(held, Guarded)
    assert held.reason(HERE, Rep("ada")) == "no skills are known"


def test_the_reason_of_a_sum_is_the_reasons_of_its_terms():
    """Every term explains itself."""
    both = 2 * free_capacity() + round_robin()
    assert isinstance(both, Sum)
    assert both.reason(HERE, Rep("ada")) == "0 open of no limit; 0 turns taken"
    assert both.terms[0].reason(HERE, Rep("ada")) == "0 open of no limit"
    assert str(both.terms[1]) == "round_robin()"


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf"), 1e15])
def test_weights_that_cannot_be(weight):
    """A weight is a finite number, 0 or more."""
    with pytest.raises(ConfigError, match="of a scorer must be a number, 0 or more"):
        weight * free_capacity()


@pytest.mark.parametrize("weight", [Decimal("0.5"), Fraction(1, 2), 0.5])
def test_any_number_is_a_weight(weight):
    """A weight may be a number of any kind, and is kept as Python's own, which a policy file can have."""
    assert str(weight * free_capacity()) == "0.5 * free_capacity()"


@pytest.mark.parametrize("points", [Decimal("0.5"), Fraction(1, 2), (Fraction(1, 2), "x")])
def test_any_number_is_points(points):
    """A scorer of one's own may answer with a number of any kind."""
    assert scorer(lambda *_: points)().bind(HERE)(Rep("ada")) == 0.5


@pytest.mark.parametrize("points", [Decimal("sNaN"), Decimal("NaN"), Fraction(3, 2), 1j])
def test_points_that_cannot_be(points):
    """What is no number from 0 to 1 is refused, whatever its kind."""
    with pytest.raises(FieldTypeError, match="a number from 0 to 1"):
        scorer(lambda *_: points)().bind(HERE)(Rep("ada"))


def test_what_scores_do_not_combine_with():
    """Anything that is no number and no score is refused by Python itself."""
    for wrong in (True, "2", free_capacity()):
        with pytest.raises(TypeError):
            _ = free_capacity() * wrong
    for wrong in (1, False, "x"):
        with pytest.raises(TypeError):
            _ = free_capacity() + wrong
    with pytest.raises(ConfigError, match="the weight True of a scorer"):
        WeightedScorer(True, free_capacity())


def test_a_scorer_of_ones_own():
    """A subclass says how to score; one that does not is told so."""

    @frozen
    class Listed(Scorer):
        name = "listed"
        ids: tuple[str, ...]
        bonus: float = 1.0

        def bind(self, context):
            return lambda rep: self.bonus if rep.id in self.ids else None

    assert str(Listed(("a", "b"), bonus=0.5)) == "listed(['a', 'b'], 0.5)"
    assert Listed(("a",)).reason(HERE, Rep("a")) == "listed(['a'])"
    assert points(Listed(("ada",))) == 1
    with pytest.raises(TypeError, match="Scorer does not say how to score; define bind"):
        Scorer().bind(HERE)


@scorer
def speaks(context, rep, tag, points=1.0):
    """Speaks the language asked for.

    More that nobody reads.
    """
    return points if tag in rep.languages else None


def test_a_scorer_from_a_function():
    """The decorator gives a value that prints, compares and can be sent to a process."""
    score = speaks("de", points=0.5)
    assert str(score) == repr(score) == "speaks('de', points=0.5)"
    assert score == speaks("de", points=0.5) != speaks("en", points=0.5)
    assert points(score, rep=Rep("ada", languages={"de"})) == 0.5
    assert points(score) is None
    assert pickle.loads(pickle.dumps(2 * score)) == 2 * score


def test_the_docstring_of_a_function_is_no_fact_about_no_points():
    """The docstring is the reason for points above 0; where there are none, it is not told."""
    score, german = speaks("de"), Rep("ada", languages={"de"})
    assert score.reason(HERE, german) == "Speaks the language asked for"
    assert score.reason(HERE, Rep("bob")) == "has no answer"
    assert speaks("de", points=0).reason(HERE, german) == "gives no points"
    assert scorer(lambda context, rep: 1)().reason(HERE, german) == "<lambda>"


def test_a_function_may_give_its_reason():
    """Points may come with a reason on one line, which is kept and not asked for again."""
    asked = []

    @scorer
    def known(context, rep, given):
        asked.append(rep.id)
        return given, f" knows\n{rep.id} "

    score = known(0.5)
    assert points(score) == 0.5
    assert score.reason(HERE, Rep("ada")) == "knows?ada"
    assert points(known(None)) is None
    assert known(None).reason(HERE, Rep("bob")) == "knows?bob"
    assert asked == ["ada", "ada", "bob"]


def test_an_error_of_a_function_says_where():
    """An exception keeps its type and its message, and notes the scorer, the rep, the lead and the rule."""
    score = scorer(lambda context, rep: 1 / 0)()
    router = Router(rules=[Rule("a", score=score)])
    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        router.rank(Lead("L-1"), Roster([Rep("ada"), Rep("bob")]))
    assert caught.value.__notes__ == ["<lambda>(), lead 'L-1', rep 'ada'", "rule 'a', lead 'L-1'"]


@pytest.mark.parametrize("found", [2, -0.1, float("nan"), True, "1", (1, 2), (1,), (2, "x")])
def test_a_function_that_gives_no_points(found):
    """Points outside 0 to 1, or no number at all, are refused with the scorer and the rep named."""
    wrong = scorer(lambda context, rep: found)()
    with pytest.raises(
        TypeError, match=r"rep 'ada' is .*; it must be a number from 0 to 1 or None"
    ):
        points(wrong)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: 2 * free_capacity, r"free_capacity is without its brackets; .* free_capacity\(\)"),
        (lambda: free_capacity + free_capacity(), "free_capacity is without its brackets"),
        (lambda: free_capacity() + free_capacity, "free_capacity is without its brackets"),
        (
            lambda: free_capacity() + 1,
            r"added to free_capacity\(\) is 1; it must be a scorer; weights",
        ),
        (
            lambda: free_capacity() * "2",
            r"the weight of free_capacity\(\) is '2'; it must be a number",
        ),
    ],
)
def test_arithmetic_with_what_is_no_score_is_told(build, told):
    """A scorer without its brackets, a number that is added and a weight that is none are refused with the remedy."""
    with pytest.raises(FieldTypeError, match=told):
        build()
