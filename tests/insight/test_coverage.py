"""How many can take a lead, by the hour, for the pools and segments of a policy."""

from datetime import UTC, date, datetime

import pytest

from leadroute import FieldTypeError, Pool, Rep, Roster, Router, Rule, Schedule, ValidationError
from leadroute.insight.coverage import coverage_of

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = "mon-fri 09:00-17:00"
TEAM = [
    Rep("ada", schedule=DAY, timezone="Europe/Berlin"),
    Rep("bob", schedule=DAY, timezone="Europe/Berlin"),
    Rep("cy", schedule="mon 09:00-10:30", timezone="Asia/Tokyo"),
    Rep("dan", schedule=DAY, timezone="Europe/Berlin", active=False),
    Rep("eve", schedule=DAY, timezone="Europe/Berlin", weight=0),
]


def hours(rules, *reps, zone=None, **policy):
    """The sum of the hours of each group."""
    week = coverage_of(Router(rules=rules, **policy), Roster(reps), NOW, zone)
    return {group: sum(people) for group, people in week.people.items()}


def test_pools_and_segments():
    """Every pool that a rule names is told, then every segment with the reps of all of its pools, each once."""
    pools = [
        Pool("both", reps=["ada", "bob"]),
        Pool("far", reps=["bob", "cy"]),
        Pool("spare", reps=["ada"]),
    ]
    rules = [
        Rule("a", pool="both", segment="big"),
        Rule("b", pool="far", segment="big"),
        Rule("c", segment="small"),
    ]
    assert hours(rules, *TEAM, pools=pools) == {
        "both": 80.0,
        "far": 41.5,
        "everyone": 81.5,
        "segment big": 81.5,
        "segment small": 81.5,
    }


def test_the_week_and_its_zone():
    """The week begins on the Monday before the instant, in the zone of most, or in the one that is given."""
    router = Router(rules=[Rule("a")])
    week = coverage_of(router, Roster(TEAM), NOW)
    assert (week.zone.key, week.hours[0]) == ("Europe/Berlin", datetime(2026, 3, 1, 23, tzinfo=UTC))
    sunday = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
    tokyo = coverage_of(router, Roster(TEAM), sunday, "Asia/Tokyo")
    assert tokyo.hours[0] == datetime(2026, 3, 8, 15, tzinfo=UTC)
    assert coverage_of(router, Roster([Rep("ada")]), NOW).zone.key == "UTC"
    assert hours([Rule("a")], Rep("ada")) == {"everyone": 168.0}


def test_a_group_without_people():
    """It is told with nobody at any hour, so that it is not overlooked."""
    pools = [Pool("empty", reps=["nobody"])]
    assert hours([Rule("a", pool="empty")], *TEAM, pools=pools) == {"empty": 0.0}


def test_holidays_of_the_policy():
    """Nobody with a schedule is there on them."""
    assert hours([Rule("a")], TEAM[0], holidays=[date(2026, 3, 5)]) == {"everyone": 32.0}


class Broken:
    """Holidays that cannot be asked."""

    def __contains__(self, day):
        raise OSError("no connection")


def test_a_calendar_that_fails():
    """Its rep is not there, and the others are told."""
    broken = Rep("zed", schedule=Schedule(DAY, "UTC", holidays=Broken()))
    assert hours([Rule("a")], TEAM[0], broken) == {"everyone": 40.0}


def test_refused():
    """A naive instant and a zone that is none are refused by name."""
    router = Router(rules=[Rule("a")])
    with pytest.raises(FieldTypeError, match="now is a naive datetime"):
        coverage_of(router, Roster(), datetime(2026, 1, 1))  # noqa: DTZ001 - it is the point
    with pytest.raises(ValidationError, match="did you mean 'Europe/Berlin'"):
        coverage_of(router, Roster(), NOW, "Europe/Berln")
