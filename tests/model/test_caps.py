"""Caps: their text, their refusals, and the counters that a lead counts on."""

import pickle
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Cap, Rep
from leadroute.errors import ConfigError, ValidationError
from leadroute.model.caps import PACED, PERIODS, STEPS
from leadroute.plain import dumps, loads
from tests.profiles import examples

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
names = st.none() | st.sampled_from(["web", "EMEA north", "a/b%"])


@st.composite
def caps(draw):
    """Any cap that can be written."""
    per = draw(st.sampled_from(PERIODS))
    paced = per in PACED and draw(st.booleans())
    narrowed = draw(st.sampled_from(["source", "pool", "segment"]))
    return Cap(
        draw(st.integers(0, 60)),
        per,
        paced=paced,
        rolling=not paced and draw(st.booleans()),
        soft=draw(st.booleans()),
        burst=draw(st.none() | st.integers(1, 5)) if paced else None,
        ramp=draw(st.none() | st.sampled_from(["8w", "90d", "12h"])),
        **{narrowed: draw(names)},
    )


@given(caps())
def test_text_is_read_back(cap):
    """A cap reads back from its text, from a pickle, and with its rep from JSON."""
    assert Cap.parse(str(cap)) == cap
    assert pickle.loads(pickle.dumps(cap)) == cap
    rep = Rep("ada", caps=[cap], capacity_by_segment={"b": 1}, joined_at=NOON)
    assert loads(Rep, dumps(rep)) == rep


@pytest.mark.parametrize(
    ("text", "cap"),
    [
        ("5 per day", Cap(5, "day")),
        (" 5/Day ", Cap(5, "day")),
        ("30 per month, paced, burst 3", Cap(30, "month", paced=True, burst=3)),
        ("9 per week,rolling , soft", Cap(9, "week", rolling=True, soft=True)),
        ("9 per week, ramp 8w, source Web form", Cap(9, "week", ramp="8w", source="Web form")),
        ("0 per hour, pool emea", Cap(0, "hour", pool="emea")),
        ("7 per quarter, segment big", Cap(7, "quarter", segment="big")),
    ],
)
def test_text_says_what_is_meant(text, cap):
    """The words of a policy file stand for the arguments of ``Cap``."""
    assert Cap.parse(text) == cap


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is not a cap; write it like '5 per day' or '30 per month, paced'"),
        ("five per day", "'five per day' is not a cap"),
        ("5 per day, evenly", "'evenly' cannot stand in a cap"),
        ("5 per week, paced yes", "'paced yes' cannot stand in a cap"),
        ("5 per week, source", "'source' cannot stand in a cap"),
        ("5 per week, soft, soft", "'soft' cannot stand in a cap"),
        ("5 per week, paced, burst two", "'two' is not a whole number"),
        ("5 per week, ramp soon", "ramp: 'soon' is not a duration"),
    ],
)
def test_text_that_is_no_cap_is_refused(text, said):
    """A refusal repeats what cannot be read, and says how to write it."""
    with pytest.raises(ConfigError) as refused:
        Cap.parse(text)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": -1}, "limit is -1; write 0 or more"),
        ({"per": "year"}, "per is 'year'; write one of hour, day, week, month, quarter"),
        ({"paced": True}, "paced spreads over days; cap the day itself, or pace a week"),
        ({"per": "week", "paced": True, "rolling": True}, "rolling and paced exclude each other"),
        ({"burst": 2}, "burst is for paced caps"),
        ({"per": "week", "paced": True, "burst": 0}, "burst is 0; write 1 or more"),
        ({"ramp": "0s"}, "ramp is 0s; leave it out"),
        ({"source": "a", "pool": "b"}, "source and pool are both given"),
        ({"source": "a,b"}, "source is 'a,b', which cannot name the leads of a cap"),
        ({"segment": "x" * 41}, "segment is 'xxx"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(given, said):
    """A refusal names the argument and the remedy."""
    with pytest.raises(ValidationError) as refused:
        Cap(**{"limit": 5, "per": "day", **given})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, "write caps such as [Cap(5, 'day')], ['5 per day'] or {'day': 5}"),
        ([5], "are not all caps"),
        (["5 per"], "hold one that cannot be read: '5 per' is not a cap"),
        (["5 per year"], "per is 'year'"),
        ({"year": 5}, "per is 'year'"),
        (["5 per day", "6 per day"], "have two limits per day; keep the lower one"),
    ],
)
def test_caps_of_a_rep_are_checked(given, said):
    """What cannot be the caps of a rep is refused with the remedy."""
    with pytest.raises(ValidationError) as refused:
        Rep("ada", caps=given)
    assert said in str(refused.value)


def test_caps_of_a_rep_stand_in_one_order():
    """The order in which caps are given changes nothing; a soft limit may stand below a hard one."""
    given = ["9 per month", "4 per day, soft", Cap(5, "day"), "1 per day, source web"]
    rep = Rep("ada", caps=given)
    assert rep == Rep("ada", caps=given[::-1])
    assert [*map(str, rep.caps)] == [
        "5 per day",
        "4 per day, soft",
        "1 per day, source web",
        "9 per month",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("enterprise", "capacity_by_segment are 'enterprise'; write the most per segment"),
        ({"": 2}, "capacity_by_segment [''] is empty"),
        ({"big": -1}, "capacity_by_segment ['big'] is -1; write 0 or more"),
    ],
)
def test_buckets_are_checked(given, said):
    """What cannot be buckets is refused with the remedy."""
    with pytest.raises(ValidationError) as refused:
        Rep("ada", capacity_by_segment=given)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("per", "zone", "at", "period"),
    [
        ("hour", "Europe/Berlin", "2026-10-25T00:30+00:00", "2026-10-25T02+0200"),
        ("hour", "Europe/Berlin", "2026-10-25T01:30+00:00", "2026-10-25T02+0100"),
        ("day", "Pacific/Kiritimati", "2026-03-10T12:00+00:00", "2026-03-11"),
        ("day", "Pacific/Pago_Pago", "2026-03-10T10:00+00:00", "2026-03-09"),
        ("week", "UTC", "2027-01-01T00:00+00:00", "2026-W53"),
        ("month", "America/New_York", "2026-04-01T03:59+00:00", "2026-03"),
        ("quarter", "America/New_York", "2026-04-01T04:00+00:00", "2026-Q2"),
    ],
)
def test_periods_are_those_of_the_zone(per, zone, at, period):
    """A calendar period is the rep's own, over changes of the clocks and the date line."""
    instant = datetime.fromisoformat(at)
    assert Cap(1, per).period(instant, ZoneInfo(zone)) == period
    (bound,) = Cap(1, per).bounds("cap/ada", instant, ZoneInfo(zone))
    assert (bound.key, bound.most, bound.hard) == (f"cap/ada/{per}/{period}", 1, True)


@pytest.mark.parametrize(("day", "length"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_its_clocks_say(day, length):
    """A day of 23 or 25 hours is one day."""
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=berlin).astimezone(UTC)
    hours = [Cap(1, "day").period(start + timedelta(hours=n), berlin) for n in range(length + 1)]
    assert set(hours[:-1]) == {day}
    assert hours[-1] != day


def test_caps_that_count_other_leads_have_counters_of_their_own():
    """A cap per source counts apart from the cap for all, and / in a name makes no new key."""
    keys = [
        Cap(5, "day", **given).bounds("cap/ada", NOON, UTC)[0].key
        for given in ({}, {"source": "a/b"}, {"pool": "a"}, {"segment": "a"})
    ]
    assert keys == [
        "cap/ada/day/2026-03-10",
        "cap/ada/day source=a%2Fb/2026-03-10",
        "cap/ada/day pool=a/2026-03-10",
        "cap/ada/day segment=a/2026-03-10",
    ]


@pytest.mark.parametrize("name", ["source", "pool", "segment"])
def test_a_narrowed_cap_counts_its_own_leads(name):
    """A cap per source, pool or segment counts those leads and no others."""
    asked = ("source", "pool", "segment")
    cap = Cap(5, "day", **{name: "a"})
    assert cap.counts(*("a" if each == name else None for each in asked))
    assert not cap.counts(*("b" if each == name else "a" for each in asked))
    assert Cap(5, "day").counts(None, None, None)


def test_keys_fit_the_longest_names():
    """The longest rep id with the longest name in a cap makes a key that every store can keep."""
    cap = Cap(5, "quarter", paced=True, segment="x" * 40)
    rep = Rep("r" * 80, caps=[cap], timezone="America/New_York")
    assert max(len(bound.key) for bound in rep.bounds(cap, NOON)) <= 190


@given(
    st.sampled_from(PERIODS),
    st.integers(1, 5),
    st.lists(st.integers(0, 400), min_size=1, max_size=80),
)
@examples(60)
def test_a_rolling_cap_holds_for_every_window(per, limit, gaps):
    """No stretch of the cap's length, wherever it begins, holds more than the cap."""
    length = {"hour": 60, "day": 1440, "week": 10_080, "month": 43_200, "quarter": 129_600}[per]
    cap, counters, taken, at = Cap(limit, per, rolling=True), Counter(), [], NOON
    for gap in gaps:
        at += timedelta(minutes=gap * length / 1000)
        bounds = cap.bounds("cap/ada", at, UTC)
        assert len({bound.key for bound in bounds}) == STEPS + 1
        if all(counters[bound.key] < bound.most for bound in bounds):
            counters.update(bound.key for bound in bounds)
            taken.append(at)
        else:
            late = timedelta(minutes=length + length / STEPS)
            assert sum(at - late <= before for before in taken) >= limit, "held back too long"
    window = timedelta(minutes=length)
    for end in taken:
        assert sum(end - window < before <= end for before in taken) <= limit


def test_a_ramp_grows_evenly():
    """A new rep starts with one lead and reaches the whole cap at the end of the ramp."""
    cap = Cap(20, "week", ramp="8w")
    got = [cap.at(NOON + timedelta(weeks=week), NOON) for week in (-1, 0, 1, 2, 4, 7, 8, 9)]
    assert got == [1, 1, 3, 5, 10, 18, 20, 20]
    assert cap.at(NOON) == 20, "nobody said when the rep joined"
    assert Cap(0, "week", ramp="8w").at(NOON, NOON) == 0


def test_a_soft_cap_bounds_nothing():
    """The counters of a soft cap are no limits."""
    assert [b.hard for b in Cap(9, "week", paced=True, soft=True).bounds("x", NOON, UTC)] == [
        False,
        False,
    ]


def test_a_burst_of_ones_own_is_kept():
    """The burst that was asked for is the most on a day, and never above the cap."""
    assert [
        Cap(n, "month", paced=True, burst=5).bounds("x", NOON, UTC)[1].most for n in (30, 3)
    ] == [5, 3]


def test_quarter_of_each_month():
    """The year has four quarters of three months."""
    found = [
        Cap(1, "quarter").period(datetime(2026, month, 1, tzinfo=UTC), UTC)
        for month in range(1, 13)
    ]
    assert found == [f"2026-Q{number}" for number in (1, 2, 3, 4) for _ in range(3)]
