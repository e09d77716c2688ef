"""Every answer of a schedule, against a stepper that knows nothing but the clock on the wall.

The stepper walks through the minutes of eleven days and writes down what the clock on the wall shows. It never reads a
local time: the instant of a wall time is the first minute that shows it, and for a time that is skipped, the time that
has passed since the last minute before the gap (RFC 5545). A date that no minute shows has no windows.

A long run: ``HYPOTHESIS_PROFILE=nightly pytest tests/model/test_schedule_stepper.py``.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from leadroute.model.schedule import Schedule
from leadroute.model.validation import MACHINE_ZONES
from tests.profiles import examples

ZONES = sorted(available_timezones() - MACHINE_ZONES - {"EST", "MST"})  # those two are refused
DAYS = 11
DAY = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(minute):
    """The instant of a minute counted from 1970."""
    return EPOCH + timedelta(minutes=minute)


def offset(zone, minute):
    """How far the wall is ahead of UTC, in minutes."""
    seconds = at(minute).astimezone(zone).utcoffset().total_seconds()
    assert seconds % 60 == 0
    return int(seconds) // 60


def wall(zone, first, last):
    """What the wall shows in every minute from first up to last, in minutes since 1970."""
    shown = []
    hours = [(minute, offset(zone, minute)) for minute in range(first, last + 60, 60)]
    for (minute, before), (_, after) in pairwise(hours):
        step = range(minute, minute + 60)
        if before == after:
            shown += [each + before for each in step]
        else:
            shown += [each + offset(zone, each) for each in step]
    return shown


@cache
def changes(key, year):
    """The dates of a year around which the clocks change."""
    zone = ZoneInfo(key)
    start = (date(year, 1, 1) - EPOCH.date()).days
    offsets = [(day, offset(zone, day * DAY)) for day in range(start, start + 366)]
    return [day for (day, before), (_, after) in pairwise(offsets) if before != after]


def clock(minute):
    """A time of day as people write it."""
    return f"{minute // 60:02}:{minute % 60:02}"


times = st.one_of(
    st.integers(0, 47).map(lambda half: 30 * half), st.integers(0, 179), st.integers(0, DAY - 1)
)
windows = st.lists(st.tuples(times, st.one_of(times, st.just(DAY))), max_size=3)


@st.composite
def situations(draw):
    """A zone, a first day that is often close to a change of its clocks, and a schedule."""
    key = draw(st.sampled_from(ZONES))
    year = draw(st.integers(1973, 2037))
    near = changes(key, year)
    if near and draw(st.integers(0, 3)):
        first = draw(st.sampled_from(near)) - draw(st.integers(3, 7))
    else:
        first = (date(year, 1, 1) - EPOCH.date()).days + draw(st.integers(0, 360))
    days = st.integers(first, first + DAYS)
    week = draw(st.lists(windows, min_size=7, max_size=7))
    overrides = draw(st.dictionaries(days, windows, max_size=2))
    holidays = draw(st.sets(days, max_size=2))
    off_days = draw(st.lists(st.tuples(days, st.integers(0, 2)), max_size=1))
    minutes = st.integers(first * DAY, (first + DAYS) * DAY)
    off_minutes = draw(st.lists(st.tuples(minutes, st.integers(0, 2000)), max_size=2))
    starts = draw(st.lists(st.integers(0, (DAYS - 4) * DAY), min_size=3, max_size=3))
    return key, first, week, overrides, holidays, off_days, off_minutes, starts


def day(number):
    """The date of a day counted from 1970."""
    return EPOCH.date() + timedelta(days=number)


def as_schedule(context):
    """The schedule of a situation as a user writes it."""
    key, _, week, overrides, holidays, off_days, off_minutes, _ = context

    def written(windows):
        return [(clock(opens), clock(closes)) for opens, closes in windows]

    return Schedule(
        {name: written(windows) for name, windows in zip(NAMES, week, strict=True)},
        key,
        holidays={day(number) for number in holidays},
        overrides={day(number): written(windows) for number, windows in overrides.items()},
        time_off=[
            *((day(number), day(number + more)) for number, more in off_days),
            *((at(minute), at(minute + length)) for minute, length in off_minutes),
        ],
    )


def as_minutes(context):
    """The open minutes of a situation, from its first day on, walked through one by one."""
    key, first, week, overrides, holidays, off_days, off_minutes, _ = context
    start, end = (first - 5) * DAY, (first + DAYS + 5) * DAY
    shown = wall(ZoneInfo(key), start, end)
    backwards = zip(reversed(shown), reversed(range(start, end)), strict=True)
    reached = dict(backwards)  # the first minute that shows a time stays
    dates = {local // DAY for local in shown}

    def instant(local):
        if local in reached:
            return reached[local]
        after = next(minute for minute, other in enumerate(shown) if other > local)
        return local - (shown[after - 1] - (start + after - 1))

    open_minutes = bytearray(end - start)
    for number in range(first - 3, first + DAYS + 2):
        windows = overrides.get(number, () if number in holidays else week[(number + 3) % 7])
        for opens, closes in merged(windows) if number in dates else ():
            one, two = instant(number * DAY + opens) - start, instant(number * DAY + closes) - start
            open_minutes[one:two] = b"\1" * max(0, two - one)
    absences = [(instant(a * DAY), instant((a + more + 1) * DAY)) for a, more in off_days]
    absences += [(minute, minute + length) for minute, length in off_minutes]
    for one, two in absences:
        low, high = max(0, one - start), max(0, two - start)
        open_minutes[low:high] = bytes(len(open_minutes[low:high]))
    return open_minutes[5 * DAY : (5 + DAYS) * DAY]


def merged(windows):
    """The windows of one date as minutes after midnight, joined where they meet."""
    spans = sorted((a, b if b > a else b + DAY) for a, b in windows)
    joined = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], closes)
        else:
            joined.append([opens, closes])
    return joined


def edges(open_minutes, low):
    """The first open minute from low on, and the first closed one after it."""
    opens = open_minutes.find(1, low)
    return opens, open_minutes.find(0, opens) if opens >= 0 else -1


@examples(400)
@given(situations())
def test_stepper(context):
    """A schedule says what a walk through the minutes says, in every zone and around every change of its clocks."""
    schedule = as_schedule(context)
    open_minutes = as_minutes(context)
    zero = context[1] * DAY
    low, high = sorted(context[-1][:2])
    for minute in {low, high, *edges(open_minutes, low), *edges(open_minutes, high)} - {-1}:
        assert schedule.is_open(at(zero + minute)) == open_minutes[minute]
        before = minute - 1
        if before >= 0:
            assert (
                schedule.is_open(at(zero + minute) - timedelta.resolution) == open_minutes[before]
            )

    between = timedelta(minutes=open_minutes.count(1, low, high))
    assert schedule.open_between(at(zero + low), at(zero + high)) == between

    opens, closes = edges(open_minutes, low)
    if opens >= 0:
        assert schedule.next_open(at(zero + low)) == at(zero + opens)
    if closes >= 0:
        assert schedule.next_close(at(zero + low)) == at(zero + closes)

    if closes >= 0:
        whole = timedelta(minutes=closes - opens)
        assert schedule.add_working_time(at(zero + low), whole) == at(zero + closes)

    available = open_minutes.count(1, low)
    if available:
        wanted = 1 + context[-1][2] % available
        passed, minute = 0, low
        while passed < wanted:
            passed += open_minutes[minute]
            minute += 1
        found = schedule.add_working_time(at(zero + low), timedelta(minutes=wanted))
        assert found == at(zero + minute)
        short = schedule.add_working_time(at(zero + low), timedelta(minutes=wanted - 1, seconds=59))
        assert short == at(zero + minute) - timedelta(seconds=1)

    stretches = [
        tuple((moment - at(zero)) // timedelta(minutes=1) for moment in stretch)
        for stretch in schedule.windows(at(zero + low), at(zero + high))
    ]
    assert sum(closes - opens for opens, closes in stretches) == open_minutes.count(1, low, high)
    assert all(open_minutes.count(1, one, two) == two - one > 0 for one, two in stretches)
    assert all(one[1] < two[0] for one, two in pairwise(stretches))
