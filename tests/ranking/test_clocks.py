"""The lead's own clock: quiet hours by rule, and shared working hours as a requirement."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import desk

from leadroute import Lead, Outcome, Rep, Roster, Router, Rule, Schedule, Status, dump_policy
from leadroute.errors import FieldTypeError, ValidationError
from leadroute.formats.policy_file import parse_policy
from leadroute.insight.description import describe_policy, mermaid
from leadroute.model.lead_timezone import OFFICE, clock_of, lead_hours, shared_hours
from leadroute.model.working_hours import meeting
from leadroute.ranking.scorers.fit import timezone_overlap
from leadroute.rules.routing_context import RoutingContext
from leadroute.testing.strategies import leads

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
WEEK = "mon-fri 09:00-20:00; sat 10:00-18:00"
GERMAN = Lead("L-1", country="DE")
TEXAN = Lead("L-1", country="US", region="US-TX")
NOWHERE = Lead("L-1", company="Acme", phone="0221 1234567")


def ranked(lead, *reps, now=NOON, policy=None, **rule):
    """The ranking of a lead under one rule."""
    router = Router(rules=[Rule("r", **rule)], **(policy or {}))
    return router.rank(lead, Roster(reps or [Rep("ada")]), now=now)


def told(*given, **rule):
    """What stands in the way of the only rep."""
    return [each for one in ranked(*given, **rule).rejections for each in one.obstacles]


@pytest.mark.parametrize(
    ("hour", "reached"), [(8, True), (7.99, False), (18.99, True), (19, False)]
)
def test_calling_hours(hour, reached):
    """A lead may be called from opening time on its own clock until closing time, at which it may not."""
    now = NOON.replace(hour=0) + timedelta(hours=hour)
    assert (told(GERMAN, calling_hours=WEEK, now=now) == []) == reached


def test_quiet_hours_stand_in_everybodys_way():
    """Outside its hours nobody gets the lead; it says until when, on whose clock, and how that is known."""
    late = NOON.replace(hour=19)
    ranking = ranked(GERMAN, Rep("ada"), Rep("bob"), now=late, calling_hours=WEEK)
    assert (ranking.outcome, ranking.fallback_step) == (Outcome.NONE_AVAILABLE, "wait")
    assert ranking.resumes_at == datetime(2026, 1, 6, 8, tzinfo=UTC)
    for rejection in ranking.rejections:
        (obstacle,) = rejection.obstacles
        assert (obstacle.code, obstacle.temporary) == ("outside_calling_hours", True)
        assert obstacle.reason == (
            "the lead may not be called until Tue 2026-01-06 09:00 CET (country DE)"
        )
    assert ranking.notes == ()


def test_several_zones():
    """Where a lead may be in several zones only the hours that suit all count, and the ranking notes it."""
    note = "region US-TX has 2 clocks: only the hours that suit all of them count"
    for hour, reached in ((15.99, False), (16, True), (23, True)):
        now = NOON.replace(hour=0) + timedelta(hours=hour)
        ranking = ranked(TEXAN, now=now, calling_hours="mon-fri 09:00-20:00")
        assert (bool(ranking.best), ranking.notes) == (reached, (note,))
        assert f"  Note: {note}" in str(ranking).splitlines()
    late = ranked(
        TEXAN, now=datetime(2026, 1, 6, 2, tzinfo=UTC), calling_hours="mon-fri 09:00-20:00"
    )
    assert late.resumes_at == datetime(2026, 1, 6, 16, tzinfo=UTC)


def test_no_hour_suits_all():
    """When no hour suits all zones the lead can never be called, which time does not heal."""
    lead = Lead("L-1", country="US")
    clocks = len(clock_of(lead).candidates)
    (rejection,) = ranked(lead, calling_hours="mon 09:00-10:00").rejections
    assert rejection.reason == f"the lead can never be called (country US has {clocks} clocks)"
    assert ranked(lead, calling_hours="mon 09:00-10:00").outcome is Outcome.NONE_ELIGIBLE


def test_no_zone_is_known():
    """A lead of whose zone nothing is known is not held back, and the ranking notes it without personal data."""
    ranking = ranked(NOWHERE, now=NOON.replace(hour=3), calling_hours=WEEK)
    assert ranking.best is not None
    unknown = "no zone, country, region or international phone number is known"
    note = f"the time zone of the lead is not known: {unknown}; it may be called at any time"
    assert ranking.notes == (note,)
    assert ranked(NOWHERE).notes == ()


WEEKS = [
    "mon-fri 09:00-17:00",
    "mon 08:00-09:00",
    "sat 00:00-24:00; wed 23:00-02:00",
    "never",
    "always",
]


def test_hours_that_never_meet():
    """A lead never waits for a rep who never works when it may be called: nobody is eligible, and it says why."""
    night = Rep("ada", schedule="mon-fri 20:00-04:00", timezone="Europe/Berlin")
    for now in (NOON, NOON.replace(hour=22)):
        ranking = ranked(GERMAN, night, now=now, calling_hours="mon-fri 09:00-17:00")
        assert (ranking.outcome, ranking.fallback_step) == (Outcome.NONE_ELIGIBLE, "catch_all")
        found = {each.reason: each.temporary for each in ranking.rejections[0].obstacles}
        assert found["never works when the lead may be called (country DE)"] is False
    both = ranked(GERMAN, night, Rep("bob"), now=NOON.replace(hour=22), calling_hours=WEEK)
    assert (both.outcome, both.fallback_step) == (Outcome.NONE_AVAILABLE, "wait")
    assert ranked(GERMAN, Rep("ada", schedule="never"), calling_hours=WEEK).rejections[
        0
    ].reason == ("has no working hours from now on")


def test_hours_that_meet_once():
    """However far away the one opening of both is, it is what the lead waits for."""
    once = Schedule("tue 20:00-04:00", "Europe/Berlin", overrides={date(2028, 5, 5): "09:00-10:00"})
    for now in (NOON, NOON.replace(hour=22)):
        ranking = ranked(
            GERMAN, Rep("ada", schedule=once), now=now, calling_hours="mon-fri 09:00-17:00"
        )
        assert ranking.outcome is Outcome.NONE_AVAILABLE
        assert ranking.resumes_at == datetime(2028, 5, 5, 7, tzinfo=UTC)


def test_a_calendar_that_fails_is_said_once():
    """Whether their hours meet is not known then, and the reason does not stand there twice."""
    broken = Schedule("mon-fri 09:00-17:00", "UTC", holidays=Broken())
    (rejection,) = ranked(GERMAN, Rep("ada", schedule=broken), calling_hours=WEEK).rejections
    assert rejection.reason == "has a calendar that fails with OSError"


@given(st.sampled_from(WEEKS), st.sampled_from(WEEKS), st.integers(0, 10_000))
def test_the_meeting_of_two_hours_is_the_first_opening_of_their_intersection(left, right, hour):
    """However it is found, it is the same instant."""
    own, other = Schedule(left, "Asia/Tokyo"), Schedule(right, "America/New_York")
    after = NOON + timedelta(hours=hour)
    assert meeting(own, other, after) == (own & other).next_open(after)


def test_anyway_calls_at_night():
    """Where the policy routes anyway, quiet hours do not count either."""
    night = NOON.replace(hour=2)
    ranking = ranked(
        GERMAN, now=night, calling_hours=WEEK, fallback={"none_available": "ignore_availability"}
    )
    assert (ranking.best.rep_id, ranking.ignore_availability) == ("ada", True)


def test_the_dispatcher_waits_for_the_morning():
    """A lead that comes at night is offered at the first minute at which it may be called."""
    d = desk(
        "ada", router=Router(rules=[Rule("r", calling_hours=WEEK)]), start=NOON.replace(hour=22)
    )
    morning = datetime(2026, 1, 6, 8, tzinfo=UTC)
    assert d.submit(GERMAN).resumes_at == morning
    d.clock.set(morning)
    d.sweep()
    assert d.placement("L-1").status is Status.OFFERED


LONDON = Rep("ada", schedule="mon-fri 09:00-17:00", timezone="Europe/London")


@pytest.mark.parametrize(
    ("rep", "least", "reason"),
    [
        (LONDON, 0.875, ""),
        (
            LONDON,
            0.88,
            "shares 35 of the lead's 40 working hours in the next week; the rule asks for 88% or more",
        ),
        (Rep("ada", timezone="Europe/London"), 0.5, ""),
        (Rep("ada", schedule="always"), 1, ""),
        (
            Rep("ada"),
            0.1,
            "the rep's time zone is not known; the rule asks for 10% or more",
        ),
        (
            Rep("ada", schedule="never"),
            0.01,
            "shares 0 of the lead's 40 working hours in the next week; the rule asks for 1% or more",
        ),
    ],
)
def test_overlap(rep, least, reason):
    """A rep must work the required share of the lead's hours too; of whom they are not known, nobody can say so."""
    found = [
        each
        for each in told(GERMAN, rep, min_shared_hours=least)
        if each.code == "too_few_shared_hours"
    ]
    assert [each.reason for each in found] == ([reason] if reason else [])
    assert not any(each.temporary for each in found)


def test_overlap_of_an_unknown_zone():
    """What is required and not known leaves the rep out, with the reason, as for skills."""
    ranking = ranked(NOWHERE, LONDON, min_shared_hours=0.1)
    assert ranking.outcome is Outcome.NONE_ELIGIBLE
    assert ranking.rejections[0].reason == (
        "shared hours are not known, as the lead's time zone is not; the rule asks for 10% or more"
    )
    assert ranking.notes == (
        "the time zone of the lead is not known: no zone, country, region or international phone number is known",
    )


@given(leads(), st.sampled_from([LONDON, Rep("ada", timezone="Asia/Tokyo"), Rep("ada")]))
def test_requirement_and_scorer_agree(lead, rep):
    """The requirement lets through exactly those whose points in the scorer are enough."""
    points = timezone_overlap().bind(RoutingContext(lead, (rep,), "p", instant=NOON))(rep)
    for least in (0.1, 0.5, 1):
        refused = any(
            each.code == "too_few_shared_hours" for each in told(lead, rep, min_shared_hours=least)
        )
        assert refused == (points is None or points < least)


def test_shared_hours_ask_for_the_time():
    """Without an instant there is no next week to compare, unless nothing is known to compare."""
    assert shared_hours(NOWHERE, OFFICE, None) is None
    assert lead_hours(NOWHERE) is None
    with pytest.raises(FieldTypeError):
        shared_hours(GERMAN, OFFICE, None)
    with pytest.raises(FieldTypeError, match="rule 'r'"):
        ranked(GERMAN, now=None, calling_hours=WEEK)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            {"calling_hours": 9},
            "calling_hours is 9; write weekly hours such as 'mon-fri 09:00-20:00'",
        ),
        (
            {"calling_hours": "xx"},
            "calling_hours has 'xx' without windows; write 'mon-fri 09:00-17:00'",
        ),
        (
            {"min_shared_hours": 0},
            "min_shared_hours is 0; write a share above 0 and at most 1, or leave it out",
        ),
        ({"min_shared_hours": 1.5}, "min_shared_hours is 1.5; write a number from 0 to 1"),
        ({"min_shared_hours": True}, "min_shared_hours is True of type bool; write a number"),
    ],
)
def test_refused(given, fault):
    """Hours that cannot be read and shares that cannot be are refused when the rule is built."""
    with pytest.raises(ValidationError) as caught:
        Rule("r", **given)
    assert str(caught.value) == f"Rule: {fault}"


def test_in_files():
    """Both are written and read back, count for the version, and are told in words and pictures."""
    router = Router(rules=[Rule("r", calling_hours=WEEK, min_shared_hours=0.5)])
    text = dump_policy(router)
    assert f'calling_hours    = "{WEEK}"\nmin_shared_hours = 0.5\n' in text
    assert parse_policy(text) == router
    assert router.version != Router(rules=[Rule("r")]).version
    assert describe_policy(router).splitlines()[1] == (
        "1. r: Every lead: all reps who work 50% of the lead's hours, best first by whose turn it is, "
        "offered for 5 minutes, called mon-fri 09:00-20:00; sat 10:00-18:00 on the lead's clock."
    )
    assert "called mon-fri 09:00-20:00#59; sat" in mermaid(router)


class Broken:
    """A calendar that cannot be asked."""

    def __contains__(self, day):
        raise OSError("no connection")


def test_a_calendar_that_fails_gives_no_points():
    """A rep who is asked anyway is ranked although their calendar fails: the scorer has no answer."""
    rep = Rep("ada", schedule=Schedule(OFFICE, "UTC", holidays=Broken()))
    fallback = {"none_available": "ignore_availability"}
    ranking = ranked(GERMAN, rep, score=timezone_overlap(), fallback=fallback)
    (part,) = ranking.best.terms
    assert ranking.ignore_availability
    assert (part.points, part.reason) == (0.0, "the rep's calendar fails with OSError")


@pytest.mark.parametrize(
    ("calling_hours", "hour", "back"),
    [
        ("mon-fri 09:00-14:00", 17, datetime(2026, 1, 6, 12, tzinfo=UTC)),
        ("mon-fri 16:00-20:00", 14, datetime(2026, 1, 5, 15, tzinfo=UTC)),
        ("mon-fri 09:00-10:00; wed 13:30-14:00", 17, datetime(2026, 1, 7, 12, 30, tzinfo=UTC)),
        ("mon-fri 09:00-10:00", 17, None),
    ],
)
def test_when_the_rep_and_the_lead_are_both_there(calling_hours, hour, back):
    """A lead waits until the rep works while it may be called; without such an hour, it does not wait."""
    ada = Rep("ada", schedule="mon-fri 13:00-17:00", timezone="Europe/Berlin")
    ranking = ranked(GERMAN, ada, now=NOON.replace(hour=hour), calling_hours=calling_hours)
    assert ranking.resumes_at == back


def test_a_calendar_that_fails_while_the_lead_sleeps():
    """Where the rep's calendar fails as well, the lead waits until it may be called."""
    ada = Rep("ada", schedule=Schedule(OFFICE, "UTC", holidays=Broken()))
    ranking = ranked(GERMAN, ada, now=NOON.replace(hour=3), calling_hours=OFFICE)
    assert ranking.resumes_at == NOON.replace(hour=8)
