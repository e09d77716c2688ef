"""Laws that hold for every schedule and every instant."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadroute.model.schedule import Schedule
from leadroute.model.working_hours import overlap

WEEKS = (
    "mon-fri 09:00-17:00",
    "mon-fri 09:00-12:00,13:00-17:30; sat 10:00-14:00",
    "mon-sun 22:00-06:00",
    "sun-thu 00:30-02:30,23:00-24:00",
    "always",
    "never",
)
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia")
instants = st.datetimes(
    datetime.fromisoformat("1970-01-01"),
    datetime.fromisoformat("2100-01-01"),
    timezones=st.just(UTC),
)
schedules = st.builds(Schedule, st.sampled_from(WEEKS), st.sampled_from(ZONES))
hours = st.recursive(
    schedules,
    lambda parts: st.one_of(
        st.tuples(parts, parts).map(lambda pair: pair[0] & pair[1]),
        st.tuples(parts, parts).map(lambda pair: pair[0] | pair[1]),
        parts.map(lambda part: ~part),
    ),
    max_leaves=3,
)
durations = st.timedeltas(timedelta(0), timedelta(days=60))
MOMENT = timedelta.resolution


@given(schedules, schedules, instants)
def test_pointwise(one, two, at):
    """Combinations are open exactly where logic says so."""
    assert (one & two).is_open(at) == (one.is_open(at) and two.is_open(at))
    assert (one | two).is_open(at) == (one.is_open(at) or two.is_open(at))
    assert (~one).is_open(at) == (not one.is_open(at))


@given(hours, instants, durations)
def test_deadline_is_the_first(schedule, start, duration):
    """Up to the deadline lies exactly the work, and a moment before it not yet all of it."""
    end = schedule.add_working_time(start, duration)
    if end is None:
        assert schedule.next_open(start) is None
    else:
        assert schedule.open_between(start, end) == duration
        if duration:
            assert schedule.open_between(start, end - MOMENT) == duration - MOMENT


@given(hours, instants, durations, durations)
def test_ranges_add_up(schedule, start, first, second):
    """The open time of two ranges that meet is that of the range they make, and windows measure it too."""
    middle, end = start + first, start + first + second
    whole = schedule.open_between(start, end)
    assert whole == schedule.open_between(start, middle) + schedule.open_between(middle, end)
    assert whole == sum((b - a for a, b in schedule.windows(start, end)), timedelta(0))
    assert whole + (~schedule).open_between(start, end) == end - start


@given(hours, instants)
def test_next_open_and_close(schedule, at):
    """Nothing opens before the next opening, and from there to the next close it stays open."""
    opens = schedule.next_open(at)
    if opens is not None:
        assert schedule.is_open(opens)
        assert schedule.open_between(at, opens) == timedelta(0)
        closes = schedule.next_close(at)
        if closes is not None:
            assert not schedule.is_open(closes)
            assert schedule.open_between(opens, closes) == closes - opens


@given(schedules, schedules, instants, durations)
def test_overlap(one, two, start, length):
    """The overlap is the open time of the intersection, whichever comes first."""
    end = start + length
    assert overlap(one, two, start, end) == overlap(two, one, start, end)
    assert overlap(one, two, start, end) == (one & two).open_between(start, end)
