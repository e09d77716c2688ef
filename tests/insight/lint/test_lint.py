"""What the lint finds, what it does not, and that what it shows is so."""

import pickle
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.said import unlined
from tests.profiles import examples

from leadroute import (
    LEAD,
    REP,
    Lead,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    Territory,
    check,
    free_capacity,
    skill_match,
)
from leadroute.conditions import define, signal
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.formats.policy_file import dump_policy, parse_policy
from leadroute.insight.lint import CODES, Finding, Severity, roster_checks
from leadroute.insight.lint.analysis import candidates, invented, rows, shown_by, told
from leadroute.lead_scoring import LeadGrade, LeadScoring, SourcePoints
from leadroute.rules.builders import age, domain_of, hours, is_free_mail, overlaps
from leadroute.rules.builders import predicate as asks
from leadroute.rules.evaluation import evaluate
from leadroute.rules.fields import Kind
from leadroute.rules.match_constraints import listed, span_of
from leadroute.rules.scorer import parse_score
from leadroute.scorers import BUILT_IN, first_of, intent, invert, language, territory_match
from leadroute.testing.strategies import conditions, rosters, routers

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
KNOWN = {"known": lambda lead, rep, now, *_: lead.country is not None}


def found(*rules, reps=None, **policy):
    """The findings about a policy, without those about habits."""
    roster = None if reps is None else Roster(reps)
    given = check(Router(rules=rules, **policy), roster, now=NOW)
    return [each for each in given if not each.code.startswith("LR3")]


def codes(*rules, **policy):
    """The codes of the findings about a policy, in their order."""
    return [each.code for each in found(*rules, **policy)]


ruled = st.lists(conditions(rep=False), max_size=4).map(
    lambda whens: [Rule(f"rule {n}", when=when) for n, when in enumerate(whens)]
)


@given(ruled, st.none() | conditions(rep=False, checks=()))
@examples(80)
def test_what_is_shown_is_so(rules, qualify):
    """An invented lead qualifies, and does with the rules what the finding says; and so does every error."""
    router = Router(rules=rules, qualify=qualify, predicates=KNOWN)
    for finding in check(router, now=NOW):
        if finding.lead is None:
            continue
        matched = router.match_all(finding.lead, NOW)
        assert not router._disqualified(finding.lead, NOW)
        if finding.code == "LR005":
            assert matched == ()
            continue
        rule = rules[int(finding.place.removesuffix(".when")[5:-1])]
        assert rule in matched
        assert matched[0] is not rule


@given(ruled, conditions(rep=False))
@examples(80)
def test_a_rule_that_is_not_reached_is_not_reached(rules, when):
    """No lead whatever, here one made for the very rule, comes to a rule that is reported as unreachable."""
    router = Router(rules=[*rules, Rule("last", when=when)], predicates=KNOWN)
    dead = {
        each.place for each in check(router, now=NOW) if each.code in ("LR001", "LR002", "LR003")
    }
    for row in rows(when):
        lead = invented(row, NOW)
        try:
            match = None if lead is None else router.match(lead, NOW)
        except FieldTypeError:
            continue
        if match is not None and match.name == "last":
            assert dead.isdisjoint({f"rule[{len(rules)}]", f"rule[{len(rules)}].when"})


@given(routers(), rosters(), st.sampled_from([None, NOW]))
@examples(60)
def test_lint_never_fails(router, roster, now):
    """Every policy and every roster has findings that can be printed and written as data."""
    for finding in check(router, roster, now=now):
        assert str(finding)
        assert finding.plain["severity"] == CODES[finding.code].severity
        assert pickle.loads(pickle.dumps(finding)) == finding


def test_nothing_to_find():
    """A policy that reads ability, quality and source, with scheduled reps around the clock, has no finding."""
    rules = [
        Rule("big", when=(LEAD.budget > 5) & (LEAD.source == "web"), require=REP.level > 2),
        Rule("rest", score=free_capacity()),
    ]
    team = Roster([Rep("ada", level=3, schedule="always")])
    assert check(Router(rules=rules), team, now=NOW) == ()


def test_no_rules():
    """A policy without rules leaves every lead to the catch-all, which is all there is to say."""
    assert [each.code for each in check(Router(rules=[]))] == ["LR005"]


def test_contradictions():
    """A condition that is never true is found where it stands, in a pool, a score and a requirement too."""
    never = (REP.level > 5) & (REP.level < 3)
    given = found(
        Rule("a", when=LEAD.country == "US", require=LEAD.country == "DE"),
        Rule("b", require=never, score=free_capacity().when(never)),
        pools=[Pool("p", where=never)],
        qualify=(LEAD.budget > 1) & (LEAD.budget < 1),
    )
    assert [each.place for each in given if each.code == "LR001"] == [
        "qualify",
        "pool[0].where",
        "rule[1].require",
        "rule[1].score",
        "rule[0].require",
    ]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("lead.country == 'IT' and lead.region == 'CA'", ["'IT-CA'"]),
        ("lead.country == 'CA' and lead.region in ['CA', 'NY']", ["'CA-CA'"]),
        ("lead.country == 'IT' and (lead.region == 'CA' or lead.budget > 5)", ["'IT-CA'"]),
        ("lead.country == 'IT' and lead.region == 'IT-CA'", []),
        ("lead.country in ['IT', 'US'] and lead.region == 'CA'", []),
        ("lead.country == 'PR' and lead.region == 'US-PR'", []),
        ("lead.country != 'IT' and lead.region == 'CA'", []),
        ("lead.country == 'IT' and not lead.region == 'CA'", []),
    ],
)
def test_region_of_another_country(condition, told):
    """A region that was read without its country is found, with the code that is meant."""
    given = [each.remedy for each in found(Rule("a", when=condition)) if each.code == "LR007"]
    assert [each.rpartition(" ")[2] for each in given] == told


def test_rule_for_leads_that_never_qualify():
    """A rule that asks for what qualification turns away is found once, and not as contradiction."""
    given = codes(Rule("a", when=LEAD.budget == 0), Rule("b"), qualify=LEAD.budget > 0)
    assert given == ["LR006"]


def test_shadowed_by_one():
    """A rule whose leads one earlier rule takes is found, with a lead that shows it."""
    (finding,) = found(
        Rule("90", when=LEAD.postal_code.startswith("90")),
        Rule("902", when=LEAD.postal_code.startswith("902") & (LEAD.budget > 10)),
        Rule("rest"),
    )
    assert (finding.code, finding.place) == ("LR002", "rule[1]")
    assert finding.explanation == "rule '902' is never reached, because '90' takes all of its leads"
    assert finding.lead.postal_code.startswith("902")


def test_shadowed_by_several():
    """A rule whose leads several earlier rules take together names each of them, and nobody else."""
    (finding,) = found(
        Rule("elsewhere", when=LEAD.country == "DE"),
        Rule("small", when=(LEAD.country == "US") & (LEAD.employees < 50)),
        Rule("large", when=(LEAD.country == "US") & (LEAD.employees >= 50)),
        Rule("unknown", when=(LEAD.country == "US") & LEAD.employees.is_missing()),
        Rule("us", when=LEAD.country == "US"),
        Rule("rest"),
    )
    assert "'small', 'large', 'unknown' take all of its leads" in finding.explanation


def test_not_shadowed():
    """A rule with leads of its own is not reported, however few they are."""
    assert (
        codes(
            Rule("small", when=LEAD.employees < 50),
            Rule("large", when=LEAD.employees > 50),
            Rule("known", when=LEAD.employees.is_present()),
            Rule("rest"),
        )
        == []
    )


def test_too_many_pieces():
    """When the leads of a rule fall into too many pieces, nothing is reported of it."""
    several = [
        Rule(f"r{n}", when=(LEAD[f"a{n}"] > n) & (LEAD[f"b{n}"] > n) & (LEAD[f"c{n}"] > n))
        for n in range(6)
    ]
    assert codes(*several, Rule("late", when=LEAD.budget > 1), Rule("rest")) == []
    assert codes(*several) == ["LR005"]


def test_too_many_rules():
    """When there are too many rules to compare, the first one that was not compared is named."""
    rules = [Rule(f"r{n}", when=LEAD.budget == n) for n in range(449)]
    (finding,) = [each for each in check(Router(rules=rules)) if each.code == "LR903"]
    assert finding.place == "rule[447]"
    assert finding.explanation == "rule 'r447' and those after it were not compared with the others"


def test_predicate_that_fails():
    """A predicate that fails on an invented lead takes nothing away but the lead."""

    def broken(lead, rep, now):
        raise KeyError(lead.id)

    (finding,) = found(
        Rule("a", when=asks("broken")),
        Rule("b", when=asks("broken") & (LEAD.budget > 1)),
        Rule("rest"),
        predicates={"broken": broken},
    )
    assert (finding.code, finding.lead) == ("LR002", None)


def test_overlaps():
    """Two rules that share leads and differ are found; a special case first, and the same terms, are not."""
    us, large = LEAD.country == "US", LEAD.employees > 100
    level = REP.level > 1
    assert codes(Rule("us", when=us), Rule("large", when=large), Rule("rest")) == []
    assert codes(Rule("us", when=us, require=level), Rule("large", when=large), Rule("r")) == [
        "LR004"
    ]
    assert codes(Rule("both", when=us & large, require=level), Rule("us", when=us), Rule("r")) == []
    assert (
        codes(Rule("us", when=us, require=level), Rule("de", when=LEAD.country == "DE"), Rule("r"))
        == []
    )


def test_overlap_that_cannot_be_shown():
    """Two rules that seem to share leads, and of which none can be invented, are not reported."""
    odd = LEAD.budget > LEAD.annual_revenue
    assert (
        codes(
            Rule("a", when=odd),
            Rule("b", when=LEAD.country == "US", score=free_capacity()),
            Rule("r"),
        )
        == []
    )


def test_rules_that_take_every_lead_together():
    """Rules that together take every lead need no last one without a condition."""
    us = LEAD.country == "US"
    assert codes(Rule("us", when=us), Rule("other", when=~us)) == []
    assert codes(Rule("us", when=us), qualify=us) == []


def test_remainder_is_shown():
    """A lead that no rule takes is shown, and qualifies."""
    (finding,) = found(Rule("a", when=LEAD.budget < 10), qualify=LEAD.budget > 5)
    assert finding.code == "LR005"
    assert finding.lead.budget >= 10


def test_people():
    """Strangers, people who left, and ids that are near to one of the roster are told."""
    given = found(
        Rule("a", require=REP.id.in_(["ada", "bobb"]) | (REP.id == "eve")),
        Rule("b", when=LEAD.country == "US", require=REP.id != "zoe"),
        reps=[Rep("ada", schedule="always"), Rep("bob"), Rep("eve", active=False)],
    )
    assert [str(each) for each in given if each.code in ("LR102", "LR103")] == [
        (
            "rule[0].require: error LR102: names the rep 'bobb', who is not in the roster; "
            "did you mean 'bob'?"
        ),
        "rule[0].require: warning LR103: names the rep 'eve', who is not active; name another rep",
    ]


def test_words():
    """Words that no active rep has are found in every form in which a condition can ask for them."""
    require = (
        REP.languages.contains("fr")
        & overlaps(REP.teams, ["emea", "apac"])
        & (REP.skills["health"] > 0.5)
        & (REP["office"] == "Paris")
        & LEAD.language.in_(REP.languages)
        & overlaps(REP.teams, LEAD["tags"])
        & LEAD["tags"].contains("x")
        & overlaps(LEAD["tags"], ["x"])
        & (LEAD.owner_id == REP.id)
        & LEAD["score"].is_present()
        & REP.name.contains("x")
        & REP["grade"].is_present()
    )
    gone = Rep("old", active=False, languages={"fr"}, attributes={"office": "Paris"})
    ada = Rep("ada", teams={"emea"}, attributes={"grade": 1})
    given = found(Rule("a", require=require), reps=[ada, gone])
    assert [each.explanation for each in given if each.code in ("LR104", "LR105")] == [
        "asks for the language 'fr', which no active rep has",
        "asks for the team 'apac', which no active rep has",
        "asks for the skill 'health', which no active rep has",
        "asks for rep['office'], which no active rep has",
    ]


def test_pools_and_requirements():
    """An empty pool is found, and a requirement that nobody meets is found in a pool with people alone."""
    given = codes(
        Rule("a", when=LEAD.country == "US", pool="empty", require=REP.level > 9),
        Rule("b", pool="full", require=REP.level > 9),
        pools=[Pool("empty", reps={"old"}), Pool("full", reps={"ada"}), Pool("idle", reps={"ada"})],
        reps=[Rep("ada", level=1), Rep("old", active=False)],
    )
    assert given == ["LR103", "LR106", "LR108", "LR107", "LR203"]


def test_a_pool_that_is_asked_next_is_used():
    """A pool that a rule or the router asks when nobody is found is no pool without a use."""
    pools = [Pool("p", reps={"ada"}), Pool("q", reps={"ada"})]
    ada = [Rep("ada", schedule="always")]
    rule = Rule("a", fallback={"none_available": "pool p"})
    assert codes(rule, pools=pools, reps=ada) == ["LR108"]
    assert codes(rule, pools=pools, reps=ada, fallback={"pool_empty": "pool q"}) == []


def test_territories():
    """Territories that only their names part are found, and leads that a territory rule leaves without a rep."""
    north = Territory("north", countries={"DE"}, owners={"ada"})
    coast = Territory("coast", countries={"DE"}, owners={"old"})
    rule = Rule("a", when=LEAD.country.in_(["DE", "FR"]), in_territory=True)
    ada = Rep("ada", schedule="always")
    (clash, hole) = sorted(
        found(rule, reps=[ada], territories=[north, coast]), key=lambda each: each.code
    )[-2:]
    assert (clash.code, clash.place) == ("LR401", "territory")
    assert (hole.code, hole.place, hole.lead.country) == ("LR402", "rule[0].in_territory", "FR")
    germany = Rule("a", when=LEAD.country == "DE", in_territory=True)
    assert "LR402" not in codes(germany, reps=[ada], territories=[north])
    away = codes(germany, reps=[ada], territories=[coast])
    assert "LR402" in away
    everywhere = Rule("a", in_territory=True)
    assert "LR402" not in codes(everywhere, reps=[ada], territories=[north])
    many = Rule("a", when=LEAD.country > "A", in_territory=True)
    assert "LR402" not in codes(many, reps=[ada], territories=[north])
    for nowhere in ([], [coast]):
        (bare,) = [
            each
            for each in found(everywhere, reps=[ada], territories=nowhere)
            if each.code == "LR402"
        ]
        assert str(bare) == (
            "rule[0].in_territory: warning LR402: no rep of the pool of rule 'a' belongs to any territory; "
            "add a territory, or give one a rep"
        )
    gone = Rep("old", active=False)
    empty = codes(
        Rule("a", when=LEAD.country == "FR", in_territory=True, pool="p"),
        reps=[ada, gone],
        pools=[Pool("p", reps={"old"})],
    )
    assert "LR402" not in empty


def test_many_territories(monkeypatch):
    """Beyond a bound territories are not compared, and it is said."""
    monkeypatch.setattr(roster_checks, "MOST_TERRITORIES", 1)
    (said,) = found(Rule("a"), territories=[Territory("b"), Territory("c")])
    assert (said.code, said.explanation) == (
        "LR403",
        "2 territories were not compared with each other",
    )


@pytest.mark.parametrize(
    ("rule", "country"),
    [
        (Rule("a", calling_hours="never"), None),
        (Rule("a", when=LEAD.country.in_(["DE", "US"]), calling_hours="mon 09:00-10:00"), "US"),
    ],
)
def test_calling_hours_that_never_come(rule, country):
    """Hours that are never, or never for all clocks of a lead, are found with the lead."""
    (said,) = [each for each in found(rule) if each.code == "LR404"]
    assert said.place == "rule[0].calling_hours"
    assert (None if said.lead is None else said.lead.country) == country
    fine = Rule("a", when=LEAD.country.in_(["DE", "US"]), calling_hours="mon-fri 09:00-20:00")
    assert "LR404" not in codes(fine)
    assert "LR404" not in codes(Rule("a", calling_hours="mon 09:00-10:00"))


def test_shared_hours_of_nobody_knows_whom():
    """A required overlap leaves out reps without hours and zone, whom the lint names."""
    reps = [Rep("ada"), Rep("bob", timezone="Asia/Tokyo"), Rep("cy", schedule="always")]
    (said,) = [
        each for each in found(Rule("a", min_shared_hours=1), reps=reps) if each.code == "LR405"
    ]
    assert said.explanation == (
        "the rep 'ada' is without schedule and time zone, and rule 'a' requires shared hours"
    )
    assert "LR405" not in codes(Rule("a", min_shared_hours=1), reps=reps[1:])
    assert "LR405" not in codes(Rule("a"), reps=reps)


def test_broadcast_to_more_than_are_asked():
    """Where more than 50 may take the leads of a rule, the lint proposes to ask the next as others decline."""
    reps = [Rep(f"rep {n:02}", level=n) for n in range(60)]
    (said,) = [
        each for each in found(Rule("a", offer="broadcast"), reps=reps) if each.code == "LR113"
    ]
    assert (said.place, said.severity) == ("rule[0].offer", "hint")
    assert "of the 60 reps who may take its leads the best 50 are asked" in said.explanation
    assert said.remedy.startswith("write offer = 'parallel 5'")
    senior = Rule("a", offer="broadcast", require=REP.level >= 10)
    assert "LR113" not in codes(senior, reps=reps), "50 of them may take the leads"
    assert "LR113" not in codes(Rule("a", offer="parallel 50"), reps=reps)
    assert "LR113" not in codes(Rule("a", offer="broadcast"), reps=reps[:50])


def missing(score, *reps, **policy):
    """What the lint says of the data of these reps."""
    said = found(Rule("a", score=score), reps=reps, **policy)
    return [each.explanation for each in said if each.code == "LR111"]


NOTHING, NOBODY_ELSE = Rep("ada"), "the rep 'ada' is without"
ASKED_OF_REPS = [
    ("skill_match('industry')", "skills", {"skills": {"health": 0}}),
    ("language()", "languages", {"languages": {"de"}}),
    ("same_country()", "countries", {"countries": {"DE"}}),
    ("territory_match()", "territory, region and country", {"regions": {"BE"}}),
    ("distance(latitude='y')", "a place in 'y' and 'lon'", {"attributes": {"y": 1, "lon": 2}}),
    ("timezone_overlap()", "schedule and time zone", {"timezone": "Asia/Tokyo"}),
    ("timezone_overlap()", "schedule and time zone", {"schedule": "mon 09:00-10:00"}),
    ("tier('budget', [5])", "a level", {"level": 0}),
]


@pytest.mark.parametrize(("text", "what", "known"), ASKED_OF_REPS)
def test_reps_without_the_data_of_a_score_are_named(text, what, known):
    """Alone, in a sum and inside other scores; who has the data is not named."""
    score = parse_score(text, BUILT_IN)
    says = [f"{NOBODY_ELSE} {what}, and rule 'a' scores by {text}"]
    fine = Rep("bob", **known)
    for whole in (score, 2 * score + free_capacity(), first_of(invert(score), free_capacity())):
        assert missing(whole, NOTHING, fine) == says
        assert missing(whole, fine) == []
    assert missing(score, fine, Rep("cy", weight=0), Rep("dee", active=False)) == []


def test_a_rep_who_cannot_get_there_is_not_missed():
    """Requirement and guards that hang on the rep leave them out; what hangs on the lead does not."""
    score = skill_match("industry")
    senior = Rep("sue", level=5)
    assert missing(score.when(REP.level >= 3), NOTHING, senior)[0].startswith("the rep 'sue'")
    assert len(missing(score.when(LEAD.budget > 5), NOTHING, senior)) == 1
    odd = Rep("odd", attributes={"x": "text"})
    assert missing(score.when(REP["x"] > 5), odd) == []
    rule = Rule("a", score=score, require=(REP.level >= 3) & (LEAD.budget > 5))
    said = [each for each in found(rule, reps=[NOTHING, senior]) if each.code == "LR111"]
    assert [each.place for each in said] == ["rule[0].score"]
    assert "'sue' is" in said[0].explanation


def test_each_kind_of_data_is_told_once_for_a_rule():
    """Several terms about skills make one finding, another kind another one; no more than three reps are named."""
    score = skill_match("industry") + skill_match("product") + language()
    reps = [Rep(f"r{number}") for number in range(5)]
    skills, languages = missing(score, *reps)
    assert skills.startswith("the reps 'r0', 'r1', 'r2' and 2 more are without skills")
    assert languages.endswith("are without languages, and rule 'a' scores by language()")


def test_a_part_in_a_territory_is_data_for_its_score():
    """By the territory's own list, or by the rep's; a name that no territory has is none."""
    places = [Territory("dach", countries={"DE"}, backups={"ada"})]
    reps = [Rep("ada"), Rep("bob", territories={"dach"}), Rep("cy", territories={"moon"})]
    (said,) = missing(territory_match(), *reps, territories=places)
    assert said.startswith("the rep 'cy' is without territory")


class Broken:
    """Holidays that cannot be asked, from a year on."""

    def __init__(self, since):
        self.since = since

    def __contains__(self, day):
        if day.year >= self.since:
            raise OSError("no connection")
        return False


@pytest.mark.parametrize(
    ("schedules", "says"),
    [
        (["mon-fri 09:00-17:00"], True),
        (["mon-fri 09:00-17:00", "never"], True),
        (["mon-fri 09:00-17:00", "mon 03:00-04:00"], False),
        (["mon-fri 09:00-17:00", None], False),
        (["never"], False),
        ([Schedule("mon 09:00-17:00", "Europe/Berlin", holidays=Broken(2090))], False),
    ],
)
def test_leads_that_may_be_called_only_when_nobody_works(schedules, says):
    """They are found where the rule spells out the place and the whole pool works at other hours."""
    reps = [
        Rep(f"rep-{n}", schedule=schedule, timezone="Europe/Berlin")
        for n, schedule in enumerate(schedules)
    ]
    rule = Rule("japan", when=LEAD.country.in_(["FR", "JP"]), calling_hours="mon-fri 09:00-16:00")
    said = [each for each in found(rule, reps=reps) if each.code == "LR406"]
    assert [(each.place, each.lead.country) for each in said] == [
        ("rule[0].calling_hours", "JP")
    ] * says
    nowhere = Rule("all", calling_hours="mon-fri 09:00-16:00")
    assert "LR406" not in codes(nowhere, reps=reps)
    never = Rule("japan", when=LEAD.country == "JP", calling_hours="never")
    assert "LR406" not in codes(never, reps=reps)


def test_a_calendar_that_fails_is_a_finding():
    """The rep is named, and left out of what else is said of hours."""
    broken = Schedule("mon 09:00-17:00", "UTC", holidays=Broken(2026))
    rule = Rule("all", when=LEAD.country == "DE", calling_hours="mon 09:00-10:00")
    reps = [Rep("ada", schedule=broken), Rep("bob", schedule="always")]
    assert [str(each) for each in found(rule, Rule("rest"), reps=reps)] == [
        (
            "error LR204: the rep 'ada' has a calendar that fails with OSError; "
            "repair it; until then the rep gets no offers"
        )
    ]
    assert codes(rule, Rule("rest"), reps=reps[:1]) == ["LR204"]


def test_a_pool_whose_predicate_fails_is_a_finding():
    """It is asked with a lead without any facts; the other checks go on without the pool."""
    shouting = {"known": lambda lead, rep, now: lead.country.upper() in rep.countries}
    pools = [Pool("us", where=asks("known")), Pool("rest", reps=["ada"])]
    rules = [Rule("a", when=LEAD.budget > 5, pool="us"), Rule("rest", pool="rest")]
    said = found(*rules, pools=pools, reps=[Rep("ada", schedule="always")], predicates=shouting)
    assert [str(each) for each in said] == [
        (
            "pool[0].where: error LR110: it is not known which reps are in the pool 'us': "
            "a predicate fails with AttributeError; let it answer for every rep, also with a lead without any facts"
        )
    ]


def test_what_a_silence_can_find():
    """A silence of what only a roster shows is no finding without one."""
    ignore = {"LR402": "known", "LR405": "known", "LR404": "known"}
    rules = [Rule("a")]
    assert [each.place for each in check(Router(rules=rules, ignore=ignore))][-1:] == [
        "lint.ignore.LR404"
    ]


def test_what_becomes_of_leads_without_a_rule():
    """Leads that no rule is for are caught or wait, as the router says."""
    rule = Rule("a", when=LEAD.budget > 5)
    for fallback, fate in (({}, "goes to 'catch_all'"), ({"no_rule_matched": "wait"}, "waits")):
        (said,) = [each for each in found(rule, fallback=fallback) if each.code == "LR005"]
        assert said.explanation == f"a lead that matches no rule {fate}, and no rep sees it"


def test_rules_that_ask_otherwise():
    """Two rules that share leads and differ in what happens when nobody is found treat them differently."""
    one = Rule("a", when=LEAD.budget > 5)
    other = Rule("b", when=LEAD.country == "US", fallback={"pool_empty": "wait"})
    assert "LR004" in codes(one, other)
    assert "LR004" not in codes(one, Rule("b", when=LEAD.country == "US"))


def unserved(when, require, **policy):
    """The lead that is shown for whom nobody meets a requirement, where there is one."""
    reps = [Rep("ada", languages={"en"}, countries={"US"}, schedule="always")]
    given = found(Rule("a", when=when, require=require), Rule("rest"), reps=reps, **policy)
    return next((each.lead for each in given if each.code == "LR109"), None)


def test_leads_that_nobody_can_take():
    """A lead that a rule spells out and nobody is able to take is shown; of others nothing is said."""
    speaks, near = LEAD.language.in_(REP.languages), LEAD.country.in_(REP.countries)
    assert unserved(LEAD.language.in_(["en", "fr"]), speaks).language == "fr"
    assert unserved(LEAD.language == "en", speaks) is None
    assert unserved(LEAD.language != "en", speaks) is None
    assert unserved(LEAD.budget > 5, speaks) is None
    assert unserved((LEAD.language == "en") | (LEAD.language == "fr"), speaks & near) is None
    assert unserved((LEAD.language == "fr") & (LEAD.country == "US"), speaks & near).country == "US"
    assert unserved(~(LEAD.language == "en"), speaks) is None
    assert unserved(LEAD.language == "fr", speaks & (signal("x").count < 5)) is None
    assert unserved(LEAD.language == "fr", REP.level.is_missing()) is None


def away(*reps, now=NOW):
    """What is said about the hours of a team."""
    given = check(Router(rules=[Rule("a")]), Roster(reps), now=now)
    return [each.explanation for each in given if each.code.startswith("LR2")]


def test_hours():
    """Hours with nobody are listed by day, in the zone that most of the pool keeps."""
    office = Rep("ada", timezone="Europe/Berlin", schedule="mon-fri 09:00-12:00,13:00-17:00")
    assert away(office) == [
        (
            "nobody in the pool 'everyone' is there Mon-Fri 00-09 and 12-13 and 17-24, Sat-Sun 00-24 "
            "(Europe/Berlin)"
        )
    ]
    assert away(office, Rep("bob", schedule="always")) == []


def test_hours_when_the_clocks_differ():
    """A hole that opens only while the clocks of two zones differ otherwise is told with its week."""
    london = Rep("ada", timezone="Europe/London", schedule="mon-sun 00:00-12:00")
    fixed = Rep("bob", timezone="Etc/UTC", schedule="mon-sun 12:00-00:00")
    (saidof,) = away(london, fixed)
    assert saidof == (
        "nobody in the pool 'everyone' is there in the week from 2026-07-06 Mon-Sun 11-12 (Etc/UTC)"
    )


def test_pool_that_never_works():
    """A team whose schedules are never open is told so, and not hour by hour."""
    assert away(Rep("ada", schedule="never")) == [
        "nobody in the pool 'everyone' works at any hour of the week from 2026-01-05"
    ]


def test_no_schedules():
    """Reps without a schedule are named, at most three of them."""
    assert away(Rep("ada")) == ["nobody has a schedule, which counts as working day and night"]
    some = [Rep(name) for name in "abcd"]
    (saidof,) = away(*some, Rep("z", schedule="always"))
    assert saidof.startswith("the reps 'a', 'b', 'c' and 1 more are without a schedule")
    assert away(some[0], Rep("z", schedule="always"))[0].startswith("the rep 'a' is without")
    assert away(Rep("ada", schedule="mon 09:00-10:00"), now=None) == []


def habits(*rules, **policy):
    """The hints about the three classic mistakes."""
    return [each.code for each in check(Router(rules=rules, **policy)) if each.code > "LR3"]


def test_habits():
    """Each of the three classic mistakes is found, and reading what it misses ends it."""
    assert habits(Rule("a", score=free_capacity())) == ["LR301", "LR302", "LR303"]
    assert habits(Rule("a", score=skill_match("industry").when(LEAD.source == "x"))) == ["LR302"]
    assert habits(Rule("a", score=intent("x")), pools=[Pool("p", reps={"a"})]) == ["LR303", "LR304"]
    assert habits(Rule("a", when=signal("x").count > 1, require=REP.level > 1)) == ["LR303"]
    assert habits(Rule("a", in_territory=True)) == ["LR302", "LR303"]
    known = {"known": lambda *_: True}
    assert habits(Rule("a", when=asks("known")), predicates=known) == []


def test_declared_numbers_are_quality():
    """A number of the host's own that is read counts as reading quality."""
    policy = 'format = 1\n[custom_fields]\nscore = "number"\n[[rule]]\nname = "a"\nwhen = "lead[\'score\'] > 5"\n'
    assert "LR302" not in [each.code for each in check(parse_policy(policy))]


def test_silences():
    """A silenced code is left out; an ignored code that is not found, or of no code, is found."""
    ignore = {"LR303": "one source", "LR001": "?", "LR999": "?", "LR104": "?", "LR201": "?"}
    router = Router(rules=[Rule("a")], ignore=ignore)
    given = [(each.code, each.place) for each in check(router)]
    assert given == [
        ("LR301", "rule"),
        ("LR302", "rule"),
        ("LR901", "lint.ignore.LR001"),
        ("LR902", "lint.ignore.LR999"),
    ]
    with_reps = [each.place for each in check(router, Roster([Rep("ada")])) if each.code == "LR901"]
    assert with_reps == ["lint.ignore.LR001", "lint.ignore.LR104"]
    later = check(router, Roster([Rep("ada", schedule="always")]), now=NOW)
    assert "lint.ignore.LR201" in [each.place for each in later]
    assert pickle.loads(pickle.dumps(router)).ignore == ignore


@pytest.mark.parametrize("given", [{"LR001": " "}, {"LR001": 5}, {5: "why"}, "LR001"])
def test_silence_without_a_reason(given):
    """A silence needs a reason, and the message shows how it is written."""
    with pytest.raises(ConfigError, match=r'write \{"LR004": "reason"\}'):
        Router(rules=[], ignore=given)


@pytest.mark.parametrize("written", ["toml", "json"])
def test_silences_in_a_file(written):
    """Silences are read from a policy file and written back."""
    router = Router(rules=[Rule("a")], ignore={"LR303": 'one "source"', "x y": "b"})
    text = dump_policy(router, format=written)
    assert parse_policy(text, written).ignore == router.ignore


def test_silences_in_a_file_are_checked():
    """A wrong key, and a silence without a reason, are errors of the file with their place."""
    policy = 'format = 1\n[lint]\ningore = {}\nignore = {LR001 = ""}\n[[rule]]\nname = "a"\n'
    with pytest.raises(ConfigError) as refused:
        parse_policy(policy)
    unknown, empty = unlined(refused.value).splitlines()
    assert (
        unknown == "policy: lint: there is no key of [lint] named 'ingore'; did you mean 'ignore'?"
    )
    assert empty.startswith("policy: lint.ignore: 'LR001' is silenced without a reason")


def test_lines():
    """A finding has the line of its place, or else of the table around it."""
    router = Router(rules=[Rule("a"), Rule("b", when=LEAD.budget < 0)])
    given = check(router, lines={"rule[1].when": 9, "rule": 2})
    assert [(each.code, each.line) for each in given[:2]] == [("LR001", 9), ("LR301", 2)]
    assert check(router, lines={"rule[1]": 7})[0].line == 7


def test_finding():
    """A finding prints line, place, severity, code, explanation, example and remedy, and is plain data as well."""
    lead = Lead("x", employees=5, attributes={"tags": {"b", "a"}}, signals=[])
    finding = Finding("LR002", "rule[1]", "is behind", "move it", lead, 3)
    assert str(finding) == (
        "line 3: rule[1]: error LR002: is behind (for example lead.employees == 5, "
        "lead['tags'] == ['a', 'b']); move it"
    )
    assert finding.severity is Severity.ERROR
    assert finding.plain["example"] == "lead.employees == 5, lead['tags'] == ['a', 'b']"
    assert Finding("LR203", "", "a", "b").plain["example"] is None
    assert told(Lead("x")) == "a lead without any facts"


INVENTED = [
    LEAD.id == "L-7",
    LEAD.employees.is_present() & (LEAD.priority > -2.5),
    (LEAD.annual_revenue > 5.5) & (LEAD.annual_revenue < 5.6),
    (LEAD.country > "FR") & (LEAD.country < "GB"),
    (LEAD.company > "m") & (LEAD.company < "n"),
    (LEAD.language != "en") & (LEAD.language != "de"),
    LEAD.received_at > datetime(2026, 5, 1, tzinfo=UTC),
    LEAD.received_at.is_present() & LEAD.timezone.is_present(),
    age(LEAD.received_at) > hours(5),
    age(LEAD["since"]) < hours(5),
    domain_of(LEAD.email) == "example.org",
    domain_of(LEAD.email) != "example.org",
    domain_of(LEAD.email).endswith("le.org"),
    is_free_mail(LEAD.email),
    LEAD.email.endswith("@example.edu"),
    LEAD.company.like("*soft?"),
    LEAD["tags"].contains("a") & LEAD["tags"].contains("b"),
    LEAD.company.contains("soft"),
    overlaps(LEAD["tags"], ["a", "b"]),
    (LEAD["vip"] == False) & (LEAD["seats"] > 5),  # noqa: E712 - the language asks so
    (signal("page").total > 100) & (signal("page").count >= 3),
    (signal("page").last > datetime(2026, 5, 1, tzinfo=UTC)) & (signal("mail").count > 0.5),
]


@pytest.mark.parametrize("condition", INVENTED, ids=str)
def test_leads_are_invented(condition):
    """A lead can be invented for every kind of simple question."""
    lead = shown_by(rows(condition), NOW, lambda lead: evaluate(condition, lead, now=NOW))
    assert lead is not None


BEYOND = [
    (LEAD.employees > 5) & (LEAD.employees < 6),
    LEAD.country.startswith("?"),
    age(LEAD.received_at + hours(1)) > hours(5),
    LEAD.budget > LEAD.annual_revenue,
    LEAD.country.not_in(["US"]) & LEAD.country.endswith("?"),
    LEAD["x"].contains("a") & (LEAD["x"] == "b"),
    ~LEAD.email.endswith("com") & (LEAD.email == "a@b.com"),
    overlaps(LEAD["a"], LEAD["b"]),
    LEAD.company.contains(LEAD.product),
]


@pytest.mark.parametrize("condition", BEYOND, ids=str)
def test_leads_that_are_not_invented(condition):
    """Where no lead can be invented, none is shown."""
    assert shown_by(rows(condition), NOW, lambda lead: evaluate(condition, lead, now=NOW)) is None


def test_candidates_at_the_ends_of_time():
    """A set at the very end of the calendar has candidates, or none, and no error."""
    end = datetime.max.replace(tzinfo=UTC)
    assert list(candidates(span_of(">", end), Kind.INSTANT, "", NOW)) == []
    assert list(candidates(listed([True]), Kind.FLAG, "", NOW)) == [True]


@pytest.mark.parametrize(
    ("reps", "fallback", "fate"),
    [
        (None, {}, "goes to the catch-all"),
        ({"ada"}, {"none_eligible": "wait"}, "waits"),
        ({"ada"}, {"pool_empty": "wait"}, "goes to the catch-all"),
        ({"bob"}, {"pool_empty": "wait"}, "waits"),
    ],
)
def test_what_becomes_of_leads_when_nobody_is_active(reps, fallback, fate):
    """The lint says what the policy says: the catch-all, or a wait."""
    pools = [] if reps is None else [Pool("all", reps=reps)]
    rule = Rule("all", pool=None if reps is None else "all")
    (said,) = found(rule, reps=[Rep("ada", active=False)], pools=pools, fallback=fallback)
    assert said.explanation == f"nobody is active, so every lead {fate}"


def test_leads_that_no_rule_takes_may_have_another_fate():
    """Where some leads wait and others go to the catch-all, both are said."""
    rule = Rule("germany", when=LEAD.country == "DE")
    given = found(rule, reps=[Rep("ada", active=False)], fallback={"no_rule_matched": "wait"})
    (said,) = [each for each in given if each.code == "LR101"]
    assert said.explanation.endswith("every lead goes to the catch-all or waits")


def test_what_becomes_of_leads_while_a_pool_is_away():
    """The hint about hours without anybody says what the policy does then."""
    rules = [
        Rule("one", fallback={"none_available": "pool night, ignore_availability"}),
        Rule("other"),
    ]
    reps = [Rep("ada", schedule="mon-fri 09:00-17:00")]
    for count, fate in (
        (2, "the policy then says: pool night, ignore_availability or wait"),
        (1, "pool night"),
    ):
        given = found(*rules[:count], reps=reps, pools=[Pool("night", reps={"ada"})])
        (said,) = [each for each in given if each.code == "LR201" and not each.place]
        assert fate in said.remedy
        assert said.remedy.endswith("; widen the schedules if that is too long")


def test_steps_that_open_before_the_first_offer_ends():
    """A step is useless where an offer of every grade outlasts it; at its exact end it is not."""
    rules = {
        after: Rule("all", accept_within="5m", steps=[{"after": after, "require": REP.level >= 1}])
        for after in ("4m", "5m")
    }
    assert [each.code for each in found(rules["4m"])] == ["LR501"]
    assert found(rules["5m"]) == []
    graded = evolve(rules["4m"], accept_within={"other": "5m"})
    assert [each.place for each in found(graded)] == ["rule[0].step[0].after"]


def test_steps_that_shut_out_reps():
    """Who could take a lead before a step and cannot after it is named; who can take more is not."""
    team = [Rep("ada", level=1, languages={"de"}), Rep("bob", level=2, languages={"de", "en"})]
    narrow = {"after": "1h", "require": REP.languages.contains("en")}
    wide = {"after": "2h", "require": REP.level >= 1}
    rule = Rule("all", require=REP.languages.contains("de"), steps=[narrow, wide])
    (finding,) = [each for each in found(rule, reps=team) if each.code == "LR112"]
    assert finding.place == "rule[0].step[0]"
    assert "the rep 'ada' is shut out" in finding.explanation
    moved = Rule("all", steps=[{**narrow, "pool": "west"}])
    pools = [Pool("west", reps={"bob"})]
    assert [each.code for each in found(moved, reps=team, pools=pools)] == ["LR203"]


def test_requirements_and_pools_of_steps_are_looked_at():
    """Nobody who meets a step, and words that no rep has, are found there; a pool of a step is used."""
    steps = [{"after": "1h", "require": REP.level >= 9}, {"after": "2h", "pool": "west"}]
    team = [Rep("ada", level=1)]
    pools = [Pool("west", reps={"ada"})]
    places = {
        (each.code, each.place)
        for each in found(Rule("all", steps=steps), reps=team, pools=pools)
        if each.code != "LR203"
    }
    assert places == {
        ("LR107", "rule[0].step[0].require"),
        ("LR107", "rule[0].step[1].require"),
        ("LR112", "rule[0].step[0]"),
    }


def test_inbound_leads_without_a_deadline():
    """A rule that names a source of inbound leads wants a deadline, of its own, the router's or a grade's."""

    def codes(*rules, **policy):
        given = check(Router(rules=[*rules, Rule("rest")], **policy))
        return [each.place for each in given if each.code == "LR311"]

    demo = LEAD.source == "demo-request"
    assert codes(Rule("a", when=demo)) == ["rule[0]"]
    assert codes(Rule("a", when=define("inbound", LEAD.channel.in_(["mail", "Web form"])))) == [
        "rule[0]"
    ]
    assert codes(Rule("a", when=demo, respond_within="5m")) == []
    assert codes(Rule("a", when=demo), respond_within="5m") == []
    grades = [LeadGrade("hot", 0.5, "5m")]
    scoring = LeadScoring(sources=[SourcePoints(source="x", points=1)], grades=grades)
    assert codes(Rule("a", when=demo), lead_scoring=scoring) == []
    others = [LEAD.source == "list", LEAD.role == "phone", ~LEAD.source.in_(["phone"])]
    others += [LEAD.source != "phone", LEAD.source == LEAD.channel]
    for when in others:
        assert codes(Rule("a", when=when)) == []
