from datetime import timedelta

import pytest
from hypothesis import given

from leadroute import (
    LEAD,
    REP,
    Factor,
    Pool,
    Qualification,
    Router,
    Rule,
    close_rate,
    free_capacity,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.insight.description import (
    describe_policy,
    describe_rule,
    preference,
    who,
)
from leadroute.rules.builders import define
from leadroute.rules.describe import duration_in_words
from leadroute.rules.scorer import parse_score
from leadroute.rules.terms import DEFAULTS
from leadroute.scorers import BUILT_IN, intent, longest_idle
from leadroute.testing.strategies import conditions, routers


@scorer
def nearby(context, rep, tag):
    """Works nearby."""
    return 1


def test_rule_is_a_sentence():
    """A rule is one sentence: which leads, which reps, who is preferred, for how long."""
    rule = Rule(
        "enterprise",
        when=(LEAD.annual_revenue >= 1_000_000) & (LEAD.country == "US"),
        require=REP.level >= 3,
        score=free_capacity(),
    )
    assert describe_rule(rule, DEFAULTS) == (
        "If annual revenue is at least 1,000,000 and country is US, then reps whose level is at least 3, "
        "best first by free capacity, offered for 5 minutes."
    )


def test_rule_for_every_lead():
    """A rule without a condition takes every lead, or every other one when rules stand before it."""
    rest = Rule("rest", accept_within="1h")
    said = "all reps, best first by whose turn it is, offered for 1 hour."
    terms = rest.over(DEFAULTS)
    assert describe_rule(rest, terms) == f"Every lead: {said}"
    assert describe_rule(rest, terms, first=False) == f"Every other lead: {said}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("a"), "all reps"),
        (Rule("a", pool="everyone"), "all reps"),
        (Rule("a", pool="emea"), "all reps of the pool emea"),
        (
            Rule("a", in_territory=True, max_distance_km=50),
            "all reps in the lead's territory within 50 km of the lead",
        ),
        (Rule("a", require=REP.level >= 3), "reps whose level is at least 3"),
        (
            Rule("a", require=(REP.level >= 3) & REP.teams.contains("emea"), pool="emea"),
            "reps of the pool emea whose level is at least 3 and whose teams include emea",
        ),
        (
            Rule("a", require=(REP.level >= 3) | (LEAD.budget < 5)),
            "reps for whom their level is at least 3 or budget is less than 5",
        ),
    ],
)
def test_who(rule, said):
    """The reps of a rule are named by pool and requirement, in the plural."""
    assert who(rule) == said


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (None, "best first by whose turn it is"),
        (round_robin(), "best first by whose turn it is"),
        (longest_idle(), "best first by time since they last became free"),
        (2 * close_rate(), "best first by share of leads won (counts twice)"),
        (
            0.5 * intent() + 2.5 * intent("page") + skill_match("current_solution"),
            (
                "best first by interest shown (counts half), interest shown by page signals (counts 2.5 times) and "
                "skill in the lead's current solution"
            ),
        ),
        (nearby("de"), "best first by nearby('de')"),
        (
            (3 * free_capacity()).when(LEAD.budget > 5).when(REP.active),
            "best first by free capacity (counts three times, if the rep's active is true, if budget is more than 5)",
        ),
    ],
)
def test_preference(score, said):
    """Each part of a score has a name that people know, with its weight and its condition."""
    if score is not None and "active" in said:
        score = (3 * free_capacity()).when(LEAD.budget > 5).when(REP.active == True)  # noqa: E712 - builds a condition
    assert preference(score) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "skill_match(['industry', 'current_solution'])",
            "skill in the lead's industry and current solution",
        ),
        ("intent(['visit', 'demo'])", "interest shown by visit and demo signals"),
        (
            "expertise(by=['industry', 'country'])",
            "leads of the same industry and country worked before",
        ),
        ("tier('annual_revenue', [1000])", "whether their level suits the lead's annual revenue"),
        ("deal_size_fit()", "whether they win leads of such budget"),
        ("source_urgency(['event'], [1])", "urgency of the lead's source"),
        (
            "max_of(free_capacity(), language())",
            "the best of (free capacity; how well they speak the lead's language)",
        ),
        (
            "2 * close_rate(by=['industry', 'country'], half_life='26w')",
            (
                "share of leads won (among leads of the same industry and country, those 182 days old count half, "
                "counts twice)"
            ),
        ),
        (
            "response_speed(by='source')",
            "how fast they reach their leads (among leads of the same source)",
        ),
        (
            "expertise(by='product', half_life='4w')",
            "leads of the same product worked before (those 28 days old count half)",
        ),
        (
            "tier('budget', [9], wins=[5], by='product')",
            "whether their level suits the lead's budget (among leads of the same product)",
        ),
        ("tier('budget', [9], by='product')", "whether their level suits the lead's budget"),
        ("rep_value('level')", "higher level"),
        ("rep_value(\"rep['cost']\", higher=False)", "lower cost"),
        ("free_capacity(units=True)", "free units of capacity"),
        ("clamp(workload(), 0.25)", "how little they have open (from 0.25 to 1)"),
        ("invert(distance())", "the opposite of nearness to the lead"),
        ("at_least(close_rate(), 0.5)", "share of leads won (where it is 0.5 or more)"),
        (
            "fair_share(free_capacity() + workload())",
            (
                "free capacity and how little they have open, "
                "as long as nobody gets more than 2 leads ahead of their share"
            ),
        ),
    ],
)
def test_scorers_in_words(text, said):
    """What a scorer is told about the lead, and what it is made of, is said as well."""
    assert preference(parse_score(text, BUILT_IN)) == f"best first by {said}"


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_scorer_has_words(name):
    """No scorer of the package is shown as code."""
    arguments = {
        "skill_match": "'industry'",
        "source_urgency": "['event'], [1]",
        "tier": "'budget', [1000]",
        "rep_value": "'level'",
        "max_of": "free_capacity(), workload()",
        "first_of": "free_capacity(), workload()",
        "tiers": "free_capacity(), workload()",
        "at_least": "free_capacity(), 0.5",
    }
    given = arguments.get(
        name, "free_capacity()" if name in ("clamp", "invert", "fair_share") else ""
    )
    assert f"{name}(" not in preference(parse_score(f"{name}({given})", BUILT_IN))


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(minutes=90), "1 hour 30 minutes"),
        (timedelta(days=2, seconds=5), "2 days 5 seconds"),
        (timedelta(0), "0s"),
        (timedelta(seconds=1.5), "1s500ms"),
    ],
)
def test_duration(duration, said):
    """A duration is said in whole units, and as it is written where it has no whole seconds."""
    assert duration_in_words(duration) == said


def test_policy():
    """A policy is told from qualification to catch-all, with its pools and what its definitions mean."""
    large = define("large", LEAD.employees > 500)
    router = Router(
        qualify=LEAD.budget > 0,
        rules=[Rule("large", when=large, pool="both"), Rule("rest")],
        pools=[
            Pool("both", reps={"bob", "ada"}),
            Pool("none", reps=set()),
            Pool("some", reps={"ada"}, where=REP.level > 1),
        ],
        catch_all="desk",
    )
    waiting = "best first by whose turn it is, offered for 5 minutes."
    assert describe_policy(router).splitlines() == [
        "A lead is placed only if budget is more than 0.",
        "The first rule that fits a lead decides.",
        f"1. large: If large, then all reps of the pool both, {waiting}",
        f"2. rest: Every other lead: all reps, {waiting}",
        "Pool both: ada, bob.",
        "Pool none: nobody.",
        "Pool some: of ada, the reps whose level is more than 1.",
        "A lead that no rep can take goes to desk.",
        '"large" means: number of employees is more than 500.',
    ]


@given(routers())
def test_every_policy_has_words(router):
    """Every policy can be told, a line for each rule and pool."""
    told = describe_policy(router).splitlines()
    assert len(told) >= 2 + len(router.rules) + len(router.pools)


@given(conditions())
def test_every_requirement_has_words(condition):
    """Every requirement can be told."""
    assert who(Rule("a", require=condition)).startswith("reps ")


def test_factors():
    """Each factor is told with what becomes of a lead that it stops, and why."""
    router = Router(
        qualify=Qualification(
            [
                Factor("budget", define("rich", LEAD.budget > 0), "nurture", "too early"),
                Factor("mail", LEAD.email.is_present(), "review"),
            ]
        ),
        rules=[],
    )
    assert describe_policy(router).splitlines() == [
        "A lead is placed only if it meets every factor:",
        "- budget: rich; otherwise it is nurtured (too early).",
        "- mail: e-mail is known; otherwise a person reviews it.",
        "The first rule that fits a lead decides.",
        "A lead that no rep can take goes to catch_all.",
        '"rich" means: budget is more than 0.',
    ]


def test_when_nobody_is_found():
    """What happens when nobody is found is a sentence of the rule, and one of the whole policy."""
    rule = Rule("a", accept_within="5m", fallback={"none_available": "pool apac, wait"})
    told = "When nobody is available, the pool apac is asked, then it waits."
    assert describe_rule(rule, DEFAULTS).endswith(f"offered for 5 minutes. {told}")
    router = Router(
        rules=[rule],
        pools=[Pool("apac", reps={"ada"})],
        fallback={
            "no_rule_matched": "wait",
            "pool_empty": "catch_all",
            "none_eligible": "catch_all",
        },
    )
    assert describe_policy(router).splitlines()[-3:] == [
        "Unless a rule says otherwise: when no rule is for a lead, it waits.",
        "Unless a rule says otherwise: when the pool is empty, it goes to the catch-all.",
        "Unless a rule says otherwise: when nobody may take it, it goes to the catch-all.",
    ]


def test_steps_priority_and_wrap_up_are_told():
    """A rule says what holds after a wait, the priority of its leads, and whom it waits for."""
    rule = Rule(
        "all",
        require=REP.level >= 3,
        pool="west",
        priority=2,
        steps=[{"after": "10m", "require": REP.level >= 1}, {"after": "1h", "require": "always"}],
        fallback={"none_available": "first_back within 2h, next rule, catch_all"},
    )
    pools = [Pool("west", reps={"ada"}, wrap_up="2m"), Pool("east", reps={"bob"}, wrap_up="0s")]
    told = describe_policy(Router(rules=[rule], pools=pools))
    assert (
        "offered for 5 minutes, with priority 2. After 10 minutes: reps of the pool west whose"
        in told
    )
    assert (
        "After 1 hour: all reps of the pool west. When nobody is available, it waits for a rep"
        in told
    )
    assert "a rep who is back within 2 hours, then the next rule that fits it decides, then" in told
    assert "Pool west: ada; after a contact a rep is left alone for 2 minutes." in told
    assert "Pool east: bob; after a contact a rep is asked at once." in told


def test_answers_are_told():
    """A rule and a pool say how long a rep is left alone after an answer, and when they are paused."""
    rule = Rule("all", pool="west", cool_down={"busy": "1m", "timed_out": "10s"}, keep_place="60s")
    pool = Pool("west", reps={"ada"}, cool_down="30s", pause_after_missed=3)
    told = describe_policy(Router(rules=[rule], pools=[pool]))
    assert (
        "offered for 5 minutes, with a pause for the rep after an answer: 1 minute (busy), 10 seconds"
        " (timed out), keeping its place for 1 minute when it is withdrawn." in told
    )
    assert (
        "Pool west: ada; after an answer a rep is left alone for 30 seconds; paused after 3 missed"
        " offers in a row." in told
    )
