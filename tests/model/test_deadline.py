"""Durations on the clock and in working hours, and the instant at which they have passed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Schedule
from leadroute.errors import ConfigError
from leadroute.model.duration import WorkingTime, format_within, length_of, parse_within
from leadroute.model.working_hours import deadline

FRIDAY = datetime(2026, 3, 6, 16, 50, tzinfo=UTC)
HOURS = Schedule("mon-fri 09:00-17:00", "UTC")
durations = st.integers(1, 10**9).map(lambda n: timedelta(microseconds=n))


@given(durations, st.booleans())
def test_text_of_a_duration_reads_back(duration, working):
    """Written and read again, a duration stays what it was, on the clock or in working hours."""
    within = WorkingTime(duration) if working else duration
    assert parse_within(format_within(within)) == within == parse_within(within)
    assert length_of(within) == duration


@pytest.mark.parametrize("text", ["15m working", "15 minutes of working time", "15m Working  "])
def test_working_time_has_several_spellings(text):
    """Working time is read as people write it."""
    assert parse_within(text) == WorkingTime(timedelta(minutes=15))


def test_working_time_must_be_a_duration():
    """What stands before the word must be a duration."""
    with pytest.raises(ConfigError, match="'soon' is not a duration"):
        parse_within("soon working")


@given(durations)
def test_working_time_ends_when_so_much_of_it_has_passed(duration):
    """Between the start and the deadline lies exactly so much working time."""
    end = deadline(FRIDAY, WorkingTime(duration), HOURS)
    assert HOURS.open_between(FRIDAY, end) == duration


class Broken:
    """Holidays that cannot be read."""

    def __contains__(self, _day):
        raise OSError("no calendar")


@pytest.mark.parametrize(
    "hours",
    [
        None,
        Schedule("mon 09:00-17:00", "UTC") & Schedule("tue 09:00-17:00", "UTC"),
        Schedule("mon-fri 09:00-17:00", "UTC", holidays=Broken()),
    ],
    ids=["none", "never open", "failing"],
)
def test_working_time_without_hours_passes_on_the_clock(hours):
    """Where there are no hours to count, a deadline comes all the same."""
    quarter = timedelta(minutes=15)
    assert deadline(FRIDAY, WorkingTime(quarter), hours) == FRIDAY + quarter
