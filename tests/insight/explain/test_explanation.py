"""What the what-if questions promise."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples

from leadroute import (
    LEAD,
    REP,
    Cap,
    Dispatcher,
    Lead,
    LeadrouteError,
    MemoryStore,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    Territory,
    explain,
    free_capacity,
    round_robin,
    skill_match,
    why_not,
)
from leadroute.conditions import signal
from leadroute.eligibility import CODES
from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.insight import diff
from leadroute.rules.builders import age, days, define, domain_of, overlaps
from leadroute.rules.scorer import parse_score
from leadroute.scorers import BUILT_IN, invert, territory_match
from leadroute.testing import ManualClock
from leadroute.testing.strategies import conditions, leads, rosters, routers, snapshots

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PRIVATE = Lead(
    "L-1",
    name="Jo Doe",
    email="jo@secret.example",
    phone="555",
    company="Hush",
    employees=5,
    attributes={"note": "private words", "seats": 7},
)


def applied(answer, changes, router, lead, roster, snapshot, previous_offers):  # noqa: C901 - a case for each kind of change
    """The ranking with these changes made by hand."""
    now = NOW
    for rep in (rep for each in changes if each.of == "team" for rep in each.value):
        roster = roster.replace(rep)
    rep = roster[answer.rep_id]
    for change in changes:
        if change.of == "rep":
            rep = rep.with_changes(**{change.name: change.value})
        elif change.of == "lead":
            lead = lead.with_changes(**{change.name: change.value})
        elif change.of == "policy":
            router = evolve(router, **{change.name: change.value})
        elif change.of == "rule":
            rules = [change.value if rule.name == change.name else rule for rule in router.rules]
            router = evolve(router, rules=rules)
        elif change.of == "moment":
            now = change.value
        elif change.of == "previous_offers":
            previous_offers = change.value
        elif change.of == "counts":
            snapshot = evolve(snapshot, **change.value)
        elif change.of == "pool":
            pools = [
                evolve(pool, reps=change.value) if pool.name == change.name else pool
                for pool in router.pools
            ]
            router = evolve(router, pools=pools)
    team = roster.replace(rep)
    return router.rank(lead, team, now=now, snapshot=snapshot, previous_offers=previous_offers)


@given(routers(), leads(), rosters(max_size=3), snapshots(), st.booleans())
@examples(40)
def test_every_proposal_works(router, lead, roster, snapshot, before):
    """With the changes of any proposal made, the lead goes to the rep; and they are as few in each."""
    for rep in roster:
        previous_offers = {rep.id: "declined"} if before else {}
        answer = why_not(
            router,
            lead,
            rep.id,
            roster,
            now=NOW,
            snapshot=snapshot,
            previous_offers=previous_offers,
        )
        assert str(answer)
        assert answer.plain["rep_id"] == rep.id
        assert len({len(changes) for changes in answer.proposals}) <= 1
        for changes in answer.proposals:
            found = applied(answer, changes, router, lead, roster, snapshot, previous_offers)
            assert found.best.rep_id == rep.id
        best = answer.ranking.best
        assert (answer.reason == "") == (best is not None and best.rep_id == rep.id)


EVERY = [
    parse_score(text, BUILT_IN)
    for text in (
        "language() + 2 * same_country() + random_tiebreak()",
        "distance() + timezone_overlap() + workload()",
        "owner('team') + named_account('team') + cap_remaining()",
        "least_recent() + round_robin() + free_capacity()",
        "close_rate() + revenue_rate() + expertise(by=['industry', 'country'])",
        "response_speed() + accept_rate(half_life='4w') + top_producer()",
        "tier('budget', [10, 100]) + graduation() + deal_size_fit()",
        "tiers(tier('employees', [10], wins=[3]), explore(by='language'))",
        "source_urgency(['web'], [0.5]) + freshness() + intent('page')",
        "fair_share(max_of(skill_match('industry', 'all'), invert(territory_match())))",
    )
]
BERLIN = Territory("berlin", countries={"DE", "US"}, owners={"ada"})


@given(
    st.sampled_from(EVERY),
    leads(),
    rosters(max_size=3),
    snapshots(),
    st.sampled_from([None, 50]),
    st.booleans(),
)
@examples(40)
def test_every_proposal_works_with_every_scorer(
    score, lead, roster, snapshot, max_distance_km, home
):
    """Whatever a score is made of, and wherever the rep is, a proposal is true."""
    rule = Rule("a", score=score, max_distance_km=max_distance_km, in_territory=home)
    router = Router(rules=[rule], territories=[BERLIN], caps=["1 per day"], wrap_up="5m")
    for rep in roster:
        answer = why_not(router, lead, rep.id, roster, now=NOW, snapshot=snapshot)
        for changes in answer.proposals:
            found = applied(answer, changes, router, lead, roster, snapshot, {})
            assert found.best.rep_id == rep.id


@given(conditions(), conditions(rep=False), leads())
@examples(60)
def test_any_condition_can_be_asked_about(require, when, lead):
    """Conditions over the whole language are explained and searched without any error but the router's own."""
    known = {"known": lambda lead, rep, now, *_: False}
    router = Router(rules=[Rule("a", when=when, require=require)], predicates=known)
    team = Roster([Rep("ada", weight=0)])
    try:
        router.rank(lead, team, now=NOW)
    except LeadrouteError:
        return
    assert str(explain(router, lead, team, now=NOW))
    assert str(why_not(router, lead, "ada", team, now=NOW))


@given(routers(), routers(), st.lists(leads(), max_size=3), rosters())
@examples(60)
def test_diff_names_exactly_the_leads_that_move(old, new, given_leads, roster):
    """Equal policies have no difference; of others exactly the leads with another best rep are named, with a reason."""
    assert list(diff(old, old, given_leads, roster, now=NOW)) == []
    moves = list(diff(old, new, given_leads, roster, now=NOW))

    def best(router, lead):
        found = router.rank(lead, roster, now=NOW).best
        return None if found is None else found.rep_id

    pairs = [(lead.id, best(old, lead), best(new, lead)) for lead in given_leads]
    assert [(m.lead_id, m.before, m.after) for m in moves] == [p for p in pairs if p[1] != p[2]]
    assert all(move.reason and str(move) and move.plain["reason"] == move.reason for move in moves)


def told(when, lead, **policy):
    """Why a rule is not for a lead."""
    router = Router(rules=[Rule("first", when=when), Rule("rest")], **policy)
    return [str(miss) for miss in explain(router, lead, Roster([Rep("ada")]), now=NOW).earlier]


def test_parts_that_were_false():
    """Of a condition the false parts alone are told, through names, with what the lead has there."""
    big = define("big", (LEAD.employees > 100) & (LEAD.country == "US"))
    lead = Lead("L-1", employees=500, country="DE")
    assert told(big & (LEAD.budget > 5), lead) == [
        (
            "'first': not true that country is US (country is DE); not true that budget is more than 5 "
            "(budget is not known)"
        )
    ]
    assert told((LEAD.country == "US") | (signal("x").count > 1), lead) == [
        (
            "'first': not true that (country is US or the number of x signals is more than 1) "
            "(country is DE, the number of x signals is 0)"
        )
    ]


def test_what_is_personal_is_withheld():
    """No name, address, phone, company or text of an attribute is repeated."""
    asks = (LEAD.email == "a@b.example") & (LEAD.name == "x") & (LEAD.phone == "1")
    asks = asks & (LEAD.company == "x") & (LEAD["note"] == "x") & (LEAD["seats"] > 9)
    (text,) = told(asks, PRIVATE)
    assert not any(word in text for word in ("secret", "Doe", "555", "Hush", "private"))
    assert "(e-mail is withheld)" in text
    assert "(note is withheld)" in text
    assert "(seats is 7)" in text


def test_no_rule_and_no_qualification():
    """When no rule matches all are told, and when the lead does not qualify none was asked."""
    router = Router(rules=[Rule("us", when=LEAD.country == "US")], qualify=LEAD.budget > 0)
    team = Roster([Rep("ada")])
    found = explain(router, Lead("L-1", budget=5), team, now=NOW)
    assert str(found).splitlines()[1:] == [
        "  The catch-all gets it",
        "  Why no rule:",
        "     'us': not true that country is US (country is not known)",
    ]
    assert found.plain["earlier"][0]["failures"][0]["condition"] == "lead.country == 'US'"
    refused = explain(router, Lead("L-1"), team, now=NOW)
    assert [miss.rule for miss in refused.earlier] == ["qualify"]
    assert str(refused).splitlines()[-2:] == [
        "  Why not qualified:",
        "     not true that budget is more than 0 (budget is not known)",
    ]
    found = explain(router, Lead("L-1", budget=5, country="US"), team, now=NOW)
    assert str(found).endswith("  Why this rule: country is US")


def answer(rule, rep, *others, lead=None, **policy):
    """Why not this rep, and what would change it, as lines."""
    snapshot = policy.pop("snapshot", None)
    router = Router(rules=rule if isinstance(rule, list) else [rule], **policy)
    found = why_not(
        router, lead or Lead("L-1"), rep.id, Roster([rep, *others]), now=NOW, snapshot=snapshot
    )
    return found.reason, [" and ".join(map(str, changes)) for changes in found.proposals]


ADA = Rep("ada")


def test_nothing_to_change():
    """A rep who gets the lead needs no change, and there is no reason."""
    router = Router(rules=[Rule("a")])
    found = why_not(router, Lead("L-1"), "ada", Roster([ADA]))
    assert (found.reason, found.proposals, str(found)) == (
        "",
        (),
        "Lead L-1 goes to ada (rule 'a')",
    )


def test_unknown_rep():
    """A rep who is not in the roster is an error that suggests the nearest."""
    with pytest.raises(UnknownFieldError, match="did you mean 'ada'"):
        why_not(Router(rules=[]), Lead("L-1"), "adda", Roster([ADA]))


SINGLE = [
    (Rep("bob", active=False), "is not active", "the rep's account was active"),
    (
        Rep("bob", weight=0),
        "has weight 0, so never takes a lead",
        "the rep's weight was 1 instead of 0",
    ),
    (
        Rep("bob", schedule="never"),
        "has no working hours from now on",
        "the rep's schedule was open at that time",
    ),
    (Rep("bob", capacity=0), "has a capacity of 0", "the rep's capacity was 1 instead of 0"),
    (
        Rep("bob", caps=[Cap(0, "day")]),
        "has a cap of 0 per day",
        "the rep's cap was '1 per day' instead of '0 per day'",
    ),
]


@pytest.mark.parametrize(("rep", "reason", "change"), SINGLE, ids=lambda case: str(case)[:20])
def test_one_obstacle(rep, reason, change):
    """One obstacle of the rep is named, with the change that takes it away."""
    given_reason, found = answer(Rule("a"), rep)
    assert given_reason == reason
    assert found[0] == change


def test_two_obstacles():
    """Two obstacles need a pair of changes, and the pair is found."""
    reason, found = answer(Rule("a"), Rep("bob", active=False, capacity=0))
    assert reason == "is not active"
    assert found[0] == "the rep's account was active and the rep's capacity was 1 instead of 0"


def test_what_is_so_already_is_not_proposed():
    """A level, a word and a capacity that the rep has already are no change."""
    require = (REP.skills["x"] >= 0.5) & REP.teams.contains("a") & (REP.level >= 3)
    rep = Rep("bob", skills={"x": 0.5}, teams={"a"}, level=1, capacity=50)
    assert answer(Rule("a", require=require), rep)[1] == [
        "the rep's level was 3",
    ]


def test_three_obstacles():
    """What takes more than two changes is not found, and the text says so."""
    router = Router(rules=[Rule("a")])
    rep = Rep("bob", active=False, capacity=0, weight=0)
    found = why_not(router, Lead("L-1"), "bob", Roster([rep]), now=NOW)
    assert str(found).endswith("No small change would have changed that.")


def test_requirements():
    """Levels, skills, words, attributes and fields that a requirement asks for are proposed."""
    asked = {
        "level was 3": REP.level >= 3,
        "level in 'health' was 0.5 instead of unknown": REP.skills["health"] >= 0.5,
        "level in 'x' was 1 instead of unknown": REP.skills.contains("x"),
        "languages included 'fr'": REP.languages.contains("fr"),
        "teams included 'a'": overlaps(REP.teams, ["a"]),
        "office was 'Paris'": REP["office"] == "Paris",
        "tags was 'gold'": REP["tags"].contains("gold") & REP["tags"].is_present(),
        "manager was 'eve'": REP.manager_id.in_(["eve"]),
        "name was 'Bo'": REP.name.startswith("Bo"),
    }
    for words, require in asked.items():
        reason, found = answer(Rule("a", require=require), Rep("bob"))
        assert "; the rule " in reason
        assert found[:1] == [f"the rep's {words}"]


def test_what_the_lead_asks_for():
    """What a requirement compares with the lead is proposed for the rep, personal words withheld."""
    lead = evolve(PRIVATE, country="US", language="en", account_id="A-9", owner_id="bo")
    cases = {
        "languages included 'en'": LEAD.language.in_(REP.languages),
        "accounts included the lead's account": LEAD.account_id.in_(REP.accounts),
        "teams included the lead's own": LEAD["note"].in_(REP.teams),
        "manager was the lead's owner": LEAD.owner_id == REP.manager_id,
        "level was 7": LEAD["seats"] <= REP.level,
    }
    for words, require in cases.items():
        assert answer(Rule("a", require=require), Rep("bob"), lead=lead)[1][:1] == [
            f"the rep's {words}"
        ]
    (_, found) = answer(Rule("a", require=LEAD.email == LEAD.company), Rep("bob"), lead=lead)
    assert not any("Hush" in each or "secret" in each for each in found)


def test_scores():
    """A rep who is behind is told by how much, and which level, place or weight would do."""
    lead = Lead("L-1", industry="health", country="US", region="US-CA")
    ahead = Rep("ada", skills={"health": 0.7}, countries={"US"})
    score = skill_match("industry").when(LEAD.industry.is_present())
    reason, found = answer(
        Rule("a", score=score), Rep("bob", skills={"health": 0.2}), ahead, lead=lead
    )
    assert reason == "is number 2 with 0.20, behind ada with 0.70"
    assert found[0] == "the rep's level in 'health' was 0.8 instead of 0.2"
    score = territory_match()
    reason, found = answer(Rule("a", score=score), Rep("bob", countries={"DE"}), ahead, lead=lead)
    assert found[0] == "the rep's regions included 'US-CA'"
    assert answer(Rule("a", score=score), Rep("bob"), ADA)[1] == []
    reason, found = answer(
        Rule("a", score=skill_match("industry") + round_robin()), Rep("bob"), ADA
    )
    assert found[0] == "the rep's weight was 2 instead of 1"
    many = Snapshot(open={"bob": 2})
    reason, found = answer(
        Rule("a", score=free_capacity()),
        Rep("bob", capacity=4),
        Rep("ada", capacity=3),
        snapshot=many,
    )
    assert found == []


def test_pools():
    """A rep who is not in the pool is proposed for it, by name or by what the pool asks for."""
    rule = Rule("a", pool="p")
    reason, found = answer(
        rule, Rep("bob"), pools=[Pool("p", reps={"ada"}), Pool("q", reps={"bob"})]
    )
    assert (reason, found) == ("is not in the pool 'p'", ["the pool 'p' had bob in it"])
    found = answer(rule, Rep("bob"), pools=[Pool("p", where=REP.teams.contains("x"))])[1]
    assert found == ["the rep's teams included 'x'"]


def test_changes_of_the_lead():
    """Values of the lead that would have brought it to another rule are proposed."""
    rules = [
        Rule("odd", when=(signal("page").count >= 2) & (LEAD["seats"] > 5), require=REP.level > 1),
        Rule("us", when=LEAD.country.in_(["US"]) & (LEAD.budget > 10), require=REP.level < 2),
        Rule("rest", require=REP.level > 1),
    ]
    team = Rep("bob", level=1), Rep("ada", level=2)
    lead = Lead("L-1", budget=50)
    reason, found = answer(rules, *team, lead=lead)
    assert reason == "level is 1; the rule asks for more than 1"
    assert "the lead's country was 'US'" in found
    tagged = Lead("L-2", attributes={"tags": {"x"}})
    rules[1] = Rule("us", when=LEAD["tags"].contains("gold"), require=REP.level < 2)
    assert "the lead's tags was 'gold'" in answer(rules, *team, lead=tagged)[1]
    rules[1] = Rule("us", when=LEAD.budget.is_missing(), require=REP.level < 2)
    assert "the lead's budget was not known" in answer(rules, *team, lead=lead)[1]
    rules[1] = Rule("us", when=signal("page").total >= 5, require=REP.level < 2)
    assert "the lead's signals had one more 'page' of 5" in answer(rules, *team, lead=lead)[1]


def test_reason_without_a_rule():
    """A lead that is disqualified, or that no rule is for, goes to nobody for that reason."""
    rule = Rule("us", when=LEAD.country == "US")
    assert answer(rule, Rep("bob")) == ("no rule matched", ["the lead's country was 'US'"])
    reason, found = answer(rule, Rep("bob"), qualify=LEAD.budget > 0)
    assert reason == "not true that budget is more than 0"
    assert found == ["the lead's budget was 1 and the lead's country was 'US'"]


def test_odd_levers():
    """Kinds of signals that cannot be, ages, domains and ids are passed over."""
    when = (
        (signal("k" * 90).count > 1)
        & (signal("page").last > NOW)
        & (age(LEAD.received_at) > days(1))
        & (domain_of(LEAD.email) == "a.example")
        & (LEAD.id == "L-9")
    )
    require = (REP.id == "eve") & (REP.skills["x"] == LEAD["seats"]) & (REP.level == LEAD["seats"])
    lead = Lead("L-1", attributes={"seats": "many"}, received_at=NOW - timedelta(hours=1))
    rules = [
        Rule("a", when=when),
        Rule("b", when=LEAD.budget.is_missing() & ~when, require=REP.id == "eve"),
    ]
    assert answer(rules, Rep("bob"), lead=lead)[1] == []
    assert answer(Rule("c", when=LEAD.budget > 1, require=require), Rep("bob"), lead=lead)[1] == []


def test_search_is_bounded(monkeypatch):
    """The search ends after so many rankings."""
    monkeypatch.setattr(import_module("leadroute.insight.explain.why_not"), "MOST_TRIALS", 2)
    assert answer(Rule("a"), Rep("bob", active=False, capacity=0))[1] == []


def moved(old, new, *reps, lead=None):
    """Why a lead moves."""
    (move,) = diff(Router(**old), Router(**new), [lead or Lead("L-1")], Roster(reps), now=NOW)
    return move.reason


def test_reasons_of_moves():
    """A move is explained by the rule, by what stands in the way, by scores, or by the pool."""
    us, rest = Rule("us", when=LEAD.country == "US"), Rule("rest")
    bob = Rep("bob", capacity=5, weight=3)
    assert (
        moved({"rules": [rest]}, {"rules": [us]}, ADA)
        == "no rule instead of rule 'rest'; no rule matched"
    )
    assert moved({"rules": [us]}, {"rules": [rest]}, ADA) == (
        "rule 'rest' instead of no rule; before, no rule matched"
    )
    low = Rule("rest", require=REP.level < 1)
    assert moved(
        {"rules": [Rule("rest", require=REP.id == "bob")]}, {"rules": [low]}, ADA, bob
    ) == ("nobody is eligible; bob: level is not known; the rule asks for less than 1")
    last_first = {"rules": [Rule("rest", score=invert(round_robin()))]}
    assert moved(last_first, {"rules": [rest]}, ADA, bob) == "bob scores 1.00 and ada 0.00"
    pools = {"rules": [Rule("rest", pool="p")], "pools": [Pool("p", reps={"bob"})]}
    assert moved(last_first, pools, ADA, bob) == "ada is not in the pool 'p'"
    assert moved({"rules": [rest]}, {"rules": [rest], "qualify": LEAD.budget > 1}, ADA) == (
        "no rule instead of rule 'rest'; disqualified: not true that budget is more than 1"
    )


def test_overflow():
    """A rep of the rule's pool, or of one asked on the way, is told what stood in their way there."""
    pools = [Pool(name, reps={name}) for name in ("ada", "bob", "cy")]
    steps = {"none_eligible": "pool bob, pool cy"}
    rule = Rule("a", pool="ada", require=REP.level < 2, fallback=steps)
    ada, bob, cy = Rep("ada", level=3), Rep("bob", level=4), Rep("cy", level=1)
    for rep, *others in ((ada, bob, cy), (bob, ada, cy)):
        reason, _ = answer(rule, rep, *others, pools=pools)
        assert reason == f"level is {rep.level}; the rule asks for less than 2"
    old = {"rules": [Rule("a", pool="ada")], "pools": pools}
    assert moved(old, {"rules": [rule], "pools": pools}, ada, bob, cy) == (
        "ada: level is 3; the rule asks for less than 2"
    )


def test_a_part_that_was_not_asked():
    """A part that cannot be judged, behind one that is false, is no reason and no error."""
    odd = Lead("L-1", attributes={"tags": "a"})
    when = (LEAD.country == "US") & (LEAD["tags"] > 5)
    found = explain(Router(rules=[Rule("us", when=when)]), odd, Roster([ADA]), now=NOW)
    assert [each.words for each in found.earlier[0].failures] == ["country is US"]


def test_a_turn_that_was_taken_is_named():
    """By the counts of a dispatcher, who had the turn is told that without it they would be next."""
    router = Router(rules=[Rule("all")])
    office = Dispatcher(router, Roster([ADA, Rep("bob")]), MemoryStore(), ManualClock(NOW))
    office.submit(Lead("L-0"))
    found = why_not(router, Lead("L-1"), "ada", office.roster, now=NOW, snapshot=office.snapshot())
    assert found.reason == "is number 2 with 0.00, behind bob with 1.00"
    assert "ada had taken 0 turns" in " ".join(str(each) for (each, *_) in found.proposals)


@pytest.mark.parametrize(
    ("rep_id", "policy", "codes"),
    [
        ("ada", {"rules": [Rule("a")]}, ()),
        ("bob", {"rules": [Rule("a", require=REP.id == "ada")]}, ("requirement_not_met",)),
        (
            "bob",
            {"rules": [Rule("a", pool="p")], "pools": [Pool("p", reps={"ada"})]},
            ("not_in_pool",),
        ),
        ("bob", {"rules": []}, ("no_rule_matched",)),
    ],
)
def test_answer_has_the_codes_of_its_reason(rep_id, policy, codes):
    """A program need not read the sentence to know why it is not this rep."""
    team = Roster([Rep("ada", name="Ada"), Rep("bob")])
    found = why_not(Router(**policy), Lead("L-1"), rep_id, team, now=NOW)
    assert (found.codes, found.plain["codes"]) == (codes, [*codes])
    assert {*codes} <= {*CODES, "no_rule_matched"}


def test_a_rep_goes_by_id_or_name():
    """An id comes before a name, case does not matter, and the name is what people read."""
    router = Router(rules=[Rule("a", score=free_capacity())])
    team = Roster(
        [
            Rep("ada"),
            Rep("bob", name="Bob Stone"),
            Rep("cy", name="BOB"),
            Rep("di", name="Bob stone"),
        ]
    )
    assert [
        why_not(router, Lead("L-1"), name, team, now=NOW).rep_id for name in ("bob", "Bob ")
    ] == [
        "bob",
        "cy",
    ]
    assert "  Why not Bob Stone: " in str(why_not(router, Lead("L-1"), "bob", team, now=NOW))
    with pytest.raises(ConfigError, match="2 reps are called 'bob stone'; give an id: 'bob', 'di'"):
        why_not(router, Lead("L-1"), "bob stone", team, now=NOW)
    with pytest.raises(UnknownFieldError, match="did you mean 'Bob Stone'"):
        why_not(router, Lead("L-1"), "Bob Stine", team, now=NOW)


def test_moves_go_by_name():
    """A move names the reps as people do, and its data has their ids."""
    old = Router(rules=[Rule("a", require=REP.level < 2)])
    new = Router(rules=[Rule("a", require=REP.level >= 2)])
    team = Roster([Rep("ada", name="Ada L", level=1), Rep("bob", name="Bob S", level=2)])
    (move,) = diff(old, new, [Lead("L-1")], team, now=NOW)
    assert str(move) == "L-1: Ada L -> Bob S: Ada L: level is 1; the rule asks for 2 or more"
    assert (move.plain["before"], move.plain["after"]) == ("ada", "bob")
    assert "label_before" not in move.plain
