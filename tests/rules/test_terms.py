"""The terms of offers: read, completed by those of the router, and kept in policy files."""

from datetime import UTC, datetime, timedelta

import pytest

from leadroute import Lead, MemoryStore, Rep, Router, Rule, dump_policy
from leadroute.errors import ConfigError, PolicyError, UnknownFieldError
from leadroute.formats import parse_policy
from leadroute.lead_scoring import LeadGrade, LeadScoring, SourcePoints
from leadroute.model.duration import WorkingTime
from leadroute.offers import Dispatcher
from leadroute.rules.describe import duration_in_words
from leadroute.testing import ManualClock

FRIDAY = datetime(2026, 3, 6, 16, 50, tzinfo=UTC)
SCORING = LeadScoring(
    sources=[SourcePoints(source="demo", points=100)],
    grades=[LeadGrade("hot", 0.9), LeadGrade("cold", 0)],
)


def offered_until(router, lead, **rep):
    """When the first offer of a lead ends."""
    dispatcher = Dispatcher(router, [Rep("ada", **rep)], MemoryStore(), ManualClock(FRIDAY))
    return dispatcher.submit(lead).offers[0].expires_at


def test_rule_completes_its_terms_by_those_of_the_router():
    """A rule's own term counts, then the router's, then 5 minutes."""
    router = Router(rules=[Rule("own", accept_within="2m"), Rule("all")], accept_within="7m")
    assert router.terms("own").accept_within == timedelta(minutes=2)
    assert router.terms("all").accept_within == timedelta(minutes=7)
    assert router.terms("gone").accept_within == timedelta(minutes=7)
    assert Router(rules=[]).terms(None).accept_within == timedelta(minutes=5)


def test_acceptance_window_by_grade():
    """An offer is open as long as the grade of the lead says, else the grades that are not named."""
    rules = [Rule("all", accept_within={"hot": "2m"})]
    router = Router(rules=rules, accept_within="10m", lead_scoring=SCORING)
    hot, cold = Lead("L-1", source="demo"), Lead("L-2")
    assert offered_until(router, hot) == FRIDAY + timedelta(minutes=2)
    assert offered_until(router, cold) == FRIDAY + timedelta(minutes=10)
    assert router.rank(hot, [Rep("ada")], now=FRIDAY).accept_within == timedelta(minutes=2)


def test_acceptance_window_in_working_time_of_the_rep():
    """Working time passes in the hours of the rep who is asked, and on the clock for one without hours."""
    router = Router(rules=[Rule("all", accept_within="15m working")])
    monday = datetime(2026, 3, 9, 9, 5, tzinfo=UTC)
    rep = {"schedule": "mon-fri 09:00-17:00", "timezone": "UTC"}
    assert offered_until(router, Lead("L-1"), **rep) == monday
    assert offered_until(router, Lead("L-1")) == FRIDAY + timedelta(minutes=15)


def test_terms_survive_a_policy_file():
    """What a policy file says of terms is what it is written back as."""
    text = """format = 1
accept_within = "15m working"

[[lead_scoring.grade]]
name = "hot"
at_least = 0.9

[[lead_scoring.source]]
source = "demo"
points = 100

[[rule]]
name = "all"
accept_within = { hot = "2 minutes", other = "4m" }
"""
    router = parse_policy(text)
    assert router.accept_within == WorkingTime(timedelta(minutes=15))
    assert parse_policy(dump_policy(router)) == router
    assert 'accept_within = { hot = "2m", other = "4m" }' in dump_policy(router)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("0s", "accept_within: is 0s; write some time, such as '5m'"),
        ({}, 'is empty; write { hot = "2m", other = "10m" }'),
        ({"hot": "0s"}, "hot: is 0s; write some time"),
        ({"": "5m"}, "the grade is empty"),
    ],
)
def test_bad_acceptance_windows_are_refused(given, message):
    """A window of no time, or a table without one, is refused with the remedy."""
    with pytest.raises(ConfigError) as caught:
        Rule("all", accept_within=given)
    assert message in str(caught.value)


def test_unknown_grade_is_refused():
    """A term for a grade that the policy does not have names the nearest one."""
    with pytest.raises(UnknownFieldError) as caught:
        Router(rules=[Rule("all", accept_within={"hott": "2m"})], lead_scoring=SCORING)
    assert "rule 'all'.accept_within" in str(caught.value)
    assert "'hot'" in str(caught.value)
    with pytest.raises(PolicyError):
        parse_policy('format = 1\naccept_within = { hot = "2m" }\n[[rule]]\nname = "all"\n')


@pytest.mark.parametrize(
    ("term", "given", "problem"),
    [
        ("backlog", "latest", "write one of oldest, newest, freshest"),
        ("backlog_gap", "0s", "write a pause such as '20s'"),
        ("backlog_burst", 0, "write a whole number from 1 up"),
        ("claims_per_hour", True, "write a whole number from 1 up"),
        ("lapsed_claims", 2.5, "write a whole number from 1 up"),
    ],
)
def test_terms_of_backlog_and_pull_are_refused_with_the_remedy(term, given, problem):
    """A term that makes no sense is refused under its name."""
    with pytest.raises(ConfigError, match=f"{term}: is .*{problem}"):
        Rule("all", **{term: given})


def test_window_that_is_no_whole_seconds_is_said_as_it_is_written():
    """In words a duration has whole units; one with a part of a second stays as it is written."""
    assert duration_in_words(timedelta(seconds=1.5)) == "1s500ms"
    assert duration_in_words(timedelta(minutes=90)) == "1 hour 30 minutes"
