"""How many can take a lead, by the hour, for the pools and segments of a policy, and how it is drawn."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from leadroute import Pool, Rep, Roster, Router, Rule, Schedule
from leadroute.errors import FieldTypeError, ValidationError
from leadroute.insight.coverage import coverage, coverage_of, heat_map, heat_map_svg

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
    with pytest.raises(ValidationError, match="such as 'Europe/Berlin'"):
        coverage_of(router, Roster(), NOW, "Europe/Berln")


OFFICE = Schedule("mon-fri 09:00-17:00", "Europe/Berlin")
NIGHT = Schedule("mon-sun 22:00-06:30", "Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Berlin", date(2026, 1, 5), 168),
        ("Europe/Berlin", date(2026, 3, 23), 167),
        ("Europe/Berlin", date(2026, 10, 19), 169),
        ("Australia/Lord_Howe", date(2026, 3, 30), 169),
    ],
)
def test_adds_up(zone, start, hours):
    """The figures of a week add up to the open time of all, in weeks of 167 and 169 hours too."""
    week = coverage([("a", OFFICE), ("a", NIGHT), ("a", NIGHT), ("b", None)], start, zone)
    assert len(week.hours) == hours
    ends = [*week.hours[1:], Schedule("always", zone).add_days(week.hours[0], 7)]
    total = sum(
        (
            (end - begin) * people
            for begin, end, people in zip(week.hours, ends, week.people["a"], strict=True)
        ),
        timedelta(0),
    )
    expected = sum(
        (hours.open_between(week.hours[0], ends[-1]) for hours in (OFFICE, NIGHT, NIGHT)),
        timedelta(0),
    )
    assert abs(total - expected) < timedelta(milliseconds=1)
    assert set(week.people["b"]) == {1.0}


def test_holes():
    """A hole is an hour in which nobody is there, not even for a part of it."""
    week = coverage([("a", NIGHT)], date(2026, 1, 5), "Europe/Berlin")
    assert datetime(2026, 1, 5, 5, 0, tzinfo=UTC) not in week.holes("a")
    assert datetime(2026, 1, 5, 6, 0, tzinfo=UTC) in week.holes("a")
    assert len(week.holes("a")) == 7 * 15


def test_clock_changes_in_the_grid():
    """A skipped hour has no figure, and a repeated one has the smaller."""
    half = Schedule("sun 01:30-02:30", "Europe/Berlin")
    spring = coverage([("a", half)], date(2026, 3, 23), "Europe/Berlin").grid("a")
    assert spring[6][1:4] == [0.5, None, 0.5]
    autumn = coverage([("a", half)], date(2026, 10, 19), "Europe/Berlin").grid("a")
    assert autumn[6][1:4] == [0.5, 0.0, 0.0]


def test_heat_map():
    """The text names the group, the week and the zone, and shows a point where nobody is."""
    brief = Schedule("tue 10:00-10:02,11:00-12:30", "UTC")
    lines = heat_map(coverage([("sales", brief)], date(2026, 1, 6), "UTC")).splitlines()
    assert lines[0] == "sales, week of 2026-01-06 in UTC"
    assert lines[1].split() == [f"{hour:02}" for hour in range(24)]
    assert [line.split()[0] for line in lines[2:]] == [
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "mon",
    ]
    assert lines[2].split()[1:] == ["."] * 10 + ["+", "1", ".5"] + ["."] * 11
    spring = heat_map(coverage([("a", None)], date(2026, 3, 23), "Europe/Berlin")).splitlines()
    assert len(spring[8].split()) == 24


def test_heat_map_svg():
    """The picture is well-formed, has a cell for every hour of the grid, and escapes what it is given."""
    hostile = '<script>alert("x")</script>&'
    svg = heat_map_svg(
        coverage([(hostile, OFFICE), ("b", None)], date(2026, 3, 23), "Europe/Berlin")
    )
    assert "<script>" not in svg
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}rect")) == 2 * (7 * 24 - 1)
    assert root.find(f"{space}text").text.startswith(hostile)


def test_nobody():
    """Without anybody there is nothing to draw, and it is drawn."""
    week = coverage([], date(2026, 1, 5), "UTC")
    assert heat_map(week) == ""
    ET.fromstring(heat_map_svg(week))


def test_pools_of_steps():
    """A pool that a step opens is told, and belongs to the segment of the rule."""
    rules = [Rule("a", pool="near", segment="big", steps=[{"after": "10m", "pool": "far"}])]
    pools = [Pool("near", reps=["ada"]), Pool("far", reps=["bob", "cy"])]
    assert set(hours(rules, *TEAM, pools=pools)) == {"near", "far", "segment big"}
