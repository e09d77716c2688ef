import pickle
from datetime import UTC, datetime, timedelta
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import (
    LEAD,
    REP,
    Cap,
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
    scorer,
    skill_match,
)
from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError, ValidationError
from leadroute.ranking.ranking import Ranking
from leadroute.rules.builders import NOW, predicate
from leadroute.testing.strategies import leads, reps, routers

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)  # a Friday
counts = st.dictionaries(st.sampled_from(["ada", "bob", "50%"]), st.integers(0, 3))
snapshots = st.builds(
    Snapshot,
    open=counts,
    turns=st.fixed_dictionaries({"everyone": counts}),
    last_assigned=counts,
    won=st.just({"ada": 1}),
    closed=st.just({"ada": 2, "bob": 1}),
)
people = st.lists(reps(), max_size=5, unique_by=lambda rep: rep.id)


@given(routers(), leads(), people, snapshots, st.randoms())
def test_the_order_of_the_reps_changes_nothing(router, lead, found, snapshot, shuffler):
    """Permuting the roster gives the same ranking, to the letter."""
    mixed = list(found)
    shuffler.shuffle(mixed)
    one = router.rank(lead, Roster(found), now=AT, snapshot=snapshot)
    other = router.rank(lead, Roster(mixed), now=AT, snapshot=snapshot)
    assert one == other
    assert str(one) == str(other)


@given(routers(), leads(), people, snapshots)
def test_every_rep_has_a_reason(router, lead, found, snapshot):
    """Each member of the pool is ranked or rejected, once, with a reason; the order is total."""
    roster = Roster(found)
    ranking = router.rank(lead, roster, now=AT, snapshot=snapshot)
    ranked = [one.rep_id for one in ranking.assignments]
    rejected = [one.rep_id for one in ranking.rejections]
    members = router.members(ranking.pool, roster) if ranking.rule is not None else ()
    assert sorted(ranked + rejected) == [rep.id for rep in members]
    assert rejected == sorted(rejected)
    assert all(one.reason for one in (*ranking.assignments, *ranking.rejections))
    keys = [
        (-one.score, snapshot.last_assigned.get(one.rep_id, -1), one.rep_id)
        for one in ranking.assignments
    ]
    assert keys == sorted(keys)
    assert [one.rank for one in ranking.assignments] == list(range(1, len(ranked) + 1))
    assert (ranking.outcome is Outcome.ASSIGNABLE) == bool(ranked)
    assert ranking.at == AT
    for one in ranking.rejections:
        assert one.temporary == all(obstacle.temporary for obstacle in one.obstacles)
    waits = ranking.outcome is Outcome.NONE_AVAILABLE
    assert (ranking.resumes_at is not None) == waits
    assert ranking.resumes_at is None or ranking.resumes_at >= AT


@given(routers(), leads())
def test_the_first_match_decides(router, lead):
    """The rule that decides is the first of all that match."""
    matching = router.match_all(lead, AT)
    assert router.match(lead, AT) == (matching[0] if matching else None)


@given(routers(), leads(), people)
def test_a_router_survives_pickling(router, lead, found):
    """A router sent to another process is equal and decides alike."""
    twin = pickle.loads(pickle.dumps(router))
    assert twin == router
    assert twin.rank(lead, Roster(found), now=AT) == router.rank(lead, Roster(found), now=AT)


def test_an_assignment_shows_its_parts():
    """Parts that are made when asked for are shown, compared and sent to other processes like any others."""
    router = Router(rules=[Rule("all", score=2 * free_capacity())])
    ranking = router.rank(Lead("L-1"), Roster([Rep("ada", capacity=2)]), now=AT)
    assert repr(ranking.best) == (
        "Assignment(rep_id='ada', label='ada', rank=1, score=1.0, "
        "terms=(ScoreTerm(scorer='free_capacity()', weight=2.0, points=1.0, "
        "reason='0 open of 2'),))"
    )
    twin = pickle.loads(pickle.dumps(ranking))
    assert (twin, str(twin)) == (ranking, str(ranking))


TEAM = Roster(
    [
        Rep("ada", name="Ada", level=4, skills={"health": 0.9}, capacity=2),
        Rep("bob", level=1, weight=2, capacity=1),
        Rep("cy", active=False, schedule="mon 09:00-10:00", timezone="Europe/Berlin"),
        Rep("dee", weight=0, caps=[Cap(1, "day")], capacity=0),
    ]
)


def test_what_a_sales_manager_reads():
    """The explanation names every rep with every reason."""
    router = Router(rules=[Rule("all", score=3 * skill_match("industry") + free_capacity())])
    ranking = router.rank(
        Lead("L-1", industry="health"),
        TEAM,
        now=AT,
        snapshot=Snapshot(open={"ada": 1}, used={"cap/dee/day/2026-01-02": 1}),
        previous_offers={"cy": "declined"},
    )
    assert str(ranking).splitlines() == [
        "Lead L-1 goes to Ada (rule 'all')",
        "  1. Ada  0.80",
        "       skill_match('industry') 0.90 x3: health at level 0.9",
        "       free_capacity() 0.50: 1 open of 2",
        "  2. bob  0.25",
        "       skill_match('industry') 0.00 x3: no skills are known",
        "       free_capacity() 1.00: 0 open of 1",
        "  Not eligible:",
        f"     cy   {ranking.rejections[0].reason}",
        f"     dee  {ranking.rejections[1].reason}",
    ]
    assert ranking.rejections[0].reason.split("; ") == [
        "is not active",
        "was offered this lead before: declined",
        "is not working until Mon 2026-01-05 09:00 CET",
    ]
    assert ranking.rejections[1].reason == "has weight 0, so never takes a lead"
    assert str(ranking.best).startswith("Ada  0.80  skill_match('industry') 0.90 x3")
    assert str(ranking.rejections[0]).startswith("cy  is not active; ")


@pytest.mark.parametrize(
    ("router", "outcome", "headline"),
    [
        (
            Router(rules=[], qualify=(LEAD.budget > 0) & LEAD.email.is_present()),
            Outcome.DISQUALIFIED,
            "disqualified: not true that budget is more than 0; e-mail is missing",
        ),
        (
            Router(rules=[], qualify=LEAD.budget > 0),
            Outcome.DISQUALIFIED,
            "not true that budget is more than 0",
        ),
        (Router(rules=[]), Outcome.NO_RULE_MATCHED, "Lead L-1 goes to nobody: no rule matched"),
        (
            Router(rules=[Rule("r", pool="p")], pools=[Pool("p", reps={"zoe"})]),
            Outcome.POOL_EMPTY,
            "Lead L-1 goes to nobody (rule 'r'): the pool 'p' is empty",
        ),
        (
            Router(rules=[Rule("r", require=REP.level > 9)]),
            Outcome.NONE_ELIGIBLE,
            "(rule 'r'): nobody is eligible",
        ),
        (
            Router(rules=[Rule("r", pool="p")], pools=[Pool("p", reps={"bob", "dee"})]),
            Outcome.NONE_AVAILABLE,
            "(rule 'r'): nobody is available now",
        ),
    ],
)
def test_the_ways_of_finding_nobody(router, outcome, headline):
    """Each is an outcome of its own, said in one line."""
    ranking = router.rank(Lead("L-1"), TEAM, now=AT, snapshot=Snapshot(open={"bob": 1}))
    assert (ranking.outcome, ranking.best) == (outcome, None)
    assert headline in ranking.headline
    if outcome is Outcome.NONE_AVAILABLE:
        assert ranking.resumes_at == AT
        assert "Somebody" not in str(ranking)


def test_when_somebody_is_back():
    """With everybody off, the ranking says when the first is back, in UTC."""
    off = Roster(
        [
            Rep("a", schedule="mon 09:00-10:00", timezone="Europe/Berlin"),
            Rep("b", schedule="tue 09:00-10:00"),
            Rep("c", schedule="never"),
        ]
    )
    ranking = Router(rules=[Rule("r")]).rank(Lead("L-1"), off, now=AT)
    assert ranking.resumes_at == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert str(ranking).endswith("A rep is back at 2026-01-05 08:00 UTC")
    assert ranking.rejections[2].reason == "has no working hours from now on"
    alone = Router(rules=[Rule("r")]).rank(Lead("L-1"), Roster([off["c"]]), now=AT)
    assert alone.outcome is Outcome.NONE_ELIGIBLE


def test_a_rule_without_a_score():
    """It is a round robin by turns, whoever had a lead least recently."""
    counts = Snapshot(last_assigned={"b": 1}, turns={"everyone": {"a": 2, "b": 1}})
    team = Roster([Rep("a"), Rep("b"), Rep("c")])
    ranking = Router(rules=[Rule("r")]).rank(Lead("L-1"), team, snapshot=counts)
    assert [one.rep_id for one in ranking.assignments] == ["c", "b", "a"]
    assert [one.score for one in ranking.assignments] == [1.0, 0.5, 0.0]
    assert str(ranking.best) == "c  1.00  round_robin() 1.00: 0 turns taken"
    named = Router(rules=[Rule("r", score=round_robin())]).rank(Lead("L-1"), team, snapshot=counts)
    assert named.assignments == ranking.assignments


def test_the_instant_of_a_decision():
    """It is the one given, else the lead's own; without either only those with hours or caps need one."""
    router = Router(rules=[Rule("r")])
    assert router.rank(Lead("L-1", received_at=AT), Roster()).at == AT
    assert router.rank(Lead("L-1", received_at=AT), Roster(), now=AT + timedelta(1)).at > AT
    assert router.rank(Lead("L-1"), Roster([Rep("a")])).best.rep_id == "a"
    for timed in (Rep("a", schedule="mon 09:00-10:00"), Rep("a", caps=[Cap(1, "day")])):
        with pytest.raises(FieldTypeError, match="rule 'r', lead 'L-1': now is not known"):
            router.rank(Lead("L-1"), Roster([timed]))
    with pytest.raises(FieldTypeError, match="now is a naive datetime"):
        router.rank(Lead("L-1"), Roster(), now=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("place", "router"),
    [
        ("qualify", Router(rules=[], qualify=LEAD["x"] > 5)),
        ("r", Router(rules=[Rule("r", when=LEAD["x"] > 5)])),
        ("r", Router(rules=[Rule("r", require=REP.level > LEAD["x"])])),
        ("r", Router(rules=[Rule("r", score=free_capacity().when(LEAD["x"] > 5))])),
        ("r", Router(rules=[Rule("r", pool="p")], pools=[Pool("p", where=REP["x"] > 5)])),
    ],
    ids=["qualify", "when", "require", "score", "pool"],
)
def test_a_fact_of_the_wrong_type_is_traced(place, router):
    """Wherever a condition stands, its error names the rule and the lead."""
    roster = Roster([Rep("ada", level=1, attributes={"x": "ten"})])
    lead = Lead("L-1", attributes={"x": "ten"})
    with pytest.raises(FieldTypeError, match=f"rule '{place}', lead 'L-1': ") as raised:
        router.rank(lead, roster)
    assert (raised.value.rule, raised.value.lead_id) == (place, "L-1")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rules": [Rule("a"), Rule("a")]}, "there are two rules named 'a'; give each a name"),
        (
            {"rules": [], "pools": [Pool("p", reps={"a"}), Pool("p", reps={"b"})]},
            "there are two pools named 'p'",
        ),
        ({"rules": ["a"]}, r"rules hold a str; write rules=\[Rule\(...\), ...\]"),
        ({"rules": 5}, "rules hold a int"),
        ({"rules": [], "pools": [Rule("a")]}, r"pools hold a Rule; write pools=\[Pool"),
        (
            {"rules": [], "pools": [Pool("everyone", reps={"a"})]},
            "'everyone' is the pool of all reps; choose another name",
        ),
        (
            {"rules": [Rule("a", pool="emae")], "pools": [Pool("emea", reps={"a"})]},
            "rule 'a': there is no pool named 'emae'; did you mean 'emea'",
        ),
        (
            {"rules": [], "pools": [Pool("p", where=LEAD.budget > 0)]},
            "pool 'p': `where` asks about the lead",
        ),
        ({"rules": [], "qualify": REP.level > 0}, "qualify: asks about the rep; move that to"),
        ({"rules": [Rule("a", when=REP.level > 0)]}, "a: `when` asks about the rep"),
        ({"rules": [], "qualify": predicate("x")}, "qualify: there is no predicate named 'x'"),
        ({"rules": [Rule("a", require=predicate("x"))]}, "rule 'a'.require: there is no predicate"),
        (
            {"rules": [Rule("a", score=2 * free_capacity().when(predicate("x")))]},
            "rule 'a'.score: there is no predicate named 'x'",
        ),
        ({"rules": [], "pools": [Pool("p", where=predicate("x"))]}, "pool 'p'.where: there is no"),
        ({"rules": [], "accept_within": "0s"}, "is 0s"),
    ],
)
def test_a_policy_that_cannot_work(fields, said):
    """A mistake is found when the router is built, never while routing."""
    with pytest.raises(ConfigError, match=said):
        Router(**fields)


def test_fields_of_a_router():
    """Fields of the wrong kind are refused together."""
    with pytest.raises(ValidationError, match=r"Router: qualify is 5; .*; catch_all is empty"):
        Router(rules=[], qualify=5, catch_all="")


def test_predicate_that_is_no_function_is_refused():
    """What cannot be called is refused when the policy is built, and not at the first lead."""
    message = r"predicates\['vip'\] is 5; write a function of \(lead, rep, now\)"
    with pytest.raises(ConfigError, match=message):
        Router(rules=[Rule("a")], predicates={"vip": 5})


def test_the_members_of_a_pool():
    """By list, by condition, by both, or everyone; the host's predicates and the instant count."""
    here = {"senior": lambda lead, rep, now, *rest: rep.level > 1}
    router = Router(
        rules=[Rule("r", pool="both"), Rule("every", pool="everyone")],
        pools=[
            Pool("listed", reps={"ada", "zoe"}),
            Pool("asked", where=REP.level >= 1),
            Pool("both", reps={"bob", "ada"}, where=predicate("senior")),
            Pool("since", where=REP["since"] <= NOW),
        ],
        predicates=here,
    )
    team = Roster([*TEAM, Rep("new", attributes={"since": AT})])

    def members(pool, now=None):
        return [rep.id for rep in router.members(pool, team, now)]

    assert members("listed") == ["ada"]
    assert members("asked") == ["ada", "bob"]
    assert members("both") == ["ada"]
    assert members("since", AT) == ["new"]
    assert members("since", AT - timedelta(1)) == []
    assert members(None) == members("everyone") == ["ada", "bob", "cy", "dee", "new"]
    with pytest.raises(UnknownFieldError, match="no pool named 'lsited'; did you mean 'listed'"):
        members("lsited")


def test_an_empty_ranking():
    """A ranking without anything to say says just that."""
    assert (
        str(Ranking("L-1", Outcome.NO_RULE_MATCHED)) == "Lead L-1 goes to nobody: no rule matched"
    )


@scorer
def stopping(context, rep):
    """Raise what would end a loop."""
    raise StopIteration


def test_scorer_that_stops_is_an_error():
    """A StopIteration never ends a loop of whoever ranks; rule and lead are named."""
    with pytest.raises(RuntimeError) as caught:
        Router(rules=[Rule("r", score=stopping())]).rank(Lead("L-1"), [Rep("ada")])
    assert isinstance(caught.value.__cause__, StopIteration)
    assert caught.value.__notes__ == ["rule 'r', lead 'L-1'"]


def test_decision_goes_when_its_ranking_goes():
    """A decision is no part of a circle, so that it never waits for the garbage collector."""
    ranking = Router(rules=[Rule("r")]).rank(Lead("L-1"), [Rep("ada"), Rep("bob", weight=0)], top=1)
    assert (ranking.best.rep_id, len(ranking.rejections)) == ("ada", 1)
    decision = ref(ranking._source.context)
    del ranking
    assert decision() is None
