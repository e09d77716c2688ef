"""Scorers that need no history: fit, places, owners, load, turns and interest."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking.scorers.world import NOW

from leadroute import Lead, Rep, Roster, Router, Rule, Schedule, Signal, Snapshot
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import (
    distance,
    first_of,
    free_capacity,
    freshness,
    intent,
    language,
    least_recent,
    longest_idle,
    named_account,
    owner,
    rep_value,
    round_robin,
    same_country,
    skill_match,
    source_urgency,
    territory_match,
    tier,
    timezone_overlap,
    workload,
)


def judged(score, lead, rep, snapshot=None, absent=()):
    """The points of a rep and the reason for them."""
    context = RoutingContext(lead, (rep,), "p", snapshot or Snapshot(), NOW, absent=absent)
    return score.bind(context)(rep), score.reason(context, rep)


def lead(**known):
    """A lead of whom this is known."""
    return Lead("L-1", **known)


def rep(**known):
    """A rep of whom this is known."""
    return Rep("ada", **known)


NEEDS = ["industry", "lead['needs']"]
SKILLED = rep(skills={"health": 0.5, "sap": 0.9})
NEEDY = lead(industry="health", attributes={"needs": {"sap", "hr"}})
MUNICH, BERLIN = {"lat": 48.137, "lon": 11.575}, {"lat": 52.52, "lon": 13.405}
SIGNALS = [
    Signal("pricing", NOW - timedelta(days=7), 240),
    Signal("demo", NOW - timedelta(days=1), 1),
    Signal("pricing", NOW + timedelta(days=1), 999),
]

CASES = [
    (skill_match("industry"), lead(industry="health"), SKILLED, 0.5, "health at level 0.5"),
    (skill_match("industry"), lead(industry="retail"), SKILLED, 0, "retail at level 0"),
    (skill_match("industry"), lead(), SKILLED, None, "the lead has no industry"),
    (skill_match("industry"), lead(industry="health"), rep(), 0, "no skills are known"),
    (
        skill_match(NEEDS),
        NEEDY,
        SKILLED,
        pytest.approx(1.4 / 3),
        "health at level 0.5, hr at level 0, sap at level 0.9",
    ),
    (
        skill_match(NEEDS, "all"),
        NEEDY,
        SKILLED,
        0,
        "health at level 0.5, hr at level 0, sap at level 0.9",
    ),
    (skill_match(NEEDS), lead(), SKILLED, None, "the lead has no industry or lead['needs']"),
    (skill_match("industry", at_least=0.6), NEEDY, SKILLED, 0, "health at level 0.5, below 0.6"),
    (
        territory_match(),
        lead(country="DE", region="BE"),
        rep(regions={"BE"}),
        1,
        "covers the region BE",
    ),
    (territory_match(), lead(country="DE"), rep(countries={"DE"}), 0.5, "covers the country DE"),
    (territory_match(), lead(country="DE"), rep(countries={"US"}), 0, "does not cover DE"),
    (territory_match(), lead(country="DE"), rep(), 0, "no places are known"),
    (territory_match(), lead(), rep(), None, "the lead has no region and no country"),
    (same_country(), lead(country="DE"), rep(countries={"DE"}), 1, "covers DE"),
    (same_country(), lead(country="DE"), rep(countries={"US"}), 0, "does not cover DE"),
    (same_country(), lead(country="DE"), rep(), 0, "no countries are known"),
    (same_country(), lead(), rep(countries={"US"}), None, "the lead has no country"),
    (language(), lead(language="pt-BR"), rep(languages={"pt-BR"}), 1, "speaks pt-BR"),
    (
        language(),
        lead(language="pt-BR"),
        rep(languages={"pt-PT", "pt-AO"}),
        0.8,
        "speaks pt-AO pt-PT, near pt-BR",
    ),
    (language(), lead(language="pt-BR"), rep(languages={"pt-PT", "pt"}), 1, "speaks pt"),
    (language(), lead(language="pt"), rep(languages={"en"}), 0, "no pt"),
    (language(), lead(language="pt"), rep(), 0, "no languages are known"),
    (language(), lead(), rep(languages={"en"}), None, "the lead's language is not known"),
    (
        distance(504.3),
        lead(attributes=MUNICH),
        rep(attributes=BERLIN),
        pytest.approx(0.5, abs=1e-4),
        "504 km away",
    ),
    (distance(), lead(attributes=MUNICH), rep(attributes=MUNICH), 1, "0 km away"),
    (
        distance(),
        lead(attributes=MUNICH),
        rep(attributes={"lat": 91, "lon": 0}),
        0,
        "the rep's place is not known",
    ),
    (
        distance(),
        lead(attributes={"lat": 1}),
        rep(attributes=MUNICH),
        None,
        "the lead's place is not known",
    ),
    (
        timezone_overlap(),
        lead(country="DE"),
        rep(schedule="mon-fri 08:00-13:00", timezone="Europe/Berlin"),
        0.5,
        "20 of the lead's 40 working hours in the next week",
    ),
    (
        timezone_overlap(),
        lead(timezone="Asia/Tokyo"),
        rep(timezone="Europe/Berlin"),
        0,
        "0 of the lead's 40 working hours in the next week",
    ),
    (timezone_overlap(), lead(country="DE"), rep(), 0, "the rep's time zone is not known"),
    (
        timezone_overlap(),
        lead(),
        rep(timezone="Europe/Berlin"),
        None,
        "the lead's time zone is not known",
    ),
    (free_capacity(), lead(), rep(), 1, "0 open of no limit"),
    (free_capacity(), lead(), rep(capacity=0), 0, "0 open of 0"),
    (workload(), lead(), rep(weight=0), 0, "0 open, weight 0"),
    (least_recent(), lead(), rep(), 1, "no lead so far"),
    (longest_idle(), lead(), rep(), 1, "no work given back so far"),
    (intent(), lead(), rep(), None, "no signals of any kind"),
    (
        intent(),
        lead(signals=SIGNALS),
        rep(),
        pytest.approx(120.906 / 121.906, abs=1e-4),
        "signals of any kind amount to 121",
    ),
    (
        intent("pricing"),
        lead(signals=[Signal("pricing", NOW + timedelta(hours=1))]),
        rep(),
        None,
        "no signals of pricing",
    ),
    (intent("pricing", 120), lead(signals=SIGNALS), rep(), 0.5, "signals of pricing amount to 120"),
    (
        intent("pricing", at_least=240),
        lead(signals=SIGNALS),
        rep(),
        0,
        "signals of pricing amount to 120, below 240",
    ),
    (
        intent(["pricing", "demo"], 240, ["1w", "1d"], [1, 240]),
        lead(signals=SIGNALS),
        rep(),
        0.5,
        "signals of pricing, demo amount to 240",
    ),
    (
        freshness("1h"),
        lead(received_at=NOW - timedelta(hours=2)),
        rep(),
        0.25,
        "the lead is 120 minutes old",
    ),
    (
        freshness(),
        lead(received_at=NOW + timedelta(hours=2)),
        rep(),
        1,
        "the lead is 0 minutes old",
    ),
    (
        freshness("1w"),
        lead(received_at=NOW - timedelta(days=7)),
        rep(),
        0.5,
        "the lead is 7 days old",
    ),
    (
        freshness("3h"),
        lead(received_at=NOW - timedelta(hours=3)),
        rep(),
        0.5,
        "the lead is 3 hours old",
    ),
    (freshness(), lead(), rep(), None, "it is not known when the lead came in"),
    (source_urgency(["phone"], [0.9]), lead(source="phone"), rep(), 0.9, "source is phone"),
    (source_urgency(["phone"], [1]), lead(source="mail"), rep(), None, "source is mail"),
    (source_urgency(["phone"], [1], 0.2), lead(source="mail"), rep(), 0.2, "source is mail"),
    (source_urgency(["phone"], [1], 0.2), lead(), rep(), None, "the lead has no source"),
]


UNKNOWN = [
    (skill_match, ("industry",), lead(industry="health"), lead()),
    (skill_match, (["industry", "product"], "all"), lead(industry="a", product="b"), lead()),
    (language, (), lead(language="de"), lead()),
    (same_country, (), lead(country="DE"), lead()),
    (territory_match, (), lead(region="BE"), lead()),
    (distance, (), lead(attributes=MUNICH), lead(attributes={"lat": 1})),
    (timezone_overlap, (), lead(country="DE"), lead()),
    (tier, ("budget", [100]), lead(budget=500), lead()),
]


@pytest.mark.parametrize(("make", "given", "known", "nothing"), UNKNOWN)
@pytest.mark.parametrize("unknown", [0, 0.5, 1, None])
def test_a_rep_of_whom_nothing_is_known_gets_what_the_policy_says(
    make, given, known, nothing, unknown
):
    """0 when it does not say; what is missing on the lead gives no answer to anybody."""
    score = make(*given, unknown=unknown)
    assert judged(score, known, rep())[0] == unknown
    assert judged(score, nothing, rep())[0] is None
    assert (make(*given) == score) is (unknown == 0)
    assert str(score).endswith(")" if unknown == 0 else f"unknown={unknown!r})")
    assert ("unknown" in str(score)) is (unknown != 0)
    with pytest.raises(ConfigError, match="must be a number from 0 to 1"):
        make(*given, unknown=2)


def test_a_rep_whose_calendar_fails_counts_as_unknown():
    """The calendar is the host's; its hours cannot be known."""

    class Failing:
        def __contains__(self, day):
            raise LookupError

        def __hash__(self):
            return 1

    own = Schedule("mon-fri 09:00-17:00", "UTC", holidays=Failing())
    germany = lead(country="DE")
    for unknown, points in [(0, 0), (0.25, 0.25), (None, None)]:
        score = timezone_overlap(unknown=unknown)
        found, reason = judged(score, germany, rep(schedule=own))
        assert (found, reason) == (points, "the rep's calendar fails with LookupError")
        assert score.column(RoutingContext(germany, (rep(schedule=own),), "p", instant=NOW)) == [
            points
        ]


@pytest.mark.parametrize(
    ("score", "of", "by", "points", "why"), CASES, ids=[f"{case[0]}: {case[4]}" for case in CASES]
)
def test_points_and_reasons(score, of, by, points, why):
    """A scorer gives these points for what is known, and says why."""
    assert judged(score, of, by) == (points, why)


def test_counts_decide_load_and_turns():
    """What is open, and when the last lead came, is read from the snapshot."""
    counts = Snapshot(open={"ada": 5}, last_assigned={"ada": to_micros(NOW - timedelta(days=3))})
    assert judged(workload(), lead(), rep(weight=0.5), counts) == (0.5, "5 open, weight 0.5")
    assert judged(free_capacity(), lead(), rep(capacity=20), counts)[0] == 0.75
    points, why = judged(least_recent(), lead(), rep(), counts)
    assert (points, why) == (0.75, "last lead at 2026-03-01 12:00 UTC")
    counts = Snapshot(free_since={"ada": to_micros(NOW - timedelta(minutes=45))})
    points, why = judged(longest_idle("15m"), lead(), rep(), counts)
    assert (points, why) == (0.75, "last became free at 2026-03-04 11:15 UTC")
    assert judged(free_capacity(), lead(), rep(capacity=3), Snapshot(open={"ada": -1}))[0] == 1
    assert judged(free_capacity(), lead(), rep(capacity=3), Snapshot(open={"ada": 1.5}))[0] == 0.5


def test_a_named_domain_is_found_in_any_case():
    """A domain is the same however it is written; the name of a company is not."""
    inquiry = lead(email="cto@acme.example", company="Acme")
    assert judged(named_account(), inquiry, rep(accounts={"ACME.example"}))[0] == 1
    assert judged(named_account(), inquiry, rep(accounts={"ACME"}))[0] is None


def test_a_named_domain_holds_its_subdomains():
    """Whoever has the account of a domain has those of its subdomains, and of no other that ends alike."""
    for host, points in (("eu.acme.example", 1), ("notacme.example", None), ("example", None)):
        inquiry = lead(email=f"cto@{host}")
        assert judged(named_account(), inquiry, rep(accounts={"Acme.example"}))[0] == points


BOSS, MATE, OTHER = Rep("boss"), Rep("mate", teams={"red"}), Rep("other")
OWNER = Rep("ann", name="Ann", teams={"red"}, manager_id="boss", accounts={"acme"})


def sticky(score, *here, absent=()):
    """The points and reasons of the reps who are here, for a lead of Ann's."""
    given = lead(owner_id="ann", account_id="acme")
    context = RoutingContext(given, here, "p", absent=absent)
    points = score.bind(context)
    return {one.id: (points(one), score.reason(context, one)) for one in here}


@pytest.mark.parametrize("scorer", [owner, named_account])
def test_the_owner_comes_first(scorer):
    """Who owns the lead gets it; the others get nothing."""
    assert sticky(scorer(), OWNER, OTHER) == {
        "ann": (1, "the lead is theirs"),
        "other": (0, "the lead belongs to Ann"),
    }


@pytest.mark.parametrize("scorer", [owner, named_account])
def test_an_owner_who_is_away_is_stood_in_for(scorer):
    """When the owner cannot take the lead, the policy says who stands in; else there is no answer."""
    away = "the lead belongs to Ann, who cannot take it"
    assert sticky(scorer(), MATE, OTHER, absent=(OWNER,))["mate"] == (None, away)
    assert sticky(scorer("team"), MATE, OTHER, absent=(OWNER,)) == {
        "mate": (1, f"{away}; stands in as team"),
        "other": (0, away),
    }
    assert sticky(scorer("manager"), MATE, BOSS, absent=(OWNER,)) == {
        "mate": (0, away),
        "boss": (1, f"{away}; stands in as manager"),
    }
    assert sticky(scorer("manager"), OTHER, absent=(OWNER,))["other"] == (None, away)
    assert sticky(scorer("team"), OTHER)["other"] == (
        None,
        "the owner of the lead is not in the pool",
    )


def test_a_lead_whose_owner_is_offline_goes_to_somebody_else():
    """The scenarios of Chatwoot and Rocket.Chat: the owner is away, so the lead goes to the one who is there."""
    router = Router(rules=[Rule("all", score=first_of(owner(), round_robin()))])
    returning = lead(owner_id="a")
    here, away = Rep("a"), Rep("a", active=False)
    assert router.rank(returning, Roster([here, Rep("b")])).best.rep_id == "a"
    assert router.rank(returning, Roster([away, Rep("b")])).best.rep_id == "b"


def test_the_stickiness_of_an_unfinished_scorer_is_refused():
    """A sticky scorer must say who owns a lead."""
    from leadroute.ranking.scorers.holdings import _Sticky

    with pytest.raises(TypeError, match="define _owns"):
        _Sticky().bind(RoutingContext(lead(), (), "p"))


@given(
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(1, 20),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
)
def test_more_room_and_longer_idle_never_give_fewer_points(some, more, capacity, idle, longer):
    """Fewer open leads, more free_capacity and a longer wait never cost points."""
    few, many = sorted((some, more))
    short, long = sorted((idle, longer))
    for score in (free_capacity(), workload()):
        assert (
            judged(score, lead(), rep(capacity=capacity), Snapshot(open={"ada": few}))[0]
            >= judged(score, lead(), rep(capacity=capacity), Snapshot(open={"ada": many}))[0]
        )
    for score, name in ((least_recent(), "last_assigned"), (longest_idle(), "free_since")):
        last = [
            Snapshot(**{name: {"ada": to_micros(NOW) - 10**6 * each}}) for each in (long, short)
        ]
        longest, shortest = (judged(score, lead(), rep(), each)[0] for each in last)
        assert longest >= shortest


def test_longest_idle_reads_no_clock_before_somebody_became_free():
    """While nobody has given back work, all have the same points, also where nobody knows the time."""
    team, router = [Rep("ada"), Rep("bob")], Router(rules=[Rule("a", score=longest_idle())])
    assert [each.score for each in router.rank(lead(), team).assignments] == [1, 1]
    freed = Snapshot(free_since={"bob": to_micros(NOW)})
    with pytest.raises(FieldTypeError, match="now is not known"):
        router.rank(lead(), team, snapshot=freed)
    found = router.rank(lead(), team, snapshot=freed, now=NOW).assignments
    assert [(each.rep_id, each.score) for each in found] == [("ada", 1), ("bob", 0)]


@given(*[st.floats(-90, 90), st.floats(-180, 180)] * 2)
def test_distance_is_the_same_both_ways(north, east, other_north, other_east):
    """It is as far from lead to rep as from rep to lead, and never further than half around the earth."""
    here, there = {"lat": north, "lon": east}, {"lat": other_north, "lon": other_east}
    one = judged(distance(), lead(attributes=here), rep(attributes=there))[0]
    other = judged(distance(), lead(attributes=there), rep(attributes=here))[0]
    assert one == pytest.approx(other)
    assert one >= 50 / (50 + 20_016)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 200))
def test_newer_signals_never_count_less(age, older, seconds):
    """A signal counts at least as much as the same signal longer ago, and so does a newer lead."""
    new, old = (NOW - timedelta(hours=each) for each in sorted((age, older)))
    warm, cold = (
        judged(intent("p"), lead(signals=[Signal("p", at, seconds)]), rep())[0] for at in (new, old)
    )
    fresh, stale = (judged(freshness(), lead(received_at=at), rep())[0] for at in (new, old))
    assert warm >= cold
    assert fresh >= stale


def given_to(score, *reps, opened=None):
    """The points of each rep, among all of them."""
    context = RoutingContext(lead(), reps, "p", Snapshot(open=opened or {}), NOW)
    points = [score.bind(context)(each) for each in reps]
    assert points == score.column(context)
    return points, [score.reason(context, each) for each in reps]


def test_a_number_of_the_reps_own():
    """It is set between the least and the most of the candidates, higher or lower first, and unknown has no answer."""
    reps = [Rep("a", level=1), Rep("b", level=2), Rep("c", level=5), Rep("d")]
    points, reasons = given_to(rep_value("level"), *reps)
    assert points == [0, 0.25, 1, None]
    assert reasons[1] == "level is 2, between 1 and 5"
    assert reasons[3] == "level is not known"
    assert given_to(rep_value("level", higher=False), *reps)[0] == [1, 0.75, 0, None]
    assert given_to(rep_value("level"), *reps[:1])[0] == [1]
    rated = [Rep(name, attributes={"rate": rate}) for name, rate in (("a", 0.5), ("b", "?"))]
    assert given_to(rep_value("rep['rate']"), *rated)[0] == [1, None]
    for named, score in (("'levl'", "levl"), ("'name'", "name")):
        with pytest.raises(ConfigError, match=f"rep has no field {named}"):
            rep_value(score)
    with pytest.raises(ConfigError, match="higher='no' must be True or False"):
        rep_value("level", higher="no")


def test_free_units():
    """With units ten free of a hundred come before five free of five; without a capacity there is always room."""
    reps = [Rep("a", capacity=100), Rep("b", capacity=5), Rep("c", capacity=0), Rep("d")]
    opened = {"a": 90, "b": 0}
    assert given_to(free_capacity(), *reps, opened=opened)[0] == [0.1, 1, 0, 1]
    points, reasons = given_to(free_capacity(units=True), *reps, opened=opened)
    assert points == [1, 0.5, 0, 1]
    assert reasons[0] == "90 open of 100"
    assert given_to(free_capacity(units=True), *reps[2:])[0] == [0, 1]
    assert given_to(free_capacity(units=True), *reps[1:2], opened={"b": 9})[0] == [0]
    with pytest.raises(ConfigError, match="units=1 must be True or False"):
        free_capacity(units=1)
