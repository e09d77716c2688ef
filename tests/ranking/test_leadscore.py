"""Lead scores, and how far they may be believed."""

from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, REP, Lead, Signal
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.ranking.lead_scoring import (
    Calibration,
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    Logistic,
    calibration,
)
from leadroute.rules.builders import define, is_free_mail

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SCORING = LeadScoring(
    fit=[
        FitCriterion("large", LEAD.employees >= 500, 30),
        FitCriterion("budget", LEAD.budget >= 10_000, 20),
        FitCriterion("student", LEAD.role == "student", -40),
        FitCriterion("has mail", LEAD.email.is_present(), 10),
    ],
    engagement=[EngagementSignal("pricing", 0.01, "1d"), EngagementSignal("demo", 2, "1w")],
    classes=[
        LeadGrade("warm", 0.3, "4h"),
        LeadGrade("hot", 0.7, "5m"),
        LeadGrade("rest", 0),
    ],
)


def scored(scoring=SCORING, **known):
    """The score of a lead of whom this is known."""
    return scoring.score(Lead("L-1", **known), NOW)


def signals(*given):
    """Signals of (kind, hours ago, value)."""
    return [Signal(kind, NOW - timedelta(hours=ago), value) for kind, ago, value in given]


def test_fit_and_engagement_blend():
    """The score is the weighted mean of what the lead is and what it did."""
    found = scored(
        employees=800,
        budget=500,
        email="a@b.example",
        signals=signals(("pricing", 24, 200), ("x", 0, 9)),
    )
    assert found.fit == pytest.approx(40 / 60)
    assert found.engagement == pytest.approx(0.5)
    assert found.score == pytest.approx((40 / 60 + 0.5) / 2)
    assert found.completeness == 0.6
    assert found.reasons == ("+30 large", "+10 has mail", "+1 pricing")
    assert (found.priority.name, found.sla) == ("warm", timedelta(hours=4))


def test_what_is_not_known_takes_no_part():
    """A lead of whom nothing is known but that it has no mail scores low, and says how little was known."""
    found = scored()
    assert (found.score, found.fit, found.engagement) == (0.0, 0.0, None)
    assert found.completeness == 0.1
    assert str(found) == "lead L-1: 0.00 (rest), 10% of the facts known"
    assert found.sla is None


def test_nothing_known_is_no_score():
    """Without a fact and without a signal there is no score and no class."""
    bare = LeadScoring(
        fit=[FitCriterion("large", LEAD.employees >= 500)], classes=[LeadGrade("all", 0)]
    )
    found = scored(bare)
    assert (found.score, found.priority, found.completeness) == (None, None, 0.0)
    assert str(found) == "lead L-1: not known, 0% of the facts known"
    assert (
        scored(
            LeadScoring(fit=[FitCriterion("vip", LEAD["vip"].is_present())]),
            attributes={"vip": True},
        ).score
        == 1
    )
    assert scored(LeadScoring()).completeness == 1.0
    seats = LeadScoring(fit=[FitCriterion("seats", LEAD["seats"] > 3)])
    assert (scored(seats).fit, scored(seats, attributes={"seats": 4}).fit) == (None, 1.0)


def test_engagement_alone_is_the_score_where_fit_is_not_known():
    """One part without an answer leaves the other alone."""
    warm = LeadScoring(
        fit=[FitCriterion("large", LEAD.employees > 1)], engagement=[EngagementSignal("demo")]
    )
    assert scored(warm, signals=signals(("demo", 0, 1))).score == 0.5
    assert scored(warm, employees=5).score == 1.0
    assert scored(warm, signals=signals(("demo", -5, 1))).score is None


def test_what_speaks_against_a_lead_takes_away():
    """Points below 0 lower the fit, never below 0; alone they leave 1 or 0."""
    assert scored(
        role="student", employees=800, budget=50_000, email="a@b.example"
    ).fit == pytest.approx(20 / 60)
    alone = LeadScoring(fit=[FitCriterion("student", LEAD.role == "student", -40)])
    assert (scored(alone, role="student").fit, scored(alone, role="chief").fit) == (0, 1)


def test_nothing_against_a_lead_is_no_praise():
    """A lead of whom only the lack of a flaw is known has no fit, and so is in no class."""
    scoring = LeadScoring(
        fit=[
            FitCriterion("large", LEAD.employees >= 500, 30),
            FitCriterion("free mail", is_free_mail(LEAD.email), -20),
            FitCriterion("no phone", LEAD.phone.is_missing(), -5),
        ],
        classes=[LeadGrade("hot", 0.7)],
    )
    found = scored(scoring, email="cto@acme.example", phone="+49 30 1234567")
    assert (found.fit, found.score, found.priority) == (None, None, None)
    assert found.completeness == pytest.approx(25 / 55)
    assert scored(scoring).fit == 0


def test_what_is_known_may_decide_a_criterion():
    """Part of a condition is enough where the rest cannot change it, and only there."""
    one = define("large", LEAD.employees >= 500)
    scoring = LeadScoring(
        fit=[
            FitCriterion("either", one | (LEAD.country == "DE")),
            FitCriterion("both", one & (LEAD.country == "DE")),
            FitCriterion("neither", ~(one | (LEAD.country == "DE"))),
        ]
    )

    def judged(**known):
        held = scoring._held(Lead("L-1", **known), NOW)
        return held["either"], held["both"], held["neither"]

    assert judged(country="DE") == (True, None, False)
    assert judged(country="FR") == (None, False, None)
    assert judged(employees=900, country="FR") == (True, False, False)
    assert judged(employees=900, country="DE") == (True, True, False)
    assert judged() == (None, None, None)


def test_a_class_begins_at_its_threshold():
    """A score at the threshold belongs to the class."""
    edges = LeadScoring(
        fit=[FitCriterion("a", LEAD.budget > 1), FitCriterion("b", LEAD.employees > 1)],
        classes=[LeadGrade("hot", 0.5)],
    )
    assert scored(edges, budget=5, employees=0).priority.name == "hot"
    assert scored(edges, budget=0, employees=0).priority is None


class Fitted:
    """What a fitted pipeline looks like."""

    def __init__(self, answer):
        self.answer = answer

    def predict_proba(self, rows):
        """The same for every row, but remembers them."""
        self.rows = rows
        return [[1 - self.answer, self.answer] for _ in rows]


def test_a_model_may_take_the_place_of_the_blend():
    """Plain coefficients, or anything with predict_proba, give the score; the features are the columns."""
    lead = Lead("L-1", employees=800, signals=signals(("demo", 168, 1)))
    parts = {"fit": SCORING.fit, "engagement": SCORING.engagement}
    fitted = Fitted(0.25)
    found = LeadScoring(**parts, model=fitted).score(lead, NOW)
    assert (found.score, found.fit) == (0.25, pytest.approx(0.75))
    assert fitted.rows == [[1.0, 0.0, 0.0, 0.0, 0.0, 1.0]]
    assert list(SCORING.features(lead, NOW)) == [
        "large",
        "budget",
        "student",
        "has mail",
        "pricing",
        "demo",
    ]
    plain = LeadScoring(**parts, model=Logistic(-1, {"large": 2, "demo": 0.5}))
    assert plain.score(lead, NOW).score == pytest.approx(1 / (1 + exp(-1.5)))


@pytest.mark.parametrize(
    "answer", [[[-6, 7]], [[1.0]], [[0.5, float("nan")]], [], None, [[0, "x"]]]
)
def test_an_answer_of_a_model_that_is_no_probability_is_refused(answer):
    """Whatever a model answers but one row of two probabilities is shown in the error."""

    class Odd:
        def predict_proba(self, rows):
            return answer

    with pytest.raises(
        FieldTypeError, match=r"the answer of the model is .*; it must be a row with"
    ):
        LeadScoring(fit=SCORING.fit, model=Odd()).score(Lead("L-1"), NOW)
    with pytest.raises(FieldTypeError, match="lead is of type NoneType"):
        SCORING.features(None, NOW)


REFUSED = [
    (lambda: FitCriterion("a", 3), "3 is no condition"),
    (lambda: FitCriterion("a", REP.level > 1), "rep.level > 1 asks about the rep"),
    (lambda: FitCriterion("a", LEAD.budget > 1, 0), "0 are no points"),
    (lambda: FitCriterion(" ", LEAD.budget > 1), "must be text"),
    (lambda: EngagementSignal("a", 0), "0 must be a number above 0"),
    (lambda: LeadGrade("a", 2), "2 must be a number from 0 to 1"),
    (lambda: LeadScoring(fit=[3]), "3 is no FitCriterion; write FitCriterion(...)"),
    (
        lambda: LeadScoring(engagement=[EngagementSignal("a"), EngagementSignal("a")]),
        "two parts are named 'a'",
    ),
    (
        lambda: LeadScoring(classes=[LeadGrade("a", 0), LeadGrade("a", 1)]),
        "two classes are named 'a'",
    ),
    (lambda: LeadScoring(model=3), "model has no predict_proba"),
    (
        lambda: LeadScoring(classes=[LeadGrade("a", 0.5), LeadGrade("b", 0.5)]),
        "the classes 'a' and 'b' begin at 0.5; give each a score of its own",
    ),
    (lambda: Logistic(float("nan"), {}), "nan is no coefficient"),
    (lambda: Logistic(None, {}), "None is no coefficient"),
    (lambda: Logistic(0, {"a": "2"}), "'2' is no coefficient"),
    (lambda: Logistic(0, {"": 2}), "must be text"),
    (lambda: Logistic(0, [2]), "[2] are no coefficients; write such as {'large': 1.2}"),
    (
        lambda: LeadScoring(fit=SCORING.fit, model=Logistic(0, {"lrge": 2})),
        "there is no feature named 'lrge'; did you mean 'large'?",
    ),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=[each[1] for each in REFUSED])
def test_a_scoring_that_cannot_be_right_is_refused(build, message):
    """A part that cannot work is refused when it is built."""
    with pytest.raises(ConfigError) as caught:
        build()
    assert message in str(caught.value)


@given(
    st.none() | st.integers(0, 1000),
    st.none() | st.sampled_from([0, 50_000]),
    st.lists(
        st.tuples(st.sampled_from(["pricing", "demo"]), st.integers(-9, 900), st.integers(0, 500))
    ),
    st.integers(0, 500),
)
def test_scores_stay_in_range_and_grow_with_interest(employees, budget, done, more):
    """Every part lies between 0 and 1, and one more signal never lowers the engagement."""
    known = {"employees": employees, "budget": budget}
    before = scored(**known, signals=signals(*done))
    after = scored(**known, signals=signals(*done, ("demo", 1, more)))
    for each in (before, after):
        for part in (each.score, each.fit, each.engagement, each.completeness):
            assert part is None or 0 <= part <= 1
    assert after.engagement >= (before.engagement or 0)


def test_calibration_knows_what_is_right():
    """Predictions drawn from their own probabilities have slope 1, intercept 0, and no better skill is possible."""
    random = Random(7)
    odds = [random.gauss(0, 1.5) for _ in range(4_000)]
    pairs = [(p, random.random() < p) for p in (1 / (1 + exp(-each)) for each in odds)]
    found = calibration(pairs)
    assert found.slope == pytest.approx(1, abs=0.1)
    assert found.intercept == pytest.approx(0, abs=0.1)
    bold = calibration((1 / (1 + exp(-2 * log(p / (1 - p)))), happened) for p, happened in pairs)
    assert bold.slope == pytest.approx(found.slope / 2, rel=1e-6)
    assert bold.auc == found.auc
    assert bold.brier > found.brier


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0.2, 0.5, 0.9, 1]), st.booleans()), min_size=1, max_size=30
    )
)
def test_the_rank_is_the_share_of_pairs_in_order(pairs):
    """AUC is what counting all pairs of a yes and a no gives, equals counting half."""
    found = calibration(pairs)
    yes, no = ([p for p, happened in pairs if happened is side] for side in (True, False))
    both = [(p > q) + (p == q) / 2 for p in yes for q in no]
    assert found.auc == (pytest.approx(sum(both) / len(both)) if both else None)
    assert sum(each.count for each in found.bins) == len(pairs)
    assert found.brier == pytest.approx(
        sum((p - happened) ** 2 for p, happened in pairs) / len(pairs)
    )


def test_figures_that_the_data_cannot_give_are_left_out():
    """One class alone has no rank and no slope; predictions that part yes from no have no slope."""
    alone = calibration([(0.7, True), (0.8, True)])
    assert (alone.auc, alone.slope, alone.intercept, alone.skill) == (None, None, None, None)
    parted = calibration([(0.9, True), (0.1, False)])
    assert (parted.auc, parted.slope) == (1.0, None)
    alike = calibration([(0.5, True), (0.5, False)])
    assert (alike.auc, alike.slope, alike.skill) == (0.5, None, 0.0)
    assert isinstance(alike, Calibration)


def test_predictions_that_abstain_are_counted_and_left_out():
    """A lead without a score changes no figure but the number of those left out."""
    pairs = [(0.9, True), (0.6, False), (0.2, 0)]
    some, all_ = calibration([(None, True), *pairs, (None, False)]), calibration(pairs)
    assert (some.abstained, some.count, all_.abstained) == (2, 3, 0)
    assert (some.brier, some.auc, some.bins) == (all_.brier, all_.auc, all_.bins)
    assert str(some).startswith("3 predictions, 33.3% came true; 2 abstained\n")
    assert str(calibration([(0.5, True)])).startswith("1 prediction, ")


def test_a_calibration_prints_as_a_report():
    """The report has a line for each tenth of the scale that has predictions."""
    assert str(calibration([(0.9, True), (0.85, False), (0.2, False)])) == (
        "3 predictions, 33.3% came true\n"
        "Brier 0.2575, skill -0.159, AUC 1.000, slope -, intercept -\n"
        "  0.2-0.3       1  predicted 20.0%, happened 0.0%\n"
        "  0.8-0.9       1  predicted 85.0%, happened 0.0%\n"
        "  0.9-1.0       1  predicted 90.0%, happened 100.0%"
    )


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "pairs is empty"),
        ([(1.5, True)], "a prediction is 1.5"),
        ([(True, True)], "a prediction is True"),
        ([(None, True)], "pairs is empty"),
        ([(0.5, None)], "an outcome is None; it must be True or False; leave out what is still"),
        ([(0.5, "lost")], "an outcome is 'lost'"),
    ],
)
def test_what_is_no_prediction_is_refused(pairs, message):
    """A calibration needs pairs of a probability and an outcome."""
    with pytest.raises(FieldTypeError, match=message):
        calibration(pairs)
