"""What why_not can change: a lever for every scorer and for every obstacle."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from attrs import evolve

from leadroute import (
    LEAD,
    REP,
    Cap,
    Lead,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    Snapshot,
    Territory,
    why_not,
)
from leadroute.insight.explain.changes import on_lead_hours
from leadroute.insight.explain.scorer_changes import WANTED
from leadroute.model.duration import to_micros
from leadroute.model.keys import segment_open_key
from leadroute.model.rep import Pause, Presence
from leadroute.model.snapshot import ALL, Record, TrackRecords
from leadroute.scorers import (
    BUILT_IN,
    accept_rate,
    cap_remaining,
    close_rate,
    deal_size_fit,
    distance,
    expertise,
    explore,
    free_capacity,
    freshness,
    graduation,
    intent,
    language,
    least_recent,
    longest_idle,
    max_of,
    named_account,
    owner,
    random_tiebreak,
    rep_value,
    response_speed,
    revenue_rate,
    round_robin,
    same_country,
    skill_match,
    source_urgency,
    territory_match,
    tier,
    timezone_overlap,
    top_producer,
    workload,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEEK = to_micros(NOW) // (7 * 86_400_000_000)


def proposed(rule, bob, *others, lead=None, snapshot=None, previous_offers=None, now=NOW, **policy):
    """What would have given the lead to bob, as lines; every change is one that was ranked again."""
    router = Router(rules=rule if isinstance(rule, list) else [rule], **policy)
    found = why_not(
        router,
        lead or Lead("L-1"),
        "bob",
        Roster([bob, *others]),
        now=now,
        snapshot=snapshot,
        previous_offers=previous_offers,
    )
    return [" and ".join(map(str, changes)) for changes in found.proposals]


def history(*records):
    """A snapshot with the records of these reps over all leads."""
    return Snapshot(
        track_records=TrackRecords.of([(rep, ALL, WEEK, record) for rep, record in records])
    )


ADA = Rep("ada")
BOB = Rep("bob")
WON = history(("ada", Record(closed=5, won=5, value=500_000, sized=5, log_size=34_538_776)))
ANSWERED = history(
    ("ada", Record(offered=9, accepted=8, ignored=1)), ("bob", Record(offered=12, ignored=12))
)

SCORERS = {
    "skill_match": (
        skill_match("industry"),
        Rep("ada", skills={"oil": 0.65}),
        Rep("bob", skills={"gas": 1}),
        {"lead": Lead("L-1", industry="oil")},
        "the rep's level in 'oil' was 0.7 instead of unknown",
    ),
    "language": (
        language(),
        Rep("ada", languages={"en-GB"}),
        Rep("bob", languages={"de"}),
        {"lead": Lead("L-1", language="en")},
        "the rep's languages included 'en'",
    ),
    "same_country": (
        same_country(),
        Rep("ada", countries={"US"}),
        Rep("bob", countries={"DE"}),
        {"lead": Lead("L-1", country="FR")},
        "the lead's country was 'DE'",
    ),
    "territory_match": (
        territory_match(),
        ADA,
        BOB,
        {
            "lead": Lead("L-1", country="DE"),
            "territories": [Territory("germany", countries={"DE"}, backups={"ada"})],
        },
        "the rep's territories included 'germany'",
    ),
    "distance": (
        distance(),
        Rep("ada", attributes={"lat": 52.0, "lon": 13.0}),
        Rep("bob", attributes={"lat": 48.0, "lon": 13.0}),
        {"lead": Lead("L-1", attributes={"lat": 52.3, "lon": 13.0})},
        "the rep's place was 20 km from the lead's",
    ),
    "timezone_overlap": (
        timezone_overlap(),
        Rep("ada", timezone="America/New_York"),
        Rep("bob", timezone="Asia/Tokyo"),
        {"lead": Lead("L-1", timezone="Europe/Berlin")},
        "the rep's schedule was mon-fri 09:00-17:00 on the lead's clock",
    ),
    "owner": (
        owner("team"),
        Rep("ada", active=False, teams={"x"}),
        BOB,
        {
            "lead": Lead("L-1", owner_id="ada"),
            "more": Rep("amy", teams={"x"}),
            "snapshot": Snapshot(last_assigned={"amy": 1}),
        },
        "the rep's teams included 'x'",
    ),
    "named_account": (
        named_account(),
        Rep("ada", accounts={"acme"}),
        BOB,
        {"lead": Lead("L-1", account_id="acme")},
        "the lead's account was bob's instead of ada's",
    ),
    "free_capacity": (
        free_capacity(),
        Rep("ada", capacity=4),
        Rep("bob", capacity=4),
        {"snapshot": Snapshot(open={"ada": 1, "bob": 2})},
        "the rep's capacity was 30 instead of 4",
    ),
    "cap_remaining": (
        cap_remaining(),
        Rep("ada", caps=[Cap(4, "day")]),
        Rep("bob", caps=[Cap(4, "day")]),
        {"snapshot": Snapshot(used={"cap/bob/day/2026-01-05": 2, "cap/ada/day/2026-01-05": 1})},
        "the rep's cap was '10 per day' instead of '4 per day'",
    ),
    "workload": (
        workload(),
        ADA,
        BOB,
        {"snapshot": Snapshot(open={"ada": 4, "bob": 9})},
        "the rep's weight was 10 instead of 1",
    ),
    "round_robin": (
        round_robin(),
        ADA,
        BOB,
        {"snapshot": Snapshot(turns={"everyone": {"ada": 4, "bob": 9}})},
        "bob had taken 0 turns in 'everyone' instead of 9",
    ),
    "least_recent": (
        least_recent(),
        ADA,
        BOB,
        {"snapshot": Snapshot(last_assigned={"ada": 5, "bob": 9})},
        "bob had waited longest for a lead",
    ),
    "longest_idle": (
        longest_idle(),
        ADA,
        BOB,
        {"snapshot": Snapshot(free_since={"ada": to_micros(NOW) - 9, "bob": to_micros(NOW) - 5})},
        "bob had been free longest",
    ),
    "close_rate": (
        close_rate(),
        ADA,
        BOB,
        {"snapshot": Snapshot(won={"ada": 4}, closed={"ada": 5})},
        "bob had won one more lead",
    ),
    "revenue_rate": (revenue_rate(), ADA, BOB, {"snapshot": WON}, "one more lead of 2,000 each"),
    "expertise": (
        expertise(by="industry"),
        ADA,
        BOB,
        {
            "lead": Lead("L-1", industry="oil"),
            "snapshot": Snapshot(
                track_records=TrackRecords.of([("ada", "industry/oil", WEEK, Record(closed=4))])
            ),
        },
        "bob had won 5 more leads like this one of 1,000 each",
    ),
    "response_speed": (
        response_speed(),
        ADA,
        BOB,
        {"snapshot": history(("ada", Record(reached=5, log_response=5_000_000)))},
        "bob had reached one more lead at once",
    ),
    "accept_rate": (
        accept_rate(),
        ADA,
        BOB,
        {"snapshot": ANSWERED},
        "bob had accepted every offer",
    ),
    "top_producer": (top_producer(), ADA, BOB, {"snapshot": WON}, "bob had won 5 more leads"),
    "tier": (
        tier("budget", [100, 1_000], levels=[3, 5]),
        Rep("ada", level=5),
        Rep("bob", level=1),
        {"lead": Lead("L-1", budget=500)},
        "the rep's level was 3",
    ),
    "rep_value": (
        rep_value("level"),
        Rep("ada", level=5),
        Rep("bob", level=1),
        {},
        "the rep's level was 6",
    ),
    "graduation": (graduation([5, 20]), ADA, BOB, {"snapshot": WON}, "bob had won 20 more leads"),
    "deal_size_fit": (
        deal_size_fit(),
        ADA,
        BOB,
        {"lead": Lead("L-1", budget=50), "snapshot": WON},
        "bob had won one more lead of 50 each",
    ),
    "intent": (
        intent("page").when(REP.level >= 3) + free_capacity().when(REP.level < 3),
        Rep("ada", level=1, capacity=4),
        Rep("bob", level=3),
        {"snapshot": Snapshot(open={"ada": 1})},
        "the lead's signals had one more 'page' of 10",
    ),
    "freshness": (
        freshness("1h").when(REP.level >= 3) + free_capacity().when(REP.level < 3),
        Rep("ada", level=1, capacity=4),
        Rep("bob", level=3),
        {
            "lead": Lead("L-1", received_at=NOW - timedelta(days=2)),
            "snapshot": Snapshot(open={"ada": 1}),
        },
        "the lead's time received was 2026-01-05 12:00 UTC",
    ),
    "source_urgency": (
        source_urgency(["web", "list"], [1, 0.1]).when(REP.level >= 3)
        + free_capacity().when(REP.level < 3),
        Rep("ada", level=1, capacity=4),
        Rep("bob", level=3),
        {"lead": Lead("L-1", source="list"), "snapshot": Snapshot(open={"ada": 1})},
        "the lead's source was 'web'",
    ),
    "explore": (
        explore(),
        ADA,
        BOB,
        {
            "lead": Lead("L-2"),
            "snapshot": Snapshot(won={"ada": 40, "bob": 0}, closed={"ada": 50, "bob": 50}),
        },
        "bob had won one more lead of 1,000 each",
    ),
}


@pytest.mark.parametrize("name", SCORERS)
def test_every_scorer_has_a_lever(name):
    """For each scorer there is a change that brings a rep from behind to the first place."""
    score, ada, bob, given, words = SCORERS[name]
    more = [given[each] for each in ("more",) if each in given]
    given = {key: value for key, value in given.items() if key != "more"}
    found = proposed(Rule("a", score=score), bob, ada, *more, **given)
    assert any(words in each for each in found), found


def test_the_table_is_complete():
    """Every scorer that comes with the package is in the table of levers."""
    plain = {each for each in BUILT_IN.values() if not each.__module__.endswith("combinators")}
    assert set(WANTED) == plain
    assert {each.name for each in plain} - {"random_tiebreak"} == set(SCORERS)


def day(hour):
    """An instant of the day of the decision."""
    return NOW.replace(hour=hour)


BUSY = {"bob": Presence("busy", NOW - 10 * MINUTE)}
GONE = {"bob": Presence("offline", NOW - 90 * timedelta(seconds=1), "available")}
BERLIN = Lead("L-1", timezone="Europe/Berlin")
PARIS, BONN = {"lat": 48.86, "lon": 2.35}, {"lat": 50.73, "lon": 7.1}
GERMANY = [Territory("germany", countries={"DE"}, owners={"ada"})]
ROOM = Rule("a", segment="big", capacity_cost=2)

OBSTACLES = {
    "presence": (
        Rule("a"),
        BOB,
        {"snapshot": Snapshot(presence=BUSY)},
        ["bob was available instead of busy"],
    ),
    "busy before it dropped": (
        Rule("a"),
        BOB,
        {
            "snapshot": Snapshot(presence={"bob": Presence("offline", NOW, "busy")}),
            "offline_grace": "30s",
        },
        ["bob was available instead of offline"],
    ),
    "offline_grace": (
        Rule("a"),
        BOB,
        {"snapshot": Snapshot(presence=GONE), "offline_grace": "30s"},
        [
            "the policy's offline_grace was 2m instead of 30s",
            "bob was available instead of offline",
        ],
    ),
    "wrap-up": (
        Rule("a"),
        BOB,
        {"snapshot": Snapshot(contacted={"bob": to_micros(NOW - MINUTE)}), "wrap_up": "5m"},
        [
            "the policy's wrap_up was 1m instead of 5m",
            "it was decided at Mon 2026-01-05 12:04:00 UTC",
        ],
    ),
    "calling_hours": (
        Rule("a", calling_hours="mon-fri 15:00-18:00"),
        Rep("bob", timezone="Asia/Tokyo"),
        {"lead": BERLIN},
        [
            "the rule 'a' allowed calls at any time",
            "it was decided at Mon 2026-01-05 23:00:00 JST",
        ],
    ),
    "calling, where the rep is": (
        Rule("a", calling_hours="mon-fri 20:00-22:00"),
        Rep("bob", schedule="mon-sun 00:00-24:00", timezone="Asia/Tokyo"),
        {"lead": BERLIN},
        [
            "the rule 'a' allowed calls at any time",
            "the lead's time zone was 'Asia/Tokyo'",
            "it was decided at Tue 2026-01-06 04:00:00 JST",
        ],
    ),
    "min_shared_hours": (
        Rule("a", min_shared_hours=0.8),
        Rep("bob", schedule="mon-fri 11:00-17:00", timezone="UTC"),
        {"lead": BERLIN},
        [
            "the rep's schedule was mon-fri 09:00-17:00 on the lead's clock",
            "the rule 'a' asked for 50% shared hours instead of 80%",
        ],
    ),
    "overlap, of nobody knows what": (
        Rule("a", min_shared_hours=0.8),
        Rep("bob", schedule="mon-fri 11:00-17:00", timezone="UTC"),
        {},
        ["the rule 'a' asked for no shared hours"],
    ),
    "territory": (
        Rule("a", in_territory=True),
        BOB,
        {"lead": Lead("L-1", country="DE"), "territories": GERMANY},
        ["the rep's territories included 'germany'", "the rule 'a' asked for no territory"],
    ),
    "distance": (
        Rule("a", max_distance_km=50),
        Rep("bob", attributes=PARIS),
        {"lead": Lead("L-1", attributes=BONN)},
        [
            "the rep's place was 50 km from the lead's",
            "the rule 'a' reached 400 km instead of 50",
        ],
    ),
    "distance, of an unknown lead": (
        Rule("a", max_distance_km=50),
        Rep("bob", attributes=PARIS),
        {},
        ["the rule 'a' reached any distance", "the lead's place was known, and that of the rep"],
    ),
    "distance, of nobody knows what": (
        Rule("a", max_distance_km=50),
        BOB,
        {},
        ["the rule 'a' reached any distance"],
    ),
    "schedule": (
        Rule("a"),
        Rep("bob", schedule="mon-fri 14:00-17:00"),
        {},
        [
            "the rep's schedule was open at that time",
            "it was decided at Mon 2026-01-05 14:00:00 UTC",
        ],
    ),
    "holiday": (
        Rule("a"),
        Rep("bob", schedule="mon-fri 09:00-17:00"),
        {"holidays": [date(2026, 1, 5)]},
        [
            "the policy's holidays left out 2026-01-05",
            "it was decided at Tue 2026-01-06 09:00:00 UTC",
        ],
    ),
    "capacity": (
        ROOM,
        Rep("bob", capacity=4),
        {"snapshot": Snapshot(open={"bob": 3})},
        ["the rep's capacity was 6 instead of 4"],
    ),
    "bucket": (
        ROOM,
        Rep("bob", capacity_by_segment={"big": 4}),
        {"snapshot": Snapshot(used={segment_open_key("bob", "big"): 3})},
        ["the rep's room for 'big' was 6 instead of 4"],
    ),
    "cap": (
        Rule("a"),
        Rep("bob", caps=[Cap(2, "day"), Cap(9, "week")]),
        {"snapshot": Snapshot(used={"cap/bob/day/2026-01-05": 7})},
        ["the rep's cap was '8 per day' instead of '2 per day'", "the rep's caps were not there"],
    ),
    "cap of the policy": (
        Rule("a"),
        BOB,
        {"caps": [Cap(0, "day")]},
        ["the policy's cap was '1 per day' instead of '0 per day'"],
    ),
    "previous_offers": (
        Rule("a"),
        BOB,
        {"previous_offers": {"bob": "declined", "ada": "declined"}},
        ["the lead had not been offered to bob before"],
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_every_obstacle_has_a_lever(name):
    """For each criterion there is a change that takes it away, and the nearest one that does is proposed."""
    rule, bob, given, expected = OBSTACLES[name]
    found = proposed(rule, bob, **given)
    for words in expected:
        assert any(each.startswith(words) for each in found), found


def test_two_criteria():
    """Two criteria are answered by a pair, each change as mild as can be."""
    bob = Rep("bob", capacity=1, caps=[Cap(1, "day")])
    counts = Snapshot(open={"bob": 1}, used={"cap/bob/day/2026-01-05": 3})
    assert proposed(Rule("a"), bob, snapshot=counts)[0] == (
        "the rep's capacity was 2 instead of 1 and the rep's cap was '4 per day' instead of '1 per day'"
    )


def test_weights():
    """Where two preferences pull apart, the least other weight of one of them is proposed."""
    score = 3 * skill_match("industry") + free_capacity()
    ada, bob = Rep("ada", skills={"oil": 0.9}, capacity=4), Rep("bob", skills={"oil": 0.6})
    found = proposed(
        Rule("a", score=score, require=REP.level.is_missing()),
        bob,
        ada,
        lead=Lead("L-1", industry="oil"),
        snapshot=Snapshot(open={"ada": 3}),
    )
    assert "the rep's level in 'oil' was 0.7 instead of 0.6" in found
    assert "the rule 'a' gave free_capacity() the weight 1.5 instead of 1" in found
    assert "the rule 'a' gave skill_match('industry') the weight 2 instead of 3" in found


def test_scores_within_scores():
    """A scorer inside another one is asked like any other."""
    score = max_of(language(), same_country()).when(LEAD.language.is_present())
    ada, bob = Rep("ada", languages={"en-GB"}), Rep("bob", languages={"de"})
    found = proposed(
        Rule("a", score=score), bob, ada, lead=Lead("L-1", language="en", country="DE")
    )
    assert found == [
        "the rep's languages included 'en'",
        "the rep's countries included 'DE'",
        "the lead's language was 'de'",
    ]


def test_without_an_instant():
    """Where nobody says what time it is, nothing is asked of the clock."""
    found = proposed(Rule("a", require=REP.level > 2), Rep("bob", level=1), now=None)
    assert found == ["the rep's level was 3"]


def test_stand_ins():
    """Who shares a team with an account's owner who is away may stand in."""
    ada, amy = Rep("ada", accounts={"acme"}, teams={"x"}, active=False), Rep("amy", teams={"x"})
    found = proposed(
        Rule("a", score=named_account("team")),
        BOB,
        ada,
        amy,
        lead=Lead("L-1", account_id="acme"),
        snapshot=Snapshot(last_assigned={"amy": 1}),
    )
    assert found == [
        "the rep's accounts included the lead's account",
        "the rep's teams included 'x'",
        "the lead's account was bob's instead of ada's",
    ]


def test_shared_accounts():
    """Where the account is of both already, it must be the other one's no more."""
    ada, bob = Rep("ada", accounts={"acme"}), Rep("bob", accounts={"acme"})
    rule = Rule("a", score=named_account())
    assert proposed(rule, bob, ada, lead=Lead("L-1", account_id="acme")) == [
        "the lead's account was bob's instead of ada's"
    ]


def test_what_is_not_known_of_the_lead():
    """Where the lead says nothing about its skill, the best that the rep has is proposed."""
    ada, bob = Rep("ada", skills={"oil": 0.5}), Rep("bob", skills={"gas": 0.5, "oil": 0.9})
    assert proposed(Rule("a", score=skill_match("industry")), bob, ada) == [
        "the lead's industry was 'oil'",
        "the lead's industry was 'gas'",
    ]


def test_steps_by_wins():
    """A rep who graduates by wins is told how many are missing."""
    rule, lead = Rule("a", score=tier("budget", [100], wins=[5])), Lead("L-1", budget=500)
    counts = evolve(WON, last_assigned={"ada": 5})
    assert proposed(rule, BOB, ADA, lead=lead, snapshot=counts) == [
        "the lead's budget was 0",
        "bob had won 5 more leads of 500 each",
    ]


def test_a_wrap_up_in_the_future_and_a_place_on_the_spot():
    """A contact that is still to come, and a rep who is there already, leave nothing to shorten."""
    counts = Snapshot(contacted={"bob": to_micros(NOW + MINUTE)})
    assert proposed(Rule("a"), BOB, snapshot=counts, wrap_up="5m") == [
        "it was decided at Mon 2026-01-05 12:06:00 UTC"
    ]
    bob = Rep("bob", attributes=BONN, weight=0)
    rule = Rule("a", max_distance_km=5, score=distance())
    assert proposed(rule, bob, lead=Lead("L-1", attributes=BONN)) == [
        "the rep's weight was 1 instead of 0"
    ]


def test_a_calendar_that_fails():
    """A calendar of the host's that fails keeps out its rep, and is no error of the question."""

    class Broken:
        def __contains__(self, day):
            raise RuntimeError

    bob = Rep("bob", schedule=Schedule("mon-fri 09:00-17:00", "UTC", holidays=Broken()))
    found = proposed(
        Rule("a", min_shared_hours=0.5, calling_hours="mon-fri 09:00-17:00"), bob, lead=BERLIN
    )
    assert found == ["the rep's schedule was mon-fri 09:00-17:00 on the lead's clock"]


def test_another_part_in_a_territory():
    """Where somebody else's territory is the closer one, the rep is proposed for it."""
    berlin = Territory("berlin", regions={"DE-BE"}, owners={"ada"})
    germany = Territory("germany", countries={"DE"}, owners={"bob"})
    found = proposed(
        Rule("a", score=territory_match()),
        BOB,
        ADA,
        lead=Lead("L-1", country="DE", region="DE-BE"),
        snapshot=Snapshot(last_assigned={"ada": 1}),
        territories=[berlin, germany],
    )
    assert found == ["the rep's territories included 'berlin'"]


def test_hours_that_are_the_lead_s_already():
    """A rep who works the lead's very hours has no better schedule to offer."""
    bob = Rep("bob", schedule="mon-fri 09:00-17:00", timezone="Europe/Berlin", active=False)
    assert proposed(Rule("a", min_shared_hours=0.1), bob, lead=BERLIN) == [
        "the rep's account was active"
    ]


@pytest.mark.parametrize(
    ("score", "name"), [(least_recent(), "last_assigned"), (longest_idle(), "free_since")], ids=str
)
def test_idle_without_an_instant(score, name):
    """Who never got a lead, or never gave one back, has nothing to wait for."""
    counts = Snapshot(**{name: {"ada": 1}})
    bob = Rep("bob", active=False)
    assert proposed(Rule("a", score=score), bob, ADA, snapshot=counts) == [
        "the rep's account was active"
    ]


def test_what_nobody_owns():
    """An account of nobody is proposed for the rep, and chance offers nothing to change."""
    score = named_account() + random_tiebreak()
    lead = Lead("L-1", account_id="acme")
    bob = Rep("bob", active=False)
    assert proposed(Rule("a", score=score), bob, lead=lead) == ["the rep's account was active"]


def test_no_clock_to_lend():
    """Where the rep has no time zone either, no change of the lead's is offered."""
    nobody_knows = SimpleNamespace(rep=Rep("ada"), lead=Lead("L-1"))
    assert list(on_lead_hours(nobody_knows, "mon-fri 09:00-17:00")) == []


def test_a_number_that_no_rep_has_is_not_proposed():
    """Where no rep has the number, there is nothing to be the best of."""
    assert proposed(Rule("all", score=rep_value("rep['rate']")), Rep("bob", weight=1), ADA) == []
    lower = Rule("all", score=rep_value("rep['fee']", higher=False))
    told = proposed(
        lower,
        Rep("bob", attributes={"fee": 9}),
        Rep("ada", attributes={"fee": 3}),
    )
    assert "fee was 2" in " ".join(told)


def test_a_later_step_would_have_given_them_the_lead():
    """The instant at which a step opens is proposed where it lies ahead."""
    rule = Rule("a", require=REP.level >= 3, steps=[{"after": "10m", "require": "always"}])
    lead = Lead("L-1", received_at=NOW)
    team = [Rep("ada", level=3, capacity=1), Rep("bob", level=1)]
    answer = why_not(Router(rules=[rule]), lead, "bob", team, snapshot=Snapshot(open={"ada": 1}))
    told = [str(each) for changes in answer.proposals for each in changes]
    assert any(each.startswith("it was decided at") for each in told), told
    late = why_not(Router(rules=[rule]), lead, "bob", team, now=NOW + timedelta(hours=1))
    assert not any("decided at" in str(each) for changes in late.proposals for each in changes)


@pytest.mark.parametrize(("own", "pool"), [("5m", None), (None, "5m")])
def test_a_shorter_wrap_up_of_the_rep_or_the_pool(own, pool):
    """Where rep or pool say how long, a shorter time of the rep is proposed."""
    router = Router(
        rules=[Rule("a", pool="west")], pools=[Pool("west", reps={"bob"}, wrap_up=pool)]
    )
    team = [Rep("bob", wrap_up=own)]
    counts = Snapshot(contacted={"bob": to_micros(NOW - MINUTE)})
    answer = why_not(router, Lead("L-1"), "bob", team, now=NOW, snapshot=counts)
    told = [str(each) for changes in answer.proposals for each in changes]
    assert "the rep's wrap_up was 1m instead of 5m" in told


def test_a_rep_who_was_not_paused():
    """The end of a pause is proposed, by hand and by the clock."""
    counts = Snapshot(paused={"bob": Pause(NOW + MINUTE, "lunch"), "cy": Pause()})
    answer = why_not(
        Router(rules=[Rule("a")]), Lead("L-1"), "bob", [Rep("bob")], now=NOW, snapshot=counts
    )
    told = [str(each) for changes in answer.proposals for each in changes]
    assert "bob was not paused" in told
    assert any(each.startswith("it was decided at") for each in told)


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (20_000_000, "bob got the last lead that waited earlier"),
        (0, "bob had answered the last leads that waited"),
    ],
)
def test_a_rep_who_is_paced_would_have_got_it(until, told):
    """An earlier offer, or an answer, is proposed for a rep who is held to the gap or the burst."""
    paced = {"bob": until and to_micros(NOW) + until, "ada": 0}
    answer = why_not(
        Router(rules=[Rule("a")]),
        Lead("L-1"),
        "bob",
        [Rep("ada"), Rep("bob")],
        now=NOW,
        snapshot=Snapshot(paced=paced),
    )
    assert told in [str(each) for changes in answer.proposals for each in changes]
