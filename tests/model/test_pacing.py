"""Paced caps: even over the days of a period, for any limit and any demand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Cap, Schedule
from leadroute.model.caps import (
    allowance,
    burst,
    longest_gap,
    span,
    workdays,
    workdays_between,
)
from tests.profiles import examples

START = date(2026, 1, 1)
TWO_YEARS = [START + timedelta(days=day) for day in range(730)]
GRID = list(product((1, 2, 7, 13, 14, 15, 29, 30, 31, 45, 59, 60), (1, 2, 3, 20)))
OFFICE = Schedule("mon-fri 09:00-17:00", "UTC")


def taken(cap, demand, days=TWO_YEARS, hours=None):
    """How many leads a rep takes on each day, of ``demand(day)`` that come in."""
    counters, found = Counter(), Counter()
    for day in days:
        for _ in range(demand(day)):
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            bounds = cap.bounds("cap/ada", noon, UTC, hours)
            if any(counters[bound.key] >= bound.most for bound in bounds):
                break  # the bounds of a day do not change before the next
            counters.update(bound.key for bound in bounds)
            found[day] += 1
    return found


def by_month(found, days=TWO_YEARS):
    """The sum of each month."""
    months = groupby(days, key=lambda day: (day.year, day.month))
    return [(sum(found[day] for day in month), month) for _, given in months if (month := [*given])]


def check_even(limit, demand):
    """A steady demand is met to the letter: every month's total, the longest gap, the largest burst."""
    found = taken(Cap(limit, "month", paced=True), lambda day: demand)
    year = [0, 0]
    for total, month in by_month(found):
        n = len(month)
        assert total == min(limit, demand * n)
        year[month[0].year - START.year] += total
        if demand * n >= limit:
            assert max(found[day] for day in month) <= -(-limit // n) < burst(limit, n)
    if demand * 28 >= limit:
        assert year == [12 * limit] * 2
    taken_on = [day for day in TWO_YEARS if found[day]]
    gaps = [(after - before).days for before, after in pairwise(taken_on)]
    assert max(gaps) <= longest_gap(limit, 31)


@pytest.mark.parametrize(("limit", "demand"), GRID)
def test_a_year_gives_twelve_times_the_cap(limit, demand):
    """Where the demand suffices, a year gives twelve times the cap, without bursts and without gaps."""
    check_even(limit, demand)


@given(
    st.integers(1, 60),
    st.lists(st.integers(0, 20), min_size=1, max_size=60),
    st.sampled_from([None, OFFICE]),
)
@examples(40)
def test_an_uneven_demand_never_bursts(limit, pattern, hours):
    """However the demand comes, no day gets more than the burst and no month more than the cap."""
    days = TWO_YEARS[:181]
    found = taken(
        Cap(limit, "month", paced=True),
        lambda day: pattern[day.toordinal() % len(pattern)],
        days,
        hours,
    )
    for total, month in by_month(found, days):
        assert total <= limit
        first, end = span("month", month[0])
        n = workdays_between(first, end, workdays(hours))
        so_far = 0
        for day in month:
            assert found[day] <= burst(limit, n)
            so_far += found[day]
            begun = workdays_between(first, day + timedelta(days=1), workdays(hours))
            assert so_far <= allowance(limit, begun, n)


@pytest.mark.parametrize("limit", [1, 5, 14, 22, 23, 30, 60])
def test_a_cap_is_spread_over_working_days(limit):
    """Somebody who works from Monday to Friday gets all of the cap, though months end on weekends."""
    found = taken(
        Cap(limit, "month", paced=True), lambda day: 9 * (day.weekday() < 5), hours=OFFICE
    )
    assert {total for total, _ in by_month(found)} == {limit}


def test_leave_is_made_up_for_slowly():
    """After two weeks away, a rep gets the burst a day and not all that was missed."""
    leave = Schedule(OFFICE.week, "UTC", time_off=["2026-03-02..2026-03-13"])
    away = {date(2026, 3, day) for day in range(2, 14)}
    days = [day for day in TWO_YEARS if (day.year, day.month) == (2026, 3)]
    demand = lambda day: 0 if day in away or day.weekday() > 4 else 20  # noqa: E731
    found = taken(Cap(30, "month", paced=True), demand, days, leave)
    assert max(found.values()) == burst(30, 22) == 3
    assert sum(found.values()) == 30


def test_caps_below_and_above_a_lead_a_day_are_exact():
    """The quotas that starve or double where a daily quota is rounded are met exactly (od-02)."""
    april = [date(2026, 4, day) for day in range(1, 31)]
    caps = [10, 14, 15, 20, 44, 45, 74]
    got = [sum(taken(Cap(n, "month", paced=True), lambda day: 20, april).values()) for n in caps]
    assert got == caps


def test_a_paced_cap_does_not_echo():
    """Where a bare rolling cap gives six days on and 24 off, a paced one gives about one a day (od-11)."""
    found = taken(Cap(30, "month", paced=True), lambda day: 5, TWO_YEARS[:120])
    assert {found[day] for day in TWO_YEARS[:120]} <= {0, 1, 2}
    zeros = [len([*run]) for none, run in groupby(TWO_YEARS[:120], lambda d: not found[d]) if none]
    assert max(zeros, default=0) <= 1


@pytest.mark.parametrize(
    ("per", "first", "end"),
    [
        ("week", date(2025, 12, 29), date(2026, 1, 5)),
        ("month", date(2026, 1, 1), date(2026, 2, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1)),
    ],
)
def test_spans_begin_and_end_with_the_calendar(per, first, end):
    """A week begins on Monday, a month on its first, a quarter with its first month."""
    assert span(per, date(2026, 1, 4)) == (first, end)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["week", "month", "quarter"]))
def test_spans_hold_their_days_and_touch(day, per):
    """A day lies in its span, and the next span begins where it ends."""
    first, end = span(per, day)
    assert first <= day < end
    assert span(per, end)[0] == end
    assert span(per, end - timedelta(days=1)) == (first, end)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(0, 100),
    st.frozensets(st.integers(0, 6)),
)
def test_working_days_are_counted_as_by_hand(first, days, weekdays):
    """The count by arithmetic is the count day by day."""
    each = (first + timedelta(days=day) for day in range(days))
    by_hand = sum(day.weekday() in weekdays for day in each)
    assert workdays_between(first, first + timedelta(days=days), weekdays) == by_hand


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        (None, "0123456"),
        (OFFICE, "01234"),
        (Schedule("mon 22:00-06:00", "UTC"), "0"),
        (Schedule("never", "UTC", overrides={"2026-03-07": "09:00-12:00"}), "0123456"),
        (OFFICE & Schedule("wed-sun 09:00-17:00", "UTC"), "234"),
        (OFFICE | Schedule("sat 09:00-12:00", "UTC"), "012345"),
        (OFFICE & ~Schedule("mon-fri 12:00-13:00", "UTC"), "01234"),
    ],
)
def test_working_days_are_those_of_the_weekly_hours(hours, days):
    """The days of the pace are those on which the weekly hours open, combined like the hours."""
    assert workdays(hours) == frozenset(map(int, days))


def test_a_cap_of_nothing_allows_nothing():
    """A limit of 0 has no burst."""
    assert burst(0, 30) == 0
    assert allowance(0, 30, 30) == 0
