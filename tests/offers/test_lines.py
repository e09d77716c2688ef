"""Waiting lines: who stands in which, in which order, for whom, and when somebody looks."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import START, audit, desk
from tests.profiles import examples

from leadroute import (
    LEAD,
    REP,
    Fallback,
    Lead,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    Territory,
    round_robin,
)
from leadroute.conditions import age, predicate
from leadroute.model.lead import with_score
from leadroute.model.validation import FrozenDict
from leadroute.offers.change import MAX_KEY
from leadroute.offers.lines import (
    LOOK_WITHIN,
    Lines,
    entry_key,
    read_line,
)
from leadroute.offers.placement import Placement, Status
from leadroute.ranking.lead_score import LeadScore

NONE = FrozenDict()


def lines(*reps, **policy):
    """The lines of a policy for some reps."""
    rules = policy.pop("rules", None) or [Rule("r", **policy.pop("rule", {}))]
    return Lines(Router(rules=rules, **policy), Roster(reps))


def line(of, lead, asked=NONE, now=START):
    """The line of a lead under the rule that matches it."""
    return of.line_of(lead, of.router.match(lead, now), asked, now)


def test_leads_that_are_alike_share_a_line():
    """What the requirement reads decides, whatever else differs."""
    of = lines(
        Rep("ada", industries=["a"]), rule={"require": REP.industries.contains(LEAD.industry)}
    )
    one, other = (
        line(of, Lead("L-1", industry="a", company="Rome")),
        line(of, Lead("L-2", industry="a")),
    )
    assert one is other
    assert line(of, Lead("L-3", industry="b")) != one
    assert of.members(one, START) == {"ada"}
    assert of.members(line(of, Lead("L-3", industry="b")), START) == set()


def test_those_asked_before_stand_apart():
    """Who had an offer is in no line of the lead any more; past 200 the lead has a line of its own."""
    of = lines(Rep("ada"), Rep("bob"))
    asked = FrozenDict(ada="declined")
    assert of.members(line(of, Lead("L-1"), asked), START) == {"bob"}
    assert line(of, Lead("L-1"), asked) == line(of, Lead("L-2"), FrozenDict(ada="timed_out"))
    many = FrozenDict({f"r{n}": "declined" for n in range(201)})
    own = line(of, Lead("L-1"), many)
    assert own != line(of, Lead("L-2"), many)
    assert (own.mixed, of.members(own, START)) == (True, None)


SIZES = st.integers(0, 40)


@given(st.lists(SIZES, min_size=1, max_size=5), SIZES, SIZES)
def test_numbers_share_a_line_between_two_numbers_of_reps(levels, one, other):
    """Two leads share a line exactly when the same reps may take them, where numbers alone are compared."""
    reps = [Rep(f"r{n}", level=level) for n, level in enumerate(levels)]
    of = lines(*reps, rule={"require": REP.level >= LEAD.employees})
    first, second = (line(of, Lead("L", employees=size)) for size in (one, other))
    able = [{r.id for r in reps if r.level >= size} for size in (one, other)]
    assert of.members(first, START) == able[0]
    if first == second:
        assert able[0] == able[1]
    between = sorted({*levels})
    stretch = [sum(level < size for level in between) for size in (one, other)]
    if stretch[0] == stretch[1] > 0 and not {one, other} & {*levels}:
        assert first == second


def test_number_that_is_read_elsewhere_too_counts_exactly():
    """A number that is also compared with a constant stays what it is."""
    both = (REP.level >= LEAD.employees) & (LEAD.employees > 2)
    of = lines(Rep("ada", level=30), rule={"require": both})
    assert line(of, Lead("L", employees=5)) != line(of, Lead("L", employees=6))
    alone = lines(Rep("ada", level=30), rule={"require": REP.level >= LEAD.employees})
    assert line(alone, Lead("L", employees=5)) == line(alone, Lead("L", employees=6))
    assert line(alone, Lead("L", employees=31)) == line(alone, Lead("L", employees=99))
    unknown = line(alone, Lead("L"))
    assert alone.members(unknown, START) == set()


def test_predicate_of_the_host_stands_as_those_whom_it_lets_through():
    """The reps that a predicate lets through are the value of the line."""
    close = {"near": lambda lead, rep, now: lead.company == rep.name}
    of = lines(
        Rep("ada", name="Rome"),
        Rep("bob", name="Oslo"),
        rules=[Rule("r", require=predicate("near"))],
        predicates=close,
    )
    rome = line(of, Lead("L-1", company="Rome"))
    assert of.members(rome, START) == {"ada"}
    assert line(of, Lead("L-2", company="Rome")) == rome != line(of, Lead("L-3", company="Oslo"))


def test_nothing_personal_is_kept_of_a_line():
    """A requirement that reads an address stands as those whom it lets through."""
    of = lines(Rep("ada"), rule={"require": LEAD.email != "ann@example.com"})
    found = line(of, Lead("L-1", email="bob@example.com"))
    assert "example" not in found.document()
    assert of.members(found, START) == {"ada"}


def test_time_and_place_make_mixed_and_narrow_lines():
    """What a requirement reads of the time may differ for each lead; distances stand as those close enough."""
    aged = lines(Rep("ada"), rule={"require": age(LEAD.received_at) > timedelta(hours=1)})
    found = line(aged, Lead("L-1", received_at=START))
    assert (found.mixed, aged.members(found, START)) == (True, None)
    rome = {"latitude": 41.9, "longitude": 12.5}
    of = lines(Rep("ada", attributes=rome), Rep("bob"), rule={"max_distance_km": 10})
    near = line(of, Lead("L-1", attributes=rome))
    assert of.members(near, START) <= {"ada", "bob"}


def test_territories_attributes_scores_and_hours_are_values():
    """Whatever else decides for good who may take a lead tells lines apart, and gives the same members again."""
    home = [
        Territory("north", countries=["NO"]),
        Territory("south", countries=["IT"]),
    ]
    north_rep = Rep("ada", territories=["north"])
    of = lines(north_rep, Rep("bob"), rule={"in_territory": True}, territories=home)
    north = line(of, Lead("L-1", country="NO"))
    assert of.members(north, START) == {"ada"}
    assert north != line(of, Lead("L-2", country="IT"))
    moved = lines(Rep("ada"), rule={"in_territory": True})
    assert moved.members(north, START) is None, "the territory is of another policy"
    plan = lines(Rep("ada", teams=["gold"]), rule={"require": REP.teams.contains(LEAD["plan"])})
    gold = line(plan, Lead("L-1", attributes={"plan": "gold"}))
    assert plan.members(gold, START) == {"ada"}
    assert plan.members(line(plan, Lead("L-1")), START) == set()
    scored = lines(Rep("ada", level=1), rule={"require": REP.level >= LEAD.score})
    half = line(scored, with_score(Lead("L-1"), LeadScore("L-1", 0.5)))
    assert scored.members(half, START) == {"ada"}
    called = lines(Rep("ada"), rule={"calling_hours": "mon-fri 09:00-17:00"})
    assert line(called, Lead("L", country="NO")) != line(called, Lead("L", country="JP"))
    capped = lines(Rep("ada", caps=["1 per day, source web"]))
    assert line(capped, Lead("L", source="web")) != line(capped, Lead("L", source="fair"))
    assert line(capped, Lead("L", source="fair")) == line(capped, Lead("L"))


def test_pools_of_the_fallback_are_members_too():
    """Whoever a fallback step asks may take the lead."""
    pools = [Pool("own", reps={"ada"}), Pool("next", reps={"bob"})]
    rule = Rule("r", pool="own", fallback=Fallback(none_available="pool next, wait"))
    of = lines(Rep("ada"), Rep("bob"), Rep("cy"), rules=[rule], pools=pools)
    assert of.members(line(of, Lead("L-1")), START) == {"ada", "bob"}


def test_line_that_is_not_known_any_more_holds_anybody():
    """A rule that is gone, a document that cannot be read and values too large to keep speak for nobody."""
    of = lines(Rep("ada"))
    gone = read_line("x", '{"rule":"gone","values":{},"asked":[],"mixed":false}')
    assert of.members(gone, START) is None
    assert of.rule_of(gone) is None
    odd = {"rule": "r", "values": {"lead": {"country": 5}}, "asked": [], "mixed": False}
    own = json.dumps({**odd, "version": of.router.version})
    assert of.members(read_line("odd", own), START) is None
    for text in ("", "{", "[]", "{}"):
        assert of.members(read_line(f"x{text}", text), START) is None
    assert of.members(of.no_rule, START) == set()
    long = lines(
        *[Rep(f"{n:04}{'x' * 70}") for n in range(800)],
        rules=[Rule("r", require=predicate("any"))],
        predicates={"any": lambda lead, rep, now: True},
    )
    found = line(long, Lead("L-1"))
    assert (long.members(found, START), len(found.document()) < 1_000) == (None, True)


@given(st.data())
@examples(60)
def test_line_survives_its_document(data):
    """What is read back has the same members, for any of the kinds of values."""
    industry = data.draw(st.sampled_from(["a", "b", None]))
    of = lines(
        Rep("ada", industries=["a"], level=3),
        Rep("bob", industries=["b"], level=9),
        rule={"require": REP.industries.contains(LEAD.industry) & (REP.level >= LEAD.employees)},
    )
    asked = data.draw(st.sampled_from([NONE, FrozenDict(ada="declined")]))
    lead = Lead("L-1", industry=industry, employees=data.draw(st.integers(0, 12)))
    found = line(of, lead, asked)
    twin = read_line(found.id, found.document())
    assert (twin.rule, twin.asked, twin.mixed) == (found.rule, found.asked, found.mixed)
    fresh = Lines(of.router, of.roster)
    assert fresh.members(twin, START) == of.members(found, START)
    ranking = of.router.rank(lead, of.roster, now=START, previous_offers=asked)
    assert {each.rep_id for each in ranking.assignments} == of.members(found, START)


PLACED = st.builds(
    lambda name, priority, score, minutes: Placement(
        name,
        Status.WAITING,
        2,
        START + timedelta(minutes=minutes),
        priority,
        lead_score=score,
        line="line",
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0/%"), min_size=1, max_size=80),
    st.integers(-(2**40), 2**40),
    st.none() | st.integers(0, 1000).map(lambda n: n / 1000),
    st.integers(-(10**6), 10**6),
)


@given(PLACED, PLACED)
def test_entries_sort_as_they_are_served(one, other):
    """By priority, then lead score (one that is not known last), then age; a lead id of any length fits."""

    def order(placed):
        score = -1 if placed.lead_score is None else placed.lead_score
        return -placed.priority, -score, placed.received_at

    keys = entry_key(one), entry_key(other)
    assert all(len(key) <= MAX_KEY for key in keys)
    if order(one) != order(other):
        assert (keys[0] < keys[1]) == (order(one) < order(other))
    elif one.lead_id != other.lead_id:
        assert keys[0] != keys[1]


def test_line_is_looked_at_when_something_opens_and_within_five_minutes():
    """The next opening, or turn of a cap, of anybody in the line; it follows from nothing that changes."""
    late = Rep("bob", schedule="thu 09:03-17:00")
    of = lines(Rep("ada"), late)
    found = line(of, Lead("L-1"))
    assert of.look_at(found, START) == START + timedelta(minutes=3)
    assert of.look_at(found, START + timedelta(minutes=1)) == START + timedelta(minutes=3)
    assert of.look_at(found, START + timedelta(minutes=3)) == START + timedelta(minutes=8)
    capped = lines(Rep("ada", caps=["1 per hour"]))
    eve = START + timedelta(minutes=58)
    assert capped.look_at(line(capped, Lead("L-1")), eve) == START + timedelta(hours=1)
    hasty = lines(Rep("ada"), wrap_up="2m")
    assert hasty.look_at(line(hasty, Lead("L-1")), START) == START + timedelta(minutes=2)
    away = lines(Rep("ada", active=False, schedule="thu 09:03-17:00"))
    assert away.look_at(away.no_rule, START) == START + LOOK_WITHIN
    assert away.look_at(line(away, Lead("L-1")), START) == START + LOOK_WITHIN
    last = datetime.max.replace(tzinfo=UTC)
    assert of.look_at(found, last) == last


class Failing:
    """Holidays that cannot be asked."""

    def __contains__(self, day):
        raise OSError("no connection")


def test_line_of_any_leads_is_looked_at_for_every_rep_who_works():
    """Where the leads may differ, whoever is active counts, and nobody who is not."""
    old = {"require": age(LEAD.received_at) > timedelta(hours=1)}
    late = Rep("bob", schedule="thu 09:03-17:00")
    gone = Rep("cy", schedule="thu 09:02-17:00", active=False)
    of = lines(late, gone, rule=old)
    found = line(of, Lead("L-1", received_at=START))
    assert of.look_at(found, START) == START + timedelta(minutes=3)


def test_list_of_the_host_stands_as_those_whom_it_lets_through():
    """A requirement that reads a list of the host's own is not told by the values of the lead."""
    of = lines(
        Rep("ada"),
        rule={"require": "not is_free_mail(lead.email)"},
        lists={"free_mail": ["example.org"]},
    )
    assert of.members(line(of, Lead("L-1", email="ann@acme.com")), START) <= {"ada"}


def test_line_is_written_again_when_its_time_is_earlier():
    """A lead that joins while the clock has stepped back brings the look at its line forward."""
    here = desk(Rep("ada", capacity=1))
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    here.submit(Lead("L-2"))
    here.clock.set(START - timedelta(hours=1))
    here.submit(Lead("L-3"))
    (record,) = here.store.find(status="line")
    assert record.due == round((START - timedelta(minutes=55)).timestamp() * 1e6)


def test_calendar_that_fails_is_looked_at_like_any_other():
    """A calendar of the host that raises stops no line."""
    of = lines(Rep("ada", schedule=Schedule("always", "UTC", holidays=Failing())))
    assert of.look_at(line(of, Lead("L-1")), START) == START + LOOK_WITHIN


def test_what_is_kept_is_bounded(monkeypatch):
    """Lines that were met are forgotten when there are too many, and found again."""
    monkeypatch.setattr("leadroute.offers.lines._MOST_KEPT", 3)
    of = lines(Rep("ada"), rule={"require": REP.industries.contains(LEAD.industry)})
    found = [line(of, Lead("L", industry=f"i{n}")) for n in range(9)]
    assert of.known(found[-1].id) is not None
    assert of.known(found[0].id) is None
    assert line(of, Lead("L", industry="i0")) == found[0]


def test_thirty_places_go_to_the_first_in_order():
    """At an opening 300 leads in ten lines wait for thirty places: nobody of a lower order gets one."""
    reps = [
        Rep(f"r{n}", industries=[chr(97 + n)], capacity=3, schedule="thu 10:00-11:00")
        for n in range(10)
    ]
    router = Router(
        rules=[
            Rule(
                "r",
                require=REP.industries.contains(LEAD.industry),
                score=round_robin(),
                accept_within="1h",
            )
        ]
    )
    here = desk(*reps, router=router)
    for n in range(300):
        lead = Lead(
            f"L-{n:03}", industry=chr(97 + n % 10), priority=(n * 7) % 11, received_at=START
        )
        here.submit(lead)
    here.clock.advance("1h")
    assert here.sweep().offered == 30
    placed = [here.placement(f"L-{n:03}") for n in range(300)]
    for number in range(10):
        own = [each for n, each in enumerate(placed) if n % 10 == number]
        won = [each.priority for each in own if each.status is Status.OFFERED]
        left = [each.priority for each in own if each.status is Status.WAITING]
        assert len(won) == 3
        assert min(won) >= max(left)
    audit(here.store, {each.lead_id for each in placed})


def test_whoever_comes_joins_those_who_wait():
    """A lead that could be offered at once stands behind those who were there before, in its line."""
    here = desk(Rep("ada", capacity=1))
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    here.submit(Lead("first", received_at=START))
    wider = evolve(here, roster=Roster([Rep("ada", capacity=2)]))
    late = wider.submit(Lead("late", received_at=START + timedelta(minutes=1)))
    assert late.status is Status.WAITING
    assert wider.placement("first").rep_id == "ada"
    urgent = evolve(here, roster=Roster([Rep("ada", capacity=3)]))
    assert urgent.submit(Lead("urgent", priority=5)).rep_id == "ada"
    assert urgent.placement("late").status is Status.WAITING


def test_clock_that_steps_back_delays_nobody_who_is_served():
    """Whoever becomes free is given a lead, though the clock of the line is an hour ahead."""
    here = desk(Rep("ada", capacity=1))
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    here.submit(Lead("waits"))
    here.clock.set(START - timedelta(hours=1))
    here.feedback("L-1", "won")
    assert here.placement("waits").rep_id == "ada"


@pytest.mark.parametrize("workers", [3])
def test_sweeps_of_several_workers_share_the_work(workers):
    """Each sweep moves at most as many leads as it may, and together they move all."""
    here = desk(*[Rep(f"r{n}", capacity=1) for n in range(9)])
    for n in range(9):
        here.submit(Lead(f"L-{n}"))
    here.clock.advance("5m")
    moved = [here.sweep(limit=3).timed_out for _ in range(workers)]
    assert moved == [3, 3, 3]
    assert here.sweep().timed_out == 0
