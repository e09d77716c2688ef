"""How weekly windows are read and written."""

from datetime import UTC, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.model.given import Refused
from leadroute.model.timeline import (
    ALWAYS,
    NEVER,
    Window,
    format_day,
    format_week,
    parse_day,
    parse_week,
)

seconds = st.one_of(st.integers(0, 47).map(lambda half: half * 1800), st.integers(0, 86_399))
days = st.lists(st.tuples(seconds, st.integers(1, 86_400)), max_size=3)


def window(pair):
    """A window from its opening time and its length."""
    opens, length = pair
    return Window(opens, opens + length)


@given(st.lists(days, min_size=7, max_size=7))
def test_round_trip(lengths):
    """Every week reads back from its text, and reading it again changes nothing."""
    week = parse_week(tuple([window(pair) for pair in day] for day in lengths))
    assert parse_week(format_week(week)) == week
    assert parse_week(week) == week


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("mon-fri 9:00-17:00", "mon-fri 09:00-17:00"),
        ("Monday-Friday 09:00-12:00, 13:00-17:00 ;; SAT 10:00-17:00;",
         "mon-fri 09:00-12:00,13:00-17:00; sat 10:00-17:00"),
        ("fri-mon 10:00-11:00", "mon,fri-sun 10:00-11:00"),
        ("mon,wed 10:00-11:00; tue 10:00-11:00", "mon-wed 10:00-11:00"),
        ("mon 09:00-13:00; mon 12:00-17:00", "mon 09:00-17:00"),
        ("mon 22:00-06:00", "mon 22:00-06:00"),
        ("mon 22:00-30:00", "mon 22:00-06:00"),
        ("mon 09:00-09:00", "mon 09:00-09:00"),
        ("mon 00:00-24:00", "mon 00:00-24:00"),
        ("mon 00:00-00:00", "mon 00:00-24:00"),
        ("mon 00:00-24:00,22:00-06:00", "mon 00:00-30:00"),
        ("mon 09:00:30-17:00", "mon 09:00:30-17:00"),
        ("mon-sun 00:00-24:00", "always"),
        ("mon closed", "never"),
        (" Always ", "always"),
        ("never", "never"),
    ],
)  # fmt: skip
def test_normal_form(text, normal):
    """Text in any spelling has one normal form."""
    assert format_week(parse_week(text)) == normal


@pytest.mark.parametrize(
    "given_week",
    [
        {"mon": [("09:00", "17:00")]},
        {"mon": "09:00-17:00"},
        {"mon": ["09:00-17:00"]},
        {"Mon": [(time(9), time(17))], "tue": None},
        {"mon": [Window(32_400, 61_200)], "tue": []},
    ],
)
def test_mappings(given_week):
    """A mapping takes windows as text, pairs of text, times or windows."""
    assert format_week(parse_week(given_week)) == "mon 09:00-17:00"


def test_names():
    """Always and never are weeks."""
    assert parse_week("always") == ALWAYS
    assert parse_week({}) == NEVER
    assert format_day(()) == "closed"


DAYS = "write days such as 'mon', 'mon-fri' or 'mon,wed,sat-sun'"
WINDOWS = "write windows such as '09:00-12:00,13:00-17:00' or [('09:00', '17:00')]"
TIMES = "write hours and minutes such as '09:00' or '24:00'"


@pytest.mark.parametrize(
    ("given_week", "problem"),
    [
        ("", "is empty; write 'never' for a schedule that is never open"),
        ("mon", "has 'mon' without windows; write 'mon-fri 09:00-17:00'"),
        ("mon-frx 09:00-17:00", f"has 'mon-frx' for a day; {DAYS}"),
        ({1: "09:00-17:00"}, f"has 1 for a day; {DAYS}"),
        ("mon 9", f"has ['9'] for a window; {WINDOWS}"),
        ({"mon": [("09:00",)]}, f"has ('09:00',) for a window; {WINDOWS}"),
        ({"mon": 9}, f"has 9 for windows; {WINDOWS}"),
        ("mon 9-17", f"has '9' for a time; {TIMES}"),
        ("mon 09:60-17:00", f"has '09:60' for a time; {TIMES}"),
        ({"mon": [(9, 17)]}, f"has 9 for a time; {TIMES}"),
        ({"mon": [(time(9, tzinfo=UTC), time(17))]},
         f"has datetime.time(9, 0, tzinfo=datetime.timezone.utc) for a time; {TIMES}"),
        ("mon 24:00-25:00", "has a window that opens at 24:00; write it on the day after"),
        ("mon 09:00-48:01", "has a window that closes at 48:01; the latest is 48:00"),
        (5, "is 5; write text such as 'mon-fri 09:00-17:00', or a mapping from days to windows"),
    ],
)  # fmt: skip
def test_refusals(given_week, problem):
    """What cannot be read is refused with what to write instead."""
    with pytest.raises(Refused) as caught:
        parse_week(given_week)
    assert str(caught.value) == problem


def test_parse_day_window_text():
    """The windows of one date are put in order and joined."""
    assert format_day(parse_day("13:00-17:00,09:00-12:00,12:00-13:00")) == "09:00-17:00"
