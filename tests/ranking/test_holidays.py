from datetime import UTC, date, datetime

import pytest
from tests.formats.said import unlined

from leadroute import Lead, Outcome, Rep, Roster, Router, Rule, Schedule, dump_policy
from leadroute.errors import ConfigError, PolicyError
from leadroute.formats.policy_file import parse_policy
from leadroute.insight.description import describe_policy
from leadroute.model.schedule import Lazy

CHRISTMAS = date(2026, 12, 25)
AT = datetime(2026, 12, 25, 10, tzinfo=UTC)
ROUTER = Router(rules=[Rule("all")], holidays=[CHRISTMAS])
HOURS = "mon-fri 09:00-17:00"


class Fridays:
    """Every Friday is a holiday."""

    def __contains__(self, day):
        return day.weekday() == 4


def rank(rep, at=AT):
    return ROUTER.rank(Lead("L-1"), Roster([rep]), now=at)


def test_closed():
    """On a holiday of the policy nobody with a schedule works, until the next opening."""
    ranking = rank(Rep("ada", schedule=HOURS, timezone="UTC"))
    assert ranking.outcome is Outcome.NONE_AVAILABLE
    assert ranking.resumes_at == datetime(2026, 12, 28, 9, tzinfo=UTC)


def test_others_work():
    """A rep without a schedule is there, and so is one whose schedule overrides the day, or on another date."""
    opened = Schedule(HOURS, "UTC", overrides={CHRISTMAS: "09:00-13:00"})
    assert rank(Rep("ada")).best
    assert rank(Rep("ada", schedule=opened, timezone="UTC")).best
    assert rank(Rep("ada", schedule=HOURS, timezone="UTC"), AT.replace(day=24)).best


def test_beside_own_holidays():
    """The holidays of the policy come beside those of the schedule, asked date by date or listed."""
    for known in (frozenset({date(2026, 12, 24)}), Lazy(Fridays())):
        both = Schedule(HOURS, "UTC", holidays=known).closed_on(frozenset({date(2026, 12, 23)}))
        closed = [day for day in (22, 23, 24, 25) if not both.is_open(AT.replace(day=day))]
        assert closed == ([23, 24] if isinstance(known, frozenset) else [23, 25])


def test_in_files():
    """A file lists its holidays as dates or as text, and dump writes them back."""
    router = parse_policy(
        'format = 1\nholidays = [2026-12-25, "2026-12-25"]\n[[rule]]\nname = "all"\n'
    )
    assert router == ROUTER
    assert parse_policy(dump_policy(router)) == router
    assert router.version == ROUTER.version != Router(rules=[Rule("all")]).version
    assert "Nobody with working hours works on 2026-12-25." in describe_policy(router)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("5", "holidays: is a number; write a list of dates such as ['2026-12-25']"),
        ("['soon']", "holidays: holds 'soon'; write dates such as '2026-12-25'"),
        ("[5]", "holidays: holds 5; write dates such as '2026-12-25'"),
    ],
)
def test_refused(given, problem):
    """What is no date is refused."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"format = 1\nholidays = {given}\n")
    assert unlined(caught.value) == f"policy: {problem}"
    with pytest.raises(ConfigError, match="holidays contain something that is not a date"):
        Router(rules=[], holidays=[AT])


@pytest.mark.parametrize(
    "hours",
    [
        Schedule(HOURS, "UTC") & Schedule("always", "UTC"),
        Schedule("fri 09:00-12:00", "UTC") | Schedule(HOURS, "UTC"),
        ~Schedule("sat-sun 00:00-24:00", "UTC"),
    ],
)
def test_combined_hours_are_closed_too(hours):
    """Whoever has hours of any kind does not work on a holiday of the policy, and does on the day before."""
    assert rank(Rep("ada", schedule=hours)).best is None
    assert rank(Rep("ada", schedule=hours), AT.replace(day=24)).best


@pytest.mark.parametrize("given", [None, 5, CHRISTMAS, "2026-12-25"])
def test_no_list(given):
    """What is no list of dates is refused when the policy is built."""
    with pytest.raises(ConfigError, match=r"holidays are .*; write a list of dates"):
        Router(rules=[Rule("all")], holidays=given)


def test_a_calendar_that_has_no_dates_yet():
    """A calendar that works its dates out when it is asked would close nothing, so its years must be named."""

    class Lazily(dict):
        pass

    with pytest.raises(ConfigError, match=r"a Lazily without dates.*name the years"):
        Router(rules=[Rule("all")], holidays=Lazily())
    assert Router(rules=[Rule("all")], holidays=Lazily({CHRISTMAS: "Christmas"})) == ROUTER
    assert Router(rules=[Rule("all")], holidays={}).holidays == frozenset()
