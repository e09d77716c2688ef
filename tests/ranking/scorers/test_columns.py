"""Columns give the very numbers of ``bind``, also when they are remembered from lead to lead."""

from datetime import timedelta

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples
from tests.ranking.scorers.world import IDS, NOW, Draw, plain, scores, situations

from leadroute import LEAD, REP, Lead, Rep, Roster, Router, Rule, Snapshot, Territory, scorer
from leadroute.errors import FieldTypeError
from leadroute.model.snapshot import ALL, Record, TrackRecords, segment_key, week_of
from leadroute.ranking.scorers import performance
from leadroute.ranking.scorers.engagement import _OfLead
from leadroute.ranking.scorers.holdings import _Sticky
from leadroute.ranking.scorers.seniority import alike
from leadroute.rules.routing_context import Crew, RoutingContext
from leadroute.rules.scorer import COUNTS, averaging, mean
from leadroute.scorers import (
    BUILT_IN,
    accept_rate,
    at_least,
    cap_remaining,
    close_rate,
    distance,
    explore,
    first_of,
    free_capacity,
    graduation,
    language,
    max_of,
    named_account,
    owner,
    random_tiebreak,
    response_speed,
    revenue_rate,
    round_robin,
    skill_match,
    territory_match,
    tier,
    tiers,
)


def told(column):
    """Numbers with their kinds, because 0 and 0.0 are written differently."""
    return [(type(points), points) for points in column]


def asked(score, context):
    """What ``bind`` says of each rep."""
    points = score.bind(context)
    return [points(rep) for rep in context.reps]


def test_reps_of_one_kind_share_what_is_asked_of_the_first():
    """Each kind has its first rep, and each rep the number of their kind."""
    team = Rep("ada", level=1), Rep("bob", level=2), Rep("cy", level=1)
    context = RoutingContext(Lead("L-1"), team, "p")
    assert alike(context, "level", lambda rep: rep.level) == ([team[0], team[1]], [0, 1, 0])


class Team:
    """Candidates who are kept from lead to lead, as a router keeps them."""

    def __init__(self, reps):
        self.crew = Crew(reps)

    def context(self, lead, places, snapshot=None, now=NOW, matches=()):
        """A lead that these of them can take, with what is kept of all."""
        everybody = self.crew.reps
        crew = self.crew.part([place in places for place in range(len(everybody))])
        absent = tuple(rep for rep in everybody if rep not in crew.reps)
        given = {"matches": matches, "absent": absent, "crew": crew}
        return RoutingContext(lead, crew.reps, "p", snapshot or Snapshot(), now, **given)


@examples(400)
@given(scores, st.booleans().flatmap(lambda impossible: situations(impossible=impossible)))
def test_a_column_holds_what_bind_gives(score, context):
    """Of every score, whatever the situation, down to the kind of each number."""
    assert told(score.column(context)) == told(asked(score, context))


@examples(200)
@given(st.lists(scores, min_size=1, max_size=3), st.integers(0, 2**32))
def test_a_column_that_is_remembered_holds_what_bind_gives(several, seed):
    """Leads, counts, instants and those who can take the lead change; the team stays."""
    draw = Draw(seed)
    team = Team(tuple(map(draw.rep, IDS)))
    for _ in range(5):
        places = [place for place in range(len(IDS)) if draw.random() < 0.7]
        now = NOW + timedelta(hours=draw.randint(-200, 200))
        context = team.context(draw.lead(), places, draw.context().snapshot, now)
        for score in several:
            assert told(score.column(context)) == told(asked(score, context))


CAPS = [
    (),
    ("5 per day",),
    ("5 per day, soft", "30 per month, paced"),
    ("3 per hour, rolling",),
    ("20 per week, ramp 8w",),
    ("0 per day",),
    ("10 per week, paced, ramp 4w", "9 per hour"),
]


def capped(draw, rep_id):
    """A rep with caps in the calendar of any zone and week."""
    zone = draw.choice(["Europe/Berlin", "Asia/Tokyo", None])
    week = draw.choice([None, "mon-fri 09:00-17:00", "sat-sun 10:00-12:00"])
    joined = draw.choice([None, NOW - timedelta(weeks=2), NOW - timedelta(weeks=3)])
    caps = draw.choice(CAPS)
    return Rep(rep_id, caps=caps, timezone=zone, schedule=week, joined_at=joined)


def test_free_shares_are_those_of_each_rep():
    """Also of more counts than are kept, and of counts beyond the capacity."""
    reps = tuple(Rep(f"{number:03}", capacity=300) for number in range(320))
    counts = Snapshot(open={rep.id: int(rep.id) for rep in reps})
    context = RoutingContext(Lead("L-1"), reps, "p", counts)
    assert free_capacity().column(context) == [*map(free_capacity().bind(context), reps)]


@examples(100)
@given(st.integers(0, 2**32))
def test_what_is_left_of_caps_follows_the_calendar(seed):
    """Over hours and weeks, back and forth, for caps of every kind and reps with and without."""
    draw = Draw(seed)
    team = Team(tuple(capped(draw, f"r{number}") for number in range(6)))
    for _ in range(6):
        now = NOW + timedelta(minutes=draw.choice([0, 1, 59, 700, 9_000, -80_000]))
        keys = [
            bound.key
            for rep in team.crew.reps
            for cap in rep.caps
            for bound in rep.bounds(cap, now)
        ]
        used = {key: draw.randint(-1, 12) for key in keys if draw.random() < 0.7}
        places = [place for place in range(6) if draw.random() < 0.7]
        context = team.context(Lead("L-1"), places, Snapshot(used=used), now)
        assert told(cap_remaining().column(context)) == told(asked(cap_remaining(), context))


def test_what_is_left_of_caps_asks_for_the_time_only_where_somebody_has_one():
    """As bind does: a team without caps needs no clock, and one with caps does."""
    team = Team((Rep("ada", caps=["5 per day"]), Rep("bob")))
    assert cap_remaining().column(team.context(Lead("L-1"), [1], now=None)) == [None]
    with pytest.raises(FieldTypeError):
        cap_remaining().column(team.context(Lead("L-1"), [0, 1], now=None))


PLACES = [
    Territory("dach", countries={"DE", "AT"}, owners={"r1"}, overlays={"r2"}),
    Territory("bavaria", regions={"DE-BY"}, backups={"r3"}),
    Territory("us", countries={"US"}),
]


@examples(100)
@given(st.integers(0, 2**32))
def test_territories_are_those_with_a_rep_who_can_take_the_lead(seed):
    """The same territories hold the leads, and other reps are there each time."""
    draw = Draw(seed)
    reps = [
        Rep(
            f"r{number}",
            territories=draw.some("us", "bavaria"),
            countries=draw.some("DE", "US"),
            regions=draw.some("DE-BY"),
        )
        for number in range(4)
    ]
    team, router = Team(tuple(reps)), Router(rules=[Rule("all")], territories=PLACES)
    for unknown in (0, None, 0.5):
        score = territory_match(unknown=unknown)
        for country, region in [
            ("DE", "DE-BY"),
            ("DE", None),
            ("US", None),
            ("FR", None),
            (None, None),
        ]:
            lead = Lead("L-1", country=country, region=region)
            places = [place for place in range(4) if draw.random() < 0.6]
            matches = tuple(router.territories.lookup(lead))
            context = team.context(lead, places, matches=matches)
            assert told(score.column(context)) == told(asked(score, context))


def test_accounts_are_found_whatever_their_case():
    """By account, by company and by domain; an owner who is away has a stand-in."""
    ada, bob = Rep("ada", accounts={"ACME.example"}, teams={"red"}), Rep("bob", teams={"red"})
    team = Team((ada, bob, Rep("cy", accounts={"Acme"})))
    leads = [
        Lead("L-1", domain="eu.acme.example"),
        Lead("L-2", company="Acme"),
        Lead("L-3", company="acme"),
        Lead("L-4", email="ann@acme.example", account_id="Acme"),
        Lead("L-5"),
    ]
    found = []
    for lead in leads:
        for places in ([0, 1, 2], [1, 2], [1]):
            context = team.context(lead, places)
            for away in ("anyone", "team", "manager"):
                score = named_account(away)
                assert score.column(context) == asked(score, context)
        found.append(named_account().column(team.context(lead, [0, 1, 2])))
    assert found == [[1, 0, 0], [0, 0, 1], [None] * 3, [1, 0, 1], [None] * 3]


def test_an_owner_who_may_have_no_stand_in_costs_no_look_at_who_is_absent():
    """Who is absent is worked out only where somebody may stand in."""

    def absent():
        raise AssertionError("asked who is absent")

    for lead in (Lead("L-1"), Lead("L-2", owner_id="zoe", account_id="acme")):
        context = RoutingContext(lead, (Rep("ada"),), "p", absent=absent)
        assert owner().column(context) == [None]
        assert named_account().column(context) == [None]


def records(*numbers):
    """The outcomes of ada and bob: as many won of twenty."""
    return TrackRecords.of(
        (rep_id, segment, week_of(NOW), Record(won=won, closed=20))
        for rep_id, won in zip(IDS, numbers, strict=False)
        for segment in (ALL, segment_key("industry", "health"))
    )


def test_records_are_those_of_the_outcomes_that_are_given():
    """Outcomes that come and go are never taken for one another, and nothing of them is kept."""
    team, before = Team((Rep("ada"), Rep("bob"))), {*performance._KEPT}
    for number in range(30):
        for rate in (close_rate(5), close_rate(5, by="industry", half_life="4w")):
            snapshot = Snapshot(track_records=records(number % 7, number % 5))
            later = NOW + timedelta(weeks=number)
            lead = Lead("L-1", industry="health")
            context = team.context(lead, [0, 1], snapshot, later)
            assert told(rate.column(context)) == told(asked(rate, context))
        del snapshot, context
    assert {*performance._KEPT} <= before


def test_records_of_many_segments_are_not_kept_for_ever(monkeypatch):
    """When they become too many, they are forgotten and added up again."""
    monkeypatch.setattr(performance, "_MOST", 4)
    cells = [
        ("ada", segment_key("industry", f"i{n}"), 2_900, Record(won=n, closed=9)) for n in range(9)
    ]
    snapshot, rate = Snapshot(track_records=TrackRecords.of(cells)), close_rate(5, by="industry")
    for number in (*range(9), *range(9)):
        context = RoutingContext(
            Lead("L-1", industry=f"i{number}"), (Rep("ada"),), "p", snapshot, NOW
        )
        assert rate.column(context) == asked(rate, context)
    kept = performance._KEPT[id(snapshot.track_records)]
    assert sum(len(totals) for _, totals in kept._totals.values()) <= 5


@examples(200)
@given(plain, situations())
def test_a_scorer_reads_the_counts_that_it_names(score, context):
    """A store reads no others, so the points are the same without them, and so is the reason."""
    # where there are no credits, as here, the turns stand for them; a store has credits
    others = {
        name: {} for name in COUNTS - score.counters - ({"turns"} if score.takes_turns else set())
    }
    bare = evolve(context, snapshot=evolve(context.snapshot, **others))
    assert told(score.column(bare)) == told(score.column(context))
    for rep in context.reps:
        assert score.reason(bare, rep) == score.reason(context, rep)


def test_every_built_in_scorer_names_counts():
    """What they name are counts of a snapshot; only a function of the host may read all of them."""
    names = {field.name for field in fields(Snapshot)}
    assert names >= COUNTS

    @scorer
    def own(context, rep):
        return 1.0

    assert own().counters == COUNTS
    assert free_capacity().counters == {"open"}
    assert cap_remaining().counters == {"used"}
    assert (close_rate() + explore() + random_tiebreak()).counters == {"won", "closed"}
    assert tier("budget", [1]).counters == frozenset()
    assert tier("budget", [1], wins=[1]).counters == {"won", "closed"}
    for name, built in BUILT_IN.items():
        assert isinstance(built.reads, frozenset | property), name
        assert built.reads is not COUNTS or hasattr(built, "inner"), name


def touchy(*dreaded):
    """A scorer of the host that fails for some reps."""

    @scorer
    def touches(context, rep):
        if rep.id in dreaded:
            raise LookupError(rep.id)
        return 0.25

    return touches()


TWO = (Rep("ada", level=3, capacity=4), Rep("bob"))


@pytest.mark.parametrize(
    "score",
    [
        first_of(free_capacity().when(REP.level >= 3), touchy("ada")),
        tiers(free_capacity().when(REP.level >= 3), touchy("ada")),
        touchy("bob").when(REP.level >= 3),
    ],
    ids=str,
)
def test_the_hosts_scorer_is_not_asked_about_reps_whom_it_does_not_decide(score):
    """It may fail for those, or cost time, as before."""
    context = RoutingContext(Lead("L-1"), TWO, "p")
    assert score.column(context) == asked(score, context)


ODD = (Rep("ada", level=3, attributes={"x": "text"}), Rep("bob", level=1, attributes={"x": 5}))


@pytest.mark.parametrize(
    "score",
    [
        first_of(free_capacity().when(REP.level >= 3), free_capacity().when(REP["x"] > 3)),
        tiers(free_capacity().when(REP.level >= 3), free_capacity().when(REP["x"] > 3)),
        free_capacity().when(REP["x"] > 3).when(REP.level < 3),
    ],
    ids=str,
)
def test_a_condition_that_fails_for_a_rep_who_is_not_asked_about_fails_nothing(score):
    """A fact of the wrong type matters only where the condition is asked."""
    context = RoutingContext(Lead("L-1"), ODD, "p")
    assert score.column(context) == asked(score, context)
    failing = free_capacity().when(REP["x"] > 3)
    with pytest.raises(FieldTypeError):
        failing.column(context)


def test_a_turn_is_what_the_part_that_decides_says():
    """A lead that its owner gets is no turn of the pool, nor one that another part decides."""
    shared = first_of(owner(), round_robin())
    alone, owned = Lead("L-1"), Lead("L-2", owner_id="ada")
    ada, bob = TWO
    for lead, turn in [(alone, True), (owned, False)]:
        context = RoutingContext(lead, TWO, "p")
        assert shared.is_turn(context, ada) is turn
        assert max_of(owner(), at_least(round_robin(), 1)).is_turn(context, ada) is turn
        layered = tiers(owner(), round_robin())
        assert layered.is_turn(context, ada) is turn
    context = RoutingContext(owned, TWO, "p")
    assert shared.owns(context, ada)
    assert not shared.owns(context, bob)
    backwards = first_of(round_robin(), owner())
    assert backwards.is_turn(context, ada)
    assert not backwards.owns(context, ada)
    nothing = first_of(free_capacity().when(LEAD.budget > 1), round_robin().when(LEAD.budget > 1))
    assert not nothing.is_turn(context, ada)
    assert not nothing.owns(context, ada)


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.tuples(
            st.lists(st.sampled_from([0, 1, 0.3, 2.5]), min_size=width, max_size=width),
            st.lists(
                st.lists(
                    st.sampled_from([None, 0.0, 1, 0.1, 1 / 3]), min_size=width, max_size=width
                ),
                min_size=1,
                max_size=5,
            ),
        )
    )
)
def test_means_are_the_mean_of_each_row(given_):
    """Number for number, with holes anywhere."""
    weights, rows = given_
    columns = [list(column) for column in zip(*rows, strict=True)]
    assert averaging(weights, None)(columns) == [
        mean(zip(weights, row, strict=True)) for row in rows
    ]


def test_a_specialist_comes_before_a_rep_of_whom_nothing_is_known():
    """Data that is missing must not win; whoever wants it may say so."""
    cases = [
        (skill_match, ("industry",), {"skills": {"health": 0.4}}),
        (language, (0.4,), {"languages": {"de-AT"}}),
        (distance, (), {"attributes": {"lat": 48, "lon": 11}}),
    ]
    lead = Lead("L-1", industry="health", language="de", attributes={"lat": 52, "lon": 13})
    for make, parameters, known in cases:
        team = Roster([Rep("ada"), Rep("zoe", **known)])
        for unknown, first in [({}, "zoe"), ({"unknown": None}, "ada"), ({"unknown": 1}, "ada")]:
            score = make(*parameters, **unknown) + free_capacity()
            ranking = Router(rules=[Rule("all", score=score)]).rank(lead, team, now=NOW)
            assert ranking.assignments[0].rep_id == first, (score, unknown)


@pytest.mark.parametrize("track_records", [False, True])
def test_counts_that_contradict_one_another_give_the_same_points(track_records):
    """More won than closed, less than nothing, and rates that rounding takes above 1."""
    counts = [(5, 3), (-1, 2), (0, -4), (7, 7), (0, 0)]
    team = tuple(Rep(f"r{number}") for number in range(len(counts)))
    won, closed = (
        {rep.id: each[of] for rep, each in zip(team, counts, strict=True)} for of in (0, 1)
    )
    cells = [
        (
            rep_id,
            ALL,
            2_900,
            Record(won=won[rep_id], closed=closed[rep_id], value=10**6 - 4 * 10**5 * number),
        )
        for number, rep_id in enumerate(won)
    ]
    kept = TrackRecords.of(cells) if track_records else TrackRecords()
    snapshot = Snapshot(won=won, closed=closed, track_records=kept)
    context = RoutingContext(Lead("L-1"), team, "p", snapshot, NOW)
    for score in (close_rate(), close_rate(0.1), explore(3), revenue_rate(), graduation([5, 7])):
        assert told(score.column(context)) == told(asked(score, context))


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.7, 1.1, 3.3, 7.7])
def test_a_rate_of_all_is_no_more_than_1(strength):
    """Whoever won, or accepted, all of them has 1 at most, however the division is rounded."""
    for number in range(1, 40):
        record = Record(won=number, closed=number, accepted=number)
        track_records = TrackRecords.of([("ada", ALL, 2_900, record)])
        snapshot = Snapshot(track_records=track_records)
        context = RoutingContext(Lead("L-1"), (Rep("ada"),), "p", snapshot, NOW)
        for score in (close_rate(strength), accept_rate(strength=strength)):
            assert score.column(context) == asked(score, context)
            assert score.column(context)[0] <= 1


def test_a_part_of_a_scorer_that_is_left_out_is_named():
    """The classes that scorers share say what a subclass has to define."""
    context = RoutingContext(Lead("L-1"), (), "p")
    with pytest.raises(TypeError, match="define _owners"):
        _Sticky().column(context)
    with pytest.raises(TypeError, match="define _points"):
        _OfLead().column(context)


def test_answers_that_took_a_lifetime_are_held_in_bounds():
    """Sums of times that cannot be, far too long or below nothing, give the points that bind gives."""
    for logged in (10**12, -(10**12)):
        found = TrackRecords.of([("ada", ALL, 2_900, Record(reached=1, log_response=logged))])
        context = RoutingContext(
            Lead("L-1"), (Rep("ada"),), "p", Snapshot(track_records=found), NOW
        )
        assert response_speed().column(context) == asked(response_speed(), context)


def test_several_skills_of_one_field():
    """A field with a set of skills asks for each of them, in the order of their names."""
    lead = Lead("L-1", attributes={"needs": {"sap", "hr"}})
    assert skill_match("lead['needs']").asked(lead) == ("hr", "sap")
