"""Lead scores, and how far they may be believed."""

import pickle
from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leadroute import (
    LEAD,
    REP,
    Disposition,
    Lead,
    Rep,
    Roster,
    Router,
    Rule,
    Signal,
)
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.insight import DecisionRecord, decide, rerun
from leadroute.lead_scoring import (
    Calibration,
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    Logistic,
    NamedModel,
    SourcePoints,
    calibration,
)
from leadroute.plain import dumps, loads
from leadroute.ranking.lead_score import compile_verdict
from leadroute.rules.builders import define, is_free_mail
from leadroute.rules.builders import predicate as asks
from leadroute.rules.evaluation import PLAIN, compile_condition

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SCORING = LeadScoring(
    fit=[
        FitCriterion("large", LEAD.employees >= 500, 30),
        FitCriterion("budget", LEAD.budget >= 10_000, 20),
        FitCriterion("student", LEAD.role == "student", -40),
        FitCriterion("has mail", LEAD.email.is_present(), 10),
    ],
    engagement=[EngagementSignal("pricing", 0.01, "1d"), EngagementSignal("demo", 2, "1w")],
    grades=[
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
    assert (found.grade, found.respond_within) == ("warm", timedelta(hours=4))


def test_what_is_not_known_takes_no_part():
    """A lead of whom nothing is known but that it has no mail scores low, and says how little was known."""
    found = scored()
    assert (found.score, found.fit, found.engagement) == (0.0, 0.0, None)
    assert found.completeness == 0.1
    assert str(found) == "lead L-1: 0.00 (rest), 10% of the facts known"
    assert found.respond_within is None


def test_nothing_known_is_no_score():
    """Without a fact and without a signal there is no score and no class."""
    bare = LeadScoring(
        fit=[FitCriterion("large", LEAD.employees >= 500)], grades=[LeadGrade("all", 0)]
    )
    found = scored(bare)
    assert (found.score, found.grade, found.completeness) == (None, None, 0.0)
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
        grades=[LeadGrade("hot", 0.7)],
    )
    found = scored(scoring, email="cto@acme.example", phone="+49 30 1234567")
    assert (found.fit, found.score, found.grade) == (None, None, None)
    assert found.completeness == pytest.approx(25 / 55)
    assert scored(scoring).fit == 0


def test_what_is_known_may_decide_a_criterion():
    """Part of a condition is enough where the rest cannot change it, and only there."""
    one = define("large", LEAD.employees >= 500)
    german = LEAD.country == "DE"
    asked = [one | german, one & german, ~(one | german)]

    def judged(**known):
        lead = Lead("L-1", **known)
        return tuple(compile_verdict(each, PLAIN)(lead, NOW) for each in asked)

    assert judged(country="DE") == (True, None, False)
    assert judged(country="FR") == (None, False, None)
    assert judged(employees=900, country="FR") == (True, False, False)
    assert judged(employees=900, country="DE") == (True, True, False)
    assert judged() == (None, None, None)


def test_a_class_begins_at_its_threshold():
    """A score at the threshold belongs to the class."""
    edges = LeadScoring(
        fit=[FitCriterion("a", LEAD.budget > 1), FitCriterion("b", LEAD.employees > 1)],
        grades=[LeadGrade("hot", 0.5)],
    )
    assert scored(edges, budget=5, employees=0).grade == "hot"
    assert scored(edges, budget=0, employees=0).grade is None


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


class Odd:
    """A model that answers anything, or raises it."""

    def __init__(self, answer):
        self.answer = answer

    def predict_proba(self, rows):
        """The answer, whatever is asked."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ODD = [[[-6, 7]], [[1.0]], [[0.5, float("nan")]], [[-0.2, 1.2]], [], None, [[0, "x"]], "hot"]


@pytest.mark.parametrize("answer", [*ODD, ValueError("Jo Doe, 555-1234"), KeyError("x")], ids=repr)
def test_a_model_without_a_probability_leaves_the_lead_without_a_score(answer):
    """Whatever a model raises or answers, the score is not known, and the reason names the model."""
    model = NamedModel("conversion", Odd(answer))
    scoring = LeadScoring(fit=SCORING.fit, grades=SCORING.grades, model=model)
    found = scoring.score(Lead("L-1", employees=800), NOW)
    assert (found.score, found.grade, found.fit) == (None, None, pytest.approx(0.75))
    assert found.reasons[-1].startswith("the model 'conversion' gave no score: ")
    assert "Jo Doe" not in str(found)
    if isinstance(answer, Exception):
        assert found.note.endswith(f"it raised {type(answer).__name__}")


def test_a_model_may_have_a_name():
    """The name stands for the model in equality and files; without one it is that of the class."""
    assert LeadScoring(model=Odd([])).model == NamedModel("Odd", Odd([]))
    with pytest.raises(ConfigError, match="the model 'x' has no predict_proba"):
        NamedModel("x", 3)
    with pytest.raises(ConfigError, match="the name has space around it"):
        NamedModel(" x", Odd([]))
    with pytest.raises(FieldTypeError, match="lead is of type NoneType"):
        SCORING.features(None, NOW)
    with pytest.raises(FieldTypeError, match="lead is of type NoneType"):
        SCORING.score(None, NOW)


REFUSED = [
    (lambda: FitCriterion("a", 3), "3 is not a condition"),
    (lambda: FitCriterion("a", REP.level > 1), "rep.level > 1 asks about the rep"),
    (lambda: FitCriterion("a", LEAD.budget > 1, 0), "points are 0"),
    (lambda: FitCriterion("a", LEAD.score > 0.5), "asks lead.score, which the lead scoring itself"),
    (
        lambda: FitCriterion("a", (LEAD.budget > 1) | define("good", LEAD.grade == "hot")),
        "asks lead.grade, which the lead scoring itself works out: that is a circle",
    ),
    (lambda: FitCriterion("a", LEAD.budget > 1, True), "points are True"),
    (lambda: SourcePoints(points=3), "names both source and channel, or none"),
    (lambda: SourcePoints(source="a", channel="b"), "names both source and channel, or none"),
    (lambda: SourcePoints(source=" "), "an empty text never matches"),
    (lambda: LeadGrade("a", 0, "0s"), "respond_within is 0s"),
    (lambda: LeadGrade("a", 0, "5m", 1.5), "priority is 1.5"),
    (lambda: LeadGrade("a", 0, "5m", "x"), "priority is"),
    (lambda: EngagementSignal("a", 1, "0s"), "a half-life of 0s would forget everything"),
    (lambda: FitCriterion(" ", LEAD.budget > 1), "must be text"),
    (lambda: EngagementSignal("a", 0), "0 must be a number above 0"),
    (lambda: LeadGrade("a", 2), "2 must be a number from 0 to 1"),
    (lambda: LeadScoring(fit=[3]), "3 is not a FitCriterion; write FitCriterion(...)"),
    (
        lambda: LeadScoring(engagement=[EngagementSignal("a"), EngagementSignal("a")]),
        "two parts are named 'a'",
    ),
    (
        lambda: LeadScoring(grades=[LeadGrade("a", 0), LeadGrade("a", 1)]),
        "two grades are named 'a'",
    ),
    (lambda: LeadScoring(model=3), "the model 'int' has no predict_proba"),
    (
        lambda: LeadScoring(grades=[LeadGrade("a", 0.5), LeadGrade("b", 0.5)]),
        "the grades 'a' and 'b' begin at 0.5; give each a score of its own",
    ),
    (lambda: Logistic(float("nan"), {}), "nan is not a coefficient"),
    (lambda: Logistic(None, {}), "None is not a coefficient"),
    (lambda: Logistic(0, {"a": "2"}), "'2' is not a coefficient"),
    (lambda: Logistic(0, {"": 2}), "must be text"),
    (lambda: Logistic(0, [2]), "[2] are not coefficients; write such as {'large': 1.2}"),
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


def test_of_several_sources_a_lead_has_one():
    """The best source reaches all its points, an unlisted one none, and one that is not known takes no part."""
    scoring = LeadScoring(
        sources=[
            SourcePoints(source="paid search", points=20),
            SourcePoints(source="blog", points=5),
            SourcePoints(channel="phone", points=10),
            SourcePoints(channel="spam trap", points=-30),
        ]
    )
    assert scored(scoring, source="paid search").fit == 1
    assert scored(scoring, source="blog").fit == 0.25
    assert scored(scoring, source="other").fit == 0
    assert scored(scoring, source="paid search", channel="spam trap").fit == 0
    assert scored(scoring, source="blog", channel="phone").reasons == (
        "+5 source blog",
        "+10 channel phone",
    )
    assert scored(scoring, source="blog").completeness == pytest.approx(20 / 50)
    assert scored(scoring).score is None
    bad = LeadScoring(sources=[SourcePoints(source="x", points=-5)])
    assert (scored(bad, source="x").fit, scored(bad, source="y").fit, scored(bad).fit) == (
        0,
        1,
        None,
    )
    assert dict(scoring.features(Lead("L-1", source="blog"), NOW)) == {
        "source paid search": 0.0,
        "source blog": 1.0,
        "channel phone": 0.0,
        "channel spam trap": 0.0,
    }


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "employees": st.integers(0, 1_000),
        "budget": st.sampled_from([0, 9_999.5, 50_000]),
        "role": st.sampled_from(["student", "chief"]),
        "email": st.just("a@gmail.com"),
        "source": st.sampled_from(["blog", "ads", "other"]),
    },
)
DONE = st.lists(
    st.tuples(st.sampled_from(["pricing", "demo", "x"]), st.integers(0, 900), st.integers(0, 500)),
    max_size=4,
)


@given(FACTS, DONE, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_changes_nothing(facts, done, random):
    """Criteria, sources, signals and grades may stand in any order, and points with fractions too."""
    parts = {
        "fit": [*SCORING.fit, FitCriterion("free", is_free_mail(LEAD.email), -0.1)],
        "engagement": list(SCORING.engagement),
        "sources": [SourcePoints(source="blog", points=0.3), SourcePoints(source="ads")],
        "grades": list(SCORING.grades),
    }
    before = scored(LeadScoring(**parts), **facts, signals=signals(*done))
    for each in parts.values():
        random.shuffle(each)
    after = scored(LeadScoring(**parts), **facts, signals=signals(*done))
    assert (after.score, after.fit, after.engagement) == (
        before.score,
        before.fit,
        before.engagement,
    )
    assert (after.completeness, after.grade) == (before.completeness, before.grade)
    assert sorted(after.parts) == sorted(before.parts)


CONDITIONS = [
    LEAD.score >= 0.5,
    LEAD.score < 0.5,
    LEAD.score.is_missing(),
    LEAD.grade == "hot",
    LEAD.grade.in_(["warm", "rest"]) & (LEAD.employees > 10),
    ~(LEAD.grade == "hot"),
    LEAD.grade != "hot",
    (LEAD.completeness > 0.5) | (LEAD.budget > 1),
    LEAD.completeness.is_present(),
]


@given(FACTS, DONE)
def test_the_index_agrees_with_the_conditions(facts, done):
    """Rules that read score, grade and completeness match as their conditions hold, with and without a scoring."""
    lead = Lead("L-1", **facts, signals=signals(*done))
    rules = [Rule(str(n), when=when) for n, when in enumerate(CONDITIONS)]
    for router in (Router(rules=rules, lead_scoring=SCORING), Router(rules=rules)):
        given = router.scored(lead, NOW)
        expected = [
            str(n) for n, when in enumerate(CONDITIONS) if compile_condition(when)(given, None, NOW)
        ]
        assert [rule.name for rule in router.match_all(lead, NOW)] == expected
        first = router.match(lead, NOW)
        assert first.name == expected[0]


def test_the_score_is_in_the_ranking_and_its_record():
    """Ranking, record and explanation say the score, its parts and how much was known; a rerun gives the same bytes."""
    router = Router(
        rules=[Rule("hot", when=LEAD.grade == "hot"), Rule("rest")], lead_scoring=SCORING
    )
    lead, roster = Lead("L-1", employees=800, email="a@b.example"), Roster([Rep("ada")])
    ranking = router.rank(lead, roster, now=NOW)
    assert ranking.lead_score == SCORING.score(lead, NOW)
    told = "  Lead score 1.00 (hot, respond within 5m), 40% of the facts known: +30 large, +10 has mail\n"
    assert told in str(ranking)
    assert pickle.loads(pickle.dumps(ranking)) == ranking
    record = decide(router, lead, roster, now=NOW)
    assert record.lead_score == ranking.lead_score
    assert "  Lead score 1.00 (hot, respond within 5m)" in str(record)
    stored = dumps(record)
    assert loads(DecisionRecord, stored) == record
    assert dumps(rerun(loads(DecisionRecord, stored), router, lead, roster).after) == stored
    bare = Router(rules=[Rule("hot", when=LEAD.grade == "hot")], lead_scoring=SCORING)
    assert bare.rank(Lead("L-1"), roster, now=NOW).lead_score.completeness == 0.1
    picky = Router(rules=[], qualify=LEAD.score > 0.9, lead_scoring=SCORING)
    assert "Lead score 0.00 (rest)" in str(picky.rank(Lead("L-1"), roster, now=NOW))


def test_a_router_hands_its_predicates_to_the_scoring():
    """Predicates of the router hold in criteria; one that is not there is refused when the router is built."""
    scoring = LeadScoring(fit=[FitCriterion("vip", asks("vip"), 5)])
    known = {"vip": lambda lead, _rep, _now: lead.id == "L-1"}
    router = Router(rules=[], lead_scoring=scoring, predicates=known)
    assert [router.scored(Lead(each), NOW).score for each in ("L-1", "L-2")] == [1, 0]
    with pytest.raises(ConfigError, match=r"lead_scoring.fit 'vip'.*no predicate named 'vip'"):
        Router(rules=[], lead_scoring=scoring)
    own = evolve(scoring, predicates=known)
    assert Router(rules=[], lead_scoring=own).scored(Lead("L-1"), NOW).score == 1
    with pytest.raises(FieldTypeError, match="lead_scoring is of type int"):
        Router(rules=[], lead_scoring=3)


def test_a_scored_lead_is_the_same_lead():
    """A score is no fact: it changes neither equality nor what is written, and a changed lead has none."""
    lead = Lead("L-1", employees=800)
    router = Router(rules=[], lead_scoring=SCORING)
    found = router.scored(lead, NOW)
    assert (found, hash(found), dumps(found)) == (lead, hash(lead), dumps(lead))
    assert (found.score, found.grade, found.completeness) == (0.75, "hot", pytest.approx(0.4))
    assert (lead.score, lead.grade, lead.completeness, lead.lead_score) == (None, None, None, None)
    assert router.scored(found, NOW + timedelta(days=1)) is found
    assert found.with_changes(employees=1).score is None

    class Ours(Lead):
        """A lead of a caller's own class."""

    assert type(router.scored(Ours("L-2", employees=800), NOW)) is Ours


def test_versions_tell_scorings_apart():
    """The version of a policy changes with its scoring, its dispositions and the name of its model."""
    routers = [
        Router(rules=[]),
        Router(rules=[], lead_scoring=SCORING),
        Router(rules=[], lead_scoring=evolve(SCORING, blend=0.4)),
        Router(rules=[], lead_scoring=evolve(SCORING, model=NamedModel("a", Odd([])))),
        Router(rules=[], lead_scoring=evolve(SCORING, model=NamedModel("b", Odd([])))),
        Router(rules=[], dispositions=[Disposition("won", closes=True, won=True)]),
    ]
    assert len({router.version for router in routers}) == len(routers)
    again = Router(rules=[], lead_scoring=evolve(SCORING, model=NamedModel("a", Odd([1]))))
    assert again.version == routers[3].version


def test_a_router_with_a_scoring_is_pickled():
    """A router that has scored is pickled, and scores the same afterwards."""
    router = Router(rules=[], lead_scoring=evolve(SCORING, model=Fitted(0.25)))
    lead = Lead("L-1", employees=800)
    before = router.scored(lead, NOW).lead_score
    again = pickle.loads(pickle.dumps(router))
    assert (again, again.scored(lead, NOW).lead_score) == (router, before)
